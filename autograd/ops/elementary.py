"""The elementary functions: roots, exponentials, logarithms, circular and hyperbolic functions, their inverses."""

from __future__ import annotations

import math
from math import comb, factorial

import numpy as np

from autograd.ops.activation import sigmoid
from autograd.ops.elementwise import clip, exp, log, power, sqrt
from autograd.primitive import Array, elementwise
from autograd.selection import keep, where

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
    lambda g, out, x: g / (3 * out * out),
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
    """x1 / x2, but 0 where x2 is 0; there the derivatives are those of the quotient, so not finite: no silent 0.

    >>> print(ratio(np.array([1.0, 0.0]), np.array([2.0, 0.0])))
    [0.5 0. ]
    """
    return np.where(np.equal(x2, 0), 0, np.divide(x1, np.where(np.equal(x2, 0), 1, x2)))


ratio.defvjp(
    lambda g, out, x1, x2: g / x2,
    lambda g, out, x1, x2: -g * (out / x2),
)


hypot.defvjp(
    lambda g, out, x1, x2: g * ratio(x1, out),
    lambda g, out, x1, x2: g * ratio(x2, out),
)


@elementwise(forward=np.arcsin)
def arcsin(x: Array) -> Array:
    """The inverse of the sine; derivative 1 / √(1 - x²), infinite at ±1.

    >>> print(arcsin(0.0))
    0.0
    """


arcsin.defvjp(
    lambda g, out, x: g / sqrt((1 - x) * (1 + x)),
)


@elementwise(forward=np.arccos)
def arccos(x: Array) -> Array:
    """The inverse of the cosine; derivative -1 / √(1 - x²), infinite at ±1.

    >>> print(arccos(1.0))
    0.0
    """


arccos.defvjp(
    lambda g, out, x: -g / sqrt((1 - x) * (1 + x)),
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
    lambda g, out, x: g / (sqrt(x - 1) * sqrt(x + 1)),
)


@elementwise(forward=np.arctanh)
def arctanh(x: Array) -> Array:
    """The inverse of the hyperbolic tangent; derivative 1 / (1 - x²), infinite at ±1.

    >>> print(arctanh(0.0))
    0.0
    """


arctanh.defvjp(
    lambda g, out, x: g / ((1 - x) * (1 + x)),
)


@elementwise(forward=np.float_power)
def float_power(x1: Array, x2: Array) -> Array:
    """x1 ** x2, computed in float64; derivatives as of power.

    >>> print(float_power(2, 3))
    8.0
    """


float_power.defvjp(*power.vjps)  # type: ignore[misc]


@elementwise(forward=np.logaddexp)
def logaddexp(x1: Array, x2: Array) -> Array:
    """ln(e^x1 + e^x2), without overflow; derivatives σ(x1 - x2) and σ(x2 - x1), 1/2 for equal arguments, even infinite.

    >>> print(logaddexp(0.0, 0.0).round(6))
    0.693147
    """


@elementwise(forward=np.logaddexp2)
def logaddexp2(x1: Array, x2: Array) -> Array:
    """log₂(2^x1 + 2^x2); derivatives σ((x1 - x2) ln 2) and σ((x2 - x1) ln 2), 1/2 for equal arguments.

    >>> print(logaddexp2(0.0, 0.0))
    1.0
    """


def _difference(x1: Array, x2: Array) -> Array:
    """x1 - x2, and 0 for equal infinities."""
    return where(x1 == x2, 0.0, x1 - where(x1 == x2, 0.0, x2))


logaddexp.defvjp(
    lambda g, out, x1, x2: g * sigmoid(_difference(x1, x2)),
    lambda g, out, x1, x2: g * sigmoid(_difference(x2, x1)),
)


