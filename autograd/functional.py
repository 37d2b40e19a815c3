"""Derivatives of functions: grad, jacobian, hessian and their kin; arrays in, arrays out, nested for higher orders.

Arguments and results are arrays, numbers, or nested lists, tuples and dicts of these, and derivatives are nested alike.

Each transform wraps the arguments that it differentiates in Tensors, calls the function, and sweeps back.  Inside
another of them, or when a Tensor that requires a gradient is handed in, it stays in the graph: what it returns are
Tensors, which can be differentiated again.  Every call differentiates with respect to nodes of its own, so nested calls
never mistake one another's variables.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterator, Sequence
from contextvars import ContextVar
from functools import partial, reduce, update_wrapper
from inspect import signature
from typing import Any

import numpy as np

from autograd.arguments import explained, flag, function_of
from autograd.arrays import StandIn, plain
from autograd.backprop import gradients
from autograd.containers import filled, leaves, mapped, matched, shown
from autograd.errors import describe
from autograd.graph import Value
from autograd.ops.elementwise import add
from autograd.ops.reduce import sum
from autograd.ops.shape import concatenate, reshape, stack
from autograd.recording import recorded
from autograd.tensor import Tensor

Function = Callable[..., Any]
Argnums = int | Sequence[int]

_depth: ContextVar[int] = ContextVar("depth", default=0)  # how many transforms are running around this call


def grad(f: Function, argnums: Argnums = 0, has_aux: bool = False) -> Function:
    """The gradient of f, a function to one number: a function of the same arguments.

    argnums   which argument to differentiate, or several, for a tuple of gradients; the gradient is nested as the
              argument is, with None where that has None
    has_aux   f returns (number, anything else), and its gradient (gradient, anything else)
    raises    ValueError if f does not return a single number, TypeError for arguments that are not floating

    >>> print(grad(lambda x: x**3)(2.0), grad(grad(lambda x: x**3))(2.0))
    12.0 12.0
    """
    judge("grad", f, argnums, has_aux)
    both = value_and_grad(f, argnums, has_aux)

    def gradient(*args: Any, **kwargs: Any) -> Any:
        value, g = both(*args, **kwargs)
        return (g, value[1]) if has_aux else g

    return named("grad", f, gradient)


def value_and_grad(f: Function, argnums: Argnums = 0, has_aux: bool = False) -> Function:
    """f and its gradient at once: a function that returns (value, gradient), with aux ((value, aux), gradient).

    >>> value, g = value_and_grad(lambda x: (x * x).sum())(np.array([1.0, 2.0]))
    >>> print(value, g)
    5.0 [2. 4.]
    >>> (value, aux), g = value_and_grad(lambda x: (x**2, "squared"), has_aux=True)(3.0)
    >>> print(value, aux, g)
    9.0 squared 6.0
    """

    judge("value_and_grad", f, argnums, has_aux)

    def both(*args: Any, **kwargs: Any) -> tuple[Any, Any]:
        run = _Call("grad", f, args, kwargs, argnums, has_aux)
        if not isinstance(run.results, Value) or run.results.size != 1:
            raise ValueError(
                f"grad needs a function that returns a single number; this one returned {shown(run.results)}: sum it "
                "first, use jacobian or elementwise_grad, or, for results beside the number, has_aux=True"
            )
        value, g = run.returned(run.results), run.back([None])
        return ((value, run.returned(run.aux)) if has_aux else value), g

    return named("value_and_grad", f, both)


def elementwise_grad(f: Function, argnums: Argnums = 0) -> Function:
    """The derivative of a function that acts on every entry by itself, entry by entry: that of the sum of its results.

    >>> print(elementwise_grad(lambda x: x**2)(np.array([1.0, 2.0, 3.0])))
    [2. 4. 6.]
    """

    judge("elementwise_grad", f, argnums)

    def derivative(*args: Any, **kwargs: Any) -> Any:
        run = _Call("elementwise_grad", f, args, kwargs, argnums)
        return run.pulled(mapped(lambda path, out: np.ones(out.shape), run.results))

    return named("elementwise_grad", f, derivative)


@explained
def vjp(f: Function, *args: Any, **kwargs: Any) -> tuple[Any, Function]:
    """The value of f and its pullback: from a cotangent g, nested as the value is, to gᵀ J, a tuple with one per arg.

    >>> value, pullback = vjp(lambda x, y: {"product": x * y, "sum": x + y}, 3.0, 4.0)
    >>> print(*pullback({"product": 1.0, "sum": 0.0}))
    4.0 3.0
    """
    run = _Call("vjp", function_of("vjp: f", f), args, kwargs, range(len(args)))
    return run.returned(run.results), run.pulled


@explained
def jvp(f: Function, primals: Sequence[Any], tangents: Sequence[Any], **kwargs: Any) -> tuple[Any, Any]:
    """The value of f(*primals, **kwargs) and its derivative J v along the tangents v, nested as the value is.

    It is the vjp of the vjp, which is linear in the cotangent u: J v is the derivative by u of uᵀ J v.

    tangents   nested as the primals are, with arrays of their shapes
    raises     ValueError if they are not

    >>> value, slope = jvp(lambda x: x**3, (2.0,), (1.0,))
    >>> print(value, slope)
    8.0 12.0
    """
    run = _Call("jvp", function_of("jvp: f", f), tuple(primals), kwargs, range(len(primals)))
    along = _directions("jvp", "a tangent", run.nodes, tangents)
    run.inner = run.inner or in_graph(along)
    outs = leaves(run.results)
    dtypes = [out.dtype if out.dtype.kind == "f" else float for out in outs]
    u = [Tensor(np.zeros(out.shape, dtype), requires_grad=True) for out, dtype in zip(outs, dtypes, strict=True)]
    total = _dot(pull(outs, leaves(run.nodes), u, create_graph=True), along)
    return run.returned(run.results), filled(run.results, pull([total], u, [1.0], run.inner))


def jacobian(f: Function, argnums: Argnums = 0) -> Function:
    """All derivatives of all results: J of shape (*result, *argument), by rows, or, where these are fewer, by columns.

    A row is one sweep with one entry of the result as its start; a column is the derivative of the sweep, which is
    linear in what it starts from.  Of nested results it is nested as they are, with what is nested as the argument in
    each place.

    >>> print(jacobian(lambda x: x**2)(np.array([1.0, 2.0])))
    [[2. 0.]
     [0. 4.]]
    >>> J = jacobian(lambda p: [p["a"] * p["b"]])({"a": 2.0, "b": 3.0})
    >>> print(J[0]["a"], J[0]["b"])
    3.0 2.0
    """

    judge("jacobian", f, argnums)

    def derivatives(*args: Any, **kwargs: Any) -> Any:
        run = _Call("jacobian", f, args, kwargs, argnums)
        nodes = leaves(run.nodes)

        def of(path: str, out: Value) -> Any:
            few = 2 * builtins.sum(node.size for node in nodes) < out.size
            return filled(run.nodes, (_columns if few else _rows)(out, nodes, run.inner))

        return mapped(of, run.results)

    return named("jacobian", f, derivatives)


def _rows(out: Value, nodes: list[Value], inner: bool) -> list[Any]:
    rows = [pull([out], nodes, [e], inner) for e in _units(out)] if out.requires_grad else []
    if not rows:
        return [np.zeros((*out.shape, *node.shape), node.dtype) for node in nodes]
    return [reshape(stack(row), shape=(*out.shape, *row[0].shape)) for row in zip(*rows, strict=True)]


def _columns(out: Value, nodes: list[Value], inner: bool) -> list[Any]:
    if not out.requires_grad:
        return _rows(out, nodes, inner)
    start = Tensor(np.zeros(out.shape, out.dtype), requires_grad=True)
    found = []
    for node, pulled in zip(nodes, pull([out], nodes, [start], create_graph=True), strict=True):
        columns = [pull([pulled], [start], [e], inner)[0] for e in _units(node)]
        whole = stack(columns, -1) if columns else np.zeros((*out.shape, 0))
        found.append(reshape(whole, shape=(*out.shape, *node.shape)).astype(node.dtype))
    return found


def _units(x: Value) -> Iterator[np.ndarray]:
    """Arrays like x that are 1 at one entry and 0 elsewhere, for every entry in turn."""
    for i in np.ndindex(x.shape):
        e = np.zeros(x.shape, x.dtype)
        e[i] = 1
        yield e


def hessian(f: Function, argnums: Argnums = 0) -> Function:
    """The second derivatives of a function to one number: H of shape (*argument, *argument).

    Of a nested argument it is nested as that, with what is nested as that in each place; so for several argnums.

    >>> print(hessian(lambda x: (x**3).sum())(np.array([1.0, 2.0])))
    [[ 6.  0.]
     [ 0. 12.]]
    """
    judge("hessian", f, argnums)
    return named("hessian", f, jacobian(grad(f, argnums), argnums))


def hvp(f: Function, argnums: Argnums = 0) -> Function:
    """The Hessian times a vector without the Hessian: hvp(f)(*args, v) is H v, with v nested as the argument is.

    For several argnums v is a tuple with one for each, and so is H v.

    >>> print(hvp(lambda x: (x**3).sum())(np.array([1.0, 2.0]), np.array([1.0, 1.0])))
    [ 6. 12.]
    """

    judge("hvp", f, argnums)

    def slope(*args: Any, vector: Any, given: dict[str, Any]) -> Any:
        g = grad(f, argnums)(*args, **given)
        return _dot(leaves(g), _directions("hvp", "a vector", g, vector))

    def product(*args: Any, **kwargs: Any) -> Any:
        if len(args) < 2 or _lacks(f, args[:-1], kwargs):
            raise TypeError(
                "hvp(f) takes the arguments of f, and after them the vector that the Hessian is multiplied with: "
                f"hvp(f)(*args, v); got {len(args)} arguments"
            )
        return grad(slope, argnums)(*args[:-1], vector=args[-1], given=kwargs)

    return named("hvp", f, product)


class _Call:
    """One call of f with some arguments as nodes of a graph, and the way back from its results."""

    nodes: Any  # the arguments differentiated, nested as they are
    results: Any  # what f returned, as Tensors, nested as it is
    aux: Any  # what f returned beside it
    inner: bool  # whether what is returned stays in the graph

    def __init__(
        self, name: str, f: Function, args: tuple, kwargs: dict[str, Any], argnums: Any, has_aux: bool = False
    ) -> None:
        single = isinstance(argnums, int | np.integer)
        places, n = [argnums] if single else list(argnums), len(args)
        fit = all(isinstance(p, int | np.integer) and -n <= p < n for p in places)
        if not fit or len({p % n for p in places}) < len(places):
            raise ValueError(
                f"{name}: expected argnums to be places among the {n} positional arguments, each named once; "
                f"got {argnums}"
            )

        def node(place: int, path: str, x: Any) -> Value:
            array: Any = x if isinstance(x, Value | StandIn) else np.asarray(x)
            if array.dtype.kind != "f":
                where = _argument(f, place % n) + path
                constant = "hand what is constant in as another argument" if path else "see argnums for another one"
                if array.dtype.kind not in "iub":
                    raise TypeError(f"{name} needs floating arguments, got {describe(x)} in {where}: {constant}")
                raise TypeError(
                    f"{name} needs floating arguments, got {describe(array)} in {where}: write 2.0 for 2"
                    + (f", or {constant}" if path else "")
                )
            return variable(x)

        self.name = name
        self.inner = bool(_depth.get()) or in_graph((args, kwargs))
        given = list(args)
        token = _depth.set(_depth.get() + 1)
        try:
            with recorded(True):
                nodes = [mapped(partial(node, p), args[p]) for p in places]
                for p, tree in zip(places, nodes, strict=True):
                    given[p] = filled(tree, leaves(tree))  # in containers that f may change
                out = f(*given, **kwargs)
        finally:
            _depth.reset(token)
        self.nodes = nodes[0] if single else tuple(nodes)
        if has_aux:
            if not isinstance(out, tuple) or len(out) != 2:
                raise TypeError(f"{name}: with has_aux=True expected f to return (value, aux), got {shown(out)}")
            out, self.aux = out
        if out is None:
            raise ValueError(f"{name}: {getattr(f, '__name__', 'f')} returned None: is a return missing?")
        self.results = mapped(lambda path, x: x if isinstance(x, Value) else Tensor(x), out)

    def returned(self, tree: Any) -> Any:
        """Tensors as they are for an outer differentiation, else as arrays."""
        return mapped(lambda path, x: x.array.copy(order="K") if isinstance(x, Value) and not self.inner else x, tree)

    def pulled(self, cotangent: Any) -> Any:
        """What comes back to the arguments, nested as they are."""
        return self.back(_directions(self.name, "a cotangent", self.results, cotangent))

    def back(self, starts: list[Any]) -> Any:
        inner = self.inner or in_graph(starts)
        return filled(self.nodes, pull(leaves(self.results), leaves(self.nodes), starts, inner))


def variable(x: Any) -> Value:
    """A variable to differentiate with respect to: a new one, behind which is the graph of an outer call."""
    node: Value = x * 1 if in_graph(x) else Tensor(x.array if isinstance(x, Value) else x, requires_grad=True)
    return node


def in_graph(tree: Any) -> bool:
    """Is there a Tensor in it that requires a gradient?"""
    return any(isinstance(x, Value) and x.requires_grad for x in leaves(tree))


def pull(outs: Sequence[Any], nodes: list[Any], cotangents: Sequence[Any], create_graph: bool) -> list[Any]:
    """What comes back to the nodes from all of outs, in one sweep; nothing from those that do not depend on them."""
    found = [(out, g) for out, g in zip(outs, cotangents, strict=True) if in_graph(out)]
    if not found:
        zeros = [np.zeros_like(node.array) for node in nodes]
        return [Tensor(zero) for zero in zeros] if create_graph else zeros
    with recorded(True):
        out, g = found[0] if len(found) == 1 else (
            concatenate([reshape(x, shape=-1) for x in xs]) for xs in zip(*found, strict=True)
        )  # fmt: skip
        return gradients(out, nodes, g, create_graph)


def _dot(xs: list[Any], ys: list[Any]) -> Any:
    """The sum of all products, recorded."""
    with recorded(True):
        return reduce(add, [sum(x * y) for x, y in zip(xs, ys, strict=True)], 0.0)


def _directions(name: str, what: str, tree: Any, given: Any) -> list[Any]:
    """The arrays in `given`, which must be nested as `tree` is and have the shapes of its leaves."""
    found = []
    for path, x, v in matched(tree, given, name, what):
        v = v if isinstance(v, Value) else plain(v, name)
        if v.shape != x.shape:
            where = f" at {path}" if path else ""
            raise ValueError(f"{name}: expected {what} of shape {x.shape}{where}, got {v.shape}")
        found.append(v)
    return found


def judge(transform: str, f: Any, argnums: Any, has_aux: Any = False) -> None:
    """Raises TypeError at once for what is no function and no places: grad(f, x) is meant as grad(f)(x)."""
    if not callable(f):
        instead = f"{transform} takes a function and returns one: {transform}(f)(x)"
        also = "; of a value that is there, gradients(y, [x]) gives the derivatives" if isinstance(f, Value) else ""
        raise TypeError(f"{instead}; got {describe(f)}{also}")
    places = argnums if isinstance(argnums, list | tuple | range) else [argnums]
    if not all(isinstance(place, int | np.integer) for place in places):
        raise TypeError(
            f"{transform}: expected argnums to be an int or a tuple of ints, the places of arguments, got "
            f"{describe(argnums)}; write {transform}(f)(x), not {transform}(f, x)"
        )
    flag(f"{transform}: has_aux", has_aux)


def _lacks(f: Function, args: tuple, kwargs: dict[str, Any]) -> bool:
    """Whether f could not be called with these arguments."""
    try:
        signature(f).bind(*args, **kwargs)
    except TypeError:
        return True
    except ValueError:  # of what is written in C nobody knows
        return False
    return False


def _argument(f: Function, place: int) -> str:
    """What f calls its argument at this place."""
    try:
        return list(signature(f).parameters)[place]
    except (TypeError, ValueError, IndexError):
        return f"args[{place}]"


def named(transform: str, f: Function, result: Function) -> Function:
    """The result, with the name and docstring of what it came from."""
    update_wrapper(result, f)
    result.__name__ = f"{transform}({getattr(f, '__name__', 'f')})"
    return result
