"""Arguments checked: names, numbers, counts, labels, data and states, refused with what was expected and what came."""

from __future__ import annotations

import re
import reprlib
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from math import inf, isfinite
from typing import Any, TypeVar

import numpy as np

from autograd.arguments import printable

LONGEST = 200  # characters of a name that are shown
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


def generator(rng: Any) -> np.random.Generator:
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
    if isinstance(x, bool | str | bytes) or not hasattr(x, "__float__"):
        raise ValueError(f"{name}: expected a number >= 0, got {x!r}")
    value = float(x)
    if not isfinite(value) or value < 0:
        raise ValueError(f"{name}: expected a finite number >= 0, got {value}")
    if value >= below:
        raise ValueError(f"{name}: expected a number from 0 up to, but not, {below}, got {value}")
    if value > most:
        raise ValueError(f"{name}: expected a number from 0 to {most}, got {value}")
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


def under(part: str, state: Mapping[str, Any]) -> dict[str, Any]:
    """The state of a part as it stands in that of the whole: each name behind the part's own.

    >>> under("0", {"v": 1.0})
    {'0.v': 1.0}
    """
    return {f"{part}.{name}": x for name, x in state.items()}


def within(part: str, state: Mapping[str, Any]) -> dict[str, Any]:
    """The state of a part, as `under` has put it into that of the whole.

    >>> within("0", {"steps": 3, "0.v": 1.0})
    {'v': 1.0}
    """
    return {name.removeprefix(f"{part}."): x for name, x in state.items() if name.startswith(f"{part}.")}


def fitted(whose: str, own: Mapping[str, Any], state: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """`state` in the dtypes of `own`, arrays or Tensors by name, whose place it is to take.

    What is one thing under several names may stand in the state under one of them, or all.  Raises ValueError that
    lists what is missing, unexpected, of another shape, or not real numbers.
    """
    if not isinstance(state, Mapping):
        raise TypeError(f"load_state_dict expected a dict of arrays, got {type(state).__name__}")
    new: dict[int, np.ndarray] = {}
    misfits = []
    for path, x in own.items():
        if path in state:
            given = np.asarray(state[path])
            fault = _misfit(given, x.shape, x.dtype)
            if not fault and not np.array_equal(new.setdefault(id(x), given), given, equal_nan=True):
                fault = f"differs from {next(p for p in own if own[p] is x)}, and both are one tensor"
            misfits += [f"{path}: {fault}"] if fault else []
    told = {id(x) for path, x in own.items() if path in state}
    missing = [path for path, x in own.items() if id(x) not in told]
    unexpected = [str(path) for path in state if path not in own]
    named = [f"{what}: {', '.join(few(paths))}"
             for what, paths in (("missing", missing), ("unexpected", unexpected)) if paths]  # fmt: skip
    if faults := named + few(misfits):
        raise ValueError(f"this state does not fit {whose}:\n  " + "\n  ".join(faults))
    return {path: new[id(x)].astype(x.dtype) for path, x in own.items()}


def _misfit(given: np.ndarray, shape: tuple[int, ...], dtype: Any) -> str:
    """What keeps an array from being loaded into one of this shape and dtype, if anything does."""
    if given.shape != shape:
        return f"expected shape {shape}, got {given.shape}"
    if not np.can_cast(given.dtype, dtype, "same_kind"):
        return f"expected {dtype}, got {given.dtype}"
    with np.errstate(over="ignore"):
        lost = np.isfinite(given) & ~np.isfinite(given.astype(dtype))
    return f"has values too large for {dtype}" if lost.any() else ""


def few(items: list[str], most: int = 8) -> list[str]:
    """The first of them, and how many more there are."""
    shown = items if len(items) <= most + 1 else [*items[:most], f"and {len(items) - most} more"]
    return [printable(item, LONGEST) for item in shown]
