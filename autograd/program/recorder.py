"""The recorder: computes what a function asks for, and keeps the list of calls that the function consists of."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from functools import partial
from itertools import islice, zip_longest
from typing import Any

import numpy as np
from numpy import ndarray

from autograd import containers
from autograd.arrays import StandIn
from autograd.debug import checksum, users_line
from autograd.errors import describe
from autograd.graph import Value, array_of
from autograd.memory import memory
from autograd.program.calls import Call, Var, alike, concrete, mapped, place, root, variables
from autograd.program.known import BY_VALUES, FILLED, FIXED, METHODS, SHAPE_ONLY, SIZED, TAKES_ARRAYS, WRITE
from autograd.program.reach import generators, state
from autograd.program.traced import Frozen, Traced
from autograd.recording import Watch, Watched

LETTERS = {"linear": "z", "conv": "z", "matmul": "z", "dot": "z"} | dict.fromkeys(
    ("tanh", "sigmoid", "relu", "leaky_relu", "softplus", "swish", "elu", "selu", "gelu", "mish", "hard_tanh",
     "softmax", "log_softmax", "log_sigmoid"), "a")  # fmt: skip


DIFFERS = (
    "f makes something that differs from call to call{where}, by random numbers, a counter or the time perhaps, and "
    "the program would freeze it: hand it in as an argument, or make it by autograd.anew(rng.normal, size=3)"
)


class Recorder(Watch):
    """A program as it grows, and what it was given."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.inputs: list[Var] = []
        self.numbers: dict[str, Var] = {}  # that the step takes besides, if it uses them
        self.arrays: dict[tuple, Var] = {}  # from outside, by where they lie
        self.tensors: dict[int, tuple[Value, Var, Traced]] = {}  # from outside: as they were, and as they are now
        self.guards: list[tuple[Any, str, Any]] = []  # (object, attribute, value) for which the program is right
        self.watched: dict[int, Watched] = {}  # modules and optimizers, of which it depends on every attribute
        self.contents: list[tuple[Any, list[Any]]] = []  # of lists and dicts, likewise
        self.label, self.phase, self.user = "", "forward", ""
        self.depth, self.sweeping = 0, False  # how deep within ops and rules; and whether between the rules of a sweep
        self.counts: dict[str, int] = {}  # of names given
        self.viewed: set[Var] = set()
        self.sums: dict[Var, int] = {}  # checksums of arrays that f and its ops take in, as they were then
        self.given_tensors: list[Value] = []
        self.remade: set[Var] = set()  # that are other arrays, with the same entries, when the function runs again
        self.errors: list[Frozen] = []  # what was refused, in case the function caught it
        self.draws: list[Any] = []  # what was drawn anew
        self.drawn_from: dict[int, tuple[Any, Any]] = {}  # generators that it was drawn from, and their states before
        self.given_draws: list[Any] | None = None  # of an earlier recording, which this one is to be like
        self.normal = np.geterr()

    # What the engine tells: see Watch, Primitive.__call__ and sweep.

    def switched(self, yes: Any) -> Any:
        return self if yes else Paused(self)

    def given(self, op: Any, inputs: tuple, primals: list[Any]) -> tuple[list[Any], Any]:
        if not self.depth and self.phase != "update":
            self.label, self.user, self.sweeping = op.name, users_line(), False
        arrays = [self.read(x) if isinstance(x, Value) else p for x, p in zip(inputs, primals, strict=True)]
        return [self.taken(x) for x in arrays], self.whole(op.forward)

    def made(self, value: Value) -> None:
        op, node = value.primitive.name, value.array.node  # type: ignore[attr-defined]
        if node.base is None and not node.name:
            letter = LETTERS.get(op, "v") if node.shape else "loss"
            self.counts[letter] = n = self.counts.get(letter, 0) + 1
            node.name = f"{letter}{n}" if n > 1 or letter != "loss" else letter

    def visited(self, value: Value, g: Any) -> None:
        self.label, self.sweeping = f"vjp of {value.primitive.name}", True

    def pulled(self, value: Value, k: int, g: Any) -> None:
        x = value.inputs[k]
        name = x.array.node.name if isinstance(x.array, Traced) else x.name
        if isinstance(g, Traced) and name and not g.node.name:
            g.node.name = f"d{name}"

    def rule(self, vjp: Any) -> Any:
        return self.whole(vjp)

    def depends(self, thing: Any, attribute: str | None = None) -> None:
        if attribute is None:
            self.watched[id(thing)] = thing
        for name in thing.watched() if attribute is None else (attribute,):
            value = getattr(thing, name)
            self.guards.append((thing, name, value))
            self.holds(value)

    def holds(self, container: Any) -> None:
        """The program depends on what lists and dicts hold, as they are now."""
        if isinstance(container, list | tuple | dict):
            items = entries(container)
            if not isinstance(container, tuple):
                self.contents.append((container, items))
            for x in items:
                self.holds(x)

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
            for x in generators((draw, args, kwargs)):
                self.drawn_from.setdefault(id(x), (x, state(x)))
            self.draws.append(self.call("draw", draw, args, kwargs))
            return self.draws[-1]
        if not self.given_draws:
            raise Frozen(DIFFERS.format(where=""))
        call = self._call("draw", draw, args, kwargs)
        self.calls.append(call)
        return self._results(call, mapped(self.given_draws.pop(0), _example), ())

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
        if any(value is x for x in self.given_tensors):
            raise Frozen(f"f writes to its argument {describe(value)}: hand in an array, and return what becomes of it")
        new = _laid_out(self.taken(new), value)
        if isinstance(value.array, StandIn):
            value.array = new
        elif new is not self.read(value):
            self.tensors[id(value)] = (
                *self.tensors[id(value)][:2],
                Traced(self, new.node),
            )  # who has the old data keeps it
        return True

    # The arguments, and what is there at the end.

    def arguments(self, args: tuple, names: Sequence[str]) -> tuple:
        """The arguments of a call, with Traced for arrays and floats."""
        return tuple(containers.mapped(self.argument, x, name) for x, name in zip(args, names, strict=True))

    def argument(self, name: str, x: Any) -> Any:
        """A leaf of the arguments."""
        if isinstance(x, Value):
            self.given_tensors.append(type(x)(self.argument(name, x.array)))
            return self.given_tensors[-1]
        if not is_input(x):
            return x
        node = Var(np.asarray(x) if isinstance(x, np.generic) else x, "input", name=name)
        node.number = isinstance(x, np.generic)
        self.inputs.append(node)
        return Traced(self, node)

    def takes(self, name: str, x: float) -> Traced:
        """A number that the step takes besides the arguments."""
        self.numbers[name] = Var(x, "input", name=name)
        return Traced(self, self.numbers[name])

    def store(self, memory: ndarray, x: Any, name: str, owner: Any = None) -> None:
        """From here on memory from outside holds x; `owner` is the tensor that it belongs to."""
        call = self._call("store", None, (x,), {})
        call.target, call.label = Var(memory, "store", owner), name
        self.calls.append(call)
        memory[...] = concrete(call.args[0])

    def snapshot(self, x: Any) -> Any:
        """A result of the function, as it is before an update: of what is from outside a copy."""
        node = self.operand(x)
        if not isinstance(node, Var):
            if isinstance(node, int | float | bool | str | np.generic) or node is None:
                return node
            raise TypeError(f"a program returns arrays, numbers and containers of them, got {describe(x)}")
        now = Traced(self, node)
        return (
            self.call("method", "copy", (now,), {"order": "K"})
            if type(node.array) is ndarray and root(node).kind != "result"
            else now
        )

    def finish(self) -> None:
        """Stores what became of tensors that were written to; tells constants from arrays that are read anew.

        An array that nobody else holds was made while recording, and one that is read-only does not change.
        """
        for tensor, node, now in self.tensors.values():
            if now.node is not node:
                self.store(tensor.array, now, node.name or "buffer", tensor)
        views = [v for call in self.calls for v in call.out if v.base is not None]
        held = Counter(id(memory(v.array)) for v in (*self.arrays.values(), *views))  # our references to an owner
        for v in self.arrays.values():
            box = [memory(v.array)]
            alone = sys.getrefcount(box[0]) - 2 == held[id(box[0])]  # without the box and the argument of getrefcount
            alone &= v.array is box[0] or not v.array.flags.writeable or sys.getrefcount(v.array) == 2
            v.kind = "constant" if alone or v in self.remade or not box[0].flags.writeable else "array"

    def compare(self, trial: Recorder) -> None:
        """Raises Frozen if the function did something else, or took in other arrays, when it ran before."""
        for a, b in zip_longest(self.calls, trial.calls):
            if a is None or b is None or _described(a) != _described(b):
                at = a or b
                raise Frozen(DIFFERS.format(where=f", first in {at.label}" + (f" at {at.user}" if at.user else "")))
        if len(self.sums) != len(trial.sums):
            raise Frozen(DIFFERS.format(where=""))
        for a, b in zip(self.sums, trial.sums, strict=True):
            same_place = place(a.array) == place(b.array)
            if self.sums[a] != trial.sums[b]:
                what = "changes an array from outside, which a program would do only once: write to a Tensor's data"
                raise Frozen(f"f {what}" if same_place else DIFFERS.format(where=""))
            if not same_place:
                self.remade.add(a)  # by every call, and the same

    def unchanged(self, start: int = 0) -> None:
        """Raises Frozen if an array was changed after it was used, as the program would see only what it is then."""
        if any(checksum(v.array) != known for v, known in islice(self.sums.items(), start, None)):
            raise Frozen("f uses an array, and changes it afterwards, which a program would not see: make a new "
                         "one for every use, as by w = w.copy()")  # fmt: skip

    def close(self) -> None:
        """Forgets everything: what refers to one another would wait for the collector."""
        self.forget()
        self.tensors.clear()
        self.arrays.clear()
        self.sums.clear()
        self.errors.clear()

    def forget(self, since: int = 0) -> None:
        """Takes back the calls from a number on."""
        for call in self.calls[since:]:
            for v in call.out:
                v.call = None
        del self.calls[since:]

    # What NumPy hands over.

    def taken(self, x: Any, name: str = "") -> Any:
        """An array from outside as one that the program reads anew in every run; anything else as it is."""
        if not isinstance(x, ndarray | Traced):
            return x
        traced = x if type(x) is Traced else Traced(self, self.operand(x))
        traced.node.name = traced.node.name or name
        return traced

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
            if self.phase != "update":
                self.sums[self.arrays[where]] = checksum(x)
        return self.arrays[where]

    def whole(self, function: Any) -> Any:
        """The function; as one call of the program, if it needs the values of arrays."""

        def run(*args: Any, **kwargs: Any) -> Any:
            mark, summed = len(self.calls), len(self.sums)
            self.depth += 1
            try:
                result = function(*map(self.taken, args), **kwargs)
                self.unchanged(summed)
                return result
            except Frozen:
                if any(isinstance(x, Value) for x in args):
                    raise  # a rule that records has no arrays to be called with
                self.forget(mark)
                self.sums = dict(list(self.sums.items())[:summed])
                return self.call("opaque", function, args, kwargs)
            finally:
                self.depth -= 1

        return run

    def call(self, kind: str, function: Any, args: tuple, kwargs: dict[str, Any], target: Any = None) -> Any:
        """Computes a call, and writes it down."""
        if target is not None:
            return self.change(kind, function, target, args, kwargs)
        call = self._call(kind, function, args, kwargs)
        given = mapped(call.args, concrete)
        now = (lambda x, *a, **k: getattr(np.asarray(x), function)(*a, **k)) if kind == "method" else function
        if kind == "getitem" and self._masks(args[1]):
            self.by_values()
        result = now(*given, **mapped(call.kwargs, concrete))
        self.calls.append(call)
        return self._results(call, result, ())

    def by_values(self) -> None:
        error = Frozen("the shape of this result depends on values, and a program is for fixed shapes: write "
                       "where(mask, x, 0) for x[mask]")  # fmt: skip
        self.refused(error)
        raise error

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
        numbers = call.kind in ("python", "opaque", "draw")
        if not isinstance(result, ndarray | np.generic | (float | int if numbers else ndarray)):
            raise Frozen(f"{call.label or call.function} gives {describe(result)}, which a program would freeze")
        array = result if type(result) is float and call.kind in ("python", "draw") else np.asarray(result)
        if isinstance(array, ndarray) and array.dtype.kind not in "fiub":
            raise Frozen(f"{call.label or call.function} gives {array.dtype}, and a program computes with real numbers")
        whole = memory(array) if isinstance(array, ndarray) else array
        mine = () if call.kind == "opaque" else call.inputs()  # what such a function returns is its own affair: copied
        base = next((v for v in mine if type(v.array) is ndarray and memory(concrete(v)) is whole), None)
        node = Var(array, "result", base=base)
        node.call, node.path = call, path
        node.number = isinstance(result, np.generic) or (numbers and type(result) is int) or (
            call.kind == "opaque" and not isinstance(result, ndarray))  # fmt: skip
        call.out.append(node)
        if base is not None:
            self.viewed.add(base)
        traced = Traced(self, node)
        self.release(node, call)
        return traced

    def release(self, v: Var, call: Call) -> None:
        """Has a result forget its entries, unless it may turn out to be a constant, or shows memory from outside."""
        differs = any(root(x).kind in ("input", "tensor") or x.shown is not None for x in call.inputs())
        if differs and v.shape and root(v).kind == "result":
            v.forget()

    def change(self, kind: str, function: Any, target: Any, args: tuple, kwargs: Any = None) -> Any:
        """A call that writes into an array: from then on that array is another value of the program."""
        if isinstance(target, tuple):
            raise Frozen("a call that writes into several arrays is not recorded: leave out= away")
        if not isinstance(target, Traced):
            raise Frozen("a recorded array cannot be written into an array from outside the program: make a new one")
        old = target.node
        outside = old.kind in ("input", "tensor", "array")
        if outside and any(target is now for _, _, now in self.tensors.values()):  # t.data itself
            outside = False
        if old.base is not None or old in self.viewed or outside:
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
        self.release(node, call)
        return target

    def method(self, name: str, args: tuple, kwargs: dict[str, Any]) -> Any:
        """A method of an array, the first of the arguments."""
        sized = name not in TAKES_ARRAYS and any(isinstance(x, Traced | ndarray) for x in _leaves((args[1:], kwargs)))
        return (
            self.call("opaque", getattr(np, name), args, kwargs) if sized else self.call("method", name, args, kwargs)
        )

    def function(self, function: Any, args: tuple, kwargs: dict[str, Any]) -> Any:
        """A NumPy function with a Traced among its arguments."""
        if function in SHAPE_ONLY:
            return function(*mapped(args, _example), **mapped(kwargs, _example))
        if function in WRITE or (function is np.nan_to_num and not kwargs.get("copy", (*args, True)[1])):
            raise Frozen(f"np.{function.__name__} writes into an array: write y[index] = x, or make a new one")
        others = [*args[1:], *(x for name, x in kwargs.items() if name != "like")]
        traced = any(isinstance(x, Traced) for x in others)
        if function in FILLED and not traced:
            kwargs = {name: _example(x) for name, x in kwargs.items() if name != "like"}
            return Traced(self, Var(function(*mapped(args, _example), **kwargs), "constant"))
        if function in METHODS and args and isinstance(args[0], Traced):
            return getattr(args[0], METHODS[function])(*args[1:], **kwargs)
        if function in BY_VALUES or (function is np.where and len(args) == 1):
            self.by_values()
        fixed = function in FIXED or (
            function in SIZED and not any(isinstance(x, Traced | ndarray) for x in _leaves(others))
        )
        target = kwargs.get("out")
        named = {name: x for name, x in kwargs.items() if name != "out"}
        return self.call("function" if fixed or target is not None else "opaque", function, args, named, target)


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


