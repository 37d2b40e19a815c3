"""The same entries in another shape.  Linear maps come in adjoint pairs: each is the vjp of the other."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import Any

import numpy as np

from autograd.arguments import explained
from autograd.arrays import arraylike, axes_of, axis_of
from autograd.backprop import unbroadcast
from autograd.graph import array_of
from autograd.ops.elementwise import astype, cast
from autograd.primitive import Array, primitive


def reshape(a: Array, shape: int | Sequence[int] | None, order: str = "C", *, copy: bool | None = None) -> Array:
    """The entries of a in another shape, read and laid down in C order, or in "F" order, the first axis fastest.

    >>> print(reshape(np.arange(4), (2, 2)))
    [[0 1]
     [2 3]]
    """
    if shape is None:  # which NumPy takes for the shape that it has
        shape, order = np.shape(array_of(a)), "C"
    if order != "C" or copy is not None:
        return _reshaped(arraylike(a), shape, order, copy)
    return _reshape(a, shape=shape)


@primitive(moves=True)
def _reshape(a: Array, *, shape: int | Sequence[int]) -> Array:
    return a.reshape(shape)


_reshape.defvjp(
    lambda g, out, a, shape: g.reshape(a.shape),
)


def _reshaped(a: Array, shape: int | Sequence[int], order: Any, copy: bool | None) -> Array:
    array: Array = array_of(a)
    if order not in ("C", "F", "A"):
        raise ValueError(f"reshape: expected order 'C', 'F' or 'A', got {order!r}")
    if copy not in (None, True, False):
        raise ValueError(f"reshape: expected copy True, False or None, got {copy!r}")
    if copy is False and not np.may_share_memory(array, array.reshape(shape, order=order)):
        raise ValueError(f"reshape: {np.shape(a)} to {shape} in order {order} needs a copy: leave copy=False out")
    if order == "F" or (order == "A" and array.flags.f_contiguous and not array.flags.c_contiguous):
        a = transpose(_reshape(transpose(a), shape=np.atleast_1d(shape).tolist()[::-1]))
    else:
        a = _reshape(a, shape=shape)
    return astype(a, dtype=a.dtype) if copy else a


@primitive(moves=True)
def transpose(a: Array, *, axes: Sequence[int] | None = None) -> Array:
    """a with its axes reversed, or in the order given.

    >>> print(transpose(np.ones((2, 3))).shape)
    (3, 2)
    """
    return a.transpose(axes)


transpose.defvjp(
    lambda g, out, a, axes: transpose(g, axes=None if axes is None else _inverse(axes, a.ndim)),
)


def _inverse(axes: int | Sequence[int], ndim: int) -> tuple[int, ...]:
    return tuple(np.argsort(axes_of(axes, ndim)).tolist())


@primitive(moves=True)
def swapaxes(a: Array, *, axis1: int, axis2: int) -> Array:
    """a with two axes exchanged.

    >>> print(swapaxes(np.ones((2, 3, 4)), 0, 2).shape)
    (4, 3, 2)
    """
    return a.swapaxes(axis1, axis2)


swapaxes.defvjp(
    lambda g, out, a, axis1, axis2: g.swapaxes(axis1, axis2),
)


@primitive(forward=np.expand_dims, moves=True)
def expand_dims(a: Array, *, axis: int | Sequence[int]) -> Array:
    """a with an axis of length 1 put in at `axis`.

    >>> print(expand_dims(np.ones(3), 0).shape)
    (1, 3)
    """


expand_dims.defvjp(
    lambda g, out, a, axis: g.reshape(a.shape),
)


@primitive(forward=np.squeeze, moves=True)
def squeeze(a: Array, *, axis: int | Sequence[int] | None = None) -> Array:
    """a without its axes of length 1, or without the given ones.

    >>> print(squeeze(np.ones((1, 3))).shape)
    (3,)
    """


squeeze.defvjp(
    lambda g, out, a, axis: g.reshape(a.shape),
)


@primitive(forward=np.broadcast_to, moves=True)
def broadcast_to(array: Array, *, shape: int | Sequence[int]) -> Array:
    """The array repeated, without copying, to a shape that it broadcasts to; the adjoint of sum_to.

    >>> print(broadcast_to(np.array([1, 2]), (2, 2)))
    [[1 2]
     [1 2]]
    """


@primitive(moves=True)
def sum_to(a: Array, *, shape: Sequence[int]) -> Array:
    """a summed over the axes along which broadcasting would repeat an array of `shape`; the adjoint of broadcast_to.

    >>> print(sum_to(np.ones((2, 3)), (3,)))
    [2. 2. 2.]
    """
    total = unbroadcast(a, shape)
    if total.shape != tuple(shape):
        raise ValueError(f"an array of shape {tuple(shape)} does not broadcast to {a.shape}")
    return total


broadcast_to.defvjp(
    lambda g, out, array, shape: sum_to(g, shape=array.shape),
)
sum_to.defvjp(
    lambda g, out, a, shape: broadcast_to(g, shape=a.shape),
)


def _in_one_dtype(op: str, arrays: Sequence[Array], dtype: Any, casting: Any) -> Sequence[Array]:
    """The arrays in the dtype that is asked for, or that they have in common."""
    if dtype is None and casting == "same_kind":
        return arrays  # as they will be anyway
    arrays = [arraylike(a) for a in arrays]
    to = np.result_type(*(a.dtype for a in arrays)) if dtype is None else dtype
    return [cast(op, a, to, casting) for a in arrays]


@explained
def concatenate(
    arrays: Sequence[Array], axis: int | None = 0, *, dtype: Any = None, casting: str = "same_kind"
) -> Array:
    """The arrays one after the other along an axis; the cotangent is cut into the same pieces.

    >>> print(concatenate([np.ones(2), np.zeros(1)]))
    [1. 1. 0.]
    """
    arrays = _in_one_dtype("concatenate", [arraylike(a) for a in arrays], dtype, casting)
    if axis is None:
        arrays, axis = [reshape(a, shape=-1) for a in arrays], 0
    axis = axis_of(axis, arrays[0].ndim)
    ends = tuple(accumulate(a.shape[axis] for a in arrays if a.ndim > axis))
    return _concatenate(*arrays, axis=axis, ends=ends)


@primitive(moves=True)
def _concatenate(*arrays: Array, axis: int, ends: tuple[int, ...]) -> Array:
    return np.concatenate(arrays, axis)


def _piece(i: int, g: Array, out: Array, *arrays: Array, axis: int, ends: tuple[int, ...]) -> Array:
    piece = slice(ends[i - 1] if i else 0, ends[i])
    return g[(slice(None),) * axis_of(axis, g.ndim) + (piece,)]


_concatenate.defvjp_each(_piece)


@explained
def stack(arrays: Sequence[Array], axis: int = 0, *, dtype: Any = None, casting: str = "same_kind") -> Array:
    """The arrays, all of one shape, along a new axis; lists with Tensors in them, also nested ones, are stacked first.

    >>> print(stack([np.ones(2), np.zeros(2)]))
    [[1. 1.]
     [0. 0.]]
    """
    return _stack(*_in_one_dtype("stack", arrays, dtype, casting), axis=axis)


@primitive(moves=True)
def _stack(*arrays: Array, axis: int) -> Array:
    return np.stack(arrays, axis)


_stack.defvjp_each(lambda i, g, out, *arrays, axis: g[(slice(None),) * axis_of(axis, g.ndim) + (i,)])
