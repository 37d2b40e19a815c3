"""Weights in files: safetensors, which hold arrays and no code, each with a checksum, replaced in one move."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
from safetensors import deserialize
from safetensors.numpy import save as serialize

from autograd.arguments import explained
from autograd.arrays import plain
from autograd.errors import LONGEST, describe, printable
from autograd.files import write
from nn.module import Module
from nn.states import within

ABOUT = "__metadata__"  # in safetensors no array can be called so
TRAINING = "glassgrad.training"  # under this name fit keeps what is not of the model
FOREIGN = ("F8_E4M3", "F8_E5M2", "F8_E8M0", "F8_E4M3FNUZ", "F8_E5M2FNUZ", "F4", "F6_E2M3", "F6_E3M2")
OURS, SUMS = "glassgrad", '{"sha256": '  # the one entry of a file of ours, and how it begins


@explained
def save(
    model: Module | Mapping[str, np.ndarray], path: str | os.PathLike[str], metadata: Mapping[str, Any] | None = None
) -> Path:
    """Writes a model's parameters and buffers, or a dict of arrays, as safetensors; PyTorch can read them.

    metadata   what is to be known of them, as far as JSON can hold it: nn.metadata(path) gives it back

    The file at `path` is the old one or the new one at every moment, never half of either.  Raises OSError if it
    cannot be written, and ValueError for an array that safetensors cannot hold, or metadata under fit's own name.
    """
    if metadata is not None and TRAINING in metadata:
        raise ValueError(f"save: metadata cannot have the name {TRAINING!r}: fit keeps its checkpoints under it")
    return store(model, path, metadata)


def store(
    model: Module | Mapping[str, np.ndarray], path: str | os.PathLike[str], metadata: Mapping[str, Any] | None
) -> Path:
    """save, also of checkpoints."""
    if not isinstance(model, Module | Mapping):
        raise TypeError(f"save expected a Module or a dict of arrays, got {describe(model)}")
    arrays = dict(model.state_dict() if isinstance(model, Module) else model)
    for name, x in arrays.items():
        array = plain(x)
        if not isinstance(name, str):
            raise TypeError(f"save: expected names for the arrays, got {name!r}")
        if array.dtype.itemsize > 8 or name == ABOUT or not _utf8(name):
            raise ValueError(f"safetensors cannot hold {array.dtype} under the name {name!r}")
        arrays[name] = np.array(array, array.dtype.newbyteorder("<"), order="C")
    try:
        about = json.dumps({} if metadata is None else dict(metadata))
    except (TypeError, ValueError) as error:
        raise TypeError(f"save: expected metadata of texts, numbers, lists and dicts: {error}") from None
    if json.dumps(json.loads(about)) != about:
        raise TypeError("save: expected metadata with texts as names, no two of them the same")
    sums = {ABOUT: _digest(about.encode())} | {name: _checksum(array) for name, array in sorted(arrays.items())}
    entry = f'{SUMS}{json.dumps(sums)}, "metadata": {about}}}'
    return write(path, serialize(arrays, {OURS: entry}))  # one entry: the order of several is not fixed


@explained
def load(path: str | os.PathLike[str], model: Module | None = None) -> dict[str, np.ndarray]:
    """The arrays in a safetensors file, by name; with a model, they are also copied into it.

    Of a checkpoint that nn.fit has written it is the model's arrays.  What nn.save wrote has checksums of names,
    shapes, values and metadata: they find damage, but not who alters a file and its checksums too, or takes them out;
    another program's file has none, and is loaded as it is, bfloat16 as the float32 of the same value.

    Raises FileNotFoundError, ValueError for a file that is truncated, altered or not safetensors, or has numbers that
    NumPy has not, and ValueError that lists the differences if it does not fit the model, which is then left as it was;
    for a part of a model see Module.load_matching.
    """
    if isinstance(path, Module):
        raise TypeError("load expected a path first, and then the model: nn.load(path, model)")
    if not isinstance(model, Module | None):
        raise TypeError(f"load expected a Module to copy the arrays into, got {model!r}")
    state, about = read(path)
    if TRAINING in about:
        state = within("model", state)
    if model is not None:
        model.load_state_dict(state)
    return state


@explained
def metadata(path: str | os.PathLike[str]) -> dict[str, Any]:
    """What nn.save was given as metadata; raises as nn.load.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     metadata(save({"a": np.ones(2)}, folder + "/a.safetensors", {"classes": ["cat", "dog"]}))
    {'classes': ['cat', 'dog']}
    """
    return read(path)[1]


def read(path: str | os.PathLike[str]) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """The arrays in a file, and what is known of them."""
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"there is no file of weights at {printable(path, LONGEST)}")
    try:
        with safetensors.safe_open(path, framework="np") as file:
            kinds = {name: file.get_slice(name).get_dtype() for name in file.keys()}  # noqa: SIM118 (not a dict)
            halves = dict(deserialize(path.read_bytes()) if "BF16" in kinds.values() else ())  # type: ignore[no-untyped-call]
            state = {name: _widened(halves[name]) if kind == "BF16" else file.get_tensor(name)
                     for name, kind in kinds.items() if kind not in FOREIGN}  # fmt: skip
            entries = file.metadata() or {}
        if renamed := next((name for name, text in entries.items() if name != OURS and text.startswith(SUMS)), None):
            raise ValueError(f"its checksums are called {renamed!r}, and not {OURS!r}")
        entry = json.loads(entries.get(OURS, "null"))
        sums, about = (None, {}) if entry is None else (entry["sha256"], dict(entry["metadata"]))
        found = {ABOUT: _digest(json.dumps(about).encode())} | {name: _checksum(x) for name, x in state.items()}
    except (safetensors.SafetensorError, ValueError, TypeError, AttributeError, KeyError, RecursionError) as error:
        raise ValueError(f"{path} is not a readable safetensors file, or is damaged: {error}") from None
    if others := [f"{name!r} is of {kind}" for name, kind in kinds.items() if name not in state]:
        raise ValueError(f"{path}: {others[0]}, which NumPy does not have: save it as float32 where it was made")
    if sums is not None and sums != found:
        raise ValueError(f"{path} is damaged: its checksums do not fit the names, shapes and values in it")
    return state, about


def _utf8(name: str) -> bool:
    return name.encode(errors="ignore").decode() == name


def _widened(entry: Mapping[str, Any]) -> np.ndarray:
    """bfloat16, which NumPy does not have, as float32: the same numbers, since it is their upper half."""
    bits = np.frombuffer(entry["data"], "<u2").astype(np.uint32) << 16
    return bits.view(np.float32).reshape(entry["shape"])


def _checksum(array: Any) -> str:
    return _digest(f"{array.dtype.str}{array.shape}".encode(), array.reshape(-1).data)


def _digest(*parts: Any) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest.hexdigest()
