"""Note A on column vectors: the forward pass, the squared cost, and the dynamic programme over the layers."""

import numpy as np
import pytest
from hand import ACTIVATIONS, agree, differ, filled, forward, gradients_in_rows, in_rows, random_net

import autograd as ag
import nn
from autograd import Tensor

NETS = [
    "4/3 tanh",
    "3/5/2 sigmoid identity",
    "5/4/6/3 relu softplus sigmoid",
    "2/6/3/6/5/1 tanh swish leaky_relu relu identity",
    "/".join(["4"] * 21) + " tanh" * 20,
]


def dynamic_programme(net, x, y):
    """dC/dW and dC/db of every layer for one sample, from the last layer down to the first."""
    z, a = forward(net.f, net.W, net.b, x)
    dW, db, da = {}, {}, 2 * (a[net.L] - y)  # A3
    for layer in range(net.L, 0, -1):
        db[layer] = net.slope[layer](z[layer]) * da  # A4
        dW[layer] = db[layer] @ a[layer - 1].T  # A5
        da = net.W[layer].T @ db[layer]  # A6
    return dW, db


def one_layer(rng, f):
    """A layer of 3 nodes over 4, and a random dC/da above it: A4 to A6 hold whatever the cost is."""
    W, b, a, dC_da = (rng.normal(size=shape) for shape in [(3, 4), (3, 1), (4, 1), (3, 1)])
    _, pullback = ag.vjp(lambda W, b, a: ACTIVATIONS[f].op(W @ a + b), W, b, a)
    dC_db = ACTIVATIONS[f].slope(W @ a + b) * dC_da
    return W, a, dC_db, pullback(dC_da)


@pytest.mark.parametrize("description", NETS)
def test_a1_a_layer_is_f_of_wa_plus_b(description):
    rng = np.random.default_rng(1)
    net = random_net(description, rng)
    x = rng.normal(size=(net.W[1].shape[1], 1))
    a = x
    for layer, W in net.W.items():
        z = [net.b[layer][i] + sum(W[i, j] * a[j] for j in range(len(a))) for i in range(len(W))]
        a = net.f[layer](np.array(z))
    _, found = forward(net.op, net.W, net.b, Tensor(x))
    agree(found[net.L].data, a)
    agree(in_rows(net)(Tensor(x.T)).data, a.T)


def test_a2_the_cost_is_the_mean_of_the_squared_distances():
    rng = np.random.default_rng(2)
    a, y = rng.normal(size=(7, 3)), rng.normal(size=(7, 3))  # seven samples
    each = [sum((a_i - y_i) ** 2 for a_i, y_i in zip(*sample, strict=True)) for sample in zip(a, y, strict=True)]
    agree(nn.squared_error(Tensor(a), y).data, sum(each) / 7)
    mean, total = ag.grad(nn.squared_error)(a, y), ag.grad(lambda a: ((a - y) ** 2).sum())(a)
    agree(mean, total / 7)
    agree(mean / np.linalg.norm(mean), total / np.linalg.norm(total))  # without 1/N the direction is the same


@pytest.mark.parametrize("cost", [
    lambda a, y: ((a - y) ** 2).sum(),
    lambda a, y: (y - a).T @ (y - a),
    lambda a, y: nn.squared_error(a.T, y.T),  # one sample in a row
])  # fmt: skip
def test_a3_the_cost_gradient_is_twice_the_error(cost):
    rng = np.random.default_rng(3)
    a, y = rng.normal(size=(5, 1)), rng.normal(size=(5, 1))
    agree(ag.grad(cost)(a, y), 2 * (a - y))


@pytest.mark.parametrize("f", ACTIVATIONS)
def test_a4_bias_gradient_is_the_slope_times_dc_da(f):
    _, _, dC_db, (_, db, _) = one_layer(np.random.default_rng(4), f)
    agree(db, dC_db)


def test_a4_z_changes_with_b_as_the_identity_and_with_a_as_w():
    rng = np.random.default_rng(5)
    W, b, a = (rng.normal(size=shape) for shape in [(3, 4), (3, 1), (4, 1)])
    dz_db, dz_da = ag.jacobian(lambda b, a: W @ a + b, argnums=(0, 1))(b, a)
    agree(dz_db[:, 0, :, 0], np.eye(3))
    agree(dz_da[:, 0, :, 0], W)


@pytest.mark.parametrize("f", ACTIVATIONS)
def test_a5_weight_gradient_is_an_outer_product(f):
    _, a, dC_db, (dW, _, _) = one_layer(np.random.default_rng(6), f)
    agree(dW, dC_db @ a.T)


@pytest.mark.parametrize("f", ACTIVATIONS)
def test_a6_the_layer_below_receives_w_transposed(f):
    W, _, dC_db, (_, _, da) = one_layer(np.random.default_rng(7), f)
    agree(da, W.T @ dC_db)


@pytest.mark.parametrize("description", NETS)
def test_a7_the_dynamic_programme(description):
    rng = np.random.default_rng(8)
    net = random_net(description, rng)
    x, y = rng.normal(size=(net.W[1].shape[1], 1)), rng.normal(size=net.b[net.L].shape)
    dW, db = dynamic_programme(net, x, y)

    def cost(W, b):
        return ((forward(net.op, W, b, x)[1][net.L] - y) ** 2).sum()

    in_columns = ag.grad(cost, argnums=(0, 1))(net.W, net.b)
    model = in_rows(net)
    nn.squared_error(model(x.T), y.T).backward()
    for found_dW, found_db in (in_columns, gradients_in_rows(model)):
        agree(found_dW, dW)
        agree(found_db, db)


