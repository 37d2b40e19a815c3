"""Activation functions: elementwise, each with the derivative that the notes (T5) or its paper give."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd.arrays import floating, plain
from autograd.ops.elementwise import clip, exp, minimum
from autograd.primitive import Array, elementwise
from autograd.selection import keep, where

FAR = 800.0  # there every tail is 0 or 1 to the last bit: factors held within it make no 0 · ∞ and do not overflow


@elementwise
def sigmoid(x: Array) -> Array:
    """σ(x) = 1 / (1 + e⁻ˣ); derivative σ (1 - σ) (note B, B1).

    >>> print(sigmoid(0.0))
    0.5
    """
    x = floating(x)
    e = np.exp(-np.abs(x))  # never above 1: no overflow, and full accuracy in both tails
    return np.maximum(e, np.greater_equal(x, 0)) / (1 + e)  # e / (1 + e) below 0, else 1 / (1 + e)


sigmoid.defvjp(
    lambda g, out, x: g * (out * (1 - out)),
)


@elementwise(forward=np.tanh)
def tanh(x: Array) -> Array:
    """The hyperbolic tangent; derivative 1 - tanh² x.

    >>> print(tanh(0.0))
    0.0
    """


tanh.defvjp(
    lambda g, out, x: g * (1 - out * out),
)


@elementwise
def relu(x: Array) -> Array:
    """max(x, 0); derivative 1 above 0, else 0, also at 0 itself (Bertoin et al. 2021: the choice that trains best).

    >>> print(relu(-2.0), relu(3.0))
    0.0 3.0
    """
    if not hasattr(x, "shape"):
        return np.maximum(x, 0)
    zeros = np.zeros(x.shape, x.dtype) if x.flags.c_contiguous else np.zeros_like(x)  # in the memory layout of x
    return np.maximum(x, zeros)  # twice as fast as against 0


relu.defvjp(
    lambda g, out, x: keep(g, out != 0),  # not g * (out > 0): an infinite slope behind, as of sqrt, stops here
)


def constant(name: str, x: Any) -> None:
    """Raises TypeError for what is no real number."""
    if type(x) is not float:
        plain(x, name)


@elementwise
def leaky_relu(x: Array, *, negative_slope: float = 0.01) -> Array:
    """x above 0, else negative_slope · x; derivative 1 above 0, else negative_slope, also at 0 itself.

    >>> print(leaky_relu(-2.0), leaky_relu(3.0))
    -0.02 3.0
    """
    constant("leaky_relu: negative_slope", negative_slope)
    return np.where(np.greater(x, 0), x, np.multiply(negative_slope, x))


leaky_relu.defvjp(
    lambda g, out, x, negative_slope: where(x > 0, g, g * negative_slope),
)


@elementwise
def softplus(x: Array) -> Array:
    """ln(1 + eˣ), without overflow; derivative σ(x).

    >>> print(softplus(0.0).round(6))
    0.693147
    """
    x = floating(x)
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


softplus.defvjp(
    lambda g, out, x: g * sigmoid(x),
)


@elementwise
def swish(x: Array) -> Array:
    """x σ(x), also known as SiLU; derivative σ + x σ (1 - σ) (Ramachandran et al. 2017).

    >>> print(swish(0.0))
    0.0
    """
    x = floating(x)
    return np.maximum(x, -FAR) * sigmoid(x)


swish.defvjp(
    lambda g, out, x: g * (sigmoid(x) + minimum(out, FAR) * sigmoid(-x)),
)


@elementwise
def log_sigmoid(x: Array) -> Array:
    """ln σ(x) = -softplus(-x), without overflow; derivative σ(-x).

    >>> print(log_sigmoid(0.0).round(6))
    -0.693147
    """
    return -softplus(-floating(x))


log_sigmoid.defvjp(
    lambda g, out, x: g * sigmoid(-x),
)


@elementwise
def elu(x: Array, *, alpha: float = 1.0) -> Array:
    """x above 0, else alpha (eˣ - 1); derivative 1 above 0, else alpha eˣ (Clevert et al. 2016); the second one 0 at 0.

    >>> print(elu(2.0), elu(0.0))
    2.0 0.0
    """
    constant("elu: alpha", alpha)
    x = floating(x)
    return np.where(np.greater(x, 0), x, alpha * np.expm1(np.minimum(x, 0)))[()]


elu.defvjp(
    lambda g, out, x, alpha: where(x > 0, g, g * (alpha * exp(where(x >= 0, 0, x)))),
)

SELU_ALPHA, SELU_SCALE = 1.6732632423543772, 1.0507009873554805  # of the fixed point with mean 0 and variance 1


@elementwise
def selu(x: Array) -> Array:
    """1.0507 elu(x, alpha=1.6733): keeps mean 0 and variance 1 (Klambauer et al. 2017); derivative as of elu.

    >>> print(selu(1.0).round(6))
    1.050701
    """
    return SELU_SCALE * elu(x, alpha=SELU_ALPHA)


selu.defvjp(
    lambda g, out, x: SELU_SCALE * where(x > 0, g, g * (SELU_ALPHA * exp(where(x >= 0, 0, x)))),
)


@elementwise
def mish(x: Array) -> Array:
    """x tanh(softplus(x)); derivative t + x (1 - t²) σ(x), t the tanh (Misra 2019).

    >>> print(mish(0.0))
    0.0
    """
    x = floating(x)
    return np.maximum(x, -FAR) * np.tanh(softplus(x))


mish.defvjp(
    lambda g, out, x: g * (tanh(softplus(x)) + clip(x, -FAR, FAR) * (1 - tanh(softplus(x)) ** 2) * sigmoid(x)),
)


@elementwise
def hard_tanh(x: Array) -> Array:
    """x held between -1 and 1; derivative 1 inside, 0 outside and at ±1.

    >>> print(hard_tanh(3.0))
    1.0
    """
    return np.clip(x, -1.0, 1.0)


hard_tanh.defvjp(
    lambda g, out, x: keep(g, np.logical_not((x <= -1) | (x >= 1))),
)


@elementwise
def gelu(x: Array, *, approximate: str = "none") -> Array:
    """x Φ(x), Φ the normal distribution function; derivative Φ + x φ; "tanh": the paper's approximation of it.

    >>> print(gelu(1.0).round(6), gelu(1.0, approximate="tanh").round(6))
    0.841345 0.841192
    """
    if approximate == "tanh":
        s = sigmoid(_gelu_logit(x))  # (1 + tanh u) / 2 is σ(2u), which has its digits in the tail too
        return np.maximum(x, -FAR) * s
    if approximate != "none":
        raise ValueError(f"gelu: expected approximate='none' or 'tanh', got {approximate!r}")
    return np.maximum(x, -FAR) * normal(x)


@elementwise
def normal(x: Array) -> Array:
    """Φ(x), the distribution function of the standard normal; derivative φ(x) = e^(-x²/2) / √(2π).

    >>> print(normal(0.0))
    0.5
    """
    x = floating(x)
    return np.asarray(0.5 * _erfc(x * -math.sqrt(0.5)), getattr(x, "dtype", float))[()]


_erfc = np.frompyfunc(math.erfc, 1, 1)
ROOT_2_OVER_PI = math.sqrt(2 / math.pi)


def _gelu_logit(x: Array) -> Array:
    x = clip(x, -FAR, FAR)
    return 2 * ROOT_2_OVER_PI * (x + 0.044715 * x * x * x)


def _gelu_tanh_slope(x: Array) -> Array:
    s, near = sigmoid(_gelu_logit(x)), clip(x, -FAR, FAR)
    return s + near * (s * (1 - s) * (2 * ROOT_2_OVER_PI * (1 + 0.134145 * near * near)))


normal.defvjp(
    lambda g, out, x: g * _density(x),
)
gelu.defvjp(
    lambda g, out, x, approximate: (
        g * (normal(x) + clip(x, -FAR, FAR) * _density(x)) if approximate == "none" else g * _gelu_tanh_slope(x)
    ),
)


def _density(x: Array) -> Array:
    x = clip(x, -FAR, FAR)
    return exp(-0.5 * x * x) * (1 / math.sqrt(2 * math.pi))
