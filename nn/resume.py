"""A training in a file: everything that its epochs to come depend on, so that they are as if it had not stopped."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np

from nn.callbacks import Callback, Function
from nn.checks import differing
from nn.data import DataLoader
from nn.module import Module, generators, held
from nn.optimizer import Optimizer
from nn.serialization import TRAINING, read, store
from nn.states import under, within


class Checkpoint:
    """A training as it is kept, in a file if there is a path.

    path         where the file is
    parts        by name what has a state_dict() and a load_state_dict(): the model, the optimizer, callbacks
    generators   by name the random generators that are drawn from
    further      gives what else has to be the same for the training to go on, by name: sizes, and kinds of things
    """

    def __init__(
        self,
        path: Path | None,
        parts: dict[str, Any],
        generators: dict[str, Any],
        further: Callable[[], dict[str, Any]] = dict,
    ) -> None:
        self.path, self.parts, self.generators, self.further = path, parts, generators, further

    @cached_property
    def facts(self) -> dict[str, Any]:
        """What has to be the same for the training to go on."""
        kinds = {name: rng.bit_generator.state["bit_generator"] for name, rng in self.generators.items()}
        modules = [type(module).__name__ for module in self.parts["model"].modules()]
        return {"modules": modules, "random generators": kinds, **self.further()}

    def save(self, history: Sequence[Mapping[str, float]], stopped: bool) -> None:
        """Writes the training as it is after the last epoch of the history, if there is a path."""
        if self.path:
            arrays, about = self.state(history, stopped)
            store(arrays, self.path, {TRAINING: about})

    def load(self) -> tuple[list[dict[str, float]], bool]:
        """Puts back what is in the file, if it is there, and raises what nn.load raises; else as restore."""
        if not self.path or not self.path.exists():
            return [], False
        arrays, about = read(self.path)
        if TRAINING not in about:
            raise ValueError(f"{self.path} holds weights and no training to go on with: it is not a checkpoint of fit")
        return self.restore(f"the training in {self.path}", arrays, about[TRAINING])

    def state(self, history: Sequence[Mapping[str, float]], stopped: bool) -> tuple[dict[str, np.ndarray], Any]:
        """The arrays of the training, and the rest, as JSON has it."""
        arrays: dict[str, np.ndarray] = {}
        for part, of in self.parts.items():
            arrays |= under(part, of.state_dict())
        states = {name: rng.bit_generator.state for name, rng in self.generators.items()}
        modes = [module.training for module in self.parts["model"].modules()]
        about = {"history": [*history], "stopped": stopped, "generators": states, "modes": modes, "facts": self.facts}
        return arrays, _plain(about)

    def restore(self, what: str, arrays: dict[str, np.ndarray], about: Any) -> tuple[list[dict[str, float]], bool]:
        """Puts a state back, all of it or nothing; returns the history, and whether the training had stopped.

        Raises ValueError that says what is not as it was.
        """
        if faults := differing(about["facts"], _plain(self.facts)):
            changes = "; ".join(f"{name} was {was!r} and is {now!r}" for name, was, now in faults)
            raise ValueError(f"{what} cannot go on with other things: {changes}")
        before: dict[str, Any] = {}  # of the parts that were put back so far
        try:
            for part, of in self.parts.items():
                now = of.state_dict()
                of.load_state_dict(within(part, arrays))
                before[part] = now
        except Exception as error:
            for part, state in before.items():
                self.parts[part].load_state_dict(state)
            raise ValueError(f"{what} cannot go on: {error}") from error
        for name, rng in self.generators.items():
            rng.bit_generator.state = about["generators"][name]
        for module, mode in zip(self.parts["model"].modules(), about["modes"], strict=True):
            module.training = mode
        return about["history"], about["stopped"]


def checkpoint_of(
    path: str | os.PathLike[str] | None, model: Module, optimizer: Optimizer, callbacks: list[Callback],
    batches: DataLoader,
) -> Checkpoint:  # fmt: skip
    """This training as it is kept, in a file if there is a path."""
    numbered = {str(i): callback for i, callback in enumerate(callbacks)}
    parts = {"model": model, "beside": beside(model, optimizer), "optimizer": optimizer, **under("callbacks", numbered)}
    drawn = under("model", generators(model)) | {"batches": batches.rng}

    def further() -> dict[str, Any]:
        return {
            "data": [[str(a.dtype), list(a.shape), crc32(np.ascontiguousarray(a).data)] for a in batches.arrays],
            "batch_size": batches.batch_size,
            "shuffle": batches.shuffle,
            "drop_last": batches.drop_last,
            "optimizer": [[type(part).__name__, part.options()] for part in (optimizer, *optimizer.parts)],
            "callbacks": [type(x).__name__ for x in callbacks if type(x) is not Function],  # functions keep nothing
        }

    return Checkpoint(None if path is None else _file(path), parts, drawn, further)


def beside(model: Module, optimizer: Optimizer) -> Module:
    """A module of the optimizer's parameters that are not the model's, such as a temperature in a loss."""
    own, rest = {id(x) for _, x in held(model)}, Module()
    rest.params = [p for p in optimizer.params if id(p) not in own]
    return rest


def _file(path: str | os.PathLike[str]) -> Path:
    """The path, in a folder that is made if need be; raises where no file can be written."""
    target = Path(path)
    if target.is_dir() or not target.name:
        raise ValueError(f"checkpoint: expected the name of a file, got the folder {str(path)!r}")
    target.parent.mkdir(parents=True, exist_ok=True)
    if not os.access(target.parent, os.W_OK):
        raise PermissionError(f"checkpoint: the folder {target.parent} cannot be written to")
    return target


def _plain(x: Any) -> Any:
    """Arrays as lists, as JSON has it."""
    if isinstance(x, dict):
        return {name: _plain(value) for name, value in x.items()}
    if isinstance(x, list | tuple):
        return [_plain(value) for value in x]
    return x.tolist() if isinstance(x, np.ndarray | np.generic) else x
