"""Real data: the 8 x 8 digits that come along, and MNIST from files that you have.  Nothing is ever downloaded."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np

Sets = tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]

DIGITS_SHA256 = "b83a91f954378536f7deb737c043ca5af4aaf3296fc1382b10b8e0931e0cab24"
MNIST_FILES = (
    ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
)


def digits(split: int = 0, dtype: Any = np.float64) -> Sets:
    """1,797 handwritten digits, 8 x 8: (x_train, y_train), (x_test, y_test); a fifth of each class is for testing.

    x       (n, 64), grey values from 0 to 1, of the given dtype;  y  (n,), labels 0 to 9
    split   which of the fixed, stratified splits: any whole number >= 0

    The data: E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits, UCI Machine Learning Repository,
    1998, CC BY 4.0.  Raises OSError if the file that came with the package is damaged.

    >>> (x_train, y_train), (x_test, y_test) = digits()
    >>> x_train.shape, x_test.shape
    ((1438, 64), (359, 64))
    """
    content = Path(__file__).with_name("digits.npz").read_bytes()
    if hashlib.sha256(content).hexdigest() != DIGITS_SHA256:
        raise OSError("digits.npz is damaged: its sha256 is not the one it was made with; install glassgrad again")
    with np.load(io.BytesIO(content)) as file:
        images, labels = file["images"], file["labels"].astype(np.int64)
    rng = np.random.default_rng([split, 1998])
    test = np.zeros(len(labels), bool)
    for label in range(10):
        places = rng.permutation(np.flatnonzero(labels == label))
        test[places[: round(len(places) / 5)]] = True
    x = _grey(images, 16, dtype)
    return (x[~test], labels[~test]), (x[test], labels[test])


def mnist(folder: str | os.PathLike[str], dtype: Any = np.float64) -> Sets:
    """MNIST, or any set in its format, from the four IDX files in a folder, plain or gzipped.

    returns   (x_train, y_train), (x_test, y_test): x (n, rows · columns), grey values from 0 to 1; y (n,), labels
    raises    FileNotFoundError that names the file, or ValueError for one that is truncated or not IDX

    The files: train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte,
    each with or without .gz (Y. LeCun, C. Cortes and C. Burges, The MNIST database of handwritten digits).
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise FileNotFoundError(f"expected a folder with the four MNIST files, but {folder} is not a folder")
    sets = []
    for images_name, labels_name in MNIST_FILES:
        images, labels = _idx(folder, images_name, 3), _idx(folder, labels_name, 1)
        if len(images) != len(labels):
            raise ValueError(f"{images_name} has {len(images)} images, but {labels_name} has {len(labels)} labels")
        if not images.size:
            raise ValueError(f"{images_name} has no images in it: its shape is {images.shape}")
        x = images.reshape(len(images), images.shape[1] * images.shape[2])
        sets.append((_grey(x, 255, dtype), labels.astype(np.int64)))
    (train, test) = sets
    if train[0].shape[1] != test[0].shape[1]:
        raise ValueError(f"training images have {train[0].shape[1]} pixels, test images {test[0].shape[1]}")
    return train, test


def _grey(images: Any, white: int, dtype: Any) -> Any:
    """Bytes as grey values from 0 to 1."""
    if np.dtype(dtype).kind != "f":
        raise TypeError(f"dtype: grey values from 0 to 1 need a floating one, got {np.dtype(dtype)}")
    return images.astype(dtype) / np.dtype(dtype).type(white)


def _idx(folder: Path, name: str, ndim: int) -> np.ndarray:
    """The array of bytes in an IDX file: two zeros, 8 for bytes, the number of axes, their lengths, the entries."""
    path = next((p for p in (folder / name, folder / f"{name}.gz") if p.exists()), None)
    if path is None:
        raise FileNotFoundError(f"expected {name} or {name}.gz in {folder}")
    head = 4 + 4 * ndim
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            start = file.read(head)
            if len(start) < head or start[:4] != bytes([0, 0, 8, ndim]):
                raise ValueError(f"{path} is not an IDX file of bytes with {ndim} axes")
            shape = struct.unpack(f">{ndim}I", start[4:])
            size = int(np.prod(shape, dtype=object))
            if path.suffix == ".gz" and head + size > 1032 * path.stat().st_size:  # deflate's limit
                raise ValueError(f"{path}: its header promises {size} bytes, more than a file of its size can hold")
            body = _read(file, size + 1)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise ValueError(f"{path} is damaged: {error}") from None
    if len(body) != size:
        more = "more" if len(body) > size else str(len(body))
        raise ValueError(f"{path}: its header promises {size} bytes of data for shape {shape}, but there are {more}")
    return np.frombuffer(body, np.uint8).reshape(shape)


def _read(file: Any, size: int) -> bytes:
    """Up to `size` bytes, in pieces: a header may promise more than there is, and must not cost memory for it."""
    pieces: list[bytes] = []
    while size > 0 and (piece := file.read(min(size, 1 << 20))):
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)
