"""What the tensors and arrays behind a result are called: as the user has said, else as one calls them on paper."""

from __future__ import annotations

from collections.abc import Container, Iterable
from fractions import Fraction
from typing import Any

import numpy as np
from numpy import ndarray

from autograd.errors import printable
from autograd.graph import Value
from autograd.program.calls import place
from autograd.program.recorder import LETTERS, Recorder
from autograd.program.traced import Frozen
from autograd.recording import recording
from autograd.show import expression as e
from autograd.show.constants import written
from autograd.show.expression import Name
from autograd.show.shapes import reshaped, turned, turns, unsaid

ARGUMENTS = {"labels": "t", "x1": "x", "x2": "x", "a": "x"}  # what an array is called that is an op's argument
SMALL = 6  # entries up to which a constant is shown
MANY = 24  # constants that another may have been computed from
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
        self.arrays: dict[tuple, Any] = {}
        self.data_of: list[tuple[ndarray, Any]] = []  # what constants may have been computed from
        self.unnamed: dict[Name, ndarray] = {}  # constants whose names say nothing
        self.sizes: dict[Name, tuple[int, str]] = {}  # what stands for the length of an axis, and what that counts
        self.constants: dict[Name, ndarray] = {}
        self.conditions: set[Name] = set()
        self.targets: set[Name] = set()
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
        self.call_data()
        counts: dict[str, int] = {}
        net = net_values(self.values)
        for value in self.values:
            if id(value) in self.names:
                continue
            known = self.known(value)
            if known is not None:
                self.names[id(value)] = known
                continue
            letter = LETTERS.get(value.primitive.name, "v") if value.primitive else "w"
            letter = "z" if id(value) in net else "v" if letter == "z" else letter
            counts[letter] = counts.get(letter, 0) + 1
            self.call(value, f"{letter}{counts[letter]}")

    def call(self, value: Value, wanted: str) -> None:
        self.names[id(value)] = self.free(wanted, value.ndim)

    def call_data(self) -> None:
        """Names for the arrays and constants that ops were given and nobody has named; last for those computed."""
        named = [v for v in self.values if id(v) in self.names and _constant(v)]
        self.data_of += [(v.array, self.of(v)) for v in named]
        owned = {place(v.array) for v in self.values if id(v) in self.names or not _constant(v)}
        used = [part for v in self.values for part in zip(v.inputs, v.primals, argument_names(v), strict=False)]
        owned |= {place(p) for x, p, _ in used if isinstance(x, Value) and not _constant(x) and isinstance(p, ndarray)}
        for x, p, wanted in sorted(used, key=lambda part: _computed(part[0])):
            if isinstance(x, Value) and _constant(x) and id(x) not in self.names:
                known = self.computed(x.array)
                self.names[id(x)] = self.data(x.array, wanted) if known is None else known
            elif isinstance(x, ndarray) and place(p) not in owned:
                self.data(p, wanted)

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
        """What stands for a value without a name of its own, which is handed on."""
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

    def computed(self, x: ndarray) -> Any:
        """What stands for a constant: for one that an op has made, and such are read-only, what its numbers say."""
        made = not x.flags.writeable
        if x.size and (x.size == 1 or made) and (x == x.flat[0]).all() and (made or x.flat[0] in (0, 1)):
            return e.number(x.flat[0])
        return written(x, self.data_of[:MANY]) if made else None

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
        unnamed = {name: x for name, x in self.unnamed.items() if name in used}
        known += [f"{name.text} = {unsigned(x):.6g}" for name, x in unnamed.items() if not x.ndim]
        texts = [f"{name.text} {x.shape}" for name, x in unnamed.items() if x.ndim]
        if texts:
            what = "is a constant that nobody has named" if len(texts) == 1 else "are constants that nobody has named"
            known.append(f'{", ".join(texts)} {what}: Tensor(..., name="x") does')
        return known + [f"{name.text} = {_said(array)}" for name, array in self.constants.items() if name in used]

    def constant(self, array: ndarray) -> Name:
        """A name for numbers that a rule or a function has of its own."""
        name = self.free("c", array.ndim)
        self.constants[name] = array
        return name

    def identity(self) -> Name:
        """What the identity matrix is called."""
        self.one = self.one or self.free("I", 2)
        return self.one

    def data(self, array: ndarray, argument: str) -> Any:
        """What an array is called that belongs to no Value: as the op calls its argument."""
        where = place(array)
        if where in self.arrays:
            return self.arrays[where]
        wanted = ARGUMENTS.get(argument, argument)
        targets = [(x, name) for x, name in self.data_of if isinstance(name, Name) and name in self.targets]
        found = written(array, targets) if wanted == "t" and array.dtype.kind == "f" else None
        if found is None:
            found = self.free(wanted, array.ndim)
            self.data_of.append((array, found))
            if array.dtype == bool:
                self.conditions.add(found)
            elif found.text != wanted:
                self.unnamed[found] = array
            if wanted == "t":
                self.targets.add(found)
        self.arrays[where] = found
        return found


def argument_names(value: Value) -> tuple[str, ...]:
    """What the arrays are called that an op was given."""
    op, primals = value.primitive, value.primals
    if op and op.name == "subtract" and np.shape(primals[0]) == np.shape(primals[1]):
        return "t", "t"  # what a value of its shape is compared with
    if op and op.name == "multiply" and any(isinstance(x, Value) and _logarithm(x) for x in value.inputs):
        return "t", "t"  # what weighs the logarithms of probabilities
    if op and op.name in ("getitem", "scatter_add"):
        return ("a", *("j" for _ in primals[1:]))
    names = tuple(op.names or ()) if op else ()
    return names if len(names) == len(value.primals) else tuple(f"x{i + 1}" for i in range(len(value.primals)))


def _logarithm(value: Value) -> bool:
    return value.primitive is not None and value.primitive.name in ("log", "log1p", "log_softmax", "log_sigmoid")


def _constant(value: Value) -> bool:
    return value.primitive is None and not value.requires_grad


def _computed(x: Any) -> bool:
    """Has an op made this constant?  Such are read-only."""
    return isinstance(x, Value) and not x.array.flags.writeable


def _bias(x: Any) -> bool:
    return isinstance(x, Value) and x.primitive is None and x.requires_grad


def net_values(values: Iterable[Value]) -> set[int]:
    """The ids of net values, z: sums of products of matrices, and of the leaves that are added to them, the biases.

    values   in order of birth
    """
    found: set[int] = set()
    for value in values:
        op, inputs = value.primitive, value.inputs
        summed = op is not None and op.name == "add" and any(id(x) in found for x in inputs)
        if summed and all(id(x) in found or _bias(x) for x in inputs):
            found.difference_update(map(id, inputs))
            found.add(id(value))
        elif op and LETTERS.get(op.name) == "z":
            found.add(id(value))
    return found


def unsigned(x: ndarray) -> ndarray:
    """The same numbers, where a zero has no sign: it says nothing to those who read it."""
    return x + x.dtype.type(0) if x.dtype.kind == "f" else x


def _said(array: ndarray) -> str:
    if array.size > SMALL:
        return f"numbers of shape {array.shape}"
    return " ".join(np.array2string(unsigned(array), precision=6, separator=", ").split())
