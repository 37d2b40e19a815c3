"""What the tensors and arrays behind a result are called: as the user has said, else as one calls them on paper."""

from __future__ import annotations

from collections.abc import Container
from fractions import Fraction
from typing import Any

import numpy as np

from autograd.errors import printable
from autograd.graph import Value
from autograd.program.calls import place
from autograd.program.recorder import LETTERS, Recorder
from autograd.program.traced import Frozen
from autograd.recording import recording
from autograd.show import expression as e
from autograd.show.expression import Call, Name

ARGUMENTS = {"labels": "t", "x1": "x", "x2": "x", "a": "x"}  # what an array is called that is an op's argument
SMALL = 6  # entries up to which a constant is shown
MOVES = {"transpose", "swapaxes", "reshape", "expand_dims", "squeeze", "ravel", "astype", "cast", "broadcast_to"}


NEUTRAL = {"power": (1, False), "multiply": (1, True), "divide": (1, False), "add": (0, True), "subtract": (0, False)}
# with this as the second input, or as either, an op hands on the other one


def ancestors(root: Value) -> list[Value]:
    """Everything that root was made from, and root itself, in order of birth."""
    seen, waiting = {id(root): root}, [root]
    while waiting:
        for x in waiting.pop().inputs:
            if isinstance(x, Value) and id(x) not in seen:
                seen[id(x)] = x
                waiting.append(x)
    return sorted(seen.values(), key=lambda value: value.order)


def same_but_for_ones(shape: tuple[int, ...], other: tuple[int, ...]) -> bool:
    """Are two shapes the same but for axes of length 1?"""
    return [n for n in shape if n != 1] == [n for n in other if n != 1]


def unsaid(old: tuple[int, ...], new: tuple[int, ...]) -> bool:
    """Does a reshaping go without saying: of matrices and vectors where axes of length 1 come or go, else in front?"""
    flat = max(len(old), len(new)) <= 2
    return same_but_for_ones(old, new) if flat else _without_lead(old) == _without_lead(new)


def _without_lead(shape: tuple[int, ...]) -> tuple[int, ...]:
    while shape and shape[0] == 1:
        shape = shape[1:]
    return shape


def turns(ndim: int, f: Any, *args: Any, **params: Any) -> bool:
    """Does a function that moves axes exchange those of matrices, alone or in a stack?"""
    lead = tuple(range(4, 2 + ndim))
    return ndim > 1 and bool(f(np.empty((*lead, 2, 3)), *args, **params).shape == (*lead, 3, 2))


def turned(x: Any, new: tuple[int, ...]) -> Any:
    """The transpose of an expression, in its shape: that of a vector says so only where it stands as a column."""
    vector = e.bare(x) if len(new) == 2 else x
    return reshaped(vector, (max(new),), new) if e.ndim(vector) == 1 else e.transpose(x)


def reshaped(x: Any, old: tuple[int, ...], new: tuple[int, ...]) -> Any:
    """An expression in another shape: what goes without saying is not said, but that a vector stands as a column is."""
    if not unsaid(old, new):
        return Call("reshape", (x,), len(new), (("shape", new),))
    x = e.bare(x)
    column = e.ndim(x) == 1 and len(new) == 2 and new[0] > 1
    return Call("column", (x,), 2) if column else x


