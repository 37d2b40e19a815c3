"""Every op against NumPy and against central differences: one table, and an op that is not in it fails a test."""

import math
from dataclasses import dataclass, field
from importlib import import_module
from pkgutil import iter_modules

import mpmath
import numpy as np
import pytest
from numeric import conv_by_loops, leaf, patches, pool_by_loops, slope

import autograd as ag
from autograd import Tensor, gradients, ops, selection
from autograd.ops import loss
from autograd.ops.windows import Sliding, overlap_add, windows
from autograd.primitive import Primitive

MODULES = [selection, *(import_module(f"autograd.ops.{m.name}") for m in iter_modules(ops.__path__))]
OPS = {op.name: op for module in MODULES for op in vars(module).values() if isinstance(op, Primitive)}


@dataclass
class Case:
    name: str  # of the op in the registry
    f: object  # our call, on arrays or Tensors
    reference: object  # the same in NumPy
    shapes: list  # of the random inputs
    low: float = -2.0  # entries are drawn between low and high, away from 0 and from each other
    high: float = 2.0
    note: str = ""
    fixed: dict = field(default_factory=dict)  # inputs that are given instead of drawn, by position

    def __str__(self):
        return f"{self.name}{'-' + self.note if self.note else ''}-{'-'.join(map(str, self.shapes))}".replace(" ", "")

    def inputs(self, dtype=np.float64):
        rng = np.random.default_rng(len(str(self)))
        arrays = []
        for i, shape in enumerate(self.shapes):
            n = int(np.prod(shape))
            grid = np.linspace(self.low, self.high, n + 2)[1:-1]  # distinct, so that no kink of max is near
            grid = np.where(np.abs(grid) < 0.05, 0.07, grid) + 0.013 * i
            arrays.append(np.asarray(self.fixed.get(i, rng.permutation(grid).reshape(shape)), dtype))
        return arrays


def unary(name, reference, low=-2.0, high=2.0, f=None):
    f = f or getattr(ag, name)
    return [Case(name, f, reference, [shape], low, high) for shape in [(3, 4), (), (0, 3), (1,)]]


def binary(name, reference, low=-2.0, high=2.0):
    pairs = [((3, 4), (3, 4)), ((3, 4), (4,)), ((3, 1), (1, 4)), ((), (2, 3)), ((2, 1, 3), (4, 1)), ((0, 3), (3,))]
    return [Case(name, getattr(ag, name), reference, list(pair), low, high) for pair in pairs]


def one(name, f, reference, *shapes, note="", **kwargs):
    return [Case(name, f, reference, list(shapes), note=note, **kwargs)]


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def sinc_exactly(x, n):
    """The n-th derivative of sinc, in 30 digits."""
    with mpmath.workdps(30):
        at = lambda t: float(mpmath.diff(lambda s: mpmath.sinc(mpmath.pi * s), t, n))
        return np.vectorize(at, otypes=[float])(x)


def log_softmax(x, axis=-1):
    return x - np.log(np.exp(x).sum(axis, keepdims=True))


def logsumexp(x, axis=None, keepdims=False):
    return np.log(np.exp(x).sum(axis=axis, keepdims=keepdims))


ZERO = np.array([[1, 1, 1], [0, 1, 1], [1, 0, 0], [0, 0, 0]], np.int8)
SLIDES = Sliding((2, 3), (2, 1), ((1, 0), (0, 2)), (1, 2))


def windows_by_loops(x, how=SLIDES):
    each = np.stack([patch for _, patch in patches(x, *how)], -1)  # (N, C, kernel ..., places)
    return np.moveaxis(each, 0, -1).reshape(x.shape[1], *how.kernel, *how.places(x.shape[2:]), x.shape[0])


def folded_by_loops(a, how=SLIDES, lengths=(4, 6)):
    """The adjoint of windows by its definition: what each entry of an x of ones and zeros goes to."""
    units = np.eye(a.shape[-1] * a.shape[0] * np.prod(lengths)).reshape(-1, a.shape[-1], a.shape[0], *lengths)
    return np.array([(windows_by_loops(unit, how) * a).sum() for unit in units]).reshape(units.shape[1:])


def across(n, stride=1, padding=0, dilation=1, **others):
    """Numbers as one for each of n axes, and the padding as one for each of its ends."""
    each = lambda k: k if isinstance(k, tuple) else (k,) * n
    return {
        "stride": each(stride),
        "padding": tuple((p, p) for p in each(padding)),
        "dilation": each(dilation),
    } | others


def pooled(n, stride, padding):
    how = across(n, stride, padding)
    return {"stride": how["stride"], "padding": how["padding"]}


MASK = np.array([[True, False, True, False]] * 3)
FEW = np.array([[True, True, False, True], [True, False, True, True], [False, True, True, True]])
LABELS = np.array([2, 0, 3])

