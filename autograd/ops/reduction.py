"""Reductions that are called as NumPy's are: what dtype, where and initial say is done by other ops around them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.arrays import arraylike, axes_of
from autograd.errors import describe
from autograd.graph import Value, array_of
from autograd.ops.elementwise import astype
from autograd.ops.shape import broadcast_to, concatenate, reshape
from autograd.primitive import Array, Primitive
from autograd.selection import where as choose
from autograd.signatures import said


class Reduction(Primitive):
    """A primitive that reduces one array, with NumPy's signature, which is that of its forward.

    Of no entries it is `initial`, where NumPy's has no value for them.  Under its rule it says what else it can do:

    join       takes in `initial`: add for a sum, maximum for a maximum
    identity   what stands for an entry that `where` leaves out; None if only `initial` can
    masked     the reduction of those entries alone, where no identity does it, as of a mean: (a, where, **params)
    """

    join: Callable[[Array, Array], Array] | None = None
    identity: float | None = None
    masked: Callable[..., Array] | None = None

    def __call__(self, *inputs: Any, **params: Any) -> Any:
        if len(inputs) == 2 and "axis" not in params:
            params = {"axis": inputs[1], **params}
            inputs = inputs[:1]
        if len(inputs) == 1 and params.keys() <= self.static:
            return super().__call__(*inputs, **params)
        places, params = said(self.forward, inputs, params)
        array = arraylike(places[0], f"{self.name}: {self.names[0]}")
        try:
            return self._around(array, *places[1:], **params)
        except (TypeError, ValueError, IndexError) as error:
            raise self.arguments.blamed(error, self.name, inputs, params)  # noqa: B904 (mostly the same error)

    def _around(
        self, a: Array, dtype: Any = None, initial: Any = None, where: Any = True, correction: Any = None, **params: Any
    ) -> Array:
        if not params.keys() <= self.static:
            raise TypeError(f"{self.name} takes no {', '.join(params.keys() - self.static)}= here: leave it out")
        if correction is not None:  # the name of ddof in the array API standard
            if params.get("ddof"):
                raise ValueError(f"{self.name}: expected ddof= or correction=, which is the same; got both")
            params["ddof"] = correction
        if dtype is not None and np.dtype(dtype).kind not in "fiub":
            raise TypeError(f"{self.name}: expected a dtype of real numbers, got dtype={np.dtype(dtype)}")
        if dtype is not None and a.dtype != dtype:
            a = astype(a, dtype=dtype)
        if where is not True:
            where = np.broadcast_to(truths(f"{self.name}: where", where), a.shape)
        if where is not True and self.masked:
            out = self.masked(a, where, **params)
        else:
            if where is not True:
                if self.identity is None and initial is None:
                    raise ValueError(f"{self.name} of the entries where= leaves has no value for none: give initial=")
                a = choose(where, a, _of_dtype(initial if self.identity is None else self.identity, a.dtype))
            if initial is not None and not a.size and self.identity is None:
                a = _once(a, initial, params.get("axis"))
            out = super().__call__(a, **params)
        if initial is not None and self.join:
            out = self.join(out, _of_dtype(initial, out.dtype))
        return out if dtype is None or out.dtype == dtype else astype(out, dtype=dtype)


def truths(name: str, where: Any) -> Array:
    """A mask of booleans; TypeError that names the argument for an array of anything else."""
    mask = array_of(where)
    if not hasattr(mask, "shape"):
        mask = np.asarray(mask)
        mask = mask.astype(bool) if mask.dtype.kind in "iu" else mask  # a list of 0 and 1
    if mask.dtype.kind != "b":
        raise TypeError(f"{name}: expected booleans, got {describe(where)}: write mask != 0")
    return mask


def _once(a: Array, x: Array, axis: Any) -> Array:
    """In place of an array without entries one that has x where they are to be reduced to one."""
    one = concatenate([reshape(a, -1), reshape(astype(arraylike(x), dtype=a.dtype), -1)])
    axes = axes_of(axis, a.ndim)
    return broadcast_to(one, shape=tuple(n or int(k in axes) for k, n in enumerate(a.shape)))


def _of_dtype(x: Array, dtype: Any) -> Array:
    """A start or a stand-in in the dtype of the reduction, which it does not change."""
    return astype(x, dtype=dtype) if isinstance(x, Value) else np.asarray(x, dtype)


def reduction(forward: Any, **kind: Any) -> Callable[[Callable], Reduction]:
    """Declares a reduction over NumPy's."""
    return lambda function: Reduction(function, forward=forward, **kind)
