"""Modules: what counts as a parameter, states, and how they print."""

import copy
import pickle

import numpy as np
import pytest

import autograd
import nn
from autograd import Tensor


class Odd(nn.Module):
    """Holds parameters in every place where they are looked for."""

    def __init__(self):
        self.scale = Tensor([2.0], requires_grad=True)
        self.parts = [nn.Linear(2, 3, rng=0), {"b": nn.Linear(3, 1, rng=1), "t": (Tensor([1.0], requires_grad=True),)}]
        self.frozen = Tensor([5.0, 6.0])
        self.mean = np.zeros(2)
        self.count = 7
        self.again = self.parts[0]
        self.seen = None

    def forward(self, x):
        self.seen = self.parts[1]["b"](self.parts[0](x)) * self.scale
        return self.seen


def test_parameters_are_found_in_order_and_once():
    model = Odd()
    names = [name for name, _ in model.named_parameters()]
    assert names == ["scale", "parts.0.weight", "parts.0.bias", "parts.1.b.weight", "parts.1.b.bias", "parts.1.t.0"]
    assert [id(p) for p in model.parameters()] == [id(p) for _, p in model.named_parameters()]
    model(np.ones((4, 2)))  # a result that an attribute holds is no parameter and no buffer
    assert [name for name, _ in model.named_parameters()] == names
    assert set(model.state_dict()) == {*names, "frozen", "mean", "again.weight", "again.bias"}


def test_two_tensors_of_one_path_are_refused():
    m = nn.Module()
    m.d = {"a.b": Tensor([1.0]), "a": {"b": Tensor([2.0])}}
    with pytest.raises(ValueError, match=r"two different tensors of Module have the path 'd\.a\.b': rename one"):
        m.state_dict()


def test_results_and_constants_kept_on_self_are_no_state():
    class Keeps(nn.Module):
        def __init__(self):
            self.layer = nn.Linear(2, 2, rng=0)
            self.ones = np.broadcast_to(1.0, (2,))

        def forward(self, x):
            self.hidden = self.layer(x)
            return self.hidden

    m = Keeps()
    m(np.ones((3, 2)))
    assert list(m.state_dict()) == ["layer.weight", "layer.bias"]
    m.load_state_dict(m.state_dict())
    m.mean = Tensor(np.zeros(2)) * 0.9 + 0.1  # a buffer that an op made is one all the same
    assert list(m.state_dict()) == ["layer.weight", "layer.bias", "mean"]
    w = Tensor(np.ones(2)) * 0.1  # made by an op, and a parameter all the same
    w.requires_grad = True
    m.w = w
    assert "w" in dict(m.named_parameters())
    (m.w * 2).sum().backward()
    nn.SGD(m.parameters(), 0.1).step()
    np.testing.assert_allclose(m.w.data, -0.1)


def test_a_cycle_is_not_followed_for_ever():
    a, b = nn.Module(), nn.Module()
    a.w, a.other, b.other = Tensor([1.0], requires_grad=True), b, a
    assert [name for name, _ in a.named_parameters()] == ["w"]
    assert [name for name, _ in b.named_parameters()] == ["other.w"]
    assert "other: Module()" in repr(a)


def test_train_and_eval_reach_everything():
    model = nn.Sequential(nn.Linear(2, 2), nn.Sequential(nn.Tanh()))
    assert model.training
    assert not any(m.training for m in model.eval().modules())
    assert all(m.training for m in model.train().modules())
    assert nn.Module.training


def test_zero_grad():
    model = nn.MLP(2, 3, 1, rng=0)
    model.loss(np.ones((4, 2)), np.ones((4, 1))).backward()
    assert all(p.grad is not None for p in model.parameters())
    model.zero_grad()
    assert all(p.grad is None for p in model.parameters())


def test_state_dict_is_a_copy_and_loads_back():
    model, other = nn.MLP(4, 3, 2, rng=0), nn.MLP(4, 3, 2, rng=1)
    state = model.state_dict()
    assert list(state) == ["0.weight", "0.bias", "2.weight", "2.bias"]
    assert all(a.flags.c_contiguous for a in state.values())
    other.load_state_dict(state)
    for p, q in zip(model.parameters(), other.parameters(), strict=True):
        np.testing.assert_array_equal(p.data, q.data)
    state["0.weight"][0, 0] = 99
    assert other.state_dict()["0.weight"][0, 0] != 99


