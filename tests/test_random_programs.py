"""Random programs: the engine's gradients against dual numbers and central differences, on graphs nobody drew."""

import math
from functools import reduce
from itertools import accumulate
from random import Random
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numeric import leaf

import autograd as ag
from autograd import gradients

# What is compared with: values and their derivatives along one direction, carried forward together.


class Dual(NamedTuple):
    value: np.ndarray
    tangent: np.ndarray


def linear(f):
    """A linear map takes the tangents as it takes the values."""
    return lambda *xs, **p: Dual(f(*(x.value for x in xs), **p), f(*(x.tangent for x in xs), **p))


def bilinear(f):
    return lambda x, y, **p: Dual(f(x.value, y.value, **p), f(x.tangent, y.value, **p) + f(x.value, y.tangent, **p))


def smooth(f, *partials):
    """An elementwise function with its partial derivatives."""

    def dual(*xs):
        values = [x.value for x in xs]
        terms = (d(*values) * x.tangent for d, x in zip(partials, xs, strict=True))
        return Dual(f(*values), sum(terms))

    return dual


def reduction(f):
    """A rule for rows, shape (..., n), as one for any axes: what is reduced comes last, in one axis."""

    def dual(x, axis, keepdims):
        axes = [k % x.value.ndim for k in np.atleast_1d(range(x.value.ndim) if axis is None else axis)]
        kept = [k for k in range(x.value.ndim) if k not in axes]
        shape = tuple(x.value.shape[k] for k in kept)
        n = math.prod(x.value.shape[k] for k in axes)
        out = f(*(part.transpose(kept + axes).reshape((*shape, n)) for part in x))
        final = np.sum(x.value, axis=axis, keepdims=keepdims).shape
        return Dual(*(part.reshape(final) for part in out))

    return dual


def along(f):
    """A rule along the last axis as one along any."""
    return lambda x, axis: Dual(*(np.moveaxis(p, -1, axis) for p in f(*(np.moveaxis(p, axis, -1) for p in x))))


def product(x, y):
    return Dual(x.value * y.value, x.tangent * y.value + x.value * y.tangent)


def columns(a, t):
    return [Dual(a[..., k], t[..., k]) for k in range(a.shape[-1])]


def prod(a, t):
    return reduce(product, columns(a, t), Dual(np.ones(a.shape[:-1]), np.zeros(a.shape[:-1])))


def cumprod(a, t):
    return Dual(*(np.stack(parts, -1) for parts in zip(*accumulate(columns(a, t), product), strict=True)))


def chosen(arg):
    def f(a, t):
        place = arg(a, axis=-1)[..., None]
        return Dual(*(np.take_along_axis(p, place, -1)[..., 0] for p in (a, t)))

    return f


def sort(a, t):
    order = np.argsort(a, axis=-1)
    return Dual(*(np.take_along_axis(p, order, -1) for p in (a, t)))


def logsumexp(a, t):
    e = np.exp(a)
    return Dual(np.log(e.sum(-1)), (e * t).sum(-1) / e.sum(-1))


def softmax(a, t):
    s = np.exp(a) / np.exp(a).sum(-1, keepdims=True)
    return Dual(s, s * (t - (s * t).sum(-1, keepdims=True)))


def log_softmax(a, t):
    s, _ = softmax(a, t)
    return Dual(np.log(s), t - (s * t).sum(-1, keepdims=True))


def var(a, t):
    centred = a - a.mean(-1, keepdims=True)
    return Dual((centred**2).mean(-1), 2 * (centred * t).mean(-1))


def square_sum(a, t):
    return Dual((a**2).sum(-1), 2 * (a * t).sum(-1))


def root(x):
    return Dual(np.sqrt(x.value), x.tangent / (2 * np.sqrt(x.value)))


def inv(a):
    inverse = np.linalg.inv(a.value)
    return Dual(inverse, -inverse @ a.tangent @ inverse)


