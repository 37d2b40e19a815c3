"""NumPy's linalg under its own name: autograd.linalg.norm and the others, which are in autograd itself too."""

from autograd.ops.algebra import cholesky, det, eigh, inv, matrix_power, norm, pinv, slogdet, solve, svd

__all__ = ["cholesky", "det", "eigh", "inv", "matrix_power", "norm", "pinv", "slogdet", "solve", "svd"]
