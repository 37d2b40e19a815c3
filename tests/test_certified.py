"""Numbers nobody here wrote: NIST's certified fits, Moré, Garbow and Hillstrom's functions, Speelpenning's product."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numeric import leaf

from autograd import grad, hessian, jacobian

CERTIFIED = Path(__file__).parent / "certified"
exp, sqrt, log, sin, cos, arctan = np.exp, np.sqrt, np.log, np.sin, np.cos, np.arctan


def minimised(residuals, x):
    """Where the sum of squares is least: Levenberg-Marquardt with autograd's Jacobian, then Newton with its Hessian.

    The damping is scaled as by Moré and set as by Nielsen.
    """
    f = lambda x: (residuals(x) ** 2).sum()
    r, J, damping, growth, scale = residuals(x), jacobian(residuals)(x), 1e-3, 2, 0
    for _ in range(1000):
        scale = np.maximum(scale, np.linalg.norm(J, axis=0))
        damped = np.vstack([J / scale, sqrt(damping) * np.eye(x.size)])
        step = np.linalg.lstsq(damped, np.append(-r, 0 * x))[0] / scale
        if np.linalg.norm(scale * step) < 1e-6 * np.linalg.norm(scale * x):
            break
        trial = residuals(x + step)
        gain = (r @ r - trial @ trial) / (r @ r - ((r + J @ step) ** 2).sum())
        if gain > 0:  # not if the trial is NaN
            x, r, J = x + step, trial, jacobian(residuals)(x + step)
            damping, growth = damping * max(1 / 10, 1 - (2 * gain - 1) ** 3), 2
        else:
            damping, growth = damping * growth, growth * 2
    else:
        raise AssertionError(f"no minimum found in 1000 steps; at {x}")
    for _ in range(5):
        H, g = hessian(f)(x), grad(f)(x)
        d = sqrt(np.diag(H))
        x = x - np.linalg.solve(H / np.outer(d, d), g / d) / d
    return x


# NIST's Statistical Reference Datasets for nonlinear regression, all 27.  The parameters, their standard deviations and
# the residual sum of squares are certified to 11 digits; the fits reach 10 of them.

rise = lambda x, b1, b2: b1 * (1 - exp(-b2 * x))
chwirut = lambda x, b1, b2, b3: exp(-b1 * x) / (b2 + b3 * x)
lanczos = lambda x, b1, b2, b3, b4, b5, b6: b1 * exp(-b2 * x) + b3 * exp(-b4 * x) + b5 * exp(-b6 * x)
gauss = lambda x, b1, b2, *b: b1 * exp(-b2 * x) + bell(x, *b[:3]) + bell(x, *b[3:])
bell = lambda x, height, center, width: height * exp(-((x - center) ** 2) / width**2)
cubic = lambda x, b1, b2, b3, b4, b5, b6, b7: (
    (b1 + b2 * x + b3 * x**2 + b4 * x**3) / (1 + b5 * x + b6 * x**2 + b7 * x**3)
)
wave = lambda x, period, c, s: c * cos(2 * np.pi * x / period) + s * sin(2 * np.pi * x / period)

MODELS = {
    "Misra1a": rise,
    "Misra1b": lambda x, b1, b2: b1 * (1 - (1 + b2 * x / 2) ** -2),
    "Misra1c": lambda x, b1, b2: b1 * (1 - (1 + 2 * b2 * x) ** -0.5),
    "Misra1d": lambda x, b1, b2: b1 * b2 * x / (1 + b2 * x),
    "Chwirut1": chwirut,
    "Chwirut2": chwirut,
    "Lanczos1": lanczos,
    "Lanczos2": lanczos,
    "Lanczos3": lanczos,
    "Gauss1": gauss,
    "Gauss2": gauss,
    "Gauss3": gauss,
    "DanWood": lambda x, b1, b2: b1 * x**b2,
    "Kirby2": lambda x, b1, b2, b3, b4, b5: (b1 + b2 * x + b3 * x**2) / (1 + b4 * x + b5 * x**2),
    "Hahn1": cubic,
    "Nelson": lambda x, b1, b2, b3: b1 - b2 * x[0] * exp(-b3 * x[1]),  # of log y
    "MGH09": lambda x, b1, b2, b3, b4: b1 * (x**2 + x * b2) / (x**2 + x * b3 + b4),
    "MGH10": lambda x, b1, b2, b3: b1 * exp(b2 / (x + b3)),
    "MGH17": lambda x, b1, b2, b3, b4, b5: b1 + b2 * exp(-x * b4) + b3 * exp(-x * b5),
    "Roszman1": lambda x, b1, b2, b3, b4: b1 - b2 * x - arctan(b3 / (x - b4)) / np.pi,
    "ENSO": lambda x, b1, b2, b3, b4, b5, b6, b7, b8, b9: (
        b1 + wave(x, 12, b2, b3) + wave(x, b4, b5, b6) + wave(x, b7, b8, b9)
    ),
    "Thurber": cubic,
    "BoxBOD": rise,
    "Rat42": lambda x, b1, b2, b3: b1 / (1 + exp(b2 - b3 * x)),
    "Rat43": lambda x, b1, b2, b3, b4: b1 / (1 + exp(b2 - b3 * x)) ** (1 / b4),
    "Eckerle4": lambda x, b1, b2, b3: b1 / b2 * exp(-0.5 * ((x - b3) / b2) ** 2),
    "Bennett5": lambda x, b1, b2, b3: b1 * (b2 + x) ** (-1 / b3),
}


def read(name):
    """A dataset: its head by name, y, and x, of one row for each predictor if there are two."""
    head, data = (CERTIFIED / f"{name}.txt").read_text().split("data", 1)
    head = {key: np.array(values, float) for key, *values in map(str.split, head.splitlines()[1:])}
    y, *x = np.array([line.split() for line in data.splitlines()[1:]], float).T
    return head, y, x[0] if len(x) == 1 else x


def test_every_dataset_has_a_model():
    assert {path.stem for path in CERTIFIED.iterdir()} == set(MODELS)


@pytest.mark.parametrize("name", MODELS)
def test_nist(name):
    head, y, x = read(name)
    y = log(y) if name == "Nelson" else y
    residuals = lambda b: MODELS[name](x, *b) - y
    b = minimised(residuals, head["start2"])
    r, (_, R) = residuals(b), np.linalg.qr(jacobian(residuals)(b))
    deviation = np.linalg.norm(np.linalg.inv(R), axis=1) * sqrt(r @ r / (y.size - b.size))
    np.testing.assert_allclose(b, head["certified"], rtol=1e-9)
    tolerance = 1e-2 if name == "Lanczos1" else 1e-9  # there the residuals are 1e-13, and y's own rounding is 1e-16
    np.testing.assert_allclose(deviation, head["deviation"], rtol=tolerance)
    np.testing.assert_allclose(r @ r, head["rss"], rtol=tolerance)


# Moré, Garbow and Hillstrom, Testing Unconstrained Optimization Software, ACM TOMS 7 (1981) 17-41: sums of squares.
# Functions, starts and minima are the paper's, as its copies in Ceres Solver and NLSProblems.jl have them; but Gulf is
# without the misprint |y m i x2| for |y - x2|, and Meyer, Kowalik-Osborne and Osborne 1 use NIST's copy of their data.
# Each function gives the residuals and, by hand, their derivatives by each variable in turn.

PROBLEMS = {}


def problem(number, start, *minima):
    """Adds a function to the table, with the standard start and, for each minimum, its value and where it is.

    None: the paper does not say where, or in a few digits only.
    """

    def add(function):
        PROBLEMS[f"{number}-{function.__name__}"] = function, np.array(start, float), minima

    return add


@problem(1, (-1.2, 1), (0, (1, 1)))
def rosenbrock(x1, x2):
    return [10 * (x2 - x1**2), 1 - x1], lambda: [[-20 * x1, -1], [10, 0]]


@problem(2, (0.5, -2), (0, (5, 4)), (48.9842, ((53 - 4 * sqrt(22)) / 3, (2 - sqrt(22)) / 3)))
def freudenstein_roth(x1, x2):
    r = [-13 + x1 + ((5 - x2) * x2 - 2) * x2, -29 + x1 + ((x2 + 1) * x2 - 14) * x2]
    return r, lambda: [[1, 1], [10 * x2 - 3 * x2**2 - 2, 3 * x2**2 + 2 * x2 - 14]]


@problem(3, (0, 1), (0, None))
def powell_badly_scaled(x1, x2):
    r = [1e4 * x1 * x2 - 1, exp(-x1) + exp(-x2) - 1.0001]
    return r, lambda: [[1e4 * x2, -exp(-x1)], [1e4 * x1, -exp(-x2)]]


@problem(4, (1, 1), (0, (1e6, 2e-6)))
def brown_badly_scaled(x1, x2):
    return [x1 - 1e6, x2 - 2e-6, x1 * x2 - 2], lambda: [[1, 0, x2], [0, 1, x1]]


@problem(5, (1, 1), (0, (3, 0.5)))
def beale(x1, x2):
    y, i = np.array([1.5, 2.25, 2.625]), np.arange(1, 4)
    return y - x1 * (1 - x2**i), lambda: [x2**i - 1, x1 * i * x2 ** (i - 1)]


@problem(6, (0.3, 0.4), (124.362, None))
def jennrich_sampson(x1, x2):
    i = np.arange(1, 11)
    return 2 + 2 * i - exp(i * x1) - exp(i * x2), lambda: [-i * exp(i * x1), -i * exp(i * x2)]


@problem(7, (-1, 0, 0), (0, (1, 0, 0)))
def helical_valley(x1, x2, x3):
    turn = arctan(x2 / x1) / (2 * np.pi) + (0 if x1 > 0 else 0.5)
    square = x1**2 + x2**2
    return [10 * (x3 - 10 * turn), 10 * (sqrt(square) - 1), x3], lambda: [
        [50 / np.pi * x2 / square, 10 * x1 / sqrt(square), 0],
        [-50 / np.pi * x1 / square, 10 * x2 / sqrt(square), 0],
        [10, 0, 1],
    ]


@problem(8, (1, 1, 1), (8.21487e-3, None))
def bard(x1, x2, x3):
    y = np.array([0.14, 0.18, 0.22, 0.25, 0.29, 0.32, 0.35, 0.39, 0.37, 0.58, 0.73, 0.96, 1.34, 2.10, 4.39])
    u = np.arange(1.0, 16)
    v, w = 16 - u, np.minimum(u, 16 - u)
    d = v * x2 + w * x3
    return y - (x1 + u / d), lambda: [-1, u * v / d**2, u * w / d**2]


@problem(9, (0.4, 1, 0), (1.12793e-8, None))
def gaussian(x1, x2, x3):
    y = np.array([0.0009, 0.0044, 0.0175, 0.0540, 0.1295, 0.2420, 0.3521, 0.3989])
    t = (8 - np.arange(1, 16)) / 2 - x3
    e = exp(-x2 * t**2 / 2)
    return x1 * e - np.append(y, y[6::-1]), lambda: [e, -x1 * e * t**2 / 2, x1 * e * x2 * t]


@problem(10, (0.02, 4000, 250), (87.9458, None))
def meyer(x1, x2, x3):
    _, y, t = read("MGH10")
    d = t + x3
    e = exp(x2 / d)
    return x1 * e - y, lambda: [e, x1 * e / d, -x1 * e * x2 / d**2]


@problem(11, (5, 2.5, 0.15), (0, (50, 25, 1.5)))
def gulf(x1, x2, x3):
    t = np.arange(1, 100) / 100
    u = 25 + (-50 * log(t)) ** (2 / 3) - x2
    p = abs(u) ** x3
    e = exp(-p / x1)
    return e - t, lambda: [e * p / x1**2, e * x3 * p / u / x1, -e * p * log(abs(u)) / x1]


@problem(12, (0, 10, 20), (0, (1, 10, 1)), (0, (10, 1, -1)), (0, (3, 3, 0)))
def box(x1, x2, x3):
    t = np.arange(1, 11) / 10
    d = exp(-t) - exp(-10 * t)
    return exp(-t * x1) - exp(-t * x2) - x3 * d, lambda: [-t * exp(-t * x1), t * exp(-t * x2), -d]


@problem(13, (3, -1, 0, 1), (0, (0, 0, 0, 0)))
def powell_singular(x1, x2, x3, x4):
    a, b = x2 - 2 * x3, sqrt(10) * (x1 - x4)
    return [x1 + 10 * x2, sqrt(5) * (x3 - x4), a**2, b * (x1 - x4)], lambda: [
        [1, 0, 0, 2 * b],
        [10, 0, 2 * a, 0],
        [0, sqrt(5), -4 * a, 0],
        [0, -sqrt(5), 0, -2 * b],
    ]


@problem(14, (-3, -1, -3, -1), (0, (1, 1, 1, 1)))
def wood(x1, x2, x3, x4):
    s, t = sqrt(90), sqrt(10)
    return [10 * (x2 - x1**2), 1 - x1, s * (x4 - x3**2), 1 - x3, t * (x2 + x4 - 2), (x2 - x4) / t], lambda: [
        [-20 * x1, -1, 0, 0, 0, 0],
        [10, 0, 0, 0, t, 1 / t],
        [0, 0, -2 * s * x3, -1, 0, 0],
        [0, 0, s, 0, t, -1 / t],
    ]


@problem(15, (0.25, 0.39, 0.415, 0.39), (3.07505e-4, None))
def kowalik_osborne(x1, x2, x3, x4):
    _, y, u = read("MGH09")
    a, d = u**2 + u * x2, u**2 + u * x3 + x4
    return y - x1 * a / d, lambda: [-a / d, -x1 * u / d, x1 * a * u / d**2, x1 * a / d**2]


@problem(16, (25, 5, -5, -1), (85822.2, None))
def brown_dennis(x1, x2, x3, x4):
    t = np.arange(1, 21) / 5
    a, b = x1 + t * x2 - exp(t), x3 + x4 * sin(t) - cos(t)
    return a**2 + b**2, lambda: [2 * a, 2 * a * t, 2 * b, 2 * b * sin(t)]


@problem(17, (0.5, 1.5, -1, 0.01, 0.02), (5.46489e-5, None))
def osborne_1(x1, x2, x3, x4, x5):
    _, y, t = read("MGH17")
    e4, e5 = exp(-t * x4), exp(-t * x5)
    return y - (x1 + x2 * e4 + x3 * e5), lambda: [-1, -e4, -e5, t * x2 * e4, t * x3 * e5]


@problem(18, (1, 2, 1, 1, 1, 1), (0, (1, 10, 1, 5, 4, 3)))
def biggs_exp6(x1, x2, x3, x4, x5, x6):
    t = np.arange(1, 14) / 10
    y = exp(-t) - 5 * exp(-10 * t) + 3 * exp(-4 * t)
    e1, e2, e5 = exp(-t * x1), exp(-t * x2), exp(-t * x5)
    return x3 * e1 - x4 * e2 + x6 * e5 - y, lambda: [-t * x3 * e1, t * x4 * e2, e1, -e2, -t * x6 * e5, e5]


@problem(20, np.zeros(6), (2.28767e-3, None))
def watson(*x):
    x, j, t = np.stack(x), np.arange(6), np.arange(1, 30)[:, None] / 29
    powers, slopes = t**j, j * t ** np.maximum(j - 1, 0)
    inner = powers @ x
    r = np.concatenate([slopes @ x - inner**2 - 1, x[:1], x[1:2] - x[:1] ** 2 - 1])
    last = lambda: [[1, 0, 0, 0, 0, 0], [-2 * x[0], 1, 0, 0, 0, 0]]
    return r, lambda: np.vstack([slopes - 2 * inner[:, None] * powers, last()]).T


@problem(23, (1, 2, 3, 4), (2.24997e-5, None))
def penalty_1(*x):
    x, a = np.stack(x), sqrt(1e-5)
    return np.concatenate([a * (x - 1), (x @ x).reshape(1) - 0.25]), lambda: np.vstack([a * np.eye(4), 2 * x]).T


@problem(25, 1 - np.arange(1, 11) / 10, (0, np.ones(10)))
def variably_dimensioned(*x):
    x, j = np.stack(x), np.arange(1.0, 11)
    s = (j @ (x - 1)).reshape(1)
    return np.concatenate([x - 1, s, s**2]), lambda: np.vstack([np.eye(10), j, 2 * s * j]).T


@problem(27, np.full(10, 0.5), (0, np.ones(10)), (1, (0,) * 9 + (11,)))
def brown_almost_linear(*x):
    product = x[0]
    for factor in x[1:]:
        product = product * factor
    x = np.stack(x)
    r = np.concatenate([x[:-1] + x.sum() - 11, (product - 1).reshape(1)])
    return r, lambda: np.vstack([np.eye(9, 10) + 1, product / x]).T


@problem(30, -np.ones(10), (0, None))
def broyden_tridiagonal(*x):
    x, end = np.stack(x), np.zeros(1)
    r = (3 - 2 * x) * x - np.concatenate([end, x[:-1]]) - 2 * np.concatenate([x[1:], end]) + 1
    return r, lambda: np.diag(3 - 4 * x) - np.eye(10, k=1) - 2 * np.eye(10, k=-1)


@problem(35, np.arange(1, 9) / 9, (3.51687e-3, None))
def chebyquad(*x):
    z = 2 * np.stack(x) - 1
    previous, current, r = z * 0 + 1, z, []
    for i in range(1, 9):  # Chebyshev's polynomials; their integrals over [0, 1] are 0 or -1 / (i² - 1)
        r.append(current.mean() + (0 if i % 2 else 1 / (i**2 - 1)))
        previous, current = current, 2 * z * current - previous
    i = np.arange(1, 9)
    return r, lambda: [2 * i * np.sin(i * a) / np.sin(a) / 8 for a in np.arccos(z)]  # Tᵢ(cos a) = cos ia


def residuals_of(function):
    """The residuals of a problem as one array, or Tensor, of one variable."""

    def residuals(x):
        r, _ = function(*x)
        return np.stack(r) if isinstance(r, list) else r

    return residuals


@pytest.mark.parametrize("name", PROBLEMS)
def test_derivatives_of_a_test_function(name):
    function, start, _ = PROBLEMS[name]
    residuals, rng = residuals_of(function), np.random.default_rng(0)
    for x in start, start * rng.uniform(0.9, 1.1, start.size) + rng.uniform(-0.01, 0.01, start.size):
        r, (_, columns) = residuals(x), function(*x)
        J = np.stack([np.broadcast_to(column, r.shape) for column in columns()], axis=1)
        np.testing.assert_allclose(jacobian(residuals)(x), J, rtol=1e-12)
        g = grad(lambda x: (residuals(x) ** 2).sum())(x)
        np.testing.assert_allclose(g, 2 * r @ J, rtol=1e-12, atol=1e-18)  # Gaussian's is 0 by symmetry


@pytest.mark.parametrize("name", PROBLEMS)
def test_minima_of_a_test_function(name):
    function, start, minima = PROBLEMS[name]
    residuals = residuals_of(function)
    f = lambda x: (residuals(x) ** 2).sum()
    for least, x in minima:
        x = minimised(residuals, start) if x is None else np.array(x, float)
        assert f(x) == pytest.approx(least, rel=1e-5, abs=1e-25)  # the paper gives six digits, rounded or cut off
        J, H = jacobian(residuals)(x), hessian(f)(x)
        rounding = 2 * (1 + abs(residuals(x))) @ abs(J) + abs(H) @ abs(x)  # of the terms of the gradient, and of x
        assert (abs(grad(f)(x)) <= 1e-15 * rounding).all()
        if least == 0:
            np.testing.assert_allclose(H, 2 * J.T @ J, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("dtype", [np.float64, np.longdouble])
@pytest.mark.parametrize("n", [10, 100, 1000])
def test_speelpennings_product(n, dtype):
    """The product of i / (i + 1) is 1 / (n + 1), and its derivative by the i-th factor (i + 1) / (i (n + 1))."""
    factors = np.arange(1, n + 1, dtype=dtype) / np.arange(2, n + 2, dtype=dtype)
    x = [leaf(factor, dtype=dtype) for factor in factors]
    y = x[0]
    for factor in x[1:]:
        y = y * factor
    y.backward()
    g = np.array([factor.grad for factor in x])
    before, after = np.cumprod(factors), np.cumprod(factors[::-1])[::-1]
    np.testing.assert_array_equal(g, np.append(1, before[:-1]) * np.append(after[1:], 1))  # to the last bit
    limit = 2 if np.finfo(dtype).eps < 1e-18 else n  # in ulps of float64, to which each of n products adds a part
    exact = [Fraction(i + 1, i * (n + 1)) for i in range(1, n + 1)]
    for computed, e in zip([*g, y.data], [*exact, Fraction(1, n + 1)], strict=True):
        assert abs(Fraction(float(computed)) - e) <= limit * Fraction(np.spacing(float(e)))
