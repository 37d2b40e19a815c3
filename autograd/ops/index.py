"""Picking entries by index, and its adjoint: adding them back where they came from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, TypeAlias

import numpy as np

from autograd.arguments import explained
from autograd.arrays import StandIn, arraylike, places
from autograd.graph import Value, array_of
from autograd.primitive import Array, primitive


def indices(x: Any, where: str) -> None:
    """Raises TypeError for what picks no entries."""
    for part in x if isinstance(x, tuple) else (x,):
        if not (part is None or part is ... or isinstance(part, slice)):
            places(part, where)


Index: TypeAlias = Annotated[Any, indices]
HERE = object()  # in a key, the place of an index array


@explained
def getitem(a: Array, index: Index) -> Array:
    """a[index], for any index that NumPy takes; the derivative is 1 for an entry each time it is picked.

    >>> print(getitem(np.array([5.0, 6.0, 7.0]), [0, 0, 2]))
    [5. 5. 7.]
    """
    key, picks = _parts(index)
    return _getitem(a, *picks, key=key)


@explained
def scatter_add(g: Array, index: Index, shape: Sequence[int]) -> Array:
    """Zeros of `shape`, with the entries of g added at `index`, each as often as it occurs; the adjoint of getitem.

    >>> print(scatter_add(np.array([1.0, 1.0, 1.0]), [0, 0, 2], (3,)))
    [2. 0. 1.]
    """
    key, picks = _parts(index)
    nothing = np.broadcast_to(np.zeros((), like=arraylike(array_of(g))), shape)
    picked = nothing[_index(key, tuple(array_of(p) for p in picks))].shape
    if np.shape(g) != picked:
        raise ValueError(
            f"scatter_add: expected g of shape {picked}, that of the entries at the index; got {np.shape(g)}"
        )
    return _scatter_add(g, *picks, key=key, shape=shape)


@primitive(moves=True)
def _getitem(a: Array, *picks: Any, key: tuple[Any, ...]) -> Array:
    return a[_index(key, picks)]


@primitive(moves=True)
def _scatter_add(g: Array, *picks: Any, key: tuple[Any, ...], shape: tuple[int, ...]) -> Array:
    total, index = np.zeros(shape, g.dtype, like=g), _index(key, picks)
    if any(p.dtype != bool for p in picks):
        np.add.at(total, index, g)
    else:
        total[index] = g  # slices, integers and masks pick no entry twice
    return total


_getitem.defvjp_each(lambda i, g, out, a, *picks, key: _scatter_add(g, *picks, key=key, shape=a.shape))
_scatter_add.defvjp_each(lambda i, g, out, a, *picks, key, shape: _getitem(g, *picks, key=key))


def _picked(a: Array, *picks: Array, key: tuple[Any, ...]) -> Array:
    mask = np.zeros_like(a, bool)
    mask[_index(key, picks)] = True
    return mask


_getitem.selects = (_picked,)  # what an index leaves out has no influence, whatever its slope


def _parts(index: Any) -> tuple[tuple[Any, ...], list[Array]]:
    """An index as its fixed part and its arrays: x[:, [0, 2]] is ((:, HERE), [array([0, 2])])."""
    key: list[Any] = []
    picks: list[Array] = []
    for item in index if isinstance(index, tuple) else (index,):
        if item is None or item is ... or isinstance(item, int | slice | np.generic):
            key.append(item)
        else:
            picks.append(
                item
                if isinstance(item, Value | np.ndarray | StandIn)
                else np.asarray(item, None if np.size(item) else int)
            )
            key.append(HERE)
    return tuple(key), picks


def _index(key: tuple[Any, ...], picks: tuple[Array, ...]) -> tuple[Any, ...]:
    """The parts put together again."""
    rest = iter(picks)
    return tuple(next(rest) if item is HERE else item for item in key)
