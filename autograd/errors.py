"""What error messages are made of: texts that can be shown anywhere, arguments, and calls."""

from __future__ import annotations

import reprlib
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

LONGEST = 200  # characters of a text in an error message


def printable(text: Any, longest: int = 40) -> str:
    """A text on one line, with a space for what does not print, as control characters; of a long one head and tail.

    >>> printable("a\\nb\\x1b[31m"), printable("abcdefgh", 5)
    ('a b [31m', 'ab…gh')
    """
    text = str(text)
    if len(text) > longest:
        text = f"{text[: (longest - 1) // 2]}…{text[-(longest // 2) :]}"
    return visible(text).replace("\n", " ").strip()


def visible(text: str) -> str:
    """A text with a space for what does not print, but for the ends of lines: it cannot move a terminal's cursor."""
    return text if text.isprintable() else "".join(c if c.isprintable() or c == "\n" else " " for c in text)


def describe(x: Any) -> str:
    """An argument, as an error message names it: W1 float32(3, 4)."""
    if not hasattr(x, "dtype") or isinstance(x, type):
        return printable(reprlib.repr(x), LONGEST)
    name = getattr(x, "name", None)
    text = f"{x.dtype}{x.shape}"
    return f"{printable(name)} {text}" if isinstance(name, str) else text


def call(op: str, inputs: tuple, params: dict[str, Any], defaults: Mapping[str, Any] | None = None) -> str:
    """A call, as an error message shows it: sum(float64(3, 4), axis=2); without what is as in `defaults`."""
    usual = {name: describe(x) for name, x in (defaults or {}).items()}
    named = {name: describe(x) for name, x in params.items()}
    written = [*map(describe, inputs), *(f"{name}={x}" for name, x in named.items() if usual.get(name) != x)]
    return f"{op}({', '.join(written)})"


def slip(got: tuple[int, ...], expected: tuple[int, ...]) -> str:
    """What may have made a rule return one shape for another, as its error message says it."""
    for axis, n in enumerate(got):
        if any((*got[:axis], *kept, *got[axis + 1 :]) == expected for kept in ((), (1,))) and n != 1:
            return f": {got} is {expected} before the sum over axis {axis}: was it forgotten?"
    return ": is it transposed?" if got == expected[::-1] else ""


def no_array(error: Exception, op: str, k: int) -> Exception:
    """The error of a rule; one that says so, if the rule gave what has no shape."""
    if isinstance(error, AttributeError) and error.name == "shape" and error.__traceback__.tb_next is None:  # type: ignore[union-attr]
        kind = type(error.obj).__name__
        return TypeError(f"{op}: expected its vjp for argument {k} to return an array, got {kind}: was g forgotten?")
    return error


def misfit(op: str, takes: Sequence[str], args: tuple, kwargs: dict[str, Any], error: TypeError) -> TypeError:
    """The error of a call with arguments that there are not, or without some that there are."""
    unknown = next((name for name in kwargs if name not in takes), None)
    meant = get_close_matches(unknown, takes, 1) if unknown else []
    why = f"there is no {unknown!r}" if unknown else str(error)
    hint = f", did you mean {meant[0]!r}?" if meant else ""
    return TypeError(f"{op} takes {', '.join(takes)}; got {call(op, args, kwargs)}: {why}{hint}")
