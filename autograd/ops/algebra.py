"""Linear algebra beyond products: solving, inverses, determinants and decompositions."""

from __future__ import annotations

from operator import index

import numpy as np

from autograd.arguments import explained
from autograd.arrays import Matrices, Square, arraylike
from autograd.graph import array_of
from autograd.ops.linalg import matmul
from autograd.ops.rearrange import tril, triu
from autograd.ops.reduce import sum
from autograd.ops.shape import reshape, sum_to, swapaxes
from autograd.primitive import Array, primitive
from autograd.selection import where


def _t(a: Array) -> Array:
    return swapaxes(a, -1, -2)


def _symmetric_part(a: Array) -> Array:
    """½ A + ½ Aᵀ: halved first, so that integers become floats before they are added, and nothing overflows."""
    half = a * 0.5
    return half + _t(half)


@primitive(forward=np.linalg.inv)
def inv(a: Square) -> Array:
    """The inverse of a matrix, or of each in a stack; vjp -A⁻ᵀ g A⁻ᵀ.  Raises LinAlgError if there is none.

    >>> print(inv(np.array([[2.0]])))
    [[0.5]]
    """


inv.defvjp(
    lambda g, out, a: -matmul(matmul(_t(out), g), _t(out)),
)


@explained
def solve(a: Square, b: Array) -> Array:
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
def det(a: Square) -> Array:
    """The determinant of a matrix, or of each in a stack; vjp g times the cofactors; at det 0 of first order only.

    >>> print(det(np.array([[1.0, 2.0], [3.0, 4.0]])).round(9))
    -2.0
    """


@primitive
def cofactors(a: Square) -> Array:
    """The matrix of cofactors, det(A) A⁻ᵀ, from singular values, so that it is there for singular matrices too.

    >>> print(cofactors(np.array([[1.0, 2.0], [2.0, 4.0]])).round(9))
    [[ 4. -2.]
     [-2.  1.]]
    """
    known = np.isfinite(a).all(axis=(-2, -1), keepdims=True)
    u, s, vt = np.linalg.svd(np.where(known, a, 0))  # which refuses NaN
    n = a.shape[-1]
    others = np.stack([np.prod(np.delete(s, k, -1), axis=-1) for k in range(n)], axis=-1) if n else s
    sign = np.linalg.det(u) * np.linalg.det(vt)
    return np.where(known, (sign[..., None, None] * (u * others[..., None, :])) @ vt, np.nan).astype(a.dtype)


det.defvjp(
    lambda g, out, a: reshape(g, shape=(*g.shape, 1, 1)) * cofactors(a),
)
cofactors.defvjp(
    lambda g, out, a: (
        (sum(g * out, axis=(-2, -1), keepdims=True) * out - matmul(matmul(out, _t(g)), out))
        / reshape(det(a), shape=(*a.shape[:-2], 1, 1))
    ),
)


@explained
def slogdet(a: Square) -> tuple[Array, Array]:
    """The sign of the determinant, which has no derivative, and the logarithm of its size, with vjp g A⁻ᵀ.

    >>> print(*slogdet(np.array([[1.0, 0.0], [0.0, -1.0]])))
    -1.0 0.0
    """
    return np.linalg.slogdet(array_of(arraylike(a)))[0], logabsdet(a)


@primitive
def logabsdet(a: Square) -> Array:
    """ln |det A|; vjp g A⁻ᵀ, NaN where there is no inverse.

    >>> print(logabsdet(np.array([[1.0, 0.0], [0.0, -1.0]])))
    0.0
    """
    return np.linalg.slogdet(a)[1]


def _logabsdet_vjp(g: Array, out: Array, a: Array) -> Array:
    regular = np.isfinite(out)[..., None, None]
    inverse = inv(where(regular, a, np.eye(a.shape[-1], dtype=a.dtype)))
    return reshape(g, shape=(*g.shape, 1, 1)) * where(regular, _t(inverse), np.nan)


logabsdet.defvjp(_logabsdet_vjp)


