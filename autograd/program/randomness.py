"""Random numbers that a function draws by itself: they would be the same in every run of its program."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from types import FunctionType, MethodType
from typing import Any


def generators(f: Any) -> list[Any]:
    """The random generators that a function can reach by its own names, with NumPy's and Python's global ones."""
    numpys = sys.modules.get("numpy.random")  # loaded by who uses it
    kinds: tuple[type, ...] = (random.Random, *((numpys.Generator, numpys.RandomState) if numpys else ()))
    found: list[Any] = [random, *([numpys] if numpys else [])]  # the modules stand for their global generators
    seen: set[int] = set()
    todo = [(f, 0)]
    while todo:
        x, depth = todo.pop()
        if id(x) in seen or depth > 6 or len(seen) > 10_000:
            continue
        seen.add(id(x))
        if isinstance(x, kinds):
            found.append(x)
        else:
            todo += [(y, depth + 1) for y in _named(x, kinds)]
    return found


def _named(x: Any, kinds: tuple[type, ...]) -> Iterator[Any]:
    """What an object refers to by name."""
    if isinstance(x, MethodType):
        yield from (x.__self__, x.__func__)
    elif isinstance(x, FunctionType):
        known = [x.__globals__.get(name) for name in x.__code__.co_names]
        yield from (y for y in known if isinstance(y, (*kinds, FunctionType)))
        yield from (*(x.__defaults__ or ()), *(x.__kwdefaults__ or {}).values())
        for cell in x.__closure__ or ():
            try:
                yield cell.cell_contents
            except ValueError:  # not set yet
                continue
    elif isinstance(x, dict):
        yield from x.values()
    elif isinstance(x, list | tuple | set):
        yield from x
    elif type(x).__module__.split(".")[0] not in ("builtins", "numpy") and hasattr(x, "__dict__"):
        yield from vars(x).values()


def state(generator: Any) -> str:
    """What tells whether a generator was used."""
    if hasattr(generator, "getstate"):
        return repr(hash(generator.getstate()))
    return repr(generator.get_state() if hasattr(generator, "get_state") else generator.bit_generator.state)
