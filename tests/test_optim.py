"""Optimizers against the textbook loops, PyTorch, and their own recorded steps; and what they refuse."""

import inspect
import math
import runpy

import numpy as np
import pytest
from numeric import leaf

import nn
from autograd import Tensor

H = np.array([[3.0, 1.0], [1.0, 2.0]])


@pytest.mark.parametrize("momentum", [0.0, 0.9])
@pytest.mark.parametrize("nesterov", [False, True])
@pytest.mark.parametrize("decay", [0.0, 0.1])
@pytest.mark.parametrize("schedule", [False, True])
def test_sgd_is_the_textbook_loop(momentum, nesterov, decay, schedule):
    if nesterov and not momentum:
        return
    rate = (lambda step: 0.1 / (1 + step)) if schedule else 0.05
    p = leaf([1.0, -2.0])
    optimizer = nn.SGD([p], rate, momentum=momentum, nesterov=nesterov, weight_decay=decay)
    w, v = p.data.copy(), np.zeros(2)
    for step in range(100):
        optimizer.zero_grad()
        (p * (H @ p) * 0.5).sum().backward()
        optimizer.step()
        g = H @ w + decay * w
        v = momentum * v + g
        lr = 0.1 / (1 + step) if schedule else 0.05
        w = w - lr * (g + momentum * v if nesterov else v)
        np.testing.assert_allclose(p.data, w, rtol=1e-12, atol=1e-15)


def test_the_gradient_is_left_as_it_was():
    p = leaf([1.0, 2.0])
    (p * p).sum().backward()
    g, kept = p.grad, p.grad.copy()
    optimizer = nn.SGD([p], 0.1, momentum=0.9, weight_decay=0.5)
    memory = p.data
    for _ in range(3):
        optimizer.step()
    assert p.grad is g
    np.testing.assert_array_equal(g, kept)
    assert p.data is memory  # updated in place


@pytest.mark.parametrize(("make", "message"), [
    (lambda p: nn.SGD([p], -0.1), "lr: expected a finite number >= 0, got -0.1"),
    (lambda p: nn.SGD([p], float("nan")), "lr: expected a finite number >= 0, got nan"),
    (lambda p: nn.SGD([p], float("inf")), "lr: .* got inf"),
    (lambda p: nn.SGD([p], "0.1"), "lr: expected a number >= 0, got '0.1'"),
    (lambda p: nn.SGD([p], True), "lr: expected a number >= 0, got True"),
    (lambda p: nn.SGD([p], 0.1, momentum=-1), "momentum: expected a finite number >= 0"),
    (lambda p: nn.SGD([p], 0.1, weight_decay=-1), "weight_decay: expected"),
    (lambda p: nn.SGD([p], 0.1, nesterov=True), "nesterov=True needs a momentum above 0"),
    (lambda p: nn.SGD([], 0.1), "expected parameters, such as .*, got none"),
    (lambda p: nn.SGD([p, p], 0.1), r"parameter 1, w float64\(2,\), was given twice"),
    (lambda p: nn.SGD([Tensor([1.0])], 0.1), "parameter 0: expected a leaf Tensor that requires a gradient"),
    (lambda p: nn.SGD([p * 2], 0.1), "parameter 0: expected a leaf"),
    (lambda p: nn.SGD([np.ones(2)], 0.1), "parameter 0: expected a leaf"),
])  # fmt: skip
def test_bad_arguments(make, message):
    with pytest.raises(ValueError, match=message):
        make(leaf([1.0, 2.0], name="w"))


def test_a_bad_step_changes_nothing():
    p, q = leaf([1.0], name="p"), leaf([1.0, 2.0], name="q")
    optimizer = nn.SGD([p, q], lambda step: 0.1 if step == 0 else float("nan"), momentum=0.5)
    with pytest.raises(ValueError, match="no parameter has a gradient: call loss.backward"):
        optimizer.step()
    p.grad, q.grad = np.ones(1), np.array([1.0, np.nan])
    with pytest.raises(ValueError, match="gradient of q float64.* has NaN"):
        optimizer.step()
    q.grad = [1.0, 2.0]
    with pytest.raises(ValueError, match=r"gradient of q float64\(2,\) is \[1.0, 2.0\]; no parameter"):
        optimizer.step()
    q.grad = np.array([1.0, np.inf])
    with pytest.raises(ValueError, match="gradient of q float64.* infinite"):
        optimizer.step()
    q.grad = np.ones(1)
    with pytest.raises(ValueError, match=r"gradient of q float64\(2,\) is float64\(1,\); no parameter"):
        optimizer.step()
    assert (p.data, optimizer.steps, optimizer.state) == ([1.0], 0, [{}, {}])
    q.grad = np.ones(2)
    optimizer.step()
    with pytest.raises(ValueError, match="lr: .* got nan"):
        optimizer.step()
    np.testing.assert_allclose(p.data, 0.9)


