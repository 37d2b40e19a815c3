"""What a constant is that was computed from others: nothing is recorded of it, so it is known by its numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Any

import numpy as np
from numpy import ndarray

from autograd.show import expression as e
from autograd.show.shapes import reshaped, same_but_for_ones

ONE = Fraction(1)


def written(constant: ndarray, known: Iterable[tuple[ndarray, Any]]) -> Any:
    """The expression of one known array whose numbers are those of a constant, to the last bit; None if there is none.

    known   arrays, and how each is written

    x, 1 - x, 2 x - 1 and x² are tried, and multiples of them, of x as it is, transposed, or with axes of length 1.

    >>> t = np.array([0.0, 0.5, 2.0])
    >>> written(1 - t, [(t, e.Name("t", 1))]) == e.plus(ONE, e.negative(e.Name("t", 1)))
    True
    """
    for array, name in known:
        for x, of_x in _placed(array, name, constant.shape):
            double = e.multiply(Fraction(2), of_x)
            for numbers, expression in (
                (x, of_x),
                (1 - x, e.plus(ONE, e.negative(of_x))),
                (2 * x - 1, e.add(double, -ONE)),
                (x * x, e.power(of_x, Fraction(2))),
            ):
                factor = _factor(numbers, constant)
                if factor is not None:
                    return e.multiply(factor, expression)
    return None


def _placed(array: ndarray, name: Any, shape: tuple[int, ...]) -> Iterator[tuple[ndarray, Any]]:
    """The array in this shape, if it has it, as its transpose, or with axes of length 1."""
    if array.dtype.kind not in "fiu" or not array.size:
        return
    if array.shape == shape:
        yield array, name
    if array.ndim == 2 and array.T.shape == shape:
        yield array.T, e.transpose(name)
    elif array.shape != shape and same_but_for_ones(array.shape, shape):
        yield array.reshape(shape), reshaped(name, array.shape, shape)


def _factor(x: ndarray, constant: ndarray) -> Any:
    """The number that makes the constant of x, if there is one."""
    place = np.argmax(np.abs(x))
    largest, there = float(x.flat[place]), float(constant.flat[place])
    if not (largest and there):
        return None
    c, divisor = there / largest, largest / there
    return e.number(c) if np.array_equal(x * c, constant) or np.array_equal(x / divisor, constant) else None