CASES = [
    *binary("add", np.add),
    *binary("subtract", np.subtract),
    *binary("multiply", np.multiply),
    *binary("divide", np.divide, 0.3, 2.0),
    *binary("power", np.power, 0.3, 2.0),
    *one("power", lambda x: x**3, lambda x: x**3, (3, 4), note="cube"),
    *one("power", lambda x: x**0.5, lambda x: x**0.5, (3, 4), note="root", low=0.3),
    *one("power", lambda x: 2.0**x, lambda x: 2.0**x, (3, 4), note="exponential"),
    *binary("maximum", np.maximum),
    *binary("minimum", np.minimum),
    *unary("negative", np.negative),
    *unary("absolute", np.abs),
    *unary("exp", np.exp),
    *unary("log", np.log, 0.2, 3.0),
    *unary("sqrt", np.sqrt, 0.2, 3.0),
    *unary("sigmoid", sigmoid),
    *unary("tanh", np.tanh),
    *unary("relu", lambda x: np.maximum(x, 0)),
    *unary("leaky_relu", lambda x: np.where(x > 0, x, 0.01 * x)),
    *one("leaky_relu", lambda x: ag.leaky_relu(x, 0.3), lambda x: np.where(x > 0, x, 0.3 * x), (5,), note="slope"),
    *unary("softplus", lambda x: np.log(1 + np.exp(x))),
    *unary("swish", lambda x: x * sigmoid(x)),
    *[c for name in ("sin", "cos", "tan", "sinh", "cosh", "arcsinh", "arctan", "exp2", "expm1", "square", "cbrt", "sinc",
                     "reciprocal", "sign", "floor", "ceil", "trunc", "rint", "nan_to_num", "radians", "degrees") for c in unary(name, getattr(np, name))],
    *[c for name in ("log2", "log10", "log1p") for c in unary(name, getattr(np, name), 0.2, 3.0)],
    *[c for name in ("arcsin", "arccos", "arctanh") for c in unary(name, getattr(np, name), -0.9, 0.9)],
    *unary("arccosh", np.arccosh, 1.2, 4.0),
    *unary("complement", lambda x: 1 - x * x, f=ag.ops.elementary.complement),
    *[c for name in ("hypot", "arctan2", "logaddexp", "logaddexp2", "fmax", "fmin", "remainder", "fmod", "copysign", "heaviside")
      for c in binary(name, getattr(np, name))],
    *one("float_power", ag.float_power, np.float_power, (3, 4), (4,), low=0.3),
    *binary("ratio", np.divide, 0.3, 2.0),
    *one("xlogy", ag.xlogy, lambda x, y: x * np.log(y), (3, 4), (4,), low=0.3),
    *one("round", lambda x: ag.round(x, decimals=1), lambda x: np.round(x, 1), (3, 4)),
    *unary("erf", np.vectorize(math.erf, otypes=[float])),
    *unary("normal", lambda x: np.vectorize(math.erf, otypes=[float])(x / np.sqrt(2)) / 2 + 0.5),
    *unary("gelu", lambda x: x * (np.vectorize(math.erf, otypes=[float])(x / np.sqrt(2)) / 2 + 0.5)),
    *one("gelu", lambda x: ag.gelu(x, approximate="tanh"),
         lambda x: x / 2 * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))), (3, 4), note="tanh"),
    *unary("log_sigmoid", lambda x: np.log(sigmoid(x))),
    *unary("elu", lambda x: np.where(x > 0, x, np.exp(x) - 1)),
    *one("elu", lambda x: ag.elu(x, alpha=0.5), lambda x: np.where(x > 0, x, 0.5 * (np.exp(x) - 1)), (7,), note="alpha"),
    *unary("selu", lambda x: 1.0507009873554805 * np.where(x > 0, x, 1.6732632423543772 * (np.exp(x) - 1))),
    *unary("mish", lambda x: x * np.tanh(np.log(1 + np.exp(x)))),
    *unary("hard_tanh", lambda x: np.clip(x, -1, 1)),
    *[c for n in range(1, 5) for c in one("sinc_derivative", lambda x, n=n: ag.ops.special.sinc_derivative(x, n=n),
      lambda x, n=n: sinc_exactly(x, n), (9,), note=str(n), low=-6.0, high=6.0)],
    *one("where", lambda x, y: ag.where(MASK, x, y), lambda x, y: np.where(MASK, x, y), (3, 4), (4,)),
    *one("where", lambda x: ag.where(MASK, x, 1.5), lambda x: np.where(MASK, x, 1.5), (3, 4), note="scalar"),
    *one("where", lambda x: ag.where(MASK, 1.5, x), lambda x: np.where(MASK, 1.5, x), (), note="spread"),
    *one("keep", lambda x: ag.keep(x, MASK), lambda x: np.where(MASK, x, 0), (3, 4)),
    *one("keep", lambda x: ag.keep(x, MASK), lambda x: np.where(MASK, x, 0), (4,), note="spread"),
    *one("astype", lambda x: x.astype(x.dtype), lambda x: x, (3, 4)),
    *one("clip", lambda x: ag.clip(x, -1.0, 1.1), lambda x: np.clip(x, -1.0, 1.1), (3, 4)),
    *one("clip", lambda x: ag.clip(x, None, 0.6), lambda x: np.clip(x, None, 0.6), (7,), note="above"),
    *one("clip", ag.clip, np.clip, (3, 4), (4,), (), fixed={1: np.linspace(-1.1, -0.2, 4), 2: 0.9}, note="bounds"),
    *[
        c
        for name, reference in (("sum", np.sum), ("mean", np.mean), ("max", np.max), ("min", np.min))
        for axis in (None, 0, -1, (0, 2), ())
        for keepdims in (False, True)
        for c in one(
            name,
            lambda x, name=name, a=axis, k=keepdims: getattr(ag, name)(x, axis=a, keepdims=k),
            lambda x, r=reference, a=axis, k=keepdims: r(x, axis=a, keepdims=k),
            (2, 3, 4),
            note=f"{axis}-{keepdims}",
        )
    ],
    *[
        c
        for name, reference in (("prod", np.prod), ("var", np.var), ("std", np.std), ("logsumexp", logsumexp))
        for axis in (None, 0, -1, (0, 2))
        for keepdims in (False, True)
        for c in one(
            name,
            lambda x, name=name, a=axis, k=keepdims: getattr(ag, name)(x, axis=a, keepdims=k),
            lambda x, r=reference, a=axis, k=keepdims: r(x, axis=a, keepdims=k),
            (2, 3, 4),
            note=f"{axis}-{keepdims}",
        )
    ],
    *one("var", lambda x: ag.var(x, axis=0, ddof=1), lambda x: np.var(x, axis=0, ddof=1), (3, 4), note="ddof"),
    *one("std", lambda x: ag.std(x, ddof=1), lambda x: np.std(x, ddof=1), (3, 4), note="ddof"),
    *one("prod", lambda x: ag.prod(x * ZERO, 1), lambda x: np.prod(x * ZERO, 1), (4, 3), note="zeros"),
    *one("prod", ag.prod, np.prod, (), note="0-d"),
    *one("prod", ag.prod, np.prod, (0, 3), note="empty"),
    *one("cumprod", lambda x: ag.cumprod(x * ZERO, 1), lambda x: np.cumprod(x * ZERO, 1), (4, 3), note="zeros"),
    *[
        c
        for name in ("cumsum", "cumprod")
        for axis in (None, 0, -1)
        for c in one(name, lambda x, n=name, a=axis: getattr(ag, n)(x, axis=a),
                     lambda x, n=name, a=axis: getattr(np, n)(x, axis=a), (3, 5), note=str(axis))
    ],
    *[
        c
        for axis in (None, 0, -1)
        for c in one("sort", lambda x, a=axis: ag.sort(x, axis=a), lambda x, a=axis: np.sort(x, axis=a), (3, 5), note=str(axis))
    ],
    *[
        c
        for axis in (None, 0, -1, (0, 1))
        for c in (
            *one("sort", lambda x, a=axis: ag.median(x, a), lambda x, a=axis: np.median(x, a), (3, 4, 2), note=f"median-{axis}"),
            *one("sort", lambda x, a=axis: ag.percentile(x, np.array([10, 62.5], np.float32), a, keepdims=True),
                 lambda x, a=axis: np.percentile(x, [10, 62.5], a, keepdims=True), (3, 4, 2), note=f"percentile-{axis}"),
            *one("sort", lambda x, a=axis: ag.quantile(x, 0.3, a), lambda x, a=axis: np.quantile(x, 0.3, a), (3, 4, 2), note=f"quantile-{axis}"),
        )
    ],
    *[
        c
        for name, args in (("roll", (2,)), ("roll", ((1, -2), (0, 1))), ("roll", (-4, -1)), ("repeat", (2,)), ("repeat", (3, 0)), ("repeat", (2, -1)),
                           ("repeat", (0, 1)), ("pad", (1,)), ("pad", (((0, 2), (1, 0)),)), ("pad", ([0, 3], "constant", 1.5)))
        for c in one(name, lambda x, n=name, a=args: getattr(ag, n)(x, *a),
                     lambda x, n=name, a=args: np.pad(x, a[0], constant_values=a[-1] if len(a) > 1 else 0) if n == "pad" else getattr(np, n)(x, *a), (3, 4), note=str(args))
    ],
    *[
        c
        for ord, axis, keepdims in ((None, None, False), (None, 0, True), ("fro", (0, 1), False), (1, 1, False), (2, -1, True),
                                    (3, 0, False), (-2.5, 1, False), (np.inf, 0, True), (-np.inf, 1, False), (1, None, False),
                                    (np.inf, None, True), (-1, (1, 0), False))
        for c in one("two_norm", lambda x, o=ord, a=axis, k=keepdims: ag.norm(x, o, a, k),
                     lambda x, o=ord, a=axis, k=keepdims: np.linalg.norm(x, o, a, k), (3, 4), low=-1.3, note=f"{ord}-{axis}-{keepdims}")
    ],
    *one("sum", lambda x, w: ag.average(x, 1, w), lambda x, w: (x * w).sum(1) / w.sum(), (3, 4), (4,), low=0.3, note="average"),
    *one("sum", lambda x: ag.average(x, weights=(MASK + 1).astype(np.float32)), lambda x: np.average(x, weights=(MASK + 1).astype(np.float32)), (3, 4), note="average"),
    *[
        c
        for name, ours, f, shapes in (
            ("subtract", "ptp", lambda m: lambda x: m.ptp(x, 1), [(3, 4)]), ("sum", "nansum", lambda m: lambda x: m.nansum(x, 1), [(3, 4)]),
            ("mean", "nanmean", lambda m: lambda x: m.nanmean(x, 1), [(3, 4)]), ("max", "nanmax", lambda m: lambda x: m.nanmax(x, 1), [(3, 4)]),
            ("min", "nanmin", lambda m: lambda x: m.nanmin(x, 1), [(3, 4)]),
            ("matmul", "cov", lambda m: lambda x: m.cov(x, dtype=x.dtype), [(3, 4)]),
            ("matmul", "corrcoef", lambda m: lambda x: m.corrcoef(x, dtype=x.dtype), [(3, 4)]),
            ("subtract", "diff", lambda m: lambda x: m.diff(x, 2), [(3, 4)]), ("matmul", "convolve", lambda m: lambda x, y: m.convolve(x, y, "same"), [(5,), (3,)]),
            *[("reshape", f"atleast_{n}d", lambda m, n=n: lambda x: getattr(m, f"atleast_{n}d")(x), [shape]) for n, shape in ((1, ()), (2, ()), (3, ()), (2, (2,)), (3, (2,)), (3, (2, 3)))],
            *[("concatenate", n, lambda m, n=n: lambda *x: getattr(m, n)(x), [(3, 2), (3, 2)]) for n in ("dstack", "column_stack")],
            *[("getitem", n, lambda m, n=n: lambda x: getattr(m, n)(x, 2)[1], [(2, 4, 2)]) for n in ("array_split", "vsplit", "hsplit", "dsplit")],
            *[("getitem", n, lambda m, n=n: getattr(m, n), [(2, 3)]) for n in ("fliplr", "flipud")],
            ("swapaxes", "matrix_transpose", lambda m: m.matrix_transpose, [(2, 3, 4)]), ("subtract", "cross", lambda m: m.cross, [(4, 3), (3,)]),
            ("sum", "vecdot", lambda m: m.vecdot, [(2, 3), (3,)]),
            ("matmul", "multi_dot", lambda m: lambda *x: m.linalg.multi_dot(x), [(2, 3), (3, 4), (4,)]),
            *[("two_norm", "vector_norm", lambda m, o=o: lambda x: m.linalg.vector_norm(x, ord=o, axis=(0, 2)), [(3, 2, 2)]) for o in (2, 3, 1)],
            ("two_norm", "matrix_norm", lambda m: m.linalg.matrix_norm, [(2, 2, 3)]), ("svd", "svdvals", lambda m: m.linalg.svdvals, [(3, 4)]),
            ("eigh", "eigvalsh-upper", lambda m: lambda a: m.linalg.eigvalsh(a + a.T, UPLO="U"), [(3, 3)]),
            *[(op, n, lambda m, n=n: getattr(m, n), [(3, 4)]) for op, n in (("radians", "deg2rad"), ("degrees", "rad2deg"))],
            ("heaviside", "heaviside-at-0", lambda m: lambda x: m.heaviside(np.array([0, 1, 0, -1], np.int8), x), [(3, 4)]),
        )
        for c in one(name, f(ag), f(np), *shapes, note=ours)
    ],
    *one("getitem", lambda x: ag.unstack(x, axis=1)[2], lambda x: x[:, 2], (2, 3), note="unstack"),
    *one("sum", lambda x: ag.sum(x, axis=1, initial=2.0, where=MASK), lambda x: np.sum(x, axis=1, initial=2.0, where=MASK), (3, 4), note="where"),
    *one("max", lambda x: ag.max(x, axis=1, initial=-9.0, where=MASK), lambda x: np.max(x, axis=1, initial=-9.0, where=MASK), (3, 4), note="where"),
    *[
        c
        for name in ("mean", "prod", "var", "std")
        for c in one(name, lambda x, n=name: getattr(ag, n)(x, 0, where=FEW, keepdims=True),
                     lambda x, n=name: getattr(np, n)(x, 0, where=FEW, keepdims=True), (3, 4), note="where")
    ],
    *one("reshape", lambda x: ag.reshape(x, (6, -1), "F"), lambda x: x.reshape((6, -1), order="F"), (2, 3, 4), note="F"),
    *one("getitem", lambda x: ag.take(x, [-4, 7], 0, mode="wrap"), lambda x: x.take([-4, 7], 0, mode="wrap"), (3, 2), note="wrap"),
    *one("cholesky", lambda a: ag.cholesky(ag.matmul(a, a.T) + 2 * np.eye(3, dtype=np.float32), upper=True),
         lambda a: np.linalg.cholesky(a @ a.T + 2 * np.eye(3)).T, (3, 3), note="upper"),
    *one("svd", lambda a: ag.pinv(a, 0.5), lambda a: np.linalg.pinv(a, 0.5), (3, 4), note="pinv"),
    *one("sum", lambda y, x: ag.trapezoid(y, x), lambda y, x: np.trapezoid(y, x), (3, 4), (4,), note="trapezoid"),
    *one("sum", lambda y: ag.trapezoid(y, dx=0.5, axis=0), lambda y: np.trapezoid(y, dx=0.5, axis=0), (3, 4), note="trapezoid"),
    *one("getitem", lambda x: ag.take_along_axis(x, np.array([[2, 0, 0]]), 0),
         lambda x: x[[2, 0, 0], [0, 1, 2]][None], (4, 3), note="take_along_axis"),
    *one("sum", ag.sum, np.sum, (0, 3), note="empty"),
    *one("sum", ag.sum, np.sum, (), note="0-d"),
    *one("max", ag.max, np.max, (), note="0-d"),
    *one("softmax", ag.softmax, lambda x: np.exp(log_softmax(x)), (3, 4)),
    *one("softmax", lambda x: ag.softmax(x, axis=0), lambda x: np.exp(log_softmax(x, 0)), (3, 4), note="0"),
    *one("softmax", ag.softmax, lambda x: np.exp(log_softmax(x)), (2, 3, 4)),
    *one("log_softmax", ag.log_softmax, log_softmax, (3, 4)),
    *one("log_softmax", lambda x: ag.log_softmax(x, axis=1), lambda x: log_softmax(x, 1), (2, 3, 4), note="1"),
    *one("log_softmax", ag.log_softmax, log_softmax, (5,)),
    *one("reshape", lambda x: x.reshape(4, -1), lambda x: x.reshape(4, -1), (2, 6)),
    *one("reshape", lambda x: ag.reshape(x, (6,)), lambda x: x.reshape(6), (2, 3)),
    *one("transpose", lambda x: x.T, lambda x: x.T, (2, 3, 4), note="T"),
    *one("transpose", lambda x: x.transpose(1, -1, 0), lambda x: x.transpose(1, -1, 0), (2, 3, 4), note="axes"),
    *one("transpose", lambda x: ag.transpose(x, (0, 2, 1)), lambda x: x.transpose(0, 2, 1), (2, 3, 4), note="tuple"),
    *one("swapaxes", lambda x: x.swapaxes(0, -1), lambda x: x.swapaxes(0, -1), (2, 3, 4)),
    *one("expand_dims", lambda x: ag.expand_dims(x, 1), lambda x: np.expand_dims(x, 1), (2, 3)),
    *one("expand_dims", lambda x: ag.expand_dims(x, (0, -1)), lambda x: np.expand_dims(x, (0, -1)), (2, 3)),
    *one("squeeze", ag.squeeze, np.squeeze, (1, 3, 1)),
    *one("squeeze", lambda x: ag.squeeze(x, 0), lambda x: np.squeeze(x, 0), (1, 3, 1), note="0"),
    *one("broadcast_to", lambda x: ag.broadcast_to(x, (2, 3, 4)), lambda x: np.broadcast_to(x, (2, 3, 4)), (3, 1)),
    *one("broadcast_to", lambda x: ag.broadcast_to(x, (2, 3)), lambda x: np.broadcast_to(x, (2, 3)), ()),
    *one("sum_to", lambda x: ag.sum_to(x, (3, 1)), lambda x: x.sum((0, 2))[:, None], (2, 3, 4)),
    *one("concatenate", lambda *x: ag.concatenate(x), lambda *x: np.concatenate(x), (2, 3), (1, 3), (0, 3)),
    *one("concatenate", lambda *x: ag.concatenate(x, -1), lambda *x: np.concatenate(x, -1), (2, 1), (2, 3)),
    *one("concatenate", lambda *x: ag.concatenate(x, None), lambda *x: np.concatenate(x, None), (2, 1), (3,)),
    *one("stack", lambda *x: ag.stack(x), lambda *x: np.stack(x), (2, 3), (2, 3)),
    *one("stack", lambda *x: ag.stack(x, -1), lambda *x: np.stack(x, -1), (2, 3), (2, 3)),
    *[
        c
        for index in (
            1, -1, (0, 2), slice(1, None), (slice(None, None, -2), 1), ..., None, (..., None, 0), [0, 0, 2], [-1, 2],
            (slice(None), None, [0, 0]), ([0, 1, 1], [2, 2, 0]), (np.array([[0, 2], [1, 1]]),), MASK[:, :4],
            (slice(None), np.array([True, False, True, True])), ([2, 0], slice(1, 3)), np.array([], int),
            (np.array([0, 2]), None, np.array([1, 1])), (slice(None), (0, 0, 2)), ((1, 1, 0),), (range(2), 1),
        )
        for c in one("getitem", lambda x, i=index: x[i], lambda x, i=index: x[i], (3, 4), note=str(index))
    ],
    *one("getitem", lambda x: x[np.ones((3, 0), bool)], lambda x: x[np.ones((3, 0), bool)], (3, 0, 2), note="empty-mask"),
    *one("scatter_add", lambda x: ag.scatter_add(x, [0, 0, 2], (4,)), lambda x: np.array([x[0] + x[1], 0, x[2], 0]), (3,)),
    *one("scatter_add", lambda x: ag.scatter_add(x, slice(1, 3), (4,)), lambda x: np.array([0, x[0], x[1], 0]), (2,)),
    *[
        c
        for a, b in [((3, 4), (4, 2)), ((4,), (4,)), ((4,), (4, 2)), ((3, 4), (4,)), ((2, 3, 4), (4, 5)),
                     ((3, 4), (2, 4, 5)), ((2, 3, 4), (2, 4, 5)), ((2, 1, 3, 4), (5, 4, 2)), ((4,), (2, 4, 3)),
                     ((2, 3, 4), (4,)), ((0, 4), (4, 2)), ((3, 0), (0, 2))]
        for c in one("matmul", ag.matmul, np.matmul, a, b)
    ],
    *[
        c
        for s, shapes in (("ij,jk->ik", [(3, 4), (4, 2)]), ("ii->", [(3, 3)]), ("ij->", [(3, 4)]), ("ij->j", [(3, 4)]),
                          ("iij,j->i", [(3, 3, 2), (2,)]), ("ii->i", [(3, 3)]), ("i,j", [(3,), (4,)]), ("ij,ij", [(3, 4)] * 2),
                          ("...ij,jk->...ik", [(2, 3, 4), (4, 5)]), ("...i->...", [(2, 3)]), ("ij,kj->ik", [(3, 4), (5, 1)]),
                          ("bij,bjk,k->bi", [(2, 3, 4), (2, 4, 5), (5,)]), ("ba", [(2, 3)]), ("i...,...j->ij...", [(2, 3), (3, 4)]),
                          ("ij,j", [(3, 1), (4,)]))
        for c in one("einsum", lambda *x, s=s: ag.einsum(s, *x), lambda *x, s=s: np.einsum(s, *x), *shapes, note=s)
    ],
    *one("matmul", ag.dot, np.dot, (2, 3), (4, 3, 5), note="dot"),
    *one("matmul", ag.dot, np.dot, (4,), (4,), note="dot"),
    *one("matmul", ag.vdot, np.vdot, (2, 3), (3, 2), note="vdot"),
    *one("matmul", ag.inner, np.inner, (2, 3), (4, 3), note="inner"),
    *one("matmul", lambda a, b: ag.tensordot(a, b, ([0, 2], [1, 0])), lambda a, b: np.tensordot(a, b, ([0, 2], [1, 0])),
         (2, 3, 4), (4, 2, 5), note="tensordot"),
    *one("matmul", ag.tensordot, np.tensordot, (2, 3, 4), (3, 4, 5), note="tensordot"),
    *[
        c
        for name, f, reference, shapes in (
            ("inv", ag.inv, np.linalg.inv, [(3, 3)]), ("inv", ag.inv, np.linalg.inv, [(2, 3, 3)]),
            ("solve", ag.solve, np.linalg.solve, [(3, 3), (3,)]), ("solve", ag.solve, np.linalg.solve, [(3, 3), (3, 2)]),
            ("solve", ag.solve, np.linalg.solve, [(2, 3, 3), (3, 2)]), ("det", ag.det, np.linalg.det, [(3, 3)]),
            ("det", ag.det, np.linalg.det, [(2, 2, 2)]), ("logabsdet", ag.logabsdet, lambda a: np.linalg.slogdet(a)[1], [(3, 3)]),
            ("cofactors", ag.cofactors, lambda a: np.linalg.det(a) * np.linalg.inv(a).T, [(3, 3)]),
        )
        for c in one(name, lambda a, *b, f=f: f(a + 3 * np.eye(a.shape[-1], dtype=np.float32), *b),
                     lambda a, *b, r=reference: r(a + 3 * np.eye(a.shape[-1]), *b), *shapes)
    ],
    *one("eigh", lambda a: (lambda w, v: ag.matmul(v * ag.exp(w * 0.3), v.T))(*ag.eigh(a + a.T)),
         lambda a: (lambda w, v: v * np.exp(w * 0.3) @ v.T)(*np.linalg.eigh(a + a.T)), (4, 4)),
    *one("eigh", lambda a: ag.eigh(a + a.T)[0], lambda a: np.linalg.eigvalsh(a + a.T), (3, 3), note="values"),
    *one("eigh", lambda a: (ag.eigh(a + a.swapaxes(-1, -2))[1][..., 0] ** 2), lambda a: np.linalg.eigh(a + a.swapaxes(-1, -2))[1][..., 0] ** 2,
         (2, 3, 3), note="vectors"),
    *[
        c
        for shape in ((3, 3), (4, 2), (2, 4), (2, 3, 2))
        for c in (
            *one("svd", lambda a: ag.svd(a)[1], lambda a: np.linalg.svd(a)[1], shape, note="values"),
            *one("svd", lambda a: (lambda u, s, vt: ag.matmul(u * s**2, vt))(*(x if x.ndim == a.ndim else ag.expand_dims(x, -2) for x in ag.svd(a))),
                 lambda a: (lambda u, s, vt: u * s[..., None, :] ** 2 @ vt)(*np.linalg.svd(a, full_matrices=False)), shape, note="cubes"),
        )
    ],
    *[c for shape in ((3, 3), (4, 2), (2, 4)) for c in one("pinv", lambda a: ag.pinv(a + 3 * np.eye(*a.shape, dtype=np.float32)), lambda a: np.linalg.pinv(a + 3 * np.eye(*a.shape)), shape)],
    *[c for ord in (2, -2, "nuc") for keepdims in (False, True)
      for c in one("svd", lambda x, o=ord, k=keepdims: ag.norm(x, o, keepdims=k), lambda x, o=ord, k=keepdims: np.linalg.norm(x, o, keepdims=k),
                   (3, 4), note=f"norm-{ord}-{keepdims}")],
    *one("inv", lambda a: ag.matrix_power(a + 3 * np.eye(3, dtype=np.float32), -2),
         lambda a: np.linalg.matrix_power(a + 3 * np.eye(3), -2), (3, 3), note="power"),
    *one("matmul", lambda a: ag.matrix_power(a, 5), lambda a: np.linalg.matrix_power(a, 5), (3, 3), note="power", high=1.0, low=-1.0),
    *one("cholesky", lambda a: ag.cholesky(ag.matmul(a, a.T) + 2 * np.eye(3, dtype=np.float32)),
         lambda a: np.linalg.cholesky(a @ a.T + 2 * np.eye(3)), (3, 3)),
    *[
        c
        for name, f, reference, shapes in (
            ("multiply", ag.copy, np.copy, [(3, 2)]), ("reshape", ag.ravel, np.ravel, [(3, 2)]),
            ("transpose", lambda x: ag.moveaxis(x, 0, -1), lambda x: np.moveaxis(x, 0, -1), [(2, 3, 4)]),
            ("transpose", lambda x: ag.moveaxis(x, (2, 0), (0, 1)), lambda x: np.moveaxis(x, (2, 0), (0, 1)), [(2, 3, 4)]),
            ("concatenate", lambda *x: ag.vstack(x), lambda *x: np.vstack(x), [(3,), (2, 3)]),
            ("concatenate", lambda *x: ag.hstack(x), lambda *x: np.hstack(x), [(3,), (2,)]),
            ("concatenate", lambda *x: ag.hstack(x), lambda *x: np.hstack(x), [(2, 3), (2, 1)]),
            ("getitem", lambda x: ag.split(x, 3, 1)[1], lambda x: np.split(x, 3, 1)[1], [(2, 6)]),
            ("getitem", lambda x: ag.split(x, [1, 4])[2], lambda x: np.split(x, [1, 4])[2], [(6,)]),
            ("getitem", lambda x: ag.flip(x, 1), lambda x: np.flip(x, 1), [(2, 3)]), ("getitem", ag.flip, np.flip, [(2, 3)]),
            ("getitem", lambda x: ag.roll(x, 2), lambda x: np.roll(x, 2), [(2, 3)]),
            ("getitem", lambda x: ag.roll(x, (1, -1), (0, 1)), lambda x: np.roll(x, (1, -1), (0, 1)), [(2, 3)]),
            ("getitem", lambda x: ag.rot90(x, 3), lambda x: np.rot90(x, 3), [(2, 3)]),
            ("getitem", lambda x: ag.tile(x, (2, 1, 3)), lambda x: np.tile(x, (2, 1, 3)), [(2, 3)]),
            ("getitem", lambda x: ag.repeat(x, [1, 0, 2], 1), lambda x: np.repeat(x, [1, 0, 2], 1), [(2, 3)]),
            ("getitem", lambda x: ag.repeat(x, 2), lambda x: np.repeat(x, 2), [(2, 3)]),
            ("getitem", lambda x: ag.take(x, [[0, 2], [2, 2]], 1), lambda x: np.take(x, [[0, 2], [2, 2]], 1), [(2, 3)]),
            ("getitem", lambda x: ag.take(x, [5, 0]), lambda x: np.take(x, [5, 0]), [(2, 3)]),
            ("where", lambda x: ag.pad(x, ((1, 0), (0, 2)), constant_values=7), lambda x: np.pad(x, ((1, 0), (0, 2)), constant_values=7), [(2, 3)]),
            *[("getitem", lambda x, m=m: ag.pad(x, 2, m), lambda x, m=m: np.pad(x, 2, m), [(3, 4)]) for m in ("edge", "reflect", "symmetric", "wrap")],
            ("scatter_add", lambda x: ag.diag(x, -1), lambda x: np.diag(x, -1), [(3,)]), ("getitem", lambda x: ag.diag(x, 1), lambda x: np.diag(x, 1), [(3, 4)]),
            ("getitem", lambda x: ag.diagonal(x, 1, 0, 2), lambda x: np.diagonal(x, 1, 0, 2), [(3, 2, 4)]),
            ("sum", lambda x: ag.trace(x, -1), lambda x: np.trace(x, -1), [(3, 4)]),
            ("where", lambda x: ag.tril(x, 1), lambda x: np.tril(x, 1), [(2, 3, 4)]), ("where", ag.triu, np.triu, [(3, 4)]),
            ("multiply", ag.outer, np.outer, [(2, 2), (3,)]), ("multiply", ag.kron, np.kron, [(2, 3), (2,)]),
            ("multiply", ag.kron, np.kron, [(2,), (3, 1, 2)]),
            ("stack", lambda *x: ag.stack(ag.meshgrid(*x)), lambda *x: np.stack(np.meshgrid(*x)), [(2,), (3,), (4,)]),
            ("stack", lambda *x: ag.stack(ag.meshgrid(*x, indexing="ij")), lambda *x: np.stack(np.meshgrid(*x, indexing="ij")), [(2,), (3,)]),
        )
        for c in one(name, f, reference, *shapes, note=str(len(str(shapes))))
    ],
    *one("linear", ag.linear, lambda x, w, b: x @ w.T + b, (5, 3), (2, 3), (2,)),
    *one("linear", ag.linear, lambda x, w: x @ w.T, (5, 3), (2, 3)),
    *one("linear", ag.linear, lambda x, w, b: x @ w.T + b, (3,), (2, 3), (2,)),
    *one("linear", ag.linear, lambda x, w, b: x @ w.T + b, (2, 4, 3), (2, 3), (2,)),
    *one("linear", ag.linear, lambda x, w, b: x @ w.T + b, (0, 3), (2, 3), (2,)),
    *one("linear", ag.linear, lambda x, w, b: x @ w.T + b, (5, 4, 0), (2, 0), (2,)),
    *[
        c
        for shapes, how in (
            ([(2, 3, 5, 4), (4, 3, 2, 3), (4,)], {}),
            ([(2, 4, 5, 6), (6, 2, 3, 2), (6,)], {"stride": (2, 1), "padding": (1, 2), "dilation": (1, 3), "groups": 2}),
            ([(3, 2, 9), (3, 2, 3)], {"stride": (2,), "padding": (2,), "dilation": (2,)}),
            ([(2, 3, 4), (3, 1, 2)], {"groups": 3}),
            ([(1, 2, 3, 2, 3), (2, 2, 2, 1, 2), (2,)], {"stride": (1, 1, 2)}),
            ([(2, 2, 3, 3), (3, 2, 1, 1), (3,)], {}),
            ([(0, 2, 5), (3, 2, 2), (3,)], {}),
        )
        for c in one("conv", lambda *a, how=how: ag.conv(*a, **how),
                     lambda x, w, b=None, how=how: conv_by_loops(x, w, b, **across(x.ndim - 2, **how)), *shapes, note=str(sorted(how)))
    ],
    *one("conv", lambda x, w: ag.conv(x, w, padding="same", dilation=(1, 2)),
         lambda x, w: conv_by_loops(x, w, None, (1, 1), ((0, 1), (2, 2)), (1, 2)), (2, 1, 4, 5), (2, 1, 2, 3), note="same"),
    *[
        c
        for name, reduce, fill in (("max_pool", np.max, -np.inf), ("avg_pool", np.mean, 0.0))
        for shape, kernel, stride, padding in (
            ((2, 1, 6, 4), (2, 2), None, 0), ((2, 2, 7, 5), (3, 2), (2, 3), (1, 0)), ((1, 2, 5, 5), (3, 3), 1, 1),
            ((2, 3, 8), (3,), (2,), 1), ((1, 1, 4, 3, 2), (2, 1, 2), None, 0),
        )
        for c in one(name, lambda x, n=name, a=(kernel, stride, padding): getattr(ag, n)(x, *a),
                     lambda x, r=reduce, f=fill, k=kernel, s=stride, p=padding: pool_by_loops(
                         r, x, k, **pooled(x.ndim - 2, s or k, p), fill=f),
                     shape, note=f"{kernel}-{stride}-{padding}")
    ],
    *one("windows", lambda x: windows(x, how=SLIDES), windows_by_loops, (2, 3, 4, 6)),
    *one("overlap_add", lambda a: overlap_add(a, how=SLIDES, lengths=(4, 6)), folded_by_loops, (3, 2, 3, 2, 4, 2)),
    *one("squared_error", lambda y, t: loss.squared_error(y, t, scale=0.25),
         lambda y, t: 0.25 * ((y - t) ** 2).sum(), (3, 4), (3, 4)),
    *one("binary_cross_entropy", loss.binary_cross_entropy,
         lambda p, t: (-t * np.log(p) - (1 - t) * np.log(1 - p)).mean(), (3, 4), (3, 4), low=0.05, high=0.9),
    *one("binary_cross_entropy_with_logits", loss.binary_cross_entropy_with_logits,
         lambda z, t: (-t * np.log(sigmoid(z)) - (1 - t) * np.log(1 - sigmoid(z))).mean(), (3, 4), (3, 4)),
    *one("softmax_cross_entropy", lambda z: loss.softmax_cross_entropy(z, LABELS),
         lambda z: -log_softmax(z)[[0, 1, 2], LABELS].mean(), (3, 4)),
    *one("softmax_cross_entropy", lambda z: loss.softmax_cross_entropy(z, np.array([[1], [0]])),
         lambda z: -(log_softmax(z)[0, 0, 1] + log_softmax(z)[1, 0, 0]) / 2, (2, 1, 3)),
    *one("softmax_cross_entropy_with", loss.softmax_cross_entropy_with,
         lambda z, t: -(t * log_softmax(z)).sum() / 3, (3, 4), (3, 4)),
]  # fmt: skip
each = pytest.mark.parametrize("case", CASES, ids=str)


