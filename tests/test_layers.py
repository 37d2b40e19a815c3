"""Layers: normalisation, dropout, embedding, residual, starting weights, summary; eager and recorded."""

import numpy as np
import pytest

import autograd
import nn
from autograd import Tensor, check_gradients

F32, F64 = np.float32, np.float64


def normals(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


# Normalisation.


@pytest.mark.parametrize(("layer", "shape", "axes", "along"), [
    (nn.BatchNorm1d(3), (5, 3), (0,), (1, 3)), (nn.BatchNorm1d(3, eps=0.1), (5, 3, 4), (0, 2), (1, 3, 1)),
    (nn.BatchNorm2d(3), (2, 3, 4, 5), (0, 2, 3), (1, 3, 1, 1)),
    (nn.LayerNorm(4), (5, 2, 4), (2,), (4,)), (nn.LayerNorm((2, 4), eps=0.1), (5, 2, 4), (1, 2), (2, 4)),
])  # fmt: skip
def test_normalisation_and_its_gradient_as_derived_by_hand(layer, shape, axes, along):
    x, g = Tensor(2 + 3 * normals(*shape), requires_grad=True), normals(*shape, seed=1)
    layer.weight.data, layer.bias.data = normals(*layer.weight.shape, seed=2), normals(*layer.bias.shape, seed=3)
    w, b = layer.weight.data.reshape(along), layer.bias.data.reshape(along)
    m = x.size // np.prod([n for k, n in enumerate(shape) if k not in axes])
    y = layer(x)
    mean = x.data.sum(axes, keepdims=True) / m
    spread = np.sqrt(((x.data - mean) ** 2).sum(axes, keepdims=True) / m + layer.eps)
    n = (x.data - mean) / spread
    np.testing.assert_allclose(y.data, w * n + b, rtol=1e-12)
    y.backward(g)
    s = w * g  # dC/dn
    by_hand = (m * s - s.sum(axes, keepdims=True) - n * (s * n).sum(axes, keepdims=True)) / (m * spread)
    np.testing.assert_allclose(x.grad, by_hand, rtol=1e-9, atol=1e-12)
    over = tuple(k for k, length in enumerate((1,) * (len(shape) - len(along)) + along) if length == 1)
    np.testing.assert_allclose(layer.weight.grad, (g * n).sum(over).reshape(layer.weight.shape), rtol=1e-10)
    np.testing.assert_allclose(layer.bias.grad, g.sum(over).reshape(layer.bias.shape), rtol=1e-10)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize(("layer", "shape"), [
    (nn.BatchNorm1d(3), (4, 3)), (nn.BatchNorm1d(2), (3, 2, 2)), (nn.BatchNorm2d(2), (2, 2, 2, 3)),
    (nn.LayerNorm(3), (2, 3)), (nn.LayerNorm((2, 3)), (2, 2, 3)),
])  # fmt: skip
def test_first_and_second_derivatives_of_normalisations(layer, shape, training):
    w, b = normals(*layer.weight.shape, seed=2), normals(*layer.weight.shape, seed=3)
    layer.train(training)

    def f(x, w, b):
        layer.weight, layer.bias = w, b
        return autograd.tanh(layer(x))

    assert check_gradients(f, normals(*shape), w, b)


def test_running_statistics_are_those_of_the_batches():
    layer, x, z = nn.BatchNorm1d(2, momentum=0.25), 3 + normals(6, 2), 5 * normals(3, 2, seed=1)
    layer(x)
    layer(z)
    mean = 0.25 * 0.75 * x.mean(0) + 0.25 * z.mean(0)
    var = 0.75**2 + 0.25 * 0.75 * ((x - x.mean(0)) ** 2).sum(0) / 5 + 0.25 * ((z - z.mean(0)) ** 2).sum(0) / 2
    np.testing.assert_allclose(layer.running_mean.data, mean, rtol=1e-12)
    np.testing.assert_allclose(layer.running_var.data, var, rtol=1e-12)
    assert layer.num_batches_tracked.item() == 2
    before = layer.state_dict()
    one = layer.eval()(x[:1]).data  # one sample, by what is known of the others
    np.testing.assert_allclose(one, (x[:1] - mean) / np.sqrt(var + 1e-5), rtol=1e-12)
    for name, a in layer.state_dict().items():
        np.testing.assert_array_equal(a, before[name])


@pytest.mark.parametrize("compile", [False, True])
@pytest.mark.parametrize(("dtype", "size"), [(np.float32, 1e25), (np.float64, 1e160)])
def test_a_variance_that_no_float_can_hold_is_told_with_the_layer(compile, dtype, size):
    net = nn.Sequential(nn.Linear(3, 3, rng=0, dtype=dtype), nn.Sequential(nn.BatchNorm1d(3, dtype=dtype)))
    before = net.state_dict()
    x = (normals(8, 3) * size).astype(dtype)
    with pytest.raises(ValueError, match="BatchNorm1d: the variance of feature 0 of x is too large for float") as told:
        nn.fit(net, x, np.zeros((8, 3)), loss=nn.squared_error, compile=compile, progress=False, rng=0)
    assert "in 1.0: BatchNorm1d(3)" in told.value.__notes__
    for name, a in net.state_dict().items():
        np.testing.assert_array_equal(a, before[name])


def test_the_unit_of_the_input_does_not_matter():
    x = normals(8, 3)
    for layer in (nn.BatchNorm1d(3, eps=0), nn.LayerNorm(3, eps=0)):
        np.testing.assert_allclose(layer(1000 * x + 5).data, layer(x).data, rtol=1e-9, atol=1e-10)
    plain = nn.BatchNorm1d(8, affine=False, eps=0)(x.T)
    np.testing.assert_allclose(nn.LayerNorm(3, eps=0)(x).data, np.asarray(plain).T, rtol=1e-12)
    assert not nn.LayerNorm(3, elementwise_affine=False).parameters()


@pytest.mark.parametrize(("layer", "x", "message"), [
    (nn.BatchNorm1d(3), (1, 3), r"BatchNorm1d: expected two values or more for each feature in training, got x \(1, 3\)"),
    (nn.BatchNorm2d(3), (1, 3, 1, 1), r"BatchNorm2d: expected two values or more"),
    (nn.BatchNorm1d(3), (5, 4), r"BatchNorm1d: expected x of shape \(N, 3\) or \(N, 3, L\), got \(5, 4\)"),
    (nn.BatchNorm1d(3), (3,), r"BatchNorm1d: expected x of shape .*got \(3,\)"),
    (nn.BatchNorm2d(3), (5, 3), r"BatchNorm2d: expected x of shape \(N, 3, H, W\), got \(5, 3\)"),
    (nn.LayerNorm((2, 3)), (5, 3, 2), r"LayerNorm: expected x of shape \(\.\.\., 2, 3\), got \(5, 3, 2\)"),
    (nn.LayerNorm(3), (), r"LayerNorm: expected x of shape \(\.\.\., 3\), got \(\)"),
])  # fmt: skip
def test_what_cannot_be_normalised_is_refused_and_changes_nothing(layer, x, message):
    before = layer.state_dict()
    with pytest.raises(ValueError, match=message):
        layer(np.ones(x))
    for name, a in layer.state_dict().items():
        np.testing.assert_array_equal(a, before[name])


# Dropout.


def test_dropout_keeps_the_mean_and_scales_what_is_left():
    x = np.ones(200_000)
    for p in (0.1, 0.5, 0.9):
        y = nn.Dropout(p, rng=0)(x)
        np.testing.assert_allclose(np.unique(y), [0, 1 / (1 - p)])
        assert (y == 0).mean() == pytest.approx(p, abs=0.005)
        assert y.mean() == pytest.approx(1, abs=0.02)


def test_dropout_is_of_training_only_and_seeded():
    x = Tensor(normals(30, 20), requires_grad=True)
    layer, same = nn.Dropout(0.4, rng=3), nn.Dropout(0.4, rng=3)
    y = layer(x)
    np.testing.assert_array_equal(y.data, same(x).data)
    assert (layer(x).data != y.data).any()  # another mask each time
    y.backward(np.ones(x.shape))
    np.testing.assert_allclose(x.grad, (y.data != 0) / 0.6)
    assert layer.eval()(x) is x
    assert nn.Dropout(0)(x) is x
    for p in (1.5, -0.1, 1):
        layer.p = p  # after it was made
        with pytest.raises(ValueError, match="p: expected a (finite )?number"):
            layer(x)
    half = nn.Dropout(0.4, rng=3)(x.data.astype(F32))  # the same mask in less precision
    assert half.dtype == F32
    np.testing.assert_array_equal(half == 0, y.data == 0)
    np.testing.assert_array_equal(nn.Dropout(0.5, rng=0)([3, 3, 3, 3]), nn.Dropout(0.5, rng=0)(np.full(4, 3.0)))


def test_a_checkpoint_drops_the_same_values_again():
    layers, x = [nn.Dropout(0.5, rng=0), nn.Dropout(0.5, rng=1)], Tensor(1 + normals(40) ** 2, requires_grad=True)

    def inner(x):
        return layers[1](x) * x

    def outer(x):
        return autograd.checkpoint(inner)(layers[0](x)) * layers[1](x)

    (once,) = autograd.gradients(outer(x).sum(), [x])
    for layer in layers:
        layer.rng = np.random.default_rng(layers.index(layer))
    y = autograd.checkpoint(outer)(x)
    (g,) = autograd.gradients(y.sum(), [x])
    np.testing.assert_allclose(g, 3 * y.data / x.data, rtol=1e-12)  # y is cubic where nothing is dropped
    np.testing.assert_array_equal(g, once)
    assert 0 < (g != 0).sum() < 20
    layers = [nn.Dropout(0.5, rng=0), nn.Dropout(0.5, rng=1)]
    step = autograd.compile(lambda: autograd.checkpoint(outer)(x).sum(), wrt=[x])
    step()
    np.testing.assert_array_equal(x.grad, once)

    layers[0].eval()
    y = autograd.checkpoint(outer)(x)
    layers[0].train()
    with pytest.raises(RuntimeError, match="draws more random numbers than at first: did the mode"):
        y.sum().backward()


@pytest.mark.parametrize("p", [1, 1.5, -0.1, None, float("nan")])
def test_dropout_refuses_what_is_no_share(p):
    with pytest.raises(ValueError, match="p: expected"):
        nn.Dropout(p)


# Embedding.


def test_an_embedding_looks_rows_up_and_sums_over_the_uses():
    table = nn.Embedding(5, 2, rng=0)
    words, g = np.array([[0, 3], [3, 3]]), normals(2, 2, 2)
    y = table(words)
    for i, j in np.ndindex(2, 2):
        np.testing.assert_array_equal(y.data[i, j], table.weight.data[words[i, j]])
    y.backward(g)
    np.testing.assert_allclose(table.weight.grad[[0, 3]], [g[0, 0], g[0, 1] + g[1, 0] + g[1, 1]])
    assert not table.weight.grad[[1, 2, 4]].any()
    np.testing.assert_array_equal(table(3).data, table.weight.data[3])
    np.testing.assert_array_equal(table(np.array([3], np.uint8)).data, table.weight.data[[3]])


def test_the_padding_row_is_0_and_stays_so():
    table = nn.Embedding(5, 2, padding_idx=3, rng=0)
    y = table(np.array([[0, 3], [3, 1]]))
    assert not y.data[[0, 1], [1, 0]].any()
    y.backward(np.ones((2, 2, 2)))
    np.testing.assert_array_equal(table.weight.grad, np.array([1.0, 1, 0, 0, 0])[:, None] * [1, 1])
    table.weight.data[3] = 7
    np.testing.assert_array_equal(table(np.array([3])).data, [[7, 7]])


@pytest.mark.parametrize(("x", "error", "message"), [
    ([[0, 1], [5, 0]], ValueError, r"Embedding: expected integers in \[0, 5\), got 5 at \(1, 0\)"),
    ([0, -1], ValueError, r"Embedding: expected integers in \[0, 5\), got -1 at \(1,\)"),
    (7, ValueError, r"Embedding: expected integers in \[0, 5\), got 7\n"),
    ([0.0, 1.0], TypeError, "Embedding: expected integers, the rows to look up, got float64"),
    ([True], TypeError, "Embedding: expected integers, the rows to look up, got bool"),
])  # fmt: skip
def test_what_is_not_in_the_table(x, error, message):
    with pytest.raises(error, match=message):
        nn.Embedding(5, 2, rng=0)(x)


def test_bad_embeddings():
    with pytest.raises(ValueError, match=r"padding_idx: expected integers in \[0, 5\), got 5"):
        nn.Embedding(5, 2, padding_idx=5)
    with pytest.raises(ValueError, match="embedding_dim: expected a whole number >= 1, got 0"):
        nn.Embedding(5, 0)


# Residual, and places in errors.


def test_a_residual_adds_its_input():
    inner = nn.Linear(3, 3, rng=0)
    x = Tensor(normals(4, 3), requires_grad=True)
    y = nn.Residual(inner, nn.Tanh())(x)
    t = np.tanh(x.data @ inner.weight.data.T)
    np.testing.assert_allclose(y.data, x.data + t)
    y.backward(np.ones((4, 3)))
    np.testing.assert_allclose(x.grad, 1 + (1 - t**2) @ inner.weight.data)
    with pytest.raises(ValueError, match=r"Residual: expected layers that keep the shape of x, \(4, 3\), got \(4, 1\)"):
        nn.Residual(nn.Linear(3, 1, rng=0))(x)  # which would broadcast


class Net(nn.Module):
    def __init__(self):
        self.body = nn.Sequential(nn.Tanh(), nn.Residual(nn.Linear(3, 3), nn.Linear(4, 3)))
        self.heads = {"a": nn.Linear(3, 2)}

    def forward(self, x, head=False):
        return self.heads["a"](x) if head else self.body(x)


def test_an_error_names_the_layer_by_its_path():
    def notes(model, x, *args):
        with pytest.raises(Exception) as caught:
            model(x, *args)
        return [note for note in caught.value.__notes__ if "Linear(" in note or "Tanh(" in note or "Identity(" in note]

    x = np.ones((2, 3))
    assert notes(nn.Linear(5, 2), x) == ["in Linear(5 -> 2)"]
    assert notes(nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(5, 2)), x) == ["in 2: Linear(5 -> 2)"]
    assert notes(Net(), x) == ["in body.1.1: Linear(4 -> 3)"]
    assert notes(Net(), np.ones((2, 7)), True) == ["in heads.a: Linear(3 -> 2)"]
    assert notes(nn.Tanh(), "text") == ["in Tanh()"]
    assert type(notes(nn.Linear(5, 2), x)[0]) is not str  # a note knows its module, and is text all the same
    step = nn.compile_step(lambda x: Net()(x).sum(), nn.SGD(nn.Linear(1, 1).parameters(), 0.1))
    with pytest.raises(ValueError) as caught:
        step(x)
    assert "in body.1.1: Linear(4 -> 3)" in caught.value.__notes__


