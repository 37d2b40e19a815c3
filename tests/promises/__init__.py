"""What the library promises under load, faults and bad input: each promise is a run that measures and asserts it.

A promise is a function with the name of its file in this folder, and runs at two sizes: a short one with every test
run, and a long one by `make soak`, whose figures docs/promises.md shows.  The numbers that a run returns are what is
shown.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

FILES = ("depth", "memory", "buffers", "aliasing", "threads", "determinism", "nonfinite", "files", "saving",
         "interruption", "arguments", "names", "fuzzing")  # fmt: skip  # as on the page


@dataclass(frozen=True)
class Promise:
    """A promise: run(n) asserts it for n cases, and returns the figure: a short text with what was measured.

    says    what is promised, a sentence of markdown
    """

    says: str
    run: Callable[[Any], str]
    short: Any
    long: Any


def promise(says: str, short: Any, long: Any) -> Callable[[Callable[[Any], str]], Promise]:
    """Makes a function of the size a promise."""
    return lambda run: Promise(says, run, short, long)


def collected() -> dict[str, Promise]:
    """All promises, by name, in the order of the page."""
    return {name: getattr(import_module(f"promises.{name}"), name) for name in FILES}