def det(a):
    d = np.linalg.det(a.value)
    return Dual(d, d * np.trace(np.linalg.inv(a.value) @ a.tangent, axis1=-2, axis2=-1))


def solve(a, b):
    x = np.linalg.solve(a.value, b.value)
    return Dual(x, np.linalg.solve(a.value, b.tangent - a.tangent @ x))


# The ops: ours, the rule for duals, and what chooses operands and arguments for it.  Values stay within ±2, and ops with
# kinks or poles are given arguments that are shifted away from there.


class Op(NamedTuple):
    ours: Any
    dual: Any
    choose: Any  # from a Random and the values so far: the operands' numbers, and arguments; None if nothing fits


def some(random, values, fits=lambda a: True):
    """The number of a value that fits, the newer the likelier; None if there is none."""
    fitting = [k for k, a in enumerate(values) if fits(a)][::-1]
    return fitting[min(random.randrange(len(fitting)), random.randrange(len(fitting)))] if fitting else None


def choice(fits=lambda a: True, **params):
    """One operand that fits; each parameter chosen by a function of the Random and the operand."""

    def choose(random, values):
        k = some(random, values, fits)
        return None if k is None else ([k], {name: p(random, values[k]) for name, p in params.items()})

    return choose


def pair(fits, **params):
    """Two operands, the second of those that fit the first."""

    def choose(random, values):
        i = some(random, values)
        j = some(random, values, lambda b: fits(values[i], b))
        return None if j is None else ([i, j], {name: p(random, values[i], values[j]) for name, p in params.items()})

    return choose


def several(fits, **params):
    """One to three operands that fit the first, for a place along its axes."""

    def choose(random, values):
        i = some(random, values)
        arguments = {name: p(random, values[i]) for name, p in params.items()}
        others = [some(random, values, lambda b: fits(values[i], b, **arguments)) for _ in range(random.randint(0, 2))]
        return None if None in others or None in arguments.values() else ([i, *others], arguments)

    return choose


def filled(random, options, shape):
    return np.random.default_rng(random.randrange(1000)).choice(options, shape)


def broadcast(a, b):
    return all(m == n or 1 in (m, n) for m, n in zip(a.shape[::-1], b.shape[::-1], strict=False))


def multiply_as_matrices(a, b):
    inside = a.ndim and b.ndim and a.shape[-1] == b.shape[-2 if b.ndim > 1 else 0]
    return inside and broadcast(np.empty(a.shape[:-2]), np.empty(b.shape[:-2]))


def axis(random, a):
    return random.randrange(-a.ndim, a.ndim)


def axes(random, a):
    """None, an axis or several of them, counted from either end."""
    if not a.ndim or random.random() < 0.3:
        return None
    if random.random() < 0.5:
        return axis(random, a)
    return tuple(k - random.choice([0, a.ndim]) for k in random.sample(range(a.ndim), random.randint(1, a.ndim)))


def flag(random, *_):
    return random.choice([False, True])


def shape(random, a):
    """Another shape for as many entries."""
    left, sizes = a.size, []
    while left > 1 and len(sizes) < 3:
        sizes.append(random.choice([n for n in range(1, left + 1) if left % n == 0]))
        left //= sizes[-1]
    sizes += [left] if left != 1 or random.random() < 0.3 else []
    return tuple(sizes)


def wider(random, a):
    """A shape to which this one broadcasts."""
    lead = [random.randint(1, 2) for _ in range(random.randint(0, 1))]
    return (*lead, *(random.randint(0 if random.random() < 0.1 else 1, 3) if n == 1 else n for n in a.shape))


