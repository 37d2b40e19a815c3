"""What a page tells of a backward pass: the graph with its places, the steps, and arrays as small pictures."""

from __future__ import annotations

import re
from collections.abc import Callable, Container
from dataclasses import replace
from typing import Any
from unicodedata import east_asian_width

import numpy as np
from numpy import ndarray

from autograd.backprop import seed, sweep
from autograd.errors import describe, printable
from autograd.graph import Value
from autograd.program.calls import place
from autograd.recording import Watch, recorded
from autograd.show.arrangement import arranged
from autograd.show.cells import CELLS, number, reduced
from autograd.show.expression import Name
from autograd.show.formulas import Line
from autograd.show.marked import Marked
from autograd.show.names import Names
from autograd.show.notation import GREEK, Text, letter_and_index
from autograd.show.visits import Visits, called, cotangent, readable

LIMIT = 400  # ops that a page shows; of more, the first and the last half of so many
INPUTS = 24  # of one op, likewise
ALL_CELLS = 60_000  # about so many cells in the pictures of all arrays together


class Swept(Watch):
    """What a sweep does, in numbers: for each visit the value, its cotangent, and what each rule gave.

    known   the ids of the values of the graph; of others there are sweeps within rules, as checkpoint's
    """

    def __init__(self, known: Container[int]) -> None:
        self.known = known
        self.visits: list[tuple[Value, ndarray, list[tuple[int, ndarray]]]] = []

    def visited(self, value: Value, g: Any) -> None:
        if id(value) in self.known:
            self.visits.append((value, np.asarray(g), []))

    def pulled(self, value: Value, k: int, g: Any) -> None:
        if id(value) in self.known:
            self.visits[-1][2].append((k, np.asarray(g)))


