"""Reductions with a story: products, averages, spreads, logsumexp, the two-norm, and all of them beside NaN."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.arguments import explained, flag
from autograd.arrays import arraylike, axes_of, floating
from autograd.graph import array_of
from autograd.ops.elementary import ratio
from autograd.ops.elementwise import astype, exp, multiply, sqrt
from autograd.ops.linalg import matmul
from autograd.ops.reduce import Axis, _count, _spread, counted, max, mean, min, sum
from autograd.ops.reduction import reduction, truths
from autograd.ops.shape import broadcast_to, concatenate, reshape, transpose
from autograd.primitive import Array, primitive
from autograd.selection import where
from autograd.selection import where as choose
from autograd.signatures import numpys


@reduction(np.prod)
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
prod.join, prod.identity = multiply, 1


def _as_rows(a: Array, axis: Axis) -> tuple[Array, Any]:
    """a as a matrix whose rows are what is reduced, and the way back to the shape of a."""
    axes = axes_of(axis, a.ndim) if a.ndim else ()
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


@reduction(np.var)
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


def _var_masked(a: Array, mask: np.ndarray, axis: Axis = None, keepdims: bool = False, ddof: float = 0) -> Array:
    total = sum(_off_mean(a, mask, axis) ** 2, axis=axis, keepdims=keepdims)
    return total / counted(mask, total.dtype, axis=axis, keepdims=keepdims, ddof=ddof)


var.masked = _var_masked


def _off_mean(a: Array, mask: np.ndarray, axis: Axis) -> Array:
    """How far each entry is from the mean of those that a mask leaves; 0 for the others."""
    return where(mask, a - mean(a, where=mask, axis=axis, keepdims=True), np.zeros((), a.dtype))


@reduction(np.std)
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


def _std_masked(a: Array, mask: np.ndarray, axis: Axis = None, keepdims: bool = False, ddof: float = 0) -> Array:
    distance = two_norm(_off_mean(a, mask, axis), axis=axis, keepdims=keepdims)
    return distance / np.sqrt(counted(mask, distance.dtype, axis=axis, keepdims=keepdims, ddof=ddof))


std.masked = _std_masked


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
    a, keepdims = floating(a), flag("logsumexp: keepdims", keepdims)
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


@explained
def average(
    a: Array, axis: Axis = None, weights: Array = None, returned: bool = False, *, keepdims: bool = False
) -> Any:
    """The weighted mean Σ w a / Σ w, and Σ w if `returned`; weights of a's shape, or of that of the axes.

    Where the weights sum to 0, which np.average refuses, it is ±inf or NaN, as the quotient is.

    >>> print(average(np.array([1.0, 4.0]), weights=np.array([2.0, 1.0])))
    2.0
    """
    a = arraylike(a)
    axis = None if axis is None else axes_of(axis, a.ndim)
    if weights is None:
        value = mean(a, axis=axis, keepdims=keepdims)
        total: Array = np.full(value.shape, a.size // (value.size or 1), value.dtype)[()]
        return (value, total) if returned else value
    weights = arraylike(weights)
    if weights.shape != a.shape:
        axes = () if axis is None else axis
        if weights.shape != tuple(a.shape[k] for k in axes):
            raise ValueError(
                f"average: expected weights of shape {a.shape}, or of the axes they are for; got {weights.shape}"
            )
        weights = transpose(weights, axes=np.argsort(axes).tolist())
        weights = reshape(weights, shape=tuple(n if k in axes else 1 for k, n in enumerate(a.shape)))
        weights = broadcast_to(weights, shape=a.shape)
    dtype = np.result_type(a.dtype, weights.dtype, *([] if a.dtype.kind == "f" else [float]))
    a, weights = (x if x.dtype == dtype else astype(x, dtype=dtype) for x in (a, weights))
    total = sum(weights, axis=axis, keepdims=keepdims)
    value = sum(a * weights, axis=axis, keepdims=keepdims) / total
    return (value, total) if returned else value


@explained
@numpys(np.ptp)
def ptp(a: Array, axis: Axis = None, keepdims: bool = False) -> Array:
    """Peak to peak: the largest entry less the smallest.

    >>> print(ptp(np.array([1.0, 5.0, 2.0])))
    4.0
    """
    return max(a, axis=axis, keepdims=keepdims) - min(a, axis=axis, keepdims=keepdims)


def _missing(a: Array) -> Any:
    return np.isnan(array_of(a))


@explained
@numpys(np.nansum)
def nansum(a: Array, axis: Axis = None, **others: Any) -> Array:
    """The sum of the entries that are not NaN, and NumPy's other arguments of a sum; derivative 0 for a NaN.

    >>> print(nansum(np.array([1.0, np.nan, 2.0])))
    3.0
    """
    a = arraylike(a)
    return sum(where(_missing(a), np.zeros((), a.dtype), a), axis=axis, **others)


@explained
@numpys(np.nanmean)
def nanmean(a: Array, axis: Axis = None, where: Any = True, **others: Any) -> Array:
    """The mean of the entries that are not NaN, and NaN if all are; derivative 0 for a NaN, also then.

    >>> print(nanmean(np.array([1.0, np.nan, 2.0])))
    1.5
    """
    return _beside_gaps("nanmean", mean, a, where, axis=axis, **others)


def _beside_gaps(name: str, reduce: Any, a: Array, where: Any = True, dtype: Any = None, **others: Any) -> Array:
    """A mean or a variance of the entries that are not NaN, and that `where` leaves."""
    a = arraylike(a)
    if a.dtype.kind == "f" and dtype is not None and np.dtype(dtype).kind != "f":
        raise TypeError(f"{name}: expected a floating dtype for entries of {a.dtype}, got {np.dtype(dtype)}")
    mask = ~_missing(a) & truths(f"{name}: where", where)
    value = reduce(a, where=mask, dtype=dtype, **others)
    less = others.pop("ddof", others.pop("correction", 0))
    return choose(np.sum(mask, **others) > less, value, np.full((), np.nan, value.dtype)) if less else value


@explained
@numpys(np.nanprod)
def nanprod(a: Array, axis: Axis = None, **others: Any) -> Array:
    """The product of the entries that are not NaN, and NumPy's other arguments of a product; derivative 0 for a NaN.

    >>> print(nanprod(np.array([2.0, np.nan, 3.0])))
    6.0
    """
    a = arraylike(a)
    return prod(where(_missing(a), np.ones((), a.dtype), a), axis=axis, **others)


@explained
@numpys(np.nanvar)
def nanvar(a: Array, axis: Axis = None, **others: Any) -> Array:
    """The variance of the entries that are not NaN, and NaN of too few; derivative 0 for a NaN.

    >>> print(nanvar(np.array([1.0, np.nan, 3.0])))
    1.0
    """
    return _beside_gaps("nanvar", var, a, axis=axis, **others)


@explained
@numpys(np.nanstd)
def nanstd(a: Array, axis: Axis = None, **others: Any) -> Array:
    """The standard deviation of the entries that are not NaN, and NaN of too few; derivative 0 for a NaN.

    >>> print(nanstd(np.array([1.0, np.nan, 3.0])))
    1.0
    """
    return _beside_gaps("nanstd", std, a, axis=axis, **others)


@explained
@numpys(np.nanmax)
def nanmax(a: Array, axis: Axis = None, **others: Any) -> Array:
    """The largest entry that is not NaN, and NaN if all are; derivative 0 for a NaN.

    >>> print(nanmax(np.array([1.0, np.nan, 2.0])))
    2.0
    """
    return _beside_nan(max, -np.inf, arraylike(a), axis, **others)


@explained
@numpys(np.nanmin)
def nanmin(a: Array, axis: Axis = None, **others: Any) -> Array:
    """The smallest entry that is not NaN, and NaN if all are; derivative 0 for a NaN.

    >>> print(nanmin(np.array([1.0, np.nan, 2.0])))
    1.0
    """
    return _beside_nan(min, np.inf, arraylike(a), axis, **others)


def _beside_nan(extreme: Any, worst: float, a: Array, axis: Axis, **others: Any) -> Array:
    if a.dtype.kind != "f":
        return extreme(a, axis=axis, **others)
    missing: Any = _missing(a)
    nothing = missing.all(axis=axis, keepdims=True) & missing  # rows of NaN alone keep it
    return extreme(where(missing & ~nothing, np.asarray(worst, a.dtype), a), axis=axis, **others)


@explained
def cov(
    m: Array, y: Array = None, rowvar: bool = True, bias: bool = False, ddof: int | None = None, *, dtype: Any = None
) -> Array:
    """The covariances of variables in rows (or columns), over n - ddof, where ddof is 1, or 0 if `bias`.

    >>> print(cov(np.array([[1.0, 3.0], [2.0, 6.0]])))
    [[2. 4.]
     [4. 8.]]
    """
    if ddof is not None and ddof != int(ddof):
        raise ValueError(f"cov: expected ddof to be a whole number, got {ddof!r}")
    x = _variables(m, rowvar)
    if y is not None:
        x = concatenate([x, _variables(y, rowvar)], 0)
    x = astype(x, dtype=np.result_type(x.dtype, np.float64) if dtype is None else dtype)
    if not x.shape[0]:
        return matmul(x, transpose(x))
    n = x.shape[1] - (ddof if ddof is not None else 0 if bias else 1)
    off = x - mean(x, axis=1, keepdims=True)
    value = matmul(off, transpose(off)) * (1 / n if n > 0 else np.inf)
    return reshape(value, shape=()) if x.shape[0] == 1 else value


def _variables(m: Array, rowvar: bool) -> Array:
    m = arraylike(m)
    if m.ndim > 2:
        raise ValueError(f"cov: expected variables as the rows of a matrix, got shape {m.shape}")
    return reshape(m, shape=(1, -1)) if m.ndim < 2 else m if rowvar else transpose(m)


@explained
def corrcoef(x: Array, y: Array = None, rowvar: bool = True, *, dtype: Any = None) -> Array:
    """Pearson's correlations of variables in rows (or columns), between -1 and 1: cov_ij / √(cov_ii cov_jj).

    >>> print(corrcoef(np.array([[1.0, 3.0], [6.0, 2.0]])).round(9))
    [[ 1. -1.]
     [-1.  1.]]
    """
    c = cov(x, y, rowvar, dtype=dtype)
    if not c.ndim:
        return c / c
    size = sqrt(c[(np.arange(c.shape[0]),) * 2])
    c = c / reshape(size, shape=(-1, 1)) / reshape(size, shape=(1, -1))
    array = array_of(c)
    return c - (array - np.clip(array, -1, 1))  # what is beyond the bounds is rounding, and no reason to cut the slope
