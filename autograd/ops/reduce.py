"""Many entries to one: sums, means, extremes, and the softmax family, which divides by a sum."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from autograd.ops.shape import broadcast_to
from autograd.primitive import Array, primitive
from autograd.selection import where

Axis = int | Sequence[int] | None


def _spread(g: Array, a: Array, axis: Axis, keepdims: bool) -> Array:
    """g, made by reducing a, at every entry that went into it: the adjoint of the sum."""
    if not keepdims and axis is not None:
        axes = {k % a.ndim for k in ((axis,) if isinstance(axis, int | np.integer) else axis)}
        g = g.reshape(tuple(1 if k in axes else n for k, n in enumerate(a.shape)))
    return broadcast_to(g, shape=a.shape)


@primitive(forward=np.sum)
def sum(a: Array, *, axis: Axis = None, keepdims: bool = False) -> Array:
    """The sum over some or all axes; derivative 1 for every entry.

    >>> print(sum(np.ones((2, 3)), axis=0))
    [2. 2. 2.]
    """


sum.defvjp(
    lambda g, out, a, axis=None, keepdims=False: _spread(g, a, axis, keepdims),
)


@primitive(forward=np.mean)
def mean(a: Array, *, axis: Axis = None, keepdims: bool = False) -> Array:
    """The mean over some or all axes, n entries each; derivative 1/n for every entry.

    >>> print(mean(np.array([1.0, 2.0, 6.0])))
    3.0
    """


mean.defvjp(
    lambda g, out, a, axis=None, keepdims=False: _spread(g / _count(a, out), a, axis, keepdims),
)


def _count(a: Array, out: Array) -> int:
    return a.size // out.size if out.size else 1


def _extreme(g: Array, out: Array, a: Array, axis: Axis = None, keepdims: bool = False) -> Array:
    """The cotangent of a maximum or minimum: shared equally by the entries that attain it."""
    attains = (a == _spread(out, a, axis, keepdims)) | (a != a)  # where the result is NaN, its NaNs attain it
    n = attains.sum(axis=axis, keepdims=keepdims).astype(g.dtype)
    return where(attains, _spread(g / np.maximum(n, 1), a, axis, keepdims), 0)


@primitive(forward=np.max)
def max(a: Array, *, axis: Axis = None, keepdims: bool = False) -> Array:
    """The largest entry over some or all axes; ties share the derivative equally.

    >>> print(max(np.array([1.0, 3.0, 2.0])))
    3.0
    """


max.defvjp(_extreme)


@primitive(forward=np.min)
def min(a: Array, *, axis: Axis = None, keepdims: bool = False) -> Array:
    """The smallest entry over some or all axes; ties share the derivative equally.

    >>> print(min(np.array([1.0, 3.0, 2.0])))
    1.0
    """


min.defvjp(_extreme)


@primitive
def softmax(x: Array, *, axis: int = -1) -> Array:
    """eˣ / Σ eˣ along an axis, without overflow; vjp s (g - Σ g s).

    >>> print(softmax(np.array([0.0, 0.0])))
    [0.5 0.5]
    """
    e = np.exp(x - np.maximum.reduce(x, axis, None, None, True))
    e /= np.add.reduce(e, axis, None, None, True)
    return e


softmax.defvjp(
    lambda g, out, x, axis=-1: out * (g - (g * out).sum(axis=axis, keepdims=True)),
)


@primitive
def log_softmax(x: Array, *, axis: int = -1) -> Array:
    """x - ln Σ eˣ along an axis, without overflow; vjp g - softmax(x) Σ g.

    >>> print(log_softmax(np.array([0.0, 0.0])).round(6))
    [-0.693147 -0.693147]
    """
    shifted = x - np.maximum.reduce(x, axis, None, None, True)
    return shifted - np.log(np.add.reduce(np.exp(shifted), axis, None, None, True))


log_softmax.defvjp(
    lambda g, out, x, axis=-1: g - softmax(x, axis=axis) * g.sum(axis=axis, keepdims=True),
)
