"""The formulas: as the notes write them, and, put into numbers again, what the rules gave."""

import re
import subprocess
import sys
import warnings
from fractions import Fraction
from functools import reduce

import numpy as np
import pytest
from test_ops import CASES, OPS
from written import Written, read

import autograd as ag
import nn
from autograd import Tensor, formulas
from autograd.backprop import seed, sweep
from autograd.program.calls import place
from autograd.show.expression import Call, Name, Product, Sum
from autograd.show.shapes import same_but_for_ones

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(16, 4)), RNG.integers(0, 3, 16)


def backward(loss, **options):
    """The lines after "backward", without shapes and numbers of visits."""
    lines = str(formulas(loss, **options)).split("backward\n")[1].splitlines()
    return [line[5:].split("  ")[0] for line in lines if not line.startswith("where")]


# As a person would write them.


def test_a_dense_net_reads_like_the_derivation():  # D3, D7, A4-A6
    model = nn.MLP(4, 16, 3, activation="tanh", output="softmax", rng=0)
    assert backward(model.loss(X, Y)) == [
        "dC/dz2 = (softmax(z2) - onehot(t))/m",
        "dC/da1 = dC/dz2 W2",
        "dC/dW2 = (dC/dz2)ᵀ a1",
        "dC/db2 = Σᵢ dC/dz2",
        "dC/dz1 = dC/da1 ⊙ tanh'(z1)",
        "tanh'(z1) = 1 - a1²",
        "dC/dW1 = (dC/dz1)ᵀ x",
        "dC/db1 = Σᵢ dC/dz1",
    ]


@pytest.mark.parametrize(("output", "cost", "t", "expected"), [
    ("identity", "half_squared_error", RNG.normal(size=(16, 3)), "dC/dz2 = (z2 - t)/m"),  # D1
    ("identity", "squared_error", RNG.normal(size=(16, 3)), "dC/dz2 = 2 (z2 - t)/m"),  # A3
    ("softmax", "cross_entropy", np.eye(3)[Y], "dC/dz2 = (softmax(z2) - t)/m"),  # D3
])  # fmt: skip
def test_where_the_recursion_starts(output, cost, t, expected):  # E4
    model = nn.MLP(4, 16, 3, activation="sigmoid", output=output, cost=cost, rng=0)
    lines = backward(model.loss(X, t))
    assert lines[0] == expected
    assert lines[4:6] == ["dC/dz1 = dC/da1 ⊙ σ'(z1)", "σ'(z1) = a1 ⊙ (1 - a1)"]  # B1


def test_squared_error_with_sigmoid_output():  # D4, B2
    model = nn.MLP(4, 3, activation="sigmoid", output="sigmoid", cost="half_squared_error", rng=0)
    assert backward(model.loss(X, RNG.random((16, 3))))[:3] == [
        "dC/da1 = (a1 - t)/m", "dC/dz1 = dC/da1 ⊙ σ'(z1)", "σ'(z1) = a1 ⊙ (1 - a1)"]  # fmt: skip


@pytest.mark.parametrize(("activation", "slope"), [
    ("relu", "relu'(z1) = [a1 ≠ 0]"), ("leaky_relu", "leaky_relu'(z1) = (1 where z1 > 0, else 0.01)"),
    ("softplus", "softplus'(z1) = σ(z1)"),
])  # fmt: skip
def test_other_activations(activation, slope):
    model = nn.MLP(4, 5, 3, activation=activation, rng=0)
    assert slope in backward(model.loss(X, RNG.normal(size=(16, 3))))


def test_what_only_happens_to_be_1_is_not_left_away():
    a = Tensor([1.0, 2.0], requires_grad=True, name="a")
    assert "relu'(a) = [a1 ≠ 0]" in backward((ag.relu(a) * 3).sum())


BY_HAND = """forward
     v1 = x Wᵀ                     (4, 1)
     z1 = v1 + b                   (4, 1)
     a1 = σ(z1)                    (4, 1)
     v2 = ln(a1)                   (4, 1)
     v3 = {y} ⊙ v2                   (4, 1)
     v4 = 1 - a1                   (4, 1)
     v5 = ln(v4)                   (4, 1)
     v6 = (1 - {y}) ⊙ v5             (4, 1)
"""


def test_binary_cross_entropy_by_hand_says_1_minus_the_target():
    W, b = (Tensor(RNG.normal(size=s), requires_grad=True, name=n) for s, n in (((1, 4), "W"), ((1,), "b")))
    t = np.array([[0.0], [1.0], [1.0], [0.0]])
    a = ag.sigmoid(X[:4] @ W.T + b)
    for target, y in ((Tensor(t, name="y"), "y"), (Tensor(t), "t"), (t, "t")):
        text = str(formulas(-(target * np.log(a) + (1 - target) * np.log(1 - a)).sum()))
        forward = [line.split("  (")[0].rstrip() for line in BY_HAND.format(y=y).splitlines()]
        assert [line.split("  (")[0].rstrip() for line in text.splitlines()[:9]] == forward
        assert f"dC/dv5 = dC/dv6 ⊙ (1 - {y})" in text
        assert "nobody" not in text


@pytest.mark.parametrize(("made", "text"), [
    (lambda y: 2 * y - 1, "v1 = u ⊙ (2 y - 1)"), (lambda y: -y / 4, "v1 = -u ⊙ y/4"), (lambda y: y * y, "v1 = u ⊙ y²"),
    (lambda y: (1 - y).T * 3, "v1 = 3 u ⊙ (1 - yᵀ)"), (lambda y: y[:, 0], "v1 = u ⊙ y"), (lambda y: 0 * y + 0.5, "v1 = u/2"),
])  # fmt: skip
def test_what_is_computed_from_a_named_constant_is_written_so(made, text):
    y = Tensor([[0.25], [3.0], [-1.5]], name="y")
    w = Tensor([2.0], requires_grad=True, name="w")
    u = Tensor(np.ones(made(y).shape), requires_grad=True, name="u")
    lines = str(formulas((u * made(y)).sum() + (w * y).sum())).splitlines()
    assert lines[1].split("  (")[0].strip() == text


def test_a_constant_that_only_has_the_numbers_of_another_goes_by_its_own_name():
    x, t = np.array([0.0, 1.0]), np.array([1.0, 0.0])  # what NOT is learned from: t is 1 - x, and is not made of it
    w = Tensor(1.5, requires_grad=True, name="w")
    for given, target in ((x, t), (Tensor(x), Tensor(t))):
        assert "v2 = v1 - t" in str(formulas(((given * w - target) ** 2).sum()))


def test_a_zero_has_no_sign():
    w = Tensor([[-0.0, 0.5]], requires_grad=True, name="w")
    text = str(formulas(-(w * [[1.0, -0.0]]).sum(), numbers=True))
    assert "-0" not in text.replace("-0.5", "")
    assert "[[0. 0.]]" in text


