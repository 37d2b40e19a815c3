"""Saved programs: modules that need only NumPy, give the same bits, and judge their arguments."""

import ast
import functools
import random
import runpy
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from test_ops import CASES
from test_program import RNG, X, Y, bits, mapped, net, pulled

import autograd as ag
import nn
from autograd import Tensor
from autograd.program.calls import layout
from autograd.program.save import module


def saved(program, tmp_path):
    """What the module of a program defines; it is made without looking at ours."""
    path = program.save(tmp_path / "saved.py")
    tree = ast.parse(path.read_text())
    imported = {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
    imported |= {n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
    assert {name.split(".")[0] for name in imported} <= {"numpy", *sys.stdlib_module_names}
    return SimpleNamespace(**runpy.run_path(str(path)))


# The same bits.


@pytest.mark.parametrize(
    "options", [{}, {"momentum": 0.9}, {"momentum": 0.9, "nesterov": True, "weight_decay": 0.1}], ids=str
)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_training_goes_on_in_a_saved_step_as_it_would_here(options, dtype, tmp_path):
    model, x = net(dtype=dtype), X.astype(dtype)
    step = nn.compile_step(model.loss, nn.SGD(model.parameters(), 0.1, **options))
    for _ in range(3):
        step(x, Y)
    there = saved(step, tmp_path)
    for i in range(5):
        assert bits(there.step(x + i, Y)) == bits(step(x + i, Y))
    for p in model.parameters():
        assert bits(there.arrays[p.name]) == bits(p.data)
        assert bits(there.gradients[p.name]) == bits(p.grad)


def test_a_saved_step_needs_numpy_alone(tmp_path):
    model = net()
    step = nn.compile_step(model.loss, nn.SGD(model.parameters(), 0.1, momentum=0.9))
    x = X.astype("f")
    step(x, Y)
    step.save(tmp_path / "step.py")
    np.savez(tmp_path / "batch.npz", x=x, y=Y)
    code = (
        "import sys; sys.path.insert(0, '.'); import numpy as np, step\n"
        "b = np.load('batch.npz'); print(*(step.step(b['x'], b['y']).tobytes().hex() for _ in range(5)))\n"
        "assert not {'autograd', 'nn'} & set(sys.modules)"
    )
    run = subprocess.run([sys.executable, "-I", "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert run.stdout.split() == [step(x, Y).tobytes().hex() for _ in range(5)]


SUITED = dict.fromkeys(("nll", "kl_divergence"), ag.log_softmax)


@pytest.mark.parametrize(("loss", "t"), [
    *((loss, "probabilities") for loss in nn.losses.LOSSES if loss != "nll"),
    ("cross_entropy", "labels"), ("nll", "labels"),
])  # fmt: skip
def test_every_loss_can_be_saved(loss, t, tmp_path):
    labels = RNG.integers(0, 3, 8)
    t = labels if t == "labels" else np.eye(3)[labels] * 2 - 1 if loss == "hinge" else np.eye(3)[labels]
    program = ag.compile(ag.value_and_grad(lambda z, t: getattr(nn, loss)(SUITED.get(loss, ag.softmax)(z), t)))
    given = RNG.normal(size=(8, 3)), t
    program(*given)
    assert bits(saved(program, tmp_path).step(*given)) == bits(program(*given))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_every_op_can_be_saved(case, tmp_path):
    rng = np.random.default_rng(5)
    arrays = case.inputs(np.float64)
    f = pulled(case.f)
    like = mapped(lambda path, x: rng.normal(size=x.shape).astype(x.dtype), ag.vjp(case.f, *arrays)[0])
    program = ag.compile(f)
    program(*arrays, like)
    there = saved(program, tmp_path)
    xs = [a if i in case.fixed else rng.permutation(a.ravel()).reshape(a.shape) for i, a in enumerate(arrays)]
    assert bits(there.step(*ag.containers.leaves((*xs, like)))) == bits(program(*xs, like))


def test_gradients_of_functions(tmp_path):
    rosen = lambda x: (100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum()
    for f in (ag.grad(rosen), ag.hessian(rosen), ag.value_and_grad(rosen)):
        program = ag.compile(f)
        program(X[0])
        assert bits(saved(program, tmp_path).step(X[1])) == bits(program(X[1]))


def test_captured_arrays_and_tensors_are_saved_as_they_are_now(tmp_path):
    c, t = RNG.normal(size=4), Tensor(RNG.normal(size=4), name="t")
    program = ag.compile(lambda x: np.add(x, c) * t)
    program(X)
    c *= 2
    t.data = t.data + 1
    there = saved(program, tmp_path)
    assert bits(there.step(X)) == bits(program(X))
    there.arrays["t"][...] = 0
    assert not there.step(X).any()


def test_an_optimizers_state_is_saved_as_it_is_now(tmp_path):
    model, x = net(), X.astype("f")
    optimizer = nn.SGD(model.parameters(), 0.1, momentum=0.9)
    step = nn.compile_step(model.loss, optimizer)
    step(x, Y)
    optimizer.zero_grad()
    model.loss(x, Y).backward()
    optimizer.step()
    there = saved(step, tmp_path)
    for _ in range(2):
        assert bits(there.step(x, Y)) == bits(step(x, Y))


@pytest.mark.parametrize("array", [
    np.asfortranarray(X), X.T, X[::-1], X[:, ::2], np.broadcast_to(X[:, :1], (16, 4)), np.zeros((0, 3)), np.float64(3.0),
    np.ones((2, 3, 4)).transpose(1, 2, 0).copy("K") * np.arange(2.0), X.astype(">f8"), X.astype(np.float16), X > 0,
], ids=lambda a: f"{a.dtype}{a.shape}{a.strides}")  # fmt: skip
def test_arrays_of_any_layout_and_kind(array, tmp_path):
    array = array.view()
    program = ag.compile(lambda x: (np.multiply(x, array), np.multiply(array, array)))
    for x in (np.float32(1.5) * np.ones(1, "f"), np.ones(1, "f")):
        expected = bits(program(x))
    there = saved(program, tmp_path)
    assert bits(there.step(np.ones(1, "f"))) == expected
    for kept in there.arrays.values():
        assert (kept.shape, kept.dtype, layout(kept)) == (array.shape, array.dtype, layout(array))


def test_arrays_that_share_memory_share_it_in_the_module(tmp_path):
    whole = np.zeros(1_000_000)
    whole[:8] = np.arange(8)
    part, every = Tensor(np.zeros(4)), whole[:8]
    part.array = whole[2:6]  # what is written to one is seen in the other

    def f(x):
        part.data = part.data + x
        return np.add(x.sum(), every)

    program = ag.compile(f)
    program(np.ones(4))
    there = saved(program, tmp_path)
    assert (tmp_path / "saved.py").stat().st_size < 10_000  # of a large array only the part that is used
    for _ in range(2):
        assert bits(there.step(np.ones(4))) == bits(program(np.ones(4)))


def test_constants_keep_their_digits(tmp_path):
    third, thirds = np.longdouble(1) / 3, np.array([1, 2, 4], np.longdouble) / 3
    thirds.setflags(write=False)  # a constant

    def f(x, y):
        return (
            x * thirds,
            x * third,
            y * 0.1,
            y * np.float32(0.1),
            y + np.pi,
            y * np.inf,
        )

    program, x = ag.compile(f), np.arange(1, 4).astype(np.longdouble)
    program(x, X[:3, 0].astype("f"))
    for y in (X[3:6, 1].astype("f"), np.float32([np.nan, -1.0, 1e-40])):
        there, here, eager = saved(program, tmp_path).step(x, y), program(x, y), f(x, y)
        assert bits(there[2:]) == bits(here[2:]) == bits(eager[2:])
        for a, b in zip(there[:2], here[:2], strict=True):  # whose bits are in part padding
            assert (a == b).all()
            assert a.dtype == b.dtype
        assert (there[0] == eager[0]).all()


# Names.

OWN = """data zlib base64 memory memory1 memory2 np bind step arrays unpacked unfit number blocks isfinite finite labels_in_range
         t x sum float zip getattr lr p g""".split()


@pytest.mark.parametrize("name", OWN)
def test_names_of_parameters_and_arguments_clash_with_nothing(name, tmp_path):
    scope = {}
    exec(f"def f({name}, weight): return ({name} * weight).sum()", scope)
    w = Tensor(X[0].astype("f"), requires_grad=True, name=name)
    other = Tensor(X[1].astype("f"), requires_grad=True, name="memory")
    step = nn.compile_step(
        lambda a, t: nn.cross_entropy(scope["f"](a, w * other) * np.ones((2, 3)), t), nn.SGD([w, other], 0.1)
    )
    x, t = X[2].astype("f"), np.array([0, 2])
    step(x, t)
    there = saved(step, tmp_path)
    for _ in range(3):
        assert bits(there.step(x, t)) == bits(step(x, t))
    assert bits(next(a for n, a in there.arrays.items() if n.startswith(name))) == bits(w.data)
    program = ag.compile(ag.grad(scope["f"]))
    program(x, x)
    assert bits(saved(program, tmp_path).step(x, 3 * x)) == bits(program(x, 3 * x))


USERS = """
import functools, math
import numpy
import numpy as num
from numpy import ndarray, tanh as th
from autograd import elementwise
{own} = {value}
TABLE = {{"a": [0.5, (2,), None], "b": num.array([1.5, {value}])}}
unpacked = num.float32({value} + 1)
third = num.longdouble(1) / 3
erf = num.frompyfunc(math.erf, 1, 1)

def sum(x):
    return x * unpacked

@functools.lru_cache
def cached(n):
    return n + {value}

def doubled(f):
    @functools.wraps(f)
    def wrapper(x, *, k={value}):
        return 2 * f(x) + k
    return wrapper

@doubled
def step(x):
    return numpy.where(x > 0, {own}, 0.0) + math.pi * max(map(float, x.ravel()))

@elementwise
def op(x: "ndarray", *, scale=(1, 2.0, {value})) -> "ndarray":
    import math
    if bool(numpy.any(x > 1e9)):  # wants values, so the op is called as it is
        return op(x / 2)
    assert isinstance(x, ndarray)
    return step(x) + th(x) * TABLE["b"][0] + scale[-1] + sum(x) + TABLE["a"][1][0] + cached(3) + erf(x).astype(float) * float(third)

op.defvjp(lambda g, out, x, scale: g)
"""


@pytest.mark.parametrize(
    "own", ["data", "np", "zlib", "x", "bind", "arrays", "memory", "isfinite", "unfit", "EPS", "t"]
)
def test_what_ops_of_users_need_comes_along_under_names_of_its_own(own, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    ops = []
    for k, value in enumerate((0.25, 7.5)):  # two modules that call different things by the same names
        name = f"users_{own}_{k}"
        (tmp_path / f"{name}.py").write_text(USERS.format(own=own, value=value))
        ops.append(__import__(name).op)
    f = lambda x, zlib: (ops[0](x) + zlib * ops[1](x * 2)).sum()
    program = ag.compile(ag.value_and_grad(f))
    program(X, X)
    there = saved(program, tmp_path)
    assert bits(there.step(X * 3, X)) == bits(program(X * 3, X)) == bits(ag.value_and_grad(f)(X * 3, X))


def test_the_defaults_and_the_closure_of_a_function_are_as_they_are(tmp_path):
    weights = np.array([1.0, 2.0])

    def f(x, k=weights * 2, *, again=False):
        """Wants values."""
        return f(x, k / 2, again=False) if again and x.sum() > -1e9 else x * k + weights

    program = ag.compile(lambda x: ag.anew(f, x, again=True))
    program(np.ones(2))
    weights *= 3
    assert bits(saved(program, tmp_path).step(X[0, :2])) == bits(f(X[0, :2], again=True))


# What cannot be saved.

R, P, LAST = np.random.default_rng(0), random.Random(0), 0.0
TENSOR = Tensor(1.0)


def draws():
    return R.normal(size=4)


def keeps(x):
    global LAST
    LAST = x


def uses_pytest():
    return pytest.approx(1.0)


def imports_ours():
    from test_program import net

    return net()


def uses_a_tensor():
    return TENSOR.data * 2


class Callable:
    def __call__(self):
        return np.ones(4)


@pytest.mark.parametrize(("called", "message"), [
    (R.normal, "calls op, and the state of a random generator cannot be copied: hand the numbers in as an argument"),
    (P.random, "calls op, and the state of a random generator"),
    (np.random.rand, "calls op, and the state of a random generator"),
    (draws, "op uses R, and the state of a random generator cannot be copied"),
    (lambda: np.ones(4), "the program calls op, whose source cannot be copied: write it as a function"),
    (keeps, "the program calls op, whose source cannot be copied"),
    (uses_pytest, "op uses pytest, of pytest: a saved program can use NumPy and Python's own library only"),
    (imports_ours, "calls op, of test_program: a saved program can use"),
    (uses_a_tensor, "op uses TENSOR, a Tensor, which cannot be copied"),
    (functools.partial(np.full, 4), "calls op, a partial, which cannot be copied"),
    (Callable(), "calls op, a Callable, which cannot be copied"),
    (np.frompyfunc(divmod, 2, 2), "calls op, which is not defined at the top of a file"),
])  # fmt: skip
def test_what_cannot_be_copied_is_refused(called, message):
    source = "import numpy as np\n\n\ndef bind():\n    def step():\n        return op()\n\n    return step\n"
    with pytest.raises(ValueError, match=message):
        module(source, "A program.", {"op": called}, [], [])


def test_draws_are_refused(tmp_path):
    for draw, said in (
        (R.normal, "calls normal"),
        (np.random.rand, r"calls np\.random\.[\w.]*rand"),
        (draws, "draws uses R"),
    ):
        program = ag.compile(lambda x: x * ag.anew(draw, *(() if draw is draws else (4,))))  # noqa: B023
        program(X)
        with pytest.raises(ValueError, match=f"{said}, and the state of a random generator cannot be copied"):
            program.save(tmp_path / "saved.py")
    assert not (tmp_path / "saved.py").exists()


def test_shapes_that_have_changed_are_refused(tmp_path):
    t, w = Tensor(X[0]), Tensor(X[0], requires_grad=True)
    with pytest.raises(ValueError, match="nothing has been recorded yet"):
        ag.compile(lambda: 0).save(tmp_path / "saved.py")
    for program, x in ((ag.compile(lambda: t * 1), t), (ag.compile(lambda: (w * w).sum(), w), w)):
        program()
        x.data = np.ones(3)
        with pytest.raises(ValueError, match="shapes of Tensors have changed since the last call: call it again"):
            program.save(tmp_path / "saved.py")
        program()
        assert bits(saved(program, tmp_path).step()) == bits(program())


# Arguments.


def test_a_saved_step_judges_its_arguments(tmp_path):
    program = ag.compile(lambda p, y, scale: p["w"] * y * scale + p["b"])
    p, y = {"w": X[0].astype("f"), "b": Tensor(np.float32(2.0))}, np.arange(4)
    program(p, y, 0.5)
    step = saved(program, tmp_path).step
    w, b = p["w"], p["b"].data
    assert bits(step(w, b, y, 0.25)) == bits(program(p, y, 0.25))
    assert bits(step(w, b, y, np.float64(0.25))) == bits(step(w, b, y, 0.25))
    assert bits(step(w, b, y, 2)) == bits(program(p, y, 2.0))
    for arguments, message in (
        ((w[:1], b, y, 0.5), r"^p_w: expected float32\(4,\), got float32\(1,\)$"),
        ((w.astype(float), b, y, 0.5), r"^p_w: expected float32\(4,\), got float64\(4,\)$"),
        (([1.0] * 4, b, y, 0.5), r"^p_w: expected float32\(4,\), got list$"),
        ((w, 2.0, y, 0.5), r"^p_b: expected float32\(\), got float$"),
        ((w, b, y[:, None], 0.5), r"^y: expected int64\(4,\), got int64\(4, 1\)$"),
        ((w, b, y.astype(">i8"), 0.5), r"^y: expected int64\(4,\), got >i8\(4,\)$"),
        ((w, b, y * 1j, 0.5), r"^y: expected int64\(4,\), got complex128\(4,\)$"),
        ((w, b, y, y), r"^scale: expected a number, got int64\(4,\)$"),
        ((w, b, y, None), r"^scale: expected a number, got NoneType$"),
    ):
        with pytest.raises(ValueError, match=message):
            step(*arguments)


def test_a_refused_argument_changes_nothing(tmp_path):
    model = net()
    step = nn.compile_step(model.loss, nn.SGD(model.parameters(), 0.1))
    step(X.astype("f"), Y)
    there = saved(step, tmp_path)
    before = bits([*there.arrays.values()])
    with pytest.raises(ValueError, match="x: expected float32"):
        there.step(X, Y)
    with pytest.raises(IndexError, match="label 5 of sample 0 is out of range"):
        there.step(X.astype("f"), Y + 5 - Y[0])
    assert bits([there.arrays[p.name] for p in model.parameters()]) == bits([p.data for p in model.parameters()])
    assert bits([*there.arrays.values()])[:4] == before[:4]


def test_the_learning_rate_comes_last_and_is_what_it_was(tmp_path):
    models = [net(dtype=np.float64) for _ in range(2)]
    optimizers = [nn.SGD(model.parameters(), lambda n: 0.1 / (1 + n), momentum=0.9) for model in models]
    steps = [nn.compile_step(model.loss, optimizer) for model, optimizer in zip(models, optimizers, strict=True)]
    for step in steps:
        step(X, Y)
        step(X, Y)
    there = saved(steps[0], tmp_path)
    for optimizer, lr in zip(optimizers, (0.1 / 3, 0.2), strict=True):
        optimizer.lr = lr
    assert bits(there.step(X, Y)) == bits(steps[0](X, Y))
    assert bits([there.arrays[p.name] for p in models[0].parameters()]) == bits(
        [p.data for p in models[0].parameters()]
    )
    there = saved(steps[1], tmp_path)
    for lr in (0.2, 0.25, 1):
        optimizers[1].lr = lr
        assert bits(there.step(X, Y, lr)) == bits(steps[1](X, Y))
    assert bits([there.arrays[p.name] for p in models[1].parameters()]) == bits(
        [p.data for p in models[1].parameters()]
    )
    with pytest.raises(ValueError, match="^lr: expected a number, got str$"):
        there.step(X, Y, "0.1")


def test_numpys_numbers_stay_what_they_are(tmp_path):
    x = X.astype("f")
    program = ag.compile(lambda x, a, b, c: (x * a, x * b, x * c))
    program(x, 0.1, np.float64(0.1), np.float32(0.1))
    step = saved(program, tmp_path).step
    for a in (0.3, 2.0):
        expected = program(x, a, np.float64(a), np.float32(a))
        assert bits(step(x, a, np.float64(a), np.float32(a))) == bits(step(x, a, a, a)) == bits(expected)


@pytest.mark.parametrize(("arguments", "lr"), [("x, lr", "lr"), ("\n        x,\n        lr2,\n    ", "lr2")])
def test_numbers_that_come_last_have_their_value_for_a_default(arguments, lr, tmp_path):
    source = (
        "import numpy as np\n\n\ndef bind(w):\n"
        f"    def step({arguments}):\n        np.subtract(w, {lr} * x, w)\n        return w.copy()\n\n    return step\n"
    )
    text = module(source, "A step.", {}, [("w", np.ones(2))], [((2,), np.dtype(float), (8,))], numbers=[0.1])
    (tmp_path / "saved.py").write_text(text)
    assert f"def step(x, {lr}=0.1):" in text
    step, x = runpy.run_path(str(tmp_path / "saved.py"))["step"], np.ones(2)
    w = np.ones(2) - 0.1 * x
    assert bits(step(x)) == bits(w)
    assert bits(step(x, 0.01)) == bits(w - 0.01 * x)
    assert bits(step(x, **{lr: 0.5})) == bits(w - 0.01 * x - 0.5 * x)


def test_the_text_of_a_saved_step_reads_as_one_writes_it(tmp_path):
    w = Tensor([1.0, 2.0], requires_grad=True, name="w")
    program = ag.compile(lambda x: (x * w).sum(), w)
    program(np.ones(2))
    text = program.save(tmp_path / "saved.py").read_text()
    for lines in (
        '"""A program recorded by glassgrad from <lambda>."""\n\nimport',
        "\n    def step(x):\n        if getattr(x, \"shape\", None) != (2,) or x.dtype != np.float64:\n"
        "            raise unfit(\"x\", \"float64(2,)\", x)\n        np.multiply(x, w, v1)",
        'arrays = {\n    "w": np.ndarray((2,), np.float64, unpacked("', '\ngradients = {\n    "w": ', "\nstep = bind(**arrays)\n",
    ):  # fmt: skip
        assert lines in text