class Story:
    """What a page tells: the graph with its places, the steps, and arrays as small pictures."""

    def __init__(self, root: Value, line_of: Callable[[Value], str] | None) -> None:
        self.root, self.line_of, self.names = root, line_of, Names(root)
        ops = [v for v in self.names.values if v.primitive]
        half = LIMIT // 2 if len(ops) > LIMIT else len(ops)
        self.oldest, self.hidden, self.newest = ops[:half], ops[half:-half], ops[half:][-half:]
        swept = Swept(self.names.names)
        self.start: ndarray | None = None
        self.reason = ""
        try:
            start = seed(root, None)
            with recorded(swept), np.errstate(all="ignore"):  # the page shows what is NaN
                list(sweep(root, start))
            self.start = np.asarray(start)
        except Exception as reason:  # backward() would fail: there is a graph, but no gradient
            self.reason, swept.visits = str(reason), []
        self.swept = swept.visits
        self.shown = {id(v) for v in (*self.oldest, *self.newest)}
        read = readable(self.names, ops, (*self.oldest, *self.newest))
        self.visits = Visits(self.names, [(v, g if id(v) in read else None) for v, g, _ in self.swept])
        for v, _, pulls in self.swept:
            for k, gx in pulls:
                self.visits.confirm(v, k, gx)
        self.nodes: list[dict[str, Any]] = []
        self.node_of: dict[int, int] = {}  # by the identity of a value or array
        self.links: list[tuple[int, int]] = []
        self.link_of: dict[tuple[int, int], int] = {}  # by the identity of a value and the number of its input
        self.pictures: list[dict[str, Any]] = []
        self.known: dict[tuple, tuple[int, ndarray]] = {}  # by the memory of an array: its picture, and the array
        self.cells = min(CELLS, max(64, ALL_CELLS // (4 * min(LIMIT, len(ops)) + 1)))

    def told(self) -> dict[str, Any]:
        """All of it, as JSON takes it."""
        self.add_ops()
        steps = self.steps()
        boxes, pieces, ends, size = arranged(self.links, [node["w"] for node in self.nodes])
        for node, (x, y) in zip(self.nodes, boxes, strict=True):
            node.update(x=round(x, 1), y=round(y, 1))
        return {
            "root": self.node_of[id(self.root)],
            "nodes": self.nodes,
            "edges": [[*link, end] for link, end in zip(self.links, ends, strict=True)],
            "pieces": pieces,
            "steps": steps,
            "start": None if self.start is None else self.picture(self.start),
            "visits": len(self.swept),
            "parameters": sum(v.requires_grad and not v.primitive for v in self.names.values),
            "hidden": len(self.hidden),
            "unread": printable(self.visits.unread, 200),
            "reason": self.reason,
            "size": [round(x, 1) for x in size],
            "pictures": self.pictures,
        }

    # The graph.

    def add_ops(self) -> None:
        """A node for every op that is shown, after those of what it was given; one for all that is left out."""
        hidden, gap = {id(v) for v in self.hidden}, -1
        for value in self.oldest:
            self.add_op(value, {}, gap)
        if hidden:
            used = {self.node_of[id(x)] for v in self.hidden for x in v.inputs if id(x) in self.node_of}
            gap = len(self.nodes)
            text = f"… {len(hidden):,} ops that are left out"
            self.nodes.append({"kind": "gap", "name": text, "math": text, "w": 220})
            self.links += [(start, gap) for start in sorted(used)]
        for value in self.newest:
            self.add_op(value, hidden, gap)
        if id(self.root) not in self.node_of:
            self.add(self.root, called(self.names, self.root))  # a leaf

    def add_op(self, value: Value, hidden: Any, gap: int) -> None:
        arguments = list(enumerate(value.inputs))
        left = len(arguments) - INPUTS
        given = []
        for k, x in arguments if left <= 0 else arguments[: INPUTS // 2] + arguments[-INPUTS // 2 :]:
            if isinstance(x, Value) and id(x) not in self.node_of:
                self.add(x, called(self.names, x))
                if id(x) in hidden:
                    self.links.append((gap, self.node_of[id(x)]))
            elif isinstance(x, ndarray) and id(x) not in self.node_of:
                names = tuple(value.primitive.names or ())
                self.add(x, self.names.data(x, names[k] if k < len(names) else "x"))
            if id(x) in self.node_of:
                given.append((k, self.node_of[id(x)]))
            elif isinstance(x, int | float | np.generic):  # equal numbers are not one thing
                given.append((k, len(self.nodes)))
                self.addnumber(x)
        self.add(value, called(self.names, value))
        for k, start in given:
            self.link_of[id(value), k] = len(self.links)
            self.links.append((start, self.node_of[id(value)]))
        if left > 0:
            self.nodes[-1]["more"] = left

    def add(self, x: Value | ndarray, name: Any) -> None:
        """A node for a value, or for an array that is data."""
        array, op = (x.array, x.primitive) if isinstance(x, Value) else (x, None)
        wants = isinstance(x, Value) and x.requires_grad
        stem, index = letter_and_index(name.text) if isinstance(name, Name) else ("", "")
        node: dict[str, Any] = {
            "letter": [GREEK.get(stem, stem), index] if stem else None,
            "kind": "output" if x is self.root else "op" if op else "parameter" if wants else "data",
            "name": Text().title(name),
            "math": Marked()(name),
            "slope": Marked()(cotangent(self.names, x)) if isinstance(x, Value) else "",
            "shape": list(array.shape),
            "wants": wants,
            "value": self.picture(array),
        }
        if isinstance(x, Value) and op:
            node["op"] = printable(op.name, 30)
            node["visit"] = self.visits.number.get(id(x), 0)
            line = self.visits.definition(x)
            node |= self.equation(line) if line else {"plain": node["name"], "equation": [node["math"]], "signs": []}
            defaults = op.defaults or {}
            said = {k: describe(v) for k, v in x.params.items() if k != "key"}  # an index is in the formula
            params = [f"{k}={v}" for k, v in said.items() if v != describe(defaults.get(k))]
            node["params"] = printable(", ".join(params), 80)
            node["line"] = _line_shown(str(self.line_of(x) or "")) if self.line_of else []
        size = " × ".join(map(str, array.shape)) if array.ndim else "= -0.00000"
        upper = _width(printable(node["name"], 18), 9) + _width(size, 7.2) + 44
        lower = _width(node["op"], 7.2) + 130 if op else 112 if wants else 0  # with room for the norm of the gradient
        node["w"] = round(max(upper, lower))
        self.node_of[id(x)] = len(self.nodes)
        self.nodes.append(node)

    def addnumber(self, x: Any) -> None:
        text = printable(str(number(x, 6)), 12)
        self.nodes.append({"kind": "number", "name": text, "math": text, "slope": "", "shape": [], "wants": False,
                           "value": self.picture(np.asarray(x)), "w": round(_width(text, 9) + 28)})  # fmt: skip

    # The steps.

    def steps(self) -> list[dict[str, Any]]:
        """The visits that are shown: what came in, and what each rule gave to whom."""
        totals: dict[int, Any] = {}
        steps = []
        for n, (value, g, pulls) in enumerate(self.swept, start=1):
            told = []
            for k, gx in pulls:
                x = value.inputs[k]
                before = totals.get(id(x))
                totals[id(x)] = total = gx if before is None else before + gx
                if (id(value), k) in self.link_of:
                    line = self.visits.line(value, k)
                    line = line and replace(line, more=False)  # the page shows the sum as it grows
                    pull: dict[str, Any] = self.equation(line) if line else {"plain": "", "equation": []}
                    pull.update(to=self.node_of[id(x)], edge=self.link_of[id(value), k], argument=k)
                    pull.update(given=self.picture(gx), total=self.picture(total), more=before is not None)
                    if before is not None:
                        pull["before"] = self.picture(before)
                    told.append(pull)
            if id(value) in self.shown:
                node = self.node_of[id(value)]
                steps.append({"number": n, "node": node, "cotangent": self.picture(g), "pulls": told})
        if self.start is not None:
            totals.setdefault(id(self.root), self.start)
        for value in self.names.values:
            if id(value) in totals and id(value) in self.node_of:
                self.nodes[self.node_of[id(value)]]["gradient"] = self.picture(totals[id(value)])
        return steps

    def equation(self, line: Line) -> dict[str, Any]:
        """An equation, with f'(z) below it, for eyes and for ears, and what its signs mean."""
        text, marked = Text(self.names), Marked(self.names)
        pairs = [(line.left, line.right), *([line.slope] if line.slope else [])]
        equations = [marked.equation(left, right, line.more) for left, right in pairs]
        signs = marked.legend()
        return {"plain": text.equation(*pairs[0], line.more), "equation": equations, "signs": signs}

    # Arrays.

    def picture(self, array: ndarray) -> int:
        """The number of an array's picture; what lies in the same memory is reduced once."""
        where = place(array) if isinstance(array, ndarray) else (id(array),)
        if where not in self.known:
            self.known[where] = len(self.pictures), array  # held, so that nothing else comes to lie there
            self.pictures.append(reduced(np.asarray(array), self.cells))
        return self.known[where][0]


def _width(text: str, of_one: float) -> float:
    return of_one * sum(2 if east_asian_width(c) in "WF" else 1 for c in text)


def _line_shown(line: str) -> list[str]:
    """File and number, and the text of the line; the file without its folders, which are nobody else's business."""
    found = re.match(r"(.*?):(\d+)(?:: |$)", line, re.DOTALL)
    if not found:
        return []
    file = re.split(r"[/\\]", found[1])[-1]
    return [printable(f"{file}:{found[2]}", 80), printable(line[found.end() :], 200)]
