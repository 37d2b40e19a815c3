"""Samples for the commands: from the sets that come along, IDX folders, CSV and npz files, or CSV on stdin."""

from __future__ import annotations

import argparse
import hashlib
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from nn import datasets
from nn.checks import finite, labels_in_range, named
from nn.commands.nets import Plan
from nn.data import split
from nn.datasets.fields import Fields, read
from nn.datasets.table import chosen

LENGTHS = ["sepal length", "sepal width", "petal length", "petal width"]
SPECIES = ["setosa", "versicolor", "virginica"]
TABLES = (".csv", ".tsv")
OF_TABLES = ("target", "drop", "categories", "missing")  # options that arrays do not have
MISSING = {"refuse": "refuse", "drop": "drop", "mean": "nan"}  # as datasets.csv calls them
FEW = 10  # different whole numbers that may well be classes
Part = tuple[np.ndarray, np.ndarray]  # samples, and what is true of them: labels (m,), or numbers (m, 1)


@dataclass
class Samples:
    """Samples to train on and to test with, as they are in the data, and the names of things, as a Plan has them."""

    train: Part
    test: Part
    classes: list[Any]
    columns: list[str]
    target: str | None
    scale: str  # what is usual for such data
    data: str  # their digest
    remarks: list[str] = field(default_factory=list)  # what was decided, and could be otherwise


def to_train(options: argparse.Namespace) -> Samples:
    """What --data names, a part of it for the test: that of the set, or else a share of the samples."""
    data, images, columns = options.data, options.net == "cnn", list[str]()
    given = [name for name in OF_TABLES if getattr(options, name)]
    if given and _kind(data) not in TABLES:
        raise ValueError(f"--{given[0]} is of tables, and --data {data} has arrays")
    if not _kind(data):
        if options.task:
            raise ValueError(f"--task is of your own data, and --data {data} has classes")
        train, test = _sets(data, images)
        if data == "iris":
            return Samples(train, test, SPECIES, LENGTHS, "species", "standardize", digest(*train))
        both = np.concatenate([train[1], test[1]])
        return Samples(train, test, _numbered(data, both, len(both)), [], None, "none", digest(*train))
    remarks, target = [], options.target
    if _kind(data) in TABLES:
        fields = _fields(data)
        dropped = [int(key) if key.isdecimal() and key not in fields.names else key for key in options.drop]
        table = chosen(fields, -1 if target is None else target, options.task, None, dropped, options.categories,
                       MISSING[options.missing or "refuse"], np.float64)  # fmt: skip
        x, y, classes, columns, target = table.x, np.asarray(table.y), [*table.classes], [*table.columns], table.target
        if not fields.header:
            remarks.append(f"{data} has no header: its columns are called column 1, column 2 ...")
        if options.missing == "drop" and len(x) < len(fields):
            remarks.append(f"{len(fields) - len(x)} of {len(fields)} samples are left out: they miss values")
        if not classes and options.task is None:
            y, classes = _guessed(y, str(target), remarks)
    else:
        x, y = _arrays(Path(data), images)
        labels = options.task == "classification" or (options.task is None and y.dtype.kind in "iu")
        classes = _numbered(data, y, len(y)) if labels else []
    y = y.astype(np.int64) if classes else y.astype(np.float64).reshape(-1, 1)
    train, test = apart((x, y), classes, options.test, options.seed, where(data, target), "--test")
    return Samples(train, test, classes, columns, target, "standardize", digest(x, y), remarks)


def apart(samples: Part, classes: list[Any], share: float, seed: int, what: str, option: str) -> tuple[Part, Part]:
    """The samples in two parts, of which the second has this share, of each class alike; ValueError says of which
    class or number there are too few."""
    _, y = samples
    counts = np.bincount(y) if classes else np.array([])
    small = np.flatnonzero(counts == 1)
    if (counts > 0).sum() == 1:
        raise ValueError(f"{what} has one class only, {classes[counts.argmax()]!r}: expected two at least")
    if small.size:
        raise ValueError(f"{what}: class {classes[small[0]]!r} has 1 sample to divide by {option}, and so have "
                         f"{len(small)} of {len(classes)} classes: each needs 2; leave such lines out, or say "
                         "--task regression if these are no classes")  # fmt: skip
    if not classes and not np.ptp(y):
        raise ValueError(f"{what} has one value only, {y.item(0):.6g}: there is nothing to learn")
    try:
        parts = split(*samples, fractions=(1 - share, share), stratify=y if classes else None, rng=seed)
    except ValueError as error:
        raise ValueError(f"{option} {share}: {error}") from None
    return (parts[0][0], parts[0][1]), (parts[1][0], parts[1][1])


def inputs(data: str, plan: Plan) -> np.ndarray:
    """Samples as they are in the data; of a set those for the test."""
    return _tabled(data, plan, _fields(data), None)[0] if _kind(data) in TABLES else _others(data, plan)[0]


def answered(data: str, plan: Plan) -> Part:
    """Samples as they are in the data, and what is true of them."""
    x, y = perhaps_answered(data, plan, needed=True)
    assert y is not None
    return x, y


def perhaps_answered(data: str, plan: Plan, needed: bool = False) -> tuple[np.ndarray, np.ndarray | None]:
    """The same, with None where no column says what is true; ValueError if that is needed."""
    if _kind(data) in TABLES:
        fields = _fields(data)
        if plan.target is None and needed:
            raise ValueError(f"--data {data}: the net was trained on arrays without names, and no column is its target")
        return _tabled(data, plan, fields, plan.target if needed or plan.target in fields.names else None, needed)
    x, y = _others(data, plan)
    if plan.classes:
        _numbered(data, y, len(plan.classes))
    return x, y if plan.classes else y.astype(np.float64).reshape(-1, 1)


