"""Learning rates that change: functions of the number of steps done, for an optimizer's `lr` (T4)."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import accumulate
from math import cos, isfinite, isnan, pi
from typing import Any

import numpy as np

from autograd.arguments import explained
from nn.best import Best
from nn.checks import number, positive, whole
from nn.states import under, within

Rate = float | Callable[[int], float]


class Schedule:
    """A function of the number of steps done, from 0, that says what it is.

    >>> Schedule("halved", lambda t: 0.5**t)(3)
    0.125
    """

    def __init__(
        self,
        text: str,
        rate: Callable[[int], float],
        inner: Sequence[Callable[[int], float]] = (),
        turn: Callable[[int], int] | None = None,
    ) -> None:
        self.text, self.at = text, rate
        self.inner = list(inner)  # the schedules that it is made of
        self.turn, self.asked = turn, 0  # which of them a step's rate is of, if not of all, and the last step asked for

    def __call__(self, step: int) -> float:
        self.asked = step
        try:
            return self.at(step)
        except OverflowError:
            raise ValueError(f"{self}: the rate of step {step} is too large for a float") from None

    def __repr__(self) -> str:
        return self.text

    def observe(self, value: float) -> None:
        """Tells the schedules within, those that gave the last rate, how well it goes, if they want to know."""
        for x in self.inner if self.turn is None else [self.inner[self.turn(self.asked)]]:
            if hasattr(x, "observe"):
                x.observe(value)

    def state_dict(self) -> dict[str, np.ndarray]:
        """What the schedules within have seen, by their places."""
        own: dict[str, np.ndarray] = {}
        for k, x in enumerate(self.inner):
            own |= under(str(k), x.state_dict() if hasattr(x, "state_dict") else {})
        return own

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Takes over what state_dict() gave."""
        for k, x in enumerate(self.inner):
            if own := within(str(k), state):
                x.load_state_dict(own)  # type: ignore[attr-defined]


def involved(schedule: Any) -> Iterator[Any]:
    """A schedule, or a number, and the schedules that it is made of."""
    yield schedule
    for x in getattr(schedule, "inner", ()):
        yield from involved(x)


@explained
def constant(lr: float) -> Schedule:
    """lr, in every step.

    >>> constant(0.1)(1000)
    0.1
    """
    lr = number("lr", lr)
    return Schedule(f"constant({lr:g})", lambda t: lr)


