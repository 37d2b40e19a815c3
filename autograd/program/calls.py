"""What a recorded program consists of: values, and the NumPy calls that make them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from weakref import ref

import numpy as np
from numpy.lib.stride_tricks import as_strided

VIEWS = {"reshape", "ravel", "transpose", "swapaxes", "squeeze", "view", "diagonal", "diag", "expand_dims", "moveaxis",
         "rollaxis", "permute_dims", "matrix_transpose", "broadcast_to", "flip", "fliplr", "flipud", "rot90", "real",
         "imag", "atleast_1d", "atleast_2d", "atleast_3d", "sliding_window_view"}  # fmt: skip


class Var:
    """A value of the program."""

    __slots__ = ("array", "base", "call", "kind", "name", "number", "path", "shown", "source")

    def __init__(self, array: Any, kind: str, source: Any = None, base: Var | None = None, name: str = "") -> None:
        self.array = array  # while recording: its shape, dtype and layout are those of every run; see forget
        self.shown: Any = None  # of a result: where its entries are, for as long as somebody holds them
        self.kind = kind  # "input", "tensor" or "array" (from outside, read anew in every run), "constant" or "result"
        self.source = source  # the tensor
        self.base = base  # whose memory it shows
        self.name = name
        self.call: Call | None = None  # what makes it
        self.path: tuple = ()  # where it stands in the result of its call, if that is a tuple
        self.number = False  # is it a NumPy scalar in the eager run? Here it is an array without axes

    shape = property(lambda self: np.shape(self.array))

    def forget(self) -> None:
        """Leaves the entries to those who compute with them: recording takes no more memory than the function."""
        self.shown = ref(self.array)
        hollow = np.empty(1, self.array.dtype)
        self.array = as_strided(hollow, self.array.shape, self.array.strides, writeable=False)  # never to be read


class Call:
    """One call, function(*args, **kwargs), with Vars where there were arrays.

    kind   "ufunc", "reduce", "accumulate", "outer" ... (methods of ufuncs), "method" (of arrays, by name), "function",
           "getitem", "setitem", "at"; "opaque" (a Python function called as it is), "check" (one that may raise),
           "draw" (one that gives another array every time), "store" (into memory from outside); "python" (an operator
           on numbers)
    """

    __slots__ = ("args", "errors", "function", "kind", "kwargs", "label", "out", "phase", "target", "user")

    def __init__(self, kind: str, function: Any, args: tuple, kwargs: dict[str, Any] | None = None) -> None:
        self.kind, self.function, self.args, self.kwargs = kind, function, args, kwargs or {}
        self.out: list[Var] = []
        self.target: Var | None = None  # what it writes into: its result is that, changed
        self.label, self.phase, self.user = "", "forward", ""  # the op it belongs to, and the user's line
        self.errors: dict[str, str] = {}  # NumPy's errstate where it was made, if that is not what it was outside

    def inputs(self) -> list[Var]:
        """What the call reads."""
        found = list(variables((self.args, self.kwargs)))
        return [*found, self.target] if self.target and self.kind != "store" else found

    def entrywise(self) -> bool:
        """Does every entry of the result depend on one entry of each operand only?"""
        return self.kind == "ufunc" and self.function.signature is None and self.function.nout == 1

    def settings(self) -> list[Var]:
        """What may differ from run to run beside the first operand: an index, say."""
        return list(variables((self.args[1:], self.kwargs)))

    def shows(self) -> bool:
        """Is the result a view, of the same part of its operand in every run?"""
        name = self.function if self.kind == "method" else getattr(self.function, "__name__", "")
        views = self.kind == "getitem" or (self.kind in ("method", "function") and name in VIEWS)
        return views and all(v.base is not None for v in self.out) and not self.settings()

    def foreign(self) -> bool:
        """Does it call a function that may give back what it was given, or what it keeps for itself?"""
        return self.kind in ("opaque", "draw")

    def fails(self) -> bool:
        """May it raise, for some values?"""
        if self.kind in ("check", "opaque", "draw", "function") or "raise" in self.errors.values():
            return True
        places = {"getitem": self.args[1:], "setitem": self.args[:1], "at": self.args[:1]}.get(self.kind, ())
        places = self.args[1:] if (self.kind, self.function) == ("method", "take") else places
        return next(variables(places), None) is not None

    def varies(self) -> bool:
        """May the result have another shape or dtype in another run?"""
        masks = (v for v in self.settings() if v.kind != "constant" and np.asarray(v.array).dtype == bool)
        return self.foreign() or (self.kind == "getitem" and any(masks))


def as_recorded(x: Any, shape: tuple[int, ...], dtype: Any) -> None:
    """Raises ValueError if a value has not the shape and dtype that the program is for."""
    if np.shape(x) != shape:
        raise ValueError(f"expected shape {shape}, as recorded, got {np.shape(x)}: a program is for fixed shapes; "
                         "write where(mask, x, 0) for x[mask]")  # fmt: skip
    if np.asarray(x).dtype != dtype:
        raise ValueError(f"expected dtype {np.dtype(dtype)}, as recorded, got {np.asarray(x).dtype}: a program is for "
                         "fixed dtypes")  # fmt: skip


def variables(tree: Any) -> Iterator[Var]:
    """The Vars in the arguments of a call."""
    if isinstance(tree, Var):
        yield tree
    elif isinstance(tree, tuple | list):
        for x in tree:
            yield from variables(x)
    elif isinstance(tree, dict):
        yield from variables(list(tree.values()))


def mapped(tree: Any, change: Callable[[Any], Any]) -> Any:
    """The same nested arguments with every leaf changed."""
    if isinstance(tree, tuple | list):
        items = [mapped(x, change) for x in tree]
        return type(tree)(*items) if hasattr(tree, "_fields") else type(tree)(items)
    if isinstance(tree, dict):
        return {name: mapped(x, change) for name, x in tree.items()}
    return change(tree)


def concrete(x: Any) -> Any:
    """What a Var is in the run that is recorded."""
    if not isinstance(x, Var):
        return x
    if x.shown is not None:
        return x.shown()
    return x.array[()] if x.number else x.array  # y[k] is a view for a number k, and a copy for an array


def root(v: Var) -> Var:
    """The Var whose memory v shows."""
    while v.base is not None:
        v = v.base
    return v


def layout(array: Any) -> tuple[int, ...]:
    """The strides that count: along axes longer than 1; of others the sign, by which NumPy chooses its loops."""
    return (
        tuple(s if n > 1 else min(s, 0) for s, n in zip(array.strides, array.shape, strict=True)) if array.size else ()
    )


def alike(x: Any, array: Any) -> bool:
    """Has the Var x the shape, dtype and memory layout of an array?"""
    return (
        isinstance(x, Var) and isinstance(x.array, np.ndarray) and x.array.shape == array.shape
        and x.array.dtype == array.dtype and layout(x.array) == layout(array)
    )  # fmt: skip


def place(array: np.ndarray) -> tuple:
    """Where an array lies, and how: equal for arrays that are the same memory."""
    return array.__array_interface__["data"][0], array.shape, array.strides, array.dtype.str
