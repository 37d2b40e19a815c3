"""Memory for time: a function whose inner results are forgotten, and computed again when backward needs them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd.containers import filled, leaves, mapped
from autograd.functional import Function, in_graph, named, pull, variable
from autograd.graph import Value, recorded
from autograd.primitive import Array, Primitive
from autograd.tensor import Tensor


def checkpoint(f: Function) -> Function:
    """f with its inner results forgotten: backward computes them again, which trades time for memory.

    Arguments and results are whatever f takes and returns.  Each result is an op of its own: f is computed again for
    every pair of a result and a Tensor among the arguments between which a gradient flows.

    raises   ValueError if f uses a Tensor that requires a gradient and is not among its arguments

    >>> x = Tensor(2.0, requires_grad=True)
    >>> checkpoint(lambda x: x**3)(x).backward()
    >>> print(x.grad)
    12.0
    """
    name = f"checkpoint({getattr(f, '__name__', 'f')})"

    def forgetful(*args: Any, **kwargs: Any) -> Any:
        call = mapped(lambda path, x: x, (args, kwargs))  # in containers that nobody changes
        given = leaves(call)
        tensors = [x for x in given if in_graph(x)]
        if not tensors:
            return f(*args, **kwargs)
        constant = [None if in_graph(x) else [x] for x in given]

        def at(xs: Sequence[Any]) -> Any:
            source = iter(xs)
            again_args, again_kwargs = filled(call, (next(source) if x is None else x[0] for x in constant))
            return f(*again_args, **again_kwargs)

        def op(j: int, known: Any) -> Primitive:
            """The result with number j; its forward computes it, except for the first time, when it is known."""

            def result(*xs: Array) -> Any:
                return np.array(known.pop() if known else leaves(at([Tensor(x) for x in xs]))[j].array)

            def rule(i: int, g: Array, out: Array, *xs: Array) -> Array:
                with recorded(True):
                    nodes = [variable(x) for x in xs]
                    return pull([leaves(at(nodes))[j]], [nodes[i]], [g], isinstance(g, Value))[0]

            made = Primitive(result)
            made.name = name
            made.defvjp_each(rule)
            return made

        results = at([Tensor(x.array) for x in tensors])  # of what does not require a gradient nothing is recorded
        if in_graph(results):
            raise ValueError(
                f"{name}: the function uses a Tensor that requires a gradient and is not among its arguments, and that "
                "gradient would be lost: make it an argument"
            )
        outs = leaves(results)
        return filled(results, (
            op(j, [out.array])(*tensors) if isinstance(out, Value) else out for j, out in enumerate(outs)
        ))  # fmt: skip

    return named("checkpoint", f, forgetful)