def index(random, a):
    """An index of any kind, or of several."""
    items, k, length = [], 0, random.randint(1, 3)
    seen = set()
    while k < a.ndim and ("ellipsis" in seen or random.random() < 0.9):
        n, kind = a.shape[k], random.choice(["slice", "int", "array", "list", "mask", "newaxis", "ellipsis"])
        if kind == "newaxis":
            items.append(None)
            continue
        if kind == "ellipsis" and kind not in seen:
            items.append(...)
            k = random.randint(k, a.ndim)
            seen.add(kind)
            continue
        if kind == "int" and n:
            items.append(random.randrange(-n, n))
        elif kind == "list" and n:
            items.append([random.randrange(-n, n) for _ in range(length)])
        elif kind == "array" and n:
            items.append(filled(random, np.arange(-n, n), random.choice([(length,), (2, length), (1,), (2, 1), ()])))
        elif kind == "mask" and not seen & {"mask", "list", "array"}:
            wide = random.randint(1, a.ndim - k)
            items.append(filled(random, [False, True], a.shape[k : k + wide]))
            length = int(items[-1].sum())
            k += wide - 1
        else:
            bounds = [None, *range(-n - 1, n + 2)]
            items.append(slice(random.choice(bounds), random.choice(bounds), random.choice([None, 1, 2, -1, -2])))
            kind = "slice"
        seen.add(kind)
        k += 1
    if "ellipsis" not in seen and random.random() < 0.3:
        items.append(random.choice([None, ...]))
    return items[0] if len(items) == 1 and flag(random) else tuple(items)


OPS = {}


def elementwise(name, ours, reference, derivative, scale=1.0, shift=0.0):
    """A function of one argument, taken at scale * x + shift."""
    f = lambda x: reference(scale * x + shift)
    OPS[name] = Op(
        lambda x: ours(scale * x + shift), smooth(f, lambda x: scale * derivative(scale * x + shift)), choice()
    )


def kinked(name, ours, reference, derivative):
    """A function with kinks at -1, 0 or 1, taken where none is near, on either side."""
    at = lambda x, side: 0.2 * x + side
    OPS[name] = Op(
        lambda x, side: ours(at(x, side)),
        lambda x, side: smooth(lambda x: reference(at(x, side)), lambda x: 0.2 * derivative(at(x, side)))(x),
        choice(side=lambda random, a: filled(random, [-2.0, -0.5, 0.5, 2.0], a.shape)),
    )


sigmoid = lambda x: 1 / (1 + np.exp(-x))
density = lambda x: np.exp(-x * x / 2) / math.sqrt(2 * math.pi)
erf = lambda x: np.asarray(np.frompyfunc(math.erf, 1, 1)(x), float)
normal = lambda x: (1 + erf(x / math.sqrt(2))) / 2
sinc = lambda x: np.sin(math.pi * x) / (math.pi * x)
steep = lambda x: np.tanh(np.log1p(np.exp(x)))
root_2_over_pi = math.sqrt(2 / math.pi)
bent = lambda x: np.tanh(root_2_over_pi * (x + 0.044715 * x**3))

