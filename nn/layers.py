"""Layers of one matrix, Linear and Embedding, and layers of layers, Sequential and Residual."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Self

import numpy as np

from autograd import Tensor, getitem, linear, where
from autograd.arguments import explained, flag
from autograd.arrays import arraylike
from autograd.graph import array_of
from autograd.recording import checked
from nn.checks import Seed, whole
from nn.init import start
from nn.module import Module


class Linear(Module):
    """z = x Wᵀ + b: samples in the rows of x, one row of W for each output (notes A and D: A1, D7).

    in_features, out_features   the lengths of a sample in x and in z
    bias    whether there is a b; it starts at 0
    init    how W starts: a function (shape, rng, dtype), or its name in nn.init
    rng     a seed or a numpy Generator
    dtype   of W and b: float64, or float32 for speed

    >>> layer = Linear(3, 2, rng=0)
    >>> layer(np.ones((5, 3))).shape
    (5, 2)
    >>> layer
    Linear(3 -> 2)  weight (2, 3), bias (2,)  8 parameters
    """

    @explained
    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        *,
        init: str | Callable[..., np.ndarray] = "he_normal",
        rng: Seed = None,
        dtype: Any = np.float64,
    ) -> None:
        self.in_features, self.out_features = (
            whole("in_features", in_features, 1),
            whole("out_features", out_features, 1),
        )
        weight = start((out_features, in_features), init, rng, dtype)
        self.weight = Tensor(np.asarray(weight, order="F"), requires_grad=True, name="weight")  # so that Wᵀ suits BLAS
        self.bias = (
            Tensor(np.zeros(out_features, dtype), requires_grad=True, name="bias") if flag("bias", bias) else None
        )

    def forward(self, x: Any) -> Any:
        return linear(x, self.weight, self.bias)

    def extra_repr(self) -> str:
        return f"{self.in_features} -> {self.out_features}"


class Embedding(Module):
    """Row i of a table for every integer i: the vectors of words, say; they start standard normal.

    num_embeddings, embedding_dim   how many rows the table has, and how long they are
    padding_idx                     a row that starts at 0 and gets no gradient, for places that hold nothing
    init                            how the table starts: a function (shape, rng, dtype), or its name in nn.init
    rng                             a seed or a numpy Generator
    dtype                           of the table: float64, or float32 for speed

    The gradient of a row is the sum over the places where it was looked up (note E: E5).  Raises TypeError for what
    is no integer, and ValueError for one that is not in [0, num_embeddings), with its place.

    >>> table = Embedding(5, 2, rng=0)
    >>> table(np.array([[0, 3, 3]])).shape
    (1, 3, 2)
    """

    @explained
    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        *,
        init: str | Callable[..., np.ndarray] = "normal",
        rng: Seed = None,
        dtype: Any = np.float64,
    ) -> None:
        self.num_embeddings = whole("num_embeddings", num_embeddings, 1)
        self.embedding_dim = whole("embedding_dim", embedding_dim, 1)
        weight = start((num_embeddings, embedding_dim), init, rng, dtype)
        self.padding_idx = None if padding_idx is None else whole("padding_idx", padding_idx, 0)
        if self.padding_idx is not None:
            _rows(np.asarray(self.padding_idx), num_embeddings, "padding_idx")
            weight[self.padding_idx] = 0
        self.weight = Tensor(weight, requires_grad=True, name="weight")

    def forward(self, x: Any) -> Any:
        places = array_of(arraylike(x))
        if places.dtype.kind not in "iu":
            raise TypeError(f"Embedding: expected integers, the rows to look up, got {places.dtype}")
        checked(_rows, places, self.num_embeddings, "Embedding")
        vectors = getitem(self.weight, places)
        if self.padding_idx is None:
            return vectors
        padding = (places == self.padding_idx).reshape((*places.shape, 1))
        return where(padding, array_of(self.weight)[self.padding_idx], vectors)  # of an array: no gradient

    def extra_repr(self) -> str:
        padding = "" if self.padding_idx is None else f", padding_idx={self.padding_idx}"
        return f"{self.num_embeddings}, {self.embedding_dim}{padding}"


def _rows(places: np.ndarray, n: int, name: str) -> None:
    """Raises ValueError unless there are such rows in a table of n."""
    if places.size and not (places.min() >= 0 and places.max() < n):
        at = tuple(np.argwhere((places < 0) | (places >= n))[0].tolist())
        place = f" at {at}" if at else ""
        raise ValueError(f"{name}: expected integers in [0, {n}), got {places[at]}{place}")


class Sequential(Module):
    """Runs modules, or plain functions, one after the other; they are numbered from 0, as in PyTorch.

    `model[i]` is one of them, `model[:2]` a Sequential of some, which have their parameters in common with it;
    `model[i] = layer` and `model.append(layer)` put others in.

    >>> import nn
    >>> Sequential(Linear(2, 3, rng=0), nn.Tanh(), Linear(3, 1, rng=1))
    Sequential(
      0: Linear(2 -> 3)  weight (3, 2), bias (3,)  9 parameters
      1: Tanh()
      2: Linear(3 -> 1)  weight (1, 3), bias (1,)  4 parameters
    )  13 parameters
    """

    @explained
    def __init__(self, *layers: Callable[[Any], Any]) -> None:
        self.layers = [_layer(i, layer) for i, layer in enumerate(layers)]

    def attributes(self) -> Iterable[tuple[str, Any]]:
        others = ((name, x) for name, x in vars(self).items() if name != "layers")
        return [*((str(i), layer) for i, layer in enumerate(self.layers)), *others]

    def forward(self, x: Any) -> Any:
        for layer in self.layers:
            x = layer(x)
        return x

    def __getitem__(self, i: int | slice) -> Any:
        return Sequential(*self.layers[i]) if isinstance(i, slice) else self.layers[i]

    def __setitem__(self, i: int, layer: Callable[[Any], Any]) -> None:
        self.layers[i] = _layer(i, layer)

    @explained
    def append(self, layer: Callable[[Any], Any]) -> Self:
        """Puts one more behind the last; returns itself."""
        self.layers.append(_layer(len(self), layer))
        return self

    def __len__(self) -> int:
        return len(self.layers)


def _layer(i: int, layer: Any) -> Any:
    if not callable(layer) or isinstance(layer, type):
        raise TypeError(f"Sequential: expected a module or function in place {i}, got {layer!r}")
    return layer


class Residual(Sequential):
    """x + f(x), f the layers one after the other, so that a gradient also comes by them (He et al. 2016).

    Raises ValueError if the layers give another shape than they are given.

    >>> Residual(Linear(2, 2, rng=0))(np.ones((3, 2))).shape
    (3, 2)
    """

    def forward(self, x: Any) -> Any:
        x = arraylike(x)
        y = super().forward(x)
        if y.shape != x.shape:
            raise ValueError(f"Residual: expected layers that keep the shape of x, {x.shape}, got {y.shape} from them: "
                             "it is added to x")  # fmt: skip
        return x + y
