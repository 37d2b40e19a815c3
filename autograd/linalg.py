"""NumPy's linalg under its own name: autograd.linalg.norm and the others, which are in autograd itself too."""

from autograd.ops.algebra import (
    cholesky,
    det,
    eigvalsh,
    inv,
    matrix_power,
    pinv,
    solve,
    svdvals,
)
from autograd.ops.linalg import matmul
from autograd.ops.norms import cond, matrix_norm, norm, vector_norm
from autograd.ops.products import cross, multi_dot, tensordot, vecdot
from autograd.ops.rearrange import matrix_transpose, outer
from autograd.ops.results import eigh, slogdet, svd

__all__ = [
    "cholesky", "cond", "cross", "det", "eigh", "eigvalsh", "inv", "matmul", "matrix_norm", "matrix_power",
    "matrix_transpose", "multi_dot", "norm", "outer", "pinv", "slogdet", "solve", "svd", "svdvals", "tensordot",
    "vecdot", "vector_norm",
]  # fmt: skip
