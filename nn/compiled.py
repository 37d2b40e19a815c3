"""compile_step: a whole training step, forward, backward and update, as one recorded program."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.arguments import explained
from autograd.program import observed
from autograd.program.compile import Program
from autograd.program.flat import Flat
from autograd.program.recorder import Recorder
from autograd.recording import checked, depends_on
from nn.clipping import finite
from nn.optimizer import Job, Optimizer


@explained
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


class Apart(observed.Update):
    """No part of a program, which leaves gradients in vectors of the optimizer's; its step is made by itself."""

    def __init__(self, optimizer: Optimizer) -> None:
        self.optimizer = optimizer

    def group(self, p: Any) -> int:
        """Which of the optimizers that it consists of has a parameter."""
        return next(k for k, part in enumerate(self.optimizer.parts) if any(p is q for q in part.params))


class Update(Apart):
    """The optimizer's part of a program."""

    def __init__(self, optimizer: Optimizer) -> None:
        super().__init__(optimizer)
        self.single: dict[tuple[Optimizer, int, str], np.ndarray] = {}  # the state of single parameters

    def record(self, recorder: Recorder, flats: list[Flat]) -> None:
        """Records the update of every flat vector, written as for one parameter: it acts entry by entry."""
        optimizer, parts = self.optimizer, self.optimizer.parts
        for x in dict.fromkeys((optimizer, *parts)):
            depends_on(x)
        given = {name: recorder.takes(name, x) for name, x in self.before(flats).items()}
        ready: list[Job] = []
        for flat in flats:
            k, g = self.group(flat.leaves[0]), recorder.taken(flat.gradient, "g")
            checked(finite, g, flat.bounds)
            ready.append((parts[k], given[_named("lr", k)], flat, flat.data, g))
        done = [part.done for part in parts]
        try:
            for k, part in enumerate(parts):
                part.done = given[_named("steps", k)]  # type: ignore[assignment]
            for job in optimizer.clipped(ready):
                self.vector(recorder, *job)
        finally:
            for part, n in zip(parts, done, strict=True):
                part.done = n

    def vector(self, recorder: Recorder, part: Optimizer, lr: Any, flat: Any, data: np.ndarray, g: Any) -> None:
        """Records the update of a flat vector, at once or parameter by parameter."""
        if part.by_entries:
            self.one(recorder, part, data, g, lr, part.flat_state(flat, part.start(flat.arrays[0])), "")
            return
        grads = flat.grads if g.node.array is flat.gradient else flat.views(g)  # as they are, or held back
        for i, p, array, g_i in zip(flat.places(part.params), flat.leaves, flat.arrays, grads, strict=True):
            part.begin(i, array)
            for name, kept in part.state[i].items():
                self.single.setdefault((part, i, name), np.array(kept))  # in memory that is nothing else's
            self.settle([])
            self.one(recorder, part, array, g_i, lr, part.state[i], f"_{p.name or 'p'}")

    def one(
        self, recorder: Recorder, part: Optimizer, p: np.ndarray, g: Any, lr: Any, kept: dict[str, np.ndarray], of: str
    ) -> None:
        """Records the update of a parameter, or of a vector of them."""
        state = {name: recorder.taken(array, f"{name}{of}") for name, array in kept.items()}
        before, traced = dict(state), recorder.taken(p, f"p{of}")
        change = part.update(traced, recorder.taken(g, f"g{of}"), lr, state)
        part.complete(state, kept)
        now = {name: recorder.snapshot(x) for name, x in state.items() if x is not before[name]}  # one may be another
        recorder.store(p, traced - change, f"p{of}")
        for name, x in now.items():
            recorder.store(kept[name], x, f"{name}{of}")

    def settle(self, flats: list[Flat]) -> None:
        """Has the state where the program has it."""
        parts = self.optimizer.parts
        for flat in flats:
            part = parts[self.group(flat.leaves[0])]
            if part.flat.get(flat):
                part.flat_state(flat)
        moved = []
        for (part, i, name), array in self.single.items():
            part.begin(i, array)
            if part.state[i][name] is not array:  # as after a step that was not the program's
                moved.append((array, np.array(part.state[i][name])))  # which may be another's memory
                part.state[i][name] = array
        for array, mine in moved:
            array[...] = mine

    def before(self, flats: list[Flat]) -> dict[str, float]:
        """The rate of the step to come, and the number of steps done; the state is where the program has it."""
        self.settle(flats)
        numbers: dict[str, float] = {}
        for k, part in enumerate(self.optimizer.parts):
            numbers |= {_named("lr", k): part.rate(), _named("steps", k): float(part.done)}
        return numbers

    def after(self) -> None:
        self.optimizer.count()

    def eagerly(self) -> None:
        self.optimizer.step()


def _named(name: str, k: int) -> str:
    """What the program calls a number of optimizer k."""
    return f"{name}{k + 1}" if k else name
