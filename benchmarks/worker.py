"""One peer on one workload in a process of its own: `worker.py PEER WORKLOAD MODE [CORE]`.

It first answers with one line of JSON: what it took to get ready, the memory of a step, and the losses of the first
steps, or why there are none.  Then it waits: every line on stdin is a number of seconds, the answer the time of a step,
averaged over about so long.
"""

import json
import os
import resource
import sys
import time

LOSSES = 20  # steps whose losses are compared


def resident():
    """Bytes of memory that the process has now."""
    with open("/proc/self/statm") as f:
        return int(f.read().split()[1]) * resource.getpagesize()


def peak(forget=False):
    """The most bytes that it has had; `forget` starts anew from what it has now."""
    if forget:
        with open("/proc/self/clear_refs", "w") as f:
            f.write("5")
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def settle():
    """Has glibc's malloc keep what is freed, as it does in a process that has once freed a large array, such as a file.

    Until then it hands every array above 128 kB back to the system, and a step pays for page faults instead of work.
    """
    import numpy as np

    np.empty((32 << 20) - 8192, np.uint8)  # freed at once; 32 MB is the most that malloc adapts to


def ready(peer, workload, mode):
    """step, x, t and what is to be told about them."""
    start = time.perf_counter()
    from peers import load

    cls = load(peer)
    imported = time.perf_counter()
    from importlib.metadata import version

    from workloads import WORKLOADS

    work = WORKLOADS[workload]
    x, t, params = work.data()
    if mode != "fresh":
        settle()
    drawn = time.perf_counter()
    made = cls(work, params)
    x, t, step = cls.array(x), cls.array(t), made.step
    linux = os.path.exists("/proc/self/clear_refs")
    before = resident() if linux else 0
    peak(forget=linux)
    begin = time.perf_counter()
    losses = [step(x, t)]
    first = time.perf_counter() - begin
    told = {"import": imported - start, "start": imported - start + begin - drawn + first, "first": first}
    told["first memory"] = peak() - before
    losses += [step(x, t) for _ in range(2)]
    peak(forget=linux)
    losses += [step(x, t) for _ in range(LOSSES - 3)]
    told |= {"memory": peak() - before, "versions": {name: version(name) for name in cls.packages}}
    if not linux:
        told |= {"memory": None, "first memory": None}
    if losses[0] is not None:
        told["losses"] = losses
    if peer == "hand":
        import numpy as np

        blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
        told["blas"] = f"{blas['name']} {blas['version']}"
    return step, x, t, told


def timed(step, x, t, seconds):
    """The time of a step; one goes before, since the peers before this one have taken its place in the caches."""
    start = time.perf_counter()
    step(x, t)
    n = max(1, round(seconds / (time.perf_counter() - start)))
    start = time.perf_counter()
    for _ in range(n):
        step(x, t)
    return (time.perf_counter() - start) / n


def main(peer, workload, mode, core=None):
    if core is not None and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {int(core)})
    try:
        step, x, t, told = ready(peer, workload, mode)
    except ModuleNotFoundError as error:
        told = {"missing": str(error)}
    except NotImplementedError as error:
        told = {"nothing": str(error)}
    except Exception as error:
        told = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(told), flush=True)
    for line in sys.stdin:
        print(json.dumps(timed(step, x, t, float(line))), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
