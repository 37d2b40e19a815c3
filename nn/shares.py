"""What a process has of a training: all of every batch or, of several, a part, and rank 0's state to begin with."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from itertools import count
from typing import Any, NamedTuple
from zlib import crc32

import numpy as np

from autograd import no_grad
from autograd.graph import array_of
from autograd.program.flat import Flat, flattened
from nn.checks import number_of
from nn.clipping import finite
from nn.data import DataLoader
from nn.module import Module, evaluating, generators
from nn.optimizer import Optimizer
from nn.parallel import World
from nn.resume import Checkpoint, beside

CALLED = "; is it changed by a function in callbacks, which is called on rank 0 alone?  An nn.Callback is called on all"
APART = "; the processes have gone apart in epoch {}: does one of them draw, or compute, what the others do not?"
Batch = tuple[np.ndarray, ...]
Rows = list[dict[str, float]]


class Part(NamedTuple):
    """What a process has of a batch."""

    arrays: Batch  # x, y and the weights, if there are any
    share: float  # of the batch, by weights or samples: so much its gradient counts
    much: float  # the sum of its weights, or its samples
    rows: int  # its samples


class Shares:
    """The batches of a training in one process."""

    average: Callable[[float], None] | None = None  # what is done with the gradients before they are used

    def __init__(self, world: World, batches: DataLoader) -> None:
        self.world, self.batches = world, batches

    def begin(self, training: Checkpoint, resume: bool, facts: Mapping[str, Any]) -> tuple[Rows, bool]:
        """The history so far, and whether the training had stopped: of its file, and on all ranks as on rank 0.

        facts   what has to be the same for all processes, beside what it is for the training to go on; else ValueError
        """
        return training.load() if resume else ([], False)

    def judge(self, measure: Callable[..., Any], penalty: Callable[[], Any] | None) -> None:
        """Raises ValueError for what several processes cannot train."""

    def epoch(self, n: int) -> Iterator[Part]:
        """What this process has of the batches of epoch n, but for those without weight."""
        for batch in self.batches:
            if much := counted(batch):
                yield Part(batch, 1.0, much, len(batch[0]))

    def finish(self) -> None:
        """The training is over."""


class Several(Shares):
    """The batches of a training that several processes share, and what these have in common."""

    def __init__(self, world: World, model: Module, optimizer: Optimizer, batches: DataLoader) -> None:
        super().__init__(world, batches)
        self.model, self.optimizer = model, optimizer
        self.beside = beside(model, optimizer)
        self.flats: list[Flat] = []  # held, so that they are the same in every step
        self.used: Any = None  # the parameters that get a gradient, as all have agreed
        self.asked: list[np.ndarray] = []  # of which samples the loss is asked
        self.drawn = generators(model)
        if any(rng is batches.rng for rng in self.drawn.values()):
            batches.rng = deepcopy(batches.rng)  # so that all have the same batches, whatever a rank's modules draw

    def begin(self, training: Checkpoint, resume: bool, facts: Mapping[str, Any]) -> tuple[Rows, bool]:
        shapes: dict[str, Any] = {}
        for name, p in (*self.model.named_parameters(), *self.beside.named_parameters()):
            order = "C" if p.array.flags.c_contiguous else "F"  # in which gradients lie too, which are added up
            shapes |= {f"parameter {name}": f"{p.dtype} {p.shape}", f"the memory order of {name}": order}
        self.world.same({**shapes, **training.facts, **facts}, "the beginning of nn.fit")
        rows, stopped = super().begin(training, resume, facts)
        arrays, about = self.world.once(lambda: training.state(rows, stopped), "the beginning of nn.fit")
        return training.restore("what rank 0 trains", arrays, about) if self.world.rank else (rows, stopped)

    def judge(self, measure: Callable[..., Any], penalty: Callable[[], Any] | None) -> None:
        """Raises ValueError for a loss that is no mean over samples, so that means of parts do not make the whole's.

        It is asked of some samples of every class, with weights that are not the model's: an untrained one may say the
        same of all, and of one that fits the loss may be roundings.  Model and generators are then as before.  A loss
        that differs when it is called again, as it draws random numbers, is believed.  Raises ValueError too where loss
        or penalty are not those of rank 0, and where the share of a process may be a single sample, and the model
        cannot be trained on one.
        """
        (x, _, *weighted), rng = self.batches.arrays, np.random.default_rng(0)
        self.measure, self.penalty = measure, penalty
        self.weights = rng.uniform(0.5, 2.0, len(x)) if weighted else None
        self.asked = self.chunks(rng)
        state, states = self.model.state_dict(), self.states()
        self.world.same(self.answers(), "the beginning of nn.fit")
        try:
            with self.apart():
                self.judge_mean(rng)
            self.judge_one()
        finally:
            self.model.load_state_dict(state)
            self.draw_from(states)

    @contextmanager
    def apart(self) -> Iterator[None]:
        """Within this block the model is asked, not trained, and generators are afterwards as before."""
        states = self.states()
        try:
            with evaluating(self.model), no_grad(), np.errstate(all="ignore"):
                yield
        finally:
            self.draw_from(states)

    def chunks(self, rng: np.random.Generator) -> list[np.ndarray]:
        """Samples of every class, no more at once than a process has room for, and last a whole batch."""
        x, y, *_ = self.batches.arrays
        size = min(self.batches.batch_size, len(x))
        kinds = np.unique(y if y.ndim == 1 else y.reshape(len(y), -1).argmax(1), return_index=True)[1]
        some = rng.permutation(np.concatenate([rng.permutation(kinds)[:128], rng.permutation(len(x))[:128]]))
        most = max(16, -(-size // self.world.size))
        return [*np.array_split(some, -(-len(some) // most)), rng.permutation(len(x))[:size]]

    def cost(self, rows: np.ndarray) -> np.floating:
        """The loss of these samples."""
        x, y, *_ = self.batches.arrays
        how = {} if self.weights is None else {"sample_weight": self.weights[rows]}
        return array_of(number_of(self.measure(self.model(x[rows]), y[rows], **how)))[()]  # type: ignore[no-any-return]

    def answers(self) -> dict[str, str]:
        """The loss of some samples, and the penalty, which are the same on all ranks; unless they never are."""

        def told(f: Callable[[], Any]) -> str:
            value = f"{float(array_of(f())):.6g}"
            return value if value == f"{float(array_of(f())):.6g}" else "never the same"

        if not self.asked:
            return {}
        with self.apart():
            return {"the loss of some samples": told(lambda: self.cost(self.asked[0])),
                    "the penalty": told(self.penalty) if self.penalty else "none"}  # fmt: skip

    def judge_mean(self, rng: np.random.Generator) -> None:
        params, smallest = self.model.parameters(), max(1, self.least() // self.world.size)  # of a share
        eps = max((np.finfo(p.dtype).eps for p in params), default=np.finfo(float).eps)
        for changed in (False, True) if self.batches.batch_size > 1 else ():
            for p in params if changed else ():
                p.data += rng.normal(size=p.shape) / np.sqrt(p.size / len(np.atleast_1d(p.data)))
            for rows in self.asked:
                first = min(smallest, -(-len(rows) // 3))
                parts = [part for part in np.split(rows, [first, first + len(rows) // 3]) if len(part)]
                weights = [len(part) if self.weights is None else self.weights[part].sum() for part in parts]
                try:
                    whole, again, costs = self.cost(rows), self.cost(rows), [*map(self.cost, parts)]
                except Exception:
                    if changed:  # with such weights it means nothing
                        break
                    raise
                if whole != again or not np.isfinite([whole, *costs]).all():
                    break
                means = [w / sum(weights) * float(cost) for w, cost in zip(weights, costs, strict=True)]
                limit = max(eps, np.finfo(whole.dtype).eps) ** (2 / 3) * sum(map(abs, (float(whole), *means)))
                if changed and not abs(whole - sum(means)) <= limit:  # of a net that fits, all may be roundings
                    raise ValueError("loss: expected a mean over samples, Σ w l / Σ w, which several processes can "
                                     f"share: of {len(rows)} samples it is {whole:.6g}, and the mean of parts is "
                                     f"{sum(means):.6g}")  # fmt: skip

    def least(self) -> int:
        """The samples of the smallest batch."""
        n, m = self.batches.batch_size, len(self.batches.arrays[0])
        over = 0 if self.batches.drop_last else m % n
        return over or min(n, m)

    def judge_one(self) -> None:
        x, least, size = self.batches.arrays[0], self.least(), self.world.size
        if least >= 2 * size:
            return
        if not self.model.training:
            self.model.train()
        try:
            with no_grad():
                self.model(x[:1])
        except ValueError as error:
            raise ValueError(f"a batch of {least} samples leaves one of {size} processes a share of one or none, and "
                             f"the model needs two: let no batch have less than {2 * size}, as with drop_last=True; "
                             f"{error}") from None  # fmt: skip

    def epoch(self, n: int) -> Iterator[Part]:
        """This process's parts of the batches of epoch n; before it and after it all are the same.

        Raises ValueError where something is not the same that has to be.
        """
        called = CALLED if self.used else ""  # not before the first
        self.world.same(self.facts() | self.checksums() | self.answers(), f"the beginning of epoch {n}", called)
        self.used = None
        self.reseed()
        for batch in self.compared():
            if much := counted(batch):
                yield self.part(batch, much)
        state = self.model.state_dict()
        trained = {name for name, _ in self.model.named_parameters()}
        buffers = self.world.once(lambda: {name: x for name, x in state.items() if name not in trained}, f"epoch {n}")
        if buffers and self.world.rank:
            self.model.load_state_dict(state | buffers)
        self.world.same(self.checksums(), f"the end of epoch {n}", APART.format(n))

    def finish(self) -> None:
        """What callbacks have left is the same on all, and so are generators: rank 0's."""
        self.world.same(self.facts() | self.checksums(), "the end of nn.fit", CALLED)
        self.draw_from(self.world.once(self.states, "the end of nn.fit"))

    def facts(self) -> dict[str, Any]:
        """What is to be the same before a step, but for numbers in arrays."""
        batches, place = self.batches, {id(p): name for name, p in self.model.named_parameters()}
        facts: dict[str, Any] = {
            "the number of batches": (len(batches), batches.batch_size, batches.shuffle, batches.drop_last),
        }
        for k, part in enumerate((self.optimizer, *self.optimizer.parts)):
            trained = [(place.get(id(p), "no parameter of the model"), p.requires_grad) for p in part.params]
            facts |= {f"optimizer {k}": part.options(), f"the parameters of optimizer {k}": trained}
        for k, part in enumerate(self.optimizer.parts):
            facts[f"the learning rate of optimizer {k}"] = part.rate()
        for path, m in self.model.named_modules():
            plain = vars(m) if type(m).__module__.startswith("nn.") else {}
            own = {name: x for name, x in plain.items() if isinstance(x, bool | int | float | str) and name != "mode"}
            about = f"{type(m).__name__}({m.extra_repr()}), {own}, training={m.training}"
            facts[f"module {path}" if path else "the model"] = about
        return facts

    def checksums(self) -> dict[str, int]:
        arrays = self.model.state_dict() | self.beside.state_dict()
        return {f"the checksum of {name}": crc32(x.data) for name, x in arrays.items()}

    def states(self) -> dict[str, Any]:
        """The states of the generators, of modules and of the batches."""
        return {name: rng.bit_generator.state for name, rng in (self.drawn | {"": self.batches.rng}).items()}

    def draw_from(self, states: dict[str, Any]) -> None:
        for name, state in states.items():
            (self.drawn[name] if name else self.batches.rng).bit_generator.state = state

    def reseed(self) -> None:
        """Batches are drawn as on rank 0, and modules draw apart, from rank 0's generators on."""
        states = self.world.once(self.states, "the generators")
        if self.world.rank:
            self.draw_from(states)
            for name, rng in self.drawn.items():
                bits = rng.bit_generator
                seed = np.random.SeedSequence([self.world.rank, crc32(repr(states[name]).encode())])
                bits.state = type(bits)(seed).state

    def compared(self) -> Iterator[Batch]:
        """The batches; those of a loader with an __iter__ of its own, which may draw others elsewhere, are compared."""
        if type(self.batches).__iter__ is DataLoader.__iter__:
            yield from self.batches
            return
        batches = iter(self.batches)
        for i in count():
            batch = next(batches, None)
            digest = "none" if batch is None else [(a.shape, crc32(a.tobytes())) for a in batch]
            self.world.same({f"batch {i} of {type(self.batches).__name__}": digest}, "the batches")
            if batch is None:
                return
            yield batch

    def part(self, batch: Batch, much: float) -> Part:
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
            self.world.same({"parameters with a gradient": used}, "the first step")
            self.used = used
        if used != self.used:
            i, name = next(x for x in (*used, *self.used) if (x in used) != (x in self.used))
            raise ValueError(f"parameter {i}, {name}, gets a gradient in some steps and in others none: several "
                             "processes can only train a model whose steps use the same parameters")  # fmt: skip


def shares_of(world: World, model: Module, optimizer: Optimizer, batches: DataLoader) -> Shares:
    """What this process has of a training."""
    return Several(world, model, optimizer, batches) if world.size > 1 else Shares(world, batches)


def counted(arrays: Batch) -> float:
    """The sum of the weights of samples, or how many there are."""
    return float(arrays[2].sum(dtype=float)) if len(arrays) == 3 else len(arrays[0])
