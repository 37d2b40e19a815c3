"""A picture of a graph and of the sweep over it, written in DOT, the language of Graphviz."""

from __future__ import annotations

from fractions import Fraction
from itertools import count
from typing import Any

import numpy as np

from autograd.program.calls import place
from autograd.show import colours, labels
from autograd.show.flow import Flow
from autograd.show.folding import Fold
from autograd.show.formulas import Line
from autograd.show.labels import bold, font, inert, row, table
from autograd.show.layout import Arrow, Layout, Node
from autograd.show.notation import Text
from autograd.show.owners import Path
from autograd.show.visits import Visits, called, cotangent

FONT = "Helvetica,Arial,DejaVu Sans,sans-serif"


class Writing:
    """Names and equations as text, and what the signs in them mean.

    visits   the equations of what is shown
    """

    def __init__(self, visits: Visits) -> None:
        self.visits, self.names = visits, visits.names
        self.used: set[Any] = set()

    def name(self, value: Any) -> str:
        """What a Value or array is called, if anything."""
        if isinstance(value, np.ndarray):
            found = self.names.arrays.get(place(value))
            return Text().title(found) if found else ""
        known = called(self.names, value)
        return "" if isinstance(known, Fraction | float) else Text().title(known)  # a constant is its value

    def cotangent(self, value: Any) -> str:
        return Text()(cotangent(self.names, value))

    def equations(self, line: Line | None) -> list[str]:
        if line is None:
            return []
        text = Text(self.names)
        found = [text.equation(*pair) for pair in line.equations()]
        self.used |= text.used
        return found

    def legend(self) -> list[str]:
        """What the names and signs in the formulas mean."""
        written = Text(self.names)
        written.used = self.used
        return written.legend()


def source(layout: Layout, found: dict[str, Flow], writing: Writing, arrows: str, direction: str, notes: str) -> str:
    """The picture in DOT: `found` has what the sweep brings to each node, `notes` what to say below it."""
    lines = [
        "digraph backward {",
        f"graph [rankdir={direction} pad=0.15 nodesep=0.3 ranksep=0.35 bgcolor=white labelloc=b {_font(11)}]",
        f'node [style=filled color="#555555" penwidth=0.8 margin="0.06,0.03" fontcolor="{colours.INK}" {_font(11)}]',
        f'edge [arrowsize=0.7 penwidth=1.2 fontcolor="{colours.FAINT}" {_font(9)}]',
    ]
    nodes = _nodes(layout, found, writing)
    below = labels.legend(writing.legend(), notes, arrows != "forward" and bool(found))
    lines += [f"label={below}"] if below else []
    lines += nodes
    lines += [_arrow(arrow, layout, found, writing, arrows) for arrow in layout.arrows]
    return "\n".join([*lines, "}", ""])


def _font(size: int) -> str:
    return f'fontname="{FONT}" fontsize={size}'


def _nodes(layout: Layout, found: dict[str, Flow], writing: Writing) -> list[str]:
    """All nodes, in the boxes that they are in."""
    root: dict[Any, Any] = {}
    for node in layout.nodes.values():
        inner = root
        for part in _boxes(node, layout):
            inner = inner.setdefault(part, {})
        inner[node.key] = node
    lines, waiting, number = [], [iter(root.items())], count()
    while waiting:
        for part, inner in waiting[-1]:
            if isinstance(inner, Node):
                lines.append(_node(inner, layout, found, writing))
                continue
            lines.append(f"subgraph cluster{next(number)} {{ {_box(part, layout)}")
            waiting.append(iter(inner.items()))
            break
        else:
            waiting.pop()
            lines += ["}"] if waiting else []
    return lines


def _boxes(node: Node, layout: Layout) -> list[Any]:
    """The boxes around a node, from the outermost: the paths of modules, then a Fold."""
    if node.box is None:
        return []
    path = tuple(part for part in node.box if not isinstance(part, Fold))
    bare = node.fold is not None and layout.around[node.fold] is None
    modules = [] if bare else [path[:n] for n in range(len(path) + 1)]
    return [*modules, *([node.fold] if node.fold else [])]


def _box(part: Any, layout: Layout) -> str:
    """How the box of a module, or of blocks that repeat, looks and what it says."""
    if isinstance(part, Fold):
        style, label = f'style="rounded,dashed" color="{colours.FAINT}"', inert(layout.said(part), 80)
        label = f"<b>× {part.times:,}</b> {label}"
    else:
        style = f'style="rounded,filled" fillcolor="{colours.BOXES[len(part) % 2]}" color="#c8c0ae"'
        label = module(part, layout)
    return f'{style} labelloc=t labeljust=l fontcolor="{colours.FAINT}" label=<{label}>'


