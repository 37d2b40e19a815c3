"""The derivatives of a function of numbers: it runs once, for any number, and everything is put in."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from types import FunctionType
from typing import Any

import numpy as np

from autograd.backprop import seed, sweep
from autograd.errors import describe
from autograd.graph import Value
from autograd.program.traced import Frozen
from autograd.recording import recorded
from autograd.show import expression as e
from autograd.show.derive import Deriver
from autograd.show.expression import Call
from autograd.show.names import Names
from autograd.show.notation import Latex, Shown, Text, aligned
from autograd.show.reading import counted


class Derivatives(Shown):
    """The derivatives of a function of numbers, with everything put in."""

    def __init__(self, f: Callable[..., Any]) -> None:
        deriver, arguments = Deriver(Names()), _arguments(f)
        try:
            with recorded(deriver), np.errstate(all="ignore"):  # no number that it is run for is of any meaning
                inputs = {name: deriver.number(name, 0.3 + 0.4 * k) for k, name in enumerate(arguments)}
                root = f(*inputs.values())
                grows = isinstance(root, Value) and root.requires_grad and not root.ndim
                found = {id(x): g for x, g in sweep(root, seed(root, None))} if grows else {}
        except Frozen as error:
            raise TypeError(f"formulas: f runs once, for any number, and {error}") from None
        except Exception as error:
            error.add_note("formulas calls a function with numbers, and works out its derivatives for any; for a "
                           "function of arrays hand in what it returns for some: formulas(f(w))")  # fmt: skip
            raise
        value = root.array if isinstance(root, Value) else root
        if not isinstance(value, float | int | np.number | np.ndarray) or np.ndim(value):
            raise TypeError(f"formulas: expected a function of numbers that returns one, got {describe(root)}")
        slopes = [counted(deriver.sum_of(found.get(id(x), 0.0))) for x in inputs.values()]
        self.before, (self.value, *slopes) = deriver.put_in([counted(deriver.expression(value)), *slopes])
        name = f.__name__ if isinstance(f, FunctionType) and f.__name__.isidentifier() else "f"
        known = {part.function for part in e.parts(self.value) if isinstance(part, Call)}
        self.name = deriver.names.free("f" if name in known else name, 0)
        self.slopes = list(zip([deriver.expression(x.array) for x in inputs.values()], slopes, strict=True))
        self.names = deriver.names

    def __str__(self) -> str:
        write = Text(self.names)
        f = write(self.name)
        rows = [f"{write(name)} = {write(x)}" for name, x in [*self.before, (self.name, self.value)]]
        rows += [f"{self.d}{f}/{self.d}{write(x)} = {write(slope)}" for x, slope in self.slopes]
        return "\n".join(rows + write.where())

    @property
    def d(self) -> str:
        """The sign of a derivative: of several numbers it is a partial one."""
        return "∂" if len(self.slopes) > 1 else "d"

    @property
    def latex(self) -> str:
        write = Latex(self.names)
        f = write(self.name)
        rows = [f"{write(name)} &= {write(x)}" for name, x in [*self.before, (self.name, self.value)]]
        d = self.d.replace("∂", r"\partial ")
        rows += [rf"\frac{{{d}{f}}}{{{d}{write(x)}}} &= {write(slope)}" for x, slope in self.slopes]
        return aligned([*rows, *(f"& {said}" for said in write.where())])


def _arguments(f: Callable[..., Any]) -> list[str]:
    """The names of the numbers that a function takes."""
    inner = inspect.unwrap(f)
    if isinstance(inner, np.ufunc):
        return ["x", "y", "z"][: inner.nin] if inner.nin < 4 else [f"x{k + 1}" for k in range(inner.nin)]
    try:
        parameters = inspect.signature(f).parameters.values()
    except ValueError:  # of what is written in C nobody knows
        return ["x"]
    by_place = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    found = [p.name for p in by_place if p.default is p.empty] or [p.name for p in by_place[:1]]
    if any(p.kind is p.VAR_POSITIONAL for p in parameters) or not found:
        raise TypeError(f"formulas: expected a function of numbers that have names, and this one takes "
                        f"{inspect.signature(f)}: write lambda x, y: f(x, y); "
                        "for a model hand in its loss, formulas(model.loss(x, t))")  # fmt: skip
    return found