for name, f, d, *place in [
    ("negative", np.negative, lambda x: -np.ones_like(x)),
    ("sin", np.sin, np.cos),
    ("cos", np.cos, lambda x: -np.sin(x)),
    ("tan", np.tan, lambda x: 1 / np.cos(x) ** 2, 0.5),
    ("exp", np.exp, np.exp, 0.5),
    ("exp2", np.exp2, lambda x: math.log(2) * 2**x),
    ("expm1", np.expm1, np.exp),
    ("log", np.log, lambda x: 1 / x, 1, 3),
    ("log2", np.log2, lambda x: 1 / (x * math.log(2)), 1, 3),
    ("log10", np.log10, lambda x: 1 / (x * math.log(10)), 1, 3),
    ("log1p", np.log1p, lambda x: 1 / (1 + x), 0.3),
    ("sqrt", np.sqrt, lambda x: 0.5 / np.sqrt(x), 1, 3),
    ("cbrt", np.cbrt, lambda x: 1 / (3 * np.cbrt(x) ** 2), 1, -3),
    ("square", np.square, lambda x: 2 * x),
    ("reciprocal", np.reciprocal, lambda x: -1 / x**2, 1, -3),
    ("arcsin", np.arcsin, lambda x: 1 / np.sqrt(1 - x * x), 0.3),
    ("arccos", np.arccos, lambda x: -1 / np.sqrt(1 - x * x), 0.3),
    ("arctan", np.arctan, lambda x: 1 / (1 + x * x)),
    ("sinh", np.sinh, np.cosh),
    ("cosh", np.cosh, np.sinh),
    ("tanh", np.tanh, lambda x: 1 / np.cosh(x) ** 2),
    ("arcsinh", np.arcsinh, lambda x: 1 / np.sqrt(x * x + 1)),
    ("arccosh", np.arccosh, lambda x: 1 / np.sqrt(x * x - 1), 1, 4),
    ("arctanh", np.arctanh, lambda x: 1 / (1 - x * x), 0.3),
    ("sigmoid", sigmoid, lambda x: sigmoid(x) * sigmoid(-x)),
    ("log_sigmoid", lambda x: np.log(sigmoid(x)), lambda x: sigmoid(-x)),
    ("softplus", lambda x: np.log1p(np.exp(x)), sigmoid),
    ("swish", lambda x: x * sigmoid(x), lambda x: sigmoid(x) * (1 + x * sigmoid(-x))),
    ("mish", lambda x: x * steep(x), lambda x: steep(x) + x * (1 - steep(x) ** 2) * sigmoid(x)),
    ("erf", erf, lambda x: 2 / math.sqrt(math.pi) * np.exp(-x * x)),
    ("normal", normal, density),
    ("gelu", lambda x: x * normal(x), lambda x: normal(x) + x * density(x)),
    ("sinc", sinc, lambda x: (np.cos(math.pi * x) - sinc(x)) / x, 0.5, 2),
]:
    elementwise(name, getattr(ag, name), f, d, *place)

elementwise("cube", lambda x: x**3, lambda x: x * x * x, lambda x: 3 * x * x)
elementwise("x**-1.5", lambda x: x**-1.5, lambda x: 1 / (x * np.sqrt(x)), lambda x: -1.5 / (x * x * np.sqrt(x)), 1, 3)
elementwise("gelu_tanh", lambda x: ag.gelu(x, approximate="tanh"), lambda x: 0.5 * x * (1 + bent(x)), lambda x: 0.5 * (1 + bent(x)) + 0.5 * x * (1 - bent(x) ** 2) * root_2_over_pi * (1 + 0.134145 * x * x))  # fmt: skip

inside = lambda x: 1.0 * (abs(x) < 1)
for name, f, d in [
    ("absolute", np.abs, np.sign),
    ("relu", lambda x: x * (x > 0), lambda x: 1.0 * (x > 0)),
    ("leaky_relu", lambda x: np.where(x > 0, x, 0.01 * x), lambda x: np.where(x > 0, 1, 0.01)),
    ("elu", lambda x: np.where(x > 0, x, np.expm1(x)), lambda x: np.where(x > 0, 1, np.exp(x))),
    ("hard_tanh", lambda x: np.clip(x, -1, 1), inside),
]:
    kinked(name, getattr(ag, name), f, d)
kinked("clip", lambda x: ag.clip(x, -1, 1), lambda x: np.clip(x, -1, 1), inside)

