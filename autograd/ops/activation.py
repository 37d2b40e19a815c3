"""Activation functions: elementwise, each with the derivative that the notes (T5) or its paper give."""

from __future__ import annotations

import numpy as np

from autograd.primitive import Array, elementwise
from autograd.selection import keep, where


def _floating(x: Array) -> Array:
    """x, but integers as floats: the negative of an unsigned one would be a large positive one."""
    return x if getattr(x, "dtype", None) is not None and x.dtype.kind == "f" else np.asarray(x, float)[()]


@elementwise
def sigmoid(x: Array) -> Array:
    """σ(x) = 1 / (1 + e⁻ˣ); derivative σ (1 - σ) (note B, B1).

    >>> print(sigmoid(0.0))
    0.5
    """
    x = _floating(x)
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
    return np.maximum(x, np.zeros(x.shape, x.dtype) if isinstance(x, np.ndarray) else 0)  # twice as fast as against 0


relu.defvjp(
    lambda g, out, x: keep(g, out != 0),  # not g * (out > 0): an infinite slope behind, as of sqrt, stops here
)


@elementwise
def leaky_relu(x: Array, *, negative_slope: float = 0.01) -> Array:
    """x above 0, else negative_slope · x; derivative 1 above 0, else negative_slope, also at 0 itself.

    >>> print(leaky_relu(-2.0), leaky_relu(3.0))
    -0.02 3.0
    """
    return np.where(np.greater(x, 0), x, negative_slope * np.asarray(x))


leaky_relu.defvjp(
    lambda g, out, x, negative_slope=0.01: where(x > 0, g, g * negative_slope),
)


@elementwise
def softplus(x: Array) -> Array:
    """ln(1 + eˣ), without overflow; derivative σ(x).

    >>> print(softplus(0.0).round(6))
    0.693147
    """
    x = _floating(x)
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
    x = _floating(x)
    return x * sigmoid(x)


swish.defvjp(
    lambda g, out, x: g * (sigmoid(x) + out * sigmoid(-x)),
)
