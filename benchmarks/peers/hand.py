"""Steps as an expert writes them by hand in NumPy, allocating as plain NumPy does: what all others are measured by."""

import numpy as np


class ByHand:
    packages = ("numpy",)
    array = staticmethod(np.asarray)

    def __init__(self, work, params):
        self.work, self.params = work, params
        self.step = getattr(self, type(work).__name__.lower())

    def update(self, grads):
        for p, g in zip(self.params, grads, strict=True):
            p -= self.work.lr * g

    def net(self, x, t):
        activation, m = self.work.activation, len(x)
        weights, biases = self.params[::2], self.params[1::2]
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
        if self.work.cost == "cross_entropy":
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
            weights[i] -= self.work.lr * dW
            biases[i] -= self.work.lr * db
        return float(loss)

    def elementwise(self, x, t):
        w, b = self.params
        y = np.tanh(x * w)
        s = 1 / (1 + np.exp(-(x + b)))
        product = y * s
        self.update([s * (1 - y * y) * x, product * (1 - s)])
        return float(product.sum())

    def recurrence(self, x, t):
        a, b = self.params
        xs = [x]
        for _ in range(self.work.times):
            xs.append(np.tanh(xs[-1] * a + b))
        g, da, db = np.ones_like(x), np.zeros_like(a), np.zeros_like(b)
        for y, before in zip(reversed(xs), reversed(xs[:-1]), strict=False):
            g = g * (1 - y * y)
            da += g * before
            db += g
            g = g * a
        self.update([da, db])
        return float(xs[-1].sum())