def test_every_op_is_in_the_table():
    assert set(OPS) == {case.name for case in CASES}


@each
def test_value_is_numpys(case):
    xs = case.inputs()
    expected = case.reference(*xs)
    got = case.f(*map(Tensor, xs))
    assert isinstance(got, Tensor)
    assert got.shape == np.shape(expected)
    np.testing.assert_allclose(got.data, expected, rtol=1e-13, atol=1e-14)
    on_arrays = case.f(*xs)
    assert not isinstance(on_arrays, Tensor)
    np.testing.assert_array_equal(on_arrays, got.data)


@each
def test_vjp_against_central_differences(case):
    xs = case.inputs()
    rng = np.random.default_rng(1)
    directions = [rng.normal(size=x.shape) for x in xs]
    leaves = [leaf(x) for x in xs]
    out = case.f(*leaves)
    g = rng.normal(size=out.shape)
    pulled = gradients(out, leaves, cotangent=g)
    expected = np.sum(g * slope(case.reference, xs, directions))
    got = sum(np.sum(p * d) for p, d in zip(pulled, directions, strict=True))
    assert got == pytest.approx(expected, rel=1e-7, abs=1e-8)


@each
def test_second_order_against_central_differences(case):
    xs = case.inputs()
    rng = np.random.default_rng(2)
    first = [rng.normal(size=x.shape) for x in xs]
    second = [rng.normal(size=x.shape) for x in xs]
    g = rng.normal(size=np.shape(case.reference(*xs)))

    def slope_along_first(*arrays):
        leaves = [leaf(a) for a in arrays]
        pulled = gradients(case.f(*leaves), leaves, cotangent=g, create_graph=True)
        total = sum(((p * d).sum() for p, d in zip(pulled, first, strict=True)), Tensor(0.0))
        return total, leaves

    total, leaves = slope_along_first(*xs)
    expected = slope(lambda *arrays: slope_along_first(*arrays)[0].item(), xs, second)
    if not total.requires_grad:  # the op is linear: its slope depends on nothing
        assert expected == 0
        return
    got = sum(np.sum(p * d) for p, d in zip(gradients(total, leaves), second, strict=True))
    assert got == pytest.approx(expected, rel=1e-6, abs=1e-7)


