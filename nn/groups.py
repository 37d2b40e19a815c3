"""Groups: several optimizers as one, so that parameters differ in rate, decay or method."""

from __future__ import annotations

from typing import Any, NoReturn, Unpack

import numpy as np

from autograd.arguments import explained
from autograd.errors import describe
from nn.optimizer import Clip, Job, Optimizer
from nn.states import under, within

NO_RATE = "Groups has no lr: each of its optimizers has one, as groups.optimizers[0].lr"


class Groups(Optimizer):
    """Several optimizers, each with parameters of its own, that step together: all of them or none.

    optimizers   such as nn.SGD(a, lr=0.1), nn.Adam(b, lr=0.01); no parameter may be in two of them
    clip_norm, clip_value   hold back the gradients of all parameters together; what an optimizer says for its own
                            comes before that

    Raises ValueError if a parameter is in two of them, and TypeError for what is no optimizer, or has a step() of its
    own.

    >>> import nn
    >>> model = nn.MLP(4, 8, 3, rng=0)
    >>> weights, biases = model.parameters()[::2], model.parameters()[1::2]
    >>> optimizer = Groups(nn.SGD(weights, lr=0.1, weight_decay=0.01), nn.SGD(biases, lr=0.2), clip_norm=1.0)
    >>> model.loss(np.ones((1, 4)), np.zeros((1, 3))).backward()
    >>> optimizer.step()
    >>> sorted(optimizer.state_dict())
    ['0.lr', '0.steps', '1.lr', '1.steps', 'steps']
    """

    @explained
    def __init__(self, *optimizers: Optimizer, **clip: Unpack[Clip]) -> None:
        for k, x in enumerate(optimizers):
            if not isinstance(x, Optimizer) or isinstance(x, Groups):
                raise TypeError(f"optimizer {k}: expected one such as nn.SGD(params, lr=0.1), got {x!r}")
            if type(x).step is not Optimizer.step:
                raise TypeError(f"optimizer {k}: {type(x).__name__} has a step() of its own, which Groups would pass "
                                "by: do what it does in update(self, p, g, lr, state)")  # fmt: skip
            for j, y in enumerate(optimizers[:k]):
                if twice := [p for p in x.params if any(p is q for q in y.params)]:
                    raise ValueError(
                        f"{describe(twice[0])} is in optimizers {j} and {k}: it would be updated twice a step"
                    )
        if not optimizers:
            raise ValueError("Groups was given no optimizers")
        self.optimizers, self.done = list(optimizers), 0
        self.params = [p for x in optimizers for p in x.params]
        self.clip(**clip)

    def __repr__(self) -> str:
        held = {name: x for name, x in self.options().items() if x is not None}
        inner = [*map(repr, self.optimizers), *(f"{name}={x!r}" for name, x in held.items())]
        return f"Groups({', '.join(inner)})"

    @property
    def parts(self) -> list[Optimizer]:
        if sum(len(x.params) for x in self.optimizers) != len(self.params):
            raise ValueError("the parameters of an optimizer in Groups have changed: make new Groups of them")
        return self.optimizers

    @property
    def state(self) -> list[dict[str, np.ndarray]]:  # type: ignore[override]
        return [kept for x in self.optimizers for kept in x.state]

    @property
    def lr(self) -> NoReturn:
        raise AttributeError(NO_RATE)

    @lr.setter
    def lr(self, rate: Any) -> NoReturn:
        raise AttributeError(NO_RATE)

    def observe(self, value: float) -> None:
        seen: set[int] = set()  # one schedule may be that of several
        for x in self.optimizers:
            if id(x.lr) not in seen:
                x.observe(value)
            seen.add(id(x.lr))

    def count(self) -> None:
        super().count()
        for x in self.optimizers:
            x.count()

    def ready(self) -> list[Job]:
        return [job for x in self.parts for job in x.ready()]

    def clipped(self, jobs: list[Job]) -> list[Job]:
        return super().clipped([job for x in self.optimizers for job in x.clipped([j for j in jobs if j[0] is x])])

    def state_dict(self) -> dict[str, np.ndarray]:
        own = {"steps": np.array(self.done)}
        for k, x in enumerate(self.optimizers):
            own |= under(str(k), x.state_dict())
        return own

    def owner(self, name: str) -> Optimizer:
        k, inner, _ = name.partition(".")
        return self.optimizers[int(k)] if inner else self

    def restore(self, state: dict[str, np.ndarray]) -> None:
        self.done = int(state["steps"])
        for k, x in enumerate(self.optimizers):
            x.restore(within(str(k), state))
