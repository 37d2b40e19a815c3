"""formulas(loss): the chain rule step by step, in the order in which it ran, as a person would write it down."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass
from types import FunctionType
from typing import Any

import numpy as np

from autograd.arguments import describe
from autograd.backprop import seed, sweep
from autograd.graph import Value
from autograd.program.recorder import LETTERS
from autograd.program.traced import Frozen
from autograd.recording import recorded
from autograd.show import expression as e
from autograd.show.derive import Deriver, Pull, derived
from autograd.show.expression import Call, Name, Product
from autograd.show.names import Names, ancestors
from autograd.show.notation import Latex, Text, in_words
from autograd.show.reading import counted

LEGEND = {
    "⊙": "⊙ multiplies entry by entry", "Σi": "ᵢ goes over the rows, the samples", "Σk": "ₖ over the columns",
    "[]": "[...] is 1 where it holds, else 0", "+=": "+= adds at the places in [], with 0 at all others",
    "at": "x at [...] is x at these places, else 0", "onehot": "onehot(t) has a 1 at each sample's label, else 0",
}  # fmt: skip
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


def formulas(
    x: Value | Callable[..., Any],
    wrt: Value | Iterable[Value] | None = None,
    *,
    numbers: bool = False,
    max_lines: int | None = 200,
) -> Formulas:
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
            raise ValueError(f"formulas: expected what ops have made, got the leaf {describe(x)}")
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
    raise TypeError(f"formulas: expected a Tensor or a function of numbers, got {describe(x)}")


class Formulas:
    """Equations that print as text, and show themselves as LaTeX in a notebook."""

    def __init__(self, lines: list[Line], names: Names, hidden: dict[int, int] | None = None) -> None:
        self.lines, self.names = lines, names
        self.hidden = hidden or {}  # how many equations are left out before a line

    def __str__(self) -> str:
        text = Text(self.names)
        rows = [(line, [text.equation(*pair) for pair in _equations(line)]) for line in self.lines]
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
                out += [f"     {row}" for row in np.array2string(line.numbers, precision=6).splitlines()]
        legend = self.legend(text.used)
        return "\n".join([*out, *(["where " + "; ".join(legend)] if legend else [])])

    def __repr__(self) -> str:
        return str(self)

    def legend(self, used: Container[Any]) -> list[str]:
        """What the names and signs mean that a reader may ask about."""
        return self.names.legend(used) + [text for sign, text in LEGEND.items() if sign in used]

    @property
    def latex(self) -> str:
        """An align* environment: the number of the visit, the equation, the shape; below it what the signs mean."""
        text, rows, before = Latex(self.names), [], -1
        for k, line in enumerate(self.lines):
            if before == -1 or (before > 0) != (line.visit > 0):
                rows.append(rf"&& \textbf{{{'backward' if line.visit else 'forward'}}} &")
            if k in self.hidden:
                rows.append(rf"&& \vdots \quad \text{{{self.hidden[k]:,} more}} &")
            first, *others = [text.equation(*pair) for pair in _equations(line)]
            number = f"{line.visit} " if line.visit and line.visit != before else ""
            rows.append(f"{number}&& {first}" + (f" && {line.shape}" if line.shape else ""))
            rows += [f"&& {other}" for other in others]
            before = line.visit
        legend = self.legend(text.used)
        rows += [rf"&&& \text{{{'' if k else 'where '}{in_words(said)}}}" for k, said in enumerate(legend)]
        return "\\begin{align*}\n" + " \\\\\n".join(rows) + "\n\\end{align*}"

    @property
    def markdown(self) -> str:
        """The same in dollar signs, as Markdown takes it."""
        return f"$$\n{self.latex}\n$$".replace("align*", "aligned")

    def _repr_latex_(self) -> str:
        return self.latex

    def _repr_markdown_(self) -> str:
        return self.markdown


class Derivatives(Formulas):
    """The derivatives of a function of numbers, with everything put in."""

    def __init__(self, f: Callable[..., Any]) -> None:
        deriver = Deriver(Names())
        try:
            with recorded(deriver), np.errstate(all="ignore"):  # no number that it is run for is of any meaning
                inputs = {name: deriver.number(name, 0.3 + 0.4 * k) for k, name in enumerate(_arguments(f))}
                root = f(*inputs.values())
                grows = isinstance(root, Value) and root.requires_grad and not root.ndim
                found = {id(x): g for x, g in sweep(root, seed(root, None))} if grows else {}
        except Frozen as error:
            raise TypeError(f"formulas: f runs once, for any number, and {error}") from None
        value = root.array if isinstance(root, Value) else root
        if not isinstance(value, float | int | np.number | np.ndarray) or np.ndim(value):
            raise TypeError(f"formulas: expected a function of numbers that returns one, got {describe(root)}")
        slopes = [counted(deriver.sum_of(found.get(id(x), 0.0))) for x in inputs.values()]
        self.before, (self.value, *slopes) = deriver.put_in([counted(deriver.expression(value)), *slopes])
        name = f.__name__ if isinstance(f, FunctionType) and f.__name__.isidentifier() else "f"
        known = {part.function for part in e.parts(self.value) if isinstance(part, Call)}
        self.name = deriver.names.free("f" if name in known else name, 0)
        self.slopes = list(zip([deriver.expression(x.array) for x in inputs.values()], slopes, strict=True))
        super().__init__([], deriver.names)

    def __str__(self) -> str:
        write = Text(self.names)
        f = write(self.name)
        rows = [f"{write(name)} = {write(x)}" for name, x in [*self.before, (self.name, self.value)]]
        rows += [f"{self.d}{f}/{self.d}{write(x)} = {write(slope)}" for x, slope in self.slopes]
        legend = self.names.legend(write.used)
        return "\n".join(rows + (["where " + "; ".join(legend)] if legend else []))

    @property
    def d(self) -> str:
        """The sign of a derivative: of several numbers it is a partial one."""
        return "∂" if len(self.slopes) > 1 else "d"

    @property
    def latex(self) -> str:
        write = Latex(self.names)
        f = write(self.name)
        rows = [f"{write(name)} &= {write(x)}" for name, x in [*self.before, (self.name, self.value)]]
        d = self.d.replace("∂", r"\partial ")
        rows += [rf"\frac{{{d}{f}}}{{{d}{write(x)}}} &= {write(slope)}" for x, slope in self.slopes]
        return "\\begin{align*}\n" + " \\\\\n".join(rows) + "\n\\end{align*}"


def _arguments(f: Callable[..., Any]) -> list[str]:
    """The names of the numbers that a function takes."""
    inner = inspect.unwrap(f)
    if isinstance(inner, np.ufunc):
        return ["x", "y", "z"][: inner.nin] if inner.nin < 4 else [f"x{k + 1}" for k in range(inner.nin)]
    try:
        parameters = inspect.signature(f).parameters.values()
    except ValueError:  # of what is written in C nobody knows
        return ["x"]
    by_place = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    found = [p.name for p in by_place if p.default is p.empty] or [p.name for p in by_place[:1]]
    if any(p.kind is p.VAR_POSITIONAL for p in parameters) or not found:
        raise TypeError(f"formulas: expected a function of numbers that have names, and this one takes "
                        f"{inspect.signature(f)}: write lambda x, y: f(x, y)")  # fmt: skip
    return found


def _equations(line: Line) -> list[tuple[Any, Any, bool]]:
    slope = [(*line.slope, False)] if line.slope else []
    return [(line.left, line.right, line.more), *slope]


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
