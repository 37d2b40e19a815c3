"""The conventions at kinks, ties and limits, as the docstrings state them."""

import warnings

import numpy as np
import pytest
from numeric import engine, leaf

import autograd as ag
from autograd import Tensor, gradients
from autograd.ops import loss
from nn.losses import huber

nan, inf = np.nan, np.inf


@pytest.mark.parametrize(("f", "at", "expected"), [
    (ag.relu, [-1, 0, 2], [0, 0, 1]),
    (lambda x: ag.leaky_relu(x, negative_slope=0.1), [-1, 0, 2], [0.1, 0.1, 1]),
    (ag.absolute, [-2, 0, 3], [-1, 0, 1]),
    (lambda x: ag.clip(x, -1.0, 1.0), [-2, -1, 0, 1, 2], [0, 1, 1, 1, 0]),
    (lambda x: ag.maximum(x, 0.0), [-1, 0, 2], [0, 0.5, 1]),
    (lambda x: ag.minimum(x, 0.0), [-1, 0, 2], [1, 0.5, 0]),
    (lambda x: ag.maximum(x, x), [-1, 0, 2], [1, 1, 1]),
    (lambda x: ag.max(x), [1, 3, 3, 2], [0, 0.5, 0.5, 0]),
    (ag.prod, [2, 0, 3, 4], [0, 24, 0, 0]),
    (ag.prod, [2, 3, 0, 0], [0, 0, 0, 0]),
    (ag.cumprod, [2, 0, 3], [1, 8, 0]),
    (ag.std, [3, 3, 3], [0, 0, 0]),
    (ag.norm, [0, 0], [0, 0]),
    (lambda x: ag.norm(x) ** 2, [0, 0], [0, 0]),
    (lambda x: ag.hypot(x, x), [0, 1], [0, np.sqrt(2)]),
    (lambda x: ag.hypot(x, 1e200), [1e200], [np.sqrt(0.5)]),
    (lambda x: ag.arctan2(x, 0.0), [0], [0]),
    (ag.arcsinh, [1e200], [1e-200]),
    (ag.arctan, [1e160, 0], [1e-320, 1]),
    (ag.sinc, [0], [0]),
    (ag.logsumexp, [-inf, -inf], [0.5, 0.5]),
    (ag.logsumexp, [inf, 0, inf], [0.5, 0, 0.5]),
    (lambda x: ag.logaddexp(x, 0.0), [inf, -inf, 0], [1, 0, 0.5]),
    (lambda x: ag.logaddexp(x, x), [inf, -inf], [1, 1]),
    (lambda x: ag.sort(x), [2, 1, 1], [1, 1, 1]),
    (lambda x: ag.median(x), [4, 1, 3, 2], [0, 0, 0.5, 0.5]),
    (lambda x: ag.remainder(x, 3.0), [-1, 5, 6], [1, 1, 1]),
    (lambda x: ag.remainder(7.0, x), [3, -3], [-2, 3]),
    (ag.floor, [0, 1.5], [0, 0]),
    (ag.sign, [0, -2], [0, 0]),
    (lambda x: ag.xlogy(x, x), [0], [0]),
    (ag.nan_to_num, [nan, inf, 1], [0, 0, 1]),
    (lambda x: ag.fmax(x, nan), [1, 2], [1, 1]),
    (lambda x: ag.fmin(x, 1.0), [nan, 1, 0], [0, 0.5, 1]),
    (lambda x: ag.min(x), [1, 1, 1, 2], [1 / 3, 1 / 3, 1 / 3, 0]),
    (lambda x: x**0, [-1, 0, 2], [0, 0, 0]),
    (lambda x: x**0.0, [-1, 0, 2], [0, 0, 0]),
    (lambda x: x**1, [-1, 0, 2], [1, 1, 1]),
    (lambda x: x**2, [-1, 0, 2], [-2, 0, 4]),
    (lambda x: x**3.0, [-2, 0, 2], [12, 0, 12]),
    (lambda x: x**1.5, [0, 4], [0, 3]),
    (lambda x: 0.0**x, [1, 2], [0, 0]),
    (ag.sigmoid, [-1000, 0, 1000], [0, 0.25, 0]),
    (ag.softplus, [-1000, 0, 1000], [0, 0.5, 1]),
    (ag.tanh, [-1000, 0, 1000], [0, 1, 0]),
    (ag.relu, [-inf, inf], [0, 1]),
    (ag.swish, [-inf, inf], [0, 1]),
    (ag.mish, [-inf, inf], [0, 1]),
    (ag.gelu, [-inf, inf], [0, 1]),
    (lambda x: ag.gelu(x, approximate="tanh"), [-inf, inf], [0, 1]),
    (ag.erf, [-inf, inf], [0, 0]),
    (lambda x: ag.hypot(x, 1.0), [-inf, inf], [-1, 1]),
    (lambda x: ag.hypot(1.0, x), [-inf, inf], [-1, 1]),
    (lambda x: ag.hypot(x, inf), [-1, 1], [0, 0]),
    (lambda x: ag.arctan2(x, 1.0), [-inf, inf], [0, 0]),
    (lambda x: ag.arctan2(x, inf), [-inf, 1], [0, 0]),
    (ag.norm, [inf, 1], [1, 0]),
])  # fmt: skip
def test_derivative(f, at, expected):
    (g,) = engine(f, np.array(at, float))
    np.testing.assert_allclose(g, expected, rtol=1e-15)


