"""Expressions with marks for a browser, which makes fractions, powers and indices of them."""

from __future__ import annotations

from typing import Any

from autograd.errors import printable
from autograd.show.notation import GREEK, Text, letter_and_index, quoted


class Marked(Text):
    """Expressions as text with marks for what a browser sets: fractions, powers, indices, roots, cases.

    The marks are characters for private use.  They are not printable, so a name has none, and the page makes elements
    of them one by one: nothing in a name can become markup, and what a user has written beside it is without them too.
    """

    def words(self, text: str) -> str:
        return printable(text)

    def plain(self, x: Any) -> str:
        return printable(x) if isinstance(x, str) else self(x)

    def marked(self, kind: str, *parts: str) -> str:
        return "\ue000" + "\ue001".join((kind, *parts)) + "\ue002"

    def bracketed(self, text: str) -> str:
        return self.marked("row", f"({text})")

    def fraction(self, above: str, below: str, many_below: bool) -> str:
        return self.marked("frac", above, below)

    def index(self, index: tuple[Any, ...]) -> str:
        return self.marked("row", super().index(index))

    def above_line(self, x: Any) -> str:
        return self(x)

    def below_line(self, x: Any) -> str:
        return self(x)

    def below(self, name: str, index: str) -> str:
        return self.marked("sub", name, index) if index else name

    def root(self, x: Any) -> str:
        return self.marked("root", self(x))

    def raised(self, base: str, p: Any) -> str:
        return self.marked("sup", base, self(p))

    def digits(self, x: float) -> str:
        base, e, power = super().digits(x).partition("e")
        return f"{base} × " + self.marked("sup", "10", str(int(power))) if e and power else base + e

    def name(self, text: str) -> str:
        stem, index = letter_and_index(text)
        letter = self.marked("name", GREEK.get(stem, stem) or quoted(text))
        return self.marked("sub", letter, index) if index else letter

    def slope(self, root: str, name: str) -> str:
        return self.marked("frac", "d" + root, "d" + name)

    def transposed(self, text: str) -> str:
        return self.marked("sup", text, "⊤")

    def function(self, name: str) -> str:
        return self.marked("name", printable(super().function(name)))

    def cases(self, condition: Any, x: Any, y: Any) -> str:
        return self.marked("cases", self(x), self(condition), self(y), "else")
