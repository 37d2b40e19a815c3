"""The checker is checked: faults planted in the rule of every op, which check_gradients and audit have to find.

A fault counts only where it changes a derivative: the first one, or, where the rule has lost the graph, the second.
"""

import re
from collections import Counter
from contextlib import contextmanager, redirect_stdout, suppress
from dataclasses import dataclass
from functools import cache, partial
from io import StringIO
from itertools import permutations, product

import numpy as np
import pytest
from numeric import leaf
from test_ops import CASES, OPS, Case

import autograd as ag
from autograd.backprop import gradients, sweep
from autograd.graph import Value

FILLED = [case for case in CASES if all(np.prod(shape) for shape in case.shapes)]


@dataclass
class Elsewhere(Case):
    """A case at other inputs: small or large ones, or those that default_rng(0) gives students and checkers alike."""

    scale: float = 0.0  # or from default_rng(0)

    def __str__(self):
        return f"{super().__str__()}-at-{self.scale or 'default_rng(0)'}"

    def inputs(self, dtype=np.float64):
        if self.scale:
            return [x if i in self.fixed else x * self.scale for i, x in enumerate(super().inputs(dtype))]
        rng = np.random.default_rng(0)
        return [np.asarray(self.fixed.get(i, rng.normal(size=shape)), dtype) for i, shape in enumerate(self.shapes)]


def defined(case):
    """Whether a case and its derivatives are finite at its inputs, without a warning."""
    try:
        return all(np.isfinite(p).all() for order in (1, 2) for p in derivatives(case, order))
    except (RuntimeWarning, np.linalg.LinAlgError, ValueError):
        return False


@cache
def elsewhere():
    """Of each op its first case, where it is defined."""
    first = {case.name: case for case in reversed(FILLED)}
    del first["cholesky"], first["sinc_derivative"]  # for large inputs all but singular; below rounding at integers
    del first["eigh"]  # of whose entries one is the residue of a rounding
    cases = [Elsewhere(**vars(case), scale=scale) for case in first.values() for scale in (1e-4, 1e4, 0.0)]
    return [case for case in cases if defined(case)]


def spoiled(change):
    """The fault of a rule whose cotangent p, with g that of the output and x the argument, is changed afterwards."""
    return lambda rule, k, g, out, *xs, **params: change(rule(g, out, *xs, **params), g, xs[k])


def entries(p, lost):
    """p without the entries whose first index, or number, is among those lost."""
    return p * (1.0 - lost(np.arange(p.size).reshape(p.shape)))


def turned(p, axes):
    return ag.transpose(p, axes) if p.ndim == len(axes) and p.shape == tuple(p.shape[a] for a in axes) else p


def one_slice(p, x):
    """p without the sum over what broadcasting repeated."""
    lead = p.ndim - x.ndim
    return p[(0,) * lead + tuple(slice(0, n) for n in x.shape)]


def captured(rule, k, *values, places, **params):
    """The rule, computed from arrays that have forgotten how they were made."""
    forgotten = [type(x)(x.array) if i in places and isinstance(x, Value) else x for i, x in enumerate(values)]
    return rule(*forgotten, **params)


def ignored(rule, k, *values, name, **params):
    """The rule, as if axis or keepdims had not been given; it may fail, and then needs no checker."""
    usual = {"axis": None, "keepdims": not params.get("keepdims")}
    return rule(*values, **(params | {name: usual[name]} if name in params else params))


