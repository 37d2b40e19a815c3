"""Mini-batches, the digits, and MNIST files whole and damaged."""

import gzip
import struct

import numpy as np
import pytest

import nn


def test_t2_one_epoch_sees_every_sample_once():
    x, y = np.arange(32)[:, None], np.arange(32)
    orders = set()
    for seed in range(20):
        batches = list(nn.minibatches(x, y, 12, rng=seed))
        sizes = [len(xb) for xb, _ in batches]
        assert sorted(sizes) == [8, 12, 12]
        assert all((xb[:, 0] == yb).all() for xb, yb in batches)
        seen = np.concatenate([yb for _, yb in batches])
        assert sorted(seen) == list(range(32))
        assert list(seen) != list(range(32))
        orders.add(tuple(sizes))
    assert orders == {(8, 12, 12), (12, 8, 12), (12, 12, 8)}  # the short batch comes anywhere


def test_batches_are_seeded_and_are_copies():
    x, y = np.arange(10.0), np.arange(10)
    first, again = (list(nn.minibatches(x, y, 4, rng=3)) for _ in range(2))
    for (a, b), (c, d) in zip(first, again, strict=True):
        np.testing.assert_array_equal(a, c)
        np.testing.assert_array_equal(b, d)
        a[:] = -1
    np.testing.assert_array_equal(x, np.arange(10.0))
    rng = np.random.default_rng(0)
    one, two = (np.concatenate([b for _, b in nn.minibatches(x, y, 4, rng)]) for _ in range(2))
    assert list(one) != list(two)  # a generator goes on from epoch to epoch


@pytest.mark.parametrize(("args", "message"), [
    ((np.ones(3), np.ones(4), 2), r"as many rows in x as in y, got shapes \(3,\) and \(4,\)"),
    ((np.ones(0), np.ones(0), 2), "there are no samples"),
    ((np.ones(3), np.ones(3), 0), "batch_size: expected a whole number >= 1, got 0"),
    ((np.ones(3), np.ones(3), 2.0), "batch_size: expected a whole number >= 1, got 2.0"),
    ((np.float64(3), np.ones(3), 2), "as many rows"),
])  # fmt: skip
def test_bad_batches(args, message):
    with pytest.raises(ValueError, match=message):
        nn.minibatches(*args)


def test_digits_are_split_alike_for_every_class_and_always_the_same():
    (x, y), (x_test, y_test) = nn.datasets.digits()
    assert (x.shape, y.shape, x_test.shape, y_test.shape) == ((1438, 64), (1438,), (359, 64), (359,))
    assert (x.min(), x.max(), x.dtype, y.dtype) == (0, 1, np.float64, np.int64)
    for label in range(10):
        assert (y_test == label).sum() == round(((y == label).sum() + (y_test == label).sum()) / 5)
    everything = np.concatenate([x, x_test])
    assert len(np.unique(everything, axis=0)) == 1797  # no image is in both sets
    again, other = nn.datasets.digits(), nn.datasets.digits(split=1)
    np.testing.assert_array_equal(again[1][0], x_test)
    assert not np.array_equal(other[1][0], x_test)
    assert nn.datasets.digits(dtype=np.float32)[0][0].dtype == np.float32


def test_a_damaged_digits_file_is_noticed(monkeypatch):
    monkeypatch.setattr(nn.datasets, "DIGITS_SHA256", "0" * 64)
    with pytest.raises(OSError, match="damaged.*install glassgrad again"):
        nn.datasets.digits()


def idx(array):
    return bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


@pytest.fixture
def folder(tmp_path):
    rng = np.random.default_rng(0)
    for part, n in (("train", 20), ("t10k", 5)):
        images = rng.integers(0, 256, (n, 4, 3), dtype=np.uint8)
        images[0, 0, :2] = 0, 255
        (tmp_path / f"{part}-images-idx3-ubyte").write_bytes(idx(images))
        labels = np.arange(n, dtype=np.uint8) % 10
        with gzip.open(tmp_path / f"{part}-labels-idx1-ubyte.gz", "wb") as file:
            file.write(idx(labels))
    return tmp_path


