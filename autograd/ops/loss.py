"""Costs, each one number: fused, so that a prediction far off overflows nothing and the gradient is the notes' own."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Any

import numpy as np

from autograd.graph import array_of
from autograd.ops.activation import sigmoid, softplus
from autograd.ops.elementwise import log
from autograd.ops.index import getitem
from autograd.ops.reduce import log_softmax, ones, shifted_and_log_total, softmax
from autograd.primitive import Array, fused
from autograd.selection import keep, where


@fused(lambda y, t, scale: scale * ((y - t) * (y - t)).sum())
def squared_error(y: Array, t: Array, *, scale: float) -> Array:
    """scale · Σ (y - t)², same shapes; derivatives ±2 scale (y - t) (notes A and D: A3, D1).

    >>> print(squared_error(np.array([1.0, 2.0]), np.array([1.0, 5.0]), scale=0.5))
    4.5
    """
    d = np.subtract(y, t).ravel()
    return d.dot(d) * scale


squared_error.defvjp(
    lambda g, out, y, t, scale: (y - t) * (g * (2 * scale)),
    lambda g, out, y, t, scale: (t - y) * (g * (2 * scale)),
)


def binary_cross_entropies(p: Array, t: Array) -> Array:
    """-t ln p - (1 - t) ln(1 - p), entry by entry, 0 ln 0 = 0."""
    return -(where(t == 0, 0, t * log(p)) + where(t == 1, 0, (1 - t) * log(1 - p)))


def binary_cross_entropies_with_logits(z: Array, t: Array, rest: Array) -> Array:
    """-t ln σ(z) - rest ln(1 - σ(z)), entry by entry; rest is 1 - t, unless one of the two is weighed."""
    return rest * softplus(z) + t * softplus(-z)


@fused(lambda p, t: binary_cross_entropies(p, t).mean())
def binary_cross_entropy(p: Array, t: Array) -> Array:
    """The mean of -t ln p - (1 - t) ln(1 - p), 0 ln 0 = 0; derivative of each term (1 - t)/(1 - p) - t/p (note D).

    >>> print(binary_cross_entropy(np.array([0.5]), np.array([1.0])).round(6))
    0.693147
    """
    positive, negative = t != 0, t != 1
    log_p = np.log(p, where=positive, out=np.zeros_like(p))
    log_q = np.log1p(-p, where=negative, out=np.zeros_like(p))
    return -np.mean(t * log_p + (1 - t) * log_q)


binary_cross_entropy.defvjp(
    lambda g, out, p, t: (
        (g / p.size) * (where(t == 1, 0, (1 - t) / where(t == 1, 1, 1 - p)) - where(t == 0, 0, t / where(t == 0, 1, p)))
    ),
    lambda g, out, p, t: (g / p.size) * (log(1 - p) - log(p)),
)


@fused(lambda z, t: binary_cross_entropies_with_logits(z, t, 1 - t).mean())
def binary_cross_entropy_with_logits(z: Array, t: Array) -> Array:
    """binary_cross_entropy of p = σ(z), inf where z = ±∞ excludes t; derivative of each term σ(z) - t (note D: D2).

    >>> print(binary_cross_entropy_with_logits(np.array([0.0]), np.array([1.0])).round(6))
    0.693147
    """
    return np.mean(np.maximum(z, 0) - keep(z, t != 0) * t + np.log1p(np.exp(-np.abs(z))))


binary_cross_entropy_with_logits.defvjp(
    lambda g, out, z, t: (g / z.size) * ((1 - t) * sigmoid(z) - t * sigmoid(-z)),  # σ(z) - t, without cancelling
    lambda g, out, z, t: (g / z.size) * -z,
)


@fused(lambda z, labels: -getitem(log_softmax(z), _label_index(labels)).mean())
def softmax_cross_entropy(z: Array, labels: Array) -> Array:
    """The mean over samples of -ln softmax(z)[label]; derivative (softmax(z) - t) / m, t one-hot (note D: D3).

    >>> print(softmax_cross_entropy(np.array([[0.0, 0.0]]), np.array([1])).round(6))
    0.693147
    """
    shifted, log_total = shifted_and_log_total(z, -1)
    losses = (log_total.reshape(labels.shape) - shifted[_label_index(labels)]).ravel()
    return losses.dot(ones(losses.size, losses.dtype)) / losses.size  # a quicker mean


softmax_cross_entropy.defvjp(
    lambda g, out, z, labels: (softmax(z) - one_hot(labels, z.shape[-1], z.dtype)) * (g / labels.size),
    None,
)


@fused(lambda z, t: -(t * log_softmax(z)).sum() / (z.size // z.shape[-1]))
def softmax_cross_entropy_with(z: Array, t: Array) -> Array:
    """The mean over samples of -Σ t ln softmax(z), t probabilities or one-hot; derivative (Σt softmax(z) - t) / m.

    >>> print(softmax_cross_entropy_with(np.array([[0.0, 0.0]]), np.array([[0.0, 1.0]])).round(6))
    0.693147
    """
    log_p = log_softmax(z)
    return -np.multiply(t, log_p, where=t != 0, out=np.zeros_like(log_p)).sum() / (z.size // z.shape[-1])


softmax_cross_entropy_with.defvjp(
    lambda g, out, z, t: (softmax(z) * t.sum(axis=-1, keepdims=True) - t) * (g / (z.size // z.shape[-1])),
    lambda g, out, z, t: -log_softmax(z) * (g / (z.size // z.shape[-1])),
)


def one_hot(labels: Array, classes: int, dtype: Any) -> Array:
    """1 at each sample's label, else 0; as in NumPy's indexing, label -1 is the last class.

    >>> print(one_hot(np.array([1, 0]), 3, float))
    [[0. 1. 0.]
     [1. 0. 0.]]
    """
    labels = array_of(labels)
    if classes <= 256:
        plain = type(labels) is np.ndarray  # else a program is being recorded
        eye = _eye(classes, np.dtype(dtype)) if plain else np.eye(classes, dtype=dtype, like=labels)
        return eye.take(labels, 0)
    return (labels[..., None] % classes == np.arange(classes)).astype(dtype)


@cache
def _eye(n: int, dtype: Any) -> np.ndarray:
    rows = np.eye(n, dtype=dtype)
    rows.setflags(write=False)
    return rows


def _label_index(labels: Array) -> tuple[Array, ...]:
    """The index that picks from the last axis the entry of each sample's label."""
    return (*_places(labels.shape), labels)


@lru_cache(64)
def _places(shape: tuple[int, ...]) -> tuple[np.ndarray, ...]:
    places = tuple(np.indices(shape, sparse=True))
    for k in places:
        k.setflags(write=False)
    return places
