"""Where a program keeps its values: in blocks, in buffers used again, in memory from outside; and who owns them."""

import numpy as np
import pytest
import test_program
from test_ops import CASES
from test_program import bits

import autograd as ag
import nn
from autograd import Tensor
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
