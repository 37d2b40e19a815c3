"""Samples for the commands: from the sets that come along, IDX folders, CSV and npz files, or CSV on stdin."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nn import datasets
from nn.checks import finite, named
from nn.commands.nets import Plan
from nn.data import split

LENGTHS = ["sepal length", "sepal width", "petal length", "petal width"]
SPECIES = ["setosa", "versicolor", "virginica"]
PACKAGED = ("digits", "iris")


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
    if path.suffix.lower() not in (".csv", ".npz") or path.is_dir():
        if target is not None or task is not None:
            raise ValueError(f"--target and --task are of tables in CSV files, and --data {data} is none")
        (x, y), (x_test, y_test) = _sets(data, images)
        if data == "iris":
            return Samples(x, y, x_test, y_test, SPECIES, LENGTHS, "species", "standardize")
        return Samples(x, y, x_test, y_test, [*range(int(max(y.max(), y_test.max())) + 1)], [], None, "none")
    if path.suffix.lower() == ".csv":
        table = datasets.csv(path, -1 if target is None else target, task=task, dtype=np.float32)
        x, y, classes, columns, target = table.x, table.y, [*table.classes], [*table.columns], table.target
    else:
        if target is not None or task is not None:
            raise ValueError(f"--target and --task are of tables in CSV files, and --data {data} is none")
        x, y = _arrays(path, images)
        classes, columns = ([*range(int(y.max()) + 1)] if y.dtype.kind in "iu" else []), []
    y = y if classes else y.reshape(-1, 1)
    (x, y), (x_test, y_test) = split(x, y, fractions=(1 - test, test), stratify=y if classes else None, rng=seed)
    return Samples(x, y, x_test, y_test, classes, columns, target, "standardize")


def given(data: str, plan: Plan, answers: bool) -> tuple[np.ndarray, np.ndarray | None]:
    """Samples for a net that is there: x as it takes them, and y if answers are asked for; of a set that for the test."""
    path, images = Path(data), plan.net == "cnn"
    y: np.ndarray | None
    if data == "-" or (path.suffix.lower() == ".csv" and not path.is_dir()):
        if not plan.columns:
            raise ValueError(
                f"--data {data}: the net was trained on arrays without names, and cannot tell the columns of a table"
            )
        task = "classification" if plan.classes else "regression"
        table = datasets.csv(sys.stdin.buffer if data == "-" else path, plan.target if answers else None,
                             task=task, columns=plan.columns, dtype=np.float32)  # fmt: skip
        x, y = table.x, table.y
        if answers and plan.classes:
            known = {str(name): label for label, name in enumerate(plan.classes)}
            labels = np.array([named("class", str(name), known) for name in table.classes])
            y = labels[table.y]
    else:
        x, y = _arrays(path, images) if path.suffix.lower() == ".npz" else _sets(data, images)[1]
    if list(x.shape[1:]) != plan.sample:
        raise ValueError(f"--data {data} has samples of shape {x.shape[1:]}, and the net takes {tuple(plan.sample)}")
    finite(f"--data {data}", x)
    if not answers:
        return x, None
    if bool(plan.classes) != (y.dtype.kind in "iu"):
        raise ValueError(
            f"--data {data}: expected {'labels' if plan.classes else 'numbers'} to compare with, as in training, got {y.dtype}"
        )
    if plan.classes and not 0 <= y.min() <= y.max() < len(plan.classes):
        raise ValueError(
            f"--data {data}: expected labels from 0 to {len(plan.classes) - 1}, got {y.min()} to {y.max()}"
        )
    return x, y if plan.classes else y.reshape(-1, 1)


def _sets(data: str, images: bool) -> datasets.Sets:
    if data == "digits":
        sets = datasets.digits(dtype=np.float32)
        return tuple((x.reshape(-1, 1, 8, 8), y) for x, y in sets) if images else sets  # type: ignore[return-value]
    if data == "iris":
        return datasets.iris(dtype=np.float32)
    if not Path(data).is_dir():
        raise ValueError(f"--data {data}: expected digits, iris, a folder with the four MNIST files, or a file that "
                         "ends in .csv or .npz; there is no such folder")  # fmt: skip
    return datasets.mnist(data, np.float32, images)


def _arrays(path: Path, images: bool) -> tuple[np.ndarray, np.ndarray]:
    """x and y of a npz file, x with the axes of images or flat."""
    x, y = datasets.npz(path)
    if x.ndim < 2 or y.shape not in (x.shape[:1], (len(x), 1)) or not x.size:
        raise ValueError(f"{path}: expected x with a sample a row, and y with one label or number for each, got shapes "
                         f"{x.shape} and {y.shape}")  # fmt: skip
    y = y.reshape(-1)
    if images and x.ndim == 3:
        x = x[:, None]
    if y.dtype.kind in "iu" and y.min() < 0:
        raise ValueError(f"{path}: expected labels from 0, or floating numbers, as y, got {y.min()}")
    with np.errstate(over="ignore"):
        x = (x if images else x.reshape(len(x), -1)).astype(np.float32)
    finite(f"{path}: x", x)
    return x, y.astype(np.int64 if y.dtype.kind in "biu" else np.float32)
