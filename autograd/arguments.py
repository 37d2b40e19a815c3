"""What callers hand in: turned into arrays, sorted into inputs and parameters, and named in errors."""

from __future__ import annotations

from typing import Any

import numpy as np


def plain(x: Any, dtype: Any = None) -> np.ndarray:
    """The ndarray of real numbers that x stands for; raises TypeError for anything else."""
    if isinstance(x, np.ma.MaskedArray):
        raise TypeError("masked arrays are not differentiated, since their mask would be lost: fill them first")
    array = np.asarray(x, dtype)
    if array.dtype.kind not in "fiub":
        raise TypeError(f"expected real numbers (floating, integer or boolean), got {array.dtype}")
    return array


def describe(x: Any) -> str:
    """An argument, as an error message names it: W1 float32(3, 4)."""
    name = getattr(x, "name", None)
    text = f"{x.dtype}{x.shape}" if hasattr(x, "shape") else repr(x)
    return f"{name} {text}" if isinstance(name, str) else text


def bind(op: Any, inputs: tuple, params: dict[str, Any]) -> tuple[tuple, dict[str, Any]]:
    """Sorts arguments given NumPy's way, `sum(x, 0)` or `maximum(x1=a, x2=b)`, into an op's inputs and parameters."""
    surplus = inputs[len(op.names) :] if op.arity < len(inputs) else ()
    inputs = inputs[: len(inputs) - len(surplus)]
    given, params = params, dict(zip(op.static, surplus, strict=False)) | params
    while len(inputs) < len(op.names) and op.names[len(inputs)] in params:
        inputs = (*inputs, params.pop(op.names[len(inputs)]))
    if len(surplus) > len(op.static) or not op.fits(inputs, params):
        got = ", ".join([*map(describe, inputs + surplus), *(f"{k}={describe(v)}" for k, v in given.items())])
        raise TypeError(f"{op.name} takes {', '.join([*op.names, *op.static])}; got {op.name}({got})")
    return inputs, params