@pytest.mark.filterwarnings("ignore:divide by zero")
def test_an_infinite_slope_stops_at_a_relu_that_is_off():
    for f in (lambda x: ag.sqrt(ag.relu(x)), lambda x: ag.log(1 + ag.relu(x))):
        np.testing.assert_allclose(engine(f, np.array([-1.0, 4.0]))[0][0], 0)
    x = leaf([-1.0, 4.0])
    (g,) = gradients(ag.sqrt(ag.relu(x)), [x], cotangent=np.ones(2), create_graph=True)
    np.testing.assert_allclose(g.data, [0, 0.25])
    np.testing.assert_allclose(gradients(g, [x], cotangent=np.ones(2))[0], [0, -1 / 32])


def test_the_second_derivative_of_abs_at_0_is_0():
    x = leaf([0.0, 1.0, -1.0])
    (g,) = gradients(ag.absolute(x), [x], cotangent=np.ones(3), create_graph=True)
    np.testing.assert_array_equal(g.data, [0, 1, -1])
    assert not g.requires_grad or not gradients(g, [x], cotangent=np.ones(3))[0].any()


def test_softmax_of_small_integers_does_not_wrap_around():
    for f in (ag.softmax, ag.log_softmax):
        np.testing.assert_allclose(f(np.array([-125, 125], np.int8)), f(np.array([-125.0, 125.0])))


