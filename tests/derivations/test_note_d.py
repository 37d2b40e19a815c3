"""Note D: costs and their outputs, Jacobians of a layer, batches in columns, zero weights and vanishing gradients."""

from itertools import pairwise
from math import prod

import numpy as np
import pytest
from hand import ACTIVATIONS, agree, differ, filled, forward, gradients_in_rows, linears, random_net, sigmoid, softmax

import autograd as ag
import nn
from autograd import Tensor, gradients, jacobian

RNG = np.random.default_rng

OUTPUTS = {  # by hand from net values to prediction; the cost of one sample a column, in ops; as nn names it
    "linear regression": (lambda Z: Z, lambda Z, T: (Z - T) ** 2 / 2, ("identity", "half_squared_error")),
    "logistic": (
        sigmoid,
        lambda Z, T: -T * ag.log(ag.sigmoid(Z)) - (1 - T) * ag.log(1 - ag.sigmoid(Z)),
        ("sigmoid", "binary_cross_entropy"),
    ),
    "softmax": (softmax, lambda Z, T: -T * ag.log(ag.softmax(Z, axis=0)), ("softmax", "cross_entropy")),
}


def random_targets(output, n, m, rng):
    """Numbers, classes 0 and 1, or one-hot columns."""
    if output == "linear regression":
        return rng.normal(size=(n, m))
    if output == "logistic":
        return rng.integers(0, 2, (n, m)).astype(float)
    return np.eye(n)[:, rng.integers(0, n, m)]


def backward_in_columns(slope, W, Z, A, dZ):
    """dC/dZ, dC/dW and dC/db of every layer; dZ of the last is given, and column i of each is of sample i."""
    L, m, ones = len(W), dZ.shape[1], np.ones((dZ.shape[1], 1))
    dZ = {L: dZ}
    for layer in range(L, 1, -1):
        dZ[layer - 1] = slope[layer - 1](Z[layer - 1]) * (W[layer].T @ dZ[layer])
    dW = {layer: dZ[layer] @ A[layer - 1].T / m for layer in W}
    return dZ, dW, {layer: dZ[layer] @ ones / m for layer in W}


def leaves(arrays):
    return {layer: Tensor(a, requires_grad=True) for layer, a in arrays.items()}


@pytest.mark.parametrize("cost", [
    lambda z, t: ((z - t) ** 2).sum() / 2,
    lambda z, t: nn.half_squared_error(z.T, t.T),
    lambda z, t: nn.MLP(1, 3, output="identity", cost="half_squared_error").cost(z.T, t.T),
])  # fmt: skip
def test_d1_linear_regression_starts_with_prediction_minus_target(cost):
    z, t = RNG(1).normal(size=(2, 3, 1))
    agree(ag.grad(cost)(z, t), z - t)


@pytest.mark.parametrize("cost", [
    lambda z, t: (-t * ag.log(ag.sigmoid(z)) - (1 - t) * ag.log(1 - ag.sigmoid(z))).sum(),
    lambda z, t: nn.binary_cross_entropy(ag.sigmoid(z), t),
    nn.binary_cross_entropy_with_logits,
    nn.MLP(1, 1, output="sigmoid", cost="binary_cross_entropy").cost,
])  # fmt: skip
@pytest.mark.parametrize("t", [0.0, 1.0, 0.3])
def test_d2_logistic_regression_starts_with_prediction_minus_target(cost, t):
    z = RNG(2).normal(size=(1, 1))
    agree(ag.grad(cost)(z, np.array([[t]])), 1 / (1 + np.exp(-z)) - t)


@pytest.mark.parametrize("cost", [
    lambda z, t: -(t * ag.log(ag.softmax(z, axis=0))).sum(),
    lambda z, t: -(t * ag.log(ag.exp(z) / ag.exp(z).sum())).sum(),
    lambda z, t: -(t * ag.log_softmax(z, axis=0)).sum(),
    lambda z, t: nn.cross_entropy(z.T, t.T),
    lambda z, t: nn.cross_entropy(z.T, [t.argmax()]),
    lambda z, t: nn.MLP(1, 4, output="softmax", cost="cross_entropy").cost(z.T, t.T),
])  # fmt: skip
def test_d3_softmax_regression_starts_with_prediction_minus_target(cost):
    z = RNG(3).normal(size=(4, 1))
    for t in np.eye(4)[:, :, None]:
        agree(ag.grad(cost)(z, t), np.exp(z) / np.exp(z).sum() - t)