for name, f, dx, dy, *shift in [
    ("add", np.add, lambda x, y: 1, lambda x, y: 1),
    ("subtract", np.subtract, lambda x, y: 1, lambda x, y: -1),
    ("multiply", np.multiply, lambda x, y: y, lambda x, y: x),
    ("divide", np.divide, lambda x, y: 1 / y, lambda x, y: -x / y**2, 0, 3),
    ("power", np.power, lambda x, y: y * x ** (y - 1), lambda x, y: x**y * np.log(x), 3, 0),
    ("float_power", np.float_power, lambda x, y: y * x ** (y - 1), lambda x, y: x**y * np.log(x), 3, 0),
    ("arctan2", np.arctan2, lambda x, y: y / (x * x + y * y), lambda x, y: -x / (x * x + y * y), 0, 3),
    ("hypot", np.hypot, lambda x, y: x / np.hypot(x, y), lambda x, y: y / np.hypot(x, y), 0, -3),
    ("logaddexp", np.logaddexp, lambda x, y: sigmoid(x - y), lambda x, y: sigmoid(y - x)),
    ("logaddexp2", np.logaddexp2, lambda x, y: 1 / (1 + 2 ** (y - x)), lambda x, y: 1 / (1 + 2 ** (x - y))),
    ("xlogy", lambda x, y: x * np.log(y), lambda x, y: np.log(y), lambda x, y: x / y, 0, 3),
]:
    a, b = shift or (0, 0)
    moved = lambda f, a=a, b=b: lambda x, y: f(x + a, y + b)
    OPS[name] = Op(moved(getattr(ag, name)), smooth(*map(moved, (f, dx, dy))), pair(broadcast))


def mixed(*options):
    """An array of these, of the shape to which two operands broadcast."""
    return lambda random, a, b: filled(random, options, np.broadcast_shapes(a.shape, b.shape))


def taken(larger):
    """The rule of a maximum or minimum of x and y + by, where there is no tie."""

    def dual(x, y, by):
        first = (x.value > y.value + by) == larger
        return Dual(np.where(first, x.value, y.value + by), np.where(first, x.tangent, y.tangent))

    return dual


for name, larger in [("maximum", True), ("minimum", False), ("fmax", True), ("fmin", False)]:
    f = getattr(ag, name)
    OPS[name] = Op(lambda x, y, by, f=f: f(x, y + by), taken(larger), pair(broadcast, by=mixed(-5.0, 5.0)))
OPS["where"] = Op(
    lambda x, y, condition: ag.where(condition, x, y),
    linear(lambda x, y, condition: np.where(condition, x, y)),
    pair(broadcast, condition=mixed(False, True)),
)

full = lambda a: a.size > 0
full_axis = lambda a: a.ndim > 0 and a.size > 0
spread = lambda random, a: 5.0 * np.random.default_rng(random.randrange(1000)).permutation(a.size).reshape(a.shape)


def shifted(f):
    """Of entries moved away from a pole, or so far apart that there are no ties."""
    return lambda x, by, **p: f(Dual(x.value + by, x.tangent) if isinstance(x, Dual) else x + by, **p)


def reducing(name, dual, fits=full, **params):
    ours = getattr(ag, name)
    if "by" in params:
        ours, dual = shifted(ours), shifted(dual)
    OPS[name] = Op(ours, dual, choice(fits, **dict(axis=axes, keepdims=flag) | params))


reducing("sum", linear(np.sum), lambda a: True)
reducing("mean", linear(np.mean))
reducing("prod", reduction(prod), lambda a: True)
reducing("var", reduction(var))
reducing("logsumexp", reduction(logsumexp))
reducing("max", reduction(chosen(np.argmax)), by=spread)
reducing("min", reduction(chosen(np.argmin)), by=spread)
reducing("norm", lambda x, **p: root(reduction(square_sum)(x, **p)), by=lambda *_: 3.0)
several_in_last = lambda a: full_axis(a) and a.shape[-1] > 1
reducing("std", lambda x, **p: root(reduction(var)(x, **p)), several_in_last, by=spread, axis=lambda *_: -1)

for name, f in [("softmax", softmax), ("log_softmax", log_softmax), ("cumprod", cumprod)]:
    OPS[name] = Op(getattr(ag, name), along(f), choice(full_axis, axis=axis))
OPS["sort"] = Op(shifted(ag.sort), shifted(along(sort)), choice(lambda a: a.ndim, by=spread, axis=axis))
OPS["cumsum"] = Op(ag.cumsum, linear(np.cumsum), choice(lambda a: a.ndim, axis=axis))