def test_constants_that_nobody_has_named_are_said_to_be_such():
    w = Tensor(RNG.normal(size=4), requires_grad=True, name="w")
    text = str(formulas((X @ w + X[:, ::-1] @ w).sum()))
    assert 'x2 (16, 4) is a constant that nobody has named: Tensor(..., name="x") does' in text.splitlines()[-1]
    assert "nobody" not in str(formulas((X @ w).sum()))


def test_a_gradient_that_is_differentiated_names_its_constants():
    W = Tensor(RNG.normal(size=(1, 4)), requires_grad=True, name="W")
    x, t = Tensor(X[:6], name="x"), RNG.random((6, 1))
    (g,) = ag.gradients(nn.half_squared_error(ag.sigmoid(x @ W.T), t), [W], create_graph=True)
    lines = [line.split("  (")[0].strip() for line in str(formulas((g * g).sum())).splitlines()]
    assert {"v1 = a1 - t", "v2 = v1/6", "z2 = xᵀ v5"} <= {*lines}


def test_broadcasting_transposes_and_shared_use():
    W, b = (Tensor(RNG.normal(size=s), requires_grad=True, name=n) for s, n in (((2, 4), "W"), ((2,), "b")))
    loss = (np.tanh(X @ W.T + b) ** 2).sum() + (W * W).sum()
    lines = backward(loss)
    assert "dC/db = Σᵢ dC/dz1" in lines
    assert lines[-1] == "dC/dW += (dC/dv1)ᵀ x"
    assert str(formulas(loss, wrt=b)).splitlines() == [
        "forward",
        "     z1 = v1 + b                  (16, 2)",
        "     a1 = tanh(z1)                (16, 2)",
        "     v2 = a1²                     (16, 2)",
        "     v3 = Σ v2",
        "     C = v3 + v5",
        "backward",
        "  1  dC/dv3 = 1",
        "  4  dC/dv2 = dC/dv3              (16, 2)",
        "  5  dC/da1 = 2 dC/dv2 ⊙ a1       (16, 2)",
        "  6  dC/dz1 = dC/da1 ⊙ tanh'(z1)  (16, 2)",
        "     tanh'(z1) = 1 - a1²",
        "  7  dC/db = Σᵢ dC/dz1            (2,)",
        "where ⊙ multiplies entry by entry; ᵢ goes over the rows, the samples",
    ]


@pytest.mark.parametrize(("f", "expected"), [
    (lambda x: x**3 + np.sin(x), "f = x³ + sin(x)\ndf/dx = cos(x) + 3 x²"),
    (lambda x: x * x * x + 2 * x - x + x / 2, "f = x³ + 3 x/2\ndf/dx = 3 x² + 3/2"),
    (lambda x: 1 / (1 + np.exp(-x)), "f = 1/(1 + exp(-x))\ndf/dx = exp(-x)/(1 + exp(-x))²"),
    (lambda x: np.log(x), "f = ln(x)\ndf/dx = 1/x"),
    (lambda x: np.sqrt(x), "f = √x\ndf/dx = 1/(2 √x)"),
    (lambda x, y: x * y**2, "f = x y²\n∂f/∂x = y²\n∂f/∂y = 2 x y"),
    (lambda x: x - x, "f = 0\ndf/dx = 0"),
    (lambda x: 3.0 * x, "f = 3 x\ndf/dx = 3"),
])  # fmt: skip
def test_functions_of_numbers(f, expected):
    assert str(formulas(f)) == expected


@pytest.mark.parametrize(("f", "expected"), [
    (lambda x: np.arctan(x), "1/(1 + x²)"), (lambda x: np.arcsin(x), "1/√(1 - x²)"),
    (lambda x: np.arcsinh(x), "1/√(1 + x²)"), (lambda x: np.arctanh(x), "1/(1 - x²)"), (lambda x: x**x, "x^x + x^x ln(x)"),
    (lambda x: 2**x, "2^x ln(2)"), (lambda x: np.exp2(x), "2^x ln(2)"), (lambda x: np.log2(x), "1/(x ln(2))"),
    (lambda x: np.clip(x, -1, 1), "[-1 ≤ x ≤ 1]"), (lambda x: np.sinc(x), "(cos(π x) - sinc(x))/x"),
    (lambda p: -p * np.log(p) - (1 - p) * np.log(1 - p), "ln(1 - p) - ln(p)"),
    (lambda x: np.sum(np.stack([x, x**2])), "2 x + 1"),
    (lambda x: (np.where(x == 0.5, 1.0, x) * 0 + 1) * x, "1"),
])  # fmt: skip
def test_guards_against_numbers_that_are_not_ordinary_are_left_out(f, expected):
    assert str(formulas(f)).split("\nwhere [")[0].split("df/d")[1][4:] == expected


@pytest.mark.parametrize(("f", "expected"), [
    (np.arctan2, ["x/(y² + x²)", "-y/(y² + x²)"]), (np.hypot, ["y/√(y² + x²)", "x/√(y² + x²)"]),
    (np.logaddexp, ["σ(y - x)", "σ(x - y)"]), (np.power, ["x y^(x - 1)", "y^x ln(y)"]),
    (np.maximum, ["[y ≥ x]", "[x ≥ y]"]), (ag.xlogy, ["ln(x)", "y/x"]),
])  # fmt: skip
def test_so_they_are_of_two_numbers(f, expected):
    lines = str(formulas(lambda y, x: f(y, x))).split("\nwhere [")[0].splitlines()[1:]
    assert lines == [f"∂f/∂{name} = {slope}" for name, slope in zip("yx", expected, strict=True)]


@pytest.mark.parametrize(("f", "expected"), [
    (ag.swish, "swish'(u) = σ(u) + a1 ⊙ (1 - σ(u))"), (ag.elu, "elu'(u) = (1 where u > 0, else exp(u))"),
    (ag.hard_tanh, "hard_tanh'(u) = [-1 < u < 1]"), (ag.gelu, "gelu'(u) = Φ(u) + 0.398942 u ⊙ exp(-u²/2)"),
    (np.linalg.norm, "dC/du = u/C"), (np.std, "dC/du = (u - mean(u))/(3 C)"), (ag.logsumexp, "dC/du = exp(u - C)"),
    (np.max, "dC/du = [u = C]/Σ [u = C]"), (lambda u: np.maximum(0, u), "dC/du = dC/dv1 ⊙ [u ≥ 0]"),
    (lambda u: np.tanh(u[1:]), "dC/du[1:] += dC/dv1"), (lambda u: np.exp(u[[0, 0, 2]]), "dC/du[j] += dC/dv1"),
    (lambda u: np.split(u, [1])[1] ** 2, "dC/du[1:3] += dC/dv1"),
    (lambda u: (np.exp(u) / np.exp(u).sum())[0], "dC/du += dC/dv1 ⊙ v1"),
])  # fmt: skip
def test_of_arrays_too(f, expected):
    out = f(Tensor([0.5, -1.0, 2.0], requires_grad=True, name="u"))
    assert backward(out.sum() if out.ndim else out)[-1] == expected


