"""Norms of vectors and matrices, as NumPy orders them."""

from __future__ import annotations

from math import inf, prod
from typing import Any

import numpy as np

from autograd.arguments import explained
from autograd.arrays import Matrices, arraylike, axes_of
from autograd.graph import array_of
from autograd.ops.algebra import inv, svdvals
from autograd.ops.elementwise import absolute
from autograd.ops.rearrange import moveaxis
from autograd.ops.reduce import Axis, sum
from autograd.ops.reduce import max as largest
from autograd.ops.reduce import min as smallest
from autograd.ops.shape import expand_dims, reshape, squeeze
from autograd.ops.statistics import two_norm
from autograd.primitive import Array
from autograd.selection import where


def _p_norm(size: Array, p: float, axis: Axis, keepdims: bool) -> Array:
    """(Σ sizeᵖ)^(1/p), with sizes as parts of the largest: nothing overflows early, and 0 has derivative 0.

    It has that where all are 0, and for p < 1, where its slope is infinite, beside others too, as in PyTorch.
    """
    array = array_of(size)
    top = np.max(array, axis=axis, keepdims=True) if p > 0 and array.size else np.ones((), array.dtype)
    scale = np.where((top == 0) | ~np.isfinite(top), 1.0, top)
    nothing = (array == 0) & ((top == 0) | (p < 1))
    powers = where(nothing, 1.0, size / scale) ** p
    if p < 1:
        powers = where(nothing, 0.0 if p > 0 else inf, powers)
    total = sum(powers, axis=axis, keepdims=True) ** (1 / p) * scale
    total = where(top == 0, 0.0, total)
    return total if keepdims else squeeze(total, axis=tuple(range(np.ndim(size))) if axis is None else axis)


def _largest(size: Array, **over: Any) -> Array:
    """The largest of sizes, 0 if there are none."""
    return largest(size, **over) if size.size else largest(size, initial=0, **over)


@explained
def norm(x: Array, ord: float | str | None = None, axis: Axis = None, keepdims: bool = False) -> Array:
    """The norm of vectors or matrices, as np.linalg.norm: ord None, 'fro', 0, 1, 2, ±inf or p; derivative 0 at 0.

    Of matrices also 2, -2 and "nuc": the largest, the smallest and the sum of the singular values; at 0
    their derivative is that of the vectors svd chose.

    >>> print(norm(np.array([3.0, 4.0])), norm(np.array([3.0, -4.0]), 1))
    5.0 7.0
    """
    x = arraylike(x)
    if isinstance(axis, list):
        raise TypeError(f"norm: expected as axis an integer or a tuple of integers, got {axis}")
    axis = None if axis is None else axes_of(axis, x.ndim)
    ndim = x.ndim if axis is None else len(axis)
    if ord is None or (ord == 2 and ndim == 1) or (ord == "fro" and ndim == 2):
        return two_norm(x, axis=axis, keepdims=keepdims)
    if ndim == 1:
        size = absolute(x * 1.0)
        if ord in (inf, -inf):
            return (_largest if ord == inf else smallest)(size, axis=axis, keepdims=keepdims)
        if ord == 1:
            return sum(size, axis=axis, keepdims=keepdims)
        if ord == 0:  # how many entries are not 0
            return sum(where(size == 0, size, 1.0), axis=axis, keepdims=keepdims)
        if isinstance(ord, int | float | np.number):
            return _p_norm(size, float(ord), axis, keepdims)
    if ndim == 2 and ord in (1, -1, inf, -inf):
        rows, columns = axes_of(axis, x.ndim)[:: 1 if abs(ord) == 1 else -1]
        sums = sum(absolute(x * 1.0), axis=rows, keepdims=True)
        return (_largest if ord > 0 else smallest)(sums, axis=(rows, columns), keepdims=keepdims)
    if ndim == 2 and ord in (2, -2, "nuc"):
        axes = axes_of(axis, x.ndim)
        values = svdvals(moveaxis(arraylike(x), axes, (-2, -1)))
        reduce = sum if ord == "nuc" else _largest if ord == 2 else smallest
        value = reduce(values, axis=-1)
        return expand_dims(value, tuple(sorted(axes))) if keepdims else value
    raise ValueError(f"norm: ord {ord!r} is not among those of {'vectors' if ndim == 1 else 'matrices'} here")


@explained
def vector_norm(x: Array, *, axis: Axis = None, keepdims: bool = False, ord: float = 2) -> Array:
    """norm of all entries, or of those along axes, as one vector.

    >>> print(vector_norm(np.array([[3.0], [4.0]])))
    5.0
    """
    x = arraylike(x)
    axes = axes_of(axis, x.ndim)
    rest = [k for k in range(x.ndim) if k not in axes]
    rows = moveaxis(x, rest, range(len(rest)))
    value = norm(reshape(rows, shape=(*(x.shape[k] for k in rest), prod(x.shape[k] for k in axes))), ord, -1)
    return reshape(value, shape=tuple(1 if k in axes else n for k, n in enumerate(x.shape))) if keepdims else value


@explained
def matrix_norm(x: Matrices, *, keepdims: bool = False, ord: float | str = "fro") -> Array:
    """norm of a matrix, or of each in a stack.

    >>> print(matrix_norm(np.ones((3, 2, 2))))
    [2. 2. 2.]
    """
    return norm(x, ord, (-2, -1), keepdims)


@explained
def cond(x: Matrices, p: float | str | None = None) -> Array:
    """The condition number of a matrix, or of each in a stack: its largest singular value over the smallest.

    With p it is ‖x‖ ‖x⁻¹‖ in the norm of that name, and with p = -2 the smallest over the largest.

    >>> print(cond(np.array([[2.0, 0.0], [0.0, 1.0]])))
    2.0
    """
    if p not in (None, 2, -2):
        return matrix_norm(x, ord=p) * matrix_norm(inv(x), ord=p)
    values = svdvals(x)
    if not values.size:
        raise np.linalg.LinAlgError(f"cond: expected matrices that are not empty, got shape {np.shape(x)}")
    top, least = (values[..., -1], values[..., 0]) if p == -2 else (values[..., 0], values[..., -1])
    return where(least == 0, np.asarray(np.inf, values.dtype), top / where(least == 0, 1, least))