def test_mnist_plain_and_gzipped(folder):
    (x, y), (x_test, y_test) = nn.datasets.mnist(folder, np.float32)
    assert (x.shape, y.shape, x_test.shape, y_test.shape) == ((20, 12), (20,), (5, 12), (5,))
    assert (x.min(), x.max(), x.dtype) == (0, 1, np.float32)
    assert list(y_test) == [0, 1, 2, 3, 4]
    raw = np.frombuffer((folder / "train-images-idx3-ubyte").read_bytes()[16:], np.uint8)
    np.testing.assert_allclose(x.ravel(), raw / 255, rtol=1e-6)


@pytest.mark.parametrize("name", ["train-images-idx3-ubyte", "t10k-labels-idx1-ubyte.gz"])
def test_mnist_truncated_anywhere_or_with_more_than_it_says(folder, name):
    path = folder / name
    whole = path.read_bytes()
    for content in [*(whole[:n] for n in range(0, len(whole), 7)), whole[:-1], whole + b"x"]:
        path.write_bytes(content)
        with pytest.raises(ValueError, match=name.split(".")[0]):
            nn.datasets.mnist(folder)


def test_mnist_headers_that_lie(folder):
    path = folder / "train-images-idx3-ubyte"
    whole = path.read_bytes()
    for header in (
        b"\0\0\x08\x03" + b"\xff" * 12,
        b"\0\0\x0d\x03" + whole[4:16],
        b"\0\0\x08\x01" + whole[4:16],
        b"\x1f" * 16,
    ):
        path.write_bytes(header + whole[16:])
        with pytest.raises(ValueError, match="train-images"):
            nn.datasets.mnist(folder)


def test_mnist_that_claims_more_than_its_size_can_hold(folder):
    (folder / "train-images-idx3-ubyte").unlink()
    with gzip.open(folder / "train-images-idx3-ubyte.gz", "wb") as file:
        file.write(bytes([0, 0, 8, 3]) + struct.pack(">3I", 2**20, 2**10, 2**10))
    with pytest.raises(ValueError, match="promises 1099511627776 bytes, more than a file of its size can hold"):
        nn.datasets.mnist(folder)


def test_grey_values_are_floating_and_there_are_some(folder):
    for read in (nn.datasets.digits, lambda dtype: nn.datasets.mnist(folder, dtype)):
        with pytest.raises(TypeError, match="dtype: grey values from 0 to 1 need a floating one, got int64"):
            read(dtype=int)
    (folder / "train-images-idx3-ubyte").write_bytes(idx(np.zeros((0, 4, 3), np.uint8)))
    with gzip.open(folder / "train-labels-idx1-ubyte.gz", "wb") as file:
        file.write(idx(np.zeros(0, np.uint8)))
    with pytest.raises(ValueError, match="has no images in it"):
        nn.datasets.mnist(folder)


def test_mnist_that_is_not_there(folder):
    with pytest.raises(FileNotFoundError, match="not a folder"):
        nn.datasets.mnist(folder / "nowhere")
    (folder / "t10k-images-idx3-ubyte").unlink()
    with pytest.raises(FileNotFoundError, match=r"expected t10k-images-idx3-ubyte or t10k-images-idx3-ubyte\.gz"):
        nn.datasets.mnist(folder)


def test_mnist_sets_that_do_not_fit_each_other(folder):
    (folder / "train-images-idx3-ubyte").write_bytes(idx(np.zeros((19, 4, 3), np.uint8)))
    with pytest.raises(ValueError, match="has 19 images, but .* has 20 labels"):
        nn.datasets.mnist(folder)
    (folder / "train-images-idx3-ubyte").write_bytes(idx(np.zeros((20, 4, 4), np.uint8)))
    with pytest.raises(ValueError, match="training images have 16 pixels, test images 12"):
        nn.datasets.mnist(folder)
