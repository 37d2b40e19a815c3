"""The checkers: right gradients pass, planted faults are found, and compare names the slip."""

import re

import numpy as np
import pytest
from numeric import leaf

import autograd as ag
import nn
from autograd import audit, check_gradients, compare

G = np.random.default_rng(0).normal(size=(4, 3))


def test_right_gradients_pass_at_both_orders(capsys):
    report = check_gradients(lambda x, w: ag.tanh(ag.matmul(x, w)).sum(), np.ones((2, 3)), G.T)
    assert report
    assert [row[0] for row in report.rows] == ["order", "1", "2", "1", "2"]
    assert capsys.readouterr().out.startswith("check_gradients: all right\norder  argument")
    assert check_gradients(lambda x: x.sum(), G)  # linear: the second derivative is 0
    assert check_gradients(lambda x: np.ones(2), G)  # constant


@pytest.mark.parametrize("rule", [
    lambda g, out, x: -g * (3 * x * x), lambda g, out, x: g * (3 * x), lambda g, out, x: g * (3.003 * x * x),
    lambda g, out, x: g * (3 * x * x + 0.001), lambda g, out, x: g * 0, lambda g, out, x: g * g * (3 * x * x),
])  # fmt: skip
def test_wrong_rules_are_found(rule):
    @ag.elementwise
    def cube(x):
        return x * x * x

    cube.defvjp(rule)
    assert not check_gradients(cube, np.array([0.5, -1.0, 2.0]))
    x = leaf([0.5, -1.0, 2.0], name="x")
    report = audit((cube(x * 2.0) * x).sum())
    assert not report
    assert report.faults == ["visit 3: cube(float64(3,)), the vjp for argument 0"]
    assert "WRONG" in str(report)


def test_audit_within_debug_names_the_line(capsys):
    @ag.elementwise
    def wrong(x):
        return x * 2

    wrong.defvjp(lambda g, out, x: g * 3)
    with ag.debug():
        loss = wrong(leaf([1.0, 2.0])).sum()  # the guilty line
        (fault,) = audit(loss).faults
    assert "loss = wrong(leaf([1.0, 2.0])).sum()  # the guilty line, the vjp for argument 0" in fault
    audit(wrong(leaf([1.0, 2.0])).sum())
    assert "autograd.debug()" in capsys.readouterr().out


def test_a_rule_that_captures_an_array_is_found_at_second_order():
    kept = []

    @ag.elementwise
    def cube(x):
        kept[:] = [np.array(x)]
        return x * x * x

    cube.defvjp(lambda g, out, x: g * (3 * kept[0] ** 2))
    assert check_gradients(cube, np.array([0.5, 2.0]), order=1)
    assert not check_gradients(cube, np.array([0.5, 2.0]), order=2)


@pytest.mark.parametrize("lost", ["g", "x2"])
def test_a_rule_that_loses_the_cotangent_or_another_argument_is_found_at_second_order(lost):
    @ag.elementwise
    def times(x1, x2):
        return x1 * x2

    def plain(name, x):
        return ag.Tensor(x.array) if name == lost and isinstance(x, ag.Tensor) else x

    times.defvjp(lambda g, out, x1, x2: plain("g", g) * plain("x2", x2), lambda g, out, x1, x2: g * x1)
    assert check_gradients(times, G, G + 1, order=1)
    assert not check_gradients(times, G, G + 1, order=2)


@pytest.mark.parametrize(("scale", "offset"), [(1e-12, 0), (1e12, 0), (1, 1e4)])
def test_what_is_right_does_not_depend_on_the_scale(scale, offset):
    def f(x, rate=1.0):
        return scale * (ag.exp(x * rate) + (1 - rate) * ag.exp(x.data if isinstance(x, ag.Tensor) else x)) + offset

    assert check_gradients(f, G)
    assert not check_gradients(lambda x: f(x, 0.999), G)


def test_audit_of_a_net():
    model = nn.MLP(3, 4, 2, activation="tanh", output="softmax", rng=0)
    report = audit(model.loss(G, [0, 1, 1, 0]))
    assert report
    assert [row[1] for row in report.rows[1:]] == ["softmax_cross_entropy", *["linear"] * 3, "tanh", *["linear"] * 2]
    model = nn.MLP(3, 4, 2, activation="relu", output="softmax", rng=0, dtype=np.float32)
    assert audit(model.loss(G.astype(np.float32), [0, 1, 1, 0]))


@pytest.mark.parametrize(("hand", "engine", "verdict", "diagnosis"), [
    (G, G, "exact", ""),
    (G * (1 + 1e-15), G, "close", ""),
    (G.T, G, "wrong", "it is transposed"),
    (-G, G, "wrong", "the sign is wrong"),
    (2 * G, G, "wrong", "twice too large: a factor of 2"),
    (G / 2, G, "wrong", "half of what it should be: a factor of 1/2"),
    (-G / 2, G, "wrong", "the sign is wrong, and it is half of what it should be: a factor of 1/2"),
    (4 * G, G, "wrong", "too large by a factor of 4, the length of an axis: a mean for a sum"),
    (G / 4, G, "wrong", "too small by a factor of 1/4, the length of an axis"),
    (0.3 * G, G, "wrong", "too small by a factor of 1/3.33333"),
    (-2 * G.T, G, "wrong", "it is transposed, and the sign is wrong, and it is twice too large"),
    (G, G.sum(0), "wrong", "a sum over axis 0, of length 4, was forgotten"),
    (G, G.mean(0), "wrong", "a mean over axis 0, of length 4, was forgotten"),
    (G, G.sum(1, keepdims=True), "wrong", "a sum over axis 1, of length 3, was forgotten"),
    (np.ones(3), np.ones((4, 3)), "wrong", "of a smaller shape that broadcasting would stretch"),
    (G, G[0] * 7, "wrong", "broadcasting was left in"),
    (np.roll(G, 1, 0), G, "wrong", "shifted by one along axis 0"),
    (G + np.eye(4, 3) * [1, 0, 0], G, "wrong", r"only the entry at \(0, 0\) is wrong"),
    (G + np.eye(4)[:, [2]], G, "wrong", "only row 2 is wrong"),
    (G + np.eye(3)[1] * np.arange(1, 5)[:, None], G, "wrong", "only column 1 is wrong"),
    (G + np.sin(np.arange(12)).reshape(4, 3) + 2, G, "wrong", "12 of 12 entries are wrong, and no usual slip explains it"),
    (G * np.nan, G, "wrong", "there is a NaN"),
    (np.ones((2, 5)), G, "wrong", "the shapes differ"),
])  # fmt: skip
def test_compare_names_the_slip(hand, engine, verdict, diagnosis, capsys):
    found = compare(hand, engine, name="dC/dW")
    assert found.verdict == verdict
    assert bool(found) == (verdict != "wrong")
    assert re.search(diagnosis, found.diagnosis), found.diagnosis
    assert capsys.readouterr().out.startswith(f"dC/dW: {'WRONG' if verdict == 'wrong' else 'all right'}")


def test_compare_takes_float32_and_tensors():
    a = G.astype(np.float32)
    assert compare(a * np.float32(1 + 1e-7), a).verdict in ("close", "exact")
    assert compare(leaf(G), G).verdict == "exact"