@explained
def step(lr: float, every: int, gamma: float = 0.1) -> Schedule:
    """lr · gamma^⌊t / every⌋: falls to gamma times what it was after so many steps.

    >>> [step(1.0, every=2, gamma=0.5)(t) for t in range(5)]
    [1.0, 1.0, 0.5, 0.5, 0.25]
    """
    lr, every, gamma = number("lr", lr), whole("every", every, 1), number("gamma", gamma)
    return Schedule(f"step({lr:g}, every={every}, gamma={gamma:g})", lambda t: lr * gamma ** (t // every))


@explained
def exponential(lr: float, gamma: float) -> Schedule:
    """lr · gamma^t.

    >>> exponential(1.0, gamma=0.5)(3)
    0.125
    """
    lr, gamma = number("lr", lr), number("gamma", gamma)
    return Schedule(f"exponential({lr:g}, gamma={gamma:g})", lambda t: lr * gamma**t)


@explained
def inverse_time(lr: float, decay: float) -> Schedule:
    """lr / (1 + decay · t): its sum is infinite, that of its squares is not, as Robbins and Monro (1951) ask for.

    >>> inverse_time(1.0, decay=0.5)(2)
    0.5
    """
    lr, decay = number("lr", lr), number("decay", decay)
    return Schedule(f"inverse_time({lr:g}, decay={decay:g})", lambda t: lr / (1 + decay * t))


@explained
def polynomial(lr: float, steps: int, power: float = 1.0, last: float = 0.0) -> Schedule:
    """last + (lr - last) (1 - t / steps)^power, and `last` from then on; power 1 is a straight line.

    >>> [polynomial(1.0, 4, power=2)(t) for t in range(6)]
    [1.0, 0.5625, 0.25, 0.0625, 0.0, 0.0]
    """
    lr, steps, last = number("lr", lr), whole("steps", steps, 1), number("last", last)
    power = positive("power", power)
    return Schedule(
        f"polynomial({lr:g}, {steps}, power={power:g}, last={last:g})",
        lambda t: last + (lr - last) * (1 - min(t, steps) / steps) ** power,
    )


@explained
def cosine(lr: float, steps: int, last: float = 0.0) -> Schedule:
    """last + (lr - last) (1 + cos(π t / steps)) / 2, and `last` from then on (Loshchilov and Hutter 2017).

    >>> [round(cosine(1.0, 4)(t), 3) for t in range(6)]
    [1.0, 0.854, 0.5, 0.146, 0.0, 0.0]
    """
    lr, steps, last = number("lr", lr), whole("steps", steps, 1), number("last", last)
    return Schedule(f"cosine({lr:g}, {steps}, last={last:g})", lambda t: _half_wave(lr, last, min(t, steps) / steps))


@explained
def warm_restarts(lr: float, steps: int, factor: int = 1, last: float = 0.0) -> Schedule:
    """cosine(lr, steps, last) again and again, each time `factor` times as long (SGDR: Loshchilov and Hutter 2017).

    lr       the rate after every restart
    steps    the length of the first cycle, in steps, >= 1
    factor   a whole number >= 1
    last     what a cycle falls towards

    >>> [round(warm_restarts(1.0, 2, factor=2)(t), 3) for t in range(7)]
    [1.0, 0.5, 1.0, 0.854, 0.5, 0.146, 1.0]
    """
    lr, steps, last = number("lr", lr), whole("steps", steps, 1), number("last", last)
    factor = whole("factor", factor, 1)

    def rate(t: int) -> float:
        length = steps
        if factor == 1:
            t %= steps
        while t >= length:
            t, length = t - length, length * factor
        return _half_wave(lr, last, t / length)

    return Schedule(f"warm_restarts({lr:g}, {steps}, factor={factor}, last={last:g})", rate)


@explained
def warmup(schedule: Rate, steps: int) -> Schedule:
    """Up in a line, s(0) (t + 1) / steps for t < steps, then s, a schedule, from its start (Goyal et al. 2017).

    schedule   a schedule, any function of the number of steps done, or a number
    steps      of the way up, >= 1; its last one has the full rate

    >>> [warmup(exponential(1.0, 0.5), 4)(t) for t in range(6)]
    [0.25, 0.5, 0.75, 1.0, 1.0, 0.5]
    """
    s, steps = _schedule(schedule), whole("steps", steps, 1)
    return Schedule(f"warmup({s!r}, {steps})", lambda t: s(0) * (t + 1) / steps if t < steps else s(t - steps), [s])


@explained
def joined(schedules: Sequence[Rate], lengths: Sequence[int]) -> Schedule:
    """One schedule after the other, each from its own start.

    schedules   schedules, functions of the number of steps done, or numbers
    lengths     how many steps each of them lasts, >= 1; the last one has no length and stays

    A ReduceOnPlateau among them is told how well it goes as long as the rate is its own.

    >>> [joined([0.5, exponential(1.0, 0.5)], [2])(t) for t in range(5)]
    [0.5, 0.5, 1.0, 0.5, 0.25]
    """
    for name, given in (("schedules", schedules), ("lengths", lengths)):
        if not isinstance(given, list | tuple | np.ndarray):
            raise TypeError(f"{name}: expected a list, as in joined([0.1, cosine(0.1, 900)], [100]), got {given!r}")
    parts = [_schedule(s) for s in schedules]
    lengths = [whole(f"lengths[{k}]", n, 1) for k, n in enumerate(lengths)]
    if len(parts) != len(lengths) + 1:
        raise ValueError(f"joined: expected lengths for all schedules but the last, got {len(parts)} schedules and "
                         f"{len(lengths)} lengths")  # fmt: skip

    starts = [0, *accumulate(lengths)]

    def turn(t: int) -> int:
        return bisect(starts, t) - 1

    return Schedule(f"joined({parts!r}, {lengths!r})", lambda t: parts[turn(t)](t - starts[turn(t)]), parts, turn)


class ReduceOnPlateau(Schedule, Best):
    """A rate that falls when what is observed, a loss say, has stopped to get better.

    lr          the rate at first, >= 0
    factor      0 <= factor < 1: what the rate is multiplied by
    patience    falls when there were more observations than these, one after the other, without a better one
    threshold   >= 0: better is what is so much better than the best one, as a fraction of that
    mode        "min" if less is better, as of a loss, "max" if more is, as of an accuracy
    min_lr      what the rate does not fall below

    `fit` hands in the loss after every epoch, that of the validation data if there are any, and refuses mode="max";
    `observe(value)` does so elsewhere.

    >>> lr = ReduceOnPlateau(0.5, factor=0.5, patience=1)
    >>> for loss in (3.0, 2.0, 2.0, 2.5):
    ...     lr.observe(loss)
    >>> lr
    ReduceOnPlateau(0.5, factor=0.5, patience=1, threshold=0.0001, mode='min', min_lr=0), now 0.25
    """

    @explained
    def __init__(
        self,
        lr: float,
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        mode: str = "min",
        min_lr: float = 0.0,
    ) -> None:
        Best.__init__(self, mode)
        self.rate, self.min_lr = number("lr", lr), number("min_lr", min_lr)
        self.factor, self.patience = number("factor", factor, below=1), whole("patience", patience, 0)
        self.threshold = number("threshold", threshold)
        text = (f"ReduceOnPlateau({self.rate:g}, factor={self.factor:g}, patience={self.patience}, "
                f"threshold={self.threshold:g}, mode={mode!r}, min_lr={self.min_lr:g})")  # fmt: skip
        Schedule.__init__(self, text, lambda t: self.rate)

    def __repr__(self) -> str:
        return f"{self.text}, now {self.rate:g}"

    def observe(self, value: float) -> None:
        """Takes note of a value; ValueError if it is NaN."""
        if isnan(value):
            raise ValueError("ReduceOnPlateau.observe: expected a number, got NaN")
        self.improves(float(value), self.threshold * abs(self.best) if isfinite(self.best) else 0.0)
        if self.waited > self.patience:
            self.rate, self.waited = min(self.rate, max(self.rate * self.factor, self.min_lr)), 0

    def state_dict(self) -> dict[str, np.ndarray]:
        """The rate, the best value, and how many since then were no better."""
        return {"rate": np.array(self.rate), "best": np.array(self.best), "waited": np.array(self.waited)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Takes over what state_dict() gave."""
        self.rate = number("rate", float(state["rate"]))
        self.best, self.waited = float(state["best"]), int(state["waited"])


def _half_wave(lr: float, last: float, part: float) -> float:
    return last + (lr - last) * (1 + cos(pi * part)) / 2


def _schedule(x: Rate) -> Callable[[int], float]:
    return x if callable(x) else constant(x)
