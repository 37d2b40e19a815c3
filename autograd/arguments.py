"""What callers hand in: turned into arrays, sorted into inputs and parameters, and named in errors."""

from __future__ import annotations

import reprlib
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from functools import cache, wraps
from inspect import Parameter, Signature, isfunction, signature
from math import inf
from typing import Any, TypeVar

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

F = TypeVar("F", bound=Callable[..., Any])


class StandIn:
    """What takes the place of an array while a program is recorded: see autograd.program.trace."""

    __slots__ = ()

    def asarray(self) -> Any:
        """The same as what np.asarray makes of it."""
        return self

    def whole(self, function: Any) -> Any:
        """A forward that becomes one call of the program where the calls in it cannot be recorded."""
        return function


def plain(x: Any, op: str = "", dtype: Any = None) -> Any:
    """The ndarray of real numbers that x stands for; raises TypeError for anything else."""
    if type(x) is np.ndarray and dtype is None and x.dtype.kind in "fiub":
        return x  # as it is nearly always
    if isinstance(x, StandIn):
        return x.asarray() if dtype is None or x.dtype == dtype else x.astype(dtype)  # type: ignore[attr-defined]
    where = f"{op}: " if op else ""
    if isinstance(x, np.generic) and dtype is None and x.dtype.kind in "fiub":
        return np.asarray(x)
    if any(kind.__name__ == "MaskedArray" for kind in type(x).__mro__):  # without loading numpy.ma
        raise TypeError(f"{where}masked arrays are not differentiated, since their mask would be lost: fill them first")
    if isinstance(x, np.matrix):
        raise TypeError(
            f"{where}np.matrix is not taken, since its * is a product of matrices and here it would be one of entries: "
            "hand in np.asarray(m), and write @ for the product"
        )
    try:
        array = np.asarray(x, dtype)
    except (TypeError, ValueError) as error:
        error.add_note(f"{where}expected an array, got {describe(x)}")
        raise
    if array.dtype.kind not in "fiub":
        came = f"{array.dtype}{array.shape}" if hasattr(x, "dtype") else f"{describe(x)} ({array.dtype})"
        raise TypeError(f"{where}expected real numbers (floating, integer or boolean), got {came}")
    return array


def gathered(x: Any) -> Any:
    """A list with Tensors anywhere in it as one Tensor, which NumPy's stack lets ours make; anything else as it is."""
    if isinstance(x, list | tuple):
        parts = [gathered(part) for part in x]
        if any(hasattr(part, "requires_grad") for part in parts):
            return np.stack(parts)
    return x


def arraylike(x: Any, where: str = "") -> Any:
    """x itself where it has a shape, as arrays and Tensors do, else the array, or the Tensor, that it stands for."""
    if not hasattr(x, "shape"):
        x = gathered(x)
    return x if hasattr(x, "shape") else plain(x, where)


def flag(name: str, x: Any) -> bool:
    """x as a Python bool; ValueError unless it is True or False: bool("no") is True.

    >>> flag("shuffle", "no")
    Traceback (most recent call last):
    ValueError: shuffle: expected True or False, got 'no'
    """
    if not isinstance(x, bool | np.bool_):
        raise ValueError(f"{name}: expected True or False, got {describe(x)}")
    return bool(x)


def function_of(name: str, f: F) -> F:
    """f itself; TypeError for what cannot be called."""
    if not callable(f):
        raise TypeError(f"{name}: expected a function, got {describe(f)}")
    return f


def floating(x: Any) -> Any:
    """x, but integers as floats: where they would wrap around, as -x does for an unsigned one."""
    if type(x) is np.ndarray and x.dtype.kind == "f":
        return x  # as it is nearly always
    if getattr(getattr(x, "dtype", None), "kind", "") == "f":
        return x
    return (x.astype(float) if hasattr(x, "astype") else np.asarray(x, float))[()]


def axis_of(axis: Any, ndim: int) -> int:
    """The axis counted from the start; AxisError, as NumPy's, where it is not there.

    >>> axis_of(-1, 3)
    2
    """
    return int(normalize_axis_index(axis, ndim))


def axes_of(axis: Any, ndim: int) -> tuple[int, ...]:
    """The axes, None for all, counted from the start; NumPy's errors where one is not there, or stands there twice.

    >>> axes_of((0, -1), 3), axes_of(None, 2)
    ((0, 2), (0, 1))
    """
    return tuple(range(ndim)) if axis is None else normalize_axis_tuple(axis, ndim)


def describe(x: Any) -> str:
    """An argument, as an error message names it: W1 float32(3, 4)."""
    name = getattr(x, "name", None) if hasattr(x, "dtype") else None  # a path has one too
    text = f"{x.dtype}{x.shape}" if hasattr(x, "dtype") and not isinstance(x, type) else reprlib.repr(x)
    return f"{name} {text}" if isinstance(name, str) else text


