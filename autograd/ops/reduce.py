"""Many entries to one: sums, means, extremes, and the softmax family, which divides by a sum."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from autograd.arrays import axes_of, floating
from autograd.ops.elementwise import add, astype, maximum, minimum
from autograd.ops.reduction import reduction
from autograd.ops.shape import broadcast_to
from autograd.primitive import Array, primitive
from autograd.selection import keep

Axis = int | Sequence[int] | None


def _spread(g: Array, a: Array, axis: Axis, keepdims: bool) -> Array:
    """g, made by reducing a, at every entry that went into it: the adjoint of the sum."""
    if not keepdims and axis is not None and a.ndim:
        axes = axes_of(axis, a.ndim)
        g = g.reshape(tuple(1 if k in axes else n for k, n in enumerate(a.shape)))
    return broadcast_to(g, shape=a.shape)


@reduction(np.sum, moves=True)
def sum(a: Array, *, axis: Axis = None, keepdims: bool = False) -> Array:
    """The sum over some or all axes; derivative 1 for every entry.

    >>> print(sum(np.ones((2, 3)), axis=0))
    [2. 2. 2.]
    """


sum.defvjp(
    lambda g, out, a, axis, keepdims: _spread(g, a, axis, keepdims),
)
sum.join, sum.identity = add, 0


@reduction(np.mean, moves=True)
def mean(a: Array, *, axis: Axis = None, keepdims: bool = False) -> Array:
    """The mean over some or all axes, n entries each; derivative 1/n for every entry.

    >>> print(mean(np.array([1.0, 2.0, 6.0])))
    3.0
    """


mean.defvjp(
    lambda g, out, a, axis, keepdims: _spread(g * (1 / _count(a, out)), a, axis, keepdims),
)


def _mean_masked(a: Array, mask: np.ndarray, **over: Any) -> Array:
    wide = np.result_type(a.dtype, np.float32 if a.dtype.kind == "f" else float)  # sums of float16 overflow early
    value = sum(a, where=mask, dtype=wide, **over) / counted(mask, wide, **over)
    return astype(value, dtype=a.dtype) if a.dtype == np.float16 else value


mean.masked = _mean_masked


def counted(mask: Array, dtype: Any, ddof: float = 0, **over: Any) -> Array:
    """How many entries a mask leaves, less ddof, but not less than 0, in a dtype that is there to be divided."""
    return np.maximum(np.sum(mask, **over) - ddof, 0).astype(dtype)


def _count(a: Array, out: Array) -> int:
    """How many entries went into each one of out; 1 for none, so that nothing is divided by 0."""
    return a.size // out.size or 1 if out.size else 1


def extreme_vjp(g: Array, out: Array, a: Array, axis: Axis, keepdims: bool) -> Array:
    """The cotangent of a maximum or minimum: shared equally by the entries that attain it."""
    attains = (a == _spread(out, a, axis, keepdims)) | (a != a)  # where the result is NaN, its NaNs attain it
    n = attains.sum(axis=axis, keepdims=keepdims).astype(g.dtype)
    return keep(_spread(g / np.maximum(n, 1), a, axis, keepdims), attains)


@reduction(np.max)
def max(a: Array, *, axis: Axis = None, keepdims: bool = False) -> Array:
    """The largest entry over some or all axes; ties share the derivative equally.

    >>> print(max(np.array([1.0, 3.0, 2.0])))
    3.0
    """


max.defvjp(extreme_vjp)
max.join = maximum


@reduction(np.min)
def min(a: Array, *, axis: Axis = None, keepdims: bool = False) -> Array:
    """The smallest entry over some or all axes; ties share the derivative equally.

    >>> print(min(np.array([1.0, 3.0, 2.0])))
    1.0
    """


min.defvjp(extreme_vjp)
min.join = minimum


def _largest(x: Array, axis: int) -> Array:
    """x.max(axis, keepdims=True), faster on the short rows of a batch: NumPy compares columns, not rows, in bulk."""
    if x.ndim == 2 and axis in (-1, 1) and x.shape[1]:
        return np.maximum.reduce(x.T.copy())[:, None]
    return np.max(x, axis if x.ndim else None, keepdims=True, initial=-np.inf)


def _total(x: Array, axis: int) -> Array:
    """x.sum(axis, keepdims=True), faster on the short rows of a batch: as a product with ones, which BLAS computes."""
    if x.ndim == 2 and axis in (-1, 1):
        return x.dot(ones(x.shape[1], x.dtype))[:, None]
    return np.sum(x, axis if x.ndim else None, keepdims=True)


def shifted_and_log_total(x: np.ndarray, axis: int) -> tuple[np.ndarray, np.ndarray]:
    """s = x - max x and ln Σ eˢ along an axis; their difference is log_softmax."""
    x = x if x.dtype.kind == "f" else floating(x)
    shifted = x - _largest(x, axis)
    return shifted, np.log(_total(np.exp(shifted), axis))


@lru_cache(256)
def ones(n: int, dtype: Any) -> np.ndarray:
    """A row of n ones, made once."""
    row = np.ones(n, dtype)
    row.setflags(write=False)
    return row


@primitive
def softmax(x: Array, *, axis: int = -1) -> Array:
    """eˣ / Σ eˣ along an axis, without overflow; vjp s (g - Σ g s).

    >>> print(softmax(np.array([0.0, 0.0])))
    [0.5 0.5]
    """
    x = x if x.dtype.kind == "f" else floating(x)
    if not x.size:
        return x
    e = np.exp(x - _largest(x, axis))
    e /= _total(e, axis)
    return e


softmax.defvjp(
    lambda g, out, x, axis: out * (g - sum(g * out, axis=axis if x.ndim else None, keepdims=True)),
)


@primitive
def log_softmax(x: Array, *, axis: int = -1) -> Array:
    """x - ln Σ eˣ along an axis, without overflow; vjp g - softmax(x) Σ g.

    >>> print(log_softmax(np.array([0.0, 0.0])).round(6))
    [-0.693147 -0.693147]
    """
    shifted, log_total = shifted_and_log_total(x, axis) if np.size(x) else (np.asarray(x), 0.0)
    return shifted - log_total


log_softmax.defvjp(
    lambda g, out, x, axis: g - softmax(x, axis=axis) * sum(g, axis=axis if x.ndim else None, keepdims=True),
)
