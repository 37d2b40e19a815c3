"""How calls of NumPy and of primitives read as expressions: each takes the axes of the result and its arguments."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import pi
from typing import Any

import numpy as np

from autograd.show import expression as e
from autograd.show.expression import Call, Name

CONDITIONS = {"greater", "greater_equal", "less", "less_equal", "equal", "not_equal", "gt", "ge", "lt", "le", "eq",
              "ne", "logical_and", "logical_or", "logical_not", "bitwise_and", "bitwise_or",
              "invert", "not"}  # fmt: skip


def index_text(i: Any) -> Any:
    """An index as one writes it."""
    if isinstance(i, slice):
        ends = ["" if k is None else str(k) for k in (i.start, i.stop, i.step)]
        return ":".join(ends if i.step is not None else ends[:2])
    return "..." if i is Ellipsis else str(i)


def called(name: str) -> Callable[..., Any]:
    return lambda ndim, *args, **said: Call(name, args, ndim, tuple((k, shown(x)) for k, x in sorted(said.items())))


def shown(x: Any) -> Any:
    """A parameter as it is shown."""
    if isinstance(x, tuple | list) and all(isinstance(k, int | float | str | None) for k in x):
        return tuple(x)
    return x if isinstance(x, int | float | str | None) else "..."


def _same(ndim: int, x: Any, *_: Any, **__: Any) -> Any:
    return x


def product(ndim: int, x: Any, y: Any, old: tuple[int, ...], other: tuple[int, ...]) -> Any:
    """The product of what has the shapes `old` and `other`: where a vector stands, and what is a product of numbers."""
    n = old[-1]
    sides = ((x, y, old), (y, x, other))
    for a, b, shape in sides if n == 1 else ():  # a number times what is no matrix
        if np.prod(shape, dtype=int) == 1 and (e.ndim(a) == 0 or e.ndim(e.bare(b)) == 1):
            return e.multiply(a, b)
    if isinstance(y, Fraction | float):  # a product with a vector of ones is a sum
        turned = isinstance(x, Call) and x.function == "T"
        long = len(old) == 1 or (len(old) == 2 and old[0] == 1 and e.ndim(x) == 1)
        over = total(ndim, x) if long else total(ndim, e.transpose(x), 0) if turned else total(ndim, x, -1)
        return e.multiply(y, over)
    if isinstance(x, Fraction | float):
        return e.multiply(x, total(ndim, e.bare(y), None if e.ndim(e.bare(y)) == 1 else 0))
    if n == 1 and min(len(old), len(other)) > 1 and old[-2] > 1 and other[-1] > 1:  # u vᵀ
        return e.dot(e.bare(x) if len(other) == 2 else x, e.row(y), ndim)
    x, y = _vector(x, old[0] == 1) if len(old) == 2 else x, e.bare(y)
    if e.ndim(x) == 1 and isinstance(y, Call) and y.function == "T" and e.ndim(y) == 2:
        x, y = e.transpose(y), x  # A v, for which NumPy takes v Aᵀ as well
    return e.dot(x, y, ndim)


def _vector(x: Any, is_row: bool) -> Any:
    """A row without the word that it is the transpose of a vector."""
    inside = x.arguments[0] if is_row and isinstance(x, Call) and x.function == "T" else x
    return inside if e.ndim(inside) == 1 else x


def _taken(ndim: int, x: Any, labels: Any, *_: Any, **__: Any) -> Any:
    return Call("take", (x, labels), ndim)


def summed(old: tuple[int, ...], new: tuple[int, ...]) -> Any:
    """The axes over which a sum turns one shape into the other."""
    lead = len(old) - len(new)
    axes = [k for k, n in enumerate(old) if k < lead or new[k - lead] != n]
    return None if len(axes) == len(old) else axes[0] if len(axes) == 1 else tuple(axes)


def _picked(ndim: int, x: Any, *picks: Any, key: tuple[Any, ...] = ()) -> Any:
    return x if isinstance(x, Fraction | float) else Call("item", (x, *_index(key, picks)), ndim)


def _placed(ndim: int, x: Any, *picks: Any, key: tuple[Any, ...] = (), shape: tuple[int, ...] = ()) -> Any:
    return Call("scatter_add", (x, *_index(key, picks)), ndim, (("shape", shape),))


def _index(key: tuple[Any, ...], picks: tuple[Any, ...]) -> tuple[Any, ...]:
    rest = iter(picks)  # what stands in the key where there is neither a number nor a slice
    plain = (int, slice, type(None), type(...))
    return tuple(index_text(k) if isinstance(k, plain) else next(rest, "...") for k in key)


def total(ndim: int, x: Any, axis: Any = None, keepdims: bool = False, **_: Any) -> Any:
    if isinstance(x, Fraction | float):
        return Call("sum", (x,), ndim, (("axis", shown(axis)),))
    axis = axis[0] if isinstance(axis, tuple) and len(axis) == 1 else axis
    if axis == ():
        return counted(x)
    return Call("sum", (x,), ndim, (("axis", axis),))


def counted(x: Any) -> Any:
    """A condition as the number that it is in a product or a sum: [a > b]."""
    return Call("iverson", (x,), x.ndim) if isinstance(x, Call) and x.function in CONDITIONS else x


def _kept(ndim: int, x: Any, condition: Any) -> Any:
    return e.multiply(x, Call("iverson", (condition,), ndim))


def _where(ndim: int, condition: Any, x: Any, y: Any) -> Any:
    if y == 0:
        return _kept(ndim, x, condition)
    if x == 0:
        return _kept(ndim, y, Call("not", (condition,), ndim))
    factor = _common(x, y)
    return e.multiply(factor, Call("cases", (condition, e.divide(x, factor), e.divide(y, factor)), ndim))


def _common(x: Any, y: Any) -> Any:
    """A cotangent that is a factor of both, else 1."""
    for base in (b for b, p in (x.factors if isinstance(x, e.Product) else ((x, 1),)) if p == 1):
        if isinstance(base, Name) and base.of is not None:
            rest: Any = e.divide(y, base)
            if not (isinstance(rest, e.Product) and any(b == base for b, _ in rest.factors)) and rest != y:
                return base
    return Fraction(1)


def _binary(f: Callable[..., Any]) -> Callable[..., Any]:
    return lambda ndim, *args, **_: f(*map(counted, args))


def _sinc_slope(ndim: int, x: Any, n: int) -> Any:
    if n > 1:
        return Call("sinc_derivative", (x,), ndim, (("n", n),))
    wave = Call("cos", (e.multiply(pi, x),), ndim)
    return e.divide(e.add(wave, e.negative(Call("sinc", (x,), ndim))), x)


def _root(x: Any) -> Any:
    return e.power(x, Fraction(1, 2))


PRIMITIVES: dict[str, Callable[..., Any]] = {
    "add": _binary(e.plus), "subtract": _binary(lambda x, y: e.plus(x, e.negative(y))), "multiply": _binary(e.multiply),
    "divide": _binary(e.divide), "negative": _binary(e.negative), "positive": _same, "power": _binary(e.power),
    "square": _binary(lambda x: e.power(x, Fraction(2))), "sqrt": _binary(_root),
    "reciprocal": _binary(lambda x: e.power(x, Fraction(-1))), "astype": _same, "cast": _same, "copy": _same,
    "reshape": _same, "expand_dims": _same, "squeeze": _same, "ravel": _same, "broadcast_to": _same, "view": _same,
    "where": _where, "keep": _kept,
    "concatenate": lambda ndim, *args, ends=(), **said: called("concatenate")(ndim, *args, **said),  # ends: of the args
    "getitem": _picked, "scatter_add": _placed,
    "sum": total,
    "hypot": _binary(lambda x, y: _root(e.plus(e.power(x, Fraction(2)), e.power(y, Fraction(2))))),
    "complement": _binary(lambda x: e.plus(Fraction(1), e.negative(e.power(x, Fraction(2))))),
    "ratio": _binary(e.divide),  # but 0 where the denominator is
    "exp2": _binary(lambda x: e.power(Fraction(2), x)), "sinc_derivative": _sinc_slope,
}  # fmt: skip
ALIASES = {"sub": "subtract", "mul": "multiply", "truediv": "divide", "neg": "negative", "pos": "positive",
           "pow": "power"}  # fmt: skip
METHODS = {name: PRIMITIVES[name] for name in (
    "astype", "copy", "reshape", "squeeze", "ravel", "view")}  # fmt: skip
METHODS |= {"flatten": _same, "take": _taken}
