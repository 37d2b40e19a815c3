"""Matrix products, and the linear map of a dense layer."""

from __future__ import annotations

from math import prod

import numpy as np

from autograd.ops.reduce import ones
from autograd.ops.shape import sum_to
from autograd.primitive import Array, fused, primitive


@primitive
def matmul(x1: Array, x2: Array) -> Array:
    """The matrix product x1 x2, of vectors, matrices or stacks of matrices; vjps g x2ᵀ and x1ᵀ g.

    >>> print(matmul(np.array([[1.0, 2.0]]), np.array([[3.0], [4.0]])))
    [[11.]]
    """
    return x1.dot(x2) if x1.ndim == x2.ndim == 2 else np.matmul(x1, x2)  # for matrices, dot is the shorter way to BLAS


matmul.defvjp(
    lambda g, out, x1, x2: g.dot(x2.T) if x1.ndim == x2.ndim == 2 else _first_factor(g, x1, x2),
    lambda g, out, x1, x2: x1.T.dot(g) if x1.ndim == x2.ndim == 2 else _second_factor(g, x1, x2),
)


def _first_factor(g: Array, x1: Array, x2: Array) -> Array:
    g, _, b = _as_matrices(g, x1, x2)
    return sum_to(matmul(g, b.swapaxes(-1, -2)), shape=(1, *x1.shape) if x1.ndim == 1 else x1.shape).reshape(x1.shape)


def _second_factor(g: Array, x1: Array, x2: Array) -> Array:
    g, a, _ = _as_matrices(g, x1, x2)
    return sum_to(matmul(a.swapaxes(-1, -2), g), shape=(*x2.shape, 1) if x2.ndim == 1 else x2.shape).reshape(x2.shape)


def _as_matrices(g: Array, x1: Array, x2: Array) -> tuple[Array, Array, Array]:
    """The factors with a vector as a row (on the left) or a column (on the right), and g as of their product."""
    a = x1.reshape((1, *x1.shape)) if x1.ndim == 1 else x1
    b = x2.reshape((*x2.shape, 1)) if x2.ndim == 1 else x2
    lead = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    return g.reshape((*lead, a.shape[-2], b.shape[-1])), a, b


@fused(lambda x, weight, bias=None: matmul(x, weight.T) if bias is None else matmul(x, weight.T) + bias)
def linear(x: Array, weight: Array, bias: Array = None) -> Array:
    """x Wᵀ + b, samples in the rows of x; vjps g W, gᵀ x and the sum of g over the samples (notes A and D: A1, D7).

    >>> print(linear(np.array([[1.0, 2.0]]), np.array([[3.0, 4.0]]), np.array([5.0])))
    [[16.]]
    """
    if x.shape[-1:] != weight.shape[1:]:
        hint = "; samples are rows: write x[:, None] for samples of one number" if x.ndim == 1 else ""
        raise ValueError(
            f"linear: expected x (..., in) and a weight (out, in), got x {x.shape}, weight {weight.shape}{hint}"
        )
    z = x.dot(weight.T)
    if bias is None:
        return z
    if bias.shape != weight.shape[:1]:
        raise ValueError(f"linear: expected a bias {weight.shape[:1]} for the weight {weight.shape}, got {bias.shape}")
    return np.add(z, bias, z) if z.dtype == bias.dtype else z + bias  # z is new, and may be written to


linear.defvjp(
    lambda g, out, x, weight, bias=None: g.dot(weight),
    lambda g, out, x, weight, bias=None: _rows(x).T.dot(_rows(g)).T,  # in the memory layout of the weight
    lambda g, out, x, weight, bias=None: _rows(g).T.dot(ones(_rows(g).shape[0], g.dtype)),
)


def _rows(x: Array) -> Array:
    """x as a matrix with one sample a row."""
    return x if x.ndim == 2 else x.reshape((prod(x.shape[:-1]), x.shape[-1]))