def for_test(data: str, plan: Plan, samples: Part) -> tuple[Part, str]:
    """Those that the net was not trained on, as far as that is known, and a sentence that says which they are."""
    if not _kind(data):
        return samples, "those that are for the test"
    if digest(*samples) != plan.data:
        return samples, "all that there are: not the data that the net was trained with"
    part = apart(samples, plan.classes, plan.test, plan.seed, where(data, plan.target), "--test")[1]
    return part, f"those for the test, of {len(samples[0])}: the net was trained on the others"


def digest(*arrays: np.ndarray) -> str:
    """What no other arrays have."""
    sums = [f"{a.dtype.str}{a.shape}{hashlib.sha256(np.ascontiguousarray(a).data).hexdigest()}" for a in arrays]
    return hashlib.sha256("".join(sums).encode()).hexdigest()


def where(data: str, target: str | None) -> str:
    """What is to be learnt, for errors."""
    return f"{data}: {'y' if target is None else f'column {target!r}'}"


def _kind(data: str) -> str:
    """What data is, by the end of its name; what comes from stdin is a table."""
    return "" if Path(data).is_dir() else ".csv" if data == "-" else Path(data).suffix.lower()


def _fields(data: str) -> Fields:
    return read(sys.stdin.buffer if data == "-" else Path(data))


def _guessed(y: np.ndarray, target: str, remarks: list[str]) -> tuple[np.ndarray, list[Any]]:
    """Two different whole numbers as classes, and others as the numbers that they are, which is remarked upon."""
    kinds, labels = np.unique(y, return_inverse=True)
    if len(kinds) == 1 or len(kinds) > FEW or (kinds % 1).any():
        return y, []
    two = len(kinds) == 2
    taken, other = ("classes", "regression") if two else ("numbers", "classification")
    remarks.append(f"column {target!r} has {len(kinds)} different whole numbers, which are taken as {taken}: say "
                   f"--task {other} if they are not")  # fmt: skip
    return (labels, [int(kind) for kind in kinds]) if two else (y, [])


def _tabled(
    data: str, plan: Plan, fields: Fields, target: str | None, whole: bool = False
) -> tuple[np.ndarray, np.ndarray | None]:
    """The columns that the net was trained with, in that order, wherever they are in this table, and the target."""
    if plan.columns and not fields.header and not plan.columns[0].startswith("column "):
        raise ValueError(f"{data} has no header, and the net knows its columns by their names: write these into the "
                         f"first line, such as {plan.columns[0]!r}")  # fmt: skip
    task = "classification" if plan.classes else "regression"
    missing = "refuse" if plan.missing == "drop" and not whole else MISSING[plan.missing]
    try:
        table = chosen(fields, target, task, plan.columns or None, (), (), missing, np.float64)
    except ValueError as error:
        said, _, advice = str(error).partition(": say ")
        more = ": train with --missing mean for a net that takes such samples" if "missing='nan'" in advice else ""
        raise ValueError(said + more) from None
    y = table.y
    if y is not None and plan.classes:
        known = {str(name): label for label, name in enumerate(plan.classes)}
        y = np.array([named("class", str(name), known) for name in table.classes])[y]
    _fitting(data, plan, table.x)
    return table.x, y if y is None or plan.classes else y.reshape(-1, 1)


def _others(data: str, plan: Plan) -> Part:
    images = plan.net == "cnn"
    x, y = _arrays(Path(data), images) if _kind(data) == ".npz" else _sets(data, images)[1]
    _fitting(data, plan, x)
    return x, y


def _fitting(data: str, plan: Plan, x: np.ndarray) -> None:
    if list(x.shape[1:]) != plan.sample:
        raise ValueError(f"--data {data} has samples of shape {x.shape[1:]}, and the net takes {tuple(plan.sample)}")


def _numbered(data: str, y: np.ndarray, most: int) -> list[int]:
    """The classes 0, 1, ... of labels, so many at most."""
    if y.dtype.kind not in "iu":
        raise ValueError(f"--data {data}: expected whole numbers as labels, got {y.dtype}")
    labels_in_range(f"--data {data}", y, most)
    return [*range(int(y.max()) + 1)]


def _sets(data: str, images: bool) -> datasets.Sets:
    """The sets that have a part for the test."""
    if data == "digits":
        return datasets.digits(dtype=np.float32, images=images)
    if data == "iris":
        return datasets.iris()
    if not Path(data).is_dir():
        raise ValueError(f"--data {data}: expected digits, iris, a folder with the four MNIST files, or a .csv, .tsv "
                         "or .npz file; there is no such folder")  # fmt: skip
    return datasets.mnist(data, np.float32, images)


def _arrays(path: Path, images: bool) -> Part:
    """x and y of a npz file, x with the axes of images, or flat."""
    x, y = datasets.npz(path)
    if x.ndim < 2 or not x.size or y.shape not in (x.shape[:1], (len(x), 1)):
        raise ValueError(f"{path}: expected x with a sample a row, and y with one label or number for each, got shapes "
                         f"{x.shape} and {y.shape}")  # fmt: skip
    if images and x.ndim == 4 and x.shape[3] in (1, 3, 4) and x.shape[1] > 4:
        raise ValueError(f"{path}: expected images of shape (N, H, W) or (N, C, H, W), got {x.shape}: "
                         "np.moveaxis(x, 3, 1) puts the channels first")  # fmt: skip
    shape = (len(x), -1) if not images else (len(x), 1, *x.shape[1:]) if x.ndim == 3 else x.shape
    x = x.reshape(shape).astype(np.promote_types(x.dtype, np.float32))
    finite(f"{path}: x", x)
    finite(f"{path}: y", y)
    return x, y.reshape(-1)
