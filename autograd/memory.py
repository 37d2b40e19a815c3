"""Whose memory is it: views and their owners, leaves that changed under a view, gradients that nobody else holds."""

from __future__ import annotations

from collections.abc import Sequence
from threading import RLock
from typing import Any

import numpy as np
from numpy import ndarray

from autograd.arrays import StandIn
from autograd.graph import Value

_accumulating = RLock()  # threads may share leaves, and += is a read and a write


def memory(g: Any) -> Any:
    """The array that owns the memory of g."""
    while isinstance(g.base, ndarray) or isinstance(getattr(g.base, "base", None), ndarray):  # that of as_strided's
        g = g.base
    return g


def outdated(x: Value) -> Value | None:
    """The leaf whose memory x shows, if it was changed after x was made."""
    while x.primitive:
        shown = memory(x.array)
        source = next((y for y in x.inputs if isinstance(y, Value) and memory(y.array) is shown), None)
        if source is None or source.order > x.order:
            return source
        x = source
    return None


def own(g: Any, given: set[int]) -> Any:
    """An ndarray with the entries of g, in memory that nobody else holds; `given` collects what was given away.

    A rule is linear in g, so what it returns is new, or g itself, or a view of one of these: a copy is needed only
    of memory that was given away before, and of a view that shows a part of its memory or spreads it out.
    """
    if isinstance(g, StandIn):
        return g.copy(order="K")  # type: ignore[attr-defined]
    if type(g) is ndarray and g.base is None and id(g) not in given and g.flags.writeable:
        given.add(id(g))
        return g
    whole = memory(g)
    alone = type(g) is ndarray and whole.base is None and id(whole) not in given
    if not alone or not g.flags.writeable or whole.size != g.size:
        g = whole = np.array(g)
    given.add(id(whole))
    return g


def accumulate(found: Sequence[tuple[Value, Any]], start: Any) -> None:
    """Adds to the .grad of values what a sweep from the cotangent `start` has found for them."""
    given = {id(memory(start))}
    with _accumulating:
        for value, g in found:
            value.grad = own(g, given) if value.grad is None else np.asarray(value.grad + g)
