"""What rounds, and what rounding leaves over: constant between its jumps, or with a constant slope."""

from __future__ import annotations

import numpy as np

from autograd.graph import array_of
from autograd.primitive import Array, elementwise
from autograd.selection import keep, where


@elementwise(forward=np.remainder)
def remainder(x1: Array, x2: Array) -> Array:
    """What is left of x1 after whole multiples of x2, with the sign of x2; derivatives 1 and -⌊x1 / x2⌋.

    >>> print(remainder(5.0, 3.0))
    2.0
    """


remainder.defvjp(
    lambda g, out, x1, x2: g,
    lambda g, out, x1, x2: -g * np.floor_divide(array_of(x1), array_of(x2)),
)


@elementwise(forward=np.fmod)
def fmod(x1: Array, x2: Array) -> Array:
    """What is left of x1 after whole multiples of x2, with the sign of x1; derivatives 1 and -trunc(x1 / x2).

    Of x2 = 0 the value is NaN, the derivative in x1 is 1 all the same, and that in x2 is NaN.

    >>> print(fmod(-5.0, 3.0))
    -2.0
    """


fmod.defvjp(
    lambda g, out, x1, x2: g,
    lambda g, out, x1, x2: -g * np.rint((array_of(x1) - array_of(out)) / array_of(x2)),  # x1 / x2 may round up: 1 / 0.1
)


@elementwise(forward=np.sign)
def sign(x: Array) -> Array:
    """The sign, -1, 0 or 1; derivative 0.

    >>> print(sign(-2.0))
    -1.0
    """


sign.defvjp(
    lambda g, out, x: where(False, g, 0),
)


@elementwise(forward=np.floor)
def floor(x: Array) -> Array:
    """The largest whole number below or at x; derivative 0.

    >>> print(floor(1.5))
    1.0
    """


floor.defvjp(
    lambda g, out, x: where(False, g, 0),
)


@elementwise(forward=np.ceil)
def ceil(x: Array) -> Array:
    """The smallest whole number above or at x; derivative 0.

    >>> print(ceil(1.5))
    2.0
    """


ceil.defvjp(
    lambda g, out, x: where(False, g, 0),
)


@elementwise(forward=np.trunc)
def trunc(x: Array) -> Array:
    """x without its fraction; derivative 0.

    >>> print(trunc(-1.5))
    -1.0
    """


trunc.defvjp(
    lambda g, out, x: where(False, g, 0),
)


@elementwise(forward=np.rint)
def rint(x: Array) -> Array:
    """The nearest whole number, the even one of two; derivative 0.

    >>> print(rint(2.5))
    2.0
    """


rint.defvjp(
    lambda g, out, x: where(False, g, 0),
)


@elementwise(forward=np.round)
def round(a: Array, *, decimals: int = 0) -> Array:
    """a to a number of decimals, halves to the even one; derivative 0.

    >>> print(round(1.26, decimals=1))
    1.3
    """


round.defvjp(
    lambda g, out, a, decimals: where(False, g, 0),
)


@elementwise(forward=np.heaviside)
def heaviside(x1: Array, x2: Array) -> Array:
    """0 below 0, 1 above it and x2 at 0; derivative 0, and 1 in x2 where it is taken.

    >>> print(heaviside(np.array([-1.0, 0.0, 2.0]), 0.5))
    [0.  0.5 1. ]
    """


heaviside.defvjp(
    lambda g, out, x1, x2: where(False, g, 0),
    lambda g, out, x1, x2: keep(g, x1 == 0),
)
