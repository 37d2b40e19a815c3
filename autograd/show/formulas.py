"""formulas(loss): the chain rule step by step, in the order in which it ran, as a person would write it down."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd.errors import describe
from autograd.graph import Value
from autograd.program.recorder import LETTERS
from autograd.show import expression as e
from autograd.show.derivatives import Derivatives
from autograd.show.derive import Deriver, Pull, derived
from autograd.show.expression import Call, Name, Product
from autograd.show.names import Names, ancestors, unsigned
from autograd.show.notation import Latex, Shown, Text, aligned

SMALL = 12  # entries up to which numbers are shown


@dataclass(frozen=True)
class Line:
    """One equation."""

    visit: int  # the number of the visit of the sweep; 0 for what ran forward
    left: Any
    right: Any
    shape: tuple[int, ...]
    more: bool = False  # is it added to what there was?
    slope: tuple[Any, Any] | None = None  # f'(z), and what that is
    numbers: np.ndarray | None = None

    def equations(self) -> list[tuple[Any, Any, bool]]:
        """Left, right, and whether it is added; below that what f'(z) is."""
        return [(self.left, self.right, self.more), *([(*self.slope, False)] if self.slope else [])]


def formulas(
    x: Value | Callable[..., Any],
    wrt: Value | Iterable[Value] | None = None,
    *,
    numbers: bool = False,
    max_lines: int | None = 200,
) -> Formulas | Derivatives:
    """The formulas of the backward pass from a Tensor of one number, or the derivatives of a function of numbers.

    x         a Tensor, or a function of numbers, whose derivatives by all of them are worked out
    wrt       Tensors: only what leads to them is shown
    numbers   whether small arrays are shown too, as they are
    max_lines of a longer pass, forward or backward, only the first and the last lines are worked out; None for all

    One line for every rule that ran, in that order, with its shape; names are those of the tensors (`name="W1"`), else
    z, a, v.  Nothing is looked up: every formula comes from running the rule.  Expressions are simplified by the rules
    in autograd.show.expression, and an activation is written f'(z), with what that is beside it.

    Returns Formulas: print() it, `.latex`, `.markdown`, and a notebook repr.
    Raises TypeError or ValueError for what backward() would refuse.

    >>> print(formulas(lambda x: x**3 + np.sin(x)))
    f = x³ + sin(x)
    df/dx = cos(x) + 3 x²
    """
    if not isinstance(numbers, bool):
        raise TypeError(f"formulas: expected numbers to be True or False, got {describe(numbers)}")
    whole = isinstance(max_lines, int | np.integer) and not isinstance(max_lines, bool)
    if max_lines is not None and not (whole and max_lines > 1):
        raise ValueError(f"formulas: expected max_lines to be an integer of at least 2, or None; got {max_lines!r}")
    if isinstance(x, Value):
        if x.primitive is None and x.requires_grad and x.size == 1:
            raise ValueError(f"formulas: x: expected what ops have made, got the leaf {describe(x)}")
        if not isinstance(wrt, Iterable | None) or isinstance(wrt, np.ndarray | str | Mapping):
            raise TypeError(f"formulas: wrt: expected a Tensor or a list of Tensors, got {describe(wrt)}")
        kept = [wrt] if isinstance(wrt, Value) else list(wrt) if wrt is not None else None
        behind = {id(v) for v in ancestors(x)} if kept is not None else set()
        for k, p in enumerate(kept or ()):
            if not isinstance(p, Value):
                raise TypeError(f"formulas: wrt[{k}]: expected a Tensor, got {describe(p)}")
            if id(p) not in behind:
                raise ValueError(f"formulas: wrt[{k}]: {describe(p)} is not among what {describe(x)} was made from")
        if kept == []:
            raise ValueError("formulas: wrt is empty: give Tensors, or leave it out for all")
        return Formulas(*_lines(x, kept, numbers, max_lines))
    if callable(x):
        if wrt is not None or numbers:
            raise TypeError("formulas: wrt and numbers are for Tensors: of a function all derivatives are worked out, "
                            "and it is no single point that they hold for")  # fmt: skip
        return Derivatives(x)
    raise TypeError(f"formulas: x: expected a Tensor or a function of numbers, got {describe(x)}")


