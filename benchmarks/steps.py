"""A training step against the same step written by hand in NumPy, in turns, in one run on one thread.

Run as `python benchmarks/steps.py`.  A step is forward, loss, backward and SGD update; the hand-written one allocates
as plain NumPy does.  Both must produce the same losses, or the row is refused.  Printed: the time of the hand-written
step, that of its matrix products alone, and ours as a multiple, each the median over the rounds.
"""

import os

for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"  # before NumPy loads its BLAS

import platform
import time
from itertools import pairwise

import numpy as np

import nn

ROUNDS = 21
WORKLOADS = [  # sizes, hidden activation, cost, batch, dtype, steps a round
    ([2, 16, 16, 1], "tanh", "squared_error", 100, np.float64, 300),
    ([4, 16, 3], "tanh", "cross_entropy", 16, np.float32, 400),
    ([784, 100, 10], "sigmoid", "cross_entropy", 32, np.float32, 80),
    ([784, 100, 10], "relu", "cross_entropy", 128, np.float32, 30),
    ([64] * 33, "relu", "squared_error", 64, np.float32, 15),
    ([784, 1024, 1024, 10], "relu", "cross_entropy", 256, np.float32, 1),
]
LR = 0.001


def by_hand(weights, biases, activation, cost):
    """The step as an expert writes it without preallocating: samples in rows, W of shape (in, out)."""

    def step(x, t):
        a = [x]
        for W, b in zip(weights, biases, strict=True):
            z = a[-1] @ W + b
            if W is weights[-1]:
                break
            if activation == "tanh":
                a.append(np.tanh(z))
            elif activation == "sigmoid":
                a.append(1 / (1 + np.exp(-z)))
            else:
                a.append(np.maximum(z, 0))
        m = len(x)
        if cost == "cross_entropy":
            shifted = z - z.max(axis=1, keepdims=True)
            e = np.exp(shifted)
            total = e.sum(axis=1, keepdims=True)
            rows = np.arange(m)
            loss = (np.log(total[:, 0]) - shifted[rows, t]).mean()
            d = e / total
            d[rows, t] -= 1
            d /= m
        else:
            d = z - t
            loss = (d * d).sum() / m
            d *= 2 / m
        for i in reversed(range(len(weights))):
            dW, db = a[i].T @ d, d.sum(axis=0)
            if i:
                d = d @ weights[i].T
                if activation == "tanh":
                    d *= 1 - a[i] * a[i]
                elif activation == "sigmoid":
                    d *= a[i] * (1 - a[i])
                else:
                    d *= a[i] > 0
            weights[i] -= LR * dW
            biases[i] -= LR * db
        return float(loss)

    return step


def ours(model):
    optimizer = nn.SGD(model.parameters(), lr=LR)

    def step(x, t):
        optimizer.zero_grad()
        loss = model.loss(x, t)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def matmuls(sizes, m, dtype):
    """The matrix products of a step and nothing else."""
    a = [np.ones((m, n), dtype) for n in sizes]
    weights = [np.ones(pair, dtype) for pair in pairwise(sizes)]

    def step(x, t):
        for i, W in enumerate(weights):
            a[i] @ W
            a[i].T @ a[i + 1]
            if i:
                a[i + 1] @ W.T

    return step


def measure(sizes, activation, cost, m, dtype, steps):
    rng = np.random.default_rng(0)
    output = "softmax" if cost == "cross_entropy" else "identity"
    model = nn.MLP(*sizes, activation=activation, output=output, cost=cost, rng=0, dtype=dtype)
    x = rng.normal(size=(m, sizes[0])).astype(dtype)
    t = rng.integers(0, sizes[-1], m) if output == "softmax" else rng.normal(size=(m, sizes[-1])).astype(dtype)
    params = [p.data.T.copy() for p in model.parameters()]
    peers = [by_hand(params[::2], params[1::2], activation, cost), ours(model), matmuls(sizes, m, dtype)]
    losses = [[step(x, t) for _ in range(20)] for step in peers[:2]]
    np.testing.assert_allclose(*losses, rtol=1e-4, err_msg="refused: the losses differ")
    times = np.empty((ROUNDS, len(peers)))
    for k in range(ROUNDS):
        for j, step in enumerate(peers):
            start = time.perf_counter()
            for _ in range(steps):
                step(x, t)
            times[k, j] = (time.perf_counter() - start) / steps
    hand, eager, products = np.median(times, axis=0)
    ratios = times[:, 1] / times[:, 0]
    name = f"{'/'.join(map(str, sizes)) if len(sizes) < 6 else f'{len(sizes) - 1} layers of {sizes[0]}'} {activation}"
    print(
        f"| {name}, {m}, {np.dtype(dtype).name} | {hand * 1e6:,.0f} us | {products / hand:.2f} "
        f"| {eager / hand:.2f} ({ratios.min():.2f} to {ratios.max():.2f}) |",
        flush=True,
    )


if __name__ == "__main__":
    print(f"Python {platform.python_version()}, NumPy {np.__version__}, one thread, {ROUNDS} rounds in turns\n")
    print("| net, batch, dtype | written by hand | its matrix products | ours, eager |\n|---|---|---|---|")
    for workload in WORKLOADS:
        measure(*workload)