FIRST = {
    "sign": spoiled(lambda p, g, x: -p),
    "factor": spoiled(lambda p, g, x: p * 1.001),
    "entry": spoiled(lambda p, g, x: entries(p, lambda i: i == 0)),
    "row": spoiled(lambda p, g, x: entries(p, lambda i: i >= p.size - p.size // max(p.shape[:1], default=1))),
    "term": spoiled(lambda p, g, x: p + 0.001 * g if p.shape == g.shape else p),
    "mean for sum": spoiled(lambda p, g, x: p * (min(g.size, x.size) / max(g.size, x.size))),
    "not summed": spoiled(lambda p, g, x: one_slice(p, x)),
    **{f"flipped {i}": spoiled(lambda p, g, x, i=i: ag.flip(p, i) if i < p.ndim else p) for i in range(3)},
    **{f"rolled {i}": spoiled(lambda p, g, x, i=i: ag.roll(p, 1, i) if i < p.ndim else p) for i in range(3)},
    **{f"turned {axes}": spoiled(lambda p, g, x, axes=axes: turned(p, axes))
       for axes in [(1, 0), *list(permutations(range(3)))[1:]]},
    "near 0": spoiled(lambda p, g, x: p * np.where(np.abs(getattr(x, "array", x)) < 1e-2, 1.5, 1.0)),
    **{f"{name} ignored": partial(ignored, name=name) for name in ("axis", "keepdims")},
    "g squared": lambda rule, k, g, *rest, **params: rule(g * g, *rest, **params),
}  # fmt: skip
SECOND = {
    f"captured {what}": partial(captured, places=places)
    for what, places in {"g": [0], "out": [1], "x1": [2], "x2": [3], "x3": [4], "all": range(9)}.items()
}


@contextmanager
def planted(op, k, fault):
    rules, op.vjps = op.vjps, {k: partial(fault, op.vjps[k], k)}
    op.vjps |= {i: rules[i] for i in range(9 if op.arity == np.inf else op.arity) if i != k}
    try:
        yield
    finally:
        op.vjps = rules


def quietly(check, *args):
    with redirect_stdout(StringIO()):
        return check(*args)


def loss(case):
    out = case.f(*map(leaf, case.inputs()))
    return (out * np.random.default_rng(7).normal(size=out.shape)).sum()


def places(case):
    """The arguments of the case's op through which a gradient flows."""
    values = [value for value, _ in sweep(loss(case), 1.0, everything=True) if value.primitive is OPS[case.name]]
    flows = {k for v in values for k, x in enumerate(v.inputs) if isinstance(x, Value) and x.requires_grad}
    return sorted(k for k in flows if OPS[case.name].vjps[k] is not None)


def derivatives(case, order):
    """For a random cotangent: the gradient, or how it changes, along random directions, with inputs and cotangent."""
    rng = np.random.default_rng(8)
    xs = [leaf(x) for x in case.inputs()]
    out = case.f(*xs)
    g = leaf(rng.normal(size=out.shape))
    pulled = gradients(out, xs, g, create_graph=order == 2)
    if order == 1:
        return pulled
    total = sum((p * rng.normal(size=p.shape)).sum() for p in pulled)
    return gradients(total, [*xs, g]) if total.requires_grad else [0.0 * x.data for x in (*xs, g)]


def differ(ps, qs):
    return any(
        np.linalg.norm(np.ravel(p - q)) > 1e-9 * np.linalg.norm(np.ravel(q)) for p, q in zip(ps, qs, strict=True)
    )


def visible(case, ps, qs):
    """Elsewhere: whether they differ by more than 1e-4 of what the inputs change, and than the rounding of f."""
    xs = [*case.inputs(), 1.0][: len(ps)]
    change, whole = (
        np.sqrt(sum(np.sum((a * x) ** 2) for a, x in zip(each, xs, strict=True)))
        for each in ([p - q for p, q in zip(ps, qs, strict=True)], qs)
    )
    return change > 1e-4 * whole and change > 1e-7 * np.linalg.norm(np.ravel(case.f(*case.inputs())))


@cache
def outcome():
    """For every fault that changes something whether check_gradients found it, and what audit accused."""
    found = {}
    for case in FILLED + elsewhere():
        op, right = OPS[case.name], {order: derivatives(case, order) for order in (1, 2)}
        for k, (order, faults) in product(places(case), ((1, FIRST), (2, SECOND if type(case) is Case else {}))):
            for kind, fault in faults.items():
                with (
                    planted(op, k, fault),
                    suppress(ValueError, IndexError, TypeError),
                ):  # a rule that fails has no need of us
                    wrong = derivatives(case, order)
                    if differ(wrong, right[order]) and (type(case) is Case or visible(case, wrong, right[order])):
                        checked = quietly(ag.check_gradients, case.f, *case.inputs())
                        accused = quietly(ag.audit, loss(case)).faults if order == 1 else []
                        found[str(case), op.name, k, kind] = not checked, accused
    return found


def test_faults_are_many_and_in_every_op():
    kinds = Counter(kind for *_, kind in outcome())
    assert sum(kinds.values()) > 10_000
    assert {op for _, op, *_ in outcome()} == set(OPS)
    assert set(kinds) == {*FIRST, *SECOND}


def test_check_gradients_finds_every_fault():
    assert [fault for fault, (checked, _) in outcome().items() if not checked] == []


def test_audit_finds_every_fault_of_first_order_and_accuses_no_other():
    def named(op, k, line):
        return f": {op}(" in line and re.search(f"the rule for argument {k}(,|$)", line)

    blind = [
        (case, op, k, kind)
        for (case, op, k, kind), (_, accused) in outcome().items()
        if kind in FIRST and not (accused and all(named(op, k, line) for line in accused))
    ]
    assert blind == []


@pytest.mark.parametrize("case", CASES, ids=str)
def test_no_false_alarm(case):
    for seed in range(3):
        assert quietly(partial(ag.check_gradients, rng=seed), case.f, *case.inputs())
        assert quietly(partial(ag.audit, rng=seed), loss(case))


def test_no_false_alarm_elsewhere():
    for case in elsewhere():
        assert quietly(ag.check_gradients, case.f, *case.inputs()), str(case)
        assert quietly(ag.audit, loss(case)), str(case)