def call(op: str, inputs: tuple, params: dict[str, Any], defaults: Mapping[str, Any] | None = None) -> str:
    """A call, as an error message shows it: sum(float64(3, 4), axis=2); without what is as in `defaults`."""
    usual = {name: describe(x) for name, x in (defaults or {}).items()}
    said = {name: describe(x) for name, x in params.items()}
    given = [*map(describe, inputs), *(f"{name}={x}" for name, x in said.items() if usual.get(name) != x)]
    return f"{op}({', '.join(given)})"


def told(error: Exception, op: str, given: Mapping[str, Any]) -> None:
    """Notes with an error the call that it is of; that an argument lacks an attribute becomes a TypeError."""
    note = f"in {op}({', '.join(f'{name}={describe(x)}' for name, x in given.items())})"
    if isinstance(error, AttributeError):
        parts = [part for x in given.values() for part in (x, *(x if isinstance(x, list | tuple) else ()))]
        if any(error.obj is part for part in parts):
            error = TypeError(f"{op}: {error}")
            error.add_note(note)
            raise error
    if note not in getattr(error, "__notes__", ()):
        error.add_note(note)


def slip(got: tuple[int, ...], expected: tuple[int, ...]) -> str:
    """What may have made a rule return one shape for another, as its error message says it."""
    for axis, n in enumerate(got):
        if any((*got[:axis], *kept, *got[axis + 1 :]) == expected for kept in ((), (1,))) and n != 1:
            return f": {got} is {expected} before the sum over axis {axis}: was it forgotten?"
    return ": is it transposed?" if got == expected[::-1] else ""


def no_array(error: Exception, op: str, k: int) -> Exception:
    """The error of a rule; one that says so, if the rule gave what has no shape."""
    if isinstance(error, AttributeError) and error.name == "shape" and error.__traceback__.tb_next is None:  # type: ignore[union-attr]
        kind = type(error.obj).__name__
        return TypeError(f"{op}: expected its vjp for argument {k} to return an array, got {kind}: was g forgotten?")
    return error


