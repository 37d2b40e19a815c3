"""Graphs as deep as a long simulation: swept, freed, copied and shown without recursion."""

import copy
import gc
import pickle
import sys
import threading
import time
from typing import Any
from weakref import ref

from processes import alone, peak

import autograd as ag
from promises import promise


def chain(y: Any, n: int) -> Any:
    """n ops, one after the other."""
    for _ in range(n):
        y = y + 1.0
    return y


def ladder(y: Any, n: int) -> Any:
    """n diamonds, one after the other, and so 2ⁿ paths."""
    for _ in range(n):
        y = (y + y) * 0.5
    return y


SMALL = (1024 if sys.version_info[:2] == (3, 13) else 64) * 1024
SHAPES = {"chain": chain, "ladder": ladder}


def swept(shape: str, n: int, stack: int) -> tuple[float, float, float, float]:
    """Seconds to record, sweep and free; the memory for that in GB.  In a thread with a stack of so many bytes, if not 0."""
    times, before = list[float](), peak()

    def run() -> None:
        gc.disable()
        times.append(time.perf_counter())
        x = ag.Tensor(1.0, requires_grad=True)
        y = SHAPES[shape](x, n)
        times.append(time.perf_counter())
        y.backward()
        times.append(time.perf_counter())
        assert x.grad == 1
        repr(y), copy.deepcopy(y), pickle.loads(pickle.dumps(y))
        alive, now = ref(y.inputs[0]), time.perf_counter()
        del y
        times.append(time.perf_counter() - now)
        assert alive() is None, "the graph is kept"

    if stack:
        threading.stack_size(stack)
        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
    else:
        run()
    start, recorded, done, freed = times  # a thread that fails has fewer
    return recorded - start, done - recorded, freed, peak() - before


@promise("A chain of 10⁶ ops and a ladder of 10⁶ diamonds are recorded, swept and freed, also in a thread with a stack "
         "of 64 kB: no recursion. (1 MB on Python 3.13, which itself frees what is nested by recursion, up to 10,000 "
         "deep.) `repr`, `deepcopy` and `pickle` of a deep tensor are safe.", 10**4, 10**6)  # fmt: skip
def depth(n: int) -> str:
    figures = []
    for shape in SHAPES:
        for stack, where in ((0, ""), (SMALL, " in a small stack")):
            record, sweep, free, memory = alone(swept, shape, n, stack)
            assert memory < 0.01 + 1.2 * n / 10**6
            figures.append(f"{shape}{where}: {record + sweep + free:.1f} s, {memory:.2f} GB")
    return "; ".join(figures)
