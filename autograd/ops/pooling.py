"""Pooling over any number of spatial axes: the largest entry, or the mean, of every window."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from autograd.arguments import explained
from autograd.arrays import arraylike, floating
from autograd.ops.reduce import extreme_vjp, max, mean
from autograd.ops.shape import broadcast_to
from autograd.ops.windows import Lengths, Sliding, overlap_add, per_axis, samples_first, samples_last, sliding, windows
from autograd.primitive import Array, fused


@explained
def max_pool(x: Array, kernel_size: Lengths, stride: Lengths | None = None, padding: Lengths = 0) -> Array:
    """The largest entry of every window of x (N, C, spatial ...); ties share the derivative equally.

    kernel_size   of the window: one number, or one for each spatial axis, as of stride and padding
    stride        how far apart windows lie: kernel_size by default, so that they do not overlap
    padding       how many -inf go to both ends of an axis, at most half of the kernel
    returns       (N, C, places ...): ⌊(length + 2 padding - kernel_size) / stride⌋ + 1 places

    Raises ValueError for shapes that do not fit.

    >>> print(max_pool(np.array([[[1.0, 2.0, 4.0, 3.0]]]), 2))
    [[[2. 4.]]]
    """
    x, how = _pool("max_pool", x, kernel_size, stride, padding)
    return _max_pool(x, how=how)


@explained
def avg_pool(x: Array, kernel_size: Lengths, stride: Lengths | None = None, padding: Lengths = 0) -> Array:
    """The mean of every window of x (N, C, spatial ...), zeros of the padding among its entries; else as max_pool.

    >>> print(avg_pool(np.array([[[1.0, 2.0, 4.0, 3.0]]]), 2))
    [[[1.5 3.5]]]
    """
    x, how = _pool("avg_pool", x, kernel_size, stride, padding)
    return _avg_pool(x, how=how)


def _pool(op: str, x: Array, kernel: Lengths, stride: Any, padding: Lengths) -> tuple[Array, Sliding]:
    x = arraylike(x)
    if x.ndim < 3:
        raise ValueError(f"{op}: expected x (N, C, spatial ...), got {x.shape}: write x[None] for one sample")
    x = floating(x) if x.dtype.kind in "iub" else x  # there is no integer -inf
    padding = per_axis(op, "padding", padding, x.ndim - 2, 0, f" of x {x.shape}")  # not "same", as a convolution's
    how = sliding(op, x, kernel, kernel if stride is None else stride, padding)
    at_most_half(op, how.kernel, padding)
    return x, how


def at_most_half(op: str, kernel: tuple[int, ...], padding: tuple[int, ...]) -> None:
    """Raises ValueError where a window could lie in the padding alone."""
    if any(2 * pad > k for k, pad in zip(kernel, padding, strict=True)):
        raise ValueError(f"{op}: expected padding of at most half the kernel {kernel}, so that no window lies "
                         f"outside of x, got {padding}")  # fmt: skip


def _axes(how: Sliding) -> tuple[int, ...]:
    """Where windows have their entries."""
    return tuple(range(1, len(how.kernel) + 1))


@fused(lambda x, how: samples_first(max(windows(x, how=how, fill=-np.inf), axis=_axes(how))))
def _max_pool(x: Array, *, how: Sliding) -> Array:
    """The largest entry of every window."""
    return samples_first(windows(x, how=how, fill=-np.inf).max(axis=_axes(how)))


def _to_largest(g: Array, out: Array, x: Array, *, how: Sliding) -> Array:
    seen, axes = windows(x, how=how, fill=-np.inf), _axes(how)
    shares = extreme_vjp(samples_last(g), samples_last(out), seen, axis=axes, keepdims=False)
    return overlap_add(shares, how=how, lengths=x.shape[2:])


_max_pool.defvjp(_to_largest)


@fused(lambda x, how: samples_first(mean(windows(x, how=how), axis=_axes(how))))
def _avg_pool(x: Array, *, how: Sliding) -> Array:
    """The mean of every window."""
    return samples_first(windows(x, how=how).mean(axis=_axes(how)))


def _to_all(g: Array, out: Array, x: Array, *, how: Sliding) -> Array:
    share = samples_last(g * (1 / prod(how.kernel)))
    channels, *others = share.shape
    share = share.reshape((channels, *(1 for _ in how.kernel), *others))
    return overlap_add(broadcast_to(share, shape=(channels, *how.kernel, *others)), how=how, lengths=x.shape[2:])


_avg_pool.defvjp(_to_all)
