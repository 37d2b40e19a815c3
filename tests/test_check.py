"""The checkers: right gradients pass, planted faults are found, and compare names the slip."""

import re

import numpy as np
import pytest
from numeric import leaf

import autograd as ag
import nn
from autograd import audit, check_gradients, compare
from autograd.ops import loss

G = np.random.default_rng(0).normal(size=(4, 3))


def test_right_gradients_pass_at_both_orders(capsys):
    report = check_gradients(lambda x, w: ag.tanh(ag.matmul(x, w)).sum(), np.ones((2, 3)), G.T)
    assert report
    assert [row[0] for row in report.rows] == ["order", "1 slope", "2 curvature", "1 slope", "2 curvature"]
    assert capsys.readouterr().out.startswith("check_gradients: all right\norder        argument")
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
    assert report.faults == ["visit 3: cube(float64(3,)), the rule for argument 0, x"]
    assert "WRONG" in str(report)


def test_audit_within_debug_names_the_line(capsys):
    @ag.elementwise
    def wrong(x):
        return x * 2

    wrong.defvjp(lambda g, out, x: g * 3)
    with ag.debug():
        loss = wrong(leaf([1.0, 2.0])).sum()  # the guilty line
        (fault,) = audit(loss).faults
    assert "loss = wrong(leaf([1.0, 2.0])).sum()  # the guilty line, the rule for argument 0, x" in fault
    audit(wrong(leaf([1.0, 2.0])).sum())
    assert "autograd.debug()" in capsys.readouterr().out


def ruled(rule):
    @ag.elementwise
    def cube(x):
        return x**3

    cube.defvjp(rule)
    return cube


def test_of_a_number_the_derivatives_themselves_are_shown(capsys):
    right = lambda g, out, x: g * 3 * x**2
    assert [row[2:5] for row in check_gradients(ruled(right), 2.0).rows[1:]] == [("+1", "12", "12")] * 2
    wrong = check_gradients(ruled(lambda g, out, x: g * 2 * x**2), 2.0)
    assert [row[2:5] for row in wrong.rows[1:]] == [("+1", "8", "12"), ("+1", "8", "8")]
    assert wrong.notes == ["argument 0: too small by a factor of 1.5 (8 by the engine, 12 by differences)"]
    two = check_gradients(lambda x, y: x * y * y, 2.0, 3.0).rows[1:]
    assert [row[2:4] for row in two if row[0] == "1 slope"] == [("+1", "9"), ("+1", "12")]
    assert {row[2] for row in two if row[0] == "2 curvature"} == {"random"}
    assert {row[2] for row in check_gradients(ruled(right), np.array([1.0, 2.0])).rows[1:]} == {"random"}
    assert {row[2] for row in check_gradients(lambda x: x * np.ones(2), 2.0).rows[1:]} == {"random"}


def test_a_rule_of_a_number_that_loses_the_cotangent_is_found_at_second_order():
    lost = ruled(lambda g, out, x: g * (3 * x**2) + 0.0 * x if isinstance(g, np.ndarray) else g.item() * (3 * x**2))
    assert check_gradients(lost, 2.0, order=1)
    assert not check_gradients(lost, 2.0)


@pytest.mark.parametrize("f", [lambda cube, x: cube(x), lambda cube, x: 5 * cube(x) + x, lambda cube, x: cube(x) * x])
@pytest.mark.parametrize("rule", [lambda g, out, x: 3 * x**2, lambda g, out, x: g * g * 3 * x**2])
@pytest.mark.parametrize("x", [2.0, np.array([1.0, 2.0])])
def test_a_rule_without_its_cotangent_is_named(f, rule, x):
    (note, *_) = check_gradients(lambda x: f(ruled(rule), x), x).notes
    assert note.endswith(
        "twice the cotangent g does not give twice the gradient: was g forgotten in a rule, or used twice?"
    )


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
    assert [row[1].split("(")[0] for row in report.rows[1:]] == [
        "softmax_cross_entropy",
        *["linear"] * 3,
        "tanh",
        *["linear"] * 2,
    ]
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
    (4 * G, G, "wrong", "too large by a factor of 4: a sum where the mean over 4 samples or entries was meant"),
    (G / 4, G, "wrong", "too small by a factor of 4: a mean where the sum over 4 samples or entries was meant"),
    (0.3 * G, G, "wrong", "too small by a factor of 3.33333$"),
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
    (G + np.sin(np.arange(12)).reshape(4, 3) + 2, G, "wrong", "12 of 12 entries are wrong, and no usual slip explains it .a forgotten f'.z. is not looked for"),
    (G * np.nan, G, "wrong", "the one by hand has a NaN"),
    (np.ones((2, 5)), G, "wrong", "the shapes differ"),
])  # fmt: skip
def test_compare_names_the_slip(hand, engine, verdict, diagnosis, capsys):
    found = compare(hand, engine, name="dC/dW")
    assert found.verdict == verdict
    assert bool(found) == (verdict != "wrong")
    assert re.search(diagnosis, found.diagnosis), found.diagnosis
    assert capsys.readouterr().out.startswith(f"dC/dW: {'WRONG' if verdict == 'wrong' else 'all right'}")


