"""formulas(loss): the chain rule step by step, in the order in which it ran, as a person would write it down."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from autograd.arguments import describe
from autograd.graph import Value
from autograd.program.recorder import LETTERS
from autograd.show import expression as e
from autograd.show.derive import Deriver, Pull, derived
from autograd.show.expression import Call, Name, Product
from autograd.show.names import Names, moves
from autograd.show.notation import Latex, Text, in_words
from autograd.tensor import Tensor

COSTS = {"squared_error", "binary_cross_entropy", "binary_cross_entropy_with_logits", "softmax_cross_entropy",
         "softmax_cross_entropy_with", "mean"}  # fmt: skip
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
    cost: bool = False  # may its numbers be so many samples?


def formulas(
    x: Value | Callable[..., Any], wrt: Value | Iterable[Value] | None = None, *, numbers: bool = False
) -> Formulas:
    """The formulas of the backward pass from a Tensor of one number, or the derivatives of a function of numbers.

    x         a Tensor, or a function of numbers, whose derivatives by all of them are worked out
    wrt       Tensors: only what leads to them is shown
    numbers   whether small arrays are shown too, as they are

    One line for every rule that ran, in that order, with its shape; names are those of the tensors (`name="W1"`), else
    z, a, v.  Nothing is looked up: every formula comes from running the rule.  Expressions are simplified by the rules
    in autograd.show.expression, and an activation is written f'(z), with what that is beside it.

    Returns Formulas: print() it, `.latex`, `.markdown`, and a notebook repr.
    Raises TypeError or ValueError for what backward() would refuse.

    >>> print(formulas(lambda x: x**3 + np.sin(x)))
    f = x³ + sin(x)
    df/dx = cos(x) + 3 x²
    """
    if isinstance(x, Value):
        kept = [wrt] if isinstance(wrt, Value) else list(wrt) if wrt is not None else None
        for k, p in enumerate(kept or ()):
            if not isinstance(p, Value):
                raise TypeError(f"formulas: wrt[{k}]: expected a Tensor, got {describe(p)}")
        return Formulas(*_lines(x, kept, numbers))
    if callable(x):
        return Derivatives(x)
    raise TypeError(f"formulas: expected a Tensor or a function of numbers, got {describe(x)}")


class Formulas:
    """Equations that print as text, and show themselves as LaTeX in a notebook."""

    def __init__(self, lines: list[Line], samples: int | None) -> None:
        self.lines, self.samples = lines, samples

    def __str__(self) -> str:
        rows, used = [], set()
        for line in self.lines:
            text = Text(self.samples if line.cost else None)
            rows.append((line, [text.equation(*pair) for pair in _equations(line)]))
            used |= text.used
        width = min(60, max((len(equations[0]) for _, equations in rows), default=0))
        out = []
        for k, (line, (first, *others)) in enumerate(rows):
            before = rows[k - 1][0].visit if k else -1
            if k == 0 or (before > 0) != (line.visit > 0):
                out += ["backward"] if line.visit else ["forward"]
            number = f"{line.visit:>3}" if line.visit and line.visit != before else "   "
            out.append(f"{number}  {first:<{width}}  {line.shape if line.shape else ''}".rstrip())
            out += [f"     {text}" for text in others]
            if line.numbers is not None:
                out += [f"     {row}" for row in np.array2string(line.numbers, precision=6).splitlines()]
        legend = self.legend(used)
        return "\n".join([*out, *(["where " + "; ".join(legend)] if legend else [])])

    def legend(self, used: Container[str]) -> list[str]:
        """What the signs mean that a reader may ask about."""
        samples = [f"m = {self.samples}, the number of samples"] * ("m" in used)
        return samples + [text for sign, text in LEGEND.items() if sign in used]

    @property
    def latex(self) -> str:
        """An align* environment: the number of the visit, the equation, the shape; below it what the signs mean."""
        rows: list[str] = []
        used: set[str] = set()
        before = -1
        for line in self.lines:
            if before == -1 or (before > 0) != (line.visit > 0):
                rows.append(rf"&& \textbf{{{'backward' if line.visit else 'forward'}}} &")
            text = Latex(self.samples if line.cost else None)
            first, *others = [text.equation(*pair) for pair in _equations(line)]
            number = f"{line.visit} " if line.visit and line.visit != before else ""
            rows.append(f"{number}&& {first}" + (f" && {line.shape}" if line.shape else ""))
            rows += [f"&& {other}" for other in others]
            used, before = used | text.used, line.visit
        rows += [rf"&&& \text{{{'' if k else 'where '}{in_words(text)}}}" for k, text in enumerate(self.legend(used))]
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
        arguments = list(inspect.signature(f).parameters)
        inputs = [Tensor(0.3 + 0.4 * k, requires_grad=True, name=name) for k, name in enumerate(arguments)]
        root = f(*inputs)
        if not isinstance(root, Value) or root.ndim:
            raise TypeError(f"formulas: expected a function of numbers that returns one, got {describe(root)}")
        names = Names(root)
        deriver = derived(root, names) if root.requires_grad else Deriver(names)
        defined = {names.of(v): deriver.definition(v) for v in names.values if v.primitive}
        given = {names.cotangent(v): e.add(*deriver.given_to.get(id(v), [])) for v in names.values}
        known: dict[Any, Any] = {names.cotangent(root): e.number(1)}

        def put_in(x: Any) -> Any:
            if x in known:
                return known[x]
            if isinstance(x, Name) and (x in defined or x in given):
                known[x] = e.replaced(defined[x] if x in defined else given[x], put_in)
                return known[x]
            return None

        name = getattr(f, "__name__", "f")
        self.name = Name(name if name.isidentifier() else "f")
        self.value = e.replaced(names.of(root), put_in)
        self.slopes = [(names.of(x), e.replaced(names.cotangent(x), put_in)) for x in inputs]
        self.samples = None
        self.lines = []

    def __str__(self) -> str:
        write = Text()
        f = write(self.name)
        rows = [f"{f} = {write(self.value)}"]
        return "\n".join(rows + [f"{self.d}{f}/{self.d}{write(x)} = {write(slope)}" for x, slope in self.slopes])

    @property
    def d(self) -> str:
        """The sign of a derivative: of several numbers it is a partial one."""
        return "∂" if len(self.slopes) > 1 else "d"

    @property
    def latex(self) -> str:
        write = Latex()
        f = write(self.name)
        rows = [f"{f} &= {write(self.value)}"]
        d = self.d.replace("∂", r"\partial ")
        rows += [rf"\frac{{{d}{f}}}{{{d}{write(x)}}} &= {write(slope)}" for x, slope in self.slopes]
        return "\\begin{align*}\n" + " \\\\\n".join(rows) + "\n\\end{align*}"


def _equations(line: Line) -> list[tuple[Any, Any, bool]]:
    slope = [(*line.slope, False)] if line.slope else []
    return [(line.left, line.right, line.more), *slope]


def samples(root: Value) -> int | None:
    """Of how many samples a cost is taken, if it is one."""
    cost = root.primitive is not None and root.primitive.name in COSTS
    return next((np.shape(x)[0] for x in root.primals if np.ndim(x)), None) if cost else None


def _lines(root: Value, wrt: list[Value] | None, numbers: bool) -> tuple[list[Line], int | None]:
    """The equations of the forward pass and of the sweep, and the number of samples."""
    names = Names(root)
    deriver = derived(root, names)
    above = {id(p) for p in wrt} if wrt is not None else {id(v) for v in names.values}
    for v in names.values:
        if any(id(x) in above for x in v.inputs if isinstance(x, Value)):
            above.add(id(v))
    many, lines = samples(root), []
    for v in names.values:
        if v.primitive and id(v) in above and not moves(v):
            shown = v.array if numbers and v.size <= SMALL else None
            definition = deriver.definition(v)
            lines.append(Line(0, names.of(v), definition, v.shape, numbers=shown, cost=v is root))
    ran: dict[int, int] = {}  # the visit in which that was worked out which a transpose only hands on
    found = []
    for step in deriver.steps:
        visit = ran.get(id(step.value), step.number)
        for pull in step.pulls:
            if moves(pull.target):
                ran[id(pull.target)] = visit
            elif id(pull.target) in above:
                found.append(rule_line(visit, step.value, pull, names, numbers, step.value is root))
    given: set[Any] = set()
    for line in sorted(found, key=lambda line: line.visit):
        lines.append(replace(line, more=line.left in given))
        given.add(line.left)
    return lines, many


def rule_line(visit: int, value: Value, pull: Pull, names: Names, numbers: bool, cost: bool) -> Line:
    """The equation of one rule; of an activation with f'(z) beside it."""
    left, right, slope = names.cotangent(pull.target), pull.expression, None
    op, g = value.primitive, names.cotangent(value)
    activation = op.broadcasts and LETTERS.get(op.name) == "a"
    if activation and isinstance(right, Product) and (g, 1) in right.factors and isinstance(g, Name):
        slope = Call("slope", (Name(op.name), names.of(pull.target)), value.ndim), e.divide(right, g)
        right = e.multiply(g, slope[0])
    shown = pull.array if numbers and pull.array.size <= SMALL else None
    return Line(visit, left, right, pull.array.shape, pull.more, slope, shown, cost)
