"""Products of vectors, matrices and what has more axes: dot and its kin, cross, einsum."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import reduce
from operator import index
from string import ascii_lowercase, ascii_uppercase
from typing import Any

import numpy as np

from autograd.arguments import explained
from autograd.arrays import arraylike, axes_of, axis_of
from autograd.errors import describe
from autograd.ops.elementwise import multiply
from autograd.ops.index import getitem
from autograd.ops.linalg import matmul
from autograd.ops.rearrange import moveaxis, ravel
from autograd.ops.reduce import sum
from autograd.ops.shape import expand_dims, reshape, stack, transpose
from autograd.primitive import Array, primitive

LETTERS = ascii_uppercase + ascii_lowercase  # sorted
TERM = re.compile(r"[A-Za-z]*(\.\.\.)?[A-Za-z]*")


@explained
def dot(a: Array, b: Array) -> Array:
    """NumPy's dot: a number for vectors, the product of matrices, else sums over the last of a and second last of b.

    >>> print(dot(np.array([1.0, 2.0]), np.array([3.0, 4.0])))
    11.0
    """
    a, b = arraylike(a), arraylike(b)
    if not a.ndim or not b.ndim:
        return multiply(a, b)
    return matmul(a, b) if b.ndim <= 2 else tensordot(a, b, ([-1], [-2]))


@explained
def vdot(a: Array, b: Array) -> Array:
    """The sum of the products of all entries.

    >>> print(vdot(np.eye(2), np.ones((2, 2))))
    2.0
    """
    return matmul(ravel(arraylike(a)), ravel(arraylike(b)))


@explained
def inner(a: Array, b: Array) -> Array:
    """Sums over the last axes of both.

    >>> print(inner(np.array([1.0, 2.0]), np.array([3.0, 4.0])))
    11.0
    """
    a, b = arraylike(a), arraylike(b)
    return multiply(a, b) if not a.ndim or not b.ndim else tensordot(a, b, ([-1], [-1]))


@explained
def vecdot(x1: Array, x2: Array, axis: int = -1) -> Array:
    """The dot products of the vectors that lie along an axis.

    >>> print(vecdot(np.ones((2, 3)), np.array([1.0, 2.0, 3.0])))
    [6. 6.]
    """
    x1, x2 = arraylike(x1), arraylike(x2)
    if x1.shape[axis_of(axis, x1.ndim)] != x2.shape[axis_of(axis, x2.ndim)]:
        raise ValueError(f"vecdot: expected vectors of one length along axis {axis}, got {x1.shape} and {x2.shape}")
    products = moveaxis(x1, axis, -1) * moveaxis(x2, axis, -1)
    return sum(products, axis=-1, dtype=products.dtype)  # small integers are not widened, as in other products


@explained
def matvec(x1: Array, x2: Array) -> Array:
    """The products of matrices and vectors, of each in a stack.

    >>> matvec(np.ones((5, 2, 3)), np.ones((5, 3))).shape
    (5, 2)
    """
    return matmul(x1, expand_dims(x2, -1))[..., 0]


@explained
def vecmat(x1: Array, x2: Array) -> Array:
    """The products of vectors and matrices, of each in a stack.

    >>> vecmat(np.ones((5, 2)), np.ones((5, 2, 3))).shape
    (5, 3)
    """
    return matmul(expand_dims(x1, -2), x2)[..., 0, :]


@explained
def cross(a: Array, b: Array, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None) -> Array:
    """The vector product of vectors with three entries along an axis: at right angles to both.

    >>> print(cross(np.array([1.0, 0.0, 0.0]), np.array([0.0, 1.0, 0.0])))
    [0. 0. 1.]
    """
    axisa, axisb, axisc = (axisa, axisb, axisc) if axis is None else (axis, axis, axis)
    a, b = moveaxis(a, axisa, 0), moveaxis(b, axisb, 0)
    if a.shape[0] != 3 or b.shape[0] != 3:
        raise ValueError(
            f"cross: expected vectors with 3 entries, got {a.shape[0]} and {b.shape[0]}: those in a plane, which NumPy "
            "gives up too, are a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]"
        )
    lead = np.broadcast_shapes(a.shape[1:], b.shape[1:])
    a, b = (reshape(x, shape=(3, *(1,) * (len(lead) + 1 - x.ndim), *x.shape[1:])) for x in (a, b))
    return stack([a[i] * b[j] - a[j] * b[i] for i, j in ((1, 2), (2, 0), (0, 1))], axisc)


@explained
def multi_dot(arrays: Sequence[Array]) -> Array:
    """The product of two or more matrices, in order; the first and the last may be vectors.

    >>> print(multi_dot([np.ones(2), np.eye(2), np.ones(2)]))
    2.0
    """
    if len(arrays) < 2:
        raise ValueError(f"multi_dot: expected two matrices or more as arrays, got {len(arrays)}")
    factors = [arraylike(a) for a in arrays]
    for k, factor in enumerate(factors):
        if factor.ndim != 2 and not (factor.ndim == 1 and k in (0, len(factors) - 1)):
            raise np.linalg.LinAlgError(
                f"multi_dot: expected matrices, the first and the last may be vectors; got shape {factor.shape} "
                f"at place {k}"
            )
    return reduce(matmul, factors)


@explained
def tensordot(a: Array, b: Array, axes: int | Sequence[int | Sequence[int]] = 2) -> Array:
    """The sum over pairs of axes: the last so many of a with the first of b, or those listed for each.

    >>> print(tensordot(np.ones((2, 3)), np.ones((3, 4)), 1).shape)
    (2, 4)
    """
    a, b = arraylike(a), arraylike(b)
    pair: Any = (range(-axes, 0), range(axes)) if isinstance(axes, int | np.integer) else axes
    first, second = pair
    of_a, of_b = axes_of(first, a.ndim), axes_of(second, b.ndim)
    if [a.shape[k] for k in of_a] != [b.shape[k] for k in of_b]:
        raise ValueError(f"tensordot: axes {of_a} of shape {a.shape} do not match axes {of_b} of shape {b.shape}")
    free_a, free_b = (tuple(k for k in range(x.ndim) if k not in of) for x, of in ((a, of_a), (b, of_b)))
    n = int(np.prod([a.shape[k] for k in of_a], dtype=int))
    shape_a, shape_b = tuple(a.shape[k] for k in free_a), tuple(b.shape[k] for k in free_b)
    rows = reshape(transpose(a, axes=free_a + of_a), shape=(int(np.prod(shape_a, dtype=int)), n))
    columns = reshape(transpose(b, axes=of_b + free_b), shape=(n, int(np.prod(shape_b, dtype=int))))
    return reshape(matmul(rows, columns), shape=shape_a + shape_b)


@explained
def einsum(subscripts: Any, *operands: Any, optimize: Any = False, order: str = "K") -> Array:
    """Einstein's sums: "ij,jk->ik" is a product of matrices, "ii->" a trace; repeated letters and ... as in NumPy.

    The derivative of each operand is an einsum too, with its letters and those of the output exchanged.  The order of
    many products is chosen well in any case: `optimize` is taken as NumPy's, as `order` is, and changes nothing.

    Instead of letters there may be a list of numbers after each operand, and one for the result at the end.

    >>> print(einsum("ij,jk->ik", np.eye(2), np.array([[1.0], [2.0]])).ravel())
    [1. 2.]
    """
    if order not in ("K", "A", "C", "F"):
        raise ValueError(f"einsum: expected order 'K', 'A', 'C' or 'F', got {order!r}")
    if not isinstance(subscripts, str):
        subscripts, operands = _lettered(subscripts, *operands)
    xs = [arraylike(x) for x in operands]
    terms, result = _explicit(subscripts, [x.ndim for x in xs])
    sizes: dict[str, int] = {}
    for term, x in zip(terms, xs, strict=True):
        own = dict(zip(term, x.shape, strict=True))
        for letter, n in zip(term, x.shape, strict=True):
            others = {own[letter]} | ({sizes.get(letter, 1)} - {1} if n != 1 else set())  # 1 stands for any, elsewhere
            if others != {n}:
                both = " and for ".join(map(str, sorted(others | {n})))
                shapes = ", ".join(str(x.shape) for x in xs)
                raise ValueError(
                    f"einsum {subscripts!r}: the letter {letter!r} stands for {both}, in operands of shapes {shapes}"
                )
        sizes |= {letter: n for letter, n in own.items() if n != 1 or letter not in sizes}
    for k, (term, x) in enumerate(zip(terms, xs, strict=True)):
        terms[k], xs[k] = _each_letter_once(term, x, sizes, result)
    return _einsum(*xs, subscripts=f"{','.join(terms)}->{result}")


def _lettered(*arguments: Any) -> tuple[str, tuple[Any, ...]]:
    """einsum(a, [0, 1], b, [1, 2], [0, 2]) with letters: "AB,BC->AC", (a, b)."""
    operands, lists = (
        arguments[: len(arguments) // 2 * 2 : 2],
        [*arguments[1::2], *arguments[len(arguments) // 2 * 2 :]],
    )
    if not all(isinstance(numbers, list | tuple) for numbers in lists):
        raise TypeError(
            "einsum: expected letters such as 'ij,jk->ik' first, or after each operand a list of numbers of its axes, "
            f"got {describe(operands[0])}"
        )
    terms = ["".join("..." if k is ... else LETTERS[index(k)] for k in numbers) for numbers in lists]
    left = ",".join(terms[: len(operands)])
    return left if len(terms) == len(operands) else f"{left}->{terms[-1]}", operands


def _explicit(subscripts: str, ndims: Sequence[int]) -> tuple[list[str], str]:
    """The letters of each operand and of the result, with letters of their own for ... ."""
    left, arrow, right = subscripts.replace(" ", "").partition("->")
    terms = left.split(",")
    if len(terms) != len(ndims):
        raise ValueError(f"einsum {subscripts!r}: expected {len(terms)} operands, got {len(ndims)}")
    if not all(TERM.fullmatch(term) for term in (*terms, right)):
        raise ValueError(f"einsum {subscripts!r}: expected letters, with ... once at most, as in 'ij,...jk->...ik'")
    free = [c for c in LETTERS if c not in subscripts]
    widths = [ndim - len(term.replace("...", "")) for term, ndim in zip(terms, ndims, strict=True)]
    if any(w < 0 or (w and "..." not in term) for term, w in zip(terms, widths, strict=True)):
        raise ValueError(f"einsum {subscripts!r}: the letters do not fit operands with {list(ndims)} axes")
    shared = "".join(free[: max((w for t, w in zip(terms, widths, strict=True) if "..." in t), default=0)])
    terms = [t.replace("...", shared[len(shared) - w :]) for t, w in zip(terms, widths, strict=True)]
    letters = "".join(terms)
    if not arrow:
        right = "..." + "".join(sorted(c for c in set(letters) - set(shared) if letters.count(c) == 1))
    if shared and "..." not in right:
        raise ValueError(f"einsum {subscripts!r}: the axes of ... are not summed: write ... after -> too, or letters")
    result = right.replace("...", shared)
    if len(set(result)) < len(result) or not set(result) <= set(letters):
        raise ValueError(f"einsum {subscripts!r}: every letter of the result must stand there once, and in an operand")
    return terms, result


def _each_letter_once(term: str, x: Array, sizes: dict[str, int], result: str) -> tuple[str, Array]:
    """An operand in which no letter stands twice, and none for an axis of length 1 that is to be repeated."""
    for letter in dict.fromkeys(term):
        places = [k for k, c in enumerate(term) if c == letter]
        if any(x.shape[k] == 1 != sizes[letter] for k in places):
            key = [0 if k in places and x.shape[k] == 1 else slice(None) for k in range(x.ndim)]
            x = getitem(x, tuple(key))
            term = "".join(c for c, i in zip(term, key, strict=True) if not isinstance(i, int))
            places = [k for k, c in enumerate(term) if c == letter]
        if len(places) > 1:
            rest = [k for k in range(x.ndim) if k not in places]
            diagonal = transpose(x, axes=places + rest)
            x = getitem(diagonal, (np.arange(sizes[letter]),) * len(places))
            term = letter + "".join(term[k] for k in rest)
    return term, x


@primitive
def _einsum(*operands: Array, subscripts: str) -> Array:
    return np.einsum(subscripts, *operands, optimize=len(operands) > 2)


def _einsum_vjp(i: int, g: Array, out: Array, *operands: Array, subscripts: str) -> Array:
    left, _, result = subscripts.partition("->")
    terms = left.split(",")
    others = [(t, x) for k, (t, x) in enumerate(zip(terms, operands, strict=True)) if k != i]
    known = set(result).union(*(t for t, _ in others))
    lost = [(c, n) for c, n in zip(terms[i], operands[i].shape, strict=True) if c not in known]
    filled = [(c, np.ones(n, g.dtype)) for c, n in lost]  # letters that were summed over in this operand alone
    inputs = [(result, g), *others, *filled]
    return _einsum(*(x for _, x in inputs), subscripts=f"{','.join(t for t, _ in inputs)}->{terms[i]}")


_einsum.defvjp_each(_einsum_vjp)
