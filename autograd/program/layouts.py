"""Small matrices laid out as BLAS likes them, where that leaves every bit as it is."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from autograd.program.calls import Call, Var, root

SMALL = 4096  # entries of a factor that is copied: for larger ones the copy costs what it gains
TALL = 64  # rows of the other factor from which a copy pays


def relaid(calls: list[Call]) -> list[Call]:
    """The calls, with a copy of the second factor where a product would read it by columns."""
    found: list[Call] = []
    for call in calls:
        if call.kind == "method" and call.function == "dot" and _slow(*call.args):
            x, y = call.args
            copy = Call("method", "copy", (y,))
            copy.label, copy.phase, copy.user = call.label, call.phase, call.user
            rows = Var(np.ascontiguousarray(y.array), "result", name=f"{y.name}_rows" if y.name else "")
            rows.call, copy.out, call.args = copy, [rows], (x, rows)
            found.append(copy)
        found.append(call)
    return found


def _slow(x: Any, y: Any) -> bool:
    """Is y a parameter that is read by columns, of a shape for which rows are quicker and give the same bits?"""
    a, b = x.array, getattr(y, "array", None)
    return bool(
        isinstance(b, np.ndarray) and a.ndim == b.ndim == 2 and a.dtype == b.dtype and a.dtype.char in "fd"
        and root(y).kind in ("tensor", "array") and a.flags.c_contiguous and b.flags.f_contiguous
        and not b.flags.c_contiguous and b.shape[0] > 1 and b.size <= SMALL and len(a) >= TALL
        and _same_bits(*a.shape, b.shape[1], a.dtype.char)
    )  # fmt: skip


@lru_cache(256)
def _same_bits(m: int, k: int, n: int, dtype: str) -> bool:
    """Does BLAS add in the same order either way?  It does, or does not, for all matrices of a shape: tried on some."""
    rng = np.random.default_rng(0)
    for _ in range(3):
        x, y = rng.normal(size=(m, k)).astype(dtype), np.asfortranarray(rng.normal(size=(k, n)).astype(dtype))
        if x.dot(y).tobytes() != x.dot(np.ascontiguousarray(y)).tobytes():
            return False
    return True
