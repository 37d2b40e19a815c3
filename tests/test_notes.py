"""The digits net against the backpropagation of note A, written by hand, and against central differences."""

import numpy as np
import pytest
from numeric import numerical

import nn

(X, LABELS), _ = nn.datasets.digits()
X, LABELS = X[:7], LABELS[:7]
ONE_HOT = np.eye(10)[LABELS]

SQUASH = {
    "sigmoid": (lambda z: 1 / (1 + np.exp(-z)), lambda a: a * (1 - a)),
    "tanh": (np.tanh, lambda a: 1 - a**2),
    "relu": (lambda z: np.maximum(z, 0), lambda a: (a > 0) * 1.0),
}


def by_hand(model, x, first_delta):
    """Note A with samples in columns: dC/dW and dC/db of every layer, from the last to the first."""
    weights = [(p.data, q.data[:, None]) for p, q in zip(*[iter(model.parameters())] * 2, strict=True)]
    f, slope = SQUASH[model.activation]
    a = [x.T]
    for W, b in weights:
        z = W @ a[-1] + b  # A1
        a.append(f(z) if W is not weights[-1][0] else z)
    db = first_delta(a[-1])  # dC/dz of the last layer
    found = []
    for layer in range(len(weights) - 1, -1, -1):
        found += [db.sum(1), db @ a[layer].T]  # A4 and A8, A5
        if layer:
            db = slope(a[layer]) * (weights[layer][0].T @ db)  # A6
    return found[::-1]


@pytest.mark.parametrize("activation", SQUASH)
@pytest.mark.parametrize("cost", ["cross_entropy", "squared_error"])
def test_digits_net_is_note_a(activation, cost):
    output = "softmax" if cost == "cross_entropy" else "identity"
    model = nn.MLP(64, 20, 15, 10, activation=activation, output=output, cost=cost, rng=1)
    m = len(X)

    def first_delta(z):  # D3 and A3, with C the mean over the samples
        if cost == "squared_error":
            return 2 * (z - ONE_HOT.T) / m
        e = np.exp(z)
        return (e / e.sum(0) - ONE_HOT.T) / m

    model.loss(X, LABELS if output == "softmax" else ONE_HOT).backward()
    for p, expected in zip(model.parameters(), by_hand(model, X, first_delta), strict=True):
        np.testing.assert_allclose(p.grad, expected, rtol=0, atol=1e-12 * np.abs(expected).max())


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "softplus", "swish"])
def test_digits_net_against_central_differences(activation):
    model = nn.MLP(64, 8, 10, activation=activation, output="softmax", rng=2)
    model.loss(X, LABELS).backward()
    for p in model.parameters():
        start = p.data.copy()

        def loss_at(a, p=p):
            p.data = a
            return model.loss(X, LABELS).item()

        expected = numerical(loss_at, start, h=1e-5)
        p.data = start
        np.testing.assert_allclose(p.grad, expected, rtol=0, atol=1e-7 * np.abs(expected).max())
