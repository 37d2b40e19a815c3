"""The elementary functions: roots, exponentials, logarithms, circular and hyperbolic functions, their inverses."""

from __future__ import annotations

import numpy as np

from autograd.graph import array_of
from autograd.ops.elementwise import exp, power, sqrt
from autograd.primitive import Array, elementwise
from autograd.selection import where

LN2, LN10 = float(np.log(2.0)), float(np.log(10.0))


@elementwise(forward=np.square)
def square(x: Array) -> Array:
    """x²; derivative 2x.

    >>> print(square(3.0))
    9.0
    """


square.defvjp(
    lambda g, out, x: g * (2 * x),
)


@elementwise(forward=np.cbrt)
def cbrt(x: Array) -> Array:
    """The cube root; derivative 1 / (3 ∛x²), which is infinite at 0.

    >>> print(cbrt(8.0))
    2.0
    """


cbrt.defvjp(
    lambda g, out, x: g / 3 / out / out,  # not 3 out²: its slope at 0 is 0, and hides that this one is infinite
)


@elementwise(forward=np.reciprocal)
def reciprocal(x: Array) -> Array:
    """1 / x; derivative -1 / x².

    >>> print(reciprocal(4.0))
    0.25
    """


reciprocal.defvjp(
    lambda g, out, x: -g * (out * out),
)


@elementwise(forward=np.exp2)
def exp2(x: Array) -> Array:
    """2ˣ; derivative 2ˣ ln 2.

    >>> print(exp2(3.0))
    8.0
    """


exp2.defvjp(
    lambda g, out, x: g * (out * LN2),
)


@elementwise(forward=np.expm1)
def expm1(x: Array) -> Array:
    """eˣ - 1, exact for small x; derivative eˣ.

    >>> print(expm1(0.0))
    0.0
    """


expm1.defvjp(
    lambda g, out, x: g * exp(x),
)


@elementwise(forward=np.log2)
def log2(x: Array) -> Array:
    """The logarithm to base 2; derivative 1 / (x ln 2).

    >>> print(log2(8.0))
    3.0
    """


log2.defvjp(
    lambda g, out, x: g / LN2 / x,
)


@elementwise(forward=np.log10)
def log10(x: Array) -> Array:
    """The logarithm to base 10; derivative 1 / (x ln 10).

    >>> print(log10(1000.0).round(9))
    3.0
    """


log10.defvjp(
    lambda g, out, x: g / LN10 / x,  # x ln 10 could overflow
)


@elementwise(forward=np.log1p)
def log1p(x: Array) -> Array:
    """ln(1 + x), exact for small x; derivative 1 / (1 + x).

    >>> print(log1p(0.0))
    0.0
    """


log1p.defvjp(
    lambda g, out, x: g / (1 + x),
)


@elementwise(forward=np.sin)
def sin(x: Array) -> Array:
    """The sine; derivative cos x.

    >>> print(sin(0.0))
    0.0
    """


@elementwise(forward=np.cos)
def cos(x: Array) -> Array:
    """The cosine; derivative -sin x.

    >>> print(cos(0.0))
    1.0
    """


sin.defvjp(
    lambda g, out, x: g * cos(x),
)


cos.defvjp(
    lambda g, out, x: -g * sin(x),
)


@elementwise(forward=np.tan)
def tan(x: Array) -> Array:
    """The tangent; derivative 1 + tan² x.

    >>> print(tan(0.0))
    0.0
    """


tan.defvjp(
    lambda g, out, x: g * (1 + out * out),
)


@elementwise(forward=np.hypot)
def hypot(x1: Array, x2: Array) -> Array:
    """√(x1² + x2²), without overflow; derivatives x1 / out and x2 / out, both 0 at (0, 0).

    >>> print(hypot(3.0, 4.0))
    5.0
    """


@elementwise
def ratio(x1: Array, x2: Array) -> Array:
    """x1 / x2, but 0 where x2 is 0 and ±1 for ∞ / ∞; the derivatives are the quotient's: not finite at 0, no silent 0.

    >>> print(ratio(np.array([1.0, 0.0]), np.array([2.0, 0.0])))
    [0.5 0. ]
    """
    nothing, infinite = np.equal(x2, 0), np.isinf(x1) & np.isinf(x2)
    if not np.any(nothing | infinite):
        return np.divide(x1, x2)  # nearly always
    part = np.where(nothing, 0, np.where(infinite & np.equal(x1, x2), 1, np.where(infinite, -1, x1)))
    return np.divide(part, np.where(nothing | infinite, 1, x2))


ratio.defvjp(
    lambda g, out, x1, x2: g / x2,
    lambda g, out, x1, x2: -g * (out / x2),
)


hypot.defvjp(
    lambda g, out, x1, x2: g * ratio(x1, out),
    lambda g, out, x1, x2: g * ratio(x2, out),
)


