"""The classes of input on which trusted engines are silently wrong, one test each: what is right, and that we give it."""

import warnings

import numpy as np
import pytest
from numeric import engine, leaf

import autograd as ag
import nn
from autograd import Tensor, grad, gradients, hessian

inf, nan = np.inf, np.nan
pytestmark = pytest.mark.filterwarnings(
    "ignore:divide by zero", "ignore:invalid value", "ignore:overflow", "ignore:Degrees of freedom"
)


def at(f, x):
    """The gradient of the sum of f at x."""
    return engine(f, np.asarray(x, float))[0]


CLASSES = {
    "unselected branch of where: root of a negative": (lambda: at(lambda x: ag.where(x > 0, ag.sqrt(x), 0), -1.0), 0),
    "unselected branch of where: overflow": (lambda: at(lambda x: ag.where(x < 1, ag.exp(x), x), 1000.0), 1),
    "where with a scalar operand": (lambda: at(lambda x: ag.where([True, False], x, 0.0), 2.0), 1),
    "norm at 0": (lambda: at(ag.norm, [0, 0]), [0, 0]),
    "norm squared at 0": (lambda: at(lambda x: ag.norm(x) ** 2, [0, 0]), [0, 0]),
    "Hessian of norm squared at 0 is not a silent 0": (lambda: hessian(lambda x: ag.norm(x) ** 2)(np.zeros(2)), np.full((2, 2), nan)),
    "Hessian of sum of squares at 0": (lambda: hessian(lambda x: (x * x).sum())(np.zeros(2)), 2 * np.eye(2)),
    "std of constants": (lambda: at(ag.std, [3, 3, 3]), [0, 0, 0]),
    "var with ddof = n": (lambda: at(lambda x: ag.var(x, ddof=1), [5.0]), [nan]),
    "prod with one zero": (lambda: at(ag.prod, [2, 0, 3, 4]), [0, 24, 0, 0]),
    "prod with two zeros, second order": (lambda: hessian(ag.prod)(np.array([2.0, 3, 0, 0]))[2, 3], 6),
    "cumprod with a zero": (lambda: at(ag.cumprod, [2, 0, 3]), [1, 8, 0]),
    "x ** 0 at 0": (lambda: at(lambda x: x**0, 0.0), 0),
    "x ** 0.0 at 0": (lambda: at(lambda x: x**0.0, 0.0), 0),
    "0 ** b in b": (lambda: at(lambda b: 0.0**b, 2.0), 0),
    "(-2) ** 3.0": (lambda: at(lambda x: x**3.0, -2.0), 12),
    "x ** 1.5 at 0": (lambda: at(lambda x: x**1.5, 0.0), 0),
    "maximum(x, x)": (lambda: at(lambda x: ag.maximum(x, x), [1.0, 2.0]), [1, 1]),
    "repeated indices": (lambda: at(lambda x: x[[0, 0, 2]], [1, 2, 3]), [2, 0, 1]),
    "negative indices": (lambda: at(lambda x: x[[-1, 2]], [1, 2, 3]), [0, 0, 2]),
    "mixed indices": (lambda: at(lambda x: x[:, None, [0, 0]], np.ones((2, 2))), [[2, 0], [2, 0]]),
    "boolean masks": (lambda: at(lambda x: x[x > 1] ** 2, [1, 2, 3]), [0, 4, 6]),
    "empty arrays": (lambda: at(lambda x: x.sum(axis=0), np.ones((0, 3))), np.ones((0, 3))),
    "einsum with a size-1 operand": (lambda: at(lambda x: ag.einsum("ij,ij->", x, np.ones((2, 3))), np.ones((2, 1))), [[3], [3]]),
    "einsum trace": (lambda: at(lambda x: ag.einsum("ii->", x), np.ones((2, 2))), np.eye(2)),
    "einsum repeated letters": (lambda: at(lambda x: ag.einsum("iij,j->i", x, [1.0, 2.0]), np.ones((2, 2, 2))),
                                np.eye(2)[:, :, None] * [1.0, 2.0]),
    "einsum with an ellipsis": (lambda: at(lambda x: ag.einsum("...i->...", x), np.ones((2, 3))), np.ones((2, 3))),
    "logsumexp of all -inf": (lambda: at(ag.logsumexp, [-inf, -inf]), [0.5, 0.5]),
    "logaddexp(inf, 0)": (lambda: gradients(ag.logaddexp(a := leaf(inf), b := leaf(0.0)), [a, b]), [1, 0]),
    "logaddexp of equal arguments": (lambda: gradients(ag.logaddexp(a := leaf(2.0), b := leaf(2.0)), [a, b]), [0.5, 0.5]),
    "softmax overflow": (lambda: ag.softmax(np.array([1000.0, 0.0])), [1, 0]),
    "log_softmax far off": (lambda: at(lambda x: ag.log_softmax(x)[1], [1000.0, 0.0]), [-1, 1]),
    "softplus in the tail": (lambda: at(ag.softplus, -700.0) / np.exp(-700.0), 1),
    "softplus'' in the tail": (lambda: grad(grad(ag.softplus))(30.0) / np.exp(-30.0), pytest.approx(1, rel=1e-2)),
    "log_sigmoid in the tail": (lambda: at(ag.log_sigmoid, 700.0) / np.exp(-700.0), 1),
    "BCE(p=0, y=0)": (lambda: at(lambda p: nn.binary_cross_entropy(p, np.zeros(1)), [0.0]), [1]),
    "BCE(p=1, y=1)": (lambda: at(lambda p: nn.binary_cross_entropy(p, np.ones(1)), [1.0]), [-1]),
    "xlogy(0, 0)": (lambda: at(lambda x: ag.xlogy(x, x), 0.0), 0),
    "hypot at a tie": (lambda: at(lambda x: ag.hypot(x, 1.0), 1.0), np.sqrt(0.5)),
    "hypot at 1e200": (lambda: at(lambda x: ag.hypot(x, 1e200), 1e200), np.sqrt(0.5)),
    "hypot at (0, 0)": (lambda: at(lambda x: ag.hypot(x, 0.0), 0.0), 0),
    "sinc at 0": (lambda: at(ag.sinc, 0.0), 0),
    "sinc'' at 0": (lambda: grad(grad(ag.sinc))(0.0), -(np.pi**2) / 3),
    "arccos(1)": (lambda: at(ag.arccos, 1.0), -inf),
    "arcsin(1)": (lambda: at(ag.arcsin, 1.0), inf),
    "arcsinh'(1e200)": (lambda: at(ag.arcsinh, 1e200), 1e-200),
    "sort with ties": (lambda: at(lambda x: ag.sort(x) * np.array([1.0, 2.0, 3.0]), [1.0, 1.0, 0.0]), [2, 3, 1]),
    "median with ties": (lambda: at(ag.median, [1.0, 1.0, 1.0, 0.0]).sum(), 1),
    "x * x": (lambda: at(lambda x: x * x, 3.0), 6),
    "x / x": (lambda: at(lambda x: x / x, 3.0), 0),
    "x @ x": (lambda: at(lambda x: x @ x, np.eye(2)), [[2, 2], [2, 2]]),
    "concatenate([x, x])": (lambda: at(lambda x: ag.concatenate([x, x]), [1.0]), [2]),
    "relu(-inf)": (lambda: [ag.relu(np.array(-inf)), at(ag.relu, -inf)], [0, 0]),
    "arctan2(0, 0)": (lambda: at(lambda y: ag.arctan2(y, 0.0), 0.0), 0),
    "remainder": (lambda: gradients(ag.remainder(a := leaf(7.0), b := leaf(3.0)), [a, b]), [1, -2]),
}  # fmt: skip


