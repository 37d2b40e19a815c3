"""MLP: a dense net from the bare list that the notes use (T6): sizes, activation, output, cost."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

from autograd.arguments import explained
from autograd.arrays import Array
from nn.activations import ACTIVATIONS
from nn.checks import Seed, generator, named
from nn.layers import Linear, Sequential
from nn.losses import LOSSES, binary_cross_entropy_with_logits, cross_entropy
from nn.module import Module

DEFAULT_COST = {"sigmoid": "binary_cross_entropy", "softmax": "cross_entropy", "log_softmax": "nll"}
NEEDED = {cost: output for output, cost in DEFAULT_COST.items()}  # what a cost is of; the others are of anything
NEEDED |= {"kl_divergence": "log_softmax", "binary_cross_entropy_with_logits": "identity"}
WITH_LOGITS: dict[str, Callable[..., Any]] = {  # exact for large net values
    "binary_cross_entropy": binary_cross_entropy_with_logits, "cross_entropy": cross_entropy}  # fmt: skip
HIDDEN = {name: layer for name, layer in ACTIVATIONS.items() if not name.endswith("softmax")}
RECTIFIERS = ("relu", "leaky_relu", "elu", "gelu", "softplus", "swish", "silu", "mish", "log_sigmoid")
INIT = {"selu": "lecun_normal", **dict.fromkeys(RECTIFIERS, "he_normal")}  # what keeps signals alike in size behind it


class MLP(Sequential):
    """The dense net N0/N1/.../NL (note D: T6, D9).

    sizes        N0, N1, ..., NL: inputs, nodes of each hidden layer, outputs
    activation   of the hidden layers: "relu", "leaky_relu", "elu", "selu", "gelu", "softplus", "swish" or "silu",
                 "mish", "tanh", "hard_tanh", "sigmoid", "log_sigmoid", "identity"
    output       what turns the last net values into the prediction: any of these, "softmax" or "log_softmax"
    cost         any of nn's, such as "squared_error", "huber" or "cross_entropy"; by default the one that suits the
                 output, and those that need one say which
    init         how the weights of all layers start: a function, or one of nn.init by name; by default as He
                 (rectifiers), LeCun (selu) or Glorot say, the last layer without He's 2, if no rectifier follows it
    rng          a seed or a numpy Generator; biases start at 0
    dtype        of the parameters: float64, or float32 for speed

    `model(x)` gives the net values z of the last layer, `model.predict(x)` the output, and `model.loss(x, t)` the
    cost, where softmax with cross_entropy and sigmoid with binary_cross_entropy are one stable op (D2, D3).

    >>> MLP(784, 100, 10, activation="relu", output="softmax", cost="cross_entropy", rng=0)
    MLP(784/100/10, relu, softmax, cross_entropy
      0: Linear(784 -> 100)  weight (100, 784), bias (100,)  78,500 parameters
      1: ReLU()
      2: Linear(100 -> 10)  weight (10, 100), bias (10,)  1,010 parameters
    )  79,510 parameters
    """

    @explained
    def __init__(
        self,
        *sizes: int,
        activation: str = "relu",
        output: str = "identity",
        cost: str | None = None,
        init: str | Callable[..., np.ndarray] | None = None,
        rng: Seed = None,
        dtype: Any = np.float64,
    ) -> None:
        if len(sizes) < 2:
            raise ValueError(f"MLP: expected at least two sizes, inputs and outputs, as in MLP(784, 10); got {sizes}")
        hidden = named("activation", activation, HIDDEN)
        self.sizes, self.activation, self.output = sizes, activation, output
        self.cost_name = cost or DEFAULT_COST.get(output, "squared_error")
        self.output_activation = named("output", output, ACTIVATIONS)().forward  # a function: no layer
        if (needed := NEEDED.get(self.cost_name, output)) != output:
            raise ValueError(f"MLP: cost {self.cost_name!r} needs output={needed!r}, got {output!r}")
        self.measures_logits = self.cost_name in WITH_LOGITS
        self.measure = WITH_LOGITS.get(self.cost_name) or named("cost", self.cost_name, LOSSES)
        rng = generator(rng)
        inner = init or INIT.get(activation, "glorot_normal")
        last = init or ("lecun_normal" if inner == "he_normal" and output not in RECTIFIERS else inner)
        layers: list[Module] = []
        for i, (n_in, n_out) in enumerate(pairwise(sizes), 1):
            linear = Linear(n_in, n_out, init=last if i == len(sizes) - 1 else inner, rng=rng, dtype=dtype)
            linear.weight.name, linear.bias.name = f"W{i}", f"b{i}"  # type: ignore[union-attr]
            layers += [linear] if i == len(sizes) - 1 else [linear, hidden()]
        super().__init__(*layers)

    @explained
    def predict(self, x: Any) -> Any:
        """The output: the output activation of the net values, (m, NL); a Tensor, of which .numpy() is the array."""
        return self.output_activation(self(x))

    @explained
    def cost(self, z: Array, t: Array, *, sample_weight: Any = None) -> Any:
        """The cost of net values z against targets t."""
        y = z if self.measures_logits else self.output_activation(z)
        return self.measure(y, t, sample_weight=sample_weight)

    @explained
    def loss(self, x: Array, t: Array, *, sample_weight: Any = None) -> Any:
        """The cost of a batch: x (m, N0), targets t and weights (m,) as the cost takes them."""
        return self.cost(self(x), t, sample_weight=sample_weight)

    def extra_repr(self) -> str:
        return f"{'/'.join(map(str, self.sizes))}, {self.activation}, {self.output}, {self.cost_name}"