@pytest.mark.parametrize("cost", [
    lambda z, t: ((ag.sigmoid(z) - t) ** 2).sum() / 2,
    lambda z, t: nn.half_squared_error(ag.sigmoid(z).T, t.T),
    lambda z, t: nn.MLP(1, 3, output="sigmoid", cost="half_squared_error").cost(z.T, t.T),
])  # fmt: skip
def test_d4_squared_error_of_a_sigmoid_keeps_the_slope(cost):
    z, t = RNG(4).normal(size=(2, 3, 1))
    y, found = 1 / (1 + np.exp(-z)), ag.grad(cost)(z, t)
    agree(found, (y - t) * y * (1 - y))
    differ(found, y - t)


@pytest.mark.parametrize(("n", "below"), [(1, 1), (3, 4), (5, 2)])
def test_d5_z_by_w_is_a_sparse_tensor_that_collapses(n, below):
    rng = RNG(5)
    W, b, a, dC_dz = (rng.normal(size=shape) for shape in [(n, below), (n, 1), (below, 1), (n, 1)])
    layer = lambda W: b + W @ a
    found = jacobian(layer)(W)[:, 0]
    delta = np.eye(n)
    agree(found, np.array([[[delta[i, j] * a[k, 0] for k in range(below)] for j in range(n)] for i in range(n)]))
    assert np.count_nonzero(found) == n * below  # of n * n * below
    agree(jacobian(lambda W: ag.linear(a.T, W, b[:, 0]))(W)[0], found)
    (dW,) = ag.vjp(layer, W)[1](dC_dz)
    agree(dW, np.array([[sum(dC_dz[k, 0] * found[k, i, j] for k in range(n)) for j in range(below)] for i in range(n)]))
    agree(dW, dC_dz @ a.T)


@pytest.mark.parametrize("f", ACTIVATIONS)
def test_d6_an_elementwise_activation_has_a_diagonal_jacobian(f):
    z = RNG(6).normal(size=5)
    agree(jacobian(ACTIVATIONS[f].op)(z), np.diag(ACTIVATIONS[f].slope(z)))


def test_d6_softmax_has_not():
    z = RNG(7).normal(size=5)
    s = np.exp(z) / np.exp(z).sum()
    found = jacobian(ag.softmax)(z)
    agree(found, np.array([[s[i] * ((i == j) - s[j]) for j in range(5)] for i in range(5)]))
    differ(found, np.diag(np.diag(found)))
    agree(ag.hessian(lambda z: nn.cross_entropy(z[None], [2]))(z), found)  # by D3: dC/dz is softmax(z) - t


@pytest.mark.parametrize("f", ACTIVATIONS)
def test_d6_vector_times_matrix_first_gives_what_matrices_first_gives(f):
    rng = RNG(8)
    W, z, delta = rng.normal(size=(3, 6)), rng.normal(size=6), rng.normal(size=3)
    through = lambda z: ag.matmul(W, ACTIVATIONS[f].op(z))
    (vector_first,) = ag.vjp(through, z)[1](delta)
    D = np.diag(ACTIVATIONS[f].slope(z))
    agree(jacobian(through)(z), W @ D)  # the dearer product, which a sweep never makes
    agree(vector_first, delta @ (W @ D))
    agree(vector_first, (delta @ W) @ D)
    agree(vector_first, np.diag(D) * (W.T @ delta))


DEEP = [
    "4/3 identity",
    "3/5/3 tanh identity",
    "2/6/4/3 sigmoid tanh identity",
    "3/4/5/4/3 relu swish softplus identity",
]


@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize("description", DEEP)
def test_d7_a_batch_in_columns(description, output):
    rng, m = RNG(9), 8
    net = random_net(description, rng)
    X, T = rng.normal(size=(net.W[1].shape[1], m)), random_targets(output, 3, m, rng)
    predict, cost, _ = OUTPUTS[output]
    Z, A = forward(net.f, net.W, net.b, X)
    dZ, dW, db = backward_in_columns(net.slope, net.W, Z, A, predict(Z[net.L]) - T)

    W, b = leaves(net.W), leaves(net.b)
    Z, _ = forward(net.op, W, b, X)
    total = cost(Z[net.L], T).sum()
    (total / m).backward(retain_grads=True)
    agree({layer: w.grad for layer, w in W.items()}, dW)
    agree({layer: v.grad for layer, v in b.items()}, db)
    agree({layer: z.grad for layer, z in Z.items()}, {layer: g / m for layer, g in dZ.items()})  # of the mean cost
    agree(dict(zip(Z, gradients(total, list(Z.values())), strict=True)), dZ)  # the note's: each sample's own


