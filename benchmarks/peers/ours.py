"""glassgrad as it is used: nn's layers and nn.SGD; eager, recorded with the update inside, and recorded without it."""

import numpy as np
from workloads import LeNet, Net

import autograd
import nn


class Eager:
    packages = ("numpy",)
    array = staticmethod(np.asarray)
    tanh, sigmoid, sum = map(staticmethod, (autograd.tanh, autograd.sigmoid, autograd.sum))

    def __init__(self, work, params):
        if isinstance(work, Net):
            output = "softmax" if work.cost == "cross_entropy" else "identity"
            model = nn.MLP(
                *work.sizes, activation=work.activation, output=output, cost=work.cost, rng=0, dtype=work.dtype
            )
            self.params = model.parameters()
            for p, array in zip(self.params, params, strict=True):
                p.data[...] = array.T
            self.loss = model.loss
        elif isinstance(work, LeNet):
            model = lenet(work.dtype)
            self.params = model.parameters()
            for p, array in zip(self.params, params, strict=True):
                p.data[...] = array.T if array.ndim == 2 else array
            self.loss = lambda x, t: nn.cross_entropy(model(x), t)
        else:
            self.params = [autograd.Tensor(p.copy(), requires_grad=True) for p in params]  # nobody else holds them
            self.loss = lambda x, t: work.loss(self, self.params, x, t)
        self.optimizer = nn.SGD(self.params, lr=work.lr)

    def step(self, x, t):
        self.optimizer.zero_grad()
        loss = self.loss(x, t)
        loss.backward()
        self.optimizer.step()
        return loss.item()


def lenet(dtype):
    """The layers of workloads.LeNet."""
    how = {"rng": 0, "dtype": dtype}
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2, **how), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5, **how), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(400, 120, **how), nn.ReLU(), nn.Linear(120, 84, **how), nn.ReLU(), nn.Linear(84, 10, **how),
    )  # fmt: skip


class Apart(Eager):
    def __init__(self, work, params):
        super().__init__(work, params)
        self.program = autograd.compile(self.loss, wrt=self.params)

    def step(self, x, t):
        self.optimizer.zero_grad()
        loss = self.program(x, t)
        self.optimizer.step()
        return loss.item()


class Compiled(Eager):
    def __init__(self, work, params):
        super().__init__(work, params)
        self.program = nn.compile_step(self.loss, self.optimizer)

    def step(self, x, t):
        return self.program(x, t).item()