def test_a_condition_that_the_user_wrote_is_no_guard():
    t, z = Tensor([1.0, 0.0, 1.0], name="t"), Tensor([0.5, 2.0, 3.0], requires_grad=True, name="z")
    lines = backward((np.where(t == 1, z**2, z**3) * 2).sum())
    assert len([line for line in lines if "dC/dv1" in line.split(" = ")[0] and "[" in line]) == 1


def test_the_cost_of_logits_starts_with_what_is_missing():  # D2
    model = nn.MLP(4, 5, 1, output="sigmoid", cost="binary_cross_entropy", rng=0)
    assert backward(model.loss(X, RNG.integers(0, 2, (16, 1)) * 1.0))[0] == "dC/dz2 = (σ(z2) - t)/m"


def test_vectors_and_single_samples():
    w, W, b = (Tensor(RNG.normal(size=s), requires_grad=True, name=n) for s, n in ((4, "w"), ((5, 4), "W"), (5, "b")))
    assert backward(((X @ w - RNG.normal(size=16)) ** 2).sum())[-1] == "dC/dw = xᵀ dC/dz1"
    assert backward(ag.linear(X[:1], W, b).sum())[-1] == "dC/db = dC/dz1"
    assert "v1 = (a1ᵀ)²" in str(formulas((np.tanh(W).T ** 2).sum()))


def test_sums_say_over_what():
    P, Q = (Tensor(RNG.normal(size=s), requires_grad=True, name=n) for s, n in (((2, 3, 4), "P"), ((2, 4, 3), "Q")))
    text = str(formulas(((P @ Q).sum(axis=0) ** 2).sum()))
    assert "v1 = Σ[axis 0] z1 " in text
    assert "dC/dQ = Pᵀ dC/dz1 " in text
    assert "mean[axes 0, 2](P) " in str(formulas((P.mean((0, 2)) ** 2).sum()))
    assert 'einsum("abc,acb->ab", P, Q) ' in str(formulas(np.einsum("abc,acb->ab", P, Q).sum()))


def test_a_target_is_called_t():
    y = Tensor(RNG.normal(size=(3, 2)), requires_grad=True, name="y")
    assert "v1 = y - t " in str(formulas(((y - np.ones((3, 2)) * [1, 2]) ** 2).sum()))


def test_names_that_are_no_words_are_quoted():
    a, b, c = (Tensor([1.0, 2.0], requires_grad=True, name=n) for n in ("my weight", "2 x+1", "enc.W"))
    text = str(formulas((a * b * c).sum()))
    assert 'v1 = "my weight" ⊙ "2 x+1" ' in text
    assert 'dC/d"2 x+1" = dC/dv1 ⊙ "my weight" ' in text
    assert "dC/denc.W = dC/dv2 ⊙ v1 " in text


def test_long_names_keep_head_and_tail():
    a, b = (Tensor([1.0, 2.0], requires_grad=True, name=f"attention.{'of_' * 20}language_{k}") for k in (1, 2))
    text = str(formulas((a * b).sum()))
    assert "attention.of_of_of_…_of_of_of_language_1 ⊙ attention.of_of_of_…_of_of_of_language_2" in text


def test_numbers_are_shown_on_request():
    a = Tensor([[1.0, 2.0]], requires_grad=True, name="a")
    assert str(formulas((a * a).sum(), numbers=True)).splitlines()[1:-1] == [
        "     v1 = a²              (1, 2)",
        "     [[1. 4.]]",
        "     C = Σ v1",
        "     5.",
        "backward",
        "  1  dC/dv1 = 1           (1, 2)",
        "     [[1. 1.]]",
        "  2  dC/da = dC/dv1 ⊙ a   (1, 2)",
        "     [[1. 2.]]",
        "     dC/da += dC/dv1 ⊙ a  (1, 2)",
        "     [[1. 2.]]",
    ]


@pytest.mark.parametrize(("n", "shown"), [(12, 3), (13, 0)])
def test_arrays_of_up_to_12_entries_are_small(n, shown):
    text = str(formulas(np.sin(Tensor(np.ones(n), requires_grad=True)).sum(), numbers=True))
    assert text.count("\n     [") == shown


# What they say is what ran.


def worked_out(x, env):
    """An expression in numbers, as one reads it: a vector is a column in u vᵀ and, entry by entry, a row."""
    if isinstance(x, Fraction | float):
        return float(x)
    if isinstance(x, Name):
        return env[x]
    if isinstance(x, Sum):
        terms = [float(c) * a for (_, c), a in zip(x.terms, together([t for t, _ in x.terms], env), strict=True)]
        return sum(terms) + float(x.constant)
    if isinstance(x, Product):
        bases = together([base for base, _ in x.factors], env)
        powers = [a ** worked_out(p, env) for a, (_, p) in zip(bases, x.factors, strict=True)]
        chosen = [np.asarray(a, bool) for (b, _), a in zip(x.factors, bases, strict=True)
                  if isinstance(b, Call) and b.function in ("iverson", "not")]  # fmt: skip
        result = float(x.coefficient)
        for a in powers:
            result = result * a
        for a in chosen:  # [...] is 0 where it does not hold, whatever stands beside it
            result = np.where(a, result, 0)
        return result
    if x.function == "slope":
        return env[x]
    if x.function == "beside":
        return beside(x.arguments, env)
    said = dict(x.notes)
    if "..." in [y for y in (*x.arguments, *said.values()) if isinstance(y, str)]:
        raise Unsaid
    if x.function in ("windows", "overlap_add"):
        raise Unsaid  # how they slide
    args = [{"None": None}.get(y, y) if isinstance(y, str) else worked_out(y, env) for y in x.arguments]
    if x.function == "dot":
        return reduce(times, args)
    if x.function in ("sum", "mean", "var", "std", "max", "min", "norm", "prod"):
        named = np.linalg.norm if x.function == "norm" else getattr(np, x.function)
        return named(args[0], **said | {"keepdims": True})
    if x.function == "at":  # in which shape is not said
        raise Unsaid
    known = {"T": lambda v: np.swapaxes(v, -1, -2) if v.ndim > 1 else v.reshape(1, -1), "iverson": lambda c: np.asarray(c, float),
             "column": lambda v: np.reshape(v, (-1, 1)), "not": np.logical_not, "cases": np.where,
             "onehot": lambda labels: np.eye(env["classes"])[labels],
             "concatenate": joined, "stack": stacked, "reshape": reshaped, "item": item, "scatter_add": scattered,
             "swapaxes": lambda v, *axes, **said: np.swapaxes(v, *map(int, axes), **said), "einsum": einsum, "bitwise_and": np.logical_and}  # fmt: skip
    return (known.get(x.function) or getattr(np, x.function, None) or OPS[x.function])(*args, **said)


