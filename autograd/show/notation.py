"""Expressions as mathematics: as Unicode text, and as LaTeX."""

from __future__ import annotations

import re
from decimal import Context, Decimal
from fractions import Fraction
from math import e as euler
from math import isfinite, isnan, pi
from typing import Any

from autograd.errors import printable
from autograd.show.expression import Call, Name, Product, Sum, ndim
from autograd.show.names import Names

SUPERSCRIPTS = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
DECIMAL = Context(prec=6)
MANY = 24  # terms of a sum, or arguments, up to which all are written
LONGEST = 80  # characters of a parameter
LONG = 10**15  # from here on the parts of a fraction are no longer written out
PLAIN = re.compile(r"[^\W\d][\w.]*…?[\w.]*|…")  # names that cannot be taken for anything else,
SPOKEN = re.compile(r".*[⁰-⁹ⁱ¹²³ᵀᵢₖ].*|where|else|and|or|not|Σ|at")  # but for those that say what signs and words say
SIGNS = {"greater": ">", "greater_equal": "≥", "less": "<", "less_equal": "≤", "equal": "=", "not_equal": "≠",
         "gt": ">", "ge": "≥", "lt": "<", "le": "≤", "eq": "=", "ne": "≠", "logical_and": "and", "bitwise_and": "and",
         "logical_or": "or", "bitwise_or": "or"}  # fmt: skip
REDUCTIONS = {"sum", "mean", "max", "min", "var", "std", "prod", "logsumexp", "maximum", "minimum", "two_norm"}
FUNCTIONS = {"sigmoid": "σ", "log": "ln", "normal": "Φ", "not": "not"}
BARS = {"absolute": "|", "two_norm": "‖"}
RELATION, TERM, FACTOR, ATOM = range(4)  # how tightly the parts of what is written hold together


LEGEND = {
    "⊙": "⊙ multiplies entry by entry", "Σi": "ᵢ goes over the rows, the samples", "Σk": "ₖ over the columns",
    "[]": "[...] is 1 where it holds, else 0", "+=": "+= adds at the places in [], with 0 at all others",
    "at": "x at [...] is x at these places, else 0", "onehot": "onehot(t) has a 1 at each sample's label, else 0",
    "windows": "windows(x) has a column for every window over x",
    "overlap_add": "overlap_add(x) adds the columns where their windows lie",
}  # fmt: skip


