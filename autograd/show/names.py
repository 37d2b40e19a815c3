"""What the tensors and arrays behind a result are called: as the user has said, else as one calls them on paper."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.graph import Value
from autograd.program.calls import place
from autograd.program.recorder import LETTERS
from autograd.show import expression as e
from autograd.show.expression import Name

ARGUMENTS = {"labels": "t", "x1": "x", "x2": "y", "a": "x"}  # what an array is called that is an op's argument
MOVES = {"transpose", "swapaxes", "reshape", "expand_dims", "squeeze", "ravel", "astype", "cast", "broadcast_to"}


def ancestors(root: Value) -> list[Value]:
    """Everything that root was made from, and root itself, in order of birth."""
    seen, waiting = {id(root): root}, [root]
    while waiting:
        for x in waiting.pop().inputs:
            if isinstance(x, Value) and id(x) not in seen:
                seen[id(x)] = x
                waiting.append(x)
    return sorted(seen.values(), key=lambda value: value.order)


def moves(value: Value) -> bool:
    """Has an op made this of the same entries, so that it needs no name of its own?"""
    op = value.primitive
    return bool(op) and op.name in MOVES and not value.name and isinstance(value.inputs[0], Value)


class Names:
    """Names for all values behind a result, no two the same; a transpose is called by what it is of."""

    def __init__(self, root: Value) -> None:
        self.values = ancestors(root)
        self.taken: set[str] = set()
        self.names: dict[int, Any] = {}
        self.arrays: dict[tuple, Name] = {}
        self.root = root
        for value in self.values:
            if value.name:
                self.names[id(value)] = self.free(value.name, value.ndim)
        self.names.setdefault(id(root), self.free("C" if root.size == 1 else "y", root.ndim))
        counts: dict[str, int] = {}
        for value in self.values:
            if id(value) in self.names:
                continue
            if moves(value):
                x = self.names[id(value.inputs[0])]
                turned = value.primitive.name in ("transpose", "swapaxes") and value.ndim == 2
                self.names[id(value)] = e.transpose(x) if turned else x
                continue
            letter = LETTERS.get(value.primitive.name, "v") if value.primitive else "w"
            counts[letter] = counts.get(letter, 0) + 1
            self.names[id(value)] = self.free(f"{letter}{counts[letter]}", value.ndim)

    def free(self, wanted: str, ndim: int) -> Name:
        """A name like this that nothing has yet."""
        text = "".join(c if c.isprintable() else " " for c in str(wanted))
        text = text[:40].strip() or "v"
        stem = text.rstrip("0123456789") or text
        n = 1
        while text in self.taken:
            n += 1
            text = f"{stem}{n}"
        self.taken.add(text)
        return Name(text, ndim)

    def of(self, value: Value) -> Any:
        return self.names[id(value)]

    def cotangent(self, value: Value) -> Any:
        """dC/d(value)."""
        name = self.names[id(value)]
        return Name("", value.ndim, name) if isinstance(name, Name) else name

    def data(self, array: np.ndarray, argument: str) -> Name:
        """An array that belongs to no Value: it is called as the op calls its argument."""
        where = place(array)
        if where not in self.arrays:
            self.arrays[where] = self.free(ARGUMENTS.get(argument, argument), array.ndim)
        return self.arrays[where]
