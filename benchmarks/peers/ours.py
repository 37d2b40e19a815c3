"""glassgrad as it is used: nn.MLP and nn.SGD; eager, recorded with the update inside, and recorded without it."""

import numpy as np
from workloads import Net

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
