"""Programs, indices, einsum subscripts and files that nobody wrote, made of random bytes, held against NumPy.

With atheris (pip install 'glassgrad[fuzz]', Linux) the bytes are led to new lines of the library by libFuzzer.
"""

from __future__ import annotations

import gzip
import importlib.util
import re
import tempfile
import time
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from processes import interpreter
from test_random_programs import check, written

import autograd as ag
import nn
from promises import promise


class Choices(Random):
    """A generator whose decisions are the bytes that it is given, and after them zeros."""

    def __init__(self, data: bytes) -> None:
        super().__init__(0)
        self.data, self.place = data, 0

    def getrandbits(self, k: int) -> int:
        size = -(-k // 8)
        taken = self.data[self.place : self.place + size]
        self.place += size
        return int.from_bytes(taken, "little") & ((1 << k) - 1)

    def random(self) -> float:
        return self.getrandbits(16) / 2**16

    def shape(self, most: int) -> tuple[int, ...]:
        return tuple(self.choice((0, 1, 2, 3)) for _ in range(self.randrange(most + 1)))

    def array(self, shape: tuple[int, ...]) -> np.ndarray:
        return np.random.default_rng(self.getrandbits(8)).normal(size=shape)


def both(numpys: Callable[[], Any], ours: Callable[[], Any]) -> Any:
    """What ours gives, if it is what NumPy gives; None if NumPy raises an error, and ours one of that kind."""
    with warnings.catch_warnings(action="ignore"):
        try:
            expected = numpys()
        except (ValueError, IndexError, TypeError) as error:
            try:
                got = ours()
            except type(error):
                return None
            raise AssertionError(f"NumPy raised {error!r}, and we gave {got!r}") from error
        got = ours()
    assert got.shape == np.shape(expected)
    np.testing.assert_allclose(got.data, expected, 1e-9, 1e-12)
    return got


def item(c: Choices) -> Any:
    """A piece of an index."""
    end = lambda: c.choice([None, c.randrange(-5, 6)])
    kind = c.randrange(9)
    if kind == 0:
        return c.randrange(-4, 5)
    if kind == 1:
        return slice(end(), end(), end())
    if kind == 2:
        return [c.randrange(-4, 5) for _ in range(c.randrange(4))]
    if kind == 3:
        return np.array(c.array(c.shape(2)) * 2, int)
    if kind == 4:
        return c.array(c.shape(2)) > 0
    if kind == 5:
        return c.choice([True, False, 1.5, "a", np.True_])
    return (None, ..., np.int8(c.randrange(-3, 4)))[kind - 6]


def indexing(data: bytes) -> None:
    c = Choices(data)
    x = ag.Tensor(c.array(c.shape(4)), requires_grad=True)
    items = [item(c) for _ in range(c.randrange(5))]
    index = items[0] if len(items) == 1 and c.randrange(2) else tuple(items)
    y = both(lambda: x.data[index], lambda: x[index])
    if y is not None:
        w = c.array(y.shape)
        (y * w).sum().backward()
        expected = np.zeros(x.size)
        np.add.at(expected, np.arange(x.size).reshape(x.shape)[index], w)
        np.testing.assert_allclose(x.grad, expected.reshape(x.shape), 1e-12, 1e-12)


def einsum(data: bytes) -> None:
    c = Choices(data)
    xs = [ag.Tensor(c.array(c.shape(3)), requires_grad=True) for _ in range(c.randrange(4))]
    if c.randrange(4):  # subscripts that fit
        subscripts = ",".join("".join(c.choice("ijk") for _ in x.shape) for x in xs)
        subscripts += c.choice(["", "->", "->i", "->ji", "->ijk"])
    else:
        subscripts = "".join(c.choice("ijkA.,-> ") for _ in range(c.randrange(12)))
    subscripts = c.choice([subscripts, subscripts.replace("k", "..."), subscripts.replace("i", "")])
    if any(not x.size for x in xs):  # where NumPy lets jj->j of shape (0, 2) read memory that is not there
        return
    y = both(lambda: np.einsum(subscripts, *(x.data for x in xs)), lambda: ag.einsum(subscripts, *xs))
    if y is not None:
        w = c.array(y.shape)
        (y * w).sum().backward()
        for k, x in enumerate(xs):  # in each of them it is linear
            d = c.array(x.shape)
            change = np.einsum(subscripts, *(d if i == k else z.data for i, z in enumerate(xs)))
            np.testing.assert_allclose((x.grad * d).sum(), (w * change).sum(), 1e-9, 1e-9)


def programs(data: bytes) -> None:
    check(written(Choices(data)), differences=False)  # whose own error, as of x¹² near 0, is found before ours


def training(folder: Path) -> Any:
    images = bytes([0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 7]), bytes([0, 0, 8, 1, 0, 0, 0, 1, 3])
    for name, content in zip(("images-idx3", "labels-idx1"), images * 2, strict=False):
        for of in ("train", "t10k"):
            file = folder / f"{of}-{name}-ubyte"
            if not file.exists():
                file.write_bytes(content)
    return nn.datasets.mnist(folder)


READERS: dict[str, Callable[[Path], Any]] = {
    "weights": lambda path: (nn.load(path), nn.metadata(path)),
    "arrays.npz": nn.datasets.npz,
    "table.csv": lambda path: nn.datasets.csv(path, target=-1),
    "history.csv": nn.History.load,
    "train-images-idx3-ubyte": lambda path: training(path.parent),
    "t10k-labels-idx1-ubyte.gz": lambda path: training(path.parent),
}


def files(data: bytes) -> None:
    """The first byte says which reader has to read the rest."""
    name = list(READERS)[data[0] % len(READERS)] if data else "weights"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(data[1:])
        with suppress(ValueError, KeyError):
            READERS[name](path)


def samples(folder: Path) -> list[bytes]:
    """Small files that can be read, as `files` takes them."""
    nn.save({"w": np.eye(2), "b": np.zeros(2, "f")}, folder / "weights", {"epochs": 3})
    np.savez_compressed(folder / "arrays.npz", x=np.ones((2, 2)), y=np.arange(2))
    (folder / "table.csv").write_text("a,b,kind\n1,2.5,x\n-1e3,,y\n")
    (folder / "history.csv").write_text("epoch,loss\n1,0.5\n2,0.25\n")
    training(folder)
    (folder / "t10k-labels-idx1-ubyte.gz").write_bytes(gzip.compress((folder / "t10k-labels-idx1-ubyte").read_bytes()))
    return [bytes([k]) + (folder / name).read_bytes() for k, name in enumerate(READERS)]


TARGETS = {f.__name__: f for f in (indexing, einsum, programs, files)}
LED = """
import sys, atheris
with atheris.instrument_imports(include=["autograd", "nn"]):
    from promises.fuzzing import TARGETS
atheris.Setup(sys.argv, TARGETS[sys.argv.pop(1)])
atheris.Fuzz()
"""


def led(target: str, seconds: int, folder: Path) -> int:
    """How many inputs the target has passed in that time, the next always one that may reach a new line."""
    (folder / "corpus").mkdir()
    for k, sample in enumerate(samples(folder) if target == "files" else []):
        (folder / "corpus" / str(k)).write_bytes(sample)
    options = [f"-max_total_time={seconds}", "-max_len=1024", "-print_final_stats=1", "corpus"]
    ran = interpreter("-c", LED, target, *options, cwd=folder, timeout=2 * seconds + 600)
    assert ran.returncode == 0, ran.stdout[-5000:] + ran.stderr[-5000:]
    return int(re.findall(r"number_of_executed_units: (\d+)", ran.stderr)[0])


def thrown(target: str, seconds: int, folder: Path) -> int:
    """The same with bytes by chance, or a file in which some have changed."""
    rng, seeds, end, count = Random(0), samples(folder), time.monotonic() + seconds, 0
    while time.monotonic() < end:
        data = bytearray(rng.choice(seeds) if target == "files" else rng.randbytes(rng.randrange(400)))
        for _ in range(rng.randrange(4) if target == "files" else 0):
            data[rng.randrange(len(data))] = rng.randrange(256)
        try:
            TARGETS[target](bytes(data))
        except Exception as error:
            error.add_note(f"{target} of bytes.fromhex({data.hex()!r})")
            raise
        count += 1
    return count


@promise("Programs, indices, einsum subscripts and files made of random bytes: what NumPy and dual numbers say, "
         "or an error of the kind that NumPy raises. Files: their content, or `ValueError`.", 1, 900)  # fmt: skip
def fuzzing(seconds: int) -> str:
    lead = led if seconds >= 60 and importlib.util.find_spec("atheris") else thrown

    def passed(target: str) -> str:
        with tempfile.TemporaryDirectory() as folder:
            return f"{target} {lead(target, seconds, Path(folder)):,}"

    with ThreadPoolExecutor(2 if lead is led else 1) as two:  # each in a process of its own
        counts = [*two.map(passed, TARGETS)]
    by = "led by the lines they reach (atheris)" if lead is led else "by chance"
    return f"{seconds * len(TARGETS) / 60:.0f} minutes, {by}: {', '.join(counts)}; 0 wrong"
