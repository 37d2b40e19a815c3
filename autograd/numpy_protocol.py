"""NumPy's own calls on Tensors: np.tanh(t), np.sum(t, axis=0), array * t.

NumPy hands a call with a Tensor in it to one of the two functions below.  They look it up in the table of ops, compute
it on plain arrays where the result has no derivative anyway, or refuse: no call detaches silently.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, wraps
from typing import Any

import numpy as np

from autograd.arrays import arraylike
from autograd.graph import Value, array_of
from autograd.ops import (
    algebra,
    elementary,
    elementwise,
    joining,
    norms,
    piecewise,
    products,
    quantiles,
    rearrange,
    results,
    rounding,
    sequences,
    shape,
    special,
    statistics,
)
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
from autograd.signatures import said, same


@wraps(results.svd)
def _svd(a: Any, full_matrices: bool = True, compute_uv: bool = True) -> Any:
    """With NumPy's defaults."""
    return results.svd(a, full_matrices) if compute_uv else algebra.svdvals(a)


@wraps(algebra.cholesky)
def _cholesky(a: Any, upper: bool = False) -> Any:
    """From the triangle that NumPy's reads."""
    return algebra.cholesky(a, upper=upper, UPLO="U" if upper else "L")


def _positive(x: Any) -> Any:
    if x.dtype == bool:
        raise TypeError("np.positive: expected numbers, got booleans: use astype")
    return rearrange.copy(x)


def _itself(x: Any) -> Any:
    """What of a real number is its real part and its conjugate."""
    return x


def _divmod(x1: Any, x2: Any) -> tuple[Any, Any]:
    return np.floor_divide(_plain(x1), _plain(x2)), rounding.remainder(x1, x2)


def _full_like(a: Any, fill_value: Any, dtype: Any = None) -> Any:
    if not isinstance(fill_value, Value):
        return np.full_like(_plain(a), fill_value, dtype)
    return elementwise.astype(shape.broadcast_to(fill_value, np.shape(a)), dtype=dtype or np.asarray(_plain(a)).dtype)


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
    np.prod: statistics.prod, np.var: statistics.var, np.std: statistics.std, np.cumsum: sequences.cumsum,
    np.cumprod: sequences.cumprod, np.sort: quantiles.sort, np.median: quantiles.median,
    np.percentile: quantiles.percentile, np.average: statistics.average, np.trapezoid: sequences.trapezoid,
    np.take_along_axis: quantiles.take_along_axis, np.linalg.norm: norms.norm,
    np.ravel: rearrange.ravel, np.copy: rearrange.copy, np.moveaxis: rearrange.moveaxis, np.vstack: joining.vstack,
    np.hstack: joining.hstack, np.split: joining.split, np.flip: rearrange.flip, np.roll: rearrange.roll,
    np.rot90: rearrange.rot90, np.tile: rearrange.tile, np.repeat: rearrange.repeat, np.take: rearrange.take,
    np.pad: rearrange.pad, np.diag: rearrange.diag, np.diagonal: rearrange.diagonal, np.trace: rearrange.trace,
    np.tril: rearrange.tril, np.triu: rearrange.triu, np.outer: rearrange.outer, np.kron: rearrange.kron,
    np.meshgrid: rearrange.meshgrid, np.matmul: matmul, np.dot: products.dot, np.vdot: products.vdot,
    np.inner: products.inner, np.tensordot: products.tensordot, np.einsum: products.einsum, np.linalg.inv: algebra.inv,
    np.linalg.solve: algebra.solve, np.linalg.det: algebra.det, np.linalg.slogdet: results.slogdet,
    np.linalg.pinv: algebra.pinv, np.linalg.eigh: partial(results.eigh, UPLO="L"), np.linalg.svd: _svd,
    np.fabs: absolute, np.around: rounding.round, np.positive: _positive,
    np.linalg.trace: partial(rearrange.trace, axis1=-2, axis2=-1),
    np.linalg.diagonal: partial(rearrange.diagonal, axis1=-2, axis2=-1), np.linalg.outer: rearrange.outer,
    np.linalg.matmul: matmul, np.linalg.tensordot: products.tensordot,
    np.linalg.matrix_power: algebra.matrix_power, np.linalg.cholesky: _cholesky,
    np.deg2rad: elementary.radians, np.radians: elementary.radians, np.rad2deg: elementary.degrees,
    np.degrees: elementary.degrees, np.copysign: elementary.copysign, np.heaviside: rounding.heaviside,
    np.divmod: _divmod, np.full_like: _full_like, np.quantile: quantiles.quantile, np.ptp: statistics.ptp,
    np.nansum: statistics.nansum, np.nanmean: statistics.nanmean, np.nanmax: statistics.nanmax,
    np.nanmin: statistics.nanmin, np.cov: statistics.cov, np.corrcoef: statistics.corrcoef, np.diff: sequences.diff,
    np.convolve: sequences.convolve, np.atleast_1d: joining.atleast_1d, np.atleast_2d: joining.atleast_2d,
    np.atleast_3d: joining.atleast_3d, np.dstack: joining.dstack, np.column_stack: joining.column_stack,
    np.array_split: joining.array_split, np.vsplit: joining.vsplit, np.hsplit: joining.hsplit,
    np.dsplit: joining.dsplit, np.fliplr: rearrange.fliplr, np.flipud: rearrange.flipud,
    np.matrix_transpose: rearrange.matrix_transpose, np.linalg.matrix_transpose: rearrange.matrix_transpose,
    np.cross: products.cross, np.linalg.cross: products.cross, np.vecdot: products.vecdot,
    np.linalg.vecdot: products.vecdot, np.linalg.multi_dot: products.multi_dot,
    np.linalg.vector_norm: norms.vector_norm, np.linalg.matrix_norm: norms.matrix_norm,
    np.linalg.svdvals: algebra.svdvals, np.linalg.eigvalsh: partial(algebra.eigvalsh, UPLO="L"),
    np.append: joining.append, np.block: joining.block, np.insert: rearrange.insert, np.delete: rearrange.delete,
    np.nanprod: statistics.nanprod, np.nanvar: statistics.nanvar, np.nanstd: statistics.nanstd,
    np.nanmedian: quantiles.nanmedian, np.nancumsum: sequences.nancumsum, np.nancumprod: sequences.nancumprod,
    np.ediff1d: sequences.ediff1d, np.correlate: sequences.correlate, np.gradient: piecewise.gradient,
    np.vander: piecewise.vander, np.rollaxis: rearrange.rollaxis, np.broadcast_arrays: rearrange.broadcast_arrays,
    np.linalg.cond: norms.cond, np.real: _itself, np.conjugate: _itself,
    np.select: piecewise.select, np.polyval: piecewise.polyval, np.interp: piecewise.interp,
}  # fmt: skip
SINCE_2_1 = {
    "unstack": joining.unstack, "astype": elementwise.astype, "cumulative_sum": sequences.cumulative_sum,
    "cumulative_prod": sequences.cumulative_prod, "matvec": products.matvec, "vecmat": products.vecmat,
}  # fmt: skip
OPS |= {getattr(np, name): op for name, op in SINCE_2_1.items() if hasattr(np, name)}

