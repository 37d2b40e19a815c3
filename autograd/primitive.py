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
from typing import Any, TypeAlias, overload

import numpy as np
from numpy import ndarray

from autograd.arguments import bind, describe, plain
from autograd.graph import Value, recording, tick

Array: TypeAlias = Any  # an ndarray, a Python number or a Tensor: a rule is written once for all three
Rule: TypeAlias = Callable[..., Array] | None

NUMBERS = {int, float, *(np.dtype(code).type for code in "?bhilqBHILQefdg")}
registry: list[Primitive] = []  # every op there is, in order of declaration
new = object.__new__


class Primitive:
    """A differentiable function of arrays: positional arguments are its inputs, keyword-only ones are static."""

    def __init__(self, face: Callable, forward: Callable, broadcasts: bool = False, composition: Any = None) -> None:
        update_wrapper(self, face)  # so that help(), doctest and editors see the function that was written
        code = face.__code__
        inputs, static = code.co_argcount, code.co_kwonlyargcount
        self.name = face.__name__.strip("_")  # _concatenate works for the public concatenate, and shows as such
        self.forward = forward
        self.broadcasts = broadcasts  # elementwise: inputs broadcast, and the sweep sums their cotangents back
        self.composition = composition  # of a fused op: the same in terms of other primitives
        self.selects: Sequence[Rule] = ()  # of an op that picks entries: where it picked from each input
        self.names = code.co_varnames[:inputs]
        self.static = dict.fromkeys(code.co_varnames[inputs : inputs + static]).keys()
        self.required = inputs - len(face.__defaults__ or ())
        self.arity: float = float("inf") if code.co_flags & 0x04 else inputs  # the flag of *inputs
        self.taken = {ndarray, type(None), *(NUMBERS if broadcasts else ())}  # what forward is handed as it is
        self.vjps: Sequence[Rule] | Each = Each(self.missing)
        registry.append(self)

    def defvjp(self, *vjps: Rule) -> None:
        """One rule per input, in order; None for an input through which no gradient flows (a label, an index)."""
        if len(vjps) != self.arity:
            raise TypeError(f"{self.name}.defvjp: expected a rule for each of {self.names}, got {len(vjps)}")
        self.vjps = vjps

    def defvjp_each(self, vjp: Callable[..., Array]) -> None:
        """One rule for all inputs of a variadic op: it is told first which input it is for."""
        self.vjps = Each(vjp)

    def missing(self, i: int, *_: Any, **__: Any) -> Array:
        raise TypeError(f"{self.name} has no derivative: declare one with {self.name}.defvjp(...)")

    def __call__(self, *inputs: Any, **params: Any) -> Any:
        if (len(inputs) != self.arity or params) and not self.fits(inputs, params):
            inputs, params = bind(self, inputs, params)
        primals, cls, needed, taken = [], None, False, self.taken
        for x in inputs:
            if isinstance(x, Value):
                primals.append(x.array)
                cls = type(x)
                if x.requires_grad:
                    needed = True
            elif type(x) in taken:
                primals.append(x)
            else:  # a list, say: start again with arrays
                return self(*(x if isinstance(x, Value) or type(x) in taken else plain(x) for x in inputs), **params)
        try:
            out = self.forward(*primals, **params)
        except Exception as error:
            error.add_note(f"in {self.name}({', '.join(map(describe, inputs))})")
            raise
        if cls is None:
            return out  # arrays in, arrays out
        if type(out) is not ndarray:
            out = np.asarray(out)
        if out.dtype.kind != "f":
            needed = False
            plain(out)  # refuses what is not real
        for x in primals:
            if x is out:
                out = out.view()  # the flag below is for the output alone
        out.setflags(write=False)  # what a rule will read must not change
        value = new(cls)  # not cls(out): this is the hot path of every model
        value.array, value.order, value.grad, value.name = out, tick(), None, None
        if needed and recording():
            value.requires_grad = True
            value.primitive, value.inputs, value.primals, value.params = self, inputs, tuple(primals), params
        else:
            value.requires_grad = False
            value.primitive, value.inputs, value.primals, value.params = None, (), (), {}
        return value

    def fits(self, inputs: tuple, params: dict[str, Any]) -> bool:
        return self.required <= len(inputs) <= self.arity and params.keys() <= self.static

    def __repr__(self) -> str:
        return f"<primitive {self.name}>"


class Each:
    """The rules of a variadic op: for each input, the one rule, told which input it is for."""

    def __init__(self, vjp: Callable[..., Array]) -> None:
        self.vjp = vjp

    def __getitem__(self, i: int) -> Rule:
        return partial(self.vjp, i)


@overload
def primitive(face: Callable) -> Primitive: ...
@overload
def primitive(*, forward: Callable) -> Callable[[Callable], Primitive]: ...
def primitive(face: Any = None, *, forward: Any = None) -> Any:
    """Declares an op: `@primitive` over its forward, `.defvjp` under it.

    With `forward=np.exp` that function computes, and the one below gives the name, the arguments and the docstring.
    """
    return _declare(face, forward)


@overload
def elementwise(face: Callable) -> Primitive: ...
@overload
def elementwise(*, forward: Callable) -> Callable[[Callable], Primitive]: ...
def elementwise(face: Any = None, *, forward: Any = None) -> Any:
    """Declares an op whose inputs broadcast; the sweep sums each cotangent back to the shape of its input."""
    return _declare(face, forward, broadcasts=True)


def fused(composition: Callable) -> Callable[[Callable], Primitive]:
    """Declares an op that does at once what `composition` does with other primitives: one node, one rule, less work."""
    return partial(_declare, composition=composition)


def _declare(face: Any, forward: Any = None, **kind: Any) -> Any:
    if face is None:
        return partial(_declare, forward=forward, **kind)
    return Primitive(face, forward or face, **kind)
