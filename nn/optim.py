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
from autograd.recording import Watched, recording
from nn.checks import number

Rate = float | Callable[[int], float]


class Optimizer(Watched):
    """The base of optimizers: write `update`, which returns what is subtracted from a parameter.

    params   the parameters to train, as model.parameters() gives them
    lr       the learning rate: a number >= 0, or a function of the number of steps done

    Where more than the gradient is needed, as a velocity, `start` makes it, and `update` leaves the new one in `state`.

    >>> class Signs(Optimizer):
    ...     entrywise = True
    ...
    ...     def update(self, p, g, lr, state):
    ...         return lr * np.sign(g)
    >>> p = Tensor([1.0, -2.0], requires_grad=True)
    >>> (p * p).sum().backward()
    >>> Signs([p], lr=0.5).step()
    >>> p.data
    array([ 0.5, -1.5])
    """

    entrywise = False  # does `update` treat every entry alike, whatever is beside it?  It is said beside `update`
    by_entries = False  # is that so?
    unwatched = frozenset({"lr", "state", "done", "near", "flat"})

    def __init__(self, params: Iterable[Tensor], lr: Rate) -> None:
        self.params = [params] if isinstance(params, Tensor) else list(params)
        self.lr, self.done = lr, 0
        self.state: list[dict[str, np.ndarray]] = [{} for _ in self.params]
        self.near: Flat | None = None  # the flat vectors that all parameters lie in, when last looked
        self.flat: dict[Flat, dict[str, tuple[np.ndarray, list[ndarray]]]] = {}  # the state as vectors, and views
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
        return self.done

    @steps.setter
    def steps(self, n: int) -> None:
        self.done = n

    def rate(self) -> float:
        """The learning rate of the step to come."""
        return number("lr", self.lr(self.done) if callable(self.lr) else self.lr)

    def start(self, p: np.ndarray) -> dict[str, np.ndarray]:
        """What is kept for a parameter from step to step, as it is at first."""
        return {}

    def begin(self, i: int, array: np.ndarray) -> None:
        """Sees to it that there is a state for parameter i."""
        if not self.state[i]:
            self.state[i] |= self.start(array)

    def update(self, p: np.ndarray, g: np.ndarray, lr: float, state: dict[str, np.ndarray]) -> np.ndarray:
        raise TypeError(f"{type(self).__name__} has no update(self, p, g, lr, state)")

    def complete(self, state: dict[str, np.ndarray], kept: Iterable[str]) -> None:
        """Raises TypeError if `update` keeps what there is no place for."""
        if state.keys() != set(kept):
            raise TypeError(f"{type(self).__name__}.update keeps {sorted(state)} for a parameter, and start(p) makes "
                            f"{sorted(kept)}: start is to make all of it")  # fmt: skip

    def __init_subclass__(cls) -> None:
        """Sees whether the class that has written `update`, or one derived from it, says that it is entrywise."""
        said = next(c for c in cls.__mro__ if "entrywise" in vars(c) or "update" in vars(c))
        cls.by_entries = bool(vars(said).get("entrywise"))

    def step(self) -> None:
        """Updates every parameter that has a gradient; all of them or, when an argument is bad, none.

        Raises ValueError if no parameter has a gradient, or one is not finite or not of its parameter's shape and
        dtype.
        """
        lr = self.rate()
        if self.params[0].array.base is not None and self.step_flat(lr):
            return
        ready = []
        for i, p in enumerate(self.params):
            g, array = p.grad, p.array
            if g is None or not p.requires_grad:
                continue
            if type(g) is not ndarray or g.shape != array.shape or g.dtype is not array.dtype != g.dtype:
                raise ValueError(f"the gradient of {describe(p)} is {describe(g)}; no parameter was changed")
            state = self.state[i]
            if state and any(kept.shape not in (g.shape, ()) for kept in state.values()):
                raise ValueError(f"{describe(p)} has changed its shape since the last step: make a new optimizer")
            flat = g if g.ndim == 1 else g.ravel("K")
            if not isfinite(flat.dot(flat)) and not np.isfinite(flat).all():  # the sum of squares is quick to look at
                raise ValueError(f"the gradient of {describe(p)} has NaN or infinite entries; no parameter was changed")
            ready.append((p, array, g, state))
        if not ready:
            raise ValueError("no parameter has a gradient: call loss.backward() before optimizer.step()")
        for p, array, g, state in ready:
            if not state:
                state |= self.start(array)
            array -= self.update(array, g, lr, state)
            if state:  # what is kept must not be memory that the next sweep may write to
                state |= {name: g.copy() for name, kept in state.items() if kept is g}
            p.order = tick()
        self.done += 1

    def step_flat(self, lr: float) -> bool:
        """The step on flat vectors, if data and gradients are views of such, as a recorded program leaves them."""
        flat = self.near
        if flat is None or flat.arrays[0] is not self.params[0].array:
            flat = self.near = known(self.params)
        if flat is None or not self.by_entries:
            return False
        for p, array, g in zip(self.params, flat.arrays, flat.grads):  # noqa: B905 (strict= is slow)
            if p.array is not array or p.grad is not g or not p.requires_grad:
                return False
        finite(flat.gradient, flat.bounds)
        vectors = {}
        if self.flat.get(flat) or (names := self.start(flat.arrays[0])):
            vectors = self.flat_state(flat, () if self.flat.get(flat) else names)
        state = dict(vectors)
        change = self.update(flat.data, flat.gradient, lr, state)
        if state or vectors:
            self.complete(state, vectors)
            now = {name: x.copy() if getattr(x, "base", None) is not None else x for name, x in state.items()}
            for name, vector in vectors.items():
                vector[...] = now[name]  # a copy of what was another's vector, or its own
        flat.data -= change
        for p in self.params:
            p.order = tick()
        self.done += 1
        return True

    def flat_state(self, flat: Flat, names: Iterable[str] = ()) -> dict[str, np.ndarray]:
        """What is kept for the parameters in a flat vector, as flat vectors, of which each parameter's are views.

        names   what there must be among it: made by `start` where it is not there yet
        """
        known = self.flat.setdefault(flat, {})
        for name in names:
            if name not in known:
                vector = flat.vector()
                vector[...] = self.start(flat.data)[name]  # also between the parameters
                known[name] = vector, flat.views(vector)
        moved = []
        for name, (_, views) in known.items():
            for i, view in zip(flat.places(self.params), views, strict=True):
                mine = self.state[i].get(name)
                if mine is not view:  # as at first, or after a step that was not the program's
                    mine = self.start(self.params[i].array)[name] if mine is None else mine
                    moved.append((view, np.array(mine)))  # which may be another's memory
                    self.state[i][name] = view
        for view, mine in moved:
            view[...] = mine
        return {name: vector for name, (vector, _) in known.items()}

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
            state["v"] = v = self.momentum * state["v"] + g
            g = g + self.momentum * v if self.nesterov else v
        return lr * g


def finite(gradient: Any, bounds: tuple[tuple[str, int, int], ...]) -> None:
    """Raises ValueError that names the first parameter whose gradient is not finite."""
    if not isfinite(gradient.dot(gradient)) and not np.isfinite(gradient).all():
        name = next(name for name, start, stop in bounds if not np.isfinite(gradient[start:stop]).all())
        raise ValueError(f"the gradient of {name} has NaN or infinite entries; no parameter was changed")
