"""What an op is: a NumPy forward, and under it one local rule per input.

    @elementwise
    def multiply(x1, x2):
        return x1 * x2

    multiply.defvjp(lambda g, out, x1, x2: g * x2,
                    lambda g, out, x1, x2: g * x1)

A rule is a vjp: from the cotangent g of the output, the output, the inputs and the static parameters it returns the
cotangent of its input.  It reads nothing else and changes nothing.  It is written with operators, with methods that
ndarray and Tensor share, and with other primitives.  Handed arrays it computes; handed Values it records, so that it
can be differentiated again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial, update_wrapper
from typing import Any, TypeAlias

import numpy as np
from numpy import ndarray

from autograd.arguments import Inputs, function_of
from autograd.arrays import Array as Array
from autograd.arrays import StandIn, gathered, plain
from autograd.graph import Value, tick
from autograd.recording import recording

Rule: TypeAlias = Callable[..., Array] | None

NUMBERS = {int, float, *(np.dtype(code).type for code in "?bhilqBHILQefdg")}
_new = object.__new__


class Primitive:
    """A differentiable function of arrays: positional arguments are its inputs, keyword-only ones are static."""

    def __init__(
        self, function: Any, forward: Any = None, broadcasts: bool = False, moves: bool = False, composition: Any = None
    ) -> None:
        self.arguments = Inputs(function)  # what it is declared to take: inputs, and static parameters
        self.name = self.arguments.op
        update_wrapper(self, function)  # so that help(), doctest and editors see the function that was written
        self.forward = forward or function
        self.broadcasts = broadcasts  # elementwise: inputs broadcast, and the sweep sums their cotangents back
        self.moves = moves  # entries only change place or are added: what is structurally zero stays so
        self.composition = composition  # of a fused op: the same in terms of other primitives
        self.selects: Sequence[Rule] = ()  # of an op that picks entries: where it picked from each input
        self.vjps: Sequence[Rule] | RuleForEach = RuleForEach(self.missing)
        self.names, self.arity = self.arguments.names, self.arguments.arity
        self.static, self.defaults = self.arguments.static, self.arguments.usual
        self.raw = {ndarray, *self.arguments.optional, *(NUMBERS if broadcasts else ())}  # what forward takes as it is

    def defvjp(self, *vjps: Rule) -> None:
        """One rule per input, in order; None for an input through which no gradient flows (a label, an index).

        A rule is a function of (g, out, *inputs, **params): the cotangent of the output, the output, all inputs and
        the static parameters.  It returns the cotangent of its input, an array of that input's shape.
        """
        if len(vjps) != self.arity:
            raise TypeError(f"{self.name}.defvjp: expected a rule for each of {self.names}, got {len(vjps)}")
        for vjp in vjps:
            self.arguments.judge(vjp)
        self.vjps = vjps

    def defvjp_each(self, vjp: Callable[..., Array]) -> None:
        """One rule for all inputs of a variadic op: (i, g, out, *inputs, **params), i the place of the input."""
        self.arguments.judge(vjp, 0)
        self.vjps = RuleForEach(vjp)

    def missing(self, i: int, *_: Any, **__: Any) -> Array:
        raise TypeError(f"{self.name} has no derivative: declare one with {self.name}.defvjp(...)")

    def __call__(self, *inputs: Any, **params: Any) -> Any:
        if len(inputs) != self.arity or (params and not params.keys() <= self.static):
            inputs, params = self.arguments.bind(inputs, params)
        if self.defaults:
            params = self.defaults | params
        primals: list[Any] = []
        cls, needed, raw, forward = None, False, self.raw, self.forward
        for x in inputs:
            if isinstance(x, Value):
                primals.append(x.array)
                cls = type(x)
                if x.requires_grad:
                    needed = True
            elif type(x) in raw or isinstance(x, StandIn):
                primals.append(x)
            else:  # a list, say: start again with arrays
                return self(*map(self.operand, inputs, self.arguments.places(inputs)), **params)
        watch = recording()
        if watch is not True and watch is not False:  # debug(), or the recorder of a program
            primals, forward = watch.given(self, inputs, primals)
        try:
            out = forward(*primals, **params)
            if cls is None:
                return out  # arrays in, arrays out
            if type(out) is not ndarray:
                if type(out) is tuple:
                    raise TypeError(f"an op returns one array, and this forward returned {len(out)}")
                out = plain(out, self.name)
            if out.dtype.kind != "f":
                needed = False
                plain(out, self.name)  # refuses what is not real
        except Exception as error:
            raise self.arguments.blamed(error, self.name, inputs, params)  # noqa: B904 (mostly the same error)
        for x in primals:
            if x is out:
                out = out.view()  # the flag below is for the output alone
        out.setflags(False)  # write=False, but quicker: what a rule will read must not change
        value = _new(cls)  # not cls(out): this is the hot path of every model
        value.array, value.order, value.grad, value.name = out, tick(), None, None
        if needed and watch:
            value.requires_grad = True
            value.primitive, value.inputs, value.primals, value.params = self, inputs, tuple(primals), params
            if watch is not True:
                watch.made(value)
        else:
            if out.base is not None:
                value.array = out.copy()  # a view would change with what it shows, and nobody would notice
                value.array.setflags(write=False)
            value.requires_grad = False
            value.primitive, value.inputs, value.primals, value.params = None, (), (), {}
        return value

    def operand(self, x: Any, place: str) -> Any:
        """What forward takes x for: a list with Tensors in it is stacked, any other an array."""
        return x if type(x) in self.raw or isinstance(x := gathered(x), Value) else plain(x, f"{self.name}: {place}")

    def __repr__(self) -> str:
        return f"<primitive {self.name}>"

    def __reduce__(self) -> str:  # copied and pickled by name, as functions are
        return str(vars(self)["__qualname__"])


class RuleForEach:
    """The rules of a variadic op: for each input the one rule, told which input it is for."""

    def __init__(self, vjp: Callable[..., Array]) -> None:
        self.vjp = vjp

    def __getitem__(self, i: int) -> Rule:
        return partial(self.vjp, i)


def primitive(function: Any = None, **kind: Any) -> Primitive:
    """Declares an op: `@primitive` over its forward, `.defvjp` under it.

    Positional arguments are its inputs; keyword-only ones, such as axis, are static.  For each input there is a rule,
    a function of (g, out, *inputs, **params), which returns the cotangent of that input, in its shape; or None.

    Where NumPy has the function, `@primitive(forward=np.sum)` lets that compute, and the def below it gives only the
    name, the arguments and the docstring.
    """
    if function is None:
        return partial(Primitive, **kind)  # type: ignore[return-value]  # a decorator, not yet an op
    return Primitive(function, **kind)


def elementwise(function: Any = None, **kind: Any) -> Primitive:
    """Declares an op whose inputs broadcast; the sweep sums each cotangent back to the shape of its input."""
    return primitive(function, broadcasts=True, **kind)


def fused(composition: Callable) -> Callable[[Callable], Primitive]:
    """Declares an op that does at once what `composition` does with other primitives: one node, one rule, less work."""
    return partial(Primitive, composition=function_of("fused: composition", composition))
