"""Every elementwise derivative in float64 against mpmath's 60 digits: tiny and huge arguments, tails, near singularities.

At every point the relative error is at most 1e-13, or the error at most four times what one ulp of an argument makes of
the derivative; what is subnormal is right to four of its ulps (5e-324), what overflows is infinite.  Nothing warns where
value and derivative are finite.  Kinks and conventions are in test_conventions.py.  The exceptions, and why they stand:

sigmoid, tanh  absolute error below 2e-16 and 4e-16: the rules are s (1 - s) and 1 - t², as in the notes, so a tail ends
               where s or t rounds to 1.
swish, mish    absolute error below 1000 subnormal ulps, gelu's below 50: x times a subnormal number, which has few digits.
power          by x1 the factor x1 ** (x2 - 1), by x2 the value must be a normal number: 1e-310 ** 1e-300 has slope inf
               for 1e10.  To rescale would double the cost of every power.
overflow       a rule that reads its value follows it to infinity, too early for exp2 in [1024, 1024.53), and to 0 for
               hypot beyond 1.8e308; logaddexp of 1e308 and -1e308 warns, as NumPy's does.  Such points are left out.
"""

import numpy as np
import pytest
from mpmath import mp, mpf
from numeric import engine, leaf

from autograd import gradients
from autograd.ops import activation, elementary, elementwise, rounding, special
from autograd.primitive import Primitive

MODULES = elementwise, activation, elementary, special, rounding
OPS = {
    op.name: op for m in MODULES for op in vars(m).values() if isinstance(op, Primitive) and op.__module__ == m.__name__
}
ULP, MAX = 5e-324, np.finfo(float).max

TINY = [5e-324, 1e-310, 1e-300, 1e-160, 1e-20, 1e-16, 1e-8]
NEAR = [1 - 1e-8, 1 - 1e-16, 1 + 2.3e-16, 1 + 1e-8, np.pi / 4, np.pi / 2, np.pi, 2.5, 1000.5]
TAIL = [15.0, 19.1, 20.0, 37.0, 38.5, 40.0, 88.0, 700.0, 709.7, 710.2, 740.0, 745.0, 800.0, 1e5]
HUGE = [1e16, 1e103, 1e150, 1e155, 1e300, 1e308, MAX]
ABOVE_0 = np.array([*TINY, *np.linspace(0.013, 12, 1000), *NEAR, *TAIL, *HUGE])
POINTS = np.array([*-ABOVE_0[::-1], 0.0, *ABOVE_0])
FEW = np.array([5e-324, 1e-310, 1e-300, 1e-8, 0.1, 0.3, 0.7, 1 - 1e-16, 1.0, 1 + 1e-8, 1.7, 3.0, 40.3, 700.0, 745.0, 1e5, 1e150, 1e300, 1e308])  # fmt: skip
PAIRS = np.array(np.meshgrid(*[[*-FEW[::-1], 0.0, *FEW]] * 2)).reshape(2, -1)
STEPS = np.array(
    [(np.nextafter(k * y, side), y) for k in (1, 3, -7, 1e6) for y in (0.1, 0.7, -3.0) for side in (-np.inf, np.inf)]
).T
PAIRS = np.concatenate([PAIRS, STEPS], axis=1)

everywhere = lambda *x: np.full(np.shape(x[0]), True)
not_0 = lambda x: x != 0
above_0 = lambda x: x > 0
inside = lambda x: abs(x) < 1
apart = lambda x, y: np.isfinite(x - y)
differ = lambda x, y: x != y
off_origin = lambda x, y: (x != 0) | (y != 0)


