"""Gradients held back before a step: by the norm of all of them together, or entry by entry."""

from __future__ import annotations

from collections.abc import Iterable
from math import inf, isfinite, sqrt
from typing import Any

import numpy as np
from numpy import ndarray

from autograd import Tensor, primitive
from autograd.arguments import explained
from autograd.errors import describe
from nn.checks import positive
from nn.module import tensors


@primitive
def norm(*vectors: Any) -> Any:
    """√Σg² over the entries of all vectors, as a float64; squares that are too large or too small do no harm."""
    with np.errstate(over="ignore", under="ignore"):
        total = sum(sorted(float(g.dot(g)) for g in vectors))  # sorted: the same bits in whatever order they come
    if 1e-30 < total < inf:  # what is lost of tiny squares, 1e-45 each in float32, is nothing beside that
        return np.float64(sqrt(total))
    top = max((float(abs(g).max()) for g in vectors if g.size), default=0.0)
    if top == 0:
        return np.float64(0)
    parts = [g.astype(float) / top for g in vectors]
    return np.float64(top * sqrt(sum(sorted(float(g.dot(g)) for g in parts))))


def scaled(g: Any, n: Any, limit: float) -> Any:
    """g times min(1, limit / n), n a norm."""
    factor = limit / np.maximum(n, limit)
    return g * factor.astype(g.dtype)  # a float64, with which a float32 array would not stay one


def between(g: Any, limit: float) -> Any:
    """The entries of g, at most `limit` from 0."""
    return np.minimum(np.maximum(g, -limit), limit)


def in_memory(g: ndarray, like: ndarray) -> ndarray:
    """The entries of g as a vector, in the order in which those of an array of its shape lie in memory.

    Sums then have the same bits whether a gradient came in another layout, or was made where a program wants it.
    """
    if g.strides != like.strides:
        g, mine = np.empty_like(like, dtype=g.dtype), g
        g[...] = mine
    return g.ravel("K")


@explained
def clip_grad_norm(params: Iterable[Tensor], max_norm: float) -> float:
    """Scales all gradients by min(1, max_norm / n), in place, and returns n, their norm √Σg² before that.

    params     parameters, as model.parameters() gives them; one without a gradient is passed by
    max_norm   > 0

    An optimizer does the same in every step, recorded ones too, with `clip_norm=max_norm` (Pascanu, Mikolov and Bengio
    2013).  Raises ValueError, with no gradient changed, if one is not finite.

    >>> p = Tensor([1.0, 1.0], requires_grad=True)
    >>> p.grad = np.array([3.0, 4.0])
    >>> clip_grad_norm([p], 1.0)
    5.0
    >>> p.grad
    array([0.6, 0.8])
    """
    limit, held = positive("max_norm", max_norm), _held(params)
    n = norm(*(in_memory(g, p.array) for p, g in held))
    for _, g in held:
        g[...] = scaled(g, n, limit)
    return float(n)


@explained
def clip_grad_value(params: Iterable[Tensor], clip_value: float) -> None:
    """Brings the entries of all gradients into [-clip_value, clip_value], in place; ValueError if one is not finite.

    params       parameters, as model.parameters() gives them; one without a gradient is passed by
    clip_value   > 0; an optimizer does the same in every step with an option of this name

    >>> p = Tensor([1.0, 1.0], requires_grad=True)
    >>> p.grad = np.array([3.0, -0.5])
    >>> clip_grad_value([p], 1.0)
    >>> p.grad
    array([ 1. , -0.5])
    """
    limit = positive("clip_value", clip_value)
    for _, g in _held(params):
        g[...] = between(g, limit)


def finite(gradient: Any, bounds: tuple[tuple[str, int, int], ...]) -> None:
    """Raises ValueError that names the first parameter whose gradient is not finite."""
    if not isfinite(gradient.dot(gradient)) and not np.isfinite(gradient).all():
        name = next(name for name, start, stop in bounds if not np.isfinite(gradient[start:stop]).all())
        raise ValueError(f"the gradient of {name} has NaN or infinite entries; nothing was changed")


def _held(params: Iterable[Tensor]) -> list[tuple[Tensor, ndarray]]:
    """The parameters that have a gradient, with it; it is finite."""
    given = tensors(params)
    for i, p in enumerate(given):
        if not isinstance(p, Tensor):
            raise TypeError(f"params[{i}]: expected a Tensor, got {describe(p)}")
    held = [(p, p.grad) for p in given if p.grad is not None]
    with np.errstate(over="ignore"):  # of squares, which are no more than a quick look
        for p, g in held:
            finite(g.ravel("K"), ((describe(p), 0, g.size),))
    return held
