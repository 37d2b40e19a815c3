"""Groups of optimizers, which step together or not at all; and the states of optimizers, from which training goes on."""

import numpy as np
import pytest
from numeric import leaf

import nn
from nn import schedules

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(16, 4)), RNG.integers(0, 3, 16)


def net(dtype=float):
    return nn.MLP(4, 8, 3, activation="tanh", output="softmax", rng=0, dtype=dtype)


def bits(model):
    return [p.data.tobytes() for p in model.parameters()]


def train(model, optimizer, n, recorded=False):
    x = X.astype(model.parameters()[0].dtype)
    step = nn.compile_step(model.loss, optimizer) if recorded else None
    for _ in range(n):
        if step:
            step(x, Y)
        else:
            optimizer.zero_grad()
            model.loss(x, Y).backward()
            optimizer.step()
    return bits(model)


def halves(model):
    return model.parameters()[::2], model.parameters()[1::2]


@pytest.mark.parametrize("recorded", [False, True])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_groups_are_the_optimizers_by_themselves(recorded, dtype):
    a, b = net(dtype), net(dtype)
    apart = [
        nn.SGD(halves(a)[0], 0.1, momentum=0.9),
        nn.Adam(halves(a)[1], schedules.exponential(0.1, 0.9), clip_norm=0.1),
    ]
    w, c = halves(b)
    groups = nn.Groups(nn.SGD(w, 0.1, momentum=0.9), nn.Adam(c, schedules.exponential(0.1, 0.9), clip_norm=0.1))
    for _ in range(10):
        a.zero_grad()
        a.loss(X.astype(dtype), Y).backward()
        for optimizer in apart:
            optimizer.step()
    assert bits(a) == train(b, groups, 10, recorded)
    assert groups.steps == 10
    assert [x.steps for x in groups.optimizers] == [10, 10]


def test_groups_alike_are_one_optimizer():
    a, b = net(), net()
    w, c = halves(b)
    one = nn.Adam(a.parameters(), 0.05, clip_norm=0.2, clip_value=0.1)
    two = nn.Groups(nn.Adam(w, 0.05), nn.Adam(c, 0.05), clip_norm=0.2, clip_value=0.1)
    assert train(a, one, 10) == train(b, two, 10)
    assert train(a, one, 10, recorded=True) == train(b, two, 10, recorded=True)


def test_the_norm_of_groups_is_that_of_all_their_parameters():
    p, q = leaf([0.0]), leaf([0.0, 0.0])
    p.grad, q.grad = np.array([3.0]), np.array([0.0, 4.0])
    nn.Groups(nn.SGD([p], 1.0), nn.SGD([q], 0.5), clip_norm=1.0).step()
    np.testing.assert_allclose([*p.data, *q.data], [-0.6, 0, -0.4], rtol=1e-15)


def test_what_a_group_says_for_its_own_comes_first():
    p, q = leaf([0.0]), leaf([0.0, 0.0])
    p.grad, q.grad = np.array([3.0]), np.array([0.0, 40.0])
    nn.Groups(nn.SGD([p], 1.0), nn.SGD([q], 1.0, clip_value=4.0), clip_norm=1.0).step()
    np.testing.assert_allclose([*p.data, *q.data], [-0.6, 0, -0.8], rtol=1e-15)


def test_a_step_of_groups_is_made_by_all_or_none():
    p, q = leaf([1.0], name="p"), leaf([1.0, 2.0], name="q")
    groups = nn.Groups(nn.SGD([p], 0.1, momentum=0.9), nn.Adam([q], lambda t: 0.1 if t < 1 else float("nan")))
    with pytest.raises(ValueError, match="no parameter has a gradient"):
        groups.step()
    p.grad, q.grad = np.ones(1), np.array([1.0, np.nan])
    with pytest.raises(ValueError, match="the gradient of q .* NaN"):
        groups.step()
    q.grad = np.ones(3)
    with pytest.raises(ValueError, match="the gradient of q .* is float64"):
        groups.step()
    assert (p.data.tolist(), q.data.tolist(), groups.state, groups.steps) == ([1.0], [1.0, 2.0], [{}, {}], 0)
    q.grad = np.ones(2)
    groups.step()
    with pytest.raises(ValueError, match="lr: expected a finite number"):
        groups.step()
    assert p.data.tolist() == [0.9]
    assert [x.steps for x in (groups, *groups.optimizers)] == [1, 1, 1]
    groups.zero_grad()
    assert p.grad is None is q.grad
    p.grad, groups.optimizers[1].lr = np.ones(1), 0.1
    groups.step()  # of the other there is no gradient
    np.testing.assert_allclose(p.data, [0.9 - 0.1 * 1.9])


