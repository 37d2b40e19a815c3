"""States by name: how that of a part stands in that of the whole, and whether one fits what it is loaded into."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from autograd.errors import describe
from nn.checks import few


def under(part: str, state: Mapping[str, Any]) -> dict[str, Any]:
    """The state of a part as it stands in that of the whole: each name behind the part's own.

    >>> under("0", {"v": 1.0})
    {'0.v': 1.0}
    """
    return {f"{part}.{name}": x for name, x in state.items()}


def within(part: str, state: Mapping[str, Any]) -> dict[str, Any]:
    """The state of a part, as `under` has put it into that of the whole.

    >>> within("0", {"steps": 3, "0.v": 1.0})
    {'v': 1.0}
    """
    return {name.removeprefix(f"{part}."): x for name, x in state.items() if name.startswith(f"{part}.")}


def fitted(whose: str, own: Mapping[str, Any], state: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """`state` in the dtypes of `own`, arrays or Tensors by name, whose place it is to take.

    What is one thing under several names may stand in the state under one of them, or all.  Raises ValueError that
    lists what is missing, unexpected, of another shape, or not real numbers.
    """
    if not isinstance(state, Mapping):
        raise TypeError(f"load_state_dict: state: expected a dict of arrays, got {describe(state)}")
    new: dict[int, np.ndarray] = {}
    misfits = []
    for path, x in own.items():
        if path in state:
            given = np.asarray(state[path])
            fault = _misfit(given, x.shape, x.dtype)
            if not fault and not np.array_equal(new.setdefault(id(x), given), given, equal_nan=True):
                fault = f"differs from {next(p for p in own if own[p] is x)}, and both are one tensor"
            misfits += [f"{path}: {fault}"] if fault else []
    told = {id(x) for path, x in own.items() if path in state}
    missing = [path for path, x in own.items() if id(x) not in told]
    unexpected = [str(path) for path in state if path not in own]
    named = [f"{what}: {', '.join(few(paths))}"
             for what, paths in (("missing", missing), ("unexpected", unexpected)) if paths]  # fmt: skip
    if faults := named + few(misfits):
        raise ValueError(f"this state does not fit {whose}:\n  " + "\n  ".join(faults))
    return {path: new[id(x)].astype(x.dtype) for path, x in own.items()}


def _misfit(given: np.ndarray, shape: tuple[int, ...], dtype: Any) -> str:
    """What keeps an array from being loaded into one of this shape and dtype, if anything does."""
    if given.shape != shape:
        return f"expected shape {shape}, got {given.shape}"
    if not np.can_cast(given.dtype, dtype, "same_kind"):
        return f"expected {dtype}, got {given.dtype}"
    with np.errstate(over="ignore"):
        lost = np.isfinite(given) & ~np.isfinite(given.astype(dtype))
    return f"has values too large for {dtype}" if lost.any() else ""
