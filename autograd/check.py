"""Is it right?  check_gradients tests a function, compare a gradient derived by hand, audit every rule behind a loss.

All three print a table that a student can read and return an object that a test can assert on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np

from autograd.arguments import call, describe, plain
from autograd.backprop import gradients, seed, sweep
from autograd.graph import Value, recorded, recording
from autograd.tensor import Tensor

STEP = np.cbrt(np.finfo(float).eps)  # balances the rounding of a central difference against its truncation


R = TypeVar("R", bound="Report")


@dataclass
class Report:
    """The outcome of a check: true when everything held, with a table in str()."""

    title: str
    ok: bool
    rows: list[tuple[str, ...]] = field(default_factory=list)

    def __bool__(self) -> bool:
        return self.ok

    def __str__(self) -> str:
        widths = [max(map(len, column)) for column in zip(*self.rows, strict=True)]
        lines = ["  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in self.rows]
        return "\n".join([f"{self.title}: {'all right' if self.ok else 'WRONG'}", *lines])


def check_gradients(
    f: Callable[..., Any], *inputs: Any, order: int = 2, tolerance: float = 1e-6, rng: Any = 0
) -> Report:
    """Holds the derivatives of f against central differences along random directions, and prints what it found.

    f           a function of arrays that returns an array or a number
    inputs      where: floating arrays or numbers; float64, for central differences need the digits
    order       1 for the gradient only, 2 for how it changes too, with all the arguments and with the cotangent
    tolerance   the relative error that is still right
    returns     a Report, true if all held

    >>> report = check_gradients(lambda x: x * x * x, np.array([1.0, 2.0]))
    check_gradients: all right
    order  argument        by the engine  by differences  relative error
    1      0: float64(2,)  0.0752677      0.0752677       ok
    2      0: float64(2,)  3.3786         3.3786          ok
    """
    xs = [plain(x).astype(float) for x in inputs]
    rng = np.random.default_rng(rng)
    g = rng.normal(size=np.shape(_array(f(*xs))))
    rows: list[tuple[str, ...]] = [("order", "argument", "by the engine", "by differences", "relative error")]
    ok = True
    for k, x in enumerate(xs):
        first, *second = (rng.normal(size=a.shape) for a in (x, *xs, g))

        def slope(*at: Any, create_graph: bool = False, k: int = k, first: Any = first) -> tuple[list[Tensor], Any]:
            """The arguments and the cotangent as leaves, and by entries the derivative along `first`, by the engine."""
            leaves = [Tensor(a, requires_grad=True) for a in at]
            with recorded(True):
                out = f(*leaves[:-1])
                if not isinstance(out, Value) or not out.requires_grad:
                    return leaves, np.zeros(())
                (pulled,) = gradients(out, [leaves[k]], leaves[-1], create_graph=create_graph)
                return leaves, pulled * first

        for n in range(1, order + 1):
            if n == 1:
                parts = [slope(*xs, g)[1]]
                ahead, behind = (g * _array(f(*xs[:k], x + s * STEP * first, *xs[k + 1 :])) for s in (1, -1))
            else:  # how the slope changes with all the arguments, and with the cotangent: a rule may have lost either
                leaves, along = slope(*xs, g, create_graph=True)
                depends = isinstance(along, Value) and along.requires_grad
                pulled = gradients(along, leaves, np.ones(along.shape)) if depends else []
                parts = [p * d for p, d in zip(pulled, second, strict=depends)]
                steps = [[a + s * STEP * d for a, d in zip((*xs, g), second, strict=True)] for s in (1, -1)]
                ahead, behind = (slope(*at)[1] for at in steps)
            got, expected = float(sum(map(np.sum, parts))), float(np.sum(ahead - behind)) / (2 * STEP)
            size = max(abs(got), abs(expected), *map(_norm, parts), 1e-4 * _norm(ahead))  # where terms cancel, theirs
            good = bool(abs(got - expected) <= tolerance * size < np.inf)
            ok &= good
            shown = "ok" if good else f"{abs(got - expected) / size:.1e} WRONG"
            rows.append((f"{n}", f"{k}: {describe(x)}", f"{got:.6g}", f"{expected:.6g}", shown))
    return _shown(Report("check_gradients", ok, rows))


def _norm(x: Any) -> float:
    return float(np.sqrt(np.sum(np.square(x))))


def _array(x: Any) -> Any:
    return x.array if isinstance(x, Value) else x


@dataclass
class Comparison(Report):
    """What compare found: `verdict` is "exact", "close" or "wrong"; `diagnosis` names the slip that explains it."""

    verdict: str = "wrong"
    diagnosis: str = ""


def compare(hand: Any, engine: Any, name: str = "gradient") -> Comparison:
    """Is my gradient right?  Exact, close (to rounding) or wrong, and when wrong, the usual slip that explains it.

    hand     the array derived by hand;   engine   a Tensor's .grad, or the array to hold it against
    returns  a Comparison, true unless wrong: `.verdict`, and `.diagnosis`, which is one of: transposed, the sign, a
             constant factor and which, a sum or a mean over the batch forgotten, an axis left unsummed, one entry, row
             or column off, or nothing known

    >>> found = compare(np.array([2.0, 4.0]), np.array([1.0, 2.0]), name="dC/dW")
    dC/dW: WRONG
    by hand     float64(2,)
    by engine   float64(2,)
    difference  2 at most
    diagnosis   twice too large: a factor of 2
    """
    a, b = plain(_array(hand)), plain(_array(engine))
    verdict, diagnosis, largest = "wrong", "", "-"
    if a.shape == b.shape:
        scale = float(np.max(np.abs(b), initial=0.0))
        difference = float(np.max(np.abs(a - b), initial=0.0))
        largest = f"{difference:.3g} at most"
        rounding = 1e-12 if a.dtype == b.dtype == np.float64 else 1e-5
        if np.array_equal(a, b):
            verdict = "exact"
        elif difference <= rounding * scale:
            verdict = "close"
    if verdict == "wrong":
        diagnosis = _diagnosis(a, b)
    rows: list[tuple[str, ...]] = [("by hand", describe(a)), ("by engine", describe(b)), ("difference", largest)]
    rows += [("diagnosis", diagnosis)] if diagnosis else []
    return _shown(Comparison(name, verdict != "wrong", rows, verdict, diagnosis))


def _diagnosis(a: np.ndarray, b: np.ndarray) -> str:
    """The first of the usual slips that turns one gradient into the other."""

    def same(x: np.ndarray) -> bool:
        return x.shape == b.shape and bool(np.isclose(x, b, rtol=1e-9, atol=_rounding(b)).all())

    if not np.isfinite(a).all() and np.isfinite(b).all():
        return "there is a NaN or an infinity in the one by hand"
    if a.shape == b.shape:
        if same(-a):
            return "the sign is wrong"
        if factor := _factor(a, b):
            return factor
    for axes in [tuple(range(a.ndim))[::-1]] if a.ndim > 1 else []:
        turned = a.transpose(axes)
        if same(turned):
            return "it is transposed"
        if turned.shape == b.shape and (factor := _factor(turned, b)):
            return f"it is transposed, and {factor}"
    if a.shape != b.shape:
        for axis in range(a.ndim):
            for what, reduced in (("sum", a.sum(axis)), ("mean", a.mean(axis) if a.size else a.sum(axis))):
                for kept in (reduced, np.expand_dims(reduced, axis)):
                    if same(kept):
                        return f"a {what} over axis {axis}, of length {a.shape[axis]}, was forgotten"
        if a.ndim <= b.ndim and _broadcasts(a.shape, b.shape) and same(np.broadcast_to(a, b.shape)):
            return "it is right, but of a smaller shape that broadcasting would stretch: write it out in full"
        if a.ndim >= b.ndim and _broadcasts(b.shape, a.shape):
            return "broadcasting was left in: sum over the axes along which the argument was stretched"
        return "the shapes differ, and no transpose, sum or mean makes them agree"
    wrong = ~np.isclose(a, b, rtol=1e-9, atol=_rounding(b))
    if wrong.sum() == 1:
        place = tuple(np.argwhere(wrong)[0].tolist())
        return f"only the entry at {place[0] if len(place) == 1 else place} is wrong: {a[place]:.6g} for {b[place]:.6g}"
    for axis, what in ((0, "row"), (1, "column")):
        if a.ndim == 2 and wrong.any(1 - axis).sum() == 1:
            return f"only {what} {int(np.argmax(wrong.any(1 - axis)))} is wrong"
    for axis in range(a.ndim):
        for shift in (1, -1):
            if same(np.roll(a, shift, axis)):
                return f"it is shifted by one along axis {axis}: an index is off by one"
    return f"{int(wrong.sum())} of {wrong.size} entries are wrong, and no usual slip explains it"


def _factor(a: np.ndarray, b: np.ndarray) -> str:
    """A constant factor between the two, named if it is one that is easily forgotten."""
    there = np.abs(b) > 1e-9 * np.max(np.abs(b), initial=0)
    if not there.any():
        return ""
    ratios = a[there] / b[there]
    c = float(np.median(ratios))
    if c == 0 or not np.allclose(a, c * b, rtol=1e-7, atol=_rounding(b)):
        return ""
    if c == -1 or np.isclose(c, 1):
        return ""
    if np.isclose(abs(c), 2):
        size = "twice too large: a factor of 2"
    elif np.isclose(abs(c), 0.5):
        size = "half of what it should be: a factor of 1/2"
    else:
        times = abs(c) if abs(c) > 1 else 1 / abs(c)
        size = f"too large by a factor of {times:.6g}" if abs(c) > 1 else f"too small by a factor of 1/{times:.6g}"
        if np.isclose(times, round(times)) and round(times) in b.shape:
            size += ", the length of an axis: a mean for a sum, or a sum for a mean"
    return ("the sign is wrong, and it is " if c < 0 else "") + size


def _rounding(b: np.ndarray) -> float:
    return 1e-12 * max(float(np.max(np.abs(b), initial=0.0)), 1e-300)


def _broadcasts(small: tuple[int, ...], large: tuple[int, ...]) -> bool:
    try:
        return np.broadcast_shapes(small, large) == large
    except ValueError:
        return False


@dataclass
class Audit(Report):
    """What audit found: `faults` are the calls of the ops whose local vjp is wrong, in the order of the sweep."""

    faults: list[str] = field(default_factory=list)


def audit(loss: Value, tolerance: float = 1e-6, rng: Any = 0) -> Audit:
    """Checks the local vjp of every op behind a loss against central differences, at the very values that it saw.

    loss      a Tensor that requires a gradient; a single number
    returns   an Audit, true if every rule held; `.faults` names the others

    >>> x = Tensor([1.0, 2.0], requires_grad=True)
    >>> report = audit((x * x).sum())
    audit: all right
    visit  op        call                              argument  relative error
    1      sum       sum(float64(2,), axis=None, k...  0         ok
    2      multiply  multiply(float64(2,), float64...  0         ok
    2      multiply  multiply(float64(2,), float64...  1         ok
    """
    rng = np.random.default_rng(rng)
    rows: list[tuple[str, ...]] = [("visit", "op", "call", "argument", "relative error")]
    faults: list[str] = []
    visit = 0
    for value, g in list(sweep(loss, seed(loss, None), everything=True)):
        op = value.primitive
        if op is None:
            continue
        visit += 1
        for k, x in enumerate(value.inputs):
            if not isinstance(x, Value) or not x.requires_grad or op.vjps[k] is None:
                continue
            shown = call(op.name, value.inputs, value.params)
            error = _local_error(value, np.asarray(g), k, rng)
            good = bool(error <= tolerance)
            if not good:
                line = recording().line_of(value) if recording() not in (True, False) else ""
                called = f", called at {line}" if line else ""
                faults.append(f"visit {visit}: {shown}{called}, the vjp for argument {k}")
            short = shown if len(shown) <= 32 else shown[:29] + "..."
            rows.append((f"{visit}", op.name, short, f"{k}", "ok" if good else f"{error:.1e} WRONG"))
    report = _shown(Audit("audit", not faults, rows, faults))
    if faults and recording() in (True, False):
        print("within autograd.debug() the faults name the lines that called the ops as well")
    return report


def _local_error(value: Value, g: np.ndarray, k: int, rng: np.random.Generator) -> float:
    """The relative error of one rule along a random direction, in float64; at a kink both of its slopes are right."""
    op = value.primitive
    primals = [x.astype(float) if getattr(getattr(x, "dtype", None), "kind", "") == "f" else x for x in value.primals]
    x = primals[k]
    g, d = rng.normal(size=g.shape), rng.normal(size=x.shape)
    h = STEP * max(1e-3, float(np.max(np.abs(x), initial=1e-3)))
    with np.errstate(all="ignore"):
        shifted = [[*primals[:k], x + sign * h * d, *primals[k + 1 :]] for sign in (-1, 0, 1)]
        below, out, above = (np.asarray(op.forward(*at, **value.params)) for at in shifted)
        pulled = op.vjps[k](g, out, *primals, **value.params)
        got = float(np.sum(pulled * np.ones(np.broadcast_shapes(np.shape(pulled), x.shape)) * d))
        left, right = float(np.sum(g * (out - below))) / h, float(np.sum(g * (above - out))) / h
    if not np.isfinite(got):
        return np.inf
    size = max(abs(got), abs(left), abs(right), 1e-3 * float(np.linalg.norm(g)) * float(np.linalg.norm(d)), 1e-12)
    if abs(left - right) > 1e-3 * size:  # a kink is near
        return float(max(min(left, right) - got, got - max(left, right), 0.0) / size)
    return float(abs(got - (left + right) / 2) / size)


def _shown(report: R) -> R:
    print(report)
    return report
