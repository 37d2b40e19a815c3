"""glassgrad's engine: reverse-mode automatic differentiation of NumPy that a person can see through."""

from pathlib import Path as _Path

for _foreign in _Path(__file__).parents[1].glob("autograd-*-info"):  # of another distribution: ours is glassgrad
    raise ImportError(
        f"beside glassgrad lies {_foreign.name}, of another package called autograd, and pip has mixed the two: "
        "run `pip uninstall autograd`, then `pip install --force-reinstall --no-deps glassgrad`"
    )

from autograd import linalg as linalg
from autograd.audit import audit
from autograd.backprop import gradients
from autograd.check import check_gradients
from autograd.checkpoint import checkpoint
from autograd.compare import compare
from autograd.debug import debug
from autograd.functional import elementwise_grad, grad, hessian, hvp, jacobian, jvp, value_and_grad, vjp
from autograd.ops.activation import (
    elu,
    gelu,
    hard_tanh,
    leaky_relu,
    log_sigmoid,
    mish,
    normal,
    relu,
    selu,
    sigmoid,
    softplus,
    swish,
    tanh,
)
from autograd.ops.algebra import (
    cholesky,
    cofactors,
    det,
    eigvalsh,
    inv,
    logabsdet,
    matrix_power,
    pinv,
    solve,
    svdvals,
)
from autograd.ops.conv import conv
from autograd.ops.elementary import (
    arccos,
    arccosh,
    arcsin,
    arcsinh,
    arctan,
    arctan2,
    arctanh,
    cbrt,
    copysign,
    cos,
    cosh,
    deg2rad,
    degrees,
    exp2,
    expm1,
    float_power,
    hypot,
    log1p,
    log2,
    log10,
    rad2deg,
    radians,
    ratio,
    reciprocal,
    sin,
    sinh,
    square,
    tan,
)
from autograd.ops.elementwise import abs as abs
from autograd.ops.elementwise import (
    absolute,
    add,
    astype,
    clip,
    divide,
    exp,
    fmax,
    fmin,
    log,
    maximum,
    minimum,
    multiply,
    nan_to_num,
    negative,
    power,
    sqrt,
    subtract,
)
from autograd.ops.index import getitem, scatter_add
from autograd.ops.joining import (
    append,
    array_split,
    atleast_1d,
    atleast_2d,
    atleast_3d,
    block,
    column_stack,
    dsplit,
    dstack,
    hsplit,
    hstack,
    split,
    unstack,
    vsplit,
    vstack,
)
from autograd.ops.linalg import linear, matmul
from autograd.ops.norms import (
    cond,
    matrix_norm,
    norm,
    vector_norm,
)
from autograd.ops.piecewise import (
    gradient,
    interp,
    polyval,
    select,
    vander,
)
from autograd.ops.pooling import avg_pool, max_pool
from autograd.ops.products import (
    cross,
    dot,
    einsum,
    inner,
    matvec,
    multi_dot,
    tensordot,
    vdot,
    vecdot,
    vecmat,
)
from autograd.ops.quantiles import (
    median,
    nanmedian,
    percentile,
    quantile,
    sort,
    take_along_axis,
)
from autograd.ops.rearrange import (
    broadcast_arrays,
    copy,
    delete,
    diag,
    diagonal,
    flip,
    fliplr,
    flipud,
    insert,
    kron,
    matrix_transpose,
    meshgrid,
    moveaxis,
    outer,
    pad,
    ravel,
    repeat,
    roll,
    rollaxis,
    rot90,
    take,
    tile,
    trace,
    tril,
    triu,
)
from autograd.ops.reduce import log_softmax, mean, softmax
from autograd.ops.reduce import max as max
from autograd.ops.reduce import min as min
from autograd.ops.reduce import sum as sum
from autograd.ops.results import eigh, slogdet, svd
from autograd.ops.rounding import ceil, floor, fmod, heaviside, remainder, rint, sign, trunc
from autograd.ops.rounding import round as round
from autograd.ops.sequences import (
    convolve,
    correlate,
    cumprod,
    cumsum,
    cumulative_prod,
    cumulative_sum,
    diff,
    ediff1d,
    nancumprod,
    nancumsum,
    trapezoid,
)
from autograd.ops.shape import (
    broadcast_to,
    concatenate,
    expand_dims,
    reshape,
    squeeze,
    stack,
    sum_to,
    swapaxes,
    transpose,
)
from autograd.ops.special import erf, logaddexp, logaddexp2, sinc, xlogy
from autograd.ops.statistics import (
    average,
    corrcoef,
    cov,
    logsumexp,
    nanmax,
    nanmean,
    nanmin,
    nanprod,
    nanstd,
    nansum,
    nanvar,
    prod,
    ptp,
    std,
    two_norm,
    var,
)
from autograd.primitive import elementwise, fused, primitive
from autograd.program.compile import Program
from autograd.program.compile import compile as compile
from autograd.recording import anew, no_grad
from autograd.selection import keep, where
from autograd.show.drawing import Drawing, draw
from autograd.show.formulas import Formulas, formulas
from autograd.show.page import page
from autograd.tensor import Tensor

