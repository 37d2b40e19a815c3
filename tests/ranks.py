"""Trainings that test_parallel.py starts in 1, 2 and 3 processes: `mpiexec -n 2 python tests/ranks.py CASE FOLDER`."""

import multiprocessing
import os
import signal
import sys
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np

import nn
from autograd import Tensor

(x, y), test = nn.datasets.digits()
RANK = int(os.environ.get("PMI_RANK") or os.environ.get("OMPI_COMM_WORLD_RANK", "0"))  # before MPI begins
CASES = {}  # by name: a function of the folder, which trains


def case(f):
    CASES[f.__name__] = f
    return f


def mlp(dtype=np.float64, rng=0, hidden=24):
    return nn.MLP(64, hidden, 10, activation="tanh", output="softmax", rng=rng, dtype=dtype)


def convolutions(dtype=np.float64):
    rng = np.random.default_rng(0)
    layers = [nn.Conv2d(1, 3, 3, rng=rng, dtype=dtype), nn.Tanh(), nn.AvgPool2d(2), nn.Flatten(),
              nn.Linear(27, 10, rng=rng, dtype=dtype)]  # fmt: skip
    return nn.Sequential(*layers)


def adam(model):
    return nn.Adam(model.parameters(), lr=1e-3)


def clipped(model):
    return nn.SGD(model.parameters(), lr=0.1, momentum=0.9, clip_norm=0.5, clip_value=0.2, weight_decay=1e-3)


def groups(model):
    weights, biases = model.parameters()[::2], model.parameters()[1::2]
    return nn.Groups(nn.SGD(weights, lr=0.1, momentum=0.9), nn.AdamW(biases, lr=1e-3), clip_norm=1.0)


WEIGHTS = np.random.default_rng(1).integers(0, 3, len(x)) * 1.5  # every third is 0

# Each: the model, the optimizer, the samples, and what else fit is told.  1438 = 14 * 100 + 38, 100 = 34 + 33 + 33.
SAME = {
    "mlp_adam": (mlp, adam, 1438, dict(batch_size=100)),
    "mlp_clipped_weights": (
        mlp,
        clipped,
        601,
        dict(batch_size=100, sample_weight=WEIGHTS[:601], class_weight="balanced"),
    ),
    "mlp_groups_penalty": (mlp, groups, 1438, dict(batch_size=100, penalized=True, metrics="f1")),
    "mlp_float32": (partial(mlp, np.float32), clipped, 601, dict(batch_size=100)),
    "convolutions_adam": (convolutions, adam, 300, dict(batch_size=64)),
    "convolutions_clipped_weights": (convolutions, clipped, 300, dict(batch_size=64, sample_weight=WEIGHTS[:300])),
    "last_batch_of_one": (mlp, clipped, 101, dict(batch_size=50)),
    "batches_of_two_with_weights": (mlp, clipped, 40, dict(batch_size=2, sample_weight=WEIGHTS[:40], metrics="f1")),
}


def same(name, compile):
    model, optimizer, n, given = SAME[name]
    model, given = model(), dict(given)
    dtype = model.parameters()[0].dtype
    images = x.reshape(-1, 1, 8, 8) if name.startswith("conv") else x
    held = test[0].reshape(-1, 1, 8, 8) if name.startswith("conv") else test[0]
    if given.pop("penalized", False):
        given["penalty"] = lambda: 1e-3 * nn.l2(model.parameters())
    history = nn.fit(model, images[:n].astype(dtype), y[:n], epochs=5, optimizer=optimizer(model), rng=0, compile=compile,
                     loss=nn.cross_entropy, validation=(held.astype(dtype), test[1]), progress=False, **given)  # fmt: skip
    return model, history