def test_the_mean_of_nothing_has_a_gradient_of_nothing():
    for shape, axis in (((0, 3), None), ((0, 3), 0), ((3, 0), 1)):
        x = leaf(np.zeros(shape))
        with np.errstate(invalid="ignore", divide="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            y = ag.mean(x, axis=axis)
        assert gradients(y, [x], cotangent=np.ones(y.shape))[0].shape == shape


@pytest.mark.parametrize(("b", "mixed"), [(0.0, 0.5), (1.0, 1 + np.log(2.0)), (2.0, 2 + 4 * np.log(2.0))])
def test_mixed_derivatives_of_power_are_symmetric(b, mixed):
    x, y = leaf(2.0), leaf(b)
    gx, gy = gradients(x**y, [x, y], create_graph=True)
    assert gradients(gx, [y])[0] == pytest.approx(mixed)
    assert gradients(gy, [x])[0] == pytest.approx(mixed)


def test_nan_operands_pass_the_gradient_on():
    np.testing.assert_array_equal(engine(ag.relu, np.array([nan, 1.0]))[0], [1, 1])
    for op in (ag.maximum, ag.minimum):
        a, b = leaf([nan, 1.0]), leaf([2.0, nan])
        ga, gb = gradients(op(a, b), [a, b], cotangent=np.ones(2))
        np.testing.assert_array_equal(ga, [1, 1])
        np.testing.assert_array_equal(gb, [1, 1])
    np.testing.assert_array_equal(engine(lambda x: ag.clip(x, -1.0, 1.0), np.array([nan, 0.0]))[0], [1, 1])
    np.testing.assert_array_equal(engine(ag.hard_tanh, np.array([nan, 0.0]))[0], [1, 1])


@pytest.mark.parametrize("f", [ag.sigmoid, ag.softplus, ag.swish, ag.relu, ag.leaky_relu])
@pytest.mark.parametrize("dtype", [np.uint8, np.int32, bool])
def test_activations_of_integers_are_those_of_floats(f, dtype):
    x = np.array([0, 1], dtype)
    np.testing.assert_allclose(f(x), f(x.astype(float)))
    np.testing.assert_allclose(f(Tensor(x)).data, f(x.astype(float)))


def test_power_of_a_tensor_exponent_at_zero():
    a, b = leaf([0.0, 0.0, 2.0]), leaf([0.0, 2.0, 0.0])
    ga, gb = gradients(a**b, [a, b], cotangent=np.ones(3))
    np.testing.assert_allclose(ga, [0, 0, 0])
    np.testing.assert_allclose(gb, [0, 0, np.log(2)])


def test_values_at_the_limits():
    for f in (ag.swish, ag.mish, ag.gelu, lambda x: ag.gelu(x, approximate="tanh")):
        np.testing.assert_array_equal(f(np.array([-inf, -1e300, 1e300, inf])), [0, 0, 1e300, inf])
    np.testing.assert_array_equal(
        ag.ratio(np.array([inf, -inf, 1.0, 0.0]), np.array([inf, inf, inf, 0.0])), [1, -1, 0, 0]
    )
    np.testing.assert_array_equal(ag.relu(np.array([-inf, nan, inf])), [0, nan, inf])
    np.testing.assert_array_equal(ag.sigmoid(np.array([-inf, -800.0, 800.0, inf])), [0, 0, 1, 1])
    assert ag.sigmoid(-740.0) == pytest.approx(np.exp(-740.0), rel=1e-9, abs=0)  # subnormal, and there all the same
    np.testing.assert_array_equal(ag.softplus(np.array([-inf, 1000.0])), [0, 1000])
    np.testing.assert_allclose(ag.softmax(np.array([1000.0, 1000.0])), [0.5, 0.5])
    np.testing.assert_allclose(ag.log_softmax(np.array([[1e4, 0.0]])), [[0, -1e4]])


@pytest.mark.parametrize("x", [-700.0, -40.0, -5.0, 3.0, 40.0])
def test_softplus_slope_keeps_its_digits_in_the_tails(x):
    exact = 1 / (1 + np.exp(-x)) if x > -30 else np.exp(x) * (1 - np.exp(x))
    assert engine(ag.softplus, np.array(x))[0] == pytest.approx(exact, rel=1e-14)


@pytest.mark.parametrize(("p", "t", "expected"), [(0.0, 0.0, 1), (1.0, 1.0, -1), (0.25, 1.0, -4), (0.25, 0.0, 4 / 3)])
def test_cross_entropy_of_certain_probabilities(p, t, expected):
    (g,) = gradients(y := loss.binary_cross_entropy(x := leaf([p]), np.array([t])), [x])
    assert g == pytest.approx(expected)
    assert np.isfinite(y.data)


@pytest.mark.parametrize(("z", "t", "expected"), [
    (40.0, 1.0, -np.exp(-40.0)), (-40.0, 0.0, np.exp(-40.0)), (1000.0, 0.0, 1.0), (-1000.0, 1.0, -1.0),
])  # fmt: skip
def test_cross_entropy_with_logits_in_the_tails(z, t, expected):
    (g,) = gradients(loss.binary_cross_entropy_with_logits(x := leaf([z]), np.array([t])), [x])
    assert g[0] == pytest.approx(expected, rel=1e-14)


def test_a_logit_of_minus_infinity_is_a_class_ruled_out():
    z = leaf([[0.0, -inf, 0.0]])
    y = loss.softmax_cross_entropy(z, np.array([0]))
    y.backward()
    assert y.item() == pytest.approx(np.log(2))
    np.testing.assert_allclose(z.grad, [[-0.5, 0, 0.5]])


def test_extremes_of_nan_share_with_the_nans():
    x = leaf([1.0, nan, 2.0])
    (g,) = gradients(ag.max(x), [x])
    np.testing.assert_array_equal(g, [0, 1, 0])


@pytest.mark.filterwarnings("ignore:divide by zero", "ignore:invalid value")
def test_where_the_second_derivative_cannot_come_from_local_rules_it_is_not_a_silent_zero():
    for f in (ag.norm, ag.std):
        x = leaf([0.0, 0.0])
        (g,) = gradients(f(x) ** 2, [x], create_graph=True)
        np.testing.assert_array_equal(g.data, [0, 0])
        assert np.isnan(gradients(g, [x], cotangent=np.ones(2))[0]).all()
    x = leaf([0.0, 0.0])
    (g,) = gradients((x * x).sum(), [x], create_graph=True)
    np.testing.assert_array_equal(gradients(g, [x], cotangent=np.ones(2))[0], [2, 2])


@pytest.mark.filterwarnings("ignore:divide by zero")
def test_infinite_slopes():
    np.testing.assert_array_equal(engine(ag.arcsin, np.array([1.0, -1.0]))[0], [inf, inf])
    np.testing.assert_array_equal(engine(ag.arccos, np.array([1.0, -1.0]))[0], [-inf, -inf])
    np.testing.assert_array_equal(engine(ag.sqrt, np.array([0.0]))[0], [inf])


@pytest.mark.filterwarnings("ignore:divide by zero", "ignore:overflow", "ignore:invalid value")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("f", "at", "second", "third"), [
    (ag.arcsin, [-1, 1], [-inf, inf], [inf, inf]),
    (ag.arccos, [-1, 1], [inf, -inf], [-inf, -inf]),
    (ag.arctanh, [-1, 1], [-inf, inf], [inf, inf]),
    (ag.arccosh, [1, inf], [-inf, 0], [inf, 0]),
    (ag.cbrt, [-inf, -0.0, 0, inf], [0, inf, -inf, 0], [0, inf, inf, 0]),
    (ag.sqrt, [0, inf], [-inf, 0], [inf, 0]),
    (lambda x: x**1.5, [0, inf], [inf, 0], [-inf, 0]),
    (lambda x: x**-1, [0, inf], [inf, 0], [-inf, 0]),
    (ag.log, [0, inf], [-inf, 0], [inf, 0]),
    (ag.log1p, [-1, inf], [-inf, 0], [inf, 0]),
    (ag.reciprocal, [0, inf], [inf, 0], [-inf, 0]),
    (ag.arctan, [-inf, 0, inf], [0, 0, 0], [0, -2, 0]),
    (ag.arcsinh, [-inf, 0, inf], [0, 0, 0], [0, -1, 0]),
    (lambda x: ag.hypot(x, 1.0), [-inf, 0, inf], [0, 1, 0], [0, 0, 0]),
    (ag.sigmoid, [-inf, 0, inf], [0, 0, 0], [0, -0.125, 0]),
    (ag.tanh, [-inf, 0, inf], [0, 0, 0], [0, -2, 0]),
    (ag.softplus, [-inf, 0, inf], [0, 0.25, 0], [0, 0, 0]),
    (ag.swish, [-inf, -1e38, 0, 3e38, inf], [0, 0, 0.5, 0, 0], [0, 0, 0, 0, 0]),
    (ag.mish, [-inf, -1e38, 0, 3e38, inf], [0, 0, 0.64, 0, 0], [0, 0, -0.096, 0, 0]),
    (ag.gelu, [-inf, 0, inf], [0, np.sqrt(2 / np.pi), 0], [0, 0, 0]),
    (lambda x: ag.logaddexp(x, 0.0), [-inf, 0, inf], [0, 0.25, 0], [0, 0, 0]),
    (lambda x: ag.logaddexp2(x, 1.0), [-inf, 1, inf], [0, np.log(2) / 4, 0], [0, 0, 0]),
    (ag.elu, [-inf, 0, inf], [0, 0, 0], [0, 0, 0]),
])  # fmt: skip
def test_higher_derivatives_at_the_edges_are_the_limits(f, at, second, third, dtype):
    x, one = leaf(at, dtype=dtype), np.ones(len(at), dtype)
    y = f(x)
    for expected in (None, second, third):
        (y,) = gradients(y, [x], cotangent=one, create_graph=True)
        if expected:
            np.testing.assert_allclose(y.data, expected, rtol=1e-6, atol=1e-7)


