"""The formulas: as the notes write them, and, put into numbers again, what the rules gave."""

import subprocess
import sys
from fractions import Fraction

import numpy as np
import pytest
from test_ops import CASES, OPS

import autograd as ag
import nn
from autograd import Tensor, formulas
from autograd.program.calls import place
from autograd.show.derive import derived
from autograd.show.expression import Call, Name, Product, Sum, parts
from autograd.show.names import Names

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


def test_broadcasting_transposes_and_shared_use():
    W, b = (Tensor(RNG.normal(size=s), requires_grad=True, name=n) for s, n in (((2, 4), "W"), ((2,), "b")))
    loss = (np.tanh(X @ W.T + b) ** 2).sum() + (W * W).sum()
    lines = backward(loss)
    assert "dC/db = Σᵢ dC/dv1" in lines
    assert "dC/dW += (dC/dz1)ᵀ x" in lines or "dC/dW = (dC/dz1)ᵀ x" in lines
    assert backward(loss, wrt=b)[-1] == "dC/db = Σᵢ dC/dv1"
    assert not [line for line in backward(loss, wrt=b) if line.startswith("dC/dW")]


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
    assert str(formulas(f)).split("df/d")[1][4:] == expected


@pytest.mark.parametrize(("f", "expected"), [
    (np.arctan2, ["x/(y² + x²)", "-y/(y² + x²)"]), (np.hypot, ["y/√(y² + x²)", "x/√(y² + x²)"]),
    (np.logaddexp, ["σ(y - x)", "σ(x - y)"]), (np.power, ["x y^(x - 1)", "y^x ln(y)"]),
    (np.maximum, ["[y ≥ x]", "[x ≥ y]"]), (ag.xlogy, ["ln(x)", "y/x"]),
])  # fmt: skip
def test_so_they_are_of_two_numbers(f, expected):
    lines = str(formulas(lambda y, x: f(y, x))).splitlines()[1:]
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
    text = str(formulas((a * a).sum(), numbers=True))
    assert "dC/da = 2 a" in text or "dC/dv1 = 1" in text
    assert "[[2. 4.]]" in text or "[[1. 2.]]" in text


# What they say is what ran.


def worked_out(x, env):
    """An expression in numbers; sums keep their axes."""
    if isinstance(x, Fraction | float):
        return float(x)
    if isinstance(x, Name):
        return env[x]
    if isinstance(x, Sum):
        return sum(float(c) * worked_out(term, env) for term, c in x.terms) + float(x.constant)
    if isinstance(x, Product):
        result = float(x.coefficient)
        for base, p in x.factors:
            result = result * worked_out(base, env) ** worked_out(p, env)
        return result
    args = [y if isinstance(y, str) else worked_out(y, env) for y in x.arguments]
    said = dict(x.notes)
    if x.function in ("sum", "mean", "var", "std", "max", "min"):
        return getattr(np, x.function)(args[0], **said, keepdims=True)
    known = {"T": np.transpose, "dot": lambda *m: np.linalg.multi_dot(m) if len(m) > 2 else m[0] @ m[1],
             "column": lambda v: np.reshape(v, (-1, 1)), "iverson": lambda c: np.asarray(c, float), "not": np.logical_not, "cases": np.where}  # fmt: skip
    return (known.get(x.function) or getattr(np, x.function, None) or OPS[x.function])(*args, **said)


UNSAID = {"item", "einsum", "take", "onehot", "roll", "bitwise_and", "copysign", "solve", "scatter_add", "repeat",
          "broadcast_to"}  # fmt: skip  # what worked_out cannot do


def judged(root):
    """For every rule that ran: is it what the formula says?  None where worked_out cannot tell."""
    names = Names(root)
    deriver = derived(root, names)
    env = {names.of(v): v.array for v in names.values if isinstance(names.of(v), Name)}
    env |= {names.arrays[place(x)]: x for v in names.values for x in v.primals
            if isinstance(x, np.ndarray) and place(x) in names.arrays}  # fmt: skip
    env |= {name: np.frombuffer(data, dtype).reshape(shape) for (shape, dtype, data), name in deriver.constants.items()}
    flat = all(v.ndim <= 2 for v in names.values)  # of other shapes a formula leaves the reshaping out
    for step in deriver.steps:
        env[names.cotangent(step.value)] = step.cotangent
        for pull in step.pulls:
            inside = {p.function for p in parts(pull.expression) if isinstance(p, Call)}
            if inside & UNSAID or not flat:
                yield None
                continue
            with np.errstate(all="ignore"):
                try:
                    found = np.asarray(worked_out(pull.expression, env), float)
                    alike = found.size == pull.array.size
                    found = found.reshape(pull.array.shape) if alike else np.broadcast_to(found, pull.array.shape)
                except (ValueError, TypeError, KeyError):
                    yield None
                    continue
            yield np.allclose(found, pull.array, rtol=1e-9, atol=1e-12, equal_nan=True)


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
            found = list(judged(root))
            assert False not in found, f"{case}\n{shown}"
            verdicts += found
    assert verdicts.count(True) > 1600


@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "relu", "softplus", "swish", "leaky_relu"])
def test_the_formulas_of_nets_give_what_the_rules_gave(activation):
    model = nn.MLP(4, 8, 8, 3, activation=activation, rng=0)
    assert set(judged(model.loss(X, RNG.normal(size=(16, 3))))) == {True}


def test_no_gradient_is_touched_and_a_graph_can_be_swept_afterwards():
    model = nn.MLP(4, 8, 3, activation="tanh", output="softmax", rng=0)
    loss = model.loss(X, Y)
    str(formulas(loss))
    assert all(p.grad is None for p in model.parameters())
    loss.backward()


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
    for c in "{}":
        assert latex.replace(rf"\{c}", "").count("{") == latex.replace(rf"\{c}", "").count("}") or c
    assert not [k for k in range(len(latex)) if latex[k] in "$%#" and latex[k - 1] != "\\"]


@pytest.mark.parametrize(("x", "wrt", "error", "message"), [
    (3.0, None, TypeError, "formulas: expected a Tensor or a function of numbers, got"),
    (lambda x: [x], None, TypeError, "expected a function of numbers that returns one"),
    (Tensor([1.0, 2.0], requires_grad=True), None, ValueError, "gradients start from a single number"),
    (Tensor(1.0), None, ValueError, "nothing here requires a gradient"),
    (Tensor(1.0, requires_grad=True) * 2, ["W"], TypeError, "wrt.0.: expected a Tensor"),
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
            "for _ in range(3000): y = ag.tanh(y)\nprint(len(str(ag.formulas(y)).splitlines()))")  # fmt: skip
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert int(run.stdout) > 6000
