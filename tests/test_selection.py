"""Structural zeros: what was not selected has no influence, and what was keeps its NaN."""

import numpy as np
import pytest
from numeric import engine, leaf

import autograd as ag
from autograd import gradients

quiet = pytest.mark.filterwarnings("ignore:invalid value", "ignore:divide by zero", "ignore:overflow")


@quiet
@pytest.mark.parametrize(("f", "at", "slope", "curvature"), [
    (lambda x: ag.where(x > 0, ag.sqrt(x), 0.0), [-1.0, 0.0, 4.0], [0, 0, 0.25], [0, 0, -1 / 32]),
    (lambda x: ag.where(x < 1, ag.exp(x), x), [1000.0, 0.0], [1, 1], [0, 1]),
    (lambda x: ag.where(x > 0, ag.log(x), -x), [0.0, 2.0], [-1, 0.5], [0, -0.25]),
    (lambda x: ag.where(x > 0, ag.sqrt(ag.sqrt(x)), 0.0), [0.0, 1.0], [0, 0.25], [0, -3 / 16]),
    (lambda x: ag.where(x > 0, x * ag.log(x), 0.0), [0.0, 1.0], [0, 1], [0, 1]),
    (lambda x: ag.where(x > 0, ag.where(x < 4, ag.sqrt(x), ag.log(x)), 0.0), [0.0, 1.0, 9.0], [0, 0.5, 1 / 9],
     [0, -0.25, -1 / 81]),
    (lambda x: ag.sqrt(x)[x > 0], [0.0, 4.0], [0, 0.25], [0, -1 / 32]),
    (lambda x: ag.sqrt(x)[1:], [0.0, 4.0], [0, 0.25], [0, -1 / 32]),
    (lambda x: ag.sqrt(x)[[1, 1]], [0.0, 4.0], [0, 0.5], [0, -1 / 16]),
    (lambda x: ag.where((x > 0)[:, None], ag.sqrt(x)[:, None], 0.0), [0.0, 4.0], [0, 0.25], [0, -1 / 32]),
    (lambda x: ag.where(x > 0, ag.sqrt(x).reshape(2, 1).T[0], 0.0), [0.0, 4.0], [0, 0.25], [0, -1 / 32]),
    (lambda x: ag.stack([ag.sqrt(x), ag.log(x)])[:, 1:], [0.0, 4.0], [0, 0.5], [0, -3 / 32]),
    (lambda x: ag.concatenate([x, ag.sqrt(x)])[[0, 3]], [0.0, 4.0], [1, 0.25], [0, -1 / 32]),
    (lambda x: ag.where(False, ag.sqrt(x).sum(), x.sum()), [0.0, 4.0], [1, 1], [0, 0]),
    (lambda x: ag.where([2, 0], ag.sqrt(x), 0.0), [4.0, 0.0], [0.25, 0], [-1 / 32, 0]),
    (lambda x: ag.where([2, 2], ag.where([True, False], ag.sqrt(x), 0.0), 0.0), [4.0, 0.0], [0.25, 0], [-1 / 32, 0]),
    (lambda x: ag.keep(ag.sqrt(x), x > 0), [0.0, 4.0], [0, 0.25], [0, -1 / 32]),
    (lambda x: 1 / ag.where(x > 0, ag.sqrt(x), 1.0), [0.0, 4.0], [0, -1 / 16], [0, 3 / 128]),
])  # fmt: skip
def test_first_and_second_order(f, at, slope, curvature):
    x = leaf(at)
    y = f(x)
    (g,) = gradients(y, [x], cotangent=np.ones(y.shape), create_graph=True)
    np.testing.assert_allclose(g.data, slope, rtol=1e-14)
    (h,) = gradients(g, [x], cotangent=np.ones(g.shape))
    np.testing.assert_allclose(h, curvature, rtol=1e-13, atol=1e-300)


@quiet
def test_a_scalar_that_is_never_chosen():
    (g,) = engine(lambda s: ag.where(np.array([False, False]), ag.sqrt(s), 1.0), np.array(0.0))
    assert g == 0


@quiet
def test_a_sum_of_masked_cotangents_exists_where_any_does():
    x = leaf([0.0, 0.0, 4.0])
    y = ag.sqrt(x)
    (ag.where([False, False, True], y, 0.0) + ag.where([False, True, False], y, 0.0)).sum().backward()
    np.testing.assert_array_equal(x.grad, [0, np.inf, 0.25])


@quiet
def test_a_zero_that_came_of_arithmetic_hides_nothing():
    assert np.isnan(engine(lambda x: ag.sqrt(x) ** 2, np.array(0.0))[0])  # the truth is 1, and 0 would be a lie
    assert np.isnan(engine(lambda x: ag.sqrt(x) * 0.0, np.array(0.0))[0])


def test_backward_does_not_warn_about_what_is_not_used():
    with np.errstate(all="ignore"):
        x = leaf([-1.0, 0.0, 4.0])
        y = ag.where(x > 0, ag.sqrt(x), 0.0).sum()
    y.backward()  # warnings are errors here
    np.testing.assert_array_equal(x.grad, [0, 0, 0.25])