class Text:
    """Expressions as Unicode text."""

    def __init__(self, names: Names | None = None) -> None:
        self.names = names  # of all that may be written: no number is written as one of them
        self.used: set[Any] = set()  # the names, and the signs that a reader may ask about

    def __call__(self, x: Any) -> str:
        return self.write(x)[0]

    def title(self, x: Any) -> str:
        """The same standing alone, where a name needs no quotation marks."""
        return x.text if isinstance(x, Name) and x.of is None else self(x)

    def where(self) -> list[str]:
        """The lines that say what the names and signs mean that a reader of what has been written may ask about."""
        legend = self.legend()
        return ["where " + "; ".join(legend)] if legend else []

    def legend(self) -> list[str]:
        names = self.names.legend(self.used) if self.names else []
        return names + [text for sign, text in LEGEND.items() if sign in self.used]

    def within(self, x: Any, level: int) -> str:
        """x as a part of something, in brackets if it does not hold its parts together so tightly."""
        text, own = self.write(x)
        return text if own >= level else self.bracketed(text)

    def write(self, x: Any) -> tuple[str, int]:
        if isinstance(x, Fraction | float):
            return self.number(x)
        if isinstance(x, Name):
            self.used.add(x)
            if x.of is None:
                return self.name(x.text), ATOM
            of = self(x.of) if isinstance(x.of, Name) else self.bracketed(self(x.of))
            return self.slope(self.name(x.text), of), FACTOR
        if isinstance(x, Sum):
            return self.sum(x), TERM
        return self.product(x) if isinstance(x, Product) else self.call(x)

    def sum(self, x: Sum) -> str:
        terms = [*x.terms]
        first_number = x.constant > 0 and (x.first or terms[0][1] < 0)  # 1 - a², not -a² + 1
        if x.constant != 0:
            terms.insert(0 if first_number else len(terms), (Fraction(1), x.constant))
        text, terms = "", _ends(terms, (Name("…"), Fraction(1)))
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
        split = Fraction(c.denominator) if isinstance(c, Fraction) and not _long(c) else Fraction(1)
        above, below = c * split, split
        over = [(base, p) for base, p in x.factors if not _negative(p)]
        under = [(base, -p) for base, p in x.factors if _negative(p)]
        numerator, denominator = self.factors(over, above), self.factors(under, below)
        if len(over) == 1 and over[0][1] == 1 and above == 1 and denominator:
            numerator = self.above_line(over[0][0])
        if len(under) == 1 and under[0][1] == 1 and below == 1:
            denominator = self.below_line(under[0][0])
        if not denominator:
            return sign + numerator, TERM if sign else FACTOR
        parts = len(under) + (below != 1)
        return sign + self.fraction(numerator or "1", denominator, parts > 1), TERM if sign else FACTOR

    def factors(self, factors: list[tuple[Any, Any]], c: Any) -> str:
        """The numbers, then the scalars, then the arrays, entry by entry."""
        scalars = sorted((f for f in factors if not any(map(ndim, f))), key=_place)
        arrays = [f for f in factors if any(map(ndim, f))]
        head = [self.number(c)[0]] if c != 1 else []
        dots = any(isinstance(base, Name) and base.of for base, _ in scalars)
        written = [self.power(base, p) for base, p in scalars]
        head += [self.dot().join(written) if dots else self.joined(written)] if scalars else []
        if len(arrays) > 1:
            self.used.add("⊙")
        body = self.times().join(self.power(base, p, len(arrays) > 1) for base, p in arrays)
        return self.joined([*head, *([body] if body else [])])

    def power(self, base: Any, p: Any, among: bool = False) -> str:
        if p == 1:
            inner = isinstance(base, Call) and base.function in ("dot", "sum")
            return self.within(base, ATOM if among and inner else FACTOR)
        if p == Fraction(1, 2):
            return self.root(base)
        text = self.within(base, ATOM)
        turned = isinstance(base, Call) and base.function == "T"
        return self.raised(self.bracketed(text) if turned else text, p)

    def number(self, x: Any) -> tuple[str, int]:
        if isinstance(x, Fraction) and _long(x):
            return self.digits(
                DECIMAL.divide(Decimal(x.numerator), Decimal(x.denominator)).normalize()
            ), TERM if x < 0 else FACTOR
        if isinstance(x, Fraction):
            whole = x.denominator == 1
            text = str(x.numerator) if whole else self.fraction(str(abs(x.numerator)), str(x.denominator), False)
            sign = "-" if x < 0 and x.denominator != 1 else ""
            return sign + text, ATOM if x.denominator == 1 and x >= 0 else TERM if x < 0 else FACTOR
        if isnan(x):
            return "NaN", ATOM
        if not isfinite(x):
            return self.infinity(x < 0), TERM if x < 0 else ATOM
        text = self.digits(x)
        return text, TERM if x < 0 else FACTOR if len(text) > 1 and "e" in text else ATOM

    def call(self, x: Call) -> tuple[str, int]:
        args = x.arguments
        if x.function == "T":
            return self.transposed(self.within(args[0], ATOM)), ATOM
        if x.function == "dot":
            first, *others = args
            column = ndim(first) == 1 and isinstance(others[0], Call) and others[0].function == "T"
            column = column and ndim(others[0].arguments[0]) == 1  # u vᵀ, but uᵀ v and uᵀ A
            row = ndim(first) == 1 and not column
            start = self.transposed(self.within(first, ATOM)) if row else self.within(first, FACTOR)
            return self.joined([start, *(self.within(a, FACTOR) for a in others)]), FACTOR
        if x.function == "sum":
            return self.total(x), FACTOR
        if x.function == "iverson":
            self.used.add("[]")
            return f"[{self(args[0])}]", ATOM
        if x.function in SIGNS and len(args) == 2:
            return self.relation(x), RELATION
        if x.function in BARS:
            return self.below(self.barred(self(args[0]), BARS[x.function]), self.over(x)), ATOM
        if x.function == "cases":
            return self.cases(*args), ATOM
        if x.function in ("onehot", "windows", "overlap_add"):
            self.used.add(x.function)
        if x.function == "slope":
            return f"{self.function(args[0].text)}'{self.bracketed(self(args[1]))}", ATOM
        if x.function == "item":
            return self.within(args[0], ATOM) + self.index(args[1:]), ATOM
        if x.function == "scatter_add":
            self.used.add("at")
            return self.bracketed(f"{self.within(args[0], TERM)}{self.words(' at ')}{self.index(args[1:])}"), ATOM
        over = self.over(x) if x.function in REDUCTIONS else ""
        shown = [*map(self.plain, _ends(list(args), "…"))]
        said = dict(x.notes)
        if x.function == "einsum":
            shown.insert(0, self.words(f'"{said.pop("subscripts")}"'))
        if x.function in REDUCTIONS:
            said = {k: v for k, v in said.items() if k == "ddof" and v}
        shown += [f"{self.words(k)}={self.words(_said(v))}" for k, v in said.items()]
        return self.below(self.function(x.function), over) + self.bracketed(", ".join(shown)), ATOM

    def plain(self, x: Any) -> str:
        return x if isinstance(x, str) else self(x)

    def relation(self, x: Call) -> str:
        """a < b; and of two bounds a < x < b."""
        a, b = x.arguments
        if SIGNS[x.function] == "and" and isinstance(a, Call) and isinstance(b, Call):
            sides = [SIGNS.get(a.function), SIGNS.get(b.function)]
            if sides[0] in (">", "≥") and sides[1] in ("<", "≤") and a.arguments[0] == b.arguments[0]:
                low = self.sign({">": "<", "≥": "≤"}[sides[0]])
                middle = f"{low} {self.within(a.arguments[0], TERM)} {self.sign(sides[1])}"
                return f"{self.within(a.arguments[1], TERM)} {middle} {self.within(b.arguments[1], TERM)}"
        return f"{self.within(a, TERM)} {self.sign(SIGNS[x.function])} {self.within(b, TERM)}"

    def index(self, index: tuple[Any, ...]) -> str:
        return f"[{', '.join(map(self.plain, index))}]"

    def over(self, x: Call) -> str:
        """Over which axes it goes: i for the rows of a matrix, k for the columns, nothing for all that there is."""
        axes, n = dict(x.notes).get("axis"), ndim(x.arguments[0])
        if axes == ():
            return "no axes"
        if axes is None or n < 2:
            return ""
        axes = sorted(k % n for k in (axes if isinstance(axes, tuple) else (axes,)))
        if len(axes) == n:
            return ""
        over = "ik"[axes[0]] if n == 2 else f"axis {axes[0]}" if len(axes) == 1 else f"axes {', '.join(map(str, axes))}"
        if n == 2:
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
        return f"{above}/{self.bracketed(below) if many_below else below}"

    def above_line(self, x: Any) -> str:
        text = self.within(x, FACTOR)
        return self.bracketed(text) if isinstance(x, Name) and x.of is not None else text

    def below_line(self, x: Any) -> str:
        return self.within(x, FACTOR)

    def joined(self, parts: list[str]) -> str:
        return " ".join(parts)

    def words(self, text: str) -> str:
        return text

    def barred(self, text: str, bar: str) -> str:
        return f"{bar}{text}{bar}"

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

    def digits(self, x: Any) -> str:
        """A number to 6 digits; but to more, where what is not whole would be written as if it were."""
        known = {pi: "π", euler: "e"}.get(float(x))
        if known and not (self.names and known in self.names.taken):
            return known
        texts = [f"{x:.{n}g}" for n in (6, 9, 12, 17)]
        return next(text for text in texts if not re.fullmatch(r"-?\d+", text) or float(text) == x)

    def infinity(self, negative: bool) -> str:
        return "-∞" if negative else "∞"

    def name(self, text: str) -> str:
        return quoted(text)

    def slope(self, root: str, name: str) -> str:
        return f"d{root}/d{name}"

    def transposed(self, text: str) -> str:
        return f"{text}ᵀ"

    def sigma(self, over: str) -> str:
        return self.below("Σ", over)

    def sign(self, sign: str) -> str:
        return sign

    def function(self, name: str) -> str:
        return FUNCTIONS.get(name) or quoted(printable(name) or "f")

    def cases(self, condition: Any, x: Any, y: Any) -> str:
        return f"({self(x)} where {self(condition)}, else {self(y)})"

    def equation(self, left: Any, right: Any, more: bool) -> str:
        return " ".join(self.sides(left, right, more, "+="))

    def sides(self, left: Any, right: Any, more: bool, added: str) -> tuple[str, str, str]:
        """The parts of an equation; what goes to the places of an index is added there: dC/dx[i] += dC/dv."""
        if isinstance(right, Call) and right.function == "scatter_add":
            self.used.add("+=")
            return self.within(left, FACTOR) + self.index(right.arguments[1:]), added, self(right.arguments[0])
        return self(left), added if more else "=", self(right)


