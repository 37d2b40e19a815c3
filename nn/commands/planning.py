"""From the options and the data to the plan of a net, and what must stay as it was for a training to go on."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np

from nn.checks import differing
from nn.commands.nets import SCALES, Plan
from nn.commands.recipes import TIMELESS, rate
from nn.commands.samples import Samples
from nn.mlp import DEFAULT_COST
from nn.scaling import Scaling, Standardize
from nn.serialization import metadata


def planned(options: argparse.Namespace, data: Samples) -> Plan:
    """The plan of the net that the options ask for, which the data must fit; scales are those of what is trained on."""
    x, y = data.train
    inputs, outs = x[0].size, len(data.classes) or 1
    sizes = options.layers or [inputs, *((120, 84) if options.net == "cnn" else (64,)), outs]
    if (sizes[0], sizes[-1]) != (inputs, outs):
        last = f"{outs} classes" if data.classes else "1 output"
        raise ValueError(f"--layers {'/'.join(map(str, sizes))} does not fit the data: expected {inputs} inputs "
                         f"and {last}, as in {inputs}/64/{outs}")  # fmt: skip
    loss = options.loss or ("cross_entropy" if data.classes else "mean_squared_error")
    if not data.classes and loss in DEFAULT_COST.values():
        raise ValueError(f"--loss {loss} is of classes, and the target has numbers: say --task classification, or take "
                         "mean_squared_error")  # fmt: skip
    if empty := [data.columns[i] for i in np.flatnonzero(np.isnan(x).all(0))]:
        raise ValueError(f"column {empty[0]!r} has no value that is trained on: leave it out with --drop")
    scale = SCALES[options.scale or data.scale]
    # numbers are learnt in units of their spread, so that usual rates suit all of them
    shifts = [0.0, 1.0] if data.classes else shift_and_scale(Standardize(), y[:, 0])
    output = "identity" if not data.classes else "softmax" if loss == "cross_entropy" else "sigmoid"
    return Plan(net=options.net, sample=[*x.shape[1:]], sizes=sizes, activation=options.activation, output=output,
                loss=loss, dropout=options.dropout, classes=data.classes, columns=data.columns, target=data.target,
                inputs=shift_and_scale(scale(), x) if scale else [], unit=[shifts[0], shifts[1] or 1.0],
                means=np.nanmean(x, 0).tolist() if options.missing == "mean" else [],
                missing=options.missing or "refuse", test=options.test, seed=options.seed,
                digest=data.digest)  # fmt: skip


def shift_and_scale(scale: Scaling, x: np.ndarray) -> list[Any]:
    """The shift and the scale of data, as they are kept in a plan."""
    scale.fit(x)
    return [scale.shift.numpy().tolist(), scale.scale.numpy().tolist()]


def settings(options: argparse.Namespace) -> dict[str, Any]:
    """The options that a training must not change when it goes on."""
    free = {"command", "run", "data", "out", "resume"} | ({"epochs"} if options.schedule in TIMELESS else set())
    return {name: x for name, x in vars(options).items() if name not in free} | {"lr": rate(options)}


def unchanged(weights: Path, now: dict[str, Any], plan: Plan) -> None:
    """Raises ValueError that names the options which are not those that the weights were trained with."""
    about = metadata(weights)
    was, digest = about.get("options"), about.get("plan", {}).get("digest")
    if was is None:
        raise ValueError(f"--resume: {weights} does not say with which options it was trained")

    def shown(x: Any) -> str:
        return "not given" if x in (None, []) else " ".join(map(str, x)) if isinstance(x, list) else str(x)

    changed = [f"--{name.replace('_', '-')} was {shown(before)}, is {shown(after)}"
               for name, before, after in differing({name: was.get(name) for name in now}, now)]  # fmt: skip
    if not changed and digest != plan.digest:
        changed = ["--data has not the samples that it had"]
    if changed:
        raise ValueError(f"--resume goes on with the same options only: {'; '.join(changed)}")
