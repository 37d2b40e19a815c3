"""fit: epochs of mini-batches, with a history, checkpoints to go on from, and what is called after every epoch."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from autograd.arguments import explained, flag
from autograd.files import write
from autograd.graph import array_of
from nn import parallel
from nn.callbacks import Callback
from nn.checks import whole
from nn.data import DataLoader
from nn.datasets.fields import content_of, rows_of
from nn.evaluation import Metrics, cost_of, counting, evaluate, measured, metrics_of
from nn.given import callbacks_of, held_out, judged, judged_functions, judged_mean, loader, optimizer_of
from nn.init import Seed
from nn.module import Module
from nn.optimizer import Optimizer
from nn.parallel import World
from nn.progress import Progress
from nn.resume import checkpoint_of
from nn.shares import Shares
from nn.step import NotFinite, stepper


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
        """Writes the history as CSV, one line an epoch, every digit kept; ValueError for names that CSV cannot hold."""
        text = io.StringIO()
        columns = list(dict.fromkeys(key for row in self for key in row)) or ["epoch"]
        table = csv.DictWriter(text, columns, lineterminator="\n")
        table.writeheader()
        table.writerows(self)
        try:
            whole = next(rows_of(Path(path), text.getvalue().encode(), ","))[1] == columns
        except ValueError:
            whole = False
        if not whole:
            raise ValueError(
                f"a CSV file cannot have columns of these names, which would come back as others: {columns}"
            )
        return write(path, text.getvalue().encode())

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> History:
        """The history that was saved; ValueError names the line of what is no number, or has too few or too many."""
        path, content = content_of(path)
        lines, rows = rows_of(path, content, ","), cls()
        _, columns = next(lines)
        for line, texts in lines:
            try:
                rows.append({name: _entry(name, x) for name, x in zip(columns, texts, strict=True) if x})
            except ValueError:
                raise ValueError(f"{path}: line {line}: expected numbers under {columns}, got {texts}") from None
        return rows


@explained
@parallel.together
def fit(
    model: Module,
    x: Any,
    y: Any = None,
    *,
    epochs: int = 10,
    batch_size: int | None = None,
    optimizer: Optimizer | None = None,
    loss: Callable[..., Any] | None = None,
    penalty: Callable[[], Any] | None = None,
    validation: Sequence[Any] | DataLoader | None = None,
    sample_weight: Any = None,
    class_weight: Any = None,
    metrics: Metrics | None = (),
    rng: Seed = None,
    callbacks: Callable[..., Any] | Iterable[Callable[..., Any]] | None = (),
    checkpoint: str | os.PathLike[str] | None = None,
    checkpoint_every: int = 1,
    resume: bool = False,
    progress: bool = True,
    compile: bool | None = None,
) -> History:
    """Trains a model on mini-batches and returns the history of loss and, for classes, accuracy.

    model          a Module; x, y: arrays with one sample a row, or x a DataLoader of both, which has its own batches
    batch_size     samples a batch, 32 if nothing is said
    optimizer      how to step; by default SGD(model.parameters(), lr=0.01, momentum=0.9)
    loss           a function of (model(x), y); by default the model's own cost
    penalty        a function without arguments that gives a number to be added to the loss, such as
                   lambda: 1e-4 * nn.l2(model.parameters()) (note E: E6)
    validation     (x, y) on which loss, accuracy and metrics are measured after every epoch, as val_...; or
                   (x, y, sample_weight), or a DataLoader of these
    sample_weight  (m,), >= 0: how much each sample counts; class_weight: how much each class does, (K,) or
                   a dict (of what is not in it 1), or "balanced": class k counts m / (K m_k), so that classes count
                   alike, as in scikit-learn
    metrics        what else to measure: names in nn.metrics, functions of (z, y), or a dict of them by other names
    rng            a seed or a numpy Generator: orders the batches
    callbacks      functions that are called with the row of the history after every epoch; True stops the training
    checkpoint     a file that holds the training at first, after every `checkpoint_every` epochs and after the last: as
                   it then was, before EarlyStopping gives back the best weights; nn.load takes the model's from it
    resume         go on from that file, if it is there: to the same bits as a training that was never interrupted, with
                   the rate that it has come to; a training that a callback has stopped stays stopped
    compile        whether to train with a recorded step (nn.compile_step); by default if all that a step
                   calls is nn's own: modules, loss, penalty, optimizer

    Started by mpiexec in several processes, all train this one model, each with its share of every batch (nn.parallel).

    Modules in evaluation mode within a model in training mode stay so: after model[1].eval() a batch norm keeps its
    statistics.  A model that is itself in evaluation mode is put into training mode, with all within.

    The loss (with the penalty) and accuracy of an epoch are those seen while training, averaged over its samples; the
    metrics are of all that the model has said in the epoch.  Where there is a schedule the column "lr" has the rate of
    the epoch's first step (lr0, lr1, ... of Groups).

    Raises ValueError for data that are not finite, naming row and column, and IndexError for a label out of range,
    before the first step; ValueError when the loss or a parameter is no longer finite, naming the epoch, before any
    callback; and when a training cannot go on from `checkpoint`.

    >>> import nn
    >>> model = nn.MLP(1, 1, rng=0)
    >>> x = np.linspace(-1, 1, 64)[:, None]
    >>> history = fit(model, x, 3 * x, epochs=500, rng=0, progress=False)
    >>> print(model.layers[0].weight.data.round(3))
    [[3.]]
    """
    measure, further = cost_of(model, loss), metrics_of(metrics)
    batches = loader(x, y, sample_weight, class_weight, batch_size, rng)
    held = () if validation is None else held_out(validation)
    judged_functions(model, measure, penalty, len(batches.arrays) == 3 or len(held) == 3)
    epochs, every = whole("epochs", epochs, 0), whole("checkpoint_every", checkpoint_every, 1)
    resume, progress = flag("resume", resume), flag("progress", progress)
    compile = None if compile is None else flag("compile", compile)
    called = callbacks_of(callbacks, ["loss", "accuracy", *further], bool(held))
    judged(model, measure, "x", *batches.arrays[:2])
    if held:
        judged(model, measure, "validation", *held[:2])
    optimizer = optimizer_of(optimizer, model)
    if resume and checkpoint is None:
        raise ValueError("resume=True needs checkpoint=: the file to go on from")
    world, kept = parallel.world(), None
    shares = Shares(world, model, optimizer, batches)
    if checkpoint is not None or world.size > 1:
        kept = checkpoint_of(None if world.rank else checkpoint, model, optimizer, called, batches)
    for callback in called:
        if isinstance(callback, Callback):
            callback.begin(model)
    history, stopped = History(), False
    if kept:
        facts = {"epochs": epochs, "loss": getattr(measure, "__name__", ""), "metrics": [*further],
                 "number of callbacks": len(called), "validation": bool(held)}  # fmt: skip
        before, stopped = kept.begin(resume, world, facts)
        history.extend(before)
        if not history:
            kept.save(history, stopped)  # also what is interrupted in the first epoch goes on from its beginning
    if world.size > 1:
        judged_mean(model, measure, shares)

    step = stepper(model, measure, penalty, optimizer, compile, shares.average if world.size > 1 else None)
    accuracies = counting(measure, batches.arrays[1])
    quiet = np.errstate(over="ignore", invalid="ignore")  # a loss that is not finite is an error below
    with quiet, Progress(len(batches), epochs, len(history), progress and not world.rank) as shown:
        for epoch in range(len(history) + 1, epochs + 1) if not stopped else ():
            if not model.training:
                model.train()
            seen, said, rates = _Mean(), [], _rates(optimizer)
            for (xb, yb, *weights), share, much, rows in shares.epoch():
                try:
                    cost, z = step(share, xb, yb, *weights)
                except NotFinite as error:
                    raise _diverged(f"the loss became {error}", f"epoch {epoch}, step {optimizer.steps + 1}") from None
                seen.add({"loss": float(array_of(cost))}, much)
                if rows:
                    seen.add(accuracies(z, yb), rows)
                if further:
                    said.append((np.array(array_of(z)[:rows]), yb[:rows]))
                shown.step(epoch, seen)
            seen.sums = shares.total(seen.sums)
            row = {"epoch": epoch, **seen.means()}
            if said:
                every_part = (part for parts in zip(*world.all(said), strict=True) for part in parts)
                z, t = (np.concatenate(parts) for parts in zip(*every_part, strict=True))
                row = measured(z, t, further, row)
            if held:
                xv, yv, *weights = held
                found = world.once(partial(evaluate, model, xv, yv, measure, further, *weights))
                row |= {f"val_{name}": value for name, value in found.items()}
            row |= rates
            _refuse_infinite(row, optimizer)

            history.append(row)
            optimizer.observe(row.get("val_loss", row["loss"]))
            stops = [_stops(callback, row, world) for callback in called]
            stopped = any(stops)
            last = stopped or epoch == epochs
            if kept and (last or epoch % every == 0):
                kept.save(history, stopped)
            shown.epoch(row, last)
            if last:
                break
    for callback in called:
        if isinstance(callback, Callback):
            callback.finish()
    return history


def _entry(name: str, text: str) -> float:
    """A number in the file of a history; ValueError if it is none, or an epoch that is not whole."""
    value = float(text)
    if name == "epoch" and not value.is_integer():
        raise ValueError
    return int(value) if name == "epoch" else value


def _rates(optimizer: Optimizer) -> dict[str, float]:
    """The learning rates of the step to come, where there are schedules."""
    several = len(optimizer.parts) > 1
    return {f"lr{k if several else ''}": x.rate() for k, x in enumerate(optimizer.parts) if callable(x.lr)}


def _stops(callback: Callable[..., Any], row: dict[str, float], world: World) -> bool:
    """Calls a callback; a plain function on rank 0 alone, with what it says, and adds to the row, told to all."""

    def said() -> tuple[bool, dict[str, float]]:
        x = callback(row)
        return isinstance(x, bool | np.bool_) and bool(x), row

    stop, now = said() if isinstance(callback, Callback) else world.once(said)
    row |= now
    return stop


def _refuse_infinite(row: dict[str, float], optimizer: Optimizer) -> None:
    if not all(np.isfinite(p.array).all() for p in optimizer.params):
        raise _diverged("a parameter became infinite", f"epoch {row['epoch']}")
    if not np.isfinite(row.get("val_loss", 0.0)):
        raise _diverged(f"the validation loss became {row['val_loss']}", f"epoch {row['epoch']}")


def _diverged(what: str, when: str) -> NotFinite:
    return NotFinite(f"{what} in {when}", "try a smaller learning rate, such as optimizer=nn.SGD(model.parameters(), "
                     "lr=0.001), and look for NaN or Inf in the data")  # fmt: skip


class _Mean:
    """Means over samples, or over their weights, as they come in."""

    def __init__(self) -> None:
        self.sums: dict[str, tuple[float, float]] = {}  # by name, and how much they are of

    def add(self, values: dict[str, float], much: float) -> None:
        for name, value in values.items():
            total, of = self.sums.get(name, (0.0, 0.0))
            self.sums[name] = total + value * much, of + much

    def means(self) -> dict[str, float]:
        return {name: total / of for name, (total, of) in self.sums.items()}

    def __str__(self) -> str:
        return ", ".join(f"{name} {value:.4f}" for name, value in self.means().items())