@pytest.mark.parametrize(("slip", "diagnosis"), [
    (lambda g: g, ""), (lambda g: g.T, "it is transposed"), (lambda g: -g, "the sign is wrong"),
    (lambda g: 2 * g, "twice too large: a factor of 2"), (lambda g: 2 * g.T, "it is transposed, and twice too large"),
    (lambda g: 16 * g, "too large by a factor of 16: a sum where the mean over 16 samples or entries was meant"),
    (lambda g: np.tile(g / 4, (4, 1, 1)), "a sum over axis 0, of length 4, was forgotten"),
    (lambda g: np.tile(g, (4, 1, 1)), "a mean over axis 0, of length 4, was forgotten"),
    (lambda g: np.tile(g, (4, 1, 1)) * 2, "a mean over axis 0, of length 4, was forgotten, and twice too large"),
    (lambda g: np.roll(g, 1, 0), "it is shifted by one along axis 0"),
    (lambda g: g + np.eye(4, 3) * [1, 0, 0], r"only the entry at \(0, 0\) is wrong"),
    (lambda g: g + np.eye(4)[:, [2]], "only row 2 is wrong"), (lambda g: 0 * g, "it is zero everywhere"),
    (lambda g: g[None], r"the entries are right, but the shape is \(1, 4, 3\) and should be \(4, 3\)"),
    (lambda g: 3 * g[None], r"the shape is \(1, 4, 3\) and should be \(4, 3\), and too large by a factor of 3"),
])  # fmt: skip
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_compare_names_the_slip_in_spite_of_rounding(slip, diagnosis, dtype):
    noise = {np.float32: 1e-7, np.float64: 1e-15}[dtype] * np.random.default_rng(1).normal(size=slip(G).shape)
    hand, engine = (slip(G) * (1 + noise)).astype(dtype), G.astype(dtype)
    if not diagnosis:
        assert compare(hand, engine).verdict in ("close", "exact")
    assert re.match(diagnosis or "$", compare(hand, engine).diagnosis)


def test_compare_says_what_is_right_to_fewer_digits():
    for off in (2e-12, 1e-10, 1e-8):
        found = compare(G * (1 + off * np.sign(G)), G)
        assert re.match(r"right to \de-\d+ of the largest entry: rounding, or a gradient by differ", found.diagnosis)
    assert compare(G * 1.0001, G).diagnosis == "too large by a factor of 1.0001"


def test_compare_shows_the_worst_entry(capsys):
    compare(G + np.eye(4, 3) * [0, 1, 0], G)
    assert f"at (1, 1): {G[1, 1] + 1:.6g} by hand, {G[1, 1]:.6g} by the engine" in capsys.readouterr().out


def test_compare_refuses_what_is_no_gradient():
    w = leaf(G, name="W")
    with pytest.raises(TypeError, match=r"engine is None: call backward\(\) first"):
        compare(G, w.grad)
    with pytest.raises(TypeError, match="hand is None"):
        compare(None, G)
    with pytest.raises(TypeError, match=r"got W float64\(4, 3\) itself: compare with W.grad"):
        compare(G, w)
    with pytest.raises(TypeError, match="compare with its .grad"):
        compare(G, leaf(G))


def test_compare_names_a_nan_on_either_side():
    assert compare(G, G * np.nan).diagnosis == "the one by the engine has a NaN: autograd.debug() finds where it arose"
    assert compare(G, np.full_like(G, np.inf)).diagnosis.startswith("the one by the engine has an inf")
    assert compare(np.full_like(G, np.inf), G).diagnosis == "the one by hand has an infinity"


def test_compare_takes_float32_and_tensors():
    a = G.astype(np.float32)
    assert compare(a * np.float32(1 + 1e-7), a).verdict in ("close", "exact")
    assert compare(leaf(G), G).verdict == "exact"


def elementwise(f, rule):
    def op(x):
        return f(x)

    op = ag.elementwise(op)
    op.defvjp(rule)
    return op


@ag.primitive
def dense(x, W, b):
    return x @ W.T + b


dense.defvjp(lambda g, out, x, W, b: g @ W, lambda g, out, x, W, b: x.T @ g, lambda g, out, x, W, b: g.sum(axis=0))


@pytest.mark.parametrize("seed", range(4))
def test_data_from_the_checkers_own_seed_hides_nothing(seed):
    rng = np.random.default_rng(seed)
    x, w, b = rng.normal(size=(5, 3)), rng.normal(size=(3, 3)), rng.normal(size=3)
    report = check_gradients(dense, x, w, b, rng=seed)
    assert re.match(r"argument 1: it is transposed \(at .* by the engine, .* by differences\)", report.notes[0])
    assert audit(dense(x, leaf(w), b).sum(), rng=seed).faults
    square = elementwise(lambda x: x * x, lambda g, out, x: 2 * g * g)
    assert not check_gradients(square, np.random.default_rng(seed).normal(size=(4, 3)), order=1, rng=seed)


