"""Samples handed out: split into sets, and an epoch in random pieces in which every sample comes once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from autograd.arguments import explained, flag
from autograd.graph import array_of
from autograd.ops import loss
from nn.checks import Seed, generator, labels_in_range, whole


@explained
def minibatches(x: Any, y: Any, batch_size: int, rng: Seed = None) -> Iterator[tuple[np.ndarray, ...]]:
    """One epoch: the samples in random order, cut into batches that come in random order too (notes A and D: T2).

    x, y         arrays with one sample a row, equally many
    batch_size   samples a batch, >= 1; one batch is smaller when it does not divide their number
    rng          a seed or a numpy Generator
    yields       (x_batch, y_batch): copies; raises ValueError

    >>> sorted(len(xb) for xb, _ in minibatches(np.arange(32), np.arange(32), 12, rng=0))
    [8, 12, 12]
    """
    return iter(DataLoader(*_rows("minibatches", x, y), batch_size=batch_size, rng=rng))


class DataLoader:
    """Mini-batches of arrays, epoch after epoch: each `for` over it is one epoch, and sees every sample once (T2).

    arrays       x, y, weights ...: with one sample a row, equally many
    batch_size   samples a batch, >= 1; above their number all samples are one batch
    shuffle      whether samples come in random order, and so do the batches; else in the order that they have
    drop_last    whether to leave out the samples over, where batch_size does not divide their number; else they are
                 one smaller batch
    rng          a seed or a numpy Generator, kept as `.rng`: it goes on from epoch to epoch, and its state alone says
                 which epochs come
    yields       tuples of arrays, copies; raises ValueError

    >>> loader = DataLoader(np.arange(5), np.arange(5) ** 2, batch_size=2, rng=0)
    >>> for epoch in range(2):
    ...     print([xb.tolist() for xb, yb in loader])
    [[2], [4, 3], [0, 1]]
    [[4, 1], [2], [0, 3]]
    >>> len(loader)
    3
    """

    @explained
    def __init__(
        self, *arrays: Any, batch_size: int = 32, shuffle: bool = True, drop_last: bool = False, rng: Seed = None
    ) -> None:
        self.arrays = _rows("DataLoader", *arrays)
        self.batch_size = whole("batch_size", batch_size, 1)
        self.shuffle, self.drop_last = flag("shuffle", shuffle), flag("drop_last", drop_last)
        self.rng = generator(rng)
        if not len(self):
            raise ValueError(
                f"batch_size: expected at most {len(self.arrays[0])}, the number of samples, since with drop_last "
                f"there would be no batch at all; got {batch_size}"
            )

    def __len__(self) -> int:
        full, over = divmod(len(self.arrays[0]), self.batch_size)
        return full + (over > 0 and not self.drop_last)

    def __iter__(self) -> Iterator[tuple[np.ndarray, ...]]:
        n = len(self.arrays[0])
        order = self.rng.permutation(n) if self.shuffle else np.arange(n)
        sizes = np.full(len(self), self.batch_size)
        if not self.drop_last:
            sizes[-1] -= sizes.sum() - n
        ends = np.cumsum(self.rng.permutation(sizes) if self.shuffle else sizes)
        for start, end in zip(ends - np.diff(ends, prepend=0), ends, strict=True):
            yield tuple(array[order[start:end]] for array in self.arrays)

    def __repr__(self) -> str:
        return f"DataLoader({len(self.arrays[0]):,} samples, {len(self):,} batches of {self.batch_size:,})"


@explained
def split(
    *arrays: Any, fractions: Sequence[float] = (0.8, 0.2), stratify: Any = None, rng: Seed = None
) -> tuple[tuple[np.ndarray, ...], ...]:
    """The samples at random in two or more sets, to train, validate and test with; each sample is in one of them.

    arrays      x, y ...: with one sample a row, equally many
    fractions   of the samples for each set, > 0, with sum 1; what is over when all are rounded down goes one by one
                to the sets that miss most
    stratify    labels (m,): each class is split like that by itself, and what is over goes to the sets that miss
                most so far; every class needs at least as many samples as there are sets
    rng         a seed or a numpy Generator
    returns     a tuple of the arrays for each set, copies; raises ValueError, also where a set would be empty

    >>> (x, y), (x_test, y_test) = split(np.arange(10), np.arange(10) % 2, fractions=(0.7, 0.3), rng=0)
    >>> x, x_test
    (array([4, 6, 2, 7, 3, 5, 9]), array([0, 8, 1]))
    """
    rows = _rows("split", *arrays)
    shares = np.asarray(fractions, float)
    if shares.ndim != 1 or not (shares > 0).all() or abs(shares.sum() - 1) > 1e-9:
        raise ValueError(f"fractions: expected numbers > 0 with sum 1, such as (0.7, 0.15, 0.15), got {fractions}")
    n, rng = len(rows[0]), generator(rng)
    labels = np.zeros(n) if stratify is None else np.asarray(stratify)
    if labels.shape != (n,):
        raise ValueError(f"stratify: expected a label for each of the {n} samples, got shape {labels.shape}")
    names, kinds, counts = np.unique(labels, return_inverse=True, return_counts=True)
    if stratify is not None and counts.min() < len(shares):
        few = counts.argmin()
        raise ValueError(f"stratify: expected at least {len(shares)} samples of each class, one for each set, got "
                         f"{counts[few]} of class {names[few]}")  # fmt: skip
    order = rng.permutation(n)
    chosen, missing = np.empty(n, int), np.zeros(len(shares))
    for kind, count in enumerate(counts):
        sizes = np.floor(count * shares)
        missing = (missing + count * shares - sizes).round(9)
        extra = np.argsort(-missing, kind="stable")[: count - int(sizes.sum())]
        sizes[extra] += 1
        missing[extra] -= 1
        chosen[order[kinds[order] == kind]] = np.repeat(np.arange(len(shares)), sizes.astype(int))
    sizes = np.bincount(chosen, minlength=len(shares))
    if not sizes.all():
        raise ValueError(f"fractions: of {n} samples, {fractions} leave a set empty: the sizes are {sizes.tolist()}")
    picks = [order[chosen[order] == k] for k in range(len(shares))]
    return tuple(tuple(array[pick] for array in rows) for pick in picks)


@explained
def one_hot(labels: Any, classes: int, dtype: Any = np.float64) -> np.ndarray:
    """Rows of one 1, at the place of the label: (m, classes) for labels (m,) from 0 to classes - 1.

    Raises TypeError unless the labels are whole numbers, and IndexError for one out of range.

    >>> one_hot([0, 2], 3)
    array([[1., 0., 0.],
           [0., 0., 1.]])
    """
    labels = np.asarray(array_of(labels))
    if labels.dtype.kind not in "iu":
        raise TypeError(f"one_hot: expected whole numbers as labels, got {labels.dtype}")
    labels_in_range("one_hot", labels, whole("classes", classes, 1))
    return loss.one_hot(labels, classes, dtype)  # type: ignore[no-any-return]


def _rows(name: str, *arrays: Any) -> tuple[np.ndarray, ...]:
    """The arrays, if they have as many rows as one another, and some."""
    rows = tuple(np.asarray(array) for array in arrays)
    shapes = [array.shape for array in rows]
    if not rows or not all(shapes) or len({shape[0] for shape in shapes}) > 1:
        got = " and ".join(map(str, shapes)) or "none"
        raise ValueError(f"{name}: expected as many rows in each of the arrays, one a sample, got shapes {got}")
    if not shapes[0][0]:
        raise ValueError(f"{name}: there are no samples")
    return rows
