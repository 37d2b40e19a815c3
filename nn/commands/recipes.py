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
    "adam": (Adam, 0.003), "adamw": (AdamW, 0.003), "rmsprop": (RMSprop, 0.001), "adagrad": (Adagrad, 0.05),
    "sgd": (SGD, 0.05), "momentum": (SGD, 0.01), "nesterov": (SGD, 0.01),
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
TIMELESS = ("constant", "plateau")  # those that do not ask how many steps there will be


def optimizer(params: list[Tensor], options: argparse.Namespace, steps: int) -> Optimizer:
    """The optimizer that the options name, for a training of so many steps."""
    settings: dict[str, Any] = {"lr": SCHEDULES[options.schedule](rate(options), steps)}
    wanted = {"weight_decay": options.weight_decay, "clip_norm": options.clip_norm}
    settings |= {name: value for name, value in wanted.items() if value is not None}
    if options.optimizer in ("momentum", "nesterov"):
        momentum = 0.9 if options.momentum is None else options.momentum
        settings |= {"momentum": momentum, "nesterov": options.optimizer == "nesterov"}
    elif options.momentum is not None:
        raise ValueError(f"--momentum is of --optimizer momentum and nesterov, and this one is {options.optimizer}")
    return OPTIMIZERS[options.optimizer][0](params, **settings)


def rate(options: argparse.Namespace) -> float:
    """The rate at first: what the options say, or what is usual."""
    return OPTIMIZERS[options.optimizer][1] if options.lr is None else float(options.lr)
