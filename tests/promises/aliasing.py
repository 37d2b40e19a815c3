"""Gradients are arrays of their own: nothing shares memory with them, nothing is mutated, and reading changes nothing."""

import copy
import pickle
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from random import Random
from typing import Any

import numpy as np
import test_ops
import test_random_programs

import autograd as ag
from autograd import Tensor
from autograd.containers import leaves
from autograd.graph import Value
from autograd.recording import Watch, recorded
from promises import promise


def functions(n: int) -> Iterator[tuple[Any, Callable[..., Any], list[np.ndarray]]]:
    """Every case of every op, and n random programs: what it is, a function of Tensors, and its arguments."""
    for case in test_ops.CASES:
        yield case, case.f, case.inputs()
    for seed in range(n):
        program = test_random_programs.written(Random(seed))

        def run(*xs: Any, program: Any = program) -> Any:
            values = program.run("ours", xs)
            return sum((values[k] * 0.5).sum() for k in program.ends())

        yield f"program {seed}", run, test_random_programs.data(program)[0]


def graph(root: Value) -> list[Value]:
    """All values that a result was made from, and itself."""
    found, todo = {}, [root]
    while todo:
        value = todo.pop()
        if id(value) not in found:
            found[id(value)] = value
            todo += [x for x in value.inputs if isinstance(x, Value)]
    return list(found.values())


def bits(tree: Any) -> list[Any]:
    return [x.tobytes() if isinstance(x, np.ndarray) else x for x in leaves(tree)]


class Rules(Watch):
    """Sees that no rule changes what it is given, and that afterwards nothing changes the cotangent of a result."""

    def __init__(self) -> None:
        self.cotangents: list[tuple[Any, Any]] = []  # as the rules got them, and their bits then

    def rule(self, vjp: Any) -> Any:
        def watched(*args: Any, **params: Any) -> Any:
            before = bits((args, params))
            result = vjp(*args, **params)
            assert bits((args, params)) == before, "a rule changes what it reads"
            self.cotangents.append((args[0], bits(args[0])))
            return result

        return watched


def read(values: list[Value]) -> None:
    """All that a person would look at."""
    for value in values:
        repr(value), str(value), f"{value}", hash(value), value.data, value.numpy(), value.tolist(), value.detach()
        copy.copy(value), copy.deepcopy(value), pickle.dumps(value), value == value, value.T, value.shape, value.grad
        list(value) if value.ndim else bool(value), np.argmax(value) if value.size else None, np.shape(value)


def swept(f: Callable[..., Any], arrays: list[np.ndarray], way: str) -> tuple[list[Any], int]:
    """The gradients of a function, bit for bit, in one of the WAYS; and how many arrays share memory with nothing."""
    xs = [Tensor(a, requires_grad=True) for a in arrays]
    out = f(*xs)
    if not out.requires_grad:
        return [], 0
    seed = np.random.default_rng(0).normal(size=out.shape)
    values = graph(out)
    others = [
        seed,
        *arrays,
        *(a for v in values for a in leaves((v.array, v.primals, v.params)) if isinstance(a, np.ndarray)),
    ]
    before = bits(others)
    if way == "read":
        read(values)
        ag.gradients(out, xs, seed)
    if way == "differentiable":
        grads = [g.data for g in ag.gradients(out, xs, seed, create_graph=True) if not g.primitive]  # others: read-only
    elif way == "asked for":
        grads = ag.gradients(out, xs, seed)
    else:
        rules = Rules()
        with recorded(rules) if way == "watched" else nullcontext():
            out.backward(seed, retain_grads=way == "retained")
        assert all(bits(g) == was for g, was in rules.cotangents), "a cotangent was mutated"
        grads = [v.grad for v in (values if way == "retained" else xs) if v.grad is not None]
    assert bits(others) == before, "something was mutated"
    for k, g in enumerate(grads):
        assert g.flags.writeable
        shared = [x for x in (*others, *grads[:k]) if np.may_share_memory(g, x) and g.size]
        assert not shared, f"a gradient of shape {g.shape} shares memory"
    result = bits([x.grad for x in xs] if way not in ("differentiable", "asked for") else grads)
    if way == "scribbled":
        again = seed.copy()
        for a in (seed, *grads):
            a[...] = np.nan
        for x in xs:
            x.grad = None
        out.backward(again)
        assert bits([x.grad for x in xs]) == result, "a gradient that was written to comes again"
    if way == "held":
        out.backward(seed)
        assert bits(grads) == result, "a gradient that somebody holds was added to"
    return result, len(grads)


WAYS = "plain", "read", "scribbled", "held", "retained", "watched", "asked for", "differentiable"


@promise("No gradient, cotangent, input or seed shares memory with another or is mutated, also where the gradients of "
         "results are kept; and reading changes nothing: over every case of every op, and random programs. (But those "
         "of a function that is recorded are views of one vector, which its next call writes to: `p.grad.copy()` is "
         "what lasts.)", 20, 10**4)  # fmt: skip
def aliasing(n: int) -> str:
    checked = 0
    for what, f, arrays in functions(n):
        known = None
        for way in WAYS:
            try:
                result, alone = swept(f, arrays, way)
                checked += alone
                if way in WAYS[:6]:
                    known = known or result
                    assert result == known, "the gradient is another"
            except AssertionError as error:
                error.add_note(f"{way}: {what}")
                raise
    return f"{len(test_ops.CASES):,} cases of ops and {n:,} programs, in {len(WAYS)} ways: of {checked:,} gradients 0 shared"
