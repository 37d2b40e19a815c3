"""The layers: Linear, the activations as modules, and Sequential, which runs them one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

import autograd
from autograd import Tensor, linear
from nn.checks import named, whole
from nn.init import INITS, Seed
from nn.module import Module


class Linear(Module):
    """z = x Wᵀ + b: samples in the rows of x, one row of W for each output (notes A and D: A1, D7).

    in_features, out_features   the lengths of a sample in x and in z
    bias    whether there is a b; it starts at 0
    init    how W starts: a function (shape, rng, dtype), or its name in nn.init
    rng     a seed or a numpy Generator
    dtype   of W and b: float64, or float32 for speed

    >>> layer = Linear(3, 2, rng=0)
    >>> layer(np.ones((5, 3))).shape
    (5, 2)
    >>> layer
    Linear(3 -> 2)  weight (2, 3), bias (2,)  8 parameters
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        *,
        init: str | Callable[..., np.ndarray] = "he_normal",
        rng: Seed = None,
        dtype: Any = np.float64,
    ) -> None:
        self.in_features, self.out_features = (
            whole("in_features", in_features, 1),
            whole("out_features", out_features, 1),
        )
        start = init if callable(init) else named("initialisation", init, INITS)
        weight = np.asarray(start((out_features, in_features), rng, dtype), dtype, order="F")  # so that Wᵀ suits BLAS
        if weight.shape != (out_features, in_features):
            raise ValueError(f"init: expected weights of shape {(out_features, in_features)}, got {weight.shape}")
        self.weight = Tensor(weight, requires_grad=True, name="weight")
        self.bias = Tensor(np.zeros(out_features, dtype), requires_grad=True, name="bias") if bias else None

    def forward(self, x: Any) -> Any:
        return linear(x, self.weight, self.bias)

    def extra_repr(self) -> str:
        return f"{self.in_features} -> {self.out_features}"


class Sequential(Module):
    """Runs modules, or plain functions, one after the other; they are numbered from 0, as in PyTorch.

    >>> Sequential(Linear(2, 3, rng=0), Tanh(), Linear(3, 1, rng=1))
    Sequential(
      0: Linear(2 -> 3)  weight (3, 2), bias (3,)  9 parameters
      1: Tanh()
      2: Linear(3 -> 1)  weight (1, 3), bias (1,)  4 parameters
    )  13 parameters
    """

    def __init__(self, *layers: Callable[[Any], Any]) -> None:
        for i, layer in enumerate(layers):
            if not callable(layer):
                raise TypeError(f"Sequential: expected a module or function in place {i}, got {layer!r}")
        self.layers = list(layers)

    def attributes(self) -> Iterable[tuple[str, Any]]:
        others = ((name, x) for name, x in vars(self).items() if name != "layers")
        return [*((str(i), layer) for i, layer in enumerate(self.layers)), *others]

    def forward(self, x: Any) -> Any:
        for layer in self.layers:
            x = layer(x)
        return x

    def __getitem__(self, i: int) -> Any:
        return self.layers[i]

    def __len__(self) -> int:
        return len(self.layers)


class Identity(Module):
    """x itself."""

    def forward(self, x: Any) -> Any:
        return x


class Sigmoid(Module):
    """autograd.sigmoid as a layer."""

    def forward(self, x: Any) -> Any:
        return autograd.sigmoid(x)


class Tanh(Module):
    """autograd.tanh as a layer."""

    def forward(self, x: Any) -> Any:
        return autograd.tanh(x)


class ReLU(Module):
    """autograd.relu as a layer."""

    def forward(self, x: Any) -> Any:
        return autograd.relu(x)


class LeakyReLU(Module):
    """autograd.leaky_relu as a layer."""

    def __init__(self, negative_slope: float = 0.01) -> None:
        self.negative_slope = negative_slope

    def forward(self, x: Any) -> Any:
        return autograd.leaky_relu(x, negative_slope=self.negative_slope)

    def extra_repr(self) -> str:
        return f"{self.negative_slope}"


class Softplus(Module):
    """autograd.softplus as a layer."""

    def forward(self, x: Any) -> Any:
        return autograd.softplus(x)


class Swish(Module):
    """autograd.swish as a layer."""

    def forward(self, x: Any) -> Any:
        return autograd.swish(x)


class Softmax(Module):
    """autograd.softmax over the last axis as a layer."""

    def forward(self, x: Any) -> Any:
        return autograd.softmax(x)


ACTIVATIONS: dict[str, type[Module]] = {
    "identity": Identity, "sigmoid": Sigmoid, "tanh": Tanh, "relu": ReLU, "leaky_relu": LeakyReLU,
    "softplus": Softplus, "swish": Swish, "softmax": Softmax,
}  # fmt: skip
