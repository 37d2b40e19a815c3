"""The rules of a reverse sweep as expressions: each is run on arrays that write down what is done with them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
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
from autograd.show.expression import Call, Name, Sum
from autograd.show.names import Names
from autograd.show.ordinary import ordinary
from autograd.show.reading import ALIASES, METHODS, PRIMITIVES, called, index_text, product, summed, total
from autograd.show.shapes import reshaped, turned, turns
from autograd.tensor import Tensor

LONG = 40  # parts of an expression, from which on it is not put into others
COSTS = {"squared_error", "binary_cross_entropy", "binary_cross_entropy_with_logits", "softmax_cross_entropy",
         "softmax_cross_entropy_with", "mean"}  # fmt: skip


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

    def __init__(self, names: Names, skipped: range = range(0)) -> None:
        super().__init__()
        self.names, self.skipped = names, skipped  # the skipped rules are run, and not read
        self.ran, self.handed_on, self.blind = 0, False, False
        self.known: dict[Var, Any] = {}  # what stands for a value that has a name
        self.places: dict[tuple, Any] = {}  # the same, by where an array lies
        self.primitives: dict[Any, Primitive] = {}
        self.whole_ops: dict[Primitive, Any] = {}
        self.constants: dict[Any, Name] = {}
        self.inside: dict[Name, Any] = {}  # of a function of numbers: what ops and rules gave,
        self.done: dict[Var, Any] = {}  # what has been worked out for the expression that is asked for
        self.steps: list[Step] = []
        self.given_to: dict[int, list[Any]] = {}  # what has been given to a value so far
        self.held: list[Any] = []  # arrays that are known by their places
        self.counts_of: dict[tuple[str, Any], Any] = {}  # what numbers stand for, in a product or below the line
        for value in names.values:
            self.places.setdefault(place(value.array), names.of(value))
        for value in names.values:  # what ops were given: a tensor may lie elsewhere since then
            for x, given in zip(value.inputs, value.primals, strict=True):
                if isinstance(x, Value) and isinstance(given, ndarray):
                    self.places.setdefault(place(given), names.of(x))
        self.places |= names.arrays

    def given(self, op: Any, inputs: tuple, primals: list[Any]) -> tuple[list[Any], Any]:
        if op is keep and self.sweeping and not self.depth:  # where no entry exists the cotangent is 0 anyway
            return [self.taken(x) for x in primals], lambda x, condition: x
        forward = self.whole_ops.setdefault(op, partial(_alone, op.forward))
        self.primitives[forward] = op
        arrays = [self.read(x) if isinstance(x, Value) else p for x, p in zip(inputs, primals, strict=True)]
        if op.composition and self.names.root is None:  # with everything put in
            return [self.taken(x) for x in arrays], op.composition
        return [self.taken(x) for x in arrays], lambda *args, **kwargs: self.call("op", forward, args, kwargs)

    def made(self, value: Value) -> None:
        if self.names.root is None:
            node = value.array.node  # type: ignore[attr-defined]
            found = self.expression(node)
            self.call_it(node, ordinary(found) if value.primitive.composition else found)

    def release(self, v: Var, call: Made) -> None:
        """Nothing is forgotten: by its entries it is told what is 1 everywhere."""

    def visited(self, value: Value, g: Any) -> None:
        super().visited(value, g)
        if self.names.root is None and isinstance(g, Traced):
            self.call_it(g.node, self.sum_of(g))
        if id(value) not in self.names.names:
            return  # a sweep within a rule, as checkpoint's
        self.steps.append(Step(len(self.steps) + 1, value, _numbers(g)))
        self.handed_on = any(isinstance(x, Value) and self.names.moves(x) for x in value.inputs)
        short = self.names.moves(value)  # what is given to a transpose is handed on as it is
        name = e.add(*self.given_to[id(value)]) if short else self.names.cotangent(value)
        if isinstance(g, Traced):  # dC/dC is 1
            self.known[g.node] = e.number(1) if value is self.names.root else name
        elif isinstance(g, ndarray) and g.ndim:
            self.places[place(g)] = name
            self.held.append(g)

    def rule(self, vjp: Any) -> Any:
        self.blind = self.ran in self.skipped and not self.handed_on
        if not self.blind:
            return super().rule(vjp)
        return lambda g, *others, **said: vjp(g.value if isinstance(g, Traced) else g, *others, **said)

    def pulled(self, value: Value, k: int, g: Any) -> None:
        x = value.inputs[k]
        if self.names.root is None and isinstance(g, Traced):
            self.call_it(g.node, self.rule_of(value, g))
        if id(value) not in self.names.names:
            return
        with self.counting(value):
            expression = Name("…") if self.blind else self.rule_of(value, g)
        self.ran += 1
        before = self.given_to.setdefault(id(x), [])
        self.steps[-1].pulls.append(Pull(k, x, expression, _numbers(g), bool(before)))
        before.append(expression)

    def rule_of(self, value: Value, g: Any) -> Any:
        """The expression for what a rule has given."""
        found = self.expression(g) if isinstance(g, Traced) else self.constant(g)
        return found if value.primitive.selects else ordinary(found)  # of what selects the conditions are the user's

    def sum_of(self, g: Any) -> Any:
        """What has come to a value of a function of numbers, in no order that anybody has written."""
        found = self.expression(g)
        return e.add(*found.parts()) if isinstance(found, Sum) else found

    def definition(self, value: Value) -> Any:
        """The expression for what an op has made, in terms of its inputs."""
        op, self.sweeping = value.primitive, False
        with recorded(self), np.errstate(all="ignore"):
            arrays = [self.taken(x) for x in value.primals]
            try:
                made = (op.composition or op)(*arrays, **value.params)
            except Exception:  # of a composition that cannot be read: the op by its name
                made = op(*arrays, **value.params)
        with self.counting(value):
            found = self.expression(made) if isinstance(made, Traced) else self.constant(made)
        found = ordinary(found) if op.composition else found
        if op.composition and any(
            isinstance(x, Call) and x.function in ("item", "take", "getitem") for x in e.parts(found)
        ):
            return Call(op.name, tuple(self.expression(x) for x in arrays), value.ndim)
        return found

    @contextmanager
    def counting(self, value: Value) -> Iterator[None]:
        """Within this block numbers by which a cost divides are read as so many samples."""
        self.counts_of = averages(value, self.names) if value is self.names.root else {}
        try:
            yield
        finally:
            self.counts_of = {}

    def number(self, name: str, x: float) -> Value:
        """A Tensor for an argument of a function of numbers, which stands for any number."""
        node = Var(np.asarray(x), "input", name=name)
        self.known[node] = self.names.free(name, 0)
        return Tensor(Traced(self, node), requires_grad=True, name=name)

    def call_it(self, node: Var, expression: Any) -> None:
        """Of a function of numbers: what an op or a rule gave, to be put in at the end."""
        if isinstance(expression, Name | Fraction | float) or node in self.known:
            self.known.setdefault(node, expression)
            return
        name = Name(f"…{len(self.inside)}", e.ndim(expression))
        self.inside[name], self.known[node] = expression, name

    def put_in(self, wanted: list[Any]) -> tuple[list[tuple[Name, Any]], list[Any]]:
        """Expressions with all in them that has been called something; before them what is too long for that."""
        needed = {part for x in wanted for part in e.parts(x)}
        for name in reversed(self.inside):  # what is inside of something is older
            if name in needed:
                needed.update(e.parts(self.inside[name]))
        put: dict[Any, Any] = {}
        apart: list[tuple[Name, Any]] = []
        for name in (name for name in self.inside if name in needed):
            put[name] = found = e.replaced(self.inside[name], put.get)
            if sum(1 for _ in e.parts(found)) > LONG:
                put[name] = self.names.free(f"v{len(apart) + 1}", e.ndim(found))
                apart.append((put[name], found))
        return apart, [e.replaced(x, put.get) for x in wanted]

    # From calls to expressions.

    def expression(self, x: Any) -> Any:
        """What a value is, in terms of what has a name."""
        if isinstance(x, Traced):
            return self.expression(x.node)
        if not isinstance(x, Var):
            return self.constant(x) if isinstance(x, ndarray | int | float | np.generic) else str(x)
        if x in self.known or x in self.done:
            return self.known[x] if x in self.known else self.done[x]
        if x.call is None:
            if isinstance(x.array, ndarray) and place(x.array) in self.places:
                return self.places[place(x.array)]
            return self.constant(x.array)
        if self.done:
            return self.of_call(x.call, x)
        waiting = [x]  # from below, as what is thousands of calls deep is too deep for a recursion
        while waiting:
            node = waiting[-1]
            inside = [y for y in node.call.args if isinstance(y, Var) and y.call] if node.call else []
            below = [y for y in inside if y not in self.known and y not in self.done]
            waiting += below
            if not below and node.call:
                self.done[waiting.pop()] = self.of_call(node.call, node)
        found, self.done = self.done[x], {}
        return found

    def constant(self, x: Any) -> Any:
        array = np.asarray(x)
        if array.size and ((array == array.flat[0]).all() or (array != array).all()):  # also NaN, which is not itself
            return e.number(array.flat[0])
        if array.ndim == 2 and array.shape[0] == array.shape[1] and np.array_equal(array, np.eye(len(array))):
            return self.names.identity()
        key = array.shape, array.dtype, array.tobytes()
        if key not in self.constants:
            self.constants[key] = self.names.constant(array)
        return self.constants[key]

    def of_call(self, call: Made, v: Var) -> Any:
        """The expression for what a call gives."""
        ndim = len(v.shape)
        args = [self.expression(x) for x in call.args if not isinstance(x, tuple | list)]
        name = self.primitives[call.function].name if call.kind == "op" else call.function
        name = name if isinstance(name, str) else getattr(name, "__name__", "f")
        if ALIASES.get(name, name) in ("multiply", "divide") and self.counts_of:
            kind = ALIASES.get(name, name)
            args = [
                self.counts_of.get((kind, x), y) if _literal(x) else y for x, y in zip(call.args, args, strict=True)
            ]
        if (call.kind == "reduce" and call.function == np.add.reduce) or name in ("sum", "sum_to"):
            if np.size(v.array) == np.size(getattr(call.args[0], "array", 0)):
                return args[0]  # over axes of length 1, or none
            if isinstance(args[0], Fraction | float):
                return self.constant(concrete(v))
            rows = np.shape(getattr(call.args[0], "array", 0))
            if e.ndim(args[0]) == 1 and len(rows) == 2:  # a vector as so many equal rows
                axis = call.kwargs.get("axis") if name != "sum_to" else summed(rows, v.shape)
                axis = axis[0] if isinstance(axis, tuple) and len(axis) == 1 else axis
                along = args[0] if axis == 0 else total(ndim, args[0])
                return along if axis in (1, -1) else e.multiply(e.number(rows[0]), along)
            if args[0] in self.names.arrays.values() and (np.asarray(concrete(v)) == 1).all():
                return Fraction(1)  # of data whose rows are probabilities
        if name == "take" and args[0] == self.names.one:
            return Call("onehot", (args[1],), ndim)
        if name == "sum_to":
            return total(ndim, args[0], summed(np.shape(call.args[0].array), v.shape))
        if name in ("dot", "matmul") and len(args) == 2:
            old, other = (np.shape(getattr(x, "array", x)) for x in call.args)
            made = product(ndim, args[0], args[1], old, other)
            one = ndim == 1 and isinstance(made, Call) and made.function == "T"  # of one sample: a row, said to be one
            return made.arguments[0] if one else made
        if name in ("transpose", "swapaxes"):
            by = call.function if call.kind == "op" else getattr(ndarray, name)
            if turns(ndim, by, *call.args[1:], **call.kwargs):
                return turned(args[0], v.shape)
            if ndim < 3:
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
            ufunc = getattr(getattr(call.function, "__self__", None), "__name__", "reduce")
            axis = call.kwargs.get("axis", 0)
            return total(ndim, args[0], axis) if ufunc == "add" else Call(ufunc, (args[0],), ndim, (("axis", axis),))
        if call.kind in ("ufunc", "python", "function", "opaque", "setitem", "at"):
            said = {"axis": call.kwargs["axis"]} if "axis" in call.kwargs else {}
            return PRIMITIVES.get(ALIASES.get(name, name), called(name))(ndim, *args, **said)
        return Call(name, tuple(args), ndim)

    def item(self, call: Made, x: Any, ndim: int) -> Any:
        index = call.args[1] if isinstance(call.args[1], tuple) else (call.args[1],)
        if isinstance(x, Fraction | float):
            return x
        if all(not isinstance(i, Var) and (i is None or i is Ellipsis or i == slice(None)) for i in index):
            return reshaped(x, np.shape(call.args[0].array), np.shape(call.out[0].array))
        return Call("item", (x, *(self.expression(i) if isinstance(i, Var) else index_text(i) for i in index)), ndim)


def averages(root: Value, names: Names) -> dict[tuple[str, Any], Any]:
    """The numbers in the rules of a cost that say how many samples, or entries, it is taken of."""
    cost = root.primitive is not None and root.primitive.name in COSTS
    shape: tuple[int, ...] = next((np.shape(x) for x in root.primals if np.ndim(x)), ()) if cost else ()
    if len(shape) not in (1, 2) or shape[0] == 1:
        return {}
    sizes: dict[int, Any] = {shape[0]: names.size("m", shape[0], "the number of samples")}
    if len(shape) == 2 and shape[1] > 1:
        sizes[shape[0] * shape[1]] = e.multiply(sizes[shape[0]], names.size("k", shape[1], "the number of columns"))
    found: dict[tuple[str, Any], Any] = {}
    for n, name in reversed(sizes.items()):
        found |= {("divide", n): name, ("multiply", 1 / n): e.divide(Fraction(1), name)}
    scale = root.params.get("scale")
    if scale is None:
        return found
    near = [(e.number(k), name) for n, name in sizes.items() for k in (1, 0.5) if abs(scale * n - k) < 1e-9]
    if not near:
        return {}
    read = e.divide(*near[0])
    return {("multiply", scale): read, ("multiply", 2 * scale): e.multiply(Fraction(2), read)}


def _literal(x: Any) -> bool:
    return isinstance(x, int | float) and not isinstance(x, bool)


def _alone(forward: Any, *args: Any, **kwargs: Any) -> Any:
    with unwatched():  # as an op is called: with arrays, not NumPy's numbers
        return forward(*(np.asarray(x) if isinstance(x, np.generic) else x for x in args), **kwargs)


def _numbers(g: Any) -> Any:
    return np.asarray(g.value if isinstance(g, Traced) else g)


def derived(deriver: Deriver, root: Value) -> Deriver:
    """The deriver, after the reverse sweep from `root`: what that did is in .steps."""
    start = seed(root, None)
    with recorded(deriver), np.errstate(all="ignore"):
        for _ in sweep(root, deriver.argument("g", start)):
            pass
    return deriver
