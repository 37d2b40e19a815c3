"""audit: is the rule of every op behind a loss right, at the very values that it saw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from autograd.arguments import explained
from autograd.backprop import seed, sweep
from autograd.differences import CAPS, EPS, STEP, direction, generator, judge_tolerance, norm
from autograd.errors import call
from autograd.graph import Value
from autograd.recording import watching
from autograd.report import Report, shown


@dataclass
class Audit(Report):
    """What audit found: `faults` are the calls of the ops whose local vjp is wrong, in the order of the sweep."""

    faults: list[str] = field(default_factory=list)


@explained
def audit(loss: Value, tolerance: float = 1e-6, rng: int | Sequence[int] | np.random.Generator | None = 0) -> Audit:
    """Checks the local vjp of every op behind a loss against central differences, at the very values that it saw.

    At a kink every slope between those of its two sides is right, entry by entry; where a slope is infinite, or an
    op is at the end of its domain on both sides, there is no verdict.

    loss      a Tensor that requires a gradient; a single number
    returns   an Audit, true if every rule held; `.faults` names the others

    >>> from autograd import Tensor
    >>> x = Tensor([1.0, 2.0], requires_grad=True, name="x")
    >>> report = audit((x * x).sum())
    audit: all right
    visit  call                                    argument  relative error
    1      sum(float64(2,))                        0: a      ok
    2      multiply(x float64(2,), x float64(2,))  0: x1     ok
    2      multiply(x float64(2,), x float64(2,))  1: x2     ok
    """
    judge_tolerance("audit", tolerance)
    rng = generator(rng)
    report = Audit("audit", True, [("visit", "call", "argument", "relative error")])
    visit = 0
    for value, g in list(sweep(loss, seed(loss, None), everything=True)):
        op = value.primitive
        if op is None:
            continue
        visit += 1
        for k, x in enumerate(value.inputs):
            if not isinstance(x, Value) or not x.requires_grad or op.vjps[k] is None:
                continue
            said = call(op.name, value.inputs, value.params, op.defaults)
            name = op.names[k] if k < len(op.names) else ""
            tries = [found for cap in CAPS if (found := _local_error(value, np.shape(g), k, rng, cap))]
            error, judged, _ = min((found for found in tries if found[2]), default=max(tries))  # smooth ones first
            good = error <= tolerance
            word = (
                f"{error:.1e} WRONG"
                if not good
                else "ok"
                if judged
                else "no verdict: infinite slope, or end of the domain"
            )
            if not good:
                line = getattr(watching(), "line_of", lambda value: "")(value)
                called = f", called at {line}" if line else ""
                report.faults.append(f"visit {visit}: {said}{called}, the rule for argument {k}{name and f', {name}'}")
            report.rows.append((f"{visit}", said, f"{k}: {name}" if name else f"{k}", word))
    report.ok = not report.faults
    report.notes = [f"fault: {fault}" for fault in report.faults]
    if report.faults and watching() is None:
        report.notes.append("run it within autograd.debug() and the faults name the line")
    return shown(report)


def _local_error(
    value: Value, shape: tuple[int, ...], k: int, rng: np.random.Generator, cap: float
) -> tuple[float, bool, bool] | None:
    """The relative error of one rule, in float64, whether there is a verdict on every entry, and whether no kink is.

    An elementwise rule is judged entry by entry, any other along a random direction.  None if steps cut by `cap` are
    too short to see it through the rounding.
    """
    op = value.primitive
    primals = [x.astype(float) if getattr(getattr(x, "dtype", None), "kind", "") == "f" else x for x in value.primals]
    x, g = np.asarray(primals[k]), rng.normal(size=shape)
    d = STEP * direction(x, rng, cap)
    with np.errstate(all="ignore"):
        at = ([*primals[:k], x + s * d, *primals[k + 1 :]] for s in (-1, 0, 1))
        try:
            below, out, above = (np.asarray(op.forward(*a, **value.params)) for a in at)
        except np.linalg.LinAlgError:
            return 0.0, False, True
        pulled = np.asarray(op.vjps[k](g, out, *primals, **value.params))
        got, left, right = pulled * d, g * (out - below), g * (above - out)
        ends = np.isfinite(left) != np.isfinite(right)  # of the domain: there is a difference to one side only
        left, right = np.where(np.isfinite(left), left, right), np.where(np.isfinite(right), right, left)
        size, middle = np.maximum(np.abs(left), np.abs(right)), (left + right) / 2
        half = np.where(np.abs(left - right) > 1e-3 * size, np.abs(left - right) / 2, 0)  # a kink: all between is right
        smooth = not half.any()
        unsure = ~np.isfinite(out) | ~np.isfinite(size)
        slack = np.where(ends, 1e-3 * size, 0)  # a difference to one side is less exact
        if op.broadcasts and pulled.shape == out.shape:
            unit = np.abs(g * d)  # what a slope of 1 would make
            unsure = unsure | (np.isinf(got) & (ends | (size > 30 * unit))) | ~np.isfinite(d)
            rounding = 8 * EPS * np.abs(g) * (np.abs(out) + np.minimum(np.abs(x), 1))
            slack = slack + np.where(ends, 1e-2 * unit, 0) + rounding
            size, cut = np.maximum(size, np.abs(got)), np.abs(x) > cap
        else:
            unsure = unsure.any() | np.isinf(got).any() | ~np.isfinite(d).all()
            slack = np.sum(slack) + np.asarray(32 * EPS * norm(g) * np.max(np.abs(out), initial=0))
            terms = 1e-2 * max(norm(got), norm(size))  # where they cancel, their rounding counts
            got, middle, half = np.sum(got), np.sum(middle), np.sum(half)
            size, cut = max(abs(got), abs(middle), terms), (np.abs(x) > cap).any()
        if np.any(cut & (slack > 1e-3 * size) & (size != 0)):
            return None
        error = np.abs(got - middle) - half
        relative = np.where(error <= slack, 0.0, np.where(np.isfinite(error), error / size, np.inf))
        return float(np.max(np.where(unsure, 0.0, relative), initial=0.0)), not np.any(unsure), smooth
