"""Measures, against counts made by hand."""

import numpy as np
import pytest

import nn
from autograd import Tensor
from nn.metrics import (
    accuracy,
    balanced_accuracy,
    binary_accuracy,
    binary_accuracy_with_logits,
    confusion_matrix,
    f1,
    mean_absolute_error,
    precision,
    r2,
    recall,
    roc_auc,
    root_mean_squared_error,
    top_k_accuracy,
)

# right     0 0 0 0 1 1 1 2 2 2
# taken for 0 0 0 1 1 1 2 2 0 0     of 4 classes, the last of which nobody has seen
T, TAKEN = np.array([0, 0, 0, 0, 1, 1, 1, 2, 2, 2]), np.array([0, 0, 0, 1, 1, 1, 2, 2, 0, 0])
BY_CLASS = {precision: [3 / 5, 2 / 3, 1 / 2, 0], recall: [3 / 4, 2 / 3, 1 / 3, 0], f1: [2 / 3, 2 / 3, 2 / 5, 0]}


@pytest.mark.parametrize("measure", BY_CLASS)
def test_by_hand_from_outputs_and_from_labels(measure):
    z = np.eye(4)[TAKEN] * 3 - 1
    for outputs, target in ((z, T), (Tensor(z), np.eye(4)[T]), (z.astype(np.float32), Tensor(T))):
        np.testing.assert_allclose(measure(outputs, target, average=None), BY_CLASS[measure], rtol=1e-15)
        assert measure(outputs, target) == pytest.approx(np.mean(BY_CLASS[measure][:3]))  # of those that occur
        assert measure(outputs, target, average="micro") == pytest.approx(6 / 10) == accuracy(outputs, target)
    np.testing.assert_allclose(measure(TAKEN, T, average=None), BY_CLASS[measure][:3], rtol=1e-15)
    assert isinstance(measure(TAKEN, T), float)


def test_a_class_taken_for_but_not_there_counts_as_0():
    assert precision([0, 1], [0, 0]) == 0.5  # of class 1 nothing is right
    assert recall([0, 1], [0, 0]) == 0.25  # 0 / 0 is 0
    assert f1([0, 1], [0, 0]) == pytest.approx(1 / 3)
    assert precision([0, 0], [0, 0]) == recall([0, 0], [0, 0]) == f1([0, 0], [0, 0]) == 1


@pytest.mark.parametrize("measure", BY_CLASS)
@pytest.mark.parametrize(("z", "t", "how", "error", "message"), [
    ([0, 1], [0], {}, ValueError, r"got \(2,\) and \(1,\)"),
    ([], [], {}, ValueError, r"got \(0,\) and \(0,\)"),
    ([0.1, 0.9], [0, 1], {}, ValueError, "expected whole numbers as labels, got float64"),
    ([0, 1], [0.0, 1.0], {}, ValueError, "expected whole numbers as labels, got float64"),
    ([0, 1], [0, -1], {}, IndexError, "label -1 of sample 1 is out of range: there are 2 classes, 0 to 1"),
    ([0, -1], [0, 1], {}, IndexError, "label -1 of sample 1 is out of range: there are 2 classes, 0 to 1"),
    (np.ones((2, 1)), [0, 1], {}, ValueError, r"expected outputs \(m, K\) of K >= 2 classes; of one output there is binary_accuracy"),
    (np.ones((2, 1)), [[0], [1]], {}, ValueError, r"as \(z\[:, 0\] > 0\).astype\(int\)"),
    (np.eye(2), [0, 2], {}, IndexError, "label 2 of sample 1 is out of range: there are 2 classes, 0 to 1"),
    (np.eye(2), [[1, 0], [1, 1]], {}, ValueError, r"one 1 in each row of t, got \[1 1\] in row 1: .*\(p\[:, k\] > 0.5, t\[:, k\]\)"),
    (np.eye(2), [[0, 0], [1, 0]], {}, ValueError, r"one 1 in each row of t, got \[0 0\] in row 0"),
    (np.eye(2), [[0.5, 0.5], [1, 0]], {}, ValueError, "one 1 in each row of t"),
    (np.array([[1, 1, 0]]) > 0, np.array([[1, 1, 0]]) > 0, {}, ValueError, "one 1 in each row of t"),
    ([0, 1], [0, 1], {"average": "weighted"}, ValueError, "expected average \"macro\", \"micro\" or None, got 'weighted'"),
])  # fmt: skip
def test_bad_labels(measure, z, t, how, error, message):
    with pytest.raises(error, match=f"{measure.__name__}: .*{message}"):
        measure(z, t, **how)


