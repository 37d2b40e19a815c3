"""Steps as an expert writes them by hand in NumPy, allocating as plain NumPy does: what all others are measured by."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def cross_entropy(z, t):
    """The cost of net values z, labels t, and its gradient with respect to z."""
    m = len(z)
    shifted = z - z.max(axis=1, keepdims=True)
    e = np.exp(shifted)
    total = e.sum(axis=1, keepdims=True)
    rows = np.arange(m)
    loss = (np.log(total[:, 0]) - shifted[rows, t]).mean()
    d = e / total
    d[rows, t] -= 1
    d /= m
    return loss, d


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
            loss, d = cross_entropy(z, t)
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

    def lenet(self, x, t):
        (K1, b1), (K2, b2), *dense = zip(self.params[::2], self.params[1::2], strict=True)
        m, images, convs = len(x), np.pad(x[:, 0], ((0, 0), (2, 2), (2, 2)))[None], []
        for K, b in ((K1, b1), (K2, b2)):  # images (channels, samples, rows, columns)
            seen = sliding_window_view(images, (5, 5), axis=(2, 3)).transpose(0, 4, 5, 1, 2, 3)
            columns = seen.reshape(K[0].size, -1)
            a = np.maximum(K.reshape(len(K), -1) @ columns + b[:, None], 0).reshape(len(K), *seen.shape[3:])
            corners = [a[..., i::2, j::2] for i in (0, 1) for j in (0, 1)]
            images = np.maximum(np.maximum(*corners[:2]), np.maximum(*corners[2:]))
            convs.append((columns, a, corners, images))
        acts = [images.swapaxes(0, 1).reshape(m, -1)]
        for W, b in dense[:-1]:
            acts.append(np.maximum(acts[-1] @ W + b, 0))
        W, b = dense[-1]
        loss, d = cross_entropy(acts[-1] @ W + b, t)
        grads = []
        for (W, _), a in zip(dense[::-1], acts[::-1], strict=True):
            grads = [a.T @ d, d.sum(axis=0), *grads]
            d = d @ W.T
            if a is not acts[0]:
                d *= a > 0
        d = d.reshape(m, *images[:, 0].shape).swapaxes(0, 1)
        for K, (columns, a, corners, top) in ((K2, convs[1]), (K1, convs[0])):
            dz = np.empty_like(a)
            tops = [c == top for c in corners]
            share = d / np.sum(tops, axis=0, dtype=d.dtype)  # of ties, though relu stops all those that occur
            for k, mask in enumerate(tops):
                dz[..., k // 2 :: 2, k % 2 :: 2] = share * mask
            dz *= a > 0
            rows = dz.reshape(len(K), -1)
            grads = [(rows @ columns.T).reshape(K.shape), rows.sum(axis=1), *grads]
            if K is K2:
                back = (K.reshape(len(K), -1).T @ rows).reshape(*K.shape[1:], *dz.shape[1:])
                d = np.zeros_like(convs[0][3])
                for i in range(5):
                    for j in range(5):
                        d[..., i : i + 10, j : j + 10] += back[:, i, j]
        self.update(grads)
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
