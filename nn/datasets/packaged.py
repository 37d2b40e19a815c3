"""The sets that come along: digits and irises, each with fixed splits for training and testing."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from typing import Any

import numpy as np

from autograd.arguments import explained, flag
from nn.checks import whole

Sets = tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]

SHA256 = {
    "digits.npz": "b83a91f954378536f7deb737c043ca5af4aaf3296fc1382b10b8e0931e0cab24",
    "iris.npz": "d67aed1b9056302c8fce93fc75735cee34732d794b6a718dd85ba4bc305b423b",
}


@explained
def digits(split: int = 0, dtype: Any = np.float64, images: bool = False) -> Sets:
    """1,797 handwritten digits, 8 x 8: (x_train, y_train), (x_test, y_test); a fifth of each class is for testing.

    x        (n, 64), grey values from 0 to 1, of the given dtype;  y  (n,), labels 0 to 9
    split    which of the fixed, stratified splits: any whole number >= 0
    images   whether x is (n, 1, 8, 8) instead, as convolutions need it

    The data: E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits, UCI Machine Learning Repository,
    1998, CC BY 4.0.  Raises OSError if the file that came with the package is damaged.

    >>> (x_train, y_train), (x_test, y_test) = digits()
    >>> x_train.shape, x_test.shape
    ((1438, 64), (359, 64))
    """
    split, images = whole("split", split, 0), flag("images", images)
    x, labels = _packaged("digits.npz", "images")
    x = fractions_of(x, 16, dtype).reshape((-1, 1, 8, 8) if images else (-1, 64))
    return _fifths(x, labels, [split, 1998])


@explained
def iris(split: int = 0, dtype: Any = np.float64) -> Sets:
    """150 irises of three species: (x_train, y_train), (x_test, y_test); a fifth of each species is for testing.

    x       (n, 4), length and width of sepal and petal in cm, from 0.1 to 7.9, of the given dtype
    y       (n,), labels: 0 setosa, 1 versicolor, 2 virginica
    split   which of the fixed, stratified splits: any whole number >= 0

    The data: R. A. Fisher, The use of multiple measurements in taxonomic problems, Annals of Eugenics 7 (1936); UCI
    Machine Learning Repository, 1988, CC BY 4.0.  Raises OSError if the file that came with the package is damaged.

    >>> (x_train, y_train), (x_test, y_test) = iris()
    >>> x_train.shape, x_test.shape
    ((120, 4), (30, 4))
    """
    split = whole("split", split, 0)
    lengths, labels = _packaged("iris.npz", "lengths")
    return _fifths(fractions_of(lengths, 10, dtype), labels, [split, 1936])


def fractions_of(counts: Any, most: int, dtype: Any) -> Any:
    """Bytes as fractions of a whole, such as grey values from 0 to 1."""
    if np.dtype(dtype).kind != "f":
        raise TypeError(f"dtype: fractions, as of grey values from 0 to 1, need a floating one, got {np.dtype(dtype)}")
    return counts.astype(dtype) / np.dtype(dtype).type(most)


def _packaged(name: str, data: str) -> tuple[np.ndarray, np.ndarray]:
    """The data and the labels in a file beside this one."""
    content = Path(__file__).with_name(name).read_bytes()
    if hashlib.sha256(content).hexdigest() != SHA256[name]:
        raise OSError(f"{name} is damaged: its sha256 is not the one it was made with; install glassgrad again")
    with np.load(io.BytesIO(content)) as file:
        return file[data], file["labels"].astype(np.int64)


def _fifths(x: np.ndarray, labels: np.ndarray, seed: list[int]) -> Sets:
    """A fifth of each class for testing, the others for training, in the order that they have."""
    rng = np.random.default_rng(seed)
    test = np.zeros(len(labels), bool)
    for label in range(labels.max() + 1):
        places = rng.permutation(np.flatnonzero(labels == label))
        test[places[: round(len(places) / 5)]] = True
    return (x[~test], labels[~test]), (x[test], labels[test])
