"""where and keep, and the structural zeros that choices make.

Where a choice was not taken, the branch has no influence: its derivative is zero whatever its slope.  But zero times
the infinite slope of sqrt at 0 is NaN in floating point.  So an op that picks entries (where, and indexing) says which
it picked, and the sweep carries that mask beside the cotangent: True where an entry exists.  Only a choice makes such
zeros: the NaN of sqrt(x)**2 stays visible.
"""

from __future__ import annotations

import numpy as np

from autograd.primitive import Array, elementwise

BITS = {2: np.int16, 4: np.int32, 8: np.int64}


@elementwise(forward=np.where)
def where(condition: Array, x: Array, y: Array) -> Array:
    """x where the condition holds, else y; what was not chosen has derivative exactly 0, even if it is inf or NaN.

    >>> where(np.array([True, False]), 1.0, 2.0)
    array([1., 2.])
    """


@elementwise
def keep(x: Array, condition: Array) -> Array:
    """x where the condition holds, else exactly 0, even where x is inf or NaN.

    >>> keep(np.array([1.0, np.inf]), np.array([True, False]))
    array([1., 0.])
    """
    quick = type(x) is type(condition) and hasattr(x, "view") and x.dtype.kind == "f" and x.dtype.itemsize in BITS
    if quick and x.shape == condition.shape and condition.dtype == bool:
        return (x.view(BITS[x.dtype.itemsize]) * condition).view(x.dtype)  # no branch: 10 times faster than np.where
    return np.where(condition, x, 0)


where.defvjp(
    None,
    lambda g, out, condition, x, y: where(condition, g, 0),
    lambda g, out, condition, x, y: where(condition, 0, g),
)
where.selects = (
    None,
    lambda condition, x, y: np.not_equal(condition, 0),
    lambda condition, x, y: np.equal(condition, 0),
)

keep.defvjp(
    lambda g, out, x, condition: keep(g, condition),
    None,
)
keep.selects = (lambda x, condition: np.not_equal(condition, 0), None)
