"""Optimizers: one small update per algorithm, in the notation of its paper."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import isfinite
from typing import Any

import numpy as np
from numpy import ndarray

from autograd import Tensor
from autograd.arguments import describe
from autograd.graph import tick
from autograd.program.flat import Flat, known
from autograd.program.recorder import Recorder
from autograd.program.traced import Frozen
from autograd.recording import recording
from nn.checks import number

Rate = float | Callable[[int], float]


class Optimizer:
    """The base of optimizers: write `update`, which returns what is subtracted from a parameter.

    params   the parameters to train, as model.parameters() gives them
    lr       the learning rate: a number >= 0, or a function of the number of steps done
    """

    entrywise = False  # does `update` treat every entry alike, whatever is beside it?

    def __init__(self, params: Iterable[Tensor], lr: Rate) -> None:
        self.params = [params] if isinstance(params, Tensor) else list(params)
        self.lr, self._done = lr, 0
        self.state: list[dict[str, np.ndarray]] = [{} for _ in self.params]
        self._near: Flat | None = None  # the flat vectors that all parameters lie in, when last looked
        self.flat: dict[Flat, tuple[dict[str, np.ndarray], list[tuple[dict[str, np.ndarray], str, np.ndarray]]]] = {}
        if not self.params:
            raise ValueError("the optimizer was given no parameters")
        for i, p in enumerate(self.params):
            if not (isinstance(p, Tensor) and p.requires_grad and p.primitive is None):
                raise ValueError(f"parameter {i}: expected a leaf Tensor that requires a gradient, got {describe(p)}")
            if any(p is q for q in self.params[:i]):
                raise ValueError(f"parameter {i}, {describe(p)}, was given twice: it would be updated twice a step")
            p.data  # noqa: B018 (from now on the memory is its own, and may be written)
        if not callable(lr):
            self.rate()

    @property
    def steps(self) -> int:
        """How many steps were done; `update` cannot use it within a recorded program: keep a count in the state."""
        if isinstance(recording(), Recorder):
            raise Frozen("steps would freeze a value in the recorded program: keep an array that counts in the state")
        return self._done

    @steps.setter
    def steps(self, n: int) -> None:
        self._done = n

    def rate(self) -> float:
        """The learning rate of the step to come."""
        return number("lr", self.lr(self._done) if callable(self.lr) else self.lr)

    def start(self, p: np.ndarray) -> dict[str, np.ndarray]:
        """What is kept for a parameter from step to step, as it is at first."""
        return {}

    def update(self, p: np.ndarray, g: np.ndarray, lr: float, state: dict[str, np.ndarray]) -> np.ndarray:
        raise TypeError(f"{type(self).__name__} has no update(self, p, g, lr, state)")

    def step(self) -> None:
        """Updates every parameter that has a gradient; all of them or, when an argument is bad, none.

        Raises ValueError if no parameter has a gradient, or one is not finite or not of its parameter's shape and
        dtype.
        """
        lr = self.rate()
        if self.params[0].array.base is not None and self.step_flat(lr):
            return
        ready = []
        for p, state in zip(self.params, self.state, strict=True):
            g, array = p.grad, p.array
            if g is None or not p.requires_grad:
                continue
            if type(g) is not ndarray or g.shape != array.shape or g.dtype is not array.dtype != g.dtype:
                raise ValueError(f"the gradient of {describe(p)} is {describe(g)}; no parameter was changed")
            if state and any(kept.shape not in (g.shape, ()) for kept in state.values()):
                raise ValueError(f"{describe(p)} has changed its shape since the last step: make a new optimizer")
            flat = g if g.ndim == 1 else g.ravel("K")
            if not isfinite(flat.dot(flat)) and not np.isfinite(flat).all():  # the sum of squares is quick to look at
                raise ValueError(f"the gradient of {describe(p)} has NaN or infinite entries; no parameter was changed")
            ready.append((p, array, g, state))
        if not ready:
            raise ValueError("no parameter has a gradient: call loss.backward() before optimizer.step()")
        for p, array, g, state in ready:
            array -= self.update(array, g, lr, state)
            p.order = tick()
        self._done += 1

    def step_flat(self, lr: float) -> bool:
        """The step on flat vectors, if data and gradients are views of such, as a recorded program leaves them."""
        flat = self._near
        if flat is None or flat.arrays[0] is not self.params[0].array:
            flat = self._near = known(self.params)
        if flat is None or not self.entrywise:
            return False
        for p, array, g in zip(self.params, flat.arrays, flat.grads):  # noqa: B905 (strict= is slow)
            if p.array is not array or p.grad is not g or not p.requires_grad:
                return False
        finite(flat.gradient, flat.bounds)
        state = dict(self.flat_state(flat))
        flat.data -= self.update(flat.data, flat.gradient, lr, state)
        if state:
            for name, vector in self.flat_state(flat, state).items():
                vector[...] = state[name]
        for p in self.params:
            p.order = tick()
        self._done += 1
        return True

    def flat_state(self, flat: Flat, names: Iterable[str] = ()) -> dict[str, np.ndarray]:
        """What is kept for the parameters in a flat vector, as flat vectors, of which each parameter's are views.

        names   what there must be among it: made by `start` where it is not there yet
        """
        if flat not in self.flat or not self.flat[flat][0].keys() >= set(names):
            states = [state for p in flat.leaves for q, state in zip(self.params, self.state, strict=True) if p is q]
            for p, state in zip(flat.leaves, states, strict=True):
                for name, array in self.start(p.array).items():
                    state.setdefault(name, array)
            vectors = {name: flat.vector() for name in states[0]}
            views = {name: flat.views(vector) for name, vector in vectors.items()}
            self.flat[flat] = vectors, [(s, n, v[i]) for n, v in views.items() for i, s in enumerate(states)]
        vectors, places = self.flat[flat]
        for state, name, view in places:
            if state[name] is not view:  # as after a step that was not the program's
                view[...] = state[name]
                state[name] = view
        return vectors

    def zero_grad(self) -> None:
        """Forgets the gradients of all parameters."""
        for p in self.params:
            p.grad = None


class SGD(Optimizer):
    """Stochastic gradient descent (T1), with momentum and Nesterov's momentum (T3).

    g ← g + weight_decay · p,   v ← momentum · v + g,   p ← p - lr · v,   or, nesterov,  p ← p - lr (g + momentum · v)

    params         the parameters to train
    lr             the learning rate: a number >= 0, or a function of the number of steps done
    momentum       μ >= 0: how much of the last step's velocity is kept (Polyak 1964)
    nesterov       look ahead along the velocity (Sutskever et al. 2013, in PyTorch's form); needs momentum > 0
    weight_decay   >= 0: the factor of an L2 penalty ½ wd Σp² (note E: E6)

    Raises ValueError for a bad number, no parameters, or one given twice.

    >>> p = Tensor([1.0], requires_grad=True)
    >>> optimizer = SGD([p], lr=0.1)
    >>> (p * p).sum().backward()
    >>> optimizer.step()
    >>> p.data
    array([0.8])
    """

    entrywise = True

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: Rate,
        momentum: float = 0.0,
        nesterov: bool = False,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(params, lr)
        self.momentum, self.weight_decay = number("momentum", momentum), number("weight_decay", weight_decay)
        self.nesterov = nesterov
        if nesterov and not momentum:
            raise ValueError("nesterov=True needs a momentum above 0")

    def start(self, p: np.ndarray) -> dict[str, np.ndarray]:
        return {"v": np.zeros_like(p)} if self.momentum else {}

    def update(self, p: np.ndarray, g: np.ndarray, lr: float, state: dict[str, np.ndarray]) -> np.ndarray:
        if self.weight_decay:
            g = g + self.weight_decay * p
        if self.momentum:
            if "v" not in state:
                state |= self.start(p)
            state["v"] = v = self.momentum * state["v"] + g
            g = g + self.momentum * v if self.nesterov else v
        return lr * g


def finite(gradient: Any, bounds: tuple[tuple[str, int, int], ...]) -> None:
    """Raises ValueError that names the first parameter whose gradient is not finite."""
    if not isfinite(gradient.dot(gradient)) and not np.isfinite(gradient).all():
        name = next(name for name, start, stop in bounds if not np.isfinite(gradient[start:stop]).all())
        raise ValueError(f"the gradient of {name} has NaN or infinite entries; no parameter was changed")
