"""Derivatives of functions: values against hand-written ones, structures, nesting, and what they refuse."""

from collections import OrderedDict, defaultdict, namedtuple

import numpy as np
import pytest
from numeric import numerical

import autograd as ag
from autograd import Tensor, grad, gradients, hessian, hvp, jacobian, jvp, value_and_grad, vjp
from autograd.containers import leaves

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


def test_results_in_containers():
    h = lambda p, *, k: {"y": ag.matmul(p["W"], X) * k, "rest": (ag.exp(p["s"]), None, [p["s"] * p["s"]])}
    p, s = {"W": M, "s": 0.5, "absent": None}, 0.5
    value, pullback = vjp(h, p, k=2.0)
    np.testing.assert_allclose(value["y"], 2 * M @ X)
    assert value["rest"][1] is None
    g = np.array([1.0, -3.0])
    (back,) = pullback({"y": g, "rest": (2.0, None, [10.0])})
    np.testing.assert_allclose(back["W"], 2 * np.outer(g, X))
    assert back["s"] == pytest.approx(2 * np.exp(s) + 10 * 2 * s)
    assert back["absent"] is None
    (back,) = pullback({"y": [1, -3], "rest": [0.0, None, (1.0,)]})  # lists for arrays, and for tuples
    np.testing.assert_allclose(back["W"], 2 * np.outer(g, X))
    V = np.ones((2, 3))
    same, along = jvp(h, (p,), ({"W": V, "s": 3.0, "absent": None},), k=2.0)
    np.testing.assert_allclose(same["y"], value["y"])
    np.testing.assert_allclose(along["y"], 2 * V @ X)
    assert along["rest"][0] == pytest.approx(3 * np.exp(s))
    assert along["rest"][1] is None
    assert along["rest"][2][0] == pytest.approx(3)
    J = jacobian(h)(p, k=2.0)
    np.testing.assert_allclose(J["y"]["W"], 2 * np.einsum("ij,k->ijk", np.eye(2), X))
    np.testing.assert_array_equal(J["y"]["s"], [0, 0])
    np.testing.assert_array_equal(J["rest"][0]["W"], np.zeros((2, 3)))
    assert J["rest"][0]["s"] == pytest.approx(np.exp(s))
    assert J["rest"][1] is J["y"]["absent"] is None
    assert J["rest"][2][0]["s"] == pytest.approx(2 * s)
    each = ag.elementwise_grad(lambda x: (x**2, [x**3]))(X)
    np.testing.assert_allclose(each, 2 * X + 3 * X**2)


def test_results_that_are_constant_or_an_argument():
    value, pullback = vjp(lambda x: (x, np.arange(2), 7), 3.0)
    assert [v.dtype.kind for v in value] == ["f", "i", "i"]
    assert pullback((5.0, [1, 1], 1.0)) == (5,)
    assert [x.tolist() for x in jvp(lambda x: (x, np.arange(2), 7), (3.0,), (2.0,))[1]] == [2, [0, 0], 0]
    assert [x.tolist() for x in jacobian(lambda x: (x, np.arange(2), 7))(3.0)] == [1, [0, 0], 0]
    assert jacobian(lambda x: ())(3.0) == vjp(lambda x: (), 3.0)[0] == ()


@pytest.mark.filterwarnings("ignore:divide by zero", "ignore:invalid value")
def test_one_result_leaves_another_alone():
    J = jacobian(lambda p: (p[0] * 2, ag.sqrt(p[1])))((1.0, 0.0))  # sqrt has an infinite slope here
    np.testing.assert_array_equal(J, [[2, 0], [0, np.inf]])
    first = ag.checkpoint(lambda x, y: (x * 2, ag.sqrt(y)))
    assert grad(lambda x, y: first(x, y)[0], argnums=(0, 1))(1.0, 0.0) == (2, 0)


