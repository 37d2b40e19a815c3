"""Finding things by name, with the closest known name when there is none."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import TypeVar

T = TypeVar("T")


def named(kind: str, name: str, table: Mapping[str, T]) -> T:
    """table[name]; raises ValueError that says which names there are, and which one was probably meant.

    >>> named("activation", "rely", {"relu": 1, "tanh": 2})
    Traceback (most recent call last):
    ValueError: unknown activation 'rely': did you mean 'relu'? There are relu, tanh
    """
    if name in table:
        return table[name]
    guess = get_close_matches(str(name), table, 1)
    hint = f"did you mean {guess[0]!r}? " if guess else ""
    raise ValueError(f"unknown {kind} {name!r}: {hint}There are {', '.join(table)}")
