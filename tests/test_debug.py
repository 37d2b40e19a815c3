"""debug(): lines, the first NaN or infinity, and arrays that changed behind the engine's back."""

import re

import numpy as np
import pytest
from numeric import leaf

import autograd as ag
import nn
from autograd import Tensor, debug, grad

pytestmark = pytest.mark.filterwarnings("ignore:divide by zero", "ignore:invalid value", "ignore:overflow")


def test_ops_remember_the_users_line():
    x = leaf([1.0, 2.0])
    with debug() as watch:
        y = ag.tanh(x)  # this line
        z = y.sum()
    assert re.search(r"test_debug\.py:\d+: y = ag\.tanh\(x\)  # this line", watch.line_of(y))
    assert "z = y.sum()" in watch.line_of(z)
    assert watch.line_of(x) == ""
    model = nn.MLP(2, 2, rng=0)
    with debug() as watch:
        out = model(np.ones((1, 2)))
    assert "out = model(np.ones((1, 2)))" in watch.line_of(out)  # not a line of nn


@pytest.mark.parametrize(("f", "at", "message"), [
    (ag.log, [0.0, 1.0], r"log\(float64\(2,\)\) made 1 infinite entry of 2 from finite ones, called at .*test_debug"),
    (ag.sqrt, [-1.0, -2.0], r"sqrt\(float64\(2,\)\) made 2 NaN entries of 2"),
    (lambda x: ag.exp(x * 1000.0), [1.0, 0.0], r"exp\(float64\(2,\)\) made 1 infinite entry of 2"),
    (lambda x: x / (x - x), [1.0, 0.0], r"divide\(float64\(2,\), float64\(2,\)\) made 1 NaN and 1 infinite entries of 2"),
])  # fmt: skip
def test_the_first_op_that_is_not_finite_stops_the_forward(f, at, message):
    with debug(), pytest.raises(FloatingPointError, match=message):
        f(leaf(at))


def test_the_first_vjp_that_is_not_finite_stops_the_backward():
    x = leaf([0.0, 4.0], name="x")
    with debug():
        loss = (ag.sqrt(x) * 2.0).sum()
        with pytest.raises(
            FloatingPointError, match=r"the vjp of sqrt\(x float64\(2,\)\) for argument 0 made 1 infinite"
        ):
            loss.backward()
    assert x.grad is None
    with debug(), pytest.raises(FloatingPointError, match="the vjp of sqrt"):
        grad(lambda x: ag.sqrt(x).sum())(np.array([0.0]))


def test_what_came_in_already_broken_is_not_blamed_on_the_op():
    with debug():
        y = leaf([np.nan, 1.0]) * 2.0
    assert np.isnan(y.data[0])


@pytest.mark.parametrize("change", [
    lambda w, batch, held: w.data.__setitem__(0, 5.0),
    lambda w, batch, held: batch.__setitem__(0, 7.0),
    lambda w, batch, held: held.__imul__(2),
])  # fmt: skip
def test_writes_that_nothing_else_can_see_are_found(change):
    w, batch = leaf([1.0, 2.0], name="w"), np.array([3.0, 4.0])
    with debug():
        y = (w * w * batch).sum()
        change(w, batch, w.data[:1])
        with pytest.raises(
            RuntimeError, match=r"the array of argument \d of multiply\(.*was changed after .*called at"
        ):
            y.backward()
    assert w.grad is None


def test_writes_into_what_is_no_input_are_found_too():
    @ag.primitive
    def scaled(x, *, by, keys):
        return x * by["w"] * keys[0]

    scaled.defvjp(lambda g, out, x, by, keys: g * by["w"] * keys[0])
    w, keys, x = np.ones(2), [2.0], leaf([1.0, 2.0])
    changes = [
        ("the array of by of scaled", lambda y: w.__imul__(2)),
        ("the array of keys of scaled", lambda y: keys.append(1.0)),
        ("the array of the result of scaled", lambda y: (y.data.setflags(write=True), y.data.__imul__(2))),
    ]
    for message, change in changes:
        with debug():
            y = scaled(x, by={"w": w}, keys=keys)
            y.backward(np.ones(2))
            change(y)
            with pytest.raises(RuntimeError, match=message):
                y.backward(np.ones(2))


def test_ops_without_a_gradient_are_watched_as_well():
    x, w = Tensor([0.0, 1.0]), leaf([1.0, 1.0])
    with debug():
        with pytest.raises(FloatingPointError, match=r"log\(float64\(2,\)\) made .*w \* ag\.log\(x\)  # here"):
            w * ag.log(x)  # here
        with ag.no_grad(), pytest.raises(FloatingPointError, match=r"log\(float64\(2,\)\) made"):
            ag.log(w - 1.0)


@pytest.mark.parametrize("consumer", [lambda x: x, lambda x: x + 0.0])
def test_a_sum_of_cotangents_that_overflows_is_named(consumer):
    x = leaf([0.1, 0.2])
    y = consumer(x)
    with debug():
        loss = (y * 1e308 + y * 1e308 * 0.9).sum()
        with pytest.raises(
            FloatingPointError, match=r"the vjp of multiply\(.*made a sum of cotangents with 2 infinite"
        ):
            loss.backward()
    assert x.grad is None


def test_all_is_well_where_nothing_is_wrong():
    (x, y), _ = nn.datasets.digits()
    model = nn.MLP(64, 8, 10, output="softmax", rng=0)
    with debug():
        nn.fit(model, x[:64], y[:64], epochs=1, rng=0, progress=False)
        assert grad(grad(lambda x: x**3))(2.0) == 12
    with ag.no_grad(), debug():
        assert (leaf(1.0) * 2).requires_grad  # the innermost block counts
    with debug(), ag.no_grad():
        assert not (leaf(1.0) * 2).requires_grad


def test_params_may_be_arrays():
    @ag.primitive
    def scaled_log(x, *, w=None):
        return np.log(x * w)

    scaled_log.defvjp(lambda g, out, x, w: g / x)
    with debug(), pytest.raises(FloatingPointError, match=r"scaled_log\(float64\(2,\), w=float64\(2,\)\) made"):
        scaled_log(leaf([0.0, 1.0]), w=np.ones(2))


def test_what_where_would_discard_stops_too_and_says_what_to_do():
    x = leaf([0.0, 1.0])
    with debug():
        with pytest.raises(FloatingPointError, match=r"if where\(\) discards it, put a safe value in before the op"):
            ag.where(x > 0, ag.log(x), 0.0)
        assert ag.where(x > 0, ag.log(ag.where(x > 0, x, 1.0)), 0.0).sum().item() == 0


def test_a_folder_whose_name_only_begins_like_the_library_is_the_users():
    x = leaf(2.0)
    names = {"ag": ag, "x": x}
    library = debug.__wrapped__.__code__.co_filename.removesuffix("debug.py").rstrip("/\\")
    exec(compile("def f():\n    return ag.tanh(x)", library + "_course.py", "exec"), names)
    with debug() as watch:
        y = names["f"]()
    assert watch.line_of(y).startswith(library + "_course.py:2")
