"""Whether things get better: what EarlyStopping and ReduceOnPlateau wait for."""

from __future__ import annotations

from math import inf

from nn.checks import named


class Best:
    """The best of the values seen so far, and how many came since that were no better.

    mode   "min" if less is better, as of a loss, "max" if more is, as of an accuracy

    >>> seen = Best("max")
    >>> [seen.improves(x) for x in (0.5, 0.7, 0.6)], seen.best, seen.waited
    ([True, True, False], 0.7, 1)
    """

    def __init__(self, mode: str) -> None:
        self.mode, self.sign = mode, named("mode", mode, {"min": 1, "max": -1})
        self.forget()

    def forget(self) -> None:
        """As if nothing had been seen."""
        self.best, self.waited = self.sign * inf, 0

    def improves(self, value: float, by: float = 0.0) -> bool:
        """Whether this value is better than the best one, by more than so much; NaN is not."""
        better = self.sign * value < self.sign * self.best - by
        self.best, self.waited = (value, 0) if better else (self.best, self.waited + 1)
        return better