@case
def equal(folder):
    """All trainings of SAME, recorded and some eager too: weights and histories of rank 0 and of the last rank."""
    found = {}
    for name in SAME:
        for compile in (True, False)[: 2 if "clipped" in name else 1]:
            model, history = same(name, compile)
            found[f"{name} {compile}"] = flat(model)
            found[f"{name} {compile} history"] = np.array([[*row.values()] for row in history])
    world = nn.parallel.world()
    if world.rank in (0, world.size - 1):
        np.savez(folder / f"{world.size}_{'last' if world.rank else 'first'}.npz", **found)


def flat(model):
    return np.concatenate([p.data.ravel() for p in model.parameters()])


def training(path, epochs=4, data=x, hidden=24, dropout=0.2, **given):
    """A training with everything that has a state; ranks other than 0 have no seed."""
    rng = np.random.default_rng(None if nn.parallel.world().rank else 7)
    model = nn.Sequential(nn.Linear(64, hidden, rng=rng), nn.BatchNorm1d(hidden) if dropout else nn.Tanh(), nn.Tanh(),
                          nn.Dropout(dropout, rng=rng), nn.Linear(hidden, 10, rng=rng))  # fmt: skip
    given = {
        "callbacks": [nn.EarlyStopping("val_loss", patience=3)],
        "optimizer": adam(model),
        "progress": False,
        **given,
    }
    history = nn.fit(model, data, y[: len(data)], epochs=epochs, loss=nn.cross_entropy, validation=test, batch_size=128,
                     checkpoint=path, rng=rng, **given)  # fmt: skip
    return model, history


@case
def parts(folder):
    """A training in two parts is the whole one, to the bit, and everything is the same everywhere."""
    world, drawn = nn.parallel.world(), []

    class Drawn(nn.Callback):
        def begin(self, model):
            self.rng = model[3].rng

        def __call__(self, row):
            drawn.append(repr(self.rng.bit_generator.state))

    model, _ = training(folder / "whole.safetensors", callbacks=[Drawn()])
    assert len({*world.all(drawn[-1])}) == world.size  # each leaves out other values
    assert len({*world.all(repr(model[3].rng.bit_generator.state))}) == 1  # and what comes after draws as on rank 0
    model, history = training(folder / "whole.safetensors")
    training(folder / "parts.safetensors", 2)
    again, rows = training(folder / "parts.safetensors", 4, resume=True)
    assert again.state_dict().keys() == model.state_dict().keys()
    mine = repr([{name: a.tobytes() for name, a in model.state_dict().items()}, history])
    assert mine == repr([{name: a.tobytes() for name, a in again.state_dict().items()}, rows])
    assert mine == world.once(lambda: mine)
    training(folder / "plain.safetensors", 2, dropout=0)


@case
def resumed(folder):
    """Goes on with a training that another number of processes has begun."""
    world = nn.parallel.world()
    model, history = training(folder / "plain.safetensors", 4, dropout=0, resume=folder.name != "1whole")
    if not world.rank:
        np.savez(folder / "resumed.npz", weights=flat(model), losses=history.column("val_loss"))


@case
def told(folder):
    """Who is called where."""
    rank, seen = nn.parallel.world().rank, []

    class Everywhere(nn.Callback):
        def __call__(self, row):
            seen.append((row["told"], nn.parallel.world().size))
            return row["told"] == 2

    def first(row):
        row["told"] = row["epoch"]
        seen.append(("function", nn.parallel.world().size))

    _, history = training(folder / "a.safetensors", 9, progress=True, callbacks=[first, Everywhere()])
    assert [row["told"] for row in history] == [1, 2]
    os.write(1, f"rank {rank}: {seen}\n".encode())  # in one piece


@case
def architecture(folder):
    training(folder / "a.safetensors", hidden=24 + nn.parallel.world().rank)


@case
def bad_for_all(folder):
    training(folder / "a.safetensors", 3, data=x * np.nan)


def at(epoch, rank, act):
    """A callback that acts on one rank after an epoch."""

    class At(nn.Callback):
        def __call__(self, row):
            if row["epoch"] == epoch and nn.parallel.world().rank == rank:
                act()

    return At()


