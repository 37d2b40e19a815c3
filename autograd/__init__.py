"""glassgrad's engine: reverse-mode automatic differentiation of NumPy that a person can see through."""

from pathlib import Path as _Path

for _foreign in _Path(__file__).parents[1].glob("autograd-*-info"):  # of another distribution: ours is glassgrad
    raise ImportError(
        f"beside glassgrad lies {_foreign.name}, of another package called autograd, and pip has mixed the two: "
        "run `pip uninstall autograd`, then `pip install --force-reinstall --no-deps glassgrad`"
    )

from autograd.backprop import gradients
from autograd.functional import checkpoint, elementwise_grad, grad, hessian, hvp, jacobian, jvp, value_and_grad, vjp
from autograd.graph import no_grad
from autograd.ops.activation import leaky_relu, relu, sigmoid, softplus, swish, tanh
from autograd.ops.elementwise import abs as abs
from autograd.ops.elementwise import (
    absolute,
    add,
    astype,
    clip,
    divide,
    exp,
    log,
    maximum,
    minimum,
    multiply,
    negative,
    power,
    sqrt,
    subtract,
)
from autograd.ops.index import getitem, scatter_add
from autograd.ops.linalg import linear, matmul
from autograd.ops.reduce import log_softmax, mean, softmax
from autograd.ops.reduce import max as max
from autograd.ops.reduce import min as min
from autograd.ops.reduce import sum as sum
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
from autograd.primitive import elementwise, fused, primitive
from autograd.selection import keep, where
from autograd.show.drawing import Drawing, draw
from autograd.tensor import Tensor

__version__ = "0.1.0"

__all__ = [  # without abs, max, min and sum, which `from autograd import *` shall leave Python's own
    "Drawing", "Tensor", "checkpoint", "draw", "elementwise", "elementwise_grad", "fused", "grad", "gradients",
    "hessian", "hvp", "jacobian", "jvp", "no_grad", "primitive", "value_and_grad", "vjp",
    "absolute", "add", "astype", "broadcast_to", "clip", "concatenate", "divide", "exp", "expand_dims", "getitem",
    "keep", "leaky_relu", "linear", "log", "log_softmax", "matmul", "maximum", "mean", "minimum", "multiply",
    "negative", "power", "relu", "reshape", "scatter_add", "sigmoid", "softmax", "softplus", "sqrt", "squeeze",
    "stack", "subtract", "sum_to", "swapaxes", "swish", "tanh", "transpose", "where",
]  # fmt: skip
