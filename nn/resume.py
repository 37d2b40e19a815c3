"""A training in a file: everything that its epochs to come depend on, so that they are as if it had not stopped."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np

from nn.callbacks import Callback
from nn.data import DataLoader
from nn.module import Module, generators
from nn.optimizer import Optimizer
from nn.parallel import World
from nn.serialization import TRAINING, read, store
from nn.states import under, within


class Checkpoint:
    """The file of a training, and what is in it.

    path         where it is, if it is to be kept at all
    parts        by name what has a state_dict() and a load_state_dict(): the model, the optimizer, callbacks
    generators   by name the random generators that are drawn from
    facts        what has to be the same for the training to go on: sizes, and kinds of things
    """

    def __init__(
        self, path: Path | None, parts: dict[str, Any], generators: dict[str, Any], facts: dict[str, Any]
    ) -> None:
        self.path, self.parts, self.generators, self.facts = path, parts, generators, facts

    def begin(self, resume: bool, world: World, facts: Mapping[str, Any]) -> tuple[list[dict[str, float]], bool]:
        """Goes on from the file, if that is wanted and it is there; several processes all begin as rank 0 does.

        world, facts   the processes, and what else has to be the same for them
        returns        the history, and whether the training had stopped; raises ValueError for what is not the same
        """
        shapes = {f"parameter {name}": f"{p.dtype} {p.shape}" for name, p in self.parts["model"].named_parameters()}
        world.same({**shapes, **self.facts, **facts})
        rows, stopped = self.load(self.path) if resume and self.path and self.path.exists() else ([], False)
        if world.size > 1:
            arrays, kept = world.once(lambda: self.state(rows, stopped))
            rows, stopped = self.restore("what rank 0 trains", arrays, kept) if world.rank else (rows, stopped)
        return rows, stopped

    def save(self, history: Sequence[Mapping[str, float]], stopped: bool) -> None:
        """Writes the training as it is after the last epoch of the history, if there is a path."""
        if self.path:
            arrays, about = self.state(history, stopped)
            store(arrays, self.path, {TRAINING: about})

    def state(self, history: Sequence[Mapping[str, float]], stopped: bool) -> tuple[dict[str, np.ndarray], Any]:
        """The arrays of the training, and the rest, as JSON has it."""
        arrays: dict[str, np.ndarray] = {}
        for part, of in self.parts.items():
            arrays |= under(part, of.state_dict())
        states = {name: _plain(rng.bit_generator.state) for name, rng in self.generators.items()}
        modes = [module.training for module in self.parts["model"].modules()]
        about = {"history": [*history], "stopped": stopped, "generators": states, "modes": modes, "facts": self.facts}
        return arrays, _plain(about)

    def load(self, path: Path) -> tuple[list[dict[str, float]], bool]:
        """Puts back what is in the file, and raises what nn.load raises; else as restore."""
        arrays, about = read(path)
        if TRAINING not in about:
            raise ValueError(f"{path} holds weights and no training to go on with: it is not a checkpoint of fit")
        return self.restore(f"the training in {path}", arrays, about[TRAINING])

    def restore(self, what: str, arrays: dict[str, np.ndarray], kept: Any) -> tuple[list[dict[str, float]], bool]:
        """Puts a state back, all of it or nothing; returns the history, and whether the training had stopped.

        Raises ValueError that says what is not as it was.
        """
        faults = [
            f"{name} was {kept['facts'].get(name)!r} and is {now!r}"
            for name, now in _plain(self.facts).items()
            if kept["facts"].get(name) != now
        ]
        drawn = {name: state["bit_generator"] for name, state in kept["generators"].items()}
        draws = {name: rng.bit_generator.state["bit_generator"] for name, rng in self.generators.items()}
        if drawn != draws:
            faults.append(f"the random generators were {drawn} and are {draws}")
        if faults:
            raise ValueError(f"{what} cannot go on with other things: {'; '.join(faults)}")
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
            rng.bit_generator.state = kept["generators"][name]
        for module, mode in zip(self.parts["model"].modules(), kept["modes"], strict=True):
            module.training = mode  # Ctrl-C may have come while some of them were put back after an evaluation
        return kept["history"], kept["stopped"]


def checkpoint_of(
    path: str | os.PathLike[str] | None, model: Module, optimizer: Optimizer, callbacks: list[Any], batches: DataLoader
) -> Checkpoint:
    """This training as it is kept, in a file if there is a path."""
    keeping = under("callbacks", {str(i): x for i, x in enumerate(callbacks) if isinstance(x, Callback)})
    drawn = under("model", generators(model)) | {"batches": batches.rng}
    facts = {
        "data": [[str(a.dtype), list(a.shape), crc32(np.ascontiguousarray(a).data)] for a in batches.arrays],
        "batch_size": batches.batch_size,
        "shuffle": batches.shuffle,
        "drop_last": batches.drop_last,
        "optimizer": [[type(part).__name__, part.options()] for part in (optimizer, *optimizer.parts)],
        "callbacks": [type(x).__name__ for x in keeping.values()],
    }
    return Checkpoint(_file(path) if path is not None else None, {"model": model, "optimizer": optimizer, **keeping},
                      drawn, facts)  # fmt: skip


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