@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("hidden", [(), (5,), (6, 4, 5)])
def test_d7_an_mlp_has_the_same_batch_in_rows(hidden, activation, output):
    rng, m, n = RNG(10), 8, 1 if output == "logistic" else 3
    sizes = (2, *hidden, n)
    net = random_net("/".join(map(str, sizes)) + f" {activation}" * len(hidden) + " identity", rng)
    X, T = rng.normal(size=(2, m)), random_targets(output, n, m, rng)
    predict, _, (name, cost) = OUTPUTS[output]
    Z, A = forward(net.f, net.W, net.b, X)
    _, dW, db = backward_in_columns(net.slope, net.W, Z, A, predict(Z[net.L]) - T)

    for targets in (T.T, T.argmax(0)) if output == "softmax" else (T.T,):  # one-hot rows, or labels
        model = filled(nn.MLP(*sizes, activation=activation, output=name, cost=cost), net)
        model.loss(X.T, targets).backward()
        agree(model.predict(X.T).data, predict(Z[net.L]).T)
        found_dW, found_db = gradients_in_rows(model)
        agree(found_dW, dW)
        agree(found_db, db)


def deltas_of(model, X, T):
    """dC/dZ of every layer by the engine, for samples in columns and the sum of their costs."""
    Z, A = {}, X.T
    for layer in model.layers:
        A = layer(A)
        if isinstance(layer, nn.Linear):
            Z[len(Z) + 1] = A
    C = model.cost(A, T.T) * X.shape[1]
    return {layer: g.T for layer, g in zip(Z, gradients(C, list(Z.values())), strict=True)}


def zero_net(activation, output):
    """An MLP whose weights are 0 and whose biases are not, and one sample with its target."""
    rng, n = RNG(11), 1 if output == "logistic" else 3
    net = random_net(f"2/5/4/{n} {activation} {activation} identity", rng)
    net.W = {layer: 0 * w for layer, w in net.W.items()}
    name, cost = OUTPUTS[output][2]
    model = filled(nn.MLP(2, 5, 4, n, activation=activation, output=name, cost=cost), net)
    return net, model, rng.normal(size=(2, 1)), random_targets(output, n, 1, rng)


@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_d8_zero_weights_let_no_delta_through(activation, output):
    net, model, x, t = zero_net(activation, output)
    delta = {1: np.zeros((5, 1)), 2: np.zeros((4, 1)), 3: OUTPUTS[output][0](net.b[3]) - t}
    agree(deltas_of(model, x, t), delta)
    model.loss(x.T, t.T).backward()
    dW, db = gradients_in_rows(model)
    agree(db, delta)
    agree(dW, {1: np.zeros((5, 2)), 2: np.zeros((4, 5)), 3: delta[3] @ net.f[2](net.b[2]).T})


@pytest.mark.parametrize("output", OUTPUTS)
def test_erratum_zero_weights_do_not_make_every_gradient_zero(output):
    net, model, x, t = zero_net("tanh", output)
    model.loss(x.T, t.T).backward()
    found_dW, found_db = gradients_in_rows(model)
    for found in (found_dW[3], found_db[3]):
        differ(found, np.zeros(found.shape))
    agree(found_db[3], OUTPUTS[output][0](net.b[3]) - t)


@pytest.mark.parametrize("sizes", [(784, 100, 10), (1, 1), (784, 10), (4, 8, 3), (5, 4, 3, 2, 1)])
def test_d9_counts_of_biases_and_weights(sizes):
    shapes = [p.shape for p in nn.MLP(*sizes).parameters()]
    N_b = sum(sizes[1:])
    N_w = sum(before * n for before, n in pairwise(sizes))
    assert sum(prod(shape) for shape in shapes if len(shape) == 1) == N_b
    assert sum(prod(shape) for shape in shapes if len(shape) == 2) == N_w
    if sizes == (784, 100, 10):
        assert N_b + N_w == 100 + 10 + 784 * 100 + 100 * 10 == 79_510


