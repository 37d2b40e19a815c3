"""compile_step: a whole training step, forward, backward and update, as one recorded program."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.program import replay
from autograd.program.compile import Program
from autograd.program.flat import Flat
from autograd.program.recorder import Recorder
from autograd.program.traced import Frozen
from autograd.recording import checked, depends_on
from nn.optim import Optimizer, finite


def compile_step(f: Callable[..., Any], optimizer: Optimizer) -> Program:
    """f's program with the optimizer's update inside: step(x, y) is zero_grad, f, backward and optimizer.step().

    f           a function that returns the loss as a Tensor of one number, or (loss, others ...)
    optimizer   one of nn's, or one that defines `update` and `start`
    returns     a Program, as autograd.compile gives; a call returns what f returns, as arrays

    Loss, parameters and gradients equal those of the steps made one by one, bit for bit.  Raises ValueError, with no
    parameter changed, when a gradient is not finite.

    >>> import nn
    >>> model = nn.MLP(1, 1, rng=0)
    >>> step = nn.compile_step(lambda x, t: model.loss(x, t), nn.SGD(model.parameters(), lr=0.1))
    >>> x = np.linspace(-1, 1, 64)[:, None]
    >>> losses = [step(x, 3 * x) for _ in range(200)]
    >>> print(model.layers[0].weight.data.round(3))
    [[3.]]
    """
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"optimizer: expected one of nn's, such as nn.SGD(model.parameters(), 0.1), got {optimizer!r}")
    return Program(f, optimizer.params, Update(optimizer))


class Update(replay.Update):
    """The optimizer's part of a program."""

    def __init__(self, optimizer: Optimizer) -> None:
        self.optimizer = optimizer
        self.rates: dict[Any, np.ndarray] = {}
        self.rate = float("nan")
        self.flats: list[Flat] = []  # those with a state
        self.kept: list[tuple[dict[str, np.ndarray], str, np.ndarray]] = []  # the state of single parameters

    def record(self, recorder: Recorder, flats: list[Flat]) -> None:
        """Records the update of every flat vector, written as for one parameter: it acts entry by entry."""
        optimizer = self.optimizer
        for name, value in vars(optimizer).items():
            if isinstance(value, int | float | str | tuple | None) and name != "lr" and name[0] != "_":
                depends_on(optimizer, name)
        self.before()
        for flat in flats:
            checked(finite, recorder.taken(flat.gradient, "g"), flat.bounds)
        for flat in flats:
            rate = self.rates.setdefault(flat.dtype, np.array(self.rate, flat.dtype))
            if optimizer.entrywise:
                vectors = optimizer.flat_state(flat, optimizer.start(flat.arrays[0]))
                self.flats += [flat] if vectors and flat not in self.flats else []
                self.one(recorder, flat.data, flat.gradient, rate, vectors, "")
                continue
            for p, array, g in zip(flat.leaves, flat.arrays, flat.grads, strict=True):
                state = next(s for q, s in zip(optimizer.params, optimizer.state, strict=True) if q is p)
                for name, start in optimizer.start(array).items():
                    state.setdefault(name, start)
                    self.kept.append((state, name, state[name]))
                self.one(recorder, array, g, rate, state, f"_{p.name or 'p'}")

    def one(
        self, recorder: Recorder, p: np.ndarray, g: np.ndarray, rate: np.ndarray, kept: dict[str, np.ndarray], of: str
    ) -> None:
        """Records the update of a parameter, or of a vector of them."""
        state = {name: recorder.taken(array, f"{name}{of}") for name, array in kept.items()}
        traced = recorder.taken(p, f"p{of}")
        change = self.optimizer.update(traced, recorder.taken(g, f"g{of}"), recorder.taken(rate, "lr"), state)
        if state.keys() != kept.keys():
            raise Frozen(
                f"{type(self.optimizer).__name__}.update keeps {sorted(state)} for a parameter, and start(p) makes "
                f"{sorted(kept)}: start is to make all of it"
            )
        recorder.store(p, traced - change, f"p{of}")
        for name, array in kept.items():
            recorder.store(array, state[name], f"{name}{of}")

    def before(self) -> None:
        """The rate of the step to come, and the state as it is now."""
        for flat in self.flats:
            self.optimizer.flat_state(flat)
        for state, name, array in self.kept:
            if state[name] is not array:  # as after a step that was not the program's
                array[...] = state[name]
                state[name] = array
        rate = self.optimizer.rate()
        if rate != self.rate:
            self.rate = rate
            for array in self.rates.values():
                array[()] = rate

    def after(self) -> None:
        self.optimizer.steps += 1

    def eagerly(self) -> None:
        self.optimizer.step()
