"""Mini-batches: the training set in random pieces, every sample once an epoch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from nn.checks import whole
from nn.init import Seed


def minibatches(x: Any, y: Any, batch_size: int, rng: Seed = None) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """One epoch: the samples in random order, cut into batches that come in random order too (notes A and D: T2).

    x, y         arrays with one sample a row, equally many
    batch_size   samples a batch, >= 1; one batch is smaller when it does not divide their number
    rng          a seed or a numpy Generator
    yields       (x_batch, y_batch): copies; raises ValueError

    >>> sorted(len(xb) for xb, _ in minibatches(np.arange(32), np.arange(32), 12, rng=0))
    [8, 12, 12]
    """
    x, y = np.asarray(x), np.asarray(y)
    if not x.ndim or not y.ndim or len(x) != len(y):
        raise ValueError(f"minibatches: expected as many rows in x as in y, got shapes {x.shape} and {y.shape}")
    if not len(x):
        raise ValueError("minibatches: there are no samples")
    return _batches(
        x, y, whole("batch_size", batch_size, 1), np.random.default_rng(rng)
    )  # so that bad arguments raise at once


def _batches(
    x: np.ndarray, y: np.ndarray, batch_size: int, rng: np.random.Generator
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    order = rng.permutation(len(x))
    sizes = np.full(-(-len(x) // batch_size), batch_size)
    sizes[-1] -= sizes.sum() - len(x)
    ends = np.cumsum(rng.permutation(sizes))
    for picks in np.split(order, ends[:-1]):
        yield x[picks], y[picks]