@elementwise
def complement(x: Array) -> Array:
    """1 - x², with all its digits near ±1; derivative -2x.

    >>> print(complement(0.5))
    0.75
    """
    return (1 - x) * (1 + x)


complement.defvjp(
    lambda g, out, x: g * (-2 * x),  # of the product it would be a difference, and inf - inf behind a root at ±1
)


@elementwise(forward=np.arcsin)
def arcsin(x: Array) -> Array:
    """The inverse of the sine; derivative 1 / √(1 - x²), infinite at ±1.

    >>> print(arcsin(0.0))
    0.0
    """


arcsin.defvjp(
    lambda g, out, x: g / sqrt(complement(x)),
)


@elementwise(forward=np.arccos)
def arccos(x: Array) -> Array:
    """The inverse of the cosine; derivative -1 / √(1 - x²), infinite at ±1.

    >>> print(arccos(1.0))
    0.0
    """


arccos.defvjp(
    lambda g, out, x: -g / sqrt(complement(x)),
)


@elementwise(forward=np.arctan)
def arctan(x: Array) -> Array:
    """The inverse of the tangent; derivative 1 / (1 + x²).

    >>> print(arctan(0.0))
    0.0
    """


arctan.defvjp(
    lambda g, out, x: g / hypot(1, x) / hypot(1, x),
)


@elementwise(forward=np.arctan2)
def arctan2(x1: Array, x2: Array) -> Array:
    """The angle of the point (x2, x1); derivatives x2 / r² and -x1 / r², both 0 at the origin.

    >>> print(arctan2(1.0, 1.0).round(6))
    0.785398
    """


arctan2.defvjp(
    lambda g, out, x1, x2: g * ratio(ratio(x2, hypot(x1, x2)), hypot(x1, x2)),
    lambda g, out, x1, x2: -g * ratio(ratio(x1, hypot(x1, x2)), hypot(x1, x2)),
)


@elementwise(forward=np.sinh)
def sinh(x: Array) -> Array:
    """The hyperbolic sine; derivative cosh x.

    >>> print(sinh(0.0))
    0.0
    """


@elementwise(forward=np.cosh)
def cosh(x: Array) -> Array:
    """The hyperbolic cosine; derivative sinh x.

    >>> print(cosh(0.0))
    1.0
    """


sinh.defvjp(
    lambda g, out, x: g * cosh(x),
)


cosh.defvjp(
    lambda g, out, x: g * sinh(x),
)


@elementwise(forward=np.arcsinh)
def arcsinh(x: Array) -> Array:
    """The inverse of the hyperbolic sine; derivative 1 / √(1 + x²).

    >>> print(arcsinh(0.0))
    0.0
    """


arcsinh.defvjp(
    lambda g, out, x: g / hypot(1, x),
)


@elementwise(forward=np.arccosh)
def arccosh(x: Array) -> Array:
    """The inverse of the hyperbolic cosine; derivative 1 / √(x² - 1), infinite at 1.

    >>> print(arccosh(1.0))
    0.0
    """


arccosh.defvjp(
    lambda g, out, x: g / sqrt(x - 1) / sqrt(x + 1),
)


@elementwise(forward=np.arctanh)
def arctanh(x: Array) -> Array:
    """The inverse of the hyperbolic tangent; derivative 1 / (1 - x²), infinite at ±1.

    >>> print(arctanh(0.0))
    0.0
    """


arctanh.defvjp(
    lambda g, out, x: g / complement(x),
)


@elementwise(forward=np.float_power)
def float_power(x1: Array, x2: Array) -> Array:
    """x1 ** x2, computed in float64; derivatives as of power.

    >>> print(float_power(2, 3))
    8.0
    """


float_power.defvjp(*power.vjps)  # type: ignore[misc]


@elementwise(forward=np.radians)
def radians(x: Array) -> Array:
    """Degrees as radians: π x / 180.

    >>> print(radians(180.0).round(6))
    3.141593
    """


radians.defvjp(
    lambda g, out, x: radians(g),
)


@elementwise(forward=np.degrees)
def degrees(x: Array) -> Array:
    """Radians as degrees: 180 x / π.

    >>> print(degrees(np.pi))
    180.0
    """


degrees.defvjp(
    lambda g, out, x: degrees(g),
)


deg2rad, rad2deg = radians, degrees  # NumPy's other names


@elementwise(forward=np.copysign)
def copysign(x1: Array, x2: Array) -> Array:
    """|x1| with the sign of x2, also at 0; derivative 1 where x1 has that sign, else -1, and 0 in x2.

    >>> print(copysign(2.0, -0.0))
    -2.0
    """


copysign.defvjp(
    lambda g, out, x1, x2: where(np.signbit(array_of(x1)) == np.signbit(array_of(x2)), g, -g),
    lambda g, out, x1, x2: g * 0,
)
