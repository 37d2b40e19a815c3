"""What is done after each epoch of a training: functions of its row of the history, and EarlyStopping, one of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from autograd.arguments import explained, flag
from nn.best import Best
from nn.checks import named, number, whole
from nn.metrics import ERRORS, METRICS
from nn.module import Module
from nn.parallel import world
from nn.states import under, within

MODES = dict.fromkeys(METRICS, "max") | dict.fromkeys(("loss", *ERRORS), "min")


class Callback:
    """The base of callbacks that need the model, or keep something; any function of the row will do for others.

    fit calls `begin(model)` at first, before the state of a checkpoint is put back, the callback itself with the row of
    every epoch, and `finish()` when the training is over, but not after an error.  Who returns True stops the
    training.  What `state_dict()` gives is kept in checkpoints.
    """

    def begin(self, model: Module) -> None:
        """The training begins, or goes on."""

    def __call__(self, row: dict[str, float]) -> bool | None:
        raise TypeError(f"{type(self).__name__} has no __call__(self, row): define what is done after an epoch")

    def finish(self) -> None:
        """The training is over."""

    def state_dict(self) -> dict[str, np.ndarray]:
        """What the callback remembers, as arrays by name."""
        return {}

    def load_state_dict(self, state: Mapping[str, np.ndarray]) -> None:
        """Remembers what it did."""


class Function(Callback):
    """A plain function as a callback: rank 0 alone calls it, and all are told what it says, and adds to the row."""

    def __init__(self, function: Callable[[dict[str, float]], Any]) -> None:
        self.function = function

    def __call__(self, row: dict[str, float]) -> bool:
        def said() -> tuple[bool, dict[str, float]]:
            return stops(self.function(row)), row

        stop, now = world().once(said, "a function in callbacks")
        row |= now
        return stop


def stops(answer: Any) -> bool:
    """Does what a callback has returned stop the training?  Only True does."""
    return isinstance(answer, bool | np.bool_) and bool(answer)


class EarlyStopping(Callback, Best):
    """Stops a training that no longer gets better, and gives back the best weights (Prechelt 1998, Early stopping).

    monitor    what is looked at in the rows of the history, such as "val_loss" or "val_accuracy"
    patience   after how many epochs in a row without anything better it stops, >= 1
    min_delta  >= 0: better is what is better by more than this
    mode       "min" or "max": which way is better; what the library measures it knows, of other names it asks
    restore    whether the model has the best parameters and buffers when the training is over, stopped or not

    `.best` is the best value and `.epoch` when it was.  Raises ValueError for what is not in the rows.

    >>> stop = EarlyStopping("val_loss", patience=2, restore=False)
    >>> [stop({"epoch": i, "val_loss": x}) for i, x in enumerate([3.0, 2.0, 2.5, 2.1], 1)]
    [False, False, False, True]
    >>> stop.best, stop.epoch
    (2.0, 2)
    """

    @explained
    def __init__(
        self,
        monitor: str = "val_loss",
        patience: int = 10,
        min_delta: float = 0.0,
        mode: str | None = None,
        restore: bool = True,
    ) -> None:
        self.monitor, self.patience = monitor, whole("patience", patience, 1)
        self.min_delta, self.restore = number("min_delta", min_delta), flag("restore", restore)
        if not isinstance(monitor, str):
            raise TypeError(
                f"monitor: expected the name of what is in the history, such as 'val_loss', got {monitor!r}"
            )
        if mode is None and (mode := MODES.get(monitor.removeprefix("val_"))) is None:
            raise ValueError(f'mode: which way is {monitor!r} better? Say "min" or "max"')
        super().__init__(mode)
        self.model: Module | None = None
        self.epoch = 0
        self.weights: dict[str, np.ndarray] = {}

    def __repr__(self) -> str:
        seen = f", best {self.best:.6g} in epoch {self.epoch}" if self.epoch else ""
        return (f"EarlyStopping({self.monitor!r}, patience={self.patience}, min_delta={self.min_delta:g}, "
                f"mode={self.mode!r}, restore={self.restore}){seen}")  # fmt: skip

    def begin(self, model: Module) -> None:
        self.forget()
        self.model, self.epoch, self.weights = model, 0, {}

    def expects(self, measured: list[str], validated: bool) -> None:
        """Raises ValueError where what is monitored is measured on validation data, and there are none."""
        if not validated and self.monitor in [f"val_{name}" for name in measured]:
            raise ValueError(
                f"EarlyStopping monitors {self.monitor!r}: give fit the validation data, or monitor 'loss'"
            )

    def __call__(self, row: dict[str, float]) -> bool:
        if self.improves(named("quantity to monitor", self.monitor, row), self.min_delta):
            self.epoch = int(row["epoch"])
            if self.restore and self.model is not None:
                self.weights = self.model.state_dict()
        return self.waited >= self.patience

    def finish(self) -> None:
        if self.restore and self.model is not None and self.weights:
            self.model.load_state_dict(self.weights)

    def state_dict(self) -> dict[str, np.ndarray]:
        kept = {"best": np.array(self.best), "epoch": np.array(self.epoch), "waited": np.array(self.waited)}
        return kept | under("weights", self.weights)

    def load_state_dict(self, state: Mapping[str, np.ndarray]) -> None:
        self.best, self.epoch, self.waited = float(state["best"]), int(state["epoch"]), int(state["waited"])
        self.weights = within("weights", state)
