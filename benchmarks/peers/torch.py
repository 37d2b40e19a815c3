"""PyTorch as it is mostly used: eager, with the functions that are fused, and torch.optim.SGD."""

import torch
import torch.nn.functional as F


class Torch:
    packages = ("torch",)
    array = staticmethod(torch.from_numpy)
    tanh, sigmoid, relu, sum = torch.tanh, torch.sigmoid, torch.relu, torch.sum
    linear = staticmethod(lambda x, W, b: torch.addmm(b, x, W))
    conv = staticmethod(lambda x, K, b, padding: F.conv2d(x, K, b, padding=padding))
    max_pool = staticmethod(lambda x: F.max_pool2d(x, 2))
    cross_entropy = staticmethod(F.cross_entropy)
    squared_error = staticmethod(lambda z, t: F.mse_loss(z, t, reduction="sum") / len(z))

    def __init__(self, work, params):
        self.work = work
        self.params = [torch.from_numpy(p).requires_grad_() for p in params]
        self.optimizer = torch.optim.SGD(self.params, lr=work.lr)

    def step(self, x, t):
        self.optimizer.zero_grad()
        loss = self.work.loss(self, self.params, x, t)
        loss.backward()
        self.optimizer.step()
        return loss.item()
