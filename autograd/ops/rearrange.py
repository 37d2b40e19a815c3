"""Rearrangements under NumPy's names, nearly all made of the ops above, without rules of their own."""

from __future__ import annotations

from collections.abc import Sequence
from operator import index
from typing import Any

import numpy as np

from autograd.arguments import explained
from autograd.arrays import Matrices, Places, Vectors, arraylike, axes_of, axis_of
from autograd.graph import Value, array_of
from autograd.ops.elementwise import astype, cast, multiply
from autograd.ops.index import getitem, scatter_add
from autograd.ops.linalg import matmul
from autograd.ops.reduce import sum
from autograd.ops.shape import broadcast_to, concatenate, expand_dims, reshape, swapaxes, transpose
from autograd.primitive import Array, primitive
from autograd.selection import where
from autograd.signatures import numpys


@explained
def ravel(a: Array, order: str = "C") -> Array:
    """The entries in one row, in C order, in "F" order, the first axis fastest, or in "K", as they lie in memory.

    >>> print(ravel(np.eye(2)))
    [1. 0. 0. 1.]
    """
    if order == "K":
        strides = np.abs(array_of(arraylike(a)).strides)
        a, order = transpose(a, axes=np.argsort(-strides, kind="stable").tolist()), "C"
    return reshape(a, -1, order)


@explained
def copy(a: Array, order: str = "K", subok: bool = False) -> Array:
    """A new array with the same entries, laid down in memory as of itself: `order` says nothing of the values.

    >>> print(copy(np.ones(2)))
    [1. 1.]
    """
    if order not in ("K", "A", "C", "F"):
        raise ValueError(f"copy: expected order 'K', 'A', 'C' or 'F', got {order!r}")
    a = arraylike(a)
    return multiply(a, 1) if a.dtype.kind == "f" else a.astype(a.dtype)


@explained
def moveaxis(a: Array, source: int | Sequence[int], destination: int | Sequence[int]) -> Array:
    """a with some axes moved to other places, the others in order.

    >>> moveaxis(np.ones((2, 3, 4)), 0, -1).shape
    (3, 4, 2)
    """
    a = arraylike(a)
    moved, places = axes_of(source, a.ndim), axes_of(destination, a.ndim)
    if len(moved) != len(places):
        raise ValueError(f"moveaxis: expected a place for each axis, got axes {source} and places {destination}")
    axes = [k for k in range(a.ndim) if k not in moved]
    for place, axis in sorted(zip(places, moved, strict=True)):
        axes.insert(place, axis)
    return transpose(a, axes=axes)


@explained
def rollaxis(a: Array, axis: int, start: int = 0) -> Array:
    """a with one axis moved before another, that at `start`; moveaxis says where it goes.

    >>> rollaxis(np.ones((2, 3, 4)), 2).shape
    (4, 2, 3)
    """
    a = arraylike(a)
    axis = axis_of(axis, a.ndim)
    start = axis_of(start, a.ndim) if start < 0 else axis_of(start, a.ndim + 1)
    return moveaxis(a, axis, start - (axis < start))


@explained
def flip(a: Array, axis: int | Sequence[int] | None = None) -> Array:
    """a with the order of entries reversed along some or all axes.

    >>> print(flip(np.array([1, 2, 3])))
    [3 2 1]
    """
    a = arraylike(a)
    axes = axes_of(axis, a.ndim)
    return getitem(a, tuple(slice(None, None, -1) if k in axes else slice(None) for k in range(a.ndim)))


@primitive(forward=np.roll, moves=True)
def roll(a: Array, *, shift: int | Sequence[int], axis: int | Sequence[int] | None = None) -> Array:
    """a with entries shifted along an axis, those that fall off the end put at the start; the vjp rolls back.

    >>> print(roll(np.array([1, 2, 3]), 1))
    [3 1 2]
    """


roll.defvjp(
    lambda g, out, a, shift, axis: roll(g, shift=np.negative(shift), axis=axis),
)


@explained
def broadcast_arrays(*args: Array, subok: bool = False) -> tuple[Array, ...]:
    """The arrays in the shape that they have together: a tuple.

    >>> [x.shape for x in broadcast_arrays(np.ones(2), np.ones((3, 1)))]
    [(3, 2), (3, 2)]
    """
    arrays = [arraylike(a) for a in args]
    shape = np.broadcast_shapes(*(a.shape for a in arrays))
    return tuple(broadcast_to(a, shape=shape) for a in arrays)


