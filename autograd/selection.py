"""where, and the structural zeros it makes.

Where a choice was not taken, the branch has no influence: its derivative is zero whatever its slope.  But zero times
the infinite slope of sqrt at 0 is NaN in floating point.  So an op that picks entries says which it picked, and the
sweep carries that mask beside the cotangent.  Only a choice makes such zeros: the NaN of sqrt(x)**2 stays visible.
"""

from __future__ import annotations

import numpy as np

from autograd.primitive import Array, elementwise


@elementwise(forward=np.where)
def where(condition: Array, x: Array, y: Array) -> Array:
    """x where the condition holds, else y; what was not chosen has derivative exactly 0, even if it is inf or NaN.

    >>> where(np.array([True, False]), 1.0, 2.0)
    array([1., 2.])
    """


where.defvjp(
    None,
    lambda g, out, condition, x, y: where(condition, g, 0),
    lambda g, out, condition, x, y: where(condition, 0, g),
)
where.selects = (None, lambda condition, x, y: condition, lambda condition, x, y: np.logical_not(condition))
