"""Weights in files: safetensors, which hold arrays and no code, each with a checksum, replaced in one move."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
from safetensors.numpy import save as serialize

from nn.module import Module


def save(model: Module | Mapping[str, np.ndarray], path: str | os.PathLike[str]) -> Path:
    """Writes a model's parameters and buffers, or a dict of arrays, as safetensors; PyTorch can read them.

    The file at `path` is the old one or the new one at every moment, never half of either.
    Raises OSError if it cannot be written.
    """
    state = model.state_dict() if isinstance(model, Module) else {k: np.asarray(v) for k, v in model.items()}
    arrays = {name: np.array(array, order="C") for name, array in state.items()}
    sums = json.dumps({name: _checksum(array) for name, array in sorted(arrays.items())})
    return write(path, serialize(arrays, {"sha256": sums}))  # one entry: the order of several is not fixed


def load(path: str | os.PathLike[str], model: Module | None = None) -> dict[str, np.ndarray]:
    """The arrays in a safetensors file, by name; with a model, they are also copied into it.

    Raises FileNotFoundError, ValueError for a file that is truncated, altered or not safetensors, and ValueError that
    lists the differences if it does not fit the model, which is then left as it was.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"there is no file of weights at {path}")
    try:
        with safetensors.safe_open(path, framework="np") as file:
            state = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a dict)
            sums = json.loads((file.metadata() or {}).get("sha256", "null"))
    except (safetensors.SafetensorError, ValueError, TypeError) as error:
        raise ValueError(f"{path} is not a readable safetensors file, or is damaged: {error}") from None
    if sums is not None and sums != {name: _checksum(array) for name, array in state.items()}:
        raise ValueError(f"{path} is damaged: its checksums do not fit the names, shapes and values in it")
    if model is not None:
        model.load_state_dict(state)
    return state


def write(path: str | os.PathLike[str], content: bytes) -> Path:
    """Writes a file by way of a temporary one beside it, so that it is never half written."""
    path = Path(path)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(OSError):
            os.chmod(temporary, path.stat().st_mode & 0o777 if path.exists() else 0o644)
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
    return path


def _checksum(array: Any) -> str:
    head = f"{array.dtype.str}{array.shape}".encode()
    return hashlib.sha256(head + array.tobytes()).hexdigest()