# Weights that are shared (note E: E5).


def tied(dtype=F64):
    model = nn.Sequential(nn.Embedding(6, 3, rng=0, dtype=dtype), nn.Linear(3, 6, bias=False, rng=1, dtype=dtype))
    model[1].weight = model[0].weight
    return model


def test_tied_weights_have_the_sum_of_both_gradients():
    model, words, following = tied(), np.array([0, 3, 3, 1]), np.array([3, 3, 1, 2])
    nn.cross_entropy(model(words), following).backward()
    E, W = (Tensor(model[0].weight.data, requires_grad=True) for _ in range(2))
    nn.cross_entropy(autograd.getitem(E, words) @ W.T, following).backward()
    assert [name for name, _ in model.named_parameters()] == ["0.weight"]
    np.testing.assert_allclose(model[0].weight.grad, E.grad + W.grad, rtol=1e-12)
    layer = nn.Linear(3, 3, rng=0)  # and one module in two places
    twice = nn.Sequential(layer, nn.Tanh(), layer)
    x = normals(4, 3)
    twice(x).sum().backward()
    first, second = (nn.Linear(3, 3, rng=0) for _ in range(2))
    nn.Sequential(first, nn.Tanh(), second)(x).sum().backward()
    np.testing.assert_allclose(layer.weight.grad, first.weight.grad + second.weight.grad, rtol=1e-12)


