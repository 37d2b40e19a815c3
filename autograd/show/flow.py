"""What the reverse sweep brings to each node of a picture: cotangents, their norms, and the order of the visits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd.backprop import seed, sweep
from autograd.graph import Value
from autograd.show.layout import Layout
from autograd.show.names import Names
from autograd.show.visits import readable


@dataclass
class Flow:
    """The cotangents that come to one node."""

    array: Any = None  # of a single tensor
    low: float = np.inf  # the least and the greatest norm of many
    high: float = 0.0
    bad: bool = False  # is there NaN or an infinity?
    total: float | None = None  # of a module, the norm of the cotangents of its parameters

    def take(self, size: float, summed: bool) -> None:
        """Adds one more cotangent of this norm."""
        if summed:
            self.total = float(np.hypot(self.total or 0.0, size))
        elif np.isfinite(size):
            self.low, self.high = min(self.low, size), max(self.high, size)
        else:
            self.bad = True

    @property
    def known(self) -> bool:
        """Is there anything to say about it?"""
        return self.array is not None or self.total is not None or self.bad or self.low < np.inf


def flows(layout: Layout, names: Names) -> tuple[dict[str, Flow], list[tuple[Value, Any]], str]:
    """Runs the sweep for a picture, and touches no .grad.

    Returns what comes to each node that a cotangent comes to, the visits, with cotangents of those ops whose rules are
    to be read, and the reason if nothing comes anywhere, as in backward().
    """
    found: dict[str, Flow] = {}
    swept: list[tuple[Value, Any]] = []
    read = readable(names, layout.ops, [node.thing for node in layout.nodes.values() if node.kind == "op"])
    try:
        with np.errstate(all="ignore"):  # the picture shows what is NaN
            for value, g in sweep(layout.output, seed(layout.output, None), everything=True):
                key = layout.tensor(value)
                flow = found.setdefault(key, Flow())
                node = layout.nodes[key]
                if node.kind == "tensor" and not node.fold:
                    flow.array = np.asarray(g)
                elif node.kind != "module" or not value.primitive:
                    flow.take(norm(np.asarray(g)), summed=node.kind == "module" and not node.fold)
                if value.primitive:
                    swept.append((value, g if id(value) in read else None))
                    op = layout.nodes[layout.op(value)]
                    op.visits = [op.visits[0] if op.visits else len(swept), len(swept)]
    except Exception as reason:  # backward() would fail: there is a graph, but no gradient
        for node in layout.nodes.values():
            node.visits = []
        return {}, [], str(reason)
    return found, swept, ""


def norm(x: np.ndarray) -> float:
    """|x|, without the overflow that squares may bring."""
    if x.size == 1:
        return abs(float(x.item()))
    largest = float(np.abs(x).max(initial=0.0))
    if largest == 0 or not np.isfinite(largest):
        return largest
    return largest * float(np.linalg.norm(np.ravel(x).astype(float) / largest))
