"""Tensor: operators, methods, NumPy's calls on it, and what it refuses to do silently."""

import math
import operator

import numpy as np
import pytest
from numeric import engine, leaf

import autograd as ag
from autograd import Tensor

A = np.array([[1.0, 2.0], [3.0, 4.0]])
OPERATORS = [operator.add, operator.sub, operator.mul, operator.truediv, operator.pow, operator.matmul]


@pytest.mark.parametrize("op", OPERATORS)
@pytest.mark.parametrize("other", [A + 1, (A + 1).tolist(), Tensor(A + 1)], ids=["array", "list", "tensor"])
def test_operators_in_both_orders(op, other):
    plain = np.asarray(A + 1)
    for got, expected in [(op(Tensor(A), other), op(A, plain)), (op(other, Tensor(A)), op(plain, A))]:
        assert isinstance(got, Tensor)
        np.testing.assert_allclose(got.data, expected)


@pytest.mark.parametrize("op", OPERATORS[:5])
@pytest.mark.parametrize("number", [2, 2.5, np.float64(2.5), np.array(2.5), np.int64(2)])
def test_operators_with_numbers(op, number):
    for got, expected in [(op(Tensor(A), number), op(A, number)), (op(number, Tensor(A)), op(number, A))]:
        assert isinstance(got, Tensor)
        np.testing.assert_allclose(got.data, expected)


def test_unary_operators_and_comparisons():
    t = leaf(A)
    np.testing.assert_array_equal((-t).data, -A)
    assert +t is t
    np.testing.assert_array_equal(abs(t - 2).data, abs(A - 2))
    for op in (operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne):
        for got in (op(t, 2.0), op(t, Tensor(2.0))):
            assert type(got) is np.ndarray
            np.testing.assert_array_equal(got, op(A, 2.0))
    assert bool(leaf(1.0) > 0)
    assert len({t, t, leaf(A)}) == 2  # the hash is the identity


@pytest.mark.parametrize(("number", "dtype"), [(2, np.float32), (2.5, np.float32), (True, np.float32),
                                               (np.float32(2), np.float32), (np.float64(2), np.float64)])  # fmt: skip
def test_dtypes_follow_numpy_2(number, dtype):
    t = leaf(A, dtype=np.float32)
    for y in (t + number, number - t, t * number, number / t, t**number):
        assert y.dtype == dtype
        (g,) = ag.gradients(y, [t], cotangent=np.ones(y.shape))
        assert g.dtype == np.float32
    assert (t.mean() / 3).dtype == np.float32


def test_mixed_dtypes_at_second_order():
    x = leaf(A, dtype=np.float32)
    for y in (x * (A + 0.5) * x, 2.0**x, x ** (A / 2), ag.linear(A, x) * x.sum(), ag.where([True, False], x * x, 0.5)):
        (g,) = ag.gradients(y, [x], cotangent=np.ones(y.shape), create_graph=True)
        assert g.dtype == np.float32
        (h,) = ag.gradients(g, [x], cotangent=np.ones(g.shape))
        assert h.dtype == np.float32
    assert ag.where([True, False], x, 0.5).dtype == np.float32


def test_methods():
    t = leaf(np.arange(24.0).reshape(2, 3, 4))
    a = t.data
    pairs = [
        (t.reshape(6, 4), a.reshape(6, 4)), (t.reshape((6, -1)), a.reshape(6, 4)), (t.ravel(), a.ravel()),
        (t.T, a.T), (t.transpose(), a.T), (t.transpose(1, 0, 2), a.transpose(1, 0, 2)),
        (t.transpose((1, 0, 2)), a.transpose(1, 0, 2)), (t.swapaxes(0, 1), a.swapaxes(0, 1)),
        (t[:1].squeeze(), a[:1].squeeze()), (t[:1].squeeze(0), a[0]), (t.clip(2, 5), a.clip(2, 5)),
        (t.clip(max=5), a.clip(max=5)), (t.sum(), a.sum()), (t.sum(0), a.sum(0)),
        (t.sum((0, 2), keepdims=True), a.sum((0, 2), keepdims=True)), (t.mean(-1), a.mean(-1)),
        (t.prod(1), a.prod(1)), (t.var(0, ddof=1), a.var(0, ddof=1)), (t.std(), a.std()), (t.cumsum(1), a.cumsum(1)),
        (t.cumprod(), a.cumprod()), (t.trace(), a.trace()), (t.diagonal(0, 1, 2), a.diagonal(0, 1, 2)), (t % 5, a % 5),
        (t.repeat(2, 1), a.repeat(2, 1)), (t.take([0, 2], 1), a.take([0, 2], 1)), (t.round(), a.round()), (7 % (t + 1), 7 % (a + 1)),
        (round(t, 1), a.round(1)), (t.copy(), a), (t.flatten(), a.flatten()), (t.dot(a[0].T), a.dot(a[0].T)),
        (t.max(1), a.max(1)), (t.min(axis=2), a.min(axis=2)), (t.reshape(6, 4).dot(np.ones(4)), a.reshape(6, 4).sum(1)),
    ]  # fmt: skip
    for got, expected in pairs:
        np.testing.assert_allclose(got.data, expected)
    assert (t.shape, t.ndim, t.size, t.dtype, len(t)) == ((2, 3, 4), 3, 24, np.float64, 2)
    assert [row.shape for row in t] == [(3, 4), (3, 4)]
    assert leaf(2.5).item() == 2.5
    for got, expected in ((t.argmax(), a.argmax()), (t.argmin(0), a.argmin(0)), (t.argsort(1), a.argsort(1))):
        assert not isinstance(got, Tensor)
        np.testing.assert_array_equal(got, expected)
    assert f"{leaf(2.5):.2f}" == "2.50"


