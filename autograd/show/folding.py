"""Blocks of ops that repeat in a row, so that a picture need not show each of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd.graph import Value

LONGEST = 256  # ops in a block that is looked for


@dataclass(frozen=True)
class Fold:
    """`times` equal blocks of `period` ops each; the first begins at op `start`."""

    start: int
    period: int
    times: int

    @property
    def stop(self) -> int:
        return self.start + self.period * self.times


def repeated(ops: Sequence[Value], least: int) -> list[Fold]:
    """The blocks of a graph's ops, in order of birth, that repeat at least so often in a row.

    Two ops are equal if they have the same name, and get and make the same shapes: from the op as many places before,
    from a leaf of which as much can be said, the same number.  The first block may get its inputs from elsewhere.
    Of what overlaps, that which hides most is taken.

    >>> from autograd import Tensor, tanh
    >>> x = Tensor(0.5, requires_grad=True)
    >>> made = [x := tanh(x * 0.9) for _ in range(5)]
    >>> repeated([v for y in made for v in (y.inputs[0], y)], 3)
    [Fold(start=0, period=2, times=5)]
    """
    n = len(ops)
    if least < 2 or n < least:
        return []
    exact, loose = _tokens(ops)
    found = []
    for period in range(1, min(LONGEST, n // least) + 1):
        same = np.concatenate([[False], exact[period:] == exact[:-period], [False]])
        edges = np.flatnonzero(same[1:] != same[:-1])
        starts, lengths = edges[::2], edges[1::2] - edges[::2]
        often = lengths // period + 2 >= least  # with the block before, which may be like them
        found += [(period, int(s), int(k)) for s, k in zip(starts[often], lengths[often], strict=True)]
    folds = []
    for period, start, length in found:
        end = start + length + period
        first = start
        while first > max(0, start - period) and loose[first - 1] == loose[first - 1 + period]:
            first -= 1
        times = (end - first) // period
        if times >= least:
            folds.append(Fold(first, period, times))
    folds.sort(key=lambda f: (-f.period * (f.times - 1), f.period, f.start))
    taken, chosen = np.zeros(n, bool), []
    for fold in folds:
        if not taken[fold.start : fold.stop].any():
            taken[fold.start : fold.stop] = True
            chosen.append(fold)
    return sorted(chosen, key=lambda fold: fold.start)


def _tokens(ops: Sequence[Value]) -> tuple[np.ndarray, np.ndarray]:
    """For each op a number that says what it does to what, and one that says so without where that comes from."""
    place = {id(v): i for i, v in enumerate(ops)}
    last_use: dict[int, int] = {}
    exact: dict[Any, int] = {}
    loose: dict[Any, int] = {}
    numbers = np.empty((2, len(ops)), int)
    for i, v in enumerate(ops):
        inputs: list[Any] = []
        for x in v.inputs:
            if isinstance(x, Value) and id(x) in place:
                inputs.append(i - place[id(x)])
            elif isinstance(x, Value):
                inputs.append((x.array.shape, x.array.dtype.char, x.requires_grad, i - last_use.get(id(x), i)))
            else:
                inputs.append(np.shape(x) if isinstance(x, np.ndarray) else repr(x)[:40])
        for x in v.inputs:
            if isinstance(x, Value):
                last_use[id(x)] = i
        made = (v.primitive.name, v.array.shape, v.array.dtype.char)
        rough = tuple(x.array.shape if isinstance(x, Value) else y for x, y in zip(v.inputs, inputs, strict=True))
        numbers[0, i] = exact.setdefault((made, *inputs), len(exact))
        numbers[1, i] = loose.setdefault((made, *rough), len(loose))
    return numbers[0], numbers[1]