def times(a, b):
    """The product of matrices; of a vector and a row the product u vᵀ."""
    return np.outer(a, b) if a.ndim == 1 and b.ndim == 2 and len(b) == 1 and a.size > 1 else a @ b


def beside(factors, env):
    """What stands beside one another: numbers are multiplied, and matrices are."""
    result, arrays = 1.0, [np.asarray(worked_out(x, env)) for x in factors]
    for a in arrays:
        result = result * (a.reshape(()) if a.size == 1 else a) if 1 in (a.size, np.size(result)) else times(result, a)
    chosen = [a for x, a in zip(factors, arrays, strict=True) if isinstance(x, Call) and x.function == "iverson"]
    return reduce(lambda found, a: np.where(a.astype(bool), found, 0), chosen, result)


def together(expressions, env):
    """What stands entry by entry: a vector lies along whatever has its entries, unless it is said to be a column."""
    arrays = [np.asarray(worked_out(x, env)) for x in expressions]
    most = max(arrays, key=np.ndim)
    if any(map(column, expressions)):
        return arrays
    return [a.reshape(most.shape) if same_but_for_ones(a.shape, most.shape) else a for a in arrays]


def column(x):
    """Is it said of a vector that it stands as a column?"""
    inside = [base for base, _ in x.factors] if isinstance(x, Product) else [x]
    inside = x.arguments if isinstance(x, Call) and x.function == "beside" else inside
    return any(isinstance(y, Call) and y.function == "column" for y in inside)


def item(x, *index):
    if np.ndim(x) < len(index) - sum(i is None for i in index):
        raise Unsaid
    return x[tuple(part(i) if isinstance(i, str) else i for i in index)]


def part(text):
    ends = [int(k) if k and k != "None" else None for k in text.split(":")]
    return slice(*ends) if ":" in text else ends[0]


def scattered(g, *index, shape):
    total = np.zeros(shape)
    np.add.at(total, tuple(part(i) if isinstance(i, str) else i for i in index), g)
    return total


def einsum(*arrays, subscripts):
    if any(np.ndim(a) == 0 for a in arrays):
        raise Unsaid
    return np.einsum(subscripts, *arrays)


def joined(*arrays, axis, **_):
    if len({np.ndim(a) for a in arrays}) > 1:
        raise Unsaid
    return np.concatenate(arrays, axis)


def stacked(*arrays, axis):
    if len({np.shape(a) for a in arrays}) > 1:
        raise Unsaid
    return np.stack(arrays, axis)


def reshaped(array, shape):
    if np.size(array) != np.prod(shape, dtype=int) and -1 not in np.atleast_1d(shape):
        raise Unsaid
    return np.reshape(array, shape)


class Unsaid(Exception):
    """A formula leaves out what would have to be known: a "..." stands there, or that something is repeated is not said."""


def judged(root):
    """For every line that is printed: is it what ran?  None where worked_out cannot tell."""
    shown = formulas(root, max_lines=None)
    names = shown.names
    plain = [v for v in names.values if isinstance(names.of(v), Name) and not names.moves(v)]
    env = {names.of(v): v.array for v in plain}
    env |= {names.arrays[place(x)]: x for v in names.values for x in v.primals
            if isinstance(x, np.ndarray) and place(x) in names.arrays}  # fmt: skip
    env |= {name: np.float64(n) for name, (n, _) in names.sizes.items()} | names.constants
    swept = dict(sweep(root, seed(root, None), everything=True))
    env |= {names.cotangent(v): swept[v] for v in plain if v in swept}
    left = {}
    for line in shown.lines:
        env["classes"] = line.shape[-1] if line.shape else 1
        env[names.one] = np.eye(env["classes"])
        known = {Written(names)(name): name for name in env if isinstance(name, Name | Call)}
        with np.errstate(all="ignore"):
            try:
                if line.slope:
                    known[Written(names)(line.slope[0])] = line.slope[0]
                    env[line.slope[0]] = worked_out(written(*line.slope, False, line, known)[0], env)
                right, more = written(line.left, line.right, line.more, line, known)
                found = shaped(worked_out(right, env), line.shape)
                assert (line.left in left) == more
                left[line.left] = None if left.get(line.left, 0) is None else left.get(line.left, 0) + found
            except Unsaid:
                left[line.left] = None
    for name, found in left.items():
        yield None if found is None else np.allclose(found, env[name], rtol=1e-9, atol=1e-12, equal_nan=True)


def written(left, right, more, line, known):
    """What the text of an equation says that is on its right; and whether it says that it is added."""
    text = Written().equation(left, right, more)
    said, sign, text = re.fullmatch(r"(.*?) (\+?=) (.*)", text).groups()
    if "…" in text or "..." in text:
        raise Unsaid
    expression = read(text, known)
    if isinstance(right, Call) and right.function == "scatter_add":  # dC/dx[i] += dC/dv
        places = read(said, known).arguments[1:]
        return Call("scatter_add", (expression, *places), 0, (("shape", line.shape),)), line.more
    return expression, sign == "+="


def shaped(found, shape):
    """What has the shape that a line states, but for axes of length 1; a number stands for all entries."""
    found = np.asarray(found, float)
    return found.reshape(shape) if same_but_for_ones(found.shape, shape) else np.broadcast_to(found, shape)


def test_the_formulas_of_all_ops_give_what_the_rules_gave():
    verdicts = []
    for case in CASES:
        arrays = case.inputs()
        tensors = [Tensor(a, requires_grad=a.dtype.kind == "f", name=f"q{i}") for i, a in enumerate(arrays)]
        out = case.f(*tensors)
        if isinstance(out, Tensor) and out.requires_grad:
            root = (out * RNG.normal(size=out.shape)).sum() if out.ndim else out * 1.7
            shown = formulas(root)
            assert str(shown)
            assert shown.latex
            try:
                found = list(judged(root))
            except Exception as error:
                error.add_note(f"{case}\n{shown}")
                raise
            assert False not in found, f"{case}\n{shown}"
            unsaid = case.name in ("conv", "max_pool", "avg_pool", "windows", "overlap_add")  # how windows slide
            verdicts += [verdict for verdict in found if verdict is not None] if unsaid else found
    assert verdicts.count(True) > 4500
    assert verdicts.count(None) < 120


@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "relu", "softplus", "swish", "leaky_relu"])
def test_the_formulas_of_nets_give_what_the_rules_gave(activation):
    model = nn.MLP(4, 8, 8, 3, activation=activation, rng=0)
    assert set(judged(model.loss(X, RNG.normal(size=(16, 3))))) == {True}