def test_power_0_of_a_subnormal_number_has_slope_0_in_every_precision():
    for dtype in (np.float32, np.float64):
        x = np.array([0, np.finfo(dtype).smallest_subnormal, 2], dtype)
        np.testing.assert_array_equal(engine(lambda x: x ** np.zeros(3, x.dtype), x)[0], [0, 0, 0])


def test_products_with_zeros_at_second_order():
    x = leaf([2.0, 3.0, 0.0, 0.0])
    (g,) = gradients(ag.prod(x), [x], create_graph=True)
    h = gradients(g, [x], cotangent=np.array([0, 0, 1.0, 0]))[0]
    np.testing.assert_array_equal(h, [0, 0, 0, 6])


def test_sinc_at_zero_at_every_order():
    x = leaf(0.0)
    y = ag.sinc(x)
    for expected in (0, -(np.pi**2) / 3, 0, np.pi**4 / 5):
        (y,) = gradients(y, [x], create_graph=True)
        assert y.item() == pytest.approx(expected, abs=1e-13)


def test_var_of_fewer_than_it_needs_is_nan_of_the_right_shape():
    x = leaf([[1.0, 2.0]])
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        y = ag.var(x, axis=0, ddof=1)
    (g,) = gradients(y, [x], cotangent=np.ones(2))
    assert g.shape == (1, 2)
    assert np.isnan(g).all()