def test_every_derivative_has_the_dtype_of_its_argument():
    a, b = np.ones(2, np.float32), np.ones(2)
    h = lambda a, b: (a * 2, a * b, b.sum())
    value, pullback = vjp(h, a, b)
    assert [v.dtype for v in value] == [np.float32, np.float64, np.float64]
    ga, gb = pullback((a, b, 1.0))
    assert (ga.dtype, gb.dtype) == (np.float32, np.float64)
    np.testing.assert_array_equal(ga, [3, 3])
    np.testing.assert_array_equal(gb, [2, 2])
    assert [s.dtype for s in jvp(h, (a, b), (a, b))[1]] == [np.float32, np.float64, np.float64]
    for n in (1, 9):  # by rows, by columns
        assert jacobian(lambda a, n=n: a * np.ones((n, 2)))(a).dtype == np.float32
    light = lambda a, b: [x.sum() for x in ag.checkpoint(h)(a, b)]
    ga, gb = vjp(light, a, b)[1]([1.0, 1.0, 1.0])
    assert (ga.dtype, ga.tolist(), gb.dtype, gb.tolist()) == (np.float32, [3, 3], np.float64, [2, 2])


def test_aux():
    seen = lambda x: ((x**2).sum(), {"twice": x * 2, "name": "square", "none": None})
    (value, aux), g = value_and_grad(seen, has_aux=True)(X)
    assert value == pytest.approx((X**2).sum())
    np.testing.assert_allclose(g, 2 * X)
    assert type(aux["twice"]) is np.ndarray
    np.testing.assert_allclose(aux["twice"], 2 * X)
    assert (aux["name"], aux["none"]) == ("square", None)
    g, aux = grad(seen, has_aux=True)(X)
    np.testing.assert_allclose(g, 2 * X)
    through = lambda x: grad(seen, has_aux=True)(x)[1]["twice"].sum()  # what is beside the value has derivatives too
    np.testing.assert_allclose(grad(through)(X), [2, 2, 2])


def test_hessian_of_containers_and_of_several_arguments():
    h = lambda p: p["a"] ** 2 * p["b"][0].sum() + (p["b"][0] ** 3).sum()
    H = hessian(h)({"a": 2.0, "b": [X], "c": None})
    assert H["a"]["a"] == pytest.approx(2 * X.sum())
    np.testing.assert_allclose(H["a"]["b"][0], [4, 4, 4])
    np.testing.assert_allclose(H["b"][0]["a"], [4, 4, 4])
    np.testing.assert_allclose(H["b"][0]["b"][0], np.diag(6 * X))
    assert H["c"] is None
    (xx, xy), (yx, yy) = hessian(lambda x, y: x**2 * y.sum(), argnums=(0, 1))(3.0, X)
    assert xx == pytest.approx(2 * X.sum())
    np.testing.assert_allclose(xy, [6, 6, 6])
    np.testing.assert_allclose(yx, [6, 6, 6])
    np.testing.assert_array_equal(yy, np.zeros((3, 3)))
    product = hvp(h)({"a": 2.0, "b": [X], "c": None}, {"a": 1.0, "b": [[1.0, 0.0, 0.0]], "c": None})
    assert product["a"] == pytest.approx(2 * X.sum() + 4)
    np.testing.assert_allclose(product["b"][0], [4 + 6 * X[0], 4, 4])
    gx, gy = hvp(lambda x, y, *, k: k * x**2 * y.sum(), argnums=(0, -1))(3.0, X, (1.0, [1, 1, 1]), k=2.0)
    assert gx == pytest.approx(2 * (2 * X.sum() + 6 * 3))
    np.testing.assert_allclose(gy, [12, 12, 12])


def test_containers_stay_what_they_are():
    Pair = namedtuple("Pair", "a b")
    p = Pair(OrderedDict(z=1.0, y=2.0), defaultdict(list, x=[3.0]))
    g = grad(lambda p: p.a["z"] * p.a["y"] * p.b["x"][0])(p)
    assert [type(x) for x in (g, g.a, g.b)] == [Pair, OrderedDict, defaultdict]
    assert (list(g.a), g.a["z"], g.a["y"], g.b["x"][0]) == (["z", "y"], 6, 3, 2)


