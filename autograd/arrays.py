"""What stands for an array: made one, or refused since it is not of real numbers; and axes, counted from the start."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, TypeAlias

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

from autograd.errors import describe


class StandIn:
    """What takes the place of an array while a program is recorded: see autograd.program.traced."""

    __slots__ = ()

    def asarray(self) -> Any:
        """The same as what np.asarray makes of it."""
        return self


def plain(x: Any, op: str = "", dtype: Any = None) -> Any:
    """The ndarray of real numbers that x stands for; raises TypeError for anything else."""
    if type(x) is np.ndarray and dtype is None and x.dtype.kind in "fiub":
        return x  # as it is nearly always
    if isinstance(x, StandIn):
        return x.asarray() if dtype is None or x.dtype == dtype else x.astype(dtype)  # type: ignore[attr-defined]
    where = f"{op}: " if op else ""
    if isinstance(x, np.generic) and dtype is None and x.dtype.kind in "fiub":
        return np.asarray(x)
    if any(kind.__name__ == "MaskedArray" for kind in type(x).__mro__):  # without loading numpy.ma
        raise TypeError(f"{where}masked arrays are not differentiated, since their mask would be lost: fill them first")
    if isinstance(x, np.matrix):
        raise TypeError(
            f"{where}np.matrix is not taken, since its * is a product of matrices and here it would be one of entries: "
            "hand in np.asarray(m), and write @ for the product"
        )
    try:
        array = np.asarray(x, dtype)
    except (TypeError, ValueError, OverflowError) as error:
        kind = TypeError if isinstance(error, TypeError) else ValueError
        wanted = "an array" if dtype is None else f"an array, to be of dtype {describe(dtype)}"
        raise kind(f"{where}expected {wanted}, got {describe(x)}: {error}") from error
    if array.dtype.kind not in "fiub":
        came = f"{array.dtype}{array.shape}" if hasattr(x, "dtype") else f"{describe(x)} ({array.dtype})"
        raise TypeError(f"{where}expected real numbers (floating, integer or boolean), got {came}")
    return array


def gathered(x: Any) -> Any:
    """A list with Tensors anywhere in it as one Tensor, which NumPy's stack lets ours make; anything else as it is."""
    if isinstance(x, list | tuple):
        parts = [gathered(part) for part in x]
        if any(hasattr(part, "requires_grad") for part in parts):
            return np.stack(parts)
    return x


def arraylike(x: Any, where: str = "") -> Any:
    """x itself where it has a shape, as arrays and Tensors do, else the array, or the Tensor, that it stands for."""
    if not hasattr(x, "shape"):
        x = gathered(x)
    return x if hasattr(x, "shape") else plain(x, where)


def floating(x: Any) -> Any:
    """x, but integers as floats: where they would wrap around, as -x does for an unsigned one."""
    if type(x) is np.ndarray and x.dtype.kind == "f":
        return x  # as it is nearly always
    if getattr(getattr(x, "dtype", None), "kind", "") == "f":
        return x
    return (x.astype(float) if hasattr(x, "astype") else np.asarray(x, float))[()]


def axis_of(axis: Any, ndim: int) -> int:
    """The axis counted from the start; AxisError, as NumPy's, where it is not there.

    >>> axis_of(-1, 3)
    2
    """
    return int(normalize_axis_index(axis, ndim))


def axes_of(axis: Any, ndim: int) -> tuple[int, ...]:
    """The axes, None for all, counted from the start; NumPy's errors where one is not there, or stands there twice.

    >>> axes_of((0, -1), 3), axes_of(None, 2)
    ((0, 2), (0, 1))
    """
    return tuple(range(ndim)) if axis is None else normalize_axis_tuple(axis, ndim)


def real(x: Any, where: str) -> None:
    """Raises TypeError, or ValueError, for what is no array of real numbers, nor stands for one."""
    if not hasattr(x, "requires_grad"):
        plain(gathered(x), where)


def with_axes(least: int) -> Callable[[Any, str], None]:
    """What raises LinAlgError, a ValueError, for an array of fewer axes."""

    def check(x: Any, where: str) -> None:
        real(x, where)
        if (got := len(np.shape(x))) < least:
            raise np.linalg.LinAlgError(f"{where}: expected an array of {least} axes or more, got {got}: {describe(x)}")

    return check


def square(x: Any, where: str) -> None:
    """Raises LinAlgError, a ValueError, for what is no square matrix, and no stack of them."""
    real(x, where)
    if len(shape := np.shape(x)) < 2 or shape[-1] != shape[-2]:
        raise np.linalg.LinAlgError(f"{where}: expected a square matrix, or a stack of them, got shape {shape}")


def places(x: Any, where: str) -> None:
    """Raises TypeError for what are no whole numbers, or booleans."""
    real(x, where)
    if np.size(x) and (x if hasattr(x, "dtype") else np.asarray(x)).dtype.kind not in "iub":
        raise TypeError(f"{where}: expected whole numbers or booleans, got {describe(x)}")


# The types of arguments, each with what raises for anything else: called when a call has failed, to say why.
Array: TypeAlias = Annotated[Any, real]  # an ndarray, a Python number or a Tensor: a rule is written once for all three
Vectors: TypeAlias = Annotated[Any, with_axes(1)]
Matrices: TypeAlias = Annotated[Any, with_axes(2)]
Square: TypeAlias = Annotated[Any, square]
Places: TypeAlias = Annotated[Any, places]