@pytest.mark.parametrize(
    "entries", [[1, 2, inf], [1, inf, inf], [inf, inf], [-inf, -inf, 1, 2], [-1.5e308, 1.5e308], [5.0]]
)
def test_median_beside_infinities_is_numpys(entries):
    assert ag.median(np.array(entries, float)) == np.median(entries)
    assert ag.percentile(np.array([1.0, 2.0, inf]), 50) == 2
    assert ag.median(np.array([True, False, True])) == 1
    np.testing.assert_array_equal(engine(ag.median, np.array([1.0, 2.0, inf]))[0], [0, 1, 0])


@pytest.mark.parametrize(("f", "at", "expected"), [
    *[(lambda x, p=p: ag.norm(x, p), [0, 3, 4], [0, *slope]) for p, slope in ((0.5, [1 + 2 / 3**0.5, 1 + 3**0.5 / 2]), (-1, [0, 0]), (3, [9 / 91 ** (2 / 3), 16 / 91 ** (2 / 3)]))],
    *[(lambda x, p=p: ag.norm(x, p), [0, 0], [0, 0]) for p in (0.5, -1, -0.5)],
    *[(f, [nan, 0, inf], [0, 0, 0]) for f in (lambda x: x ** np.zeros(3), lambda x: ag.float_power(x, np.zeros(3)), lambda x: x**0)],
    (lambda x: x ** np.ones(3), [nan, 0, 2], [1, 1, 1]),
    (ag.median, [1, nan, 2], [0, 1, 0]), (lambda x: ag.quantile(x, [0.1, 0.5]), [nan, 1, nan], [2, 0, 0]), (lambda x: ag.percentile(x, 40, method="lower"), [3, 1, nan], [0, 0, 1]),
    (lambda x: ag.quantile(x, 0.5), [inf, 1, 2], [0, 0, 1]), (lambda x: ag.clip(x, 1.0, 1.0), [0, 1, 2], [0, 1, 0]), (ag.absolute, [nan, 1], [nan, 1]),
    (ag.nanmean, [nan, nan], [0, 0]), (lambda x: ag.norm(x, 0), [nan, 0, 1], [0, 0, 0]), (lambda x: ag.heaviside(0.0, x), [2, nan], [1, 1]), (lambda x: ag.heaviside(x, 0.5), [-1, 0], [0, 0]),
    *[(f, at, np.full((2, 2), nan)) for f in (ag.det, lambda a: ag.slogdet(a)[1]) for at in ([[nan, 1], [0, 1]], [[inf, 1], [0, 1]])],
    (lambda a: ag.slogdet(a)[1], [[1, 1], [1, 1]], np.full((2, 2), nan)), (lambda a: ag.slogdet(a)[1], [[[2, 0], [0, 1]], [[0, 0], [0, 1]]], [[[0.5, 0], [0, 1]], np.full((2, 2), nan)]),
    (ag.det, [[[2, 0], [0, 1]], [[nan, 0], [0, 1]]], [[[1, 0], [0, 2]], np.full((2, 2), nan)]),
])  # fmt: skip
@pytest.mark.filterwarnings("ignore:divide by zero", "ignore:invalid value", "ignore:Mean of empty")
def test_derivative_beside_zeros_infinities_and_nan(f, at, expected):
    np.testing.assert_allclose(engine(f, np.array(at, float))[0], expected, rtol=1e-14, atol=1e-15)


