"""Functions that are given by cases, samples or coefficients: select, interp, polyval and what else is made of them."""

from __future__ import annotations

from collections.abc import Sequence
from operator import index
from typing import Any

import numpy as np

from autograd.arguments import explained
from autograd.arrays import Vectors, arraylike, axes_of
from autograd.graph import array_of
from autograd.ops.elementwise import astype
from autograd.ops.index import getitem
from autograd.ops.rearrange import moveaxis
from autograd.ops.reduction import truths
from autograd.ops.rounding import remainder
from autograd.ops.sequences import diff
from autograd.ops.shape import concatenate, reshape, stack
from autograd.primitive import Array
from autograd.selection import where


@explained
def select(condlist: Sequence[Array], choicelist: Sequence[Array], default: Array = 0) -> Array:
    """Of the choices the one whose condition holds first, entry by entry, or the default; the others have derivative 0.

    >>> x = np.array([1.0, 2.0, 3.0])
    >>> print(select([x > 2, x > 1], [x, 10 * x]))
    [ 0. 20.  3.]
    """
    if not condlist or len(condlist) != len(choicelist):
        raise ValueError(
            f"select: expected a choice for each condition, got {len(condlist)} in condlist and {len(choicelist)} "
            "in choicelist"
        )
    for k, condition in enumerate(condlist):
        truths(f"select: condlist[{k}]", condition)
    chosen = default
    for condition, choice in zip(reversed(condlist), reversed(choicelist), strict=True):
        chosen = where(condition, choice, chosen)
    return chosen


@explained
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


@explained
def vander(x: Array, N: int | None = None, increasing: bool = False) -> Array:
    """Vandermonde's matrix: the powers of x as its columns, the highest first, or the lowest if `increasing`.

    >>> print(vander(np.array([2.0, 3.0])))
    [[2. 1.]
     [3. 1.]]
    """
    x = arraylike(x)
    if x.ndim != 1:
        raise ValueError(f"vander: expected a vector, got shape {x.shape}")
    x = astype(x, dtype=np.promote_types(x.dtype, int))
    n = x.size if N is None else index(N)
    if n < 0:
        raise ValueError(f"vander: expected N of 0 or more, got {N}")
    np.empty((x.size, n), x.dtype)  # raises for more than there can be, before anything is computed
    powers = [np.ones(x.shape, x.dtype)]
    for _ in range(n - 1):
        powers.append(powers[-1] * x)
    return stack([x, *(powers if increasing else powers[::-1])], 1)[:, 1:] if n else x[:, None][:, :0]


@explained
def gradient(f: Vectors, *varargs: Array, axis: Any = None, edge_order: int = 1) -> Any:
    """The slopes of samples along each axis, from parabolas through three of them; `varargs` how far apart or where.

    At the ends from two samples, or from three with edge_order 2.

    >>> print(gradient(np.array([1.0, 2.0, 4.0, 7.0])))
    [1.  1.5 2.5 3. ]
    """
    f = arraylike(f)
    axes = axes_of(axis, f.ndim)
    steps = list(map(arraylike, varargs or (1.0,)))
    if len(steps) == 1 and not steps[0].ndim:
        steps *= len(axes)
    if len(steps) != len(axes):
        raise TypeError(f"gradient: expected one distance, or one for each axis of {axes}, got {len(steps)}")
    if edge_order not in (1, 2):
        raise ValueError(f"gradient: expected edge_order 1 or 2, got {edge_order}")
    f = f if f.dtype.kind == "f" else astype(f, dtype=float)
    slopes = tuple(_slopes(f, x, k, edge_order) for x, k in zip(steps, axes, strict=True))
    return slopes[0] if len(slopes) == 1 else slopes


def _slopes(f: Array, x: Array, axis: int, edge_order: int) -> Array:
    n, dtype = f.shape[axis], f.dtype
    if n <= edge_order:
        raise ValueError(f"gradient: expected {edge_order + 1} samples or more along axis {axis}, got {n}")
    if x.shape not in ((), (n,)):
        raise ValueError(f"gradient: expected a distance, or {n} places along axis {axis}, got shape {x.shape}")
    f = moveaxis(f, axis, 0)
    h = diff(astype(x, dtype=np.result_type(x.dtype, dtype))) if x.ndim else x * np.ones(n - 1, dtype)
    h = reshape(h, shape=(-1, *(1,) * (f.ndim - 1)))
    s = diff(f, axis=0) / h
    inside = (s[:-1] * h[1:] + s[1:] * h[:-1]) / (h[:-1] + h[1:])
    first, last = s[:1], s[-1:]
    if edge_order == 2:
        first = first + (s[:1] - s[1:2]) * (h[:1] / (h[:1] + h[1:2]))
        last = last + (s[-1:] - s[-2:-1]) * (h[-1:] / (h[-1:] + h[-2:-1]))
    return astype(moveaxis(concatenate([first, inside, last]), 0, axis), dtype=dtype)


@explained
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
        if not period:
            raise ValueError(f"interp: expected a period that is not 0, got {period!r}")
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
