"""NumPy's own calls on Tensors: np.tanh(t), np.sum(t, axis=0), array * t.

NumPy hands a call with a Tensor in it to one of the two functions below.  They look it up in the table of ops, compute
it on plain arrays where the result has no derivative anyway, or refuse: no call detaches silently.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.graph import Value
from autograd.ops import algebra, elementary, rearrange, rounding, special, statistics
from autograd.ops.activation import tanh
from autograd.ops.elementwise import (
    absolute,
    add,
    clip,
    divide,
    exp,
    fmax,
    fmin,
    log,
    maximum,
    minimum,
    multiply,
    nan_to_num,
    negative,
    power,
    sqrt,
    subtract,
)
from autograd.ops.linalg import matmul
from autograd.ops.reduce import max, mean, min, sum
from autograd.ops.shape import broadcast_to, concatenate, expand_dims, reshape, squeeze, stack, swapaxes, transpose
from autograd.selection import where


def _svd(a: Any, full_matrices: bool = True, compute_uv: bool = True) -> Any:
    """With NumPy's defaults."""
    return algebra.svd(a, full_matrices) if compute_uv else algebra.svd(a)[1]


OPS: dict[Callable[..., Any], Callable[..., Any]] = {
    np.add: add, np.subtract: subtract, np.multiply: multiply, np.divide: divide, np.negative: negative,
    np.power: power, np.exp: exp, np.log: log, np.sqrt: sqrt, np.absolute: absolute, np.tanh: tanh,
    np.maximum: maximum, np.minimum: minimum, np.clip: clip, np.where: where,
    np.square: elementary.square, np.cbrt: elementary.cbrt, np.reciprocal: elementary.reciprocal,
    np.exp2: elementary.exp2, np.expm1: elementary.expm1, np.log2: elementary.log2, np.log10: elementary.log10,
    np.log1p: elementary.log1p, np.sin: elementary.sin, np.cos: elementary.cos, np.tan: elementary.tan,
    np.arcsin: elementary.arcsin, np.arccos: elementary.arccos, np.arctan: elementary.arctan,
    np.arctan2: elementary.arctan2, np.sinh: elementary.sinh, np.cosh: elementary.cosh, np.arcsinh: elementary.arcsinh,
    np.arccosh: elementary.arccosh, np.arctanh: elementary.arctanh, np.hypot: elementary.hypot,
    np.sinc: special.sinc, np.float_power: elementary.float_power, np.logaddexp: special.logaddexp,
    np.logaddexp2: special.logaddexp2, np.fmax: fmax, np.fmin: fmin,
    np.remainder: rounding.remainder, np.fmod: rounding.fmod, np.sign: rounding.sign, np.floor: rounding.floor,
    np.ceil: rounding.ceil, np.trunc: rounding.trunc, np.rint: rounding.rint, np.round: rounding.round,
    np.nan_to_num: nan_to_num,
    np.sum: sum, np.mean: mean, np.max: max, np.amax: max, np.min: min, np.amin: min,
    np.reshape: reshape, np.transpose: transpose, np.swapaxes: swapaxes, np.expand_dims: expand_dims,
    np.squeeze: squeeze, np.broadcast_to: broadcast_to, np.concatenate: concatenate, np.stack: stack,
    np.prod: statistics.prod, np.var: statistics.var, np.std: statistics.std, np.cumsum: statistics.cumsum,
    np.cumprod: statistics.cumprod, np.sort: statistics.sort, np.median: statistics.median,
    np.percentile: statistics.percentile, np.average: statistics.average, np.trapezoid: statistics.trapezoid,
    np.take_along_axis: statistics.take_along_axis, np.linalg.norm: algebra.norm,
    np.ravel: rearrange.ravel, np.copy: rearrange.copy, np.moveaxis: rearrange.moveaxis, np.vstack: rearrange.vstack,
    np.hstack: rearrange.hstack, np.split: rearrange.split, np.flip: rearrange.flip, np.roll: rearrange.roll,
    np.rot90: rearrange.rot90, np.tile: rearrange.tile, np.repeat: rearrange.repeat, np.take: rearrange.take,
    np.pad: rearrange.pad, np.diag: rearrange.diag, np.diagonal: rearrange.diagonal, np.trace: rearrange.trace,
    np.tril: rearrange.tril, np.triu: rearrange.triu, np.outer: rearrange.outer, np.kron: rearrange.kron,
    np.meshgrid: rearrange.meshgrid, np.matmul: matmul, np.dot: algebra.dot, np.vdot: algebra.vdot,
    np.inner: algebra.inner, np.tensordot: algebra.tensordot, np.einsum: algebra.einsum, np.linalg.inv: algebra.inv,
    np.linalg.solve: algebra.solve, np.linalg.det: algebra.det, np.linalg.slogdet: algebra.slogdet,
    np.linalg.pinv: algebra.pinv, np.linalg.eigh: algebra.eigh, np.linalg.svd: _svd,
    np.fabs: absolute, np.around: rounding.round, np.positive: rearrange.copy, np.linalg.trace: rearrange.trace,
    np.linalg.diagonal: rearrange.diagonal, np.linalg.outer: rearrange.outer, np.linalg.matmul: matmul,
    np.linalg.tensordot: algebra.tensordot,
    np.linalg.matrix_power: algebra.matrix_power, np.linalg.cholesky: algebra.cholesky,
}  # fmt: skip