def test_what_groups_refuse():
    p, q = leaf([1.0], name="p"), leaf([1.0], name="q")

    class Own(nn.SGD):
        def step(self):
            pass

    with pytest.raises(ValueError, match=r"p float64\(1,\) is in optimizers 0 and 1"):
        nn.Groups(nn.SGD([q, p], 0.1), nn.Adam([p]))
    with pytest.raises(ValueError, match="no optimizers"):
        nn.Groups()
    with pytest.raises(TypeError, match="optimizer 1: expected one such as nn.SGD"):
        nn.Groups(nn.SGD([p], 0.1), [q])
    with pytest.raises(TypeError, match="optimizer 0: expected one such as nn.SGD"):
        nn.Groups(nn.Groups(nn.SGD([p], 0.1)))
    with pytest.raises(TypeError, match="optimizer 0: Own has a step.. of its own"):
        nn.Groups(Own([p], 0.1))
    groups = nn.Groups(nn.SGD([p], 0.1))
    with pytest.raises(AttributeError, match="groups.optimizers.0..lr"):
        groups.lr  # noqa: B018
    with pytest.raises(AttributeError, match="groups.optimizers.0..lr"):
        groups.lr = 0.1


@pytest.mark.parametrize("recorded", [False, True])
def test_a_parameter_that_joins_a_group_unseen_is_an_error(recorded):
    model = net()
    w, c = halves(model)
    groups = nn.Groups(nn.SGD(w, 0.1), nn.SGD(c[:1], 0.1))
    step = nn.compile_step(model.loss, groups)
    step(X, Y)
    groups.optimizers[1].params.append(c[1])
    groups.optimizers[1].state.append({})
    before = bits(model)
    with pytest.raises(ValueError, match="parameters of an optimizer in Groups have changed"):
        step(X, Y) if recorded else train(model, groups, 1)
    assert bits(model) == before


def test_a_group_that_got_another_rate_or_parameter_is_recorded_again():
    a, b = net(), net()
    of_a, of_b = (nn.Groups(nn.SGD(w, 0.1, momentum=0.9), nn.Adam(c, 0.1)) for w, c in (halves(a), halves(b)))
    step = nn.compile_step(b.loss, of_b)
    for i in range(8):
        for groups in (of_a, of_b):
            groups.optimizers[0].lr = 0.1 / (1 + i)
            groups.optimizers[0].momentum = 0.5 if i > 3 else 0.9
            groups.clip_norm = 0.1 if i > 5 else None
        train(a, of_a, 1)
        step(X, Y)
        assert bits(a) == bits(b)


def test_fit_with_groups_is_recorded_and_the_same():
    rows = []
    for compile in (None, False):
        model = net()
        w, c = halves(model)
        groups = nn.Groups(nn.AdamW(w, 0.01), nn.SGD(c, 0.1), clip_norm=1.0)
        nn.fit(model, X, Y, epochs=3, batch_size=5, optimizer=groups, rng=0, progress=False, compile=compile)
        rows.append(bits(model))
        assert (model.parameters()[1].grad.base is not None) == (compile is None)  # a view of a flat vector
    assert rows[0] == rows[1]


# States.

KINDS = {
    "sgd": lambda w, c: nn.SGD(w + c, 0.1, momentum=0.9),
    "adagrad": lambda w, c: nn.Adagrad(w + c, 0.1),
    "rmsprop": lambda w, c: nn.RMSprop(w + c, 0.01),
    "adam": lambda w, c: nn.Adam(w + c, schedules.cosine(0.05, 12)),
    "adamw": lambda w, c: nn.AdamW(w + c, schedules.warmup(schedules.ReduceOnPlateau(0.1, 0.5, 0), 2)),
    "groups": lambda w, c: nn.Groups(nn.Adam(w, schedules.ReduceOnPlateau(0.1, 0.5, 0)), nn.SGD(c, 0.1, momentum=0.5)),
}


def alike(one, other):
    """Is what two optimizers keep of the same dtypes and memory layouts?"""
    for a, b in zip(one.state, other.state, strict=True):
        assert {n: (x.dtype, x.strides) for n, x in a.items()} == {n: (x.dtype, x.strides) for n, x in b.items()}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("recorded", [False, True])
@pytest.mark.parametrize("into", ["a new one", "one that was elsewhere", "one in a program"])
def test_training_goes_on_from_a_state_bit_for_bit(kind, dtype, recorded, into, tmp_path):
    a, b = net(dtype), net(dtype)
    of_a, of_b = KINDS[kind](*halves(a)), KINDS[kind](*halves(b))
    for loss in (3.0, 2.0, 2.5):
        train(a, of_a, 3, recorded)
        of_a.observe(loss)
    nn.save(of_a.state_dict(), tmp_path / "state.safetensors")
    if into != "a new one":
        train(b, of_b, 2, into == "one in a program")
    b.load_state_dict(a.state_dict())
    assert of_b.load_state_dict(nn.load(tmp_path / "state.safetensors")) is of_b
    alike(of_a, of_b)
    for loss in (2.4, 2.6):
        assert train(a, of_a, 3, recorded) == train(b, of_b, 3, recorded)
        of_a.observe(loss)
        of_b.observe(loss)
    assert train(a, of_a, 1, recorded) == train(b, of_b, 1, not recorded)
    alike(of_a, of_b)


