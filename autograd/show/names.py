"""What the tensors and arrays behind a result are called: as the user has said, else as one calls them on paper."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.graph import Value
from autograd.program.calls import place
from autograd.program.recorder import LETTERS
from autograd.show import expression as e
from autograd.show.expression import Call, Name

ARGUMENTS = {"labels": "t", "x1": "x", "x2": "x", "a": "x"}  # what an array is called that is an op's argument
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
    if op is None or op.name not in MOVES or value.name or not isinstance(value.inputs[0], Value):
        return False
    if op.name in ("transpose", "swapaxes"):
        return bool(value.ndim == 2)
    return bool(op.name == "broadcast_to" or same_but_for_ones(value.shape, value.inputs[0].shape))


def same_but_for_ones(shape: tuple[int, ...], other: tuple[int, ...]) -> bool:
    """Are two shapes the same but for axes of length 1?"""
    return [n for n in shape if n != 1] == [n for n in other if n != 1]


def turns(ndim: int, f: Any, *args: Any, **params: Any) -> bool:
    """Does a function that moves axes exchange those of matrices, alone or in a stack?"""
    lead = tuple(range(4, 2 + ndim))
    return bool(f(np.empty((*lead, 2, 3)), *args, **params).shape == (*lead, 3, 2))


def reshaped(x: Any, old: tuple[int, ...], new: tuple[int, ...]) -> Any:
    """An expression in another shape: what goes without saying is not said, but that a vector stands as a column is."""
    if not same_but_for_ones(old, new):
        return Call("reshape", (x,), len(new), (("shape", new),))
    column = len(old) == 1 and old[0] > 1 and len(new) == 2 and new[1] == 1
    return Call("column", (x,), 2) if column else x


class Names:
    """Names for all values behind a result, no two the same; a transpose is called by what it is of."""

    def __init__(self, root: Value) -> None:
        self.values = ancestors(root)
        self.taken: set[str] = set()
        self.times: dict[str, int] = {}  # how often a name was wanted that something had already
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
                op, shape = value.primitive.name, value.inputs[0].shape
                if op in ("transpose", "swapaxes"):
                    self.names[id(value)] = e.transpose(x) if turns(2, value.primitive.forward, **value.params) else x
                else:
                    self.names[id(value)] = x if op == "broadcast_to" else reshaped(x, shape, value.shape)
                continue
            letter = LETTERS.get(value.primitive.name, "v") if value.primitive else "w"
            counts[letter] = counts.get(letter, 0) + 1
            self.names[id(value)] = self.free(f"{letter}{counts[letter]}", value.ndim)

    def free(self, wanted: str, ndim: int) -> Name:
        """A name like this that nothing has yet."""
        text = "".join(c if c.isprintable() else " " for c in str(wanted))
        text = text.strip() if len(text) <= 40 else f"{text[:19]}…{text[-20:]}".strip()
        text = text or "v"
        stem = text.rstrip("0123456789") or text
        while text in self.taken:
            self.times[stem] = n = self.times.get(stem, 1) + 1
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