order = lambda random, a: tuple(k - random.choice([0, a.ndim]) for k in random.sample(range(a.ndim), a.ndim))
square_matrix = lambda a: a.ndim > 1 and a.shape[-1] == a.shape[-2] > 0 and a.size > 0
places = lambda random, a: filled(random, np.arange(a.shape[0]), random.choice([(3,), (1,), (2, 2)]))

for name, fits, params in [
    ("transpose", lambda a: True, dict(axes=order)),
    ("swapaxes", lambda a: a.ndim, dict(axis1=axis, axis2=axis)),
    ("expand_dims", lambda a: True, dict(axis=lambda random, a: random.randint(-a.ndim - 1, a.ndim))),
    ("squeeze", lambda a: True, dict()),
    ("ravel", lambda a: True, dict()),
    ("broadcast_to", lambda a: True, dict(shape=wider)),
    ("moveaxis", lambda a: a.ndim, dict(source=axis, destination=axis)),
    ("flip", lambda a: True, dict(axis=axes)),
    ("roll", lambda a: a.ndim, dict(shift=lambda random, a: random.randint(-3, 3), axis=axis)),
    ("take", full_axis, dict(indices=places, axis=lambda *_: 0)),
    ("repeat", lambda a: a.ndim, dict(repeats=lambda random, a: random.randint(1, 2), axis=axis)),
    (
        "pad",
        full_axis,
        dict(pad_width=lambda *_: 1, mode=lambda random, a: random.choice(["constant", "edge", "wrap"])),
    ),
    ("tril", lambda a: a.ndim > 1, dict(k=lambda random, a: random.randint(-1, 1))),
    ("triu", lambda a: a.ndim > 1, dict(k=lambda random, a: random.randint(-1, 1))),
    ("diagonal", lambda a: a.ndim > 1, dict(offset=lambda random, a: random.randint(-1, 1))),
]:
    OPS[name] = Op(getattr(ag, name), linear(getattr(np, name)), choice(fits, **params))
OPS["reshape"] = Op(ag.reshape, linear(lambda a, shape: np.reshape(a, shape)), choice(lambda a: a.size, shape=shape))
OPS["getitem"] = Op(lambda x, index: x[index], linear(lambda x, index: x[index]), choice(index=index))


def beside(a, b, axis):
    return (
        a.ndim
        and a.ndim == b.ndim
        and all(m == n or k == axis % a.ndim for k, (m, n) in enumerate(zip(a.shape, b.shape, strict=True)))
    )


OPS["concatenate"] = Op(
    lambda *xs, **p: ag.concatenate(xs, **p),
    linear(lambda *xs, **p: np.concatenate(xs, **p)),
    several(beside, axis=lambda random, a: axis(random, a) if a.ndim else None),
)
OPS["stack"] = Op(
    lambda *xs, **p: ag.stack(xs, **p),
    linear(lambda *xs, **p: np.stack(xs, **p)),
    several(lambda a, b, axis: a.shape == b.shape, axis=lambda random, a: random.randint(-a.ndim - 1, a.ndim)),
)

OPS["matmul"] = Op(lambda x, y: x @ y, bilinear(np.matmul), pair(multiply_as_matrices))
OPS["outer"] = Op(ag.outer, bilinear(np.outer), pair(lambda a, b: a.size * b.size <= 60))
OPS["kron"] = Op(ag.kron, bilinear(np.kron), pair(lambda a, b: a.size * b.size <= 60 and a.ndim and b.ndim))
OPS["inner"] = Op(ag.inner, bilinear(np.inner), pair(lambda a, b: a.ndim and b.ndim and a.shape[-1] == b.shape[-1]))
OPS["tensordot"] = Op(
    lambda x, y: ag.tensordot(x, y, 1),
    bilinear(lambda x, y: np.tensordot(x, y, 1)),
    pair(lambda a, b: a.ndim and b.ndim and a.shape[-1] == b.shape[0]),
)
OPS["einsum"] = Op(
    lambda x, y: ag.einsum("...i,ji->j...", x, y),
    bilinear(lambda x, y: np.einsum("...i,ji->j...", x, y)),
    pair(lambda a, b: a.ndim and b.ndim == 2 and a.shape[-1] == b.shape[-1]),
)

