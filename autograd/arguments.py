"""What callers hand in: turned into arrays, sorted into inputs and parameters, and named in errors."""

from __future__ import annotations

import reprlib
from inspect import Parameter, Signature
from math import inf
from typing import Any

import numpy as np


def plain(x: Any, op: Any = None, dtype: Any = None) -> Any:
    """The ndarray of real numbers that x stands for; raises TypeError for anything else."""
    where = f"{op.name}: " if op else ""
    if isinstance(x, np.ma.MaskedArray):
        raise TypeError(f"{where}masked arrays are not differentiated, since their mask would be lost: fill them first")
    array = np.asarray(x, dtype)
    if array.dtype.kind not in "fiub":
        raise TypeError(f"{where}expected real numbers (floating, integer or boolean), got {array.dtype}")
    return array


def floating(x: Any) -> Any:
    """x, but integers as floats: where they would wrap around, as -x does for an unsigned one."""
    return x if getattr(getattr(x, "dtype", None), "kind", "") == "f" else np.asarray(x, float)[()]


def describe(x: Any) -> str:
    """An argument, as an error message names it: W1 float32(3, 4)."""
    name = getattr(x, "name", None)
    text = f"{x.dtype}{x.shape}" if hasattr(x, "shape") and not isinstance(x, type) else reprlib.repr(x)
    return f"{name} {text}" if isinstance(name, str) else text


def call(op: Any, inputs: tuple, params: dict[str, Any]) -> str:
    """A call, as an error message shows it: sum(float64(3, 4), axis=2)."""
    given = [*map(describe, inputs), *(f"{name}={describe(x)}" for name, x in params.items())]
    return f"{op.name}({', '.join(given)})"


def bind(op: Any, inputs: tuple, params: dict[str, Any]) -> tuple[tuple, dict[str, Any]]:
    """Sorts arguments given NumPy's way, `sum(x, 0)` or `maximum(x1=a, x2=b)`, into an op's inputs and parameters."""
    if op.required <= len(inputs) <= op.arity and params.keys() <= op.static:
        return inputs, params  # an optional input was left out
    declared = op.signature.parameters.values()
    try:
        if op.arity == inf:
            raise TypeError("it takes inputs by place and parameters by name")
        anywhere = [p.replace(kind=Parameter.POSITIONAL_OR_KEYWORD) for p in declared]
        bound = Signature(anywhere).bind(*inputs, **params)
    except TypeError as error:
        takes = ", ".join(p.name for p in declared)
        raise TypeError(f"{op.name} takes {takes}; got {call(op, inputs, params)}: {error}") from None
    bound.apply_defaults()
    given = bound.arguments
    return tuple(given.pop(name) for name in op.names), given
