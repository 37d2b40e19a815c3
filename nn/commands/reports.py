"""What the commands print: the confusion matrix, how good a net is at each class or at numbers, and how it scales."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TextIO

import numpy as np

from nn.commands.nets import Plan
from nn.metrics import accuracy, confusion_matrix, f1, mean_absolute_error, precision, r2, recall


def say(*lines: str, file: TextIO | None = None) -> None:
    """Prints lines, in which there may be names from a file: what a terminal would obey becomes spaces."""
    print("\n".join("".join(c if c.isprintable() else " " for c in line) for line in lines), file=file, flush=True)


def confusion_table(labels: np.ndarray, taken: np.ndarray, classes: list[Any]) -> list[str]:
    """The confusion matrix with its margins: rows are the true classes, columns what they were taken for."""
    matrix, names = confusion_matrix(taken, labels, len(classes)), [str(name) for name in classes]
    width = max(len(str(matrix.max())), *map(len, names)) + 1
    head = "true \\ taken for"
    first = max(len(head), width)
    rows = [f"{name:>{first - 1}} " + "".join(f"{n or '.':>{width}}" for n in row)
            for name, row in zip(names, matrix.tolist(), strict=True)]  # fmt: skip
    return [f"{head:<{first}}" + "".join(f"{name:>{width}}" for name in names), *rows]


def class_table(labels: np.ndarray, taken: np.ndarray, classes: list[Any]) -> list[str]:
    """Precision, recall and F1 of each class, how many samples are of it, and the means over the classes."""
    lines = [("class", "precision", "recall", "F1", "samples")]
    columns = []
    for measure in (precision, recall, f1):
        each = measure(np.eye(len(classes))[taken], labels, None)
        columns.append([*each, measure(taken, labels)])
    counts = np.bincount(labels, minlength=len(classes)).tolist()
    for name, *values, n in zip([*map(str, classes), "mean"], *columns, [*counts, len(labels)], strict=True):
        lines.append((name, *(f"{value:.4f}" for value in values), f"{n:,}"))
    width = max(len(line[0]) for line in lines)
    return [f"{name:<{width}}" + "".join(f"{x:>11}" for x in others) for name, *others in lines]


def judged(plan: Plan, predictions: np.ndarray, y: np.ndarray, table: Callable[..., list[str]]) -> list[str]:
    """How often classes are right, with a table of them, or how far numbers are from the true ones, in their unit."""
    if plan.classes:
        return [f"accuracy {accuracy(predictions, y):.2%}", "", *table(y, predictions.argmax(1), plan.classes)]
    root, mean = np.sqrt(np.mean((predictions - y) ** 2)), mean_absolute_error(predictions, y)
    return [f"R² {r2(predictions, y):.4f}", f"root mean square error {root:.6g}", f"mean absolute error {mean:.6g}"]


def scaled(plan: Plan, scale: str) -> str:
    """How inputs and numbers are scaled, in a line."""
    inputs = f"inputs are scaled ({scale})" if plan.inputs else "inputs are taken as they are"
    return inputs if plan.classes else f"{inputs}, and {unit(plan)}, of which the loss is"


def unit(plan: Plan) -> str:
    """What the net says, as numbers in the unit of the data."""
    shift, scale = plan.unit
    return f"{plan.target or 'y'} = {shift:.6g} + {scale:.6g} z"