class Formulas(Shown):
    """Equations that print as text, and show themselves as LaTeX in a notebook."""

    def __init__(self, lines: list[Line], names: Names, hidden: dict[int, int] | None = None) -> None:
        self.lines, self.names = lines, names
        self.hidden = hidden or {}  # how many equations are left out before a line

    def __str__(self) -> str:
        text = Text(self.names)
        rows = [(line, [text.equation(*pair) for pair in line.equations()]) for line in self.lines]
        width = min(60, max((len(equations[0]) for _, equations in rows), default=0))
        out = []
        for k, (line, (first, *others)) in enumerate(rows):
            before = rows[k - 1][0].visit if k else -1
            if k == 0 or (before > 0) != (line.visit > 0):
                out += ["backward"] if line.visit else ["forward"]
            if k in self.hidden:
                out.append(f"     … {self.hidden[k]:,} more, which max_lines leaves out")
            number = f"{line.visit:>3}" if line.visit and line.visit != before else "   "
            out.append(f"{number}  {first:<{width}}  {line.shape if line.shape else ''}".rstrip())
            out += [f"     {text}" for text in others]
            if line.numbers is not None:
                out += [f"     {row}" for row in np.array2string(unsigned(line.numbers), precision=6).splitlines()]
        return "\n".join([*out, *text.where()])

    @property
    def latex(self) -> str:
        """An align* environment: the number of the visit, the equation, the shape; below it what the signs mean."""
        text, rows, before = Latex(self.names), [], -1
        for k, line in enumerate(self.lines):
            if before == -1 or (before > 0) != (line.visit > 0):
                rows.append(rf"&& \textbf{{{'backward' if line.visit else 'forward'}}} &")
            if k in self.hidden:
                rows.append(rf"&& \vdots \quad \text{{{self.hidden[k]:,} more}} &")
            first, *others = [text.equation(*pair) for pair in line.equations()]
            number = f"{line.visit} " if line.visit and line.visit != before else ""
            rows.append(f"{number}&& {first}" + (f" && {line.shape}" if line.shape else ""))
            rows += [f"&& {other}" for other in others]
            before = line.visit
        rows += [f"&&& {said}" for said in text.where()]
        return aligned(rows)


def _lines(
    root: Value, wrt: list[Value] | None, numbers: bool, most: int | None
) -> tuple[list[Line], Names, dict[int, int]]:
    """The equations of the forward pass and of the sweep."""
    names = Names(root)
    rules = sum(isinstance(x, Value) and x.requires_grad for v in names.values for x in v.inputs)
    far = range(0) if most is None or wrt is not None else range(most, rules - most)  # from what is shown
    deriver = derived(Deriver(names, far), root)
    above = {id(p) for p in wrt} if wrt is not None else {id(v) for v in names.values}
    for v in names.values:
        if any(id(x) in above for x in v.inputs if isinstance(x, Value)):
            above.add(id(v))
    made = [v for v in names.values if v.primitive and id(v) in above and not names.moves(v)]
    ran: dict[int, int] = {}  # the visit in which that was worked out which a transpose only hands on
    given: list[tuple[int, Value, Pull]] = []
    for step in deriver.steps:
        visit = ran.get(id(step.value), step.number)
        for pull in step.pulls:
            if names.moves(pull.target):
                ran[id(pull.target)] = visit
            elif id(pull.target) in above:
                given.append((visit, step.value, pull))
    given.sort(key=lambda known: known[0])
    seen: set[int] = set()
    for _, _, pull in given:
        pull.more = id(pull.target) in seen
        seen.add(id(pull.target))
    lines, hidden = [], {}
    for v in _ends(made, most):
        shown = v.array if numbers and v.size <= SMALL else None
        lines.append(Line(0, names.of(v), deriver.definition(v), v.shape, numbers=shown))
    if len(lines) < len(made):
        hidden[len(lines) // 2] = len(made) - len(lines)
    first = len(lines)
    lines += [rule_line(visit, value, pull, names, numbers) for visit, value, pull in _ends(given, most)]
    if len(lines) - first < len(given):
        hidden[(first + len(lines)) // 2] = len(given) - len(lines) + first
    return lines, names, hidden


def _ends(items: list[Any], most: int | None) -> list[Any]:
    """The items; of more than so many the first and the last ones."""
    return items if most is None or len(items) <= most else items[: most // 2] + items[-(most // 2) :]


def rule_line(visit: int, value: Value, pull: Pull, names: Names, numbers: bool) -> Line:
    """The equation of one rule; of an activation with f'(z) beside it."""
    left, right, slope = names.cotangent(pull.target), pull.expression, None
    op, g = value.primitive, names.cotangent(value)
    activation = op.broadcasts and LETTERS.get(op.name) == "a"
    if activation and isinstance(right, Product) and (g, 1) in right.factors and isinstance(g, Name):
        slope = Call("slope", (Name(op.name), names.of(pull.target)), value.ndim), e.divide(right, g)
        right = e.multiply(g, slope[0])
    shown = pull.array if numbers and pull.array.size <= SMALL else None
    return Line(visit, left, right, pull.array.shape, pull.more, slope, shown)
