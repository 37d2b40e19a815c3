"""Scales that are fitted once and remembered: layers whose buffers are saved with the weights (note D: T9)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np

from autograd import Tensor
from autograd.arguments import explained
from autograd.arrays import plain
from autograd.graph import array_of
from autograd.recording import checked
from nn.checks import finite, whole
from nn.module import Module


class Scaling(Module):
    """The base of both: z = (x - shift) / scale, column by column; 0 where the scale is 0, as of no spread.

    A sample may have any shape, () being that of one number.  Arrays give arrays and Tensors Tensors, in the dtype
    of x; the buffers, and what is computed with them, are float64, so that a large mean takes nothing from small
    differences.  Before it is fitted or loaded both are NaN.
    """

    @explained
    def __init__(self, shape: int | Sequence[int] | None = None) -> None:
        lengths = shape if isinstance(shape, Sequence) else () if shape is None else (shape,)
        self.sample = None if shape is None else tuple(whole("shape", n, 0) for n in lengths)
        self.shift, self.scale = (Tensor(np.full(self.sample or (), np.nan), name=name) for name in ("shift", "scale"))

    def measure(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The shift and the scale of data in float64, (n, ...): each of the shape of a sample."""
        raise TypeError(f"{type(self).__name__} has no measure(self, x): define what it fits")

    def fit(self, x: Any) -> Self:
        """Measures x, a sample a row, and returns self; NaN stands for what is missing, and is left out.

        Raises ValueError if there is no x, or it is not finite, or nothing but NaN in a column.
        """
        name, x = type(self).__name__, plain(array_of(x))
        if not x.ndim or not x.size:
            raise ValueError(f"{name}.fit: expected data with a sample a row, got shape {x.shape}")
        if self.sample not in (None, x.shape[1:]):
            raise ValueError(f"{name}.fit: expected samples of shape {self.sample}, got {x.shape[1:]}")
        gaps = np.isnan(x)
        finite(f"{name}.fit: x", np.where(gaps & ~gaps.all(0), 0, x))
        with np.errstate(over="ignore", invalid="ignore"):
            shift, scale = (np.asarray(part, float) for part in self.measure(x.astype(np.float64)))
        if not np.isfinite(scale).all():
            raise ValueError(f"{name}.fit: the spread of x is too large for float64: divide x by a number first")
        self.sample, self.shift, self.scale = shift.shape, Tensor(shift, name="shift"), Tensor(scale, name="scale")
        return self

    def forward(self, x: Any) -> Any:
        x, shift, scale = self.given(x)
        return ((x - shift) / np.where(scale == 0, np.inf, scale)).astype(x.dtype)

    def inverse(self, z: Any) -> Any:
        """x = scale z + shift: what z was before; a column with no spread is what it was in the data fitted."""
        z, shift, scale = self.given(z)
        return (z * scale + shift).astype(z.dtype)

    def given(self, x: Any) -> tuple[Any, Any, Any]:
        """x, floating, and the buffers as arrays; ValueError if they do not fit it."""
        x = x if isinstance(x, Tensor) else plain(x)
        shift, scale = array_of(self.shift), array_of(self.scale)
        checked(_known, type(self).__name__, scale)
        if x.shape[max(x.ndim - scale.ndim, 0) :] != scale.shape:
            raise ValueError(f"{type(self).__name__}: expected samples of shape {scale.shape}, got x of {x.shape}")
        return x if x.dtype.kind == "f" else x.astype(float), shift, scale


class Standardize(Scaling):
    """Every column with mean 0 and deviation 1: z = (x - mean) / σ, σ² the mean of (x - mean)² (note D: T9).

    shape   of a sample, as 64 or (1, 28, 28): only needed by what is not fitted, but loaded

    `fit` measures both, on the training set, and `inverse` goes back.  As the first layer of a net it is saved with
    the weights.  A column with no spread becomes 0, whatever x is.  Raises ValueError where it was not fitted.

    >>> x = np.array([[1.0, 10.0], [3.0, 10.0]])
    >>> scale = Standardize().fit(x)
    >>> scale(x)
    array([[-1.,  0.],
           [ 1.,  0.]])
    >>> scale.inverse(scale(x))
    array([[ 1., 10.],
           [ 3., 10.]])

    What is missing, as NaN, stays so; the mean stands for it after np.nan_to_num(scale(x)).
    """

    def measure(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        low, high = np.nanmin(x, 0), np.nanmax(x, 0)
        spread = high > low  # the deviation of equal entries is not 0 where their mean is rounded
        return np.where(spread, np.nanmean(x, 0), low), np.where(spread, np.nanstd(x, 0), 0)


class MinMax(Scaling):
    """Every column from 0 to 1 in the data fitted: z = (x - min) / (max - min) (note D: T9); as Standardize.

    >>> MinMax().fit(np.array([[1.0], [3.0], [5.0]]))(np.array([[2.0], [7.0]]))
    array([[0.25],
           [1.5 ]])
    """

    def measure(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return np.nanmin(x, 0), np.nanmax(x, 0) - np.nanmin(x, 0)


def _known(name: str, scale: np.ndarray) -> None:
    if np.isnan(scale).any():
        raise ValueError(f"{name}: it does not know the data yet: call fit(x) with the training set, or load it")