logaddexp2.defvjp(
    lambda g, out, x1, x2: g * sigmoid(LN2 * _difference(x1, x2)),
    lambda g, out, x1, x2: g * sigmoid(LN2 * _difference(x2, x1)),
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


def _array(x: Array) -> Array:
    return getattr(x, "array", x)


@elementwise(forward=np.remainder)
def remainder(x1: Array, x2: Array) -> Array:
    """What is left of x1 after whole multiples of x2, with the sign of x2; derivatives 1 and -⌊x1 / x2⌋.

    >>> print(remainder(5.0, 3.0))
    2.0
    """


remainder.defvjp(
    lambda g, out, x1, x2: g,
    lambda g, out, x1, x2: -g * np.floor_divide(_array(x1), _array(x2)),
)


@elementwise(forward=np.fmod)
def fmod(x1: Array, x2: Array) -> Array:
    """What is left of x1 after whole multiples of x2, with the sign of x1; derivatives 1 and -trunc(x1 / x2).

    >>> print(fmod(-5.0, 3.0))
    -2.0
    """


fmod.defvjp(
    lambda g, out, x1, x2: g,
    lambda g, out, x1, x2: -g * np.rint((_array(x1) - _array(out)) / _array(x2)),  # x1 / x2 may round up: 1 / 0.1
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


@elementwise(forward=np.nan_to_num)
def nan_to_num(x: Array, *, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None) -> Array:
    """x with numbers for NaN and the infinities; derivative 1 where x is finite, else 0.

    >>> print(nan_to_num(np.array([1.0, np.nan])))
    [1. 0.]
    """


nan_to_num.defvjp(
    lambda g, out, x, **_: keep(g, np.isfinite(x)),
)


@elementwise
def sinc(x: Array) -> Array:
    """sin(πx) / (πx), 1 at 0; derivative (cos(πx) - sinc x) / x, 0 at 0, and right at 0 at every order.

    >>> print(sinc(0.0), sinc(0.5).round(6))
    1.0 0.63662
    """
    return np.sinc(x)


@elementwise
def sinc_derivative(x: Array, *, n: int) -> Array:
    """The n-th derivative of sinc: near 0 by its power series, elsewhere by Leibniz's rule for sin(πx) times 1/(πx).

    >>> print(sinc_derivative(0.0, n=2).round(6))  # -π²/3
    -3.289868
    """
    given, x = x, np.asarray(x, float)
    near = np.abs(x) < 1
    u, far = np.where(near, x, 0) * np.pi, np.where(near, 1, x)
    series = np.zeros_like(u)  # of Σ (-1)ᵏ u²ᵏ / (2k + 1)!, differentiated n times
    for k in range((n + 1) // 2, 20 + n):
        series += (-1) ** k / (factorial(2 * k - n) * (2 * k + 1)) * u ** (2 * k - n)
    whole = np.rint(far)  # taken off before π comes in: a large πx would have lost its phase
    sign, turn = 1 - 2 * np.abs(np.fmod(whole, 2)), np.pi * (far - whole)
    sine, cosine = sign * np.sin(turn), sign * np.cos(turn)
    waves = sine, cosine, -sine, -cosine  # sin(πx) and its derivatives, without their powers of π
    terms = [
        comb(n, k) * np.pi ** (k - 1) * waves[k % 4] * (-1) ** (n - k) * factorial(n - k) * (1 / far) ** (n - k + 1)
        for k in range(n + 1)
    ]
    derivative = np.where(near, series * np.pi**n, np.sum(terms, axis=0))
    return np.asarray(derivative, getattr(given, "dtype", float))[()]


sinc.defvjp(
    lambda g, out, x: g * sinc_derivative(x, n=1),
)
sinc_derivative.defvjp(
    lambda g, out, x, n: g * sinc_derivative(x, n=n + 1),
)


@elementwise
def xlogy(x: Array, y: Array) -> Array:
    """x ln y, 0 where x is 0; derivatives ln y and x / y, 0 where x is 0 and they are not finite.

    >>> print(xlogy(0.0, 0.0), xlogy(2.0, 1.0))
    0.0 0.0
    """
    return x * np.log(np.where(np.equal(x, 0), 1, y))


xlogy.defvjp(
    lambda g, out, x, y: g * log(where((x == 0) & (y <= 0), 1.0, y)),
    lambda g, out, x, y: g * where((x == 0) & (y == 0), 0, x / where((x == 0) & (y == 0), 1.0, y)),
)


@elementwise
def erf(x: Array) -> Array:
    """The error function 2/√π ∫₀ˣ e^(-t²) dt; derivative 2/√π e^(-x²).  Entry by entry, by Python's math.erf.

    >>> print(erf(1.0).round(6))
    0.842701
    """
    x = np.asarray(x)
    return np.asarray(_erf(x), x.dtype if x.dtype.kind == "f" else float)[()]


_erf = np.frompyfunc(math.erf, 1, 1)

erf.defvjp(
    lambda g, out, x: g * _erf_slope(x),
)


def _erf_slope(x: Array) -> Array:
    x = clip(x, -30.0, 30.0)  # e^(-x²) is 0 by then: no overflow in x²
    return 2 / math.sqrt(math.pi) * exp(-x * x)
