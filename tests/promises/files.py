"""Files damaged in every way: refused in a sentence or read as they were, and nothing is run or held on trust."""

import gzip
import io
import json
import random
import re
import struct
import sys
import tempfile
import time
import tracemalloc
import warnings
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from processes import alone

import nn
from nn.resume import Checkpoint
from nn.serialization import read, store
from promises import promise

SLACK = 300_000  # bytes that reading anything may take
RNG = np.random.default_rng(0)
IMAGES = [RNG.integers(0, 256, (n, 4, 3), dtype=np.uint8) for n in (9, 5)]
ARRAYS = {"x": RNG.normal(size=(6, 4)), "y": np.arange(6) % 3}


class Bomb:
    """What runs when it is unpickled."""

    def __reduce__(self) -> Any:
        return exec, ("raise SystemExit('code in a file was run')",)


@dataclass(frozen=True)
class Format:
    """A format: what is in its files, and what can be known of them.

    name     of the file that is damaged
    content  that file, whole; `wrapped` makes it from what is inside, where that is to be damaged too
    beside   the other files in its folder
    read     the file again, as arrays
    knows    whether the format has checksums, so that no other value is ever read
    held     bytes that may be held for each byte of the file
    """

    name: str
    content: bytes
    read: Callable[[Path], list[Any]]
    knows: bool
    held: int
    beside: dict[str, bytes]
    wrapped: Callable[[bytes], bytes] | None = None


def model() -> nn.Module:
    return nn.Sequential(nn.Linear(4, 3, rng=0), nn.BatchNorm1d(3), nn.Linear(3, 3, rng=0))


def saved(save: Callable[[Path], Any]) -> bytes:
    """The bytes of a file that something saves."""
    with tempfile.TemporaryDirectory() as folder:
        save(path := Path(folder, "a"))
        return path.read_bytes()


def idx(array: np.ndarray) -> bytes:
    return bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


def zipped(method: int, **arrays: bytes) -> bytes:
    with zipfile.ZipFile(file := io.BytesIO(), "w", method) as archive:
        for name, content in arrays.items():
            archive.writestr(f"{name}.npy", content)
    return file.getvalue()


def npy(array: Any) -> bytes:
    np.save(file := io.BytesIO(), array, allow_pickle=True)
    return file.getvalue()


def by_itself(path: Path) -> list[Any]:
    """What a file of weights holds, for no model."""
    state = nn.load(path)
    return [*state.values(), np.array([*state]), np.array(json.dumps(nn.metadata(path)))]


def weights(path: Path) -> list[Any]:
    to = model()
    before = [x.tobytes() for x in to.state_dict().values()]
    try:
        nn.load(path, to)
    except ValueError:
        assert [x.tobytes() for x in to.state_dict().values()] == before, "refused, and yet changed"
        raise
    return [*to.state_dict().values()]


def training(path: Path) -> Checkpoint:
    net = model()
    optimizer = nn.Adam(net.parameters(), lr=0.1)
    return Checkpoint(path, {"model": net, "optimizer": optimizer}, {"batches": np.random.default_rng(1)})


def begun(path: Path) -> None:
    kept = training(path)
    kept.generators["batches"].random()
    kept.save([{"epoch": 1, "loss": 0.5}], False)


def bits(kept: Checkpoint) -> Any:
    """All that there is of a training."""
    arrays, about = kept.state([], False)
    return [x.tobytes() for x in arrays.values()], about


def checkpoint(path: Path) -> list[Any]:
    kept = training(path)
    before = bits(kept)
    try:
        history, _ = kept.load()
    except ValueError:
        assert bits(kept) == before, "refused, and yet changed"
        raise
    return [*(x for part in kept.parts.values() for x in part.state_dict().values()), np.array(history[0]["loss"])]


def table(path: Path) -> list[Any]:
    found = nn.datasets.csv(path, target="kind")
    assert np.isfinite(found.x).all()
    return [found.x, found.y, np.array(found.classes)]


def history(path: Path) -> list[Any]:
    return [np.array([*row.values()], float) for row in nn.History.load(path)]


def mnist(path: Path) -> list[Any]:
    return [x for pair in nn.datasets.mnist(path.parent) for x in pair]


