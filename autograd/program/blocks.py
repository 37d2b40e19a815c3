"""Elementwise work on large arrays, in blocks that stay in the cache from one operation to the next."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from autograd.program.calls import Call, Var, root

LARGE = 1 << 18  # entries of a result from which blocks pay
ENTRIES = 1 << 15  # of a block
BARRIERS = {"check", "store", "draw", "opaque"}  # kinds of calls that keep their place


@dataclass(eq=False)
class Run:
    """Calls, one after the other, that act entry by entry on arrays of one shape."""

    shape: tuple[int, ...]
    calls: list[Call] = field(default_factory=list)
    views: list[Call] = field(default_factory=list)  # that stand between them, and can be made before
    made: set[Var] = field(default_factory=set)
    inner: set[Var] = field(default_factory=set)  # what nobody needs afterwards, so that a block of it is enough
    read: dict[Var, set[Var]] = field(default_factory=dict)  # all that is read, by whose memory it shows
    flat: bool = True  # are all arrays of the shape contiguous, so that blocks may cut across rows?

    @property
    def rows(self) -> int:
        """How many entries of the first axis a block has."""
        return ENTRIES if self.flat else max(1, ENTRIES // int(np.prod(self.shape[1:])))

    @property
    def length(self) -> int:
        """Of the axis that is cut."""
        return int(np.prod(self.shape)) if self.flat else self.shape[0]


def gathered(calls: list[Call]) -> list[Call]:
    """The calls in an order with longer runs: what stands in the way of one and is not needed by it comes after."""
    found: list[Call] = []
    shape: tuple[int, ...] | None = None  # of the run that is going on
    delayed: list[Call] = []
    made: set[Var] = set()  # by delayed calls
    for call in calls:
        fits, waits = _fits(call), any(x in made or root(x) in made for x in call.inputs())
        if shape is not None and (call.kind in BARRIERS or (fits and (waits or call.out[0].shape != shape))):
            found += delayed
            shape, delayed, made, waits = None, [], set(), False
        if shape is None or (not waits and (fits or call.shows())):
            shape = call.out[0].shape if fits else shape
            found.append(call)
        else:
            delayed.append(call)
            made.update(call.out)
    return found + delayed


def runs(calls: list[Call], kept: set[Var], last: dict[Var, int]) -> dict[Call, Run]:
    """The runs of at least two calls, by each of their calls and views."""
    found: list[Run] = []
    run: Run | None = None
    for call in calls:
        if run is not None and call.shows() and run.made.isdisjoint(map(root, call.inputs())):
            run.views.append(call)
        elif _fits(call):
            if run is None or run.shape != call.out[0].shape:
                run = Run(call.out[0].shape)
                found.append(run)
            run.calls.append(call)
            run.made.add(call.out[0])
        else:
            run = None
    places = {call: i for i, call in enumerate(calls)}
    viewed = {root(v) for call in calls for v in call.out if v.base is not None}
    result = {}
    for run in found:
        for x in (x for call in run.calls for x in call.inputs()):
            run.read.setdefault(root(x), set()).add(x)
            run.flat &= _whole(x, run.shape) or (np.size(x.array) == 1 and np.ndim(x.array) < 2)
        if len(run.calls) > 1 and run.length > run.rows:
            end = places[run.calls[-1]]
            run.inner = {v for v in run.made if v not in kept and v not in viewed and last.get(v, -1) <= end}
            result.update(dict.fromkeys([*run.calls, *run.views], run))
    return result


def _fits(call: Call) -> bool:
    if not call.entrywise() or call.kwargs or call.target is not None or call.errors:
        return False
    out = call.out[0].array
    return bool(out.size >= LARGE and out.flags.c_contiguous and all(_cut(x, out.shape) for x in call.inputs()))


def _cut(x: Var, shape: tuple[int, ...]) -> bool:
    """Can an operand be cut along the first axis of the result, or be used whole for every block?"""
    own: Any = np.shape(x.array)
    return _whole(x, shape) or len(own) < len(shape) or own[0] == 1 or own[0] == shape[0]


def _whole(x: Var, shape: tuple[int, ...]) -> bool:
    return x.shape == shape and bool(x.array.flags.c_contiguous)