@pytest.mark.parametrize("output", ["identity", "sigmoid", "tanh"])
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("sizes", [(3, 2), (4, 6, 3), (2, 5, 4, 5, 1)])
def test_a7_an_mlp_is_the_dynamic_programme(sizes, activation, output):
    rng = np.random.default_rng(9)
    hidden = [activation] * (len(sizes) - 2)
    net = random_net(" ".join(["/".join(map(str, sizes)), *hidden, output]), rng)
    x, y = rng.normal(size=(sizes[0], 1)), rng.normal(size=(sizes[-1], 1))
    model = filled(nn.MLP(*sizes, activation=activation, output=output, cost="squared_error"), net)
    model.loss(x.T, y.T).backward()
    for found, expected in zip(gradients_in_rows(model), dynamic_programme(net, x, y), strict=True):
        agree(found, expected)


@pytest.mark.parametrize("description", NETS[:-1])
def test_a8_a_batch_has_the_sum_of_its_samples_gradients(description):
    rng = np.random.default_rng(10)
    net, m = random_net(description, rng), 6
    X, Y = rng.normal(size=(m, net.W[1].shape[1])), rng.normal(size=(m, len(net.b[net.L])))
    each = [dynamic_programme(net, x[:, None], y[:, None]) for x, y in zip(X, Y, strict=True)]
    dW, db = ({layer: sum(sample[k][layer] for sample in each) for layer in net.W} for k in (0, 1))

    at_once, one_by_one = in_rows(net), in_rows(net)
    ((at_once(X) - Y) ** 2).sum().backward()
    for i in range(m):  # backward adds to the gradients that are there
        nn.squared_error(one_by_one(X[i : i + 1]), Y[i : i + 1]).backward()
    for model in (at_once, one_by_one):
        found_dW, found_db = gradients_in_rows(model)
        agree(found_dW, dW)
        agree(found_db, db)


def hidden_gradient(description):
    """A net with a cost on top: dC/da of layer 1 from the engine, and what the recursion reads."""
    rng = np.random.default_rng(11)
    net = random_net(description, rng)
    x, y = rng.normal(size=(net.W[1].shape[1], 1)), rng.normal(size=net.b[2].shape)
    z, a = forward(net.f, net.W, net.b, x)
    upper = ag.grad(lambda a1: ((net.op[2](net.W[2] @ a1 + net.b[2]) - y) ** 2).sum())
    return net, z, 2 * (a[2] - y), upper(a[1])


@pytest.mark.parametrize("W", ["W1", "W1.T", "W2"])
@pytest.mark.parametrize("z", [1, 2])
def test_erratum_the_recursion_needs_w_of_the_layer_above_transposed(W, z):
    net, zs, da2, found = hidden_gradient("4/4/4 tanh sigmoid")  # square: here every slip has the right shape
    slope, ws = net.slope[2], {"W1": net.W[1], "W1.T": net.W[1].T, "W2": net.W[2]}
    differ(found, ws[W] @ (slope(zs[z]) * da2))  # printed are W1 with z2 (the sum) and W1 with z1 (the product)
    agree(found, net.W[2].T @ (slope(zs[2]) * da2))


def test_erratum_the_printed_recursion_does_not_even_fit_other_widths():
    net, z, da2, found = hidden_gradient("4/3/2 tanh sigmoid")
    with pytest.raises(ValueError, match="broadcast"):
        net.slope[2](z[1]) * da2
    with pytest.raises(ValueError, match="matmul"):
        net.W[1] @ (net.slope[2](z[2]) * da2)
    agree(found, net.W[2].T @ (net.slope[2](z[2]) * da2))


@pytest.mark.parametrize("n", [3, 4])
def test_erratum_the_base_case_reads_a_by_the_column_of_w(n):
    rng = np.random.default_rng(12)
    W, b, a, y = (rng.normal(size=shape) for shape in [(n, 3), (n, 1), (3, 1), (n, 1)])
    found = ag.grad(lambda W: ((ag.sigmoid(W @ a + b) - y) ** 2).sum())(W)
    f, slope = ACTIVATIONS["sigmoid"][1:]
    delta = slope(W @ a + b) * 2 * (f(W @ a + b) - y)
    agree(found, np.array([[a[j, 0] * delta[i, 0] for j in range(3)] for i in range(n)]))
    if n == 3:
        differ(found, np.array([[a[i, 0] * delta[i, 0] for j in range(3)] for i in range(n)]))
    else:  # there is no a_4 to read
        with pytest.raises(IndexError):
            np.array([[a[i, 0] * delta[i, 0] for j in range(3)] for i in range(n)])


def test_erratum_a_batch_is_summed_over_its_own_samples():
    rng = np.random.default_rng(13)
    net, B = random_net("2/3/1 tanh identity", rng), 3
    X, Y = rng.normal(size=(B, B, 2, 1)), rng.normal(size=(B, B, 1, 1))  # batch, sample in it, column
    C = [[dynamic_programme(net, X[b, k], Y[b, k])[0][1] for k in range(B)] for b in range(B)]
    for b in range(B):
        model = in_rows(net)
        ((model(X[b, :, :, 0]) - Y[b, :, :, 0]) ** 2).sum().backward()
        found = gradients_in_rows(model)[0][1]
        agree(found, sum(C[b][k] for k in range(B)))
        differ(found, sum(C[k][b] for k in range(B)))  # the b-th sample of every batch