class Names:
    """Names for all values behind a result, no two the same; a transpose is called by what it is of."""

    def __init__(self, root: Value | None = None) -> None:
        if root is not None and isinstance(recording(), Recorder):
            raise Frozen("a graph cannot be looked at inside a function that is being compiled, where no numbers are "
                         "known: look at it outside")  # fmt: skip
        self.values = [] if root is None else ancestors(root)
        self.taken: set[str] = set()
        self.times: dict[str, int] = {}  # how often a name was wanted that something had already
        self.names: dict[int, Any] = {}
        self.arrays: dict[tuple, Name] = {}
        self.shapes: dict[Name, tuple[int, ...]] = {}
        self.sizes: dict[Name, tuple[int, str]] = {}  # what stands for the length of an axis, and what that counts
        self.constants: dict[Name, np.ndarray] = {}
        self.conditions: set[Name] = set()
        self.root: Any = root
        self.one: Name | None = None
        given = [(value, value.name) for value in self.values if value.name]
        firsts = {printable(name): value for value, name in reversed(given)}  # who has a name first keeps it as it is
        for name, value in firsts.items():
            self.call(value, name)
        for value, name in given:
            if id(value) not in self.names:
                self.call(value, name)
        if root is not None and id(root) not in self.names:
            self.call(root, "C" if root.size == 1 else "y")
        counts: dict[str, int] = {}
        for value in self.values:
            if id(value) in self.names:
                continue
            known = self.known(value)
            if known is not None:
                self.names[id(value)] = known
                continue
            leaf = "w" if value.requires_grad else "x"
            letter = LETTERS.get(value.primitive.name, "v") if value.primitive else leaf
            counts[letter] = counts.get(letter, 0) + 1
            self.call(value, f"{letter}{counts[letter]}")

    def call(self, value: Value, wanted: str) -> None:
        name = self.names[id(value)] = self.free(wanted, value.ndim)
        self.shapes[name] = value.shape

    def moves(self, value: Value) -> bool:
        """Has an op made this of the same entries, so that it needs no name of its own?"""
        op = value.primitive
        if op is None or value is self.root or value.name:
            return False
        if self.handed_on(value) is not None:
            return True
        if op.name not in MOVES or not isinstance(value.inputs[0], Value):
            return False
        if op.name in ("transpose", "swapaxes"):
            return bool(value.ndim in (1, 2))
        return bool(op.name == "broadcast_to" or unsaid(value.inputs[0].shape, value.shape))

    def known(self, value: Value) -> Any:
        """What stands for a value without a name of its own: for what is handed on, and for a constant 0 or 1."""
        if value.primitive is None:
            first = value.array.item() if value.size == 1 and not value.requires_grad else None
            return e.number(first) if first in (0, 1) else None
        if not self.moves(value):
            return None
        same = self.handed_on(value)
        op, source = value.primitive.name, value.inputs[0] if same is None else same
        x = self.names[id(source)]
        if same is not None or op == "broadcast_to":
            return x
        if op in ("transpose", "swapaxes"):
            return turned(x, value.shape) if turns(value.ndim, value.primitive.forward, **value.params) else x
        return reshaped(x, source.shape, value.shape)

    def handed_on(self, value: Value) -> Value | None:
        """The input that an op gives back as it is, as a power of 1, or a product with 1, does."""
        neutral = NEUTRAL.get(value.primitive.name) if value.primitive else None
        if neutral is None or len(value.inputs) != 2:
            return None
        first, second = (self.names.get(id(x), x) if isinstance(x, Value) else x for x in value.inputs)
        numbers = Fraction | float | int
        if isinstance(second, numbers) and second == neutral[0]:
            found = value.inputs[0]
        elif neutral[1] and isinstance(first, numbers) and first == neutral[0]:
            found = value.inputs[1]
        else:
            return None
        return found if isinstance(found, Value) and found.shape == value.shape else None

    def free(self, wanted: str, ndim: int) -> Name:
        """A name like this that nothing has yet."""
        text = printable(wanted) or "v"
        stem = text.rstrip("0123456789") or text
        while text in self.taken:
            self.times[stem] = n = self.times.get(stem, 1) + 1
            text = f"{stem}{n}"
        self.taken.add(text)
        return Name(text, ndim)

    def of(self, value: Value) -> Any:
        return self.names[id(value)]

    def cotangent(self, value: Value) -> Any:
        """dC/d(value), C being what the root is called."""
        name = self.names[id(value)]
        return Name(self.names[id(self.root)].text, value.ndim, name) if isinstance(name, Name) else name

    def size(self, wanted: str, n: int, what: str) -> Name:
        """What the length of an axis is called."""
        found = next((x for x, known in self.sizes.items() if known == (n, what)), None)
        name = found or self.free(wanted, 0)
        self.sizes[name] = n, what
        return name

    def legend(self, used: Container[Any]) -> list[str]:
        """What the lengths of axes are that have been used, and the conditions and constants that nobody has named."""
        known = [f"{name.text} = {n}, {what}" for name, (n, what) in self.sizes.items() if name in used]
        known += [f"{self.one.text} is the identity matrix"] if self.one in used and self.one else []
        conditions = [name for name in self.arrays.values() if name in self.conditions and name in used]
        known += [f"{name.text} is true where it was true in the run" for name in conditions]
        return known + [f"{name.text} = {_said(array)}" for name, array in self.constants.items() if name in used]

    def constant(self, array: np.ndarray) -> Name:
        """A name for numbers that a rule or a function has of its own."""
        name = self.free("c", array.ndim)
        self.constants[name], self.shapes[name] = array, array.shape
        return name

    def identity(self) -> Name:
        """What the identity matrix is called."""
        self.one = self.one or self.free("I", 2)
        return self.one

    def data(self, array: np.ndarray, argument: str) -> Name:
        """An array that belongs to no Value: it is called as the op calls its argument."""
        where = place(array)
        if where not in self.arrays:
            self.arrays[where] = name = self.free(ARGUMENTS.get(argument, argument), array.ndim)
            self.shapes[name] = array.shape
            if array.dtype == bool:
                self.conditions.add(name)
        return self.arrays[where]


def _said(array: np.ndarray) -> str:
    if array.size > SMALL:
        return f"numbers of shape {array.shape}"
    return " ".join(np.array2string(array, precision=6, separator=", ").split())
