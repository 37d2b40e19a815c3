"""What the recorder knows of NumPy's functions: of which the shape of the result follows from those of the arguments.

A function that is in none of these sets is called by the program as it is, and its result is looked at in every run.
"""

from __future__ import annotations

import numpy as np

# Answered at once: they look at shapes and dtypes only.
SHAPE_ONLY = {np.shape, np.ndim, np.size, np.result_type, np.broadcast_shapes, np.iscomplexobj, np.isrealobj}

# A constant of the program, where no value goes into it.
FILLED = {np.zeros_like, np.ones_like, np.empty_like, np.full_like, np.zeros, np.ones, np.empty, np.full, np.eye,
          np.arange, np.identity}  # fmt: skip

METHODS = {np.sum: "sum", np.prod: "prod", np.max: "max", np.min: "min", np.amax: "max", np.amin: "min",
           np.any: "any", np.all: "all", np.reshape: "reshape", np.ravel: "ravel", np.transpose: "transpose",
           np.swapaxes: "swapaxes", np.squeeze: "squeeze", np.copy: "copy", np.dot: "dot"}  # fmt: skip

# Array arguments may be anywhere.
FIXED = {
    np.where, np.concatenate, np.stack, np.hstack, np.vstack, np.dstack, np.column_stack, np.append, np.clip, np.sinc,
    np.nan_to_num, np.round, np.around, np.mean, np.std, np.var, np.average, np.median, np.quantile, np.percentile,
    np.nansum, np.nanmean, np.nanmax, np.nanmin, np.ptp, np.sort, np.argsort, np.partition, np.argpartition, np.argmax,
    np.argmin, np.cumsum, np.cumprod, np.diff, np.gradient, np.interp, np.searchsorted, np.take, np.take_along_axis,
    np.einsum, np.inner, np.outer, np.tensordot, np.kron, np.cross, np.vdot, np.trace, np.convolve, np.correlate,
    np.trapezoid, np.isclose, np.roll, np.rot90, np.flip, np.tril, np.triu, np.linalg.cholesky, np.linalg.det,
    np.linalg.eigh, np.linalg.eigvalsh, np.linalg.inv, np.linalg.norm, np.linalg.pinv, np.linalg.qr,
    np.linalg.slogdet, np.linalg.solve, np.linalg.svd, np.linalg.matrix_power,
}  # fmt: skip

# Only the first argument may be one: by the others the shape is decided.
SIZED = {np.broadcast_to, np.expand_dims, np.moveaxis, np.rollaxis, np.pad, np.repeat, np.tile, np.delete, np.insert,
         np.diag, np.diagonal, np.split, np.array_split, np.atleast_1d, np.atleast_2d, np.resize,
         np.lib.stride_tricks.sliding_window_view}  # fmt: skip

# They write into an argument.
WRITE = {np.copyto, np.put, np.place, np.putmask, np.fill_diagonal, np.put_along_axis}

# The shape of the result follows from values.
BY_VALUES = {np.nonzero, np.flatnonzero, np.argwhere, np.unique, np.compress, np.extract, np.trim_zeros, np.union1d,
             np.intersect1d, np.setdiff1d, np.setxor1d, np.unique_values, np.unique_counts}  # fmt: skip

# Methods that hand on values; for all others what stands beside the array decides on the shape.
TAKES_ARRAYS = {"dot", "take", "clip"}
