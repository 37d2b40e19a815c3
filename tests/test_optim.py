"""SGD against the textbook loop, and what it refuses."""

import numpy as np
import pytest
from numeric import leaf

import nn
from autograd import Tensor

H = np.array([[3.0, 1.0], [1.0, 2.0]])


@pytest.mark.parametrize("momentum", [0.0, 0.9])
@pytest.mark.parametrize("nesterov", [False, True])
@pytest.mark.parametrize("decay", [0.0, 0.1])
@pytest.mark.parametrize("schedule", [False, True])
def test_sgd_is_the_textbook_loop(momentum, nesterov, decay, schedule):
    if nesterov and not momentum:
        return
    rate = (lambda step: 0.1 / (1 + step)) if schedule else 0.05
    p = leaf([1.0, -2.0])
    optimizer = nn.SGD([p], rate, momentum=momentum, nesterov=nesterov, weight_decay=decay)
    w, v = p.data.copy(), np.zeros(2)
    for step in range(100):
        optimizer.zero_grad()
        (p * (H @ p) * 0.5).sum().backward()
        optimizer.step()
        g = H @ w + decay * w
        v = momentum * v + g
        lr = 0.1 / (1 + step) if schedule else 0.05
        w = w - lr * (g + momentum * v if nesterov else v)
        np.testing.assert_allclose(p.data, w, rtol=1e-12, atol=1e-15)


def test_the_gradient_is_left_as_it_was():
    p = leaf([1.0, 2.0])
    (p * p).sum().backward()
    g, kept = p.grad, p.grad.copy()
    optimizer = nn.SGD([p], 0.1, momentum=0.9, weight_decay=0.5)
    memory = p.data
    for _ in range(3):
        optimizer.step()
    assert p.grad is g
    np.testing.assert_array_equal(g, kept)
    assert p.data is memory  # updated in place


@pytest.mark.parametrize(("make", "message"), [
    (lambda p: nn.SGD([p], -0.1), "lr: expected a finite number >= 0, got -0.1"),
    (lambda p: nn.SGD([p], float("nan")), "lr: expected a finite number >= 0, got nan"),
    (lambda p: nn.SGD([p], float("inf")), "lr: .* got inf"),
    (lambda p: nn.SGD([p], "0.1"), "lr: expected a number >= 0, got '0.1'"),
    (lambda p: nn.SGD([p], True), "lr: expected a number >= 0, got True"),
    (lambda p: nn.SGD([p], 0.1, momentum=-1), "momentum: expected a finite number >= 0"),
    (lambda p: nn.SGD([p], 0.1, weight_decay=-1), "weight_decay: expected"),
    (lambda p: nn.SGD([p], 0.1, nesterov=True), "nesterov=True needs a momentum above 0"),
    (lambda p: nn.SGD([], 0.1), "no parameters"),
    (lambda p: nn.SGD([p, p], 0.1), r"parameter 1, w float64\(2,\), was given twice"),
    (lambda p: nn.SGD([Tensor([1.0])], 0.1), "parameter 0: expected a leaf Tensor that requires a gradient"),
    (lambda p: nn.SGD([p * 2], 0.1), "parameter 0: expected a leaf"),
    (lambda p: nn.SGD([np.ones(2)], 0.1), "parameter 0: expected a leaf"),
])  # fmt: skip
def test_bad_arguments(make, message):
    with pytest.raises(ValueError, match=message):
        make(leaf([1.0, 2.0], name="w"))


def test_a_bad_step_changes_nothing():
    p, q = leaf([1.0], name="p"), leaf([1.0, 2.0], name="q")
    optimizer = nn.SGD([p, q], lambda step: 0.1 if step == 0 else float("nan"), momentum=0.5)
    with pytest.raises(ValueError, match="no parameter has a gradient: call loss.backward"):
        optimizer.step()
    p.grad, q.grad = np.ones(1), np.array([1.0, np.nan])
    with pytest.raises(ValueError, match="gradient of q float64.* has NaN"):
        optimizer.step()
    q.grad = [1.0, 2.0]
    with pytest.raises(ValueError, match=r"gradient of q float64\(2,\) is \[1.0, 2.0\]; no parameter"):
        optimizer.step()
    q.grad = np.array([1.0, np.inf])
    with pytest.raises(ValueError, match="gradient of q float64.* infinite"):
        optimizer.step()
    q.grad = np.ones(1)
    with pytest.raises(ValueError, match=r"gradient of q float64\(2,\) is float64\(1,\); no parameter"):
        optimizer.step()
    assert (p.data, optimizer.steps, optimizer.state) == ([1.0], 0, [{}, {}])
    q.grad = np.ones(2)
    optimizer.step()
    with pytest.raises(ValueError, match="lr: .* got nan"):
        optimizer.step()
    np.testing.assert_allclose(p.data, 0.9)


def test_large_gradients_are_no_infinite_ones():
    p = leaf([1.0, 2.0], dtype=np.float32)
    p.grad = np.array([1e30, 1.0], np.float32)  # its square is not a float32
    with np.errstate(over="ignore"):
        nn.SGD([p], 1e-30).step()
    np.testing.assert_allclose(p.data, [0, 2])


def test_a_parameter_that_changed_its_shape_or_is_frozen():
    p, q = leaf([[1.0], [2.0]]), leaf([1.0])
    optimizer = nn.SGD([p, q], 0.1, momentum=0.9)
    p.grad, q.grad = np.ones((2, 1)), np.ones(1)
    optimizer.step()
    p.data = np.ones((2, 3))
    p.grad = np.ones((2, 3))
    with pytest.raises(ValueError, match="has changed its shape since the last step: make a new optimizer"):
        optimizer.step()
    q.requires_grad = False
    p.data = np.ones((2, 1))
    p.grad = np.ones((2, 1))
    optimizer.step()
    np.testing.assert_allclose(q.data, 0.9)


def test_a_parameter_without_gradient_is_left_alone():
    p, q = leaf([1.0]), leaf([1.0])
    (p * 2).sum().backward()
    nn.SGD([p, q], 0.1).step()
    assert (p.data, q.data) == ([0.8], [1.0])


def test_e6_weight_decay_is_the_gradient_of_its_penalty():
    p, q = leaf([1.0, -2.0]), leaf([1.0, -2.0])
    (p * 3).sum().backward()
    nn.SGD([p], 0.1, weight_decay=0.4).step()
    ((q * 3).sum() + 0.5 * 0.4 * (q * q).sum()).backward()
    nn.SGD([q], 0.1).step()
    np.testing.assert_allclose(p.data, q.data)
