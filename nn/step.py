"""One step of a training: forward, backward and update, recorded where that is known to be the same in every call."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.containers import leaves
from autograd.graph import array_of
from autograd.program.compile import Program
from autograd.program.traced import Frozen
from autograd.recording import checked
from nn.checks import number_of
from nn.compiled import Apart, compile_step
from nn.module import Module
from nn.optimizer import Optimizer

Step = Callable[..., tuple[Any, Any]]  # of the share that its batch has of the whole, and the batch


class NotFinite(ValueError):
    """A training that failed: a loss, or a parameter, is NaN or infinite; .what says which, and when."""

    def __init__(self, what: Any, advice: str = "") -> None:
        super().__init__(f"{what}: {advice}" if advice else what)
        self.what = what


def stepper(
    model: Module,
    measure: Callable[..., Any],
    penalty: Callable[[], Any] | None,
    optimizer: Optimizer,
    compile: bool | None,
    average: Callable[[float], None] | None = None,
) -> Step:
    """A training step, (share, x, y) or (share, x, y, weights) -> (loss, model(x)): recorded, if wanted and possible.

    average   what is done with the gradients between backward and update, which are then apart
    """

    def loss(x: Any, y: Any, *weights: Any) -> tuple[Any, Any]:
        z = model(x)
        cost = number_of(measure(z, y, sample_weight=weights[0]) if weights else measure(z, y))
        if penalty is not None:
            cost = number_of(cost + penalty())
        checked(_finite_loss, cost)
        return cost, z

    def eager(*batch: Any) -> tuple[Any, Any]:
        optimizer.zero_grad()
        cost, z = loss(*batch)
        cost.backward()
        return cost, z

    program: Any = None
    recorded = _ours(model, measure, penalty, optimizer) if compile is None else compile
    if recorded:
        program = Program(loss, optimizer.params, Apart(optimizer)) if average else compile_step(loss, optimizer)

    def step(share: float, *batch: Any) -> tuple[Any, Any]:
        nonlocal program
        if program is not None:
            try:
                result = program(*batch)
                if not average:
                    return result  # type: ignore[no-any-return] # the update is in it
            except Frozen as error:
                warnings.warn(f"fit goes on without a recorded step, as with compile=False: {error}", stacklevel=7)
                program = None
        if program is None:
            result = eager(*batch)
        if average:
            average(share)
        optimizer.step()
        return result  # type: ignore[no-any-return]

    return step


def _finite_loss(cost: Any) -> None:
    value = array_of(cost)
    if not np.isfinite(value):
        raise NotFinite(value)


def _ours(model: Module, measure: Any, penalty: Any, optimizer: Optimizer) -> bool:
    """Is all that a step consists of this library's, and so known to do the same in every call?"""
    held = [x for module in model.modules() for x in leaves(list(vars(module).values())) if callable(x)]
    parts = (type(part) for part in (*model.modules(), optimizer, *optimizer.parts))
    called = (f for f in (measure, penalty, *held) if f is not None and not isinstance(f, Module | type))
    functions = (inspect.unwrap(getattr(f, "func", f)) for f in called)
    return all(str(x.__module__).split(".")[0] in ("nn", "autograd") for x in (*parts, *functions))
