"""NaN and infinities that are planted: debug() names the op, and the line that called it, of each."""

import re
from collections import Counter
from contextlib import nullcontext
from itertools import count
from random import Random
from typing import Any

import numpy as np
import test_random_programs

import autograd as ag
from autograd import Tensor
from promises import promise

HUGE = np.finfo(float).max
FORWARD = {  # what makes them of finite numbers: an op, and the arguments
    "log": (0.0,), "log2": (-1.0,), "log10": (0.0,), "log1p": (-1.0,), "sqrt": (-1.0,), "reciprocal": (0.0,),
    "arcsin": (2.0,), "arccos": (-2.0,), "arccosh": (0.5,), "arctanh": (1.0,), "exp": (1e3,), "exp2": (2e3,),
    "expm1": (1e3,), "sinh": (1e3,), "cosh": (-1e3,), "square": (1e200,), "divide": (1.0, 0.0), "add": (HUGE, HUGE),
    "subtract": (-HUGE, HUGE), "multiply": (1e200, 1e200), "power": (0.0, -1.0), "float_power": (-1.0, 0.5),
    "xlogy": (1.0, 0.0), "remainder": (1.0, 0.0), "fmod": (1.0, 0.0), "sum": ([HUGE, HUGE],), "mean": ([HUGE, HUGE],),
    "prod": ([1e200, 1e200],), "cumsum": ([HUGE, HUGE],), "cumprod": ([1e200, 1e200],), "var": ([1e200, -1e200],),
    "matmul": ([1e200], [1e200]), "det": (1e200 * np.eye(2),),
}  # fmt: skip
BACKWARD = {  # of which the result is finite, and the slope is not
    "sqrt": (0.0,), "cbrt": (0.0,), "arcsin": (1.0,), "arccos": (-1.0,), "arccosh": (1.0,), "log": (1e-320,),
    "reciprocal": (1e-160,), "power": (0.0, 0.5), "divide": (1.0, 1e-160),
}  # fmt: skip


def broken(x: Any, value: float) -> Any:
    """A copy with this value in the last place."""
    x = np.array(x)
    x.flat[-1] = value
    return x


def user(value: float, backward: bool, dtype: Any) -> Any:
    """An op of a user whose rule gives this value, or which gives it itself."""

    @ag.primitive
    def user(x: Any) -> Any:
        return np.array(x) if backward else broken(x.astype(dtype), value)

    user.defvjp(lambda g, out, x: broken(g, value) if backward else g)
    return user


def planted(seed: int) -> tuple[str, str, str]:
    """Plants one in a random program: the op, the place, and what debug() says."""
    random = Random(seed)
    program = test_random_programs.written(random)
    xs = [Tensor(a, requires_grad=True) for a in test_random_programs.data(program)[0]]
    cut, backward = random.randint(1, len(program.steps)), random.random() < 0.5
    own, value, dtype = (
        random.random() < 0.5,
        random.choice([np.nan, np.inf, -np.inf]),
        random.choice([float, np.float32]),
    )
    name = "user" if own else random.choice([*(BACKWARD if backward else FORWARD)])
    with ag.debug(), np.errstate(all="ignore"):
        try:
            values = program._replace(steps=program.steps[:cut]).run("ours", xs)
            if own:
                if not (values[-1].size and values[-1].requires_grad):
                    raise LookupError("there is nothing to break")
                values[-1] = user(value, backward, dtype)(values[-1])  # planted
                other: Any = 0.0
            elif backward and random.random() < 0.2:
                name, x = "multiply", Tensor(0.1, True)
                other = x * HUGE + x * HUGE  # planted: the cotangents of x are finite, and their sum is not
            else:
                args = [Tensor(a, backward or random.random() < 0.5, dtype=float)
                        for a in (BACKWARD if backward else FORWARD)[name]]  # fmt: skip
                with nullcontext() if backward or random.random() < 0.5 else ag.no_grad():
                    other = getattr(ag, name)(*args).sum()  # planted
            values = program._replace(steps=program.steps[cut:]).run("ours", values)
            loss = sum((ag.sum(values[k] * 0.5) for k in program.ends()), other * 1.0)
            assert backward, f"{name} was not seen"
            loss.backward()
        except FloatingPointError as error:
            return name, "backward" if backward else "forward", str(error)
    raise AssertionError(f"{name} was not seen {'backward' if backward else 'forward'}")


@promise("`debug()` names the op, forward or backward, and the line that called it, for every NaN and infinity that an op "
         "or a user's rule makes of finite numbers, and a sum of cotangents.", 60, 1000)  # fmt: skip
def nonfinite(n: int) -> str:
    found: Counter[tuple[str, bool]] = Counter()
    for seed in count():
        if found.total() == n:
            break
        try:
            name, place, said = planted(seed)
        except LookupError:
            continue
        where = f"the vjp of {name}(" if place == "backward" else f"{name}("
        assert said.startswith(where), (seed, name, place, said)
        assert re.search(r"called at \S*nonfinite\.py:\d+: .*# planted", said), (seed, said)
        found[place, name == "user"] += 1
    ops = len(FORWARD), len(BACKWARD)
    return (f"{n:,} planted: {found['forward', False]} by {ops[0]} ops, {found['backward', False]} by rules of {ops[1]}, "
            f"{found['forward', True]} by forwards and {found['backward', True]} by rules of a user: all named")  # fmt: skip
