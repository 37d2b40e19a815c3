"""What a process has of a training that several share: a part of every batch, and rank 0's state to begin with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any, NamedTuple
from zlib import crc32

import numpy as np

from autograd.program.flat import Flat, flattened
from nn.clipping import finite
from nn.data import DataLoader
from nn.module import Module, generators
from nn.optimizer import Optimizer
from nn.parallel import World
from nn.resume import Checkpoint

HINT = "; is it changed by a function in callbacks, which is called on rank 0 alone?  An nn.Callback is called on all"


class Part(NamedTuple):
    """What a process has of a batch."""

    arrays: tuple[np.ndarray, ...]  # x, y and the weights, if there are any
    share: float  # of the batch, by weights or samples: so much its gradient counts
    much: float  # the sum of its weights, or its samples
    rows: int  # its samples


class Shares:
    """The batches of a training, and what its processes have in common; of one process that is all of it."""

    def __init__(self, world: World, model: Module, optimizer: Optimizer, batches: DataLoader) -> None:
        self.world, self.model, self.optimizer, self.batches = world, model, optimizer, batches
        self.flats: list[Flat] = []  # held, so that they are the same in every step
        self.used: Any = None  # the parameters that get a gradient, as all have agreed
        self.drawn = generators(model)
        if world.size > 1 and any(rng is batches.rng for rng in self.drawn.values()):
            batches.rng = deepcopy(batches.rng)  # so that all have the same batches, whatever a rank's modules draw

    def begin(
        self, training: Checkpoint, resume: bool, facts: Mapping[str, Any]
    ) -> tuple[list[dict[str, float]], bool]:
        """The history so far, and whether the training had stopped: of its file, and on all ranks as on rank 0.

        facts   what has to be the same for all processes, beside what it is for the training to go on; else ValueError
        """
        several = self.world.size > 1
        if several:
            shapes = {f"parameter {name}": f"{p.dtype} {p.shape}" for name, p in self.model.named_parameters()}
            self.world.same({**shapes, **training.facts, **facts})
        rows, stopped = training.load() if resume else ([], False)
        if several:
            arrays, about = self.world.once(lambda: training.state(rows, stopped))
            if self.world.rank:
                return training.restore("what rank 0 trains", arrays, about)
        return rows, stopped

    def epoch(self) -> Iterator[Part]:
        """What this process has of the batches of an epoch, but for those without weight; then all are the same again.

        Raises ValueError where something is not the same that has to be.
        """
        several = self.world.size > 1
        if several:
            self.alike()
        for batch in self.batches:
            if much := counted(batch):
                yield self.part(batch, much) if several else Part(batch, 1.0, much, len(batch[0]))
        if several:
            self.settle()

    def alike(self) -> None:
        """Raises ValueError unless all are about to do the same; generators of modules go on apart, from rank 0's."""
        facts: dict[str, Any] = {"the gradients that are wanted": [p.requires_grad for p in self.optimizer.params]}
        for k, part in enumerate((self.optimizer, *self.optimizer.parts)):
            facts[f"optimizer {k}"] = part.options()
        facts |= {f"the learning rate of optimizer {k}": part.rate() for k, part in enumerate(self.optimizer.parts)}
        self.world.same(facts, HINT)
        self.used = None
        states = self.world.once(lambda: {name: rng.bit_generator.state for name, rng in self.drawn.items()})
        for name, state in states.items() if self.world.rank else ():
            bits = self.drawn[name].bit_generator
            seed = np.random.SeedSequence([self.world.rank, crc32(repr(state).encode())])
            bits.state = type(bits)(seed).state

    def settle(self) -> None:
        """Raises ValueError unless all have come to the same parameters; their buffers are then rank 0's."""
        state, trained = self.model.state_dict(), dict(self.model.named_parameters())
        self.world.same({f"the checksum of {name}": crc32(state[name].data) for name in trained}, HINT)
        buffers = self.world.once(lambda: {name: x for name, x in state.items() if name not in trained})
        if buffers and self.world.rank:
            self.model.load_state_dict(state | buffers)

    def part(self, batch: tuple[np.ndarray, ...], much: float) -> Part:
        """Its slice of a batch; where that has no weight it counts for nothing, but has all shapes."""
        each, over = divmod(len(batch[0]), self.world.size)
        rank = self.world.rank
        start, rows = rank * each + min(rank, over), each + (rank < over)
        mine = tuple(array[start : start + rows] for array in batch)
        if own := counted(mine):
            return Part(mine, own / much, own, rows)
        x, y, *weights = mine if rows else (array[:1] for array in batch)
        return Part((x, y, *map(np.ones_like, weights)), 0.0, 0.0, rows)

    def average(self, share: float) -> None:
        """The gradient of the batch in place of that of the part: Σ share g over the processes.

        The vector that a recorded program leaves gradients in is added up in place; others are put into one.
        """
        params = [p for p in self.optimizer.params if p.grad is not None]
        self.agree([(i, p.name) for i, p in enumerate(self.optimizer.params) if p.grad is not None])
        place = {id(p): k for k, part in enumerate(self.optimizer.parts) for p in part.params}
        self.flats = flattened(params, lambda p: place[id(p)])
        for flat in self.flats:
            for p, view in zip(flat.leaves, flat.grads, strict=True):
                if p.grad is not view:
                    view[...] = p.grad
                    p.grad = view
            finite(flat.gradient, flat.bounds)
            flat.gradient *= share
            self.world.add(flat.gradient)

    def agree(self, used: list[Any]) -> None:
        """Raises ValueError unless all get gradients of the same parameters, and in every step."""
        if self.used is None:
            self.world.same({"parameters with a gradient": used})
            self.used = used
        if used != self.used:
            i, name = next(x for x in (*used, *self.used) if (x in used) != (x in self.used))
            raise ValueError(f"parameter {i}, {name}, gets a gradient in some steps and in others none: several "
                             "processes can only train a model whose steps use the same parameters")  # fmt: skip


def counted(arrays: tuple[np.ndarray, ...]) -> float:
    """The sum of the weights of samples, or how many there are."""
    return float(arrays[2].sum(dtype=float)) if len(arrays) == 3 else len(arrays[0])
