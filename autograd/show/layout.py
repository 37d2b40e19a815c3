"""What stands in a picture of a graph: nodes, the boxes they are in, and the arrows between them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from autograd.graph import Value
from autograd.show.folding import Fold, repeated
from autograd.show.names import ancestors
from autograd.show.owners import Owners, Path, common, homes

Box = tuple[Any, ...]  # a module's path, with a Fold at its end for what is in one
REST = "rest"


@dataclass
class Node:
    """What is drawn: thing is the Value, for an op what it made, the array or number, or a closed module's path."""

    key: str
    kind: str  # "tensor", "op", "data", "module", or "rest", which is all that there was no room for
    thing: Any
    box: Box | None  # None is outside of everything
    fold: Fold | None = None  # the repetitions that it stands for
    tensors: int = 0  # how many are in a module or the rest
    ops: int = 0
    visits: list[int] = field(default_factory=list)  # the first and the last


@dataclass
class Arrow:
    """From a tensor to an op that takes it, or from an op to what it made."""

    source: str
    target: str
    back: bool  # can a cotangent come back along it?
    next: bool = False  # does it lead from one repetition of a block to the next?
    value: Value | None = None  # what goes along it, where that is not drawn


class Layout:
    """The graph behind a result, with modules closed, repeated blocks folded, and no more nodes than wanted.

    output      the result
    owners      the modules, or None
    depth       how many levels of modules are opened; None for all
    fold        how often a block has to repeat in a row to be folded; 0 or 1 for never
    max_nodes   where there are more, only what is nearest to the end and to the beginning is kept

    .nodes by key, .arrows, .values and .ops of the whole graph in order of birth.
    """

    def __init__(self, output: Value, owners: Owners | None, depth: int | None, fold: int, max_nodes: int) -> None:
        self.output, self.owners, self.depth = output, owners, depth
        self.values = ancestors(output)
        self.ops = [v for v in self.values if v.primitive]
        self.number = {id(v): i for i, v in enumerate(self.values)}
        self.homes = homes(self.values, owners) if owners else {}
        self.nodes: dict[str, Node] = {}
        self.first: dict[int, Value] = {}  # of what is in a block that repeats, the same in the first of them
        self.like: dict[int, list[Value]] = {}  # of an op in it, those that it stands for
        self.inside: dict[int, Fold] = {}
        self.around: dict[Fold, Path | None] = {}  # the module that a fold is in
        self.last: dict[int, Value] = {}  # of what is in the first of these blocks, the same in the last
        self.tensor_at: dict[int, str] = {}  # the node of each value, and of the op that made it, but for the rest
        self.op_at: dict[int, str] = {}
        self.data: dict[Any, str] = {}
        self.closed: dict[Path, str] = {}
        self.paths: list[Path] = []
        self._fold(fold)
        self._choose(max_nodes)
        self._place()
        self._count()
        self.arrows = list(self._arrows())

    def tensor(self, v: Value) -> str:
        """The key of the node that stands for a value."""
        return self.tensor_at.get(id(v), REST)

    def op(self, v: Value) -> str:
        """The key of the node that stands for the op that made a value."""
        return self.op_at.get(id(v), REST)

    def said(self, f: Fold) -> str:
        """What repeats: the modules from the first to the last, if there are any, else how many ops."""
        ends = [self.ops[f.start : f.start + f.period], self.ops[f.stop - f.period : f.stop]]
        found = [[self.homes.get(id(v)) or () for v in block] for block in ends]
        inner = [[path for path in paths if len(path) > len(self.around[f] or ())] for paths in found]
        first, last = (".".join(common(paths)) if paths else "" for paths in inner)
        ops = f"blocks of {f.period} ops" if f.period > 1 else self.ops[f.start].primitive.name
        return f"{first} to {last}" if first and last and first != last else f"{ops}: the first is shown"

    def _key(self, v: Value, kind: str) -> str:
        v = self.first.get(id(v), v)
        return self._module(self._home(v)) or f"{kind}{self.number[id(v)]}"

    def _module(self, home: Path | None) -> str | None:
        """The closed module that something of this module is in."""
        if home is None or self.depth is None or len(home) < self.depth:
            return None
        path = home[: self.depth]
        if path not in self.closed:
            self.closed[path] = f"m{len(self.closed)}"
            self.paths.append(path)
        return self.closed[path]

    def _home(self, v: Value) -> Path | None:
        return self.homes.get(id(v)) if v.primitive else self.owners.of(v) if self.owners else None

    def _fold(self, least: int) -> None:
        """Lets the first of the blocks that repeat stand for all; a leaf that only one of them takes belongs to it."""
        spans: dict[int, tuple[int, int]] = {}  # of each leaf, the first and the last op that takes it
        for i, v in enumerate(self.ops):
            for x in v.inputs:
                if isinstance(x, Value) and not x.primitive:
                    spans[id(x)] = spans.get(id(x), (i, i))[0], i
        for f in repeated(self.ops, least):
            if f.stop == len(self.ops):  # the result itself is drawn
                f = Fold(f.start, f.period, f.times - 1)
            for i in range(f.start, f.stop):
                v, first = self.ops[i], self.ops[f.start + (i - f.start) % f.period]
                self.first[id(v)], self.inside[id(v)], self.last[id(first)] = first, f, v
                self.like.setdefault(id(first), []).append(v)
                begin = f.start + (i - f.start) // f.period * f.period
                for x, y in zip(v.inputs, first.inputs, strict=True):
                    if id(x) in spans and id(y) in spans and isinstance(x, Value) and isinstance(y, Value):
                        within = begin <= spans[id(x)][0] and spans[id(x)][1] < begin + f.period
                        if (
                            x is not y
                            and within
                            and f.start <= spans[id(y)][0]
                            and spans[id(y)][1] < f.start + f.period
                        ):
                            self.first[id(x)], self.inside[id(x)], self.inside[id(y)] = y, f, f
                            self.last[id(y)] = x
            paths = [self.homes.get(id(v)) for v in self.ops[f.start : f.stop]]
            known = [path for path in paths if path is not None]
            self.around[f] = common(known) if known and len(known) == len(paths) else None

    def _choose(self, limit: int) -> None:
        """Takes nodes from both ends of the graph until there are so many."""
        kept = [v for v in self.ops if self.first.get(id(v), v) is v]
        self._add(Node(self._key(self.output, "t"), "tensor", self.output, self._box(self.output)))
        last: set[str] = set()  # what was taken last
        for i in range(len(kept)):
            new = list(self._nodes(kept[-1 - i // 2] if i % 2 == 0 else kept[i // 2]))
            if len(self.nodes) + sum(key not in self.nodes for key in {node.key for node in new}) > limit:
                if len(self.nodes) == limit:  # an op without what it made would seem to follow the rest
                    for key in last:
                        del self.nodes[key]
                room = limit - 1 - len(self.nodes)
                new = list(self._nodes(kept[-1 - (i + 1) // 2]))  # the next from the end, or the rest would follow it
                for node in new[:room] if room > 2 else ():  # of an op with many inputs, a few
                    self._add(node)
                self._add(Node(REST, REST, None, None))
                return
            last = {node.key for node in new} - set(self.nodes)
            for node in new:
                self._add(node)

    def _add(self, node: Node) -> None:
        if node.key.startswith("m"):
            path = self.paths[int(node.key[1:])]
            box: Box | None = node.box if node.fold else path[:-1] if path else None
            node = Node(node.key, "module", path, box, node.fold)
        self.nodes.setdefault(node.key, node)

    def _nodes(self, v: Value) -> Iterator[Node]:
        """An op, what it made, and the leaves and data that it takes."""
        fold = self.inside.get(id(v))
        yield Node(self._key(v, "op"), "op", v, self._box(v), fold)
        yield Node(self._key(v, "t"), "tensor", v, self._box(v), fold)
        for k, x in enumerate(v.inputs):
            if isinstance(x, Value) and not x.primitive:
                x = self.first.get(id(x), x)
                yield Node(self._key(x, "t"), "tensor", x, self._box(x), self.inside.get(id(x)))
            elif x is not None and not isinstance(x, Value):
                key = self._data(v, k)
                outside = isinstance(x, np.ndarray) and not fold
                yield Node(key, "data", x, None if outside else self._box(v), fold)
        for w in self.like.get(id(v), ()):  # what several of the blocks that repeat take, and no other
            for x in w.inputs:
                if isinstance(x, Value) and not x.primitive and id(x) not in self.inside:
                    yield Node(self._key(x, "t"), "tensor", x, self._box(x))

    def _box(self, v: Value) -> Box | None:
        fold = self.inside.get(id(v))
        return (*(self.around[fold] or ()), fold) if fold else self._home(v)

    def _data(self, v: Value, k: int) -> str:
        """The key of an array, or of a number: equal numbers are not one thing."""
        x = v.inputs[k]
        if isinstance(x, np.ndarray):
            return self.data.setdefault(id(x), f"d{len(self.data)}")
        return self._module(self._home(v)) or self.data.setdefault((id(v), k), f"d{len(self.data)}")

    def _place(self) -> None:
        """Finds the node of everything that is drawn."""
        for node in self.nodes.values():
            if node.kind in ("tensor", "op"):
                (self.tensor_at if node.kind == "tensor" else self.op_at)[id(node.thing)] = node.key
        for v in self.values if self.depth is not None else ():
            key = self._module(self._home(v))
            if key in self.nodes:
                self.tensor_at[id(v)] = self.op_at[id(v)] = key
        for same, first in self.first.items():
            for at in (self.tensor_at, self.op_at):
                if id(first) in at:
                    at[same] = at[id(first)]

    def _count(self) -> None:
        """How much there is in modules and in the rest; repeated blocks count once where the first is drawn."""
        for v in self.values:
            once = id(v) not in self.inside or self.first.get(id(v), v) is v
            node = self.nodes[self.tensor(v)]
            node.tensors += once or node.kind == REST
            if v.primitive:
                node = self.nodes[self.op(v)]
                node.ops += once or node.kind == REST

    def _arrows(self) -> Iterator[Arrow]:
        """One for every use; but one for all the uses that a node stands for."""
        seen: set[tuple[str, str]] = set()
        for v in self.ops:
            op, made, first = self.op(v), self.tensor(v), self.first.get(id(v), v)
            if op != made and (op, made) not in seen:
                seen.add((op, made))
                yield Arrow(op, made, v.requires_grad)
            for k, x in enumerate(v.inputs):
                y = first.inputs[k]
                if isinstance(x, Value):
                    source = self.tensor(x)
                elif x is None or isinstance(y, Value) or op == REST:
                    continue
                else:
                    source = self._data(first, k)
                    source = source if source in self.nodes else REST
                single = first is v and self.nodes[op].kind == "op" and self.nodes[source].kind in ("tensor", "data")
                single = single and (not isinstance(x, Value) or self.first.get(id(x), x) is x)
                if source == op or ((source, op) in seen and not single):
                    continue
                seen.add((source, op))
                back = isinstance(x, Value) and x.requires_grad and v.primitive.vjps[k] is not None
                fold = self.inside.get(id(v))
                looped = first is not v and isinstance(x, Value) and self.inside.get(id(x)) is fold
                unseen = isinstance(x, Value) and self.nodes[source].kind in ("module", REST)
                yield Arrow(source, op, back, looped, x if unseen and self.nodes[op].kind == "op" else None)