@case
def nan(folder):
    model = mlp()

    def loss(z, t):
        cost = nn.cross_entropy(z, t)
        grown = optimizer.steps > 20 and nn.parallel.world().rank == 1
        return cost * (1 + 0 * np.sqrt(model.parameters()[1] * 0).sum()) if grown else cost

    optimizer = adam(model)
    with np.errstate(all="ignore"):
        nn.fit(model, x, y, epochs=9, batch_size=128, optimizer=optimizer, loss=loss, checkpoint=folder / "a.safetensors",
               progress=False, rng=0)  # fmt: skip


@case
def killed(folder):
    training(folder / "a.safetensors", 9, callbacks=[at(3, 1, lambda: os.kill(os.getpid(), signal.SIGKILL))])


@case
def interrupted(folder):
    training(folder / "a.safetensors", 9, callbacks=[at(3, 1, lambda: os.kill(os.getpid(), signal.SIGINT))])


@case
def left(folder):
    training(folder / "a.safetensors", 9, callbacks=[at(3, 1, sys.exit)])


@case
def caught(folder):
    def act():
        raise ValueError("it went wrong")

    try:
        training(folder / "a.safetensors", 9, callbacks=[at(3, 1, act)])
    except ValueError:
        print("a script that goes on as if nothing had been")


@case
def diverged(folder):
    def changed(row):
        model.parameters()[0].data += 1

    model = mlp()
    nn.fit(model, x, y, epochs=9, callbacks=changed, progress=False, rng=0)


@case
def rate(folder):
    def slower(row):
        optimizer.lr = 0.5

    model = mlp()
    optimizer = adam(model)
    nn.fit(model, x, y, epochs=9, optimizer=optimizer, callbacks=slower, progress=False, rng=0)


@case
def summed(folder):
    nn.fit(mlp(), x, y, loss=lambda z, t: nn.cross_entropy(z, t) * len(t), progress=False, rng=0)


@case
def before(folder):
    """One rank fails before it has met the others."""
    if RANK:
        raise FileNotFoundError("there is no data on this node")
    nn.fit(mlp(), x, y, progress=False, rng=0)


def short(*layers, data=(x, y), epochs=2, batch_size=128, **given):
    """A training in which ranks may have something differently."""
    model = nn.Sequential(nn.Linear(64, 8, rng=0), *layers, nn.Linear(8, 10, rng=1))
    given = {"loss": nn.cross_entropy, "rng": 0, **given}
    return model, nn.fit(model, *data, epochs=epochs, batch_size=batch_size, progress=False, **given)


@case
def class_weights(folder):
    short(loss=lambda z, t: nn.cross_entropy(z, t, weight=np.linspace(1, 20, 10)))


@case
def dropout(folder):
    short(nn.Dropout(0.1 + 0.4 * RANK, rng=0))


@case
def momentum(folder):
    short(nn.BatchNorm1d(8, momentum=0.1 + 0.4 * RANK))


@case
def penalty(folder):
    short(penalty=(lambda: 1.0) if RANK else None)


@case
def losses(folder):
    short(loss=lambda z, t: nn.cross_entropy(z, t) * (1 + RANK))


@case
def order(folder):
    model = nn.Sequential(nn.Linear(8, 8, rng=0), nn.Linear(8, 8, rng=1))
    parameters = model.parameters()[:: -1 if RANK else 1]
    nn.fit(model, x[:, :8], x[:, :8], loss=nn.mean_squared_error, optimizer=nn.SGD(parameters, 0.1), progress=False)


class Own(nn.DataLoader):
    """Batches of its own, of which ranks draw others, or more."""

    def __init__(self, numbers, rng):
        super().__init__(x, y)
        self.numbers, self.own = numbers, np.random.default_rng(rng)

    def __iter__(self):
        for _ in range(self.numbers):
            rows = self.own.integers(0, len(x), 64)
            yield x[rows], y[rows]