def test_large_gradients_are_no_infinite_ones():
    p = leaf([1.0, 2.0], dtype=np.float32)
    p.grad = np.array([1e30, 1.0], np.float32)  # its square is not a float32
    with np.errstate(over="ignore"):
        nn.SGD([p], 1e-30).step()
    np.testing.assert_allclose(p.data, [0, 2])


def test_a_parameter_that_changed_its_shape_or_is_frozen():
    p, q = leaf([[1.0], [2.0]]), leaf([1.0])
    optimizer = nn.SGD([p, q], 0.1, momentum=0.9)
    p.grad, q.grad = np.ones((2, 1)), np.ones(1)
    optimizer.step()
    p.data = np.ones((2, 3))
    p.grad = np.ones((2, 3))
    with pytest.raises(ValueError, match="has changed its shape since the last step: make a new optimizer"):
        optimizer.step()
    q.requires_grad = False
    p.data = np.ones((2, 1))
    p.grad = np.ones((2, 1))
    optimizer.step()
    np.testing.assert_allclose(q.data, 0.9)


def test_a_parameter_without_gradient_is_left_alone():
    p, q = leaf([1.0]), leaf([1.0])
    (p * 2).sum().backward()
    nn.SGD([p, q], 0.1).step()
    assert (p.data, q.data) == ([0.8], [1.0])


def test_e6_weight_decay_is_the_gradient_of_its_penalty():
    p, q = leaf([1.0, -2.0]), leaf([1.0, -2.0])
    (p * 3).sum().backward()
    nn.SGD([p], 0.1, weight_decay=0.4).step()
    ((q * 3).sum() + 0.5 * 0.4 * (q * q).sum()).backward()
    nn.SGD([q], 0.1).step()
    np.testing.assert_allclose(p.data, q.data)


# The adaptive methods: the formulas of the papers, entry by entry, with Python's numbers.


def adagrad(gs, lr, eps=1e-10):
    s = 0.0
    for g in gs:
        s += g * g
        yield lr * g / (math.sqrt(s) + eps)


def rmsprop(gs, lr, alpha=0.99, eps=1e-8):
    s = 0.0
    for g in gs:
        s = alpha * s + (1 - alpha) * g**2
        yield lr * g / (math.sqrt(s) + eps)


def adam(gs, lr, betas=(0.9, 0.999), eps=1e-8):
    m, v = 0.0, 0.0
    for t, g in enumerate(gs, 1):
        m = betas[0] * m + (1 - betas[0]) * g
        v = betas[1] * v + (1 - betas[1]) * g**2
        yield lr * (m / (1 - betas[0] ** t)) / (math.sqrt(v / (1 - betas[1] ** t)) + eps)


METHODS = [
    (nn.Adagrad, adagrad, {}), (nn.Adagrad, adagrad, {"eps": 0.1}),
    (nn.RMSprop, rmsprop, {}), (nn.RMSprop, rmsprop, {"alpha": 0.5, "eps": 0.1}),
    (nn.Adam, adam, {}), (nn.Adam, adam, {"betas": (0.5, 0.75), "eps": 0.1}), (nn.Adam, adam, {"betas": (0, 0)}),
    (nn.AdamW, adam, {"betas": (0.5, 0.75)}),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "formula", "options"), METHODS)
@pytest.mark.parametrize("decay", [0.0, 0.25])
def test_the_papers_formulas(kind, formula, options, decay):
    p = leaf([1.0, -2.0])
    optimizer = kind([p], 0.05, weight_decay=decay, **options)
    seen = [[], []]  # the gradients of each entry; its changes come from all of them anew
    for _ in range(100):
        optimizer.zero_grad()
        (p * (H @ p) * 0.5).sum().backward()
        before = p.data.tolist()
        expected = []
        for w, g, past in zip(before, p.grad.tolist(), seen, strict=True):
            beside = kind is nn.AdamW
            past.append(g if beside else g + decay * w)
            expected.append(w - list(formula(past, 0.05, **options))[-1] - (0.05 * decay * w if beside else 0))
        optimizer.step()
        np.testing.assert_allclose(p.data, expected, rtol=1e-12, atol=1e-14)


