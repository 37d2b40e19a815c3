"""Central differences: in which directions, how far, and how large an error they leave."""

from __future__ import annotations

from typing import Any

import numpy as np

STEP = np.cbrt(np.finfo(float).eps)  # balances the rounding of a central difference against its truncation
CAPS = (np.inf, 1.0)  # a step is as large as its entry (x² at 1e8), or else at most 1 (sin at 1e8): one must agree
EPS = np.finfo(float).eps


def generator(rng: Any) -> np.random.Generator:
    """Of a seed not default_rng(seed), which may have made the arguments: the cotangent would equal one of them."""
    return np.random.default_rng([20, 7, int(rng)] if isinstance(rng, int | np.integer) else rng)


def judge_tolerance(name: str, tolerance: Any) -> None:
    """Raises ValueError for what no error can be held against."""
    if not isinstance(tolerance, int | float | np.number) or not tolerance >= 0:
        raise ValueError(f"{name}: expected tolerance to be a number of 0 or more, got {tolerance!r}")


def reach(x: np.ndarray, cap: float) -> Any:
    """How far each entry is moved, in STEPs: as far as it is large, at most `cap`; a 0 as far as the largest, or 1."""
    size = np.minimum(np.abs(x), cap)
    return np.where(x == 0, min(1.0, float(np.max(size, initial=0.0)) or 1.0), size)


def direction(x: np.ndarray, rng: np.random.Generator, cap: float) -> Any:
    """A random direction; to the last digit the one in which x + STEP d goes, which a large x rounds."""
    d = rng.normal(size=x.shape) * reach(x, cap)
    with np.errstate(invalid="ignore"):  # an infinite entry goes nowhere
        return ((x + STEP * d) - (x - STEP * d)) / (2 * STEP)


def compared(parts: list[Any], ahead: Any, behind: Any) -> tuple[float, float, float]:
    """The sum of the parts, that of the central differences, and the size to hold an error against."""
    got, expected = float(sum(map(np.sum, parts))), float(np.sum(ahead - behind)) / (2 * STEP)
    terms = max([1e-4 * norm(ahead), *(1e-2 * norm(p) for p in parts)])  # where they cancel, their rounding counts
    return got, expected, max(abs(got), abs(expected), terms)


def norm(x: Any) -> float:
    """Of parts of the largest, so that no square overflows."""
    top = float(np.max(np.abs(x), initial=0.0))
    return top * float(np.linalg.norm(np.ravel(x) / top)) if 0 < top < np.inf else top
