"""What an op is: a NumPy forward, and under it one local rule per input.

    @elementwise
    def multiply(a, b):
        return a * b

    multiply.defvjp(lambda g, out, a, b: g * b,
                    lambda g, out, a, b: g * a)

A rule is a vjp: from the cotangent g of the output, the output, the inputs and the static parameters it returns the
cotangent of its input.  It reads nothing else and changes nothing.  It is written with operators, with methods that
ndarray and Tensor share, and with other primitives.  Handed arrays it computes; handed Values it records, so that it
can be differentiated again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial, update_wrapper
from itertools import count
from typing import Any, TypeAlias

import numpy as np

from autograd.graph import Value, plain, recording, tick

Array: TypeAlias = Any  # an ndarray, a Python number or a Tensor: a rule is written once for all three
Rule: TypeAlias = Callable[..., Array] | None

new = object.__new__
RAW = {np.ndarray, type(None)}
NUMBERS = {int, float, bool, *(np.dtype(code).type for code in "?bhilqBHILQefdg")}
registry: list[Primitive] = []  # every op there is, in order of declaration


class Primitive:
    """A differentiable function of arrays: positional arguments are its inputs, keyword-only ones are static."""

    def __init__(self, face: Callable[..., Any], forward: Callable[..., Any], broadcasts: bool, composition: Any):
        update_wrapper(self, face)  # so that help(), doctest and editors see the function that was written
        code = face.__code__
        variadic = bool(code.co_flags & 0x04)
        self.name = face.__name__.strip("_")  # _concatenate works for the public concatenate, and shows as such
        self.forward = forward
        self.broadcasts = broadcasts  # elementwise: inputs broadcast, and the sweep sums their cotangents back
        self.composition = composition  # of a fused op: the same in terms of other primitives
        self.selects: tuple[Any, ...] | None = None  # of an op that picks entries: where it picked from each input
        self.names = code.co_varnames[: code.co_argcount]
        self.static = dict.fromkeys(code.co_varnames[code.co_argcount :][: code.co_kwonlyargcount]).keys()
        self.required = len(self.names) - len(face.__defaults__ or ())
        self.arity: float = float("inf") if variadic else len(self.names)
        self.taken = RAW | NUMBERS if broadcasts else RAW  # what the forward can be handed as it is
        self.vjps: Iterable[Rule] = Each(self.missing)
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
        raise TypeError(f"{self.name} has no derivative yet: declare one with {self.name}.defvjp(...)")

    def __call__(self, *inputs: Any, **params: Any) -> Any:
        if not self.required <= len(inputs) <= self.arity or (params and not params.keys() <= self.static):
            inputs, params = self.bind(inputs, params)
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
        if type(out) is not np.ndarray:
            out = np.asarray(out)
        if out.dtype.kind != "f":
            needed = False
            plain(out)  # refuses what is not real
        for a in primals:
            if a is out:
                out = out.view()  # the flag below is for the output alone
        out.setflags(False)  # write=False: what a rule will read must not change
        value = new(cls)  # not cls(out): this is the hot path of every model
        value.array, value.order, value.grad, value.name = out, tick(), None, None
        if needed and recording():
            value.requires_grad = True
            value.primitive, value.inputs, value.primals, value.params = self, inputs, tuple(primals), params
        else:
            value.requires_grad = False
            value.primitive, value.inputs, value.primals, value.params = None, (), (), {}
        return value

    def bind(self, inputs: tuple[Any, ...], params: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Sorts arguments given NumPy's way, `sum(x, 0)` or `maximum(x1=a, x2=b)`, into inputs and parameters."""
        fits = int(min(self.arity, len(inputs)))
        surplus, inputs = inputs[fits:], inputs[:fits]
        params = dict(zip(self.static, surplus, strict=False)) | params
        while len(inputs) < len(self.names) and self.names[len(inputs)] in params:
            inputs = (*inputs, params.pop(self.names[len(inputs)]))
        unknown = params.keys() - self.static
        if unknown or len(surplus) > len(self.static) or len(inputs) < self.required:
            got = ", ".join([*map(describe, inputs + surplus), *(f"{k}={describe(v)}" for k, v in params.items())])
            raise TypeError(f"{self.name} takes {', '.join([*self.names, *self.static])}; got {self.name}({got})")
        return inputs, params

    def __repr__(self) -> str:
        return f"<primitive {self.name}>"


class Each:
    """The rules of a variadic op, one for as many inputs as there are."""

    def __init__(self, vjp: Callable[..., Array]) -> None:
        self.vjp = vjp

    def __iter__(self) -> Iterator[Rule]:
        return (partial(self.vjp, i) for i in count())


def primitive(face: Callable[..., Any] | None = None, *, forward: Any = None) -> Any:
    """Declares an op: `@primitive` over its forward, `.defvjp` under it.

    With `forward=np.exp` that function computes, and the one below gives the name, the arguments and the docstring.
    """
    return _declared(face, forward)


def elementwise(face: Callable[..., Any] | None = None, *, forward: Any = None) -> Any:
    """Declares an op whose inputs broadcast; the sweep sums each cotangent back to the shape of its input."""
    return _declared(face, forward, broadcasts=True)


def fused(composition: Callable[..., Any]) -> Any:
    """Declares an op that does at once what `composition` does with other primitives: one node, one rule, less work."""
    return _declared(None, None, composition=composition)


def _declared(face: Any, forward: Any, broadcasts: bool = False, composition: Any = None) -> Any:
    if face is None:
        return lambda face: Primitive(face, forward or face, broadcasts, composition)
    return Primitive(face, forward or face, broadcasts, composition)


def describe(x: Any) -> str:
    """An argument, as an error message names it: W1 float32(3, 4)."""
    if isinstance(x, Value):
        return f"{x.name} {describe(x.array)}" if x.name else describe(x.array)
    return f"{x.dtype}{x.shape}" if hasattr(x, "shape") else repr(x)