def test_the_means_of_adam_are_weighted_means_of_all_gradients():
    """m̂ as a sum: weights (1 - β) β^age / (1 - βᵗ), which add up to 1."""
    gs = np.random.default_rng(0).normal(size=(12, 3))
    p = leaf(np.zeros(3))
    optimizer = nn.Adam([p], 1.0, betas=(0.8, 0.9), eps=1e-300)
    for t in range(1, 13):
        before, p.grad = p.data.copy(), gs[t - 1].copy()
        optimizer.step()
        age = np.arange(t)[::-1, None]
        m = (0.8**age * gs[:t]).sum(0) / (0.8**age).sum()
        v = (0.9**age * gs[:t] ** 2).sum(0) / (0.9**age).sum()
        np.testing.assert_allclose(before - p.data, m / np.sqrt(v), rtol=1e-12)


@pytest.mark.parametrize(("ours", "theirs", "options"), [
    (nn.SGD, "SGD", dict(momentum=0.9, nesterov=True, weight_decay=0.1)), (nn.SGD, "SGD", dict(momentum=0.5)),
    (nn.Adagrad, "Adagrad", dict(weight_decay=0.1)), (nn.RMSprop, "RMSprop", dict(alpha=0.8, weight_decay=0.1)),
    (nn.Adam, "Adam", dict(betas=(0.8, 0.95), weight_decay=0.1)), (nn.Adam, "Adam", {}),
    (nn.AdamW, "AdamW", dict(weight_decay=0.1)), (nn.AdamW, "AdamW", {}),
])  # fmt: skip
def test_the_same_as_pytorch(ours, theirs, options):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install torch, the CPU build is enough")
    rng = np.random.default_rng(0)
    start = rng.normal(size=(3, 4))
    p, q = leaf(start), torch.tensor(start, requires_grad=True)
    mine, other = ours([p], lr=0.03, **options), getattr(torch.optim, theirs)([q], lr=0.03, **options)
    for _ in range(100):
        g = rng.normal(size=(3, 4)) * rng.random()
        p.grad, q.grad = g.copy(), torch.tensor(g)
        mine.step()
        other.step()
        np.testing.assert_allclose(p.data, q.detach().numpy(), rtol=1e-11, atol=1e-13)


def test_the_defaults_are_pytorchs():
    torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install torch, the CPU build is enough")
    for name in ("Adagrad", "RMSprop", "Adam", "AdamW"):
        ours, theirs = (dict(inspect.signature(getattr(x, name).__init__).parameters) for x in (nn, torch.optim))
        shared = (ours.keys() & theirs.keys()) - {"self", "params"}
        assert {"lr", "eps", "weight_decay"} <= shared
        assert [ours[n].default for n in shared] == [theirs[n].default for n in shared]


def rosenbrock(w):
    return (1 - w[0]) ** 2 + 100 * (w[1] - w[0] ** 2) ** 2


def beale(w):
    x, y = w[0], w[1]
    return (1.5 - x + x * y) ** 2 + (2.25 - x + x * y**2) ** 2 + (2.625 - x + x * y**3) ** 2


@pytest.mark.parametrize(("kind", "options", "steps"), [
    (nn.SGD, dict(lr=1e-3, momentum=0.9), (1500, 1700)),
    (nn.SGD, dict(lr=1e-3, momentum=0.9, nesterov=True), (1500, 1700)),
    (nn.Adagrad, dict(lr=0.5), (8000, 400)),
    (nn.RMSprop, dict(lr=nn.schedules.exponential(0.02, 0.999)), (8000, 8000)),
    (nn.Adam, dict(lr=0.02), (3000, 1100)),
    (nn.AdamW, dict(lr=0.02, weight_decay=0.0), (3000, 1100)),
])  # fmt: skip
def test_down_the_valleys_of_rosenbrock_and_beale(kind, options, steps):
    for f, start, lowest, n in ((rosenbrock, [-1.2, 1.0], [1, 1], steps[0]), (beale, [1.0, 1.0], [3, 0.5], steps[1])):
        w = leaf(start)
        step = nn.compile_step(lambda f=f, w=w: f(w), kind([w], **options))
        for _ in range(n):
            step()
        assert f(w.data) < 1e-6, f.__name__
        np.testing.assert_allclose(w.data, lowest, atol=3e-3)


# Recorded steps, and those made one by one.