def test_loading_is_all_or_nothing_and_says_what_does_not_fit():
    model = nn.MLP(4, 3, 2, rng=0)
    before = model.state_dict()
    state = model.state_dict()
    state["0.weight"] = np.zeros((3, 5))
    state["0.bias"] = np.array(["a", "b", "c"])
    state["extra"] = state.pop("2.bias")
    with pytest.raises(ValueError, match="does not fit MLP:\n") as caught:
        model.load_state_dict(state)
    small = nn.Linear(1, 1, rng=0, dtype=np.float32)
    with pytest.raises(ValueError, match="bias: has values too large for float32"):
        small.load_state_dict({"weight": [[1.0]], "bias": np.array([1e300])})
    with pytest.raises(TypeError, match="state: expected a dict of arrays, got None"):
        model.load_state_dict(None)
    for part in ("0.bias: expected float64, got <U1", "0.weight: expected shape (3, 4), got (3, 5)",
                 "missing: 2.bias", "unexpected: extra"):  # fmt: skip
        assert part in str(caught.value)
    for name, a in model.state_dict().items():
        np.testing.assert_array_equal(a, before[name])


def test_loading_counts_as_a_change():
    model = nn.MLP(2, 1, rng=0)
    loss = model.loss(np.ones((3, 2)), np.ones((3, 1)))
    model.load_state_dict(model.state_dict())
    with pytest.raises(RuntimeError, match="W1 .* was changed"):
        loss.backward()


def test_models_with_ops_in_them_are_copied_and_pickled():
    model = nn.Sequential(nn.Linear(2, 3, rng=0), autograd.tanh, autograd.getitem, nn.ReLU())
    for clone in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert clone[1] is autograd.tanh
        np.testing.assert_array_equal(clone[0].weight.data, model[0].weight.data)


def transposed(w):
    return w.T.flags.c_contiguous and w.ndim == 2


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_weight_lies_in_memory_as_its_transpose(dtype, tmp_path):
    model = nn.MLP(5, 4, 3, rng=0, dtype=dtype)
    optimizer = nn.SGD(model.parameters(), 0.1, momentum=0.9, nesterov=True, weight_decay=0.1)
    clones = [lambda m: m, copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))]
    nn.save(model, tmp_path / "w.safetensors")
    for clone in clones:
        m = clone(model)
        assert all(transposed(layer.weight.data) for layer in (m[0], m[2]))
    nn.load(tmp_path / "w.safetensors", model)
    model[0].weight.data = model[0].weight.data.copy(order="C")
    for _ in range(3):
        optimizer.zero_grad()
        model.loss(np.ones((6, 5), dtype), np.ones((6, 3), dtype)).backward()
        optimizer.step()
    for layer in (model[0], model[2]):
        assert transposed(layer.weight.data)
        assert transposed(layer.weight.grad)
    assert all(transposed(s["v"]) for s in optimizer.state[::2])


def test_float32_data_keeps_everything_float32():
    model = nn.MLP(5, 4, 3, output="softmax", rng=0, dtype=np.float32)
    optimizer = nn.SGD(model.parameters(), lambda step: np.float64(0.1), momentum=0.9, nesterov=True, weight_decay=0.1)
    for cost, t in [("cross_entropy", [0, 1, 2, 1]), ("cross_entropy", np.eye(3)[[0, 1, 2, 1]])]:
        for _ in range(2):
            optimizer.zero_grad()
            loss = model.loss(np.ones((4, 5), np.float32), t)
            loss.backward(retain_grads=True)
            optimizer.step()
            assert loss.dtype == np.float32, cost
            assert all(p.dtype == p.grad.dtype == np.float32 for p in model.parameters())
            assert all(v.dtype == np.float32 for s in optimizer.state for v in s.values())
    z = Tensor(np.full((4, 3), 0.3, np.float32), requires_grad=True)
    for cost in (nn.squared_error, nn.half_squared_error, nn.mean_squared_error, nn.binary_cross_entropy,
                 nn.binary_cross_entropy_with_logits):  # fmt: skip
        loss = cost(z, np.ones((4, 3)))  # float64 targets do not widen anything
        z.zero_grad()
        loss.backward()
        assert loss.dtype == z.grad.dtype == np.float32


