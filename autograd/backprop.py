"""The reverse sweep: from a result back to what it was made of.

Each value receives its cotangent, the gradient of the result with respect to it, as the sum of what its consumers
send back.  Of the values whose cotangent is waiting, the newest is always visited next.  Nothing is made before its
own inputs, so by then all of its consumers have been visited and the sum is complete: no recursion, no sorting, and
the same order on every run.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from heapq import heappop, heappush
from typing import Any

import numpy as np

from autograd.graph import Value, plain, recorded
from autograd.primitive import Array, Rule, describe
from autograd.selection import where


def sweep(
    root: Value, cotangent: Array, create_graph: bool = False, everything: bool = False, oldest: float = -1
) -> Iterator[tuple[Value, Array]]:
    """Pulls `cotangent` back from `root`, and yields (value, cotangent) for every leaf, or for every value.

    With `create_graph` the rules run on Values, and the cotangents can themselves be differentiated.  Values older
    than `oldest` are left alone.
    """
    waiting = {root.order: cotangent}  # the cotangents so far, by the number of the value they belong to
    newest_first = [(-root.order, root)]  # a heap
    summed = set()  # whose cotangent is a sum made here, so that more may be added in place
    masks: dict[int, Array] = {}  # of some cotangents: which entries exist at all; the others are structural zeros
    while newest_first:
        value = heappop(newest_first)[1]
        order, op, inputs = value.order, value.primitive, value.inputs
        g = waiting.pop(order)
        mask = masks.pop(order, None) if masks else None
        if everything or op is None:
            yield value, g
            if op is None:
                continue
        out, arguments = (value, inputs) if create_graph else (value.array, value.primals)
        for k, (vjp, x) in enumerate(zip(op.vjps, inputs)):  # noqa: B905 (an optional last input may be absent)
            if not isinstance(x, Value):
                continue
            key = x.order
            if key > order:
                raise RuntimeError(
                    f"{describe(x)} was changed after {op.name} had used it, so the gradient would not be that of the "
                    "value computed: call backward() before changing it, or compute the result again"
                )
            if vjp is None or not x.requires_grad or key < oldest:
                continue
            live = None
            try:
                if mask is None and op.selects is None:
                    gx = vjp(g, out, *arguments, **value.params)
                else:
                    gx, live = masked(vjp, g, mask, value, k, out, arguments)
                if gx.shape != x.array.shape or gx.dtype != x.array.dtype:
                    gx, live = fit(gx, live, value, k)
            except Exception as error:
                error.add_note(f"in the vjp of {op.name}({', '.join(map(describe, inputs))}) for argument {k}")
                raise
            if key not in waiting:
                waiting[key] = gx
                heappush(newest_first, (-key, x))
                if live is not None:
                    masks[key] = live
                continue
            if key in summed:
                waiting[key] += gx
            else:
                waiting[key] = waiting[key] + gx
                if not create_graph:
                    summed.add(key)
            if key in masks:  # an entry of a sum exists where it does in any term
                other = masks.pop(key)
                if live is not None:
                    masks[key] = other | live


def masked(
    vjp: Rule, g: Array, mask: Array | None, value: Value, k: int, out: Array, arguments: Sequence[Any]
) -> tuple[Array, Array | None]:
    """The cotangent of input k where masks are in play, with exact zeros where no entry exists, and its own mask."""
    op = value.primitive
    with np.errstate(all="ignore"):  # what is not selected may overflow or be NaN, and is not used
        gx = vjp(g, out, *arguments, **value.params)  # type: ignore[misc]
    if mask is not None:
        if not op.broadcasts or gx.shape != mask.shape:
            mask = None  # only elementwise ops keep entries in their place
        else:
            gx = where(mask, gx, 0)
    if op.selects and value.inputs[k].primitive:
        chosen = np.broadcast_to(op.selects[k](*value.primals, **value.params), gx.shape)
        mask = chosen if mask is None else mask & chosen
    return gx, mask


def fit(g: Array, mask: Array | None, value: Value, k: int) -> tuple[Array, Array | None]:
    """The cotangent g in the shape and dtype of input k: summed over what broadcasting repeated, or an error."""
    op, x = value.primitive, value.inputs[k].array
    if op.broadcasts and g.shape != x.shape and len(g.shape) >= x.ndim:
        g = unbroadcast(g, x.shape)
        mask = None if mask is None else unbroadcast(mask, x.shape) > 0
    if g.shape != x.shape:
        raise ValueError(
            f"{op.name}: expected its vjp for argument {k} to return shape {x.shape}, that of the argument; got {g.shape}"
        )
    return g if g.dtype == x.dtype else g.astype(x.dtype), mask


def unbroadcast(g: Array, shape: tuple[int, ...]) -> Array:
    """Sums g over the axes along which broadcasting repeated an array of this shape."""
    lead = len(g.shape) - len(shape)
    axes = tuple(range(lead)) + tuple(lead + i for i, n in enumerate(shape) if n == 1 != g.shape[lead + i])
    return g.sum(axis=axes, keepdims=True).reshape(shape)


def seed(root: Value, cotangent: Any) -> Array:
    """The cotangent that a sweep starts from: one, for a single number."""
    if not root.requires_grad:
        raise ValueError(
            "nothing here requires a gradient: this value was made from tensors without requires_grad=True, "
            "from plain arrays, or under no_grad()"
        )
    if cotangent is None:
        if root.array.size != 1:
            raise ValueError(
                f"gradients start from a single number, but this value has shape {root.array.shape}: "
                "sum or average it first, or give a cotangent of that shape"
            )
        return np.ones_like(root.array)
    if not isinstance(cotangent, Value):
        cotangent = plain(cotangent, root.array.dtype)
    if cotangent.shape != root.array.shape:
        raise ValueError(f"expected a cotangent of shape {root.array.shape}, that of the value; got {cotangent.shape}")
    return cotangent


def backward(root: Value, cotangent: Any = None, retain_grads: bool = False) -> None:
    """Adds to the .grad of every leaf under `root`; with `retain_grads`, of every value."""
    start = seed(root, cotangent.array if isinstance(cotangent, Value) else cotangent)
    shared = {id(memory(start))}
    for value, g in list(sweep(root, start, everything=retain_grads)):  # all of it, or, if it fails, nothing
        value.grad = own(g, shared) if value.grad is None else np.asarray(value.grad + g)


def gradients(output: Value, inputs: Sequence[Value], cotangent: Any = None, create_graph: bool = False) -> list[Any]:
    """The gradients of `output` with respect to `inputs`, on the graph that is recorded; no .grad is touched.

    output      a Tensor of any shape; `inputs`: a Tensor or a list of Tensors, leaves or not
    cotangent   where the sweep starts: of output's shape, 1 for a single number
    returns     a list of arrays of the inputs' shapes; with `create_graph`, of Tensors to differentiate again.
                What output does not depend on has gradient 0.
    raises      ValueError if output or an input does not require a gradient, or a cotangent does not fit

    >>> from autograd import Tensor, gradients
    >>> x = Tensor(2.0, requires_grad=True)
    >>> (slope,) = gradients(x**3, [x], create_graph=True)
    >>> (curvature,) = gradients(slope, [x])
    >>> slope.item(), curvature.item()
    (12.0, 12.0)
    """
    wanted = [inputs] if isinstance(inputs, Value) else list(inputs)
    for x in wanted:
        if not (isinstance(x, Value) and x.requires_grad):
            raise ValueError(f"expected inputs that require gradients; got {describe(x)}")
    start = seed(output, cotangent)
    if create_graph:
        start = start if isinstance(start, Value) else type(output)(start)
    elif isinstance(start, Value):
        start = start.array
    orders = {x.order for x in wanted}
    with recorded(create_graph):
        swept = sweep(output, start, create_graph, everything=True, oldest=min(orders, default=0))
        found = {value.order: g for value, g in swept if value.order in orders}
    if create_graph:
        return [found.get(x.order, type(x)(np.zeros_like(x.array))) for x in wanted]
    shared = {id(memory(start))}
    return [own(found[x.order], shared) if x.order in found else np.zeros_like(x.array) for x in wanted]


def own(g: Array, shared: set[int]) -> np.ndarray:
    """An ndarray with the entries of g and memory that nobody else holds; `shared` collects what was given away.

    A rule is linear in g, so what it returns is new, or g itself, or a view of one of these: a copy is needed only
    for memory that was given away before, and for views of a part, or of less, spread out by broadcasting.
    """
    whole = memory(g)
    if type(g) is not np.ndarray or id(whole) in shared or not g.flags.writeable or whole.size != g.size:
        g = whole = np.array(g)
    shared.add(id(whole))
    return g


def memory(g: Array) -> Array:
    """The array that owns the memory of g."""
    return g if getattr(g, "base", None) is None else g.base