@pytest.mark.parametrize(("f", "x"), [
    (ag.sin, [1e6, -3e6, 2.0]), (ag.sqrt, [1e-5]), (ag.log, [1e-3, 1.0]), (ag.exp, [400.0]), (ag.square, [1e10, 1.0]),
    (lambda x: 1 + x, [1e-12]), (ag.softmax, [1e4, 1e4 + 1, 1e4 - 1]), (ag.log, [1e-6, 1e3]), (ag.log, [1e-100]),
])  # fmt: skip
def test_steps_are_as_large_as_the_entries(f, x):
    for seed in range(5):
        assert check_gradients(f, np.array(x), rng=seed)
        assert audit(f(leaf(x)).sum(), rng=seed)


@pytest.mark.filterwarnings("ignore:invalid value", "ignore:divide by zero")
@pytest.mark.parametrize(("f", "x", "note"), [
    (ag.relu, [1.0, 0.0], "a kink at 1, where the slopes of the two sides differ"),
    (ag.relu, 0.0, "a kink, where"),
    (ag.sqrt, [0.0, 1.0], "the steps of the differences leave the domain of f"),
    (ag.log, [0.0, 1.0], "f is not finite here"),
    (lambda x: x * np.random.default_rng().normal(), [1.0], "f gives another result for the same arguments"),
    (lambda x: np.sin(x.data) if isinstance(x, ag.Tensor) else np.sin(x), [1.0], "no op leads from it to the result"),
    (lambda x: x * (x.data if isinstance(x, ag.Tensor) else x), [1.0, 2.0], "half of what it should be: a factor of 1/2"),
    (elementwise(lambda x: x * x, lambda g, out, x: g * (2 * np.array(getattr(x, "array", x)))), [1.0],
     "the slope is right, but not how it changes"),
])  # fmt: skip
def test_what_is_wrong_comes_with_a_word_on_why(f, x, note, capsys):
    report = check_gradients(f, np.array(x))
    assert not report
    assert report.notes[0].startswith("argument 0: ")
    assert note in report.notes[0]
    assert capsys.readouterr().out.endswith(report.notes[0] + "\n")


def test_labels_and_tensors_are_taken_as_they_come():
    assert check_gradients(loss.softmax_cross_entropy, leaf(G, name="z"), np.array([0, 1, 2, 0]))
    assert check_gradients(lambda x, n, mode: x**n, 2.0, 3, "a mode")
    with pytest.raises(TypeError, match=r"expected a floating array or number, got \['3'\]: write 2.0 for 2"):
        check_gradients(ag.square, 3)


@pytest.mark.filterwarnings("ignore:divide by zero")
@pytest.mark.parametrize("f", [
    lambda: ag.relu(leaf([0.0, 0, 1])), lambda: ag.clip(leaf([1.0, 1, -1, 0.5]), -1.0, 1.0),
    lambda: ag.maximum(leaf([1.0, 1, 2]), leaf([1.0, 1, 3])), lambda: ag.max(leaf([[1.0, 1, 0], [2, 2, 2]]), axis=1),
    lambda: ag.sort(leaf([1.0, 1, 2, 2])), lambda: ag.norm(leaf([0.0, 0])), lambda: ag.abs(leaf([0.0, 1])),
    lambda: leaf([0.0, 0.5]) ** 1.5, lambda: ag.gelu(leaf([-10.0, -7, -5.5, 20])), lambda: leaf([1e-8]) + leaf([1.0]),
    lambda: elementwise(lambda x: 1 + ag.erf(x), lambda g, out, x: g * 2 / np.sqrt(np.pi) * np.exp(-x * x))(leaf([-5.0, 8])),
])  # fmt: skip
def test_audit_accuses_no_right_rule_at_kinks_and_edges(f):
    for seed in range(10):
        assert audit(f().sum(), rng=seed)


@pytest.mark.filterwarnings("ignore:divide by zero")
def test_audit_gives_no_verdict_on_an_infinite_slope():
    for f in (ag.sqrt, ag.log):
        x = leaf([0.0, 4.0])
        report = audit(ag.where(x.data > 0, f(x), 0.0).sum())
        assert report
        assert "no verdict: infinite slope, or end of the domain" in [row[-1] for row in report.rows]
    wrong = elementwise(lambda x: x * x, lambda g, out, x: g * np.inf)
    assert not audit(wrong(leaf([1.0, 2.0])).sum())


def test_audit_finds_one_wrong_entry_among_large_ones():
    small = elementwise(lambda x: x * x, lambda g, out, x: g * x * np.where(x < 1e-2, 1.0, 2.0))
    assert not audit(small(leaf([1e-3, 1e4])).sum())


def test_audit_shows_the_call_and_names_the_argument(capsys):
    w = leaf(G[:3], name="W")
    report = audit((dense(G, w, G[0]) ** 2).mean())
    assert report.faults == ["visit 3: dense(float64(4, 3), W float64(3, 3), float64(3,)), the rule for argument 1, W"]
    lines = capsys.readouterr().out.splitlines()
    assert lines[-2:] == [f"fault: {report.faults[0]}", "run it within autograd.debug() and the faults name the line"]
    assert any("1: W" in line and "WRONG" in line for line in lines)