def test_repr_shows_shapes_and_counts():
    text = repr(Odd())
    assert "Odd(  scale (1,), parts.1.t.0 (1,), frozen (2,), mean (2,)" in text
    assert "  parts.0: Linear(2 -> 3)  weight (3, 2), bias (3,)  9 parameters" in text
    assert text.endswith(")  15 parameters")
    assert repr(nn.LeakyReLU(0.2)) == "LeakyReLU(0.2)"


def test_a_module_without_forward_says_so():
    with pytest.raises(TypeError, match=r"Module has no forward\(self, x\): define"):
        nn.Module()(1)


@pytest.mark.parametrize(("make", "message"), [
    (lambda: nn.Linear(0, 3), "in_features: expected a whole number >= 1, got 0"),
    (lambda: nn.Linear(2, 2.5), "out_features: expected a whole number >= 1, got 2.5"),
    (lambda: nn.Linear(2, 2, init="he"), "unknown initialisation 'he': There are|did you mean 'he_normal'"),
    (lambda: nn.MLP(3), r"at least two sizes.*got \(3,\)"),
    (lambda: nn.MLP(3, 2, activation="rleu"), "unknown activation 'rleu': did you mean 'relu'"),
    (lambda: nn.MLP(3, 2, activation="RELU"), "unknown activation 'RELU': did you mean 'relu'"),
    (lambda: nn.MLP(3, 2, output="sofmax"), "unknown output 'sofmax': did you mean 'softmax'"),
    (lambda: nn.MLP(3, 2, cost="square_error"), "unknown cost 'square_error': did you mean 'squared_error'"),
    (lambda: nn.MLP(3, 2, cost="cross_entropy"), "cost 'cross_entropy' needs output='softmax', got 'identity'"),
    (lambda: nn.Linear(2, 3, init=lambda shape, rng, dtype: np.ones(shape[::-1])), r"weights of shape \(3, 2\), got \(2, 3\)"),
    (lambda: nn.MLP(3, 2, cost="nll"), "cost 'nll' needs output='log_softmax', got 'identity'"),
    (lambda: nn.MLP(3, 2, output="sigmoid", cost="binary_cross_entropy_with_logits"), "needs output='identity'"),
    (lambda: nn.MLP(3, 2, activation="log_softmax"), "unknown activation 'log_softmax'"),
    (lambda: nn.MLP(3, 0), "out_features: expected a whole number >= 1, got 0"),
])  # fmt: skip
def test_bad_architectures(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_shapes_that_do_not_fit_name_the_layer_op_and_shapes():
    with pytest.raises(ValueError, match=r"got x \(2, 5\), weight \(3, 4\)") as caught:
        nn.MLP(4, 3, 2)(np.ones((2, 5)))
    with pytest.raises(ValueError, match=r"samples are rows: write x\[:, None\]"):
        nn.MLP(1, 3)(np.ones(5))
    assert "in linear(x=float64(2, 5), weight=W1 float64(3, 4), bias=b1 float64(3,))" in caught.value.__notes__


@pytest.mark.parametrize(("init", "variance"), [
    ("he_normal", 2 / 50), ("he_uniform", 2 / 50), ("glorot_normal", 2 / 1050), ("glorot_uniform", 2 / 1050),
    ("kaiming_normal", 2 / 50), ("kaiming_uniform", 2 / 50), ("xavier_normal", 2 / 1050), ("xavier_uniform", 2 / 1050),
])  # fmt: skip
def test_initialisation_has_the_spread_of_its_paper(init, variance):
    make = getattr(nn.init, init)
    w = make((1000, 50), rng=0)
    assert w.var() == pytest.approx(variance, rel=0.03)
    assert abs(w.mean()) < 0.01 * np.sqrt(variance) * 3
    np.testing.assert_array_equal(w, make((1000, 50), rng=0))
    assert make((3, 2), 0, np.float32).dtype == np.float32
    if init.endswith("uniform"):
        assert np.abs(w).max() <= np.sqrt(3 * variance)


def test_the_net_from_the_bare_list():
    model = nn.MLP(784, 100, 10, activation="relu", output="softmax", cost="cross_entropy", rng=0)
    x = np.random.default_rng(0).normal(size=(3, 784))
    W1, b1, W2, b2 = (p.data for p in model.parameters())
    z = np.maximum(x @ W1.T + b1, 0) @ W2.T + b2
    np.testing.assert_allclose(model(x).data, z, rtol=1e-12)
    np.testing.assert_allclose(model.predict(x).data.sum(1), 1)
    assert [p.name for p in model.parameters()] == ["W1", "b1", "W2", "b2"]
    e = np.exp(z)
    expected = -np.log(e / e.sum(1, keepdims=True))[[0, 1, 2], [3, 1, 4]].mean()
    assert model.loss(x, [3, 1, 4]).item() == pytest.approx(expected)


@pytest.mark.parametrize(("output", "cost", "t", "same"), [
    ("log_softmax", None, [1, 0, 2], ("softmax", "cross_entropy")),
    ("log_softmax", "kl_divergence", np.eye(3)[[1, 0, 2]], ("softmax", "cross_entropy")),
    ("identity", "binary_cross_entropy_with_logits", np.eye(3)[[1, 0, 2]], ("sigmoid", None)),
])  # fmt: skip
def test_costs_that_have_two_names(output, cost, t, same):
    x = np.random.default_rng(0).normal(size=(3, 4))
    one, two = (nn.MLP(4, 5, 3, activation="silu", output=o, cost=c, rng=0) for o, c in ((output, cost), same))
    assert one.loss(x, t).item() == pytest.approx(two.loss(x, t).item(), rel=1e-14)


@pytest.mark.parametrize(("cost", "expected"), [
    ("absolute_error", 3 + 1), ("huber", (2.5 + 0.5) / 2), ("hinge", (3 + 1) / 2),
])  # fmt: skip
def test_other_costs_by_their_names(cost, expected):
    model = nn.MLP(1, 2, cost=cost)
    for p in model.parameters():
        p.data[...] = [[0.0], [0.0]] if p.ndim == 2 else [2.0, 0.0]
    assert model.loss(np.ones((1, 1)), np.array([[-1.0, 1.0]])).item() == expected


def test_a_slice_of_layers_has_their_parameters():
    model = nn.MLP(4, 5, 3, rng=0)
    front = model[:2]
    assert (len(front), len(model[-1:])) == (2, 1)
    assert type(front) is type(nn.Residual(nn.Tanh())[:1]) is nn.Sequential
    assert front.parameters()[0] is model[0].weight
    x = np.ones((2, 4))
    np.testing.assert_array_equal(model[2:](front(x)).data, model(x).data)


def test_d4_squared_error_behind_a_sigmoid_is_not_prediction_minus_target():
    model = nn.MLP(3, 2, output="sigmoid", cost="half_squared_error", rng=0)
    x, t = np.random.default_rng(0).normal(size=(4, 3)), np.ones((4, 2))
    z = model(x)
    model.cost(z, t).backward(retain_grads=True)
    y = 1 / (1 + np.exp(-z.data))
    np.testing.assert_allclose(z.grad, (y - t) * y * (1 - y) / 4, rtol=1e-12)


def test_a_name_with_controls_is_shown_in_one_line():
    model = nn.Module()
    model.layers = {"a\x1b[31m\nb": nn.Linear(2, 2, rng=0), "c": nn.Linear(2, 2, rng=0)}
    model.forward = lambda x: model.layers["c"](x)
    with pytest.raises(ValueError) as refused:
        model.load_state_dict({"\u202e\r": np.ones(1)})
    for text in (repr(model), str(nn.summary(model, 2)), str(refused.value)):
        assert all(c.isprintable() for c in text.replace("\n", ""))
        assert "layers.a [31m b" in text
    assert len(repr(model).splitlines()) == 4
