"""Nets by their description: a Plan, which is saved with the weights and says how to build and use the net again."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass, fields
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from nn.checks import Seed, finite
from nn.conv import Conv2d, Flatten, MaxPool2d
from nn.data import one_hot
from nn.dropout import Dropout
from nn.evaluation import predict
from nn.mlp import HIDDEN, INIT, MLP
from nn.module import Module
from nn.scaling import MinMax, Scaling, Standardize
from nn.serialization import load, metadata, save

NETS = ("mlp", "cnn")
COSTS = ("squared_error", "half_squared_error", "mean_squared_error", "absolute_error", "huber", "binary_cross_entropy",
         "cross_entropy")  # fmt: skip  # that are of labels as rows of one 1, or of numbers
SCALES: dict[str, type[Scaling] | None] = {"standardize": Standardize, "minmax": MinMax, "none": None}
CHANNELS = (6, 16)  # of the two convolutions, as in LeNet-5 (LeCun et al. 1998)


@dataclass(frozen=True)
class Plan:
    """All that is to be known of a net beside its weights."""

    net: str  # one of NETS
    sample: list[int]  # the shape of a sample
    sizes: list[int]  # inputs, nodes of each hidden layer, outputs
    activation: str
    output: str
    loss: str
    dropout: float
    classes: list[Any]  # what output 0, 1, ... stands for; none of numbers
    columns: list[str]  # of a table, in the order of the inputs, "colour=red" one of texts; none of arrays
    target: str | None
    inputs: list[Any]  # [shift, scale], each as a sample: the net is given (x - shift) / scale; none as they are
    means: list[float]  # what stands for missing inputs; none where these are refused
    unit: list[float]  # of numbers, [shift, scale]: what is predicted is scale z + shift
    missing: str  # one of MISSING
    test: float  # share of the data that was for the test, chosen by this seed
    seed: int
    data: str  # the digest of all of the data


@dataclass(frozen=True)
class Net:
    """A net as `python -m nn train` makes it, for samples as they are in the data.

    model           the MLP, of samples that are prepared; in evaluation mode where it was restored
    plan            what it was made and trained with: .columns, .target, .classes ...
    """

    model: MLP
    plan: Plan

    def prepare(self, x: Any) -> np.ndarray:
        """Samples as the model takes them: scaled in float64, so that none of their digits are lost, then float32."""
        x = np.asarray(x)
        if x.shape[1:] != tuple(self.plan.sample):
            raise ValueError(f"expected samples of shape {tuple(self.plan.sample)}, got x of shape {x.shape}")
        if self.plan.means:
            x = np.where(np.isnan(x), self.plan.means, x)
        if self.plan.inputs:
            shift, scale = map(np.asarray, self.plan.inputs)
            x = (x - shift) / np.where(scale == 0, np.inf, scale)  # a column of no spread says nothing
        with np.errstate(over="ignore"):
            z: np.ndarray = x.astype(np.float32)
        finite("x, as the net takes it", z)
        return z

    def teach(self, y: np.ndarray) -> np.ndarray:
        """What the cost compares with: labels, rows of one 1 for a sigmoid, or numbers in their own unit."""
        if not self.plan.classes:
            shift, scale = self.plan.unit
            return ((y - shift) / scale).astype(np.float32)
        return y if self.plan.output == "softmax" else one_hot(y, len(self.plan.classes), np.float32)

    def predict(self, x: Any) -> np.ndarray:
        """What the net says of samples: of each class how probable it is (m, K), or numbers (m, 1)."""
        y = predict(self.model, self.prepare(x))
        return y if self.plan.classes else y.astype(np.float64) * self.plan.unit[1] + self.plan.unit[0]

    def save(self, path: Path, options: dict[str, Any]) -> Path:
        """Saves the weights, with the plan, and the options of the training."""
        return save(self.model, path, {"plan": asdict(self.plan), "options": options})


def build(plan: Plan, rng: Seed = None) -> MLP:
    """The net with weights as they start: an MLP, with convolutions in front, and dropout between."""
    rng, inputs = np.random.default_rng(rng), plan.sizes[0]
    front: list[Module] = []
    if plan.net == "cnn":
        if len(plan.sample) != 3 or min(plan.sample[1:]) < 4:
            raise ValueError(f"--net cnn needs images of at least 4 x 4, got samples of shape {tuple(plan.sample)}")
        before = plan.sample[0]
        for channels in CHANNELS:
            init = INIT.get(plan.activation, "glorot_normal")
            conv = Conv2d(before, channels, 5, padding="same", init=init, rng=rng, dtype=np.float32)
            front += [conv, HIDDEN[plan.activation](), MaxPool2d(2)]
            before = channels
        front.append(Flatten())
        inputs = before * prod(n // 2 ** len(CHANNELS) for n in plan.sample[1:])
    model = MLP(inputs, *plan.sizes[1:], activation=plan.activation, output=plan.output, cost=plan.loss, rng=rng,
                dtype=np.float32)  # fmt: skip
    hidden: list[Any] = []
    for layer in model.layers:
        hidden.append(layer)
        if plan.dropout and isinstance(layer, HIDDEN[plan.activation]):
            hidden.append(Dropout(plan.dropout, rng))
    model.layers = [*front, *hidden]
    return model


def restored(path: str | os.PathLike[str]) -> Net:
    """The net in a file that `python -m nn train` has written; ValueError if it does not say which one it is.

    .predict(x) takes samples as they are in the data, .plan.columns in this order, and gives (m, K), how probable each
    of .plan.classes is, or (m, 1), numbers in the unit of the data; .model is the MLP, of .prepare(x).
    """
    plan = metadata(path).get("plan")
    if not isinstance(plan, dict) or plan.keys() != {field.name for field in fields(Plan)}:
        raise ValueError(f"{path} does not say which net its weights are of: expected a weights.safetensors that "
                         "`python -m nn train` has written; nn.load(path, model) loads others in Python")  # fmt: skip
    net = Net(build(Plan(**plan)), Plan(**plan))
    load(path, net.model)
    net.model.eval()
    return net
