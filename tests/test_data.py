"""Mini-batches, the digits, and MNIST files whole and damaged."""

import gzip
import struct

import numpy as np
import pytest

import nn
from nn.datasets import packaged


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
    ((np.ones(3), np.ones(4), 2), r"as many rows in each of the arrays, one a sample, got shapes \(3,\) and \(4,\)"),
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
    (images, _), (images_test, _) = nn.datasets.digits(images=True)
    assert (images.shape, images_test.shape) == ((1438, 1, 8, 8), (359, 1, 8, 8))
    np.testing.assert_array_equal(images.reshape(-1, 64), x)


def test_a_damaged_digits_file_is_noticed(monkeypatch):
    monkeypatch.setitem(packaged.SHA256, "digits.npz", "0" * 64)
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


def test_mnist_as_images(folder):
    (flat, y), _ = nn.datasets.mnist(folder)
    (x, labels), (x_test, _) = nn.datasets.mnist(folder, images=True)
    assert (x.shape, x_test.shape) == ((20, 1, 4, 3), (5, 1, 4, 3))
    np.testing.assert_array_equal(x.reshape(20, -1), flat)
    np.testing.assert_array_equal(labels, y)
    assert x[0, 0, 0, 1] == 1  # the second pixel of the first row is white


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
        with pytest.raises(
            TypeError, match="dtype: fractions, as of grey values from 0 to 1, need a floating one, got int64"
        ):
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
    with pytest.raises(ValueError, match=r"training images have \(4, 4\) pixels, test images \(4, 3\)"):
        nn.datasets.mnist(folder)


def test_a_loader_is_the_epochs_of_minibatches_with_any_number_of_arrays():
    x, y = np.arange(32)[:, None], np.arange(32)
    loader, rng = nn.DataLoader(x, y, y * 2.0, batch_size=12, rng=5), np.random.default_rng(5)
    assert len(loader) == 3
    for _ in range(3):
        for (a, b, c), (xb, yb) in zip(loader, nn.minibatches(x, y, 12, rng), strict=True):
            np.testing.assert_array_equal(a, xb)
            np.testing.assert_array_equal(b, yb)
            np.testing.assert_array_equal(c, yb * 2.0)


def test_a_loader_goes_on_from_the_state_of_its_generator():
    x = np.arange(10)
    loader = nn.DataLoader(x, batch_size=3, rng=0)
    list(loader)
    state = loader.rng.bit_generator.state
    second = [b.tolist() for (b,) in loader]
    resumed = nn.DataLoader(x, batch_size=3, rng=99)
    resumed.rng.bit_generator.state = state
    assert [b.tolist() for (b,) in resumed] == second
    assert [b.tolist() for (b,) in resumed] != second


def test_batches_in_order_and_without_the_last():
    x = np.arange(7)
    plain = nn.DataLoader(x, batch_size=3, shuffle=False)
    assert [b.tolist() for (b,) in plain] == [[0, 1, 2], [3, 4, 5], [6]]
    next(iter(plain))[0][:] = -1
    np.testing.assert_array_equal(x, np.arange(7))
    dropping = nn.DataLoader(x, batch_size=3, shuffle=False, drop_last=True)
    assert ([b.tolist() for (b,) in dropping], len(dropping)) == ([[0, 1, 2], [3, 4, 5]], 2)
    shuffled = nn.DataLoader(x, batch_size=3, drop_last=True, rng=0)
    seen = [np.concatenate([b for (b,) in shuffled]) for _ in range(20)]
    assert all(len(set(epoch)) == 6 for epoch in seen)
    assert set(np.concatenate(seen)) == set(range(7))  # not always the same one is left out
    assert [b.tolist() for (b,) in nn.DataLoader(x, batch_size=99, shuffle=False)] == [list(range(7))]
    with pytest.raises(ValueError, match="batch_size: expected at most 7, .* there would be no batch at all; got 8"):
        nn.DataLoader(x, batch_size=8, drop_last=True)
    with pytest.raises(ValueError, match=r"DataLoader: expected as many rows.* got shapes \(7,\) and \(6,\)"):
        nn.DataLoader(x, x[1:])
    with pytest.raises(ValueError, match="DataLoader: there are no samples"):
        nn.DataLoader(x[:0])
    with pytest.raises(ValueError, match="got shapes none"):
        nn.DataLoader()


