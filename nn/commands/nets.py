"""Nets by their description: a Plan, which is saved with the weights and says how to build the net again."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from nn.conv import Conv2d, Flatten, MaxPool2d
from nn.data import one_hot
from nn.dropout import Dropout
from nn.evaluation import predict
from nn.init import Seed
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
    scale: str  # one of SCALES
    classes: list[Any]  # what output 0, 1, ... stands for; none of numbers
    columns: list[str]  # of a table, in the order of the inputs; none of images
    target: str | None
    unit: list[float]  # of numbers, [shift, scale]: what is predicted is scale z + shift


def build(plan: Plan, rng: Seed = None) -> MLP:
    """The net with weights as they start: an MLP with a scale or convolutions in front, and dropout between."""
    rng, inputs, scale = np.random.default_rng(rng), plan.sizes[0], SCALES[plan.scale]
    front: list[Module] = [scale(plan.sample)] if scale else []
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


def taught(plan: Plan, y: np.ndarray) -> np.ndarray:
    """What the cost compares with: labels, rows of one 1 for a sigmoid, or numbers in their own unit."""
    if not plan.classes:
        shift, scale = plan.unit
        return ((y - shift) / scale).astype(np.float32)
    return y if plan.output == "softmax" else one_hot(y, len(plan.classes), np.float32)


def predicted(model: MLP, plan: Plan, x: np.ndarray) -> np.ndarray:
    """What the net says of samples: of each class how probable it is (m, K), or numbers (m, 1)."""
    y = predict(model, x)
    return y if plan.classes else y * np.float32(plan.unit[1]) + np.float32(plan.unit[0])


def keep(model: MLP, plan: Plan, path: Path) -> Path:
    """Saves the weights, with the plan."""
    return save(model, path, {"plan": asdict(plan)})


def restored(path: Path) -> tuple[MLP, Plan]:
    """The net that was saved, in evaluation mode; ValueError where the file does not say which one it was."""
    plan = metadata(path).get("plan")
    if not isinstance(plan, dict) or plan.keys() != {field.name for field in fields(Plan)}:
        raise ValueError(f"{path} does not say which net its weights are of: expected a weights.safetensors that "
                         "`python -m nn train` has written")  # fmt: skip
    model = build(Plan(**plan))
    load(path, model)
    return model, Plan(**plan)
