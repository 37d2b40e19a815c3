"""What every op says, forward and in its visit of the sweep: the same for the picture and for the page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

import numpy as np

from autograd.backprop import sweep
from autograd.graph import Value
from autograd.recording import recorded
from autograd.show.derive import Deriver, Pull
from autograd.show.expression import Call, Name
from autograd.show.formulas import Line, rule_line
from autograd.show.names import Names

INPUTS = 140  # of one op, up to which its rules are read: each of them reads all


class Reader(Deriver):
    """A deriver of single visits, which goes on where it cannot read a rule."""

    def __init__(self, names: Names) -> None:
        super().__init__(names)
        self.faults: list[str] = []

    def fault(self, value: Value, reason: Any) -> None:
        """Takes down why a rule could not be read."""
        said = f"{type(reason).__name__}: {reason}" if isinstance(reason, Exception) else reason
        self.faults.append(f"{value.primitive.name} ({said})")

    def visited(self, value: Value, g: Any) -> None:
        if self.names.moves(value) and len(given := self.given_to.setdefault(id(value), [])) != 1:
            given[:] = [cotangent(self.names, value)]  # a sum is not written out, but called by its name
        super().visited(value, g)

    def pulled(self, value: Value, k: int, g: Any) -> None:
        try:
            super().pulled(value, k, g)
        except Exception as reason:  # whatever it is: the others are of use without this formula
            self.fault(value, reason)
            self.steps[-1].pulls.append(Pull(k, value.inputs[k], None, np.empty(0), False))


class Visits:
    """The equations of ops, each visit read by itself: however large the graph, only what is shown costs anything.

    names   of the whole graph
    swept   the visits of a sweep: values, and their cotangents or None for what is not to be read

    >>> from autograd import Tensor
    >>> from autograd.show.notation import Text
    >>> a = Tensor(3.0, requires_grad=True, name="a")
    >>> visits = Visits(Names(y := a * a), [(y, 1.0)])
    >>> [Text().equation(line.left, line.right, line.more) for line in visits.lines(y)]
    ['dC/da = a', 'dC/da += a']
    """

    def __init__(self, names: Names, swept: Iterable[tuple[Value, Any]]) -> None:
        self.names, self.reader = names, Reader(names)
        self.number: dict[int, int] = {}  # the visit of each value
        self.pulls: dict[tuple[int, int], Pull] = {}
        given: dict[int, int] = {}  # how often something has come to a value
        with recorded(self.reader), np.errstate(all="ignore"):
            for n, (value, g) in enumerate(swept, start=1):
                self.number[id(value)] = n
                if given.get(id(value)) != 1:
                    self.reader.given_to.pop(id(value), None)  # some of it may not have been read
                if g is not None and len(value.inputs) <= INPUTS:
                    self._read(value, g)
                elif g is not None:
                    self.reader.fault(value, f"{len(value.inputs):,} inputs are too many")
                for k, x in enumerate(value.inputs):
                    if (id(value), k) in self.pulls:
                        self.pulls[id(value), k].more = id(x) in given
                    if isinstance(x, Value) and x.requires_grad and value.primitive.vjps[k]:
                        given[id(x)] = given.get(id(x), 0) + 1

    def _read(self, value: Value, g: Any) -> None:
        """Runs the rules of one op, and nothing beyond."""
        before = len(self.reader.steps)
        try:
            for _ in islice(sweep(value, self.reader.argument("g", np.asarray(g)), everything=True), 2):
                pass  # the first is what is visited, the second what would be visited next
        except Exception as reason:  # a rule may do what cannot be written down
            self.reader.fault(value, reason)
        for step in self.reader.steps[before : before + 1]:
            self.pulls |= {(id(value), pull.k): pull for pull in step.pulls}

    @property
    def unread(self) -> str:
        """Which rules could not be read, and why."""
        return "; ".join(dict.fromkeys(self.reader.faults))

    def definition(self, value: Value) -> Line | None:
        """What an op computed; of one that only moves entries, the name of the result says it."""
        if self.names.moves(value):
            return None
        try:
            made = self.reader.definition(value)
        except Exception:  # of what cannot be read: the op by its name
            inputs = tuple(self.names.of(x) for x in value.inputs if isinstance(x, Value))
            made = Call(value.primitive.name, inputs, value.ndim)
        return Line(0, self.names.of(value), made, value.shape)

    def confirm(self, value: Value, k: int, g: np.ndarray) -> None:
        """Forgets the formula of a rule that gave other numbers in the sweep than when it was read."""
        pull = self.pulls.get((id(value), k))
        if pull is None or pull.expression is None:
            return
        both = np.isfinite(pull.array) & np.isfinite(g)  # the sweep has 0 where 0 times ∞ is NaN
        if not np.array_equal(pull.array[both], g[both]):
            self.reader.fault(value, "its rule gives other numbers each time")
            pull.expression = None

    def line(self, value: Value, k: int) -> Line | None:
        """The equation of the rule for one input, if it could be read."""
        pull = self.pulls.get((id(value), k))
        if pull is None or pull.expression is None:
            return None
        line = rule_line(self.number[id(value)], value, pull, self.names, False)
        left = cotangent(self.names, pull.target)
        return Line(line.visit, left, line.right, line.shape, line.more, line.slope)

    def lines(self, value: Value) -> list[Line]:
        """The equations of all rules of an op."""
        return [line for k in range(len(value.inputs)) if (line := self.line(value, k))]


def called(names: Names, value: Value) -> Any:
    """What a box says that it holds: what an op has only reshaped is not said to be the same."""
    name = names.of(value)
    same = names.moves(value) and any(isinstance(x, Value) and name == names.of(x) for x in value.inputs)
    return Call(value.primitive.name, (name,)) if same else name


def cotangent(names: Names, value: Value) -> Any:
    """dC/d(what the box says)."""
    if not names.moves(value):
        return names.cotangent(value)
    return Name(names.of(names.root).text, value.ndim, called(names, value))


def readable(names: Names, ops: Sequence[Value], shown: Iterable[Value]) -> set[int]:
    """The ids of ops to read: those that are shown, and what gives to a transpose that is, as that only hands it on.

    ops   in order of birth
    """
    found = {id(v) for v in shown}
    for v in ops:
        if any(isinstance(x, Value) and id(x) in found and names.moves(x) for x in v.inputs):
            found.add(id(v))
    return found
