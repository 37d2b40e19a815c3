"""Derivatives of functions: grad, jacobian, hessian and their kin; arrays in, arrays out, nested for higher orders.

Each wraps the arguments that it differentiates in Tensors, calls the function, and sweeps back.  Inside another of
them it stays in the graph: what it returns are Tensors of the outer one, which can be differentiated again.  Every call
differentiates with respect to nodes of its own, so nested calls never mistake one another's variables.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterator, Sequence
from contextvars import ContextVar
from functools import wraps
from typing import Any

import numpy as np

from autograd.arguments import describe, plain
from autograd.backprop import gradients
from autograd.graph import Value, no_grad, recorded
from autograd.ops.elementwise import add
from autograd.ops.reduce import sum
from autograd.ops.shape import reshape, stack
from autograd.primitive import Array, Primitive
from autograd.tensor import Tensor

Function = Callable[..., Any]
Argnums = int | Sequence[int]

_depth: ContextVar[int] = ContextVar("depth", default=0)  # how many transforms are running around this call


def grad(f: Function, argnums: Argnums = 0) -> Function:
    """The gradient of f, a function to one number: a function of the same arguments.

    argnums   which argument to differentiate, or several, for a tuple of gradients; an argument may be an array, a
              number, or a list, tuple or dict of these, nested: the gradient then has the same structure
    raises    ValueError if f does not return a single number, TypeError for arguments that are not floating

    >>> print(grad(lambda x: x**3)(2.0), grad(grad(lambda x: x**3))(2.0))
    12.0 12.0
    """
    both = value_and_grad(f, argnums)
    return _named("grad", f, lambda *args, **kwargs: both(*args, **kwargs)[1])


def value_and_grad(f: Function, argnums: Argnums = 0) -> Function:
    """f and its gradient at once: a function that returns (value, gradient); as grad.

    >>> value, g = value_and_grad(lambda x: (x * x).sum())(np.array([1.0, 2.0]))
    >>> print(value, g)
    5.0 [2. 4.]
    """

    def both(*args: Any, **kwargs: Any) -> tuple[Any, Any]:
        run = _Differentiation("grad", f, args, kwargs, argnums)
        if run.out.size != 1:
            raise ValueError(
                f"grad needs a function that returns a single number; this one returned shape {run.out.shape}: "
                "sum it first, or use jacobian or elementwise_grad"
            )
        return run.result(run.out), run.pulled(None)

    return _named("value_and_grad", f, both)


def elementwise_grad(f: Function, argnums: Argnums = 0) -> Function:
    """The derivative of a function that acts on every entry by itself, entry by entry: that of the sum of its results.

    >>> print(elementwise_grad(lambda x: x**2)(np.array([1.0, 2.0, 3.0])))
    [2. 4. 6.]
    """

    def derivative(*args: Any, **kwargs: Any) -> Any:
        run = _Differentiation("elementwise_grad", f, args, kwargs, argnums)
        return run.pulled(np.ones(run.out.shape))

    return _named("elementwise_grad", f, derivative)


def vjp(f: Function, *args: Any) -> tuple[Any, Function]:
    """The value of f at args and its pullback: from a cotangent g of the value to gᵀ J, a tuple with one per argument.

    >>> value, pullback = vjp(lambda x, y: x * y, 3.0, 4.0)
    >>> print(value, *pullback(1.0))
    12.0 4.0 3.0
    """
    run = _Differentiation("vjp", f, args, {}, tuple(range(len(args))))
    return run.result(run.out), run.pulled


def jvp(f: Function, primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
    """The value of f and its derivative J v along the tangents v: the vjp of the vjp, which is linear in the cotangent.

    primals, tangents   as many, and each tangent of its primal's shape

    >>> value, slope = jvp(lambda x: x**3, (2.0,), (1.0,))
    >>> print(value, slope)
    8.0 12.0
    """
    if len(primals) != len(tangents):
        raise ValueError(f"jvp: expected a tangent for each of {len(primals)} primals, got {len(tangents)}")
    run = _Differentiation("jvp", f, tuple(primals), {}, tuple(range(len(primals))))
    directions, _ = _flatten(tuple(tangents))
    for node, v in zip(run.nodes, directions, strict=True):
        if np.shape(v) != node.shape:
            raise ValueError(f"jvp: expected a tangent of shape {node.shape}, that of its primal; got {np.shape(v)}")
    u = Tensor(np.zeros(run.out.shape, run.out.dtype), requires_grad=True)  # J v is the derivative by u of uᵀ J v
    with recorded(True):
        if not run.out.requires_grad:
            return run.result(run.out), run.result(Tensor(np.zeros_like(run.out.array)))
        pulled = gradients(run.out, run.nodes, u, create_graph=True)
        terms = [sum(g * v) for g, v in zip(pulled, directions, strict=True)]
        total = terms[0]
        for term in terms[1:]:
            total = add(total, term)
        if not total.requires_grad:
            return run.result(run.out), run.result(Tensor(np.zeros_like(run.out.array)))
        (slope,) = gradients(total, [u], create_graph=True)
    return run.result(run.out), run.result(slope)


def jacobian(f: Function, argnums: Argnums = 0) -> Function:
    """All derivatives of all results: J of shape (*result, *argument), by rows, or, where these are fewer, by columns.

    A row is one sweep with one entry of the result as its start; a column is the derivative of the sweep, which is
    linear in what it starts from.

    >>> print(jacobian(lambda x: x**2)(np.array([1.0, 2.0])))
    [[2. 0.]
     [0. 4.]]
    """

    def derivatives(*args: Any, **kwargs: Any) -> Any:
        run = _Differentiation("jacobian", f, args, kwargs, argnums)
        few = 2 * builtins.sum(node.size for node in run.nodes) < run.out.size
        return run.rebuild(_columns(run) if few else _rows(run))

    return _named("jacobian", f, derivatives)


def _rows(run: _Differentiation) -> list[Any]:
    shape, dtype = run.out.shape, run.out.dtype
    rows = [_flatten(run.pulled(e))[0] for e in _units(shape, dtype)]
    if not rows:
        return [np.zeros((*shape, *node.shape), node.dtype) for node in run.nodes]
    return [reshape(stack(row), shape=(*shape, *row[0].shape)) for row in zip(*rows, strict=True)]


def _columns(run: _Differentiation) -> list[Any]:
    shape, dtype = run.out.shape, run.out.dtype
    zeros = [np.zeros((*shape, *node.shape), node.dtype) for node in run.nodes]
    if not run.out.requires_grad:
        return zeros
    start = Tensor(np.zeros(shape, dtype), requires_grad=True)
    found = []
    for node, pulled, zero in zip(
        run.nodes, gradients(run.out, run.nodes, start, create_graph=True), zeros, strict=True
    ):
        if not pulled.requires_grad or not node.size:
            found.append(zero)
            continue
        columns = [gradients(pulled, [start], e, create_graph=run.inner)[0] for e in _units(node.shape, node.dtype)]
        found.append(reshape(stack(columns, -1), shape=(*shape, *node.shape)))
    return found


def _units(shape: tuple[int, ...], dtype: Any) -> Iterator[np.ndarray]:
    """Arrays that are 1 at one entry and 0 elsewhere, for every entry in turn."""
    for i in np.ndindex(shape):
        e = np.zeros(shape, dtype)
        e[i] = 1
        yield e


def hessian(f: Function, argnums: int = 0) -> Function:
    """The second derivatives of a function to one number: H of shape (*argument, *argument).

    >>> print(hessian(lambda x: (x**3).sum())(np.array([1.0, 2.0])))
    [[ 6.  0.]
     [ 0. 12.]]
    """
    return _named("hessian", f, jacobian(grad(f, argnums), argnums))


def hvp(f: Function, argnums: int = 0) -> Function:
    """The Hessian times a vector without the Hessian: hvp(f)(*args, v) is H v, v of the argument's shape.

    >>> print(hvp(lambda x: (x**3).sum())(np.array([1.0, 2.0]), np.array([1.0, 1.0])))
    [ 6. 12.]
    """

    def product(*args: Any, **kwargs: Any) -> Any:
        *args, v = args  # type: ignore[assignment]

        def along(*inner: Any, **kwargs: Any) -> Any:
            pieces, _ = _flatten(grad(f, argnums)(*inner, **kwargs))
            directions, _ = _flatten(v)
            total: Any = 0.0
            for g, d in zip(pieces, directions, strict=True):
                if np.shape(g) != np.shape(d):
                    raise ValueError(
                        f"hvp: expected a vector of shape {np.shape(g)}, that of the argument; got {np.shape(d)}"
                    )
                total = add(total, sum(g * d))
            return total

        return grad(along, argnums)(*args, **kwargs)

    return _named("hvp", f, product)


def checkpoint(f: Function) -> Function:
    """f with its inner results forgotten: backward computes them again, which trades time for memory.

    f takes and returns a Tensor each, or several Tensors and one; what it needs to differentiate must be among its
    arguments.

    >>> x = Tensor(2.0, requires_grad=True)
    >>> checkpoint(lambda x: x**3)(x).backward()
    >>> print(x.grad)
    12.0
    """

    def forgetful(*xs: Any) -> Any:
        with no_grad():
            return np.array(f(*map(Tensor, xs)).array)

    def rule(i: int, g: Array, out: Array, *xs: Array) -> Array:
        with recorded(True):
            nodes: list[Any] = [x * 1 if isinstance(x, Tensor) else Tensor(x, plain(x).dtype.kind == "f") for x in xs]
            return gradients(f(*nodes), [nodes[i]], g, create_graph=isinstance(g, Value))[0]

    op = Primitive(forgetful)
    op.name = f"checkpoint({getattr(f, '__name__', 'f')})"
    op.defvjp_each(rule)
    return op


class _Differentiation:
    """One call of f with some arguments as nodes of a graph, and the ways back from its result."""

    def __init__(self, name: str, f: Function, args: tuple, kwargs: dict[str, Any], argnums: Argnums) -> None:
        argnums = int(argnums) if isinstance(argnums, np.integer) else argnums
        self.single = not isinstance(argnums, tuple | list)
        places: list[Any] = [argnums] if self.single else list(argnums)  # type: ignore[arg-type]
        if len({p % len(args) for p in places if args and isinstance(p, int)}) < len(places) and args:
            raise ValueError(
                f"{name}: argnums {argnums} are to name each of {len(args)} arguments once, by whole numbers"
            )
        for place in places:
            if not isinstance(place, int) or not -len(args) <= place < len(args):
                raise ValueError(f"{name}: argnums {argnums} do not fit a call with {len(args)} arguments")
        leaves, self.structure = _flatten(tuple(args[p] for p in places))
        self.inner = bool(_depth.get()) or any(isinstance(x, Value) and x.requires_grad for x in leaves)
        given = list(args)
        token = _depth.set(_depth.get() + 1)
        try:
            with recorded(True):
                self.nodes = [_node(name, x) for x in leaves]
                for place, x in zip(places, _unflatten(self.structure, iter(self.nodes)), strict=True):
                    given[place] = x
                out = f(*given, **kwargs)
        finally:
            _depth.reset(token)
        if isinstance(out, tuple | list | dict):
            raise TypeError(
                f"{name} needs a function that returns one array, and this one returned a {type(out).__name__}"
            )
        self.out: Any = out if isinstance(out, Value) else Tensor(out)

    def pulled(self, cotangent: Any) -> Any:
        """What comes back to the arguments, in their structure."""
        if not self.out.requires_grad:  # the result does not depend on them
            return self.rebuild([np.zeros_like(node.array) for node in self.nodes])
        return self.rebuild(gradients(self.out, self.nodes, cotangent, create_graph=self.inner))

    def rebuild(self, leaves: list[Any]) -> Any:
        tree = _unflatten(self.structure, iter(leaves))
        return tree[0] if self.single else tree

    def result(self, value: Any) -> Any:
        """A Tensor for an outer differentiation, else an array."""
        return value if self.inner else np.array(value.array)


def _node(name: str, x: Any) -> Value:
    if isinstance(x, Tensor) and x.requires_grad:
        node: Value = x * 1  # one of its own, behind which is the graph of an outer call
        return node
    node = x if isinstance(x, Value) else Tensor(x)
    if node.dtype.kind != "f":
        raise TypeError(f"{name} needs floating arguments, got {describe(node)}: write 2.0 for 2")
    return Tensor(node.array, requires_grad=True)


def _flatten(tree: Any) -> tuple[list[Any], Any]:
    """The leaves of nested lists, tuples and dicts, and the same structure with places instead."""
    if isinstance(tree, dict):
        parts = {key: _flatten(x) for key, x in tree.items()}
        return [leaf for leaves, _ in parts.values() for leaf in leaves], {k: s for k, (_, s) in parts.items()}
    if isinstance(tree, list | tuple):
        flat = [_flatten(x) for x in tree]
        structure = [s for _, s in flat]
        kind = type(tree)
        built = kind(*structure) if hasattr(kind, "_fields") else kind(structure)
        return [leaf for leaves, _ in flat for leaf in leaves], built
    return [tree], None


def _unflatten(structure: Any, leaves: Iterator[Any]) -> Any:
    if isinstance(structure, dict):
        return {key: _unflatten(s, leaves) for key, s in structure.items()}
    if isinstance(structure, list | tuple):
        items = [_unflatten(s, leaves) for s in structure]
        return type(structure)(*items) if hasattr(structure, "_fields") else type(structure)(items)
    return next(leaves)


def _named(transform: str, f: Function, result: Function) -> Function:
    """The result, with the name and docstring of what it came from."""

    @wraps(f)
    def named(*args: Any, **kwargs: Any) -> Any:
        return result(*args, **kwargs)

    named.__name__ = f"{transform}({getattr(f, '__name__', 'f')})"
    return named
