"""What fit is given, judged before anything is changed: data, weights of samples, optimizer and callbacks."""

from __future__ import annotations

import reprlib
from collections.abc import Callable, Iterable, Mapping
from inspect import signature
from typing import Any

import numpy as np

from autograd import Tensor
from autograd.errors import describe
from nn.callbacks import Callback, EarlyStopping, Function
from nn.checks import Seed, finite, labels_in_range, named, whole
from nn.data import DataLoader
from nn.evaluation import classes_of, outputs
from nn.module import Module
from nn.optim import SGD
from nn.optimizer import Optimizer
from nn.schedules import involved


def loader(x: Any, y: Any, sample_weight: Any, class_weight: Any, batch_size: int | None, rng: Seed) -> DataLoader:
    """The batches of an epoch: (x, y), and the weights of the samples if there are any."""
    if isinstance(x, DataLoader):
        if not 2 <= len(x.arrays) <= 3:
            raise TypeError(f"fit(model, loader): expected a loader of x, y and, if need be, weights, got {x}")
        others = {"y": y, "sample_weight": sample_weight, "class_weight": class_weight, "batch_size": batch_size,
                  "rng": rng}  # fmt: skip
        for name, given in others.items():
            if given is not None:
                raise TypeError(f"fit(model, loader): leave {name} away, the loader has its own")
        if len(x.arrays) == 3:
            judged_weights(x.arrays[2], len(x.arrays[0]))
        return x
    batch_size = 32 if batch_size is None else batch_size
    if y is None:
        raise TypeError("fit expected (model, x, y), or (model, loader) with a DataLoader of x and y")
    x, y = np.asarray(x), np.asarray(y)
    if class_weight is not None:
        by_class = weights_by_class(y, class_weight)
        sample_weight = by_class if sample_weight is None else by_class * judged_weights(sample_weight, len(x))
    if sample_weight is None:
        return DataLoader(x, y, batch_size=batch_size, rng=rng)
    return DataLoader(x, y, judged_weights(sample_weight, len(x)), batch_size=batch_size, rng=rng)


def weights_by_class(y: np.ndarray, class_weight: Any) -> np.ndarray:
    """The weight of each sample, which is that of its class."""
    classes = classes_of(y)
    if not classes:
        raise ValueError("class_weight needs labels (m,), or one-hot rows, as y")
    labels = y.argmax(1) if y.ndim == 2 else y.astype(int)
    if isinstance(class_weight, str):
        named("class_weight", class_weight, {"balanced": None})
        there, places, counts = np.unique(labels, return_inverse=True, return_counts=True)
        return (len(labels) / (len(there) * counts))[places]
    if isinstance(class_weight, Mapping):
        for label in class_weight:
            whole("class_weight: of class", label, 0)
        return np.array([class_weight.get(label, 1) for label in labels.tolist()], float)
    table = np.asarray(class_weight, float)
    if table.ndim != 1 or len(table) < classes:
        raise ValueError(f"class_weight: expected one for each of {classes} classes, got shape {table.shape}")
    return table[labels]  # type: ignore[no-any-return]


def judged_weights(given: Any, samples: int, name: str = "sample_weight") -> np.ndarray:
    """The weights of samples, if there is a number >= 0 for each, and not only zeros."""
    weights = np.asarray(given)
    if weights.shape != (samples,) or weights.dtype.kind not in "biuf":
        raise ValueError(f"{name}: expected a number for each of {samples} samples, got {describe(weights)}")
    finite(name, weights)
    if weights.min() < 0 or not weights.any():
        raise ValueError(f"{name}: expected numbers >= 0, not all of them 0, got {weights.min()} to {weights.max()}")
    return weights


