"""draw(loss): the picture of the backward pass, as the rules ran it."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
import webbrowser
from pathlib import Path
from typing import Any, Literal

import numpy as np

from autograd.arguments import explained
from autograd.errors import describe
from autograd.files import write
from autograd.graph import Value
from autograd.show.dot import Writing, source
from autograd.show.flow import flows
from autograd.show.formulas import formulas
from autograd.show.layout import Layout
from autograd.show.names import Names
from autograd.show.owners import Owners
from autograd.show.page import page
from autograd.show.visits import Visits

STARTS = {"svg": b"<?xml", "png": b"\x89PNG", "pdf": b"%PDF"}  # what the files of a renderer begin with
SECONDS = 60  # that the system's dot may take


def draw(
    output: Value,
    *,
    model: Any = None,
    depth: int | None = None,
    arrows: Literal["both", "forward", "backward"] = "both",
    direction: Literal["down", "right"] = "down",
    fold: int = 10,
    max_nodes: int = 300,
) -> Drawing:
    """The graph behind `output`, with what the reverse sweep does on it: square boxes are tensors, round ones ops.

    output      a Tensor of any shape
    model       whose modules are drawn as boxes: an nn.Module, or dicts and lists of Tensors
    depth       how many levels of modules are opened: 0 draws the model as one node, None opens all
    arrows      "both", "forward", or "backward": what is made of what in grey, where cotangents flow in orange,
                and dotted where none does
    direction   "down" or "right"
    fold        blocks of ops that repeat so often in a row are drawn once; 0 for never
    max_nodes   of a larger graph only both ends are drawn, and a node that says how much that leaves out

    Every op carries the number of its visit, what it computes, and the formulas of its rules.  Every tensor has its
    shape, its value and its cotangent: the numbers if they are few, else norm and range; the colour of the cotangent
    is its norm, violet where it vanishes, red where it explodes, grey where it is exactly 0.  Leaves that require a
    gradient are blue, the output is green, data is grey.  The sweep is run for the picture, and no .grad is touched.
    Where backward() would fail, the graph is drawn without gradients, and the reason stands below it.

    Returns a Drawing: `.source` (DOT), `.save("backward.svg")`, `.show()`, and a notebook repr.
    Raises TypeError if output is not a Tensor or model holds none, ValueError for any other argument that does not fit.

    >>> from autograd import Tensor
    >>> a = Tensor(3.0, requires_grad=True, name="a")
    >>> draw(a + a).source.count("t0 -> op1")  # two arrows, because a is used twice
    2
    """
    if not isinstance(output, Value):
        raise TypeError(f"draw: output: expected a Tensor, got {describe(output)}")
    if not isinstance(arrows, str) or arrows not in ("both", "forward", "backward"):
        raise ValueError(f'draw: expected arrows "both", "forward" or "backward", got {arrows!r}')
    if not isinstance(direction, str) or direction not in ("down", "right"):
        raise ValueError(f'draw: expected direction "down" or "right", got {direction!r}')
    depth = _whole("depth", depth, 0) if depth is not None else None
    fold, max_nodes = _whole("fold", fold, 0), _whole("max_nodes", max_nodes, 2)
    if depth is not None and model is None:
        raise ValueError("draw: depth is of the modules of a model: give model= as well")
    owners = Owners(model) if model is not None else None
    layout = Layout(output, owners, depth, fold, max_nodes)
    if owners and not any(owners.of(v) is not None for v in layout.values):
        raise ValueError(f"draw: none of the tensors of the model is among what {describe(output)} was made from")
    found, swept, reason = flows(layout, names := Names(output))
    visits = Visits(names, swept)
    notes = f"no gradients: {reason}" if reason else ""
    notes += f"without formulas of {visits.unread}" if visits.unread else ""
    return Drawing(
        source(layout, found, Writing(visits), arrows, {"down": "TB", "right": "LR"}[direction], notes), output
    )


def _whole(name: str, x: Any, least: int) -> int:
    if not isinstance(x, int | np.integer) or isinstance(x, bool) or x < least:
        raise ValueError(f"draw: expected {name} to be an integer of at least {least}, got {x!r}")
    return int(x)


def _with_blanks(picture: bytes) -> bytes:
    """An svg of which browsers show the blanks that texts begin with, as newer versions of Graphviz write it."""
    return picture.replace(b"<text text-anchor=", b'<text xml:space="preserve" text-anchor=')


class Drawing:
    """A picture in Graphviz's language, which renders itself where a Graphviz can be found.

    source   in DOT, of the graph as it was when it was drawn
    output   what it is of: the graph stays, for the page and for a notebook without Graphviz
    """

    def __init__(self, source: str, output: Value) -> None:
        self.source, self.output = source, output

    @explained
    def render(self, format: str = "svg") -> bytes:
        """The picture as svg, png or pdf, by the system's `dot`, else by pygraphviz; RuntimeError without either."""
        import graphviz

        if not isinstance(format, str) or format not in STARTS:
            raise ValueError(f'render: expected format "svg", "png" or "pdf", got {format!r}')
        run, command = graphviz.backend.execute.run_check, graphviz.backend.dot_command.command("dot", format)
        try:  # as graphviz.pipe does, which would wait for ever
            found = run(command, input=self.source.encode(), capture_output=True, quiet=True, timeout=SECONDS).stdout
            if found.startswith(STARTS[format]):
                return _with_blanks(found)
            fault = f"no {format} came out of it"
        except subprocess.TimeoutExpired:
            fault = f"it took more than {SECONDS} seconds; draw fewer nodes, by max_nodes="
        except (graphviz.ExecutableNotFound, graphviz.CalledProcessError, OSError) as error:
            fault = str(error)
        try:
            import pygraphviz
        except ImportError:
            raise RuntimeError(
                "drawing needs Graphviz: `pip install 'glassgrad[draw]'` brings it along, or install the system's "
                f"graphviz package; the picture's source is in .source all the same (the system's dot: {fault})"
            ) from None
        return _with_blanks(pygraphviz.AGraph(string=self.source).draw(format=format, prog="dot"))

    @explained
    @explained
    def save(self, path: str | os.PathLike[str]) -> Path:
        """Writes the picture in the format that the ending says: svg, png, pdf, html step by step, dot the source.

        The html is of the graph as it is then: save it before the parameters are updated.
        """
        path = Path(path)
        format = path.suffix.lower().lstrip(".")
        if format not in (*STARTS, "html", "dot"):
            raise ValueError(f"expected a path that ends in .svg, .png, .pdf, .html or .dot; got {path.name!r}")
        if format in STARTS:
            return write(path, self.render(format))
        return write(path, (self.source if format == "dot" else page(self.output)).encode())

    def show(self) -> None:
        """Opens the picture with whatever this computer shows an svg with."""
        webbrowser.open(self.save(Path(tempfile.mkdtemp(prefix="glassgrad-")) / "backward.svg").as_uri())

    def __repr__(self) -> str:
        nodes = len(re.findall(r"^\w+ \[shape=", self.source, re.MULTILINE))
        return f"<drawing with {nodes} nodes: .save('backward.svg') it, or .show() it>"

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        try:
            return {"image/svg+xml": self.render().decode()}
        except Exception as fault:  # a repr never raises: a notebook shows the reason, and the formulas
            reason = fault
        try:
            shown = str(formulas(self.output))
        except Exception as fault:
            shown = f"{self!r}\n\nno formulas: {fault}"
        return {"text/plain": f"{reason}\n\n{shown}"}