@case
def own_batches(folder):
    short(data=[Own(3, RANK)], batch_size=None, rng=None)


@case
def more_batches(folder):
    short(data=[Own(3 + RANK, 0)], batch_size=None, rng=None)


@case
def mode_left(folder):
    norm = nn.BatchNorm1d(8)
    short(norm, callbacks=lambda row: norm.eval() and None)


@case
def weights_left(folder):
    layer = nn.Linear(8, 8, rng=2)
    short(
        layer, epochs=1, callbacks=lambda row: layer.load_state_dict({"weight": np.eye(8), "bias": np.ones(8)}) and None
    )


@case
def apart(folder):
    """An optimizer that draws, in each process other numbers."""

    class Noisy(nn.SGD):
        def update(self, p, g, lr, state):
            return super().update(p, g, lr, state) + 1e-3 * noise.normal(size=p.shape)

    noise, model = np.random.default_rng(RANK), mlp()
    nn.fit(model, x, y, optimizer=Noisy(model.parameters(), 0.1), epochs=2, progress=False, rng=0)


@case
def one_sample(folder):
    short(nn.BatchNorm1d(8), data=(x[:131], y[:131]))


@case
def only_rank_0(folder):
    if nn.parallel.world().rank == 0:
        short()


@case
def one_more(folder):
    short()
    if nn.parallel.world().rank == 1:
        short()


@case
def once_by_one(folder):
    if nn.parallel.world().rank == 0:
        nn.parallel.world().once(lambda: 1)
    short()


@case
def finalized(folder):
    from mpi4py import MPI

    MPI.Finalize()
    short()


@case
def warned(folder):
    """A step that cannot be recorded: fit goes on without."""
    short(loss=lambda z, t: nn.cross_entropy(z, t) * float(1 + 0 * z.data.sum()), compile=True)


def child(seed):
    return nn.parallel.world().size, short(epochs=1)[1][-1]["loss"]


@case
def agreed(folder):
    """What ranks would do differently, and do the same; what they do by themselves."""
    world = nn.parallel.world()

    class Stop(nn.Callback):
        def __call__(self, row):
            return row["epoch"] == 2 + RANK

    assert len(short(epochs=5, callbacks=[Stop()])[1]) == 2

    temperature = Tensor(np.random.default_rng(RANK).uniform(0.5, 2), requires_grad=True)  # not the model's
    model = mlp()
    nn.fit(model, x, y, epochs=2, rng=0, progress=False, penalty=lambda: 0.01 * temperature * nn.l2(model.parameters()),
           optimizer=nn.SGD([*model.parameters(), temperature], 0.1))  # fmt: skip
    first = np.random.default_rng(0).uniform(0.5, 2)
    assert world.all(float(temperature.data)) == [float(temperature.data)] * world.size
    assert temperature.data < first

    assert short(data=[Own(3, 0)], batch_size=None, rng=None)[1]

    for batch_size in (0, 128):  # all are told alike what is wrong, before they meet
        try:
            short(batch_size=batch_size)
        except ValueError:
            assert not batch_size

    with ThreadPoolExecutor(2) as pool:
        threads = list(pool.map(child, range(2 + RANK)))
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        children = list(pool.map(child, range(1 + RANK)))
    assert {size for size, _ in threads + children} == {1}
    assert len({loss for _, loss in threads + children}) == 1
    short()


@case
def several(folder):
    """Each process trains a model of its own."""
    with nn.parallel.alone():
        history = nn.fit(mlp(rng=RANK), x, y, epochs=1 + RANK, progress=False, rng=RANK)
    os.write(1, f"{len(history)} {nn.parallel.world().size}\n".encode())


if __name__ == "__main__":
    CASES[sys.argv[1]](Path(sys.argv[2]), *sys.argv[3:])