def test_a_function_may_change_the_containers_that_it_is_given():
    def cost(p):
        p["h"] = p.pop("x") ** 2
        return p["h"]

    p = {"x": 3.0}
    assert grad(cost)(p) == {"x": 6}
    assert p == {"x": 3}
    t = {"x": Tensor(3.0, requires_grad=True)}
    y, x = ag.checkpoint(cost)(t), t.pop("x")
    assert gradients(y, [x]) == [6]


def test_tensors_anywhere_in_the_call_keep_the_graph():
    t = Tensor(2.0, requires_grad=True)
    beside = grad(lambda y, p, *, k: y**2 * p["t"] * k)(3.0, {"t": t}, k=t)  # 2 y t²
    assert gradients(beside, [t]) == [24]
    assert gradients(hvp(lambda x: x**3)(2.0, t), [t]) == [12]
    assert gradients(jvp(lambda x: x**3, (2.0,), (t,))[1], [t]) == [12]
    _, pullback = vjp(lambda x: (x**3, x), 2.0)
    assert gradients(pullback((t, 1.0))[0], [t]) == [12]
    assert grad(lambda g: pullback((g * g, 0.0))[0])(3.0) == 72
    assert grad(lambda x: grad(lambda y: x * y)(1.0))(2.0) == 1
    assert grad(lambda x: jvp(lambda y: {"a": x * y}, (3.0,), (1.0,))[1]["a"])(2.0) == 1
    assert grad(lambda x: vjp(lambda y: [x * y * y], 3.0)[1]([1.0])[0])(2.0) == 6
    assert grad(lambda x: jacobian(lambda y: [x * y * y])(3.0)[0])(2.0) == 6


def test_a_checkpoint_that_takes_in_a_value_and_what_it_was_made_from_counts_each_path_once():
    w = Tensor([0.3, -0.5, 0.9], requires_grad=True)
    h = ag.tanh(w)
    nested = ag.checkpoint(lambda x: x * h * w)
    for f in (lambda x: x * h * w, lambda x: h, lambda x: nested(x * h)):
        heavy, light = ((F(h * 1) * w).sum() for F in (f, ag.checkpoint(f)))
        np.testing.assert_allclose(ag.gradients(light, [w, h]), ag.gradients(heavy, [w, h]), rtol=1e-14)
        slopes = [ag.gradients(C, [w], create_graph=True)[0] for C in (heavy, light)]
        twice = [ag.gradients((s * s).sum(), [w])[0] for s in slopes]
        np.testing.assert_allclose(twice[1], twice[0], rtol=1e-13)


def test_checkpoint_of_containers():
    @ag.checkpoint
    def block(p, x, *, scale, mode="tanh", absent=None):
        assert (mode, absent) == ("tanh", None)
        h = ag.tanh(ag.matmul(p["W"], x)) * scale
        return {"h": h, "parts": (h.sum(), p["b"][0] * 2.0), "n": 3, "label": mode, "plain": np.ones(2)}

    def cost(p, s):
        out = block(p, X, scale=s)
        assert (out["n"], out["label"], out["plain"].tolist()) == (3, "tanh", [1, 1])
        return (out["h"] ** 2).sum() + out["parts"][0] * out["parts"][1]

    def by_hand(p, s):
        h = ag.tanh(ag.matmul(p["W"], X)) * s
        return (h**2).sum() + h.sum() * p["b"][0] * 2.0

    p, t = {"W": M, "b": [0.3]}, np.tanh(M @ X)
    g, gs = grad(cost, argnums=(0, 1))(p, 2.0)
    slope = (2 * 2 * t + 0.6) * 2 * (1 - t**2)
    np.testing.assert_allclose(g["W"], np.outer(slope, X))
    assert g["b"][0] == pytest.approx(2 * 2 * t.sum())
    assert gs == pytest.approx((4 * t**2).sum() + 0.6 * t.sum())
    H, expected = (hessian(c, argnums=(0, 1))(p, 2.0) for c in (cost, by_hand))
    for a, b in zip(leaves(H), leaves(expected), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12)
    assert type(block(p, X, scale=2.0)["h"]) is np.ndarray  # arrays in, arrays out


