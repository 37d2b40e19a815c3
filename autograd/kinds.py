"""What arguments are declared to be: how the error of a call says that one of them is something else."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from operator import index
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import numpy as np

from autograd.errors import describe

NUMBERS: dict[Any, Callable[[Any], Any]] = {int: index, float: float}


def kinds_of(function: Callable[..., Any]) -> dict[str, Any]:
    """The types of a function's arguments, as annotated; none where an annotation cannot be evaluated."""
    try:
        return get_type_hints(function, include_extras=True)
    except Exception:  # an annotation may be any expression
        return {}


def refusal(x: Any, kind: Any, where: str) -> Exception | None:
    """The error that x is not of its kind, if it is not; where Array is among its kinds, the one that says why.

    >>> refusal("two", int | None, "repeat: axis")
    TypeError("repeat: axis: expected int | None, got 'two'")
    """
    if fits(x, kind):
        return None
    why = next((_why(x, part, where) for part in _parts(kind) if get_origin(part) is Annotated), None)
    return why or TypeError(f"{where}: expected {spelled(kind)}, got {describe(x)}")


def fits(x: Any, kind: Any) -> bool:
    """Is x of this kind?  What cannot be told by looking at it counts as yes.

    >>> fits([1, 2], int | list[int]), fits("ab", list[int]), fits(2.5, int)
    (True, False, False)
    """
    if len(_parts(kind)) > 1:
        return any(fits(x, part) for part in _parts(kind))
    origin, inside = get_origin(kind) or kind, get_args(kind)
    if origin is Annotated:
        return _why(x, kind, "") is None
    if origin is Literal:
        return any(type(x) is type(one) and x == one for one in inside)
    if origin in NUMBERS:
        try:
            return not isinstance(x, str | bytes) and NUMBERS[origin](x) is not None
        except (TypeError, ValueError):
            return False
        except OverflowError:
            return True
    if origin is bool:
        return isinstance(x, bool | np.bool_)
    if not isinstance(origin, type) or origin is Any:
        return True
    if hasattr(x, "ndim") and issubclass(origin, Iterable):  # of an array, or a Tensor
        return bool(x.ndim > 0)
    try:
        of_kind = isinstance(x, origin)
    except TypeError:  # of a Protocol that is not for run time
        return True
    each = of_kind and len(inside) == 1 and isinstance(x, str | list | tuple | range)
    return of_kind and (not each or all(fits(part, inside[0]) for part in x))


def judged(kind: Any) -> bool:
    """Whether a kind has a function that judges it, as Array has."""
    return any(get_origin(part) is Annotated for part in _parts(kind))


def spelled(kind: Any) -> str:
    """A kind as it is written: int | Sequence[int]."""
    if len(_parts(kind)) > 1:
        return " | ".join(map(spelled, _parts(kind)))
    inside = ", ".join("..." if part is ... else spelled(part) for part in get_args(kind))
    origin = get_origin(kind) or kind
    if origin is Annotated:
        return "array"
    if origin is Literal:
        return " | ".join(map(repr, get_args(kind)))
    name = "None" if kind in (None, type(None)) else getattr(origin, "__name__", str(origin))
    return f"{name}[{inside}]" if inside and name != "Callable" else name


def _parts(kind: Any) -> tuple[Any, ...]:
    """The kinds of which any will do."""
    return get_args(kind) if get_origin(kind) in (Union, UnionType) else (kind,)


def _why(x: Any, kind: Any, where: str) -> Exception | None:
    """What the function raises with which a kind is annotated: that it is called with what is not of it."""
    try:
        get_args(kind)[1](x, where)
    except (TypeError, ValueError, IndexError) as error:
        return error
    return None