def net(dtype=float):
    return nn.MLP(4, 8, 3, activation="tanh", output="softmax", rng=0, dtype=dtype)


RNG = np.random.default_rng(1)
X, Y = RNG.normal(size=(16, 4)), RNG.integers(0, 3, 16)


def bits(model):
    return [p.data.tobytes() for p in model.parameters()]


def one_by_one(model, optimizer, x=X):
    optimizer.zero_grad()
    model.loss(x, Y).backward()
    optimizer.step()


class Norms(nn.Optimizer):
    """Not entry by entry, and counts."""

    def start(self, p):
        return {"a": np.zeros_like(p)}

    def update(self, p, g, lr, state):
        state["a"] = a = 0.5 * state["a"] + g
        return lr / (1 + self.steps) * a / (1 + np.sqrt((a * a).sum()))


KINDS = {
    "sgd": lambda ps, **k: nn.SGD(ps, 0.1, momentum=0.9, weight_decay=0.01, **k),
    "adagrad": lambda ps, **k: nn.Adagrad(ps, 0.1, weight_decay=0.01, **k),
    "rmsprop": lambda ps, **k: nn.RMSprop(ps, 0.01, **k),
    "adam": lambda ps, **k: nn.Adam(ps, nn.schedules.cosine(0.05, 12), **k),
    "adamw": lambda ps, **k: nn.AdamW(ps, 0.01, weight_decay=0.1, **k),
    "own": lambda ps, **k: Norms(ps, 0.1, **k),
    "groups": lambda ps, **k: nn.Groups(
        nn.Adam(ps[::2], nn.schedules.exponential(0.05, 0.9)), Norms(ps[1::2], 0.1, clip_value=0.05), **k
    ),
}
CLIPS = [{}, {"clip_norm": 0.1}, {"clip_value": 0.02}, {"clip_norm": 0.05, "clip_value": 0.02}, {"clip_norm": 1e3}]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("clip", CLIPS)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("recorded", [lambda i: True, lambda i: i % 3 == 1])
def test_a_recorded_step_has_the_same_bits(kind, clip, dtype, recorded):
    a, b = net(dtype), net(dtype)
    x = X.astype(dtype)
    of_a, of_b = (KINDS[kind](m.parameters(), **clip) for m in (a, b))
    step = nn.compile_step(b.loss, of_b)
    for i in range(15):
        one_by_one(a, of_a, x)
        if recorded(i):
            step(x, Y)
        else:
            one_by_one(b, of_b, x)
        assert bits(a) == bits(b), f"after step {i}"
        assert of_a.steps == of_b.steps == i + 1
    assert {v.dtype for kept in of_b.state for v in kept.values()} == {np.dtype(dtype)}
    assert {p.dtype for p in b.parameters()} == {np.dtype(dtype)}


def test_parameters_of_two_dtypes():
    runs = []
    for recorded in (False, True):
        p, q = leaf(np.linspace(-1, 1, 7), dtype=np.float32), leaf(np.linspace(0.3, 1, 5))
        r = leaf(np.linspace(-1, 2, 6), dtype=np.float32)
        optimizer = nn.Adam([p, q, r], 0.1, clip_norm=0.7)
        f = lambda: ((p * p).sum() + (q**4).sum() + (r**3).sum()) * 1.3  # noqa: B023
        step = nn.compile_step(f, optimizer)
        for _ in range(5):
            if recorded:
                step()
            else:
                optimizer.zero_grad()
                f().backward()
                optimizer.step()
        runs.append([x.data.tobytes() for x in (p, q, r)])
        assert (p.data.dtype, q.data.dtype) == (np.float32, np.float64)
    assert runs[0] == runs[1]


def test_the_program_takes_the_number_of_steps_where_it_is_used():
    for kind, takes in ((KINDS["sgd"], "step(x, t, lr)"), (KINDS["adam"], "step(x, t, lr, steps)"),
                        (KINDS["groups"], "step(x, t, lr, steps, lr2, steps2)")):  # fmt: skip
        model = net()
        step = nn.compile_step(model.loss, kind(model.parameters()))
        step(X, Y)
        assert f"def {takes}:" in step.source
    assert step.source.count("0.999 ** ") == 1