@pytest.mark.parametrize(("text", "tensor"), [
    ("Tensor([1., 2.], name='w', requires_grad=True)", leaf([1.0, 2.0], name="w")),
    ("Tensor([1., 2.], dtype=float32)", Tensor([1, 2], dtype=np.float32)),
    ("Tensor([2., 4.], from multiply)", leaf([1.0, 2.0]) * 2),
    ("Tensor(3)", Tensor(3)),
])  # fmt: skip
def test_repr(text, tensor):
    assert repr(tensor) == text


NUMPY_CALLS = [
    lambda t: np.tanh(t), lambda t: np.exp(t), lambda t: np.log(t), lambda t: np.sqrt(t), lambda t: np.abs(t),
    lambda t: np.negative(t), lambda t: np.add(t, 1), lambda t: np.subtract(1, t), lambda t: np.multiply(A, t),
    lambda t: np.divide(t, A), lambda t: np.true_divide(t, A), lambda t: np.power(t, 2), lambda t: np.maximum(t, 2),
    lambda t: np.minimum(2, t), lambda t: np.clip(t, 1.5, 3.5), lambda t: np.where(A > 2, t, 0),
    lambda t: np.sum(t), lambda t: np.sum(t, axis=0), lambda t: np.sum(t, 0), lambda t: np.sum(t, axis=-1, keepdims=True),
    lambda t: np.sum(t, 0, None, None, True), lambda t: np.mean(t, 1), lambda t: np.max(t), lambda t: np.amax(t, 0),
    lambda t: np.min(t, axis=1, keepdims=True), lambda t: np.sum(t, axis=0, out=None), lambda t: np.reshape(t, (4,)),
    lambda t: np.reshape(t, -1), lambda t: np.transpose(t), lambda t: np.transpose(t, (1, 0)),
    lambda t: np.swapaxes(t, 0, 1), lambda t: np.expand_dims(t, 0), lambda t: np.squeeze(t[None]),
    lambda t: np.broadcast_to(t, (3, 2, 2)), lambda t: np.concatenate([t, A]), lambda t: np.concatenate((A, t), axis=1),
    lambda t: np.stack([t, t, A], axis=-1), lambda t: np.matmul(A, t), lambda t: A @ t, lambda t: A * t, lambda t: A - t,
    lambda t: A / t, lambda t: np.float64(2) ** t,
    lambda t: np.reshape(t, 4, order="C"), lambda t: np.exp(t, where=True),
    lambda t: np.add(t, 1, dtype=None), lambda t: np.max(t, 0, None, True), lambda t: np.transpose(t, np.array([1, 0])),
    lambda t: np.sum(t[0, 0], axis=0), lambda t: np.sum(t, axis=np.array(1)), lambda t: A[0] + t, lambda t: np.mean(a=t, axis=0),
]  # fmt: skip


if np.lib.NumpyVersion(np.__version__) >= "2.1.0":  # where clip learnt these names
    NUMPY_CALLS += [lambda t: np.clip(t, min=2.5), lambda t: np.clip(t, min=1.5, max=2.5)]


