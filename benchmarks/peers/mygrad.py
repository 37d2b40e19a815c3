"""MyGrad, with its own fused ops, and without its guards on memory, as its documentation advises for speed."""

import mygrad as mg
import numpy as np
from mygrad.nnet import conv_nd, max_pool, relu, sigmoid, softmax_crossentropy

mg.turn_memory_guarding_off()


class MyGrad:
    packages = ("mygrad", "numpy")
    array = staticmethod(np.asarray)
    tanh, sigmoid, relu, sum = map(staticmethod, (mg.tanh, sigmoid, relu, mg.sum))
    cross_entropy = staticmethod(softmax_crossentropy)
    linear = staticmethod(lambda x, W, b: mg.matmul(x, W) + b)
    conv = staticmethod(lambda x, K, b, padding: conv_nd(x, K, stride=1, padding=padding) + b.reshape(-1, 1, 1))
    max_pool = staticmethod(lambda x: max_pool(x, (2, 2), 2))
    squared_error = staticmethod(lambda z, t: mg.sum((z - t) ** 2) / len(t))

    def __init__(self, work, params):
        self.work, self.params = work, [mg.tensor(p, copy=False) for p in params]

    def step(self, x, t):
        loss = self.work.loss(self, self.params, x, t)
        loss.backward()
        for p in self.params:
            p.data -= self.work.lr * p.grad
        return loss.item()
