"""Derivatives of functions: values against hand-written ones, structures, nesting, and what they refuse."""

from collections import namedtuple

import numpy as np
import pytest
from numeric import numerical

import autograd as ag
from autograd import Tensor, grad, hessian, hvp, jacobian, jvp, value_and_grad, vjp

X = np.array([0.5, -1.0, 2.0])
M = np.random.default_rng(0).normal(size=(2, 3))


def f(x):
    return (ag.tanh(x) * x * x).sum()


def test_grad_gives_arrays_like_the_argument():
    g = grad(f)(X)
    assert type(g) is np.ndarray
    np.testing.assert_allclose(g, numerical(lambda x: float(f(x)), X), rtol=1e-8)
    assert grad(f)(X.astype(np.float32)).dtype == np.float32
    assert grad(lambda x: x**3)(2.0).shape == ()
    assert grad(lambda x: 7.0)(X).tolist() == [0, 0, 0]  # a constant
    value, g = value_and_grad(f)(X)
    assert type(value) is np.ndarray
    assert value == pytest.approx(float(f(X)))


def test_derivatives_of_any_order():
    d = lambda x: x**5
    for n, expected in enumerate([32, 80, 160, 240, 240, 120, 0]):
        assert d(2.0) == pytest.approx(expected), n
        d = grad(d)


def test_argnums_and_structures():
    def cost(params, scale, *, power):
        (W, b), rest = params["layer"], params["rest"]
        return scale * ((W @ X + b) ** power).sum() + rest[0] * 2.0

    params = {"layer": (M, np.zeros(2)), "rest": [3.0]}
    g, gs = grad(cost, argnums=(0, 1))(params, 0.5, power=2)
    assert set(g) == {"layer", "rest"}
    assert type(g["layer"]) is tuple
    assert type(g["rest"]) is list
    np.testing.assert_allclose(g["layer"][0], np.outer(M @ X, X))
    np.testing.assert_allclose(g["layer"][1], M @ X)
    assert g["rest"][0] == 2
    assert gs == pytest.approx(((M @ X) ** 2).sum())
    assert grad(cost, argnums=np.int64(1))(params, 0.5, power=2) == pytest.approx(float(gs))
    assert grad(cost, argnums=-1)(params, 0.5, power=2) == pytest.approx(float(gs))
    Pair = namedtuple("Pair", "a b")
    pair = grad(lambda p: p.a * p.b)(Pair(2.0, 3.0))
    assert (type(pair), *map(float, pair)) == (Pair, 3, 2)


def test_jacobian_hessian_hvp():
    J = jacobian(lambda x: ag.tanh(ag.matmul(M, x)))(X)
    np.testing.assert_allclose(J, (1 - np.tanh(M @ X) ** 2)[:, None] * M)
    assert jacobian(lambda x: x.sum())(M).shape == (2, 3)
    assert jacobian(lambda x: x * 2)(M).shape == (2, 3, 2, 3)
    assert jacobian(lambda x: x[:0])(X).shape == (0, 3)
    H = hessian(f)(X)
    np.testing.assert_allclose(H, jacobian(grad(f))(X))
    np.testing.assert_allclose(H, np.stack([numerical(lambda x, i=i: grad(f)(x)[i], X) for i in range(3)]), rtol=1e-6)
    v = np.array([1.0, -2.0, 0.5])
    np.testing.assert_allclose(hvp(f)(X, v), H @ v)
    both = jacobian(lambda x, y: x * y, argnums=(0, 1))(X, X + 1)
    np.testing.assert_allclose(both[0], np.diag(X + 1))
    np.testing.assert_allclose(both[1], np.diag(X))


@pytest.mark.parametrize("n", [1, 3, 20])
def test_jacobian_by_rows_and_by_columns(n):
    A, B = np.random.default_rng(n).normal(size=(2, n, 3))
    f = lambda x, y: ag.stack([ag.tanh(ag.matmul(A, x)) * y, ag.matmul(B, x * x)])  # 2n results of 3 + 1 arguments
    Jx, Jy = jacobian(f, argnums=(0, 1))(X, 0.5)
    slope = 0.5 * (1 - np.tanh(A @ X) ** 2)[:, None] * A
    np.testing.assert_allclose(Jx, np.stack([slope, 2 * B * X]), rtol=1e-12)
    np.testing.assert_allclose(Jy, np.stack([np.tanh(A @ X), np.zeros(n)]), rtol=1e-12)
    nested = grad(lambda x: (jacobian(f)(x, 0.5) ** 2).sum())(X)
    np.testing.assert_allclose(nested, numerical(lambda x: float((jacobian(f)(x, 0.5) ** 2).sum()), X), rtol=1e-6)
    constant = jacobian(lambda x: np.ones(n))(X)
    assert (constant.shape, constant.any()) == ((n, 3), False)