REDUCTIONS = {np.sum, np.mean, np.max, np.amax, np.min, np.amin, np.prod, np.var, np.std, np.median, np.percentile}
CONSTANT: set[Callable[..., Any]] = {  # piecewise constant, or made of the shape alone: computed, not recorded
    np.shape, np.ndim, np.size, np.zeros_like, np.ones_like, np.empty_like,
    np.equal, np.not_equal, np.less, np.less_equal, np.greater, np.greater_equal,
    np.isnan, np.isinf, np.isfinite, np.signbit, np.logical_not, np.logical_and, np.logical_or,
    np.argmax, np.argmin, np.argsort, np.allclose, np.isclose, np.array_equal, np.any, np.all, np.count_nonzero,
}  # fmt: skip


DEFAULTS = {
    "out": None,
    "dtype": None,
    "where": True,
    "order": "C",
}  # what NumPy's own arguments say when they say nothing


def array_ufunc(self: Value, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
    """Tensor.__array_ufunc__: np.exp(t), array * t, array @ t."""
    if kwargs.get("out") is not None:
        raise TypeError(
            f"np.{ufunc.__name__} cannot write a Tensor's result into out= or into an array: write c = a + t for a += t"
        )
    if method != "__call__":
        raise TypeError(f"np.{ufunc.__name__}.{method} is not differentiated: use a function such as np.sum")
    return _call(ufunc, inputs, _said(kwargs))


def array_function(self: Value, function: Callable[..., Any], types: Any, args: Any, kwargs: Any) -> Any:
    """Tensor.__array_function__: np.sum(t, axis=0), np.concatenate([t, a])."""
    if kwargs.get("out") is not None:
        raise TypeError(f"np.{function.__name__} cannot write a Tensor's result into out=: use what it returns")
    if len(args) > 2 and function in REDUCTIONS:  # NumPy's third argument is not ours: go by the names
        given = inspect.signature(function).bind(*args, **kwargs).arguments
        args, kwargs = args[:1], dict(list(given.items())[1:])
    if function is np.clip:
        kwargs = {{"min": "a_min", "max": "a_max"}.get(name, name): x for name, x in kwargs.items()}
    return _call(function, args, _said(kwargs))


def _said(kwargs: dict[str, Any]) -> dict[str, Any]:
    """The arguments without those that are NumPy's defaults."""
    return {name: x for name, x in kwargs.items() if not (name in DEFAULTS and _same(x, DEFAULTS[name]))}


def _same(x: Any, default: Any) -> bool:
    return x is default or (isinstance(x, str) and x == default)


def _call(function: Any, args: Any, kwargs: dict[str, Any]) -> Any:
    if function in OPS:
        return OPS[function](*args, **kwargs)
    if function in CONSTANT:
        return function(*map(_plain, args), **{k: _plain(v) for k, v in kwargs.items()})
    where_from = function.__module__ + "." if getattr(function, "__module__", None) else "numpy."
    raise TypeError(
        f"{where_from}{function.__name__} has no derivative here: write it with ops that have one (see docs/ops.md), "
        "declare it with @autograd.primitive, or, if no gradient is wanted, call it with t.numpy()"
    )


def _plain(x: Any) -> Any:
    return x.array if isinstance(x, Value) else x