class Arguments:
    """What an op is declared to take: inputs, which are positional, and static parameters, which are keyword-only."""

    def __init__(self, function: Any) -> None:
        if not isfunction(function):
            raise TypeError(
                f"a primitive is declared over a function, whose arguments name its inputs; got {function!r}"
            )
        self.op = function.__name__.strip("_")  # _concatenate works for the public concatenate, and shows as such
        self.parameters = signature(function).parameters.values()
        inputs = [p for p in self.parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
        self.names = [p.name for p in inputs]
        self.required = sum(p.default is p.empty for p in inputs)
        self.variadic = next((p.name for p in self.parameters if p.kind is p.VAR_POSITIONAL), None)
        self.arity = inf if self.variadic else len(inputs)
        self.static = {p.name for p in self.parameters if p.kind is p.KEYWORD_ONLY}
        self.optional = {type(None)} if self.required < self.arity else set()  # what an input may be left out as
        self.defaults = {
            p.name: p.default for p in self.parameters if p.name in self.static and p.default is not p.empty
        }

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
        given = bound.arguments
        return tuple(given.pop(name) for name in self.names), given

    def places(self, inputs: tuple) -> list[str]:
        """What each of the inputs is called."""
        return self.names[: len(inputs)] + [f"{self.variadic}[{k}]" for k in range(len(inputs) - len(self.names))]

    def blame(self, error: Exception, inputs: tuple, params: dict[str, Any]) -> None:
        """Notes with an error its call, by name: sum(a=float64(3, 4), axis=2); TypeError where an input is no array."""
        places = self.places(inputs)
        for place, x in zip(places, inputs, strict=True):
            if isinstance(x, np.ndarray) and not isinstance(error, IndexError):  # which says what is no index
                plain(x, f"{self.op}: {place}")
        told(error, self.op, dict(zip(places, inputs, strict=True)) | params)

    def judge(self, rule: Any, *first: Any) -> None:
        """Raises TypeError for what is no rule for these arguments: it is called with (g, out, *inputs, **params)."""
        inputs = self.names + ([f"*{self.variadic}"] if self.variadic else [])
        takes = ", ".join([*("i" for _ in first), "g", "out", *inputs, *sorted(self.static)])
        if rule is not None and not callable(rule):
            raise TypeError(f"{self.op}: expected a rule, a function of ({takes}), or None; got {rule!r}")
        try:
            declared = signature(rule) if rule is not None else None
        except ValueError:  # of what is written in C nobody knows
            return
        try:
            if declared:
                declared.bind(*first, "g", "out", *inputs, **dict.fromkeys(self.static))
        except TypeError as error:
            raise TypeError(
                f"{self.op}: expected a rule to take ({takes}) and to return the cotangent of its input, got one that "
                f"takes {declared}: {error}. A rule `lambda ans, x: lambda g: ...` is written `lambda g, out, x: ...`"
            ) from None


def misfit(op: str, takes: Sequence[str], args: tuple, kwargs: dict[str, Any], error: TypeError) -> TypeError:
    """The error of a call with arguments that there are not, or without some that there are."""
    unknown = next((name for name in kwargs if name not in takes), None)
    meant = get_close_matches(unknown, takes, 1) if unknown else []
    why = f"there is no {unknown!r}" if unknown else str(error)
    hint = f", did you mean {meant[0]!r}?" if meant else ""
    return TypeError(f"{op} takes {', '.join(takes)}; got {call(op, args, kwargs)}: {why}{hint}")


def explained(function: F) -> F:
    """Declares a function, or a class by its __init__: an error in it says with what it was called, by name.

    Arguments that shall be arrays, and are not, are refused as such, whatever else went wrong because of that.
    """
    declared = signature(function).parameters.values()
    takes = [p for p in declared if p.name != "self"]

    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except (TypeError, ValueError, IndexError, AttributeError) as error:
            op, places = function.__name__, args[len(declared) - len(takes) :]
            op = type(args[0]).__name__ if op == "__init__" else op
            try:
                given = Signature(takes).bind(*places, **kwargs).arguments
            except TypeError as wrong:
                raise misfit(op, [p.name for p in takes], places, kwargs, wrong) from None
            for p in takes:
                if p.annotation == "Array" and (x := given.get(p.name)) is not None:
                    for part in x if p.kind is p.VAR_POSITIONAL else (x,):
                        if not hasattr(part, "requires_grad"):
                            plain(part, f"{op}: {p.name}")
                if p.kind is p.VAR_POSITIONAL:
                    given.setdefault(p.name, ())
            told(error, op, given)
            raise

    return call  # type: ignore[return-value]


@cache
def _signature(function: Any) -> Signature:
    """What NumPy's function is declared to take; where it does not say, what those written in C have in common."""
    try:
        return signature(function)
    except ValueError:
        others = {"axis": 0, "out": None, "dtype": None, "casting": "same_kind"}.items()
        return Signature(
            [Parameter("arguments", Parameter.VAR_POSITIONAL)]
            + [Parameter(name, Parameter.KEYWORD_ONLY, default=default) for name, default in others]
        )


def said(function: Any, args: tuple, kwargs: dict[str, Any]) -> tuple[tuple, dict[str, Any]]:
    """A call of NumPy's function: what has to be given, by place, and what does not equal its default, by name."""
    name, declared = function.__name__, _signature(function)
    if len(args) == 1 and kwargs.keys() <= declared.parameters.keys():  # as it is nearly always
        places, named = args, dict(kwargs)
    else:
        places, named = _sorted(name, declared, args, kwargs)
    if named.pop("out", None) is not None:
        raise TypeError(f"{name} cannot write a result that has a derivative into out=: use what it returns")
    defaults = {key: p.default for key, p in declared.parameters.items()}
    return places, {key: x for key, x in named.items() if key not in defaults or not same(x, defaults[key])}


def _sorted(name: str, declared: Signature, args: tuple, kwargs: dict[str, Any]) -> tuple[tuple, dict[str, Any]]:
    """A call's arguments: those that have to be given, or can only be given by place, and the others by name."""
    try:
        bound = declared.bind(*args, **kwargs).arguments
    except TypeError as error:
        raise TypeError(f"{name}: {error}; NumPy's takes {', '.join(declared.parameters)}") from None
    places: list[Any] = []
    named: dict[str, Any] = {}
    for key, x in bound.items():
        parameter = declared.parameters[key]
        if parameter.kind is parameter.VAR_POSITIONAL:
            places += x
        elif parameter.kind is parameter.VAR_KEYWORD:
            named |= x
        elif parameter.kind is parameter.POSITIONAL_ONLY or (not named and parameter.default is parameter.empty):
            places.append(x)
        else:
            named[key] = x
    return tuple(places), named


def same(x: Any, default: Any) -> bool:
    """Whether an argument is what it would be by itself."""
    return x is default or (type(x) is type(default) and type(x) in (bool, int, float, str) and bool(x == default))


def numpys(function: Any) -> Callable[[Callable], Callable[..., Any]]:
    """Declares a function that is called as NumPy's is: with its arguments in its order, though not all are ours."""

    def declare(ours: Callable) -> Callable[..., Any]:
        @wraps(ours)
        def call(*args: Any, **kwargs: Any) -> Any:
            places, named = said(function, args, kwargs)
            return ours(*places, **named)

        return call

    return declare


def printable(text: Any, longest: int = 40) -> str:
    """A text on one line, without control characters, and of a long one its head and its tail.

    >>> printable("a\\nb")
    'a b'
    """
    text = "".join(c if c.isprintable() else " " for c in str(text))
    return (text if len(text) <= longest else f"{text[: longest // 2 - 1]}…{text[-(longest // 2) :]}").strip()
