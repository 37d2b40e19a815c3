"""Plots, by matplotlib (the `plot` extra)."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

from nn.serialization import write
from nn.training import History


def curves(history: History) -> Any:
    """Loss and accuracy over the epochs, with those of the validation data where there are any: a matplotlib Figure.

    Raises ImportError, with what to install, where matplotlib is missing, and ValueError for an empty history.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ImportError(f"plots need matplotlib: pip install 'glassgrad[plot]' ({error})") from error
    if not history:
        raise ValueError("the history is empty: there is nothing to plot")
    history = History(history)
    names = [name for name in ("loss", "accuracy") if name in history[0]]
    figure = Figure(figsize=(4.6 * len(names), 3.4), layout="constrained")
    for axes, name in zip(figure.subplots(1, len(names), squeeze=False)[0], names, strict=True):
        for key, label, style in ((name, "training", "-"), (f"val_{name}", "validation", "--")):
            if key in history[0]:
                axes.plot(history.column("epoch"), history.column(key), style, label=label, linewidth=1.6)
        axes.set(xlabel="epoch", title=name)
        if name == "loss":
            axes.set_yscale("log")
        axes.grid(alpha=0.3, linewidth=0.6)
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False)
    return figure


def save(figure: Any, path: str | os.PathLike[str]) -> Path:
    """Writes a figure as svg, the same bytes for the same figure: no date, fixed ids."""
    import matplotlib

    if Path(path).suffix.lower() != ".svg":
        raise ValueError(f"expected a path that ends in .svg, got {Path(path).name!r}")

    content = io.BytesIO()
    with matplotlib.rc_context({"svg.hashsalt": "glassgrad"}):
        figure.savefig(content, format="svg", metadata={"Date": None})
    return write(path, content.getvalue())