def test_checkpoint_of_numbers_of_an_argument_itself_and_of_a_checkpoint():
    assert ag.checkpoint(lambda x: x * 2)(3) == 6
    assert grad(lambda x: ag.checkpoint(lambda y, n: (y, y**n))(x, 3)[0])(2.0) == 1
    assert grad(lambda x: ag.checkpoint(lambda y: y * 0 + 1)(x))(2.0) == 0
    assert grad(lambda x: x * ag.checkpoint(lambda y: (Tensor(5.0), 1))(x)[0])(2.0) == 5
    d = ag.checkpoint(lambda x: ag.checkpoint(lambda y: [y**5])(x)[0])
    for expected in (32, 80, 160, 240):
        assert d(2.0) == pytest.approx(expected)
        d = grad(d)
    assert grad(lambda x: ag.checkpoint(lambda y: y * x)(3.0))(2.0) == 3  # no Tensor is handed in: nothing to forget
    t = Tensor(2.0, requires_grad=True)
    assert ag.audit(ag.checkpoint(lambda x, y: (x * y, y))(t, t)[0])


@pytest.mark.parametrize(("call", "error", "message"), [
    (lambda: grad(lambda x: x * 2)(X), ValueError, r"single number; this one returned float64\(3,\): sum it first"),
    (lambda: grad(lambda x: (x, X))(2.0), ValueError, r"returned \(float64\(\), float64\(3,\)\).*has_aux=True"),
    (lambda: grad(lambda x: x, has_aux=True)(2.0), TypeError, r"has_aux=True expected f to return \(value, aux\), got"),
    (lambda: grad(f)(2), TypeError, r"grad needs floating arguments, got int64\(\) in x: write 2.0 for 2"),
    (lambda: jacobian(lambda n, params: 1.0, argnums=-1)(1, {"b": [7]}), TypeError, r"int64\(\) in params\['b'\]\[0\]: wr"),
    (lambda: vjp(lambda *args: 1.0, 1.0, {"b": "no"}), TypeError, r"got 'no' in args\[1\]\['b'\]: hand what is constant in as"),
    (lambda: grad(lambda p: p["w"])({"w": 2.0, "n": 3}), TypeError, r"int64\(\) in p\['n'\]: write 2.0 for 2, or hand what is constant"),
    (lambda: grad(lambda x: None)(2.0), ValueError, "<lambda> returned None: is a return missing"),
    (lambda: jacobian(lambda x: None)(2.0), ValueError, "<lambda> returned None: is a return missing"),
    *[(lambda d=d: d(f, X), TypeError, r"expected argnums to be an int .* got float64\(3,\); write \w+\(f\)\(x\), not")
      for d in (grad, jacobian, hessian, hvp, ag.value_and_grad, ag.elementwise_grad)],
    (lambda: grad(f, (0, 1.0)), TypeError, "expected argnums to be an int"),
    (lambda: grad(Tensor(2.0, requires_grad=True), [X]), TypeError, r"grad\(f\)\(x\); got .*gradients\(y, \[x\]\)"),
    (lambda: hvp(lambda x, y: x * y)(2.0, 3.0), TypeError, r"hvp\(f\)\(\*args, v\); got 2 arguments"),
    (lambda: grad(f, argnums=1)(X), ValueError, "places among the 1 positional arguments, each named once; got 1"),
    (lambda: grad(f, argnums=(0, 2))(X, X), ValueError, "argnums"),
    (lambda: grad(lambda a, b: a * b, argnums=(0, -2))(2.0, 3.0), ValueError, r"each named once; got \(0, -2\)"),
    (lambda: jvp(f, (X,), (X, X)), ValueError, r"jvp: expected a tangent nested as \(float64\(3,\),\), got \(float64\(3,\), fl"),
    (lambda: jvp(f, (X,), (np.ones(2),)), ValueError, r"jvp: expected a tangent of shape \(3,\) at \[0\], got \(2,\)"),
    (lambda: hvp(f)(X, np.ones(2)), ValueError, r"hvp: expected a vector of shape \(3,\), got \(2,\)"),
    (lambda: hvp(f)(X), TypeError, "after them the vector .*got 1 arguments"),
    (lambda: vjp(lambda x: {"a": [x]}, X)[1]({"a": X[:2]}), ValueError,
     r"vjp: expected a cotangent nested as \[float64\(3,\)\] at \['a'\], got float64\(2,\)"),
    (lambda: vjp(lambda x: {"a": [x]}, X)[1]({"a": [X[:2]]}), ValueError, r"of shape \(3,\) at \['a'\]\[0\], got \(2,\)"),
    (lambda: vjp(lambda x: x, X)[1]({"a": X}), ValueError, r"nested as float64\(3,\), got {'a': float64\(3,\)}"),
])  # fmt: skip
def test_what_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_names_tell_where_a_function_came_from():
    assert grad(f).__name__ == "grad(f)"