regular = lambda a: 0.2 * a + np.eye(a.shape[-1]) * 3
regular_dual = lambda a: Dual(regular(a.value), 0.2 * a.tangent)
OPS["inv"] = Op(lambda a: ag.inv(regular(a)), lambda a: inv(regular_dual(a)), choice(square_matrix))
OPS["det"] = Op(lambda a: ag.det(regular(a)), lambda a: det(regular_dual(a)), choice(square_matrix))
OPS["solve"] = Op(
    lambda a, b: ag.solve(regular(a), b),
    lambda a, b: solve(regular_dual(a), b),
    pair(lambda a, b: square_matrix(a) and b.ndim > 1 and a.shape[-1] == b.shape[-2] and a.shape[:-2] == b.shape[:-2]),
)

NAMES = [*OPS, *["getitem"] * 9, *["matmul", "concatenate", "solve"] * 2]  # there are many kinds of index

# A program is data: shapes of inputs, a seed for their entries, and steps, each of which makes one more value.


class Step(NamedTuple):
    op: str
    operands: list
    arguments: dict
    scale: float  # a power of two that keeps the result within ±2


class Program(NamedTuple):
    seed: int
    shapes: list
    steps: list

    def run(self, kind, inputs):
        """Every value, from inputs of a kind: "ours" for arrays and Tensors, "dual" for Duals."""
        values = list(inputs)
        for step in self.steps:
            out = getattr(OPS[step.op], kind)(*(values[k] for k in step.operands), **step.arguments)
            if step.scale != 1:
                out = Dual(*(step.scale * part for part in out)) if kind == "dual" else out * step.scale
            values.append(out)
        return values

    def ends(self):
        """The numbers of the values that no step uses: the result is a weighted sum of their entries."""
        used = {k for step in self.steps for k in step.operands}
        return [k for k in range(len(self.shapes), len(self.shapes) + len(self.steps)) if k not in used]

    def __repr__(self):
        lines = [f"v{k} = input{shape}" for k, shape in enumerate(self.shapes)]
        for k, (op, operands, arguments, scale) in enumerate(self.steps, len(lines)):
            listed = [*(f"v{i}" for i in operands), *(f"{name}={x!r}" for name, x in arguments.items())]
            lines.append(f"v{k} = {f'{scale} * ' if scale != 1 else ''}{op}({', '.join(listed)})")
        return "\n".join([f"Program with seed {self.seed}:", *lines])


def written(random):
    """A random program."""
    shapes = [
        tuple(
            random.choice([2, 3, 1, 4, 0] if random.random() < 0.1 else [2, 3, 1]) for _ in range(random.randint(0, 3))
        )
        for _ in range(random.randint(1, 4))
    ]
    program = Program(random.randrange(2**16), shapes, [])
    values, _, _ = data(program)
    while len(program.steps) < 40 and random.randrange(20):  # not a number of steps: this shrinks better
        name = random.choice(NAMES)
        if (fitting := OPS[name].choose(random, values)) is None:
            continue
        operands, arguments = fitting
        out = OPS[name].dual(*(Dual(values[k], values[k]) for k in operands), **arguments).value
        if np.size(out) > 80 or np.ndim(out) > 4:
            continue
        top = np.abs(out).max(initial=2)
        program.steps.append(Step(name, operands, arguments, 0.5 ** math.ceil(math.log2(top / 2))))
        values.append(program.steps[-1].scale * np.asarray(out))
    if not program.steps:
        program.steps.append(Step("sin", [0], {}, 1.0))
    return program


programs = st.composite(lambda draw: written(draw(st.randoms(use_true_random=False))))


