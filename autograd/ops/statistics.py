"""Reductions with a story: products, spreads, logsumexp, norms, running sums and products, sorting and quantiles."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.arguments import floating
from autograd.ops.elementary import ratio
from autograd.ops.elementwise import exp
from autograd.ops.index import getitem, scatter_add
from autograd.ops.reduce import Axis, _count, _spread, mean, sum
from autograd.ops.shape import concatenate, reshape, transpose
from autograd.primitive import Array, primitive
from autograd.selection import where


@primitive(forward=np.prod)
def prod(a: Array, *, axis: Axis = None, keepdims: bool = False) -> Array:
    """The product over some or all axes; the derivative is the product of the other entries, also where some are 0.

    >>> print(prod(np.array([2.0, 3.0, 4.0])))
    24.0
    """


def _prod_others(g: Array, out: Array, a: Array, axis: Axis, keepdims: bool) -> Array:
    rows, back = _as_rows(a, axis)
    before = _running(rows, 1.0)
    after = _running(rows[:, ::-1], 1.0)[:, ::-1]
    return _spread(g, a, axis, keepdims) * back(before * after)


prod.defvjp(_prod_others)


def _as_rows(a: Array, axis: Axis) -> tuple[Array, Any]:
    """a as a matrix whose rows are what is reduced, and the way back to the shape of a."""
    axes = range(a.ndim) if axis is None else {k % a.ndim for k in np.atleast_1d(axis).tolist()} if a.ndim else ()
    order = [k for k in range(a.ndim) if k not in axes] + sorted(axes)
    moved = transpose(a, axes=order)
    n = int(np.prod([a.shape[k] for k in axes], dtype=int))
    inverse = np.argsort(order).tolist() if order else None
    rows = reshape(moved, shape=(a.size // n if n else 0, n))
    return rows, lambda x: transpose(reshape(x, shape=moved.shape), axes=inverse)


def _running(rows: Array, start: float) -> Array:
    """The product of all entries before each one in its row, in log₂ n steps: each doubles how far it reaches."""
    m, n = rows.shape
    first = np.full((m, 1), start, rows.dtype)
    products = concatenate([first, rows[:, : n - 1]], axis=1) if n else rows
    reach = 1
    while reach < n:
        products = products * concatenate([np.ones((m, reach), rows.dtype), products[:, : n - reach]], axis=1)
        reach *= 2
    return products


@primitive(forward=np.var)
def var(a: Array, *, axis: Axis = None, ddof: float = 0, keepdims: bool = False) -> Array:
    """The mean squared distance from the mean, n - ddof instead of n; derivative 2 (a - mean) / (n - ddof).

    >>> print(var(np.array([1.0, 3.0])))
    1.0
    """


var.defvjp(
    lambda g, out, a, axis, ddof, keepdims: (
        _spread(g * _per(2.0, a, out, ddof), a, axis, keepdims) * (a - mean(a, axis=axis, keepdims=True))
    ),
)


@primitive(forward=np.std)
def std(a: Array, *, axis: Axis = None, ddof: float = 0, keepdims: bool = False) -> Array:
    """The root of var; derivative (a - mean) / ((n - ddof) std), 0 where std is 0.

    >>> print(std(np.array([1.0, 3.0])))
    1.0
    """


std.defvjp(
    lambda g, out, a, axis, ddof, keepdims: (
        _spread(g * _per(1.0, a, out, ddof), a, axis, keepdims)
        * ratio(a - mean(a, axis=axis, keepdims=True), _spread(out, a, axis, keepdims))
    ),
)


def _per(factor: float, a: Array, out: Array, ddof: float) -> float:
    """factor / (n - ddof), NaN where that is no number to divide by."""
    n = _count(a, out) - ddof
    return factor / n if n > 0 else float("nan")


@primitive
def logsumexp(a: Array, *, axis: Axis = None, keepdims: bool = False) -> Array:
    """ln Σ eᵃ, without overflow; derivative eᵃ / Σ eᵃ, shared equally by entries that are all -inf or reach +inf.

    >>> print(logsumexp(np.array([0.0, 0.0])).round(6))
    0.693147
    """
    a = floating(a)
    top = np.max(a, axis=axis, keepdims=True, initial=-np.inf)
    shift = np.where(np.isfinite(top), top, 0)
    with np.errstate(divide="ignore", over="ignore"):  # ln 0 is -inf, and e^inf is inf
        total = np.log(np.sum(np.exp(a - shift), axis=axis, keepdims=True)) + shift
    return total if keepdims else np.squeeze(total, axis=axis) if axis is not None else total.reshape(())[()]


def _shares(g: Array, out: Array, a: Array, axis: Axis, keepdims: bool) -> Array:
    peak = _spread(out, a, axis, keepdims)
    infinite = np.isinf(peak)
    tied = np.equal(a, peak) & infinite
    n = np.maximum(tied.sum(axis=axis, keepdims=True), 1)
    weights = where(infinite, (tied / n).astype(g.dtype), exp(where(infinite, 0.0, a) - where(infinite, 0.0, peak)))
    return _spread(g, a, axis, keepdims) * weights


logsumexp.defvjp(_shares)


@primitive
def two_norm(x: Array, *, axis: Axis = None, keepdims: bool = False) -> Array:
    """√ Σ x² over some or all axes; derivative x / out, 0 at 0, where the second derivative is NaN.

    >>> print(two_norm(np.array([3.0, 4.0])))
    5.0
    """
    return np.sqrt(np.sum(np.square(floating(x)), axis=axis, keepdims=keepdims))


two_norm.defvjp(
    lambda g, out, x, axis, keepdims: _spread(g, x, axis, keepdims) * ratio(x, _spread(out, x, axis, keepdims)),
)


@primitive(forward=np.cumsum)
def cumsum(a: Array, *, axis: int | None = None) -> Array:
    """The running sum along an axis, or of all entries in order; the derivative is 1 for every sum from there on.

    >>> print(cumsum(np.array([1.0, 2.0, 3.0])))
    [1. 3. 6.]
    """


cumsum.defvjp(
    lambda g, out, a, axis: _reversed(cumsum(_reversed(g, axis or 0), axis=axis or 0), axis or 0).reshape(a.shape),
)


def _reversed(a: Array, axis: int) -> Array:
    return a[(slice(None),) * (axis % a.ndim) + (slice(None, None, -1),)]


@primitive(forward=np.cumprod)
def cumprod(a: Array, *, axis: int | None = None) -> Array:
    """The running product along an axis, or of all entries in order; its derivative is right at zeros too.

    >>> print(cumprod(np.array([1.0, 2.0, 3.0])))
    [1. 2. 6.]
    """


def _cumprod_vjp(g: Array, out: Array, a: Array, axis: int | None) -> Array:
    """Σ_(k ≥ i) g_k Π_(j ≤ k, j ≠ i) a_j: the product before i, times a sum that is built from the end."""
    rows, back = _as_rows(a, axis)
    g_rows, _ = _as_rows(g, axis)
    n = rows.shape[1]
    before = _running(rows, 1.0)
    # s_i = g_i + a_(i+1) s_(i+1): composed maps s -> m s + t, each step reaching twice as far
    zeros = np.zeros((rows.shape[0], 1), a.dtype)
    m, t = concatenate([rows[:, 1:], zeros], axis=1) if n else rows, g_rows
    reach = 1
    while reach < n:
        pad = np.zeros((rows.shape[0], reach), a.dtype)
        t = t + m * concatenate([t[:, reach:], pad], axis=1)
        m = m * concatenate([m[:, reach:], pad], axis=1)
        reach *= 2
    return back(before * t)


cumprod.defvjp(_cumprod_vjp)


@primitive
def sort(a: Array, *, axis: int | None = -1) -> Array:
    """The entries in order along an axis, or all of them; a stable permutation, which the cotangent undoes.

    >>> print(sort(np.array([3.0, 1.0, 2.0])))
    [1. 2. 3.]
    """
    return np.sort(a, axis=axis, kind="stable")


def _unsort(g: Array, out: Array, a: Array, axis: int | None) -> Array:
    array = np.asarray(getattr(a, "array", a))
    if axis is None:
        return scatter_add(g, np.argsort(array, axis=None, kind="stable"), (a.size,)).reshape(a.shape)
    places = np.argsort(array, axis=axis, kind="stable")
    return scatter_add(g, _along(places, axis), a.shape)


sort.defvjp(_unsort)


def _along(places: np.ndarray, axis: int, shape: tuple[int, ...] | None = None) -> tuple[np.ndarray, ...]:
    """The index of which x[index] takes entries along an axis of an array of this shape, as np.take_along_axis does."""
    index: list[Any] = list(np.indices(shape or places.shape, sparse=True))
    index[axis] = places
    return tuple(index)


def percentile(a: Array, q: Any, axis: Axis = None, keepdims: bool = False) -> Array:
    """The values below which q percent of the entries lie, linear between the two nearest entries.

    >>> print(percentile(np.array([1.0, 2.0, 3.0, 4.0]), 50))
    2.5
    """
    levels = np.asarray(q, float)
    if levels.size and not (levels.min() >= 0 and levels.max() <= 100):
        raise ValueError(f"percentile: expected q from 0 to 100, got {q}")
    a = a if hasattr(a, "shape") else np.asarray(a, float)
    rows, _ = _as_rows(a, axis)
    n = rows.shape[1]
    if not n:
        raise ValueError(f"percentile: there are no entries to choose from in shape {a.shape}")
    ordered = sort(rows, axis=1)
    place = levels.ravel() / 100 * (n - 1)
    low = np.floor(place).astype(int)
    high = np.minimum(low + 1, n - 1)
    t = (place - low).astype(rows.dtype if rows.dtype.kind == "f" else float)
    lower, upper = ordered[:, low], ordered[:, high]
    value = lower * (1 - t) + where(t == 0, 0.0, upper) * t  # (rows, levels)
    value = where(np.isnan(np.asarray(getattr(rows, "array", rows))).any(1)[:, None], np.nan, value) if n else value
    axes = range(a.ndim) if axis is None else {k % a.ndim for k in np.atleast_1d(axis).tolist()}
    shape = tuple(1 if k in axes else m for k, m in enumerate(a.shape) if keepdims or k not in axes)
    return reshape(transpose(value), shape=(*levels.shape, *shape))


def median(a: Array, axis: Axis = None, keepdims: bool = False) -> Array:
    """The middle entry, or half the sum of the middle two, each of which then gets half the derivative.

    >>> print(median(np.array([3.0, 1.0, 10.0, 2.0])))
    2.5
    """
    return percentile(a * 1.0 if hasattr(a, "shape") else np.asarray(a, float), 50.0, axis, keepdims)


def average(a: Array, axis: Axis = None, weights: Array = None, keepdims: bool = False) -> Array:
    """The weighted mean Σ w a / Σ w; the weights are of a's shape, or one for each entry of the axis.

    >>> print(average(np.array([1.0, 4.0]), weights=np.array([2.0, 1.0])))
    2.0
    """
    if weights is None:
        return mean(a, axis=axis, keepdims=keepdims)
    if np.shape(weights) != np.shape(a):
        if not isinstance(axis, int) or np.shape(weights) != (np.shape(a)[axis],):
            raise ValueError(
                f"average: expected weights of shape {np.shape(a)}, or one for each entry of an axis; "
                f"got {np.shape(weights)}"
            )
        weights = reshape(weights, shape=tuple(-1 if k == axis % np.ndim(a) else 1 for k in range(np.ndim(a))))
        weights = weights * np.ones(np.shape(a), getattr(a, "dtype", float))
    return sum(a * weights, axis=axis, keepdims=keepdims) / sum(weights, axis=axis, keepdims=keepdims)


def trapezoid(y: Array, x: Array = None, dx: float = 1.0, axis: int = -1) -> Array:
    """The integral of samples y at x, or dx apart, by trapezoids: Σ ½ (y_i + y_(i+1)) (x_(i+1) - x_i).

    >>> print(trapezoid(np.array([1.0, 2.0, 3.0])))
    4.0
    """
    y = y if hasattr(y, "shape") else np.asarray(y, float)
    lead = (slice(None),) * (axis % y.ndim)
    step: Any = dx
    if x is not None:
        x = x if hasattr(x, "shape") else np.asarray(x, float)
        if x.ndim == 1:
            step = reshape(x[1:] - x[:-1], shape=(-1, *(1,) * (y.ndim - axis % y.ndim - 1)))
        else:
            lead_x = (slice(None),) * (axis % x.ndim if axis < 0 else axis)
            step = x[(*lead_x, slice(1, None))] - x[(*lead_x, slice(None, -1))]
    return sum((y[(*lead, slice(1, None))] + y[(*lead, slice(None, -1))]) * step * 0.5, axis=axis)


def take_along_axis(arr: Array, indices: Any, axis: int | None = -1) -> Array:
    """Entries along an axis by a place for each: what argsort gives puts x in order.

    >>> print(take_along_axis(np.array([[3.0, 1.0]]), np.array([[1, 0]]), 1))
    [[1. 3.]]
    """
    if axis is None:
        return getitem(reshape(arr, shape=-1), np.asarray(indices))
    indices = np.asarray(indices)
    if indices.ndim != np.ndim(arr):
        raise ValueError(f"take_along_axis: expected indices with {np.ndim(arr)} axes, got shape {indices.shape}")
    return getitem(arr, _along(indices, axis, np.shape(arr)))