@pytest.mark.parametrize("name", CLASSES)
def test_class(name):
    compute, right = CLASSES[name]
    with np.errstate(all="ignore"):
        got = compute()
    if isinstance(right, type(pytest.approx(1))):
        assert got == right
    else:
        np.testing.assert_allclose(got, right, rtol=1e-12, atol=0)


@pytest.mark.parametrize("shape", [(), (1,), (0, 3), (2, 1)])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_a_gradient_is_an_ndarray_of_the_operands_shape_and_dtype(shape, dtype):
    x = Tensor(np.ones(shape), requires_grad=True, dtype=dtype)
    y = x * np.ones((2, 3)) if shape != (0, 3) else x * 2.0
    y.sum().backward()
    assert type(x.grad) is np.ndarray
    assert (x.grad.shape, x.grad.dtype) == (shape, dtype)
    assert not np.shares_memory(x.grad, y.data)


def test_astype_sends_the_cotangent_back_in_the_dtype_it_came_in():
    x = leaf([1.0, 2.0], dtype=np.float32)
    y = x.astype(np.float64)
    y.sum().backward()
    assert (y.dtype, x.grad.dtype) == (np.float64, np.float32)


def test_reading_between_forward_and_backward_changes_nothing():
    x = leaf([3.0, 1.0, 2.0])
    y = ag.sort(x)
    z = (y * [1.0, 2.0, 3.0]).sum()
    _ = y.data, x.data, y.item if y.size == 1 else repr(y), z.item(), y.numpy(), str(x), np.argmax(y)
    z.backward()
    np.testing.assert_array_equal(x.grad, [3, 1, 2])


def test_nesterov_is_the_stated_one():
    p, lr, mu = leaf([1.0]), 0.1, 0.9
    optimizer = nn.SGD([p], lr, momentum=mu, nesterov=True)
    w, v = 1.0, 0.0
    for _ in range(5):
        p.grad = 2 * p.data
        optimizer.step()
        v = mu * v + 2 * w
        w -= lr * (2 * w + mu * v)
        assert p.data[0] == pytest.approx(w)


def test_whatever_is_silent_here_is_loud():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for call, error in [
            (lambda: Tensor([1], requires_grad=True), TypeError),
            (lambda: nn.squared_error(np.ones(3), np.ones((3, 1))), ValueError),
            (lambda: nn.cross_entropy(np.ones((2, 3)), [0, 3]), IndexError),
            (lambda: nn.SGD([leaf([1.0])], nan), ValueError),
            (lambda: leaf([1.0]) * 1j, TypeError),
        ]:
            with pytest.raises(error):
                call()
