"""Arguments checked: names, numbers and counts, each refused with what was expected and what came."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from math import inf, isfinite
from typing import Any, TypeVar

import numpy as np

T = TypeVar("T")


def named(kind: str, name: str, table: Mapping[str, T]) -> T:
    """table[name]; raises ValueError that says which names there are, and which one was probably meant.

    >>> named("activation", "rely", {"relu": 1, "tanh": 2})
    Traceback (most recent call last):
    ValueError: unknown activation 'rely': did you mean 'relu'? There are relu, tanh
    """
    if isinstance(name, str) and name in table:
        return table[name]
    guess = get_close_matches(str(name).lower(), table, 1)
    hint = f"did you mean {guess[0]!r}? " if guess else ""
    raise ValueError(f"unknown {kind} {name!r}: {hint}There are {', '.join(table)}")


def number(name: str, x: Any) -> float:
    """x as a Python float, which keeps float32 arrays float32; ValueError unless it is finite and not negative.

    >>> number("lr", np.float32(0.5))
    0.5
    """
    if type(x) is float and 0 <= x < inf:
        return x  # as it is on every step
    if isinstance(x, bool | str | bytes) or not hasattr(x, "__float__"):
        raise ValueError(f"{name}: expected a number >= 0, got {x!r}")
    value = float(x)
    if not isfinite(value) or value < 0:
        raise ValueError(f"{name}: expected a finite number >= 0, got {value}")
    return value


def whole(name: str, n: Any, least: int) -> int:
    """n as a Python int; ValueError unless it is a whole number from `least` up.

    >>> whole("batch_size", 32, 1)
    32
    """
    if isinstance(n, bool) or not isinstance(n, int | np.integer) or n < least:
        raise ValueError(f"{name}: expected a whole number >= {least}, got {n!r}")
    return int(n)
