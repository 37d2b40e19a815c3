"""compare: is a gradient derived by hand right, and if not, which of the usual slips explains it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd.arguments import explained, text
from autograd.arrays import plain
from autograd.errors import describe
from autograd.graph import Value
from autograd.report import Report, shown

ROUNDING = {2: 1e-2, 4: 1e-5}  # by bytes: what rounding may leave, as a part of the largest entry; else 1e-12


@dataclass
class Comparison(Report):
    """What compare found: `verdict` is "exact", "close" or "wrong"; `diagnosis` names the slip that explains it."""

    verdict: str = "wrong"
    diagnosis: str = ""


@explained
def compare(hand: Any, engine: Any, name: str = "gradient") -> Comparison:
    """Is my gradient right?  Exact, close (to rounding) or wrong, and when wrong, the usual slip that explains it.

    hand     the array derived by hand;   engine   a Tensor's .grad, or the array to hold it against
    returns  a Comparison, true unless wrong: `.verdict`, and `.diagnosis`, which is one of: a NaN, zero everywhere,
             transposed, the sign, a constant factor and which, a sum or a mean over the batch forgotten, the shape
             alone, an axis left unsummed, one entry, row or column off, or nothing known.  A forgotten f'(z) is not
             looked for: it differs from entry to entry, and z is not known here
    raises   TypeError if one is None, or a leaf Tensor is given in place of its gradient

    >>> found = compare(np.array([2.0, 4.0]), np.array([1.0, 2.0]), name="dC/dW")
    dC/dW: WRONG
    by hand     float64(2,)
    by engine   float64(2,)
    difference  at 1: 4 by hand, 2 by the engine
    diagnosis   twice too large: a factor of 2
    """
    text("name", name)
    given, right = _gradient(hand, "hand"), _gradient(engine, "engine")
    itemsize = min((x.dtype.itemsize for x in (given, right) if x.dtype.kind == "f"), default=8)
    rounding = ROUNDING.get(itemsize, 1e-12)
    a, b = given.astype(float), right.astype(float)
    verdict, diagnosis, difference, largest = "wrong", "", "-", np.inf
    if np.array_equal(a, b):
        verdict, difference = "exact", "0"
    elif a.shape == b.shape:
        largest = float(np.max(np.abs(a - b)))
        close = largest <= rounding * _largest(b) < np.inf
        verdict = "close" if close else "wrong"
        difference = f"{largest:.3g} at most" if close else worst(a, b, "by hand", "by the engine")
    if verdict == "wrong" and largest <= min(1e6 * rounding, 1e-4) * _largest(b) < np.inf:
        off = largest / _largest(b)
        diagnosis = f"right to {off:.0e} of the largest entry: rounding, or a gradient by differences"
    elif verdict == "wrong":
        diagnosis = diagnose(a, b, rounding)
    rows: list[tuple[str, ...]] = [
        ("by hand", describe(given)), ("by engine", describe(right)), ("difference", difference)
    ]  # fmt: skip
    rows += [("diagnosis", diagnosis)] if diagnosis else []
    return shown(Comparison(name, verdict != "wrong", rows, verdict=verdict, diagnosis=diagnosis))


def _gradient(x: Any, role: str) -> np.ndarray:
    """The array of a gradient, as the `hand` or the `engine` one."""
    if x is None:
        hint = ": call backward() first, and see that the Tensor requires a gradient" if role == "engine" else ""
        raise TypeError(f"compare: expected two gradients, but {role} is None{hint}")
    if role == "engine" and isinstance(x, Value) and x.requires_grad and x.primitive is None:
        its = f"{x.name}.grad" if x.name else "its .grad"
        raise TypeError(f"compare: expected a gradient, got {describe(x)} itself: compare with {its}")
    array: np.ndarray = plain(x.array if isinstance(x, Value) else x, "compare")
    return array


def worst(a: np.ndarray, b: np.ndarray, of_a: str, of_b: str) -> str:
    """Where two arrays of one shape differ most, and what stands there.

    >>> worst(np.array([1.0, 2.0]), np.array([1.0, 5.0]), "by hand", "by the engine")
    'at 1: 2 by hand, 5 by the engine'
    """
    with np.errstate(invalid="ignore"):
        i = tuple(map(int, np.unravel_index(np.argmax(np.abs(a - b)), a.shape)))  # a NaN counts as the largest
    return f"{f'at {_place(i)}: ' if i else ''}{a[i]:.6g} {of_a}, {b[i]:.6g} {of_b}"


def diagnose(a: np.ndarray, b: np.ndarray, rounding: float, of_a: str = "by hand", of_b: str = "by the engine") -> str:
    """The first of the usual slips that makes a of b, to rounding as a part of b's largest entry.

    >>> diagnose(np.array([1.0, 2.0]), np.array([-1.0, -2.0]), 1e-12)
    'the sign is wrong'
    """
    scale = _largest(b)
    for x, of in ((b, of_b), (a, of_a)):
        if not np.isfinite(x).all():
            broken = f"the one {of} has {'a NaN' if np.isnan(x).any() else 'an infinity'}"
            return f"{broken}: autograd.debug() finds where it arose" if "engine" in of else broken
    if scale and a.size and not a.any():
        return "it is zero everywhere"
    found = [(what, how) for what, x in _turns(a, b) if (how := _factor(x, b, rounding)) is not None]
    if found:
        what, how = min(found, key=lambda slip: len(slip[1]))  # the simpler: rather one slip than two
        if what.startswith("the shape") and not how:
            return f"the entries are right, but {what}"
        return ", and ".join(filter(None, (what, how)))
    if a.shape != b.shape:
        if _broadcasts(a.shape, b.shape) and _factor(np.broadcast_to(a, b.shape), b, rounding) == "":
            return "it is right, but of a smaller shape that broadcasting would stretch: write it out in full"
        if _broadcasts(b.shape, a.shape):
            return "broadcasting was left in: sum over the axes along which the argument was stretched"
        return "the shapes differ, and no transpose, sum or mean makes them agree"
    return _some(a, b, rounding * scale)


def _turns(a: np.ndarray, b: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """What a would be of b's shape without one slip of place or of summing, and the name of the slip."""
    turned = a.transpose()
    if a.shape == b.shape:
        yield "", a
    if a.ndim > 1 and turned.shape == b.shape:
        yield "it is transposed", turned
    if a.shape != b.shape:
        if np.squeeze(a).shape == np.squeeze(b).shape and turned.shape != b.shape:
            yield f"the shape is {a.shape} and should be {b.shape}", a.reshape(b.shape)
        for axis, n in enumerate(a.shape):
            for what, reduced in (("sum", a.sum(axis)), ("mean", a.sum(axis) / max(n, 1))):
                for kept in (reduced, np.expand_dims(reduced, axis)):
                    if kept.shape == b.shape and n > 1:
                        yield f"a {what} over axis {axis}, of length {n}, was forgotten", kept


