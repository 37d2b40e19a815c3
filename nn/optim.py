"""The optimizers: gradient descent with momentum, and those that give every parameter a rate of its own (T1, T3)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Unpack

import numpy as np

from autograd import Tensor
from autograd.arguments import explained, flag
from nn.checks import number, positive
from nn.optimizer import Clip, Optimizer
from nn.schedules import Rate


class Method(Optimizer):
    """The base of these: an L2 penalty beside the gradient g, and what is kept for a parameter, all 0 at first."""

    entrywise = True
    kept: tuple[str, ...] = ()

    def __init__(
        self, params: Iterable[Tensor], lr: Rate, weight_decay: float, eps: float | None = None, **clip: Unpack[Clip]
    ) -> None:
        super().__init__(params, lr, **clip)
        self.weight_decay = number("weight_decay", weight_decay)
        if eps is not None:
            self.eps = above_0(eps, self.params)

    def start(self, p: np.ndarray) -> dict[str, np.ndarray]:
        return {name: np.zeros_like(p) for name in self.kept}

    def update(self, p: np.ndarray, g: np.ndarray, lr: float, state: dict[str, np.ndarray]) -> np.ndarray:
        return self.change_by(g + self.weight_decay * p if self.weight_decay else g, lr, state)

    def change_by(self, g: np.ndarray, lr: float, state: dict[str, np.ndarray]) -> np.ndarray:
        """What a step subtracts from a parameter whose gradient, with that of the penalty, is g."""
        raise TypeError(f"{type(self).__name__} has no change_by(self, g, lr, state)")


class SGD(Method):
    """Stochastic gradient descent (T1), with momentum and Nesterov's momentum (T3).

    g ← g + weight_decay · p,   v ← momentum · v + g,   p ← p - lr · v,   or, nesterov,  p ← p - lr (g + momentum · v)

    params         the parameters to train
    lr             the learning rate: a number >= 0, or a function of the number of steps done
    momentum       0 <= μ < 1: how much of the last step's velocity is kept (Polyak 1964)
    nesterov       look ahead along the velocity (Sutskever et al. 2013, in PyTorch's form); needs momentum > 0
    weight_decay   >= 0: the factor of an L2 penalty ½ wd Σp² (note E: E6)
    clip_norm, clip_value   how gradients are held back: see Optimizer

    Raises ValueError for a bad number, no parameters, or one given twice.

    >>> p = Tensor([1.0], requires_grad=True)
    >>> optimizer = SGD([p], lr=0.1)
    >>> (p * p).sum().backward()
    >>> optimizer.step()
    >>> p.data
    array([0.8])
    """

    kept = ("v",)

    @explained
    def __init__(
        self,
        params: Iterable[Tensor],
        lr: Rate,
        momentum: float = 0.0,
        nesterov: bool = False,
        weight_decay: float = 0.0,
        **clip: Unpack[Clip],
    ) -> None:
        super().__init__(params, lr, weight_decay, **clip)
        self.momentum, self.nesterov = number("momentum", momentum, below=1), flag("nesterov", nesterov)
        if nesterov and not momentum:
            raise ValueError("nesterov=True needs a momentum above 0")

    def start(self, p: np.ndarray) -> dict[str, np.ndarray]:
        return super().start(p) if self.momentum else {}

    def change_by(self, g: np.ndarray, lr: float, state: dict[str, np.ndarray]) -> np.ndarray:
        if self.momentum:
            state["v"] = v = self.momentum * state["v"] + g
            g = g + self.momentum * v if self.nesterov else v
        return lr * g


class Adagrad(Method):
    """A rate of its own for every entry, which falls with the squares of all its gradients (Duchi et al. 2011; T3).

    s ← s + g²,   p ← p - lr · g / (√s + eps)

    params         the parameters to train
    lr             the learning rate: a number >= 0, or a function of the number of steps done
    eps            > 0: keeps the quotient finite where there was no gradient yet
    weight_decay   >= 0: the factor of an L2 penalty ½ wd Σp², whose gradient is added to g
    clip_norm, clip_value   how gradients are held back: see Optimizer

    Raises ValueError for a bad number, no parameters, or one given twice.

    >>> p = Tensor([1.0, -2.0], requires_grad=True)
    >>> optimizer = Adagrad([p], lr=0.1)
    >>> (p * p).sum().backward()
    >>> optimizer.step()  # the first step is lr long, whatever the gradient
    >>> p.data.round(6)
    array([ 0.9, -1.9])
    """

    kept, squares = ("s",), frozenset({"s"})

    @explained
    def __init__(
        self,
        params: Iterable[Tensor],
        lr: Rate = 0.01,
        *,
        eps: float = 1e-10,
        weight_decay: float = 0.0,
        **clip: Unpack[Clip],
    ) -> None:
        super().__init__(params, lr, weight_decay, eps, **clip)

    def change_by(self, g: np.ndarray, lr: float, state: dict[str, np.ndarray]) -> np.ndarray:
        state["s"] = s = state["s"] + g * g
        return lr * g / (np.sqrt(s) + self.eps)  # type: ignore[no-any-return]


class RMSprop(Method):
    """Adagrad with a mean of squares that forgets (Tieleman and Hinton 2012; T3).

    s ← alpha · s + (1 - alpha) · g²,   p ← p - lr · g / (√s + eps)

    params         the parameters to train
    lr             the learning rate: a number >= 0, or a function of the number of steps done
    alpha          0 <= alpha < 1: how much of the mean is kept
    eps            > 0: keeps the quotient finite where there was no gradient yet
    weight_decay   >= 0: the factor of an L2 penalty ½ wd Σp², whose gradient is added to g
    clip_norm, clip_value   how gradients are held back: see Optimizer

    Raises ValueError for a bad number, no parameters, or one given twice.

    >>> p = Tensor([1.0, -2.0], requires_grad=True)
    >>> optimizer = RMSprop([p], lr=0.1, alpha=0.75)
    >>> (p * p).sum().backward()
    >>> optimizer.step()  # lr / √(1 - alpha) long at first, as the mean starts at 0
    >>> p.data.round(6)
    array([ 0.8, -1.8])
    """

    kept, squares = ("s",), frozenset({"s"})

    @explained
    def __init__(
        self,
        params: Iterable[Tensor],
        lr: Rate = 0.01,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        **clip: Unpack[Clip],
    ) -> None:
        super().__init__(params, lr, weight_decay, eps, **clip)
        self.alpha = number("alpha", alpha, below=1)

    def change_by(self, g: np.ndarray, lr: float, state: dict[str, np.ndarray]) -> np.ndarray:
        state["s"] = s = self.alpha * state["s"] + (1 - self.alpha) * g * g
        return lr * g / (np.sqrt(s) + self.eps)  # type: ignore[no-any-return]


class Adam(Method):
    """Means of gradients and of their squares, corrected for their start at 0 (Kingma and Ba 2015; T3).

    m ← β₁ m + (1 - β₁) g,   v ← β₂ v + (1 - β₂) g²,   p ← p - lr · m̂ / (√v̂ + eps),
    where m̂ = m / (1 - β₁ᵗ), v̂ = v / (1 - β₂ᵗ), and t counts the optimizer's steps from 1

    params         the parameters to train
    lr             the learning rate: a number >= 0, or a function of the number of steps done
    betas          (β₁, β₂), 0 <= β < 1: how much of each mean is kept
    eps            > 0: keeps the quotient finite where there was no gradient yet
    weight_decay   >= 0: the factor of an L2 penalty ½ wd Σp², whose gradient is added to g; see also AdamW
    clip_norm, clip_value   how gradients are held back: see Optimizer

    Raises ValueError for a bad number, no parameters, or one given twice.

    >>> p = Tensor([1.0, -2.0], requires_grad=True)
    >>> optimizer = Adam([p], lr=0.1)
    >>> for _ in range(2):
    ...     optimizer.zero_grad()
    ...     (p * p).sum().backward()
    ...     optimizer.step()
    >>> p.data.round(3)
    array([ 0.8, -1.8])
    """

    kept, squares = ("m", "v"), frozenset({"v"})

    @explained
    def __init__(
        self,
        params: Iterable[Tensor],
        lr: Rate = 0.001,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        **clip: Unpack[Clip],
    ) -> None:
        super().__init__(params, lr, weight_decay, eps, **clip)
        if not isinstance(betas, tuple | list) or len(betas) != 2:
            raise ValueError(f"betas: expected two numbers, such as (0.9, 0.999), got {betas!r}")
        self.beta1, self.beta2 = (number(f"betas[{i}]", beta, below=1) for i, beta in enumerate(betas))

    def change_by(self, g: np.ndarray, lr: float, state: dict[str, np.ndarray]) -> np.ndarray:
        """lr · m̂ / (√v̂ + eps), numerator and denominator times √(1 - β₂ᵗ), which saves dividing v."""
        t = self.steps + 1
        bias1, root = 1 - self.beta1**t, (1 - self.beta2**t) ** 0.5
        state["m"] = m = self.beta1 * state["m"] + (1 - self.beta1) * g
        state["v"] = v = self.beta2 * state["v"] + (1 - self.beta2) * g * g
        return lr * root / bias1 * m / (np.sqrt(v) + self.eps * root)  # type: ignore[no-any-return]


class AdamW(Adam):
    """Adam with a decay of the parameters beside the gradient, not within it (Loshchilov and Hutter 2019).

    p ← p - lr · weight_decay · p - lr · m̂ / (√v̂ + eps), with m̂ and v̂ as Adam has them

    params         the parameters to train
    lr             the learning rate: a number >= 0, or a function of the number of steps done
    betas          (β₁, β₂), 0 <= β < 1: how much of each mean is kept
    eps            > 0: keeps the quotient finite where there was no gradient yet
    weight_decay   >= 0: in the paper's λ, lr · weight_decay is what a step takes from p, as in PyTorch
    clip_norm, clip_value   how gradients are held back: see Optimizer

    Raises ValueError for a bad number, no parameters, or one given twice.

    >>> p = Tensor([1.0, -2.0], requires_grad=True)
    >>> optimizer = AdamW([p], lr=0.1, weight_decay=0.5)
    >>> (p * p).sum().backward()
    >>> optimizer.step()  # 0.1 as Adam, and 0.1 · 0.5 of p
    >>> p.data.round(6)
    array([ 0.85, -1.8 ])
    """

    @explained
    def __init__(
        self,
        params: Iterable[Tensor],
        lr: Rate = 0.001,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.01,
        **clip: Unpack[Clip],
    ) -> None:
        super().__init__(params, lr, betas, eps, weight_decay, **clip)

    entrywise = True

    def update(self, p: np.ndarray, g: np.ndarray, lr: float, state: dict[str, np.ndarray]) -> np.ndarray:
        return lr * self.weight_decay * p + self.change_by(g, lr, state)  # type: ignore[no-any-return]


def above_0(eps: float, params: list[Tensor]) -> float:
    """eps as a float; ValueError unless it is above 0, also in the dtypes of the parameters."""
    eps = positive("eps", eps)
    for p in params:
        if not p.dtype.type(eps):
            raise ValueError(f"eps: {eps} is 0 in {p.dtype}, and entries without a gradient would become NaN: "
                             f"take one above {np.finfo(p.dtype).tiny}")  # fmt: skip
    return eps
