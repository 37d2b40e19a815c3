"""Arrays that are written to between forward and backward: found, or harmless."""

import re
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from inspect import getsource
from itertools import count, cycle
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from timeit import repeat
from typing import Any
from unittest import mock

import numpy as np
import test_random_programs

import autograd as ag
import nn
from autograd import Tensor, backprop
from autograd.graph import Value
from promises import promise


class Case:
    """A random program on tensors and arrays that has run forward, and what its gradients are to be."""

    def __init__(self, seed: int) -> None:
        random = Random(seed)
        program = test_random_programs.written(random)
        self.arrays, _, _ = test_random_programs.data(program)
        self.leaf = random.randrange(len(self.arrays))  # one at least
        kinds = [random.choice(["leaf", "leaf", "constant", "array"]) for _ in self.arrays]
        self.given = [a if kind == "array" else Tensor(a, kind == "leaf" or k == self.leaf, f"x{k}")
                      for k, (a, kind) in enumerate(zip(self.arrays, kinds, strict=True))]  # fmt: skip
        if not isinstance(self.given[self.leaf], Tensor):
            self.given[self.leaf] = Tensor(self.arrays[self.leaf], True, f"x{self.leaf}")
        self.program, self.bent = program, [random.random() < 0.7 for _ in self.arrays]
        self.late = random.random() < 0.3  # is the gradient of a result wanted, and of no leaf?
        self.forward()

    def forward(self) -> None:
        """Runs the program, and a product with a view of a leaf."""
        entering = [ag.sin(x) if bent and isinstance(x, Tensor) else x
                    for x, bent in zip(self.given, self.bent, strict=True)]  # fmt: skip
        self.values = self.program.run("ours", entering)  # rules that read: of sin, and of the squares at the end
        shown, self.result = self.given[self.leaf][...], ag.sin(Tensor(0.5, requires_grad=True))
        self.loss = sum((ag.sum(self.values[k] ** 2) for k in self.program.ends()), ag.sum(self.result * shown))

    def gradients(self) -> list[Any]:
        """The bits of the gradient of every leaf, or of one result."""
        if self.late:
            return [g.tobytes() for g in ag.gradients(self.loss, [self.result])]
        self.loss.backward()
        return [None if x.grad is None else x.grad.tobytes() for x in self.tensors()]

    def tensors(self) -> list[Tensor]:
        return [x for x in self.given if isinstance(x, Tensor)]


def into_one(arrays: Iterable[np.ndarray], random: Random) -> None:
    """Writes into an entry of one of the arrays; IndexError if there is none."""
    array = random.choice([a for a in arrays if a.size])
    array[tuple(random.randrange(n) for n in array.shape)] += 1.5


def through_data(case: Case, random: Random) -> None:
    t = random.choice(case.tensors())
    if random.random() < 0.5:
        t.data -= 0.25
    else:
        t.data = t.data + 1.0


def by_an_optimizer(case: Case, random: Random) -> None:
    t = case.given[case.leaf]
    t.grad = np.ones_like(t.data)
    random.choice([nn.SGD, nn.Adam])([t], 0.1).step()
    t.grad = None


def by_loading(case: Case, random: Random) -> None:
    module = nn.Module()
    module.params = case.tensors()
    state = {name: x + 1.0 for name, x in module.state_dict().items()}
    with TemporaryDirectory() as folder:
        path = nn.save(state, Path(folder, "a"))
        load = [module.load_state_dict, module.load_matching, lambda _: nn.load(path, module)]
        random.choice(load)(state)


def by_a_recorded_step(case: Case, random: Random) -> None:
    t = case.given[case.leaf]
    optimizer = random.choice([nn.SGD, nn.Adam])([t], 0.0)
    square = ag.compile(lambda: (t * t).sum(), [t])
    whole, half = nn.compile_step(lambda: (t * t).sum(), optimizer), lambda: (square(), optimizer.step())
    random.choice([whole, half])()  # where the data is now, the next one writes
    case.forward()
    optimizer.lr = 0.1
    random.choice([whole, half])()
    t.grad = None


def by_running_statistics(case: Case, random: Random) -> None:
    t = random.choice([t for t in case.tensors() if t.ndim == 1 and t.size])
    layer = nn.BatchNorm1d(t.size)
    layer.running_mean = t
    layer(np.arange(2.0 * t.size).reshape(2, -1))


def into_an_entry(case: Case, random: Random) -> None:
    into_one((t.data for t in case.tensors()), random)