A4, U4, V4, C4 = RNG.normal(size=(4, 4)), *(RNG.normal(size=4) for _ in range(3))
VECTORS = [  # (what is written, the lines of its backward pass)
    (lambda A, u, v: u @ v, ["dC/du = v", "dC/dv = u"]),
    (lambda A, u, v: u @ u, ["dC/du = u", "dC/du += u"]),
    (lambda A, u, v: np.vdot(u, v), ["dC/dv = u", "dC/du = v"]),
    (lambda A, u, v: np.inner(u, v), None),
    (lambda A, u, v: np.tensordot(u, v, 1), None),
    (lambda A, u, v: np.dot(C4, v), ["dC/dv = x"]),
    (lambda A, u, v: u @ C4.reshape(2, 2).repeat(2, 0).repeat(2, 1) @ u, None),
    (lambda A, u, v: u @ A @ v, ["dC/dz1 = v", "dC/dv = z1", "dC/du = A dC/dz1", "dC/dA = u (dC/dz1)ᵀ"]),
    (lambda A, u, v: u @ np.linalg.inv(A) @ u, [
        "dC/dz1 = u", "dC/du = z1", "dC/du += v1 dC/dz1", "dC/dv1 = u (dC/dz1)ᵀ", "dC/dA = -v1ᵀ dC/dv1 v1ᵀ"]),
    (lambda A, u, v: ((A @ u) * C4).sum(), [
        "dC/dv1 = 1", "dC/dz1 = dC/dv1 ⊙ x", "dC/dA = dC/dz1 uᵀ", "dC/du = Aᵀ dC/dz1"]),
    (lambda A, u, v: ((X @ u) ** 2).sum(), [
        "dC/dv1 = 1", "dC/dz1 = 2 dC/dv1 ⊙ z1", "dC/du = xᵀ dC/dz1"]),
    (lambda A, u, v: (np.outer(u, v) * A).sum(), None),
    (lambda A, u, v: np.tanh(A * u[:, None] + v).mean(), None),
    (lambda A, u, v: ((A.sum(axis=1, keepdims=True).reshape(4) - u) ** 2).sum(), None),
    (lambda A, u, v: ((A.T * u).T @ v) @ (v @ A), None),
    (lambda A, u, v: (A / A.sum(axis=1, keepdims=True) + u).sum() * (u @ v), None),
    (lambda A, u, v: u[0] * u[1] + A[0, 1] * A[1, 0] + u[2] ** 2, None),
    (lambda A, u, v: np.where(u > 0, u**2, -u) @ v, None),
    (lambda A, u, v: (u**2 + np.where(np.abs(v) < 9, v**2, np.abs(v))).sum(), None),
]  # fmt: skip


@pytest.mark.parametrize(("f", "expected"), VECTORS)
def test_products_of_vectors(f, expected):
    root = f(*(Tensor(a, requires_grad=True, name=n) for n, a in (("A", A4), ("u", U4), ("v", V4))))
    assert expected is None or backward(root) == expected
    assert False not in list(judged(root)), formulas(root)


COSTS = ["squared_error", "half_squared_error", "mean_squared_error", "binary_cross_entropy"]


@pytest.mark.parametrize("k", [1, 2, 3])
@pytest.mark.parametrize("m", [1, 2, 3, 4, 16])
@pytest.mark.parametrize("cost", [*COSTS, "cross_entropy", "labels", "mean"])
def test_costs_of_any_number_of_samples_and_outputs(cost, m, k):
    t = np.eye(k)[np.arange(m) % k] if cost == "cross_entropy" else RNG.random((m, k))
    z = Tensor(RNG.normal(size=(m, k)), requires_grad=True, name="z")
    root = {"labels": lambda: nn.cross_entropy(z, np.arange(m) % k), "mean": lambda: ((z - t) ** 2).mean()}.get(
        cost, lambda: getattr(nn, {"binary_cross_entropy": "binary_cross_entropy_with_logits"}.get(cost, cost))(z, t)
    )()
    assert set(judged(root)) <= {True, None}, formulas(root)
    if k == 3 or cost in ("squared_error", "half_squared_error"):
        below = {"mean_squared_error": "/(m k)", "binary_cross_entropy": "/(m k)", "mean": "/(m k)"}.get(cost, "/m")
        first = backward(root)[0]
        assert first.endswith(below) == (m > 1)
        assert "m" not in first.removesuffix(below).replace("softmax", "")


def test_one_half_and_two_are_no_numbers_of_samples():  # of 2 samples
    z, t = Tensor(np.ones((2, 1)), requires_grad=True, name="z"), np.array([[0.0], [1.0]])
    assert str(formulas(nn.binary_cross_entropy_with_logits(z, t))).splitlines()[1:4:2] == [
        "     C = mean((1 - t) ⊙ softplus(z) + t ⊙ softplus(-z))",
        "  1  dC/dz = (σ(z) - t)/m                                (2, 1)"]  # fmt: skip
    assert str(formulas(nn.half_squared_error(z, t))).splitlines()[1] == "     C = Σ ((z - t)²)/(2 m)"


@pytest.mark.parametrize(("f", "expected"), [
    (lambda x: np.where(x > 0, x**2, -x), "f = (x² where x > 0, else -x)\ndf/dx = -[not(x > 0)] + 2 x [x > 0]"),
    (lambda x: np.where(x > 0, x**2, 0.0), "f = x² [x > 0]\ndf/dx = 2 x [x > 0]"),
    (lambda x: np.select([x < 0, x < 1], [x**2, x**3], x),
     "f = (x² where x < 0, else (x³ where x < 1, else x))\n"
     "df/dx = [not(x < 0)] [not(x < 1)] + 3 x² [not(x < 0)] [x < 1] + 2 x [x < 0]"),
    (ag.grad(lambda x: x**3), "f = 3 x²\ndf/dx = 6 x"),
    (ag.grad(lambda z: 1 / (1 + np.exp(-z))),
     "f = exp(-z)/(1 + exp(-z))²\ndf/dz = -(1/(1 + exp(-z))² - 2 exp(-z)/(1 + exp(-z))³) exp(-z)"),
    (np.sin, "f = sin(x)\ndf/dx = cos(x)"),
    (ag.grad(np.tanh), "f = 1 - tanh(x)²\ndf/dx = -2 tanh(x) (1 - tanh(x)²)"),
    (lambda x: 3.0, "f = 3\ndf/dx = 0"),
    (lambda x, y: 2 * x, "f = 2 x\n∂f/∂x = 2\n∂f/∂y = 0"),
    (lambda x, *, n=2: x**n, "f = x²\ndf/dx = 2 x"),
    (lambda x, n=None, c=3.0: c * x, "f = 3 x\ndf/dx = 3"),
    (lambda x: np.log(x - 1), "f = ln(x - 1)\ndf/dx = 1/(x - 1)"),
    (lambda x: (np.array([1.0, 2.0]) * x).sum(), "f = Σ (x c)\ndf/dx = Σ c\nwhere c = [1., 2.]"),
])  # fmt: skip
def test_functions_of_any_number(f, expected):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found, _, legend = str(formulas(f)).partition("\nwhere [")
    assert found == expected
    assert legend == ("...] is 1 where it holds, else 0" if "[" in expected.replace("[1., 2.]", "") else "")