CONSTANT: set[Callable[..., Any]] = {  # piecewise constant, or made of the shape alone: computed, not recorded
    np.shape, np.ndim, np.size, np.zeros_like, np.ones_like, np.empty_like,
    np.equal, np.not_equal, np.less, np.less_equal, np.greater, np.greater_equal,
    np.isnan, np.isinf, np.isfinite, np.signbit, np.logical_not, np.logical_and, np.logical_or,
    np.argmax, np.argmin, np.argsort, np.allclose, np.isclose, np.array_equal, np.any, np.all, np.count_nonzero,
    np.floor_divide, np.nonzero, np.flatnonzero, np.argwhere, np.searchsorted, np.digitize, np.array_equiv,
    np.nanargmax, np.nanargmin, np.result_type, np.iscomplexobj, np.isrealobj, np.logical_xor,
}  # fmt: skip


def array_ufunc(self: Value, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
    """Tensor.__array_ufunc__: np.exp(t), array * t, array @ t."""
    if kwargs.pop("out", None) is not None:
        raise TypeError(
            f"np.{ufunc.__name__} cannot write a Tensor's result into out= or into an array: write c = a + t for a += t"
        )
    if method != "__call__":
        return _along(ufunc, method, inputs, kwargs)
    if kwargs and ufunc in OPS:
        dtype = kwargs.get("dtype")
        kwargs = {name: x for name, x in kwargs.items() if not _says_nothing(name, x, dtype)}
        if kwargs.pop("dtype", None) is not None:
            how = kwargs.pop("casting", "same_kind")
            inputs = tuple(
                elementwise.cast(ufunc.__name__, x, dtype, how) if hasattr(x, "dtype") else x for x in inputs
            )
    return _call(ufunc, inputs, kwargs)


METHODS: dict[tuple[np.ufunc, str], Callable[..., Any]] = {
    (np.add, "reduce"): sum, (np.multiply, "reduce"): statistics.prod, (np.maximum, "reduce"): max,
    (np.minimum, "reduce"): min, (np.logaddexp, "reduce"): statistics.logsumexp,
    (np.add, "accumulate"): sequences.cumsum, (np.multiply, "accumulate"): sequences.cumprod,
}  # fmt: skip
INSTEAD = {
    "reduce": "use np.sum, np.prod, np.max or np.min, or a loop",
    "accumulate": "use np.cumsum or np.cumprod, or append to a list, then np.stack",
    "reduceat": "use np.sum of each slice, then np.stack",
    "at": "use autograd.scatter_add, which returns a new array",
    "outer": "use the op itself, of x[:, None] and y",
}


def _along(ufunc: np.ufunc, method: str, inputs: tuple, kwargs: dict[str, Any]) -> Any:
    """np.add.reduce(t), np.multiply.outer(t, a) and the like, by the ops that do the same."""
    if method == "outer" and ufunc in OPS and not kwargs:
        x1, x2 = map(arraylike, inputs)
        return OPS[ufunc](reshape(x1, shape=x1.shape + (1,) * x2.ndim), x2)
    if (ufunc, method) in METHODS:
        given = {name: x for name, x in kwargs.items() if x is not None or name == "axis"}
        return METHODS[ufunc, method](*inputs, **{"axis": 0, **given})
    if ufunc in CONSTANT:
        return getattr(ufunc, method)(*map(_plain, inputs), **kwargs)
    raise TypeError(f"np.{ufunc.__name__}.{method} is not differentiated: {INSTEAD[method]}")


def _says_nothing(name: str, x: Any, dtype: Any) -> bool:
    """Whether an argument of a ufunc leaves its values as they are."""
    if name == "casting" and dtype is None:
        return x in ("safe", "same_kind", "unsafe")  # the stricter ones would refuse what has to be cast
    return name in ("order", "subok") or same(x, {"where": True}.get(name))


def array_function(self: Value, function: Callable[..., Any], types: Any, args: Any, kwargs: Any) -> Any:
    """Tensor.__array_function__: np.sum(t, axis=0), np.concatenate([t, a])."""
    if kwargs.get("out") is not None:
        raise TypeError(f"np.{function.__name__} cannot write a Tensor's result into out=: use what it returns")
    if function in OPS and (len(args) > 1 or kwargs):
        args, kwargs = said(function, args, kwargs)
    return _call(function, args, kwargs)


def _call(function: Any, args: Any, kwargs: dict[str, Any]) -> Any:
    if function in OPS:
        return OPS[function](*args, **kwargs)
    if function in CONSTANT:
        return function(*map(_plain, args), **{k: _plain(v) for k, v in kwargs.items()})
    name, module = function.__name__, getattr(function, "__module__", None) or ""
    foreign = isinstance(function, np.ufunc) and getattr(np, name, None) is not function  # as those of scipy.special
    same = f"autograd.{ELSEWHERE[name]} is the same; or " if foreign and name in ELSEWHERE else ""
    raise TypeError(
        f"{'' if foreign else (module or 'numpy') + '.'}{name} has no derivative here: {same}"
        f"{ADVICE.get(function, 'write it with ops that have one (see docs/ops.md)')}, "
        "declare it with @autograd.primitive, or, if no gradient is wanted, call it with t.numpy()"
    )


ELSEWHERE = {  # what SciPy calls our ops
    "expit": "sigmoid", "log_expit": "log_sigmoid", "erf": "erf", "xlogy": "xlogy", "logsumexp": "logsumexp",
    "softmax": "softmax", "log_softmax": "log_softmax", "ndtr": "normal", "exp2": "exp2", "cbrt": "cbrt",
}  # fmt: skip
ADVICE: dict[Callable[..., Any], str] = {
    np.copyto: "np.full(shape, t) is written np.ones(shape) * t, a copy np.copy(t); or "
    "write it with ops that have one (see docs/ops.md)",
    **dict.fromkeys(
        (np.bitwise_and, np.bitwise_or, np.bitwise_xor, np.invert),
        "comparisons of Tensors give arrays of booleans, of which &, | and ^ are taken: (a > 0) & (b > 0)",
    ),
}


def _plain(x: Any) -> Any:
    return array_of(x) if isinstance(x, Value) else x