def test_tied_weights_are_saved_and_loaded_together(tmp_path):
    model, other = tied(), tied()
    model[0].weight.data = normals(6, 3, seed=5)
    state = nn.load(nn.save(model, tmp_path / "w.safetensors"), other)
    assert sorted(state) == ["0.weight", "1.weight"]
    assert other[1].weight is other[0].weight
    np.testing.assert_array_equal(other[0].weight.data, model[0].weight.data)
    for path in state:  # one of the two names is enough
        third = tied().load_state_dict({path: state[path]})
        np.testing.assert_array_equal(third[0].weight.data, model[0].weight.data)
    with pytest.raises(ValueError) as caught:
        other.load_state_dict({"0.weight": np.full((6, 3), "a"), "1.weight": state["1.weight"]})
    assert str(caught.value).splitlines()[1:] == ["  0.weight: expected float64, got <U1"]
    state["1.weight"] = state["1.weight"] + 1
    before = other.state_dict()
    with pytest.raises(ValueError, match=r"1\.weight: differs from 0\.weight, and both are one tensor"):
        other.load_state_dict(state)
    np.testing.assert_array_equal(other[0].weight.data, before["0.weight"])


def test_a_state_of_a_large_model_that_does_not_fit_is_told_in_a_few_lines():
    model = nn.MLP(*[4] * 100, 3, rng=0)
    with pytest.raises(ValueError) as caught:
        model.load_state_dict(nn.MLP(*[5] * 90, 3, rng=0).state_dict() | {"extra": np.ones(1)})
    lines = str(caught.value).splitlines()
    assert lines[0] == "this state does not fit MLP:"
    assert lines[1].startswith("  missing: 180.weight, 180.bias, ")
    assert lines[1].endswith(", and 12 more")
    assert lines[2] == "  unexpected: extra"
    assert lines[3] == "  0.weight: expected shape (4, 4), got (5, 5)"
    assert lines[-1] == "  and 172 more"
    assert len(lines) == 12


