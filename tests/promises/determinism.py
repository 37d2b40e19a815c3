"""The same seed gives the same bits: in another run, with another hash seed, recorded or not."""

import hashlib
from itertools import product

import numpy as np
from processes import alone

import nn
from promises import promise

KINDS, BLAS = ("MLP", "conv net"), "products"


def net(kind: str, seed: int) -> nn.Module:
    rng = np.random.default_rng(seed)
    if kind == "MLP":
        return nn.MLP(64, 256, 256, 10, output="softmax", rng=rng, dtype=np.float32)
    return nn.Sequential(
        nn.Conv2d(1, 8, 3, padding="same", rng=rng, dtype=np.float32), nn.BatchNorm2d(8, dtype=np.float32), nn.ReLU(),
        nn.MaxPool2d(2), nn.Flatten(), nn.Dropout(0.3, rng=rng), nn.Linear(8 * 4 * 4, 10, rng=rng, dtype=np.float32),
    )  # fmt: skip


def digest(*parts: bytes) -> str:
    return hashlib.sha256(b"".join(parts)).hexdigest()


def trained(kind: str, compile: bool, batch: int) -> str:
    """What a training of three steps ends with: parameters, statistics, the optimizer's state, losses, the program."""
    (x, y), test = nn.datasets.digits(dtype=np.float32)
    if kind == "conv net":
        x, test = x.reshape(-1, 1, 8, 8), (test[0].reshape(-1, 1, 8, 8), test[1])
    model = net(kind, 0)
    optimizer = nn.AdamW(model.parameters(), lr=3e-3)
    history = nn.fit(model, x[: 3 * batch], y[: 3 * batch], epochs=1, batch_size=batch, optimizer=optimizer, rng=0,
                     loss=nn.cross_entropy, validation=test, compile=compile, progress=False)  # fmt: skip
    losses = [repr(row[name]).encode() for row in history for name in ("loss", "val_loss")]
    step = nn.compile_step(lambda x, t: nn.cross_entropy(model(x), t), optimizer)
    step(x[:batch], y[:batch])
    arrays = [a.tobytes() for state in (model.state_dict(), optimizer.state_dict()) for a in state.values()]
    return digest(*arrays, *losses, step.source.encode())


def products(batch: int) -> str:
    """What BLAS alone makes of arrays of such shapes."""
    rng = np.random.default_rng(0)
    found = []
    for a, b in ((64, 256), (256, 256), (256, 10)):
        x, w, dz = (rng.normal(size=shape).astype(np.float32) for shape in ((batch, a), (a, b), (batch, b)))
        found += [x @ w, dz @ w.T, x.T @ dz]
    return digest(*(p.tobytes() for p in found))


def run(batch: int) -> dict[str, str]:
    """All trainings, by kind and way, and the products."""
    ways = product(KINDS, (False, True))
    return {f"{kind} {compile}": trained(kind, compile, batch) for kind, compile in ways} | {BLAS: products(batch)}


def blas(threads: int) -> dict[str, str]:
    """By which BLAS is told how many threads to use."""
    return dict.fromkeys(("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"), str(threads))


def over_threads(batch: int, counts: tuple[int, ...]) -> str:
    """Are the bits the same over counts of BLAS's threads?  If not, it must be BLAS alone."""
    runs = [alone(run, batch, **blas(count)) for count in counts]
    if all(found == runs[0] for found in runs):
        return "the same"
    assert len({found[BLAS] for found in runs}) > 1, "the products are the same, and the trainings are not"
    return "not the same, as NumPy's products alone are not"


@promise("The same seed gives the same bits: parameters, losses, the optimizer's state and the recorded program of an MLP "
         "and a small conv net, over runs and hash seeds, eager and recorded. Over counts of BLAS's threads they are as "
         "equal as NumPy's products of matrices.", 2, 20)  # fmt: skip
def determinism(n: int) -> str:
    runs = [alone(run, 32, PYTHONHASHSEED=str(seed), **blas(1)) for seed in (0, *range(n))]
    assert all(found == runs[0] for found in runs), runs
    for kind in KINDS:
        assert runs[0][f"{kind} False"] == runs[0][f"{kind} True"], kind
    figure = f"{n} hash seeds, and one of them twice, eager and recorded: 0 bits differ"
    counts = (1, 2, 4)[:n]
    for batch in (32, 500)[: n // 2]:
        figure += f"; {', '.join(map(str, counts))} threads of BLAS, batches of {batch}: {over_threads(batch, counts)}"
    return figure