@explained
def matrix_power(a: Square, n: int) -> Array:
    """The n-fold product of a matrix with itself, of its inverse for n < 0, by repeated squaring.

    >>> print(matrix_power(np.array([[1.0, 1.0], [0.0, 1.0]]), 5))
    [[1. 5.]
     [0. 1.]]
    """
    a, n = _square("matrix_power", a), index(n)  # which refuses 2.5
    if n < 0:
        return matrix_power(inv(a), -n)
    if n == 0:
        return where(False, a, np.eye(a.shape[-1], dtype=a.dtype))  # not 0 a + 1: an entry may be inf or NaN
    half = matrix_power(a, n // 2) if n > 1 else None
    square = a if half is None else matmul(half, half)
    return matmul(square, a) if n > 1 and n % 2 else square


def _square(op: str, a: Array) -> Array:
    """a, if it is a square matrix or a stack of them."""
    a = arraylike(a)
    if a.ndim < 2 or a.shape[-1] != a.shape[-2]:
        raise np.linalg.LinAlgError(f"{op}: expected a square matrix, or a stack of them, got shape {a.shape}")
    return a


def _symmetric(op: str, a: Array, UPLO: str | None) -> Array:
    """The matrix that is symmetric with the triangle UPLO of a, or a itself."""
    a = _square(op, a)
    if UPLO not in (None, "L", "U", "l", "u"):
        raise ValueError(f"{op}: expected UPLO 'L' or 'U', got {UPLO!r}")
    if UPLO is None:
        return a
    half, rest = (tril(a), tril(a, -1)) if UPLO in "Ll" else (triu(a), triu(a, 1))
    return half + _t(rest)


@explained
def cholesky(a: Square, *, upper: bool = False, UPLO: str | None = None) -> Array:
    """The lower triangular L with L Lᵀ = A, for A symmetric and positive definite, else of its part ½ (A + Aᵀ).

    With `upper` it is Lᵀ; with UPLO, "L" or "U", the triangle of that name is taken for both, as np.linalg's does.

    vjp: ½ L⁻ᵀ (P + Pᵀ) L⁻¹, P the lower half of Lᵀ g with its diagonal halved (Murray 2016, arXiv:1602.07527).

    >>> print(cholesky(np.array([[4.0]])))
    [[2.]]
    """
    lower = _cholesky(_symmetric("cholesky", a, UPLO))
    return _t(lower) if upper else lower


@primitive
def _cholesky(a: Array) -> Array:
    return np.linalg.cholesky(_symmetric_part(a))


def _cholesky_vjp(g: Array, out: Array, a: Array) -> Array:
    p = tril(matmul(_t(out), g))
    p = p - p * (0.5 * np.eye(out.shape[-1], dtype=out.dtype))
    inverse = inv(out)
    return matmul(matmul(_t(inverse), (p + _t(p)) * 0.5), inverse)


_cholesky.defvjp(_cholesky_vjp)


@explained
def eigh(a: Square, UPLO: str | None = None) -> tuple[Array, Array]:
    """The eigenvalues of a symmetric matrix, ascending, and its eigenvectors as columns: A = V diag(w) Vᵀ.

    Of a matrix that is not symmetric the part ½ (A + Aᵀ) is taken, or its triangle UPLO, "L" or "U", twice.  NumPy's
    np.linalg.eigh takes "L", where nothing is said, so on a Tensor it does too; the other triangle has derivative 0.

    Where eigenvalues are equal their vectors are not determined: the derivative of the values is right, and that of a
    result that depends on such vectors is NaN.

    >>> w, v = eigh(np.array([[2.0, 0.0], [0.0, 1.0]]))
    >>> print(w)
    [1. 2.]
    """
    packed = _eigh(_symmetric("eigh", a, UPLO))
    return packed[..., 0, :], packed[..., 1:, :]


@explained
def eigvalsh(a: Square, UPLO: str | None = None) -> Array:
    """The eigenvalues of a symmetric matrix, ascending, as eigh gives them.

    >>> print(eigvalsh(np.array([[2.0, 0.0], [0.0, 1.0]])))
    [1. 2.]
    """
    return eigh(a, UPLO)[0]


@primitive
def _eigh(a: Array) -> Array:
    w, v = np.linalg.eigh(_symmetric_part(a))
    return np.concatenate([w[..., None, :], v], axis=-2)  # one array: the values as a row over the vectors


def _eigh_vjp(g: Array, out: Array, a: Array) -> Array:
    """V (diag(g_w) + F ∘ (Vᵀ g_V)) Vᵀ, made symmetric, with F_ij = 1 / (w_j - w_i) off the diagonal (Giles 2008)."""
    w, v = out[..., :1, :], out[..., 1:, :]
    core = _over_gaps(matmul(_t(v), g[..., 1:, :]), w - _t(w)) + _on_diagonal(g[..., 0, :])
    whole = matmul(matmul(v, core), _t(v))
    return (whole + _t(whole)) * 0.5


_eigh.defvjp(_eigh_vjp)


def _over_gaps(x: Array, gaps: Array) -> Array:
    """x / gaps off the diagonal: 0 on it, and NaN where a gap is 0 but x is not, which is then not determined."""
    off = ~np.eye(x.shape[-1], dtype=bool)
    closed = (gaps == 0) & (x != 0) & off
    return where(off & (gaps != 0), x / where(gaps == 0, 1.0, gaps), where(closed, np.nan, 0.0))


def _over(x: Array, s: Array) -> Array:
    """x / s, but 0 where both are 0, and NaN where only s is: vectors of a singular value 0 are not determined."""
    return where(s != 0, x / where(s == 0, 1.0, s), where(x != 0, np.nan, 0.0))


def _on_diagonal(x: Array) -> Array:
    return reshape(x, shape=(*x.shape[:-1], 1, x.shape[-1])) * np.eye(x.shape[-1], dtype=x.dtype)


@explained
def svd(a: Matrices, full_matrices: bool = False) -> tuple[Array, Array, Array]:
    """The singular value decomposition A = U diag(s) Vᵀ: U, s descending, and Vᵀ, with as many as the shorter side.

    Where singular values are equal or 0 their vectors are not determined; the derivatives are as those of eigh.

    >>> u, s, vt = svd(np.array([[3.0, 0.0], [0.0, 4.0]]))
    >>> print(s)
    [4. 3.]
    """
    a = arraylike(a)
    m = a.shape[-2]
    if full_matrices and m != a.shape[-1]:
        raise ValueError("svd: the vectors that full_matrices adds are not determined: write full_matrices=False")
    packed = _svd(a)
    return packed[..., :m, :], packed[..., m, :], _t(packed[..., m + 1 :, :])


@explained
def svdvals(x: Matrices) -> Array:
    """The singular values of a matrix, descending, as svd gives them.

    >>> print(svdvals(np.array([[3.0, 0.0], [0.0, 4.0]])))
    [4. 3.]
    """
    return svd(x)[1]


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
    core = _over_gaps(p - _t(p), gaps) * s + _t(s) * _over_gaps(q - _t(q), gaps) + _on_diagonal(gs)
    whole = matmul(matmul(u, core), _t(v))
    if m > s.shape[-1]:
        whole = whole + matmul(_over(gu - matmul(u, p), s), _t(v))
    if a.shape[-1] > s.shape[-1]:
        whole = whole + matmul(u, _t(_over(gv - matmul(v, q), s)))
    return whole


_svd.defvjp(_svd_vjp)


@explained
def pinv(a: Matrices, rcond: Array = None, hermitian: bool = False, *, rtol: Array = 1e-15) -> Array:
    """The pseudo-inverse P of a matrix of any shape, its rank constant nearby (Golub and Pereyra 1973).

    vjp: -Pᵀ g Pᵀ + (I - A P) gᵀ P Pᵀ + Pᵀ P gᵀ (I - P A)

    With rcond or rtol, singular values up to that part of the largest count as 0, and the derivatives are as those of
    svd.  Of a hermitian matrix the part ½ (A + Aᵀ) is taken.

    >>> print(pinv(np.array([[2.0], [0.0]])))
    [[0.5 0. ]]
    """
    a = arraylike(a)
    if hermitian:
        a = _symmetric_part(a)
    if rcond is None and isinstance(rtol, float) and rtol == 1e-15:
        return _pinv(a)
    cutoff = rcond if rcond is not None else rtol if rtol is not None else max(a.shape[-2:]) * np.finfo(a.dtype).eps
    u, s, vt = svd(a)
    values = array_of(s)
    kept = values > np.expand_dims(cutoff, -1) * values.max(-1, keepdims=True, initial=0)
    inverse = where(kept, 1 / where(kept, s, 1), 0)
    return matmul(_t(vt) * reshape(inverse, shape=(*s.shape[:-1], 1, s.shape[-1])), _t(u))


@primitive(forward=np.linalg.pinv)
def _pinv(a: Array) -> Array: ...


_pinv.defvjp(
    lambda g, out, a: (
        matmul(_t(g) - matmul(a, matmul(out, _t(g))), matmul(out, _t(out)))
        + matmul(matmul(_t(out), out), _t(g) - matmul(matmul(_t(g), out), a))
        - matmul(matmul(_t(out), g), _t(out))
    ),
)