@pytest.mark.parametrize("measure", [accuracy, *BY_CLASS])
def test_one_output_is_measured_by_its_labels(measure):
    z, t = np.array([[2.0], [-1.0], [3.0], [0.5]]), np.array([1, 0, 0, 1])
    for target in (t, t[:, None], np.zeros(4, int)):  # the largest of one output would always be right
        with pytest.raises(
            ValueError, match=rf"{measure.__name__}: expected outputs \(m, K\) of K >= 2 classes; of one"
        ):
            measure(z, target)
    labels = (z[:, 0] > 0).astype(int)  # as the message says
    assert measure(labels, t) == pytest.approx(measure(np.eye(2)[labels], t))
    assert measure(labels, t) < 1
    with pytest.raises(ValueError, match=r"top_k_accuracy: expected outputs \(m, K\) of K >= 2 classes, got \(4, 1\)"):
        top_k_accuracy(z, t, 1)


@pytest.mark.parametrize("shape", [(4,), (4, 1), (2, 2)])
def test_one_output_is_measured_by_its_side(shape):
    p, t = np.array([0.5, 0.51, 0.9, np.nan]).reshape(shape), np.array([0, 1, 0, 0])
    for target in (t.reshape(shape), Tensor(t.reshape(shape) * 1.0), *([t] if shape == (4, 1) else [])):
        assert binary_accuracy(p, target) == 0.5  # at 1/2 it is no, and NaN is never right
        assert binary_accuracy_with_logits(np.log(p / (1 - p)), target) == 0.5
    assert nn.EarlyStopping("val_binary_accuracy").mode == "max"


@pytest.mark.parametrize(("p", "t", "message"), [
    ([0.1, 1.2], [0, 1], "expected probabilities as p, got 0.1 to 1.2: of net values .* binary_accuracy_with_logits"),
    ([0.1, 0.2], [[0], [1]], r"got shapes \(2,\) and \(2, 1\)"),
    (np.ones((2, 2)), [0, 1], r"got shapes \(2, 2\) and \(2,\)"),
    ([], [], r"got shapes \(0,\)"),
    ([0.1, 0.2], [-1, 1], "expected targets 0 or 1, got -1 to 1"),
])  # fmt: skip
def test_bad_sides(p, t, message):
    with pytest.raises(ValueError, match=f"binary_accuracy: .*{message}"):
        binary_accuracy(p, t)


def test_confusions():
    expected = [[3, 1, 0, 0], [0, 2, 1, 0], [2, 0, 1, 0], [0, 0, 0, 0]]
    np.testing.assert_array_equal(confusion_matrix(np.eye(4)[TAKEN], T), expected)  # a row for each right class
    np.testing.assert_array_equal(confusion_matrix(TAKEN, T, 4), expected)
    assert confusion_matrix(TAKEN, T).shape == (3, 3)


def test_top_k():
    z = np.array([[0.1, 0.2, 0.3, 0.4], [0.4, 0.3, 0.2, 0.1], [0.0, 0.0, 0.0, 0.0], [np.nan, 1.0, 2.0, 3.0]])
    t = np.array([2, 3, 1, 3])
    assert [top_k_accuracy(z, t, k) for k in (1, 2, 3, 4)] == [0, 0.75, 0.75, 1]  # equal outputs: the first is before
    rng = np.random.default_rng(0)
    z, t = rng.integers(0, 3, (200, 5)), rng.integers(0, 5, 200)  # many ties
    assert top_k_accuracy(z, t, 1) == accuracy(z, t)
    assert top_k_accuracy(z.astype(np.uint8), np.eye(5)[t], 1) == accuracy(z, t)
    with pytest.raises(ValueError, match=r"top_k_accuracy: expected k from 1 to 4, and outputs \(m, K\), got 5"):
        top_k_accuracy(np.zeros((2, 4)), [0, 1])
    with pytest.raises(ValueError, match="k: expected a whole number >= 1, got 0"):
        top_k_accuracy(np.zeros((2, 4)), [0, 1], 0)
    with pytest.raises(IndexError, match="top_k_accuracy: label 4 of sample 1 is out of range: there are 4 classes"):
        top_k_accuracy(np.zeros((2, 4)), [0, 4], 2)