@each
def test_second_order_beside_plain_arrays(case):
    xs = case.inputs()
    g = np.random.default_rng(5).normal(size=np.shape(case.reference(*xs)))
    for k in range(len(xs)):  # all inputs but this one are plain arrays

        def slope_at(a, k=k):
            x = leaf(a)
            (pulled,) = gradients(case.f(*xs[:k], x, *xs[k + 1 :]), [x], cotangent=g, create_graph=True)
            assert isinstance(pulled, Tensor)
            return x, pulled

        x, pulled = slope_at(xs[k])
        d = np.random.default_rng(6).normal(size=(2, *xs[k].shape))
        expected = slope(lambda a, d=d, f=slope_at: np.sum(f(a)[1].data * d[0]), [xs[k]], [d[1]])
        got = np.sum(gradients(pulled, [x], cotangent=d[0])[0] * d[1]) if pulled.requires_grad else 0
        assert got == pytest.approx(expected, rel=1e-6, abs=1e-7)


@each
def test_float32_stays_float32(case):
    xs32 = case.inputs(np.float32)
    leaves = [leaf(x, dtype=np.float32) for x in xs32]
    out = case.f(*leaves)
    assert out.dtype == (np.float64 if case.name == "float_power" else np.float32)  # as its name says
    pulled = gradients(out, leaves, cotangent=np.ones(out.shape))
    assert all(p.dtype == np.float32 for p in pulled)
    doubles = [leaf(x) for x in xs32]
    for p, q in zip(pulled, gradients(case.f(*doubles), doubles, cotangent=np.ones(out.shape)), strict=True):
        np.testing.assert_allclose(p, q, rtol=2e-5, atol=2e-5)


