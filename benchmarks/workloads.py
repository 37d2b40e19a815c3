"""What is measured: each workload has data, parameters, and a loss that is written once, in the ops of a peer."""

from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

import numpy as np


@dataclass(frozen=True)
class Net:
    """A dense net on one batch, the last layer without activation."""

    sizes: tuple[int, ...]
    activation: str  # of the hidden layers
    cost: str
    batch: int
    dtype: str
    lr: float = 1e-3

    def data(self):
        """x, t and the parameters W1, b1, W2, b2 ..., W of shape (in, out)."""
        rng, n = np.random.default_rng(0), self.sizes[-1]
        gain = 2 if self.activation == "relu" else 1
        draw = lambda *shape: rng.standard_normal(shape, self.dtype)
        x = draw(self.batch, self.sizes[0])
        t = rng.integers(0, n, self.batch) if self.cost == "cross_entropy" else draw(self.batch, n)
        params = []
        for pair in pairwise(self.sizes):
            W = draw(*pair)
            W *= np.sqrt(gain / pair[0])
            params += [W, np.zeros(pair[1], self.dtype)]
        return x, t, params

    def loss(self, ops, params, x, t):
        *hidden, last = zip(params[::2], params[1::2], strict=True)
        activation = getattr(ops, self.activation)
        for W, b in hidden:
            x = activation(ops.linear(x, W, b))
        return getattr(ops, self.cost)(ops.linear(x, *last), t)


@dataclass(frozen=True)
class LeNet:
    """The convolutional net of LeCun et al. (1998) for 28x28 digits, with relu, and pools that take the largest."""

    batch: int
    dtype: str = "float32"
    lr: float = 1e-2
    sizes: ClassVar[tuple[tuple[int, ...], ...]] = ((6, 1, 5, 5), (16, 6, 5, 5), (400, 120), (120, 84), (84, 10))

    def data(self):
        """x (batch, 1, 28, 28), labels, and the parameters: filters (out, in, 5, 5), weights (in, out), biases."""
        rng = np.random.default_rng(0)
        draw = lambda *shape: rng.standard_normal(shape, self.dtype)
        params = []
        for shape in self.sizes:
            W, filters = draw(*shape), len(shape) == 4
            W *= np.sqrt(2 / (np.prod(shape[1:]) if filters else shape[0]))
            params += [W, np.zeros(shape[0 if filters else 1], self.dtype)]
        return draw(self.batch, 1, 28, 28), rng.integers(0, 10, self.batch), params

    def loss(self, ops, params, x, t):
        (K1, b1), (K2, b2), *dense, last = zip(params[::2], params[1::2], strict=True)
        x = ops.max_pool(ops.relu(ops.conv(x, K1, b1, 2)))
        x = ops.max_pool(ops.relu(ops.conv(x, K2, b2, 0))).reshape(self.batch, 400)
        for W, b in dense:
            x = ops.relu(ops.linear(x, W, b))
        return ops.cross_entropy(ops.linear(x, *last), t)


@dataclass(frozen=True)
class Elementwise:
    """sum(tanh(x * w) * sigmoid(x + b)) of large vectors."""

    length: int
    dtype: str = "float32"
    lr: float = 1e-3

    def data(self):
        rng = np.random.default_rng(0)
        x, w, b = (rng.standard_normal(self.length, self.dtype) for _ in range(3))
        return x, np.zeros(0), [np.abs(w), b]  # w > 0, so that the sum is large beside its rounding

    def loss(self, ops, params, x, t):
        w, b = params
        return ops.sum(ops.tanh(x * w) * ops.sigmoid(x + b))


@dataclass(frozen=True)
class Recurrence:
    """sum(x) after x = tanh(x * a + b) many times, on vectors so short that only the number of operations counts."""

    times: int
    width: int = 8
    dtype: str = "float64"
    lr: float = 1e-6

    def data(self):
        rng = np.random.default_rng(0)
        a = rng.uniform(0.9, 1, self.width)  # the fixed point attracts slowly: no gradient underflows
        return rng.standard_normal(self.width), np.zeros(0), [a, rng.uniform(0, 0.1, self.width)]

    def loss(self, ops, params, x, t):
        a, b = params
        loop = getattr(ops, "loop", repeated)
        return ops.sum(loop(lambda x: ops.tanh(x * a + b), self.times, x))


def repeated(f, times, x):
    """f(f(... f(x))): a loop of Python's, for peers that have none of their own."""
    for _ in range(times):
        x = f(x)
    return x


@dataclass(frozen=True)
class Sweep:
    """One net in growing sizes."""

    title: str
    net: object  # a function of the size
    points: tuple[int, ...]
    rounds: ClassVar[int] = 7

    def workloads(self, name):
        return {f"{name} {n}": self.net(n) for n in self.points}


STEPS = {
    "2/16/16/1 tanh, 100, squared error, f64": Net((2, 16, 16, 1), "tanh", "squared_error", 100, "float64"),
    "4/16/3 tanh, 16, cross-entropy, f32": Net((4, 16, 3), "tanh", "cross_entropy", 16, "float32"),
    "784/100/10 sigmoid, 32, cross-entropy, f32": Net((784, 100, 10), "sigmoid", "cross_entropy", 32, "float32"),
    "784/100/10 relu, 128, cross-entropy, f32": Net((784, 100, 10), "relu", "cross_entropy", 128, "float32"),
    "32 layers of 64 relu, 64, squared error, f32": Net((64,) * 33, "relu", "squared_error", 64, "float32", lr=1e-4),
    "784/1024/1024/10 relu, 256, cross-entropy, f32": Net(
        (784, 1024, 1024, 10), "relu", "cross_entropy", 256, "float32"
    ),
    "LeNet relu, 64 of 28x28, cross-entropy, f32": LeNet(64),
    "sum(tanh(x w) sigmoid(x + b)), 10^6, f32": Elementwise(10**6),
    "1000 times tanh(x a + b), width 8, f64": Recurrence(1000),
}
SWEEPS = {
    "batch": Sweep(
        "784/100/10 relu, cross-entropy, float32",
        lambda n: Net((784, 100, 10), "relu", "cross_entropy", n, "float32"),
        (1, 4, 16, 64, 256, 1024, 4096),
    ),
    "depth": Sweep(
        "layers of 64 relu, batch 64, squared error, float32",
        lambda n: Net((64,) * (n + 1), "relu", "squared_error", 64, "float32", lr=1e-5),
        (1, 2, 8, 32, 128, 512),
    ),
    "width": Sweep(
        "two layers of this width, relu, batch 64, squared error, float32",
        lambda n: Net((n, n, n), "relu", "squared_error", 64, "float32", lr=1e-4),
        (8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096),
    ),
}
WORKLOADS = STEPS | {name: work for key, sweep in SWEEPS.items() for name, work in sweep.workloads(key).items()}
