"""Note E: weights of shape D x K, the recursion of its deltas, other losses, regularisation and shared weights."""

import numpy as np
import pytest
from hand import ACTIVATIONS, agree, random_net, sigmoid

import autograd as ag
import nn
from autograd import Tensor, gradients

NETS = ["4/1 sigmoid", "3/5/1 tanh tanh", "4/3/3/1 sigmoid sigmoid identity", "2/5/5/5/1 swish relu softplus sigmoid"]


def transposed(net):
    """W as the note has it: row i holds the weights of the edges that leave node i."""
    return {layer: w.T for layer, w in net.W.items()}


def forward(phi, W, b, x0):
    """z and x of every layer: computed by NumPy if these are arrays, by the engine if they are Tensors."""
    z, x = {}, {0: x0}
    for layer in W:
        z[layer] = W[layer].T @ x[layer - 1] + b[layer]
        x[layer] = phi[layer](z[layer])
    return z, x


def recursion(slope, W, z, delta):
    """delta of every layer, from that of the last."""
    deltas = {len(W): delta}
    for layer in range(len(W) - 1, 0, -1):
        deltas[layer] = (W[layer + 1] @ deltas[layer + 1]) * slope[layer](z[layer])
    return deltas


def edges(delta, x):
    """delta_j x_i for the edge from i to j."""
    return np.array([[d * x_i for d in delta[:, 0]] for x_i in x[:, 0]])


def case(description, seed):
    """A net, its weights in the note's layout, an input as a column, and what the forward pass finds."""
    rng = np.random.default_rng(seed)
    net = random_net(description, rng)
    W, x0, y = transposed(net), rng.normal(size=(net.W[1].shape[1], 1)), rng.normal(size=(1, 1))
    return net, W, x0, y, *forward(net.f, W, net.b, x0)


def squared_loss(net, x0, y):
    return lambda W, b: ((y - forward(net.op, W, b, x0)[1][net.L]) ** 2).sum()


@pytest.mark.parametrize("description", NETS)
def test_e1_the_other_layout(description):
    net, W, x0, _, _, x = case(description, 1)
    out = x0
    for layer in W:
        K = W[layer].shape[1]
        out = np.array([net.b[layer][j] + sum(W[layer][i, j] * out[i] for i in range(len(out))) for j in range(K)])
        out = net.f[layer](out)
    agree(forward(net.op, W, net.b, Tensor(x0))[1][net.L].data, out)
    linear = nn.Linear(*W[1].shape)  # nn keeps the transpose
    linear.weight.data, linear.bias.data = W[1].T, net.b[1][:, 0]
    agree(net.op[1](linear(x0.T)).data, x[1].T)


@pytest.mark.parametrize("description", NETS)
def test_e2_deltas_of_every_layer(description):
    net, W, x0, y, z, x = case(description, 2)
    start = -2 * (y - x[net.L]) * net.slope[net.L](z[net.L])
    tracked, out = forward(net.op, W, {k: Tensor(b, requires_grad=True) for k, b in net.b.items()}, x0)
    loss = ((y - out[net.L]) ** 2).sum()
    found = dict(zip(tracked, gradients(loss, list(tracked.values())), strict=True))
    agree(found, recursion(net.slope, W, z, start))


@pytest.mark.parametrize("description", NETS)
def test_e3_gradients_along_the_edges(description):
    net, W, x0, y, z, x = case(description, 3)
    delta = recursion(net.slope, W, z, -2 * (y - x[net.L]) * net.slope[net.L](z[net.L]))
    dW, db = ag.grad(squared_loss(net, x0, y), argnums=(0, 1))(W, net.b)
    agree(dW, {layer: edges(delta[layer], x[layer - 1]) for layer in W})
    agree(db, delta)


LOSSES = {  # of the output x, in ops; dL/dx by hand
    "squared": (lambda x, y: (y - x) ** 2, lambda x, y: -2 * (y - x)),
    "absolute": (lambda x, y: ag.absolute(y - x), lambda x, y: np.where(x > y, 1.0, -1.0)),
    "hinge": (lambda x, y: ag.maximum(0.0, 1 - y * x), lambda x, y: np.where(y * x < 1, -y, 0.0)),
    "exponential": (lambda x, y: ag.exp(-y * x), lambda x, y: -y * np.exp(-y * x)),
    "logistic": (lambda x, y: ag.softplus(-y * x), lambda x, y: -y / (1 + np.exp(y * x))),
}


@pytest.mark.parametrize("y", [-1.0, 4.0])  # of which 4 is where the hinge lies flat
@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("description", NETS)
def test_e4_another_loss_changes_only_the_start(description, name, y):
    net, W, x0, _, z, x = case(description, 4)
    loss, dL_dx = LOSSES[name]
    delta = recursion(net.slope, W, z, dL_dx(x[net.L], y) * net.slope[net.L](z[net.L]))
    cost = lambda W, b: loss(forward(net.op, W, b, x0)[1][net.L], y).sum()
    dW, db = ag.grad(cost, argnums=(0, 1))(W, net.b)
    agree(dW, {layer: edges(delta[layer], x[layer - 1]) for layer in W})
    agree(db, delta)


