"""NumPy's functions and methods on Tensors, with NumPy's keywords: the same values, dtypes and refusals, and right slopes."""

import warnings

import numpy as np
import pytest
from numeric import leaf

import autograd as ag
from autograd import Tensor

rng = np.random.default_rng(0)
X = rng.normal(size=(2, 3, 4))
M = rng.normal(size=(4, 3))
V = rng.normal(size=5)
B = rng.random((2, 3, 4)) > 0.3
SYM = M.T @ M + np.eye(3)
HOLES = np.where(rng.random((4, 3)) > 0.3, M, np.nan)
HOLES[:, 0] = np.nan


def agrees(call, *arrays, rtol=1e-13):
    """call, of Tensors and of arrays, gives the same; its derivative is that of central differences."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = call(*arrays)
        leaves = [leaf(a, dtype=a.dtype) if a.dtype.kind == "f" else Tensor(a) for a in arrays]
        got = call(*leaves)
    several = isinstance(expected, tuple | list)
    outs, wanted = (got, expected) if several else ([got], [expected])
    assert len(outs) == len(wanted)
    for y, e in zip(outs, wanted, strict=True):
        assert y.shape == np.shape(e)
        assert y.dtype == np.asarray(e).dtype
        np.testing.assert_allclose(getattr(y, "data", y), e, rtol=rtol, atol=1e-14)
    return outs, leaves


def right_slope(call, *arrays):
    """The derivative of Σ w call along a direction against central differences."""
    outs, leaves = agrees(call, *arrays)
    generator = np.random.default_rng(1)
    total, weights = Tensor(0.0), []
    for y in outs:
        weights.append(generator.normal(size=y.shape))
        total = total + ag.sum(ag.where(np.isnan(y), 0.0, y) * weights[-1])
    d = [generator.normal(size=a.shape) for a in arrays]
    h = 1e-6

    def value(t):
        y = call(*(a + t * x for a, x in zip(arrays, d, strict=True)))
        return sum(np.nansum(p * w) for p, w in zip(y if isinstance(y, tuple | list) else [y], weights, strict=True))

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = (value(h) - value(-h)) / (2 * h)
    slopes = ag.gradients(total, leaves)
    assert sum(np.sum(g * x) for g, x in zip(slopes, d, strict=True)) == pytest.approx(expected, rel=1e-6, abs=1e-7)


REDUCTIONS = [
    *[(name, dict(axis=axis, keepdims=keepdims, **more))
      for name, extras in {
          "sum": [dict(initial=2.0), dict(where=B), dict(where=B[0], initial=1.5)],
          "prod": [dict(initial=2.0), dict(where=B), dict(where=B[0], initial=1.5)],
          "max": [dict(initial=0.5), dict(where=B, initial=-0.5), dict(initial=-9.0)],
          "min": [dict(initial=0.5), dict(where=B, initial=0.5), dict(initial=9.0)],
          "mean": [dict(where=B), dict(where=B[0])],
          "var": [dict(where=B), dict(where=B, ddof=1), dict(ddof=1), dict(correction=1)],
          "std": [dict(where=B), dict(where=B, ddof=1), dict(ddof=1), dict(correction=1)],
      }.items()
      for more in extras for axis in (None, 1, (0, 2)) for keepdims in (False, True)],
]  # fmt: skip


@pytest.mark.parametrize(("name", "keywords"), REDUCTIONS)
def test_keywords_of_reductions(name, keywords):
    right_slope(lambda x: getattr(np, name)(x, **keywords), X)
    method = {k: x for k, x in keywords.items() if k != "correction"}
    if method == keywords:
        agrees(lambda x: getattr(x, name)(**keywords), X)
    agrees(lambda x: getattr(ag if isinstance(x, Tensor) else np, name)(x, **keywords), X)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of one entry less one
        np.testing.assert_allclose(getattr(ag, name)(X, **keywords), getattr(np, name)(X, **keywords), rtol=1e-13)


@pytest.mark.parametrize(
    "name", ["sum", "prod", "mean", "var", "std", "cumsum", "cumprod", "trace", "nansum", "nanmean"]
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16, int])
@pytest.mark.parametrize("array", [X[0], X[0].astype(np.float32), (9 * X[0]).astype(int), X[0] > 0])
def test_dtype_of_reductions(name, dtype, array):
    if name.startswith("nan") and array.dtype.kind == "f" and dtype is int:
        return  # which NumPy refuses
    rtol = 1e-2 if dtype is np.float16 else 1e-5
    agrees(lambda x: getattr(np, name)(x, dtype=dtype), array, rtol=rtol)
    if not name.startswith("nan"):
        agrees(lambda x: getattr(x, name)(dtype=dtype), array, rtol=rtol)
    (y,), (x,) = agrees(lambda x: getattr(np, name)(x, dtype=np.float32), X[0], rtol=1e-5)
    assert ag.gradients(y, [x], cotangent=np.ones(y.shape, np.float32))[0].dtype == np.float64


@pytest.mark.parametrize("call", [
    lambda x, f: f.sum(x, 0, None, None, True), lambda x, f: f.sum(x, (0, 1), np.float32, None, False, 2.0),
    lambda x, f: f.mean(x, 1, None, None, True), lambda x, f: f.prod(x, 1, None, None, False, 3.0, B),
    lambda x, f: f.var(x, 0, None, None, 1, True), lambda x, f: f.std(x, 0, np.float64, None, 1),
    lambda x, f: f.max(x, 2, None, True, 0.1), lambda x, f: f.median(x, 1, None, False, True),
    lambda x, f: f.percentile(x, 30, 1, None, False, "lower", True), lambda x, f: f.cumsum(x, 1, np.float32),
    lambda x, f: f.take(x, [0, -5, 9], 2, None, "wrap"), lambda x, f: f.trace(x, 0, 1, 2, np.float32), lambda x, f: f.ptp(x, 1, None, True),
    lambda x, f: f.sort(x, 1, "stable"), lambda x, f: f.nansum(x, 1, None, None, True), lambda x, f: f.reshape(x, (6, 4), "F"),
])  # fmt: skip
def test_arguments_by_place_are_in_numpys_order(call):
    agrees(lambda x: call(x, np), X, rtol=1e-5)
    expected = call(X, np)
    for x in (X, Tensor(X)):
        got = call(x, ag)
        assert got.dtype == expected.dtype
        np.testing.assert_allclose(getattr(got, "data", got), expected, rtol=1e-5, atol=1e-6)


METHODS = [
    lambda x: x.sum(0, None, None, True), lambda x: x.mean(1, None, None, True), lambda x: x.max(2, None, True),
    lambda x: x.var(0, None, None, 1, True), lambda x: x.reshape((3, 8), order="F"), lambda x: x.reshape(3, 8, order="F"),
    lambda x: x.reshape(-1, 6, order="F"), lambda x: x.ravel("F"), lambda x: x.ravel(order="A"), lambda x: x.flatten("F"),
    lambda x: x.take([0, 7], 1, mode="clip"), lambda x: x.take([[1, 2]], mode="wrap"), lambda x: x.mT, lambda x: x // 0.3,
    lambda x: 2 // x, lambda x: divmod(x, 0.3)[1], lambda x: divmod(0.3, x)[0], lambda x: x.copy("F"), lambda x: x.astype(np.float32, copy=False),
    lambda x: x.argmax(1, keepdims=True), lambda x: x.argmin(axis=0), lambda x: x.all(axis=1), lambda x: x.any(1, keepdims=True),
    lambda x: x.nonzero(), lambda x: x.cumsum(1, np.float32), lambda x: x.trace(0, 1, 2, np.float32), lambda x: x.clip(-1, 1), lambda x: x.clip(max=0.5),
    lambda x: x.transpose(0, 2, 1).reshape(6, 4, order="A"), lambda x: x.any(where=B), lambda x: x.T.ravel("A"),
]  # fmt: skip


@pytest.mark.parametrize("call", METHODS)
def test_methods_are_ndarrays(call):
    agrees(call, X, rtol=1e-5)


METHODS = [
    "linear", "lower", "higher", "midpoint", "nearest", "inverted_cdf", "averaged_inverted_cdf", "closest_observation",
    "interpolated_inverted_cdf", "hazen", "weibull", "median_unbiased", "normal_unbiased",
]  # fmt: skip


@pytest.mark.parametrize("n", [1, 2, 3, 6, 9])
@pytest.mark.parametrize("method", METHODS)
def test_quantiles_between_every_two_entries(n, method):
    x, levels = np.random.default_rng(n).normal(size=n), np.linspace(0, 1, 17)
    agrees(lambda x: np.quantile(x, levels, method=method), x)
    agrees(lambda x: np.quantile(x, levels, method=method), np.arange(n))
    right_slope(lambda x: np.percentile(x, 37, method=method), x)


def test_the_methods_that_sort_take_ndarrays_arguments():
    t, a = leaf(M), np.array([1, 0, 1, 0] * 9)
    np.testing.assert_array_equal(t.argsort(0, "heapsort"), M.argsort(0, "heapsort"))
    np.testing.assert_array_equal(Tensor(a).argsort(), a.argsort(kind="stable"))
    np.testing.assert_array_equal(Tensor(a).argsort(stable=True), a.argsort(stable=True))


def test_tolist():
    assert leaf(M).tolist() == M.tolist()


CALLS = [
    (lambda x: np.reshape(x, (3, -1), order="F"), X), (lambda x: np.ravel(x, "F"), X),
    (lambda x: np.pad(x, ((1, 0), (0, 2)), constant_values=((1, 2), (3, 4))), M), (lambda x: np.pad(x, 1, constant_values=(1, 2.5)), M),
    (lambda x, w: np.average(x, (0, 2), w), X, np.abs(X[:, 0])), (lambda x, w: np.average(x, 1, w, True), X, np.abs(X)),
    (lambda x, w: np.average(x, weights=w, returned=True, keepdims=True), X, np.abs(X)), (lambda x: np.average(x, 1, returned=True), X),
    (lambda x, w: np.average(x, (2, 0), w), X, np.abs(X[:, 0].T)), (lambda x, w: np.average(x, 1, w, True), X, np.abs(V[:3])),
    (lambda x, y: np.meshgrid(x, y, sparse=True), V, V[:3]), (lambda x, y: np.meshgrid(x, y, copy=False, indexing="ij"), V, V[:3]),
    (lambda x: np.linalg.cholesky(x @ x.T + np.eye(3), upper=True), M[:3]),
    *[(lambda x, u=u: np.linalg.eigh(x + x.T, UPLO=u)[0], M[:3]) for u in "LU"], (lambda x: np.linalg.eigvalsh(x + x.T, "U"), M[:3]),
    (lambda x: np.linalg.eigh(x, "U")[0], SYM + np.tril(M[:3], -1)),
    (lambda x: np.linalg.pinv(x, rtol=1e-9), M), (lambda x: np.linalg.pinv(x, 0.6), M), (lambda x: np.linalg.pinv(x + x.T, hermitian=True), M[:3]),
    (lambda x: np.linalg.pinv(x, rtol=None), M), (lambda x: np.linalg.pinv(x, rcond=[0.1, 0.2]), X), (lambda x: np.linalg.svd(x, compute_uv=False), M),
    (lambda x: np.linalg.norm(x, 0), V), (lambda x: np.linalg.norm(x, 0, 1, True), M), (lambda x: np.linalg.svdvals(x), X),
    (lambda x: np.clip(x, -0.5, None), M), (lambda x: np.clip(x, a_max=0.5, a_min=None), M),
    (lambda x: np.sort(x, kind="stable"), M), (lambda x: np.sort(x, axis=0, stable=True), M),
    *[(lambda x, m=m, a=a: np.percentile(x, [0, 10, 62.5, 100], a, method=m), X) for m in ("linear", "lower", "higher", "nearest", "midpoint") for a in (None, 1, (0, 2))],
    *[(lambda x, m=m: np.quantile(x, 0.5, method=m), V[:4]) for m in ("linear", "lower", "higher", "nearest", "midpoint")],
    (lambda x: np.quantile(x, [[0.1, 0.5]], 1, keepdims=True), X), (lambda x: np.median(x, (0, 1), keepdims=True), X),
    *[(lambda x, n=n, a=a: np.diff(x, n, a), X) for n in (0, 1, 2) for a in (0, -1)],
    (lambda x: np.diff(x, prepend=0.0, append=[[1.0]] * 4), M), (lambda x, y: np.diff(x, prepend=y[:, None]), M, V[:4]),
    *[(lambda x, k=k: np.ptp(x, **k), X) for k in ({}, dict(axis=1), dict(axis=(0, 2), keepdims=True))],
    *[(lambda x, f=f, k=k: getattr(np, f)(x, **k), HOLES) for f in ("nansum", "nanmean", "nanmax", "nanmin") for k in ({}, dict(axis=0), dict(axis=1, keepdims=True))],
    (lambda x: np.nansum(x, 0, initial=1.0, where=B[0, :, 0]), HOLES), (lambda x: np.nanmean(x, 1, where=B[0, :, 0]), HOLES),
    (lambda x: np.nanmax(x, 1, initial=0.2), HOLES),
    *[(lambda x, n=n: getattr(np, f"atleast_{n}d")(x), a) for n in (1, 2, 3) for a in (np.array(0.3), V, M, X)],
    (lambda x, y: np.atleast_2d(x, y), V, M),
    *[(getattr(np, f), M) for f in ("deg2rad", "rad2deg", "degrees", "radians", "fliplr", "flipud", "matrix_transpose", "cov", "corrcoef")],
    (lambda x: np.linalg.matrix_transpose(x), X), (lambda x: np.permute_dims(x, (1, 0, 2)), X), (lambda x, y: np.concat([x, y], 1), M, M),
    (lambda x: np.pow(np.abs(x), 1.5), M), (lambda x: np.acos(x / 9), M), (lambda x: np.true_divide(1, x), M), (lambda x: np.float_power(np.abs(x), 1.5), M),
    *[(lambda a, b, k=k: np.cross(a, b, **k), s, t) for s, t, k in ((M, M[:1], {}), (X, V[:3], dict(axisa=1)), (X.swapaxes(1, 2), M[0], {}), (X, X * 2 + 1, dict(axis=1)))],
    (lambda a, b: np.linalg.cross(a, b), M, M[::-1]), (lambda a, b: np.linalg.cross(a, b, axis=1), X, X**2),
    *[(lambda a, b, f=f: f(a, b), X, V[:4]) for f in (np.vecdot, np.linalg.vecdot)], (lambda a, b: np.vecdot(a, b, axis=1), X, X**2),
    *[(lambda x, k=k: np.linalg.vector_norm(x, **k), X) for k in ({}, dict(axis=1), dict(axis=(0, 2), keepdims=True), dict(ord=3), dict(ord=1, axis=(2, 0)), dict(ord=np.inf, keepdims=True))],
    *[(lambda x, k=k: np.linalg.matrix_norm(x, **k), X) for k in ({}, dict(keepdims=True), dict(ord=1), dict(ord=2), dict(ord="nuc", keepdims=True), dict(ord=-np.inf))],
    (lambda a, b, c: np.linalg.multi_dot([a, b, c]), V[:4], M, V[:3]), (lambda a, b, c: np.linalg.multi_dot([a, b, c]), M, M.T, M),
    (lambda x: np.linalg.trace(x), X[:, :, :3]), (lambda x: np.linalg.diagonal(x, offset=1), X), (lambda x: np.linalg.trace(x, offset=-1, dtype=np.float64), X),
    (lambda *x: np.dstack(x), V, V), (lambda *x: np.dstack(x), M, X[0].T), (lambda *x: np.column_stack(x), V[:4], M), (lambda *x: np.vstack(x, dtype=np.float64), V[:3], M),
    *[(lambda x, n=n: np.array_split(x, n), V) for n in (1, 2, 3, 7, [1, 3])], (lambda x: np.array_split(x, 2, axis=-1), M),
    (lambda x: np.vsplit(x, 2), M), (lambda x: np.hsplit(x, 3), M), (lambda x: np.hsplit(x, [1, 3]), V), (lambda x: np.dsplit(x, 2), X),
    *[(lambda x, y, k=k: np.cov(x, y, **k), M, M**2) for k in ({}, dict(rowvar=False), dict(bias=True), dict(ddof=0), dict(ddof=0, bias=True))], (lambda x: np.cov(x), V),
    (lambda x, y: np.corrcoef(x, y), V, V**2), (lambda x: np.corrcoef(x, rowvar=False), M), (lambda x: np.cov(x, dtype=np.float64), M),
    *[(lambda a, b, m=m: np.convolve(a, b, m), a, b) for m in ("full", "same", "valid") for a in (V, V[:4], V[:1]) for b in (V[:2], V[1:4], V, V[:1])],
    (lambda a, b: np.copysign(a, b), M, M[::-1]), (lambda a: np.copysign(a, -1.0), M), (lambda a: np.heaviside(a, 0.5), M), (lambda b: np.heaviside(np.array([0.0, 0.0, 2.0]), b), V[:3]),
    (lambda x: np.full_like(x, x[1]), M), (lambda x: np.divmod(x, 0.3)[1], M), (lambda x, y: np.add(x, y, dtype=np.float64), M, M),
    (lambda x: np.squeeze(x[:1], axis=0), X), (lambda x: np.linalg.norm(x, axis=-1, keepdims=True), X), (lambda x: np.round(x * 0, decimals=1), X),
    (lambda x: np.concatenate([x, x], axis=None, dtype=np.float64), M), (lambda x: np.tile(A=x, reps=2), M), (lambda x: np.einsum("ij->i", x, optimize=True), M),
    *[(lambda x, f=f, k=k: f(x, **k), X) for f in (np.add.reduce, np.multiply.reduce, np.maximum.reduce, np.minimum.reduce) for k in ({}, dict(axis=None), dict(axis=(0, 2), keepdims=True), dict(axis=1, initial=0.5))],
    *[(lambda x, f=f, k=k: f(x, **k), X) for f in (np.add.accumulate, np.multiply.accumulate) for k in ({}, dict(axis=-1))], (lambda x: np.logaddexp.reduce(x, axis=1), X), (lambda x: np.add.reduce(x, -1, None, None, True), X),
    *[(lambda x, y, f=f: f.outer(x, y), V, M) for f in (np.add, np.subtract, np.multiply, np.divide, np.arctan2)], (lambda y: np.subtract.outer([1.0, 2.0], y), V),
    *[(lambda x, y, a=a: np.append(x, y, a), M, M[:2]) for a in (None, 0)], (lambda x: np.append(x, 3.0), V), (lambda x, y: np.block([[x, y], [y[:1], x[:1]]]), M, M**2), (lambda x: np.block([[x[0], 2.0], [x[1:3]]]), V),
    (lambda x: np.block([x, 1.0, x]), V), (lambda x, y: np.block([[x], [y]]), X, X), (lambda x: np.block(x), M),
    (lambda x: np.select([x > 0.5, x > 0], [x**2, np.sin(x)], 3 * x), M), (lambda x: np.select([x > 0], [x]), M),
    (lambda p, x: np.polyval(p, x), V, M), (lambda x: np.polyval([1, 2, 3], x), M), (lambda p: np.polyval(p, 2), V),
    *[(lambda x, fp, k=k: np.interp(x, [-1.0, 0.1, 0.6, 1.2], fp, **k), 2 * M, V[:4]) for k in ({}, dict(left=0.0, right=5.0), dict(period=3.0))],
    (lambda xp, fp: np.interp([-9.0, 0.3, 1.3, 9.0], xp, fp), np.array([0.0, 0.9, 2.0]), V[:3]), (lambda x: np.interp(x, [1.0], [2.0]), V),
    *[(lambda x, o=o, a=a: np.delete(x, o, a), M) for o in (1, [0, -1], slice(0, 2)) for a in (None, 0, -1)],
    *[(lambda x, y, o=o, a=a: np.insert(x, o, y, a), M, V[:3]) for o, a in ((1, None), ([0, 2, 2], None), (1, 0), (-1, 0), ([0, 2, 1], 1))], (lambda x: np.insert(x, 2, x[0]), V),
    *[(lambda x, s=s, a=a: np.roll(x, s, a), X) for s, a in ((2, None), (-5, 1), ((1, -1), (0, 2)))], *[(lambda x, r=r: np.tile(x, r), M) for r in (2, (2, 1), (3, 1, 2), (), 0)],
    *[(lambda x, r=r, a=a: np.repeat(x, r, a), M) for r, a in ((2, None), (3, 0), (2, -1), ([2, 0, 1], 1), ([1], 0), (0, 1))],
    *[(lambda x, w=w, c=c: np.pad(x, w, constant_values=c), M) for w in (1, (0, 2), ((1, 0), (2, 3))) for c in (0, 1.5)], (lambda x, c: np.pad(x, 1, constant_values=c), M, np.array(0.5)),
    *([(lambda x, f=f, k=k: getattr(np, f)(x, **k), M) for f in ("cumulative_sum", "cumulative_prod") for k in (dict(axis=0), dict(axis=-1, include_initial=True))] if hasattr(np, "unstack") else []),
    *([(np.unstack, X), (lambda x: np.reshape(x, 24, copy=True), X), (lambda x: np.unstack(x, axis=1), X), (lambda x: np.astype(x, np.float64), X)] if hasattr(np, "unstack") else []),  # since NumPy 2.1
]  # fmt: skip


@pytest.mark.parametrize("k", range(len(CALLS)))
def test_call(k):
    call, *arrays = CALLS[k]
    right_slope(call, *arrays)


@pytest.mark.parametrize("a", [V, V.astype(np.float32), (9 * V).astype(int), V > 0])
@pytest.mark.parametrize("call", [
    lambda x: np.percentile(x, 50), lambda x: np.percentile(x, [10, 50.0]), lambda x: np.quantile(x, np.float32(0.5)), lambda x: np.median(x),
    lambda x: np.quantile(x, np.array([0.5], np.float32)), lambda x: np.copy(x), lambda x: np.linalg.norm(x), lambda x: np.linalg.norm(x, 0),
    lambda x: np.linalg.norm(x, 1), lambda x: np.linalg.norm(x, np.inf), lambda x: x.copy(), lambda x: np.average(x), lambda x: np.cov(x),
    lambda x: np.convolve(x, x), lambda x: np.mean(x, where=[True, False, True, True, True]), lambda x: np.std(x, where=[True, False, True, True, True]),
    lambda x: np.percentile(x, 30), lambda x: np.nanmax(x), lambda x: np.nansum(x), lambda x: np.average(x, weights=np.arange(1, 6)),
])  # fmt: skip
def test_dtype_is_numpys(call, a):
    if a.dtype == bool:
        try:
            call(a)
        except TypeError:
            return  # NumPy has no quantile of booleans
    agrees(call, a, rtol=1e-5)


@pytest.mark.parametrize("method", ["lower", "higher", "nearest"])
def test_a_quantile_that_is_an_entry_keeps_its_dtype(method):
    for a in (np.array([4, 1, 3, 9]), np.array([True, False, True])):
        agrees(lambda x: np.percentile(x, [0, 30, 50, 100], method=method), a)


I8, BOOL, F2, F4 = (
    np.array([100, 90, -3], np.int8),
    np.array([True, False, True]),
    np.float16([1, 2, 4]),
    np.float32([1, 2, 4]),
)


@pytest.mark.parametrize(("call", "arrays"), [
    *[(lambda a, w: np.average(a, weights=w, returned=True), pair) for pair in ((I8, np.abs(I8)), (I8, F4), (BOOL, F4), (F2, I8), (F4, V[:3]), (I8, BOOL))],
    *[(f, (a,)) for f in (lambda a: np.linalg.eigh(a)[0], np.linalg.eigvalsh, np.linalg.cholesky, lambda a: np.linalg.pinv(a, hermitian=True))
      for a in (np.diag(np.int8([120, 100])), np.eye(2, dtype=bool), np.diag([2**62, 2**62]), np.diag(np.uint8([200, 255])), np.diag([1.7e308, 1.0]))],
    *[(lambda a, k=k, f=f: getattr(np, f)(a, **k), (a,)) for f, k in (("sum", dict(initial=2.5)), ("prod", dict(initial=2.5)), ("max", dict(initial=np.float64(9))), ("min", dict(initial=np.float64(0))), ("max", dict(initial=0.5, where=BOOL)))
      for a in (I8, F2, F4, V[:3], BOOL)],
    *[(np.heaviside, pair) for pair in ((I8, I8), (F4, V[:3]), (F4, F4), (BOOL, F2))],
    *[(f, (a,)) for f in (np.deg2rad, np.rad2deg, np.radians, np.degrees, np.tril, np.triu, lambda a: np.vecdot(a, a), lambda a: np.linalg.matrix_power(np.outer(a, a), 0)) for a in (I8, BOOL, F2, F4)],
    (lambda a, c: np.pad(a, 1, constant_values=c), (F4, np.array(0.5))), (lambda a, c: np.pad(a, 1, constant_values=c), (I8, np.array(2.5))),
    (lambda a: np.linalg.matrix_power(a, 0), (np.array([[np.inf, 1.0], [np.nan, 0.0]]),)), (lambda a: np.linalg.norm(a, 0), (np.array([np.nan, 0.0, 1.0]),)),
    *[(lambda a, f=f, ddof=ddof: getattr(np, f)(a, where=BOOL, ddof=ddof), (V[:3],)) for f in ("var", "std") for ddof in (1, 2, 5)], (lambda a: np.cov(a, ddof=5), (M.T,)),
    (lambda a: np.cov(a), (np.zeros((0, 3), np.float32),)), (lambda a: np.mean(a, where=BOOL), (np.float16([6e4, 1, 6e4]),)), (lambda a: np.mean(a, where=np.ones(5000, bool)), (np.linspace(1, 2, 5000).astype(np.float16),)),
])  # fmt: skip
def test_dtypes_and_values_of_few_bits_and_at_the_limits(call, arrays):
    agrees(call, *arrays, rtol=1e-12)


def test_an_initial_value_that_is_a_tensor_keeps_its_gradient():
    x, start = Tensor([1.0, 2.0], dtype=np.float32, requires_grad=True), leaf(3.0)
    y = np.sum(x, initial=start)
    assert y.dtype == np.float32
    assert ag.gradients(y, [start])[0] == 1


CONSTANTS = [
    lambda x: np.floor_divide(x, 0.3), lambda x: np.nonzero(x), lambda x: np.flatnonzero(x), lambda x: np.argwhere(x > 0), lambda x: np.digitize(x, [0.0]),
    lambda x: np.searchsorted(np.arange(3.0), x, side="right"), lambda x: np.array_equiv(x, x), lambda x: np.result_type(x, np.float32),
    lambda x: np.iscomplexobj(x), lambda x: np.full_like(x, 3), lambda x: np.divmod(x, 0.3)[0], lambda x: np.argmax(x, 0, keepdims=True), lambda x: np.any(x, where=M > 0),
]  # fmt: skip


@pytest.mark.parametrize("call", CONSTANTS)
def test_what_has_no_derivative_is_plain(call):
    got, expected = call(leaf(M)), call(M)
    assert type(got) is type(expected)
    np.testing.assert_equal(got, expected)


@pytest.mark.parametrize(("call", "says"), [
    (lambda t: np.var(t, mean=0.0), "var.*mean"), (lambda t: np.percentile(t, 5, weights=M, method="inverted_cdf"), "percentile.*weights"),
    (lambda t: np.cov(t, fweights=[1, 2, 3]), "cov.*fweights"), (lambda t: np.pad(t, 1, "reflect", reflect_type="odd"), "pad.*reflect_type"),
    (lambda t: np.unique(t), "unique has no derivative"), (lambda t: np.sort(t, order="f"), "sort.*order"), (lambda t: np.sum(t, 0, None, np.zeros(3)), "sum.*out="),
    (lambda t: ag.sum(t, out=np.zeros(())), "sum.*out="), (lambda t: ag.median(t, out=np.zeros(())), "median.*out="), (lambda t: t.mean(initial=1), "mean.*initial"),
    (lambda t: np.cumsum(t, 0, np.float32, np.zeros(3)), "out="), (lambda t: t.astype(int, casting="safe"), "astype: float64 cannot be cast to dtype=int64"),
    (lambda t: ag.clip(t, 0, max=1), "clip: expected"), (lambda t: np.einsum("ij->i", t, dtype=np.float32), "einsum.*dtype"), (lambda t: np.unwrap(t), "unwrap has no"),
    (lambda t: t.__ifloordiv__(2), "in-place"), (lambda t: t.__imod__(2), "in-place"),
    (lambda t: np.any(t, out=np.zeros((), bool)), "any cannot write"), (lambda t: t.all(out=np.zeros((), bool)), "all cannot write"),
])  # fmt: skip
def test_is_refused_by_name(call, says):
    with pytest.raises(TypeError, match=says):
        call(leaf(M))


@pytest.mark.parametrize(("call", "says"), [
    (lambda t: np.max(t, where=M > 0), "give initial="), (lambda t: np.sum(t, where=np.ones((2, 4, 3), bool)), "operand has more dimensions"), (lambda t: np.pad(t, 1, "mean"), "expected mode"), (lambda t: np.percentile(t, 5, method="odd"), "percentile: expected method"),
    (lambda t: np.take(t, 0, mode="odd"), "take: expected mode"), (lambda t: np.linalg.svd(t), "full_matrices=False"), (lambda t: ag.reshape(t.T, 12, copy=False), "needs a copy"),
    (lambda t: np.convolve(t[0], t[0], "all"), "convolve: expected mode"), (lambda t: np.cross(t[0, :2], t[1]), "cross: expected"), (lambda t: ag.reshape(t, 12, "K"), "reshape: expected order"),
    (lambda t: np.linalg.eigh(t[:3], "X"), "eigh: expected UPLO"), (lambda t: np.diff(t, -1), "diff: expected n"), (lambda t: np.linalg.multi_dot([t]), "multi_dot: expected"),
    (lambda t: ag.array_split(t, 0), "array_split: expected"), (lambda t: np.vecdot(t, M[0, :2]), "vecdot: expected"), (lambda t: np.average(t, 0, M[0]), "average: expected"),
    (lambda t: np.cov(leaf(X)), "cov: expected"), (lambda t: np.quantile(t, 2), "quantile: expected q from 0 to 1"),
])  # fmt: skip
def test_values_that_are_not_there_are_named(call, says):
    with pytest.raises(ValueError, match=says):
        call(leaf(M))


def test_lists_with_tensors_in_them_are_stacked():
    c, s, v = leaf(0.6), leaf(0.8), leaf(V)
    R = ag.stack([[c, -s], [s, c]])
    np.testing.assert_array_equal(R.data, [[0.6, -0.8], [0.8, 0.6]])
    assert ag.gradients((R * [[1.0, 2.0], [3.0, 4.0]]).sum(), [c, s]) == [5, 1]
    np.testing.assert_array_equal(np.block([[c, -s], [s, c]]).data, R.data)
    for joined in (
        ag.vstack([[c, 0.0], [s, 1]]),
        np.vstack([np.stack([c, 0.0]), [s, 1.0]]),
        ag.concatenate([[[c, 0.0]], [[s, 1.0]]]),
    ):
        np.testing.assert_array_equal(joined.data, [[0.6, 0.0], [0.8, 1.0]])
    for y, expected in ((ag.sum([c, (s, 2.0)[0]]), 1.4), (ag.matmul([c, s], [1.0, 2.0]), 2.2), (ag.mean(([c], [s])), 0.7),
                        (np.dot(np.stack([c, s]), [c, s]), 1.0), (ag.norm([c, s]), 1.0), (ag.where(True, [c, s], 0.0)[1], 0.8)):  # fmt: skip
        assert isinstance(y, Tensor)
        assert y.requires_grad
        assert y.item() == pytest.approx(expected)
    np.testing.assert_array_equal((v * [c, 1, 1, 1, s]).data, V * [0.6, 1, 1, 1, 0.8])
    with pytest.raises(ValueError, match="same shape"):
        ag.sum([[c], [c, s]])
    with pytest.raises(TypeError, match="masked"):
        ag.sum([np.ma.masked_array([1.0, 2.0], [True, False]), v[:2]])


def test_decompositions_name_their_parts():
    t = leaf(SYM)
    for call in (np.linalg.eigh, np.linalg.svd, np.linalg.slogdet):
        got, expected = call(t), call(SYM)
        assert type(got).__name__ == type(expected).__name__
        assert got._fields == expected._fields == getattr(ag, call.__name__)(SYM)._fields
    np.testing.assert_array_equal(ag.linalg.eigh(SYM)[0], ag.eigh(SYM).eigenvalues)


def test_the_median_of_nothing_is_numpys():
    with pytest.warns(RuntimeWarning, match="empty|invalid"):
        assert np.isnan(np.median(leaf(np.zeros((0, 3))), axis=0).data).all()


def test_a_slope_of_interp_at_its_points_and_beyond():
    slope = ag.elementwise_grad(lambda x: np.interp(x, [0.0, 1.0, 3.0], [0.0, 2.0, 3.0]))(
        np.array([-1.0, 0, 0.5, 1, 2, 3, 4])
    )
    np.testing.assert_array_equal(slope, [0, 2, 2, 0.5, 0.5, 0, 0])


@pytest.mark.parametrize(
    ("name", "ours"), [("expit", "sigmoid"), ("erf", "erf"), ("xlogy", "xlogy"), ("log_expit", "log_sigmoid")]
)
def test_functions_of_others_are_refused_by_name(name, ours):
    special = pytest.importorskip("scipy.special", reason="SciPy is not installed, and nothing else needs it")
    function = getattr(special, name)
    with pytest.raises(TypeError, match=rf"^{name} has no derivative here: autograd\.{ours} is the same"):
        function(*[leaf(0.5)] * function.nin)


def test_booleans_are_reduced_by_ufuncs_as_by_numpy():
    t = leaf(M)
    np.testing.assert_array_equal(np.logical_and.reduce(t > 0, axis=1), np.logical_and.reduce(M > 0, axis=1))
    np.testing.assert_array_equal(np.less.outer(t, V), np.less.outer(M, V))


AXES = [  # what NumPy says of an axis that is not there, stands there twice or is no integer, Tensors say too
    *[lambda x, f=f, k=k: getattr(np, f)(x, axis=k) for f in ("median", "flip", "sum", "sort", "diff", "nanmedian", "prod") for k in (5, -4, 1.0)],
    *[lambda x, f=f, k=k: getattr(np, f)(x, axis=k) for f in ("median", "flip", "max", "mean", "average") for k in ((0, 0), (0, -3), (0, 4))],
    *[lambda x, k=k: np.quantile(x, 0.5, axis=k) for k in (3, (1, 1), 0.5)], *[lambda x, k=k: np.percentile(x, 50, axis=k) for k in (3, (1, 1))],
    *[lambda x, k=k: np.take(x, 0, axis=k) for k in (3, -4, True, 1.0)], *[lambda x, k=k: np.roll(x, 1, k) for k in (3, (0, 5))],
    *[lambda x, k=k: np.tensordot(x, x, k) for k in (([5], [0]), ([0, 0], [0, 1]), ([0, 1], [0]), 4, (3, 0))],
    *[lambda x, k=k: np.linalg.vector_norm(x, axis=k) for k in (3, (0, 0), (0, 7))], *[lambda x, k=k: np.linalg.norm(x, axis=k) for k in (3, (0, 0), [0, 1], "a")],
    *[lambda x, f=f: f(x[0, 0]) for f in (np.fliplr, lambda v: np.vsplit(v, 2), lambda v: np.dsplit(v, 2))],
    *[lambda x, f=f, k=k: getattr(np, f)(x[0, 0, 0], axis=k) for f in ("median", "flip", "take", "diff", "trapezoid", "sum", "mean") for k in (-3, 1)],
    *[lambda x, f=f: f(x[0, 0, 0]) for f in (np.diff, np.trapezoid, lambda s: np.quantile(s, 0.5, axis=0), lambda s: np.tensordot(s, s, 1), np.flipud, np.unstack if hasattr(np, "unstack") else np.diff)],
    lambda x: np.linalg.norm(x[0, 0, 0], axis=0), lambda x: np.linalg.norm(x[0, 0, 0], 1), lambda x: np.linalg.vector_norm(x[0, 0, 0], axis=0), lambda x: np.trapezoid(x, axis=3), lambda x: np.moveaxis(x, (0, 1), (0, 0)),
    lambda x: np.moveaxis(x, (0, 1), 0), lambda x: np.split(x, 2, 3), lambda x: np.delete(x, 0, 3), lambda x: np.insert(x, 0, 0.0, 3), lambda x: np.repeat(x, 2, 3), lambda x: np.concatenate([x, x], 3), lambda x: np.stack([x, x], 4),
    lambda x: np.average(x, 3), lambda x: np.average(x, (0, 0), np.abs(X)), lambda x: np.cumsum(x, 3), lambda x: np.swapaxes(x, 0, 3), lambda x: np.transpose(x, ()), lambda x: x.transpose(()), lambda x: np.take(x[0, 0, 0], 1, axis=0),
]  # fmt: skip


@pytest.mark.parametrize("k", range(len(AXES)))
def test_axes_are_judged_as_by_numpy(k):
    with pytest.raises((TypeError, ValueError, IndexError)) as numpys:
        AXES[k](X)
    with pytest.raises((TypeError, ValueError, IndexError)) as ours:
        AXES[k](leaf(X))
    assert issubclass(ours.type, numpys.type) or issubclass(numpys.type, ours.type)


@pytest.mark.parametrize("call", [
    lambda x: np.take(x[0], 0, axis=0), lambda x: np.take(x[1], [[0, 0]], axis=-1), lambda x: np.take(x, [True, False]), lambda x: np.take(x, True), lambda x: np.take(x, np.array([True, True, False])),
    lambda x: np.take(x, []), lambda x: np.sum(x[0], axis=0), lambda x: np.prod(x[0], axis=-1), lambda x: np.average(x[:4].reshape(2, 2), axis=[0, 1]),
    lambda x: np.average(x[:4].reshape(2, 2), axis=[1, 0], weights=np.arange(4.0).reshape(2, 2)), lambda x: np.flip(x[:4].reshape(2, 2), [0, 1]), lambda x: np.trapezoid(x.reshape(5, 1), np.arange(10.0).reshape(5, 2), axis=0),
])  # fmt: skip
def test_axes_and_places_that_numpy_takes(call):
    right_slope(call, V)


REFUSED = [
    *[lambda x, n=n: np.linalg.matrix_power(x, n) for n in (1, 2)], lambda x: np.linalg.matrix_power(x[:3], 2.7), lambda x: np.linalg.matrix_power(x[0], 2), lambda x: np.linalg.multi_dot([x[0]] * 3),
    lambda x: np.linalg.multi_dot([x.T, x, x[None]]), *[lambda x, u=u: np.linalg.eigh(x[0], u) for u in "LU"], lambda x: np.linalg.eigvalsh(x), lambda x: np.linalg.cholesky(x),
    *[lambda x, f=f, w=w: getattr(np, f)(x, where=w, **({"initial": 1.0} if f == "max" else {})) for f in ("sum", "prod", "mean", "var", "std", "max", "nansum", "nanmean") for w in (np.ones((4, 3)), np.ones(3, int))],
    *[lambda x, f=f: getattr(np, f)(x, ddof=2, correction=1) for f in ("var", "std")], lambda x: np.sort(x, kind="bogus"), lambda x: np.sort(x, kind="quick", stable=True),
    lambda x: np.take_along_axis(x, np.array([[0]]), None), lambda x: np.take_along_axis(x, np.array([[0.0]]), 1), lambda x: np.take_along_axis(x, M > 0, 1), lambda x: np.take_along_axis(x, np.array([0]), 1),
    *[lambda x, f=f: f([x, x], dtype=int) for f in (np.concatenate, np.stack, np.vstack, np.hstack)], *[lambda x, f=f: f([x, x], dtype=np.float32, casting="safe") for f in (np.concatenate, np.stack, np.vstack, np.hstack)],
    lambda x: np.concatenate([x, x.astype(np.float32)], casting="no"), lambda x: np.nanmean(x, dtype=int), lambda x: np.positive(x.astype(bool)), lambda x: np.quantile(x.astype(bool), 0.5), lambda x: np.percentile(x.astype(bool), 5),
    lambda x: np.add(x, 1, dtype=int), lambda x: np.max(x[:0]), lambda x: np.linalg.norm(x[:0, 0], -np.inf), lambda x: np.linalg.norm(x[:0], -2), lambda x: np.take(x, [0.5]) if isinstance(x, np.matrix) else np.take(x, np.array([0.5])),
    lambda x: np.median(x, axis="a"), lambda x: x.dot(np.ones(2)), lambda x: np.insert(x.astype(int), 0, 0.5) if isinstance(x, Tensor) else np.add(x, 1, dtype=int), lambda x: np.add(x, x.astype(np.float32), casting="no"),
]  # fmt: skip


@pytest.mark.parametrize("k", range(len(REFUSED)))
def test_what_numpy_refuses_is_refused(k):
    with pytest.raises((TypeError, ValueError, IndexError)) as numpys:
        REFUSED[k](M)
    with pytest.raises(tuple(c for c in (TypeError, ValueError, IndexError) if issubclass(numpys.type, c))):
        REFUSED[k](leaf(M))


SPREAD = np.array([0.0, 0.5, 0.7, 1.9])
NAMES = [
    *[(lambda x, f=f, k=k: getattr(np, f)(x, **k), HOLES) for f in ("nanprod", "nanvar", "nanstd", "nanmedian") for k in ({}, dict(axis=0), dict(axis=1, keepdims=True), dict(axis=(0, 1)))],
    *[(lambda x, f=f, k=k: getattr(np, f)(x, **k), HOLES) for f in ("nancumsum", "nancumprod") for k in ({}, dict(axis=0))], *[(lambda x, f=f: getattr(np, f)(x), M) for f in ("nanmedian", "nanvar", "nanprod")],
    *[(lambda x, f=f, d=d: getattr(np, f)(x, axis=1, ddof=d), HOLES) for f in ("nanvar", "nanstd") for d in (1, 2, 5)], (lambda x: np.nanvar(x, axis=0, where=B[0, :, 0]), HOLES), (lambda x: np.nanprod(x, 1, initial=2.0), HOLES), (lambda x: np.nanmedian(x, axis=(0, 2)), X),
    (np.gradient, X), (np.gradient, V), *[(lambda x, k=k: np.gradient(x, axis=k), X) for k in (1, (0, 2), -1)], (lambda x: np.gradient(x, 0.5, edge_order=2), V), (lambda x, d: np.gradient(x, 2.0, d, axis=(1, 2)), X, SPREAD),
    *[(lambda x, d, e=e: np.gradient(x, d, axis=0, edge_order=e), M, SPREAD) for e in (1, 2)], (lambda x, d: np.gradient(x, d), V, np.array(0.3)),
    *[(lambda x, k=k: np.ediff1d(x, **k), M) for k in ({}, dict(to_end=[1.0, 2.0]), dict(to_begin=0.5, to_end=3.0))], (lambda x, y: np.ediff1d(x, y), V, M),
    *[(lambda x, k=k: np.vander(x, **k), V) for k in ({}, dict(N=3), dict(N=3, increasing=True), dict(N=1), dict(N=0))],
    *[(lambda x, y, m=m: np.correlate(x, y, m), a, b) for m in ("valid", "same", "full") for a in (V, V[:4], V[:1]) for b in (V[:2], V[1:4], V, V[:1])],
    *[(lambda x, a=a, s=s: np.rollaxis(x, a, s), X) for a in (0, 1, -1) for s in (0, 1, 3, -1, -3)], (lambda x, y: np.broadcast_arrays(x, y, 2.0)[:2], M, V[:3]),
    *[(lambda x, p=p: np.linalg.cond(x, p), SYM) for p in (None, 2, -2, 1, np.inf, -1, -np.inf, "fro", "nuc")], (np.linalg.cond, X),
    *([(np.matvec, X, V[:4]), (np.matvec, X, X[:, 0]), (np.vecmat, V[:3], X), (np.vecmat, X[:, :, 0], X)] if hasattr(np, "matvec") else []),
    (np.real, M), (np.conj, M), (np.conjugate, V), *[(lambda x, y, r=r: np.einsum(x, [0, 1], y, [2, 1], *r), M, M**2) for r in ((), ([2, 0],), ([0],))], (lambda x: np.einsum(x, [0, ..., 30], [..., 0]), X),
    (lambda x: np.einsum(x, [..., 1], order="F"), M), (lambda x: np.einsum("ij->ji", x, order="C"), M),
]  # fmt: skip


@pytest.mark.parametrize("k", range(len(NAMES)))
def test_more_of_numpys_names(k):
    call, *arrays = NAMES[k]
    right_slope(call, *arrays)


@pytest.mark.parametrize("call", [
    lambda x: np.gradient(x, 1.0, 2.0, 3.0), lambda x: np.gradient(x[:1]), lambda x: np.gradient(x, [0.0, 1.0], axis=0), lambda x: np.gradient(x, edge_order=3), lambda x: np.gradient(x, axis=2), lambda x: np.gradient(x[:2], axis=0, edge_order=2),
    lambda x: np.vander(x), lambda x: np.rollaxis(x, 2), lambda x: np.rollaxis(x, 0, 3), lambda x: np.rollaxis(x, 0, -3), lambda x: np.broadcast_arrays(x, np.ones(2)), lambda x: np.linalg.cond(x[:0]), lambda x: np.linalg.cond(x, 1),
    lambda x: np.correlate(x, x[0]), lambda x: np.ediff1d(x.astype(int), to_end=0.5), lambda x: np.nanvar(x, dtype=int), lambda x: np.einsum(x, [0, 1], [0, 0]), lambda x: np.einsum(x, "ij"), lambda x: np.einsum(x, [0]), lambda x: x & True, lambda x: True | x, lambda x: x ^ x, lambda x: ~x, lambda x: (M > 0) & x,
])  # fmt: skip
def test_more_of_numpys_refusals(call):
    with pytest.raises((TypeError, ValueError, IndexError)) as numpys:
        call(M)
    with pytest.raises((TypeError, ValueError, IndexError)) as ours:
        call(leaf(M))
    assert issubclass(ours.type, numpys.type) or issubclass(numpys.type, ours.type)


def test_slopes_keep_float32_and_make_floats_of_integers():
    for x in (V.astype(np.float32), np.arange(5) ** 2, np.array([1, 4, 2], np.uint8), V > 0):
        if x.dtype != bool:
            agrees(lambda x: np.gradient(x), x, rtol=1e-5)
        agrees(lambda x: np.nanmedian(x), x, rtol=1e-5)
        agrees(lambda x: np.nanvar(x), x, rtol=1e-5)
    for zeros in (np.zeros((2, 2)), np.ones((3, 2, 2))):
        agrees(lambda x: np.linalg.cond(x * 0), zeros)
    agrees(lambda x: np.nanmedian(x), np.zeros(0))
    agrees(lambda x: np.nanmedian(x, axis=1), np.zeros((0, 2)))


def test_booleans_are_combined_before_they_are_tensors():
    with pytest.raises(TypeError, match=r"bitwise_and has no derivative here: comparisons of Tensors give arrays"):
        leaf(M) & (M > 0)


LOPSIDED = SYM + np.triu(M[:3], 1)
EMPTY = np.zeros((0, 2))
TAKEN = [
    *[(lambda x, u=u: np.linalg.eigh(x, *u)[0], LOPSIDED) for u in ((), ("L",), ("U",))], *[(lambda x, k=k: np.linalg.eigvalsh(x, **k), LOPSIDED.T) for k in ({}, dict(UPLO="L"), dict(UPLO="U"))],
    *[(lambda x, k=k: np.linalg.cholesky(x, **k), y) for y in (LOPSIDED, LOPSIDED.T) for k in ({}, dict(upper=True))],
    *[(lambda x, f=f, a=a: getattr(np, f)(x, a, initial=0.5), EMPTY) for f in ("max", "min", "nanmax", "nanmin") for a in (None, 0, 1, (0, 1), -2)], (lambda x: np.max(x, 0, initial=0.5, keepdims=True), EMPTY),
    (lambda x: np.maximum.reduce(x, initial=0.5), EMPTY), *[(lambda x, f=f: getattr(np, f)(x, 1, initial=0.5), np.zeros((2, 0, 3))) for f in ("max", "min")],
    (lambda x: x.dot(2.0), V), (lambda x, y: x.dot(y), V, np.array(2.0)), (lambda x, y: np.dot(y, x), V, np.array(2.0)), (lambda x: x.dot(M), V[:4]), (lambda x: x.dot(X.transpose(0, 2, 1)), V[:4]),
    *[(lambda x, o=o, a=a: np.linalg.norm(x, o, a), EMPTY) for o, a in ((None, None), (None, 0), (None, 1), (2, 0), (3, 0), (1, 0), (1, 1), (0, 0), ("fro", None), ("nuc", None))],
    *[(lambda x, o=o, a=a: np.linalg.vector_norm(x, axis=a, ord=o), EMPTY) for o in (2, 1, 3) for a in (None, 0, 1, (0, 1))],
    *[(lambda x, k=k: np.sin(x, **k), M) for k in (dict(casting="unsafe"), dict(order="F"), dict(subok=False), dict(dtype=np.float64, casting="safe"))], (lambda x: np.add(x, 1, casting="unsafe", order="C"), M),
    *[(lambda x, y, f=f: f([x, y], casting="unsafe"), M, M) for f in (np.concatenate, np.stack, np.vstack, np.hstack)], (lambda x: np.copy(x, subok=True), M), (lambda x: np.positive(x), M),
    *[(lambda x, y, m=m: np.convolve(x, y, m), V, V[:2]) for m in ((0, 1, 2) if "mode" in str(np.convolve.__doc__) else ())], (lambda x: np.var(x, correction=1, ddof=0), M), (lambda x: np.sum(x, where=[1, 0, 1]), M),
    (lambda x: np.nanmean(x, where=[1, 0, 1]), M), (lambda x: np.take_along_axis(x, np.array([0, 5]), None), M), (lambda x: np.sort(x, kind="quick"), M), (lambda x: np.nanmean(x[0, 0], axis=()), M),
]  # fmt: skip


@pytest.mark.parametrize("k", range(len(TAKEN)))
def test_what_numpy_takes_is_taken(k):
    call, *arrays = TAKEN[k]
    right_slope(call, *arrays)


def test_entries_as_they_lie_in_memory():
    for x in (X, X.T, X.transpose(1, 2, 0), np.asfortranarray(X), X[:, ::2].swapaxes(0, 2).copy("K"), X[0, 0, 0]):
        for order in "CFAK":
            agrees(lambda x, order=order: x.ravel(order), x)
            agrees(lambda x, order=order: x.flatten(order), x)
            agrees(lambda x, order=order: np.ravel(x, order), x)
    np.testing.assert_array_equal(
        ag.grad(lambda x: (x.ravel("K") * np.arange(24)).sum())(X), np.arange(24).reshape(2, 3, 4)
    )


def test_casting_of_what_is_joined():
    for f in (np.concatenate, np.stack, np.vstack, np.hstack):
        agrees(lambda x, f=f: f([x, x], dtype=int, casting="unsafe"), 9 * M)
        agrees(lambda x, f=f: f([x, x], dtype=np.float32), M, rtol=1e-6)
    agrees(lambda x: np.sin(x, dtype=np.float32, casting="same_kind"), M, rtol=1e-6)


def test_entries_by_their_place():
    assert leaf(M).item(1, 2) == leaf(M).item((1, 2)) == leaf(M).item(5) == M.item(5)


def test_differences_of_booleans_are_whether_they_differ():
    for n in (1, 2):
        agrees(lambda x, n=n: np.diff(x, n), M > 0)
    agrees(lambda x: np.trapezoid(x), M > 0)
    agrees(lambda x: np.trapezoid(M, x), V[:3] > 0)
    agrees(lambda x: np.tril(x), M > 0)


def test_what_numpy_takes_by_place_and_of_its_own_kinds():
    x = np.array([1.0, np.nan, -np.inf])
    for call in (ag.nan_to_num, np.nan_to_num):
        np.testing.assert_array_equal(call(Tensor(x), True, 9.0, 1, 2).data, [1, 9, 2])
    with pytest.raises(ValueError, match="nan_to_num: copy: expected True, as every result is a new array, got False"):
        ag.nan_to_num(x, False, 9.0)
    assert [part.shape for part in ag.split(np.ones((6, 2)), np.array(3))] == [(2, 2)] * 3
    assert ag.norm(np.array([3.0, 4.0]), np.float32(1.0)) == 7
    with pytest.raises((TypeError, ValueError), match="^concatenate: axis: "):
        ag.concatenate(Tensor(np.ones((3, 4))), axis="x")
