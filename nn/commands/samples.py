"""Samples for the commands: from the sets that come along, IDX folders, CSV and npz files, or CSV on stdin."""

from __future__ import annotations

import argparse
import hashlib
import shlex
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from nn import datasets
from nn.checks import finite, labels_in_range
from nn.commands.nets import GAPS, Plan
from nn.data import split
from nn.datasets.advice import Advice, Advised
from nn.datasets.fields import Fields, read
from nn.datasets.table import Table, chosen

LENGTHS = ["sepal length", "sepal width", "petal length", "petal width"]
SPECIES = ["setosa", "versicolor", "virginica"]
TABLES = (".csv", ".tsv")
OF_TABLES = ("target", "drop", "categories", "missing")  # options that arrays do not have
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
    digest: str
    remarks: list[str] = field(default_factory=list)  # what was decided, and could be otherwise


def to_train(options: argparse.Namespace) -> Samples:
    """What --data names, a part of it for the test: that of the set, or else a share of the samples."""
    source, images = options.data, options.net == "cnn"
    own = [name for name in OF_TABLES if getattr(options, name)]
    if own and _kind(source) not in TABLES:
        raise ValueError(f"--{own[0]} is of tables, and --data {source} has arrays")
    if not _kind(source):
        if options.task:
            raise ValueError(f"--task is of your own data, and --data {source} has classes")
        train, test = _sets(source, images)
        if source == "iris":
            return Samples(train, test, SPECIES, LENGTHS, "species", "standardize", digest(*train))
        both = np.concatenate([train[1], test[1]])
        return Samples(train, test, _numbered(source, both, len(both)), [], None, "none", digest(*train))
    table, remarks = _table(options) if _kind(source) in TABLES else (_npz(source, images, options.task), [])
    x, y, classes = table.x, np.asarray(table.y), [*table.classes]
    y = y.astype(np.int64) if classes else y.astype(np.float64).reshape(-1, 1)
    train, test = apart((x, y), classes, options.test, options.seed, where(source, table.target), "--test")
    return Samples(train, test, classes, [*table.columns], table.target, "standardize", digest(x, y), remarks)


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


def taken(source: str, plan: Plan, answers: bool | None) -> tuple[np.ndarray, np.ndarray, str]:
    """Samples for a net, of a set those for the test, what is true of them, and a sentence on those that are left out.

    answers   whether something has to be true of them; if not, None says that it is not asked, and False that it is
              nothing, (0,), where no column says so
    """
    y: np.ndarray | None
    if _kind(source) in TABLES:
        fields = _fields(source)
        if plan.columns and not fields.header and not plan.columns[0].startswith("column "):
            raise ValueError(f"{fields.path} has no header, and the net knows its columns by their names: write these "
                             f"into the first line, such as {plan.columns[0]!r}")  # fmt: skip
        if answers and plan.target is None:
            raise ValueError(f"{fields.path}: the net was trained on arrays without names, and no column is its target")
        target = plan.target if answers or (answers is False and plan.target in fields.names) else None
        missing = plan.missing if answers or plan.missing != "drop" else "refuse"
        task = "classification" if plan.classes else "regression"
        try:
            table = chosen(fields, target, task, plan.columns or None, (), (), GAPS[missing], classes=plan.classes)
        except Advised as error:
            gap = Advice("missing", "nan") in error.advice
            more = ": train with --missing mean for a net that takes such samples" if gap else ""
            raise ValueError(error.what + more) from None
        x, y, gaps = table.x, table.y, _left_out(fields, table.x, missing)
    else:
        images = plan.net == "cnn"
        x, y = _arrays(Path(source), images) if _kind(source) == ".npz" else _sets(source, images)[1]
        gaps = ""
    if list(x.shape[1:]) != plan.sample:
        raise ValueError(f"--data {source} has samples of shape {x.shape[1:]}, and the net takes {tuple(plan.sample)}")
    if answers is None or y is None:
        return x, np.empty(0), gaps
    if plan.classes:
        _numbered(source, y, len(plan.classes))
    return x, y if plan.classes else y.astype(np.float64).reshape(-1, 1), gaps


