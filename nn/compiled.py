"""compile_step: a whole training step, forward, backward and update, as one recorded program."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.program import observed
from autograd.program.compile import Program
from autograd.program.flat import Flat
from autograd.program.recorder import Recorder
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
    if type(optimizer).step is not Optimizer.step:
        raise TypeError(f"{type(optimizer).__name__} has a step() of its own, which a program would pass by: do what "
                        "it does in update(self, p, g, lr, state), or leave compile_step out")  # fmt: skip
    return Program(f, optimizer.params, Update(optimizer))


class Update(observed.Update):
    """The optimizer's part of a program."""

    def __init__(self, optimizer: Optimizer) -> None:
        self.optimizer = optimizer
        self.single: dict[tuple[int, str], np.ndarray] = {}  # the state of single parameters, by their places

    def record(self, recorder: Recorder, flats: list[Flat]) -> None:
        """Records the update of every flat vector, written as for one parameter: it acts entry by entry."""
        optimizer = self.optimizer
        depends_on(optimizer)
        (rate,) = self.before(flats)
        rate = recorder.argument("lr", rate)
        for flat in flats:
            checked(finite, recorder.taken(flat.gradient, "g"), flat.bounds)
        for flat in flats:
            if optimizer.by_entries:
                vectors = optimizer.flat_state(flat, optimizer.start(flat.arrays[0]))
                self.one(recorder, flat.data, flat.gradient, rate, vectors, "")
                continue
            for p, array, g in zip(flat.leaves, flat.arrays, flat.grads, strict=True):
                i = next(i for i, q in enumerate(optimizer.params) if q is p)
                optimizer.begin(i, array)
                for name, kept in optimizer.state[i].items():
                    self.single.setdefault((i, name), np.array(kept))  # in memory that is nothing else's
                self.before(flats)
                self.one(recorder, array, g, rate, optimizer.state[i], f"_{p.name or 'p'}")

    def one(
        self, recorder: Recorder, p: np.ndarray, g: np.ndarray, rate: Any, kept: dict[str, np.ndarray], of: str
    ) -> None:
        """Records the update of a parameter, or of a vector of them."""
        state = {name: recorder.taken(array, f"{name}{of}") for name, array in kept.items()}
        before, traced = dict(state), recorder.taken(p, f"p{of}")
        change = self.optimizer.update(traced, recorder.taken(g, f"g{of}"), rate, state)
        self.optimizer.complete(state, kept)
        now = {name: recorder.snapshot(x) for name, x in state.items() if x is not before[name]}  # one may be another
        recorder.store(p, traced - change, f"p{of}")
        for name, x in now.items():
            recorder.store(kept[name], x, f"{name}{of}")

    def before(self, flats: list[Flat]) -> tuple[float]:
        """The rate of the step to come; the state is where the program has it."""
        for flat in flats:
            if self.optimizer.flat.get(flat):
                self.optimizer.flat_state(flat)
        moved = []
        for (i, name), array in self.single.items():
            self.optimizer.begin(i, array)
            if self.optimizer.state[i][name] is not array:  # as after a step that was not the program's
                moved.append((array, np.array(self.optimizer.state[i][name])))  # which may be another's memory
                self.optimizer.state[i][name] = array
        for array, mine in moved:
            array[...] = mine
        return (self.optimizer.rate(),)

    def after(self) -> None:
        self.optimizer.done += 1

    def eagerly(self) -> None:
        self.optimizer.step()