GREEK = {"alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "zeta": "ζ", "eta": "η", "theta": "θ",
         "kappa": "κ", "lambda": "λ", "mu": "μ", "nu": "ν", "xi": "ξ", "rho": "ρ", "sigma": "σ", "tau": "τ", "phi": "φ",
         "chi": "χ", "psi": "ψ", "omega": "ω", "Gamma": "Γ", "Delta": "Δ", "Theta": "Θ", "Lambda": "Λ", "Sigma": "Σ",
         "Phi": "Φ", "Psi": "Ψ", "Omega": "Ω"}  # fmt: skip  # but π, which is a number
INDEXED = re.compile(r"([A-Za-z]+?)(?:_?(\d+)|_(\w+))?")  # W, W1, W_hh, theta_1
LATEX_SIGNS = {"≥": r"\ge", "≤": r"\le", "≠": r"\ne", "and": r"\wedge", "or": r"\vee"}
LATEX_FUNCTIONS = {"sigmoid": r"\sigma", "log": r"\ln", "normal": r"\Phi", "not": r"\neg "}
LATEX_FUNCTIONS |= {name: f"\\{name}" for name in (
    "exp", "sin", "cos", "tan", "tanh", "sinh", "cosh", "arcsin", "arccos", "arctan", "max", "min", "det")}  # fmt: skip