# Starting weights.


@pytest.mark.parametrize("shape", [(3, 5), (5, 3), (4, 4), (4, 2, 3, 3), (40, 2, 3, 3)])
def test_orthogonal_weights_are_so(shape):
    w = nn.init.orthogonal(shape, rng=0, gain=3.0)
    assert w.shape == shape
    matrix = w.reshape(shape[0], -1)
    gram = matrix @ matrix.T if shape[0] <= matrix.shape[1] else matrix.T @ matrix
    np.testing.assert_allclose(gram, 9 * np.eye(len(gram)), atol=1e-12)
    np.testing.assert_array_equal(w, nn.init.orthogonal(shape, rng=0, gain=3.0))
    assert nn.init.orthogonal(shape, 0, F32).dtype == F32


def test_orthogonal_weights_prefer_no_direction():
    rng = np.random.default_rng(0)
    turns = np.array([nn.init.orthogonal((2, 2), rng) for _ in range(4000)])
    assert np.abs(turns.mean(0)).max() < 0.05  # each entry is of either sign, as often
    assert (np.linalg.det(turns) > 0).mean() == pytest.approx(0.5, abs=0.05)


def test_d8_zero_weights_stop_every_delta_but_the_last():
    rng = np.random.default_rng(0)
    model = nn.Sequential(*(nn.Linear(4, 4, init="zeros", rng=rng) if k % 2 == 0 else nn.Tanh() for k in range(5)))
    x, t = normals(6, 4), normals(6, 4, seed=1)
    zs, a = [], x
    for layer in model:
        a = layer(a)
        zs.append(a)
    nn.half_squared_error(a, t).backward(retain_grads=True)
    np.testing.assert_allclose(zs[-1].grad, (zs[-1].data - t) / 6)  # delta of the last layer is y - t, not 0
    np.testing.assert_allclose(model[4].bias.grad, -t.mean(0))
    for z in zs[:-1]:
        np.testing.assert_array_equal(z.grad, 0)
    for p in model.parameters()[:-1]:
        np.testing.assert_array_equal(p.grad, 0)


