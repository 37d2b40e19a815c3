"""What the tests measure with: leaves, gradients by the engine, and gradients by central differences."""

import numpy as np

from autograd import Tensor, gradients


def leaf(a, **kwargs):
    return Tensor(np.asarray(a, kwargs.pop("dtype", float)), requires_grad=True, **kwargs)


def engine(f, *arrays):
    """The gradients of sum(f(*arrays)), by the engine."""
    xs = [leaf(a, dtype=None) for a in arrays]
    out = f(*xs)
    return gradients(out, xs, cotangent=np.ones(out.shape))


def slope(f, arrays, directions, h=1e-6):
    """The derivative of a function of several arrays along directions, by central differences."""
    ahead = f(*(a + h * d for a, d in zip(arrays, directions, strict=True)))
    behind = f(*(a - h * d for a, d in zip(arrays, directions, strict=True)))
    return (np.asarray(ahead) - np.asarray(behind)) / (2 * h)


def numerical(f, a, h=1e-6):
    """The gradient of a function of one array to a number, entry by entry, by central differences."""
    g = np.zeros_like(a)
    for i in np.ndindex(a.shape):
        e = np.zeros_like(a)
        e[i] = 1
        g[i] = slope(f, [a], [e], h)
    return g