@explained
def fliplr(m: Array) -> Array:
    """m with its columns in reverse order.

    >>> print(fliplr(np.array([[1, 2], [3, 4]])))
    [[2 1]
     [4 3]]
    """
    m = arraylike(m)
    if m.ndim < 2:
        raise ValueError(f"fliplr: expected an array with columns, of two axes or more, got shape {m.shape}: use flip")
    return flip(m, 1)


@explained
def flipud(m: Vectors) -> Array:
    """m with its rows in reverse order.

    >>> print(flipud(np.array([[1, 2], [3, 4]])))
    [[3 4]
     [1 2]]
    """
    return flip(m, 0)


@explained
def matrix_transpose(x: Matrices) -> Array:
    """A matrix, or each in a stack, with rows and columns exchanged.

    >>> matrix_transpose(np.ones((5, 2, 3))).shape
    (5, 3, 2)
    """
    return swapaxes(x, axis1=-1, axis2=-2)


@explained
def rot90(a: Matrices, k: int = 1, axes: Sequence[int] = (0, 1)) -> Array:
    """a turned by k right angles in the plane of two axes, from the first towards the second.

    >>> print(rot90(np.array([[1, 2], [3, 4]])))
    [[2 4]
     [1 3]]
    """
    first, second = axes
    return _picked(a, lambda places: np.rot90(places, index(k), (first, second)))


@explained
def tile(A: Array, reps: int | Sequence[int]) -> Array:
    """A repeated as a whole, so many times along each axis.

    >>> print(tile(np.array([1, 2]), 2))
    [1 2 1 2]
    """
    A, times = arraylike(A), np.atleast_1d(reps).tolist()
    times = [1] * (A.ndim - len(times)) + times
    lengths = [1] * (len(times) - A.ndim) + list(A.shape)
    A = reshape(A, shape=[m for n in lengths for m in (1, n)])
    A = broadcast_to(A, shape=[m for pair in zip(times, lengths, strict=True) for m in pair])
    return reshape(A, shape=[m * n for m, n in zip(times, lengths, strict=True)])


@explained
def repeat(a: Array, repeats: int | Sequence[int], axis: int | None = None) -> Array:
    """Every entry, or every slice along an axis, repeated.

    >>> print(repeat(np.array([1, 2]), 2))
    [1 1 2 2]
    """
    a = arraylike(a)
    if np.size(repeats) != 1:
        return _picked(a, lambda places: np.repeat(places, repeats, axis))
    a, axis = (ravel(a), 0) if axis is None else (a, axis_of(axis, a.ndim))
    return _repeat(a, repeats=index(np.asarray(repeats).item()), axis=axis)


@primitive(forward=np.repeat, moves=True)
def _repeat(a: Array, *, repeats: int, axis: int) -> Array: ...


def _summed(g: Array, out: Array, a: Array, repeats: int, axis: int) -> Array:
    groups = reshape(g, shape=(*a.shape[: axis + 1], repeats, *a.shape[axis + 1 :]))
    if axis == a.ndim - 1:
        return matmul(groups, np.ones(repeats, g.dtype))  # of a few neighbours 10 times faster than their sum
    return sum(groups, axis=axis + 1)


_repeat.defvjp(_summed)


@explained
def insert(arr: Array, obj: slice | Places, values: Array, axis: int | None = None) -> Array:
    """The array with values put before the places `obj`, along an axis, or among all entries in a row.

    >>> print(insert(np.array([1.0, 2.0]), 1, 5.0))
    [1. 5. 2.]
    """
    arr, values = arraylike(arr), arraylike(values)
    places = [np.arange(x.size).reshape(x.shape) for x in (arr, values)]
    mixed = np.insert(places[0], array_of(obj), places[1] + arr.size, axis)
    both = concatenate([ravel(arr), cast("insert", ravel(values), arr.dtype)])
    return reshape(getitem(both, mixed.ravel()), shape=mixed.shape)


@explained
def delete(arr: Array, obj: slice | Places, axis: int | None = None) -> Array:
    """The array without the places `obj`, along an axis, or among all entries in a row.

    >>> print(delete(np.array([1.0, 2.0, 3.0]), 1))
    [1. 3.]
    """
    arr = arraylike(arr)
    arr, axis = (ravel(arr), 0) if axis is None else (arr, axis_of(axis, arr.ndim))
    return take(arr, np.delete(np.arange(arr.shape[axis]), array_of(obj)), axis)


