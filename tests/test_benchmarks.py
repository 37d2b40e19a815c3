"""The benchmarks measure what they say: by hand, eager and compiled, every workload has the same losses."""

import math

import numpy as np
import pytest
import report
from peers import PEERS, load
from run import differ
from workloads import STEPS, SWEEPS, WORKLOADS

SMALL = {f"{key} {n}" for key, sweep in SWEEPS.items() for n in sweep.points[:4]}


def losses(peer, work, steps):
    cls = load(peer)
    x, t, params = work.data()
    made = cls(work, params)
    return [made.step(cls.array(x), cls.array(t)) for _ in range(steps)]


@pytest.mark.parametrize("name", [name for name in WORKLOADS if name in STEPS or name in SMALL])
def test_the_losses_are_those_by_hand(name):
    steps = 3 if "1024" in name or "10^6" in name else 20
    by_hand, eager, compiled, apart = (
        losses(p, WORKLOADS[name], steps) for p in ("hand", "eager", "compiled", "apart")
    )
    assert eager == compiled == apart
    assert differ(eager, by_hand) is None
    assert by_hand[0] != by_hand[-1]


def test_a_step_too_many_and_a_wrong_rate_would_be_noticed():
    """A loss has to change by more than what is let pass, or a peer could leave out the update."""
    for name in [name for name in STEPS if "1024" not in name and "10^6" not in name]:
        by_hand = losses("hand", WORKLOADS[name], 20)
        assert differ([by_hand[0]] * 20, by_hand), name


def test_nan_is_refused():
    assert "loss 1" in differ([1.0, math.nan], [1.0, 1.0])


def test_the_growth_exponent_is_that_of_a_power_law():
    n = np.array([8, 16, 64, 512])
    assert report.exponent(n, 3e-6 * n**1.5) == pytest.approx(1.5)


def test_a_peer_that_is_refused_or_missing_has_a_line_and_no_figure():
    found = {peer: {"time": [1e-5] * 3, "ratio": [1.0] * 3} for peer in PEERS}
    found["jax"] = {"missing": "no module named jax"}
    found["mygrad"] = {"error": "its loss 3 is 2, by hand it is 1", "ratio": [0.5] * 3}
    (name, *_) = STEPS
    text = report.steps({name: found})
    assert "JAX" not in text
    assert "refused" in text
    assert "0.50" not in text
    notes = report.notes({"one": {name: found}})
    assert "JAX, jit was left out" in notes
    assert "MyGrad was refused" in notes
