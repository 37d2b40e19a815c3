"""What of the shape of an expression is written, and what goes without saying."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.show import expression as e
from autograd.show.expression import Call


def same_but_for_ones(shape: tuple[int, ...], other: tuple[int, ...]) -> bool:
    """Are two shapes the same but for axes of length 1?"""
    return [n for n in shape if n != 1] == [n for n in other if n != 1]


def unsaid(old: tuple[int, ...], new: tuple[int, ...]) -> bool:
    """Does a reshaping go without saying: of matrices and vectors where axes of length 1 come or go, else in front?"""
    flat = max(len(old), len(new)) <= 2
    return same_but_for_ones(old, new) if flat else _without_lead(old) == _without_lead(new)


def _without_lead(shape: tuple[int, ...]) -> tuple[int, ...]:
    while shape and shape[0] == 1:
        shape = shape[1:]
    return shape


def turns(ndim: int, f: Any, *args: Any, **params: Any) -> bool:
    """Does a function that moves axes exchange those of matrices, alone or in a stack?"""
    lead = tuple(range(4, 2 + ndim))
    return ndim > 1 and bool(f(np.empty((*lead, 2, 3)), *args, **params).shape == (*lead, 3, 2))


def turned(x: Any, new: tuple[int, ...]) -> Any:
    """The transpose of an expression, in its shape: that of a vector says so only where it stands as a column."""
    vector = e.bare(x) if len(new) == 2 else x
    return reshaped(vector, (max(new),), new) if e.ndim(vector) == 1 else e.transpose(x)


def reshaped(x: Any, old: tuple[int, ...], new: tuple[int, ...]) -> Any:
    """An expression in another shape: what goes without saying is not said, but that a vector stands as a column is."""
    if not unsaid(old, new):
        return Call("reshape", (x,), len(new), (("shape", new),))
    x = e.bare(x)
    column = e.ndim(x) == 1 and len(new) == 2 and new[0] > 1
    return Call("column", (x,), 2) if column else x