@pytest.mark.parametrize("call", NUMPY_CALLS)
def test_numpy_calls_record(call):
    t = leaf(A)
    y = call(t)
    assert isinstance(y, Tensor)
    assert y.requires_grad
    np.testing.assert_allclose(y.data, call(A), rtol=1e-15)
    (g,) = ag.gradients(y, [t], cotangent=np.ones(y.shape))
    h = 1e-6 * np.array([[1.0, -2.0], [0.5, 1.5]])
    assert np.sum(g * h) == pytest.approx(float(np.sum(call(A + h) - call(A - h))) / 2, rel=1e-6)


def test_numpy_calls_without_a_derivative_give_arrays():
    t = leaf(A)
    assert np.shape(t) == (2, 2)
    assert np.ndim(t) == 2
    assert np.argmax(t) == 3
    assert not np.isnan(t).any()
    assert np.allclose(t, A)
    assert type(np.zeros_like(t)) is np.ndarray
    np.testing.assert_array_equal(np.greater(t, 2), A > 2)


class TestNothingDetachesSilently:
    @pytest.mark.parametrize(("call", "message"), [
        (lambda t: np.asarray(t), r"an ndarray would drop the gradient .*: write t\.numpy\(\) for the data alone"),
        (lambda t: np.array([t, t]), r"np\.stack"),
        (lambda t: Tensor(t), r"t\.numpy\(\)"),
        (lambda t: np.linalg.qr(t), r"numpy\.linalg\.qr has no derivative here.*@autograd\.primitive"),
        (lambda t: np.unwrap(t[0]), r"numpy\.unwrap has no derivative here"),
        (lambda t: np.spacing(t), r"spacing has no derivative here"),
        (lambda t: np.subtract.reduce(t), r"np\.subtract\.reduce is not differentiated: use np\.sum"),
        (lambda t: np.maximum.accumulate(t), r"np\.maximum\.accumulate is not differentiated.*append to a list"),
        (lambda t: np.add.reduceat(t, [0, 1]), r"np\.add\.reduceat is not differentiated: use np\.sum of each slice"),
        (lambda t: np.add.at(np.zeros((2, 2)), 0, t), r"np\.add\.at is not differentiated: use autograd\.scatter_add"),
        (lambda t: np.full((2, 2, 2), t), r"np\.ones\(n\) \* t for np\.full"),
        (lambda t: np.full((2, 2, 2), t, dtype=float), r"numpy\.copyto has no derivative here: np\.full\(shape, t\) is written"),
        (lambda t: np.zeros((2, 2)).__setitem__(0, t[0]), r"for h\[i\] = t append to a list, then np\.stack"),
        (lambda t: np.sum([t, t]), r"autograd\.sum\(\[a, b\]\) for np\.sum"),
        (lambda t: operator.mod("%.3f", t[0, 0]), r"f'\{t:\.3f\}' for '%\.3f' % t"),
        (lambda t: A.view(np.matrix) * t, r"multiply: x\d: np\.matrix is not taken.*np\.asarray\(m\), and write @"),
        (lambda t: t * A.view(np.matrix), r"multiply: x\d: np\.matrix is not taken"),
        (lambda t: A.view(np.matrix) @ t, r"matmul: x\d: np\.matrix is not taken"),
        (lambda t: t @ A.view(np.matrix), r"matmul: x\d: np\.matrix is not taken"),
        (lambda t: Tensor(A.view(np.matrix)), r"np\.matrix is not taken"),
        (lambda t: np.insert(np.arange(4), 1, t[0]), r"insert: float64 cannot be cast to dtype=int64"),
        (lambda t: ag.block([(t, t)]), "block: expected lists of arrays, got a tuple"),
        (lambda t: np.add(t, 1, out=np.zeros((2, 2))), "out="),
        (lambda t: np.sum(t, out=np.zeros(())), "out="),
        (lambda t: np.exp(t, where=A > 2), r"exp takes x; got exp\("),
        (lambda t: np.full_like(A, t[0, 0]), "has no derivative here"),
        (lambda t: t.sum(0, None, np.zeros(2)), "sum cannot write .* into out="),
        (lambda t: np.sum(t, initial=1.0, dtypes=int), r"sum.*'dtypes'"),
        (lambda t: np.add(t, 1, dtype=int), r"add: float64 cannot be cast to dtype=int64"),
        (lambda t: np.where(t), r"where takes condition, x, y; got where\("),
        (lambda t: np.zeros((2, 2)).__iadd__(t), "write c = a . t for a .= t"),
        (lambda t: t.__setitem__(0, 1.0), r"where or concatenate.*t\.data\[i\] = v"),
        (lambda t: t.__iadd__(1), r"p\.data -= lr \* p\.grad"),
        (lambda t: float(t[0, 0]), r"float\(t\) would drop the gradient.*t\.item\(\)"),
        (lambda t: math.exp(t[0, 0]), r"np\.exp\(t\) for math\.exp\(t\)"),
        (lambda t: int(t[0, 0]), r"int\(t\.item\(\)\)"),
    ])  # fmt: skip
    def test_is_a_type_error_that_says_what_to_write(self, call, message):
        with pytest.raises(TypeError, match=message):
            call(leaf(A))

    def test_constants_convert(self):
        t = Tensor(A)
        np.testing.assert_array_equal(np.asarray(t), A)
        with pytest.raises(ValueError, match="read-only"):
            np.asarray(t)[0, 0] = 5
        assert float(Tensor(2.0)) == 2
        assert [10, 20][Tensor(1)] == 20

    def test_a_running_sum_may_be_written_with_plus_equals(self):
        x, total = leaf([1.0, 2.0]), 0
        for i in range(2):
            total += x[i] * x[i]
        total.backward()
        np.testing.assert_array_equal(x.grad, [2, 4])