def sinc(x, n):
    """The n-th derivative of sin(πx) / (πx): near 0 by its series, elsewhere by Leibniz's rule."""
    if abs(x) < 2:
        ks = range((n + 1) // 2, 60)
        return mp.fsum(
            (-1) ** k * mp.pi ** (2 * k) * x ** (2 * k - n) / (mp.factorial(2 * k - n) * (2 * k + 1)) for k in ks
        )
    wave = [mp.sinpi(x), mp.cospi(x), -mp.sinpi(x), -mp.cospi(x)]
    part = lambda k: (
        mp.binomial(n, k) * wave[k % 4] * mp.pi ** (k - 1) * (-1) ** (n - k) * mp.factorial(n - k) / x ** (n - k + 1)
    )
    return mp.fsum(map(part, range(n + 1)))


def mish(x):
    e = mp.exp(x)
    d = e * e + 2 * e + 2
    return e * (e + 2) / d + 4 * x * e * (1 + e) / d**2


def gelu_tanh(x):
    c, a = mp.sqrt(2 / mp.pi), mpf(0.044715)
    s = lambda sign: sigmoid(sign * 2 * c * (x + a * x**3))
    return s(1) + 2 * x * s(1) * s(-1) * c * (1 + 3 * a * x * x)


sigmoid = lambda x: 1 / (1 + mp.exp(-x))
density = lambda x: mp.exp(-x * x / 2) / mp.sqrt(2 * mp.pi)
tail = lambda x: mp.erfc(-x / mp.sqrt(2)) / 2 if x > -100 else mpf(0)
step = lambda x: mpf(x > 0)
zero = lambda *x: mpf(0)
one = lambda *x: mpf(1)
zeros = dict.fromkeys(["sign", "floor", "ceil", "trunc", "rint", "round"], (everywhere, zero))
quotient = lambda x, y: y != 0
whole = lambda x, y: (y != 0) & (np.fmod(x, np.where(y == 0, 1, y)) != 0)  # at multiples remainder jumps

# name: where it is differentiable, and its derivative by each argument
UNARY = zeros | {
    "negative": (everywhere, lambda x: mpf(-1)),
    "exp": (everywhere, mp.exp),
    "log": (above_0, lambda x: 1 / x),
    "power cube": (everywhere, lambda x: 3 * x**2),
    "sqrt": (above_0, lambda x: 1 / (2 * mp.sqrt(x))),
    "absolute": (not_0, mp.sign),
    "sigmoid": (everywhere, lambda x: sigmoid(x) * sigmoid(-x)),
    "tanh": (everywhere, lambda x: mp.sech(x) ** 2),
    "relu": (not_0, step),
    "leaky_relu": (not_0, lambda x: mpf(1 if x > 0 else 0.01)),
    "softplus": (everywhere, sigmoid),
    "swish": (everywhere, lambda x: sigmoid(x) * (1 + x * sigmoid(-x))),
    "log_sigmoid": (everywhere, lambda x: sigmoid(-x)),
    "elu": (everywhere, lambda x: mp.exp(min(x, 0))),
    "selu": (not_0, lambda x: mpf(activation.SELU_SCALE) * (1 if x > 0 else activation.SELU_ALPHA * mp.exp(x))),
    "mish": (everywhere, mish),
    "hard_tanh": (lambda x: abs(x) != 1, lambda x: mpf(abs(x) < 1)),
    "gelu": (everywhere, lambda x: tail(x) + x * density(x)),
    "gelu tanh": (everywhere, gelu_tanh),
    "normal": (everywhere, density),
    "square": (everywhere, lambda x: 2 * x),
    "cbrt": (not_0, lambda x: 1 / (3 * mp.cbrt(abs(x)) ** 2)),
    "reciprocal": (not_0, lambda x: -1 / x**2),
    "exp2": (everywhere, lambda x: 2**x * mp.ln2),
    "expm1": (everywhere, mp.exp),
    "log2": (above_0, lambda x: 1 / (x * mp.ln2)),
    "log10": (above_0, lambda x: 1 / (x * mp.ln10)),
    "log1p": (lambda x: x > -1, lambda x: 1 / (1 + x)),
    "sin": (everywhere, mp.cos),
    "cos": (everywhere, lambda x: -mp.sin(x)),
    "tan": (everywhere, lambda x: mp.sec(x) ** 2),
    "complement": (everywhere, lambda x: -2 * x),
    "arcsin": (inside, lambda x: 1 / mp.sqrt(1 - x * x)),
    "arccos": (inside, lambda x: -1 / mp.sqrt(1 - x * x)),
    "arctan": (everywhere, lambda x: 1 / (1 + x * x)),
    "sinh": (everywhere, mp.cosh),
    "cosh": (everywhere, mp.sinh),
    "arcsinh": (everywhere, lambda x: 1 / mp.sqrt(1 + x * x)),
    "arccosh": (lambda x: x > 1, lambda x: 1 / mp.sqrt(x * x - 1)),
    "arctanh": (inside, lambda x: 1 / (1 - x * x)),
    "nan_to_num": (everywhere, one),
    "radians": (everywhere, lambda x: mp.pi / 180),
    "degrees": (everywhere, lambda x: 180 / mp.pi),
    "sinc": (everywhere, lambda x: sinc(x, 1)),
    "sinc_derivative": (everywhere, lambda x: sinc(x, 2)),
    "sinc_derivative again": (everywhere, lambda x: sinc(x, 3)),
    "erf": (everywhere, lambda x: 2 / mp.sqrt(mp.pi) * mp.exp(-x * x)),
}
power_1 = lambda x, y: y * x ** (y - 1) if y else mpf(0)
power_2 = lambda x, y: x**y * mp.log(x)
BINARY = {
    "add": (everywhere, one, one),
    "subtract": (everywhere, one, lambda x, y: mpf(-1)),
    "multiply": (everywhere, lambda x, y: y, lambda x, y: x),
    "divide": (quotient, lambda x, y: 1 / y, lambda x, y: -x / y**2),
    "ratio": (quotient, lambda x, y: 1 / y, lambda x, y: -x / y**2),
    "power": (lambda x, y: x > 0, power_1, power_2),
    "float_power": (lambda x, y: x > 0, power_1, power_2),
    "maximum": (differ, lambda x, y: mpf(x > y), lambda x, y: mpf(x < y)),
    "minimum": (differ, lambda x, y: mpf(x < y), lambda x, y: mpf(x > y)),
    "fmax": (differ, lambda x, y: mpf(x > y), lambda x, y: mpf(x < y)),
    "fmin": (differ, lambda x, y: mpf(x < y), lambda x, y: mpf(x > y)),
    "clip": (differ, lambda x, y: mpf(x > y), lambda x, y: mpf(x < y)),
    "hypot": (off_origin, lambda x, y: x / mp.hypot(x, y), lambda x, y: y / mp.hypot(x, y)),
    "arctan2": (off_origin, lambda x, y: y / (x * x + y * y), lambda x, y: -x / (x * x + y * y)),
    "logaddexp": (apart, lambda x, y: sigmoid(x - y), lambda x, y: sigmoid(y - x)),
    "logaddexp2": (apart, lambda x, y: 1 / (1 + 2 ** (y - x)), lambda x, y: 1 / (1 + 2 ** (x - y))),
    "remainder": (whole, one, lambda x, y: -mp.floor(x / y)),
    "fmod": (whole, one, lambda x, y: -mp.sign(x / y) * mp.floor(abs(x / y))),
    "copysign": (lambda x, y: (x != 0) & (y != 0), lambda x, y: mp.sign(x) * mp.sign(y), zero),
    "heaviside": (lambda x, y: x != 0, zero, zero),
    "xlogy": (lambda x, y: y > 0, lambda x, y: mp.log(y), lambda x, y: x / y),
}
PARAMS = {
    "power cube": {"x2": 3.0}, "gelu tanh": {"approximate": "tanh"}, "sinc_derivative": {"n": 1}, "sinc_derivative again": {"n": 2},
    "clip": {"a_max": np.inf},
}  # fmt: skip
# exceptions: absolute errors that are allowed, and what each rule multiplies and must therefore be a normal number
LOOSE = {"sigmoid": 2e-16, "tanh": 4e-16, "swish": 1000 * ULP, "mish": 1000 * ULP, "gelu": 50 * ULP}
POWER = [lambda x, y: x ** (y - 1), np.power]
FACTORS = {"power": POWER, "float_power": POWER}


def test_every_elementwise_op_is_in_the_table():
    assert {row.split()[0] for row in UNARY | BINARY} == {name for name, op in OPS.items() if op.broadcasts}


@pytest.mark.parametrize("row", UNARY | BINARY)
def test_derivative(row):
    name = row.split()[0]
    f = lambda *x: OPS[name](*x, **PARAMS.get(row, {}))
    domain, *derivatives = (UNARY | BINARY)[row]
    points = POINTS[None] if row in UNARY else PAIRS
    with mp.workdps(60), np.errstate(all="ignore"):
        points = points[:, domain(*points)]
        args = [[mpf(v) for v in point] for point in points.T.tolist()]
        found = engine(f, *points)
        exact = [[d(*x) for x in args] for d in derivatives]
        rounded = np.array(exact, float)
        wrong = abs(found - rounded) > 1e-13 * abs(rounded) + LOOSE.get(name, 0) + 4 * ULP
        wrong = (wrong | ~np.isfinite(rounded) | np.isnan(found)) & (found != rounded)
        calm = np.isfinite([f(*points), *rounded]).all(0)
        for i, factor in enumerate(FACTORS.get(row, [])):
            size = abs(factor(*points))
            excepted = ((size < 2.3e-308) | (size > MAX)) & np.isfinite(rounded[i]) & (rounded[i] != 0)
            wrong[i] &= ~excepted
            calm &= ~excepted
        messages = [
            f"by argument {i} at {args[k]}: {found[i][k]}, exactly {rounded[i][k]}"
            for i, k in np.argwhere(wrong)
            if name in ("remainder", "fmod")  # which are exact: one ulp may lead over a jump
            or not explained(derivatives[i], domain, points[:, k], found[i][k], exact[i][k])
        ]
    assert not messages, "\n".join(messages)
    engine(f, *points[:, calm])  # warns of nothing: a warning would be an error


NEAR_0 = [-30.0, -1.0, -0.5, -1e-3, 0.0, 1e-3, 0.5, 0.75, 1.0, 3.0, 30.0]


@pytest.mark.parametrize("row", UNARY | BINARY)
def test_second_derivative(row):
    """Against differences of the exact first one: at ordinary points, and at zeros and ties that are no kinks."""
    f = lambda *x: OPS[row.split()[0]](*x, **PARAMS.get(row, {}))
    domain, *derivatives = (UNARY | BINARY)[row]
    points = np.array(np.meshgrid(*[NEAR_0] * len(derivatives))).reshape(len(derivatives), -1)
    with np.errstate(all="ignore"):
        points = points[:, domain(*points)]
        xs, ones = [leaf(p) for p in points], np.ones(points.shape[1])
        slopes = gradients(f(*xs), xs, cotangent=ones, create_graph=True)
        found = np.array([gradients(g, xs, cotangent=ones) if g.requires_grad else 0 * points for g in slopes])
    h = mpf(10) ** -20
    with mp.workdps(60):
        for i, j, k in np.ndindex(found.shape):
            at = lambda t, j=j, k=k: [v + t * h * (n == j) for n, v in enumerate(map(mpf, points[:, k].tolist()))]
            behind, here, ahead = (mp.re(derivatives[i](*at(t))) for t in (-1, 0, 1))
            if abs(ahead - 2 * here + behind) < 1e-9 * h * (1 + abs(ahead - here) / h):
                exact = float((ahead - behind) / (2 * h))
                assert found[i, j, k] == pytest.approx(exact, rel=1e-9, abs=1e-10), (i, j, points[:, k])


def explained(derivative, domain, point, found, exact):
    """Whether the error is within four times what one ulp of an argument, up or down, makes of the exact derivative."""
    for i, x in enumerate(point):
        for side in (-np.inf, np.inf):
            near = point.copy()
            near[i] = np.nextafter(x, side)
            if np.isfinite(near[i]) and domain(*near) and np.isfinite(found):
                change = abs(derivative(*map(mpf, near.tolist())) - exact)
                if abs(mpf(float(found)) - exact) <= 4 * change:
                    return True
    return False