def formats() -> Iterator[Format]:
    whole = saved(lambda path: nn.save(model(), path))
    yield Format("a.safetensors", whole, weights, True, 2, {})
    whole = saved(lambda path: nn.save(model(), path, {"classes": ["cat", "dog"]}))
    yield Format("b.safetensors", whole, by_itself, True, 6, {})
    whole = saved(begun)
    yield Format("a.checkpoint", whole, checkpoint, True, 6, {})  # with copies of what was there before
    rows = "".join(f"{a:.4f},{b:.4f},{kind}\n" for (a, b), kind in zip(ARRAYS["x"][:, :2], "abcabc", strict=True))
    yield Format("a.csv", f"width,length,kind\n{rows}".encode(), table, False, 5, {})
    rows = [{"epoch": i, "loss": 1 / i, "val_loss": 2 / i} for i in range(1, 6)]
    yield Format("history.csv", saved(nn.History(rows).save), history, False, 200, {})
    parts = {"train-images-idx3-ubyte": IMAGES[0], "train-labels-idx1-ubyte": np.arange(9, dtype=np.uint8),
             "t10k-images-idx3-ubyte": IMAGES[1], "t10k-labels-idx1-ubyte": np.arange(5, dtype=np.uint8)}  # fmt: skip
    plain = {name: idx(array) for name, array in parts.items()}
    for name in [*plain][:2]:
        others = {other: content for other, content in plain.items() if other != name}
        # the pixels of an image become numbers of 8 bytes
        yield Format(name, plain[name], mnist, False, 32, others)
        packed = lambda content: gzip.compress(content, mtime=0)
        yield Format(f"{name}.gz", packed(plain[name]), mnist, True, 2 * 1032, others)
        yield Format(f"{name}.gz", plain[name], mnist, False, 2 * 1032, others, packed)
    read = lambda path: [*nn.datasets.npz(path)]
    pickled = np.array([Bomb()], dtype=object)
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        pack = lambda x, method=method: zipped(method, x=x, y=npy(ARRAYS["y"]))
        yield Format("a.npz", pack(npy(ARRAYS["x"])), read, True, 2 * 1032, {})
        yield Format("a.npz", npy(ARRAYS["x"]), read, False, 2 * 1032, {}, pack)
        yield Format("a.npz", npy(pickled), read, False, 2 * 1032, {}, pack)


NUMBERS = [struct.pack(order + kind, n) for order, (kind, bits) in product("<>", [("H", 16), ("I", 32), ("Q", 64)])
           for n in (0, 1, 2 ** (bits - 1) - 1, 2 ** (bits - 1), 2**bits - 1, 1000)]  # fmt: skip
TEXTS = [b"0", b"-1", b"9" * 5, b"9" * 20, b"9" * 5000, b"1e999", b"nan", b"-nan", b"inf", b'"', b"'", b"\n", b"\r", b"\0", b",", b";",
         b"(" * 300, b"[" * 3000, b"{", b"}", b"|O", b"<f8", b"V9", b"x.npy", b"y.npy", b"PK\1\2", b"\xff\xfe", b"\\u",
         b"__metadata__", b"glassgrad", b"1_0", "٣".encode(), b"True", b"None", b":", b"F64", b"BF16"]  # fmt: skip


def damaged(content: bytes, dice: random.Random) -> bytes:
    """The content with one to three faults: more often near its beginning or end, where headers are."""
    for _ in range(dice.choice([1, 1, 2, 3])):
        n = len(content)
        i = dice.choice([dice.randrange(n + 1), dice.randrange(min(n, 200) + 1), n - dice.randrange(min(n, 100) + 1)])
        j = min(n, i + dice.choice([1, 2, 4, 8, dice.randrange(64)]))
        kind = dice.randrange(8)
        if kind == 0 and i < n:
            content = content[:i] + bytes([content[i] ^ 1 << dice.randrange(8)]) + content[i + 1 :]
        elif kind == 1:
            content = content[:i] + dice.randbytes(j - i) + content[j:]
        elif kind == 2:
            content = content[:i]
        elif kind == 3:
            content = content[:i] + content[j:]
        elif kind == 4:
            content = content[:j] + content[i:]
        elif kind == 5:
            number = dice.choice(NUMBERS)
            content = content[:i] + number + content[i + len(number) :]
        elif kind == 6:
            content = content[:i] + dice.choice(TEXTS) + content[dice.choice([i, j]) :]
        elif found := [*re.finditer(rb"\d+", content)]:
            of = dice.choice(found)
            content = content[: of.start()] + dice.choice(TEXTS) + content[of.end() :]
    return content or b"\0"


