"""Weights in files: what comes back, what is refused, and what a failed save leaves."""

import json
import os
import struct

import numpy as np
import pytest
from numeric import posix

import nn
from nn import serialization


@pytest.fixture
def model():
    return nn.MLP(4, 3, 2, rng=0)


def test_round_trip(model, tmp_path):
    path = nn.save(model, tmp_path / "w.safetensors")
    other = nn.MLP(4, 3, 2, rng=1)
    state = nn.load(path, other)
    for name, a in model.state_dict().items():
        np.testing.assert_array_equal(a, state[name])
        np.testing.assert_array_equal(a, other.state_dict()[name])
    nn.save({"a": np.arange(6, dtype=np.float32).reshape(2, 3).T}, path)
    a = nn.load(path)["a"]
    assert a.dtype == np.float32
    np.testing.assert_array_equal(a, [[0, 3], [1, 4], [2, 5]])


def test_the_same_weights_are_the_same_bytes(model, tmp_path):
    contents = {nn.save(model, tmp_path / f"{i}.safetensors").read_bytes() for i in range(10)}
    assert len(contents) == 1


def test_any_flipped_byte_or_truncation_is_noticed(model, tmp_path):
    path = nn.save(model, tmp_path / "w.safetensors")
    whole = path.read_bytes()
    for i in range(len(whole)):
        path.write_bytes(whole[:i] + bytes([whole[i] ^ 0x10]) + whole[i + 1 :])
        with pytest.raises(ValueError, match=r"w\.safetensors"):
            nn.load(path)
    for n in range(len(whole)):
        path.write_bytes(whole[:n])
        with pytest.raises(ValueError, match=r"w\.safetensors"):
            nn.load(path)


def test_what_can_and_cannot_be_saved(tmp_path):
    path = tmp_path / "w.safetensors"
    nn.save({"a": np.arange(3, dtype=">f8")}, path)
    np.testing.assert_array_equal(nn.load(path)["a"], [0, 1, 2])
    before = path.read_bytes()
    for bad in ({"a": np.array(["x"])}, {1: np.ones(1)}, {"a": np.ma.masked_array([1.0], [True])}):
        with pytest.raises(TypeError, match="real numbers|names for the arrays|masked"):
            nn.save(bad, path)
    for bad in ({"__metadata__": np.ones(1)}, {"\ud800": np.ones(1)}, {"a": np.ones(1, np.longdouble)}):
        with pytest.raises(ValueError, match="safetensors cannot hold .* under the name"):
            nn.save(bad, path)
    with pytest.raises(TypeError, match="expected a Module or a dict of arrays, got 5"):
        nn.save(5, path)
    assert path.read_bytes() == before
    with pytest.raises(TypeError, match=r"a path first, and then the model: nn\.load\(path, model\)"):
        nn.load(nn.Linear(1, 1), path)
    with pytest.raises(TypeError, match="load expected a Module to copy the arrays into, got 5"):
        nn.load(path, 5)


@pytest.mark.parametrize(
    "sums", ["5", "true", '"a"', "[1]", "{}", '{"sha256": {}, "metadata": 5}', "not json", "[" * 5000]
)
def test_checksums_that_make_no_sense(sums, tmp_path):
    path = tmp_path / "w.safetensors"
    path.write_bytes(serialization.serialize({"a": np.ones(2)}, {"glassgrad": sums}))
    with pytest.raises(ValueError, match=r"w\.safetensors"):
        nn.load(path)
    path.write_bytes(serialization.serialize({"a": np.ones(2)}))  # another program's file has none
    np.testing.assert_array_equal(nn.load(path)["a"], [1, 1])


@posix
def test_a_file_is_written_as_files_are(tmp_path):
    old = os.umask(0o077)
    try:
        path = nn.save({"a": np.ones(1)}, tmp_path / "w.safetensors")
    finally:
        os.umask(old)
    assert path.stat().st_mode & 0o777 == 0o600
    nn.save({"a": np.ones(1)}, path)
    assert path.stat().st_mode & 0o777 == 0o600  # as it was
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(OSError, match="not a regular file"):
        nn.save({"a": np.ones(1)}, tmp_path / "fifo")
    link = tmp_path / "link.safetensors"
    link.symlink_to(path)
    nn.save({"b": np.ones(1)}, link)
    assert link.is_symlink()
    assert list(nn.load(path)) == ["b"]
    assert nn.save({"a": np.ones(1)}, tmp_path / ("x" * 250)).exists()


@pytest.mark.parametrize("content", [b"", b"garbage", struct.pack("<Q", 8 * 10**13) + b"{}", b"\x80\x04K\x01."])
def test_what_is_no_safetensors_file(content, tmp_path):
    path = tmp_path / "w.safetensors"
    path.write_bytes(content)
    with pytest.raises(ValueError, match="not a readable safetensors file"):
        nn.load(path)
    with pytest.raises(FileNotFoundError, match="no file of weights at"):
        nn.load(tmp_path / "missing")


def test_weights_of_another_architecture(model, tmp_path):
    path = nn.save(nn.MLP(4, 5, 5, 2, rng=0), tmp_path / "w.safetensors")
    before = model.state_dict()
    with pytest.raises(
        ValueError, match=r"unexpected: 4\.bias, 4\.weight\n  0\.weight: expected shape \(3, 4\), got \(5, 4\)"
    ):
        nn.load(path, model)
    for name, a in model.state_dict().items():
        np.testing.assert_array_equal(a, before[name])


