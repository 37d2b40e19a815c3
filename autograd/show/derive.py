"""The rules of a reverse sweep as expressions: each is run on arrays that write down what is done with them."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np
from numpy import ndarray

from autograd.backprop import seed, sweep
from autograd.graph import Value
from autograd.primitive import Primitive
from autograd.program.calls import Call as Made
from autograd.program.calls import Var, concrete, place
from autograd.program.recorder import Recorder
from autograd.program.traced import Traced
from autograd.recording import recorded, unwatched
from autograd.selection import keep
from autograd.show import expression as e
from autograd.show.expression import Call, Name
from autograd.show.names import Names, moves, reshaped, turns
from autograd.show.ordinary import ordinary
from autograd.show.reading import ALIASES, IDENTITY, METHODS, PRIMITIVES, called, index_text, summed, total


@dataclass
class Pull:
    """One rule that ran: what it gives to an input, as an expression and as numbers."""

    k: int
    target: Value
    expression: Any
    array: ndarray
    more: bool  # is it added to what came before?


@dataclass
class Step:
    """One visit of the sweep: an op, the cotangent that has come to it, and what its rules give to its inputs."""

    number: int
    value: Value
    cotangent: ndarray
    pulls: list[Pull] = field(default_factory=list)


class Deriver(Recorder):
    """A recorder that leaves primitives whole, so that what a rule says is read as it is written."""

    def __init__(self, names: Names) -> None:
        super().__init__()
        self.names = names
        self.known: dict[Var, Any] = {}  # what stands for a value that has a name
        self.places: dict[tuple, Any] = {}  # the same, by where an array lies
        self.primitives: dict[Any, Primitive] = {}
        self.whole_ops: dict[Primitive, Any] = {}
        self.constants: dict[Any, Name] = {}
        self.steps: list[Step] = []
        self.given_to: dict[int, list[Any]] = {}  # what has been given to a value so far
        self.held: list[Any] = []  # arrays that are known by their places
        for value in names.values:
            self.places.setdefault(place(value.array), names.of(value))
        for value in names.values:
            for x, wanted in zip(value.primals, _argument_names(value), strict=False):
                if isinstance(x, ndarray) and place(x) not in self.places:
                    self.places[place(x)] = names.data(x, wanted)

    def given(self, op: Any, inputs: tuple, primals: list[Any]) -> tuple[list[Any], Any]:
        if op is keep and self.sweeping and not self.depth:  # where no entry exists the cotangent is 0 anyway
            return [self.taken(x) for x in primals], lambda x, condition: x
        forward = self.whole_ops.setdefault(op, partial(_alone, op.forward))
        self.primitives[forward] = op
        arrays = [self.read(x) if isinstance(x, Value) else p for x, p in zip(inputs, primals, strict=True)]
        return [self.taken(x) for x in arrays], lambda *args, **kwargs: self.call("op", forward, args, kwargs)

    def release(self, v: Var, call: Made) -> None:
        """Nothing is forgotten: by its entries it is told what is 1 everywhere."""

    def visited(self, value: Value, g: Any) -> None:
        super().visited(value, g)
        if id(value) not in self.names.names:
            return  # a sweep within a rule, as checkpoint's
        self.steps.append(Step(len(self.steps) + 1, value, _numbers(g)))
        short = moves(value)  # what is given to a transpose is handed on as it is
        name = e.add(*self.given_to[id(value)]) if short else self.names.cotangent(value)
        if isinstance(g, Traced):
            self.known[g.node] = name
        elif isinstance(g, ndarray) and g.ndim:
            self.places[place(g)] = name
            self.held.append(g)

    def pulled(self, value: Value, k: int, g: Any) -> None:
        x = value.inputs[k]
        if id(value) not in self.names.names:
            return
        expression = self.expression(g.node) if isinstance(g, Traced) else self.constant(np.asarray(g))
        if not value.primitive.selects:  # whose conditions are the user's
            expression = ordinary(expression)
        before = self.given_to.setdefault(id(x), [])
        self.steps[-1].pulls.append(Pull(k, x, expression, _numbers(g), bool(before)))
        before.append(expression)

    def definition(self, value: Value) -> Any:
        """The expression for what an op has made, in terms of its inputs."""
        op, self.sweeping = value.primitive, False
        with recorded(self):
            arrays = [self.taken(x) for x in value.primals]
            try:
                made = (op.composition or op)(*arrays, **value.params)
            except Exception:  # of a composition that cannot be read: the op by its name
                made = op(*arrays, **value.params)
        found = self.expression(made.node) if isinstance(made, Traced) else self.constant(np.asarray(made))
        found = ordinary(found) if op.composition else found
        if op.composition and any(
            isinstance(x, Call) and x.function in ("item", "take", "getitem") for x in e.parts(found)
        ):
            return Call(op.name, tuple(self.expression(x) for x in arrays), value.ndim)
        return found

    # From calls to expressions.

    def expression(self, x: Any) -> Any:
        """What a value is, in terms of what has a name."""
        if isinstance(x, Traced):
            return self.expression(x.node)
        if not isinstance(x, Var):
            return self.constant(np.asarray(x)) if isinstance(x, ndarray | int | float | np.generic) else str(x)
        if x in self.known:
            return self.known[x]
        if x.call is None:
            if isinstance(x.array, ndarray) and place(x.array) in self.places:
                return self.places[place(x.array)]
            return self.constant(np.asarray(x.array))
        return self.of_call(x.call, x)

    def constant(self, array: ndarray) -> Any:
        if array.size and (array == array.flat[0]).all():
            return e.number(array.flat[0])
        if array.ndim == 2 and array.shape[0] == array.shape[1] and np.array_equal(array, np.eye(len(array))):
            return IDENTITY
        key = array.shape, array.dtype, array.tobytes()
        if key not in self.constants:
            self.constants[key] = self.names.free("c", array.ndim)
        return self.constants[key]

    def of_call(self, call: Made, v: Var) -> Any:
        """The expression for what a call gives."""
        ndim = len(v.shape)
        args = [self.expression(x) for x in call.args if not isinstance(x, tuple | list)]
        name = self.primitives[call.function].name if call.kind == "op" else call.function
        if name in (np.add.reduce, "sum", "sum_to"):
            if np.size(v.array) == np.size(getattr(call.args[0], "array", 0)):
                return args[0]  # over axes of length 1, or none
            if args[0] in self.names.arrays.values() and (np.asarray(concrete(v)) == 1).all():
                return Fraction(1)  # of data whose rows are probabilities
        if name == "sum_to":
            return total(ndim, args[0], summed(np.shape(call.args[0].array), v.shape))
        if name == "dot" and args[1] == 1 and np.size(getattr(call.args[1], "array", 0)) == 1:
            return (
                args[0].arguments[0] if isinstance(args[0], Call) and args[0].function == "T" else args[0]
            )  # the sum over one sample
        if name in ("transpose", "swapaxes") and ndim >= 2:
            by = call.function if call.kind == "op" else getattr(ndarray, name)
            if turns(ndim, by, *call.args[1:], **call.kwargs):
                return e.transpose(args[0])
            if ndim == 2:
                return args[0]
        if name in ("reshape", "ravel", "flatten", "expand_dims", "squeeze"):
            return reshaped(args[0], np.shape(call.args[0].array), v.shape)
        if call.kind == "op":
            op = self.primitives[call.function]
            said = {name: x for name, x in call.kwargs.items() if name not in op.defaults or op.defaults[name] != x}
            return PRIMITIVES.get(op.name, called(op.name))(ndim, *args, **said)
        if call.kind == "method":
            return METHODS.get(call.function, called(call.function))(ndim, *args, **call.kwargs)
        if call.kind == "getitem":
            return self.item(call, args[0], ndim)
        if call.kind == "reduce":
            name = getattr(getattr(call.function, "__self__", None), "__name__", "reduce")
            axis = call.kwargs.get("axis", 0)
            return total(ndim, args[0], axis) if name == "add" else Call(name, (args[0],), ndim, (("axis", axis),))
        name = getattr(call.function, "__name__", "f")
        if call.kind in ("ufunc", "python", "function", "opaque", "setitem", "at"):
            return PRIMITIVES.get(ALIASES.get(name, name), called(name))(ndim, *args)
        return Call(name, tuple(args), ndim)

    def item(self, call: Made, x: Any, ndim: int) -> Any:
        index = call.args[1] if isinstance(call.args[1], tuple) else (call.args[1],)
        if isinstance(x, Fraction | float):
            return x
        if all(not isinstance(i, Var) and (i is None or i is Ellipsis or i == slice(None)) for i in index):
            return reshaped(x, np.shape(call.args[0].array), np.shape(call.out[0].array))
        return Call("item", (x, *(self.expression(i) if isinstance(i, Var) else index_text(i) for i in index)), ndim)


def _alone(forward: Any, *args: Any, **kwargs: Any) -> Any:
    with unwatched():
        return forward(*args, **kwargs)


def _numbers(g: Any) -> Any:
    return np.asarray(g.value if isinstance(g, Traced) else g)


def _argument_names(value: Value) -> tuple[str, ...]:
    op, primals = value.primitive, value.primals
    if op and op.name == "subtract" and np.shape(primals[0]) == np.shape(primals[1]):
        return "t", "t"  # what a value of its shape is compared with
    if op and op.name in ("getitem", "scatter_add"):
        return ("a", *("j" for _ in primals[1:]))
    names = tuple(op.names or ()) if op else ()
    return names if len(names) == len(value.primals) else tuple(f"x{i + 1}" for i in range(len(value.primals)))


def derived(root: Value, names: Names, cotangent: Any = None) -> Deriver:
    """What the reverse sweep from `root` does: in .steps."""
    deriver = Deriver(names)
    with recorded(deriver):
        for _ in sweep(root, seed(root, cotangent)):
            pass
    return deriver
