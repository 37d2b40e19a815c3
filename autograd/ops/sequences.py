"""Along a sequence: running sums and products, differences, integrals and convolutions."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.arguments import explained
from autograd.arrays import arraylike, axis_of
from autograd.graph import array_of
from autograd.ops.elementwise import cast
from autograd.ops.index import getitem
from autograd.ops.linalg import matmul
from autograd.ops.reduce import sum
from autograd.ops.reduction import reduction
from autograd.ops.shape import broadcast_to, concatenate, reshape
from autograd.ops.statistics import _as_rows, _missing, _running
from autograd.primitive import Array
from autograd.selection import where
from autograd.signatures import numpys


@reduction(np.cumsum)
def cumsum(a: Array, *, axis: int | None = None) -> Array:
    """The running sum along an axis, or of all entries in order; the derivative is 1 for every sum from there on.

    >>> print(cumsum(np.array([1.0, 2.0, 3.0])))
    [1. 3. 6.]
    """


cumsum.defvjp(
    lambda g, out, a, axis: _reversed(cumsum(_reversed(g, axis or 0), axis=axis or 0), axis or 0).reshape(a.shape),
)


def _reversed(a: Array, axis: int) -> Array:
    return a[(slice(None),) * axis_of(axis, a.ndim) + (slice(None, None, -1),)]


@reduction(np.cumprod)
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


@explained
@numpys(np.nancumsum)
def nancumsum(a: Array, axis: int | None = None, dtype: Any = None) -> Array:
    """The running sum of the entries that are not NaN; derivative 0 for a NaN.

    >>> print(nancumsum(np.array([1.0, np.nan, 3.0])))
    [1. 1. 4.]
    """
    a = arraylike(a)
    return cumsum(where(_missing(a), np.zeros((), a.dtype), a), axis=axis, dtype=dtype)


@explained
@numpys(np.nancumprod)
def nancumprod(a: Array, axis: int | None = None, dtype: Any = None) -> Array:
    """The running product of the entries that are not NaN; derivative 0 for a NaN.

    >>> print(nancumprod(np.array([2.0, np.nan, 3.0])))
    [2. 2. 6.]
    """
    a = arraylike(a)
    return cumprod(where(_missing(a), np.ones((), a.dtype), a), axis=axis, dtype=dtype)


@explained
def cumulative_sum(x: Array, *, axis: int | None = None, dtype: Any = None, include_initial: bool = False) -> Array:
    """cumsum, of vectors or along an axis that is named; it may begin with the 0 of no entries.

    >>> print(cumulative_sum(np.array([1.0, 2.0, 3.0]), include_initial=True))
    [0. 1. 3. 6.]
    """
    return _cumulative(cumsum, "cumulative_sum", x, axis, dtype, 0 if include_initial else None)


@explained
def cumulative_prod(x: Array, *, axis: int | None = None, dtype: Any = None, include_initial: bool = False) -> Array:
    """cumprod, of vectors or along an axis that is named; it may begin with the 1 of no entries.

    >>> print(cumulative_prod(np.array([1.0, 2.0, 3.0]), include_initial=True))
    [1. 1. 2. 6.]
    """
    return _cumulative(cumprod, "cumulative_prod", x, axis, dtype, 1 if include_initial else None)


def _cumulative(op: Any, name: str, x: Array, axis: int | None, dtype: Any, first: int | None) -> Array:
    x = arraylike(x)
    if axis is None and x.ndim != 1:
        raise ValueError(f"{name}: of an array of shape {x.shape} expected an axis to run along: give axis=")
    axis = axis_of(0 if axis is None else axis, x.ndim)
    running = op(x, axis=axis, dtype=dtype)
    if first is None:
        return running
    shape = tuple(1 if k == axis else m for k, m in enumerate(x.shape))
    return concatenate([np.full(shape, first, running.dtype), running], axis)


@explained
def diff(a: Array, n: int = 1, axis: int = -1, prepend: Array = None, append: Array = None) -> Array:
    """The differences of neighbours along an axis, taken n times, with entries put before or after it first.

    >>> print(diff(np.array([1.0, 4.0, 9.0])))
    [3. 5.]
    """
    if n < 0:
        raise ValueError(f"diff: expected n of 0 or more, got {n}")
    a = arraylike(a)
    axis = axis_of(axis, a.ndim)
    ends = [x if x is None else _as_slice(arraylike(x), a, axis) for x in (prepend, append)]
    if n and (prepend is not None or append is not None):
        a = concatenate([x for x in (ends[0], a, ends[1]) if x is not None], axis)
    lead = (slice(None),) * axis
    for _ in range(min(n, a.shape[axis])):  # after so many nothing is left
        after, before = getitem(a, (*lead, slice(1, None))), getitem(a, (*lead, slice(None, -1)))
        a = array_of(after) ^ array_of(before) if a.dtype == bool else after - before
    return a


@explained
def ediff1d(ary: Array, to_end: Array = None, to_begin: Array = None) -> Array:
    """The differences of neighbours among all entries in a row, with entries put before and after them.

    >>> print(ediff1d(np.array([1.0, 4.0, 9.0]), to_end=0.0))
    [3. 5. 0.]
    """
    ary = reshape(ary, -1)
    ends = [[] if x is None else [reshape(cast("ediff1d", x, ary.dtype), -1)] for x in (to_begin, to_end)]
    return concatenate([*ends[0], diff(ary), *ends[1]])


def _as_slice(x: Array, a: Array, axis: int) -> Array:
    """x, or the number x as one entry for each row of a."""
    return x if x.ndim else broadcast_to(x, shape=tuple(1 if k == axis else m for k, m in enumerate(a.shape)))


@explained
def convolve(a: Array, v: Array, mode: str = "full") -> Array:
    """Σ_k a_k v_(n-k) of two vectors: "full", "same" as long as the longer, or "valid", where they overlap wholly.

    >>> print(convolve(np.array([1.0, 2.0, 3.0]), np.array([0.0, 1.0])))
    [0. 1. 2. 3.]
    """
    a, v = (reshape(x, shape=-1) if x.ndim == 0 else x for x in map(arraylike, (a, v)))
    if a.ndim != 1 or v.ndim != 1 or not a.size or not v.size:
        raise ValueError(f"convolve: expected two vectors that are not empty, got shapes {a.shape} and {v.shape}")
    mode = {0: "valid", 1: "same", 2: "full"}.get(mode, mode)  # type: ignore[call-overload]
    if mode not in ("full", "same", "valid"):
        raise ValueError(f"convolve: expected mode 'full', 'same' or 'valid', got {mode!r}")
    a, v = (v, a) if v.size > a.size else (a, v)
    n, m = a.size, v.size
    start, length = {"full": (0, n + m - 1), "same": ((m - 1) // 2, n), "valid": (m - 1, n - m + 1)}[mode]
    nothing = np.zeros(m - 1, a.dtype)
    windows = getitem(concatenate([nothing, a, nothing]), np.add.outer(np.arange(start, start + length), np.arange(m)))
    return matmul(windows, getitem(v, np.arange(m)[::-1]))


@explained
def correlate(a: Array, v: Array, mode: str = "valid") -> Array:
    """Σ_n a_(n+k) v_n of two vectors, "valid", "same" or "full" as in convolve.

    >>> print(correlate(np.array([1.0, 2.0, 3.0]), np.array([0.0, 1.0])))
    [2. 3.]
    """
    a, v = arraylike(a), arraylike(v)
    if v.ndim == 1 and v.size > a.size:
        return correlate(v, a, mode)[::-1]
    return convolve(a, v[::-1] if v.ndim == 1 else v, mode)


@explained
def trapezoid(y: Array, x: Array = None, dx: float = 1.0, axis: int = -1) -> Array:
    """The integral of samples y at x, or dx apart, by trapezoids: Σ ½ (y_i + y_(i+1)) (x_(i+1) - x_i).

    >>> print(trapezoid(np.array([1.0, 2.0, 3.0])))
    4.0
    """
    y = arraylike(y)
    lead = (slice(None),) * axis_of(axis, y.ndim)
    step: Any = dx
    if x is not None:
        x = arraylike(x)
        step = diff(x, axis=axis if x.ndim > 1 else 0)
        if x.ndim == 1:
            step = reshape(step, shape=(-1, *(1,) * (y.ndim - len(lead) - 1)))
    return sum((y[(*lead, slice(1, None))] + y[(*lead, slice(None, -1))]) * step * 0.5, axis=axis)
