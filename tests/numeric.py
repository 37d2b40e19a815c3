"""What the tests measure with: leaves, gradients by the engine, and gradients by central differences."""

import os
from itertools import product

import numpy as np
import pytest

from autograd import Tensor, gradients

# Windows has none of these; CI runs the tests that use them on Linux and macOS.
posix = pytest.mark.skipif(os.name != "posix", reason="the signals, modes and pipes in it are POSIX's: run it there")


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


def patches(x, kernel, stride, padding, dilation, fill=0.0):
    """(place, patch (N, C, kernel ...)) of every window over x (N, C, spatial ...), entry by entry."""
    lengths = x.shape[2:]
    sizes = [(m + a + b - d * (k - 1) - 1) // s + 1
             for m, k, s, (a, b), d in zip(lengths, kernel, stride, padding, dilation, strict=True)]  # fmt: skip
    for place in product(*map(range, sizes)):
        patch = np.full((*x.shape[:2], *kernel), fill)
        for entry in product(*map(range, kernel)):
            at = [p * s + e * d - a for p, s, e, d, (a, _) in zip(place, stride, entry, dilation, padding, strict=True)]
            if all(0 <= i < m for i, m in zip(at, lengths, strict=True)):
                patch[(slice(None), slice(None), *entry)] = x[(slice(None), slice(None), *at)]
        yield place, patch


def gathered(values):
    """Arrays (N, C) by place as one of (N, C, places ...)."""
    places, first = [place for place, _ in values], values[0][1]
    out = np.empty((*first.shape, *(max(along) + 1 for along in zip(*places, strict=True))))
    for place, value in values:
        out[(slice(None), slice(None), *place)] = value
    return out


def conv_by_loops(x, weight, bias=None, stride=(1,), padding=((0, 0),), dilation=(1,), groups=1):
    """Σ weight · patch at every place, one output channel after the other."""
    outputs, channels = weight.shape[:2]
    values = []
    for place, patch in patches(x, weight.shape[2:], stride, padding, dilation):
        z = np.zeros((len(x), outputs))
        for o in range(outputs):
            first = o // (outputs // groups) * channels
            z[:, o] = (patch[:, first : first + channels] * weight[o]).sum(axis=tuple(range(1, patch.ndim)))
        values.append((place, z if bias is None else z + bias))
    return gathered(values)


def pool_by_loops(reduce, x, kernel, stride, padding, fill):
    """reduce(patch) at every place."""
    each = patches(x, kernel, stride, padding, (1,) * len(kernel), fill)
    return gathered([(place, reduce(patch, axis=tuple(range(2, patch.ndim)))) for place, patch in each])