def test_d10_sigmoid_has_no_slope_above_a_quarter():
    z = np.linspace(-30, 30, 2001)
    slope = ag.elementwise_grad(ag.sigmoid)(z)
    assert slope.max() == slope[1000] == 0.25  # at z = 0
    assert (slope[z > 5] < 0.01).all()  # saturated


def norms_of_deltas(activation, seed):
    """The norm of dC/dz of every layer of a deep net as nn initialises it, last to first, and the norms of the W."""
    rng, m = RNG(seed), 20
    model = nn.MLP(64, *[64] * 15, 10, activation=activation, output="softmax", rng=rng)
    W = {layer: linear.weight.numpy() for layer, linear in linears(model).items()}
    b = {layer: linear.bias.numpy()[:, None] for layer, linear in linears(model).items()}
    X, T = rng.normal(size=(64, m)), random_targets("softmax", 10, m, rng)
    hidden = ACTIVATIONS[activation]
    Z, A = forward(dict.fromkeys(W, hidden.f), W, b, X)
    dZ, _, _ = backward_in_columns(dict.fromkeys(W, hidden.slope), W, Z, A, softmax(Z[16]) - T)
    found = deltas_of(model, X, T)
    agree(found, dZ)
    return [np.linalg.norm(found[layer]) for layer in range(16, 0, -1)], {k: np.linalg.norm(w, 2) for k, w in W.items()}


@pytest.mark.parametrize("seed", range(5))
def test_d10_gradients_vanish_layer_by_layer_through_sigmoid(seed):
    norms, spectral = norms_of_deltas("sigmoid", seed)
    for layer, (above, here) in enumerate(pairwise(norms)):
        assert here < above / 2
        assert here <= spectral[16 - layer] / 4 * above * (1 + 1e-12)  # the quarter, and how far W stretches
    assert norms[-1] < 1e-6 * norms[0]


@pytest.mark.parametrize("seed", range(5))
def test_d10_gradients_keep_their_size_through_relu(seed):
    norms, _ = norms_of_deltas("relu", seed)
    assert max(norms) < 10 * min(norms)


@pytest.mark.parametrize("description", DEEP[2:])
def test_erratum_the_loop_assigns_delta_of_the_layer_below(description):
    rng = RNG(12)
    net = random_net(description, rng)
    x, t = rng.normal(size=(net.W[1].shape[1], 1)), rng.normal(size=(3, 1))
    z, a = forward(net.f, net.W, net.b, x)

    def loop(below):
        delta, db, dW = {net.L: a[net.L] - t}, {}, {}
        for layer in range(net.L, 0, -1):
            db[layer], dW[layer] = delta[layer], delta[layer] @ a[layer - 1].T
            if layer > 1:
                delta[layer - below] = net.slope[layer - 1](z[layer - 1]) * (net.W[layer].T @ delta[layer])
        return dW, db

    with pytest.raises(KeyError):  # as printed, the next layer finds no delta
        loop(below=0)
    cost = lambda W, b: ((forward(net.op, W, b, x)[1][net.L] - t) ** 2).sum() / 2
    for found, expected in zip(ag.grad(cost, (0, 1))(net.W, net.b), loop(below=1), strict=True):
        agree(found, expected)


@pytest.mark.parametrize("cost", [nn.squared_error, nn.half_squared_error, nn.mean_squared_error,
                                  nn.binary_cross_entropy, nn.binary_cross_entropy_with_logits])  # fmt: skip
def test_erratum_targets_of_a_scalar_model_lie_as_its_outputs_do(cost):
    Y, T = RNG(13).uniform(size=(1, 6)), RNG(14).uniform(size=(6, 1))
    assert (Y - T).shape == (6, 6)  # NumPy compares every output with every target
    with pytest.raises(ValueError, match=r"\(1, 6\).*\(6, 1\)"):
        cost(Tensor(Y, requires_grad=True), T)
    slope = {
        "squared_error": lambda y, t: 2 * (y - t),
        "half_squared_error": lambda y, t: y - t,
        "mean_squared_error": lambda y, t: 2 * (y - t),
        "binary_cross_entropy": lambda y, t: (1 - t) / (1 - y) - t / y,
        "binary_cross_entropy_with_logits": lambda y, t: sigmoid(y) - t,
    }[cost.__name__]
    agree(ag.grad(cost)(Y.T, T), slope(Y.T, T) / 6)
