"""Expressions as mathematics: as Unicode text, and as LaTeX."""

from __future__ import annotations

import re
from fractions import Fraction
from math import e as euler
from math import isfinite, isnan, pi
from typing import Any

from autograd.show.expression import Call, Name, Product, Sum, ndim

SUPERSCRIPTS = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
SIGNS = {"greater": ">", "greater_equal": "≥", "less": "<", "less_equal": "≤", "equal": "=", "not_equal": "≠",
         "gt": ">", "ge": "≥", "lt": "<", "le": "≤", "eq": "=", "ne": "≠", "logical_and": "and", "bitwise_and": "and",
         "logical_or": "or", "bitwise_or": "or"}  # fmt: skip
REDUCTIONS = {"sum", "mean", "max", "min", "var", "std", "prod", "logsumexp", "maximum", "minimum"}
FUNCTIONS = {"sigmoid": "σ", "log": "ln", "absolute": "abs"}
TERM, FACTOR, ATOM = range(3)  # how tightly the parts of what is written hold together


class Text:
    """Expressions as Unicode text; where a number is k/m, m the number of samples, it is written so."""

    def __init__(self, samples: int | None = None) -> None:
        self.samples = samples
        self.used: set[str] = set()  # the signs that a reader may ask about

    def __call__(self, x: Any) -> str:
        return self.write(x)[0]

    def within(self, x: Any, level: int) -> str:
        """x as a part of something, in brackets if it does not hold its parts together so tightly."""
        text, own = self.write(x)
        return text if own >= level else self.bracketed(text)

    def write(self, x: Any) -> tuple[str, int]:
        if isinstance(x, Fraction | float):
            return self.number(x)
        if isinstance(x, Name):
            return (self.name(x.text), ATOM) if x.of is None else (self.slope(self.name(x.of.text)), FACTOR)
        if isinstance(x, Sum):
            return self.sum(x), TERM
        return self.product(x) if isinstance(x, Product) else self.call(x)

    def sum(self, x: Sum) -> str:
        terms = [(term, c) for term, c in x.terms]
        first_number = x.constant != 0 and terms[0][1] < 0 < x.constant  # 1 - a², not -a² + 1
        if x.constant != 0:
            terms.insert(0 if first_number else len(terms), (Fraction(1), x.constant))
        text = ""
        for term, c in terms:
            part = self.term(term, abs(c))
            sign = "-" if c < 0 else "+"
            text += (f" {sign} " if text else "-" * (c < 0)) + part
        return text

    def term(self, term: Any, c: Any) -> str:
        if isinstance(term, Fraction):
            return self.number(c)[0]
        if c == 1:
            return self.within(term, TERM if isinstance(term, Product) else FACTOR)
        factors = term.factors if isinstance(term, Product) else ((term, Fraction(1)),)
        return self.product(Product(factors, c, term.ndim))[0]

    def product(self, x: Product) -> tuple[str, int]:
        sign, c = ("-", -x.coefficient) if x.coefficient < 0 else ("", x.coefficient)
        above, below, m = self.parted(c)
        over = [(base, p) for base, p in x.factors if not _negative(p)]
        under = [(base, -p) for base, p in x.factors if _negative(p)]
        numerator, denominator = self.factors(over, above), m + self.factors(under, below)
        if len(under) == 1 and under[0][1] == 1 and below == 1 and not m:
            denominator = self.below_line(under[0][0])
        if not denominator:
            return sign + numerator, TERM if sign else FACTOR
        parts = len(under) + (below != 1 or bool(m))
        return sign + self.fraction(numerator or "1", denominator, parts > 1), TERM if sign else FACTOR

    def parted(self, c: Any) -> tuple[Any, Any, str]:
        """Numerator and denominator of a number; k and m, if it is k/m, m the number of samples, k 1 or 2."""
        times = float(c) * self.samples if self.samples and self.samples > 1 else 0.0
        if abs(times - round(times)) < 1e-6 and round(times) in (1, 2):
            self.used.add("m")
            return Fraction(round(times)), Fraction(1), "m"
        return (Fraction(c.numerator), Fraction(c.denominator), "") if isinstance(c, Fraction) else (c, Fraction(1), "")

    def factors(self, factors: list[tuple[Any, Any]], c: Any) -> str:
        """The numbers, then the scalars, then the arrays, entry by entry."""
        scalars = sorted((f for f in factors if not ndim(f[0])), key=lambda f: not isinstance(f[0], Name))
        arrays = [f for f in factors if ndim(f[0])]
        head = [self.number(c)[0]] if c != 1 else []
        dots = any(isinstance(base, Name) and base.of for base, _ in scalars)
        head += [(self.dot() if dots else " ").join(self.power(base, p) for base, p in scalars)] if scalars else []
        if len(arrays) > 1:
            self.used.add("⊙")
        body = self.times().join(self.power(base, p, len(arrays) > 1) for base, p in arrays)
        return " ".join([*head, *([body] if body else [])])

    def power(self, base: Any, p: Any, among: bool = False) -> str:
        if p == 1:
            inner = isinstance(base, Call) and base.function in ("dot", "sum")
            return self.within(base, ATOM if among and inner else FACTOR)
        if p == Fraction(1, 2):
            return self.root(base)
        return self.raised(self.within(base, ATOM), p)

    def number(self, x: Any) -> tuple[str, int]:
        if isinstance(x, Fraction):
            text = (
                str(x.numerator)
                if x.denominator == 1
                else self.fraction(str(abs(x.numerator)), str(x.denominator), False)
            )
            sign = "-" if x < 0 and x.denominator != 1 else ""
            return sign + text, ATOM if x.denominator == 1 and x >= 0 else TERM if x < 0 else FACTOR
        if isnan(x):
            return "NaN", ATOM
        if not isfinite(x):
            return self.infinity(x < 0), TERM if x < 0 else ATOM
        return self.digits(x), ATOM if x >= 0 else TERM

    def call(self, x: Call) -> tuple[str, int]:
        args = x.arguments
        if x.function == "T":
            return self.transposed(self.within(args[0], ATOM)), ATOM
        if x.function == "dot":
            return " ".join(self.within(a, FACTOR) for a in args), FACTOR
        if x.function == "sum":
            return self.total(x), FACTOR
        if x.function == "iverson":
            self.used.add("[]")
            return f"[{self(args[0])}]", ATOM
        if x.function in SIGNS and len(args) == 2:
            return f"{self.within(args[0], FACTOR)} {self.sign(SIGNS[x.function])} {self.within(args[1], FACTOR)}", TERM
        if x.function == "cases":
            return self.cases(*args), ATOM
        if x.function == "onehot":
            self.used.add("onehot")
        if x.function == "slope":
            return f"{self.function(args[0].text)}'{self.bracketed(self(args[1]))}", ATOM
        if x.function == "item":
            return f"{self.within(args[0], ATOM)}[{', '.join(map(self.plain, args[1:]))}]", ATOM
        over = self.over(x) if x.function in REDUCTIONS else ""
        shown = [*map(self.plain, args)]
        shown += [f"{k}={v}" for k, v in x.notes if x.function not in REDUCTIONS]
        return self.below(self.function(x.function), over) + self.bracketed(", ".join(shown)), ATOM

    def plain(self, x: Any) -> str:
        return x if isinstance(x, str) else self(x)

    def over(self, x: Call) -> str:
        """i if it goes over the rows of a matrix, k if over the columns."""
        axis = dict(x.notes).get("axis")
        over = (
            {0: "i", -1: "k", 1: "k"}.get(axis, "")
            if isinstance(axis, int) and getattr(x.arguments[0], "ndim", 0) == 2
            else ""
        )
        if over:
            self.used.add(f"Σ{over}")
        return over

    def total(self, x: Call) -> str:
        over = self.over(x)
        simple = isinstance(x.arguments[0], Name | Call)
        return f"{self.sigma(over)} {self.within(x.arguments[0], FACTOR if simple else ATOM)}"

    # What LaTeX writes in another way.

    def bracketed(self, text: str) -> str:
        return f"({text})"

    def fraction(self, above: str, below: str, many_below: bool) -> str:
        above = self.bracketed(above) if re.fullmatch(r"dC/d\w+", above) else above
        return f"{above}/{self.bracketed(below) if many_below else below}"

    def below_line(self, x: Any) -> str:
        return self.within(x, FACTOR)

    def below(self, name: str, index: str) -> str:
        return name + {"i": "ᵢ", "k": "ₖ", "": ""}.get(index, f"[{index}]")

    def dot(self) -> str:
        return " · "

    def times(self) -> str:
        return " ⊙ "

    def root(self, x: Any) -> str:
        return f"√{self.within(x, ATOM)}"

    def raised(self, base: str, p: Any) -> str:
        if isinstance(p, Fraction) and p.denominator == 1:
            return base + str(p).translate(SUPERSCRIPTS)
        return f"{base}^{self.within(p, ATOM)}"

    def digits(self, x: float) -> str:
        return {pi: "π", euler: "e"}.get(x, f"{x:.6g}")

    def infinity(self, negative: bool) -> str:
        return "-∞" if negative else "∞"

    def name(self, text: str) -> str:
        return text

    def slope(self, name: str) -> str:
        return f"dC/d{name}"

    def transposed(self, text: str) -> str:
        return f"{text}ᵀ"

    def sigma(self, over: str) -> str:
        return self.below("Σ", over)

    def sign(self, sign: str) -> str:
        return sign

    def function(self, name: str) -> str:
        return FUNCTIONS.get(name, name)

    def cases(self, condition: Any, x: Any, y: Any) -> str:
        return f"({self(x)} where {self(condition)}, else {self(y)})"

    def equation(self, left: Any, right: Any, more: bool) -> str:
        return f"{self(left)} {'+=' if more else '='} {self(right)}"


