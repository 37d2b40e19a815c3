"""debug(): every op remembers the line that called it; changed arrays and the first NaN or infinity stop the run."""

from __future__ import annotations

import linecache
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from pathlib import Path
from typing import Any
from weakref import ref
from zlib import crc32

import numpy as np

from autograd import recording
from autograd.containers import leaves
from autograd.errors import call
from autograd.graph import Value
from autograd.recording import recorded

Sums = dict[str, list[Any]]
LIBRARY = tuple(str(Path(__file__).parents[1] / package) + os.sep for package in ("autograd", "nn"))


@contextmanager
def debug() -> Iterator[Watch]:
    """Within this block, forward and backward are watched; slower, and meant for finding out.

    - Every op remembers the user's line that called it: `line_of(tensor)`.
    - An op on Tensors whose inputs are finite and whose result is not raises FloatingPointError, also within no_grad();
      and so do a vjp, and a sum of what several vjps gave: with the op, its shapes and the line.  So does a value that
      where() would discard: for where(x > 0, log(x), 0) write where(x > 0, log(where(x > 0, x, 1)), 0).
    - An array that was changed between forward and backward, in whatever way, raises RuntimeError when its op is
      visited: also the writes that nothing else can see, such as t.data[0] = 1 or to a batch of your own.

    The graph must be made within the block, and swept within it too.

    >>> import autograd
    >>> x = autograd.Tensor([0.0, 1.0], requires_grad=True)
    >>> with autograd.debug(), np.errstate(divide="ignore"):
    ...     autograd.log(x)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    FloatingPointError: log(float64(2,)) made 1 infinite entry of 2 from finite ones; if where() discards it, ...
    """
    watch = Watch()
    with recorded(watch):
        yield watch


class Watch(recording.Watch):
    """What debug() knows of the values made within it."""

    def __init__(self) -> None:
        self.known: dict[int, tuple[ref[Value], str, Sums]] = {}  # by number: the value, its line, what it depends on
        self.graph = True  # is a graph made?

    def __bool__(self) -> bool:
        return self.graph

    def switched(self, yes: Any) -> Any:
        if isinstance(yes, recording.Watch):
            return yes
        other = copy(self)  # which knows the same values
        other.graph = bool(yes)
        return other

    def line_of(self, value: Value) -> str:
        """file:line and the text of the line that made a value; empty if it was made elsewhere."""
        return self.known[value.order][1] if value.order in self.known else ""

    def given(self, op: Any, inputs: tuple, primals: list[Any]) -> tuple[list[Any], Any]:
        def forward(*primals: Any, **params: Any) -> Any:
            out = op.forward(*primals, **params)
            if not _finite(out) and all(map(_finite, primals)):
                made = f"{call(op.name, inputs, params, op.defaults)} made {_bad(out)} of {np.size(out)}"
                advice = "if where() discards it, put a safe value in before the op"
                raise FloatingPointError(f"{made} from finite ones{_at(users_line())}; {advice}")
            return out

        return primals, forward if any(isinstance(x, Value) for x in inputs) else op.forward

    def made(self, value: Value) -> None:
        order = value.order
        forget = ref(value, lambda _: self.known.pop(order, None))  # with the value that it is of
        self.known[order] = forget, users_line(), _sums(value)

    def visited(self, value: Value, g: Any) -> None:
        before = self.known[value.order][2] if value.order in self.known else {}
        changed = next((name for name, x in (_sums(value) if before else {}).items() if x != before[name]), None)
        if changed:
            was = f"the array of {changed} of {_call(value)} was changed after the op had used it"
            raise RuntimeError(was + self._called_at(value))

    def pulled(self, value: Value, k: int, g: Any) -> None:
        self._judge(value, k, g, "made")

    def added(self, value: Value, k: int, total: Any) -> None:
        self._judge(value, k, total, "made a sum of cotangents with")

    def _judge(self, value: Value, k: int, g: Any, made: str) -> None:
        array = np.asarray(getattr(g, "array", g))
        if not _finite(array):
            what = f"the vjp of {_call(value)} for argument {k} {made} {_bad(array)} of {array.size}"
            raise FloatingPointError(what + self._called_at(value))

    def _called_at(self, value: Value) -> str:
        return _at(self.line_of(value))


def _at(line: str) -> str:
    return f", called at {line}" if line else ""


def _call(value: Value) -> str:
    op = value.primitive
    return call(op.name, value.inputs, value.params, op.defaults)


def users_line() -> str:
    """The innermost line outside the library, in words."""
    frame: Any = sys._getframe(1)
    while frame and frame.f_code.co_filename.startswith(LIBRARY):
        frame = frame.f_back
    if not frame or frame.f_code.co_filename.startswith("<doctest"):
        return ""
    name, number = frame.f_code.co_filename, frame.f_lineno
    text = linecache.getline(name, number).strip()
    return f"{name}:{number}" + (f": {text}" if text else "")


def _sums(value: Value) -> Sums:
    """What a rule may read, by what it is to the op: checksums of arrays, and what else there is as it is."""
    read = {f"argument {k}": x for k, x in enumerate(value.primals)} | value.params | {"the result": value.array}
    return {
        name: [checksum(x) if isinstance(x, np.ndarray) else x for x in leaves(part)] for name, part in read.items()
    }


def checksum(x: np.ndarray) -> int:
    """Of the entries: a long double has bytes that are no part of it."""
    return crc32(repr(x.tolist()).encode() if x.dtype.char in "gG" else x.tobytes())


def _finite(x: Any) -> bool:
    return not (isinstance(x, np.ndarray | float | np.floating)) or bool(np.isfinite(x).all())


def _bad(array: np.ndarray) -> str:
    nans, infinities = int(np.isnan(array).sum()), int(np.isinf(array).sum())
    parts = [f"{n} {what}" for n, what in ((nans, "NaN"), (infinities, "infinite")) if n]
    total = nans + infinities
    return f"{' and '.join(parts)} {'entry' if total == 1 else 'entries'}"