ESCAPES = {"\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "_": r"\_",
           "%": r"\%", "^": r"\textasciicircum{}", "~": r"\textasciitilde{}", "<": r"{<}", ">": r"{>}"}  # fmt: skip


class Latex(Text):
    """Expressions as LaTeX."""

    def bracketed(self, text: str) -> str:
        return rf"\left({text}\right)"

    def fraction(self, above: str, below: str, many_below: bool) -> str:
        return rf"\frac{{{above}}}{{{below}}}"

    def above_line(self, x: Any) -> str:
        return self(x)

    def below_line(self, x: Any) -> str:
        return self(x)

    def joined(self, parts: list[str]) -> str:
        """With a thin space beside a name of several letters."""
        return (r" \, " if any(r"\text{" in part or r"\operatorname" in part for part in parts) else " ").join(parts)

    def words(self, text: str) -> str:
        return rf"\text{{{escaped(text)}}}"

    def barred(self, text: str, bar: str) -> str:
        bar = {"|": "|", "‖": r"\|"}[bar]
        return rf"\left{bar}{text}\right{bar}"

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

    def digits(self, x: Any) -> str:
        shown = super().digits(x).replace("π", r"\pi")
        return re.sub(r"e([+-])0*(\d+)$", lambda m: rf" \cdot 10^{{{m[1].replace('+', '')}{m[2]}}}", shown)

    def infinity(self, negative: bool) -> str:
        return r"-\infty" if negative else r"\infty"

    def name(self, text: str) -> str:
        stem, below = letter_and_index(text)
        if not stem:
            return rf"\text{{{escaped(quoted(text))}}}"
        below = rf"\text{{{escaped(below)}}}" if len(below) > 1 and not below.isdecimal() else below
        return (f"\\{stem}" if stem in GREEK else stem) + (f"_{{{below}}}" if below else "")

    def slope(self, root: str, name: str) -> str:
        return rf"\frac{{d{root}}}{{d{name}}}"

    def transposed(self, text: str) -> str:
        return rf"{text}^{{\top}}"

    def sigma(self, over: str) -> str:
        return self.below(r"\sum", over)

    def sign(self, sign: str) -> str:
        return LATEX_SIGNS.get(sign, sign)

    def function(self, name: str) -> str:
        if name in LATEX_FUNCTIONS:
            return LATEX_FUNCTIONS[name]
        name = quoted(printable(name))
        return rf"\operatorname{{{escaped(name)}}}" if name.isascii() and name[0] != '"' else self.words(name)

    def where(self) -> list[str]:
        return [rf"\text{{{'' if k else 'where '}{in_words(said)}}}" for k, said in enumerate(self.legend())]

    def cases(self, condition: Any, x: Any, y: Any) -> str:
        return rf"\begin{{cases}}{self(x)} & {self(condition)}\\{self(y)} & \text{{else}}\end{{cases}}"

    def equation(self, left: Any, right: Any, more: bool) -> str:
        left, sign, right = self.sides(left, right, more, r"\mathrel{+}=")
        return f"{left} &{sign} {right}"


