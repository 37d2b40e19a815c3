"""What the derivations share: activations with their slopes by hand, random nets, and what it is to agree."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np

import autograd as ag
import nn


class Activation(NamedTuple):
    op: Callable  # the engine's
    f: Callable  # NumPy's
    slope: Callable  # f', differentiated by hand


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def softmax(z):
    """Of each column."""
    return np.exp(z) / np.exp(z).sum(0)


ACTIVATIONS = {
    "identity": Activation(lambda z: z, lambda z: z, np.ones_like),
    "sigmoid": Activation(ag.sigmoid, sigmoid, lambda z: np.exp(-z) / (1 + np.exp(-z)) ** 2),
    "tanh": Activation(ag.tanh, np.tanh, lambda z: 1 / np.cosh(z) ** 2),
    "relu": Activation(ag.relu, lambda z: np.where(z > 0, z, 0), lambda z: np.where(z > 0, 1.0, 0.0)),
    "leaky_relu": Activation(
        ag.leaky_relu, lambda z: np.where(z > 0, z, 0.01 * z), lambda z: np.where(z > 0, 1.0, 0.01)
    ),
    "softplus": Activation(ag.softplus, lambda z: np.log(1 + np.exp(z)), sigmoid),
    "swish": Activation(
        ag.swish, lambda z: z * sigmoid(z), lambda z: (1 + np.exp(-z) + z * np.exp(-z)) / (1 + np.exp(-z)) ** 2
    ),
}


@dataclass
class Net:
    """A net's layers, counted from 1 as in the notes: W is n_l x n_(l-1), b a column, each layer has its own f."""

    op: dict[int, Callable]
    f: dict[int, Callable]
    slope: dict[int, Callable]
    W: dict[int, np.ndarray]
    b: dict[int, np.ndarray]

    @property
    def L(self):
        return len(self.W)


def random_net(description, rng):
    """A net from its sizes N0/N1/.../NL and the activation of each layer, as in "3/5/2 tanh sigmoid"."""
    sizes, *names = description.split()
    chosen = [ACTIVATIONS[name] for name in names]
    shapes = [(n, before) for before, n in pairwise(map(int, sizes.split("/")))]
    op, f, slope = (dict(enumerate(functions, 1)) for functions in zip(*chosen, strict=True))
    # scaled, so that no node saturates: out there sigmoid and tanh have the digits of s(1 - s) and 1 - t², no more
    W = {layer: rng.normal(size=shape) / np.sqrt(shape[1]) for layer, shape in enumerate(shapes, 1)}
    return Net(op, f, slope, W, {layer: rng.normal(size=(len(w), 1)) for layer, w in W.items()})


def forward(f, W, b, x):
    """z and a of every layer, a[0] = x: computed by NumPy if these are arrays, by the engine if they are Tensors."""
    z, a = {}, {0: x}
    for layer in W:
        z[layer] = W[layer] @ a[layer - 1] + b[layer]
        a[layer] = f[layer](z[layer])
    return z, a


def linears(model):
    """The dense layers of a model of nn, counted from 1."""
    return dict(enumerate((layer for layer in model.layers if isinstance(layer, nn.Linear)), 1))


def filled(model, net):
    """A model of nn with the net's weights, and its biases without the second axis."""
    for layer, linear in linears(model).items():
        linear.weight.data, linear.bias.data = net.W[layer], net.b[layer][:, 0]
    return model


def in_rows(net):
    """The same net as nn has it, with samples in rows."""
    layers = ((nn.Linear(w.shape[1], w.shape[0]), net.op[layer]) for layer, w in net.W.items())
    return filled(nn.Sequential(*(m for pair in layers for m in pair)), net)


def gradients_in_rows(model):
    """dC/dW and dC/db by layer, the biases as columns again."""
    layers = linears(model).items()
    return {k: linear.weight.grad for k, linear in layers}, {k: linear.bias.grad[:, None] for k, linear in layers}


def agree(found, expected):
    """The same shape, and the same numbers to 1e-12 of the largest; layer by layer if these are dicts."""
    if isinstance(expected, dict):
        assert found.keys() == expected.keys()
        for layer in expected:
            agree(found[layer], expected[layer])
    else:
        bound = 1e-12 * np.abs(expected).max()
        np.testing.assert_allclose(found, expected, rtol=0, atol=bound, equal_nan=False, strict=True)


def differ(found, printed):
    """Another shape, or numbers that no rounding explains."""
    assert found.shape != printed.shape or np.abs(found - printed).max() > 0.01 * np.abs(found).max()
