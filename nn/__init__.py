"""glassgrad's neural networks: layers, costs, optimizers and training, on top of autograd's Tensor."""

from pathlib import Path as _Path

import autograd as _autograd

_here = _Path(__file__).parents[1]
for _foreign in (*_here.glob("autograd-*-info"), *_here.glob("nn-*-info")):  # of other distributions
    raise ImportError(
        f"beside glassgrad lies {_foreign.name}, of another package called autograd or nn, and pip has mixed the two: "
        f"run `pip uninstall {_foreign.name.split('-')[0]}`, then `pip install --force-reinstall --no-deps glassgrad`"
    )
if _Path(_autograd.__file__ or "").parents[1] != _here:
    raise ImportError(
        f"nn needs glassgrad's autograd, but `import autograd` found another package at {_autograd.__file__}: "
        "run `pip uninstall autograd`, then `pip install --force-reinstall --no-deps glassgrad`"
    )

from autograd.ops.activation import leaky_relu, relu, sigmoid, softplus, swish, tanh
from autograd.ops.reduce import log_softmax, softmax
from nn import datasets, init, metrics, parallel, plots, schedules
from nn.activations import (
    ELU,
    GELU,
    SELU,
    Hardtanh,
    Identity,
    LeakyReLU,
    LogSigmoid,
    LogSoftmax,
    Mish,
    ReLU,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Swish,
    Tanh,
)
from nn.callbacks import Callback, EarlyStopping
from nn.clipping import clip_grad_norm, clip_grad_value
from nn.compiled import compile_step
from nn.conv import AvgPool1d, AvgPool2d, Conv1d, Conv2d, Flatten, MaxPool1d, MaxPool2d
from nn.data import DataLoader, minibatches, one_hot, split
from nn.dropout import Dropout
from nn.evaluation import evaluate, predict
from nn.groups import Groups
from nn.history import History
from nn.layers import Embedding, Linear, Residual, Sequential
from nn.losses import (
    absolute_error,
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cross_entropy,
    half_squared_error,
    hinge,
    huber,
    kl_divergence,
    l1,
    l2,
    mean_squared_error,
    nll,
    squared_error,
)
from nn.mlp import MLP
from nn.module import Module
from nn.normalisation import BatchNorm1d, BatchNorm2d, LayerNorm
from nn.optim import SGD, Adagrad, Adam, AdamW, RMSprop
from nn.optimizer import Optimizer
from nn.scaling import MinMax, Standardize
from nn.serialization import load, metadata, save
from nn.summary import summary
from nn.training import fit

__all__ = [
    "Adagrad", "Adam", "AdamW", "AvgPool1d", "AvgPool2d", "BatchNorm1d", "BatchNorm2d", "Callback", "Conv1d",
    "Conv2d", "DataLoader", "Dropout", "ELU", "EarlyStopping", "Embedding", "Flatten", "GELU", "Groups", "Hardtanh",
    "History", "Identity", "LayerNorm", "LeakyReLU", "Linear", "LogSigmoid", "LogSoftmax", "MLP", "MaxPool1d",
    "MaxPool2d", "MinMax", "Mish", "Module", "Optimizer", "RMSprop", "ReLU", "Residual", "SELU", "SGD",
    "Sequential", "SiLU", "Sigmoid", "Softmax", "Softplus", "Standardize", "Swish", "Tanh", "absolute_error",
    "binary_cross_entropy", "binary_cross_entropy_with_logits", "clip_grad_norm", "clip_grad_value", "compile_step",
    "cross_entropy", "datasets", "evaluate", "fit", "half_squared_error", "hinge", "huber", "init", "kl_divergence",
    "l1", "l2", "leaky_relu", "load", "log_softmax", "mean_squared_error", "metadata", "metrics", "minibatches",
    "nll", "one_hot", "parallel", "plots", "predict", "relu", "save", "schedules", "sigmoid", "softmax", "softplus",
    "split", "squared_error", "summary", "swish", "tanh",
]  # fmt: skip