@pytest.mark.parametrize(("f", "at", "expected"), [
    (lambda x: x ** np.ones(2), [nan, 2], [0, 0]), (ag.elu, [0, -1, 1], [0, np.exp(-1), 0]), (ag.selu, [0, 1], [0, 0]), (lambda x: x.size * huber(x, np.zeros(2)), [1, 2], [1, 0]),
])  # fmt: skip
def test_second_derivative(f, at, expected):
    x = leaf(at)
    (g,) = gradients(ag.sum(f(x)), [x], create_graph=True)
    np.testing.assert_allclose(gradients(g, [x], cotangent=np.ones(len(at)))[0], expected, rtol=1e-14)


@pytest.mark.parametrize(("z", "t", "expected"), [(inf, 0, inf), (-inf, 0, 0), (-inf, 1, inf), (-inf, 0.5, inf)])
def test_cross_entropy_with_infinite_logits(z, t, expected):
    assert loss.binary_cross_entropy_with_logits(np.array([z, 0.0]), np.array([t, 0.0])) == (expected + np.log(2)) / 2


def test_xlogy_passes_nan_on():
    np.testing.assert_array_equal(ag.xlogy(np.zeros(4), np.array([nan, 0, -1, inf])), [nan, 0, 0, 0])


@pytest.mark.filterwarnings("ignore:divide by zero")
def test_weights_without_a_sum_make_an_infinite_average():
    assert ag.average(np.array([1.0, 2.0]), weights=np.array([1.0, -1.0])) == -inf


@pytest.mark.parametrize("f", [ag.elu, ag.selu])
@pytest.mark.parametrize("dtype", [np.int8, np.uint8, bool])
def test_activations_that_are_made_of_expm1_take_small_integers_for_floats(f, dtype):
    x = np.array([0, 1], dtype)
    assert f(x).dtype == float
    np.testing.assert_array_equal(f(x), f(x.astype(float)))