@pytest.mark.parametrize(("n", "fractions", "sizes"), [
    (10, (0.8, 0.2), [8, 2]),
    (10, (0.7, 0.15, 0.15), [7, 2, 1]),  # shares 7, 1.5, 1.5
    (7, (0.5, 0.5), [4, 3]),
    (100, (0.29, 0.71), [29, 71]),  # 0.29 * 100 is 28.999999999999996
    (10, (1 / 3, 1 / 3, 1 / 3), [4, 3, 3]),
    (11, (0.45, 0.32, 0.23), [5, 3, 3]),  # shares 4.95, 3.52, 2.53: the largest remainders are .95 and .53
    (5, (1.0,), [5]),
])  # fmt: skip
def test_a_split_has_every_sample_once_in_sets_of_the_sizes_asked_for(n, fractions, sizes):
    x, y = np.arange(n)[:, None] * [1, 2], np.arange(n)
    parts = nn.split(x, y, fractions=fractions, rng=0)
    assert [len(yp) for _, yp in parts] == sizes
    assert sorted(np.concatenate([yp for _, yp in parts])) == list(range(n))
    assert all((xp == yp[:, None] * [1, 2]).all() for xp, yp in parts)
    for (a, _), (b, _) in zip(parts, nn.split(x, y, fractions=fractions, rng=0), strict=True):
        np.testing.assert_array_equal(a, b)
    assert not all(
        np.array_equal(a[1], b[1]) for a, b in zip(parts, nn.split(x, y, fractions=fractions, rng=1), strict=True)
    )


@pytest.mark.parametrize("seed", range(20))
def test_a_stratified_split_has_its_share_of_every_class_and_of_all(seed):
    rng = np.random.default_rng(seed)
    labels = np.array(["a", "b", "c", "d", "e"])[rng.choice(5, 200, p=[0.5, 0.2, 0.15, 0.1, 0.05])]
    fractions = rng.dirichlet([5, 5, 5])
    parts = nn.split(np.arange(200), fractions=fractions, stratify=labels, rng=seed)
    assert sorted(np.concatenate([p for (p,) in parts])) == list(range(200))
    for (picks,), fraction in zip(parts, fractions, strict=True):
        for name in np.unique(labels):
            assert abs((labels[picks] == name).sum() - fraction * (labels == name).sum()) <= 1
        assert abs(len(picks) - fraction * 200) <= 1
        assert list(labels[picks]) != sorted(labels[picks])  # they come mixed


def test_what_is_over_in_the_classes_is_shared_over_them():
    labels = np.repeat(np.arange(10), 5)
    train, test = nn.split(labels, fractions=(0.7, 0.3), stratify=labels, rng=0)  # 1.5 of each class for testing
    assert (len(train[0]), len(test[0])) == (35, 15)
    assert sorted(np.bincount(test[0])) == [1] * 5 + [2] * 5


@pytest.mark.parametrize(("how", "message"), [
    ({"fractions": (0.8, 0.1)}, r"fractions: expected numbers > 0 with sum 1, such as .*, got \(0.8, 0.1\)"),
    ({"fractions": (1.2, -0.2)}, "fractions: expected numbers > 0 with sum 1"),
    ({"fractions": (np.nan, 1)}, "fractions: expected numbers > 0 with sum 1"),
    ({"fractions": ()}, "fractions: expected numbers > 0 with sum 1"),
    ({"fractions": 0.8}, "fractions: expected numbers > 0 with sum 1"),
    ({"fractions": (0.99, 0.01)}, r"of 4 samples, \(0.99, 0.01\) leave a set empty: the sizes are \[4, 0\]"),
    ({"stratify": [0, 0, 0]}, r"stratify: expected a label for each of the 4 samples, got shape \(3,\)"),
    ({"stratify": [0, 0, 0, 7]}, "at least 2 samples of each class, one for each set, got 1 of class 7"),
])  # fmt: skip
def test_bad_splits(how, message):
    with pytest.raises(ValueError, match=message):
        nn.split(np.arange(4), **how)


def test_one_hot_rows():
    np.testing.assert_array_equal(nn.one_hot([2, 0], 3), [[0, 0, 1], [1, 0, 0]])
    rows = nn.one_hot(np.array([299], np.uint16), 300, np.float32)
    assert (rows.shape, rows.dtype, rows[0, 299], rows.sum()) == ((1, 300), np.float32, 1, 1)
    rows[0, 0] = 5  # it is not memory that others see
    for bad in ([3], [-1]):
        with pytest.raises(IndexError, match="one_hot: label -?[13] of sample 0 is out of range: there are 3 classes"):
            nn.one_hot(bad, 3)
    with pytest.raises(TypeError, match="one_hot: expected whole numbers as labels, got float64"):
        nn.one_hot([0.0, 1.0], 3)
