"""Expressions, simplified as they are put together: sums of products of powers, and functions of such.

Numbers are computed; what is added to itself becomes a multiple, what is multiplied by itself a power, and a whole
power of a product that of its factors; 0, factors 1 and pairs of transposes vanish; (x y)ᵀ is yᵀ xᵀ, and the
transpose of what stands entry by entry that of its parts.  Nothing is multiplied out, and only a number that is added
changes its place. docs/formulas.md states these rules and those of the other files: of reading, of ordinary numbers,
and of notation.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from math import isfinite, log, ulp
from sys import float_info
from typing import Any

Number = Fraction | float
DIGITS = 4096  # binary ones, up to which a power of a number is worked out
SMALLEST, LARGEST = Fraction(float_info.min), Fraction(float_info.max)
LOGARITHMS = {log(2.0): Fraction(2), log(10.0): Fraction(10)}


@dataclass(frozen=True)
class Name:
    """What has a name: a tensor, an argument, or the cotangent of what has one."""

    text: str
    ndim: int = 0
    of: Any = None  # for d(text)/d(of)


@dataclass(frozen=True)
class Sum:
    """c₁ x₁ + c₂ x₂ + ... + c."""

    terms: tuple[tuple[Any, Number], ...]
    constant: Number
    ndim: int = 0
    first: bool = field(default=False, compare=False)  # is the constant written first, as in 1 + x²?

    def parts(self) -> list[Any]:
        """What is added, in the order in which it is written."""
        terms = [multiply(c, term) for term, c in self.terms]
        return [self.constant, *terms] if self.first else [*terms, self.constant]


@dataclass(frozen=True)
class Product:
    """c x₁^p₁ x₂^p₂ ..., entry by entry."""

    factors: tuple[tuple[Any, Any], ...]  # with exponents, numbers or expressions
    coefficient: Number
    ndim: int = 0


@dataclass(frozen=True)
class Call:
    """A function of expressions; "dot" for a product of matrices, "T" for a transpose, "sum" and so on."""

    function: str
    arguments: tuple[Any, ...]
    ndim: int = 0
    notes: tuple[tuple[str, Any], ...] = field(default=())  # static parameters, such as axis


def number(x: Any) -> Any:
    """A number as it is; as a fraction of small numbers, unless it has short decimals: 1/3, 2/16, but 0.01; or ln 2."""
    x = float(x)
    if x in LOGARITHMS or (x and 1 / x in LOGARITHMS):
        return Call("log", (LOGARITHMS[x],)) if x in LOGARITHMS else power(number(1 / x), Fraction(-1))
    near = Fraction(x).limit_denominator(1000) if isfinite(x) and abs(x) < 1e15 else None
    exact = near is not None and abs(float(near) - x) <= 2 * ulp(x)  # 1/3 - 1 is computed in floats too
    return near if exact and (near.denominator <= 64 or len(repr(x)) > 8) else x  # type: ignore[union-attr]


def times(x: Number, y: Number) -> Number:
    """The product of numbers; exact, where that of floats would be infinite or 0."""
    if isinstance(x, Fraction) and isinstance(y, Fraction):
        return x * y
    if not all(isinstance(n, Fraction) or isfinite(n) for n in (x, y)):
        return _sign(x) * _sign(y) * float("inf")
    exact = Fraction(x) * Fraction(y)
    return float(exact) if exact == 0 or SMALLEST < abs(exact) < LARGEST else exact


def _sign(x: Number) -> Number:
    return x if x != x else (x > 0) - (x < 0)


def raised(x: Number, n: int) -> Any:
    """A whole power of a number; one of too many digits stays a power."""
    if x == 0:
        return x**n if n > 0 else float("inf")
    if isinstance(x, float) and (not isfinite(x) or abs(n * log(abs(x))) < 700):
        return x**n
    exact = Fraction(x)
    digits = max(exact.numerator.bit_length(), exact.denominator.bit_length()) * abs(n)
    return exact**n if digits < DIGITS or abs(exact) == 1 else Product(((x, Fraction(n)),), Fraction(1))


def ndim(x: Any) -> int:
    return 0 if isinstance(x, Fraction | float) else x.ndim


def add(*parts: Any) -> Any:
    """The sum of expressions."""
    terms: dict[Any, Number] = {}
    constant: Number = Fraction(0)
    for part in parts:
        inside, c = (part.terms, part.constant) if isinstance(part, Sum) else _as_terms(part)
        constant += c
        for term, factor in inside:
            terms[term] = terms[term] + factor if term in terms else factor
    kept = tuple((term, c) for term, c in terms.items() if c)
    if not kept:
        return constant
    if len(kept) == 1 and constant == 0:
        return multiply(kept[0][1], kept[0][0])
    return Sum(kept, constant, max(map(ndim, parts)))


def plus(x: Any, *others: Any) -> Any:
    """The sum as it is written: a number that stands first stays there."""
    found = add(x, *others)
    first = isinstance(found, Sum) and (x.first if isinstance(x, Sum) else isinstance(x, Fraction | float) and x != 0)
    return Sum(found.terms, found.constant, found.ndim, True) if first else found


def _as_terms(part: Any) -> tuple[Iterable[tuple[Any, Number]], Number]:
    if isinstance(part, Fraction | float):
        return (), part
    if isinstance(part, Product):
        rest = Product(part.factors, Fraction(1), part.ndim)
        single = part.factors[0][0] if len(part.factors) == 1 and part.factors[0][1] == 1 else rest
        return ((single, part.coefficient),), Fraction(0)
    return ((part, Fraction(1)),), Fraction(0)


def multiply(*parts: Any) -> Any:
    """The product of expressions, entry by entry."""
    factors: dict[Any, Any] = {}
    coefficient: Number = Fraction(1)
    for part in parts:
        if isinstance(part, Fraction | float):
            coefficient = times(coefficient, part)
            continue
        inside = part if isinstance(part, Product) else Product(((part, Fraction(1)),), Fraction(1))
        coefficient = times(coefficient, inside.coefficient)
        for base, exponent in inside.factors:
            if factors and isinstance(base, Sum) and exponent in (1, -1) and (opposite := negative(base)) in factors:
                base, coefficient = opposite, -coefficient  # (p - 1)/(1 - p) is -1
            factors[base] = add(factors[base], exponent) if base in factors else exponent
    kept = tuple((base, p) for base, p in factors.items() if p != 0)
    if coefficient == 0:
        return Fraction(0)
    if not kept:
        return coefficient
    if len(kept) == 1 and kept[0][1] == 1:
        base = kept[0][0]
        if coefficient == 1:
            return base
        if isinstance(base, Sum) and coefficient == -1:
            return Sum(tuple((t, -c) for t, c in base.terms), -base.constant, base.ndim, base.first)
    return Product(kept, coefficient, max(map(ndim, parts)))


def power(x: Any, exponent: Any) -> Any:
    """x to a power."""
    if isinstance(x, Fraction | float) and isinstance(exponent, Fraction) and exponent.denominator == 1:
        return raised(x, int(exponent))
    if exponent == 0:
        return Fraction(1)
    if isinstance(x, Product) and isinstance(exponent, Fraction) and exponent.denominator == 1:
        inside = tuple((base, multiply(p, exponent)) for base, p in x.factors)
        return multiply(raised(x.coefficient, int(exponent)), Product(inside, Fraction(1), x.ndim))
    if exponent == 1:
        return x
    return Product(((x, exponent),), Fraction(1), max(ndim(x), ndim(exponent)))


def divide(x: Any, y: Any) -> Any:
    return multiply(x, Fraction(1) / y if isinstance(y, Fraction | float) and y != 0 else power(y, Fraction(-1)))


def negative(x: Any) -> Any:
    return multiply(Fraction(-1), x)


def transpose(x: Any) -> Any:
    """xᵀ: of a product of matrices the product of their transposes, of a transpose what was transposed."""
    if isinstance(x, Fraction | float) or x.ndim < 2:
        return x
    if isinstance(x, Call) and x.function in ("T", "column"):  # a vector is a row unless it is said to be a column
        return x.arguments[0]
    if isinstance(x, Call) and x.function == "dot":
        first, *others = x.arguments
        outer = ndim(first) == 1 and ndim(transpose(others[0])) == 1
        return Call("dot", (*map(transpose, reversed(others)), row(first) if outer else transpose(first)), x.ndim)
    if isinstance(x, Product):
        return multiply(x.coefficient, *(power(_turned(base), p) for base, p in x.factors))
    if isinstance(x, Sum):
        return (plus if x.first else add)(*map(_turned, x.parts()))
    return Call("T", (x,), x.ndim)


def _turned(x: Any) -> Any:
    """The transpose of what stands entry by entry with matrices, where a vector is a row."""
    return Call("column", (x,), 2) if ndim(x) == 1 else transpose(x)


def row(x: Any) -> Any:
    """vᵀ of a vector, as in the product u vᵀ; a matrix of one row is one."""
    x = bare(x)
    return Call("T", (x,), 2) if ndim(x) == 1 else x


def bare(x: Any) -> Any:
    """A vector without the word that it stands as a column; anything else as it is."""
    if isinstance(x, Call) and x.function == "column":
        return x.arguments[0]
    if isinstance(x, Product) and x.ndim == 2:
        plain = [(bare(base), p) for base, p in x.factors]
        return multiply(x.coefficient, *(power(*part) for part in plain)) if all(ndim(b) < 2 for b, _ in plain) else x
    return x


def dot(x: Any, y: Any, ndim: int) -> Any:
    """The product of matrices; numbers come first."""
    c: Number = Fraction(1)
    inside: list[Any] = []
    for part in (x, y):
        if isinstance(part, Product):
            c *= part.coefficient
            part = multiply(Fraction(1), Product(part.factors, Fraction(1), part.ndim))
        inside += part.arguments if isinstance(part, Call) and part.function == "dot" else [part]
    return multiply(c, Call("dot", tuple(inside), ndim))


def parts(x: Any) -> Iterator[Any]:
    """An expression and all that it consists of."""
    yield x
    inside: Iterable[Any] = ()
    if isinstance(x, Sum):
        inside = (term for term, _ in x.terms)
    elif isinstance(x, Product):
        inside = (y for factor in x.factors for y in factor)
    elif isinstance(x, Call):
        inside = x.arguments
    for y in inside:
        yield from parts(y)


def replaced(x: Any, change: Any) -> Any:
    """The expression with change(part) for every part for which that is not None, simplified anew."""
    new = change(x)
    if new is not None:
        return new
    if isinstance(x, Sum):
        return (plus if x.first else add)(*(replaced(part, change) for part in x.parts()))
    if isinstance(x, Product):
        return multiply(x.coefficient, *(power(replaced(b, change), replaced(p, change)) for b, p in x.factors))
    if isinstance(x, Call):
        inside = tuple(replaced(y, change) for y in x.arguments)
        if x.function == "T":
            return transpose(inside[0]) if ndim(inside[0]) > 1 else row(inside[0])
        if x.function == "item" and isinstance(inside[0], Fraction | float):
            return inside[0]
        return Call(x.function, inside, x.ndim, x.notes)
    return x
