"""fit: epochs of mini-batches, with a progress bar and a history."""

from __future__ import annotations

import csv
import inspect
import io
import os
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from autograd import Tensor, no_grad
from autograd.arguments import describe
from autograd.containers import leaves
from autograd.files import write
from autograd.graph import array_of
from autograd.program.traced import Frozen
from autograd.recording import checked
from nn.checks import whole
from nn.compiled import compile_step
from nn.data import minibatches
from nn.init import Seed
from nn.metrics import accuracy
from nn.module import Module, evaluating
from nn.optim import SGD
from nn.optimizer import Optimizer


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
    compile: bool | None = None,
) -> History:
    """Trains a model on mini-batches and returns the history of loss and, for classes, accuracy.

    model        a Module; x, y: arrays with one sample a row
    optimizer    how to step; by default SGD(model.parameters(), lr=0.01, momentum=0.9)
    loss         a function of (model(x), y); by default the model's own cost
    validation   (x, y) on which loss and accuracy are measured after every epoch
    rng          a seed or a numpy Generator: orders the batches
    on_epoch     called with the row of the history after every epoch
    compile      whether to train with a recorded step (nn.compile_step); by default if every module is nn's own

    The loss and accuracy of an epoch are those seen while training, averaged over its samples.  Raises ValueError
    when the loss or a parameter is no longer finite, naming the epoch, before on_epoch is called.

    >>> import nn
    >>> model = nn.MLP(1, 1, rng=0)
    >>> x = np.linspace(-1, 1, 64)[:, None]
    >>> history = fit(model, x, 3 * x, epochs=500, rng=0, progress=False)
    >>> print(model.layers[0].weight.data.round(3))
    [[3.]]
    """
    measure = _measure_of(model, loss)
    x, y = np.asarray(x), np.asarray(y)
    minibatches(x, y, batch_size)  # complains at once about what does not fit
    if optimizer is not None and not isinstance(optimizer, Optimizer):
        raise TypeError(f"optimizer: expected one of nn's, such as nn.SGD(model.parameters(), 0.1), got {optimizer!r}")
    if validation is not None and len(validation) != 2:
        raise ValueError(f"validation: expected a pair (x, y), got {len(validation)} things")
    epochs, classes = whole("epochs", epochs, 0), _classes(y)
    rng = np.random.default_rng(rng)
    optimizer = optimizer or SGD(model.parameters(), lr=0.01, momentum=0.9)
    history, step = History(), _stepper(model, measure, optimizer, compile)
    total = epochs * -(-len(x) // batch_size)
    quiet = np.errstate(over="ignore", invalid="ignore")  # a loss that is not finite is an error below
    with quiet, tqdm(total=total, unit="step", disable=not progress, dynamic_ncols=True) as bar:
        for epoch in range(1, epochs + 1):
            model.train()
            seen = _Mean()
            for xb, yb in minibatches(x, y, batch_size, rng):
                try:
                    cost, z = step(xb, yb)
                except _NotFinite as error:
                    where = f"in epoch {epoch}, step {optimizer.steps + 1}"
                    raise _diverged(f"the loss became {error} {where}") from None
                seen.add(_measured(z, yb, cost, classes), len(xb))
                bar.update()
                if not bar.disable:
                    bar.set_postfix_str(f"epoch {epoch}/{epochs}, {seen}", refresh=False)
            row = {"epoch": epoch, **seen.means()}
            if validation is not None:
                held_out = evaluate(model, validation[0], validation[1], measure)
                row |= {f"val_{name}": value for name, value in held_out.items()}
            if not all(np.isfinite(p.array).all() for p in optimizer.params):
                raise _diverged(f"a parameter became infinite in epoch {epoch}")
            if not np.isfinite(row.get("val_loss", 0.0)):
                raise _diverged(f"the validation loss became {row['val_loss']} in epoch {epoch}")
            history.append(row)
            optimizer.observe(row.get("val_loss", row["loss"]))
            if on_epoch:
                on_epoch(row)
    return history


def evaluate(model: Module, x: Any, y: Any, loss: Callable[[Any, Any], Any] | None = None) -> dict[str, float]:
    """The loss and, for classes, the accuracy of a model on data, in evaluation mode and without recording."""
    measure, y = _measure_of(model, loss), np.asarray(y)
    with evaluating(model), no_grad():
        z = model(np.asarray(x))
        return _measured(z, y, _checked(measure(z, y)), _classes(y))


class _NotFinite(ValueError):
    """A loss that is NaN or infinite: the text is its value."""


def _finite_loss(cost: Any) -> None:
    value = array_of(cost)
    if not np.isfinite(value):
        raise _NotFinite(value)


def _stepper(
    model: Module, measure: Callable[[Any, Any], Any], optimizer: Optimizer, compile: bool | None
) -> Callable[[Any, Any], tuple[Any, Any]]:
    """A training step, (x, y) -> (loss, model(x)): recorded, if that is wanted and can be."""

    def loss(x: Any, y: Any) -> tuple[Any, Any]:
        z = model(x)
        cost = _checked(measure(z, y))
        checked(_finite_loss, cost)
        return cost, z

    def eager(x: Any, y: Any) -> tuple[Any, Any]:
        optimizer.zero_grad()
        cost, z = loss(x, y)
        cost.backward()
        optimizer.step()
        return cost, z

    if not (_ours(model, measure, optimizer) if compile is None else compile):
        return eager
    program: Any = compile_step(loss, optimizer)

    def step(x: Any, y: Any) -> tuple[Any, Any]:
        nonlocal program
        if program is not None:
            try:
                return program(x, y)  # type: ignore[no-any-return]
            except Frozen as error:
                warnings.warn(f"fit goes on without a recorded step, as with compile=False: {error}", stacklevel=3)
                program = None
        return eager(x, y)

    return step


def _ours(model: Module, measure: Callable[[Any, Any], Any], optimizer: Optimizer) -> bool:
    """Is all that a step consists of this library's, and so known to do the same in every call?"""
    held = [x for module in model.modules() for x in leaves(list(vars(module).values())) if callable(x)]
    parts = (type(part) for part in (*model.modules(), optimizer, *optimizer.parts))
    functions = (inspect.unwrap(getattr(f, "func", f)) for f in (measure, *held) if not isinstance(f, Module | type))
    return all(str(x.__module__).split(".")[0] in ("nn", "autograd") for x in (*parts, *functions))


def _measure_of(model: Module, loss: Callable[[Any, Any], Any] | None) -> Callable[[Any, Any], Any]:
    measure = loss or getattr(model, "cost", None)
    if not callable(measure):
        raise TypeError(f"loss: expected a function of (model(x), y), such as nn.cross_entropy, got {loss!r}"
                        + ("" if loss else f"; {type(model).__name__} has no cost of its own"))  # fmt: skip
    return measure


def _checked(cost: Any) -> Tensor:
    if not isinstance(cost, Tensor) or cost.size != 1:
        raise TypeError(f"loss: expected it to return one number as a Tensor, got {describe(cost)}")
    return cost


def _diverged(what: str) -> ValueError:
    return ValueError(f"{what}: try a smaller learning rate, such as optimizer=nn.SGD(model.parameters(), lr=0.001), "
                      "and look for NaN or Inf in the data")  # fmt: skip


def _classes(y: np.ndarray) -> int:
    """How many classes there must be if the targets are labels, or rows of one 1; 0 if they are neither."""
    if y.ndim == 1:
        return int(y.max()) + 1 if y.dtype.kind in "iu" and y.size and y.min() >= 0 else 0
    one_hot = y.ndim == 2 and y.shape[1] > 1 and (((y == 0) | (y == 1)).all(1) & (y.sum(1) == 1)).all()
    return y.shape[1] if one_hot else 0


def _measured(z: Any, y: np.ndarray, cost: Any, classes: int) -> dict[str, float]:
    seen = {"loss": float(array_of(cost))}
    if getattr(z, "ndim", 0) == 2 and 0 < classes <= z.shape[1]:
        seen["accuracy"] = accuracy(z, y)
    return seen


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
