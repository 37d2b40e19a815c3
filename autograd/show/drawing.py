"""draw(loss): the picture of the backward pass, as the rules ran it."""

from __future__ import annotations

import html
import os
import re
import tempfile
import webbrowser
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np

from autograd.backprop import seed, sweep
from autograd.graph import Value
from autograd.show.page import page

LEAF, OUTPUT, BETWEEN, DATA, BACKWARD = "#cfe2f3", "#d9ead3", "#ffffff", "#eeeeee", "#b45f06"
FORMATS = ("svg", "png", "pdf", "dot")


def draw(output: Value) -> Drawing:
    """The graph behind `output`, with what the reverse sweep does on it: one box a tensor, one oval an op.

    Every op carries the number of its visit, every tensor its shape and the norm |g| of its cotangent, or g itself for
    a number.  Parameters are blue, the output is green, data is grey; grey arrows run forward, orange ones carry the
    cotangents back.  The sweep is run for the picture, and no .grad is touched.  Where there is nothing to sweep, for
    lack of a single number or of anything that requires a gradient, the forward graph stands alone.

    Returns a Drawing: `.source` (DOT), `.save("backward.svg")`, `.show()`, and a notebook repr.
    Raises TypeError if output is not a Tensor.

    >>> from autograd import Tensor
    >>> a = Tensor(3.0, requires_grad=True, name="a")
    >>> draw(a + a).source.count("t0 -> op1")  # two arrows, because a is used twice
    2
    """
    if not isinstance(output, Value):
        raise TypeError(f"draw expected a Tensor, got {type(output).__name__}")
    return Drawing(_source(output), output)


class Drawing:
    """A picture in Graphviz's language, which renders itself where a Graphviz can be found."""

    def __init__(self, source: str, output: Value | None = None) -> None:
        self.source, self.output = source, output

    def render(self, format: str = "svg") -> bytes:
        """The picture as svg, png or pdf, by the system's `dot`, else by pygraphviz; RuntimeError without either."""
        import graphviz

        try:
            picture = bytes(graphviz.Source(self.source).pipe(format, quiet=True))
            if picture:
                return picture
        except (graphviz.ExecutableNotFound, graphviz.CalledProcessError, OSError):
            pass  # no `dot` on this system, or none that works
        try:
            import pygraphviz
        except ImportError:
            raise RuntimeError(
                "drawing needs Graphviz: `pip install 'glassgrad[draw]'` brings it along, or install the system's "
                "graphviz package; the picture's source is in .source all the same"
            ) from None
        return bytes(pygraphviz.AGraph(string=self.source).draw(format=format, prog="dot"))

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Writes the picture in the format that the ending says: svg, png, pdf, html step by step, dot the source."""
        path = Path(path)
        format = path.suffix.lower().lstrip(".")
        if format == "html" and self.output is not None:
            path.write_text(page(self.output), encoding="utf-8")
            return path
        if format not in FORMATS:
            raise ValueError(f"expected a path that ends in {', '.join(f'.{f}' for f in FORMATS)}; got {path.name!r}")
        path.write_bytes(self.source.encode() if format == "dot" else self.render(format))
        return path

    def show(self) -> None:
        """Opens the picture with whatever this computer shows an svg with."""
        webbrowser.open(self.save(Path(tempfile.mkdtemp(prefix="glassgrad-")) / "backward.svg").as_uri())

    def __repr__(self) -> str:
        return f"<drawing with {self.source.count('shape=')} nodes: .save('backward.svg') it, or .show() it>"

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        try:
            return {"image/svg+xml": self.render().decode()}
        except Exception as reason:  # a notebook shows the reason and the source; a repr never raises
            return {"text/plain": f"{reason}\n\n{self.source}"}


def _source(output: Value) -> str:
    import graphviz

    dot = graphviz.Digraph(
        "backward",
        graph_attr={"rankdir": "LR", "nodesep": "0.25", "ranksep": "0.35", "bgcolor": "white"},
        node_attr={
            "fontname": "Helvetica",
            "fontsize": "11",
            "color": "#555555",
            "margin": "0.12,0.06",
            "style": "filled",
        },
        edge_attr={"color": "#777777", "arrowsize": "0.6", "penwidth": "0.9"},
    )
    values = _ancestors(output)
    place = {id(value): f"t{i}" for i, value in enumerate(values)}
    cotangents, visits = _swept(output)
    number = count()
    for value in values:
        name = place[id(value)]
        colour = OUTPUT if value is output else BETWEEN if value.primitive else LEAF if value.requires_grad else DATA
        dot.node(name, _label(value, cotangents.get(id(value))), shape="box", fillcolor=colour)
        if not value.primitive:
            continue
        op, visit = name.replace("t", "op"), visits.get(id(value))
        order = f'<br/><font color="{BACKWARD}">visit {visit}</font>' if visit else ""
        dot.node(op, f"<<b>{html.escape(value.primitive.name)}</b>{order}>", shape="ellipse", fillcolor="white")
        dot.edge(op, name, weight="3")
        for x in value.inputs:
            if x is None:
                continue
            source = place.get(id(x)) if isinstance(x, Value | np.ndarray) else None  # equal numbers are not one thing
            if source is None:
                source = place[id(x)] = f"data{next(number)}"
                dot.node(source, _data_label(x), shape="box", fillcolor=DATA, color="#bbbbbb")
            dot.edge(source, op)
            if visit and isinstance(x, Value) and x.requires_grad:
                dot.edge(op, source, color=BACKWARD, style="dashed", constraint="false")
    return str(dot.source)


def _ancestors(output: Value) -> list[Value]:
    """Everything that output was made from and output itself, in order of birth."""
    seen, waiting = {id(output): output}, [output]
    while waiting:
        for x in waiting.pop().inputs:
            if isinstance(x, Value) and id(x) not in seen:
                seen[id(x)] = x
                waiting.append(x)
    return sorted(seen.values(), key=lambda value: value.order)


def _swept(output: Value) -> tuple[dict[int, Any], dict[int, int]]:
    """What the reverse sweep brings to each value, and the number of each op's visit."""
    cotangents: dict[int, Any] = {}
    visits: dict[int, int] = {}
    if output.requires_grad and output.array.size == 1:
        for value, g in sweep(output, seed(output, None), everything=True):
            cotangents[id(value)] = g
            if value.primitive:
                visits[id(value)] = len(visits) + 1
    return cotangents, visits


def _label(value: Value, g: Any) -> str:
    lines = [_text(value.name)] if value.name else []
    lines.append(_shape(value.array))
    if g is not None:
        norm = f"g = {g.item():.3g}" if g.size == 1 else f"|g| = {np.linalg.norm(np.ravel(g)):.3g}"
        lines.append(f'<font color="{BACKWARD}">{norm}</font>')
    return f"<{'<br/>'.join(lines)}>"


def _data_label(x: Any) -> str:
    return f"<{_shape(x)}>" if isinstance(x, np.ndarray) else f"<{x:.4g}>"


def _shape(array: np.ndarray) -> str:
    return str(array.shape) if array.ndim else f"{array.item():.4g}"


def _text(name: str) -> str:
    """A name as inert bold text: no markup, no control characters, not endless, and no \\N that Graphviz replaces."""
    shown = "".join(c if c.isprintable() else " " for c in str(name))
    parts = re.split(r"(?<=\\)(?=.)", html.escape(shown if len(shown) <= 40 else shown[:39] + "…"))
    return "".join(f"<b>{part}</b>" for part in parts).replace("\\", "&#92;")
