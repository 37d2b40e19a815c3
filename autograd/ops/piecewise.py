"""Functions that are given by cases, samples or coefficients: select, interp and polyval, made of the ops above."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from autograd.arguments import arraylike
from autograd.graph import array_of
from autograd.ops.elementwise import astype
from autograd.ops.index import getitem
from autograd.ops.rounding import remainder
from autograd.ops.shape import concatenate
from autograd.primitive import Array
from autograd.selection import where


def select(condlist: Sequence[Array], choicelist: Sequence[Array], default: Array = 0) -> Array:
    """Of the choices the one whose condition holds first, entry by entry, or the default; the others have derivative 0.

    >>> x = np.array([1.0, 2.0, 3.0])
    >>> print(select([x > 2, x > 1], [x, 10 * x]))
    [ 0. 20.  3.]
    """
    if not condlist or len(condlist) != len(choicelist):
        raise ValueError(
            f"select: expected a choice for each condition, got {len(condlist)} conditions, {len(choicelist)} choices"
        )
    chosen = default
    for condition, choice in zip(reversed(condlist), reversed(choicelist), strict=True):
        chosen = where(condition, choice, chosen)
    return chosen


def polyval(p: Array, x: Array) -> Array:
    """The polynomial with coefficients p, that of the highest power first, at x: p_0 xⁿ + ... + p_n.

    >>> print(polyval(np.array([1.0, 0.0, 2.0]), 3.0))
    11.0
    """
    p, x = arraylike(p), arraylike(x)
    value = x * 0
    for k in range(p.shape[0]):
        value = value * x + getitem(p, k)
    return value


def interp(
    x: Array, xp: Array, fp: Array, left: Array | None = None, right: Array | None = None, period: float | None = None
) -> Array:
    """At x the line through the points (xp, fp), xp ascending; `left` and `right` of them the first and last of fp.

    The derivative in x is the slope of the piece, at a point of the one to the right of it, and 0 outside.

    >>> print(interp(np.array([0.5, 2.0]), [0.0, 1.0], [10.0, 20.0]))
    [15. 20.]
    """
    x, xp, fp = (astype(a, dtype=float) for a in map(arraylike, (x, xp, fp)))
    if xp.ndim != 1 or not xp.size or xp.shape != fp.shape:
        raise ValueError(f"interp: expected as many xp as fp, in a row, got shapes {xp.shape} and {fp.shape}")
    if period is not None:
        x, xp = remainder(x, abs(period)), remainder(xp, abs(period))
        order = np.argsort(array_of(xp), kind="stable")
        xp, fp = getitem(xp, order), getitem(fp, order)
        xp = concatenate([xp[-1:] - abs(period), xp, xp[:1] + abs(period)])
        fp = concatenate([fp[-1:], fp, fp[:1]])
        left = right = None
    n, points = xp.size, array_of(xp)
    low = np.clip(np.searchsorted(points, array_of(x), side="right") - 1, 0, max(n - 2, 0))
    high = np.minimum(low + 1, n - 1)
    width = getitem(xp, high) - getitem(xp, low)
    slope = (getitem(fp, high) - getitem(fp, low)) / where(points[high] == points[low], 1.0, width)
    inside = getitem(fp, low) + slope * (x - getitem(xp, low))
    beyond = where(x > points[-1], getitem(fp, -1) if right is None else right, getitem(fp, -1))
    return where(x < points[0], getitem(fp, 0) if left is None else left, where(x >= points[-1], beyond, inside))
