"""Recorded programs: bit for bit what the eager run gives, for other values than those that were recorded."""

import copy
import gc
import random
import re
import threading
import warnings
import weakref
from random import Random

import numpy as np
import pytest
from test_ops import CASES
from test_random_programs import data, total, written

import autograd as ag
import nn
from autograd import Tensor
from autograd.containers import leaves, mapped
from autograd.program import blocks, layouts
from autograd.program.traced import Frozen

RNG = np.random.default_rng(1)
X, Y = RNG.normal(size=(16, 4)), RNG.integers(0, 3, 16)


def bits(x):
    return [(np.shape(a), np.asarray(a).dtype, np.asarray(a).tobytes()) for a in leaves(x)]


def net(seed=0, **kwargs):
    return nn.MLP(4, 16, 3, output="softmax", rng=seed, **{"activation": "tanh", "dtype": np.float32} | kwargs)


def state(model):
    return bits([p.data for p in model.parameters()])


# Equal to the eager run.


def pulled(f):
    """The value of f and the pullback of cotangents, which come last."""

    def both(*args):
        *xs, gs = args
        value, pullback = ag.vjp(f, *xs)
        return value, pullback(gs)

    return both


@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_every_op_equals_its_eager_run(case, dtype):
    rng = np.random.default_rng(5)
    arrays = case.inputs(dtype)
    f = pulled(case.f)
    like = mapped(lambda path, x: rng.normal(size=x.shape).astype(x.dtype), ag.vjp(case.f, *arrays)[0])
    program = ag.compile(f)
    assert bits(program(*arrays, like)) == bits(f(*arrays, like))
    for _ in range(2):
        xs = [a if i in case.fixed else rng.permutation(a.ravel()).reshape(a.shape) for i, a in enumerate(arrays)]
        assert bits(program(*xs, like)) == bits(f(*xs, like))
    assert program.count == 1


def random_program_equals_its_eager_run(seed):
    program = written(Random(seed))
    xs, others, rng = data(program)
    ends = program.ends()
    shapes = [np.shape(v) for v in program.run("ours", xs)]
    weights = [rng.uniform(0.5, 1, shapes[k]) for k in ends]

    def f(*xs):
        values = program.run("ours", xs)
        return total(weights, [values[k] for k in ends])

    eager = ag.value_and_grad(f, argnums=tuple(range(len(xs))))
    compiled = ag.compile(eager)
    with np.errstate(all="ignore"):
        for arrays in (xs, others, xs):
            assert bits(compiled(*arrays)) == bits(eager(*arrays)), seed


def test_random_programs_equal_their_eager_runs():
    for seed in (*range(300), 1669):
        random_program_equals_its_eager_run(seed)


@pytest.mark.soak
@pytest.mark.parametrize("hundred", range(100))
def test_very_many_random_programs_equal_their_eager_runs(hundred):
    for seed in range(100 * hundred, 100 * hundred + 100):
        random_program_equals_its_eager_run(seed)


@pytest.mark.parametrize("change", [
    {}, {"momentum": 0.9}, {"momentum": 0.9, "nesterov": True, "weight_decay": 0.01}, {"lr": lambda t: 0.1 / (1 + t)},
])  # fmt: skip
@pytest.mark.parametrize("activation", ["tanh", "relu", "sigmoid", "leaky_relu", "softplus", "swish"])
def test_training_is_the_same_to_the_last_bit(change, activation):
    pairs = []
    for _ in range(2):
        model = net(activation=activation)
        pairs.append((model, nn.SGD(model.parameters(), **{"lr": 0.1} | change)))
    (eager, one), (recorded, other) = pairs
    step = nn.compile_step(recorded.loss, other)
    apart = ag.compile(recorded.loss, recorded.parameters())
    for i in range(30):
        batch = slice(0, 16) if i % 3 else slice(0, 5)
        one.zero_grad()
        loss = eager.loss(X[batch].astype("f"), Y[batch])
        loss.backward()
        one.step()
        if i % 5 == 3:  # a step that is not the program's
            other.zero_grad()
            found = recorded.loss(X[batch].astype("f"), Y[batch])
            found.backward()
            other.step()
        elif i % 5 == 4:  # loss and gradient from a program, and the update apart
            other.zero_grad()
            found = apart(X[batch].astype("f"), Y[batch])
            other.step()
        else:
            found = step(X[batch].astype("f"), Y[batch])
        assert loss.item() == found.item()
        assert state(eager) == state(recorded)
        assert bits([p.grad for p in one.params]) == bits([p.grad for p in other.params])
    assert one.steps == other.steps
    assert step.count == 2  # one for each size of batch