def into_a_view(case: Case, random: Random) -> None:
    into_one((view for t in case.tensors() for view in (t.data.T, t.data[...], t.data[None, ..., None])), random)


def into_what_it_was_made_from(case: Case, random: Random) -> None:
    into_one((a for a, x in zip(case.arrays, case.given, strict=True) if a is not x), random)


def into_an_operand(case: Case, random: Random) -> None:
    into_one((x for x in case.given if isinstance(x, np.ndarray)), random)


def into_a_result(case: Case, random: Random) -> None:
    into_one((x.data for x in case.values if isinstance(x, Value) and x.primitive), random)


COPIED, REFUSED, STAMPED, WATCHED = "copies", "refused at once", "stamps", "`debug()` alone"
MEANS = {
    into_what_it_was_made_from: COPIED, into_a_result: REFUSED, through_data: STAMPED, by_an_optimizer: STAMPED,
    by_loading: STAMPED, by_a_recorded_step: STAMPED, by_running_statistics: STAMPED, into_an_entry: WATCHED,
    into_a_view: WATCHED, into_an_operand: WATCHED,
}  # fmt: skip


def outcome(seed: int, write: Callable[[Case, Random], None], watched: bool) -> str:
    """What becomes of a write: "found", "harmless" as no rule reads it, or "wrong"; IndexError if it cannot be made."""
    random, expected = Random(seed), Case(seed).gradients()
    with ag.debug() if watched else nullcontext():
        case = Case(seed)
        try:
            write(case, random)
            return "harmless" if case.gradients() == expected else "wrong"
        except (RuntimeError, ValueError) as error:
            text = str(error)
    if MEANS[write] is REFUSED:
        assert "read-only" in text, text
    else:
        names = [t.name for t in case.tensors()]
        named = "the array of argument" in text if watched else text.split()[0] in names
        assert named, text
        assert re.search(r"was changed after (the op|\w+ \(visit \d+\)) had used it", text), text
    assert all(x.grad is None for x in case.tensors())
    return "found"


def unchecked() -> Callable[..., Any]:
    """The sweep without its look at stamps."""
    source = getsource(backprop.sweep)
    check = re.search(r"\n +if key > order or .*:\n +raise changed\(.*\)", source)
    assert check
    space = dict(vars(backprop))
    exec("from __future__ import annotations\n" + source.replace(check[0], ""), space)
    return space["sweep"]  # type: ignore[no-any-return]


def cost() -> str:
    """What the means add to a training step."""
    (x, labels), blind = nn.datasets.digits()[0], unchecked()
    model = nn.MLP(64, 64, 10, output="softmax", rng=0)

    def step() -> None:
        model.loss(x[:128], labels[:128]).backward()

    def watched() -> None:
        with ag.debug():
            step()

    steps, bare = [], []
    for _ in range(15):  # by turns, so that both have the same share of what else the machine does
        steps += repeat(step, number=10, repeat=2)
        with mock.patch.object(backprop, "sweep", blind):
            bare += repeat(step, number=10, repeat=2)
    debugged = 2 * min(repeat(watched, number=5, repeat=10))
    plain, less = min(steps), min(bare)
    return (f"{100 * max(0, plain / less - 1):.1f} % of a step for the stamps, {debugged / plain:.1f} times a step in "
            "`debug()`")  # fmt: skip


@promise("An array that is written to between forward and backward is found, with an error that names the tensor or the "
         "argument, and the op, or the write is harmless. Tensors are copies of what they are made from; results are "
         "read-only; `t.data = ...`, `t.data -= ...`, optimizers, recorded steps, loading and running statistics stamp "
         "what they change; and `debug()` finds the rest: writes into entries or views of `t.data`, and into arrays that "
         "are operands.", 100, 10**4)  # fmt: skip
def buffers(n: int) -> str:
    kinds, found, missed = cycle(MEANS), Counter[str](), 0
    for seed in count():
        if found.total() == n:
            break
        write = next(kinds)
        by = MEANS[write]
        try:
            what = outcome(seed, write, by is WATCHED)
        except IndexError:
            continue
        assert what != "wrong", (seed, write)
        found[by if what == "found" else what] += 1
        missed += by is WATCHED and outcome(seed, write, False) == "wrong"
    counted = ", ".join(f"{k:,} {what}" for what, k in found.most_common())
    return f"of {n:,} writes {counted}; without `debug()` {missed:,} give a wrong gradient; {cost()}"