def test_every_start_can_be_named():
    for name in nn.init.INITS:
        layer = nn.Linear(3, 2, init=name, rng=0, dtype=F32)
        assert layer.weight.dtype == F32
        np.testing.assert_array_equal(layer.weight.data, nn.Linear(3, 2, init=name, rng=0, dtype=F32).weight.data)
    with pytest.raises(ValueError, match="unknown initialisation 'orthagonal': did you mean 'orthogonal'"):
        nn.Embedding(3, 2, init="orthagonal")


# Eager and recorded.


def net(dtype):
    return nn.Sequential(
        nn.Embedding(9, 4, padding_idx=0, rng=0, dtype=dtype), lambda e: e.reshape(len(e), 12),
        nn.BatchNorm1d(12, dtype=dtype), nn.Linear(12, 8, rng=1, dtype=dtype), nn.ELU(), nn.Dropout(0.3, rng=2),
        nn.Residual(nn.LayerNorm(8, dtype=dtype), nn.Linear(8, 8, rng=3, dtype=dtype), nn.GELU("tanh")),
        lambda a: a.reshape(len(a), 2, 2, 2), nn.BatchNorm2d(2, dtype=dtype), lambda a: a.reshape(len(a), 8),
        nn.Linear(8, 3, rng=4, dtype=dtype),
    )  # fmt: skip