@pytest.mark.parametrize("uses", [1, 2, 3, 5])
def test_e5_the_same_w_in_several_layers(uses):
    rng = np.random.default_rng(5)
    W, b, x0, y = (rng.normal(size=shape) for shape in [(3, 3), (3, 1), (3, 1), (3, 1)])
    layers, tanh = range(1, uses + 1), ACTIVATIONS["tanh"]
    pretended = dict.fromkeys(layers, W)  # as if every layer had weights of its own
    z, x = forward(dict.fromkeys(layers, np.tanh), pretended, dict.fromkeys(layers, b), x0)
    delta = recursion(dict.fromkeys(layers, tanh.slope), pretended, z, -2 * (y - x[uses]) * tanh.slope(z[uses]))
    dW, db = sum(edges(delta[k], x[k - 1]) for k in layers), sum(delta.values())

    def cost(W, b):
        x = x0
        for _ in layers:
            x = ag.tanh(W.T @ x + b)
        return ((y - x) ** 2).sum()

    for found, expected in zip(ag.grad(cost, argnums=(0, 1))(W, b), (dW, db), strict=True):
        agree(found, expected)
    linear = nn.Linear(3, 3)
    linear.weight.data, linear.bias.data = W.T, b[:, 0]
    nn.squared_error(nn.Sequential(*[linear, nn.Tanh()] * uses)(x0.T), y.T).backward()
    agree(linear.weight.grad, dW.T)
    agree(linear.bias.grad, db[:, 0])


CONVOLUTIONS = {  # z_i = sum_k w_k x_(i+k) for n places and m weights
    "windows": lambda w, x, n, m: x[np.arange(n)[:, None] + np.arange(m)] @ w,
    "slices": lambda w, x, n, m: sum(w[k] * x[k : k + n] for k in range(m)),
    # the matrix of a dense layer whose row i holds w from column i on, and elsewhere the 0 put behind it
    "matrix": lambda w, x, n, m: (
        ag.concatenate([w, np.zeros(1)])[
            np.array([[j - i if 0 <= j - i < m else m for j in range(n + m - 1)] for i in range(n)])
        ]
        @ x
    ),
}


@pytest.mark.parametrize("way", CONVOLUTIONS)
@pytest.mark.parametrize(("n", "m"), [(1, 3), (6, 1), (6, 3), (5, 5)])
def test_e5_a_convolution_shares_its_filter(way, n, m):
    rng = np.random.default_rng(6)
    w, x, y, b = rng.normal(size=m), rng.normal(size=n + m - 1), rng.normal(size=n), rng.normal()
    z = np.array([b + sum(w[k] * x[i + k] for k in range(m)) for i in range(n)])
    s = sigmoid(z)
    delta = -2 * (y - s) * s * (1 - s)
    dw, dx = np.zeros_like(w), np.zeros_like(x)
    for i in range(n):
        for k in range(m):  # the edge from x_(i+k) to z_i, whose weight is w_k
            dw[k] += delta[i] * x[i + k]
            dx[i + k] += delta[i] * w[k]

    def cost(w, x, b):
        return ((y - ag.sigmoid(CONVOLUTIONS[way](w, x, n, m) + b)) ** 2).sum()

    found = ag.grad(cost, argnums=(0, 1, 2))(w, x, b)
    for g, expected in zip(found, (dw, dx, sum(delta)), strict=True):
        agree(g, expected)


PENALTIES = {  # in ops; the gradient by hand
    "half the squares": (lambda w: (w * w).sum() / 2, lambda w: w),
    "absolute values": (lambda w: ag.absolute(w).sum(), np.sign),
    "fourth powers": (lambda w: (w**4).sum(), lambda w: 4 * w**3),
}


@pytest.mark.parametrize("name", PENALTIES)
@pytest.mark.parametrize("description", NETS)
def test_e6_a_penalty_adds_its_own_gradient(description, name):
    net, W, x0, y, z, x = case(description, 7)
    (penalty, slope), weight = PENALTIES[name], 0.3
    delta = recursion(net.slope, W, z, -2 * (y - x[net.L]) * net.slope[net.L](z[net.L]))
    loss = squared_loss(net, x0, y)
    dW, db = ag.grad(lambda W, b: loss(W, b) + weight * sum(map(penalty, W.values())), argnums=(0, 1))(W, net.b)
    agree(dW, {layer: edges(delta[layer], x[layer - 1]) + weight * slope(W[layer]) for layer in W})
    agree(db, delta)


@pytest.mark.parametrize("description", NETS)
def test_e6_weight_decay_is_the_penalty_of_half_the_squares(description):
    net, W, x0, y, z, x = case(description, 8)
    lr, decay = 0.1, 0.3
    delta = recursion(net.slope, W, z, -2 * (y - x[net.L]) * net.slope[net.L](z[net.L]))
    weights, biases = ({k: Tensor(p, requires_grad=True) for k, p in ps.items()} for ps in (W, net.b))
    optimizer = nn.SGD([*weights.values(), *biases.values()], lr=lr, weight_decay=decay)
    squared_loss(net, x0, y)(weights, biases).backward()
    optimizer.step()
    for layer in W:
        dW = edges(delta[layer], x[layer - 1])
        agree(weights[layer].data, W[layer] - lr * (dW + decay * W[layer]))
        agree(biases[layer].data, net.b[layer] - lr * (delta[layer] + decay * net.b[layer]))
