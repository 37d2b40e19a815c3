"""Parameters and their gradients as views of two flat vectors, so that an update is a handful of calls."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from weakref import WeakValueDictionary

import numpy as np
from numpy import ndarray

from autograd.graph import Value

ALIGNED = 64  # bytes: where each parameter starts


class Flat:
    """Some leaves of one dtype whose data lie in one vector, and another vector of the same make for gradients."""

    def __init__(self, leaves: Sequence[Value]) -> None:
        self.leaves, self.dtype = list(leaves), leaves[0].dtype
        step = ALIGNED // self.dtype.itemsize or 1
        self.starts = [0]
        for p in leaves:
            self.starts.append(self.starts[-1] - (-p.size // step) * step)
        self.bounds = tuple((p.name or f"parameter {i}", start, start + p.size)
                            for i, (p, start) in enumerate(zip(leaves, self.starts, strict=False)))  # fmt: skip
        self.data, self.gradient = self.vector(), self.vector()
        self.arrays, self.grads = self.views(self.data), self.views(self.gradient)
        self.adopt()

    def vector(self) -> ndarray:
        """A vector of zeros with room for every leaf, each aligned."""
        nbytes = self.starts[-1] * self.dtype.itemsize
        raw = np.zeros(nbytes + ALIGNED, np.uint8)
        start = -raw.__array_interface__["data"][0] % ALIGNED
        return raw[start : start + nbytes].view(self.dtype)

    def views(self, vector: ndarray) -> list[ndarray]:
        """Each leaf's part of a vector, in the leaf's shape and memory layout."""
        return [
            _shaped(vector[start:stop], p.array) for p, (_, start, stop) in zip(self.leaves, self.bounds, strict=True)
        ]

    def places(self, params: Sequence[Value]) -> Sequence[int]:
        """Where among some parameters the leaves are."""
        place = {id(p): i for i, p in enumerate(params)}
        return [place[id(p)] for p in self.leaves]

    def adopt(self) -> None:
        """Moves data that was put in place of the vector's back into it; the leaves are of the shapes they were."""
        for p, view in zip(self.leaves, self.arrays, strict=True):
            if p.array is not view:
                view[...] = p.array
                p.array = view

    def fits(self) -> bool:
        """Are the leaves of the shapes and dtypes that they were?"""
        return all(
            p.array is view or (p.shape == view.shape and p.dtype == view.dtype)
            for p, view in zip(self.leaves, self.arrays, strict=True)
        )


_known: WeakValueDictionary[tuple[int, ...], Flat] = WeakValueDictionary()  # by the identities of the leaves


def known(leaves: Sequence[Value]) -> Flat | None:
    """The flat vectors that just these leaves lie in already, if they do."""
    return _known.get(tuple(map(id, leaves)))


def flattened(leaves: Sequence[Value], group: Callable[[Value], int]) -> list[Flat]:
    """The leaves in flat vectors, one for each dtype and group; those of before, for the same leaves."""
    groups: dict[Any, list[Value]] = {}
    for p in leaves:
        groups.setdefault((group(p), p.dtype), []).append(p)
    found = []
    for those in groups.values():
        flat = known(those)
        if flat is None or not flat.fits():
            flat = _known[tuple(map(id, those))] = Flat(those)
        flat.adopt()
        found.append(flat)
    return found


def _shaped(part: ndarray, like: ndarray) -> ndarray:
    """A part of a vector in the shape and the order of axes of an array."""
    order = np.argsort([-abs(s) for s in like.strides], kind="stable").tolist()
    shape = [like.shape[k] for k in order]
    return part.reshape(shape).transpose(np.argsort(order).tolist()) if order else part.reshape(())
