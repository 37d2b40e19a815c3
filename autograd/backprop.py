"""The reverse sweep: from a result back to what it was made of.

Each value receives its cotangent, the gradient of the result with respect to it, as the sum of what its consumers
send back.  Of the values whose cotangent is waiting, the newest is always visited next.  Nothing is made before its
own inputs, so by then all of its consumers have been visited and the sum is complete: no recursion, no sorting, and
the same order on every run.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from heapq import heappop, heappush
from typing import Any

import numpy as np
from numpy import ndarray

from autograd.arguments import explained, flag
from autograd.arrays import plain
from autograd.errors import call, describe, no_array, slip
from autograd.graph import Value
from autograd.memory import accumulate, memory, outdated, own
from autograd.primitive import Array
from autograd.recording import recorded, watching
from autograd.selection import keep


def sweep(root: Value, cotangent: Array, create_graph: bool = False, everything: bool = False, *,
          skip_before: int = 0, leaves_before: int = 0) -> Iterator[tuple[Value, Array]]:  # fmt: skip
    """Pulls `cotangent` back from `root`, and yields (leaf, cotangent) for every leaf, when all sums are complete.

    everything      yields what ops made as well, each as it is visited
    create_graph    runs the rules on Values: the cotangents can then be differentiated themselves
    skip_before     goes back no further than to the value with this number
    leaves_before   what has a lower number is a leaf, whatever made it
    """
    waiting: dict[int, Any] = {root.order: (cotangent, None)}  # by number: the sum so far, the mask of its entries
    leaves = [root] if root.primitive is None or root.order < leaves_before else []  # nothing is to be visited there
    newest_first = [] if leaves else [(-root.order, root)]  # a heap of what ops made
    watch = watching()
    summed = set()  # whose cotangent is a sum made here, so that more may be added in place
    visit = 0
    while newest_first:
        visit += 1
        value: Any = heappop(newest_first)[1]
        order, op = value.order, value.primitive
        g, mask = waiting.pop(order)
        if everything:
            yield value, g
        if watch:
            watch.visited(value, g)
        if create_graph:  # arrays become Values too: array.dot(tensor) would pass our ops by
            arguments = (g, value, *(type(value)(x) if type(x) is ndarray else x for x in value.inputs))
        else:
            arguments = (g, value.array, *value.primals)
        vjps, params, plainly = op.vjps, value.params, mask is None and not op.selects and not watch
        for k, x in enumerate(value.inputs):
            if not isinstance(x, Value):
                continue
            key, array = x.order, x.array
            if key > order or (array.base is not None and outdated(x) is not None):
                raise changed(value, k, visit)
            vjp, gx_mask = vjps[k], None
            if vjp is None or not x.requires_grad or key < skip_before:
                continue
            try:
                if plainly:  # here and not in a function: the call would take a quarter of a small sweep's time
                    gx = vjp(*arguments, **params)
                else:
                    gx, gx_mask = masked(watch.rule(vjp) if watch else vjp, arguments, mask, value, k)
                if gx.shape != array.shape or gx.dtype is not array.dtype:
                    gx, gx_mask = fitted_to_input(gx, gx_mask, value, k)
                if watch:
                    watch.pulled(value, k, gx)
            except Exception as error:
                error = located(error, value, k, visit)
                raise error
            if key in waiting:
                total, total_mask = waiting[key]
                if key in summed:
                    total += gx
                else:
                    total = total + gx
                    if not create_graph:
                        summed.add(key)
                both = gx_mask is not None and total_mask is not None
                waiting[key] = total, gx_mask | total_mask if both else None  # a sum has every entry that a term has
                if watch:
                    watch.added(value, k, total)
                continue
            waiting[key] = gx, gx_mask
            if x.primitive is None or key < leaves_before:
                leaves.append(x)
            else:
                heappush(newest_first, (-key, x))
    for leaf in leaves:
        yield leaf, waiting.pop(leaf.order)[0]


def changed(value: Value, k: int, visit: int) -> RuntimeError:
    """The error where the input k of a value is no longer what the op had used."""
    x, op = value.inputs[k], value.primitive.name
    x = x if x.order > value.order else outdated(x)
    return RuntimeError(f"{describe(x)} was changed after {op} (visit {visit}) had used it, and the gradient would be "
                        "of neither value: call backward() before the change, or compute the result again")  # fmt: skip


def located(error: Exception, value: Value, k: int, visit: int) -> Exception:
    """The error of a rule, with a note of the visit and of the call that the rule is of."""
    op = value.primitive
    error = no_array(error, op.name, k)
    error.add_note(f"in visit {visit}, the vjp of {call(op.name, value.inputs, value.params, op.defaults)} for "
                   f"argument {k}; autograd.debug() tells the line")  # fmt: skip
    return error


def masked(vjp: Any, arguments: Sequence[Any], mask: Any, value: Value, k: int) -> tuple[Array, Array | None]:
    """The cotangent of input k where masks are in play, with exact zeros where no entry exists, and its own mask."""
    op = value.primitive
    quiet = np.errstate(all="ignore") if mask is not None or op.selects else nullcontext()
    with quiet:  # what is not selected may overflow or be NaN, and is not used
        gx = vjp(*arguments, **value.params)
    if mask is not None and hasattr(gx, "shape"):
        if op.moves:
            mask = vjp(mask.astype(float), *arguments[1:], **value.params) > 0  # the mask goes where the entries go
        elif op.broadcasts and gx.shape == mask.shape:
            gx = keep(gx, mask)
        else:
            mask = None  # from here on the zeros are plain ones
    chosen = op.selects[k] if op.selects and value.inputs[k].primitive else None  # a leaf needs no mask
    if chosen:
        picked = np.broadcast_to(chosen(*value.primals, **value.params), gx.shape)
        mask = picked if mask is None else mask & picked
    return gx, mask


def fitted_to_input(g: Array, mask: Array | None, value: Value, k: int) -> tuple[Array, Array | None]:
    """The cotangent g in the shape and dtype of input k: summed over what broadcasting repeated, or an error."""
    op, x = value.primitive, value.inputs[k].array
    if x.dtype.kind != "f":
        raise TypeError(f"{op.name}: argument {k} requires a gradient, but it is {x.dtype}: only floating arrays can")
    if op.broadcasts and g.shape != x.shape and g.ndim >= x.ndim:
        g, mask = unbroadcast(g, x.shape), None if mask is None else unbroadcast(mask, x.shape) > 0
    if g.shape != x.shape:
        raise ValueError(f"{op.name}: expected its vjp for argument {k} to return shape {x.shape}, that of the "
                         f"argument; got {g.shape}{slip(g.shape, x.shape)}")  # fmt: skip
    return g if g.dtype == x.dtype else g.astype(x.dtype), mask


def unbroadcast(g: Array, shape: Sequence[int]) -> Array:
    """Sums g over the axes along which broadcasting repeated an array of this shape."""
    lead = g.ndim - len(shape)
    axes = tuple(range(lead)) + tuple(lead + i for i, n in enumerate(shape) if n == 1 != g.shape[lead + i])
    g = g.sum(axis=axes, keepdims=True)
    return g.reshape(g.shape[lead:])


def seed(root: Value, cotangent: Any) -> Array:
    """The cotangent that a sweep starts from: one, for a single number."""
    if not isinstance(root, Value):
        raise TypeError(f"gradients flow back: expected a Tensor to start from, got {describe(root)}")
    if not root.requires_grad:
        raise ValueError("nothing here requires a gradient: this value was made from tensors without "
                         "requires_grad=True, from plain arrays, or under no_grad()")  # fmt: skip
    if cotangent is None:
        if root.size != 1:
            raise ValueError(f"gradients start from a single number, but this value has shape {root.shape}: sum or "
                             "average it first; backward and gradients take a cotangent, too")  # fmt: skip
        return np.ones_like(root.array) if root.ndim else root.dtype.type(1)  # a scalar is faster
    cotangent = cotangent if isinstance(cotangent, Value) else plain(cotangent, "cotangent")
    if cotangent.dtype != root.dtype:
        cotangent = cotangent.astype(root.dtype)
    if cotangent.shape != root.shape:
        raise ValueError(f"expected a cotangent of the value's shape {root.shape}, got {cotangent.shape}")
    return cotangent


def backward(root: Value, cotangent: Any = None, retain_grads: bool = False) -> None:
    """Adds to the .grad of every leaf under `root`; with `retain_grads`, of every value."""
    start = seed(root, cotangent.array if isinstance(cotangent, Value) else cotangent)
    every = flag("retain_grads", retain_grads)
    accumulate(list(sweep(root, start, everything=every)), start)  # all of it or, if it fails, nothing


@explained
def gradients(output: Value, inputs: Sequence[Value], cotangent: Any = None, create_graph: bool = False) -> list[Any]:
    """The gradients of `output` with respect to `inputs`, on the graph that is recorded; no .grad is touched.

    output      a Tensor of any shape; `inputs`: a list of Tensors, leaves or not, that require gradients
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
    if not wanted:
        return []
    for x in wanted:
        if not (isinstance(x, Value) and x.requires_grad):
            raise ValueError(f"gradients: expected inputs that require gradients, got {describe(x)}")
    start = seed(output, cotangent)
    if create_graph and not isinstance(start, Value):
        start = type(output)(start)
    elif not create_graph and isinstance(start, Value):
        start = start.array
    orders = {x.order for x in wanted}
    oldest = min(orders) if all(x.primitive for x in wanted) else 0  # a leaf that was changed is older than it says
    with recorded(True) if create_graph else nullcontext():  # rules on arrays record nothing anyway
        swept = sweep(output, start, create_graph, True, skip_before=oldest)
        found = {value.order: g for value, g in swept if value.order in orders}
    if create_graph:  # one without a history is a leaf, and may be written to
        grads = [found[x.order] if x.order in found else np.zeros_like(x.array) for x in wanted]
        return [g if getattr(g, "requires_grad", False) else type(x)(g) for x, g in zip(wanted, grads, strict=True)]
    given = {id(memory(start))}
    return [own(found[x.order], given) if x.order in found else np.zeros_like(x.array) for x in wanted]
