"""NumPy's signatures: calls of its functions sorted by them, for those of ours that are called in the same way."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, wraps
from inspect import Parameter, Signature, signature
from typing import Any


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
