"""Where a program keeps its values: in blocks, in buffers used again, in memory from outside; and who owns them."""

import sys
from collections import Counter
from functools import reduce

import numpy as np
import pytest
import test_program
from test_ops import CASES
from test_program import bits

import autograd as ag
import nn
from autograd import Tensor
from autograd.containers import leaves
from autograd.program import blocks


@pytest.fixture
def tiny(monkeypatch):
    """Every array of six entries or more is large, and a block has four."""
    monkeypatch.setattr(blocks, "LARGE", 6)
    monkeypatch.setattr(blocks, "ENTRIES", 4)


def equal(make, *runs):
    """Is the program the same function, also in what it does to tensors?  make() gives a function, and its tensors."""
    (f, seen), (g, kept) = make(), make()
    program = ag.compile(g)
    for args in runs:
        assert bits(program(*args)) == bits(f(*args))
        assert bits([t.data for t in kept]) == bits([t.data for t in seen])
    assert program.count == 1
    return program


def test_every_op_in_blocks(tiny):
    for dtype in (np.float64, np.float32):
        for case in CASES:
            test_program.test_every_op_equals_its_eager_run(case, dtype)


def test_random_programs_in_blocks(tiny):
    for seed in range(1000, 1150):
        test_program.random_program_equals_its_eager_run(seed)


def arrays(*shapes, seed=0):
    rng = np.random.default_rng(seed)
    return [rng.uniform(0.5, 2, shape) for shape in shapes]


def rows_of_what_is_overwritten(x):
    y = x * x
    row = y[0]
    return (y + y * row).sum()


@pytest.mark.parametrize("f", [
    rows_of_what_is_overwritten,
    lambda x: ((x * x)[::-1] * (x * x)).sum(),  # the same product, read from both ends
    lambda x: (lambda y: (y.T + y) * y)(x * 2).sum(),
    lambda x: (lambda y: (y - y[:, :1]) * y[:, 1:2] + y)(x * 2).sum(0),
    lambda x: ag.tanh((x - x.mean(keepdims=True)) * 2.0).sum(),  # an operand of shape (1, 1)
    lambda x: np.exp(x * np.array([[2.0]]) + 1).sum(),
    lambda x: ((x.T * x.T) * 2.0).sum(),
    lambda x: (x.T * x * 2.0, (x.T + x).sum()),
    lambda x: x + np.full(x.shape, 0.0) + np.full(x.shape, -0.0) * x,
])  # fmt: skip
def test_blocks_of_one_array_that_is_read_elsewhere_too(tiny, f):
    equal(lambda: (f, []), *[[x] for x in arrays(*[(6, 6)] * 3)])


def test_names_of_blocks_are_nobody_elses(tiny):
    f = lambda x, x_i, x_blocks, t_i, blocks: (x * x_i * 2 + t_i * blocks) * x_blocks * x
    equal(lambda: (f, []), *[arrays(*[(9,)] * 5, seed=k) for k in range(3)])


def rows(t, x):
    a = x + t.data[0]
    t.data = t.data * a
    return x.sum()


def turned(t, x):
    a = x * t.data.T
    t.data = a * 2
    return a + t.data


def whole_before(t, x):
    a = x * 2.0
    s = t.data.sum()
    t.data = t.data + a
    return s


def shifted(t, x):
    a = t.data[1:] * x[1:]
    t.data = t.data * 2 + x
    return (a * a).sum(), t.data[1:] * a


@pytest.mark.parametrize("f", [rows, turned, whole_before, shifted])
def test_blocks_of_memory_from_outside_that_is_written_and_read(tiny, f):
    def make():
        t = Tensor(arrays((6, 6), seed=7)[0], name="t")
        return lambda x: f(t, x), [t]

    equal(make, *[[x] for x in arrays(*[(6, 6)] * 3)])


def test_an_update_that_reads_rows_of_what_it_changes(tiny):
    class Odd(nn.Optimizer):
        def start(self, p):
            return {"old": np.zeros(p.shape)}

        def update(self, p, g, lr, state):
            change = lr * g * p[0] + p[:, :1] * g + state["old"].T
            state["old"] = p[0] * p
            return change

    ps = [Tensor(arrays((6, 6), seed=7)[0], requires_grad=True) for _ in range(2)]
    one, other = (Odd([p], 0.1) for p in ps)
    one.state[0] |= one.start(ps[0].data)
    step = nn.compile_step(lambda x: (ps[1] * x).sum(), other)
    for x in arrays(*[(6, 6)] * 3):
        one.zero_grad()
        (ps[0] * x).sum().backward()
        one.step()
        step(x)
        assert bits([ps[0].data, *one.state[0].values()]) == bits([ps[1].data, *other.state[0].values()])


def test_only_a_run_whose_blocks_would_be_overwritten_is_made_whole(tiny):
    def make():
        t = Tensor(arrays((6, 6), seed=7)[0], name="t")
        return lambda x, y: (rows(t, x), (y * 2 + 1) * y), [t]

    program = equal(make, *[arrays((6, 6), (7, 7), seed=k) for k in range(3)])
    assert "for y_i" in program.source
    assert "for x_i" not in program.source


