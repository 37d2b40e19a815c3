"""Convolution over any number of spatial axes: a dense layer on windows, whose weights all places share."""

from __future__ import annotations

from math import prod

import numpy as np

from autograd.arguments import explained
from autograd.arrays import arraylike
from autograd.ops.linalg import matmul
from autograd.ops.reduce import sum
from autograd.ops.windows import Lengths, Sliding, overlap_add, samples_first, samples_last, sliding, windows
from autograd.primitive import Array, fused


@explained
def conv(
    x: Array,
    weight: Array,
    bias: Array = None,
    *,
    stride: Lengths = 1,
    padding: Lengths | str = 0,
    dilation: Lengths = 1,
    groups: int = 1,
) -> Array:
    """Σ_(c, k) weight[o, c, k] x[n, c, stride · place + dilation · k] + bias[o].

    x          (N, C, spatial ...): samples, channels, and one spatial axis or more
    weight     (O, C / groups, kernel ...): one filter for each output;  bias (O,)
    stride     how far apart places lie; one number, or one for each spatial axis, as of padding and dilation
    padding    how many zeros go to both ends of an axis; or "valid": none, "same": so many that none is lost (stride 1)
    dilation   how far apart the entries lie that one window sees
    groups     into how many groups channels and outputs are cut, each of which sees its own channels only
    returns    (N, O, places ...): ⌊(length + 2 padding - dilation (kernel - 1) - 1) / stride⌋ + 1 places

    It is a dense layer on windows, which are the columns of a matrix: vjps are Wᵀ g, added where windows overlap, and
    g windowsᵀ, the sum over all places, since these share the weights (note E: E5).

    Raises ValueError for shapes that do not fit.

    >>> conv(np.ones((5, 3, 28, 28)), np.ones((6, 3, 5, 5)), padding=2).shape
    (5, 6, 28, 28)
    """
    x, weight = arraylike(x), arraylike(weight)
    shapes = f"got x {x.shape}, weight {weight.shape}"
    if x.ndim < 3 or weight.ndim != x.ndim:
        hint = ": of one sample hand in x[None]" if x.ndim > 1 and weight.ndim == x.ndim + 1 else ""
        raise ValueError(f"conv: expected x (N, C, spatial ...) and weight (O, C / groups, kernel ...), {shapes}{hint}")
    outputs, channels = weight.shape[:2]
    if isinstance(groups, bool) or not isinstance(groups, int | np.integer) or groups < 1 or outputs % groups:
        raise ValueError(f"conv: expected groups to divide the {outputs} outputs of the weight, got {groups!r}; "
                         f"{shapes}")  # fmt: skip
    if x.shape[1] != channels * groups:
        of = f" in each of {groups} groups" if groups > 1 else ""
        raise ValueError(f"conv: the weight is for {channels} channels{of}, and x has {x.shape[1]} in all; {shapes}")
    if bias is not None and np.shape(bias) != (outputs,):
        raise ValueError(f"conv: expected a bias {(outputs,)} for the weight {weight.shape}, got {np.shape(bias)}")
    how = sliding("conv", x, weight.shape[2:], stride, padding, dilation)
    return _conv(x, weight, *(() if bias is None else (bias,)), how=how, groups=int(groups))


def _composed(x: Array, weight: Array, bias: Array = None, *, how: Sliding, groups: int) -> Array:
    z = matmul(_filters(weight, groups), _columns(x, how, groups))
    z = samples_first(z.reshape((weight.shape[0], *how.places(x.shape[2:]), x.shape[0])))
    return z if bias is None else z + bias.reshape((-1, *(1 for _ in how.kernel)))


@fused(_composed)
def _conv(x: Array, weight: Array, bias: Array = None, *, how: Sliding, groups: int) -> Array:
    """The convolution of x and weight."""
    z = matmul(_filters(weight, groups), _columns(x, how, groups))
    if bias is not None:
        column = _matrix(bias, groups, weight.shape[0] // groups, 1)
        z = np.add(z, column, z) if z.dtype == bias.dtype else z + column  # z is new, and may be written to
    return samples_first(z.reshape((weight.shape[0], *how.places(x.shape[2:]), x.shape[0])))


def _to_x(g: Array, out: Array, x: Array, weight: Array, _: Array = None, *, how: Sliding, groups: int) -> Array:
    columns = matmul(_filters(weight, groups).swapaxes(-1, -2), _rows(g, groups))
    seen = columns.reshape((x.shape[1], *how.kernel, *g.shape[2:], x.shape[0]))
    return overlap_add(seen, how=how, lengths=x.shape[2:])


def _to_weight(g: Array, out: Array, x: Array, weight: Array, _: Array = None, *, how: Sliding, groups: int) -> Array:
    return matmul(_rows(g, groups), _columns(x, how, groups).swapaxes(-1, -2)).reshape(weight.shape)


_conv.defvjp(
    _to_x,
    _to_weight,
    lambda g, out, x, weight, bias=None, *, how, groups: sum(g, axis=(0, *range(2, g.ndim))),
)


def _filters(weight: Array, groups: int) -> Array:
    """The weights as a matrix with a row for each output; of groups as many matrices."""
    return _matrix(weight, groups, weight.shape[0] // groups, prod(weight.shape[1:]))


def _columns(x: Array, how: Sliding, groups: int) -> Array:
    """The windows of x as the columns of a matrix."""
    places = x.shape[0] * prod(how.places(x.shape[2:]))
    return _matrix(windows(x, how=how), groups, x.shape[1] // groups * prod(how.kernel), places)


def _rows(g: Array, groups: int) -> Array:
    """Outputs (N, O, places ...) as the rows of a matrix."""
    return _matrix(samples_last(g), groups, g.shape[1] // groups, g.shape[0] * prod(g.shape[2:]))


def _matrix(a: Array, groups: int, rows: int, columns: int) -> Array:
    return a.reshape((rows, columns) if groups == 1 else (groups, rows, columns))
