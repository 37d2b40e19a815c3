"""The costs: their numbers, and what they refuse."""

import numpy as np
import pytest
from numeric import leaf

import nn
from autograd import Tensor
from autograd.ops import loss

PAIRED = [nn.squared_error, nn.half_squared_error, nn.mean_squared_error, nn.binary_cross_entropy,
          nn.binary_cross_entropy_with_logits, nn.absolute_error, nn.huber, nn.kl_divergence, nn.hinge]  # fmt: skip
Y, T = np.array([[0.2, 0.9], [0.6, 0.1], [0.5, 0.3]]), np.array([[0.0, 1.0], [1.0, 0.0], [0.25, 0.5]])


@pytest.mark.parametrize(("cost", "expected"), [
    (nn.squared_error, ((Y - T) ** 2).sum() / 3),
    (nn.half_squared_error, ((Y - T) ** 2).sum() / 6),
    (nn.mean_squared_error, ((Y - T) ** 2).sum() / 6),
    (nn.absolute_error, np.abs(Y - T).sum() / 3),
    (nn.huber, ((Y - T) ** 2).sum() / 12),
    (lambda y, t: nn.huber(y, t, 0.25), np.where(np.abs(Y - T) < 0.25, (Y - T) ** 2 / 2, 0.25 * (np.abs(Y - T) - 0.125)).sum() / 6),
    (nn.kl_divergence, (np.where(T > 0, T * np.log(np.where(T > 0, T, 1)), 0) - T * Y).sum() / 3),
    (nn.binary_cross_entropy, -(T * np.log(Y) + (1 - T) * np.log(1 - Y)).sum() / 6),
    (nn.binary_cross_entropy_with_logits, (np.log(1 + np.exp(Y)) - T * Y).sum() / 6),
])  # fmt: skip
def test_values(cost, expected):
    assert cost(Y, T) == pytest.approx(expected)
    assert cost(Tensor(Y), Tensor(T)).item() == pytest.approx(expected)
    assert cost(Y.tolist(), T.tolist()) == pytest.approx(expected)


@pytest.mark.parametrize("cost", PAIRED)
@pytest.mark.parametrize(("y", "t"), [((4,), (4, 1)), ((4, 1), (4,)), ((4, 2), (2,)), ((1, 4), (4, 1))])
def test_nothing_is_broadcast(cost, y, t):
    with pytest.raises(ValueError) as caught:
        cost(np.full(y, 0.5), np.full(t, 0.5))
    assert cost.__name__ in str(caught.value)
    assert str(y) in str(caught.value)
    assert str(t) in str(caught.value)


@pytest.mark.parametrize(("t", "error", "message"), [
    ([0, 3, 1], IndexError, "label 3 of sample 1 is out of range: there are 3 classes, 0 to 2"),
    ([0, 1, -1], IndexError, "label -1 of sample 2 is out of range"),
    (np.array([0, 1, 250], np.uint8), IndexError, "label 250 of sample 2"),
    ([0, 1], ValueError, r"labels of shape \(3,\) or one-hot rows of shape \(3, 3\), got \(2,\)"),
    ([[0], [1], [2]], ValueError, r"got \(3, 1\)"),
    ([0.0, 1.0, 2.0], ValueError, r"labels of shape \(3,\) of integers, not float64"),
    (np.eye(3) * 2, ValueError, "one-hot or probabilities"),
    (np.eye(3) * [1, 1, -1], ValueError, "one-hot or probabilities"),
])  # fmt: skip
def test_bad_targets_of_cross_entropy(t, error, message):
    with pytest.raises(error, match=message):
        nn.cross_entropy(np.zeros((3, 3)), t)


def test_cross_entropy_of_labels_one_hot_and_probabilities_agree():
    rng = np.random.default_rng(0)
    z, labels = rng.normal(size=(5, 4)), rng.integers(0, 4, 5)
    hard = nn.cross_entropy(z, labels)
    assert nn.cross_entropy(z, np.eye(4)[labels]) == pytest.approx(hard)
    assert nn.cross_entropy(z, np.eye(4, dtype=int)[labels]) == pytest.approx(hard)
    assert nn.cross_entropy(Tensor(z), Tensor(labels)).item() == pytest.approx(hard)
    p = np.full((5, 4), 0.25)
    assert nn.cross_entropy(z, p) == pytest.approx(-np.log(np.exp(z) / np.exp(z).sum(1, keepdims=True)).mean())