@pytest.mark.parametrize("f", [lambda x: x if x > 0 else -x, lambda x: max(x, 0.0), lambda x: x * (3 if x < 1 else 2)])
def test_a_function_is_not_followed_down_one_branch(f):
    with pytest.raises(TypeError, match="formulas: f runs once, for any number.*write where"):
        formulas(f)


def test_a_branch_that_no_sample_took_keeps_its_slope():  # of a Huber cost by hand
    d = Tensor(np.array([0.1, -0.2]), requires_grad=True, name="d")
    lines = backward(np.where(np.abs(d) < 1, d**2 / 2, np.abs(d) - 0.5).sum())
    assert "dC/dv4 = dC/dv5 ⊙ [not(condition)]" in lines
    assert not [line for line in lines if "[0]" in line or "[1]" in line or "[c]" in line]


def test_a_second_derivative_has_no_seed_in_it():
    w = Tensor(2.0, requires_grad=True, name="w")
    (slope,) = ag.gradients(w**3 + np.sin(w), [w], create_graph=True)
    assert (
        str(formulas(slope)).split("backward")[0].split() == "forward v1 = cos(w) v2 = w² v3 = 3 v2 C = v1 + v3".split()
    )


def test_the_loss_goes_by_its_own_name():
    y = Tensor(2.0, requires_grad=True, name="a") * 3
    y.name = "loss"
    assert "dloss/da = 3" in str(formulas(y))
    assert r"\frac{d\text{loss}}{da}" in formulas(y).latex
    shown = str(formulas(Tensor(2.0, requires_grad=True, name="C") ** 2))
    assert "C2 = C²" in shown
    assert "dC2/dC = 2 C" in shown


def test_a_long_pass_is_shown_at_both_ends():
    y = Tensor(np.ones(2), requires_grad=True, name="x")
    for _ in range(300):
        y = np.tanh(y)
    lines = str(formulas(y.sum(), max_lines=10)).splitlines()
    assert "… 291 more" in lines[6]
    assert lines[1].strip().startswith("a1 = tanh(x)")
    assert "… 291 more" in lines[22]
    assert lines[-3].split() == "301 dC/dx = dC/da1 ⊙ tanh'(x) (2,)".split()
    assert set(judged(y.sum())) == {True}


def test_a_wanted_tensor_has_to_be_there():
    a, b = (Tensor(2.0, requires_grad=True, name=n) for n in "ab")
    with pytest.raises(ValueError, match=r"formulas: wrt\[0\]: b .* is not among what"):
        formulas(a * 2, wrt=b)
    with pytest.raises(ValueError, match="wrt is empty"):
        formulas(a * 2, wrt=[])
    with pytest.raises(ValueError, match="expected what ops have made, got the leaf a"):
        formulas(a)
    with pytest.raises(TypeError, match="wrt and numbers are for Tensors"):
        formulas(np.sin, wrt=a)
    with pytest.raises(TypeError, match="numbers that have names, and this one takes"):
        formulas(lambda *x: x[0])
    for lines in (0, 1, True, 2.5):
        with pytest.raises(ValueError, match="max_lines to be an integer of at least 2"):
            formulas(a * 2, max_lines=lines)
    assert formulas(a * 2, max_lines=np.int64(5)).lines
    with pytest.raises(TypeError, match="numbers to be True or False, got 'x'"):
        formulas(a * 2, numbers="x")
    with pytest.raises(ValueError, match="none of the tensors of the model is among what"):
        ag.draw(a * 2, model={"b": b})


def test_no_warning_comes_from_the_formulas():  # of what is run once more, to read it
    with np.errstate(all="ignore"):
        loss = (np.arccosh(q := Tensor([1.5, 0.5], requires_grad=True, name="q")) * np.log(q - 1)).sum()
    with warnings.catch_warnings(), np.errstate(all="raise"):
        warnings.simplefilter("error")
        assert "dC/dv3 = dC/dv4 ⊙ v1" in backward(loss, numbers=True) + backward(loss)
        assert "draw" in repr(ag.draw(loss))
        assert formulas(lambda x: np.arccosh(x) * np.log(-x)).latex


def test_a_graph_is_looked_at_outside_of_what_is_compiled():
    w = Tensor([1.0, 2.0], requires_grad=True, name="w")

    def f(x):
        formulas(loss := (w * x).sum())
        return loss

    with pytest.raises(TypeError, match="cannot be looked at inside a function that is being compiled"):
        ag.compile(f, wrt=[w])(np.ones(2))


def test_they_show_themselves_where_they_are_evaluated():
    assert repr(formulas(lambda x: x**2)) == "f = x²\ndf/dx = 2 x"


def test_no_gradient_is_touched_and_a_graph_can_be_swept_afterwards():
    model = nn.MLP(4, 8, 3, activation="tanh", output="softmax", rng=0)
    loss = model.loss(X, Y)
    str(formulas(loss))
    assert all(p.grad is None for p in model.parameters())
    loss.backward()


def test_a_condition_among_numbers_is_a_number():
    where = "\nwhere [...] is 1 where it holds, else 0"
    assert str(formulas(lambda x: x * (x > 0))) == "f = x [x > 0]\ndf/dx = [x > 0]" + where
    slopes = "∂f/∂x = 1\n∂f/∂y = [x = 3/10]"
    assert str(formulas(lambda x, y: (x == 0.3) * y + x)) == "f = y [x = 3/10] + x\n" + slopes + where


def test_the_names_that_users_gave_stay_as_they_are():
    W1, again, W2 = (Tensor([1.0, 2.0], requires_grad=True, name=name) for name in ("W1", "W1", "W2"))
    loss = (W1 * again * np.sin(W2)).sum()
    assert backward(loss)[-1] == "dC/dW3 = dC/dv1 ⊙ W1"
    assert "v2 = sin(W2)" in str(formulas(loss))
    assert str(formulas(lambda e: e * np.e)) == "f = 2.71828 e\ndf/de = 2.71828"
    assert str(formulas(lambda π: π * np.pi)) == "f = 3.14159 π\ndf/dπ = 3.14159"
    assert str(formulas(lambda x: np.e**x * np.pi)) == "f = π e^x\ndf/dx = π e^x"
    I = Tensor(np.eye(2) + 1, requires_grad=True, name="I")  # noqa: E741
    turn = ag.primitive(lambda x: x * 1.0)
    turn.defvjp(lambda g, out, x: g @ np.eye(2))
    assert backward((turn(I) * 2).sum())[-1] == "dC/dI = dC/dv1 I2"
    assert "I2 is the identity matrix" in str(formulas((turn(I) * 2).sum()))
    for name in ("xᵀ", "x²", "else", "Σ", "xᵢ"):
        assert f'dC/d"{name}" = ' in str(formulas(Tensor(2.0, requires_grad=True, name=name) * 3))


