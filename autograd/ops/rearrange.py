"""Rearrangements under NumPy's names, made of the ops above: they need no rules of their own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd.arguments import arraylike, numpys
from autograd.graph import Value, array_of
from autograd.ops.elementwise import multiply
from autograd.ops.index import getitem, scatter_add
from autograd.ops.reduce import sum
from autograd.ops.shape import broadcast_to, expand_dims, reshape, swapaxes, transpose
from autograd.primitive import Array
from autograd.selection import where


def ravel(a: Array, order: str = "C") -> Array:
    """The entries in one row, in C order, or in "F" order, the first axis fastest.

    >>> print(ravel(np.eye(2)))
    [1. 0. 0. 1.]
    """
    return reshape(a, -1, order)


def copy(a: Array, order: str = "K") -> Array:
    """A new array with the same entries, laid down in memory as of itself: `order` says nothing of the values.

    >>> print(copy(np.ones(2)))
    [1. 1.]
    """
    a = arraylike(a)
    return multiply(a, 1) if a.dtype.kind == "f" else a.astype(a.dtype)


def moveaxis(a: Array, source: int | Sequence[int], destination: int | Sequence[int]) -> Array:
    """a with some axes moved to other places, the others in order.

    >>> moveaxis(np.ones((2, 3, 4)), 0, -1).shape
    (3, 4, 2)
    """
    a = arraylike(a)
    order = np.moveaxis(np.broadcast_to(0, a.shape), source, destination).shape  # complains about what does not fit
    moved = [k % a.ndim for k in np.atleast_1d(source).tolist()]
    axes = [k for k in range(a.ndim) if k not in moved]
    for place, axis in sorted(zip((k % a.ndim for k in np.atleast_1d(destination).tolist()), moved, strict=True)):
        axes.insert(place, axis)
    assert tuple(a.shape[k] for k in axes) == order
    return transpose(a, axes=axes)


def flip(a: Array, axis: int | Sequence[int] | None = None) -> Array:
    """a with the order of entries reversed along some or all axes.

    >>> print(flip(np.array([1, 2, 3])))
    [3 2 1]
    """
    a = arraylike(a)
    axes = range(a.ndim) if axis is None else {k % a.ndim for k in np.atleast_1d(axis).tolist()}
    return getitem(a, tuple(slice(None, None, -1) if k in axes else slice(None) for k in range(a.ndim)))


def roll(a: Array, shift: int | Sequence[int], axis: int | Sequence[int] | None = None) -> Array:
    """a with entries shifted along an axis, those that fall off the end put at the start.

    >>> print(roll(np.array([1, 2, 3]), 1))
    [3 1 2]
    """
    a = arraylike(a)
    return reshape(ravel(a)[np.roll(np.arange(a.size).reshape(a.shape), shift, axis).ravel()], shape=a.shape)


def fliplr(m: Array) -> Array:
    """m with its columns in reverse order.

    >>> print(fliplr(np.array([[1, 2], [3, 4]])))
    [[2 1]
     [4 3]]
    """
    return flip(m, 1)


def flipud(m: Array) -> Array:
    """m with its rows in reverse order.

    >>> print(flipud(np.array([[1, 2], [3, 4]])))
    [[3 4]
     [1 2]]
    """
    return flip(m, 0)


def matrix_transpose(x: Array) -> Array:
    """A matrix, or each in a stack, with rows and columns exchanged.

    >>> matrix_transpose(np.ones((5, 2, 3))).shape
    (5, 3, 2)
    """
    return swapaxes(x, axis1=-1, axis2=-2)


def rot90(a: Array, k: int = 1, axes: Sequence[int] = (0, 1)) -> Array:
    """a turned by k right angles in the plane of two axes, from the first towards the second.

    >>> print(rot90(np.array([[1, 2], [3, 4]])))
    [[2 4]
     [1 3]]
    """
    return _picked(a, lambda places: np.rot90(places, k, (axes[0], axes[1])))


def tile(a: Array, reps: int | Sequence[int]) -> Array:
    """a repeated as a whole, so many times along each axis.

    >>> print(tile(np.array([1, 2]), 2))
    [1 2 1 2]
    """
    return _picked(a, lambda places: np.tile(places, reps))


def repeat(a: Array, repeats: int | Sequence[int], axis: int | None = None) -> Array:
    """Every entry, or every slice along an axis, repeated.

    >>> print(repeat(np.array([1, 2]), 2))
    [1 1 2 2]
    """
    return _picked(a, lambda places: np.repeat(places, repeats, axis))


@numpys(np.take)
def take(a: Array, indices: Any, axis: int | None = None, mode: str = "raise") -> Array:
    """Entries, or slices along an axis, by their places, each as often as it is named: rows of an embedding, say.

    A place that is not there raises IndexError; mode "wrap" counts on from the start, "clip" takes the last or first.

    >>> print(take(np.array([5.0, 6.0]), [1, 1, 0]))
    [6. 6. 5.]
    """
    a, indices = arraylike(a), arraylike(indices)
    a, axis = (ravel(a), 0) if axis is None else (a, axis % a.ndim)
    if mode not in ("raise", "wrap", "clip"):
        raise ValueError(f"take: expected mode 'raise', 'wrap' or 'clip', got {mode!r}")
    if mode != "raise":
        places = array_of(indices)
        indices = places % a.shape[axis] if mode == "wrap" else np.clip(places, 0, a.shape[axis] - 1)
    return getitem(a, (*(slice(None),) * axis, indices))


def _picked(a: Array, arrangement: Any) -> Array:
    """a rearranged as `arrangement` rearranges the places of its entries."""
    a = arraylike(a)
    places = arrangement(np.arange(a.size).reshape(a.shape))
    return reshape(ravel(a)[places.ravel()], shape=places.shape)


def pad(array: Array, pad_width: Any, mode: str = "constant", constant_values: Any = 0) -> Array:
    """The array with entries added at its edges: constants, or "edge", "reflect", "symmetric" or "wrap" as in NumPy.

    >>> print(pad(np.array([1, 2]), 1), pad(np.array([1, 2]), 1, "edge"))
    [0 1 2 0] [1 1 2 2]
    """
    a = arraylike(array)
    if mode in ("edge", "reflect", "symmetric", "wrap"):
        return _picked(a, lambda places: np.pad(places, pad_width, mode=mode))  # type: ignore[call-overload]
    if mode != "constant":
        raise ValueError(f"pad: expected mode constant, edge, reflect, symmetric or wrap, got {mode!r}")
    places = np.pad(np.arange(a.size).reshape(a.shape), pad_width, constant_values=-1)
    around = constant_values
    if not isinstance(around, Value):
        around = np.pad(np.zeros(a.shape, a.dtype), pad_width, constant_values=constant_values)
    if not a.size:
        return sum(a) + around  # nothing of a is in it, but the graph goes on
    picked = reshape(ravel(a)[np.maximum(places, 0).ravel()], shape=places.shape)
    return where(places >= 0, picked, around)


def diag(v: Array, k: int = 0) -> Array:
    """The k-th diagonal of a matrix, or the matrix that has v there.

    >>> print(diag(np.array([1.0, 2.0])))
    [[1. 0.]
     [0. 2.]]
    """
    v = arraylike(v)
    if v.ndim == 2:
        return diagonal(v, k)
    if v.ndim != 1:
        raise ValueError(f"diag: expected a vector or a matrix, got shape {v.shape}")
    n = v.size + abs(k)
    rows = np.arange(v.size) + max(-k, 0)
    return scatter_add(v, (rows, rows + k), (n, n))


def diagonal(a: Array, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Array:
    """The diagonals in the planes of two axes, as the last axis.

    >>> print(diagonal(np.array([[1, 2], [3, 4]])))
    [1 4]
    """
    return _picked(a, lambda places: np.diagonal(places, offset, axis1, axis2))


@numpys(np.trace)
def trace(a: Array, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None) -> Array:
    """The sum of a diagonal.

    >>> print(trace(np.eye(3)))
    3.0
    """
    return sum(diagonal(a, offset, axis1, axis2), axis=-1, dtype=dtype)


def tril(m: Array, k: int = 0) -> Array:
    """m with zeros above the k-th diagonal.

    >>> print(tril(np.ones((2, 2))))
    [[1. 0.]
     [1. 1.]]
    """
    m = arraylike(m)
    return where(np.tri(m.shape[-2] if m.ndim > 1 else m.size, m.shape[-1], k, bool), m, 0)


def triu(m: Array, k: int = 0) -> Array:
    """m with zeros below the k-th diagonal.

    >>> print(triu(np.ones((2, 2))))
    [[1. 1.]
     [0. 1.]]
    """
    m = arraylike(m)
    return where(np.tri(m.shape[-2] if m.ndim > 1 else m.size, m.shape[-1], k - 1, bool), 0, m)


def outer(a: Array, b: Array) -> Array:
    """Every entry of a times every entry of b: a bᵀ of the two as vectors.

    >>> print(outer(np.array([1, 2]), np.array([3, 4])))
    [[3 4]
     [6 8]]
    """
    return reshape(arraylike(a), shape=(-1, 1)) * reshape(arraylike(b), shape=(1, -1))


def kron(a: Array, b: Array) -> Array:
    """Kronecker's product: blocks of b, each times an entry of a.

    >>> print(kron(np.array([1, 10]), np.array([1, 2])))
    [ 1  2 10 20]
    """
    a, b = arraylike(a), arraylike(b)
    ndim = max(a.ndim, b.ndim)
    a, b = (reshape(x, shape=(1,) * (ndim - x.ndim) + x.shape) for x in (a, b))
    shape = tuple(m * n for m, n in zip(a.shape, b.shape, strict=True))
    blocks = expand_dims(a, tuple(range(1, 2 * ndim, 2))) * expand_dims(b, tuple(range(0, 2 * ndim, 2)))
    return reshape(blocks, shape=shape)


def meshgrid(*xi: Array, copy: bool = True, sparse: bool = False, indexing: str = "xy") -> tuple[Array, ...]:
    """The coordinates of a grid from those along its axes: of the grid's shape, or `sparse`, to be broadcast.

    >>> print(meshgrid(np.array([1, 2]), np.array([3, 4, 5]))[0].shape)
    (3, 2)
    """
    if indexing not in ("xy", "ij"):
        raise ValueError(f"meshgrid: expected indexing 'xy' or 'ij', got {indexing!r}")
    vectors = [ravel(arraylike(x)) for x in xi]
    order = list(range(len(vectors)))
    if indexing == "xy" and len(vectors) > 1:
        order[:2] = [1, 0]
    shape = tuple(vectors[k].size for k in order)
    open_grid = (
        reshape(x, shape=tuple(-1 if order[k] == i else 1 for k in range(len(order)))) for i, x in enumerate(vectors)
    )
    return tuple(x if sparse else broadcast_to(x, shape=shape) for x in open_grid)
