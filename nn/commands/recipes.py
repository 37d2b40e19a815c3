"""How a net is trained, by names: optimizers with the rates that are usual for them, and schedules."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from autograd import Tensor
from nn import schedules
from nn.optim import SGD, Adagrad, Adam, AdamW, RMSprop
from nn.optimizer import Optimizer

OPTIMIZERS: dict[str, tuple[Callable[..., Optimizer], float]] = {
    "sgd": (SGD, 0.05), "momentum": (SGD, 0.05), "nesterov": (SGD, 0.05), "adagrad": (Adagrad, 0.05),
    "rmsprop": (RMSprop, 0.001), "adam": (Adam, 0.001), "adamw": (AdamW, 0.001),
}  # fmt: skip
SCHEDULES: dict[str, Callable[[float, int], schedules.Rate]] = {  # of the first rate and the number of steps
    "constant": lambda lr, steps: lr,
    "linear": schedules.polynomial,
    "cosine": schedules.cosine,
    "warmup": lambda lr, steps: schedules.warmup(schedules.cosine(lr, steps - steps // 20), max(steps // 20, 1)),
    "step": lambda lr, steps: schedules.step(lr, -(-steps // 3)),
    "exponential": lambda lr, steps: schedules.exponential(lr, 0.01 ** (1 / steps)),
    "plateau": lambda lr, steps: schedules.ReduceOnPlateau(lr, patience=5),
}


def optimizer(params: list[Tensor], options: argparse.Namespace, steps: int) -> Optimizer:
    """The optimizer that the options name, for a training of so many steps."""
    kind, usual = OPTIMIZERS[options.optimizer]
    settings: dict[str, Any] = {"lr": SCHEDULES[options.schedule](usual if options.lr is None else options.lr, steps)}
    wanted = {"weight_decay": options.weight_decay, "clip_norm": options.clip_norm}
    settings |= {name: value for name, value in wanted.items() if value is not None}
    if options.optimizer in ("momentum", "nesterov"):
        settings |= {"momentum": options.momentum, "nesterov": options.optimizer == "nesterov"}
    return kind(params, **settings)
