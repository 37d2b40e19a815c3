"""Where the weights start: random, with a spread that keeps signals and gradients alike in size from layer to layer."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod, sqrt
from typing import Any

import numpy as np

Seed = int | np.random.Generator | None


def he_normal(shape: Sequence[int], rng: Seed = None, dtype: Any = float) -> np.ndarray:
    """Normal with variance 2 / fan_in: for relu and its kin, which pass on half of what they get (He et al. 2015).

    shape   (out, in, ...): fan_in is the number of inputs that one output sums
    rng     a seed or a numpy Generator

    >>> he_normal((1000, 50), rng=0).std().round(2)  # sqrt(2 / 50)
    np.float64(0.2)
    """
    return np.random.default_rng(rng).normal(0, sqrt(2 / _fans(shape)[0]), shape).astype(dtype)


def he_uniform(shape: Sequence[int], rng: Seed = None, dtype: Any = float) -> np.ndarray:
    """Uniform with variance 2 / fan_in, so between ±√(6 / fan_in) (He et al. 2015); arguments as he_normal."""
    bound = sqrt(6 / _fans(shape)[0])
    return np.random.default_rng(rng).uniform(-bound, bound, shape).astype(dtype)


def glorot_normal(shape: Sequence[int], rng: Seed = None, dtype: Any = float) -> np.ndarray:
    """Normal with variance 2 / (fan_in + fan_out): for tanh and sigmoid (Glorot and Bengio 2010); as he_normal."""
    return np.random.default_rng(rng).normal(0, sqrt(2 / sum(_fans(shape))), shape).astype(dtype)


def glorot_uniform(shape: Sequence[int], rng: Seed = None, dtype: Any = float) -> np.ndarray:
    """Uniform between ±√(6 / (fan_in + fan_out)) (Glorot and Bengio 2010); arguments as he_normal."""
    bound = sqrt(6 / sum(_fans(shape)))
    return np.random.default_rng(rng).uniform(-bound, bound, shape).astype(dtype)


def _fans(shape: Sequence[int]) -> tuple[int, int]:
    """How many inputs an output sums, and how many outputs an input goes to."""
    if len(shape) < 2 or min(shape) < 1:
        raise ValueError(f"expected a weight shape (out, in, ...) of positive lengths, got {tuple(shape)}")
    return prod(shape[1:]), shape[0] * prod(shape[2:])


INITS = {
    "he_normal": he_normal,
    "he_uniform": he_uniform,
    "glorot_normal": glorot_normal,
    "glorot_uniform": glorot_uniform,
}
