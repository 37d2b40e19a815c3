"""Where the weights start: random, with a spread that keeps signals and gradients alike in size from layer to layer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod, sqrt
from typing import Any

import numpy as np

from autograd.arguments import explained
from nn.checks import Seed, generator, named, number


@explained
def he_normal(shape: Sequence[int], rng: Seed = None, dtype: Any = float) -> np.ndarray:
    """Normal with variance 2 / fan_in: for relu and its kin, which pass on half of what they get (He et al. 2015).

    shape   (out, in, ...): fan_in is the number of inputs that one output sums
    rng     a seed or a numpy Generator

    >>> he_normal((1000, 50), rng=0).std().round(2)  # sqrt(2 / 50)
    np.float64(0.2)
    """
    return generator(rng).normal(0, sqrt(2 / _fans(shape)[0]), shape).astype(dtype)


@explained
def he_uniform(shape: Sequence[int], rng: Seed = None, dtype: Any = float) -> np.ndarray:
    """Uniform with variance 2 / fan_in, so between ±√(6 / fan_in) (He et al. 2015); arguments as he_normal."""
    bound = sqrt(6 / _fans(shape)[0])
    return generator(rng).uniform(-bound, bound, shape).astype(dtype)


@explained
def glorot_normal(shape: Sequence[int], rng: Seed = None, dtype: Any = float) -> np.ndarray:
    """Normal with variance 2 / (fan_in + fan_out): for tanh and sigmoid (Glorot and Bengio 2010); as he_normal."""
    return generator(rng).normal(0, sqrt(2 / sum(_fans(shape))), shape).astype(dtype)


@explained
def glorot_uniform(shape: Sequence[int], rng: Seed = None, dtype: Any = float) -> np.ndarray:
    """Uniform between ±√(6 / (fan_in + fan_out)) (Glorot and Bengio 2010); arguments as he_normal."""
    bound = sqrt(6 / sum(_fans(shape)))
    return generator(rng).uniform(-bound, bound, shape).astype(dtype)


@explained
def lecun_normal(shape: Sequence[int], rng: Seed = None, dtype: Any = float) -> np.ndarray:
    """Normal with variance 1 / fan_in: for selu (LeCun et al. 1998, Klambauer et al. 2017); as he_normal."""
    return generator(rng).normal(0, sqrt(1 / _fans(shape)[0]), shape).astype(dtype)


@explained
def lecun_uniform(shape: Sequence[int], rng: Seed = None, dtype: Any = float) -> np.ndarray:
    """Uniform with variance 1 / fan_in, so between ±√(3 / fan_in) (LeCun et al. 1998); arguments as he_normal."""
    bound = sqrt(3 / _fans(shape)[0])
    return generator(rng).uniform(-bound, bound, shape).astype(dtype)


@explained
def normal(shape: Sequence[int], rng: Seed = None, dtype: Any = float, std: float = 1.0) -> np.ndarray:
    """Normal with mean 0 and this standard deviation, whatever the shape; arguments as he_normal."""
    return generator(rng).normal(0, number("std", std), tuple(shape)).astype(dtype)


@explained
def orthogonal(shape: Sequence[int], rng: Seed = None, dtype: Any = float, gain: float = 1.0) -> np.ndarray:
    """gain times a random rotation W, so that Wx is as long as x (Saxe et al. 2014); arguments as he_normal.

    As a matrix (out, in · ...) it has orthonormal rows or, where out is more, orthonormal columns.

    >>> w = orthogonal((2, 3), rng=0)
    >>> print((w @ w.T).round(12))
    [[ 1. -0.]
     [-0.  1.]]
    """
    n_in, n_out = _fans(shape)[0], shape[0]
    q, r = np.linalg.qr(generator(rng).normal(size=(max(n_in, n_out), min(n_in, n_out))))
    q = q * np.where(np.diag(r) < 0, -1, 1)  # so that no rotation is likelier than another (Mezzadri 2007)
    return (number("gain", gain) * (q if n_out > n_in else q.T)).reshape(shape).astype(dtype)


@explained
def zeros(shape: Sequence[int], rng: Seed = None, dtype: Any = float) -> np.ndarray:
    """Zeros: for biases.  A net whose weights start so does not learn: no gradient passes them (note D: D8)."""
    generator(rng)  # refuses what is no seed, as the others do
    return np.zeros(shape, dtype)


def _fans(shape: Sequence[int]) -> tuple[int, int]:
    """How many inputs an output sums, and how many outputs an input goes to."""
    if len(shape) < 2 or min(shape) < 1:
        raise ValueError(f"expected a weight shape (out, in, ...) of positive lengths, got {tuple(shape)}")
    return prod(shape[1:]), shape[0] * prod(shape[2:])


kaiming_normal, kaiming_uniform = he_normal, he_uniform  # as PyTorch calls them
xavier_normal, xavier_uniform = glorot_normal, glorot_uniform

INITS = {
    "he_normal": he_normal, "he_uniform": he_uniform, "glorot_normal": glorot_normal, "glorot_uniform": glorot_uniform,
    "lecun_normal": lecun_normal, "lecun_uniform": lecun_uniform, "normal": normal, "orthogonal": orthogonal,
    "zeros": zeros, "kaiming_normal": kaiming_normal, "kaiming_uniform": kaiming_uniform,
    "xavier_normal": xavier_normal, "xavier_uniform": xavier_uniform,
}  # fmt: skip


@explained
def start(shape: tuple[int, ...], init: str | Callable[..., np.ndarray], rng: Seed, dtype: Any) -> np.ndarray:
    """Weights of this shape as a function, or one of nn.init by name, makes them; ValueError if they are of another.

    >>> start((1, 2), "zeros", None, np.float32)
    array([[0., 0.]], dtype=float32)
    """
    make = init if callable(init) else named("initialisation", init, INITS)
    weight = np.array(make(shape, rng, dtype), dtype)
    if weight.shape != shape:
        raise ValueError(f"init: expected weights of shape {shape}, got {weight.shape}")
    return weight
