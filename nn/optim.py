"""Optimizers: one small update per algorithm, in the notation of its paper."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import isfinite

import numpy as np
from numpy import ndarray

from autograd import Tensor
from autograd.arguments import describe
from nn.checks import number

Rate = float | Callable[[int], float]


class Optimizer:
    """The base of optimizers: write `update`, which returns what is subtracted from a parameter.

    params   the parameters to train, as model.parameters() gives them
    lr       the learning rate: a number >= 0, or a function of the number of steps done
    """

    def __init__(self, params: Iterable[Tensor], lr: Rate) -> None:
        self.params = [params] if isinstance(params, Tensor) else list(params)
        self.lr, self.steps = lr, 0
        self.state: list[dict[str, np.ndarray]] = [{} for _ in self.params]
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

    def rate(self) -> float:
        """The learning rate of the step to come."""
        return number("lr", self.lr(self.steps) if callable(self.lr) else self.lr)

    def update(self, p: np.ndarray, g: np.ndarray, lr: float, state: dict[str, np.ndarray]) -> np.ndarray:
        raise TypeError(f"{type(self).__name__} has no update(self, p, g, lr, state)")

    def step(self) -> None:
        """Updates every parameter that has a gradient; all of them or, when an argument is bad, none.

        Raises ValueError if no parameter has a gradient, or one is not finite or not of its parameter's shape and
        dtype.
        """
        lr = self.rate()
        ready = []
        for p, state in zip(self.params, self.state, strict=True):
            g, array = p.grad, p.array
            if g is None or not p.requires_grad:
                continue
            if type(g) is not ndarray or g.shape != array.shape or g.dtype != array.dtype:
                raise ValueError(f"the gradient of {describe(p)} is {describe(g)}; no parameter was changed")
            if state and any(kept.shape != g.shape for kept in state.values()):
                raise ValueError(f"{describe(p)} has changed its shape since the last step: make a new optimizer")
            flat = g.ravel("K")
            if not isfinite(flat.dot(flat)) and not np.isfinite(flat).all():  # the sum of squares is quick to look at
                raise ValueError(f"the gradient of {describe(p)} has NaN or infinite entries; no parameter was changed")
            ready.append((p, array, g, state))
        if not ready:
            raise ValueError("no parameter has a gradient: call loss.backward() before optimizer.step()")
        for p, array, g, state in ready:
            array -= self.update(array, g, lr, state)
            p.touch()
        self.steps += 1

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

    def update(self, p: np.ndarray, g: np.ndarray, lr: float, state: dict[str, np.ndarray]) -> np.ndarray:
        if self.weight_decay:
            g = g + self.weight_decay * p
        if self.momentum:
            v = self.momentum * state["v"] + g if "v" in state else g.copy("K")
            state["v"] = v
            g = g + self.momentum * v if self.nesterov else v
        return lr * g