class TestErrorsNameTheOp:
    @pytest.mark.parametrize(("call", "error", "op", "message"), [
        (lambda: leaf(np.ones(3)) + leaf(np.ones(4), name="b"), ValueError, "add(x1=float64(3,), x2=b float64(4,))", "broadcast"),
        (lambda: leaf(np.ones((2, 3))) @ np.ones((4, 5)), ValueError, "matmul(x1=float64(2, 3), x2=float64(4, 5))", "aligned"),
        (lambda: leaf(np.ones((2, 3))) @ 3, ValueError, "matmul(x1=float64(2, 3), x2=", "matmul"),
        (lambda: leaf(np.ones(3))[5], IndexError, "getitem(a=float64(3,), index=5)", "out of bounds"),
        (lambda: leaf(np.ones(3)).sum(axis=2), Exception, "sum(a=float64(3,), axis=2, keepdims=False)", "out of bounds"),
        (lambda: leaf(np.ones(3)).reshape(2, 2), ValueError, "reshape(a=float64(3,), shape=(2, 2))", "cannot reshape"),
        (lambda: ag.linear(leaf(np.ones((2, 3))), np.ones((4, 5))), ValueError, "linear(", r"got x \(2, 3\), weight"),
        (lambda: ag.linear(leaf(np.ones((2, 3))), np.ones((4, 3)), np.ones((2, 4))), ValueError, "linear(", "a bias"),
    ])  # fmt: skip
    def test_and_its_arguments(self, call, error, op, message):
        with pytest.raises(error, match=message) as caught:
            call()
        assert op in "\n".join(caught.value.__notes__)


