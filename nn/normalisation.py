"""Normalisation: values shifted to mean 0 and scaled to variance 1, over the batch or within each sample."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd import Tensor, mean, sqrt
from autograd.arguments import explained, flag
from autograd.arrays import arraylike
from autograd.graph import array_of
from autograd.recording import checked
from nn.checks import lengths, number, whole
from nn.module import Module


class Normalisation(Module):
    """The base of these layers: what is scaled to variance 1 may be scaled and shifted again, as it is learned."""

    def start(self, shape: tuple[int, ...], eps: float, affine: bool, dtype: Any) -> None:
        """Weights of 1 and biases of 0, if there are to be any."""
        self.eps = number("eps", eps)
        self.weight = Tensor(np.ones(shape, dtype), requires_grad=True, name="weight") if affine else None
        self.bias = Tensor(np.zeros(shape, dtype), requires_grad=True, name="bias") if affine else None


class BatchNorm(Normalisation):
    """The base of batch normalisations, each of which says how the axes of x may lie, C being its features."""

    layouts: tuple[str, ...]

    @explained
    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float = 0.1,
        affine: bool = True,
        *,
        dtype: Any = np.float64,
    ) -> None:
        self.num_features = n = whole("num_features", num_features, 1)
        self.momentum = number("momentum", momentum, most=1)
        self.start((n,), eps, flag("affine", affine), dtype)
        self.running_mean = Tensor(np.zeros(n, dtype), name="running_mean")
        self.running_var = Tensor(np.ones(n, dtype), name="running_var")
        self.num_batches_tracked = Tensor(0, name="num_batches_tracked", dtype=np.int64)

    def forward(self, x: Any) -> Any:
        x = arraylike(x)
        name, c = type(self).__name__, self.num_features
        if x.ndim not in [layout.count(",") + 1 for layout in self.layouts] or x.shape[1] != c:
            wanted = " or ".join(self.layouts).replace("C", f"{c}")
            raise ValueError(f"{name}: expected x of shape {wanted}, got {x.shape}")
        known = (self.weight, self.bias, self.running_mean, self.running_var)
        weight, bias, running_mean, running_var = (
            p if x.ndim == 2 or p is None else p.reshape((c, *[1] * (x.ndim - 2))) for p in known
        )
        if not self.training:
            return self.scaled(x - running_mean, running_var, weight, bias)
        if x.size // c < 2:
            raise ValueError(f"{name}: expected two values or more for each feature in training, got x {x.shape}, and "
                             "one has no variance: let no batch be of one sample, as with nn.DataLoader(x, y, "
                             "drop_last=True), or call model.eval()")  # fmt: skip
        axes = (0, *range(2, x.ndim))
        centre = mean(x, axis=axes, keepdims=True)
        centred = x - centre
        variance = mean(centred**2, axis=axes, keepdims=True)
        self.track(array_of(centre), array_of(variance), x.size // c)
        return self.scaled(centred, variance, weight, bias)

    def scaled(self, centred: Any, variance: Any, weight: Any, bias: Any) -> Any:
        """What the layer makes of x without its mean: one product with what there is one of for each feature."""
        y = centred * ((1 if weight is None else weight) / sqrt(variance + self.eps))
        return y if bias is None else y + bias

    def track(self, centre: Any, variance: Any, n: int) -> None:
        """Takes a batch of n values for each feature into the running mean and variance."""
        unbiased = variance * (n / (n - 1))
        running, seen = (self.running_mean, self.running_var), (centre, unbiased)
        now = [(1 - self.momentum) * r.data + self.momentum * s.reshape(-1) for r, s in zip(running, seen, strict=True)]
        checked(_not_too_large, type(self).__name__, now[1])
        self.running_mean.data, self.running_var.data = now
        self.num_batches_tracked.data = self.num_batches_tracked.data + 1

    def extra_repr(self) -> str:
        return f"{self.num_features}"


class BatchNorm1d(BatchNorm):
    """y = weight (x - mean) / √(variance + eps) + bias for each feature, over the batch (Ioffe and Szegedy 2015).

    num_features   C, for x of shape (N, C) or (N, C, L)
    eps            >= 0, beside the variance
    momentum       m of running ← (1 - m) running + m batch, from 0 to 1
    affine         whether there are a weight and a bias, (C,), which start at 1 and 0
    dtype          of parameters and running statistics: float64, or float32 for speed

    In training mean and variance are those of the batch, so dC/dx = (s - mean(s) - n mean(s n)) / √(variance + eps)
    for s = weight dC/dy and n = (y - bias) / weight; in evaluation they are the running ones, the variance unbiased.
    Raises ValueError for other shapes, and in training for one value a feature, or a variance that is infinite.

    >>> layer = BatchNorm1d(2)
    >>> y = layer(np.array([[0.0, 10.0], [2.0, 30.0]]))
    >>> print(y.data.round(3), layer.running_mean.data, layer.running_var.data)
    [[-1. -1.]
     [ 1.  1.]] [0.1 2. ] [ 1.1 20.9]
    """

    layouts = ("(N, C)", "(N, C, L)")


class BatchNorm2d(BatchNorm):
    """BatchNorm1d for images (N, C, H, W): each channel has one mean and variance, over samples and places.

    >>> print(BatchNorm2d(3)(np.ones((2, 3, 4, 4))).shape)
    (2, 3, 4, 4)
    """

    layouts = ("(N, C, H, W)",)


class LayerNorm(Normalisation):
    """y = weight (x - mean) / √(variance + eps) + bias within each sample, over its last axes (Ba et al. 2016).

    normalized_shape     the lengths of the last axes of x, or of the last one
    eps                  >= 0, beside the variance
    elementwise_affine   whether there are a weight and a bias of this shape, which start at 1 and 0
    dtype                of weight and bias: float64, or float32 for speed

    dC/dx is as of BatchNorm1d, over these axes.  Raises ValueError for an x that ends on other lengths.

    >>> print(LayerNorm(2)(np.array([[0.0, 10.0], [2.0, 2.0]])).data.round(3))
    [[-1.  1.]
     [ 0.  0.]]
    """

    @explained
    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        *,
        dtype: Any = np.float64,
    ) -> None:
        self.normalized_shape = lengths("normalized_shape", normalized_shape)
        if not self.normalized_shape:
            raise ValueError("normalized_shape: expected the lengths of one axis or more, got none")
        self.start(self.normalized_shape, eps, flag("elementwise_affine", elementwise_affine), dtype)

    def forward(self, x: Any) -> Any:
        x, n = arraylike(x), len(self.normalized_shape)
        if x.shape[-n:] != self.normalized_shape:
            wanted = ", ".join(["...", *map(str, self.normalized_shape)])
            raise ValueError(f"LayerNorm: expected x of shape ({wanted}), got {x.shape}")
        axes = tuple(range(-n, 0))
        centred = x - mean(x, axis=axes, keepdims=True)
        variance = mean(centred**2, axis=axes, keepdims=True)
        y = centred * (1 / sqrt(variance + self.eps))
        return y if self.weight is None else self.weight * y + self.bias

    def extra_repr(self) -> str:
        return ", ".join(map(str, self.normalized_shape))


def _not_too_large(name: str, variance: np.ndarray) -> None:
    """Raises ValueError for an infinite variance, which would make 0 of all x, and no loss would tell."""
    infinite = np.isinf(variance)
    if infinite.any():
        raise ValueError(f"{name}: the variance of feature {infinite.argmax()} of x is too large for {variance.dtype}: "
                         "scale x, as nn.Standardize does, or try a smaller learning rate")  # fmt: skip