@each
def test_gradients_are_fresh_arrays_of_the_operands_shape(case):
    xs = case.inputs()
    leaves = [leaf(x) for x in xs]
    out = case.f(*leaves)
    assert not out.data.flags.writeable
    g = np.full(out.shape, 0.5)
    kept = [x.data.copy() for x in leaves], g.copy()
    out.backward(g)
    for x, before in zip(leaves, kept[0], strict=True):
        np.testing.assert_array_equal(x.data, before)
        assert type(x.grad) is np.ndarray
        assert (x.grad.shape, x.grad.dtype) == (x.shape, x.dtype)
        assert x.grad.flags.writeable
        assert not any(np.shares_memory(x.grad, other) for other in [g, out.data, *(y.data for y in leaves)])
    np.testing.assert_array_equal(g, kept[1])
    grads = [x.grad for x in leaves]
    assert not any(np.shares_memory(p, q) for i, p in enumerate(grads) for q in grads[:i])
    once = [p.copy() for p in grads]
    out.backward(g)
    for x, p in zip(leaves, once, strict=True):
        np.testing.assert_array_equal(x.grad, 2 * p)  # twice is exactly twice


@each
def test_memory_order_does_not_matter(case):
    xs = case.inputs()
    plain = [leaf(x) for x in xs]
    g = np.random.default_rng(3).normal(size=case.f(*plain).shape)
    expected = gradients(case.f(*plain), plain, cotangent=g)
    strided = []
    for x in xs:
        wide = np.zeros((*x.shape, 2))
        wide[..., 0] = x
        strided.append(leaf(wide[..., 0] if x.ndim else x))
        strided[-1].array = wide[..., 0] if x.ndim else strided[-1].array  # a view with gaps between its entries
    for other in (strided, [leaf(np.asarray(x, order="F")) for x in xs]):
        for p, q in zip(gradients(case.f(*other), other, cotangent=np.asarray(g, order="F")), expected, strict=True):
            np.testing.assert_allclose(p, q, rtol=1e-12, atol=1e-13)