def test_r2_and_absolute_error():
    t = np.array([[1.0, 10.0], [2.0, 20.0], [3.0, 60.0]])
    y = np.array([[1.5, 10.0], [2.0, 30.0], [2.5, 40.0]])
    # first output: 1 - 0.5 / 2; second: 1 - 500 / 1400, its mean is 30
    assert r2(y, t) == pytest.approx((0.75 + (1 - 500 / 1400)) / 2)
    assert r2(Tensor(y[:, 0]), t[:, 0]) == pytest.approx(0.75)
    assert r2(t, t) == 1
    assert r2(np.tile(t.mean(0), (3, 1)), t) == 0
    assert r2(-t, t) < 0
    constant = np.full(1000, 0.1)
    assert (r2(constant, constant), r2(constant + 1e-9, constant)) == (1, 0)
    assert np.isnan(r2([np.nan, 1.0], [1.0, 1.0]))
    assert mean_absolute_error(y, t) == pytest.approx((0.5 + 0.5 + 10 + 20) / 6)
    for measure in (r2, mean_absolute_error):
        with pytest.raises(ValueError, match=rf"{measure.__name__}: expected .* of one shape, got \(3, 2\) and \(3,\)"):
            measure(y, t[:, 0])
        with pytest.raises(ValueError, match="of one shape"):
            measure(y[:0], t[:0])
        assert isinstance(measure(np.float32(y), t), float)


def test_a_perfect_net_is_perfect_in_all():
    z, t = nn.one_hot([0, 2, 1, 2], 3), np.array([0, 2, 1, 2])
    assert {m(z, t) for m in (accuracy, precision, recall, f1)} == {1.0}


@pytest.mark.parametrize("measure", [accuracy, balanced_accuracy, *BY_CLASS])
def test_false_and_true_are_labels(measure):
    p, t = np.array([0.9, 0.2, 0.7, 0.6]), np.array([True, False, False, True])
    assert measure(p > 0.5, t) == measure([1, 0, 1, 1], [1, 0, 0, 1])


def test_balanced_accuracy_is_the_mean_recall_of_the_classes_that_are_there():
    assert balanced_accuracy(TAKEN, T) == pytest.approx((3 / 4 + 2 / 3 + 1 / 3) / 3)
    assert balanced_accuracy([0, 3], [0, 0]) == 0.5  # 3 was taken, and is no sample's class


@pytest.mark.parametrize("shape", [(-1,), (-1, 1)])
def test_roc_auc_counts_pairs(shape):
    rng = np.random.default_rng(0)
    for _ in range(20):
        p, t = rng.integers(0, 6, 12) / 4, rng.permutation([0] * 5 + [1] * 7)
        pairs = [(a > b) + 0.5 * (a == b) for a in p[t == 1] for b in p[t == 0]]
        assert roc_auc(p.reshape(shape), t) == pytest.approx(np.mean(pairs))
        assert roc_auc(Tensor(np.exp(p)).reshape(shape), Tensor(t)) == roc_auc(p, t)  # only the order counts
    assert np.isnan(roc_auc([0.5, np.nan], [0, 1]))


@pytest.mark.parametrize(("p", "t", "message"), [
    ([0.5, 0.5], [1, 1], "some of each, got 1 to 1"),
    ([0.5, 0.5], [1, 2], "some of each, got 1 to 2"),
    (np.ones((2, 2)), [0, 1], r"got \(2, 2\) and \(2,\); of a softmax of two classes take p\[:, 1\]"),
    ([], [], "no samples"),
])  # fmt: skip
def test_roc_auc_is_of_two_classes(p, t, message):
    with pytest.raises(ValueError, match=message):
        roc_auc(p, t)


def test_root_mean_squared_error_by_hand():
    assert root_mean_squared_error([[3.0, 1.0], [0.0, 1.0]], [[0.0, 1.0], [0.0, -4.0]]) == pytest.approx(
        (34 / 4) ** 0.5
    )
    assert nn.EarlyStopping("val_root_mean_squared_error").mode == "min"
    assert nn.EarlyStopping("val_roc_auc").mode == "max"
