"""What is written in the nodes of a picture, in Graphviz's HTML, in which every name is plain text."""

from __future__ import annotations

import html
import textwrap
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from autograd.errors import printable
from autograd.show.colours import ALARM, BACKWARD, FAINT, SCALE, ZERO, ink, out_of_line, shade
from autograd.show.flow import Flow, norm

SMALL = 6  # entries up to which an array is shown, not what is known of it
WIDTH = 46  # characters in a line
LINES = 6  # formulas of one op


def inert(text: Any, longest: int = 40) -> str:
    """Text that is nothing but text: printable, no markup, and no \\N that Graphviz replaces.

    >>> inert("<b>\\n")
    '&lt;b&gt;'
    """
    parts = html.escape(printable(text, longest)).split("\\")
    parts = [part if part.strip(" ]") else part.replace("]", "&#93;") for part in parts]  # Graphviz fails at a lone ]
    return "<font>&#92;</font>".join(parts)  # apart from what follows, or \N is the node's name


def bold(text: Any, longest: int = 40) -> str:
    """A name in bold; an empty one has no markup, which Graphviz would not take."""
    shown = inert(text, longest)
    return f"<b>{shown}</b>" if shown else ""


def font(text: str, colour: str, size: int = 11) -> str:
    return f'<font color="{colour}" point-size="{size}">{text}</font>'


def table(rows: Iterable[str]) -> str:
    """A label of rows."""
    return f'<<table border="0" cellborder="0" cellspacing="0" cellpadding="2">{"".join(rows)}</table>>'


def row(text: str, colour: str = "", align: str = "center") -> str:
    background = f' bgcolor="{colour}"' if colour else ""
    return f'<tr><td align="{align}"{background}>{text}</td></tr>'


def dtype(x: np.ndarray) -> str:
    """The dtype where it says something: not that of Python's numbers."""
    usual = x.dtype == np.float64 or (not x.ndim and x.dtype == np.int64)
    return "" if usual else str(x.dtype)


def array(name: str, title: str, x: np.ndarray, folded: bool) -> list[str]:
    """The rows with a name, shape and dtype, and what is in it; a folded one has no contents to speak of."""
    head = bold(title)
    finite = x.dtype.kind != "f" or bool(np.isfinite(x).all())
    if not x.ndim and not folded:
        parts = [f"{head} = {number(x.item())}" if head else number(x.item()), dtype(x)]
        return [said(" ".join(filter(None, parts)), finite)]
    rows = [row(" ".join(filter(None, [head, inert(x.shape) if x.ndim else "", dtype(x)])))]
    if folded:
        return rows
    return [*rows, said(inert(contents(name or "x", x).removeprefix(f"{name or 'x'} = "), 90), finite)]


def said(text: str, finite: bool) -> str:
    """A row, in the colour of an alarm if there is something in it that is no number."""
    return row(text) if finite else row(font(text, ink(ALARM)), colour=ALARM)


def contents(name: str, x: np.ndarray) -> str:
    """x as it is if it is small, else its norm and its range, with a word on what is no number.

    >>> contents("x", np.array([1.0, 2.5])), contents("x", np.arange(10.0))
    ('x = [1, 2.5]', '|x| = 16.9, from 0 to 9')
    """
    if not x.size:
        return f"{name} = nothing"
    if x.size <= SMALL:
        return f"{name} = {entries(x)}"
    if x.dtype.kind not in "fiub":
        return f"{x.size:,} entries"
    bad = [f"{n:,} {word}" for n, word in ((np.isnan(x).sum(), "NaN"), (np.isinf(x).sum(), "inf")) if n]
    if bad:
        return f"{name} has {' and '.join(bad)} of {x.size:,} entries"
    low, high = x.min(), x.max()
    between = f"from {number(low)} to {number(high)}" if low < high else f"all {number(low)}"
    return f"|{name}| = {number(norm(x))}, {between}" if x.dtype.kind == "f" else between


def entries(x: np.ndarray) -> str:
    if x.ndim == 0:
        return number(x.item())
    return f"[{', '.join(entries(part) for part in x)}]"


def number(x: Any) -> str:
    """A number to 3 digits; a zero has no sign.

    >>> number(-0.0), number(-1e-9), number(1234.0)
    ('0', '-1e-09', '1.23e+03')
    """
    return f"{x + 0.0:.3g}" if isinstance(x, float | np.floating) else inert(x, 12)


def cotangent(name: str, flow: Flow) -> str:
    """The row that shows what has come to a node, in the colour of its size; of many, of the size most out of line.

    name   of the cotangent; of many, what their norms are called
    """
    if flow.array is not None:
        size, text = norm(flow.array), contents(name, flow.array)
    elif flow.total is not None:
        size, text = flow.total, f"|gradient| = {flow.total:.3g}"
    else:
        size = np.nan if flow.bad else max(flow.low, flow.high, key=out_of_line)
        between = f"from {flow.low:.3g} to {flow.high:.3g}" if flow.low < flow.high else f"= {flow.high:.3g}"
        text = f"{name} {between}" + (", with NaN or inf" if flow.bad else "")
    colour = shade(size)
    return row(font(inert(text, 90), ink(colour)), colour=colour)


def wrapped(text: str) -> list[str]:
    """A formula in lines that are not too long."""
    return [inert(line, WIDTH + 10) for line in textwrap.wrap(text, WIDTH, subsequent_indent="    ", max_lines=4,
                                                              placeholder=" …")]  # fmt: skip


def formulas(texts: Sequence[str], colour: str) -> list[str]:
    """Rows with equations, but not with endlessly many."""
    shown = [line for text in texts[:LINES] for line in wrapped(text)]
    more = [f"and {len(texts) - LINES} more like these"] * (len(texts) > LINES)
    return [row(font(line, colour), align="left") for line in [*shown, *more]]


def order(visits: Sequence[int]) -> str:
    """Which visits of the sweep a node stands for."""
    return f"visit {visits[0]}" if visits[0] == visits[-1] else f"visits {visits[0]:,} to {visits[-1]:,}"


def op_name(name: str, visits: Sequence[int]) -> str:
    """The row with an op's name, and the number of its visit."""
    return row(bold(name) + (f"   {font(order(visits), BACKWARD, 9)}" if visits else ""))


def legend(signs: Sequence[str], notes: str, gradients: bool) -> str:
    """What stands below the picture: the colours of cotangents, what signs mean, and what else is to be said."""
    swatches = f"<tr><td>{font('norm of a cotangent', FAINT, 9)}</td>{''.join(_swatches())}</tr>"
    rows = [swatches] if gradients else []
    wide = f' colspan="{len(SCALE) + 3}"' if gradients else ""
    for line in [*signs, *textwrap.wrap(notes[:400], 100)]:
        rows.append(f'<tr><td align="left"{wide}>{font(inert(line, 120), FAINT, 9)}</td></tr>')
    return table(rows) if rows else ""


def _swatches() -> Iterable[str]:
    named = {f"1e{exponent}" if exponent else "1": colour for exponent, colour in SCALE.items()}
    for text, colour in [("0", ZERO), *named.items(), ("NaN, inf", ALARM)]:
        yield f'<td bgcolor="{colour}">{font(f" {text} ", ink(colour), 9)}</td>'