def for_test(source: str, plan: Plan) -> tuple[Part, str]:
    """Those that the net was not trained on, as far as that is known, and a sentence that says which they are."""
    x, y, gaps = taken(source, plan, True)
    if not _kind(source):
        return (x, y), "those that are for the test"
    part, which = (
        (x, y),
        f"all that {'miss no value' if gaps else 'there are'}: not the data that the net was trained with",
    )
    if digest(x, y) == plan.digest:
        part = apart(part, plan.classes, plan.test, plan.seed, where(source, plan.target), "--test")[1]
        which = f"those for the test, of {len(x)}: the net was trained on the others"
    return part, f"{which}; {gaps}" if gaps else which


def digest(*arrays: np.ndarray) -> str:
    """What no other arrays have."""
    sums = [f"{a.dtype.str}{a.shape}{hashlib.sha256(np.ascontiguousarray(a).data).hexdigest()}" for a in arrays]
    return hashlib.sha256("".join(sums).encode()).hexdigest()


def where(source: str, target: str | None) -> str:
    """What is to be learnt, for errors."""
    return f"{source}: {'y' if target is None else f'column {target!r}'}"


def _kind(source: str) -> str:
    """What the data are, by the end of their name; what comes from stdin is a table."""
    return "" if Path(source).is_dir() else ".csv" if source == "-" else Path(source).suffix.lower()


def _fields(source: str) -> Fields:
    return read(sys.stdin.buffer if source == "-" else Path(source))


def _table(options: argparse.Namespace) -> tuple[Table, list[str]]:
    """The table that --data names, and what was decided, and could be otherwise."""
    fields, remarks = _fields(options.data), list[str]()
    dropped = [int(key) if key.isdecimal() and key not in fields.names else key for key in options.drop]
    target, missing = -1 if options.target is None else options.target, options.missing or "refuse"
    table = chosen(fields, target, options.task, None, dropped, options.categories, GAPS[missing])
    if not fields.header:
        remarks.append(f"{options.data} has no header: its columns are called column 1, column 2 ...")
    remarks += filter(None, [_left_out(fields, table.x, missing)])
    for name in options.categories:
        kinds = sum(column.startswith(f"{name}=") for column in table.columns)
        if kinds > max(FEW, len(table.x) / 4):
            remarks.append(f"column {name!r} has {kinds:,} different texts in {len(table.x):,} samples, each of which "
                           f"becomes an input: say --drop {shlex.quote(name)} if it is an index or a date")  # fmt: skip
    if table.classes or options.task is not None:
        return table, remarks
    return _guessed(table, remarks), remarks


def _guessed(table: Table, remarks: list[str]) -> Table:
    """Two different whole numbers as classes, and others as the numbers that they are, which is remarked upon."""
    kinds, labels = np.unique(np.asarray(table.y), return_inverse=True)
    if len(kinds) == 1 or len(kinds) > FEW or (kinds % 1).any():
        return table
    two = len(kinds) == 2
    taken, other = ("classes", "regression") if two else ("numbers", "classification")
    remarks.append(f"column {table.target!r} has {len(kinds)} different whole numbers, which are taken as {taken}: say "
                   f"--task {other} if they are not")  # fmt: skip
    return replace(table, y=labels, classes=tuple(int(kind) for kind in kinds)) if two else table


def _left_out(fields: Fields, x: np.ndarray, missing: str) -> str:
    """How many samples miss values, where these are left out."""
    gaps = len(fields) - len(x) if missing == "drop" else 0
    return f"{gaps} of {len(x) + gaps} samples are left out: they miss values" if gaps else ""


def _numbered(source: str, y: np.ndarray, most: int) -> list[int]:
    """The classes 0, 1, ... of labels, so many at most."""
    if y.dtype.kind not in "iu":
        raise ValueError(f"--data {source}: expected whole numbers as labels, got {y.dtype}")
    labels_in_range(f"--data {source}", y, most)
    return [*range(int(y.max()) + 1)]


def _sets(source: str, images: bool) -> datasets.Sets:
    """The sets that have a part for the test."""
    if source == "digits":
        return datasets.digits(dtype=np.float32, images=images)
    if source == "iris":
        return datasets.iris()
    if not Path(source).is_dir():
        raise ValueError(f"--data {source}: expected digits, iris, a folder with the four MNIST files, or a .csv, .tsv "
                         "or .npz file; there is no such folder")  # fmt: skip
    return datasets.mnist(source, np.float32, images)


def _npz(source: str, images: bool, task: str | None) -> Table:
    """Arrays as a table without names."""
    x, y = _arrays(Path(source), images)
    labels = task == "classification" or (task is None and y.dtype.kind in "iu")
    return Table(x, y, (), None, tuple(_numbered(source, y, len(y)) if labels else ()))


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
