"""The recorder: computes what a function asks for, and keeps the list of calls that the function consists of."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy import ndarray

from autograd import containers
from autograd.arguments import StandIn, describe
from autograd.debug import users_line
from autograd.graph import Value, array_of
from autograd.memory import memory
from autograd.program.calls import Call, Var, alike, concrete, mapped, place, root, variables
from autograd.program.traced import Frozen, Traced
from autograd.recording import Watch

SHAPE_ONLY = {np.shape, np.ndim, np.size, np.result_type, np.broadcast_shapes, np.iscomplexobj, np.isrealobj}
FILLED = {np.zeros_like, np.ones_like, np.empty_like, np.full_like, np.zeros, np.ones, np.empty, np.full, np.eye,
          np.arange, np.identity}  # fmt: skip
METHODS = {np.sum: "sum", np.prod: "prod", np.max: "max", np.min: "min", np.amax: "max", np.amin: "min",
           np.any: "any", np.all: "all", np.reshape: "reshape", np.ravel: "ravel", np.transpose: "transpose",
           np.swapaxes: "swapaxes", np.squeeze: "squeeze", np.copy: "copy"}  # fmt: skip
BY_VALUES = {np.nonzero, np.flatnonzero, np.argwhere, np.unique, np.compress, np.extract, np.trim_zeros, np.union1d,
             np.intersect1d, np.setdiff1d, np.delete}  # fmt: skip
LETTERS = {"linear": "z", "matmul": "z", "dot": "z"} | dict.fromkeys(
    ("tanh", "sigmoid", "relu", "leaky_relu", "softplus", "swish", "elu", "selu", "gelu", "mish", "hard_tanh",
     "softmax", "log_softmax", "log_sigmoid"), "a")  # fmt: skip


DIFFERS = (
    "f makes an array or a number that differs from call to call, by random numbers perhaps, and the program would "
    "freeze it: hand it in as an argument, or make it by autograd.anew(rng.normal, size=3)"
)


class Recorder(Watch):
    """A program as it grows, and what it was given."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.inputs: list[Var] = []
        self.arrays: dict[tuple, Var] = {}  # from outside, by where they lie
        self.kept: list[ndarray] = []  # so that nothing else comes to lie there meanwhile
        self.tensors: dict[int, tuple[Value, Var, Traced]] = {}  # from outside: as they were, and as they are now
        self.guards: list[tuple[Any, str, Any]] = []  # (object, attribute, value) for which the program is right
        self.label, self.phase, self.user = "", "forward", ""
        self.depth, self.sweeping = 0, False  # how deep within ops and rules; and whether between the rules of a sweep
        self.counts: dict[str, int] = {}  # of names given
        self.viewed: set[Var] = set()
        self.outside_ops: set[Var] = set()  # captured by the function itself
        self.remade: set[Var] = set()  # that are other arrays, with the same entries, when the function runs again
        self.errors: list[Frozen] = []  # what was refused, in case the function caught it
        self.draws: list[Any] = []  # what was drawn anew
        self.drawn_from: list[Any] = []  # and the generators
        self.given_draws: list[Any] | None = None  # of an earlier recording, when this one is compared with it
        self.normal = np.geterr()

    # What the engine tells: see Watch, Primitive.__call__ and sweep.

    def switched(self, yes: Any) -> Any:
        return self if yes else Paused(self)

    def given(self, op: Any, inputs: tuple, primals: list[Any]) -> tuple[list[Any], Any]:
        if not self.depth:
            self.label, self.user, self.sweeping = op.name, users_line(), False
        arrays = [self.read(x) if isinstance(x, Value) else p for x, p in zip(inputs, primals, strict=True)]
        return [self.taken(x) for x in arrays], self.whole(op.forward)

    def made(self, value: Value) -> None:
        op, node = value.primitive.name, value.array.node  # type: ignore[attr-defined]
        if node.base is None and not node.name:
            letter = LETTERS.get(op, "v") if node.shape else "loss"
            self.counts[letter] = n = self.counts.get(letter, 0) + 1
            node.name = f"{letter}{n}" if n > 1 or letter != "loss" else letter

    def visited(self, value: Value) -> None:
        self.label, self.sweeping = f"vjp of {value.primitive.name}", True

    def pulled(self, value: Value, k: int, g: Any) -> None:
        x = value.inputs[k]
        name = x.array.node.name if isinstance(x.array, Traced) else x.name
        if isinstance(g, Traced) and name and not g.node.name:
            g.node.name = f"d{name}"

    def rule(self, vjp: Any) -> Any:
        return self.whole(vjp)

    def depends(self, thing: Any, attribute: str) -> None:
        self.guards.append((thing, attribute, getattr(thing, attribute)))

    def refused(self, error: Frozen) -> None:
        """A value was wanted: an error, unless it is within an op, which is then called as it is."""
        if not self.depth:
            self.errors.append(error)

    def check(self, check: Any, arguments: tuple) -> None:
        call = self._call("check", check, tuple(self.taken(array_of(x)) for x in arguments), {})
        call.label, call.user = check.__name__.strip("_"), users_line()
        check(*mapped(call.args, concrete))
        if next(variables(call.args), None):
            self.calls.append(call)

    def anew(self, draw: Any, args: tuple, kwargs: dict[str, Any]) -> Any:
        if self.given_draws is None:
            drawn = self.call("draw", draw, args, kwargs)
            self.draws.append(drawn)
            self.drawn_from.append(getattr(draw, "__self__", None))
            return drawn
        call = self._call("draw", draw, args, kwargs)
        self.calls.append(call)
        return self._results(call, self.given_draws.pop(0).value, ())

    def read(self, value: Value) -> Any:
        if isinstance(value.array, StandIn):
            return value.array
        if id(value) not in self.tensors:
            node = Var(value.array, "tensor", value, name=value.name or "")
            self.tensors[id(value)] = value, node, Traced(self, node)
        return self.tensors[id(value)][2]

    def write(self, value: Value, new: Any) -> bool:
        if new.shape != value.shape:
            raise Frozen(f"a recorded program cannot give {describe(value)} another shape: {new.shape}")
        new = self.taken(new).astype(value.dtype)
        if isinstance(value.array, StandIn):
            value.array = new
        else:
            self.read(value).be(new.node)
        return True

    # The arguments, and what is there at the end.

    def arguments(self, args: tuple, names: Sequence[str]) -> tuple:
        """The arguments of a call, with Traced for arrays and floats."""
        return tuple(containers.mapped(self.argument, x, name) for x, name in zip(args, names, strict=True))

    def argument(self, name: str, x: Any) -> Any:
        """A leaf of the arguments."""
        if isinstance(x, Value):
            return type(x)(self.argument(name, x.array))
        if not isinstance(x, ndarray) and type(x) is not float:
            return x
        self.inputs.append(Var(x, "input", name=name))
        return Traced(self, self.inputs[-1])

    def store(self, memory: ndarray, x: Any, name: str, owner: Any = None) -> None:
        """From here on memory from outside holds x; `owner` is the tensor that it belongs to."""
        call = self._call("store", None, (x,), {})
        call.target, call.label = Var(memory, "store", owner), name
        self.calls.append(call)
        memory[...] = concrete(call.args[0])

    def snapshot(self, x: Any) -> Any:
        """A result of the function, as it is before an update: of a tensor or an array from outside a copy."""
        node = self.operand(x)
        if not isinstance(node, Var):
            if isinstance(node, int | float | bool | str | np.generic) or node is None:
                return node
            raise TypeError(f"a program returns arrays, numbers and containers of them, got {describe(x)}")
        now = Traced(self, node)
        return self.call("method", "copy", (now,), {"order": "K"}) if root(node).kind in ("tensor", "array") else now

    def finish(self) -> None:
        """Stores what became of tensors that were written to; tells constants from arrays that are read anew.

        An array that nobody else holds was made while recording, and one that is read-only does not change.
        """
        for tensor, node, now in self.tensors.values():
            if now.node is not node:
                self.store(tensor.array, now, node.name or "buffer", tensor)
        self.kept.clear()
        views = [v for call in self.calls for v in call.out if v.base is not None]
        held = Counter(id(memory(v.array)) for v in (*self.arrays.values(), *views))  # our references to an owner
        for v in self.arrays.values():
            whole = memory(v.array)
            alone = sys.getrefcount(whole) - 2 == held[id(whole)]  # without `whole` and the argument of it
            v.kind = "constant" if alone or v in self.remade or not whole.flags.writeable else "array"

    def doubtful(self) -> bool:
        """Has the function taken in an array that it may have made itself, and make otherwise the next time?"""
        return any(v in self.outside_ops or not _filled(v.array) for v in self.arrays.values())

    def compare(self, again: Recorder) -> None:
        """Raises Frozen if the function made other arrays, or numbers, when it ran again."""
        same = all(
            a.kind == b.kind and _literals(a) == _literals(b) for a, b in zip(self.calls, again.calls, strict=False)
        )
        pairs = list(zip(self.arrays.values(), again.arrays.values(), strict=False))
        if not same or any(a.array.tobytes() != b.array.tobytes() for a, b in pairs):
            raise Frozen(DIFFERS)
        for a, b in pairs:
            if place(a.array) != place(b.array):
                self.remade.add(a)  # by every call, and the same

    def close(self) -> None:
        """Forgets everything: values and calls refer to one another, and would wait for the collector."""
        for call in self.calls:
            for v in call.out:
                v.call = None
        self.tensors.clear()
        self.calls.clear()

    # What NumPy hands over.

    def taken(self, x: Any, name: str = "") -> Any:
        """An array from outside as one that the program reads anew in every run; anything else as it is."""
        if not isinstance(x, ndarray | Traced):
            return x
        node = self.operand(x)
        node.name = node.name or name
        return Traced(self, node)

    def operand(self, x: Any) -> Any:
        """What stands for x in a Call: a Var for an array, and x itself for a number or another constant."""
        if isinstance(x, Traced):
            return x.node
        if isinstance(x, Value):
            return self.read(x).node
        if not isinstance(x, ndarray):
            return x
        where = place(x)
        if where not in self.arrays:
            self.arrays[where] = Var(x, "array")
            self.kept.append(x)
            if not self.depth and not self.sweeping:
                self.outside_ops.add(self.arrays[where])
        return self.arrays[where]

    def whole(self, function: Any) -> Any:
        """The function; as one call of the program, if it needs the values of arrays."""

        def run(*args: Any, **kwargs: Any) -> Any:
            mark = len(self.calls)
            self.depth += 1
            try:
                return function(*map(self.taken, args), **kwargs)
            except Frozen:
                if any(isinstance(x, Value) for x in args):
                    raise  # a rule that records has no arrays to be called with
                del self.calls[mark:]
                return self.call("opaque", function, args, kwargs)
            finally:
                self.depth -= 1

        return run

    def call(self, kind: str, function: Any, args: tuple, kwargs: dict[str, Any], target: Any = None) -> Any:
        """Computes a call, and writes it down."""
        if target is not None:
            return self.change(kind, function, target, args, kwargs)
        call = self._call(kind, function, args, kwargs)
        given = map(_number, call.args) if kind == "python" else mapped(call.args, concrete)
        now = (lambda x, *a, **k: getattr(np.asarray(x), function)(*a, **k)) if kind == "method" else function
        result = now(*given, **mapped(call.kwargs, concrete))
        by_values = kind == "function" and (function in BY_VALUES or (function is np.where and len(args) == 1))
        if by_values or (kind == "getitem" and self._masks(args[1])):
            error = Frozen("the shape of this result depends on values, and a program is for fixed shapes: write "
                           "where(mask, x, 0) for x[mask]")  # fmt: skip
            self.refused(error)
            raise error
        self.calls.append(call)
        return self._results(call, result, ())

    def _masks(self, index: Any) -> bool:
        """Is there a recorded array of booleans in an index?"""
        return any(isinstance(x, Traced) and x.dtype == bool for x in (index if isinstance(index, tuple) else (index,)))

    def _call(self, kind: str, function: Any, args: tuple, kwargs: dict[str, Any]) -> Call:
        call = Call(kind, function, mapped(args, self.operand), mapped(kwargs, self.operand))
        if not self.depth and not self.sweeping and kind not in ("check", "store"):
            self.label, self.user = getattr(function, "__name__", str(function)), users_line()
        call.label, call.phase, call.user = self.label, self.phase, self.user
        if np.geterr() != self.normal:
            call.errors = {name: str(how) for name, how in np.geterr().items()}
        return call

    def _results(self, call: Call, result: Any, path: tuple) -> Any:
        if isinstance(result, tuple | list):
            items = [self._results(call, x, (*path, i)) for i, x in enumerate(result)]
            return type(result)(*items) if hasattr(result, "_fields") else type(result)(items)
        if not isinstance(
            result, ndarray | np.generic | (float | int if call.kind in ("python", "opaque") else ndarray)
        ):
            raise Frozen(f"{call.label or call.function} gives {describe(result)}, which a program would freeze")
        array = result if type(result) is float and call.kind == "python" else np.asarray(result)
        whole = memory(array) if isinstance(array, ndarray) else array
        base = next((v for v in call.inputs() if type(v.array) is ndarray and memory(concrete(v)) is whole), None)
        node = Var(array, "result", base=base)
        node.call, node.path = call, path
        node.number = isinstance(result, np.generic) or (call.kind == "opaque" and not isinstance(result, ndarray))
        call.out.append(node)
        if base is not None:
            self.viewed.add(base)
        traced = Traced(self, node)
        _release(node, call)
        return traced

    def change(self, kind: str, function: Any, target: Any, args: tuple, kwargs: Any = None) -> Any:
        """A call that writes into an array: from then on that array is another value of the program."""
        if not isinstance(target, Traced):
            raise Frozen("a recorded array cannot be written into an array from outside the program: make a new one")
        old = target.node
        handle = any(target is now for _, _, now in self.tensors.values())  # t.data itself
        if old.base is not None or old in self.viewed or (old.kind in ("input", "tensor", "array") and not handle):
            raise Frozen("writing into an array that others see too is not recorded: make a new one")
        if kind == "ufunc" and "where" not in (kwargs or {}):  # of what was there nothing remains
            new = self.call(kind, function, args, kwargs or {})
            if alike(new.node, old.array):
                target.be(new.node)
                return target
            self.calls.pop()
        call = self._call(kind, function, args, kwargs or {})
        call.target = old
        array = concrete(old).copy(order="K")
        given, named = mapped(call.args, concrete), mapped(call.kwargs, concrete)
        if kind in ("setitem", "at"):
            (function.at if kind == "at" else function)(array, *given)
        else:
            function(*given, out=array, **named)
        self.calls.append(call)
        node = Var(array, "result")
        node.call = call
        call.out.append(node)
        target.be(node)
        _release(node, call)
        return target

    def function(self, function: Any, args: tuple, kwargs: dict[str, Any]) -> Any:
        """A NumPy function with a Traced among its arguments."""
        if function in SHAPE_ONLY:
            return function(*mapped(args, _example), **mapped(kwargs, _example))
        traced = any(isinstance(x, Traced) for x in (*args[1:], *(x for name, x in kwargs.items() if name != "like")))
        if function in FILLED and not traced:
            kwargs = {name: _example(x) for name, x in kwargs.items() if name != "like"}
            return Traced(self, Var(function(*mapped(args, _example), **kwargs), "constant"))
        if function in METHODS and args and isinstance(args[0], Traced):
            return getattr(args[0], METHODS[function])(*args[1:], **kwargs)
        others = {name: x for name, x in kwargs.items() if name != "out"}
        return self.call("function", function, args, others, kwargs.get("out"))


