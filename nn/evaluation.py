"""How good a model is on data: its outputs in evaluation mode, and what is measured of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from autograd import Tensor, no_grad
from autograd.arguments import describe
from autograd.graph import array_of
from nn.checks import named
from nn.data import DataLoader
from nn.metrics import METRICS, accuracy
from nn.module import Module, evaluating
from nn.step import number_of

AT_ONCE = 1024  # samples, that a large set needs no more memory than a large batch
Metric = Callable[[Any, Any], float]
Metrics = str | Iterable[str] | Mapping[str, Metric]


def evaluate(
    model: Module, x: Any, y: Any = None, loss: Callable[..., Any] | None = None, metrics: Metrics | None = ()
) -> dict[str, float]:
    """The loss and, for classes, the accuracy of a model on data, in evaluation mode and without recording.

    x, y      arrays with one sample a row, or x a DataLoader of both, all of whose samples are measured
    metrics   what else to measure: names in nn.metrics, or a dict of functions of (z, y)

    The model sees so many samples at a time as need no more memory than a batch, the loss all that it says of them.
    """
    if isinstance(x, DataLoader) and y is None and len(x.arrays) == 2:
        x, y = x.arrays
    if y is None:
        raise TypeError(
            f"evaluate expected (model, x, y), or (model, loader) with a DataLoader of x and y, got {describe(x)}"
        )
    measure, y = cost_of(model, loss), np.asarray(y)
    z = outputs(model, np.asarray(x))
    with no_grad():
        cost = float(array_of(number_of(measure(Tensor(z), y))))
    return {"loss": cost, **measured(z, y, classes_of(y), metrics_of(metrics))}


def outputs(model: Module, x: np.ndarray) -> np.ndarray:
    """model(x) in evaluation mode, AT_ONCE samples at a time."""
    with evaluating(model), no_grad():
        parts = [array_of(model(x[i : i + AT_ONCE])) for i in range(0, max(len(x), 1), AT_ONCE)]
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def metrics_of(metrics: Metrics | None) -> dict[str, Callable[[Any, Any], float]]:
    """What to measure, by name."""
    if not isinstance(metrics, Iterable | None):
        raise TypeError(f"metrics: expected names in nn.metrics, or a dict of functions of (z, y), got {metrics!r}")
    if isinstance(metrics, Mapping):
        found = dict(metrics)
    else:
        found = {
            name: named("metric", name, METRICS) for name in ([metrics] if isinstance(metrics, str) else metrics or ())
        }
    for name, metric in found.items():
        if name in ("epoch", "loss") or name.startswith("val_"):
            raise ValueError(f"metrics: {name!r} is what the history calls something else: give it another name")
        if not callable(metric):
            raise TypeError(f"metrics[{name!r}]: expected a function of (z, y), got {metric!r}")
    return found


def cost_of(model: Module, loss: Callable[..., Any] | None) -> Callable[..., Any]:
    measure = loss or getattr(model, "cost", None)
    if not callable(measure):
        raise TypeError(f"loss: expected a function of (model(x), y), such as nn.cross_entropy, got {loss!r}"
                        + ("" if loss else f"; {type(model).__name__} has no cost of its own"))  # fmt: skip
    return measure


def classes_of(y: np.ndarray) -> int:
    """How many classes there must be if the targets are labels, or rows of one 1; 0 if they are neither."""
    if y.ndim == 1:
        return int(y.max()) + 1 if y.dtype.kind in "iu" and y.size and y.min() >= 0 else 0
    one_hot = y.ndim == 2 and y.shape[1] > 1 and (((y == 0) | (y == 1)).all(1) & (y.sum(1) == 1)).all()
    return y.shape[1] if one_hot else 0


def measured(z: Any, y: np.ndarray, classes: int, metrics: Mapping[str, Metric]) -> dict[str, float]:
    """The accuracy, if the targets are classes, and the metrics."""
    seen = (
        {"accuracy": accuracy(z, y)}
        if getattr(z, "ndim", 0) == 2 and 0 < classes <= z.shape[1] and z.shape[1] > 1
        else {}
    )
    return seen | {name: _number(name, metric(array_of(z), y)) for name, metric in metrics.items()}


def _number(name: str, value: Any) -> float:
    """What a metric has returned, if it is one number."""
    value = array_of(value)
    if np.size(value) != 1 or np.asarray(value).dtype.kind not in "fiub":
        raise TypeError(f"metrics[{name!r}]: expected a function that returns a number, got {describe(value)} from it")
    return float(np.asarray(value).item())
