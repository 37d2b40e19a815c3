"""Values, and the graph they form.

A `Value` is an array that remembers how it was made: by which primitive, from which inputs.  Following `inputs` back
from a loss is the whole graph; there is no tape and no session.  A value refers only to what came before it, so a
graph has no cycles and dies by reference count with the last value that ends it.
"""

from __future__ import annotations

from itertools import count
from typing import Any

import numpy as np

from autograd.arguments import explained, flag, text
from autograd.arrays import plain
from autograd.recording import watching

tick = count().__next__  # numbers values in the order of their birth


class Value:
    """An array, and how it came to be."""

    array: np.ndarray  # the data; an op's output is read-only
    requires_grad: bool  # whether a gradient flows through here
    primitive: Any  # the op that made it, or None for a leaf
    inputs: tuple  # what the op was given: Values, arrays, Python numbers
    primals: tuple  # the same as plain arrays, as they were then: what the rules read
    params: dict[str, Any]  # the op's static keyword parameters, such as axis
    order: int  # its number in order of birth, or of last change: inputs always have smaller ones
    grad: np.ndarray | Any  # where backward() leaves the gradient; None before
    name: str | None  # what formulas and drawings call it
    __slots__ = (*__annotations__, "__weakref__")

    @explained
    def __init__(self, data: Any, requires_grad: bool = False, name: str | None = None, dtype: Any = None) -> None:
        self.array = plain(data, "data", dtype).copy(order="K")  # a leaf's memory is its own, in the layout it came in
        if requires_grad and self.array.dtype.kind != "f":
            raise TypeError(f"only floating arrays can require gradients, and this one is {self.array.dtype}: "
                            "write 2.0 for 2, or give dtype=float")  # fmt: skip
        self.requires_grad, self.name, self.grad = flag("requires_grad", requires_grad), text("name", name), None
        self.primitive, self.inputs, self.primals, self.params = None, (), (), {}
        self.order = tick()

    shape = property(lambda self: self.array.shape)
    dtype = property(lambda self: self.array.dtype)
    ndim = property(lambda self: self.array.ndim)
    size = property(lambda self: self.array.size)


def array_of(x: Any) -> Any:
    """The data of a Value; anything else as it is."""
    if isinstance(x, Value):
        return x.array if (watch := watching()) is None else watch.read(x)
    return getattr(x, "array", x)
