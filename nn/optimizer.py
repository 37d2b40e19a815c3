"""What an optimizer is: a small update, in the notation of its paper, and the step that makes it for all parameters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from inspect import signature
from math import isfinite
from typing import Any, Self, TypedDict, Unpack

import numpy as np
from numpy import ndarray

from autograd import Tensor
from autograd.arguments import explained
from autograd.errors import describe
from autograd.graph import tick
from autograd.program.flat import Flat, known
from autograd.program.recorder import Recorder
from autograd.program.traced import Frozen
from autograd.recording import Watched, recording
from nn.checks import named, number, positive, whole
from nn.clipping import between, finite, in_memory, norm, scaled
from nn.module import tensors
from nn.schedules import Rate
from nn.states import fitted, under, within

Job = tuple["Optimizer", Any, Any, Any, Any]  # whose, its rate, the place of a parameter or a Flat, data, gradient


class Clip(TypedDict, total=False):
    """The options that all optimizers have."""

    clip_norm: float | None
    clip_value: float | None


class Optimizer(Watched):
    """The base of optimizers: write `update`, which returns what is subtracted from a parameter.

    params       the parameters to train, as model.parameters() gives them
    lr           the learning rate: a number >= 0, or a function of the number of steps done, as in nn.schedules
    clip_norm    > 0: gradients are multiplied by min(1, clip_norm / n), n = √Σg² over all parameters
    clip_value   > 0: before that their entries are brought into [-clip_value, clip_value]

    Where more than the gradient is needed, as a velocity, `start` makes it, and `update` leaves the new one in `state`.
    `self.steps` is the number of steps done before this one.

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
    squares: frozenset[str] = frozenset()  # what is kept for a parameter that is no square of a number if below 0
    unwatched = frozenset({"lr", "state", "done", "near", "flat"})

    @explained
    def __init__(self, params: Iterable[Tensor], lr: Rate, **clip: Unpack[Clip]) -> None:
        self.params = tensors(params)
        self.lr, self.done = lr, 0
        self.state: list[dict[str, np.ndarray]] = [{} for _ in self.params]
        self.near: Flat | None = None  # the flat vectors that all parameters lie in, when last looked
        self.flat: dict[Flat, dict[str, tuple[np.ndarray, list[ndarray]]]] = {}  # the state as vectors, and views
        if not self.params:
            raise ValueError("params: expected parameters, such as model.parameters(), got none")
        _refuse_dicts(type(self).__name__, self.params)
        for i, p in enumerate(self.params):
            if not (isinstance(p, Tensor) and p.requires_grad and p.primitive is None):
                raise ValueError(f"parameter {i}: expected a leaf Tensor that requires a gradient, got {describe(p)}")
            if any(p is q for q in self.params[:i]):
                raise ValueError(f"parameter {i}, {describe(p)}, was given twice: it would be updated twice a step")
            p.data  # noqa: B018 (from now on the memory is its own, and may be written)
        if not callable(lr):
            self.rate()
        self.clip(**clip)

    def clip(self, clip_norm: float | None = None, clip_value: float | None = None, **unknown: Any) -> None:
        """Sets how gradients are held back; ValueError for an option that is none, with the closest that is."""
        for name in unknown:
            own = [*signature(type(self)).parameters][:-1]  # without **clip
            named(f"option of {type(self).__name__}", name, dict.fromkeys([*own, *Clip.__annotations__]))
        self.clip_norm = None if clip_norm is None else positive("clip_norm", clip_norm)
        self.clip_value = None if clip_value is None else positive("clip_value", clip_value)

    def options(self) -> dict[str, bool | int | float | None]:
        """What it was made with, but for the rate, which is part of its state."""
        given = {name: x for name, x in vars(self).items() if name not in self.unwatched}
        return {name: x for name, x in given.items() if isinstance(x, bool | int | float | None)}

    def __repr__(self) -> str:
        said = {"lr": self.lr} | {name: x for name, x in self.options().items() if x is not None}
        return f"{type(self).__name__}({', '.join(f'{name}={x!r}' for name, x in said.items())})"

    @property
    def parts(self) -> list[Optimizer]:
        """The optimizers that it consists of: itself, but for Groups."""
        return [self]

    @property
    def steps(self) -> int:
        """How many steps were done; for `update` a number of the recorded program, which counts on."""
        if type(self.done) is int and isinstance(recording(), Recorder):
            raise Frozen("optimizer.steps would freeze a value in the recorded program: only `update` may use it")
        return self.done

    @steps.setter
    def steps(self, n: int) -> None:
        self.done = n

    def rate(self) -> float:
        """The learning rate of the step to come."""
        return number("lr", self.lr(self.done) if callable(self.lr) else self.lr)

    def observe(self, value: float) -> None:
        """Tells a schedule that wants to know, as ReduceOnPlateau does, how well it goes; `fit` does after an epoch."""
        if hasattr(self.lr, "observe"):
            self.lr.observe(value)

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
        ready = self.ready()
        if not ready:
            raise ValueError("no parameter has a gradient: call loss.backward() before optimizer.step()")
        for optimizer, lr, of, array, g in self.clipped(ready):
            if type(of) is int:
                optimizer.change(of, array, g, lr)
            else:
                optimizer.change_flat(of, g, lr)
        self.count()

    def count(self) -> None:
        """Notes that a step is done."""
        self.done += 1

    def ready(self) -> list[Job]:
        """What a step has to do, checked."""
        lr = self.rate()
        flat = self.flat_now() if self.params[0].array.base is not None else None
        if flat is not None:
            finite(flat.gradient, flat.bounds)
            return [(self, lr, flat, flat.data, flat.gradient)]
        ready: list[Job] = []
        for i, p in enumerate(self.params):
            g, array = p.grad, p.array
            if g is None or not p.requires_grad:
                continue
            if type(g) is not ndarray or g.shape != array.shape or g.dtype is not array.dtype != g.dtype:
                raise ValueError(f"the gradient of {describe(p)} is {describe(g)}; no parameter was changed")
            state = self.state[i]
            if state and any(kept.shape not in (g.shape, ()) for kept in state.values()):
                raise ValueError(f"{describe(p)} has changed its shape since the last step: make a new optimizer")
            vector = g if g.ndim == 1 else g.ravel("K")
            if not isfinite(vector.dot(vector)):  # a quick look
                finite(vector, ((describe(p), 0, g.size),))
            ready.append((self, lr, i, array, g))
        return ready

    def clipped(self, jobs: list[Job]) -> list[Job]:
        """The same with gradients held back, as clip_norm and clip_value say."""
        value, most = self.clip_value, self.clip_norm
        if value is not None:
            jobs = [(x, lr, of, array, between(g, value)) for x, lr, of, array, g in jobs]
        if most is not None:
            n = norm(*(vector for _, _, of, array, g in jobs for vector in _vectors(of, array, g)))
            jobs = [(x, lr, of, array, scaled(g, n, most)) for x, lr, of, array, g in jobs]
        return jobs

    def change(self, i: int, array: np.ndarray, g: np.ndarray, lr: float) -> None:
        """Updates a parameter."""
        state = self.state[i]
        if not state:
            state |= self.start(array)
        array -= self.update(array, g, lr, state)
        if state:  # what is kept must not be memory that the next sweep may write to
            state |= {name: g.copy() for name, kept in state.items() if kept is g}
        self.params[i].order = tick()

    def flat_now(self) -> Flat | None:
        """The flat vectors that data and gradients are views of, as a recorded program leaves them, if they are."""
        flat = self.near
        if flat is None or flat.arrays[0] is not self.params[0].array:
            flat = self.near = known(self.params)
        if flat is None or not self.by_entries:
            return None
        for p, array, g in zip(self.params, flat.arrays, flat.grads):  # noqa: B905 (strict= is slow)
            if p.array is not array or p.grad is not g or not p.requires_grad:
                return None
        return flat

    def change_flat(self, flat: Flat, g: np.ndarray, lr: float) -> None:
        """Updates all parameters at once, on flat vectors."""
        vectors = {}
        if self.flat.get(flat) or (names := self.start(flat.arrays[0])):
            vectors = self.flat_state(flat, () if self.flat.get(flat) else names)
        state = dict(vectors)
        change = self.update(flat.data, g, lr, state)
        if state or vectors:
            self.complete(state, vectors)
            now = {name: x.copy() if getattr(x, "base", None) is not None else x for name, x in state.items()}
            for name, vector in vectors.items():
                vector[...] = now[name]  # a copy of what was another's vector, or its own
        flat.data -= change
        for p in self.params:
            p.order = tick()

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

    def state_dict(self) -> dict[str, np.ndarray]:
        """A copy of all that the steps to come depend on beside parameters and gradients, by name.

        "steps"; "lr", if it is a number, or "schedule...." of a schedule with a state; and what is kept for each
        parameter, by its place among them, such as "0.v".
        """
        own = {"steps": np.array(self.done)}
        if callable(self.lr):
            kept: Mapping[str, Any] = getattr(self.lr, "state_dict", dict)()
            own |= under("schedule", {name: np.array(x) for name, x in kept.items()})
        else:
            own["lr"] = np.array(self.rate())
        for i, p in enumerate(self.params):
            state = self.state[i] or self.start(p.array)
            own |= under(str(i), {name: np.array(x, order="C") for name, x in state.items()})
        return own

    @explained
    def load_state_dict(self, state: Mapping[str, Any]) -> Self:
        """Takes over `state`, as made by state_dict(); all of it, or nothing: training then goes on bit for bit.

        Raises ValueError that lists what is missing, unexpected, of another shape, or no number that it can be.
        """
        new = fitted(type(self).__name__, self.state_dict(), state)
        for name, x in new.items():
            of = name.rpartition(".")[2]
            if of in self.owner(name).squares and not (x >= 0).all():
                raise ValueError(f"{name}: expected squares of gradients, which are >= 0, got {x.min()}")
            if of == "steps" and not x.ndim:
                whole(name, x.item(), 0)
            elif of in ("lr", "rate") and not x.ndim:
                number(name, x.item())
        self.restore(new)
        return self

    def owner(self, name: str) -> Optimizer:
        """Which optimizer an entry of the state belongs to: itself, but for Groups."""
        return self

    def restore(self, state: dict[str, np.ndarray]) -> None:
        """Takes over a state that fits."""
        self.done = int(state["steps"])
        if callable(self.lr):
            if kept := within("schedule", state):
                self.lr.load_state_dict(kept)  # type: ignore[attr-defined]
        else:
            self.lr = float(state["lr"])
        for i, p in enumerate(self.params):
            own = self.start(p.array)
            for name, x in own.items():
                own[name] = np.empty_like(x)  # in the memory layout that suits the parameter's
                own[name][...] = state[f"{i}.{name}"]
            self.state[i] = own


def _refuse_dicts(kind: str, params: list[Any]) -> None:
    """Says what to write for lists of dicts, in which PyTorch takes groups of parameters."""
    if params and all(isinstance(p, dict) for p in params):
        groups = []
        for i, p in enumerate(params):
            options = {"lr": "...", **{name: repr(x) for name, x in p.items() if name != "params"}}
            groups.append(f"nn.{kind}(params{i}, {', '.join(f'{name}={x}' for name, x in options.items())})")
        raise ValueError(f"params: expected Tensors, got dicts: write nn.Groups({', '.join(groups)})")


def _vectors(of: Any, array: np.ndarray, g: Any) -> list[Any]:
    """The entries of a gradient, parameter by parameter."""
    return [in_memory(g, array)] if type(of) is int else [g[start:stop] for _, start, stop in of.bounds]