def aligned(rows: list[str]) -> str:
    """Equations below one another."""
    return "\\begin{align*}\n" + " \\\\\n".join(rows) + "\n\\end{align*}"


class Shown:
    """What prints as text, and shows itself as LaTeX in a notebook."""

    @property
    def latex(self) -> str:
        raise NotImplementedError

    @property
    def markdown(self) -> str:
        """The LaTeX in dollar signs, as Markdown takes it."""
        return f"$$\n{self.latex}\n$$".replace("align*", "aligned")

    def __repr__(self) -> str:
        return str(self)

    def _repr_latex_(self) -> str:
        return self.latex

    def _repr_markdown_(self) -> str:
        return self.markdown


def letter_and_index(text: str) -> tuple[str, str]:
    """The letter of a name, Latin or Greek, and what stands below it; nothing, if it is a word.

    >>> letter_and_index("W_hh"), letter_and_index("theta1"), letter_and_index("loss")
    (('W', 'hh'), ('theta', '1'), ('', ''))
    """
    found = INDEXED.fullmatch(text)
    if not found or (len(found[1]) > 1 and found[1] not in GREEK):
        return "", ""
    return found[1], found[2] or found[3] or ""


def quoted(text: str) -> str:
    """A name, in quotation marks if it could be taken for something else.

    >>> quoted("W1"), quoted("my weight"), quoted("x+1")
    ('W1', '"my weight"', '"x+1"')
    """
    return text if PLAIN.fullmatch(text) and not SPOKEN.fullmatch(text) else f'"{text}"'


def in_words(text: str) -> str:
    """A sentence with signs in it, as LaTeX's \\text{...} takes it."""
    signs = {"⊙": r"}\odot\text{", "ᵢ": r"}{}_{i}\text{", "ₖ": r"}{}_{k}\text{"}
    return "".join(signs.get(c, ESCAPES.get(c, c)) for c in text)


def escaped(text: str) -> str:
    """Text as it stands in LaTeX's \\text{...}."""
    inside = re.fullmatch(r'"(.+)"', text)
    return f"``{escaped(inside[1])}''" if inside else "".join(ESCAPES.get(c, c) for c in text)


def _ends(items: list[Any], between: Any) -> list[Any]:
    """The items; of very many the first and the last ones."""
    return items if len(items) <= MANY else [*items[: MANY - 4], between, *items[-3:]]


def _said(x: Any) -> str:
    """A parameter as it is given; a text in quotation marks if it is no word."""
    text = printable(x, LONGEST)
    return quoted(text) if isinstance(x, str) and x != "..." else text


def _place(factor: tuple[Any, Any]) -> int:
    """Numbers stand before names, and names before functions."""
    return 0 if all(isinstance(x, Fraction | float) for x in factor) else 1 if isinstance(factor[0], Name) else 2


def _long(x: Fraction) -> bool:
    return max(abs(x.numerator), x.denominator) >= LONG


def _negative(p: Any) -> bool:
    return isinstance(p, Fraction | float) and p < 0