FUSED = [case for case in CASES if OPS[case.name].composition]


@pytest.mark.parametrize("case", FUSED, ids=str)
def test_fused_ops_equal_their_composition(case):
    op = OPS[case.name]
    xs = [leaf(x) for x in case.inputs()]
    fused = case.f(*xs)
    composed = op.composition(*fused.inputs, **fused.params)
    np.testing.assert_allclose(composed.data, fused.data, rtol=1e-14, atol=1e-15)
    g = np.random.default_rng(4).normal(size=fused.shape)
    firsts = [gradients(y, xs, cotangent=g, create_graph=True) for y in (fused, composed)]
    for p, q in zip(*firsts, strict=True):
        np.testing.assert_allclose(p.data, q.data, rtol=1e-12, atol=1e-14)
    totals = [sum(((p * p).sum() for p in first), Tensor(0.0)) for first in firsts]
    assert totals[0].requires_grad == totals[1].requires_grad
    if not totals[0].requires_grad:  # the op is linear: its slope depends on nothing
        return
    for p, q in zip(*(gradients(total, xs) for total in totals), strict=True):
        np.testing.assert_allclose(p, q, rtol=1e-11, atol=1e-13)


def test_every_fused_op_has_a_case():
    assert {op.name for op in OPS.values() if op.composition} == {case.name for case in FUSED}


@pytest.mark.parametrize(("g", "index", "shape"), [(np.ones(()), [0, 0, 2], (3,)), (np.ones(2), slice(0, 3), (4,))])
def test_scatter_add_and_sum_to_refuse_what_does_not_fit(g, index, shape):
    with pytest.raises(ValueError, match="scatter_add: expected g of shape"):
        ag.scatter_add(g, index, shape)
    with pytest.raises(ValueError, match=r"shape \(3, 2\) does not broadcast to \(2, 3\)"):
        ag.sum_to(np.ones((2, 3)), (3, 2))