def test_a_tensor_is_known_also_where_it_has_moved_to():  # into the memory of a compiled program
    w = Tensor(np.ones((2, 2)), requires_grad=True, name="w")
    loss = (w**2).sum()
    ag.compile(lambda x: ((w @ x) ** 2).sum(), wrt=[w])(np.ones((2, 2)))
    assert backward(loss)[-1] == "dC/dw = 2 dC/dv1 ⊙ w"


@pytest.mark.parametrize(("f", "expected"), [
    (lambda x: 1.0000001 * x, "f = 1.0000001 x\ndf/dx = 1.0000001"),
    (lambda x: np.nan * x, "f = NaN x\ndf/dx = NaN"),
    (lambda x: 1e-200 * x * 1e-200, "f = 1e-400 x\ndf/dx = 0"),  # as computed
    (lambda x: (1e200 * x) ** 2, "f = 1e+400 x²\ndf/dx = 2e+400 x"),
    (lambda x: (2 * x) ** 20000, "f = 2²⁰⁰⁰⁰ x²⁰⁰⁰⁰\ndf/dx = 40000 2¹⁹⁹⁹⁹ x¹⁹⁹⁹⁹"),
    (lambda x: x ** (1 / 3), "f = x^(1/3)\ndf/dx = 1/(3 x^(2/3))"),
    (lambda x: x**0.33333, "f = x^0.33333\ndf/dx = 0.33333/x^0.66667"),
    (lambda x, n=2: x**n, "f = x²\ndf/dx = 2 x"),
])  # fmt: skip
def test_numbers_of_any_size(f, expected):
    assert str(formulas(f)) == expected


def test_a_power_of_a_number_stands_where_it_has_its_axes():
    w, s = Tensor(np.ones((3, 4)), requires_grad=True, name="w"), Tensor(2.0, requires_grad=True, name="s")
    assert "dC/ds = Σ (dC/dv2 ⊙ v1 ⊙ s^(v1 - 1))" in backward((s ** (w * w)).sum())


# How they show themselves.


def test_latex_and_markdown():
    shown = formulas(nn.MLP(4, 3, output="softmax", rng=0).loss(X, Y))
    assert r"\frac{dC}{dW_{1}} &= \left(\frac{dC}{dz_{1}}\right)^{\top} x && (3, 4)" in shown.latex
    assert shown.latex.startswith(r"\begin{align*}")
    assert shown._repr_latex_() == shown.latex
    assert shown.markdown.startswith("$$")
    assert formulas(lambda x: x / 3).latex.count(r"\frac") == 3


def test_latex_says_all_that_the_text_says():
    latex = formulas(nn.MLP(4, 3, output="softmax", rng=0).loss(X, Y)).latex
    assert latex.splitlines()[1] == r"&& \textbf{forward} & \\"
    assert r"1 && \frac{dC}{dz_{1}} &= \frac{\operatorname{softmax}\left(z_{1}\right) - " in latex
    assert r"&&& \text{where m = 16, the number of samples} \\" in latex
    assert r"&& z_{1} &= x W_{1}^{\top} + b_{1} && (16, 3)" in latex


def test_latex_knows_greek_and_indices():
    latex = formulas(lambda lam, alpha, theta_1, W_hh: lam * alpha * np.sin(theta_1) * W_hh).latex
    assert latex.splitlines()[1] == r"f &= \text{lam} \, \alpha \, W_{\text{hh}} \, \sin\left(\theta_{1}\right) \\"
    assert r"\frac{\partial f}{\partial \alpha}" in latex
    assert r"\text{``x+1''}" in formulas(Tensor(2.0, requires_grad=True, name="x+1") * 2).latex
    assert r"\left|x\right|" in formulas(lambda x: np.abs(x)).latex
    assert r"\left\|w\right\|" in formulas(np.linalg.norm(Tensor([3.0, 4.0], requires_grad=True, name="w"))).latex


def test_latex_of_cases_and_of_what_has_to_be_escaped():
    latex = formulas(lambda x: np.where(x > 0, x**2, -x)).latex
    assert latex.splitlines()[1] == r"f &= \begin{cases}{x}^{2} & x > 0\\-x & \text{else}\end{cases} \\"
    assert r"\text{``a \& b''}" in formulas(Tensor(2.0, requires_grad=True, name="a & b") * 2).latex
    op = ag.primitive(lambda x, *, mode: x * 2.0)
    op.defvjp(lambda g, out, x, *, mode: g * 2.0)
    op.name = "<lambda>"
    latex = formulas(op(Tensor(2.0, requires_grad=True, name="a"), mode="same_size")).latex
    assert r"C &= \text{``{<}lambda{>}''}\left(a, \text{mode}=\text{same\_size}\right)" in latex


@pytest.mark.parametrize("name", ["k", "o.1", "my k"])
def test_a_cotangent_that_is_divided_stands_in_brackets(name):
    a, b = (Tensor([2.0, 3.0], requires_grad=True, name=n) for n in "ab")
    out = a / b
    out.name = name
    said = f'"{name}"' if " " in name else name
    assert f"dC/da = (dC/d{said})/b" in backward((out * 3).sum())


HOSTILE = ['"', "\\", "<b>", "</script>", r"$\input{/etc/passwd}", "a\nb", "x" * 10_000, "\u202eabc", "{", "}", "%", "&",
           "_", "^", "~", "#", "𝓍", ""]  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_names_are_inert(name):
    a, b = (Tensor([1.0, 2.0], requires_grad=True, name=name) for _ in range(2))
    shown = formulas((a * b).sum())
    text, latex = str(shown), shown.latex
    assert max(map(len, text.splitlines())) < 400
    assert text.isprintable() or "\n" in text
    assert "\u202e" not in text + latex
    assert "\\input" not in latex.replace(r"\textbackslash{}input", "")
    plain = latex.replace(r"\{", "").replace(r"\}", "")
    assert plain.count("{") == plain.count("}")
    assert max(row.replace(r"\&", "").count("&") for row in latex.splitlines()) <= 5
    assert not [k for k in range(len(latex)) if latex[k] in "$%#" and latex[k - 1] != "\\"]


HOSTILE_TEXT = [
    *HOSTILE,
    "<img src=x onerror=alert(1)>",
    "\x1b[31m",
    "\ud800",
    "\ue000sup\ue001",
    "same_size",
    "0",
    "-",
]


