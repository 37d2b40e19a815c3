"""fit: epochs of mini-batches, with a progress bar and a history."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from autograd import no_grad
from nn.data import minibatches
from nn.init import Seed
from nn.metrics import accuracy
from nn.module import Module
from nn.optim import SGD, Optimizer
from nn.serialization import write


class History(list[dict[str, float]]):
    """What fit saw: a list with one dict an epoch, of epoch, loss, accuracy and, with validation data, val_....

    >>> history = History([{"epoch": 1, "loss": 0.5}])
    >>> history.column("loss")
    [0.5]
    """

    def column(self, name: str) -> list[float]:
        """One quantity over the epochs; raises KeyError if fit did not measure it."""
        return [row[name] for row in self]

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Writes the history as CSV, one line an epoch, every digit kept."""
        text = io.StringIO()
        columns = list(dict.fromkeys(key for row in self for key in row)) or ["epoch"]
        table = csv.DictWriter(text, columns, lineterminator="\n")
        table.writeheader()
        table.writerows(self)
        return write(path, text.getvalue().encode())


def fit(
    model: Module,
    x: Any,
    y: Any,
    *,
    epochs: int = 10,
    batch_size: int = 32,
    optimizer: Optimizer | None = None,
    loss: Callable[[Any, Any], Any] | None = None,
    validation: Sequence[Any] | None = None,
    rng: Seed = None,
    progress: bool = True,
    on_epoch: Callable[[dict[str, float]], Any] | None = None,
) -> History:
    """Trains a model on mini-batches and returns the history of loss and, for classes, accuracy.

    model        a Module; x, y: arrays with one sample a row
    optimizer    how to step; by default SGD(lr=0.1, momentum=0.9)
    loss         a function of (model(x), y); by default the model's own cost
    validation   (x, y) on which loss and accuracy are measured after every epoch
    rng          a seed or a numpy Generator: orders the batches
    on_epoch     called with the row of the history after every epoch

    The loss and accuracy of an epoch are those seen while training, averaged over its samples.  Raises ValueError
    when the loss is no longer a finite number, naming epoch and step.

    >>> import nn
    >>> model = nn.MLP(1, 1, rng=0)
    >>> x = np.linspace(-1, 1, 64)[:, None]
    >>> history = fit(model, x, 3 * x, epochs=100, rng=0, progress=False)
    >>> print(model.layers[0].weight.data.round(3))
    [[3.]]
    """
    measure = loss or getattr(model, "cost", None)
    if measure is None:
        raise ValueError(f"{type(model).__name__} has no cost of its own: give fit a loss, such as nn.cross_entropy")
    if isinstance(epochs, bool) or not isinstance(epochs, int | np.integer) or epochs < 0:
        raise ValueError(f"epochs: expected a whole number >= 0, got {epochs!r}")
    x, y = np.asarray(x), np.asarray(y)
    rng = np.random.default_rng(rng)
    optimizer = optimizer or SGD(model.parameters(), lr=0.1, momentum=0.9)
    history = History()
    total = epochs * -(-len(x) // batch_size) if isinstance(batch_size, int) and batch_size > 0 else None
    quiet = np.errstate(over="ignore", invalid="ignore")  # a loss that is not finite is an error below
    with quiet, tqdm(total=total, unit="step", disable=not progress, dynamic_ncols=True) as bar:
        for epoch in range(1, epochs + 1):
            model.train()
            seen = _Mean()
            for xb, yb in minibatches(x, y, batch_size, rng):
                optimizer.zero_grad()
                z = model(xb)
                cost = measure(z, yb)
                if not np.isfinite(cost.array):
                    raise ValueError(
                        f"the loss became {cost.item()} in epoch {epoch}, step {optimizer.steps + 1}: "
                        "try a smaller learning rate, and look for NaN or Inf in the data"
                    )
                cost.backward()
                optimizer.step()
                seen.add(_measured(z, yb, cost), len(xb))
                bar.update()
                if not bar.disable:
                    bar.set_postfix_str(f"epoch {epoch}/{epochs}, {seen}", refresh=False)
            row = {"epoch": epoch, **seen.means()}
            if validation is not None:
                row |= {f"val_{k}": v for k, v in evaluate(model, validation[0], validation[1], measure).items()}
            history.append(row)
            if on_epoch:
                on_epoch(row)
    return history


def evaluate(model: Module, x: Any, y: Any, loss: Callable[[Any, Any], Any] | None = None) -> dict[str, float]:
    """The loss and, for classes, the accuracy of a model on data, in evaluation mode and without recording."""
    measure = loss or model.cost  # type: ignore[attr-defined]
    was_training = model.training
    model.eval()
    try:
        with no_grad():
            z = model(np.asarray(x))
            return _measured(z, np.asarray(y), measure(z, y))
    finally:
        model.train(was_training)


def _measured(z: Any, y: np.ndarray, cost: Any) -> dict[str, float]:
    """The loss, and the accuracy if the targets are classes: labels, or rows of one 1 among several outputs."""
    seen = {"loss": cost.item()}
    if z.ndim == 2 and ((y.dtype.kind in "iu" and y.ndim == 1) or (y.ndim == 2 and _one_hot(y))):
        seen["accuracy"] = accuracy(z, y)
    return seen


def _one_hot(y: np.ndarray) -> bool:
    return y.shape[1] > 1 and bool((((y == 0) | (y == 1)).all(1) & (y.sum(1) == 1)).all())


class _Mean:
    """Means over samples, as they come in."""

    def __init__(self) -> None:
        self.sums: dict[str, float] = {}
        self.samples = 0

    def add(self, values: dict[str, float], samples: int) -> None:
        for name, value in values.items():
            self.sums[name] = self.sums.get(name, 0.0) + value * samples
        self.samples += samples

    def means(self) -> dict[str, float]:
        return {name: total / self.samples for name, total in self.sums.items()}

    def __str__(self) -> str:
        return ", ".join(f"{name} {value:.4f}" for name, value in self.means().items())
