"""What each simplification of a recorded program gains: `python benchmarks/passes.py` leaves out one after the other.

Printed: the time of a whole training step without it, as a multiple of the step with all of them; median over rounds in
which every variant has a turn, on one thread.
"""

import os

for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"  # before NumPy loads its BLAS

import time
from contextlib import ExitStack
from unittest.mock import patch

import numpy as np

import autograd as ag
import nn
from autograd.program import blocks, plan, replay, simplify

ROUNDS = 45
LEFT_OUT = {
    "nothing": (),
    "copies and products with 1 dropped": ((simplify, "unchanged", lambda call: None),),
    "the same call made once": ((simplify, "signature", lambda call: None),),
    "constants made once": ((simplify, "folded", lambda call: False),),
    "gradients and parameters made in their vector": ((plan, "_as_root", lambda *args: None),),
    "results in place": ((plan, "_donor", lambda *args: None),),
    "buffers used again": ((plan, "_fitting", lambda *args: None), (plan, "_donor", lambda *args: None)),
    "buffers at all": (
        (plan, "into_buffer", lambda call: call.target is not None),
        (plan, "_as_root", lambda *a: None),
        (replay, "stacked", lambda calls, *_: (calls, {})),
    ),
    "small factors copied for BLAS": ((replay, "relaid", lambda calls: calls),),
    "calls gathered into longer runs": ((replay, "gathered", lambda calls: calls),),
    "blocks": ((blocks, "LARGE", 1 << 60),),
    "sums of many terms made at once": ((replay, "stacked", lambda calls, *_: (calls, {})),),
}


def dense(sizes, activation, output, m, dtype):
    """A dense net's step, and its batch."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(m, sizes[0])).astype(dtype)
    t = rng.integers(0, sizes[-1], m) if output == "softmax" else rng.normal(size=(m, sizes[-1])).astype(dtype)

    def make():
        model = nn.MLP(*sizes, activation=activation, output=output, rng=0, dtype=dtype)
        return nn.compile_step(model.loss, nn.SGD(model.parameters(), 1e-4))

    return make, (x, t)


def elementwise():
    """sum(tanh(x w) σ(x + b)) of 10⁶ entries."""
    x, w, b = (np.random.default_rng(i).normal(size=10**6).astype("f") for i in range(3))

    def make():
        params = [ag.Tensor(a, requires_grad=True) for a in (w, b)]
        f = lambda x: (ag.tanh(x * params[0]) * ag.sigmoid(x + params[1])).sum()
        return nn.compile_step(f, nn.SGD(params, 1e-4))

    return make, (x,)


def recurrence():
    """x = tanh(x a + b) a hundred times, on 8 entries."""
    x, a, b = (np.random.default_rng(i).uniform(0, 1, 8) for i in range(3))

    def make():
        params = [ag.Tensor(p, requires_grad=True) for p in (a, b)]

        def f(x):
            for _ in range(100):
                x = ag.tanh(x * params[0] + params[1])
            return x.sum()

        return nn.compile_step(f, nn.SGD(params, 1e-6))

    return make, (x,)


WORKLOADS = {
    "2/16/16/1, 100": (*dense([2, 16, 16, 1], "tanh", "identity", 100, np.float64), 300),
    "784/100/10, 32": (*dense([784, 100, 10], "sigmoid", "softmax", 32, np.float32), 80),
    "32 x 64, 64": (*dense([64] * 33, "relu", "identity", 64, np.float32), 15),
    "10^6 entries": (*elementwise(), 3),
    "100 times, 8": (*recurrence(), 30),
}


def ratios(make, batch, steps):
    """The median time of a step for every variant, as a multiple of that of the first."""
    programs = []
    for patches in LEFT_OUT.values():
        with ExitStack() as stack:
            for place, name, instead in patches:
                stack.enter_context(patch.object(place, name, instead))
            programs.append(make())
            programs[-1](*batch)  # recorded and planned here
    times = np.empty((ROUNDS, len(programs)))
    for k in range(ROUNDS):
        for j, step in enumerate(programs):
            start = time.perf_counter()
            for _ in range(steps):
                step(*batch)
            times[k, j] = time.perf_counter() - start
    return np.median(times / times[:, :1], axis=0)


if __name__ == "__main__":
    table = np.array([ratios(*workload) for workload in WORKLOADS.values()]).T
    print(f"| without | {' | '.join(WORKLOADS)} |\n|---|{'---|' * len(WORKLOADS)}")
    for name, row in zip(LEFT_OUT, table, strict=True):
        print(f"| {name} | {' | '.join(f'{x:.2f}' for x in row)} |")
