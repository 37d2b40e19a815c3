"""Reads formulas as they are printed: the text is taken apart again, by what the signs mean to a person."""

import re
from fractions import Fraction

from autograd.show.expression import Call, Product, Sum
from autograd.show.notation import FUNCTIONS, SIGNS, Text

POWERS = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-", strict=True))
NUMBER = re.compile(r"\d+(\.\d+)?(e[+-]?\d+)?")
OVER = r"(?P<over>ᵢ|ₖ|\[ax[ie]s [\d, ]+\]|\[no axes\])?"
FUNCTION = re.compile(rf"(?P<name>[\w.]+?){OVER}\(")
SUM = re.compile(f"Σ{OVER}")
SAID = re.compile(r"(\w+)=(\([^()]*\)|[^,()]+)(?=[,)])")
CALLED = {text: name for name, text in FUNCTIONS.items()}
COMPARED = {text: name for name, text in SIGNS.items() if "_" in name or name in ("less", "equal", "greater")}


class Written(Text):
    """As it is printed, but for numbers that are not cut short."""

    def digits(self, x):
        return repr(float(x))


class Reader:
    """One text; `names` gives what the names in it stand for."""

    def __init__(self, text, names):
        self.text, self.at, self.names = text, 0, sorted(names.items(), key=lambda known: -len(known[0]))

    def whole(self):
        found = self.choice()
        assert self.at == len(self.text), f"{self.text[: self.at]} >>> {self.text[self.at :]}"
        return found

    def eat(self, sign):
        there = self.text.startswith(sign, self.at)
        self.at += len(sign) * there
        return there

    def match(self, pattern):
        found = pattern.match(self.text, self.at)
        self.at = found.end() if found else self.at
        return found

    def wanted(self, sign):
        assert self.eat(sign), f"{sign!r} expected: {self.text[: self.at]} >>> {self.text[self.at :]}"

    def choice(self):
        """a where c, else b; it stands in brackets."""
        found = self.condition()
        if self.eat(" where "):
            condition = self.condition()
            self.wanted(", else ")
            return Call("cases", (condition, found, self.choice()))
        return found

    def condition(self):
        found = self.relation()
        while sign := next((s for s in ("and", "or") if self.eat(f" {s} ")), None):
            found = Call(f"logical_{sign}", (found, self.relation()))
        return found

    def relation(self):
        sides, found = [self.sum()], []
        while sign := next((s for s in COMPARED if self.eat(f" {s} ")), None):
            sides.append(self.sum())
            found.append(Call(COMPARED[sign], tuple(sides[-2:])))
        return sides[0] if not found else found[0] if len(found) == 1 else Call("logical_and", tuple(found))

    def sum(self):
        terms, sign = [], -1 if self.eat("-") else 1
        while True:
            terms.append((self.term(), Fraction(sign)))
            sign = 1 if self.eat(" + ") else -1 if self.eat(" - ") else None
            if sign is None:
                return terms[0][0] if len(terms) == 1 and terms[0][1] == 1 else Sum(tuple(terms), Fraction(0))

    def term(self):
        """What is multiplied and divided entry by entry, from left to right."""
        factors = [(self.run(), Fraction(1))]
        while True:
            if self.eat(" ⊙ ") or self.eat(" · "):
                factors.append((self.run(), Fraction(1)))
            elif self.eat("/"):
                factors.append((self.power(), Fraction(-1)))
            else:
                return factors[0][0] if len(factors) == 1 else Product(tuple(factors), Fraction(1))

    def run(self):
        """What stands beside one another: a product of numbers, or of matrices."""
        factors = [self.power()]
        while re.match(r" [^-+⊙·/=<>≤≥≠]", self.text[self.at :]) and not re.match(
            r" (where|and|or|at) ", self.text[self.at :]
        ):
            self.at += 1
            factors.append(self.power())
        return factors[0] if len(factors) == 1 else Call("beside", tuple(factors))

    def power(self):
        if found := self.match(SUM):
            self.wanted(" ")
            return Call("sum", (self.run(),), 0, over(found["over"]))
        if self.eat("√"):
            return Product(((self.atom(), Fraction(1, 2)),), Fraction(1))
        found = self.atom()
        while True:
            digits = re.match(f"[{''.join(POWERS)}]*", self.text[self.at :])[0]
            if self.eat("ᵀ"):
                found = Call("T", (found,))
            elif digits:
                self.at += len(digits)
                found = Product(((found, Fraction("".join(map(POWERS.get, digits)))),), Fraction(1))
            elif self.eat("^"):
                found = Product(((found, self.atom()),), Fraction(1))
            elif self.eat("["):
                found = Call("item", (found, *self.index()))
            else:
                return found

    def atom(self):
        if self.eat("("):
            found = self.choice()
            if self.eat(" at ["):
                found = Call("at", (found, *self.index()))
            self.wanted(")")
            return found
        if self.eat("["):
            found = Call("iverson", (self.condition(),))
            self.wanted("]")
            return found
        for bar, name in (("|", "absolute"), ("‖", "norm")):
            if self.eat(bar):
                found = self.choice()
                self.wanted(bar)
                return Call(name, (found,), 0, over(self.match(re.compile(OVER))["over"]))
        for text, value in self.names:
            after = self.text[self.at + len(text) :][:1]
            if self.text.startswith(text, self.at) and after != "(" and not (after.isalnum() and after not in "ᵀᵢₖ²³¹"
                                                                             and after not in POWERS):  # fmt: skip
                self.at += len(text)
                return value
        if found := self.match(NUMBER):
            return float(found[0])
        if self.eat("∞"):
            return float("inf")
        found = self.match(FUNCTION)
        assert found, f"{self.text[: self.at]} >>> {self.text[self.at :]}"
        arguments, said = [], dict(over(found["over"]))
        while not self.eat(")"):
            self.eat(", ")
            if known := self.match(SAID):
                said[known[1]] = value_of(known[2])
            elif known := self.match(re.compile(r'"[^"]*"|…|\.\.\.')):
                said["subscripts"] = known[0].strip('"')
            else:
                arguments.append("None" if self.eat("None") else self.choice())
        name = CALLED.get(found["name"], found["name"])
        return Call(name, tuple(arguments), 0, tuple(said.items()))

    def index(self):
        """What stands in the brackets of an index."""
        found = []
        while not self.eat("]"):
            self.eat(", ")
            plain = self.match(re.compile(r"-?\d*:-?\d*(:-?\d*)?|-?\d+|\.\.\.|None"))
            found.append(plain[0] if plain else self.sum())
        return found


def over(text):
    """The axes that stand below a sign."""
    axes = {"ᵢ": 0, "ₖ": 1, None: None}.get(text, text)
    axes = tuple(map(int, re.findall(r"\d+", axes))) if isinstance(axes, str) else axes
    return () if axes is None else (("axis", axes[0] if isinstance(axes, tuple) and len(axes) == 1 else axes),)


def value_of(text):
    """A parameter: a number, a tuple of them, or a word."""
    inside = [value_of(x) for x in text[1:-1].split(",") if x.strip()] if text[0] == "(" else []
    words = {"None": None, "True": True, "False": False}
    text = text.strip()
    if text[0] == "(":
        return tuple(inside)
    return (
        words.get(text, text)
        if not re.fullmatch(r"-?[\d.]+(e-?\d+)?", text)
        else float(text)
        if "." in text
        else int(text)
    )


def read(text, names):
    """The expression that is written there; names by their texts."""
    return Reader(text, names).whole()