# Functions of the user's, which may give another array, their own input, a part of it, or what they keep.


@ag.primitive
def limited(x):
    return x / x.max() if x.max() > 1 else x


@ag.primitive
def largest_row(x):
    return x[int(np.argmax(x[:, 0]))]


CACHE = np.zeros((3, 3))


@ag.primitive
def cached(x):
    CACHE[:] = x * float(np.max(x))
    return CACHE


@ag.elementwise
def narrow(x):
    return x[:2] if x[0] < 0 else x.astype("f") if x[0] > 1 else x


limited.defvjp(lambda g, out, x: g)


@pytest.mark.parametrize("f", [
    lambda x: limited(x), lambda x: (limited(x), limited(x * 2)), lambda x: limited(np.exp(x) - 1),
    lambda x: (lambda y, v: (np.tanh(x) * 2 + v, v, y))(x * 0.5, limited(x * 0.5)),
    lambda x: (lambda v: ((np.tanh(x) * 2 + 1) * v, v))(largest_row(np.exp(x))),
    lambda x: (lambda a, b: (a * 1, np.exp(a), b))(cached(x), cached(x * 2)), lambda x: (cached(x), cached(x * 3)),
])  # fmt: skip
def test_what_a_users_function_returns(f):
    ready = lambda x: [a.copy() for a in leaves(f(x))]  # as they are now: what eager returns may change later
    program = ag.compile(f)
    kept = []
    for x in [a - 0.7 for a in arrays(*[(3, 3)] * 2, seed=3)] + [2 * a for a in arrays((3, 3))] + [-arrays((3, 3))[0]]:
        expected, found = ready(x), leaves(program(x))
        assert bits(found) == bits(expected)
        assert not any(np.shares_memory(a, b) for i, a in enumerate(found) for b in (x, *found[:i], *leaves(kept)))
        kept.append(found)
    assert program.count == 1


def test_a_users_function_that_shows_a_tensor():
    def make():
        w = Tensor([0.1, 0.5], requires_grad=True, name="w")
        return w, nn.SGD([w], 0.5), lambda: -limited(w).sum()

    (v, one, f), (w, other, g) = make(), make()
    step = nn.compile_step(g, other)
    for _ in range(4):
        one.zero_grad()
        loss = f()
        loss.backward()
        one.step()
        assert bits(step()) == bits(loss.data)
        assert bits(w.data) == bits(v.data)
    value = ag.compile(lambda: limited(w) * 1)
    for new in ([0.1, 0.5], [1.0, 4.0]):
        w.data = new
        assert bits(value()) == bits(limited(w).data)


def test_what_has_another_shape_or_dtype_than_recorded_is_refused():
    x = np.array([0.5, 2.0, 3.0])
    program = ag.compile(lambda x: ag.exp(narrow(x)))
    program(x)
    with pytest.raises(ValueError, match=r"expected shape \(3,\), as recorded, got \(2,\)"):
        program(-x)
    with pytest.raises(ValueError, match="expected dtype float64, as recorded, got float32"):
        program(x * 10)
    drawn = iter([np.ones(3), np.ones(3), np.ones(1)])
    program = ag.compile(lambda x: x * ag.anew(lambda: next(drawn)))
    for _ in range(2):
        program(x)
    with pytest.raises(ValueError, match=r"expected shape \(3,\), as recorded, got \(1,\)"):
        program(x)


def test_what_is_drawn_may_be_kept_by_who_draws_it():
    rows, order = np.random.default_rng(0).normal(size=(9, 3)), iter(range(9))
    program = ag.compile(lambda x: (ag.anew(lambda: rows[next(order)]), x * 2))
    before = rows.copy()
    for k in range(4):
        row, _ = program(np.ones(3))
        assert bits(row) == bits(before[k])
        row[:] = 7
    assert bits(rows) == bits(before)


# What is made once.


def test_new_arrays_have_the_memory_layout_of_the_eager_run():
    for x in (np.asfortranarray(arrays((7, 9))[0]), arrays((7, 9, 5))[0].transpose(2, 0, 1)):
        f = lambda x: (lambda y: (y, y.sum(), y.reshape(-1) * 1.1))(x + np.ones(x.shape))
        program = equal(lambda: (f, []), [x], [x * 2])  # noqa: B023
        assert program(x)[0].strides == f(x)[0].strides


@pytest.mark.parametrize("exponent", [2.0, 0.5, -1.0, 3.0])
def test_a_power_of_equal_exponents_is_not_that_of_one(exponent):
    f = lambda x: (np.power(x, np.full(x.shape, exponent)) * 2, np.power(x, exponent) * 2)
    equal(lambda: (f, []), *[[a] for a in arrays(*[(1000,)] * 3)])


