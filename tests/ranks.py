"""Trainings that test_parallel.py starts in 1, 2 and 3 processes: `mpiexec -n 2 python tests/ranks.py CASE FOLDER`."""

import os
import signal
import sys
from functools import partial
from pathlib import Path

import numpy as np

import nn

(x, y), test = nn.datasets.digits()
RANK = os.environ.get("PMI_RANK") or os.environ.get("OMPI_COMM_WORLD_RANK", "0")  # before MPI begins
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
    model, history = training(folder / "whole.safetensors")
    training(folder / "parts.safetensors", 2)
    again, rows = training(folder / "parts.safetensors", 4, resume=True)
    assert again.state_dict().keys() == model.state_dict().keys()
    mine = repr([{name: a.tobytes() for name, a in model.state_dict().items()}, history])
    assert mine == repr([{name: a.tobytes() for name, a in again.state_dict().items()}, rows])
    world = nn.parallel.world()
    assert mine == world.once(lambda: mine)
    assert len({*world.all(repr(model[3].rng.bit_generator.state))}) == world.size  # each leaves out other values
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
    if RANK == "1":
        raise FileNotFoundError("there is no data on this node")
    nn.fit(mlp(), x, y, progress=False, rng=0)


@case
def several(folder):
    """Each process trains a model of its own."""
    with nn.parallel.alone():
        rank = int(RANK)
        history = nn.fit(mlp(rng=rank), x, y, epochs=1 + rank, progress=False, rng=rank)
    os.write(1, f"{len(history)} {nn.parallel.world().size}\n".encode())


if __name__ == "__main__":
    CASES[sys.argv[1]](Path(sys.argv[2]), *sys.argv[3:])
