"""Arguments checked: names, numbers, counts, labels and data, refused with what was expected and what came."""

from __future__ import annotations

import re
import reprlib
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from math import inf, isfinite
from typing import Any, TypeVar

import numpy as np

from autograd import Tensor
from autograd.errors import LONGEST, describe, printable

Seed = int | np.random.Generator | None
T = TypeVar("T")


def named(kind: str, name: str, table: Mapping[str, T]) -> T:
    """table[name]; raises ValueError that says which names there are, and which one was probably meant.

    >>> named("activation", "rely", {"relu": 1, "tanh": 2})
    Traceback (most recent call last):
    ValueError: unknown activation 'rely': did you mean 'relu'? There are relu, tanh
    """
    if isinstance(name, str) and name in table:
        return table[name]
    raise ValueError(f"unknown {kind} {name!r}: {hint(name, table)}")


def hint(name: str, table: Iterable[str]) -> str:
    """Which of the names was probably meant, and which there are."""
    table = [*table]
    guess = get_close_matches(str(name).lower(), table, 1)
    other = guess and re.sub(r"\d", "", guess[0]) == re.sub(r"\d", "", str(name))  # class_9 is no slip for class_2
    meant = f"did you mean {guess[0]!r}? " if guess and not other else ""
    return f"{meant}There are {', '.join(few(table, 24))}"


def generator(rng: Seed) -> np.random.Generator:
    """The random generator that a seed stands for, a Generator itself; ValueError for what is neither.

    >>> generator(0).integers(10)
    np.int64(8)
    """
    try:
        if not isinstance(rng, bool | np.bool_):
            return np.random.default_rng(rng)
    except (TypeError, ValueError):
        pass
    raise ValueError(f"rng: expected a whole number >= 0 as seed, a numpy Generator or None, got {reprlib.repr(rng)}")


def number(name: str, x: Any, below: float = inf, most: float = inf) -> float:
    """x as a Python float, which keeps float32 arrays float32; ValueError unless 0 <= x < below, and x <= most.

    >>> number("lr", np.float32(0.5))
    0.5
    """
    if type(x) is float and 0 <= x < below and x <= most:
        return x  # as it is on every step
    if (value := real(name, x, "number >= 0")) < 0:
        raise ValueError(f"{name}: expected a finite number >= 0, got {value}")
    if value >= below:
        raise ValueError(f"{name}: expected a number from 0 up to, but not, {below}, got {value}")
    if value > most:
        raise ValueError(f"{name}: expected a number from 0 to {most}, got {value}")
    return value


def real(name: str, x: Any, kind: str = "number") -> float:
    """x as a Python float; ValueError unless it is a finite number.

    >>> real("alpha", -1)
    -1.0
    """
    if isinstance(x, bool | str | bytes) or not hasattr(x, "__float__"):
        raise ValueError(f"{name}: expected a {kind}, got {describe(x)}")
    value = float(x)
    if not isfinite(value):
        raise ValueError(f"{name}: expected a finite {kind}, got {value}")
    return value


def positive(name: str, x: Any) -> float:
    """x as a Python float; ValueError unless it is a finite number above 0."""
    value = number(name, x)
    if not value:
        raise ValueError(f"{name}: expected a number above 0, got {value}")
    return value


def whole(name: str, n: Any, least: int) -> int:
    """n as a Python int; ValueError unless it is a whole number from `least` up.

    >>> whole("batch_size", 32, 1)
    32
    """
    if isinstance(n, bool) or not isinstance(n, int | np.integer) or n < least:
        raise ValueError(f"{name}: expected a whole number >= {least}, got {n!r}")
    return int(n)


def lengths(name: str, given: int | Sequence[int]) -> tuple[int, ...]:
    """The lengths of axes, from a sequence of them, or from one; ValueError unless they are whole numbers above 0.

    >>> lengths("shape", 64), lengths("shape", (28, 28))
    ((64,), (28, 28))
    """
    return tuple(whole(name, n, 1) for n in (given if isinstance(given, Sequence) else (given,)))


def number_of(cost: Any) -> Tensor:
    """What a loss has returned; TypeError unless it is one number."""
    if not isinstance(cost, Tensor) or cost.size != 1:
        raise TypeError(f"loss: expected it to return one number as a Tensor, got {describe(cost)}")
    return cost


def labels_in_range(name: str, labels: np.ndarray, classes: int) -> None:
    """Raises IndexError that names the label, and the sample, that is none of 0, 1, ... classes - 1.

    >>> labels_in_range("nll", np.array([0, 3]), 3)
    Traceback (most recent call last):
    IndexError: nll: label 3 of sample 1 is out of range: there are 3 classes, 0 to 2
    """
    bits = labels.astype(np.int64, copy=False).view(np.uint64)  # in which a negative label is a huge one
    if bits.size and bits.item(bits.argmax()) >= classes:  # quicker than max()
        place = tuple(np.argwhere(bits >= classes)[0].tolist())
        raise IndexError(
            f"{name}: label {labels[place]} of sample {', '.join(map(str, place)) or 0} is out of range: there are "
            f"{classes} classes, 0 to {classes - 1}"
        )


def finite(name: str, x: np.ndarray) -> None:
    """Raises ValueError that names the row, and the column, of the first entry that is NaN or infinite.

    >>> finite("x", np.array([[1.0, 2.0], [3.0, np.nan]]))
    Traceback (most recent call last):
    ValueError: x: expected finite numbers, got nan in row 1, column 1 (1 of 4 entries is not finite)
    """
    bad = ~np.isfinite(x)
    if bad.any():
        row, *column = np.argwhere(bad)[0].tolist()
        place = f"row {row}" + (f", column {', '.join(map(str, column))}" if column else "")
        n = int(bad.sum())
        raise ValueError(
            f"{name}: expected finite numbers, got {x[(row, *column)]} in {place} "
            f"({n} of {x.size} entries {'is' if n == 1 else 'are'} not finite)"
        )


def differing(was: Mapping[str, Any], now: Mapping[str, Any]) -> list[tuple[str, Any, Any]]:
    """The name of what is not as it was, what it was, and what it is, with None where there is none.

    >>> differing({"rate": 0.1, "size": 3}, {"rate": 0.2, "size": 3, "shuffle": True})
    [('rate', 0.1, 0.2), ('shuffle', None, True)]
    """
    pairs = [(name, was.get(name), now.get(name)) for name in {**was, **now}]
    return [(name, before, after) for name, before, after in pairs if before != after]


def few(items: list[str], most: int = 8) -> list[str]:
    """The first of them, and how many more there are."""
    shown = items if len(items) <= most + 1 else [*items[:most], f"and {len(items) - most} more"]
    return [printable(item, LONGEST) for item in shown]