def test_constants_keep_all_their_digits():
    third = np.ones((), np.longdouble) / 3
    for f in (
        lambda x: x * (np.ones_like(x) / 3) + third, lambda x: x * third[()] + np.float32(0.1), lambda x: (x * 2) ** 0.1,
        lambda x: x * np.float32(1 / 3) - np.float16(0.1), lambda x: x - np.copysign(np.nan, -1.0), lambda x: (x * 2) + -0.0,
        lambda x: np.maximum(x * 2, -np.inf) * np.inf, lambda x: (x > 1) * np.int8(3) * x,
    ):  # fmt: skip
        for dtype in (np.longdouble, np.float64, np.float32):
            program = ag.compile(f)
            with np.printoptions(precision=3, legacy="1.13"):
                for x in arrays(*[(5,)] * 3):
                    expected, found = f(x.astype(dtype)), program(x.astype(dtype))
                    assert found.dtype == expected.dtype
                    np.testing.assert_array_equal(found, expected)
                    np.testing.assert_array_equal(np.signbit(found), np.signbit(expected))


def test_errstate_of_calls_that_give_several_arrays():
    def f(x):
        with np.errstate(divide="ignore", invalid="ignore"):
            a, b = np.divmod(x, x - 1)
        return a + b

    equal(lambda: (f, []), *[[np.array([1.0, 2.0])]] * 3)  # warnings are errors here


def test_an_index_that_is_a_tuple_in_a_tuple():
    equal(
        lambda: (lambda x: (x[(0, 1),] * 2, x[0, 1] * 2, x[(),] * 2, x[[1],]), []),
        *[[a] for a in arrays((3, 3), (3, 3))],
    )


# The text.


def lines(f, *args):
    program = ag.compile(f)
    program(*args)
    return [line.strip().split("  #")[0] for line in program.source.splitlines()[4:] if line.strip()]


def test_the_source_is_short():
    x = arrays((4, 4))[0]
    w = Tensor(x, name="w")
    assert "t = x[1:]" in lines(lambda x: np.exp(x[1:,]), x)
    again = lines(lambda x: (w.data.T.T * x).view(np.int64).view(float), x)
    assert not any(".T" in line or "view(" in line for line in again)
    found = lines(lambda x: (np.exp(x).sum(1)[:, None] + np.tanh(x) * np.log(x).sum(1)[None]).sum(), x)
    assert sum("_column = " in line for line in found) == sum("_row = " in line for line in found) == 1
    chain = lines(lambda x: ag.sin(ag.cos(ag.sqrt(ag.square(x)))).sum(), x)
    assert sum("=" in line and "np." not in line for line in chain) == 0  # no second name for one buffer
    assert not any("errstate" in line for line in lines(ag.grad(lambda x: (x[1:] * x[:-1]).sum()), x))
    big = lambda x: (x @ w.T @ w.T).sum()
    assert sum("np.copyto" in line for line in lines(big, np.ones((128, 4)))) <= 1


def test_a_deep_program_takes_linear_time(tiny):
    def calls(n):
        f = lambda x: reduce(lambda y, _: ag.tanh(y * 1.5 + y[::-1]) * y, range(n), x).sum()
        counted = Counter()
        program = ag.compile(ag.grad(f))
        sys.setprofile(lambda frame, event, arg: counted.update([event]) if event == "call" else None)
        try:
            program(np.ones(7))
        finally:
            sys.setprofile(None)
        return counted["call"]

    assert calls(200) < 2.2 * calls(100) + 1000


def test_programs_in_blocks_are_freed_without_the_collector(tiny):
    test_program.test_programs_are_freed_without_the_collector()


@pytest.mark.parametrize("f", [
    lambda x, k: x[k] * 2, lambda x, k: np.exp(x)[k, 1:], lambda x, k: (x * 2)[:, None][k], lambda x, k: np.take(x, k, 0),
    lambda x, k: np.tanh(x)[k][None] + x, lambda x, k: np.moveaxis(x * 2, 0, 1)[k], lambda x, k: (x * 2).T[..., k],
])  # fmt: skip
def test_views_that_differ_from_run_to_run(f):
    def g(x):
        y = np.exp(x)
        v = f(x, y.sum(1).argmax())
        z = np.tanh(x) * 2 + 1
        return v * 2 + (z * y).sum()

    equal(lambda: (g, []), *[[a] for a in arrays(*[(3, 3)] * 5)])


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_a_tensor_that_is_written_keeps_its_memory_layout(order):
    shape = np.zeros((6, 7, 9)).transpose(order).shape

    def make():
        t = Tensor(np.zeros((6, 7, 9)).transpose(order), name="t")

        def f(x):
            t.data = x * 2.0
            return (t.data * 1.1).sum(), t.data * 1.5, (t.data / 3).reshape(-1)

        return f, [t]

    program = equal(make, *[[a] for a in arrays(*[shape] * 3)])
    assert program(arrays(shape)[0])[1].strides == make()[0](arrays(shape)[0])[1].strides


def test_a_number_does_not_become_an_array_whose_views_show_its_memory():
    def f(x, y):
        total = (x * y).sum(keepdims=True).reshape(()) * 1.0  # a number, which was an array without axes
        spread = np.broadcast_to(total, (1,))
        return (x.reshape(1, 1) @ y.reshape(1, 1) * 2).reshape(1) + spread

    equal(lambda: (f, []), *[[a, b] for a, b in zip(arrays((1,), (1,), (1,)), arrays((1,), (1,), (1,)), strict=True)])