@pytest.mark.parametrize("dtype", [F32, F64])
def test_recorded_steps_equal_eager_ones_bit_for_bit(dtype):
    one, other, rng = net(dtype), net(dtype), np.random.default_rng(0)
    eager, recorded = (nn.SGD(m.parameters(), 0.1, momentum=0.9) for m in (one, other))
    step = nn.compile_step(lambda x, y: nn.cross_entropy(other(x), y), recorded)
    for k in range(50):
        x, y = rng.integers(0, 9, (16, 3)), rng.integers(0, 3, 16)
        eager.zero_grad()
        loss = nn.cross_entropy(one(x), y)
        loss.backward()
        eager.step()
        assert step(x, y).tobytes() == loss.data.tobytes(), k
        if k == 20:  # an evaluation in between
            assert one.eval()(x).data.tobytes() == other.eval()(x).data.tobytes()
            one.train(), other.train()
    assert step.count == 1
    ours = other.state_dict()
    for name, a in one.state_dict().items():
        assert a.tobytes() == ours[name].tobytes(), name
        assert a.dtype == (np.int64 if name.endswith("tracked") else dtype), name
    assert ours["2.num_batches_tracked"] == 50
    before = other.state_dict()
    with pytest.raises(ValueError, match=r"Embedding: expected integers in \[0, 9\), got 9 at \(15, 2\)"):
        step(np.where(np.arange(48).reshape(16, 3) == 47, 9, x), y)
    for name, a in other.state_dict().items():
        np.testing.assert_array_equal(a, before[name])


def test_a_recorded_step_drops_others_each_time():
    layer, p = nn.Dropout(0.5, rng=0), Tensor(np.ones(50), requires_grad=True)
    step = nn.compile_step(lambda: ((layer(p)).sum(), layer(p)), nn.SGD([p], 0.0))
    kept = {tuple(step()[1] != 0) for _ in range(10)}
    assert len(kept) == 10


