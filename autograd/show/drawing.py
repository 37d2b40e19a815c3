"""draw(loss): the picture of the backward pass, as the rules ran it."""

from __future__ import annotations

import html
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np

from autograd.backprop import seed, sweep
from autograd.graph import Value

LEAF, OUTPUT, DATA, INK = "#cfe2f3", "#d9ead3", "#f3f3f3", "#b45f06"


def draw(output: Value) -> Drawing:
    """The graph behind `output`, with what the reverse sweep did on it: one box a tensor, one oval an op.

    Every op carries the number of its visit, every tensor its shape and the norm of its cotangent |g|.  Leaves are
    blue, the output is green; grey arrows run forward, orange ones carry the cotangents back.  The sweep is run for
    the picture, and no .grad is touched; where there is nothing to sweep, for lack of a single number or of anything
    that requires a gradient, the forward graph stands alone.

    Returns a Drawing: `.source` (DOT), `.save("backward.svg")`, `.show()`, and a notebook repr.
    Raises TypeError if output is not a Tensor.

    >>> from autograd import Tensor
    >>> a = Tensor(3.0, requires_grad=True, name="a")
    >>> draw(a + a).source.count(" -> n1 ")  # two arrows into +, because a is used twice
    2
    """
    if not isinstance(output, Value):
        raise TypeError(f"draw expected a Tensor, got {type(output).__name__}")
    return Drawing(_source(output))


class Drawing:
    """A picture in Graphviz's language, which renders it where a Graphviz can be found."""

    def __init__(self, source: str) -> None:
        self.source = source

    def render(self, format: str = "svg") -> bytes:
        """The picture as svg, png or pdf, by the system's `dot`, else by pygraphviz; RuntimeError without either."""
        if shutil.which("dot"):
            command = ["dot", f"-T{format}"]
            done = subprocess.run(command, input=self.source.encode(), capture_output=True, check=False)
            if done.returncode:
                raise RuntimeError(f"dot could not draw {format}: {done.stderr.decode(errors='replace').strip()}")
            return done.stdout
        try:
            import pygraphviz
        except ImportError:
            raise RuntimeError(
                "drawing needs Graphviz: `pip install 'glassgrad[draw]'` brings it along, or install the system's "
                "graphviz package; the picture's source is in .source all the same"
            ) from None
        graph = pygraphviz.AGraph(string=self.source)
        picture: bytes = graph.draw(format=format, prog="dot")
        return picture

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Writes the picture in the format that the ending says: svg, png, pdf, or dot for the source."""
        path = Path(path)
        format = path.suffix.lower().lstrip(".")
        if format not in ("svg", "png", "pdf", "dot"):
            raise ValueError(f"expected a path that ends in .svg, .png, .pdf or .dot; got {path.name!r}")
        path.write_bytes(self.source.encode() if format == "dot" else self.render(format))
        return path

    def show(self) -> None:
        """Opens the picture with whatever this computer shows an svg with."""
        import tempfile
        import webbrowser

        folder = Path(tempfile.mkdtemp(prefix="glassgrad-"))
        webbrowser.open(self.save(folder / "backward.svg").as_uri())

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        try:
            return {"image/svg+xml": self.render().decode()}
        except Exception as reason:  # a notebook shows the reason and the source; a repr never raises
            return {"text/plain": f"{reason}\n\n{self.source}"}


def _source(output: Value) -> str:
    values = _ancestors(output)
    number = {id(value): i for i, value in enumerate(values)}
    cotangents, visits = _swept(output)
    lines = [
        "digraph backward {",
        '  graph [rankdir=LR, nodesep=0.25, ranksep=0.35, bgcolor="white", fontname="Helvetica"]',
        '  node [fontname="Helvetica", fontsize=11, color="#444444", penwidth=0.8, margin="0.12,0.06"]',
        '  edge [color="#666666", arrowsize=0.6, penwidth=0.8]',
    ]
    for value in values:
        i = number[id(value)]
        g = cotangents.get(id(value))
        lines.append(f"  t{i} [shape=box, style=filled, fillcolor={_quoted(_colour(value, output))}, "
                     f"label={_tensor_label(value, g)}]")  # fmt: skip
        if value.primitive is None:
            continue
        visit = visits.get(id(value))
        lines.append(f"  n{i} [shape=ellipse, style=filled, fillcolor=white, label={_op_label(value, visit)}]")
        lines.append(f"  n{i} -> t{i} [weight=3]")
        for x in value.inputs:
            if isinstance(x, Value):
                lines.append(f"  t{number[id(x)]} -> n{i} ")
                if visit is not None and x.requires_grad:
                    lines.append(f"  n{i} -> t{number[id(x)]} [color={_quoted(INK)}, constraint=false, style=dashed]")
    return "\n".join([*lines, "}"]) + "\n"


def _ancestors(output: Value) -> list[Value]:
    """Everything that output was made from and output itself, in order of birth."""
    seen, waiting = {id(output): output}, [output]
    while waiting:
        for x in waiting.pop().inputs:
            if isinstance(x, Value) and id(x) not in seen:
                seen[id(x)] = x
                waiting.append(x)
    return sorted(seen.values(), key=lambda value: value.order)


def _swept(output: Value) -> tuple[dict[int, np.ndarray], dict[int, int]]:
    """What the reverse sweep brings to each value, and the number of each op's visit."""
    cotangents: dict[int, np.ndarray] = {}
    visits: dict[int, int] = {}
    if output.requires_grad and output.array.size == 1:
        for value, g in sweep(output, seed(output, None), everything=True):
            cotangents[id(value)] = g
            if value.primitive is not None:
                visits[id(value)] = len(visits) + 1
    return cotangents, visits


def _colour(value: Value, output: Value) -> str:
    if value is output:
        return OUTPUT
    return LEAF if value.primitive is None and value.requires_grad else DATA


def _tensor_label(value: Value, g: np.ndarray | None) -> str:
    lines = [f"<b>{html.escape(value.name)}</b>"] if value.name else []
    shape = " × ".join(map(str, value.array.shape))
    lines.append(shape or f"{value.array.item():.4g}")
    if g is not None:
        lines.append(f'<font color="{INK}">|g| = {np.linalg.norm(np.ravel(g)):.3g}</font>')
    return f"<{'<br/>'.join(lines)}>"


def _op_label(value: Value, visit: int | None) -> str:
    order = f'<br/><font color="{INK}">visit {visit}</font>' if visit is not None else ""
    return f"<<b>{html.escape(value.primitive.name)}</b>{order}>"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
