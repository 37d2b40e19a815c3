"""What functions take, and what becomes of an error in a call: it tells the call, and which argument was wrong."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property, wraps
from inspect import Signature, isfunction, signature
from math import inf
from typing import Any, TypeVar

import numpy as np

from autograd.arrays import Array
from autograd.errors import describe, misfit, printable, visible
from autograd.kinds import judged, kinds_of, refusal

F = TypeVar("F", bound=Callable[..., Any])
OWN = {"autograd", "nn", "numpy", *sys.stdlib_module_names}  # whose errors are no caller's


def flag(name: str, x: Any) -> bool:
    """x as a Python bool; ValueError unless it is True or False: bool("no") is True.

    >>> flag("shuffle", "no")
    Traceback (most recent call last):
    ValueError: shuffle: expected True or False, got 'no'
    """
    if not isinstance(x, bool | np.bool_):
        raise ValueError(f"{name}: expected True or False, got {describe(x)}")
    return bool(x)


def text(name: str, x: str | None) -> str | None:
    """x itself; TypeError for what is neither a text nor None."""
    if not isinstance(x, str | None):
        raise TypeError(f"{name}: expected a text or None, got {describe(x)}")
    return x


def function_of(name: str, f: F) -> F:
    """f itself; TypeError for what cannot be called."""
    if not callable(f):
        raise TypeError(f"{name}: expected a function, got {describe(f)}")
    return f


def refuses(f: Callable[..., Any], *args: Any, **kwargs: Any) -> str:
    """What f takes, and why it cannot be called with these; "" if it can, or is written in C and does not tell.

    >>> refuses(lambda x: x, 1, y=2)
    "(x): got an unexpected keyword argument 'y'"
    """
    try:
        declared = signature(f)
    except ValueError:
        return ""
    try:
        declared.bind(*args, **kwargs)
    except TypeError as error:
        return f"{declared}: {error}"
    return ""


class Arguments:
    """What a function is declared to take, and what becomes of an error in a call of it."""

    def __init__(self, function: Any) -> None:
        self.function = function
        self.parameters = [p for p in signature(function).parameters.values() if p.name not in ("self", "cls")]
        self.defaults = {p.name: p.default for p in self.parameters if p.default is not p.empty}
        self.defaults |= {p.name: () for p in self.parameters if p.kind is p.VAR_POSITIONAL}

    @cached_property
    def kinds(self) -> dict[str, Any]:
        """The types that the arguments are declared to have, by name: looked up when they are asked for."""
        return kinds_of(self.function)

    def named(self, op: str, args: tuple, kwargs: dict[str, Any]) -> dict[str, Any]:
        """The arguments of a call by name, as arrays[0]; TypeError that says which there are not, or are left out."""
        try:
            bound = Signature(self.parameters).bind(*args, **kwargs).arguments
        except TypeError as error:
            raise misfit(op, [p.name for p in self.parameters], args, kwargs, error) from None
        named: dict[str, Any] = {}
        for p in self.parameters:
            if p.kind is p.VAR_POSITIONAL:
                named |= {f"{p.name}[{i}]": x for i, x in enumerate(bound.get(p.name, ()))} or {p.name: ()}
            elif p.name in bound:
                named |= bound[p.name] if p.kind is p.VAR_KEYWORD else {p.name: bound[p.name]}
        return named

    def blamed(self, error: Exception, op: str, args: tuple, kwargs: dict[str, Any]) -> Exception:
        """The error of a call with a note of it; another one where that says which argument was wrong, and it does not.

        What a function raises that the caller has handed in is the caller's, and stays what it is.
        """
        op = printable(op)
        try:
            named = self.named(op, args, kwargs)
        except TypeError as wrong:
            return wrong
        if ours(error):
            error = self.refused(error, op, named) or error
            error.args = tuple(visible(part) if isinstance(part, str) else part for part in error.args)
        note = printable(f"in {op}({', '.join(f'{name}={describe(x)}' for name, x in named.items())})", 2000)
        if note not in getattr(error, "__notes__", ()):
            error.add_note(note)
        return error

    def refused(self, error: Exception, op: str, named: Mapping[str, Any]) -> Exception | None:
        """The error that says which argument is not what it is declared to be, or too large, if the error does not."""
        wrong, told = [], False
        for place, x in named.items():
            name = place.partition("[")[0]
            kind = Any if x is self.defaults.get(name, ...) else self.kinds.get(name, Any)
            if why := refusal(x, kind, f"{op}: {place}"):
                wrong.append(why)
                told |= bool(re.search(rf"\b{name}\b" + ("" if judged(kind) else "|expected .* got "), str(error)))
        if wrong and not told:
            return wrong[0]
        if isinstance(error, OverflowError):
            place = max(named, key=lambda place: largest(named[place]), default="")
            return ValueError(f"{op}: {place}: expected a smaller number, got {describe(named.get(place))}: {error}")
        if isinstance(error, AttributeError) and any(error.obj is part for x in named.values() for part in parts_of(x)):
            return TypeError(f"{op}: {error}")
        return None


def ours(error: Exception) -> bool:
    """Whether an error arose in the library, or in what it calls, and not in a function that the caller handed in."""
    trace = error.__traceback__
    while trace:
        if str(trace.tb_frame.f_globals.get("__name__")).partition(".")[0] not in OWN:
            return False
        trace = trace.tb_next
    return True


def parts_of(x: Any) -> Iterable[Any]:
    """x and, of a list or tuple, its entries."""
    return (x, *x) if isinstance(x, list | tuple) else (x,)


def largest(x: Any) -> float:
    """The largest of the numbers in an argument, whatever their signs; -1 if there are none."""
    return max((abs(part) for part in parts_of(x) if isinstance(part, int | float) and part == part), default=-1)


class Inputs(Arguments):
    """What an op is declared to take: inputs, which are positional, and static parameters, which are keyword-only."""

    def __init__(self, function: Any) -> None:
        if not isfunction(function):
            raise TypeError(
                f"a primitive is declared over a function, whose arguments name its inputs; got {function!r}"
            )
        super().__init__(function)
        self.op = printable(function.__name__.strip("_"))  # _concatenate works for concatenate, and shows as such
        inputs = [p for p in self.parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
        self.names = [p.name for p in inputs]
        self.required = sum(p.default is p.empty for p in inputs)
        self.variadic = next((p.name for p in self.parameters if p.kind is p.VAR_POSITIONAL), None)
        self.arity = inf if self.variadic else len(inputs)
        self.static = {p.name for p in self.parameters if p.kind is p.KEYWORD_ONLY}
        self.optional = {type(None)} if self.required < self.arity else set()  # what an input may be left out as
        self.usual = {name: x for name, x in self.defaults.items() if name in self.static}

    def bind(self, inputs: tuple, params: dict[str, Any]) -> tuple[tuple, dict[str, Any]]:
        """Sorts a call made NumPy's way, `sum(x, 0)` or `maximum(x1=a, x2=b)`, into inputs and parameters."""
        if self.required <= len(inputs) <= self.arity and params.keys() <= self.static:
            return inputs, params  # an optional input was left out
        try:
            if self.arity == inf:
                raise TypeError("it takes inputs by place and parameters by name")
            anywhere = [p.replace(kind=p.POSITIONAL_OR_KEYWORD) for p in self.parameters]
            bound = Signature(anywhere).bind(*inputs, **params)
        except TypeError as error:
            raise misfit(self.op, [p.name for p in self.parameters], inputs, params, error) from None
        bound.apply_defaults()
        values = bound.arguments
        return tuple(values.pop(name) for name in self.names), values

    def places(self, inputs: tuple) -> list[str]:
        """What each of the inputs is called."""
        return self.names[: len(inputs)] + [f"{self.variadic}[{k}]" for k in range(len(inputs) - len(self.names))]

    @cached_property
    def kinds(self) -> dict[str, Any]:
        """Inputs are arrays, unless they may be anything."""
        kinds = kinds_of(self.function)
        arrays = [name for name in (*self.names, self.variadic) if name and name not in kinds]
        return kinds | dict.fromkeys(arrays, Array)

    def named(self, op: str, args: tuple, kwargs: dict[str, Any]) -> dict[str, Any]:
        """The inputs and parameters of a call, which fits, by name."""
        return dict(zip(self.places(args), args, strict=True)) | kwargs

    def judge(self, rule: Any, *first: Any) -> None:
        """Raises TypeError for what is no rule for these arguments: it is called with (g, out, *inputs, **params)."""
        inputs = self.names + ([f"*{self.variadic}"] if self.variadic else [])
        takes = ", ".join([*("i" for _ in first), "g", "out", *inputs, *sorted(self.static)])
        if rule is not None and not callable(rule):
            raise TypeError(f"{self.op}: expected a rule, a function of ({takes}), or None; got {rule!r}")
        if rule is not None and (why := refuses(rule, *first, "g", "out", *inputs, **dict.fromkeys(self.static))):
            raise TypeError(
                f"{self.op}: expected a rule to take ({takes}) and to return the cotangent of its input, got one that "
                f"takes {why}. A rule `lambda ans, x: lambda g: ...` is written `lambda g, out, x: ...`"
            )


def explained(function: F) -> F:
    """Declares a function, or a class by its __init__: an error in it says with what it was called, by name.

    Arguments that are not what they are declared to be are refused as such, whatever else went wrong because of that;
    flags, whose default is True or False, before the call: every object is true or false.
    """
    arguments = Arguments(function)
    method = len(signature(function).parameters) - len(arguments.parameters)
    flags = [
        (inf if p.kind is p.KEYWORD_ONLY or hasattr(function, "__wrapped__") else place, p.name)  # NumPy's order
        for place, p in enumerate(arguments.parameters, method)
        if isinstance(p.default, bool) and p.annotation in ("bool", bool)
    ]

    @wraps(function)
    def attempt(*args: Any, **kwargs: Any) -> Any:
        try:
            for place, name in flags:
                if place < len(args) or name in kwargs:
                    flag(name, kwargs[name] if name in kwargs else args[int(place)])
            return function(*args, **kwargs)
        except (TypeError, ValueError, IndexError, AttributeError, OverflowError) as error:
            op = type(args[0]).__name__ if function.__name__ == "__init__" else function.__name__
            raise arguments.blamed(error, op, args[method:], kwargs)  # noqa: B904 (mostly the same error)

    return attempt  # type: ignore[return-value]