def test_a_net_with_all_of_it_learns_the_digits_eager_and_recorded_alike():
    (x, y), test = nn.datasets.digits()
    histories = []
    for compile in (None, False):
        rng = np.random.default_rng(0)
        model = nn.Sequential(nn.Linear(64, 32, rng=rng), nn.BatchNorm1d(32), nn.ReLU(), nn.Dropout(0.1, rng=rng),
                              nn.Residual(nn.Linear(32, 32, rng=rng), nn.LayerNorm(32), nn.SiLU()), nn.Linear(32, 10, rng=rng))  # fmt: skip
        optimizer = nn.SGD(model.parameters(), 0.05, momentum=0.9)
        histories.append(nn.fit(model, x, y, epochs=6, optimizer=optimizer, validation=test, loss=nn.cross_entropy,
                                rng=rng, progress=False, compile=compile))  # fmt: skip
    assert histories[0] == histories[1]
    assert histories[0][-1]["val_accuracy"] > 0.93


# Activations, and the table of layers.


@pytest.mark.parametrize("name", list(nn.mlp.HIDDEN))
def test_every_activation_makes_an_mlp(name):
    model = nn.MLP(3, 5, 2, activation=name, rng=0)
    x = normals(4, 3)
    ops = {"silu": autograd.swish, "identity": lambda x: x}
    (W1, b1, W2, b2), op = (p.data for p in model.parameters()), ops.get(name) or getattr(autograd, name)
    np.testing.assert_allclose(model(x).data, op(x @ W1.T + b1) @ W2.T + b2, rtol=1e-12)


def test_summary_shows_what_each_layer_makes_and_changes_nothing():
    rng = np.random.default_rng(0)

    class Draws(nn.Module):
        def __init__(self):
            self.calls = Tensor(0)

        def forward(self, x):
            assert not x.requires_grad
            self.calls.data = self.calls.data + 1
            with autograd.no_grad():
                nn.Identity()(x)
            return x + autograd.anew(rng.normal, size=x.shape), x

    model = nn.Sequential(nn.Embedding(9, 4, rng=0), nn.BatchNorm1d(3), nn.Dropout(0.5, rng=rng), Draws())
    model[2].eval()
    model.unused = nn.Linear(2, 2, dtype=F32)
    before, state = model.state_dict(), rng.bit_generator.state
    table = nn.summary(model, 3, dtype=int)
    assert table.rows == [
        ("0", "Embedding(9, 4)", "(1, 3, 4)", 36), ("1", "BatchNorm1d(3)", "(1, 3, 4)", 6),
        ("2", "Dropout(0.5)", "(1, 3, 4)", 0), ("3", "Draws()", "(1, 3, 4), (1, 3, 4)", 0),
        ("unused", "Linear(2 -> 2)", "not called", 6),
    ]  # fmt: skip
    assert (table.parameters, table.memory) == (48, 42 * 8 + 6 * 4)
    assert str(table).splitlines()[-1] == "48 parameters in 0.4 kB, and 8 numbers that are not trained"
    assert [m.training for m in model.modules()] == [True, True, True, False, True, True]
    assert rng.bit_generator.state == state
    for name, a in model.state_dict().items():
        np.testing.assert_array_equal(a, before[name])


def test_summary_counts_what_is_shared_once():
    table = nn.summary(tied(), 2, int)
    assert [row.parameters for row in table.rows] == [18, 0]
    assert table.parameters == 18
    assert [row.output for row in table.rows] == ["(1, 2, 3)", "(1, 2, 6)"]
    assert nn.summary(nn.Linear(3, 2), (5, 3)).rows == [("", "Linear(3 -> 2)", "(1, 5, 2)", 8)]


def test_summary_says_where_shapes_do_not_fit():
    with pytest.raises(ValueError, match=r"got x \(1, 6\), weight \(2, 5\)") as caught:
        nn.summary(nn.Sequential(nn.Linear(4, 6), nn.Residual(nn.Linear(5, 2))), 4)
    assert "in 1.0: Linear(5 -> 2)" in caught.value.__notes__
    with pytest.raises(TypeError, match="summary expected a Module, got <function"):
        nn.summary(lambda x: x, 3)
    with pytest.raises(ValueError, match="input_shape: expected a whole number >= 1, got 0"):
        nn.summary(nn.Tanh(), (3, 0))


