"""Samples for the commands: from the sets that come along, IDX folders, CSV and npz files, or CSV on stdin."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nn import datasets
from nn.checks import finite, labels_in_range, named
from nn.commands.nets import Plan
from nn.data import split

LENGTHS = ["sepal length", "sepal width", "petal length", "petal width"]
SPECIES = ["setosa", "versicolor", "virginica"]


@dataclass
class Samples:
    """Samples to train on and to test with, and the names of things, as a Plan has them."""

    x: np.ndarray
    y: np.ndarray  # labels (m,), or numbers (m, 1)
    x_test: np.ndarray
    y_test: np.ndarray
    classes: list[Any]
    columns: list[str]
    target: str | None
    scale: str  # what is usual for such data


def to_train(data: str, images: bool, target: str | None, task: str | None, test: float, seed: int) -> Samples:
    """What --data names, a part of it for the test: that of the set, or else a share of the samples."""
    path = Path(data)
    if _kind(data) not in (".csv", ".npz"):
        if target is not None or task is not None:
            raise ValueError(f"--target and --task are of your own data, and --data {data} has classes")
        (x, y), (x_test, y_test) = _sets(data, images)
        if data == "iris":
            return Samples(x, y, x_test, y_test, SPECIES, LENGTHS, "species", "standardize")
        both = np.concatenate([y, y_test])
        return Samples(x, y, x_test, y_test, _numbered(data, both, len(both)), [], None, "none")
    if _kind(data) == ".csv":
        table = datasets.csv(path, -1 if target is None else target, task=task, dtype=np.float32)
        x, y, classes, columns = table.x, np.asarray(table.y), [*table.classes], [*table.columns]
        target = table.target
    else:
        if target is not None:
            raise ValueError(f"--target is of tables, and --data {data} has arrays: x, and y to be learnt")
        (x, y), columns = _arrays(path, images), []
        task = task or ("classification" if y.dtype.kind in "iu" else "regression")
        classes = _numbered(data, y, len(y)) if task == "classification" else []
    y = y.astype(np.int64) if classes else y.astype(np.float32).reshape(-1, 1)
    (x, y), (x_test, y_test) = split(x, y, fractions=(1 - test, test), stratify=y if classes else None, rng=seed)
    return Samples(x, y, x_test, y_test, classes, columns, target, "standardize")


def inputs(data: str, plan: Plan) -> np.ndarray:
    """Samples as the net takes them; of a set those for the test."""
    return _table(data, plan, None).x if _kind(data) == ".csv" else _others(data, plan)[0]


def answered(data: str, plan: Plan) -> tuple[np.ndarray, np.ndarray]:
    """Samples as the net takes them, and what is true of them: labels (m,), or numbers (m, 1)."""
    if _kind(data) == ".csv":
        if plan.target is None:
            raise ValueError(f"--data {data}: the net was trained on arrays without names, and no column is its target")
        table = _table(data, plan, plan.target)
        x, y, known = table.x, np.asarray(table.y), {str(name): label for label, name in enumerate(plan.classes)}
        if plan.classes:
            y = np.array([named("class", str(name), known) for name in table.classes])[y]
    else:
        x, y = _others(data, plan)
        if plan.classes:
            _numbered(data, y, len(plan.classes))
    return x, y if plan.classes else y.reshape(-1, 1)


def _kind(data: str) -> str:
    """What data is, by the end of its name; what comes from stdin is a table."""
    return "" if Path(data).is_dir() else ".csv" if data == "-" else Path(data).suffix.lower()


def _table(data: str, plan: Plan, target: str | None) -> datasets.Table:
    """The columns that the net was trained with, in that order, wherever they are in this table."""
    task = "classification" if plan.classes else "regression"
    source = sys.stdin.buffer if data == "-" else Path(data)
    table = datasets.csv(source, target, task=task, columns=plan.columns or None, dtype=np.float32)
    _fitting(data, plan, table.x)
    return table


def _others(data: str, plan: Plan) -> tuple[np.ndarray, np.ndarray]:
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
        return datasets.iris(dtype=np.float32)
    if not Path(data).is_dir():
        raise ValueError(f"--data {data}: expected digits, iris, a folder with the four MNIST files, or a .csv or "
                         ".npz file; there is no such folder")  # fmt: skip
    return datasets.mnist(data, np.float32, images)


def _arrays(path: Path, images: bool) -> tuple[np.ndarray, np.ndarray]:
    """x and y of a npz file, x with the axes of images, or flat."""
    x, y = datasets.npz(path)
    if x.ndim < 2 or not x.size or y.shape not in (x.shape[:1], (len(x), 1)):
        raise ValueError(f"{path}: expected x with a sample a row, and y with one label or number for each, got shapes "
                         f"{x.shape} and {y.shape}")  # fmt: skip
    shape = (len(x), -1) if not images else (len(x), 1, *x.shape[1:]) if x.ndim == 3 else x.shape
    with np.errstate(over="ignore"):
        x = x.reshape(shape).astype(np.float32)
    finite(f"{path}: x", x)
    finite(f"{path}: y", y)
    return x, y.reshape(-1)