def _factor(a: np.ndarray, b: np.ndarray, rounding: float) -> str | None:
    """The constant c with a = c b, in words: "" for 1; None if there is none."""
    scale = _largest(b)
    if not scale:
        return "" if not a.any() else None
    unit = b / scale
    c = float(np.sum(a / scale * unit) / np.sum(unit * unit))
    if c == 0 or _largest(a / scale - c * unit) > 2 * rounding * abs(c):
        return None
    if abs(c - 1) <= 2 * rounding:
        return ""
    times, large = max(abs(c), 1 / abs(c)), abs(c) > 1
    whole = round(times) if abs(times - round(times)) <= 2 * rounding * times else 0
    if whole == 1:
        return "the sign is wrong"
    if whole == 2:
        size = "twice too large: a factor of 2" if large else "half of what it should be: a factor of 1/2"
    else:
        size = f"too {'large' if large else 'small'} by a factor of {times:.6g}"
        if whole:
            meant = ("a sum", "the mean") if large else ("a mean", "the sum")
            size += f": {meant[0]} where {meant[1]} over {whole} samples or entries was meant"
    return f"the sign is wrong, and it is {size}" if c < 0 else size


def _some(a: np.ndarray, b: np.ndarray, bound: float) -> str:
    """Which of the entries are wrong, where they lie together."""
    wrong = np.abs(a - b) > bound
    if wrong.sum() == 1 and wrong.size > 1:
        return f"only the entry at {_place(tuple(np.argwhere(wrong)[0].tolist()))} is wrong"
    for axis, what in ((0, "row"), (1, "column")):
        if a.ndim == 2 and a.shape[axis] > 1 and wrong.any(1 - axis).sum() == 1:
            return f"only {what} {int(np.argmax(wrong.any(1 - axis)))} is wrong"
    for axis in range(a.ndim):
        if any(_largest(np.roll(a, shift, axis) - b) <= bound for shift in (1, -1)):
            return f"it is shifted by one along axis {axis}: an index is off by one"
    off = f"{int(wrong.sum())} of {wrong.size} entries are wrong, and no usual slip explains it"
    return f"{off} (a forgotten f'(z) is not looked for)"


def _largest(x: np.ndarray) -> float:
    return float(np.max(np.abs(x), initial=0.0))


def _place(index: tuple[int, ...]) -> str:
    return str(index[0] if len(index) == 1 else index)


def _broadcasts(small: tuple[int, ...], large: tuple[int, ...]) -> bool:
    try:
        return np.broadcast_shapes(small, large) == large
    except ValueError:
        return False
