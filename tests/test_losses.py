"""The costs: their numbers, and what they refuse."""

import numpy as np
import pytest
from numeric import leaf

import nn
from autograd import Tensor, check_gradients
from autograd.ops import loss

PAIRED = [nn.squared_error, nn.half_squared_error, nn.mean_squared_error, nn.binary_cross_entropy,
          nn.binary_cross_entropy_with_logits, nn.absolute_error, nn.huber, nn.kl_divergence, nn.hinge]  # fmt: skip
Y, T = np.array([[0.2, 0.9], [0.6, 0.1], [0.5, 0.3]]), np.array([[0.0, 1.0], [1.0, 0.0], [0.25, 0.75]])


@pytest.mark.parametrize(("cost", "expected"), [
    (nn.squared_error, ((Y - T) ** 2).sum() / 3),
    (nn.half_squared_error, ((Y - T) ** 2).sum() / 6),
    (nn.mean_squared_error, ((Y - T) ** 2).sum() / 6),
    (nn.absolute_error, np.abs(Y - T).sum() / 3),
    (nn.huber, ((Y - T) ** 2).sum() / 12),
    (lambda y, t: nn.huber(y, t, 0.25), np.where(np.abs(Y - T) < 0.25, (Y - T) ** 2 / 2, 0.25 * (np.abs(Y - T) - 0.125)).sum() / 6),
    (lambda y, t: nn.kl_divergence(nn.log_softmax(y), t),
     (np.where(T > 0, T * np.log(np.where(T > 0, T, 1)), 0) - T * (Y - np.log(np.exp(Y).sum(1, keepdims=True)))).sum() / 3),
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
    y = Tensor(np.log(good) if cost is nn.kl_divergence else good, dtype=np.float32)
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


@pytest.mark.parametrize("cost", [lambda q: nn.nll(q, [0, 1]), lambda q: nn.kl_divergence(q, np.eye(2))])
def test_what_is_no_logarithm_of_probabilities_is_refused(cost):
    q = np.array([[0.25, 0.75], [0.5, 0.5]])
    with pytest.raises(ValueError, match=r"expected the logarithms .*log_softmax .* sum 3\.401, above 1"):  # e^¼ + e^¾
        cost(q)
    assert cost(np.log(q)) > 0
    assert cost(np.log(q).astype("f") + np.float32(1e-4)) > 0  # rounding
    assert cost(np.log(q) - 1) > 0  # less than all of it, as where some classes are left out
    assert np.isnan(cost(np.full((2, 2), np.nan)))  # shows in the loss


@pytest.mark.parametrize("cost", [nn.cross_entropy, lambda z, t: nn.nll(nn.log_softmax(z), t)])
def test_labels_may_be_false_and_true(cost):
    z = np.array([[0.0, 1.0], [2.0, 0.0], [1.0, 3.0]])
    assert cost(z, np.array([True, False, False])) == cost(z, np.array([1, 0, 0]))


@pytest.mark.parametrize("cost", [nn.squared_error, nn.binary_cross_entropy, nn.huber])
def test_a_target_of_one_axis_is_told_how_to_get_a_second(cost):
    with pytest.raises(ValueError, match=r"of shape \(4, 1\), .*; got \(4,\): write t\[:, None\], or y\[:, None\]"):
        cost(np.full((4, 1), 0.5), np.ones(4))


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


@pytest.mark.parametrize("delta", [np.float64(1), np.float32(1), np.array(1.0), 1])
def test_huber_keeps_float32_whatever_delta_is(delta):
    y = leaf(np.array([0.5, 3.0]), dtype=np.float32)
    cost = nn.huber(y, np.zeros(2, np.float32), delta)
    cost.backward()
    assert cost.item() == 1.3125
    assert cost.dtype == y.grad.dtype == nn.huber(y.data, np.zeros(2, np.float32), delta).dtype == np.float32


@pytest.mark.parametrize(("log_q", "p", "message"), [
    (0.0, 1.0, r"expected log_q and p \(m, K\), got two numbers"),
    ([[-1.0, -1.0]], [[0.5, 0.25]], "expected every row of p to be one-hot or probabilities: >= 0, with sum 1"),
    ([[-1.0, -1.0]], [[1.5, -0.5]], "expected every row of p to be"),
    ([-1.0, -1.0], [1.0, 1.0], "expected every row of p to be"),
])  # fmt: skip
def test_kl_divergence_is_of_distributions(log_q, p, message):
    with pytest.raises(ValueError, match=f"kl_divergence: {message}"):
        nn.kl_divergence(log_q, p)
    assert nn.kl_divergence(np.log([0.5, 0.5]), [1.0, 0.0]) == pytest.approx(np.log(2))  # of one


@pytest.mark.parametrize("classes", [200, 300])
def test_label_minus_one_is_the_last_class_forward_and_backward(classes):
    z = leaf(np.zeros((1, classes)))
    loss.softmax_cross_entropy(z, np.array([-1])).backward()
    assert z.grad[0, -1] == pytest.approx(1 / classes - 1)
    assert z.grad.sum() == pytest.approx(0)


def test_what_the_costs_keep_is_read_only():
    with pytest.raises(ValueError, match="read-only"):
        loss._eye(3, np.dtype(float))[0, 0] = 2.0


COSTS = [nn.squared_error, nn.half_squared_error, nn.mean_squared_error, nn.absolute_error, nn.huber, nn.hinge,
         nn.binary_cross_entropy, nn.binary_cross_entropy_with_logits, nn.cross_entropy, nn.nll, nn.kl_divergence]  # fmt: skip


def batch(cost, m=5, n=3, seed=0):
    """Predictions and targets that suit a cost, (m, n)."""
    rng = np.random.default_rng(seed)
    y = rng.uniform(0.05, 0.95, (m, n))
    if cost is nn.cross_entropy:
        return np.log(y), rng.integers(0, n, m)
    if cost is nn.nll:
        return np.log(y / y.sum(1, keepdims=True)), rng.integers(0, n, m)
    if cost is nn.hinge:
        return y, rng.choice([-1, 1], (m, n))
    t = rng.uniform(0.05, 0.95, (m, n))
    shares = [x / x.sum(1, keepdims=True) for x in (y, t)]
    return (np.log(shares[0]), shares[1]) if cost is nn.kl_divergence else (y, t)


def value_and_gradient(cost, y, t, **how):
    leaf_y = leaf(y, dtype=None)
    value = cost(leaf_y, t, **how)
    value.backward()
    return value.item(), leaf_y.grad


@pytest.mark.parametrize("cost", COSTS)
def test_a_weight_of_2_is_the_sample_twice_and_of_0_its_absence(cost):
    y, t = batch(cost)
    times = np.array([2, 1, 0, 3, 1])
    weighted, slopes = value_and_gradient(cost, y, t, sample_weight=times)
    repeated, single = value_and_gradient(cost, y.repeat(times, 0), t.repeat(times, 0))
    assert weighted == pytest.approx(repeated, rel=1e-13)
    owner = np.arange(5).repeat(times)
    np.testing.assert_allclose(slopes, [single[owner == i].sum(0) for i in range(5)], rtol=1e-12, atol=1e-16)
    again, _ = value_and_gradient(cost, y, t, sample_weight=times * 1e-3)
    assert again == pytest.approx(weighted, rel=1e-13)  # only ratios count
    assert cost(y, t, sample_weight=np.ones(5)) == pytest.approx(cost(y, t), rel=1e-13)


EXCLUDED = {nn.cross_entropy: -np.inf, nn.nll: -np.inf, nn.kl_divergence: -np.inf, nn.binary_cross_entropy: 0.0,
            nn.hinge: -np.inf}  # fmt: skip


@pytest.mark.parametrize("cost", COSTS)
@pytest.mark.parametrize("record", [False, True])
def test_a_weight_of_0_leaves_out_a_sample_whose_cost_is_infinite(cost, record):
    y, t = batch(cost)
    y[3], t[3] = EXCLUDED.get(cost, np.inf), t[3] if t.ndim == 1 else np.abs(t[3])
    weights, there = np.array([1.0, 0.5, 2.0, 0.0, 1.0]), [0, 1, 2, 4]
    p = leaf(y, dtype=None)
    f = lambda t, w: cost(p, t, sample_weight=w)
    with np.errstate(all="ignore"):
        if record:
            value = nn.compile_step(f, nn.SGD([p], lr=1.0))(t, weights)
            slopes = y - p.data  # one step of 1
        else:
            value = f(t, weights)
            value.backward()
            value, slopes = value.data, p.grad
    expected, others = value_and_gradient(cost, y[there], t[there], sample_weight=weights[there])
    assert value == pytest.approx(expected, rel=1e-13)
    np.testing.assert_allclose(slopes[there], others, rtol=1e-12, atol=1e-15)
    if not record or np.isfinite(y[3]).all():
        np.testing.assert_array_equal(slopes[3], 0)


@pytest.mark.parametrize("how", [{"weight": [1.0, 0.0, 1.0]}, {"sample_weight": [1, 0, 1, 0, 1]}])
@pytest.mark.parametrize("z", [np.inf, -np.inf])
def test_classes_of_weight_0_are_left_out_of_cross_entropy(how, z):
    logits, labels = np.log(np.arange(1.0, 16.0).reshape(5, 3)), np.array([0, 1, 2, 1, 0])
    logits[labels == 1] = [0.0, z, 0.0]
    value, slopes = value_and_gradient(nn.cross_entropy, logits, labels, **how)
    p = [[1 / 6, 2 / 6, 3 / 6], [7 / 24, 8 / 24, 9 / 24], [13 / 42, 14 / 42, 15 / 42]]
    assert value == pytest.approx(-np.log([1 / 6, 9 / 24, 13 / 42]).mean(), rel=1e-13)
    np.testing.assert_allclose(slopes[[0, 2, 4]], (np.array(p) - np.eye(3)[[0, 2, 0]]) / 3, rtol=1e-13)
    np.testing.assert_array_equal(slopes[[1, 3]], 0)


@pytest.mark.parametrize("cost", COSTS)
def test_weights_keep_float32_and_are_read_anew_by_a_recorded_step(cost):
    y, t = batch(cost)
    y32, weights = y.astype(np.float32), np.array([0.5, 2.0, 1.0, 0.0, 3.0])
    value = cost(Tensor(y32, requires_grad=True), t, sample_weight=weights)
    assert value.dtype == np.float32
    assert value.item() == pytest.approx(cost(y, t, sample_weight=weights), rel=1e-5)
    made = []
    for record in (False, True):
        p = leaf(y)
        optimizer = nn.SGD([p], lr=1e-4)  # after which they still are probabilities, or nearly
        f = lambda t, w, p=p: cost(p * 1.0, t, sample_weight=w)
        step = nn.compile_step(f, optimizer) if record else f
        for w in (weights, weights[::-1].copy(), weights + 1):
            value = step(t, w)
            if not record:
                optimizer.zero_grad()
                value.backward()
                optimizer.step()
            made.append((np.asarray(value.data if not record else value).item(), p.data.copy()))
        if record:
            with pytest.raises(ValueError, match="sample_weight: expected numbers >= 0, got -1"):
                step(t, weights * 0 - 1)
    for (value, p), (recorded, q) in zip(made[:3], made[3:], strict=True):
        assert value == recorded
        np.testing.assert_array_equal(p, q)


@pytest.mark.parametrize("cost", COSTS)
@pytest.mark.parametrize(("weights", "message"), [
    (np.zeros(5), "sample_weight: expected a finite sum above 0, got 0: all of them 0 leave no sample"),
    ([1, 1, 1, 1, -1], "sample_weight: expected numbers >= 0, got -1"),
    ([1, 1, 1, 1, np.nan], "sample_weight: expected numbers >= 0, got nan"),
    ([1, 1, 1, 1, np.inf], "sample_weight: expected a finite sum"),
    (np.ones(4), r"sample_weight: expected shape \(5,\), got \(4,\)"),
    (np.ones((5, 1)), r"sample_weight: expected shape \(5,\), got \(5, 1\)"),
])  # fmt: skip
def test_weights_that_are_none(cost, weights, message):
    y, t = batch(cost)
    with pytest.raises(ValueError, match=f"{cost.__name__}: {message}"):
        cost(y, t, sample_weight=weights)


LN = np.log(
    np.exp([[1.0, 2.0, 3.0], [0.0, 0.0, 0.0]]) / np.exp([[1.0, 2.0, 3.0], [0.0, 0.0, 0.0]]).sum(1, keepdims=True)
)


@pytest.mark.parametrize(("how", "labelled", "rows"), [
    ({"weight": [1, 2, 5]}, -(5 * LN[0, 2] + 1 * LN[1, 0]) / 6, -(5 * LN[0, 2] + 1 * LN[1, 0]) / 2),
    ({"label_smoothing": 0.3}, -(0.8 * LN[0, 2] + 0.1 * (LN[0, 0] + LN[0, 1]) + LN[1, 0]) / 2, None),
    ({"label_smoothing": 1}, -(LN[0].mean() + LN[1].mean()) / 2, None),
    ({"weight": [1, 2, 5], "label_smoothing": 0.3},
     -(5 * 0.8 * LN[0, 2] + 0.1 * LN[0, 0] + 0.2 * LN[0, 1] + (0.8 + 0.2 + 0.5) * LN[1, 0]) / 6,
     -(5 * 0.8 * LN[0, 2] + 0.1 * LN[0, 0] + 0.2 * LN[0, 1] + (0.8 + 0.2 + 0.5) * LN[1, 0]) / 2),
    ({"weight": [1, 2, 5], "sample_weight": [3, 4]}, -(15 * LN[0, 2] + 4 * LN[1, 0]) / 19, -(15 * LN[0, 2] + 4 * LN[1, 0]) / 7 ),
])  # fmt: skip
def test_class_weights_and_label_smoothing(how, labelled, rows):
    z, t = np.array([[1.0, 2.0, 3.0], [0.0, 0.0, 0.0]]), np.array([2, 0])
    assert nn.cross_entropy(z, t, **how) == pytest.approx(labelled, rel=1e-13)
    assert nn.cross_entropy(z, np.eye(3)[t], **how) == pytest.approx(labelled if rows is None else rows, rel=1e-13)
    assert check_gradients(lambda z: nn.cross_entropy(z, t, **how), z)
    assert nn.cross_entropy(Tensor(z, dtype=np.float32), t, **how).dtype == np.float32


def test_the_numbers_of_pytorch():
    """Of torch.nn.functional 2.13, from the same arrays."""
    z = np.array([[1.5, -0.5, 0.25, 2.0], [0.0, 1.0, -1.0, 0.5], [-2.0, 0.75, 0.5, 0.0]])
    t, weight = np.array([3, 0, 1]), np.array([0.2, 1.0, 3.0, 0.5])
    p = np.array([[0.1, 0.2, 0.3, 0.4], [0.7, 0.1, 0.1, 0.1], [0.0, 0.5, 0.25, 0.25]])
    assert nn.cross_entropy(z, t, weight=weight, label_smoothing=0.1) == pytest.approx(1.1814857262234528, rel=1e-14)
    assert nn.cross_entropy(z, p, weight=weight, label_smoothing=0.1) == pytest.approx(1.8836478218899764, rel=1e-14)
    assert nn.binary_cross_entropy_with_logits(z, p, pos_weight=weight) == pytest.approx(0.8486145469950266, rel=1e-14)


def test_pos_weight_weighs_what_is_true():
    z, t = np.array([[0.3, -2.0], [1.0, 0.5]]), np.array([[1.0, 0.0], [0.0, 0.25]])
    p = 1 / (1 + np.exp(-z))
    each = -(np.array([4.0, 0.5]) * t * np.log(p) + (1 - t) * np.log(1 - p))
    assert nn.binary_cross_entropy_with_logits(z, t, pos_weight=[4, 0.5]) == pytest.approx(each.mean(), rel=1e-13)
    weighted = nn.binary_cross_entropy_with_logits(z, t, pos_weight=[4, 0.5], sample_weight=[1, 3])
    assert weighted == pytest.approx((each[0].mean() + 3 * each[1].mean()) / 4, rel=1e-13)
    far = nn.binary_cross_entropy_with_logits(np.array([-1000.0, 1000.0]), np.array([1.0, 1.0]), pos_weight=3)
    assert far == 1500
    with pytest.raises(ValueError, match=r"pos_weight: expected shape \(\) or \(2,\), got \(3,\)"):
        nn.binary_cross_entropy_with_logits(z, t, pos_weight=[1, 1, 1])


@pytest.mark.parametrize(("how", "message"), [
    ({"weight": [1, 1]}, r"cross_entropy: weight: expected shape \(3,\), got \(2,\)"),
    ({"weight": [1, 1, -1]}, "cross_entropy: weight: expected numbers >= 0, got -1"),
    ({"weight": [0, 0, 0]}, "cross_entropy: weight: expected a finite sum above 0, got 0"),
    ({"weight": [0, 1, 1]}, "cross_entropy: weight, of the labels in t: expected a finite sum above 0, got 0"),
    ({"label_smoothing": 1.5}, "label_smoothing: expected a number from 0 to 1, got 1.5"),
    ({"label_smoothing": -0.1}, "label_smoothing: expected a finite number >= 0, got -0.1"),
])  # fmt: skip
def test_bad_weights_of_classes(how, message):
    with pytest.raises(ValueError, match=message):
        nn.cross_entropy(np.zeros((2, 3)), [0, 0], **how)


def test_masked_positions_of_sequences_count_not_at_all():
    rng = np.random.default_rng(0)
    z, t, mask = rng.normal(size=(2, 4, 3)), rng.integers(0, 3, (2, 4)), np.array([[1, 1, 0, 0], [1, 1, 1, 0]])
    assert nn.cross_entropy(z, t, sample_weight=mask) == pytest.approx(nn.cross_entropy(z[mask == 1], t[mask == 1]))


def test_penalties_and_their_gradients_are_those_of_weight_decay():
    model = nn.MLP(3, 4, 2, rng=0)
    W1, b1, W2, b2 = (p.data for p in model.parameters())
    assert nn.l1(model.parameters()).item() == pytest.approx(sum(np.abs(p).sum() for p in (W1, b1, W2, b2)))
    penalty = nn.l2(p for p in model.parameters() if p.ndim == 2)
    assert penalty.item() == pytest.approx(((W1**2).sum() + (W2**2).sum()) / 2)
    (0.1 * penalty).backward()
    np.testing.assert_allclose(model.layers[2].weight.grad, 0.1 * W2, rtol=1e-14)
    assert model.layers[0].bias.grad is None
    assert nn.l2([Tensor([1.0], requires_grad=True, dtype=np.float32)]).dtype == np.float32
    with pytest.raises(ValueError, match="l1: expected parameters, as model.parameters"):
        nn.l1([])


def test_a_net_hands_weights_to_its_cost():
    (x, t), w = (np.ones((3, 2)) * [[1], [2], [3]], np.array([0, 1, 1])), [1, 0, 2]
    model = nn.MLP(2, 2, output="softmax", rng=0)
    assert model.loss(x, t, sample_weight=w).item() == nn.cross_entropy(model(x), t, sample_weight=w).item()


LABELS, CLASS_WEIGHTS = np.array([2, 0, 1, 2, 1]), np.array([0.5, 2.0, 1.0])


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("cost", [
    lambda p, x, w: nn.cross_entropy(p * x, LABELS, weight=CLASS_WEIGHTS, label_smoothing=0.1, sample_weight=w),
    lambda p, x, w: nn.cross_entropy(p * x, nn.one_hot(LABELS, 3), weight=CLASS_WEIGHTS, sample_weight=w),
    lambda p, x, w: nn.binary_cross_entropy_with_logits(p * x, x > 0, pos_weight=CLASS_WEIGHTS, sample_weight=w),
    lambda p, x, w: nn.mean_squared_error(p * x, x * x) + 0.01 * nn.l2([p]) + 0.1 * nn.l1([p]),
])  # fmt: skip
def test_weighted_costs_and_penalties_in_a_recorded_step_are_the_same_to_the_bit(cost, dtype):
    made = []
    for record in (False, True):
        p = leaf(np.random.default_rng(9).normal(size=(5, 3)), dtype=dtype)
        optimizer = nn.SGD([p], lr=0.1, momentum=0.9)
        f = lambda x, w, p=p: cost(p, x, w)
        step = nn.compile_step(f, optimizer) if record else f
        for seed in range(4):
            rng = np.random.default_rng(seed)
            value = step(rng.normal(size=(5, 3)).astype(dtype), rng.random(5))
            if not record:
                optimizer.zero_grad()
                value.backward()
                optimizer.step()
        assert value.dtype == p.data.dtype == dtype
        made.append((np.asarray(value if record else value.data).item(), p.data))
    assert made[0][0] == made[1][0]
    np.testing.assert_array_equal(made[0][1], made[1][1])


def test_a_gradient_flows_to_weights_that_ask_for_one():
    z, w = np.random.default_rng(0).normal(size=(5, 3)), np.array([1.0, 2.0, 0.5, 3.0, 1.5])
    each = np.array([nn.cross_entropy(z[i : i + 1], LABELS[i : i + 1]) for i in range(5)])
    weights = leaf(w)
    nn.cross_entropy(z, LABELS, sample_weight=weights).backward()  # d/dw (Σ w l / Σ w) = (l - C) / Σ w
    np.testing.assert_allclose(weights.grad, (each - (w * each).sum() / 8) / 8, rtol=1e-12, atol=1e-15)
    weights = leaf(np.where(w == 3, 0, w))
    nn.cross_entropy(z, LABELS, sample_weight=weights).backward()  # at a weight of 0, too
    kept = (weights.data * each).sum() / 5
    np.testing.assert_allclose(weights.grad, (each - kept) / 5, rtol=1e-12, atol=1e-15)
