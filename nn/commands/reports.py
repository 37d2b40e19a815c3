"""What the commands print: the confusion matrix, how good a net is at each class or at numbers, and how it scales."""

from __future__ import annotations

from typing import Any

import numpy as np

from nn.commands.nets import Plan
from nn.metrics import confusion_matrix, f1, mean_absolute_error, precision, r2, recall


def confusion_table(labels: np.ndarray, taken: np.ndarray, classes: list[Any]) -> str:
    """The confusion matrix with its margins: rows are the true classes, columns what they were taken for."""
    matrix, names = confusion_matrix(taken, labels, len(classes)), [str(name) for name in classes]
    width = max(len(str(matrix.max())), *map(len, names)) + 1
    head = "true \\ taken for"
    first = max(len(head), width)
    rows = [f"{name:>{first - 1}} " + "".join(f"{n or '.':>{width}}" for n in row)
            for name, row in zip(names, matrix.tolist(), strict=True)]  # fmt: skip
    return "\n".join([f"{head:<{first}}" + "".join(f"{name:>{width}}" for name in names), *rows])


def class_table(labels: np.ndarray, taken: np.ndarray, classes: list[Any]) -> str:
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
    return "\n".join(f"{name:<{width}}" + "".join(f"{x:>11}" for x in others) for name, *others in lines)


def errors(said: np.ndarray, y: np.ndarray) -> str:
    """How far numbers are from the true ones, in their own unit."""
    root = np.sqrt(np.mean((said - y) ** 2))
    mean = mean_absolute_error(said, y)
    return f"R² {r2(said, y):.4f}\nroot mean square error {root:.6g}\nmean absolute error {mean:.6g}"


def scaled(plan: Plan, scale: str) -> str:
    """How inputs and numbers are scaled, in a line."""
    inputs = f"inputs are scaled ({scale})" if plan.inputs else "inputs are taken as they are"
    return inputs if plan.classes else f"{inputs}, and {unit(plan)}, of which the loss is"


def unit(plan: Plan) -> str:
    """What the net says, as numbers in the unit of the data."""
    shift, scale = plan.unit
    return f"{plan.target or 'y'} = {shift:.6g} + {scale:.6g} z"
