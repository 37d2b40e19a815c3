"""Entries by their rank: sorting, quantiles and what picks along an axis."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.arguments import explained, flag
from autograd.arrays import Places, arraylike, axes_of, axis_of
from autograd.graph import array_of
from autograd.ops.elementwise import astype
from autograd.ops.index import getitem, scatter_add
from autograd.ops.reduce import Axis, mean
from autograd.ops.shape import reshape, stack, transpose
from autograd.ops.statistics import _as_rows
from autograd.primitive import Array, primitive
from autograd.selection import where
from autograd.signatures import numpys


@explained
def sort(a: Array, axis: int | None = -1, kind: Any = None, *, stable: bool | None = None) -> Array:
    """The entries in order along an axis, or all of them; a stable permutation, whatever kind, and undone by the vjp.

    >>> print(sort(np.array([3.0, 1.0, 2.0])))
    [1. 2. 3.]
    """
    stable = None if stable is None else flag("stable", stable)
    np.sort((), kind=kind, stable=stable)  # which refuses kinds that are none
    return _sort(a, axis=axis)


@primitive
def _sort(a: Array, *, axis: int | None) -> Array:
    return np.sort(a, axis=axis, kind="stable")


def _unsort(g: Array, out: Array, a: Array, axis: int | None) -> Array:
    array = array_of(a)
    if axis is None:
        return scatter_add(g, np.argsort(array, axis=None, kind="stable"), (a.size,)).reshape(a.shape)
    places = np.argsort(array, axis=axis, kind="stable")
    return scatter_add(g, _along(places, axis), a.shape)


_sort.defvjp(_unsort)


def _along(places: np.ndarray, axis: int, shape: tuple[int, ...] | None = None) -> tuple[np.ndarray, ...]:
    """The index of which x[index] takes entries along an axis of an array of this shape, as np.take_along_axis does."""
    index: list[Any] = list(np.indices(shape or places.shape, sparse=True))
    index[axis] = places
    return tuple(index)


def _plain(a: Array) -> np.ndarray:
    array: np.ndarray = array_of(a)
    return array


def _between(f: Any, low: Any) -> Any:
    return f


METHODS: dict[str, tuple[float, float, Any]] = {  # (Hyndman and Fan 1996)
    # α and β, by which the place of the quantile q among n entries, from 0, is q (n + 1 - α - β) + α - 1, and how far
    # the value is from the entry at the whole number below it, low, to the next, as that of the place is f
    "linear": (1, 1, _between),
    "lower": (1, 1, lambda f, low: 0.0 * f),
    "higher": (1, 1, lambda f, low: 1.0 * (f > 0)),
    "midpoint": (1, 1, lambda f, low: 0.5 * (f > 0)),
    "nearest": (1, 1, lambda f, low: np.rint(low + f) - low),
    "inverted_cdf": (0, 1, lambda f, low: 1.0 * (f > 0)),
    "averaged_inverted_cdf": (0, 1, lambda f, low: np.where(f > 0, 1.0, 0.5)),
    "closest_observation": (-0.5, 1.5, lambda f, low: 1.0 * ((f > 0) | (low % 2 == 0))),
    "interpolated_inverted_cdf": (0, 1, _between),
    "hazen": (0.5, 0.5, _between),
    "weibull": (0, 0, _between),
    "median_unbiased": (1 / 3, 1 / 3, _between),
    "normal_unbiased": (3 / 8, 3 / 8, _between),
}


def _quantile(name: str, whole: float, a: Array, q: Any, axis: Axis, method: str, keepdims: bool) -> Array:
    """The quantiles at q / whole, in the dtype that NumPy gives them."""
    if method not in METHODS:
        raise ValueError(f"{name}: expected method {', '.join(METHODS)}, got {method!r}")
    levels = np.asarray(q, float)
    if levels.size and not (levels.min() >= 0 and levels.max() <= whole):
        raise ValueError(f"{name}: expected q from 0 to {whole:g}, got {q}")
    a = arraylike(a)
    axes = axes_of(axis, a.ndim)
    rows, _ = _as_rows(a, axes)
    n = rows.shape[1]
    if not n:
        raise ValueError(f"{name}: there are no entries to choose from in shape {a.shape}")
    dtype = getattr(np, name)(np.zeros(1, a.dtype), q, method=method).dtype
    alpha, beta, share = METHODS[method]
    place = levels.ravel() / whole * (n + 1 - alpha - beta) + (alpha - 1)
    below = np.floor(place)
    t = share(place - below, below).astype(rows.dtype if rows.dtype.kind == "f" else float)
    low, high = (np.clip(k, 0, n - 1).astype(int) for k in (below, below + 1))
    ordered = np.argpartition(_plain(rows), np.union1d(low, high), axis=1)  # in order at these places alone
    holes = np.isnan(_plain(rows))
    hole, row = holes.argmax(1)[:, None], np.arange(rows.shape[0])[:, None]
    places = (np.where(holes.any(1)[:, None], hole, ordered[:, k]) for k in (low, high))  # of a NaN, if there is one
    lower, upper = (getitem(rows, (row, place)) for place in places)
    if dtype.kind == "f":
        value = where(t == 1, 0.0, lower) * (1 - t) + where(t == 0, 0.0, upper) * t  # (rows, levels)
    else:
        value = where(t > 0, upper, lower)
    shape = tuple(1 if k in axes else m for k, m in enumerate(a.shape) if keepdims or k not in axes)
    value = value if value.dtype == dtype else astype(value, dtype=dtype)
    return reshape(transpose(value), shape=(*levels.shape, *shape))


@explained
@numpys(np.quantile)
def quantile(a: Array, q: Any, axis: Axis = None, method: str = "linear", keepdims: bool = False) -> Array:
    """The values below which a share q of the entries lies; between two entries as `method` says, usually linear.

    At an entry it is that entry, also beside infinite ones; and beside NaN it is a NaN, which has the derivative 1.

    >>> print(quantile(np.array([1.0, 2.0, 3.0, 4.0]), 0.5))
    2.5
    """
    return _quantile("quantile", 1.0, a, q, axis, method, keepdims)


@explained
@numpys(np.percentile)
def percentile(a: Array, q: Any, axis: Axis = None, method: str = "linear", keepdims: bool = False) -> Array:
    """The values below which q percent of the entries lie; between two entries as `method` says, usually linear.

    >>> print(percentile(np.array([1.0, 2.0, 3.0, 4.0]), 50))
    2.5
    """
    return _quantile("percentile", 100.0, a, q, axis, method, keepdims)


@explained
@numpys(np.median)
def median(a: Array, axis: Axis = None, keepdims: bool = False) -> Array:
    """The middle entry, or half the sum of the middle two, each of which then gets half the derivative.

    >>> print(median(np.array([3.0, 1.0, 10.0, 2.0])))
    2.5
    """
    a = arraylike(a)
    if not a.size:
        return mean(a, axis=axis, keepdims=keepdims)  # NaN, as NumPy's
    a = astype(a, dtype=float) if a.dtype == bool else a
    return _quantile("quantile", 1.0, a, 0.5, axis, "linear", keepdims)


@explained
@numpys(np.nanmedian)
def nanmedian(a: Array, axis: Axis = None, keepdims: bool = False) -> Array:
    """The median of the entries that are not NaN, and NaN if all are; derivative 0 for a NaN.

    >>> print(nanmedian(np.array([3.0, np.nan, 1.0])))
    2.0
    """
    a = arraylike(a)
    axes = axes_of(axis, a.ndim)
    if not a.size:
        return mean(a, axis=axes, keepdims=keepdims)
    rows = sort(_as_rows(a, axes)[0], 1)  # NaN comes last
    n = np.maximum(np.sum(~np.isnan(_plain(rows)), axis=1), 1)
    lower, upper = (getitem(rows, (np.arange(rows.shape[0]), k)) for k in ((n - 1) // 2, n // 2))
    shape = tuple(1 if k in axes else m for k, m in enumerate(a.shape) if keepdims or k not in axes)
    return reshape(mean(stack([lower, upper]), axis=0), shape=shape)


@explained
def take_along_axis(arr: Array, indices: Places, axis: int | None = -1) -> Array:
    """Entries along an axis, or of all in a row, by a place for each: what argsort gives puts x in order.

    >>> print(take_along_axis(np.array([[3.0, 1.0]]), np.array([[1, 0]]), 1))
    [[1. 3.]]
    """
    arr = arraylike(arr)
    indices = np.asarray(array_of(indices))
    if indices.dtype.kind not in "iu":
        raise IndexError(f"take_along_axis: expected integers as indices, got {indices.dtype}")
    if axis is None:
        arr, axis = reshape(arr, shape=-1), 0
    if indices.ndim != arr.ndim:
        raise ValueError(f"take_along_axis: expected indices with {arr.ndim} axes, got shape {indices.shape}")
    return getitem(arr, _along(indices, axis_of(axis, arr.ndim), arr.shape))
