"""Special functions: sums of exponentials on the scale of logarithms, sinc, x ln y and the error function."""

from __future__ import annotations

import math
from math import comb, factorial

import numpy as np

from autograd.arrays import floating
from autograd.ops.activation import sigmoid
from autograd.ops.elementary import LN2
from autograd.ops.elementwise import clip, exp, log
from autograd.primitive import Array, elementwise
from autograd.selection import where


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
    """x1 - x2, and 0 for equal infinities, but not for other equals: there it has a slope."""
    same = (x1 == x2) & np.isinf(x2)
    return where(same, 0.0, x1 - where(same, 0.0, x2))


logaddexp.defvjp(
    lambda g, out, x1, x2: g * sigmoid(_difference(x1, x2)),
    lambda g, out, x1, x2: g * sigmoid(_difference(x2, x1)),
)


logaddexp2.defvjp(
    lambda g, out, x1, x2: g * sigmoid(LN2 * _difference(x1, x2)),
    lambda g, out, x1, x2: g * sigmoid(LN2 * _difference(x2, x1)),
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
    """x ln y, 0 where x is 0 and y is not NaN; derivatives ln y and x / y, there 0 where they are not finite.

    >>> print(xlogy(0.0, 0.0), xlogy(2.0, 1.0))
    0.0 0.0
    """
    return x * np.log(np.where(np.equal(x, 0) & np.equal(y, y), 1, y))


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
    x = floating(x)
    return np.asarray(_erf(x), getattr(x, "dtype", float))[()]


_erf = np.frompyfunc(math.erf, 1, 1)

erf.defvjp(
    lambda g, out, x: g * _erf_slope(x),
)


def _erf_slope(x: Array) -> Array:
    x = clip(x, -30.0, 30.0)  # e^(-x²) is 0 by then: no overflow in x²
    return 2 / math.sqrt(math.pi) * exp(-x * x)
