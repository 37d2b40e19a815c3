"""Sums of many small terms, as for what is used in every step of a loop: rows of one array, added at once.

A call of NumPy costs more than the addition of a few numbers.  NumPy adds rows from the first to the last, as the sweep
does; where it would not, because it can choose another order for the shape, the sum stays as it is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import lru_cache

import numpy as np

from autograd.program.calls import Call, Var
from autograd.program.plan import Slot, into_buffer

LEAST = 8  # terms
SMALL = 1 << 12  # bytes of a term


def stacked(calls: list[Call], wanted: Iterable[Var], given: dict[Var, Slot]) -> tuple[list[Call], dict[Var, Slot]]:
    """The calls with sums of rows, and the slots that are rows."""
    uses = Counter(x for call in calls for x in call.inputs())
    wanted = set(wanted)
    uses.update(wanted)
    made = {out: call for call in calls for out in call.out}
    chains: dict[Var, list[Call]] = {}  # the additions that a sum so far consists of
    for call in calls:
        if _adds(call):
            total = call.args[0]
            before = chains.pop(total) if total in chains and uses[total] == 1 and total not in given else []
            chains[call.out[0]] = [*before, call]
    slots: dict[Var, Slot] = {}
    replaced: dict[Call, Call | None] = {}
    for total, chain in chains.items():
        terms = [chain[0].args[0], *(call.args[1] for call in chain)]
        own = (x in made and not (x in wanted or x in given or x in slots) and into_buffer(made[x]) for x in terms)
        if len(terms) < LEAST or len(set(terms)) < len(terms) or not all(own):
            continue
        array = np.empty((len(terms), *total.shape), total.array.dtype)
        if not _in_order(array.shape, array.dtype):
            continue
        rows = Var(array, "constant", name=f"{total.name or 'sum'}_terms")
        slots |= {x: Slot(x.array.nbytes, x, row=(rows, i)) for i, x in enumerate(terms)}
        last = Call("reduce", np.add.reduce, (rows,), {"axis": 0, "initial": _start(total.array.dtype)})
        last.label, last.phase, last.user, last.out = chain[-1].label, chain[-1].phase, chain[-1].user, [total]
        total.call = last
        replaced |= dict.fromkeys(chain) | {chain[-1]: last}
    return [new for call in calls if (new := replaced.get(call, call)) is not None], slots


def _adds(call: Call) -> bool:
    """Is this the sum of two small arrays of one shape, and one layout, which is that of rows?"""
    if call.function is not np.add or call.kind != "ufunc" or call.kwargs or call.errors or call.target is not None:
        return False
    out = call.out[0].array
    same = all(
        isinstance(x, Var) and x.shape == out.shape != () and x.array.dtype == out.dtype and x.array.flags.c_contiguous
        for x in call.args
    )  # fmt: skip
    return bool(same and 0 < out.nbytes <= SMALL and out.flags.c_contiguous)


def _start(dtype: np.dtype) -> float:
    """What a sum begins with: NumPy's 0 would make 0.0 of a sum of -0.0."""
    return -0.0 if dtype.kind == "f" else 0


@lru_cache(256)
def _in_order(shape: tuple[int, ...], dtype: np.dtype) -> bool:
    """Does NumPy add rows one after the other?  It does, or does not, for all arrays of a shape: tried on some."""
    if shape[1:] == (1,) * (len(shape) - 1):
        return False  # a column of numbers, which NumPy adds in pairs
    rng = np.random.default_rng(0)
    for _ in range(8):
        rows = rng.normal(size=shape).astype(dtype)
        total = rows[0] + rows[1]
        for row in rows[2:]:
            total += row
        if total.tobytes() != np.add.reduce(rows, 0, initial=_start(dtype)).tobytes():
            return False
    return True
