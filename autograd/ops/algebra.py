"""Linear algebra beyond the product: einsum and its kin, solving, inverses, determinants and decompositions."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import Any

import numpy as np

from autograd.arguments import arraylike
from autograd.ops.elementwise import absolute, multiply
from autograd.ops.index import getitem
from autograd.ops.linalg import matmul
from autograd.ops.rearrange import moveaxis, ravel, tril
from autograd.ops.reduce import Axis, sum
from autograd.ops.reduce import max as largest
from autograd.ops.reduce import min as smallest
from autograd.ops.shape import expand_dims, reshape, squeeze, sum_to, swapaxes, transpose
from autograd.ops.statistics import two_norm
from autograd.primitive import Array, primitive
from autograd.selection import where


def dot(a: Array, b: Array) -> Array:
    """NumPy's dot: a number for vectors, the product of matrices, else sums over the last of a and second last of b.

    >>> print(dot(np.array([1.0, 2.0]), np.array([3.0, 4.0])))
    11.0
    """
    a, b = arraylike(a), arraylike(b)
    if not a.ndim or not b.ndim:
        return multiply(a, b)
    return matmul(a, b) if b.ndim <= 2 else tensordot(a, b, ([-1], [-2]))


def vdot(a: Array, b: Array) -> Array:
    """The sum of the products of all entries.

    >>> print(vdot(np.eye(2), np.ones((2, 2))))
    2.0
    """
    return matmul(ravel(arraylike(a)), ravel(arraylike(b)))


def inner(a: Array, b: Array) -> Array:
    """Sums over the last axes of both.

    >>> print(inner(np.array([1.0, 2.0]), np.array([3.0, 4.0])))
    11.0
    """
    a, b = arraylike(a), arraylike(b)
    return multiply(a, b) if not a.ndim or not b.ndim else tensordot(a, b, ([-1], [-1]))


def tensordot(a: Array, b: Array, axes: Any = 2) -> Array:
    """The sum over pairs of axes: the last so many of a with the first of b, or those listed for each.

    >>> print(tensordot(np.ones((2, 3)), np.ones((3, 4)), 1).shape)
    (2, 4)
    """
    a, b = arraylike(a), arraylike(b)
    if isinstance(axes, int | np.integer):
        of_a, of_b = list(range(a.ndim - axes, a.ndim)), list(range(axes))
    else:
        of_a, of_b = (np.atleast_1d(x).tolist() for x in axes)
    of_a, of_b = [k % a.ndim for k in of_a], [k % b.ndim for k in of_b]
    if [a.shape[k] for k in of_a] != [b.shape[k] for k in of_b]:
        raise ValueError(f"tensordot: axes {of_a} of shape {a.shape} do not match axes {of_b} of shape {b.shape}")
    free_a, free_b = ([k for k in range(x.ndim) if k not in of] for x, of in ((a, of_a), (b, of_b)))
    n = int(np.prod([a.shape[k] for k in of_a], dtype=int))
    shape_a, shape_b = tuple(a.shape[k] for k in free_a), tuple(b.shape[k] for k in free_b)
    rows = reshape(transpose(a, axes=free_a + of_a), shape=(int(np.prod(shape_a, dtype=int)), n))
    columns = reshape(transpose(b, axes=of_b + free_b), shape=(n, int(np.prod(shape_b, dtype=int))))
    return reshape(matmul(rows, columns), shape=shape_a + shape_b)


def einsum(subscripts: str, *operands: Array, optimize: Any = False) -> Array:
    """Einstein's sums: "ij,jk->ik" is a product of matrices, "ii->" a trace; repeated letters and ... as in NumPy.

    The derivative of each operand is an einsum too, with its letters and those of the output exchanged.  The order of
    many products is chosen well in any case: `optimize` is taken as NumPy's, and changes nothing.

    >>> print(einsum("ij,jk->ik", np.eye(2), np.array([[1.0], [2.0]])).ravel())
    [1. 2.]
    """
    if not isinstance(subscripts, str):
        raise TypeError(f"einsum: expected letters such as 'ij,jk->ik' first, got {type(subscripts).__name__}")
    xs = [arraylike(x) for x in operands]
    terms, result = _explicit(subscripts, [x.ndim for x in xs])
    sizes: dict[str, int] = {}
    for term, x in zip(terms, xs, strict=True):
        for letter, n in zip(term, x.shape, strict=True):
            if n != 1 and sizes.setdefault(letter, n) not in (1, n):
                raise ValueError(f"einsum {subscripts!r}: the letter {letter!r} stands for {sizes[letter]} and for {n}")
            sizes[letter] = n if sizes.get(letter, 1) == 1 else sizes[letter]
    for k, (term, x) in enumerate(zip(terms, xs, strict=True)):
        terms[k], xs[k] = _once(term, x, sizes, result)
    return _einsum(*xs, subscripts=f"{','.join(terms)}->{result}")


def _explicit(subscripts: str, ndims: Sequence[int]) -> tuple[list[str], str]:
    """The letters of each operand and of the result, with letters of their own for ... ."""
    left, arrow, right = subscripts.replace(" ", "").partition("->")
    terms = left.split(",")
    if len(terms) != len(ndims):
        raise ValueError(f"einsum {subscripts!r}: expected {len(terms)} operands, got {len(ndims)}")
    free = [c for c in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz" if c not in subscripts]
    widths = [ndim - len(term.replace("...", "")) for term, ndim in zip(terms, ndims, strict=True)]
    if any(w < 0 or (w and "..." not in term) for term, w in zip(terms, widths, strict=True)):
        raise ValueError(f"einsum {subscripts!r}: the letters do not fit operands with {list(ndims)} axes")
    shared = "".join(free[: max((w for t, w in zip(terms, widths, strict=True) if "..." in t), default=0)])
    terms = [t.replace("...", shared[len(shared) - w :]) for t, w in zip(terms, widths, strict=True)]
    letters = "".join(terms)
    if not arrow:
        right = "..." + "".join(sorted(c for c in set(letters) - set(shared) if letters.count(c) == 1))
    result = right.replace("...", shared)
    if len(set(result)) < len(result) or not set(result) <= set(letters):
        raise ValueError(f"einsum {subscripts!r}: every letter of the result must stand there once, and in an operand")
    return terms, result


def _once(term: str, x: Array, sizes: dict[str, int], result: str) -> tuple[str, Array]:
    """An operand in which no letter stands twice, and none for an axis of length 1 that is to be repeated."""
    for letter in dict.fromkeys(term):
        places = [k for k, c in enumerate(term) if c == letter]
        if any(x.shape[k] == 1 != sizes[letter] for k in places):
            index = [0 if k in places and x.shape[k] == 1 else slice(None) for k in range(x.ndim)]
            x = getitem(x, tuple(index))
            term = "".join(c for c, i in zip(term, index, strict=True) if not isinstance(i, int))
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


def _t(a: Array) -> Array:
    return swapaxes(a, -1, -2)


@primitive(forward=np.linalg.inv)
def inv(a: Array) -> Array:
    """The inverse of a matrix, or of each in a stack; vjp -A⁻ᵀ g A⁻ᵀ.  Raises LinAlgError if there is none.

    >>> print(inv(np.array([[2.0]])))
    [[0.5]]
    """


inv.defvjp(
    lambda g, out, a: -matmul(matmul(_t(out), g), _t(out)),
)


def solve(a: Array, b: Array) -> Array:
    """The x with a x = b, for a matrix or a stack, b a vector or matrices; vjps -(A⁻ᵀ g) xᵀ and A⁻ᵀ g.

    >>> print(solve(np.array([[2.0]]), np.array([4.0])))
    [2.]
    """
    a, b = arraylike(a), arraylike(b)
    if b.ndim == 1:
        return reshape(_solve(a, reshape(b, shape=(-1, 1))), shape=(*a.shape[:-2], a.shape[-1]))
    return _solve(a, b)


@primitive(forward=np.linalg.solve)
def _solve(a: Array, b: Array) -> Array: ...


def _solve_a(g: Array, out: Array, a: Array, b: Array) -> Array:
    from_b = _solve(_t(a), g)
    return sum_to(-matmul(from_b, _t(out)), shape=a.shape)


_solve.defvjp(
    _solve_a,
    lambda g, out, a, b: sum_to(_solve(_t(a), g), shape=b.shape),
)


@primitive(forward=np.linalg.det)
def det(a: Array) -> Array:
    """The determinant of a matrix, or of each in a stack; vjp g times the cofactors; at det 0 of first order only.

    >>> print(det(np.array([[1.0, 2.0], [3.0, 4.0]])).round(9))
    -2.0
    """


@primitive
def cofactors(a: Array) -> Array:
    """The matrix of cofactors, det(A) A⁻ᵀ, from singular values, so that it is there for singular matrices too.

    >>> print(cofactors(np.array([[1.0, 2.0], [2.0, 4.0]])).round(9))
    [[ 4. -2.]
     [-2.  1.]]
    """
    u, s, vt = np.linalg.svd(a)
    n = a.shape[-1]
    others = np.stack([np.prod(np.delete(s, k, -1), axis=-1) for k in range(n)], axis=-1) if n else s
    sign = np.linalg.det(u) * np.linalg.det(vt)
    return np.asarray((sign[..., None, None] * (u * others[..., None, :])) @ vt, a.dtype)


det.defvjp(
    lambda g, out, a: reshape(g, shape=(*g.shape, 1, 1)) * cofactors(a),
)
cofactors.defvjp(
    lambda g, out, a: (
        (sum(g * out, axis=(-2, -1), keepdims=True) * out - matmul(matmul(out, _t(g)), out))
        / reshape(det(a), shape=(*a.shape[:-2], 1, 1))
    ),
)


def slogdet(a: Array) -> tuple[Array, Array]:
    """The sign of the determinant, which has no derivative, and the logarithm of its size, with vjp g A⁻ᵀ.

    >>> print(*slogdet(np.array([[1.0, 0.0], [0.0, -1.0]])))
    -1.0 0.0
    """
    return np.linalg.slogdet(np.asarray(getattr(a, "array", a)))[0], logabsdet(a)


@primitive
def logabsdet(a: Array) -> Array:
    """ln |det A|; vjp g A⁻ᵀ.

    >>> print(logabsdet(np.array([[1.0, 0.0], [0.0, -1.0]])))
    0.0
    """
    return np.linalg.slogdet(a)[1]


logabsdet.defvjp(
    lambda g, out, a: reshape(g, shape=(*g.shape, 1, 1)) * _t(inv(a)),
)


def matrix_power(a: Array, n: int) -> Array:
    """The n-fold product of a matrix with itself, of its inverse for n < 0, by repeated squaring.

    >>> print(matrix_power(np.array([[1.0, 1.0], [0.0, 1.0]]), 5))
    [[1. 5.]
     [0. 1.]]
    """
    a = arraylike(a)
    if n < 0:
        return matrix_power(inv(a), -n)
    if n == 0:
        return multiply(a, 0) + np.eye(a.shape[-1], dtype=a.dtype)
    half = matrix_power(a, n // 2) if n > 1 else None
    square = a if half is None else matmul(half, half)
    return matmul(square, a) if n > 1 and n % 2 else square


@primitive
def cholesky(a: Array) -> Array:
    """The lower triangular L with L Lᵀ = A, for A symmetric and positive definite, else of its part ½ (A + Aᵀ).

    vjp: ½ L⁻ᵀ (P + Pᵀ) L⁻¹, P the lower half of Lᵀ g with its diagonal halved (Murray 2016, arXiv:1602.07527).

    >>> print(cholesky(np.array([[4.0]])))
    [[2.]]
    """
    return np.linalg.cholesky((a + np.swapaxes(a, -1, -2)) / 2)


def _cholesky_vjp(g: Array, out: Array, a: Array) -> Array:
    p = tril(matmul(_t(out), g))
    p = p - p * (0.5 * np.eye(out.shape[-1], dtype=out.dtype))
    inverse = inv(out)
    return matmul(matmul(_t(inverse), (p + _t(p)) * 0.5), inverse)


cholesky.defvjp(_cholesky_vjp)


def eigh(a: Array) -> tuple[Array, Array]:
    """The eigenvalues of a symmetric matrix, ascending, and its eigenvectors as columns: A = V diag(w) Vᵀ.

    Of a matrix that is not symmetric the part ½ (A + Aᵀ) is taken.  Where eigenvalues are equal their vectors are not
    determined: the derivative of the values is right, and that of a result that depends on such vectors is NaN.

    >>> w, v = eigh(np.array([[2.0, 0.0], [0.0, 1.0]]))
    >>> print(w)
    [1. 2.]
    """
    packed = _eigh(a)
    return packed[..., 0, :], packed[..., 1:, :]


@primitive
def _eigh(a: Array) -> Array:
    w, v = np.linalg.eigh((a + np.swapaxes(a, -1, -2)) / 2)
    return np.concatenate([w[..., None, :], v], axis=-2)  # one array: the values as a row over the vectors


def _eigh_vjp(g: Array, out: Array, a: Array) -> Array:
    """V (diag(g_w) + F ∘ (Vᵀ g_V)) Vᵀ, made symmetric, with F_ij = 1 / (w_j - w_i) off the diagonal (Giles 2008)."""
    w, v = out[..., :1, :], out[..., 1:, :]
    inner = _spaced(matmul(_t(v), g[..., 1:, :]), w - _t(w)) + _on_diagonal(g[..., 0, :])
    whole = matmul(matmul(v, inner), _t(v))
    return (whole + _t(whole)) * 0.5


_eigh.defvjp(_eigh_vjp)


def _spaced(x: Array, gaps: Array) -> Array:
    """x / gaps off the diagonal: 0 on it, and NaN where a gap is 0 but x is not, which is then not determined."""
    off = ~np.eye(x.shape[-1], dtype=bool)
    closed = (gaps == 0) & (x != 0) & off
    return where(off & (gaps != 0), x / where(gaps == 0, 1.0, gaps), where(closed, np.nan, 0.0))


def _on_diagonal(x: Array) -> Array:
    return reshape(x, shape=(*x.shape[:-1], 1, x.shape[-1])) * np.eye(x.shape[-1], dtype=x.dtype)


def svd(a: Array, full_matrices: bool = False) -> tuple[Array, Array, Array]:
    """The singular value decomposition A = U diag(s) Vᵀ: U, s descending, and Vᵀ, with as many as the shorter side.

    Where singular values are equal or 0 their vectors are not determined; the derivatives are as those of eigh.

    >>> u, s, vt = svd(np.array([[3.0, 0.0], [0.0, 4.0]]))
    >>> print(s)
    [4. 3.]
    """
    m = np.shape(a)[-2]
    if full_matrices and m != np.shape(a)[-1]:
        raise ValueError("svd: the vectors that full_matrices adds are not determined: write full_matrices=False")
    packed = _svd(a)
    return packed[..., :m, :], packed[..., m, :], _t(packed[..., m + 1 :, :])


@primitive
def _svd(a: Array) -> Array:
    u, s, vt = np.linalg.svd(a, full_matrices=False)
    return np.concatenate([u, s[..., None, :], np.swapaxes(vt, -1, -2)], axis=-2)


def _svd_vjp(g: Array, out: Array, a: Array) -> Array:
    """U ((F ∘ (P - Pᵀ)) S + S (F ∘ (Q - Qᵀ)) + diag(g_s)) Vᵀ and what leaves the spaces of U and V (Townsend 2016).

    P = Uᵀ g_U, Q = Vᵀ g_V and F_ij = 1 / (s_j² - s_i²) off the diagonal.
    """
    m = a.shape[-2]
    u, s, v = out[..., :m, :], out[..., m : m + 1, :], out[..., m + 1 :, :]
    gu, gs, gv = g[..., :m, :], g[..., m, :], g[..., m + 1 :, :]
    gaps = s * s - _t(s) * _t(s)
    p, q = matmul(_t(u), gu), matmul(_t(v), gv)
    inner = _spaced(p - _t(p), gaps) * s + _t(s) * _spaced(q - _t(q), gaps) + _on_diagonal(gs)
    whole = matmul(matmul(u, inner), _t(v))
    if m > s.shape[-1]:
        whole = whole + matmul((gu - matmul(u, p)) / s, _t(v))
    if a.shape[-1] > s.shape[-1]:
        whole = whole + matmul(u, _t((gv - matmul(v, q)) / s))
    return whole


_svd.defvjp(_svd_vjp)


@primitive(forward=np.linalg.pinv)
def pinv(a: Array) -> Array:
    """The pseudo-inverse P of a matrix of any shape, its rank constant nearby (Golub and Pereyra 1973).

    vjp: -Pᵀ g Pᵀ + (I - A P) gᵀ P Pᵀ + Pᵀ P gᵀ (I - P A)

    >>> print(pinv(np.array([[2.0], [0.0]])))
    [[0.5 0. ]]
    """


pinv.defvjp(
    lambda g, out, a: (
        matmul(_t(g) - matmul(a, matmul(out, _t(g))), matmul(out, _t(out)))
        + matmul(matmul(_t(out), out), _t(g) - matmul(matmul(_t(g), out), a))
        - matmul(matmul(_t(out), g), _t(out))
    ),
)


def _p_norm(size: Array, p: float, axis: Axis, keepdims: bool) -> Array:
    """(Σ sizeᵖ)^(1/p), with sizes as parts of the largest: 0 has derivative 0, and nothing overflows early."""
    array = np.asarray(getattr(size, "array", size))
    top = np.max(array, axis=axis, keepdims=True) if p > 0 and array.size else np.ones((), array.dtype)
    scale = np.where((top == 0) | ~np.isfinite(top), 1.0, top)
    nothing = np.broadcast_to(top == 0, array.shape)
    total = sum(where(nothing, 1.0, size / scale) ** p, axis=axis, keepdims=True) ** (1 / p) * scale
    total = where(top == 0, 0.0, total)
    return total if keepdims else squeeze(total, axis=tuple(range(np.ndim(size))) if axis is None else axis)


def norm(x: Array, ord: float | str | None = None, axis: Axis = None, keepdims: bool = False) -> Array:
    """The norm of vectors or matrices, as np.linalg.norm: ord None, 'fro', 1, 2, ±inf or p; derivative 0 at 0.

    Of matrices also 2, -2 and "nuc": the largest, the smallest and the sum of the singular values.

    >>> print(norm(np.array([3.0, 4.0])), norm(np.array([3.0, -4.0]), 1))
    5.0 7.0
    """
    ndim = np.ndim(x) if axis is None else len(np.atleast_1d(axis))
    if ord is None or (ord == 2 and ndim == 1) or (ord == "fro" and ndim == 2):
        return two_norm(x, axis=axis, keepdims=keepdims)
    if ndim == 1:
        size = absolute(x * 1.0)
        if ord in (inf, -inf):
            return (largest if ord == inf else smallest)(size, axis=axis, keepdims=keepdims)
        if ord == 1:
            return sum(size, axis=axis, keepdims=keepdims)
        if isinstance(ord, int | float) and ord != 0:
            return _p_norm(size, float(ord), axis, keepdims)
    if ndim == 2 and ord in (1, -1, inf, -inf):
        rows, columns = ((0, 1) if axis is None else axis)[:: 1 if abs(ord) == 1 else -1]  # type: ignore[index]
        sums = sum(absolute(x * 1.0), axis=rows, keepdims=True)
        extreme = (largest if ord > 0 else smallest)(sums, axis=(rows, columns), keepdims=keepdims)
        return extreme
    if ndim == 2 and ord in (2, -2, "nuc"):
        axes = (0, 1) if axis is None else axis
        values = svd(moveaxis(arraylike(x), axes, (-2, -1)))[1]
        reduce = sum if ord == "nuc" else largest if ord == 2 else smallest
        value = reduce(values, axis=-1)
        return expand_dims(value, tuple(np.sort(np.asarray(axes) % np.ndim(x)).tolist())) if keepdims else value
    raise ValueError(f"norm: ord {ord!r} is not among those of {'vectors' if ndim == 1 else 'matrices'} here")
