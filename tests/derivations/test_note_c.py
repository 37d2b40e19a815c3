"""Note C: the gradients of a layer node by node, and in matrix notation, where that of the layer below is a row."""

import numpy as np
import pytest
from hand import ACTIVATIONS, agree, differ, in_rows, linears, random_net

import autograd as ag
from autograd import Tensor, gradients

LAYERS = {  # u for activations that are rows, in the three ways the engine has
    "operators": lambda W, b, a: a @ W.T + b,
    "linear": lambda W, b, a: ag.linear(a, W, b),
    "matmul": lambda W, b, a: ag.matmul(W, a.T).T + b,
}
every_layer = pytest.mark.parametrize("layer", LAYERS)
every_f = pytest.mark.parametrize("f", ACTIVATIONS)


def random_layer(f, n=3, below=4):
    """W, b, a of a layer and a random dC/da above it, as columns; and u, f'(u)."""
    rng = np.random.default_rng(1)
    W, b, a, dC_da = (rng.normal(size=shape) for shape in [(n, below), (n, 1), (below, 1), (n, 1)])
    u = W @ a + b
    return W, b, a, dC_da, u, ACTIVATIONS[f].slope(u)


def by_engine(f, layer, W, b, a, dC_da):
    """The layer's value on the row aᵀ, and from the row of dC/da the gradients by W, b and aᵀ."""
    value, pullback = ag.vjp(lambda W, b, a: ACTIVATIONS[f].op(LAYERS[layer](W, b, a)), W, b[:, 0], a.T)
    return value, *pullback(dC_da.T)


@every_layer
@every_f
def test_a1_a_node_is_f_of_its_weighted_sum(f, layer):
    W, b, a, dC_da, _, _ = random_layer(f)
    value, *_ = by_engine(f, layer, W, b, a, dC_da)
    u = [b[i, 0] + sum(W[i, j] * a[j, 0] for j in range(4)) for i in range(3)]
    agree(value, np.array([[ACTIVATIONS[f].f(u_i) for u_i in u]]))


@every_layer
@every_f
def test_a4_bias_gradient(f, layer):
    W, b, a, dC_da, _, slope = random_layer(f)
    _, _, db, _ = by_engine(f, layer, W, b, a, dC_da)
    agree(db, np.array([dC_da[i, 0] * slope[i, 0] for i in range(3)]))


@every_layer
@every_f
def test_a5_weight_gradient(f, layer):
    W, b, a, dC_da, _, slope = random_layer(f)
    _, dW, db, _ = by_engine(f, layer, W, b, a, dC_da)
    agree(dW, np.array([[dC_da[i, 0] * slope[i, 0] * a[j, 0] for j in range(4)] for i in range(3)]))
    agree(dW, db[:, None] @ a.T)


@every_layer
@every_f
def test_a6_gradient_of_the_layer_below_is_a_row(f, layer):
    W, b, a, dC_da, _, slope = random_layer(f)
    _, _, db, da = by_engine(f, layer, W, b, a, dC_da)
    agree(da, np.array([[sum(dC_da[j, 0] * slope[j, 0] * W[j, i] for j in range(3)) for i in range(4)]]))
    agree(da, db[:, None].T @ W)


@pytest.mark.parametrize("description", ["4/3 tanh", "3/5/4/2 relu sigmoid swish", "2/6/5/6/3 tanh softplus tanh relu"])
def test_a6_rows_pass_from_layer_to_layer(description):
    rng = np.random.default_rng(2)
    net = random_net(description, rng)
    a, u = {0: Tensor(rng.normal(size=(1, net.W[1].shape[1])), requires_grad=True)}, {}
    for k, linear in linears(in_rows(net)).items():
        u[k] = linear(a[k - 1])
        a[k] = net.op[k](u[k])
    C = (a[net.L] * ag.sigmoid(a[net.L])).sum()  # some cost
    dC_da = dict(zip(a, gradients(C, list(a.values())), strict=True))
    for k in net.W:
        dC_db = dC_da[k].T * net.slope[k](u[k].data.T)
        agree(dC_da[k - 1], dC_db.T @ net.W[k])


def test_erratum_an_element_is_an_element_of_the_matrix():
    W, b, a, dC_da, _, slope = random_layer("tanh")
    printed_dW, printed_da = dC_da * slope @ a.T, (dC_da * slope).T @ W
    for i, j in np.ndindex(W.shape):
        here = np.zeros_like(W)
        here[i, j] = 1
        by_w_ij = ag.grad(lambda w, here=here: (dC_da * ag.tanh((W + w * here) @ a + b)).sum())(0.0)
        by_a_j = ag.grad(lambda x, here=here: (dC_da * ag.tanh(W @ (a + x * here.sum(0)[:, None]) + b)).sum())(0.0)
        differ(by_w_ij, printed_dW)  # a number is no matrix,
        differ(by_a_j, printed_da)  # nor is it a row
        np.testing.assert_allclose(by_w_ij, printed_dW[i, j], rtol=0, atol=1e-12 * np.abs(printed_dW).max())
        np.testing.assert_allclose(by_a_j, printed_da[0, j], rtol=0, atol=1e-12 * np.abs(printed_da).max())


@pytest.mark.parametrize("below", [3, 4])
def test_erratum_a_weight_meets_the_activation_of_the_layer_below(below):
    W, b, a, dC_da, u, slope = random_layer("tanh", below=below)
    _, dW, _, _ = by_engine("tanh", "linear", W, b, a, dC_da)
    differ(dW, (dC_da * slope) @ np.tanh(u).T)  # a of layer l; with as many nodes below, only the numbers tell
    agree(dW, (dC_da * slope) @ a.T)
