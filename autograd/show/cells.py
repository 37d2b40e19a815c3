"""Arrays as small grids of numbers, for pictures of them: what is large becomes means of blocks."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import ndarray

from autograd.show.flow import norm

CELLS = 24 * 24  # of the picture of one array
SMALL = 64  # entries up to which numbers are given to 6 digits; beyond, to 3


def reduced(array: ndarray, cells: int = CELLS) -> dict[str, Any]:
    """An array as a grid of at most so many numbers, each the mean of a block, and what is true of all entries.

    >>> reduced(np.arange(4.0))["cells"]
    [0, 1, 2, 3]
    >>> small = reduced(np.arange(12.0).reshape(2, 6), cells=4)
    >>> small["cells"], small["rows"], small["columns"], small["most"]
    ([1, 4, 7, 10], 2, 2, 3)
    """
    if array.dtype.kind not in "fiub":
        return {"shape": list(array.shape), "note": f"entries of dtype {array.dtype} have no colours"}
    wide = array.astype(float)
    table = wide.reshape(-1, array.shape[-1]) if array.ndim > 1 and array.size else wide.reshape(1, -1)
    finite = wide[np.isfinite(wide)]
    rows, columns = table.shape
    if table.size > cells:
        side = int(cells**0.5)
        rows, columns = min(rows, max(side, cells // columns)), min(columns, max(side, cells // rows))
        rows, columns = min(rows, 64), min(columns, 64)
    edges = [np.arange(n + 1) * m // max(n, 1) for n, m in zip((rows, columns), table.shape, strict=True)]
    most = int(np.prod([np.diff(e).max(initial=0) for e in edges]))
    grid = table if most <= 1 else _means(table, edges, finite)
    digits = 6 if grid.size <= SMALL and most == 1 else 3
    found: dict[str, Any] = {
        "shape": list(array.shape), "rows": rows, "columns": columns, "most": most,
        "cells": [number(x, digits) for x in grid.ravel().tolist()],
        "bad": int(array.size - finite.size),
    }  # fmt: skip
    if finite.size:
        size = norm(finite)
        found.update(low=number(finite.min(), 6), high=number(finite.max(), 6),
                     norm=number(size, 6) if np.isfinite(size) else "more than 1.79e308")  # fmt: skip
    return found


def _means(table: ndarray, edges: list[ndarray], finite: ndarray) -> ndarray:
    """The means of blocks: of the entries as parts of the largest, so that no sum is too large where no mean is."""
    exponent = np.frexp(np.abs(finite).max(initial=0.0))[1]
    with np.errstate(all="ignore"):  # NaN and infinity are shown as what they are
        rows = np.add.reduceat(np.ldexp(table, -exponent), edges[0][:-1], axis=0)
        sums = np.add.reduceat(rows, edges[1][:-1], axis=1)
        return np.ldexp(sums / np.outer(*(np.diff(e) for e in edges)), exponent)


def number(x: Any, digits: int) -> Any:
    """A number of so many digits, a zero without a sign; as text, if JSON has none for it.

    >>> number(2.0, 3), number(-0.0, 3), number(1.23456, 3), number(np.inf, 3), number(np.finfo(float).max, 3)
    (2, 0, 1.23, '∞', 1.7976931348623157e+308)
    """
    if not np.isfinite(x):
        return "NaN" if np.isnan(x) else "∞" if x > 0 else "-∞"
    rounded = float(f"{x:.{digits}g}")
    rounded = rounded if np.isfinite(rounded) else float(x)  # rounded up, the largest is too large
    return int(rounded) if rounded.is_integer() and abs(rounded) < 1e15 else rounded