@explained
@numpys(np.take)
def take(a: Array, indices: Places, axis: int | None = None, mode: str = "raise") -> Array:
    """Entries, or slices along an axis, by their places, each as often as it is named: rows of an embedding, say.

    A place that is not there raises IndexError; mode "wrap" counts on from the start, "clip" takes the last or first.
    Booleans are the places 0 and 1: for a mask write a[mask].

    >>> print(take(np.array([5.0, 6.0]), [1, 1, 0]))
    [6. 6. 5.]
    """
    a = arraylike(a)
    if isinstance(axis, bool):
        raise TypeError(f"take: expected an integer as the axis, got {axis}")
    a = a if axis is not None and a.ndim else ravel(a)
    axis = axis_of(axis or 0, a.ndim)
    places = array_of(arraylike(indices) if np.size(indices) else np.asarray(indices, np.intp))
    places = places.astype(np.intp, casting="same_kind", copy=False)  # which refuses floats
    if mode not in ("raise", "wrap", "clip"):
        raise ValueError(f"take: expected mode 'raise', 'wrap' or 'clip', got {mode!r}")
    if mode == "wrap":
        places = places % (a.shape[axis] or 1)
    elif mode == "clip":
        places = np.clip(places, 0, max(a.shape[axis] - 1, 0))
    return getitem(a, (*(slice(None),) * axis, places))


def _picked(a: Array, arrangement: Any) -> Array:
    """a rearranged as `arrangement` rearranges the places of its entries."""
    a = arraylike(a)
    places = arrangement(np.arange(a.size).reshape(a.shape))
    return reshape(ravel(a)[places.ravel()], shape=places.shape)


@explained
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
    if not isinstance(constant_values, Value):
        return _pad(a, pad_width=pad_width, constant_values=constant_values)
    inside = np.pad(np.ones(a.shape, bool), pad_width)
    constants = astype(constant_values, dtype=a.dtype)
    return where(inside, _pad(a, pad_width=pad_width, constant_values=0), constants)


@primitive(moves=True)
def _pad(a: Array, *, pad_width: Any, constant_values: Any) -> Array:
    return np.pad(a, pad_width, constant_values=constant_values)


def _inside(g: Array, out: Array, a: Array, pad_width: Any, constant_values: Any) -> Array:
    first = np.argwhere(np.pad(np.ones((1,) * a.ndim, bool), pad_width))[0]  # where one entry would be
    return getitem(g, tuple(slice(k, k + n) for k, n in zip(first.tolist(), a.shape, strict=True)))


_pad.defvjp(_inside)


@explained
def diag(v: Array, k: int = 0) -> Array:
    """The k-th diagonal of a matrix, or the matrix that has v there.

    >>> print(diag(np.array([1.0, 2.0])))
    [[1. 0.]
     [0. 2.]]
    """
    v, k = arraylike(v), index(k)
    if v.ndim == 2:
        return diagonal(v, k)
    if v.ndim != 1:
        raise ValueError(f"diag: expected a vector or a matrix, got shape {v.shape}")
    n = v.size + abs(k)
    rows = np.arange(v.size) + max(-k, 0)
    return scatter_add(v, (rows, rows + k), (n, n))


@explained
def diagonal(a: Matrices, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Array:
    """The diagonals in the planes of two axes, as the last axis.

    >>> print(diagonal(np.array([[1, 2], [3, 4]])))
    [1 4]
    """
    return _picked(a, lambda places: np.diagonal(places, offset, axis1, axis2))


@explained
@numpys(np.trace)
def trace(a: Matrices, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None) -> Array:
    """The sum of a diagonal.

    >>> print(trace(np.eye(3)))
    3.0
    """
    return sum(diagonal(a, offset, axis1, axis2), axis=-1, dtype=dtype)


@explained
def tril(m: Vectors, k: int = 0) -> Array:
    """m with zeros above the k-th diagonal.

    >>> print(tril(np.ones((2, 2))))
    [[1. 0.]
     [1. 1.]]
    """
    m = arraylike(m)
    return where(np.tri(m.shape[-2] if m.ndim > 1 else m.size, m.shape[-1], k, bool), m, np.zeros((), m.dtype))


@explained
def triu(m: Vectors, k: int = 0) -> Array:
    """m with zeros below the k-th diagonal.

    >>> print(triu(np.ones((2, 2))))
    [[1. 1.]
     [0. 1.]]
    """
    m = arraylike(m)
    return where(np.tri(m.shape[-2] if m.ndim > 1 else m.size, m.shape[-1], k - 1, bool), np.zeros((), m.dtype), m)


@explained
def outer(a: Array, b: Array) -> Array:
    """Every entry of a times every entry of b: a bᵀ of the two as vectors.

    >>> print(outer(np.array([1, 2]), np.array([3, 4])))
    [[3 4]
     [6 8]]
    """
    return reshape(arraylike(a), shape=(-1, 1)) * reshape(arraylike(b), shape=(1, -1))


@explained
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


@explained
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