@pytest.mark.parametrize(("hidden", "output", "variances"), [
    ("relu", "softmax", (2 / 500, 1 / 400)),  # He, and behind the last layer there is no rectifier
    ("gelu", "identity", (2 / 500, 1 / 400)),
    ("relu", "softplus", (2 / 500, 2 / 400)),
    ("selu", "identity", (1 / 500, 1 / 400)),
    ("tanh", "softmax", (2 / 900, 2 / 700)),
])  # fmt: skip
def test_the_last_layer_of_an_mlp_starts_for_what_follows_it(hidden, output, variances):
    model = nn.MLP(500, 400, 300, activation=hidden, output=output, rng=0)
    found = [model[i].weight.data.var() for i in (0, 2)]
    np.testing.assert_allclose(found, variances, rtol=0.02)  # of 120,000 entries and more


def test_an_mlp_starts_as_it_is_told():
    model = nn.MLP(500, 400, 300, init="lecun_uniform", rng=0)
    assert [np.abs(model[i].weight.data).max() <= np.sqrt(3 / n) for i, n in ((0, 500), (2, 400))] == [True, True]
    ones = nn.MLP(2, 3, 1, init=lambda shape, rng, dtype: np.ones(shape, dtype))
    assert (ones(np.ones((1, 2))).data == 6).all()


@pytest.mark.parametrize(
    "name", ["he_normal", "he_uniform", "glorot_normal", "glorot_uniform", "lecun_normal", "lecun_uniform"]
)
def test_the_variance_that_each_initialisation_promises(name):
    fan_in, fan_out = 3 * 5 * 5, 400 * 5 * 5
    promised = {"he": 2 / fan_in, "glorot": 2 / (fan_in + fan_out), "lecun": 1 / fan_in}[name.split("_")[0]]
    w = getattr(nn.init, name)((400, 3, 5, 5), rng=0)
    assert w.var() == pytest.approx(promised, rel=0.02)
    assert abs(w.mean()) < 0.02 * promised**0.5
    if name.endswith("uniform"):
        assert abs(w).max() == pytest.approx((3 * promised) ** 0.5, rel=1e-3)


def test_batch_norm_of_images_in_evaluation_by_hand():
    x = np.random.default_rng(0).normal(size=(4, 3, 2, 5))
    layer = nn.BatchNorm2d(3)
    layer.running_mean.data, layer.running_var.data = np.array([0.5, -1.0, 2.0]), np.array([0.25, 4.0, 1.0])
    layer.eval()
    by_hand = (x - np.array([0.5, -1.0, 2.0])[:, None, None]) / np.sqrt(
        np.array([0.25, 4.0, 1.0])[:, None, None] + 1e-5
    )
    np.testing.assert_allclose(layer(x).data, by_hand, rtol=1e-13)


def test_functions_in_a_sequential_are_shown():
    lines = repr(nn.Sequential(nn.Linear(2, 3, rng=0), np.tanh, nn.Sequential(abs))).splitlines()
    assert lines[2:] == ["  1: tanh", "  2: Sequential(", "    0: abs", "  )", ")  9 parameters"]


def test_frozen_parameters_are_told_in_the_summary():
    model = nn.MLP(4, 8, 3, rng=0)
    for p in model[0].parameters():
        p.requires_grad = False
    assert str(nn.summary(model, 4)).endswith("\n27 parameters in 0.2 kB, and 40 numbers that are not trained")


def test_layers_are_put_into_a_sequential_eager_and_recorded():
    x, t = np.ones((2, 3)), np.zeros((2, 1))
    model = nn.Sequential(nn.Linear(3, 4, rng=0)).append(nn.Tanh()).append(nn.Linear(4, 1, rng=1))
    assert model(x).shape == (2, 1)
    step = nn.compile_step(lambda x, t: nn.squared_error(model(x), t), nn.SGD(model.parameters(), lr=0.0))
    before = float(step(x, t))
    model[1] = nn.ReLU()
    assert float(step(x, t)) == nn.squared_error(model(x), t).item() != before
    for wrong in (lambda: model.append(5), lambda: model.__setitem__(0, nn.ReLU)):
        with pytest.raises(
            TypeError,
            match="Sequential: expected a module or function in place [30], got",
        ):
            wrong()
