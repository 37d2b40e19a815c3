"""How good a model is on data: its outputs in evaluation mode, and what is measured of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from autograd import Tensor, no_grad
from autograd.arguments import explained
from autograd.errors import describe
from autograd.graph import array_of
from nn.checks import named, number_of, whole
from nn.data import DataLoader
from nn.losses import binary_cross_entropy, binary_cross_entropy_with_logits
from nn.metrics import METRICS, accuracy, binary_accuracy, binary_accuracy_with_logits
from nn.module import Module, evaluating

AT_ONCE = 1024  # samples, that a large set needs no more memory than a large batch
BINARY = {binary_cross_entropy: binary_accuracy, binary_cross_entropy_with_logits: binary_accuracy_with_logits}
Metric = Callable[[Any, Any], float]
Metrics = str | Metric | Iterable[str | Metric] | Mapping[str, str | Metric]


@explained
def evaluate(
    model: Module,
    x: Any,
    y: Any = None,
    loss: Callable[..., Any] | None = None,
    metrics: Metrics | None = (),
    sample_weight: Any = None,
) -> dict[str, float]:
    """The loss and, for classes, the accuracy of a model on data, in evaluation mode and without recording.

    x, y            arrays with one sample a row, or x a DataLoader of both, all of whose samples are measured; a third
                    array in it are weights
    metrics         what else to measure: names in nn.metrics, functions of (z, y), or a dict of them by other names
    sample_weight   (m,), >= 0: how much each sample counts in the loss; for accuracy and metrics all count alike

    Classes are labels (m,), rows of one 1, or, with one output and a binary cross-entropy, numbers 0 and 1 (m, 1).

    The model sees so many samples at a time as need no more memory than a batch, the loss all that it says of them.
    """
    if isinstance(x, DataLoader) and y is None and sample_weight is None and 2 <= len(x.arrays) <= 3:
        (x, y), sample_weight = x.arrays[:2], x.arrays[2] if len(x.arrays) == 3 else None
    if y is None or isinstance(x, DataLoader):
        raise TypeError(
            f"evaluate expected (model, x, y), or (model, loader) with a DataLoader of x and y, got {describe(x)}"
        )
    measure, x, y, weights = cost_of(model, loss), np.asarray(x), np.asarray(y), {}
    if x.shape[:1] != y.shape[:1]:
        raise ValueError(f"evaluate: expected equally many rows of x and y, got shapes {x.shape} and {y.shape}")
    if sample_weight is not None:
        weights = {"sample_weight": np.asarray(sample_weight)}
    z = outputs(model, x)
    with no_grad():
        cost = float(array_of(number_of(measure(Tensor(z), y, **weights))))
    return measured(z, y, metrics_of(metrics), {"loss": cost, **counting(measure, y)(z, y)})


@explained
def predict(model: Callable[[Any], Any], x: Any, batch_size: int = AT_ONCE) -> np.ndarray:
    """What a model says of samples, as an array: in evaluation mode, without recording, a batch at a time.

    model        a Module, or a function of an array; where it has a method `predict`, as an MLP has, that is asked
    x            (m, ...), one sample a row
    batch_size   samples a batch, >= 1: as many as memory allows
    returns      (m, ...), a row for each; raises ValueError for a model that gives anything else than one array

    Several threads may ask one model at once; one that trains it meanwhile changes weights in the midst of predictions.

    >>> import nn
    >>> model = nn.Sequential(nn.Linear(2, 1, rng=0), nn.Dropout(0.5))
    >>> nn.predict(model, np.ones((5, 2))).shape, model.training
    ((5, 1), True)
    """
    x = np.asarray(array_of(x))
    z = outputs(model, x, batch_size, getattr(model, "predict", model))
    return z.copy() if np.may_share_memory(z, x) else z  # as what Flatten gives


def outputs(model: Any, x: np.ndarray, batch_size: int = AT_ONCE, function: Any = None) -> np.ndarray:
    """What a model, or a function of it in its place, gives for x."""
    n = whole("batch_size", batch_size, 1)
    if not callable(model) or isinstance(model, type):
        raise TypeError(f"model: expected a Module, or a function of an array, got {describe(model)}")
    if not x.ndim:
        raise ValueError("x: expected samples in rows, got a number")
    with evaluating(model), no_grad():
        parts = [array_of((function or model)(x[i : i + n])) for i in range(0, max(len(x), 1), n)]
    if not all(isinstance(part, np.ndarray) and (part.ndim or len(parts) == 1) for part in parts):
        raise ValueError("model: expected a value or a row of values for each sample, in one array, got "
                         f"{describe(parts[0])}")  # fmt: skip
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def metrics_of(metrics: Metrics | None) -> dict[str, Metric]:
    """What to measure, by name."""
    if not isinstance(metrics, Mapping):
        if not callable(metrics) and not isinstance(metrics, Iterable | None):
            raise TypeError(f"metrics: expected names in nn.metrics, or functions of (z, y), got {metrics!r}")
        several: Any = [metrics] if isinstance(metrics, str) or callable(metrics) else list(metrics or ())
        names = [x if isinstance(x, str) else getattr(x, "__name__", "<unnamed>") for x in several]
        if odd := [name for name in names if name.startswith("<") or names.count(name) > 1]:
            raise ValueError(f"metrics: {odd[0]} is no name, or the name of two: say what each is called, as in "
                             "metrics={'name': function}")  # fmt: skip
        metrics = dict(zip(names, several, strict=True))
    found: dict[str, Any] = {}
    for name, metric in metrics.items():
        found[name] = named("metric", metric, METRICS) if isinstance(metric, str) else metric
    for name, metric in found.items():
        if name in ("epoch", "loss", "lr") or name.startswith("val_"):
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
        return int(y.max()) + 1 if y.dtype.kind in "iub" and y.size and y.min() >= 0 else 0
    one_hot = y.ndim == 2 and y.shape[1] > 1 and (((y == 0) | (y == 1)).all(1) & (y.sum(1) == 1)).all()
    return y.shape[1] if one_hot else 0


def counting(measure: Callable[..., Any], y: np.ndarray) -> Callable[[Any, np.ndarray], dict[str, float]]:
    """What gives the accuracy of outputs for targets like these: {} where they are no classes."""
    classes, cost = classes_of(y), getattr(getattr(measure, "__self__", None), "measure", measure)
    yes_or_no = y.shape[1:] == (1,) and ((y == 0) | (y == 1)).all()
    binary = next((right for of, right in BINARY.items() if yes_or_no and of is cost), None)

    def accuracies(z: Any, y: np.ndarray) -> dict[str, float]:
        outs = z.shape[1] if getattr(z, "ndim", 0) == 2 else 0
        if outs == 1:
            return {"accuracy": binary(z, y)} if binary else {}
        return {"accuracy": accuracy(z, y)} if 0 < classes <= outs else {}

    return accuracies


def measured(z: Any, y: np.ndarray, metrics: Mapping[str, Metric], known: dict[str, float]) -> dict[str, float]:
    """What is known and the metrics, by their names; an accuracy that is known is not measured again."""
    new = {name: metric for name, metric in metrics.items() if metric is not accuracy or name not in known}
    return known | {name: _number(name, metric(array_of(z), y)) for name, metric in new.items()}


def _number(name: str, value: Any) -> float:
    """What a metric has returned, if it is one number."""
    value = array_of(value)
    if np.size(value) != 1 or np.asarray(value).dtype.kind not in "fiub":
        raise TypeError(f"metrics[{name!r}]: expected a function that returns a number, got {describe(value)} from it")
    return float(np.asarray(value).item())
