"""check_gradients: are the derivatives of a function right, at first and at second order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd.arguments import explained, function_of
from autograd.arrays import plain
from autograd.backprop import gradients, sweep
from autograd.compare import diagnose, worst
from autograd.differences import CAPS, STEP, compared, direction, generator, judge_tolerance, reach
from autograd.errors import describe
from autograd.graph import Value
from autograd.recording import recorded
from autograd.report import Report, shown
from autograd.tensor import Tensor

ENTRIES = 10_000  # so many are differentiated one by one to find the slip


@explained
def check_gradients(
    f: Callable[..., Any],
    *inputs: Any,
    order: int = 2,
    tolerance: float = 1e-6,
    rng: int | Sequence[int] | np.random.Generator | None = 0,
) -> Report:
    """Holds the derivatives of f against central differences, and prints what it found.

    f           a function of arrays that returns an array or a number
    inputs      where: floating arrays, Tensors or numbers, in float64, for central differences need the digits; what
                is not floating, such as labels, is handed to f as it is
    order       1 for the gradient only, 2 for how it changes too, with all the arguments and with the cotangent
    tolerance   the relative error that is still right
    rng         of the random directions: a number, or a generator
    returns     a Report, true if all held; `.notes` say what may be wrong, and are printed under the table

    Of numbers the derivatives themselves are shown, of arrays those of one random sum of the results along one random
    direction of the arguments: they are no derivatives that one looks for, but agree only where all entries do.

    >>> report = check_gradients(lambda x: x * x * x, np.array([1.0, 2.0]))
    check_gradients: all right
    order        argument        direction  by the engine  by differences  relative error
    1 slope      0: float64(2,)  random     1.18291        1.18291         ok
    2 curvature  0: float64(2,)  random     -0.276883      -0.276883       ok
    >>> report = check_gradients(lambda x: x * x * x, 2.0)
    check_gradients: all right
    order        argument  direction  by the engine  by differences  relative error
    1 slope      0: 2.0    +1         12             12              ok
    2 curvature  0: 2.0    +1         12             12              ok
    """
    function_of("check_gradients: f", f)
    if order not in (1, 2):
        raise ValueError(f"check_gradients: expected order to be 1 or 2, got {order!r}")
    judge_tolerance("check_gradients", tolerance)
    xs = [_input(x) for x in inputs]
    floating = [k for k, x in enumerate(xs) if _floats(x)]
    if not floating:
        raise TypeError(f"check_gradients: expected a floating array or number, got {[*map(describe, inputs)]}: "
                        "write 2.0 for 2")  # fmt: skip
    rng = generator(rng)
    shape = np.shape(_array(f(*xs)))
    probe = Probe(f, xs, rng.normal(size=shape), tolerance)
    report = Report("check_gradients", True)
    report.rows.append(("order", "argument", "direction", "by the engine", "by differences", "relative error"))
    derivatives = {"1 slope": probe.slope, "2 curvature": probe.curvature}
    for k in floating:
        noted = False
        for name in [*derivatives][:order]:
            got, expected, error, unit = _agreeing(derivatives[name], k, rng, tolerance)
            good = bool(error <= tolerance)
            word = "ok" if good else f"{error:.1e} WRONG" if error < np.inf else "WRONG"
            along = "random" if unit is None else "+1"
            values = (f"{x / (unit or 1.0) + 0.0:.6g}" for x in (got, expected))
            report.rows.append((name, f"{k}: {describe(inputs[k])}", along, *values, word))
            if not good and not noted:
                note = probe.note(k, name == "1 slope")
                report.notes += [f"argument {k}: {note}"] if note else []
                noted = True
            report.ok &= good
    return shown(report)


def _agreeing(
    derivative: Callable[..., Derivative], k: int, rng: np.random.Generator, tolerance: float
) -> tuple[float, float, float, float | None]:
    """The derivative by the engine and by differences, the relative error with the steps that agree, if any; unit."""
    for cap in CAPS:
        got, expected, size, unit = derivative(k, rng, cap)
        difference = abs(got - expected)
        if cap < np.inf:
            size = min(size, 1e2 * max(abs(got), abs(expected)))  # too short a step acquits nobody
        error = difference / size if size else difference
        error = error if error < np.inf else np.inf  # a NaN is no agreement
        if error <= tolerance:
            break
    return got, expected, error, unit


Derivative = tuple[float, float, float, float | None]  # by the engine, by differences, the size of its parts; and, of
# a function of a number, what its derivative is multiplied with in them


@dataclass
class Probe:
    """A function at a point, weighted by a cotangent: its derivatives along directions, by the engine and by steps."""

    f: Callable[..., Any]
    xs: list[Any]
    g: Any
    tolerance: float

    def value(self, *xs: Any) -> Any:
        """By entries what the cotangent makes of f: its sum is the number whose derivatives are checked."""
        with np.errstate(all="ignore"):
            return self.g * _array(self.f(*xs))

    def pulled(self, k: int, *at: Any, create_graph: bool = False) -> tuple[list[Any], Any]:
        """The arguments and the cotangent as leaves, and the gradient with respect to argument k, by the engine."""
        leaves = [Tensor(a, requires_grad=True) if _floats(a) else a for a in at]
        with recorded(True), np.errstate(all="ignore"):
            out = self.f(*leaves[:-1])
            if not isinstance(out, Value) or not out.requires_grad:
                return leaves, np.zeros(np.shape(at[k]))
            (gradient,) = gradients(out, [leaves[k]], leaves[-1], create_graph=create_graph)
            return leaves, gradient

    def of_numbers(self, k: int) -> bool:
        """Is it a number that is differentiated, by a number?"""
        return bool(np.size(self.xs[k]) == np.size(self.g) == 1)

    def slope(self, k: int, rng: np.random.Generator, cap: float) -> Derivative:
        """The derivative along a direction of argument k."""
        d = direction(self.xs[k], rng, cap)
        ahead, behind = (self.value(*self.moved(k, s * STEP * d)) for s in (1, -1))
        unit = float(np.sum(d * self.g)) if self.of_numbers(k) else None
        return *compared([self.pulled(k, *self.xs, self.g)[1] * d], ahead, behind), unit

    def curvature(self, k: int, rng: np.random.Generator, cap: float) -> Derivative:
        """How the slope changes with all the arguments, and with the cotangent: a rule may have lost either."""
        point = [*self.xs, self.g]
        first = direction(self.xs[k], rng, cap)
        along = [direction(a, rng, cap) if _floats(a) else 0.0 for a in point]
        if not self.of_numbers(k) or sum(map(_floats, self.xs)) > 1:
            return *self.change(k, first, point, along), None
        by_x, by_g = ([d if i == j else 0.0 * d for i, d in enumerate(along)] for j in (k, len(point) - 1))
        got, expected, size = self.change(k, first, point, by_g)  # of a number one by one: they are derivatives
        if abs(got - expected) > self.tolerance * size:
            return got, expected, size, float(np.sum(first * along[-1]))
        return *self.change(k, first, point, by_x), float(np.sum(first * along[k] * self.g))

    def change(self, k: int, first: Any, point: list[Any], along: list[Any]) -> tuple[float, float, float]:
        """How the slope of argument k along the direction `first` changes from a point, along another one."""
        leaves, gradient = self.pulled(k, *point, create_graph=True)
        slope = gradient * first
        parts: list[Any] = []
        if isinstance(slope, Value) and slope.requires_grad:
            used = [(leaf, d) for leaf, d in zip(leaves, along, strict=True) if isinstance(leaf, Value)]
            changes = gradients(slope, [leaf for leaf, _ in used], np.ones(slope.shape))
            parts = [change * d for change, (_, d) in zip(changes, used, strict=True)]
        at = ([a + s * STEP * d if _floats(a) else a for a, d in zip(point, along, strict=True)] for s in (1, -1))
        ahead, behind = (self.pulled(k, *a)[1] * first for a in at)
        return compared(parts, ahead, behind)

    def moved(self, k: int, step: Any) -> list[Any]:
        return [*self.xs[:k], self.xs[k] + step, *self.xs[k + 1 :]]

    def note(self, k: int, first: bool) -> str:
        """What may have gone wrong with argument k, in words; "" if nothing is known."""
        x, here = self.xs[k], self.value(*self.xs)
        if not np.array_equal(here, self.value(*self.xs), equal_nan=True):
            return "f gives another result for the same arguments: is it random? Let it seed its generator each time"
        if not np.isfinite(here).all():
            return "f is not finite here: autograd.debug() names the op"
        if not first:
            return ("the slope is right, but not how it changes: does a rule or f compute with plain arrays (.data, "
                    "np.asarray), or is a kink here?")  # fmt: skip
        leaves, gradient = self.pulled(k, *self.xs, self.g)
        step = STEP * reach(x, 1.0)
        ahead, behind = (self.value(*self.moved(k, s * step)) for s in (1, -1))
        if not (np.isfinite(ahead) & np.isfinite(behind)).all():
            return "the steps of the differences leave the domain of f: check further inside"
        with recorded(True):
            out = self.f(*leaves[:-1])
        reached = isinstance(out, Value) and out.requires_grad and any(
            leaf is leaves[k] for leaf, _ in sweep(out, np.ones_like(out.array)))  # fmt: skip
        if not reached:
            return ("the result changes with it, but no op leads from it to the result: was it detached, by .data, "
                    ".item(), np.asarray or no_grad()?")  # fmt: skip
        twice = self.pulled(k, *self.xs, 2 * self.g)[1]
        if np.max(np.abs(twice - 2 * gradient), initial=0.0) > self.tolerance * np.max(np.abs(gradient), initial=0.0):
            return "twice the cotangent g does not give twice the gradient: was g forgotten in a rule, or used twice?"
        if x.size <= ENTRIES:
            left, right = self.sides(k, step)
            slopes, larger = (left + right) / 2, np.maximum(np.abs(left), np.abs(right))
            kinks = np.argwhere(np.abs(left - right) > 1e-3 * np.max(larger, initial=0.0)).tolist()
            names = ("by the engine", "by differences")
            if kinks:
                place = f" at {kinks[0][0] if len(kinks[0]) == 1 else tuple(kinks[0])}" if kinks[0] else ""
                return f"a kink{place}, where the slopes of the two sides differ: check beside it"
            if np.max(np.abs(gradient - slopes), initial=0.0) > self.tolerance * np.max(larger, initial=0.0):
                one = self.g if self.of_numbers(k) else 1.0
                wrong = worst(gradient / one, slopes / one, *names)
                return f"{diagnose(gradient, slopes, self.tolerance, *names)} ({wrong})"
        return ""

    def sides(self, k: int, step: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The difference quotients before and after each entry of argument k."""
        here, left, right = self.value(*self.xs), np.zeros(step.shape), np.zeros(step.shape)
        for i in np.ndindex(step.shape):
            unit = np.zeros(step.shape)
            unit[i] = step[i]
            ahead, behind = (self.value(*self.moved(k, s * unit)) for s in (1, -1))
            left[i], right[i] = np.sum(here - behind) / step[i], np.sum(ahead - here) / step[i]
        return left, right


def _input(x: Any) -> Any:
    array = x.array if isinstance(x, Value) else x
    return plain(array).astype(float) if np.asarray(array).dtype.kind == "f" else x


def _floats(x: Any) -> bool:
    return isinstance(x, np.ndarray | np.floating) and x.dtype == float


def _array(x: Any) -> Any:
    return x.array if isinstance(x, Value) else x