__version__ = "0.1.0"

__all__ = [  # without abs, compile, max, min, round and sum, which `from autograd import *` shall leave Python's own
    "Drawing", "Formulas", "Program", "Tensor", "anew", "audit", "check_gradients", "checkpoint", "compare", "debug",
    "draw", "elementwise", "elementwise_grad", "formulas", "fused", "grad", "gradients", "hessian", "hvp", "jacobian",
    "jvp", "no_grad", "page",
    "primitive", "value_and_grad", "vjp",
    "absolute", "add", "append", "arccos", "arccosh", "arcsin", "arcsinh", "arctan", "arctan2", "arctanh",
    "array_split", "astype", "atleast_1d", "atleast_2d", "atleast_3d", "average", "avg_pool", "block",
    "broadcast_arrays", "broadcast_to", "cbrt", "ceil", "cholesky", "clip", "cofactors", "column_stack", "concatenate",
    "cond", "conv", "convolve", "copy", "copysign", "corrcoef", "correlate", "cos", "cosh", "cov", "cross", "cumprod",
    "cumsum", "cumulative_prod", "cumulative_sum", "deg2rad", "degrees", "delete", "det", "diag", "diagonal", "diff",
    "divide", "dot", "dsplit", "dstack", "ediff1d", "eigh", "eigvalsh", "einsum", "elu", "erf", "exp", "exp2",
    "expand_dims", "expm1", "flip", "fliplr", "flipud", "float_power", "floor", "fmax", "fmin", "fmod", "gelu",
    "getitem", "gradient", "hard_tanh", "heaviside", "hsplit", "hstack", "hypot", "inner", "insert", "interp", "inv",
    "keep", "kron", "leaky_relu", "linear", "log", "log10", "log1p", "log2", "log_sigmoid", "log_softmax", "logabsdet",
    "logaddexp", "logaddexp2", "logsumexp", "matmul", "matrix_norm", "matrix_power", "matrix_transpose", "matvec",
    "max_pool", "maximum", "mean", "median", "meshgrid", "minimum", "mish", "moveaxis", "multi_dot", "multiply",
    "nan_to_num", "nancumprod", "nancumsum", "nanmax", "nanmean", "nanmedian", "nanmin", "nanprod", "nanstd", "nansum",
    "nanvar", "negative", "norm", "normal", "outer", "pad", "percentile", "pinv", "polyval", "power", "prod", "ptp",
    "quantile", "rad2deg", "radians", "ratio", "ravel", "reciprocal", "relu", "remainder", "repeat", "reshape", "rint",
    "roll", "rollaxis", "rot90", "scatter_add", "select", "selu", "sigmoid", "sign", "sin", "sinc", "sinh", "slogdet",
    "softmax", "softplus", "solve", "sort", "split", "sqrt", "square", "squeeze", "stack", "std", "subtract", "sum_to",
    "svd", "svdvals", "swapaxes", "swish", "take", "take_along_axis", "tan", "tanh", "tensordot", "tile", "trace",
    "transpose", "trapezoid", "tril", "triu", "trunc", "two_norm", "unstack", "vander", "var", "vdot", "vecdot",
    "vecmat", "vector_norm", "vsplit", "vstack", "where", "xlogy",
]  # fmt: skip
