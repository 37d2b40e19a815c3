"""Arrays in binary files, MNIST's IDX and NumPy's npz: read without belief in what their headers promise."""

from __future__ import annotations

import gzip
import io
import os
import struct
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from autograd.arguments import explained, flag
from autograd.errors import LONGEST, printable
from nn.datasets.packaged import Sets, fractions_of

MNIST_FILES = (
    ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
)
DEFLATE = 1032  # how many times smaller it can make something, at most


@explained
def mnist(folder: str | os.PathLike[str], dtype: Any = np.float64, images: bool = False) -> Sets:
    """MNIST, or any set in its format, from the four IDX files in a folder, plain or gzipped.

    images    whether x keeps the axes of the images, as convolutions need them
    returns   (x_train, y_train), (x_test, y_test): x (n, rows · columns), or (n, 1, rows, columns) as images, grey
              values from 0 to 1; y (n,), labels
    raises    FileNotFoundError that names the file, or ValueError for one that is truncated or not IDX; a changed
              byte is noticed where the file is gzipped, which has a checksum, and IDX has none

    The files: train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte,
    each with or without .gz (Y. LeCun, C. Cortes and C. Burges, The MNIST database of handwritten digits).
    """
    folder, images = Path(folder), flag("images", images)
    if not folder.is_dir():
        raise FileNotFoundError(
            f"expected a folder with the four MNIST files, but {printable(folder, LONGEST)} is not a folder"
        )
    sets = []
    for images_name, labels_name in MNIST_FILES:
        x, labels = _idx(folder, images_name, 3), _idx(folder, labels_name, 1)
        if len(x) != len(labels):
            raise ValueError(f"{images_name} has {len(x)} images, but {labels_name} has {len(labels)} labels")
        if not x.size:
            raise ValueError(f"{images_name} has no images in it: its shape is {x.shape}")
        sets.append((fractions_of(x, 255, dtype), labels.astype(np.int64)))
    (x, y), (x_test, y_test) = sets
    if x.shape[1:] != x_test.shape[1:]:
        raise ValueError(f"training images have {x.shape[1:]} pixels, test images {x_test.shape[1:]}")
    if images:
        return (x[:, None], y), (x_test[:, None], y_test)
    return (x.reshape(len(x), -1), y), (x_test.reshape(len(x_test), -1), y_test)


@explained
def npz(path: str | os.PathLike[str], names: str | Sequence[str] = ("x", "y")) -> tuple[np.ndarray, ...]:
    """The arrays of these names in a npz file, as np.savez and np.savez_compressed write them.

    returns   the arrays, in the order of the names; of one name a tuple of one
    raises    FileNotFoundError, or ValueError for a name that is not there, and what is damaged, is not npz, or holds
              Python objects: nothing in the file is run, and what its headers promise is not believed

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     np.savez(f"{folder}/a.npz", x=np.zeros((5, 2)), y=np.arange(5))
    ...     x, y = npz(f"{folder}/a.npz")
    >>> x.shape, y.shape
    ((5, 2), (5,))
    """
    path, names = Path(path), [names] if isinstance(names, str) else names
    if not path.is_file():
        raise FileNotFoundError(f"there is no file at {printable(path, LONGEST)}")
    try:
        with zipfile.ZipFile(path) as archive:
            there = {info.filename.removesuffix(".npy"): info for info in archive.infolist()}
            missing = [name for name in names if name not in there]
            if missing:
                raise ValueError(f"{path} has no array {missing[0]!r}: there are {', '.join(there) or 'none'}")
            return tuple(_npy(archive, there[name], f"{path}: {name!r}") for name in names)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, struct.error, RuntimeError) as error:
        raise ValueError(f"{path} is not a npz file, or is damaged: {error}") from None


def _npy(archive: zipfile.ZipFile, info: zipfile.ZipInfo, where: str) -> np.ndarray:
    """An array of a npz file."""
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ValueError(f"{where} is compressed in a way that NumPy does not write")
    if info.file_size > DEFLATE * info.compress_size + 64:
        raise ValueError(f"{where}: {info.file_size} bytes are promised, more than the file can hold")
    with archive.open(info) as file:
        body = io.BytesIO(_read(file, info.file_size + 1))
    try:
        version = np.lib.format.read_magic(body)
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, _, dtype = read(body)
    except Exception as error:  # NumPy parses it as Python, which knows many errors
        raise ValueError(f"{where} is not an array of NumPy's, or is damaged: {error}") from None
    if dtype.kind not in "fiub":
        raise ValueError(f"{where}: expected real numbers, got {dtype}")
    size, there = dtype.itemsize * int(np.prod(shape, dtype=object)), len(body.getvalue()) - body.tell()
    if size != there or min(shape, default=0) < 0:
        raise ValueError(f"{where}: its header promises {size} bytes for shape {shape}, but there are {there}")
    body.seek(0)
    return np.lib.format.read_array(body, allow_pickle=False)


def _idx(folder: Path, name: str, ndim: int) -> np.ndarray:
    """The array of bytes in an IDX file: two zeros, 8 for bytes, the number of axes, their lengths, the entries."""
    path = next((p for p in (folder / name, folder / f"{name}.gz") if p.exists()), None)
    if path is None:
        raise FileNotFoundError(f"expected {name} or {name}.gz in {printable(folder, LONGEST)}")
    head = 4 + 4 * ndim
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            start = file.read(head)
            if len(start) < head or start[:4] != bytes([0, 0, 8, ndim]):
                raise ValueError(f"{path} is not an IDX file of bytes with {ndim} axes")
            shape = struct.unpack(f">{ndim}I", start[4:])
            size = int(np.prod(shape, dtype=object))
            if head + size > path.stat().st_size * (DEFLATE if path.suffix == ".gz" else 1):
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
