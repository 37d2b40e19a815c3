"""Means that come in by parts: of each quantity the sum so far, and over how much it is."""

from __future__ import annotations

from collections.abc import Mapping


class Mean:
    """Means of quantities by name, over so many samples or so much weight; + joins two.

    >>> print(Mean({"loss": 2.0, "accuracy": 1.0}, 3) + Mean({"loss": 6.0}, 1))
    loss 3.0000, accuracy 1.0000
    """

    def __init__(self, values: Mapping[str, float], much: float) -> None:
        self.sums = {name: (value * much, much) for name, value in values.items()}

    def __add__(self, other: Mean) -> Mean:
        both = Mean({}, 0)
        both.sums |= self.sums
        for name, (more, much) in other.sums.items():
            total, of = both.sums.get(name, (0.0, 0.0))
            both.sums[name] = total + more, of + much
        return both

    def values(self) -> dict[str, float]:
        """The means by name."""
        return {name: total / of for name, (total, of) in self.sums.items()}

    def __str__(self) -> str:
        return ", ".join(f"{name} {value:.4f}" for name, value in self.values().items())