def test_checkpoint_sends_gradients_to_what_its_function_closes_over():
    calls = []
    w, c = Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True), Tensor(3.0, requires_grad=True)
    hidden = c * 2  # not a leaf

    def block(x):
        calls.append(1)
        return (x @ w.T) * hidden

    x = Tensor([[1.0, 1.0]], requires_grad=True)
    ag.checkpoint(block)(x).sum().backward()
    assert len(calls) == 2  # once forward, and once for all three gradients
    np.testing.assert_array_equal(x.grad, [[24.0, 36.0]])
    np.testing.assert_array_equal(w.grad, [[6.0, 6.0], [6.0, 6.0]])
    assert c.grad == 20.0
    assert grad(lambda c: ag.checkpoint(lambda x: x * c)(c * 1))(3.0) == 6
    assert grad(grad(lambda c: ag.checkpoint(lambda x: x * x * c)(c * 1)))(3.0) == 18
    assert grad(lambda c: ag.checkpoint(lambda x: x * c)(2.0))(3.0) == 2  # an array is handed in, and a Tensor used


@pytest.mark.parametrize("change", [
    lambda a, b, t: a.__imul__(2), lambda a, b, t: b.__imul__(2), lambda a, b, t: t.data.__imul__(2),
    lambda a, b, t: setattr(t, "data", [5.0, 5.0]),
])  # fmt: skip
def test_checkpoint_notices_what_is_changed_before_it_computes_again(change):
    a, b, t, x = np.ones(2), np.ones(2), Tensor([1.0, 2.0]), Tensor([1.0, 2.0], requires_grad=True)
    y = ag.checkpoint(lambda x, a: ag.sin(x * x) * a * b * t)(x, a).sum()
    change(a, b, t)
    with pytest.raises(RuntimeError, match=r"gave another result when it was run again for its gradient"):
        y.backward()
    assert x.grad is None


def test_checkpoint_notices_random_numbers_that_it_cannot_draw_again():
    rng, x = np.random.default_rng(0), Tensor(np.ones(8), requires_grad=True)
    y = ag.checkpoint(lambda x: x * rng.random(8))(x).sum()
    with pytest.raises(RuntimeError, match=r"draws random numbers in another way than by autograd\.anew"):
        y.backward()


def test_checkpoint_records_nothing_under_no_grad():
    w = Tensor(2.0, requires_grad=True)
    with ag.no_grad():
        assert not ag.checkpoint(lambda x: x * w)(w).requires_grad
