"""A recorded program as a module of its own, which needs only NumPy and gives the same bits."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from operator import add
from typing import Any

import numpy as np
from numpy import ndarray
from numpy.lib.array_utils import byte_bounds

from autograd.program.calls import place
from autograd.program.copies import RANDOM, Names, any_dtype, view
from autograd.program.emit import inert, number_source


def module(
    source: str,
    title: str,
    objects: dict[str, Any],
    given: Sequence[tuple[str, ndarray]],
    takes: Sequence[Any],
    handed: Sequence[tuple[Any, ndarray]] = (),
    numbers: Sequence[float] = (),
) -> str:
    """The text of a module with a program, all that it names, and the arrays that it is bound to, as they are now.

    source    the program, as emitted
    objects   the functions and arrays that it names, by name
    given     the arguments of its bind(), by name
    takes     what its step() takes before the numbers: (..., shape, dtype, layout) of arrays, the type of a number
    handed    Tensors, and where their gradients are left
    numbers   the last arguments of step(), as they are when it is not told

    Raises ValueError for what cannot be copied, such as a function without source or a random generator.
    """
    arrays, gradients = (name + "_" * (name in objects) for name in ("arrays", "gradients"))
    names = Names(objects, {arrays, gradients, *re.findall(r"\w+", source)})
    for name in objects:
        names.define(name, f"the program calls {name}")
    for draw in re.findall(r"\bnp\.random\.[\w.]+", source):  # from NumPy's own generator
        raise ValueError(f"the program calls {draw}{RANDOM}")
    data = [names.texts.pop(name) for name, x in objects.items() if isinstance(x, ndarray)]
    tensors = {place(array): name for name, array in given}
    handed = [(tensors.get(place(p.array)) or names.free(re.sub(r"\W+", "_", p.name or "p")), g) for p, g in handed]
    data += _tables({arrays: given} | ({gradients: handed} if handed else {}), names)
    data += [f"step = bind(**{arrays})"]
    imports, program = _checked(source, takes, numbers, names).split("\n", 1)
    first = sorted(text for text in names.texts.values() if text.startswith(("import ", "from ")))
    others = [text for text in names.texts.values() if text not in first]
    head = [f'"""{inert(title)}"""', *(["\n".join(first)] if first else []), imports]
    return "\n\n\n".join(["\n\n".join(head), *others, program.strip("\n"), "\n".join(data)]) + "\n"


def _tables(tables: dict[str, Sequence[tuple[str, ndarray]]], names: Names) -> Iterator[str]:
    """Tables of arrays by name; those that overlap are views of one memory."""
    spans: list[list[ndarray]] = []
    end = 0
    for array in sorted((array for table in tables.values() for _, array in table), key=byte_bounds):
        low, high = byte_bounds(array)
        if low >= end:
            spans.append([])
        spans[-1].append(array)
        end = max(end, high)
    texts: dict[tuple, str] = {}
    for span in spans:
        low, high = byte_bounds(span[0])[0], max(byte_bounds(array)[1] for array in span)
        whole = names.free("memory") if len(span) > 1 else ""
        if whole:
            yield f"{whole} = {names.packed(low, high)}"
        for array in span:
            texts[place(array)] = view(array, whole, low) if whole else names.array(array)
    for title, table in tables.items():
        rows = "".join(f'\n    "{name}": {texts[place(array)]},' for name, array in table)
        yield f"{title} = {{{rows}\n}}" if rows else f"{title} = {{}}"


def _checked(source: str, takes: Sequence[Any], numbers: Sequence[float], names: Names) -> str:
    """The program with a step() that judges its arguments."""
    start, given, rest = re.split(r"^    def step\((.*?)\):\n", source, maxsplit=1, flags=re.MULTILINE | re.DOTALL)
    arguments = [name.strip() for name in given.split(",") if name.strip()]
    defaults = [""] * len(takes) + [f"={number_source(x)}" for x in numbers]
    lines = [f"{start}    def step({', '.join(map(add, arguments, defaults))}):"]
    for name, kind in zip(arguments, [*takes, *map(type, numbers)], strict=True):
        if isinstance(kind, tuple):
            shape, dtype = kind[-3:-1]
            lines += [f'        if getattr({name}, "shape", None) != {shape} or {name}.dtype != {any_dtype(dtype)}:',
                      f'            raise {names.own(unfit)}("{name}", "{dtype}{shape}", {name})']  # fmt: skip
        else:
            kind = "float" if kind is float else any_dtype(np.dtype(kind))
            lines += [f"        if type({name}) is not {kind}:",
                      f'            {name} = {kind}({names.own(number)}("{name}", {name}))']  # fmt: skip
    return "\n".join([*lines, rest])


# These are copied into the modules that need them.


def unfit(name: str, expected: str, x: Any) -> ValueError:
    """What to raise for an argument that the program was not made for."""
    found = f"{x.dtype}{x.shape}" if isinstance(x, np.ndarray | np.generic) else type(x).__name__
    return ValueError(f"{name}: expected {expected}, got {found}")


def number(name: str, x: Any) -> Any:
    """A real number, or ValueError."""
    if not isinstance(x, int | float | np.integer | np.floating):
        raise unfit(name, "a number", x)
    return x
