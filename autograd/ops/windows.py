"""Windows that slide over the spatial axes of an input: what a convolution multiplies, and a pool reduces.

`windows` lays all of them side by side, and `overlap_add`, its adjoint, adds them back where they lie.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from autograd.arrays import StandIn
from autograd.primitive import Array, primitive

Lengths = int | Sequence[int]


class Sliding(NamedTuple):
    """How a window slides: for each spatial axis its length, its steps, the padding at both ends, its gaps."""

    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[tuple[int, int], ...]
    dilation: tuple[int, ...]

    def places(self, lengths: Sequence[int]) -> tuple[int, ...]:
        """How many places it has: along each axis ⌊(length + padding - dilation (kernel - 1) - 1) / stride⌋ + 1."""
        each = zip(lengths, *self, strict=True)
        return tuple((n + sum(pad) - d * (k - 1) - 1) // s + 1 for n, k, s, pad, d in each)


def sliding(
    op: str, x: Array, kernel: Lengths, stride: Lengths, padding: Lengths | str, dilation: Lengths = 1
) -> Sliding:
    """The window over x (N, C, spatial ...) that is spoken of by numbers for all spatial axes, or by one for each.

    Raises ValueError that names the argument, where one is out of range or no window fits.
    """
    n, of = x.ndim - 2, f" of x {x.shape}"
    kernel, stride = per_axis(op, "kernel_size", kernel, n, 1, of), per_axis(op, "stride", stride, n, 1, of)
    dilation = per_axis(op, "dilation", dilation, n, 1, of)
    if isinstance(padding, str) and padding == "same":
        if max(stride) > 1:
            raise ValueError(f'{op}: padding="same" is for stride 1, got stride {stride}: give the padding in numbers')
        reach = [d * (k - 1) for k, d in zip(kernel, dilation, strict=True)]
        pairs = tuple((r // 2, r - r // 2) for r in reach)
    else:
        none = isinstance(padding, str) and padding == "valid"
        words = f'{of}, or "same" or "valid"'
        pairs = tuple((p, p) for p in per_axis(op, "padding", 0 if none else padding, n, 0, words))
    how = Sliding(kernel, stride, pairs, dilation)
    if min(how.places(x.shape[2:])) < 1:
        raise ValueError(f"{op}: the kernel {kernel} with dilation {dilation} does not fit into x {x.shape} with "
                         f"padding {pairs}: there would be {how.places(x.shape[2:])} places")  # fmt: skip
    return how


def per_axis(op: str, name: str, given: Any, n: int, least: int, of: str = "") -> tuple[int, ...]:
    """One number for each of n axes, from one for all or so many; ValueError unless they are whole and large enough.

    >>> per_axis("conv", "stride", 2, 2, 1)
    (2, 2)
    """
    each = tuple(given) if isinstance(given, list | tuple) else (given,) * n
    whole = all(isinstance(k, int | np.integer) and not isinstance(k, bool) and k >= least for k in each)
    if len(each) != n or not whole:
        raise ValueError(f"{op}: expected {name} to be a whole number >= {least}, or {n} of them, one for each spatial "
                         f"axis{of}; got {given!r}")  # fmt: skip
    return tuple(map(int, each))


def samples_last(x: Array) -> Array:
    """(N, C, spatial ...) as (C, spatial ..., N)."""
    return x.transpose((*range(1, x.ndim), 0))


def samples_first(x: Array) -> Array:
    """(C, spatial ..., N) as (N, C, spatial ...)."""
    return x.transpose((x.ndim - 1, *range(x.ndim - 1)))


@primitive(moves=True)
def windows(x: Array, *, how: Sliding, fill: float = 0) -> Array:
    """All windows of x (N, C, spatial ...), as (C, kernel ..., places ..., N); the adjoint of overlap_add.

    Samples come last, so that whatever is done to windows runs along contiguous memory.

    >>> pairs = Sliding(kernel=(2,), stride=(1,), padding=((0, 0),), dilation=(1,))
    >>> print(windows(np.array([[[1.0, 2.0, 3.0]]]), how=pairs)[0, ..., 0])
    [[1. 2.]
     [2. 3.]]
    """
    n, x = len(how.kernel), samples_last(x)
    if any(map(any, how.padding)):
        x = np.pad(x, ((0, 0), *how.padding, (0, 0)), constant_values=fill)
    elif not x.flags.c_contiguous:
        x = x.copy()
    spans = tuple(d * (k - 1) + 1 for k, d in zip(how.kernel, how.dilation, strict=True))
    seen = sliding_window_view(x, spans, axis=tuple(range(1, n + 1)))  # (C, places ..., N, kernel ...)
    steps = [slice(None, None, step) for step in how.stride + how.dilation]
    seen = seen[(slice(None), *steps[:n], slice(None), *steps[n:])]
    return seen.transpose(0, *range(n + 2, 2 * n + 2), *range(1, n + 2)).copy()


@primitive(moves=True)
def overlap_add(a: Array, *, how: Sliding, lengths: Sequence[int]) -> Array:
    """Windows added where they lie along spatial axes of these lengths, without the padding; the adjoint of windows.

    >>> pairs = Sliding(kernel=(2,), stride=(1,), padding=((0, 0),), dilation=(1,))
    >>> print(overlap_add(np.array([[1.0, 2.0], [2.0, 3.0]])[None, ..., None], how=pairs, lengths=(3,)))
    [[[1. 4. 3.]]]
    """
    wide = tuple(length + sum(pad) for length, pad in zip(lengths, how.padding, strict=True))
    total = np.zeros((a.shape[0], *wide, a.shape[-1]), a.dtype, like=a)
    apart = all(s > d * (k - 1) for k, s, _, d in zip(*how, strict=True))
    for place in product(*map(range, how.kernel)):
        steps = zip(place, how.dilation, how.stride, how.places(lengths), strict=True)
        seen = tuple(slice(i * d, i * d + s * (m - 1) + 1, s) for i, d, s, m in steps)
        if apart:
            total[(slice(None), *seen)] = a[(slice(None), *place)]
        else:
            _add_at(total, (slice(None), *seen), a[(slice(None), *place)])
    inner = (slice(before, before + length) for length, (before, _) in zip(lengths, how.padding, strict=True))
    return samples_first(total[(slice(None), *inner)])


def _add_at(total: Array, index: tuple[Any, ...], part: Array) -> None:
    """total[index] += part, for slices; what is recorded is written to as a whole, not through a view of it."""
    if isinstance(total, StandIn):
        np.add.at(total, index, part)  # type: ignore[arg-type]
    else:
        total[index] += part


windows.defvjp(
    lambda g, out, x, how, fill: overlap_add(g, how=how, lengths=x.shape[2:]),
)
overlap_add.defvjp(
    lambda g, out, a, how, lengths: windows(g, how=how),
)
