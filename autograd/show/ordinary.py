"""Formulas are for ordinary numbers: what rules do against overflow, infinities and NaN, and at points, is left out.

A rule that is right everywhere says more than the formula that a person derives: `where(x == 0, 0, y)`, bounds of ±800
within which a factor is held, a count that is at least 1.  All of that is found by its form, so it holds for any rule.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from math import e as euler
from typing import Any

from autograd.ops.activation import FAR
from autograd.show import expression as e
from autograd.show.expression import Call, Name, Product, Sum

OPERATORS = {"gt": "greater", "ge": "greater_equal", "lt": "less", "le": "less_equal", "eq": "equal",
             "ne": "not_equal", "bitwise_and": "logical_and", "bitwise_or": "logical_or", "logical_not": "not",
             "invert": "not"}  # fmt: skip
OPPOSITE = {"greater": "less_equal", "less_equal": "greater", "less": "greater_equal", "greater_equal": "less",
            "equal": "not_equal", "not_equal": "equal"}  # fmt: skip
BOUNDS = {FAR, 30.0}  # beyond these the factors held within them are 0 or 1 to the last bit
TINY = 1e-37  # no size of an ordinary number
TRUE, FALSE = Fraction(1), Fraction(0)

Known = Mapping[Any, Fraction]  # what is known to hold, or not to, where an expression stands


def ordinary(x: Any, known: Known | None = None) -> Any:
    """The expression of a rule without what it does for numbers that are not ordinary.

    >>> x = e.Name("x")
    >>> ordinary(Call("cases", (Call("isinf", (x,)), TRUE, Call("clip", (x, -FAR, FAR)))))
    Name(text='x', ndim=0, of=None)
    """
    x, known = (_as_columns(x), {}) if known is None else (x, known)

    def read(part: Any) -> Any:
        if isinstance(part, Sum):
            return _shorter((e.plus if part.first else e.add)(*(ordinary(y, known) for y in part.parts())))
        if not isinstance(part, Call) or part.function == "T":
            return None
        name = OPERATORS.get(part.function, part.function)
        if name == "cases":
            return _cases(part, known)
        inside = tuple(y if isinstance(y, str) else ordinary(y, known) for y in part.arguments)
        call = Call(name if len(inside) == len(part.arguments) else part.function, inside, part.ndim, part.notes)
        found = RULES[name](call, *inside) if name in RULES else call
        return known.get(_strict(found), found) if known else found

    return e.replaced(x, read)


def _cases(x: Call, known: Known) -> Any:
    condition, yes, no = x.arguments
    condition = ordinary(condition, known)
    if condition == FALSE or _at_a_point(condition):
        return ordinary(no, known)
    yes, no = ordinary(yes, _knowing(condition, TRUE, known)), ordinary(no, _knowing(condition, FALSE, known))
    if condition == TRUE or yes == no:
        return yes
    if no == 0:
        return e.multiply(yes, Call("iverson", (condition,), x.ndim))
    return Call("cases", (condition, yes, no), x.ndim)


def _knowing(condition: Any, holds: Fraction, known: Known) -> Known:
    """What is known where a condition holds, or does not; < is taken for ≤, but for single points it is."""
    found = _strict(condition)
    if not isinstance(found, Call) or found.function not in ("greater", "less"):
        return known
    turned = Call("less" if found.function == "greater" else "greater", found.arguments, found.ndim)
    return {**known, found: holds, turned: 1 - holds}


def _strict(x: Any) -> Any:
    strict = {"greater_equal": "greater", "less_equal": "less"}
    return Call(strict[x.function], x.arguments, x.ndim) if isinstance(x, Call) and x.function in strict else x


def _at_a_point(x: Any) -> bool:
    """Does this hold at single points only?"""
    if not isinstance(x, Call):
        return False
    whole = any(isinstance(y, Call) and y.function in ("sign", "signbit", "floor", "rint") for y in x.arguments)
    return (x.function == "equal" and not whole) or (x.function == "logical_and" and any(map(_at_a_point, x.arguments)))


def _compared(x: Call, a: Any, b: Any) -> Any:
    """Numbers are compared, nothing is beyond an infinity, and everything is itself and of some size."""
    numbers = isinstance(a, Fraction | float) and isinstance(b, Fraction | float)
    if numbers or a == b:
        ahead, same = (a > b, a == b) if numbers else (False, True)
        holds = {"greater": ahead, "less": not (ahead or same), "equal": same, "greater_equal": ahead or same,
                 "less_equal": not ahead, "not_equal": not same}  # fmt: skip
        return Fraction(holds[x.function])
    if b in (float("inf"), float("-inf")):
        return Fraction(("greater" in x.function) == (b < 0)) if x.function != "equal" else FALSE
    if isinstance(a, Call) and a.function == "absolute" and isinstance(b, Fraction | float) and 0 < b < TINY:
        return Fraction("greater" in x.function)
    return x


def _and(x: Call, *parts: Any) -> Any:
    rest = [part for part in parts if part != TRUE]
    return FALSE if FALSE in parts else TRUE if not rest else rest[0] if len(rest) == 1 else x


def _or(x: Call, *parts: Any) -> Any:
    rest = [part for part in parts if part != FALSE]
    return TRUE if TRUE in parts else FALSE if not rest else rest[0] if len(rest) == 1 else x


def _not(x: Call, condition: Any) -> Any:
    if isinstance(condition, Fraction):
        return 1 - condition
    if _at_a_point(condition):
        return TRUE
    if not isinstance(condition, Call):
        return x
    if condition.function in OPPOSITE:
        return Call(OPPOSITE[condition.function], condition.arguments, condition.ndim)
    if condition.function in ("logical_and", "logical_or"):
        name = "logical_or" if condition.function == "logical_and" else "logical_and"
        return Call(name, tuple(_not(Call("not", (part,), x.ndim), part) for part in condition.arguments), x.ndim)
    return condition.arguments[0] if condition.function == "not" else x


def _iverson(x: Call, condition: Any) -> Any:
    return condition if isinstance(condition, Fraction) else x


def _held(x: Call, value: Any, *bounds: Any) -> Any:
    """What is held within bounds that ordinary numbers do not reach, or is a count of at least 1."""
    far = all(isinstance(b, Fraction | float) and abs(b) in BOUNDS for b in bounds)
    counted = isinstance(value, Call) and value.function == "sum" and x.function == "maximum" and bounds == (1,)
    return value if far or counted else x


def _sum(x: Call, value: Any) -> Any:
    """Of conditions: how many hold; of nothing but 0 it is 0."""
    if value == 0:
        return value
    holds = isinstance(value, Call) and value.function in (*OPPOSITE, "logical_and", "logical_or", "not")
    return Call("sum", (Call("iverson", (value,), value.ndim),), x.ndim, x.notes) if holds else x


RULES: dict[str, Callable[..., Any]] = {
    "isinf": lambda x, _: FALSE, "isnan": lambda x, _: FALSE, "isfinite": lambda x, _: TRUE,
    **dict.fromkeys(OPPOSITE, _compared), "logical_and": _and, "logical_or": _or, "not": _not, "iverson": _iverson,
    "clip": _held, "minimum": _held, "maximum": _held, "sum": _sum,
    "log": lambda x, value: TRUE if value == euler else x,
}  # fmt: skip


# Windows are the columns of a matrix, whatever axes rules give them, and so is what they are multiplied with.

WINDOWS = ("windows", "overlap_add")


def _as_columns(x: Any) -> Any:
    return e.replaced(x, _column) if _sees_windows(x) else x


def _column(x: Any) -> Any:
    if not isinstance(x, Call):
        return None
    if x.function in ("reshape", "transpose"):
        return e.replaced(x.arguments[0], _column)
    if x.function in WINDOWS or (dict(x.notes).get("axis") and _sees_windows(x)):
        return Call(x.function, tuple(e.replaced(y, _column) for y in x.arguments), x.ndim)
    return None


def _sees_windows(x: Any) -> bool:
    return any(isinstance(part, Call) and part.function in WINDOWS for part in e.parts(x))


# Beside σ(z), σ(-z) is 1 - σ(z); and a sum is multiplied out where it gets shorter by it.


def _shorter(x: Any) -> Any:
    inside = {part for part in e.parts(x) if isinstance(part, Call) and part.function == "sigmoid"}
    mirrored = {s: e.plus(TRUE, e.negative(other)) for s in inside if (other := _mirrored(s)) in inside and _turned(s)}
    x = e.replaced(x, mirrored.get) if mirrored else x
    out = _gathered(_multiplied_out(x))
    return out if _length(out) < _length(x) else x


def _turned(x: Call) -> bool:
    return isinstance(x.arguments[0], Product) and x.arguments[0].coefficient < 0


def _mirrored(x: Call) -> Any:
    return Call("sigmoid", (e.negative(x.arguments[0]),), x.ndim)


def _length(x: Any) -> int:
    """How many names, functions and numbers that are added there are."""
    counted = (
        1 if isinstance(part, Name | Call) else isinstance(part, Sum) and part.constant != 0 for part in e.parts(x)
    )
    return sum(counted)


def _multiplied_out(x: Any) -> list[Any]:
    """The terms of an expression with no sums among its factors."""
    if isinstance(x, Sum):
        return [term for part in x.parts() for term in _multiplied_out(part)]
    if isinstance(x, Product):
        for base, p in x.factors:
            if isinstance(base, Sum) and p == 1:
                rest = e.divide(x, base)
                return [term for part in base.parts() for term in _multiplied_out(e.multiply(rest, part))]
    return [x]


def _gathered(terms: list[Any]) -> Any:
    """Their sum, where those with the same factors are one."""
    like: dict[Any, Any] = {}
    for term in terms:
        factors = frozenset(term.factors) if isinstance(term, Product) else frozenset([(term, TRUE)])
        plain = e.divide(term, term.coefficient) if isinstance(term, Product) else term
        c = term.coefficient if isinstance(term, Product) else TRUE
        known, before = like.get(factors, (plain, FALSE))
        like[factors] = known, before + c
    return e.add(*(e.multiply(c, term) for term, c in like.values()))