@pytest.mark.parametrize("text", HOSTILE_TEXT)
@pytest.mark.parametrize("where", ["op", "parameter", "index"])
def test_ops_and_parameters_are_inert(text, where):
    op = ag.primitive(lambda x, *, mode: x * 2.0)
    op.defvjp(lambda g, out, x, *, mode: g * 2.0)
    op.name = text if where == "op" else "double"
    x = Tensor([1.0, 2.0], requires_grad=True, name="x")
    shown = formulas(op(x, mode={"op": "a", "parameter": text, "index": (text, 1)}[where]).sum())
    said, latex = str(shown), shown.latex
    assert len(said.splitlines()) == 6
    assert len(shown.markdown) < 900
    assert all(c.isprintable() for c in (said + latex).replace("\n", ""))
    (said + latex).encode()
    plain = latex.replace(r"\{", "").replace(r"\}", "")
    assert plain.count("{") == plain.count("}")
    assert not [k for k in range(len(latex)) if latex[k] in "$%#" and latex[k - 1] != "\\"]
    assert "<img" not in latex
    assert "\\input" not in latex.replace(r"\textbackslash{}input", "")


def test_parameters_that_are_no_words_stand_in_quotation_marks():
    op = ag.primitive(lambda x, *, mode: x * 2.0)
    op.defvjp(lambda g, out, x, *, mode: g * 2.0)
    op.name = "my op"
    x = Tensor([1.0, 2.0], requires_grad=True, name="x")
    assert 'v1 = "my op"(x, mode="(a, b)")' in str(formulas(op(x, mode="(a, b)").sum()))
    op.name = "sum"  # of which it is no other
    assert "v1 = double(x, mode=same)" in str(formulas(_named(op, "double")(x, mode="same").sum()))


def _named(op, name):
    op.name = name
    return op


@pytest.mark.parametrize(("x", "wrt", "error", "message"), [
    (3.0, None, TypeError, "formulas: x: expected a Tensor or a function of numbers, got"),
    (lambda x: [x], None, TypeError, "expected a function of numbers that returns one"),
    (Tensor([1.0, 2.0], requires_grad=True), None, ValueError, "gradients start from a single number"),
    (Tensor(1.0), None, ValueError, "nothing here requires a gradient"),
    (Tensor(1.0, requires_grad=True) * 2, ["W"], TypeError, "wrt.0.: expected a Tensor"),
    (Tensor(1.0, requires_grad=True) * 2, 5, TypeError, "wrt: expected a Tensor or a list of Tensors, got 5"),
    (Tensor(1.0, requires_grad=True) * 2, "W", TypeError, "wrt: expected a Tensor or a list of Tensors, got 'W'"),
    (Tensor(1.0, requires_grad=True) * 2, np.ones(2), TypeError, "wrt: expected a Tensor or a list of Tensors, got"),
    (Tensor(1.0, requires_grad=True) * 2, {}, TypeError, "wrt: expected a Tensor or a list of Tensors, got"),
    (nn.MLP(1, 1), None, TypeError, r"write lambda x, y: f\(x, y\); for a model hand in .* formulas\(model.loss\(x, t\)\)"),
])  # fmt: skip
def test_what_is_refused(x, wrt, error, message):
    with pytest.raises(error, match=message):
        formulas(x, wrt)


def test_a_rule_that_sweeps_by_itself_is_one_step():
    w = Tensor([1.0, 2.0], requires_grad=True, name="w")
    shown = formulas(ag.checkpoint(lambda w: (w * w).sum())(w))
    assert [line.visit for line in shown.lines] == [0, 1]


def test_a_long_chain_is_no_deep_recursion():
    code = ("import numpy as np, autograd as ag\nx = ag.Tensor(0.5, requires_grad=True, name='x')\ny = x\n"
            "for _ in range(3000): y = ag.tanh(y)\nprint(len(str(ag.formulas(y, max_lines=None)).splitlines()))")  # fmt: skip
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert int(run.stdout) > 6000


def test_data_that_happen_to_be_ones_are_still_data():
    W = Tensor(np.eye(2), requires_grad=True, name="W")
    for x in (np.ones((3, 2)), Tensor(np.ones((3, 2)), name="x")):
        assert "dC/dW = xᵀ dC/dz1" in str(formulas((x @ W).sum()))


@pytest.mark.parametrize(("f", "lines", "last"), [
    (lambda x: reduce(lambda a, _: np.sin(a) + np.cos(a), range(12), x), 20, None),
    (lambda x: reduce(lambda a, _: 3.7 * a * (1 - a), range(14), x), 20, None),
    (lambda x: reduce(lambda a, _: np.tanh(a), range(400), x), 210, None),
    (lambda x: reduce(lambda a, k: a + k * x, range(2000), x), 2, "df/dx = 1999001"),
    (lambda x: reduce(lambda a, k: a + np.sin(k * x), range(300), x), 40, "+ … +"),
])  # fmt: skip
def test_a_long_function_is_written_in_parts(f, lines, last):
    shown = formulas(f)
    rows = str(shown).splitlines()
    assert len(rows) <= lines
    assert max(map(len, rows)) < 600
    assert rows[-1].startswith("df/dx = ")
    assert (last or "") in rows[-1]
    assert [row.split(" = ")[0] for row in rows[:-2]] == [f"v{k + 1}" for k in range(len(rows) - 2)]
    assert shown.latex.count(" &= ") == len(rows)


def test_the_parts_of_a_long_function_are_what_they_say():
    f = lambda x: reduce(lambda a, _: np.sin(a) + np.cos(a), range(10), x)
    shown = formulas(f)
    env = {shown.slopes[0][0]: 0.7}
    for name, part in shown.before:
        env[name] = worked_out(part, env)
    assert worked_out(shown.value, env) == pytest.approx(f(0.7), rel=1e-13)
    assert worked_out(shown.slopes[0][1], env) == pytest.approx(ag.grad(f)(0.7), rel=1e-13)


def test_of_an_op_with_very_many_inputs_both_ends_are_shown():
    inputs = [Tensor([1.0], requires_grad=True, name=f"w{k}") for k in range(1000)]
    text = str(formulas(np.concatenate(inputs).sum()))
    assert "w19, …, w997, w998, w999, axis=0)" in text
    assert "… 801 more" in text
    assert "dC/dw999 = (dC/dv1)[999:1000]" in text
    assert "= …" not in text


def test_a_function_of_arrays_is_told_how_formulas_calls_it():
    with pytest.raises(ValueError, match="enough dimensions") as refused:
        formulas(lambda w: ((X @ w - 1.0) ** 2).sum())
    assert "formulas calls a function with numbers" in refused.value.__notes__[-1]
    assert refused.value.__notes__[-1].endswith("formulas(f(w))")
