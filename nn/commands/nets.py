"""Nets by their description: a Plan, which is saved with the weights and says how to build and use the net again."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass, fields
from itertools import pairwise
from math import prod
from pathlib import Path
from typing import Any, get_type_hints

import numpy as np

from nn.checks import Seed, finite, named
from nn.conv import Conv2d, Flatten, MaxPool2d
from nn.data import one_hot
from nn.dropout import Dropout
from nn.evaluation import predict
from nn.mlp import HIDDEN, INIT, MLP
from nn.module import Module
from nn.scaling import MinMax, Scaling, Standardize
from nn.serialization import read, save

NETS = ("mlp", "cnn")
COSTS = ("squared_error", "half_squared_error", "mean_squared_error", "absolute_error", "huber", "binary_cross_entropy",
         "cross_entropy")  # fmt: skip  # that are of labels as rows of one 1, or of numbers
SCALES: dict[str, type[Scaling] | None] = {"standardize": Standardize, "minmax": MinMax, "none": None}
GAPS = {"refuse": "refuse", "drop": "drop", "mean": "nan"}  # what becomes of missing values, here and in datasets.csv
AT_ONCE = 1024  # samples that are scaled
CHANNELS = (6, 16)  # of the two convolutions, as in LeNet-5 (LeCun et al. 1998)


@dataclass(frozen=True)
class Plan:
    """All that is to be known of a net beside its weights."""

    net: str  # one of NETS
    sample: list  # the shape of a sample
    sizes: list  # inputs, nodes of each hidden layer, outputs
    activation: str
    output: str
    loss: str
    dropout: float
    classes: list  # what output 0, 1, ... stands for; none of numbers
    columns: list  # of a table, in the order of the inputs, "colour=red" one of texts; none of arrays
    target: str | None
    inputs: list  # [shift, scale], each as a sample: the net is given (x - shift) / scale; none as they are
    means: list  # what stands for missing inputs; none where these are refused
    unit: list  # of numbers, [shift, scale]: what is predicted is scale z + shift
    missing: str  # one of GAPS
    test: float  # share of the data that was for the test, chosen by this seed
    seed: int
    digest: str  # of all of the data

    def __post_init__(self) -> None:
        """ValueError where the parts do not fit one another, as in a file that somebody else has written."""
        for name, kind in get_type_hints(Plan).items():
            if not isinstance(getattr(self, name), kind):
                raise ValueError(f"{name}: expected {getattr(kind, '__name__', kind)}, got {getattr(self, name)!r}")
        named("way with what is missing", self.missing, GAPS)
        ends, sample = (prod(self.sample), len(self.classes) or 1), tuple(self.sample)
        if (self.sizes[0], self.sizes[-1]) != ends:
            raise ValueError(f"sizes: expected {ends[0]} first and {ends[1]} last, got {self.sizes}")
        for part in map(np.asarray, (*self.inputs, *filter(len, [self.means]))):
            if part.shape != sample or part.dtype.kind not in "fi" or not np.isfinite(part).all():
                raise ValueError(f"inputs and means: expected finite numbers, each as a sample, of shape {sample}")
        if len(self.columns) not in (0, ends[0]) or not all(isinstance(name, str) for name in self.columns):
            raise ValueError(f"columns: expected {ends[0]} names, got {len(self.columns)}")


@dataclass
class Net:
    """A net as `python -m nn train` makes it, for samples as they are in the data.

    model           the MLP, of samples that are prepared; in evaluation mode where it was restored
    plan            what it was made and trained with: .columns, .target, .classes ...
    """

    model: MLP
    plan: Plan

    def __post_init__(self) -> None:
        self.inputs = _scaling(*self.plan.inputs) if self.plan.inputs else None
        self.unit = _scaling(*self.plan.unit)

    def prepare(self, x: Any) -> np.ndarray:
        """Samples as the model takes them: scaled in float64, so that none of their digits are lost, then float32."""
        x, sample = np.asarray(x), tuple(self.plan.sample)
        if not x.ndim or x.shape[1:] != sample:
            one = ": one sample is x[None]" if x.shape == sample else ""
            raise ValueError(f"expected samples of shape {sample}, one a row, got x of shape {x.shape}{one}")
        z = np.empty(x.shape, np.float32)
        with np.errstate(over="ignore"):
            for i in range(0, len(x), AT_ONCE):
                part = x[i : i + AT_ONCE]
                if self.plan.means:
                    part = np.where(np.isnan(part), self.plan.means, part)
                z[i : i + AT_ONCE] = self.inputs(part) if self.inputs else part
        finite("x, as the net takes it", z)
        return z

    def teach(self, y: np.ndarray) -> np.ndarray:
        """What the cost compares with: labels, rows of one 1 for a sigmoid, or numbers in their own unit."""
        if not self.plan.classes:
            return np.asarray(self.unit(y), np.float32)
        return y if self.plan.output == "softmax" else one_hot(y, len(self.plan.classes), np.float32)

    def predict(self, x: Any) -> np.ndarray:
        """What the net says of samples: of each class how probable it is (m, K), or numbers (m, 1)."""
        y = predict(self.model, self.prepare(x))
        return y if self.plan.classes else np.asarray(self.unit.inverse(y.astype(np.float64)))

    def save(self, path: Path, options: dict[str, Any]) -> Path:
        """Saves the weights, with the plan, and the options of the training."""
        return save(self.model, path, {"plan": asdict(self.plan), "options": options})


def _scaling(shift: Any, scale: Any) -> Scaling:
    """A scale that was measured before."""
    scaling = Scaling(np.shape(shift))
    scaling.load_state_dict({"shift": np.asarray(shift, float), "scale": np.asarray(scale, float)})
    return scaling


def layers(plan: Plan) -> tuple[list[int], list[int]]:
    """The channels before and behind each convolution, none without them, and the sizes of the dense layers."""
    if plan.net != "cnn":
        return [], plan.sizes
    if len(plan.sample) != 3 or min(plan.sample[1:]) < 4:
        raise ValueError(f"--net cnn needs images of at least 4 x 4, got samples of shape {tuple(plan.sample)}")
    pixels = prod(n // 2 ** len(CHANNELS) for n in plan.sample[1:])
    return [plan.sample[0], *CHANNELS], [CHANNELS[-1] * pixels, *plan.sizes[1:]]


def build(plan: Plan, rng: Seed = None) -> MLP:
    """The net with weights as they start: an MLP, with convolutions in front, and dropout between."""
    rng, (filters, (inputs, *sizes)) = np.random.default_rng(rng), layers(plan)
    front: list[Module] = []
    for before, after in pairwise(filters):
        init = INIT.get(plan.activation, "glorot_normal")
        conv = Conv2d(before, after, 5, padding="same", init=init, rng=rng, dtype=np.float32)
        front += [conv, HIDDEN[plan.activation](), MaxPool2d(2)]
    model = MLP(inputs, *sizes, activation=plan.activation, output=plan.output, cost=plan.loss, rng=rng,
                dtype=np.float32)  # fmt: skip
    hidden: list[Any] = []
    for layer in model.layers:
        hidden.append(layer)
        if plan.dropout and isinstance(layer, HIDDEN[plan.activation]):
            hidden.append(Dropout(plan.dropout, rng))
    model.layers = [*front, *([Flatten()] if front else []), *hidden]
    return model


def restored(path: str | os.PathLike[str]) -> Net:
    """The net in a file that `python -m nn train` has written; ValueError if it does not say which one it is.

    .predict(x) takes samples as they are in the data, .plan.columns in this order, and gives (m, K), how probable each
    of .plan.classes is, or (m, 1), numbers in the unit of the data; .model is the MLP, of .prepare(x).
    """
    weights, about = read(path)
    described = about.get("plan")
    if not isinstance(described, dict) or described.keys() != {field.name for field in fields(Plan)}:
        raise ValueError(f"{path} does not say which net its weights are of: expected a weights.safetensors that "
                         "`python -m nn train` has written; nn.load(path, model) loads others in Python")  # fmt: skip
    try:
        plan = Plan(**described)
        filters, dense = layers(plan)
        shapes = [(b, a, 5, 5) for a, b in pairwise(filters)] + [(b, a) for a, b in pairwise(dense)]
        if sorted(shapes) != sorted(x.shape for x in weights.values() if x.ndim > 1):  # before any is made
            raise ValueError(f"sizes: the weights are not those of a net {'/'.join(map(str, plan.sizes))}")
        net = Net(build(plan), plan)
        net.model.load_state_dict(weights)
    except (ValueError, TypeError, LookupError, ArithmeticError) as error:
        raise ValueError(f"{path}: what it says of its net is damaged: {error}") from None
    net.model.eval()
    return net