def module(path: Path, layout: Layout) -> str:
    """A module by its name and class."""
    kind = layout.owners.kinds.get(path, "") if layout.owners else ""
    return f"{bold(path[-1])} {inert(kind)}" if path else bold(kind)


def _node(node: Node, layout: Layout, found: dict[str, Flow], writing: Writing) -> str:
    flow, style = found.get(node.key), ""
    if node.kind == "tensor":
        rows, colour = _tensor(node, layout, flow, writing), colours.BETWEEN
        if node.thing is layout.output:
            colour = colours.OUTPUT
        elif not node.thing.primitive:
            colour = colours.LEAF if node.thing.requires_grad else colours.DATA
    elif node.kind == "op":
        rows, colour, style = _op(node, writing), colours.BETWEEN, ' style="rounded,filled" color="#b0b0b0"'
    elif node.kind == "data":
        given = isinstance(node.thing, np.ndarray)
        name = writing.name(node.thing) if given else ""
        rows = labels.array(name, name, np.asarray(node.thing), given and bool(node.fold))
        colour, style = colours.DATA, ' color="#bbbbbb" width=0.3 height=0.3'
    else:
        rows, colour, style = _many(node, layout, flow), colours.CLOSED, " peripheries=2"
    return f'{node.key} [shape=box fillcolor="{colour}"{style} label={table(rows)}]'


def _tensor(node: Node, layout: Layout, flow: Flow | None, writing: Writing) -> list[str]:
    name = writing.name(node.thing)
    last = writing.name(layout.last[id(node.thing)]) if id(node.thing) in layout.last else name
    rows = labels.array(name, name if last == name else f"{name} to {last}", node.thing.array, bool(node.fold))
    said = writing.cotangent(node.thing)
    if node.fold:
        final = writing.cotangent(layout.last.get(id(node.thing), node.thing))
        said = f"|{said}| to |{final}|:" if final != said else f"|{said}|"
    return rows + ([labels.cotangent(said, flow)] if flow else [])


def _op(node: Node, writing: Writing) -> list[str]:
    value = node.thing
    rows = [labels.op_name(value.primitive.name, node.visits)]
    rows += labels.formulas(writing.equations(writing.visits.definition(value)), colours.INK)
    backward = [text for line in writing.visits.lines(value) for text in writing.equations(line)]
    return rows + labels.formulas(backward, colours.BACKWARD)


def _many(node: Node, layout: Layout, flow: Flow | None) -> list[str]:
    """A closed module, or the rest of the graph."""
    title = module(node.thing, layout) if node.kind == "module" else "<b>not drawn</b>"
    rows = [row(title), row(f"{many(node.ops, 'op')}, {many(node.tensors, 'tensor')}")]
    if node.visits:
        rows.append(row(font(labels.order(node.visits), colours.BACKWARD, 9)))
    name = "|gradient|" if node.kind == "module" else "norms of cotangents"
    return rows + ([labels.cotangent(name, flow)] if flow and flow.known else [])


def many(n: int, what: str) -> str:
    return f"{n:,} {what}{'s' * (n != 1)}"


def _arrow(arrow: Arrow, layout: Layout, found: dict[str, Flow], writing: Writing, arrows: str) -> str:
    """Grey forward, and orange beside it for the cotangent that comes back."""
    source, target = layout.nodes[arrow.source], layout.nodes[arrow.target]
    came = target.visits if target.kind == "op" else target.key in found
    forward, back = arrows != "backward", arrow.back and bool(came) and arrows != "forward"
    if forward and back:
        look = f'dir=both color="{colours.FORWARD}:{colours.BACKWARD}"'
    elif forward or back:
        look = f'color="{colours.FORWARD}"' if forward else f'dir=back color="{colours.BACKWARD}"'
    else:  # nothing flows here, but without a line it would stand there for no reason
        look = f'dir=none style=dotted color="{colours.FORWARD}"'
    made = source.kind == "tensor" and source.thing.primitive  # what ops make is kept in line, leaves stand beside it
    weight = " weight=8" if made or source.kind == "op" else ""
    again = " constraint=false style=dashed" if arrow.next else ""
    name = f" label=<&nbsp;&nbsp;{inert(writing.name(arrow.value))}>" if arrow.value is not None else ""
    return f"{arrow.source} -> {arrow.target} [{look}{weight}{again}{name}]"
