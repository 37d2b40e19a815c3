"""Memory for time: a function whose inner results are forgotten, and computed again when backward needs them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd.arguments import function_of
from autograd.backprop import sweep
from autograd.containers import filled, leaves, mapped
from autograd.functional import Function, in_graph, named, variable
from autograd.graph import Value, tick
from autograd.ops.elementwise import multiply
from autograd.primitive import Array, Primitive
from autograd.recording import recorded, recording, redrawn
from autograd.tensor import Tensor


def checkpoint(f: Function) -> Function:
    """f with its inner results forgotten: backward computes them again, which trades time for memory.

    Arguments and results are whatever f takes and returns; a model's parameters, and other Tensors that f uses without
    being given them, receive their gradients too.  Each result is an op of its own, and is computed again once, with
    what autograd.anew drew at first; what f writes to, such as running statistics, it then writes to again.

    Raises RuntimeError if it is not the same then: what f uses must not change between forward and backward.

    >>> x = Tensor(2.0, requires_grad=True)
    >>> checkpoint(lambda x: x**3)(x).backward()
    >>> print(x.grad)
    12.0
    """
    function_of("checkpoint: f", f)
    name = f"checkpoint({getattr(f, '__name__', 'f')})"

    def forgetful(*args: Any, **kwargs: Any) -> Any:
        if not recording():
            return f(*args, **kwargs)
        call = mapped(lambda path, x: x, (args, kwargs))  # in containers that nobody changes
        given = leaves(call)
        tensors = [x for x in given if in_graph(x)]
        constant = [None if in_graph(x) else [x] for x in given]

        drawn: list[Any] = []  # by autograd.anew, and the same every time

        def at(xs: Sequence[Any], again: bool = True) -> Any:
            source = iter(xs)
            again_args, again_kwargs = filled(call, (next(source) if x is None else x[0] for x in constant))
            with redrawn(drawn, again):
                return f(*again_args, **again_kwargs)

        start = tick()
        results = at([variable(x) for x in tensors], again=False)
        used = _from_outside(results, start, tensors)
        outs = leaves(results)
        kept = [out.array.copy() if in_graph(out) else None for out in outs]

        def op(j: int) -> Any:
            """The result with number j."""
            last: tuple[Any, list[Any]] = None, []  # a cotangent, and what it pulls back to every input

            def result(*xs: Array) -> Any:
                value, kept[j] = kept[j], None  # known from the first time
                return leaves(at([Tensor(x) for x in xs[: len(tensors)]]))[j].array.copy() if value is None else value

            def rule(i: int, g: Array, out: Array, *xs: Array) -> Array:
                nonlocal last
                cotangent, pulled = last
                if cotangent is not g:  # computed again for the first input, and that serves the others too
                    with recorded(True):
                        nodes = [Tensor(getattr(x, "array", x), requires_grad=True) for x in xs[: len(tensors)]]
                        now = tick()  # what is older is for the sweep around this one to go through, and once
                        again = leaves(at(nodes))[j]
                        _same(name, getattr(out, "array", out), again.array)
                        swept = sweep(again, g, isinstance(g, Value), leaves_before=now)
                        found = {x.order: gx for x, gx in swept}
                        pulled = [found[x.order] if x.order in found else _zeros(x, g) for x in (*nodes, *used)]
                        for node, x in zip(nodes, xs, strict=False):
                            _joined(node, x)
                last = (g, pulled) if i < len(xs) - 1 else (None, [])
                return pulled[i]

            made = Primitive(result)
            made.name = name
            made.defvjp_each(rule)
            return made(*tensors, *used)

        return filled(results, [op(j) if in_graph(out) else out for j, out in enumerate(outs)])

    return named("checkpoint", f, forgetful)


def _same(name: str, out: Any, again: Any) -> None:
    if type(out) is type(again) is np.ndarray and not np.array_equal(out, again, equal_nan=True):
        raise RuntimeError(
            f"{name} gave another result when it was run again for its gradient: what it uses was changed since, or it "
            "draws random numbers in another way than by autograd.anew"
        )


def _zeros(x: Value, g: Array) -> Array:
    zeros = np.zeros_like(x.array)
    return Tensor(zeros) if isinstance(g, Value) else zeros


def _joined(node: Value, x: Array) -> None:
    """Puts x behind a node that was a leaf, so that the sweep above ended there and later ones go on."""
    if isinstance(x, Value):
        same = multiply(x, 1)
        node.primitive, node.inputs, node.primals, node.params = same.primitive, same.inputs, same.primals, same.params


def _from_outside(results: Any, start: int, given: list[Value]) -> list[Value]:
    """The Tensors made before `start` that results were made from, other than those that are given."""
    known = {id(x) for x in given}
    found, todo, seen = [], [x for x in leaves(results) if in_graph(x)], set()
    while todo:
        x = todo.pop()
        if id(x) in seen or not (isinstance(x, Value) and x.requires_grad):
            continue
        seen.add(id(x))
        if x.order > start and x.primitive:
            todo.extend(x.inputs)
        elif x.order < start and id(x) not in known:
            found.append(x)
    return sorted(found, key=lambda x: x.order)