def test_fit_is_the_same_to_the_last_bit_on_real_digits():
    (x, y), test = nn.datasets.digits()
    models = [nn.MLP(64, 32, 10, output="softmax", rng=3, dtype=np.float32) for _ in range(2)]
    histories = [
        nn.fit(model, x.astype("f"), y, epochs=20, rng=0, progress=False, validation=test, compile=compile)
        for model, compile in zip(models, (False, True), strict=True)
    ]
    assert state(models[0]) == state(models[1])
    assert histories[0] == histories[1]


def test_large_elementwise_work_runs_in_blocks_and_keeps_its_bits():
    n = blocks.LARGE + 12345
    x, w, b = (np.random.default_rng(i).normal(size=n).astype("f") for i in range(3))
    f = lambda x, w, b: (ag.tanh(x * w) * ag.sigmoid(x + b) + ag.relu(x)).sum()
    program = ag.compile(ag.value_and_grad(f, (0, 1, 2)))
    for scale in (1, 3):
        assert bits(program(x * scale, w, b)) == bits(ag.value_and_grad(f, (0, 1, 2))(x * scale, w, b))
    assert "for x_i" in program.source
    x, row, column = np.resize(x, (1000, 300)), w[:300], b[:1000, None]
    g = lambda x, row, column: (ag.exp(-((x + row) ** 2)) / (1 + column**2), x * row)
    program = ag.compile(g)
    for scale in (1, 3):
        assert bits(program(x * scale, row, column)) == bits(g(x * scale, row, column))