def judged_functions(model: Any, measure: Callable[..., Any], penalty: Any, weighted: bool) -> None:
    """Raises TypeError for what is no model, no penalty, or no loss of samples with weights where there are such."""
    if not isinstance(model, Module):
        raise TypeError(f"fit expected a Module, which has parameters, such as nn.MLP(4, 3), got {model!r}")
    if penalty is not None and (not callable(penalty) or isinstance(penalty, type)):
        raise TypeError(
            f"penalty: expected a function such as lambda: 1e-4 * nn.l2(model.parameters()), got {penalty!r}"
        )
    try:
        takes = signature(measure) if weighted else None
    except ValueError:  # of what is written in C nobody knows
        return
    try:
        if takes:
            takes.bind("z", "y", sample_weight="w")
    except TypeError:
        raise TypeError(f"loss: expected a function of (z, y, sample_weight=...), as samples or classes have weights, "
                        f"got one of {takes}") from None  # fmt: skip


def judged(model: Module, measure: Callable[..., Any], what: str, x: np.ndarray, y: np.ndarray) -> None:
    """Raises for what cannot be trained on, before anything is changed."""
    target = "y" if what == "x" else f"{what}, y"
    if not x.ndim or not y.ndim or len(x) != len(y) or not len(x):
        raise ValueError(f"{what}: expected equally many rows of x and y, and some, got shapes {x.shape} and {y.shape}")
    for name, array in ((what, x), (target, y)):
        if array.dtype.kind not in "biuf":
            raise TypeError(f"{name}: expected numbers, got {array.dtype}; nn.datasets.csv makes classes of texts")
        finite(name, array)
    if y.ndim == 1 and y.dtype.kind in "iu":
        z = outputs(model, x[:1])
        classes = z.shape[-1] if z.ndim == 2 else 0
        odd = y[(y < 0) | (y >= classes)][:1]
        if classes and len(odd):
            try:
                measure(Tensor(z), odd)
            except IndexError:  # so that they are labels to it
                labels_in_range(target, y, classes)


def held_out(validation: Any) -> tuple[np.ndarray, ...]:
    """The samples to validate on, what is true of them and, if that is said, how much each counts."""
    given = validation.arrays if isinstance(validation, DataLoader) else validation
    if not isinstance(given, tuple | list) or not 2 <= len(given) <= 3:
        raise ValueError("validation: expected (x, y), (x, y, sample_weight) or a DataLoader of these, got "
                         f"{reprlib.repr(validation)}")  # fmt: skip
    x, y, *weights = map(np.asarray, given)
    return x, y, *(judged_weights(w, len(x), "validation, sample_weight") for w in weights)


def optimizer_of(given: Optimizer | None, model: Module) -> Optimizer:
    """The optimizer, if it is one for this model; by default SGD with momentum."""
    if given is None:
        return SGD(model.parameters(), lr=0.01, momentum=0.9)
    if not isinstance(given, Optimizer):
        raise TypeError(f"optimizer: expected one of nn's, such as nn.SGD(model.parameters(), 0.1), got {given!r}")
    if not {*map(id, given.params)} & {*map(id, model.parameters())}:
        raise ValueError("optimizer: none of its parameters is the model's: make one from model.parameters()")
    if any(getattr(rate, "sign", 1) < 0 for part in given.parts for rate in involved(part.lr)):
        raise ValueError('fit tells a ReduceOnPlateau the loss: mode="max" would lower the rate while it gets better')
    return given


def callbacks_of(callbacks: Any, measured: list[str], validated: bool) -> list[Callback]:
    """The callbacks in a list, if each can be called, and what is monitored will be measured."""
    if callbacks is not None and not callable(callbacks) and not isinstance(callbacks, Iterable):
        raise TypeError(f"callbacks: expected functions of the row of the history, got {callbacks!r}")
    found = [callbacks] if callable(callbacks) else list(callbacks or ())
    for i, callback in enumerate(found):
        if not callable(callback) or isinstance(callback, type):
            raise TypeError(f"callbacks[{i}]: expected a function of the row of the history, got {callback!r}")
        if isinstance(callback, EarlyStopping):
            callback.expects(measured, validated)
    return [callback if isinstance(callback, Callback) else Function(callback) for callback in found]