class Paused(Watch):
    """The recorder within no_grad(): no graph is made, but the program goes on."""

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder
        self.given, self.read, self.write = recorder.given, recorder.read, recorder.write  # type: ignore[method-assign]
        self.check, self.depends, self.anew = recorder.check, recorder.depends, recorder.anew  # type: ignore[method-assign]

    def __bool__(self) -> bool:
        return False

    def switched(self, yes: Any) -> Any:
        return self.recorder.switched(yes)


def _filled(array: ndarray) -> bool:
    """Is an array made of one number, or an arange or eye: nothing that could be random?"""
    if array.size < 2 or array.dtype.kind not in "fiub" or (array == array.flat[0]).all():
        return True
    if array.ndim == 2 and array.shape[0] == array.shape[1] and np.array_equal(array, np.eye(len(array))):
        return True
    return array.dtype.kind in "iu" and bool((np.diff(array.ravel(), 2) == 0).all())


def _literals(call: Call) -> Any:
    """The numbers in the arguments of a call."""
    return repr(mapped((call.args, call.kwargs), lambda x: x if isinstance(x, float | int | np.generic) else 0))


def _release(v: Var, call: Call) -> None:
    """Has a result forget its entries, unless it may turn out to be a constant, or shows memory from outside."""
    differs = any(root(x).kind in ("input", "tensor") or x.shown is not None for x in call.inputs())
    if differs and v.shape and root(v).kind == "result":
        v.forget()


def _number(x: Any) -> Any:
    """An operand of Python's arithmetic, as it is when the program runs."""
    x = concrete(x)
    return x[()] if isinstance(x, ndarray) else x


def _example(x: Any) -> Any:
    return x.value if isinstance(x, Traced) else x