@pytest.mark.parametrize("kind", ["adam", "groups"])
def test_a_saved_step_counts_on(kind, tmp_path):
    model = net()
    optimizer = KINDS[kind](model.parameters(), clip_norm=0.05)
    step = nn.compile_step(model.loss, optimizer)
    step(X, Y)
    saved = runpy.run_path(step.save(tmp_path / "step.py"))
    parts = optimizer.parts
    for _ in range(3):
        numbers = [x for part in parts for x in (part.rate(), part.steps)]
        assert saved["step"](X, Y, *numbers).tobytes() == step(X, Y).tobytes()
    assert [saved["arrays"][p.name].tobytes() for p in model.parameters()] == bits(model)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("recorded", [False, True])
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_bad_gradient_changes_no_parameter_and_no_state(kind, recorded, bad):
    model = net()
    optimizer = KINDS[kind](model.parameters(), clip_norm=1.0, clip_value=1.0)
    factor = np.ones(())
    loss = lambda x, t: model.loss(x, t) + (model.parameters()[-1] * factor).sum() * 1e-3
    step = nn.compile_step(loss, optimizer)

    def steps():
        if recorded:
            return step(X, Y)
        optimizer.zero_grad()
        loss(X, Y).backward()
        return optimizer.step()

    steps()
    before, state = bits(model), {name: x.tobytes() for name, x in optimizer.state_dict().items()}
    factor[...] = bad
    message = "the gradient of b2.* has NaN or infinite entries; nothing was changed"
    with pytest.raises(ValueError, match=message), np.errstate(invalid="ignore"):
        steps()
    assert bits(model) == before
    assert {name: x.tobytes() for name, x in optimizer.state_dict().items()} == state
    factor[...] = 1
    steps()
    assert bits(model) != before


@pytest.mark.parametrize(("make", "message"), [
    (lambda p: nn.Adam([p], 0.1, betas=(0.9, 1.0)), r"betas\[1\]: expected a number from 0 up to, but not, 1, got 1.0"),
    (lambda p: nn.Adam([p], 0.1, betas=0.9), r"betas: expected two numbers, such as \(0.9, 0.999\), got 0.9"),
    (lambda p: nn.Adam([p], 0.1, betas=(-0.1, 0.9)), r"betas\[0\]: expected a finite number >= 0"),
    (lambda p: nn.Adam([p], 0.1, eps=0), "eps: expected a number above 0, got 0.0"),
    (lambda p: nn.Adam([leaf([1.0], dtype=np.float16)]), "eps: 1e-08 is 0 in float16"),
    *[(lambda p, kind=kind: kind([p, leaf([1.0], dtype=np.float16)], eps=1e-9), "eps: 1e-09 is 0 in float16")
      for kind in (nn.Adam, nn.AdamW, nn.RMSprop, nn.Adagrad)],
    (lambda p: nn.Adagrad([p], eps=-1), "eps: expected a finite number >= 0, got -1"),
    (lambda p: nn.RMSprop([p], alpha=1), "alpha: expected a number from 0 up to, but not, 1, got 1"),
    (lambda p: nn.AdamW([p], weight_decay=-1), "weight_decay: expected"),
    (lambda p: nn.SGD([p], 0.1, clip_norm=0), "clip_norm: expected a number above 0, got 0"),
    (lambda p: nn.SGD([p], 0.1, clip_value=float("nan")), "clip_value: expected a finite number"),
    (lambda p: nn.Adam([{"params": [p], "lr": 0.1}, {"params": [p], "betas": (0, 0.5)}]),
     r"params: expected Tensors, got dicts: write nn.Groups\(nn.Adam\(params0, lr=0.1\), "
     r"nn.Adam\(params1, lr=..., betas=\(0, 0.5\)\)\)"),
])  # fmt: skip
def test_bad_options(make, message):
    with pytest.raises(ValueError, match=message):
        make(leaf([1.0, 2.0], name="w"))


def test_an_optimizer_says_what_it_is():
    p, q = (Tensor([1.0], requires_grad=True) for _ in range(2))
    assert repr(nn.SGD([p], 0.1, momentum=0.9)) == "SGD(lr=0.1, weight_decay=0.0, momentum=0.9, nesterov=False)"
    adam = nn.Adam([q], nn.schedules.constant(0.1), clip_norm=1.0)
    assert repr(adam) == "Adam(lr=constant(0.1), clip_norm=1.0, weight_decay=0.0, eps=1e-08, beta1=0.9, beta2=0.999)"
    groups = nn.Groups(nn.SGD([p], 0.1), adam, clip_value=2.0)
    assert repr(groups) == f"Groups({nn.SGD([p], 0.1)!r}, {adam!r}, clip_value=2.0)"