@pytest.mark.parametrize(("cost", "y", "t", "message"), [
    (nn.binary_cross_entropy, [1.5], [1.0], r"expected p in \[0, 1\].*with_logits"),
    (nn.binary_cross_entropy, [0.5], [-1.0], r"expected t in \[0, 1\], got -1 to -1"),
    (nn.binary_cross_entropy_with_logits, [0.5], [2.0], r"expected t in \[0, 1\], got 2 to 2"),
])  # fmt: skip
def test_probabilities_out_of_range(cost, y, t, message):
    with pytest.raises(ValueError, match=message):
        cost(np.array(y), np.array(t))


def test_certainty_costs_nothing_when_right_and_everything_when_wrong():
    with np.errstate(divide="ignore"):
        assert nn.binary_cross_entropy(np.array([0.0, 1.0]), np.array([0.0, 1.0])) == 0
        assert nn.binary_cross_entropy(np.array([0.0]), np.array([1.0])) == np.inf


@pytest.mark.parametrize("cost", [*PAIRED, nn.cross_entropy])
def test_what_is_no_number_and_no_sample(cost):
    good = np.array([[0.5, 0.5]])
    for bad in (good * 1j, np.ma.masked_array(good, [[True, False]]), np.array([[None, 1.0]])):
        with pytest.raises(TypeError, match="masked|real numbers"):
            cost(good, bad)
        with pytest.raises(TypeError, match="masked|real numbers"):
            cost(bad, good)
    with pytest.raises(ValueError, match="no samples|at least one sample"):
        cost(np.ones((0, 2)), np.ones((0, 2)))
    y = Tensor(good, dtype=np.float32)
    assert cost(y, Tensor(good * 2 if cost is nn.hinge else good)).dtype == np.float32


def test_logits_of_any_size_are_fine():
    z = Tensor([1000.0, -1000.0], requires_grad=True)
    loss = nn.binary_cross_entropy_with_logits(z, np.array([0.0, 1.0]))
    loss.backward()
    assert loss.item() == 1000
    np.testing.assert_allclose(z.grad, [0.5, -0.5])
    z = Tensor([[1000.0, -1000.0]], requires_grad=True)
    loss = nn.cross_entropy(z, [1])
    loss.backward()
    assert loss.item() == 2000
    np.testing.assert_allclose(z.grad, [[1, -1]])


def test_nll_is_cross_entropy_after_log_softmax():
    rng = np.random.default_rng(0)
    z, labels = rng.normal(size=(5, 4)), rng.integers(0, 4, 5)
    leaves = [Tensor(z, requires_grad=True) for _ in range(2)]
    nn.nll(nn.log_softmax(leaves[0]), labels).backward()
    nn.cross_entropy(leaves[1], labels).backward()
    np.testing.assert_allclose(leaves[0].grad, leaves[1].grad, rtol=1e-12, atol=1e-15)
    with pytest.raises(IndexError, match="nll: label 4 of sample 0 is out of range"):
        nn.nll(z[:1], [4])
    with pytest.raises(ValueError, match=r"nll: expected log_p \(m, K\) and integer labels \(m,\)"):
        nn.nll(z, z)


def test_hinge_and_huber_and_their_slopes():
    y = Tensor([0.5, 2.0, -1.0], requires_grad=True)
    loss = nn.hinge(y, [1, 1, -1])
    loss.backward()
    assert loss.item() == pytest.approx(0.5 / 3)
    np.testing.assert_allclose(y.grad, [-1 / 3, 0, 0])
    y = Tensor([0.5, 3.0, -3.0, 1.0], requires_grad=True)
    nn.huber(y, np.zeros(4)).backward()
    np.testing.assert_allclose(y.grad, [0.125, 0.25, -0.25, 0.25])
    with pytest.raises(ValueError, match="hinge: expected targets that are 1 or -1"):
        nn.hinge(y, np.zeros(4))
    with pytest.raises(ValueError, match="delta: expected"):
        nn.huber(y, np.zeros(4), delta=0)


@pytest.mark.parametrize("classes", [200, 300])
def test_label_minus_one_is_the_last_class_forward_and_backward(classes):
    z = leaf(np.zeros((1, classes)))
    loss.softmax_cross_entropy(z, np.array([-1])).backward()
    assert z.grad[0, -1] == pytest.approx(1 / classes - 1)
    assert z.grad.sum() == pytest.approx(0)


def test_what_the_costs_keep_is_read_only():
    with pytest.raises(ValueError, match="read-only"):
        loss._eye(3, np.dtype(float))[0, 0] = 2.0