def test_a_save_that_fails_leaves_the_old_file_and_no_other(model, tmp_path, monkeypatch):
    path = nn.save(model, tmp_path / "w.safetensors")
    before = path.read_bytes()

    def fail(*_):
        raise OSError("disk full")

    for step in ("fsync", "replace"):
        with monkeypatch.context() as patch:
            patch.setattr(serialization.os, step, fail)
            with pytest.raises(OSError, match="disk full"):
                nn.save(nn.MLP(4, 3, 2, rng=9), path)
        assert path.read_bytes() == before
        assert os.listdir(tmp_path) == ["w.safetensors"]
    with pytest.raises(OSError, match="nowhere"):
        nn.save(model, tmp_path / "nowhere" / "w.safetensors")


def test_a_file_whose_checksums_have_another_name_is_damaged_and_one_without_is_another_programs(tmp_path):
    whole = nn.save({"a": np.ones(2)}, tmp_path / "w.safetensors", {"b": 1}).read_bytes()
    path = tmp_path / "other.safetensors"
    path.write_bytes(whole.replace(b'"glassgrad"', b'"glassgrae"').replace(np.float64(1).tobytes(), bytes(8), 1))
    for read in (nn.load, nn.metadata):
        with pytest.raises(ValueError, match="is damaged: its checksums are called 'glassgrae', and not 'glassgrad'"):
            read(path)
    theirs = {"format": "pt", "modelspec.hash_sha256": "0xfa1e", "note": '{"sha1": 1}'}
    path.write_bytes(serialization.serialize({"a": np.ones(2)}, theirs))
    np.testing.assert_array_equal(nn.load(path)["a"], [1, 1])
    assert nn.metadata(path) == {}


def test_metadata(tmp_path):
    path = nn.save({"a": np.ones(2)}, tmp_path / "w.safetensors", {"training": 1, "classes": ["a", "b"]})
    assert nn.metadata(path) == {"training": 1, "classes": ["a", "b"]}
    assert [*nn.load(path)] == ["a"]
    for bad in ({"a": np.ones(2)}, {"a": {1: 2, "1": 3}}):
        with pytest.raises(TypeError, match="save: expected metadata"):
            nn.save({"a": np.ones(2)}, path, bad)
    with pytest.raises(
        ValueError, match=r"metadata cannot have the name 'glassgrad\.training': fit keeps its checkpoints"
    ):
        nn.save({"a": np.ones(2)}, path, {"glassgrad.training": {}})
    assert nn.metadata(path) == {"training": 1, "classes": ["a", "b"]}


def by_hand(path, kind, shape, data):
    """A safetensors file of one array, in which the length of the header, the header and the data follow each other."""
    header = json.dumps({"x": {"dtype": kind, "shape": shape, "data_offsets": [0, len(data)]}}).encode()
    path.write_bytes(len(header).to_bytes(8, "little") + header + data)
    return path


@pytest.mark.parametrize(("shape", "bits", "numbers"), [
    ([2, 3], [0x3FC0, 0xC050, 0x7F80, 0x0001, 0x8000, 0x3F80], [[1.5, -3.25, np.inf], [2.0**-133, -0.0, 1.0]]),
    ([], [0x4020], 2.5),
    ([0, 2], [], np.zeros((0, 2))),
])  # fmt: skip
def test_bfloat16_becomes_the_same_numbers_in_float32(shape, bits, numbers, tmp_path):
    x = nn.load(by_hand(tmp_path / "a.safetensors", "BF16", shape, np.array(bits, "<u2").tobytes()))["x"]
    assert x.dtype == np.float32
    np.testing.assert_array_equal(x, np.array(numbers, np.float32))
    np.testing.assert_array_equal(np.signbit(x), np.signbit(numbers))


def test_numbers_that_numpy_does_not_have_are_no_damage(tmp_path):
    path = by_hand(tmp_path / "a.safetensors", "F8_E4M3", [2], b"12")
    with pytest.raises(
        ValueError, match=r"a.safetensors: 'x' is of F8_E4M3, which NumPy does not have: save it as float32"
    ):
        nn.load(path)


def test_what_matches_is_loaded_and_the_rest_is_told():
    trained, model = nn.MLP(4, 8, 8, 3, rng=0), nn.MLP(4, 8, 8, 2, rng=1)
    head = model[4].weight.data.copy()
    x = np.ones((2, 4))
    assert model.load_matching(trained.state_dict() | {"6.weight": np.ones(2)}) == ["4.weight", "4.bias"]
    np.testing.assert_array_equal(model[:4](x).data, trained[:4](x).data)
    np.testing.assert_array_equal(model[4].weight.data, head)
    assert model.load_matching(model.state_dict()) == []
    with pytest.raises(
        ValueError, match=r"load_matching: nothing in this state, \['a'\] .*MLP has, \['0.weight', '0.bias'"
    ):
        model.load_matching({"a": np.ones(2)})
    with pytest.raises(ValueError, match="expected float64, got complex128"):
        model.load_matching({"0.bias": np.ones(8) * 1j})
    np.testing.assert_array_equal(model[0].bias.data, trained[0].bias.data)


def test_what_is_shared_matches_under_one_of_its_paths():
    first = nn.Linear(3, 3, rng=0)
    tied = nn.Sequential(first, first, nn.Linear(3, 1, rng=1))
    assert tied.load_matching({"1.weight": np.eye(3)}) == ["0.bias", "1.bias", "2.weight", "2.bias"]
    np.testing.assert_array_equal(first.weight.data, np.eye(3))