def test_vjp_and_jvp_are_adjoint():
    h = lambda x, y: ag.exp(ag.matmul(M, x)) * y
    v, w, g = np.array([1.0, 2.0, -1.0]), np.array([0.5, 3.0]), np.array([2.0, -1.0])
    out, pullback = vjp(h, X, np.ones(2))
    same, along = jvp(h, (X, np.ones(2)), (v, w))
    gx, gy = pullback(g)
    np.testing.assert_allclose(out, np.exp(M @ X))
    np.testing.assert_allclose(same, out)
    np.testing.assert_allclose(along, np.exp(M @ X) * (M @ v) + np.exp(M @ X) * w)
    assert g @ along == pytest.approx(gx @ v + gy @ w)
    assert jvp(lambda x: np.ones(2), (X,), (v,))[1].tolist() == [0, 0]
    np.testing.assert_allclose(pullback(2 * g)[0], 2 * gx)  # a pullback can be called again


def test_jvp_of_jvp_and_grad_of_jvp():
    first = lambda x: jvp(lambda y: y**4, (x,), (1.0,))[1]
    assert jvp(first, (2.0,), (1.0,))[1] == pytest.approx(48)
    assert grad(first)(2.0) == pytest.approx(48)
    np.testing.assert_allclose(jacobian(lambda x: hvp(f)(x, X))(X), jacobian(lambda x: ag.matmul(hessian(f)(x), X))(X))


def test_nested_calls_keep_their_variables_apart():
    assert grad(lambda x: x * grad(lambda y: x + y)(1.0))(1.0) == 1  # 2 where perturbations are confused
    assert grad(lambda x: grad(lambda y: x * y * y)(3.0))(2.0) == 6
    assert grad(lambda x: x * grad(lambda x: x**3)(x))(2.0) == pytest.approx(36)
    assert grad(lambda x: grad(lambda y: x**2)(5.0))(2.0) == 0


def test_tensors_in_keep_the_graph():
    x = Tensor(2.0, requires_grad=True)
    slope = grad(lambda y: y**3)(x)
    assert isinstance(slope, Tensor)
    slope.backward()
    assert x.grad == 12


def test_inside_no_grad_too():
    with ag.no_grad():
        assert grad(lambda x: x**3)(2.0) == 12
        assert grad(grad(lambda x: x**3))(2.0) == 12


def test_elementwise_grad():
    np.testing.assert_allclose(ag.elementwise_grad(ag.tanh)(M), 1 - np.tanh(M) ** 2)
    np.testing.assert_allclose(
        ag.elementwise_grad(ag.elementwise_grad(ag.tanh))(X), -2 * np.tanh(X) * (1 - np.tanh(X) ** 2)
    )


def test_checkpoint_computes_again_and_gets_the_same():
    calls = []

    def block(x, w):
        calls.append(1)
        return ag.tanh(ag.matmul(x, w))

    w = np.random.default_rng(1).normal(size=(3, 3))
    plain = lambda w: (block(block(M, w), w) ** 2).sum()
    light = lambda w: (ag.checkpoint(block)(ag.checkpoint(block)(M, w), w) ** 2).sum()
    np.testing.assert_allclose(grad(light)(w), grad(plain)(w), rtol=1e-13)
    before = len(calls)
    W = Tensor(w, requires_grad=True)
    y = light(W)
    assert len(calls) == before + 2
    assert y.inputs[0].inputs[0].primitive.name == "checkpoint(block)"
    y.backward()
    assert len(calls) > before + 2
    np.testing.assert_allclose(hessian(light)(w), hessian(plain)(w), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(("call", "error", "message"), [
    (lambda: grad(lambda x: x * 2)(X), ValueError, r"single number; this one returned shape \(3,\): sum it first"),
    (lambda: grad(f)(2), TypeError, r"grad needs floating arguments, got int64\(\): write 2.0 for 2"),
    (lambda: grad(f, argnums=1)(X), ValueError, "argnums 1 do not fit a call with 1 arguments"),
    (lambda: grad(f, argnums=(0, 2))(X, X), ValueError, "argnums"),
    (lambda: grad(lambda a, b: a * b, argnums=(0, -2))(2.0, 3.0), ValueError, "are to name each of 2 arguments once"),
    (lambda: jacobian(lambda x: (x, x))(X), TypeError, "returns one array, and this one returned a tuple"),
    (lambda: jvp(f, (X,), (X, X)), ValueError, "a tangent for each of 1 primals, got 2"),
    (lambda: jvp(f, (X,), (np.ones(2),)), ValueError, r"a tangent of shape \(3,\), that of its primal; got \(2,\)"),
    (lambda: hvp(f)(X, np.ones(2)), ValueError, r"a vector of shape \(3,\), that of the argument; got \(2,\)"),
])  # fmt: skip
def test_what_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_names_tell_where_a_function_came_from():
    assert grad(f).__name__ == "grad(f)"
