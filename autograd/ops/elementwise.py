"""Arithmetic, powers, exp and log, extremes and bounds: each acts on every entry by itself."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.arguments import explained
from autograd.arrays import arraylike
from autograd.graph import array_of
from autograd.primitive import Array, elementwise, primitive
from autograd.selection import keep, where


@elementwise(forward=np.add)
def add(x1: Array, x2: Array) -> Array:
    """x1 + x2; derivatives 1 and 1.

    >>> print(add(1.0, 2.0))
    3.0
    """


add.defvjp(
    lambda g, out, x1, x2: g,
    lambda g, out, x1, x2: g,
)


@elementwise(forward=np.subtract)
def subtract(x1: Array, x2: Array) -> Array:
    """x1 - x2; derivatives 1 and -1.

    >>> print(subtract(1.0, 2.0))
    -1.0
    """


subtract.defvjp(
    lambda g, out, x1, x2: g,
    lambda g, out, x1, x2: -g,
)


@elementwise(forward=np.multiply)
def multiply(x1: Array, x2: Array) -> Array:
    """x1 x2; derivatives x2 and x1.

    >>> print(multiply(2.0, 3.0))
    6.0
    """


multiply.defvjp(
    lambda g, out, x1, x2: g * x2,
    lambda g, out, x1, x2: g * x1,
)


@elementwise(forward=np.divide)
def divide(x1: Array, x2: Array) -> Array:
    """x1 / x2; derivatives 1 / x2 and -x1 / x2².

    >>> print(divide(1.0, 2.0))
    0.5
    """


divide.defvjp(
    lambda g, out, x1, x2: g / x2,
    lambda g, out, x1, x2: -g * (out / x2),
)


@elementwise(forward=np.negative)
def negative(x: Array) -> Array:
    """-x; derivative -1.

    >>> print(negative(2.0))
    -2.0
    """


negative.defvjp(
    lambda g, out, x: -g,
)


@elementwise(forward=np.exp)
def exp(x: Array) -> Array:
    """eˣ; derivative eˣ.

    >>> print(exp(0.0))
    1.0
    """


exp.defvjp(
    lambda g, out, x: g * out,
)


@elementwise(forward=np.log)
def log(x: Array) -> Array:
    """The natural logarithm ln x; derivative 1 / x.

    >>> print(log(1.0))
    0.0
    """


log.defvjp(
    lambda g, out, x: g / x,
)


@elementwise
def power(x1: Array, x2: Array) -> Array:
    """x1 ** x2; derivatives x2 x1 ** (x2 - 1) and x1 ** x2 ln x1; 0 for x1 ** 0 in x1, and for 0 ** x2 in x2, x2 >= 0.

    >>> print(power(2.0, 3.0))
    8.0
    """
    return x1**x2 if type(x2) in (int, float) else np.power(x1, x2)  # the operator knows x**2 and x**0.5


power.defvjp(
    lambda g, out, x1, x2: g * (x2 * x1 ** _one_less(x2, x1)),
    lambda g, out, x1, x2: where((x1 == 0) & (x2 >= 0), 0, g * out * log(where(x1 == 0, _zero_or_one(x2), x1))),
)


def _one_less(exponent: Array, base: Array) -> Array:
    """exponent - 1, but 0 for 0 where 1 / base is not finite, so that the slope 0 x ** -1 of x ** 0 is 0 there too."""
    if type(exponent) in (int, float):  # a Python number keeps float32 what it is, and x ** 2 fast
        return exponent - 1 if exponent else 0
    finite = absolute(base) > 1 / np.finfo(base.dtype).max  # 1 / base, which of NaN is not
    return where((exponent == 0) & np.logical_not(finite), 0, exponent - 1.0)


def _zero_or_one(exponent: Array) -> Array:
    """What stands for a base of 0 inside the logarithm: 1 where the convention sets the slope, else 0 itself."""
    return where(exponent >= 0, 1, 0)


@elementwise(forward=np.sqrt)
def sqrt(x: Array) -> Array:
    """The square root; derivative 1 / (2 √x), which is infinite at 0.

    >>> print(sqrt(9.0))
    3.0
    """


sqrt.defvjp(
    lambda g, out, x: g / (2 * out),
)


@elementwise(forward=np.absolute)
def absolute(x: Array) -> Array:
    """|x|; derivative sign(x), 0 at 0, and NaN at NaN.

    >>> print(absolute(-2.0))
    2.0
    """


absolute.defvjp(
    lambda g, out, x: g * np.sign(array_of(x)),
)
abs = absolute  # NumPy's short name


@elementwise(forward=np.maximum)
def maximum(x1: Array, x2: Array) -> Array:
    """The larger of x1 and x2; derivative 1 for the one taken, 1/2 for each on a tie.

    >>> print(maximum(1.0, 2.0))
    2.0
    """


maximum.defvjp(
    lambda g, out, x1, x2: where(x1 == x2, g * 0.5, keep(g, np.logical_not(x1 < x2))),
    lambda g, out, x1, x2: where(x1 == x2, g * 0.5, keep(g, np.logical_not(x2 < x1))),
)


@elementwise(forward=np.minimum)
def minimum(x1: Array, x2: Array) -> Array:
    """The smaller of x1 and x2; derivative 1 for the one taken, 1/2 for each on a tie.

    >>> print(minimum(1.0, 2.0))
    1.0
    """


minimum.defvjp(
    lambda g, out, x1, x2: where(x1 == x2, g * 0.5, keep(g, np.logical_not(x1 > x2))),
    lambda g, out, x1, x2: where(x1 == x2, g * 0.5, keep(g, np.logical_not(x2 > x1))),
)


@elementwise(forward=np.fmax)
def fmax(x1: Array, x2: Array) -> Array:
    """The larger of x1 and x2, or the one that is not NaN; derivative 1 for the one taken, 1/2 for each on a tie.

    >>> print(fmax(1.0, np.nan))
    1.0
    """


fmax.defvjp(
    lambda g, out, x1, x2: where(x1 == x2, g * 0.5, keep(g, (x1 > x2) | (x2 != x2))),
    lambda g, out, x1, x2: where(x1 == x2, g * 0.5, keep(g, (x2 > x1) | (x1 != x1))),
)


@elementwise(forward=np.fmin)
def fmin(x1: Array, x2: Array) -> Array:
    """The smaller of x1 and x2, or the one that is not NaN; derivative 1 for the one taken, 1/2 for each on a tie.

    >>> print(fmin(1.0, np.nan))
    1.0
    """


fmin.defvjp(
    lambda g, out, x1, x2: where(x1 == x2, g * 0.5, keep(g, (x1 < x2) | (x2 != x2))),
    lambda g, out, x1, x2: where(x1 == x2, g * 0.5, keep(g, (x2 < x1) | (x1 != x1))),
)


@explained
def clip(a: Array, a_min: Array = None, a_max: Array = None, *, min: Array = None, max: Array = None) -> Array:
    """a held between a_min and a_max (None: no bound); derivative 1 inside and at the bounds, else that bound's is 1.

    At a_min = a_max too it is 1 at that one point, though the value is constant there.

    >>> print(clip(5.0, 0.0, 1.0))
    1.0
    """
    if min is not None or max is not None:
        if a_min is not None or a_max is not None:
            raise TypeError("clip: expected bounds as a_min and a_max, or as min and max; got some of both")
        a_min, a_max = min, max
    return _clip(a, a_min, a_max)


@elementwise
def _clip(a: Array, a_min: Array = None, a_max: Array = None) -> Array:
    return np.clip(a, a_min, a_max)


def _bounds(a_min: Array, a_max: Array) -> tuple[Array, Array]:
    return -np.inf if a_min is None else a_min, np.inf if a_max is None else a_max


def _clip_a(g: Array, out: Array, a: Array, a_min: Array = None, a_max: Array = None) -> Array:
    low, high = _bounds(a_min, a_max)
    return keep(g, np.logical_not((a < low) | (a > high)))  # of NaN too: it reached the value


def _clip_min(g: Array, out: Array, a: Array, a_min: Array = None, a_max: Array = None) -> Array:
    low, high = _bounds(a_min, a_max)
    return keep(g, (a < low) & (low <= high))


def _clip_max(g: Array, out: Array, a: Array, a_min: Array = None, a_max: Array = None) -> Array:
    low, high = _bounds(a_min, a_max)
    return keep(g, (a > high) | (low > high))


_clip.defvjp(_clip_a, _clip_min, _clip_max)


@elementwise
def nan_to_num(
    x: Array, *, copy: bool = True, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None
) -> Array:
    """x with numbers for NaN and the infinities; derivative 1 where x is finite, else 0.

    >>> print(nan_to_num(np.array([1.0, np.nan])))
    [1. 0.]
    """
    if copy is not True:
        raise ValueError(f"nan_to_num: copy: expected True, as every result is a new array, got {copy!r}")
    return np.nan_to_num(x, nan=nan, posinf=posinf, neginf=neginf)


nan_to_num.defvjp(
    lambda g, out, x, **_: keep(g, np.isfinite(x)),
)


@primitive(moves=True)
def astype(x: Array, *, dtype: Any) -> Array:
    """x with entries of another dtype; the cotangent flows back in the dtype of x, and none from integers.

    >>> print(astype(np.array([1.7]), int))
    [1]
    """
    return x.astype(dtype)


astype.defvjp(
    lambda g, out, x, dtype: g.astype(x.dtype),
)


def cast(op: str, x: Array, dtype: Any, casting: Any = "same_kind") -> Array:
    """x in another dtype, where NumPy's rule `casting` allows it; TypeError in the name of op where it does not."""
    x = arraylike(x)
    if np.dtype(dtype).kind not in "fiub":
        raise TypeError(f"{op}: expected a dtype of real numbers, got dtype={np.dtype(dtype)}")
    if not np.can_cast(x.dtype, dtype, casting):
        raise TypeError(
            f"{op}: {x.dtype} cannot be cast to dtype={np.dtype(dtype)} with casting={casting!r}: use astype before"
        )
    return x if x.dtype == dtype else astype(x, dtype=dtype)
