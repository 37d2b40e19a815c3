"""Arrays joined and cut apart under NumPy's names, after axes are added to them: made of the ops above."""

from __future__ import annotations

from collections.abc import Sequence
from operator import index
from typing import Annotated, Any

import numpy as np

from autograd.arguments import explained
from autograd.arrays import Vectors, arraylike, axis_of, with_axes
from autograd.ops.index import getitem
from autograd.ops.rearrange import moveaxis
from autograd.ops.shape import concatenate, reshape
from autograd.primitive import Array

EMPTY = 10_000  # parts without entries that an array is cut into at most


@explained
def atleast_1d(*arys: Array) -> Any:
    """The array, or each of them, numbers as vectors of one entry.

    >>> print(atleast_1d(3.0))
    [3.]
    """
    return _each(lambda a: reshape(a, shape=1) if a.ndim == 0 else a, arys)


@explained
def atleast_2d(*arys: Array) -> Any:
    """The array, or each of them, vectors as matrices of one row.

    >>> print(atleast_2d(np.ones(2)))
    [[1. 1.]]
    """
    return _each(lambda a: reshape(a, shape=(1, -1)) if a.ndim < 2 else a, arys)


@explained
def atleast_3d(*arys: Array) -> Any:
    """The array, or each of them, with three axes or more: n entries as (1, n, 1), an (m, n) matrix as (m, n, 1).

    >>> atleast_3d(np.ones((2, 3))).shape
    (2, 3, 1)
    """
    return _each(
        lambda a: reshape(a, shape=(1, -1, 1)) if a.ndim < 2 else reshape(a, shape=(*a.shape, 1)) if a.ndim == 2 else a,
        arys,
    )


def _each(f: Any, arrays: Sequence[Array]) -> Any:
    made = tuple(f(arraylike(a)) for a in arrays)
    return made[0] if len(made) == 1 else made


@explained
def vstack(arrays: Sequence[Array], *, dtype: Any = None, casting: str = "same_kind") -> Array:
    """The arrays as rows, or as blocks of rows, one under the other.

    >>> print(vstack([np.ones(2), np.zeros(2)]))
    [[1. 1.]
     [0. 0.]]
    """
    return concatenate([atleast_2d(a) for a in arrays], 0, dtype=dtype, casting=casting)


@explained
def hstack(arrays: Sequence[Array], *, dtype: Any = None, casting: str = "same_kind") -> Array:
    """The arrays side by side: along the second axis, or along the only one.

    >>> print(hstack([np.ones(2), np.zeros(1)]))
    [1. 1. 0.]
    """
    arrays = [atleast_1d(a) for a in arrays]
    return concatenate(arrays, 0 if np.ndim(arrays[0]) == 1 else 1, dtype=dtype, casting=casting)


@explained
def dstack(arrays: Sequence[Array]) -> Array:
    """The arrays one behind the other: along the third axis, which is added where there is none.

    >>> print(dstack([np.ones(2), np.zeros(2)]))
    [[[1. 0.]
      [1. 0.]]]
    """
    return concatenate([atleast_3d(a) for a in arrays], 2)


@explained
def column_stack(arrays: Sequence[Array]) -> Array:
    """Vectors as columns, and matrices as blocks of columns, side by side.

    >>> print(column_stack([np.ones(2), np.zeros(2)]))
    [[1. 0.]
     [1. 0.]]
    """
    return concatenate([reshape(a, shape=(-1, 1)) if a.ndim < 2 else a for a in map(arraylike, arrays)], 1)


@explained
def append(arr: Array, values: Array, axis: int | None = None) -> Array:
    """The values after the array, along an axis, or after all its entries in a row.

    >>> print(append(np.ones(2), 5.0))
    [1. 1. 5.]
    """
    return concatenate([arr, values], axis)


@explained
def block(arrays: Any) -> Array:
    """A matrix put together from blocks, as nested lists show it: the innermost side by side, those one under another.

    >>> print(block([[np.eye(2), np.zeros((2, 1))], [np.ones((1, 3))]]))
    [[1. 0. 0.]
     [0. 1. 0.]
     [1. 1. 1.]]
    """
    depth = _depth(arrays)

    def leaves(x: Any) -> list[Any]:
        return [leaf for part in x for leaf in leaves(part)] if isinstance(x, list) else [arraylike(x)]

    ndim = max(depth, *(x.ndim for x in leaves(arrays)))

    def joined(x: Any, axis: int) -> Array:
        if isinstance(x, list):
            return concatenate([joined(part, axis + 1) for part in x], axis)
        x = arraylike(x)
        return reshape(x, shape=(*(1,) * (ndim - x.ndim), *x.shape))

    return joined(arrays, -depth)