LATEX_SIGNS = {"≥": r"\ge", "≤": r"\le", "≠": r"\ne", "and": r"\wedge", "or": r"\vee"}
LATEX_FUNCTIONS = {"sigmoid": r"\sigma", "log": r"\ln"} | {name: f"\\{name}" for name in (
    "exp", "sin", "cos", "tan", "tanh", "sinh", "cosh", "arcsin", "arccos", "arctan", "max", "min", "det")}  # fmt: skip
ESCAPES = {"\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "_": r"\_",
           "%": r"\%", "^": r"\textasciicircum{}", "~": r"\textasciitilde{}", "<": r"{<}", ">": r"{>}"}  # fmt: skip


class Latex(Text):
    """Expressions as LaTeX."""

    def bracketed(self, text: str) -> str:
        return rf"\left({text}\right)"

    def fraction(self, above: str, below: str, many_below: bool) -> str:
        return rf"\frac{{{above}}}{{{below}}}"

    def below_line(self, x: Any) -> str:
        return self(x)

    def below(self, name: str, index: str) -> str:
        return rf"{name}_{{\text{{{index}}}}}" if len(index) > 1 else f"{name}_{{{index}}}" if index else name

    def dot(self) -> str:
        return r" \cdot "

    def times(self) -> str:
        return r" \odot "

    def root(self, x: Any) -> str:
        return rf"\sqrt{{{self(x)}}}"

    def raised(self, base: str, p: Any) -> str:
        return f"{{{base}}}^{{{self(p)}}}"

    def digits(self, x: float) -> str:
        shown = {pi: r"\pi", euler: "e"}.get(x, f"{x:.6g}")
        return re.sub(r"e([+-])0*(\d+)$", lambda m: rf" \cdot 10^{{{m[1].replace('+', '')}{m[2]}}}", shown)

    def infinity(self, negative: bool) -> str:
        return r"-\infty" if negative else r"\infty"

    def name(self, text: str) -> str:
        found = re.fullmatch(r"([A-Za-z])(\d*)", text)
        if found:
            return found[1] + (f"_{{{found[2]}}}" if found[2] else "")
        return rf"\text{{{''.join(ESCAPES.get(c, c) for c in text)}}}"

    def slope(self, name: str) -> str:
        return rf"\frac{{\partial C}}{{\partial {name}}}"

    def transposed(self, text: str) -> str:
        return rf"{text}^{{\top}}"

    def sigma(self, over: str) -> str:
        return self.below(r"\sum", over)

    def sign(self, sign: str) -> str:
        return LATEX_SIGNS.get(sign, sign)

    def function(self, name: str) -> str:
        return LATEX_FUNCTIONS.get(name) or rf"\operatorname{{{re.sub(r'[^A-Za-z0-9]', '-', name)}}}"

    def cases(self, condition: Any, x: Any, y: Any) -> str:
        return rf"\begin{{cases}}{self(x)} & {self(condition)}\\{self(y)} & \text{{else}}\end{{cases}}"

    def equation(self, left: Any, right: Any, more: bool) -> str:
        sign = r"\mathrel{+}=" if more else "="
        return f"{self(left)} &{sign} {self(right)}"


def _negative(p: Any) -> bool:
    return isinstance(p, Fraction | float) and p < 0