def test_hessians_jacobians_and_their_kin():
    rosen = lambda x: (100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum()
    for f in (ag.grad(rosen), ag.hessian(rosen), ag.jacobian(ag.grad(rosen)), ag.value_and_grad(rosen)):
        program = ag.compile(f)
        for scale in (1.0, 2.0, -1.0):
            assert bits(program(X[0] * scale)) == bits(f(X[0] * scale))
    program = ag.compile(ag.hvp(rosen))
    for scale in (1.0, 2.0):
        assert bits(program(X[0] * scale, X[1])) == bits(ag.hvp(rosen)(X[0] * scale, X[1]))


def test_containers_keywords_numbers_and_tensors():
    def f(p, *, scale, power, shift=None):
        return {"y": [p["a"] @ p["b"][0] * scale, p["a"] ** power], "z": shift}

    program = ag.compile(f)
    for k in range(3):
        p = {"a": X + k, "b": (X.T,)}
        assert bits(program(p, scale=0.5 + k, power=2)) == bits(f(p, scale=0.5 + k, power=2))
    assert program.count == 1  # floats are read anew
    assert bits(program(p, scale=0.5, power=3)) == bits(f(p, scale=0.5, power=3))
    assert program.count == 2  # and other values are not
    double = ag.compile(lambda t: t * 2)
    np.testing.assert_array_equal(double(Tensor(X)), X * 2)
    assert ag.grad(lambda x: double(x).sum())(X).shape == X.shape  # in the graph of an outer call it is f itself


# What is read anew, and what the program depends on.


def test_arrays_and_tensors_from_outside_are_read_anew():
    c, t, w = X.copy(), Tensor(X), Tensor(X, requires_grad=True)
    f = ag.compile(lambda x: (x + c) * t + w.data + w.numpy() + w.detach() + ag.exp(c))
    for k in range(4):
        c += k
        t.data = t.data + k
        w.data -= k
        expected = (X + c) * t.data + w.data + w.data + w.data + np.exp(c)
        np.testing.assert_allclose(f(X), expected, 1e-15)
    assert f.count == 1


def test_training_mode_and_hyperparameters_are_noticed():
    class Doubles(nn.Module):
        def __init__(self):
            self.w = Tensor([1.0], requires_grad=True)

        def forward(self, x):
            return x * self.w * (2 if self.training else 1)

    model = Doubles()
    f = ag.compile(model)
    assert f(np.ones(1)) == 2
    assert f.last.fits((np.ones(1),))
    assert float(model.eval() and f(np.ones(1))[0]) == 1
    assert float(model.train() and f(np.ones(1))[0]) == 2
    assert f.count == 2
    optimizer = nn.SGD(model.parameters(), 0.5, momentum=0.5)
    step = nn.compile_step(lambda x: model(x).sum(), optimizer)
    step(np.ones(1))
    optimizer.momentum = 0.0
    optimizer.lr = 0.25
    step(np.ones(1))
    assert step.count == 2
    np.testing.assert_array_equal(model.w.data, [1 - 0.5 * 2 - 0.25 * 2])


def test_momentum_that_is_switched_on_later_is_kept():
    pairs = []
    for _ in range(3):
        model = net()
        pairs.append((model, nn.SGD(model.parameters(), 0.1)))
    (a, one), (b, two), (c, three) = pairs
    step, apart = nn.compile_step(b.loss, two), ag.compile(c.loss, c.parameters())
    for i in range(6):
        for optimizer in (one, two, three):
            optimizer.momentum = 0.9 * (i > 2)
            optimizer.zero_grad()
        a.loss(X, Y).backward()
        one.step()
        step(X, Y)
        apart(X, Y)
        three.step()
        assert state(a) == state(b) == state(c)


def test_replaced_and_reshaped_parameters_are_noticed():
    p = Tensor([1.0, 2.0], requires_grad=True)
    loss = lambda: (p * p).sum()
    f = ag.compile(loss, [p])
    f()
    p.data = [5.0, 6.0]
    p.zero_grad()
    assert f() == 61
    np.testing.assert_array_equal(p.grad, [10, 12])
    p.data = [1.0, 2.0, 3.0]
    assert p.grad is None
    assert f() == 14
    np.testing.assert_array_equal(p.grad, [2, 4, 6])
    assert f.count == 2


def test_random_numbers_are_drawn_anew():
    def dropout(rng):
        return lambda x: x * (ag.anew(rng.random, x.shape) < 0.5)

    eager, recorded = dropout(np.random.default_rng(0)), ag.compile(dropout(np.random.default_rng(0)))
    for _ in range(4):
        assert bits(recorded(X)) == bits(eager(X))
    rng = np.random.default_rng(0)
    with pytest.raises(Frozen, match=r"differs from call to call.*autograd.anew"):
        ag.compile(lambda x: x * rng.normal(size=4))(X)


def test_buffers_are_updated_by_every_run():
    class Mean(nn.Module):
        def __init__(self):
            self.mean = Tensor(np.zeros(4))

        def forward(self, x):
            self.mean.data = 0.9 * self.mean.data + 0.1 * x.mean(0)
            self.mean.data[0] = 7
            return x - self.mean

    one, other = Mean(), Mean()
    f = ag.compile(other)
    for k in range(4):
        assert bits(one(X + k).data) == bits(f(X + k))
        assert bits(one.mean.data) == bits(other.mean.data)


# What would freeze a value.


@pytest.mark.parametrize("f", [
    lambda t: t if t.sum() > 1 else -t, lambda t: t * float(t.sum()), lambda t: t * t.sum().item(),
    lambda t: t * np.asarray(t), lambda t: t * t.tolist()[0], lambda t: t * max(t.sum(), 1), lambda t: t[int(t.sum())],
    lambda t: t * len([x for x in t if x > 0]), lambda t: np.zeros(3)[t.sum()],
])  # fmt: skip
@pytest.mark.parametrize("kind", [np.asarray, Tensor])
def test_what_would_freeze_a_value_raises(f, kind):
    with pytest.raises(TypeError, match=r"would freeze a value in the recorded program|only integer"):
        ag.compile(f)(kind(np.array([0.5, 0.25, 3.0])))


def test_a_primitive_that_needs_values_is_called_as_it_is():
    @ag.elementwise
    def clipped(x):
        return x if np.abs(x).max() < 1 else x / np.abs(x).max()

    clipped.defvjp(lambda g, out, x: g if np.abs(np.asarray(x)).max() < 1 else g / np.abs(np.asarray(x)).max())
    f = ag.value_and_grad(lambda x: (clipped(x) ** 2).sum())
    program = ag.compile(f)
    for scale in (0.1, 10.0, 0.1):
        assert bits(program(X * scale)) == bits(f(X * scale))


@pytest.mark.parametrize("f", [
    lambda x: (x[x > 0] * 2).sum(), lambda x: x[np.flatnonzero(x > 0)], lambda x: np.where(x > 0)[0], lambda x: np.unique(x),
    lambda x: x[x > 0].sum() / len(x[x > 0]),
])  # fmt: skip
def test_shapes_that_depend_on_values_are_refused(f):
    with pytest.raises(TypeError, match="shape of this result depends on values"):
        ag.compile(f)(np.array([1.0, 2.0, -1.0]))


def test_a_captured_mask_may_change_its_entries_but_not_their_number():
    mask = np.array([True, False, True])
    f = ag.compile(lambda x: (x[mask] * 2).sum())
    x = np.array([1.0, 2.0, 4.0])
    assert f(x) == 10
    mask[:] = [False, True, True]
    assert f(x) == 12
    mask[:] = [False, False, True]
    with pytest.raises(ValueError, match=r"expected shape \(2,\), as recorded, got \(1,\)"):
        f(x)


class Keeper:
    def __init__(self):
        self.rng, self.mask = np.random.default_rng(0), None

    def forward(self, x):
        self.mask = self.rng.random(4)
        return x * self.mask


R = np.random.default_rng(3)


@pytest.mark.parametrize("f", [
    lambda x: x * R.random(1), lambda x: x * R.random(()), lambda x: x * R.permutation(4), lambda x: x * R.normal(),
    lambda x: x * (R.random(4) > 1e-9), lambda x: x * float(R.random(1)[0]), lambda x: x * R.integers(0, 100, 4),
    Keeper().forward, lambda x: x * random.random(), lambda x: x * np.random.rand(4),  # noqa: NPY002
])  # fmt: skip
def test_random_numbers_that_f_draws_itself_are_refused(f):
    with pytest.raises(Frozen, match="differs from call to call"):
        ag.compile(f)(X)


def test_a_second_run_while_recording_draws_and_stores_nothing():
    b = [Tensor(np.zeros(4)), Tensor(np.zeros(4))]
    rngs = [np.random.default_rng(0), np.random.default_rng(0)]

    def f(x, k):
        c = np.array([1.0, 2.0, 5.0, 7.0])
        b[k].data = b[k].data * 0.9 + x * c
        return x * c * ag.anew(rngs[k].random, 4) + b[k]

    program = ag.compile(lambda x: f(x, 1))
    for i in range(3):
        assert bits(f(X[i], 0).data) == bits(program(X[i]))
        assert bits(b[0].data) == bits(b[1].data)


def test_what_is_read_before_an_update_is_as_it_was():
    for g in (lambda w: w * 1, lambda w: w + 0, lambda w: ag.copy(w), lambda w: w.detach(), lambda w: w.numpy()):
        ws = [Tensor([1.0, 2.0], requires_grad=True) for _ in range(2)]
        optimizers = [nn.SGD([w], 0.1) for w in ws]
        step = nn.compile_step(lambda x: (((x * ws[1]) ** 2).sum(), g(ws[1])), optimizers[1])  # noqa: B023
        for _ in range(3):
            optimizers[0].zero_grad()
            loss, kept = (
                ((3.0 * ws[0]) ** 2).sum(),
                bits(np.array(getattr(g(ws[0]), "data", None) if isinstance(g(ws[0]), Tensor) else g(ws[0]))),
            )
            loss.backward()
            optimizers[0].step()
            found = step(np.full(2, 3.0))
            assert (found[0], bits(found[1])) == (loss.item(), kept)
    bs = [Tensor(np.zeros(4)) for _ in range(2)]

    def f(b, x):
        v, old = b.reshape(2, 2), b * 1
        b.data = b.data * 0.9 + x
        return (v * v).sum(), old, b[1:] * 1

    program = ag.compile(lambda x: f(bs[1], x))
    for i in range(4):
        assert bits([v.data for v in f(bs[0], X[i])]) == bits(program(X[i]))


def test_numbers_keep_their_kind():
    x = X.astype("f")
    for f in (
        lambda x, b: (1 - b) * x, lambda x, b: x * (b * 2), lambda x, b: -b * x, lambda x, b: abs(x) ** (b + 1),
        lambda x, b: np.abs(x).sum() ** 3 + b, lambda x, b: x.sum() ** 2 * b, lambda x, b: abs(x.mean()) ** 0.5 / 3,
        lambda x, b: x.sum() * np.array(0.1), lambda x, b: x.sum() / np.array(3), lambda x, b: x.sum() * np.array(np.inf),
        lambda x, b: x.sum() % 3 + x.sum() // 7,
        lambda x, b: np.full_like(x, x.max()) * b,
    ):  # fmt: skip
        program = ag.compile(f)
        for b in (0.9, 0.3):
            for scale in (1, 3):
                assert bits(program(x * scale, b)) == bits(f(x * scale, b))
    with pytest.raises(ZeroDivisionError):
        ag.compile(lambda x, b: x * (1 / b))(x, 0.0)
    zeros = ag.compile(lambda x: (x / np.float32(0.0), x / np.float32(-0.0)))
    with np.errstate(divide="ignore"):
        for _ in range(2):
            assert bits(zeros(np.ones(2, "f"))) == bits((np.float32([np.inf] * 2), np.float32([-np.inf] * 2)))


def test_parameters_that_are_not_used_or_frozen_are_left_alone():
    pairs = [[Tensor([1.0, 2.0], requires_grad=True, name=n) for n in "wu"] for _ in range(2)]
    optimizers = [nn.SGD(ps, 0.1, momentum=0.9, weight_decay=0.1) for ps in pairs]
    step = nn.compile_step(lambda x: ((x * pairs[1][0]) ** 2).sum(), optimizers[1])
    for k in range(6):
        if k == 3:
            for w, u in pairs:
                w.requires_grad, u.data = True, u.data * 7
        optimizers[0].zero_grad()
        ((X[k, :2] * pairs[0][0]) ** 2).sum().backward()
        optimizers[0].step()
        step(X[k, :2])
        assert bits([p.data for p in pairs[0]]) == bits([p.data for p in pairs[1]])
        assert pairs[1][1].grad is None
    model = net()
    step = nn.compile_step(model.loss, nn.SGD(model.parameters(), 0.1))
    step(X, Y)
    model.layers[0].weight.requires_grad = False
    before = bits(model.layers[0].weight.data)
    step(X, Y)
    assert bits(model.layers[0].weight.data) == before


def test_a_parameter_that_is_another_tensor_is_noticed():
    layer = nn.Linear(4, 2, rng=0)
    f = ag.compile(layer)
    f(X)
    layer.weight = Tensor(np.ones((2, 4)), requires_grad=True)
    assert bits(f(X)) == bits(layer(X).data)


def caught(x):
    """Catches the error of a value that is wanted, and goes another way."""
    try:
        return x if x.sum() > 0 else -x
    except TypeError:
        return x * 2


class Counting(nn.Optimizer):
    """A user's optimizer, with a state that counts."""

    def start(self, p):
        return {"t": np.zeros(())}

    def update(self, p, g, lr, state):
        state["t"] = state["t"] + 1
        return lr * g / state["t"] + 0 * np.linalg.norm(p)


def test_optimizers_of_users():
    models = [net(), net()]
    optimizers = [Counting(model.parameters(), 0.1) for model in models]
    for state_ in optimizers[0].state:
        state_["t"] = np.zeros(())
    step = nn.compile_step(models[1].loss, optimizers[1])
    for _ in range(4):
        optimizers[0].zero_grad()
        models[0].loss(X, Y).backward()
        optimizers[0].step()
        step(X, Y)
        assert state(models[0]) == state(models[1])

    optimizer = optimizers[0]
    with pytest.raises(Frozen, match="steps would freeze"):
        nn.compile_step(lambda x, y: models[0].loss(x, y) * optimizer.steps, optimizer)(X, Y)


@pytest.mark.parametrize("f", [
    lambda x: x * len(str(x)), lambda x: x * len(f"{x}"), lambda x: x * len(f"{x[0, 0]:.2f}"), lambda x: {}.get(x[0, 0], x),
    lambda x: caught(x),
])  # fmt: skip
def test_text_hashes_and_caught_errors_freeze_nothing(f):
    with pytest.raises(Frozen):
        ag.compile(f)(X)


def test_what_looks_like_an_array_is_treated_like_one():
    def f(x, b):
        y = x * 2 if isinstance(x, np.ndarray) else x * 3
        y = y + 1 if isinstance(b, float) else y
        return (
            copy.deepcopy(y) * 2
            + y.flatten()[0]
            + np.sum(x, 0, None, None, True)
            + np.max(x, 0, None, True)
            + x.real
            + x.mT.T
        )

    program = ag.compile(f)
    for k in (1.0, 2.0):
        assert bits(program(X[:, :4] * k, k)) == bits(f(X[:, :4] * k, k))
    assert ag.compile(lambda x: None)(X) is None
    assert bits(ag.compile(lambda x: (np.arange(3.0), X, 3, x))(X)) == bits((np.arange(3.0), X, 3, X))


def test_a_program_that_calls_itself():
    def f(x):
        return x.sum() if len(x) == 1 else x[0] * program(x[1:])

    program = ag.compile(f)
    x = np.arange(1.0, 5)
    assert program(x) == 24
    assert bits(ag.grad(program)(x)) == bits(ag.grad(lambda x: x[0] * x[1] * x[2] * x[3])(x))
    again = ag.compile(lambda x: x if len(x) == 1 else x + ag.anew(lambda: again(np.ones(1))))
    for _ in range(2):
        np.testing.assert_array_equal(again(x), x + 1)


def test_blocks_of_two_shapes():
    def f(m, n):
        c, d = np.tanh(m) + 1, np.exp(n) * 2
        return d[::-1] * 2, c + d

    program = ag.compile(f)
    m = np.random.default_rng(0).normal(size=(1031, 257))
    for k in (1, 2):
        assert bits(program(m * k, m)) == bits(f(m * k, m))


def test_errstate_is_kept():
    def f(x):
        with np.errstate(divide="raise"):
            return np.log(x) * 2

    program = ag.compile(f)
    program(np.ones(2))
    with pytest.raises(FloatingPointError):
        program(np.zeros(2))


# Errors.


def test_an_error_names_the_op_and_the_line_and_changes_nothing():
    model = net()
    optimizer = nn.SGD(model.parameters(), 0.1)
    step, apart = nn.compile_step(model.loss, optimizer), ag.compile(model.loss, model.parameters())
    x = X.astype("f")
    step(x, Y)
    before = state(model)
    with pytest.raises(IndexError, match="label 5 of sample 0 is out of range") as error:
        step(x, Y + 5 - Y[0])
    assert "test_program.py" not in str(error.value)
    assert state(model) == before
    bad = x.copy()
    bad[3, 1] = np.nan
    with pytest.raises(ValueError, match="the gradient of W1 has NaN or infinite entries; nothing was changed"):
        step(bad, Y)
    assert state(model) == before
    assert optimizer.steps == 1
    optimizer.zero_grad()
    apart(x, Y)
    kept = bits([p.grad for p in optimizer.params])
    with pytest.raises(IndexError):
        apart(x, Y + 5)
    assert bits([p.grad for p in optimizer.params]) == kept
    with pytest.raises(ValueError, match="cannot reshape") as error:
        ag.compile(lambda x: ag.reshape(x, (3, 3)))(X)


def test_notes_of_an_error_tell_the_users_line():
    program = ag.compile(lambda x, i: ag.exp(ag.getitem(x, i)))
    program(X, np.array([0, 1]))
    with pytest.raises(IndexError) as error:
        program(X, np.array([0, 99]))
    assert any("getitem" in note and "test_program.py" in note for note in error.value.__notes__)


def test_a_shape_that_changes_records_again_and_too_many_warn():
    f = ag.compile(lambda x: x * 2)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for n in range(1, 10):
            f(np.ones(n))
    with pytest.warns(UserWarning, match="was recorded 16 times"):
        [f(np.ones(n)) for n in range(10, 30)]
    assert len(f.recordings) <= 16


# Memory.


def test_results_are_nobody_elses():
    w = Tensor(X, requires_grad=True)
    f = ag.compile(lambda x: (x, x.T, w, w * 1, x * 2, [x * 2, (x * 2).T, x[0]]))
    first = leaves(f(X))
    kept = bits(first)
    arrays = [*first, X, w.data, *leaves(f(X * 3))]
    assert bits(first) == kept
    for i, a in enumerate(arrays):
        assert not any(np.shares_memory(a, b) for b in arrays[:i])
        assert a.flags.writeable


def test_gradients_are_added_to_those_that_are_there():
    eager, recorded = net(), net()
    step = ag.compile(recorded.loss, recorded.parameters())
    for _ in range(3):
        eager.loss(X, Y).backward()
        step(X, Y)
        assert bits([p.grad for p in eager.parameters()]) == bits([p.grad for p in recorded.parameters()])


def test_programs_are_freed_without_the_collector():
    gc.collect()
    gc.disable()
    try:
        model = net()
        step = nn.compile_step(model.loss, nn.SGD(model.parameters(), 0.1, momentum=0.9))
        other = ag.compile(ag.grad(lambda x: (x**3).sum()))
        for _ in range(3):
            step(X, Y)
            other(X)
        found = [weakref.ref(x) for x in (step, step.last, other, other.last, model.layers[0].weight)]
        del step, other, model
        assert [ref() for ref in found] == [None] * 5
        assert gc.collect() == 0
    finally:
        gc.enable()


@pytest.mark.parametrize("f", [
    lambda x: x @ np.ones(99), lambda x: x if x.sum() > 0 else -x, lambda x: x * np.random.default_rng().random(), lambda x: object(),
    lambda x: (x * 2, float(x.sum())),
])  # fmt: skip
def test_what_cannot_be_recorded_leaves_nothing_for_the_collector(f):
    gc.collect()
    gc.disable()
    try:
        with pytest.raises((TypeError, ValueError)):
            ag.compile(f)(X)
        assert gc.collect() == 0
    finally:
        gc.enable()


def test_shared_unused_and_other_parameters():
    a, b, unused = (Tensor(v, requires_grad=True) for v in (2.0, [1.0, 2.0], [3.0]))
    half = Tensor(np.float32([1.5]), requires_grad=True)
    step = ag.compile(lambda x: (x * a * a * b * half).sum() + a, [unused, half, b, a])
    assert step(np.ones(2)) == 2.0**2 * 3 * 1.5 + 2
    assert (a.grad, half.grad, unused.grad) == (2 * 2 * 3 * 1.5 + 1, 12, None)
    np.testing.assert_array_equal(b.grad, [6, 6])
    assert (half.grad.dtype, a.grad.shape) == (np.float32, ())


def test_two_threads_and_two_programs():
    f = ag.compile(lambda x: ag.tanh(x @ x.T).sum(0))
    g = ag.compile(lambda x: ag.tanh(x @ x.T).sum(0))
    wrong = []

    def work(k):
        for i in range(300):
            x = X + k + i / 100
            if bits((f if i % 2 else g)(x)) != bits(np.tanh(x.dot(x.T)).sum(0)):
                wrong.append((k, i))

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not wrong


# The text.


def test_the_source_of_a_small_step_reads_as_one_writes_it():
    model = net()
    step = nn.compile_step(model.loss, nn.SGD(model.parameters(), 0.1))
    step(X.astype("f"), Y)
    lines = [line.strip() for line in step.source.splitlines()]
    for expected in (
        "def bind(W1, b1, W2, b2, g, p, dW1, db1, dW2, db2):", "W1_T = W1.T", "def step(x, t, lr):",
        "x.dot(W1_T, z1)  # linear (16, 16)", "np.add(z1, b1, z1)  # linear (16, 16)", "np.tanh(z1, a1)  # tanh (16, 16)",
        "# backward", "dz2.dot(W2, da1)  # vjp of linear (16, 16)", "a1_T.dot(dz2, dW2)  # vjp of linear (16, 3)",
        "np.multiply(dz2, c, dz2)  # vjp of softmax_cross_entropy (16, 3)", "# update",
    ):  # fmt: skip
        assert expected in lines, expected
    summary = step.summary()
    assert summary.operations < 40
    assert summary.buffers < summary.unshared
    assert summary.flops > 2 * 16 * (4 * 16 + 16 * 3) * 2


def test_simplifications():
    def lines(f, *args):
        program = ag.compile(f)
        program(*args)
        return [
            line.strip().split("  #")[0]
            for line in program.source.split("def step")[1].splitlines()[1:]
            if line.strip()
        ]

    assert lines(lambda x: (x.copy() * 1 + 0 * x.sum(), np.exp(x))[1], X) == [
        "e = np.exp(x)",
        "return e",
        "return step",
    ]
    assert sum("exp" in line for line in lines(lambda x: np.exp(x) + np.exp(x) * np.exp(x), X)) == 1
    assert not any("ones" in line or "zeros" in line for line in lines(ag.grad(lambda x: (x * x).sum()), X))
    assert layouts._same_bits(64, 64, 64, "f") in (True, False)


def test_debug_and_no_grad():
    model = net()
    f, step = ag.compile(model), ag.compile(model.loss, model.parameters())
    with ag.no_grad():
        assert bits(f(X)) == bits(model(X).data)
    with ag.debug(), pytest.raises(FloatingPointError):
        step(np.where(X > 0, np.nan, X) * 0 + 1e308, Y)
    with pytest.raises(ValueError, match="nothing has been recorded yet"):
        ag.compile(lambda x: x).source  # noqa: B018


@pytest.mark.parametrize(("call", "error", "message"), [
    (lambda: ag.compile(3), TypeError, "expected a function, got 3"),
    (lambda: ag.compile(lambda: 0, [Tensor(1.0)]), ValueError, r"wrt\[0\]: expected a leaf Tensor that requires a gradient"),
    (lambda: ag.compile(lambda: 0, [(p := Tensor(1.0, requires_grad=True)), p]), ValueError, r"wrt\[1\].*given twice"),
    (lambda: ag.compile(lambda x: x, [Tensor(1.0, requires_grad=True)])(X), TypeError, "to return one number as a Tensor"),
    (lambda: ag.compile(lambda x: x)([{1, 2}]), TypeError, "expected arrays"),
    (lambda: nn.compile_step(lambda: 0, 3), TypeError, "optimizer: expected one of nn's"),
])  # fmt: skip
def test_what_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_a_recording_that_is_refused_has_changed_nothing():
    model = net()
    optimizer = nn.SGD(model.parameters(), 0.1)
    before = state(model)
    for f in (lambda x, t: model.loss(x * np.random.default_rng().random(4), t), lambda x, t: model.loss(caught(x), t)):
        with pytest.raises(Frozen):
            nn.compile_step(f, optimizer)(X, Y)
        assert state(model) == before
        assert optimizer.steps == 0
        assert all(p.grad is None for p in model.parameters())


@pytest.mark.parametrize("shape", [(8,), (1,), (3, 4), (2, 1)])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_the_gradient_of_what_is_used_often_is_one_sum_of_rows(shape, dtype):
    a, b = (Tensor(RNG.normal(size=shape).astype(dtype), requires_grad=True, name=name) for name in "ab")

    def f(x):
        for _ in range(12):
            x = ag.tanh(x * a + b)
        return x.sum()

    recorded = ag.compile(f, wrt=[a, b])
    for _ in range(3):
        x = RNG.normal(size=shape).astype(dtype)
        a.grad = b.grad = None
        value = recorded(x)
        found = bits([value, a.grad, b.grad])
        a.grad = b.grad = None
        expected = f(x)
        expected.backward()
        assert found == bits([expected.data, a.grad, b.grad])
    rows = len(re.findall(r"_terms\d*, 0, None", recorded.source))
    assert rows == (0 if shape == (1,) else 2)  # a column of numbers NumPy would add in pairs


def test_sums_of_many_terms_keep_negative_zeros_and_layouts():
    def f(*given):
        terms = [(x * 1.1).sum(1) for x in given]
        total = np.ones(terms[0].shape) * terms[0]
        for x in terms:
            total = total + x * x * given[0][0, 0, 0]
        return total, [(x * x).sum() for x in terms]

    recorded = ag.compile(f)
    for k in (1, -1, 0):
        given = [np.asfortranarray(RNG.normal(size=(7, 5, 6))) * k for _ in range(9)]
        given[0][0, 0, 0] = -0.0
        assert bits(recorded(*given)) == bits(f(*given))
    zeros = lambda *given: sum((x * -1.0 for x in given[1:]), start=given[0] * -1.0)
    recorded = ag.compile(zeros)
    for x in (np.ones(4), np.zeros(4)):
        assert bits(recorded(*[x] * 9)) == bits(zeros(*[x] * 9))