def altered(content: bytes) -> Iterator[bytes]:
    """A file of safetensors, of which one name, shape, dtype, value or text is another, and the checksums are not."""
    start = 8 + int.from_bytes(content[:8], "little")
    header, body = json.loads(content[8:start]), content[start:]
    about = header["__metadata__"]["glassgrad"]
    words = [("cat", "cow"), ('"loss": 0.5', '"loss": 0.7'), ('"metadata": {"', '"metadata": {"a": 1, "')]
    changes = [{"__metadata__": {"glassgrad": about.replace(*pair)}} for pair in words if pair[0] in about]
    for name, entry in [item for item in header.items() if item[0] != "__metadata__"]:
        changes.append({name: None, f"{name}.a": entry})
        changes.append({name: entry | {"shape": [1, *entry["shape"]]}})
        changes.append({name: entry | {"dtype": "F64" if entry["dtype"] == "I64" else "I64"}})
        last = start + entry["data_offsets"][1] - 1
        yield content[:last] + bytes([content[last] ^ 1]) + content[last + 1 :]
    for change in changes:
        text = json.dumps({name: entry for name, entry in (header | change).items() if entry}).encode()
        yield len(text).to_bytes(8, "little") + text + body


def unfitting(content: bytes) -> Iterator[bytes]:
    """A file of safetensors with right checksums, in which one array is of another name or shape, or is too large."""
    with tempfile.TemporaryDirectory() as folder:
        (path := Path(folder, "a")).write_bytes(content)
        arrays, about = read(path)
        arrays = {name: x + 1 for name, x in arrays.items()}  # other numbers than there are before
        for name, x in arrays.items():
            rest = {key: other for key, other in arrays.items() if key != name}
            for other in ({}, {f"{name}.a": x}, {name: x, f"{name}.a": x}, {name: np.stack([x, x])}, {name: x[None]}):
                yield store(rest | other, path, about).read_bytes()


@dataclass(repr=False)
class Damage:
    """One damaged file, and what came of reading it."""

    kind: Format
    path: Path
    content: bytes

    def __repr__(self) -> str:
        return f"{self.kind.name}, as {self.content[:500]!r}"

    def read(self) -> tuple[list[Any] | None, int]:
        """What is in it, None if it was refused, and the bytes that this took."""
        before = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        start = time.process_time()
        try:
            found = self.kind.read(self.path)
        except ValueError as error:
            assert self.kind.name.split(".")[0] in str(error), f"{self}: which file is not said: {error!r}"
            found = None
        assert time.process_time() - start < 1, f"{self}: slow"
        return found, tracemalloc.get_traced_memory()[1] - before

    def judged(self, whole: list[Any]) -> str:
        """What became of it, of which nothing may be wrong."""
        content = self.kind.wrapped(self.content) if self.kind.wrapped else self.content
        self.path.write_bytes(content)
        most = self.kind.held * len(content) + SLACK
        found, taken = self.read()
        if taken > most:  # once may be chance: tables of the interpreter that grow
            found, taken = self.read()
        assert taken < most, f"{self}: took {taken} bytes"
        if found is None:
            return "refused"
        if [(x.shape, x.dtype, x.tobytes()) for x in found] == [(x.shape, x.dtype, x.tobytes()) for x in whole]:
            return "read as they were"
        assert not self.kind.knows, f"{self}: other values, and nobody was told"
        assert all(x.dtype.kind in "fiubU" for x in found), f"{self}: no numbers"
        return "read as other numbers (CSV, plain IDX)"