class TestUsersOps:
    def test_five_lines(self):
        @ag.elementwise
        def cube(x):
            return x * x * x

        cube.defvjp(lambda g, out, x: g * (3 * x * x))
        x = leaf([2.0])
        (g,) = ag.gradients(cube(x), [x], create_graph=True)
        assert g.data == [12]
        assert ag.gradients(g, [x])[0] == [12]
        assert cube(2.0) == 8
        np.testing.assert_array_equal(cube([1.0, 2.0]), [1, 8])

    def test_parameters_with_defaults_and_inputs_by_place_only(self):
        @ag.elementwise
        def scaled(x, /, *, k=2.0):
            return x * k

        scaled.defvjp(lambda g, out, x, k: g * k)
        x = leaf([1.0])
        assert ag.gradients(scaled(x), [x])[0] == [2]
        assert ag.gradients(scaled(x, k=3.0), [x])[0] == [3]

    def test_a_variadic_op(self):
        @ag.primitive
        def total(*xs):
            return sum(xs)

        total.defvjp_each(lambda i, g, out, *xs: g * 1)
        xs = [leaf([1.0]), leaf([2.0]), leaf([3.0])]
        assert [float(g[0]) for g in ag.gradients(total(*xs), xs)] == [1, 1, 1]

    def test_without_a_rule(self):
        @ag.primitive
        def mystery(x):
            return x + 1

        with pytest.raises(TypeError, match=r"mystery has no derivative: declare one with mystery\.defvjp") as caught:
            mystery(leaf(1.0)).backward()
        assert (
            "in visit 1, the vjp of mystery(float64()) for argument 0; autograd.debug() tells the line"
            in caught.value.__notes__
        )

    def test_with_the_wrong_number_of_rules(self):
        @ag.primitive
        def pair(x, y):
            return x + y

        with pytest.raises(TypeError, match=r"pair\.defvjp: expected a rule for each of \['x', 'y'\], got 1"):
            pair.defvjp(lambda g, out, x, y: g)

    def test_a_rule_of_the_wrong_shape_in_an_elementwise_op(self):
        @ag.elementwise
        def double(x):
            return x * 2

        double.defvjp(lambda g, out, x: (2 * g).T)
        with pytest.raises(ValueError, match=r"double: expected its vjp for argument 0 to return shape \(2, 3\)"):
            double(leaf(np.ones((2, 3)))).sum().backward()

    def test_a_rule_that_returns_no_array_and_a_forward_that_returns_two(self):
        @ag.primitive
        def double(x):
            return x * 2

        double.defvjp(lambda g, out, x: 0)
        with pytest.raises(TypeError, match="to return an array, got int: was g forgotten") as caught:
            double(leaf(1.0)).backward()
        assert (
            "in visit 1, the vjp of double(float64()) for argument 0; autograd.debug() tells the line"
            in caught.value.__notes__
        )

        @ag.primitive
        def halves(x):
            return x / 2, x / 2

        with pytest.raises(TypeError, match="returns one array, and this forward returned 2"):
            halves(leaf(1.0))
        with pytest.raises(TypeError, match="declared over a function.*got <ufunc 'exp'>"):
            ag.primitive(np.exp)

    def test_a_rule_of_the_wrong_shape(self):
        @ag.primitive
        def double(x):
            return x * 2

        double.defvjp(lambda g, out, x: g.sum())
        with pytest.raises(
            ValueError, match=r"double: expected its vjp for argument 0 to return shape \(3,\).*got \(\)"
        ):
            double(leaf(np.ones(3))).sum().backward()

    def test_arguments_by_name_and_by_place(self):
        x, y = leaf([3.0]), leaf([2.0])
        assert ag.maximum(x1=x, x2=y).requires_grad
        assert ag.maximum(x, x2=y).data == [3]
        np.testing.assert_array_equal(ag.sum(np.ones((2, 3)), 0, None, None, True), [[2, 2, 2]])
        assert ag.clip(x, a_max=1.0).data == [1]
        assert ag.gradients(ag.clip(x, 1.0), [x])[0] == [1]
        for call in (lambda: ag.sum(x, 0, axis=0), lambda: ag.maximum(x), lambda: ag.maximum(x, y, 1), lambda: ag.sum(x, 0, None, None, True, 1, True, 1),
                     lambda: ag.exp(x, axis=0), lambda: ag.maximum(x, y, x2=y)):  # fmt: skip
            with pytest.raises(TypeError, match="takes"):
                call()


def test_keep_takes_numbers():
    assert ag.keep(1.0, True) == 1
    assert ag.keep(leaf([1.0, 2.0]), 1).data.tolist() == [1, 2]


def test_one_rule_serves_arrays_and_tensors():
    (g,) = engine(lambda x: ag.tanh(x) * x, np.array([0.5, -1.0]))
    x = np.array([0.5, -1.0])
    np.testing.assert_allclose(g, (1 - np.tanh(x) ** 2) * x + np.tanh(x), rtol=1e-15)


def test_linalg_is_there_under_its_name():
    t = leaf(A)
    assert ag.linalg.norm is ag.norm
    y = np.linalg.norm(t) + ag.linalg.det(t)
    assert ag.gradients(y, [t])[0].shape == (2, 2)


@pytest.mark.parametrize(
    "rule",
    [lambda ans, x: lambda g: g * x, lambda g, out: g, lambda g, out, x: g, lambda g, out, x, scale, *, more: g, 3.0],
)
def test_a_rule_that_cannot_be_called_is_refused_when_it_is_declared(rule):
    @ag.elementwise
    def scaled(x, *, scale=1.0):
        return x * scale

    with pytest.raises(TypeError, match=r"scaled: expected a rule.*\(g, out, x, scale\)"):
        scaled.defvjp(rule)
    scaled.defvjp(lambda *args, **params: args[0] * params["scale"])
    assert ag.grad(lambda x: scaled(x, scale=3.0))(2.0) == 3


def test_a_rule_in_the_form_of_others_is_explained():
    @ag.primitive
    def total(*xs):
        return np.sum(xs, axis=0)

    with pytest.raises(TypeError, match=r"\(i, g, out, \*xs\).*is written `lambda g, out, x"):
        total.defvjp_each(lambda ans, x: lambda g: g)
