"""What a recorded program need not do: each simplification leaves every bit of every result as it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from autograd.program.calls import Call, Var, alike, mapped, root


def simplified(calls: list[Call], wanted: Iterable[Var]) -> tuple[list[Call], Callable[[Any], Any]]:
    """The calls that are needed for what is wanted, and which Var now stands for one."""
    instead: dict[Var, Var] = {}
    known: dict[Any, Call] = {}
    kept: list[Call] = []

    def now(x: Any) -> Any:
        while isinstance(x, Var) and x in instead:
            x = instead[x]
        return x

    for call in calls:
        call.args, call.kwargs, call.target = mapped(call.args, now), mapped(call.kwargs, now), now(call.target)
        for out in call.out:
            out.base = now(out.base)
        if quiet(call):
            call.errors = {}
        same = unchanged(call)
        if same is not None and same.number == call.out[0].number:  # a view of a number is a copy, that of an array not
            instead[call.out[0]] = same
        elif folded(call):
            for out in call.out:
                out.kind, out.base, out.call = "constant", None, None
        elif (key := signature(call)) is not None and key in known:
            instead.update(zip(call.out, known[key].out, strict=True))
        else:
            if call.kind == "store":
                known.clear()  # what was read from that memory before is not what is there now
            elif key is not None:
                known[key] = call
            kept.append(call)
    return needed(kept, map(now, wanted)), now


def needed(calls: list[Call], wanted: Iterable[Var]) -> list[Call]:
    """The calls without those whose results nobody reads."""
    read, live = set(wanted), []
    for call in reversed(calls):
        if call.kind in ("check", "draw", "store") or any(out in read for out in call.out):
            read.update(call.inputs())
            live.append(call)
    return live[::-1]


def unchanged(call: Call) -> Var | None:
    """What a call gives back as it is: by a copy, a product with 1, a view of a view that shows the whole again."""
    if call.target is not None or len(call.out) != 1 or call.out[0].path:
        return None
    out, x = call.out[0].array, call.args[0] if call.args else None
    if call.shows():
        v = call.out[0].base
        while v is not None and not alike(v, out):
            v = v.base
        return v
    if any(root(v).kind in ("tensor", "array") for v in call.inputs()):
        return None  # what is there may change before the copy is read
    if call.kind == "ufunc" and call.function is np.multiply and not call.kwargs:
        x1, x2 = call.args
        return x1 if one(x2) and alike(x1, out) else x2 if one(x1) and alike(x2, out) else None
    copies = call.kind == "method" and call.function in ("copy", "astype", "reshape", "ravel") and not call.settings()
    return x if (copies or (call.kind == "ufunc" and call.function is np.positive)) and alike(x, out) else None


def quiet(call: Call) -> bool:
    """Does a call only move entries, so that NumPy's errstate does not matter?"""
    if call.kind == "setitem":
        return isinstance(call.args[1], Var) and call.args[1].array.dtype == call.out[0].array.dtype
    return call.kind == "getitem" or call.shows()


def one(x: Any) -> bool:
    """Is x the constant 1?"""
    if isinstance(x, Var):
        return x.kind == "constant" and np.size(x.array) > 0 and bool(np.all(x.array == 1))
    return isinstance(x, int | float | np.generic) and bool(x == 1)


def folded(call: Call) -> bool:
    """Does the call compute the same constant in every run?"""
    inputs = call.inputs()
    return call.kind not in ("check", "draw", "store") and all(v.kind == "constant" for v in inputs)


def signature(call: Call) -> Any:
    """A key that equal calls share; None for calls that are to be made every time."""
    if call.kind in ("check", "draw", "opaque", "store") or call.target is not None:
        return None
    try:
        key = call.kind, call.function, frozen(call.args), frozen(call.kwargs), frozen(call.errors)
        hash(key)
    except TypeError:
        return None
    return key


def frozen(tree: Any) -> Any:
    """Nested arguments as something that can be compared: True is not 1, nor 1 1.0."""
    if isinstance(tree, tuple | list):
        return (type(tree), *map(frozen, tree))
    if isinstance(tree, dict):
        return tuple(sorted((name, frozen(x)) for name, x in tree.items()))
    if isinstance(tree, slice):
        return ("slice", tree.start, tree.stop, tree.step)
    if isinstance(tree, np.generic | float):
        return type(tree), np.asarray(tree).tobytes()  # 0.0 is not -0.0
    return tree if isinstance(tree, Var) else (type(tree), tree)
