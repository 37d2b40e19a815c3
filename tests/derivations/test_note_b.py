"""Note B, edge by edge: a net of sigmoid nodes without biases, the sum of squared errors, and its weight updates."""

from itertools import pairwise

import numpy as np
import pytest
from hand import agree, differ, sigmoid

import autograd as ag
import nn
from autograd import Tensor

SIZES = [(2, 3, 1), (4, 3, 2), (3, 5, 4, 3), (2, 4, 4, 4, 2)]


def random_case(sizes, seed):
    """Weights w[layer][o][h] of the edges h -> o, an input and a target."""
    rng = np.random.default_rng(seed)
    weights = [rng.normal(size=(n, before)) for before, n in pairwise(sizes)]
    return weights, rng.normal(size=sizes[0]), rng.uniform(size=sizes[-1])


def deltas(weights, x, t):
    """The activations of every layer, and the delta of every node above the inputs."""
    a = [x]
    for w in weights:
        a.append(np.array([sigmoid(sum(w_i * a_i for w_i, a_i in zip(row, a[-1], strict=True))) for row in w]))
    delta = [np.array([y * (1 - y) * (t_o - y) for y, t_o in zip(a[-1], t, strict=True)])]  # B2
    for w, a_layer in zip(weights[:0:-1], a[-2:0:-1], strict=True):
        total = [sum(d * w[o, h] for o, d in enumerate(delta[0])) for h in range(len(a_layer))]
        delta.insert(0, np.array([a_h * (1 - a_h) * s for a_h, s in zip(a_layer, total, strict=True)]))  # B3
    return a, delta


def along_the_edges(delta, a):
    """delta of the node where an edge ends, times the activation where it starts."""
    return np.array([[d * a_i for a_i in a] for d in delta])


def sigmoid_net(weights):
    layers = [nn.Linear(w.shape[1], w.shape[0], bias=False) for w in weights]
    for layer, w in zip(layers, weights, strict=True):
        layer.weight.data = w
    return nn.Sequential(*(m for layer in layers for m in (layer, nn.Sigmoid())))


@pytest.mark.parametrize("shape", [(), (9,), (4, 5)])
def test_b1_the_slope_of_sigmoid(shape):
    z = np.random.default_rng(1).normal(0, 3, shape)
    found = ag.elementwise_grad(ag.sigmoid)(z)
    s = 1 / (1 + np.exp(-z))
    agree(found, s * (1 - s))
    agree(found, np.exp(-z) / (1 + np.exp(-z)) ** 2)  # before it is simplified
    agree(ag.elementwise_grad(lambda z: 1 / (1 + ag.exp(-z)))(z), s * (1 - s))


@pytest.mark.parametrize("sizes", SIZES)
def test_b2_output_weights(sizes):
    weights, x, t = random_case(sizes, 2)
    a, delta = deltas(weights, x, t)
    model = sigmoid_net(weights)
    ((t - model(x)) ** 2).sum().backward()
    agree(model.parameters()[-1].grad, -2 * along_the_edges(delta[-1], a[-2]))


@pytest.mark.parametrize("sizes", SIZES)
def test_b3_hidden_weights(sizes):
    weights, x, t = random_case(sizes, 3)
    a, delta = deltas(weights, x, t)
    model = sigmoid_net(weights)
    ((t - model(x)) ** 2).sum().backward()
    for layer, w in enumerate(model.parameters()[:-1]):
        agree(w.grad, -2 * along_the_edges(delta[layer], a[layer]))


@pytest.mark.parametrize(("cost", "factor"), [(nn.squared_error, 0.5), (nn.half_squared_error, 1)])
@pytest.mark.parametrize("sizes", SIZES)
def test_b2_b3_the_update_has_the_2_in_alpha(sizes, cost, factor):
    weights, x, t = random_case(sizes, 4)
    a, delta = deltas(weights, x, t)
    model, alpha = sigmoid_net(weights), 0.3
    optimizer = nn.SGD(model.parameters(), lr=factor * alpha)
    cost(model(x[None]), t[None]).backward()
    optimizer.step()
    for layer, w in enumerate(model.parameters()):
        agree(w.data, weights[layer] + alpha * along_the_edges(delta[layer], a[layer]))


def test_erratum_delta_of_node_o_reads_node_o_only():
    weights, x, t = random_case((3, 4, 3), 5)
    a, delta = deltas(weights, x, t)
    W = Tensor(weights[-1], requires_grad=True)
    ((t - ag.sigmoid(W @ a[-2])) ** 2).sum().backward()
    y = a[-1]
    printed = -2 * along_the_edges(y[0] * (1 - y) * (t - y), a[-2])
    agree(W.grad[0], printed[0])  # for the first node the two indices are the same
    for o in (1, 2):
        differ(W.grad[o], printed[o])
    agree(W.grad, -2 * along_the_edges(delta[-1], a[-2]))


def test_erratum_the_hidden_derivation_is_by_w_h():
    (w_h, w_o), x, t = random_case((1, 1, 1), 6)  # one edge a layer: both derivatives are single numbers
    (_, a_h, _), (delta_h, delta_o) = deltas([w_h, w_o], x, t)
    found = ag.grad(lambda w_h: ((t - ag.sigmoid(w_o @ ag.sigmoid(w_h @ x))) ** 2).sum())(w_h)
    differ(found, -2 * along_the_edges(delta_o, a_h))  # the derivative by w_o
    agree(found, -2 * along_the_edges(delta_h, x))