def test_the_plateaus_of_all_optimizers_are_told_each_once():
    def falls(*rates):
        halved = [schedules.ReduceOnPlateau(1.0, 0.5, 0) if x is None else x for x in rates]
        optimizer = nn.Groups(*(nn.SGD([leaf([1.0])], lr) for lr in halved))
        for loss in (2.0, 2.0, 2.0):
            optimizer.observe(loss)
        return [part.rate() for part in optimizer.optimizers]

    shared = schedules.ReduceOnPlateau(1.0, 0.5, 0)
    assert falls(None, None) == falls(shared, shared) == [0.25, 0.25]
    assert falls(0.1, None, lambda t: 0.2) == [0.1, 0.25, 0.2]
    assert falls(None, 0.1, None) == [0.25, 0.1, 0.25]


def test_what_a_state_consists_of():
    model = net()
    optimizer = nn.Adam(model.parameters(), 0.25)
    names = ["0.m", "0.v", "1.m", "1.v", "2.m", "2.v", "3.m", "3.v", "lr", "steps"]
    assert sorted(optimizer.state_dict()) == names
    train(model, optimizer, 2)
    state = optimizer.state_dict()
    assert sorted(state) == names
    assert (state["lr"], state["steps"], state["0.m"].shape) == (0.25, 2, (8, 4))
    state["0.m"][...] = 7  # a copy
    assert not (optimizer.state[0]["m"] == 7).any()
    optimizer.lr = schedules.cosine(0.1, 5)
    assert "lr" not in optimizer.state_dict()
    optimizer.lr = schedules.ReduceOnPlateau(0.1)
    assert {"schedule.rate", "schedule.best", "schedule.waited"} < optimizer.state_dict().keys()


@pytest.mark.parametrize("kind", ["adam", "groups"])
def test_a_state_that_does_not_fit_changes_nothing(kind):
    model = net()
    optimizer = KINDS[kind](*halves(model))
    optimizer.parts[0].lr = 0.05
    train(model, optimizer, 3)
    good, at = optimizer.state_dict(), "0." if kind == "groups" else ""
    for change, message in [
        (lambda s: s.pop(at + "0.m"), rf"this state does not fit \w+:\n  missing: {at}0.m\n"),
        (lambda s: s.update(more=1.0), "unexpected: more\n"),
        (lambda s: s.update({at + "1.v": np.zeros(3)}), rf"{at}1.v: expected shape .*, got \(3,\)"),
        (lambda s: s.update({at + "steps": np.array(1.5)}), "steps: expected int64, got float64"),
        (lambda s: s.update({at + "steps": np.array(-1)}), "steps: expected a whole number >= 0, got -1"),
        (lambda s: s.update({at + "lr": np.array(-1.0)}), "lr: expected a finite number >= 0, got -1"),
        (lambda s: s.update({at + "1.v": -s[at + "1.v"]}), "1.v: expected squares of gradients, which are >= 0, got -"),
        (lambda s: s[at + "1.v"].fill(np.nan), "1.v: expected squares of gradients, which are >= 0, got nan"),
        (lambda s: s.update({at + "0.m": s[at + "0.m"] * 1j}), "0.m: expected float64, got complex128"),
        (lambda s: (s.pop("steps"), s.update({at + "0.s": 1.0})), f"missing: steps\n  unexpected: {at}0.s"),
    ]:
        state = {name: x * 2 for name, x in good.items()}
        change(state)
        with pytest.raises(ValueError, match=message):
            optimizer.load_state_dict(state)
        assert {n: x.tobytes() for n, x in optimizer.state_dict().items()} == {n: x.tobytes() for n, x in good.items()}
    with pytest.raises(TypeError, match=r"load_state_dict: state: expected a dict of arrays, got \[\]"):
        optimizer.load_state_dict([])
    optimizer.parts[0].lr = schedules.constant(0.1)
    with pytest.raises(ValueError, match=f"unexpected: {at}lr"):
        optimizer.load_state_dict(good)


def test_what_an_optimizer_of_ones_own_keeps_may_have_any_name():
    class Rprop(nn.optimizer.Optimizer):
        def start(self, p):
            return {"lr": np.full_like(p, 0.5), "v": -np.ones_like(p)}

        def update(self, p, g, lr, state):
            return state["lr"] * np.sign(g)

    optimizer, other = (Rprop([leaf([1.0, 2.0])], 0.1) for _ in range(2))
    np.testing.assert_array_equal(other.load_state_dict(optimizer.state_dict()).state[0]["lr"], [0.5, 0.5])
    rate = schedules.ReduceOnPlateau(0.1)
    adam = nn.Groups(nn.SGD([leaf([1.0])], 0.1), nn.Adam([leaf([1.0])], rate))
    for bad in (-0.1, np.nan):
        with pytest.raises(ValueError, match="1.schedule.rate: expected a finite number >= 0, got"):
            adam.load_state_dict(adam.state_dict() | {"0.lr": 0.2, "1.schedule.rate": bad})
    assert (adam.optimizers[0].lr, rate.rate) == (0.1, 0.1)