def _depth(x: Any) -> int:
    """How deep the lists are nested: everywhere the same."""
    if isinstance(x, tuple):
        raise TypeError("block: expected lists of arrays, got a tuple: only lists say what stands beside what")
    if not isinstance(x, list):
        return 0
    depths = {_depth(part) for part in x}
    if len(depths) != 1:
        raise ValueError(f"block: expected lists that are nested equally deep and not empty, got depths {depths or 0}")
    return 1 + depths.pop()


@explained
def split(a: Array, indices_or_sections: int | Sequence[int], axis: int = 0) -> list[Array]:
    """a cut along an axis, into equal parts or at the given places: a list; the adjoint of concatenate.

    >>> [part.tolist() for part in split(np.arange(4.0), 2)]
    [[0.0, 1.0], [2.0, 3.0]]
    """
    a = arraylike(a)
    n = a.shape[axis_of(axis, a.ndim)]
    parts = index(indices_or_sections) if np.ndim(indices_or_sections) == 0 else None  # type: ignore[arg-type]
    if parts is not None and (parts < 1 or n % parts):
        raise ValueError(f"split: {n} entries cannot be cut into {indices_or_sections} equal parts")
    return array_split(a, indices_or_sections, axis)


@explained
def array_split(a: Array, indices_or_sections: int | Sequence[int], axis: int = 0) -> list[Array]:
    """As split, but parts need not be equal: the first ones are longer by one entry.

    >>> [part.tolist() for part in array_split(np.arange(3.0), 2)]
    [[0.0, 1.0], [2.0]]
    """
    a = arraylike(a)
    n = a.shape[axis_of(axis, a.ndim)]
    if np.ndim(indices_or_sections) == 0:
        parts = index(indices_or_sections)  # type: ignore[arg-type]
        if not 1 <= parts <= n + EMPTY:
            raise ValueError(
                f"array_split: expected 1 part or more, and no more than {EMPTY:,} empty ones, got {parts}"
            )
        length, longer = divmod(n, parts)
        cuts = [k * length + min(k, longer) for k in range(1, parts)]
    else:
        cuts = list(indices_or_sections)  # type: ignore[arg-type]
    lead = (slice(None),) * axis_of(axis, a.ndim)
    return [getitem(a, (*lead, slice(start, stop))) for start, stop in zip([0, *cuts], [*cuts, n], strict=True)]


@explained
def vsplit(a: Array, indices_or_sections: int | Sequence[int]) -> list[Array]:
    """split along the first axis: the parts stand one under the other.

    >>> len(vsplit(np.ones((4, 2)), 2))
    2
    """
    a = arraylike(a)
    if a.ndim < 2:
        raise ValueError(f"vsplit: expected an array of two axes or more, got shape {a.shape}: use split")
    return split(a, indices_or_sections, 0)


@explained
def hsplit(a: Vectors, indices_or_sections: int | Sequence[int]) -> list[Array]:
    """split along the second axis, or along the only one: the parts stand side by side.

    >>> len(hsplit(np.ones((2, 4)), 2))
    2
    """
    return split(a, indices_or_sections, 1 if arraylike(a).ndim > 1 else 0)


@explained
def dsplit(a: Annotated[Any, with_axes(3)], indices_or_sections: int | Sequence[int]) -> list[Array]:
    """split along the third axis: the parts lie one behind the other.

    >>> len(dsplit(np.ones((1, 2, 4)), 2))
    2
    """
    return split(a, indices_or_sections, 2)


@explained
def unstack(x: Vectors, *, axis: int = 0) -> tuple[Array, ...]:
    """The slices along an axis, without it: a tuple; the inverse of stack.

    >>> [part.tolist() for part in unstack(np.eye(2))]
    [[1.0, 0.0], [0.0, 1.0]]
    """
    x = arraylike(x)
    if not x.ndim:
        raise ValueError("unstack: expected an array of one axis or more, got a number")
    x = moveaxis(x, axis, 0)
    return tuple(getitem(x, k) for k in range(x.shape[0]))
