"""The layers of a convolutional net: convolutions, pools, and Flatten, which leads from them to dense layers."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any, ClassVar

import numpy as np

import autograd
from autograd import Tensor
from autograd.arguments import explained, flag
from autograd.arrays import arraylike
from autograd.ops.pooling import at_most_half
from autograd.ops.windows import Lengths, per_axis
from nn.checks import Seed, whole
from nn.init import start
from nn.module import Module


class Convolution(Module):
    """The base of convolutions, each of which says along how many axes it goes."""

    axes: ClassVar[int]  # how many are spatial

    @explained
    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Lengths,
        stride: Lengths = 1,
        padding: Lengths | str = 0,
        dilation: Lengths = 1,
        groups: int = 1,
        bias: bool = True,
        *,
        init: str | Callable[..., np.ndarray] = "he_normal",
        rng: Seed = None,
        dtype: Any = np.float64,
    ) -> None:
        name, n = type(self).__name__, self.axes
        self.in_channels = whole("in_channels", in_channels, 1)
        self.out_channels = whole("out_channels", out_channels, 1)
        self.groups = whole("groups", groups, 1)
        if in_channels % groups or out_channels % groups:
            raise ValueError(f"{name}: expected groups to divide in_channels {in_channels} and out_channels "
                             f"{out_channels}, got {groups}")  # fmt: skip
        self.kernel_size = per_axis(name, "kernel_size", kernel_size, n, 1)
        self.stride = per_axis(name, "stride", stride, n, 1)
        self.dilation = per_axis(name, "dilation", dilation, n, 1)
        words = ', or "same" or "valid"'
        self.padding = padding if padding in ("same", "valid") else per_axis(name, "padding", padding, n, 0, words)
        if padding == "same" and max(self.stride) > 1:
            raise ValueError(f'{name}: padding="same" is for stride 1, got stride {stride}')
        weight = start((out_channels, in_channels // groups, *self.kernel_size), init, rng, dtype)
        self.weight = Tensor(weight, requires_grad=True, name="weight")
        self.bias = (
            Tensor(np.zeros(out_channels, dtype), requires_grad=True, name="bias") if flag("bias", bias) else None
        )

    def forward(self, x: Any) -> Any:
        return autograd.conv(x, self.weight, self.bias, stride=self.stride, padding=self.padding,
                             dilation=self.dilation, groups=self.groups)  # fmt: skip

    def extra_repr(self) -> str:
        usual = {"stride": (1,) * self.axes, "padding": (0,) * self.axes, "dilation": (1,) * self.axes, "groups": 1}
        said = "".join(f", {name} {getattr(self, name)}" for name, x in usual.items() if getattr(self, name) != x)
        return f"{self.in_channels} -> {self.out_channels}, kernel {self.kernel_size}{said}"


class Conv1d(Convolution):
    """Convolution along one axis: x (N, in_channels, L) to (N, out_channels, places); arguments as Conv2d.

    >>> Conv1d(2, 4, 3, padding="same", rng=0)(np.ones((5, 2, 100))).shape
    (5, 4, 100)
    """

    axes = 1


class Conv2d(Convolution):
    """Convolution of images: x (N, in_channels, H, W) to (N, out_channels, places ...), see autograd.conv (note E: E5).

    kernel_size   of the filters; one number, or one for each axis, as of stride, padding and dilation
    stride        how far apart the places lie that a filter looks at
    padding       how many zeros go to both ends of an axis; or "valid": none, "same": so many that none is lost
    dilation      how far apart the entries lie that a filter looks at
    groups        into how many groups channels are cut, each with filters of its own
    bias          whether there is one for each output channel; it starts at 0
    init          how the weight (out_channels, in_channels / groups, kernel ...) starts: a function (shape, rng,
                  dtype), or its name in nn.init
    rng           a seed or a numpy Generator
    dtype         of the parameters: float64, or float32 for speed

    >>> layer = Conv2d(1, 6, 5, padding=2, rng=0)
    >>> layer(np.ones((64, 1, 28, 28))).shape
    (64, 6, 28, 28)
    >>> layer
    Conv2d(1 -> 6, kernel (5, 5), padding (2, 2))  weight (6, 1, 5, 5), bias (6,)  156 parameters
    """

    axes = 2


class Pool(Module):
    """The base of pools, each of which says along how many axes it goes, and what it makes of the entries."""

    axes: ClassVar[int]
    pool: ClassVar[Callable[..., Any]]

    @explained
    def __init__(self, kernel_size: Lengths, stride: Lengths | None = None, padding: Lengths = 0) -> None:
        name, n = type(self).__name__, self.axes
        self.kernel_size = per_axis(name, "kernel_size", kernel_size, n, 1)
        self.stride = per_axis(name, "stride", self.kernel_size if stride is None else stride, n, 1)
        self.padding = per_axis(name, "padding", padding, n, 0)
        at_most_half(name, self.kernel_size, self.padding)

    def forward(self, x: Any) -> Any:
        x = arraylike(x)
        if x.ndim != self.axes + 2:
            expected = ("(N, C, L)", "(N, C, H, W)")[self.axes - 1]
            hint = ": write x[None] for one sample" if x.ndim == self.axes + 1 else ""
            raise ValueError(f"{type(self).__name__}: expected x {expected}, got {x.shape}{hint}")
        return type(self).pool(x, self.kernel_size, self.stride, self.padding)

    def extra_repr(self) -> str:
        stride = f", stride {self.stride}" if self.stride != self.kernel_size else ""
        padding = f", padding {self.padding}" if any(self.padding) else ""
        return f"{self.kernel_size}{stride}{padding}"


class MaxPool1d(Pool):
    """autograd.max_pool of x (N, C, L) as a layer."""

    axes, pool = 1, staticmethod(autograd.max_pool)


class MaxPool2d(Pool):
    """autograd.max_pool of x (N, C, H, W) as a layer; stride is kernel_size by default.

    >>> MaxPool2d(2)(np.ones((5, 6, 28, 28))).shape
    (5, 6, 14, 14)
    """

    axes, pool = 2, staticmethod(autograd.max_pool)


class AvgPool1d(Pool):
    """autograd.avg_pool of x (N, C, L) as a layer."""

    axes, pool = 1, staticmethod(autograd.avg_pool)


class AvgPool2d(Pool):
    """autograd.avg_pool of x (N, C, H, W) as a layer; zeros of the padding are counted, as in PyTorch."""

    axes, pool = 2, staticmethod(autograd.avg_pool)


class Flatten(Module):
    """All axes from start_dim on as one: (N, C, H, W) to (N, C H W).

    >>> Flatten()(np.ones((5, 16, 5, 5))).shape
    (5, 400)
    """

    @explained
    def __init__(self, start_dim: int = 1) -> None:
        self.start_dim = whole("start_dim", start_dim, 0)

    def forward(self, x: Any) -> Any:
        x = arraylike(x)
        if x.ndim <= self.start_dim:
            raise ValueError(f"Flatten: expected more than {self.start_dim} axes, got x {x.shape}")
        return autograd.reshape(x, (*x.shape[: self.start_dim], prod(x.shape[self.start_dim :])))

    def extra_repr(self) -> str:
        return "" if self.start_dim == 1 else f"start_dim {self.start_dim}"
