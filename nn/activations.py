"""The activations as layers: each calls one op, entry by entry, or along the last axis."""

from __future__ import annotations

from typing import Any

import autograd
from autograd.arguments import explained
from nn.checks import real
from nn.module import Module


class Activation(Module):
    """The base of activations: an op of one array as a layer.

    >>> class Sine(Activation):
    ...     op = autograd.sin
    >>> print(Sine()(0.0))
    0.0
    """

    op: Any
    options: tuple[str, ...] = ()  # attributes that are keywords of the op

    def forward(self, x: Any) -> Any:
        return self.op(x, **{name: getattr(self, name) for name in self.options})

    def extra_repr(self) -> str:
        return ", ".join(f"{getattr(self, name)}" for name in self.options)


class Identity(Module):
    """x itself."""

    def forward(self, x: Any) -> Any:
        return x


class Sigmoid(Activation):
    """autograd.sigmoid as a layer."""

    op = autograd.sigmoid


class Tanh(Activation):
    """autograd.tanh as a layer."""

    op = autograd.tanh


class ReLU(Activation):
    """autograd.relu as a layer."""

    op = autograd.relu


class LeakyReLU(Activation):
    """autograd.leaky_relu as a layer."""

    op, options = autograd.leaky_relu, ("negative_slope",)

    @explained
    def __init__(self, negative_slope: float = 0.01) -> None:
        self.negative_slope = real("negative_slope", negative_slope)


class ELU(Activation):
    """autograd.elu as a layer."""

    op, options = autograd.elu, ("alpha",)

    @explained
    def __init__(self, alpha: float = 1.0) -> None:
        self.alpha = real("alpha", alpha)


class SELU(Activation):
    """autograd.selu as a layer."""

    op = autograd.selu


class GELU(Activation):
    """autograd.gelu as a layer, exact or, with approximate="tanh", as the paper approximates it."""

    op, options = autograd.gelu, ("approximate",)

    @explained
    def __init__(self, approximate: str = "none") -> None:
        self.op(0.0, approximate=approximate)  # which refuses what it does not take
        self.approximate = approximate


class Softplus(Activation):
    """autograd.softplus as a layer."""

    op = autograd.softplus


class Swish(Activation):
    """autograd.swish as a layer."""

    op = autograd.swish


class SiLU(Swish):
    """Swish under PyTorch's name."""


class Mish(Activation):
    """autograd.mish as a layer."""

    op = autograd.mish


class Hardtanh(Activation):
    """autograd.hard_tanh, which holds x between -1 and 1, as a layer."""

    op = autograd.hard_tanh


class LogSigmoid(Activation):
    """autograd.log_sigmoid as a layer."""

    op = autograd.log_sigmoid


class Softmax(Activation):
    """autograd.softmax over the last axis as a layer."""

    op = autograd.softmax


class LogSoftmax(Activation):
    """autograd.log_softmax over the last axis as a layer."""

    op = autograd.log_softmax


ACTIVATIONS: dict[str, type[Module]] = {
    "identity": Identity, "sigmoid": Sigmoid, "tanh": Tanh, "relu": ReLU, "leaky_relu": LeakyReLU, "elu": ELU,
    "selu": SELU, "gelu": GELU, "softplus": Softplus, "swish": Swish, "silu": SiLU, "mish": Mish,
    "hard_tanh": Hardtanh, "log_sigmoid": LogSigmoid, "softmax": Softmax, "log_softmax": LogSoftmax,
}  # fmt: skip
