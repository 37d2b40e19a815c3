"""An epoch of a training: a step for every batch, and all that is measured of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np

from autograd.graph import array_of
from nn.evaluation import Metric, counting, evaluate, measured
from nn.means import Mean
from nn.module import Module
from nn.optimizer import Optimizer
from nn.progress import Progress
from nn.shares import Shares
from nn.step import NotFinite, stepper


class Epoch:
    """What is done in every epoch.

    measure, further   the loss, and what else is measured, by name
    held               the samples to validate on, if there are any: x, y and, if need be, weights
    """

    def __init__(
        self,
        model: Module,
        measure: Callable[..., Any],
        penalty: Callable[[], Any] | None,
        optimizer: Optimizer,
        compile: bool | None,
        shares: Shares,
        further: Mapping[str, Metric],
        held: tuple[np.ndarray, ...],
    ) -> None:
        self.model, self.measure, self.optimizer, self.shares = model, measure, optimizer, shares
        self.further, self.held = further, held
        self.step = stepper(model, measure, penalty, optimizer, compile, shares.average)
        self.accuracies = counting(measure, shares.batches.arrays[1])

    def __call__(self, epoch: int, shown: Progress) -> dict[str, float]:
        """Trains for an epoch, and returns its row of the history; NotFinite where a number no longer is finite."""
        if not self.model.training:
            self.model.train()
        rates = _rates(self.optimizer)
        with np.errstate(over="ignore", invalid="ignore"):  # a loss that is not finite is an error
            row = {"epoch": epoch, **self.trained(epoch, shown), **self.validated(), **rates}
        _refuse_infinite(row, self.optimizer)
        return row

    def trained(self, epoch: int, shown: Progress) -> dict[str, float]:
        """The steps of an epoch: their loss and accuracy, and the metrics of all that the model has said in them."""
        seen, outs = Mean({}, 0), []
        for (xb, yb, *weights), share, much, rows in self.shares.epoch(epoch):
            try:
                cost, z = self.step(share, xb, yb, *weights)
            except NotFinite as error:
                when = f"epoch {epoch}, step {self.optimizer.steps + 1}"
                raise _diverged(f"the loss became {error}", when) from None
            seen += Mean({"loss": float(array_of(cost))}, much)
            if rows:
                seen += Mean(self.accuracies(z, yb), rows)
            if self.further:
                outs.append((np.array(array_of(z)[:rows]), yb[:rows]))
            shown.step(epoch, seen)
        world = self.shares.world
        means = sum(world.all(seen, "the means"), Mean({}, 0)).values()
        if not outs:
            return means
        every_part = (part for parts in zip(*world.all(outs, "the metrics"), strict=True) for part in parts)
        z, t = (np.concatenate(parts) for parts in zip(*every_part, strict=True))
        return measured(z, t, self.further, means)

    def validated(self) -> dict[str, float]:
        """What is measured on the samples that are held out."""
        if not self.held:
            return {}
        x, y, *weights = self.held
        evaluated = partial(evaluate, self.model, x, y, self.measure, self.further, *weights)
        found = self.shares.world.once(evaluated, "the validation")
        return {f"val_{name}": value for name, value in found.items()}


def _rates(optimizer: Optimizer) -> dict[str, float]:
    """The learning rates of the step to come, where there are schedules."""
    several = len(optimizer.parts) > 1
    return {f"lr{k if several else ''}": x.rate() for k, x in enumerate(optimizer.parts) if callable(x.lr)}


def _refuse_infinite(row: dict[str, float], optimizer: Optimizer) -> None:
    if not all(np.isfinite(p.array).all() for p in optimizer.params):
        raise _diverged("a parameter became infinite", f"epoch {row['epoch']}")
    if not np.isfinite(row.get("val_loss", 0.0)):
        raise _diverged(f"the validation loss became {row['val_loss']}", f"epoch {row['epoch']}")


def _diverged(what: str, when: str) -> NotFinite:
    return NotFinite(f"{what} in {when}", "try a smaller learning rate, such as optimizer=nn.SGD(model.parameters(), "
                     "lr=0.001), and look for NaN or Inf in the data")  # fmt: skip