def data(program):
    """The entries of the inputs, a direction to move them in, and where the weights of the result come from."""
    rng = np.random.default_rng(program.seed)
    return [rng.uniform(-2, 2, s) for s in program.shapes], [rng.uniform(-1, 1, s) for s in program.shapes], rng


def total(weights, values):
    return sum(ag.sum(w * v) for w, v in zip(weights, values, strict=True))


def dots(xs, ys):
    return sum(float(np.sum(x * y)) for x, y in zip(xs, ys, strict=True))


def central(f, xs, direction, h):
    """The derivative of f along the direction, by central differences of fourth order."""
    at = lambda t: f([x + t * h * v for x, v in zip(xs, direction, strict=True)])
    return (8 * (at(1) - at(-1)) - (at(2) - at(-2))) / (12 * h)


def check(program, second_order=True, differences=True):
    xs, direction, rng = data(program)
    duals = program.run("dual", map(Dual, xs, direction))
    leaves = [leaf(x) for x in xs]
    values = program.run("ours", leaves)
    for ours, dual in zip(values, duals, strict=True):
        assert ours.shape == dual.value.shape
        np.testing.assert_allclose(ours.data, dual.value, 1e-10, 1e-13)

    ends = program.ends()
    weights = [rng.uniform(0.5, 1, values[k].shape) * rng.choice([-1, 1], values[k].shape) for k in ends]
    loss = lambda values: total(weights, [values[k] for k in ends])
    loss(values).backward(retain_grads=True)
    cotangents = [np.zeros(v.shape) if v.grad is None else v.grad for v in values]
    gradient = cotangents[: len(xs)]
    slope = dots(gradient, direction)
    scale = dots(map(np.abs, cotangents), [np.abs(d.tangent) for d in duals])  # of what is added up, and may cancel
    expected = dots(weights, [duals[k].tangent for k in ends])
    assert abs(slope - expected) <= 1e-10 * scale + 1e-13, (slope, expected)
    if not differences:
        return

    h = 1e-3 / max(1, *(np.abs(d.tangent).max(initial=0) for d in duals))  # so that no value moves by much more
    noise = 1e-14 / h * dots(map(np.abs, cotangents), [np.abs(d.value) for d in duals])
    numeric = central(lambda xs: loss(program.run("ours", xs)), xs, direction, h)
    assert abs(slope - numeric) <= 1e-6 * scale + noise, (slope, numeric)
    if not second_order:
        return

    def slopes(xs, create_graph=False):
        leaves = [leaf(x) for x in xs]
        return leaves, gradients(loss(program.run("ours", leaves)), leaves, create_graph=create_graph)

    flat = lambda arrays: np.concatenate([np.ravel(a) for a in arrays])
    leaves, recorded = slopes(xs, create_graph=True)
    np.testing.assert_allclose(flat([g.data for g in recorded]), flat(gradient), 1e-10, 1e-13)
    along = total(direction, recorded)
    curved = flat(gradients(along, leaves) if along.requires_grad else [np.zeros(x.shape) for x in xs])
    numeric = central(lambda xs: flat(slopes(xs)[1]), xs, direction, h)
    noise = 1e-12 / h * max(np.abs(g).max(initial=0) for g in cotangents)
    np.testing.assert_allclose(curved, numeric, 0, 1e-5 * np.abs(curved).max(initial=0) + noise)


@settings(max_examples=2500, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck))
@given(programs())
def test_gradients_of_random_programs(program):
    check(program, second_order=program.seed % 3 == 0)


@pytest.mark.soak
@pytest.mark.parametrize("hundred", range(1000))
def test_gradients_of_very_many_random_programs(hundred):
    for seed in range(100 * hundred, 100 * hundred + 100):
        program = written(Random(seed))
        try:
            check(program, second_order=seed % 3 == 0)
        except Exception as error:
            error.add_note(f"seed {seed}: {program}")
            raise
