"""What a function can reach by its own names: modules that it depends on, random generators that it may draw from."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from functools import partial
from types import BuiltinMethodType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any

DEPTH, MOST = 6, 10_000  # how far is looked, and at how many objects


def reached(f: Any, kinds: tuple[type, ...]) -> list[Any]:
    """The objects of these types that f refers to: by closure, defaults, global names, attributes, containers."""
    found: list[Any] = []
    seen: dict[int, Any] = {}
    todo = [(f, 0)]
    while todo:
        x, depth = todo.pop()
        if id(x) in seen or depth > DEPTH or len(seen) > MOST:
            continue
        seen[id(x)] = x
        if isinstance(x, kinds):
            found.append(x)
        todo += [(y, depth + 1) for y in _named(x)]
    return found


def generators(f: Any) -> list[Any]:
    """The random generators among these, and Python's and NumPy's global ones."""
    numpys = sys.modules.get("numpy.random")  # loaded by who uses it
    kinds: tuple[type, ...] = (random.Random, *((numpys.Generator, numpys.RandomState) if numpys else ()))
    everyones = [random.random.__self__, *([numpys.random.__self__] if numpys else [])]  # type: ignore[attr-defined]
    return everyones + [x for x in reached(f, kinds) if not any(x is y for y in everyones)]


def _named(x: Any) -> Iterator[Any]:
    """What an object refers to by name."""
    if isinstance(x, MethodType):
        yield from (x.__self__, x.__func__)
    elif isinstance(x, BuiltinMethodType):
        yield x.__self__
    elif isinstance(x, partial):
        yield from (x.func, x.args, x.keywords)
    elif isinstance(x, FunctionType):
        known = (x.__globals__.get(name) for name in _names(x.__code__))
        yield from (y for y in known if not isinstance(y, ModuleType))
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


def _names(code: CodeType) -> Iterator[str]:
    """The global names in a function's code, and in that of the functions within it."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def state(generator: Any) -> Any:
    """The state of a generator."""
    if hasattr(generator, "getstate"):
        return generator.getstate()
    return generator.get_state() if hasattr(generator, "get_state") else generator.bit_generator.state


def restore(generator: Any, before: Any) -> None:
    """Puts a generator back into a state."""
    if hasattr(generator, "setstate"):
        generator.setstate(before)
    elif hasattr(generator, "set_state"):
        generator.set_state(before)
    else:
        generator.bit_generator.state = before