def _laid_out(new: Any, value: Value) -> Any:
    """New data of a tensor in its dtype and memory layout, which it keeps."""
    order = np.argsort([-abs(s) for s in value.array.strides], kind="stable").tolist()
    if order == sorted(order):
        return new.astype(value.dtype, order="C")
    return new.transpose(order).astype(value.dtype, order="C").transpose(np.argsort(order).tolist())


def entries(container: Any) -> list[Any]:
    """What a list holds, or the keys and the values of a dict."""
    return [*container, *container.values()] if isinstance(container, dict) else [*container]


def is_input(x: Any) -> bool:
    """Does an argument come anew in every run?  Other Python values are part of the signature."""
    return isinstance(x, ndarray | np.floating) or type(x) is float


def _leaves(tree: Any) -> list[Any]:
    """What is in the arguments of a call."""
    found: list[Any] = []
    mapped(tree, found.append)
    return found


def _described(call: Call) -> Any:
    """What a call does, but for the arrays that it is about: equal for two runs of one function."""
    literals = [
        x if isinstance(x, str | int | float | np.generic) else type(x) for x in _leaves((call.args, call.kwargs))
    ]
    return call.kind, _code(call.function), repr(literals), [(np.shape(v.array), v.path) for v in call.out]


def _code(function: Any) -> Any:
    """What tells a function from others, also where it is made anew by every call."""
    if isinstance(function, partial):
        return _code(function.func), repr(function.args)
    return getattr(function, "__code__", function)


def _example(x: Any) -> Any:
    return x.value if isinstance(x, Traced) else x