def refusing(n: int, seed: int) -> Counter[str]:
    """What became of n files, half of them cut off, one at every byte, as far as that goes, and of what does not fit."""
    dice, kinds, ran, whole = random.Random(seed), [*formats()], [], {}
    sys.addaudithook(lambda event, args: ran.append(args) if event == "pickle.find_class" else None)
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as name:
        paths = [Path(name, str(k), kind.name) for k, kind in enumerate(kinds)]
        for k, (path, kind) in enumerate(zip(paths, kinds, strict=True)):
            path.parent.mkdir()
            for other, content in kind.beside.items():
                path.with_name(other).write_bytes(content)
            path.write_bytes(kind.wrapped(kind.content) if kind.wrapped else kind.content)
            whole[k] = [] if b"exec" in kind.content else kind.read(path)
        cuts = [(k, kind.content[:i]) for k, kind in enumerate(kinds) for i in range(len(kind.content))]
        dice.shuffle(cuts)
        del cuts[n // 2 :]
        chosen = (dice.randrange(len(kinds)) for _ in range(n - len(cuts)))
        tracemalloc.start()
        counts = Counter(
            Damage(kinds[k], paths[k], content).judged(whole[k])
            for k, content in [*cuts, *((k, damaged(kinds[k].content, dice)) for k in chosen)]
        )
        for k, kind in enumerate(kinds):
            if b"sha256" in kind.content:
                for content in (
                    *altered(kind.content),
                    *(unfitting(kind.content) if kind.read is not by_itself else ()),
                ):
                    counts["refused"] += 1
                    assert (damage := Damage(kind, paths[k], content)).judged(whole[k]) == "refused", damage
            if kind.name.endswith(".gz") and kind.wrapped:  # no more is unpacked than the header says
                counts["refused"] += 1
                packed = Damage(replace(kind, held=0), paths[k], kind.content + bytes(10**7))
                assert packed.judged(whole[k]) == "refused"
        assert not ran, f"code in a file was run: {ran}"
    return counts


def large() -> float:
    """The bytes held for a byte of large files at most, of formats that hold numbers as they are."""
    array, most = np.random.default_rng(0).normal(size=(1000, 1000)), 0.0
    reads = {nn.load: lambda path: nn.save({"x": array}, path)} | {
        lambda path: nn.datasets.npz(path, ["x"]): partial(save, x=array) for save in (np.savez, np.savez_compressed)
    }
    for load, save in reads.items():
        with tempfile.TemporaryDirectory() as folder:
            save(path := Path(folder, "a.npz"))
            tracemalloc.start()
            load(path)
            most = max(most, tracemalloc.get_traced_memory()[1] / array.nbytes)
            tracemalloc.stop()
    assert most < 2.1
    return most


TABLES = {  # where texts take most: letters, many columns, two bytes a letter, a long name, and numbers of one digit
    "ab,c\n" * 10**5: {"header": False, "target": 1, "categories": [0]},
    ",".join(["0.123456789"] * 1000 + ["\n"]) * 300: {"header": False, "missing": "nan", "dtype": np.float32},
    "1,é\n" * 10**5: {"header": False, "target": 1},
    f"1,{'x' * 100_000}\n" + "1,b\n" * 10**5: {"header": False, "target": 1},
    (",".join("12345678") + "\n") * 10**5: {"missing": "drop"},
    "a\n" + "1\n" * 10**6: {"header": True},
}


def tables(n: int) -> float:
    """The MB held beside the file and its numbers, at most, while tables are read, n of these."""
    most = 0
    for text, how in [*TABLES.items()][:n]:
        with tempfile.TemporaryDirectory() as folder:
            (path := Path(folder, "a.csv")).write_text(text, encoding="utf-8")
            tracemalloc.start()
            table = nn.datasets.csv(path, **how)
            numbers = table.x.nbytes + (0 if table.y is None else table.y.nbytes)
            most = max(most, tracemalloc.get_traced_memory()[1] - path.stat().st_size - numbers)
            tracemalloc.stop()
    assert most < 8e6
    return most / 1e6


@promise("Files of weights, checkpoints, histories, tables, `npz` and IDX that are damaged or cut off anywhere are refused by a "
         "`ValueError` that names the file, or read as they were; nothing in them is run, no more is held than their size "
         "warrants, whatever they claim, and what was there before stays. Other numbers are read only where the format has "
         "no checksum: CSV, and plain IDX.", 600, 10**5)  # fmt: skip
def files(n: int) -> str:
    counts = Counter(alone(refusing, n, 0))
    kinds = ", ".join(f"{count:,} {what}" for what, count in sorted(counts.items(), reverse=True))
    beside = alone(tables, len(TABLES) if n > 10**4 else 2)
    return (f"{counts.total():,} files: {kinds}; {alone(large):.1f} bytes held for a byte, of CSV the file, its numbers "
            f"and {beside:.0f} MB")  # fmt: skip