def test_xlogy_at_0_has_a_symmetric_hessian():
    h = ag.hessian(lambda v: ag.xlogy(v[0], v[1]))(np.array([0.0, 2.0]))
    np.testing.assert_array_equal(h, [[0, 0.5], [0.5, 0]])
    np.testing.assert_array_equal(engine(lambda x: ag.xlogy(x, -1.0), np.array(0.0))[0], 0)


@pytest.mark.parametrize("ord", [1.5, 3])
def test_any_norm_at_0_has_derivative_0(ord):
    np.testing.assert_array_equal(engine(lambda x: ag.norm(x, ord), np.zeros(2))[0], [0, 0])
    np.testing.assert_allclose(
        engine(lambda x: ag.norm(x, ord, axis=1), np.array([[0.0, 0], [1, 0]]))[0], [[0, 0], [1, 0]]
    )
    np.testing.assert_allclose(engine(lambda x: ag.norm(x, ord), np.array([1e-150, 0]))[0], [1, 0])
    x = np.random.default_rng(0).normal(size=(3, 4))
    np.testing.assert_allclose(ag.norm(x, ord, axis=0, keepdims=True), np.linalg.norm(x, ord, axis=0, keepdims=True))


def test_softmax_of_a_number_and_of_nothing():
    for f, value in ((ag.softmax, 1), (ag.log_softmax, 0)):
        assert f(np.array(2.0)) == value
        assert engine(f, np.array(2.0))[0] == 0
        assert engine(f, np.zeros((3, 0)))[0].shape == (3, 0)


@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize(("f", "slope"), [
    (lambda a: ag.svd(a)[1].sum(), [[1, 0], [0, 1], [0, 0]]), (lambda a: ag.norm(a, "nuc"), [[1, 0], [0, 1], [0, 0]]),
    (lambda a: ag.norm(a, 2), [[1, 0], [0, 0], [0, 0]]),
])  # fmt: skip
def test_singular_values_of_a_tall_or_wide_matrix_have_a_gradient_where_one_is_zero(f, slope, transposed):
    a = np.array([[2.0, 0.0], [0.0, 0.0], [0.0, 0.0]])
    got = ag.grad(f)(a.T).T if transposed else ag.grad(f)(a)
    np.testing.assert_allclose(np.abs(got), slope, atol=1e-15)  # of the value 0 either sign is a choice of vectors


def test_the_vectors_of_a_singular_value_zero_are_not_determined():
    a = np.array([[2.0, 0.0], [0.0, 0.0], [0.0, 0.0]])
    assert np.isnan(ag.grad(lambda a: (ag.svd(a)[0] * np.arange(6.0).reshape(3, 2)).sum())(a)).any()


def test_einsum_sums_no_ellipsis_silently():
    with pytest.raises(ValueError, match=r"the axes of \.\.\. are not summed"):
        ag.einsum("...i->i", np.ones((2, 3)))
    np.testing.assert_array_equal(ag.einsum("...i->i", np.ones(3)), np.ones(3))


@pytest.mark.parametrize(("subscripts", "shape", "says"), [
    ("ii->", (1, 3), "'i' stands for 1 and for 3"), ("jj->j", (0, 2), "'j' stands for 0 and for 2"),
    ("iij->j", (3, 1, 2), "'i' stands for 1 and for 3"), ("i..j", (2, 2), "expected letters"),
    ("i...j...", (2, 2), "expected letters"), ("i1", (2, 2), "expected letters"), ("ij->>i", (2, 2), "expected letters"),
])  # fmt: skip
def test_einsum_takes_the_subscripts_that_numpy_takes(subscripts, shape, says):
    with pytest.raises(ValueError, match=says):
        ag.einsum(subscripts, np.ones(shape))
