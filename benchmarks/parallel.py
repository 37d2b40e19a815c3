"""Times steps in one and in two processes, and writes docs/parallel.md's tables: `python benchmarks/parallel.py`.

What is timed is fit's own step: the recorded gradients of a process's share, the Allreduce, the update.  All processes
have one thread; one process with two threads is timed beside them, as that is the other use of two cores.  The model of
more processes and of networks is computed from these figures: nothing of it was measured.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from math import log2
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "parallel.md"
SIZES = {"10⁴": (64, 128, 10), "10⁶": (784, 1000, 200, 10), "10⁷": (2048, 3000, 1300, 10)}  # about so many parameters
BATCH, SECONDS, ROUNDS = 256, 0.3, 7  # samples of all processes together; of each round
NETWORKS = {"10 Gbit/s": 10e9 / 8, "100 Gbit/s": 100e9 / 8}  # bytes a second
LATENCY = 20e-6  # seconds a message, usual for TCP in one room
COUNTS = [2**k for k in range(11)]  # of processes in the model


def worker():
    """Prints, on rank 0, the seconds of a step and of its parts for every size."""
    import numpy as np

    import nn
    from nn.shares import shares_of
    from nn.step import stepper

    world, rng = nn.parallel.world(), np.random.default_rng(0)

    def timed(f):
        """Seconds of a call: the median over rounds, as the slowest process has it."""
        took = []
        world.all(f())
        for _ in range(3):
            f()
        start = time.perf_counter()
        f()
        times = max(world.all(max(1, int(SECONDS / (time.perf_counter() - start)))))
        for _ in range(ROUNDS):
            world.all(None)
            start = time.perf_counter()
            for _ in range(times):
                f()
            took.append((time.perf_counter() - start) / times)
        return max(world.all(median(took)))

    found = {}
    for name, sizes in SIZES.items():
        model = nn.MLP(*sizes, output="softmax", rng=0, dtype=np.float32)
        optimizer = nn.SGD(model.parameters(), lr=1e-6, momentum=0.9)
        x, y = rng.normal(size=(BATCH, sizes[0])).astype(np.float32), rng.integers(0, 10, BATCH)
        found[name] = told = {"parameters": sum(p.size for p in model.parameters())}
        shares = shares_of(world, model, optimizer, nn.DataLoader(x, y, batch_size=BATCH))
        step = stepper(model, model.cost, None, optimizer, True, shares.average)
        for samples in (BATCH, BATCH // 2):
            batch = x[:samples], y[:samples]
            part = shares.part(batch, samples) if world.size > 1 else None
            arrays, share = (part.arrays, part.share) if part else (batch, 1.0)
            told[f"step {samples}"] = timed(lambda step=step, share=share, arrays=arrays: step(share, *arrays)[0].shape)
        if world.size > 1:
            (flat,) = shares.flats
            told |= {"allreduce": timed(lambda g=flat.gradient: world.add(g)), "bytes": flat.gradient.nbytes}
    if not world.rank:
        print(json.dumps(found))


def run(processes, threads):
    """What the workers have found."""
    beside = Path(sys.executable).with_name("mpiexec")
    mpiexec = str(beside) if beside.exists() else shutil.which("mpiexec")
    blas = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), str(threads))
    command = [mpiexec, "-n", str(processes), sys.executable, __file__, "worker"]
    told = subprocess.run(
        command, env={**os.environ, "PYTHONPATH": str(ROOT), **blas}, stdout=subprocess.PIPE, check=True
    )
    return json.loads(told.stdout)


def ms(seconds):
    return f"{seconds * 1e3:.2f}" if seconds < 0.1 else f"{seconds * 1e3:.0f}"


def table(head, rows):
    return "".join(f"| {' | '.join(cells)} |\n" for cells in [head, ["---"] * len(head), *rows])


def measured(one, threads, two):
    rows = []
    for name, told in two.items():
        step, reduce, alone = told[f"step {BATCH}"], told["allreduce"], one[name][f"step {BATCH}"]
        sizes = [f"{told['parameters']:,}", f"{told['bytes'] / 1e6:,.2f}"]
        times = [alone, threads[name][f"step {BATCH}"], step, reduce]
        rows.append([*sizes, *map(ms, times), f"{reduce / step:.0%}", f"{alone / step:.2f}"])
    head = ["parameters", "MB a step", "one process, ms", "the same with two threads, ms", "two processes, ms",
            "of it Allreduce, ms", "share", "times as fast as one"]  # fmt: skip
    return table(head, rows)


def ring(n, size, speed):
    """Seconds of an Allreduce in a ring: each sends and takes its n-th part 2 (n - 1) times."""
    return 2 * (n - 1) * (size / n / speed + LATENCY)


def tree(n, size, speed):
    """The same in a tree: all of it goes up, and down again."""
    return 2 * log2(n) * (size / speed + LATENCY)


def modelled(one, two):
    rows = []
    for name, told in two.items():
        whole, half = one[name][f"step {BATCH}"], one[name][f"step {BATCH // 2}"]
        # what of the batch's time shrinks with its part; the rest does not
        each = min(max(2 * (whole - half), 0.0), whole)
        fixed = whole - each
        for network, speed in NETWORKS.items():
            for how in (ring, tree):
                talk = {n: how(n, told["bytes"], speed) for n in COUNTS}
                strong = {n: whole / (fixed + each / n + talk[n]) for n in COUNTS}
                best = max(COUNTS, key=strong.__getitem__)
                weak = [n for n in COUNTS if whole / (whole + talk[n]) >= 0.5]
                most = f"{weak[-1]:,}" if weak[-1] < COUNTS[-1] else f"over {COUNTS[-1]:,}"
                quickest, efficiency = f"{best} ({strong[best]:.1f})", f"{whole / (whole + talk[8]):.0%}"
                rows.append([f"{told['parameters']:,}", network, how.__name__, ms(talk[8]), quickest, efficiency, most])
    head = ["parameters", "network", "Allreduce", "of 8, ms", f"one batch of {BATCH}: quickest with (times as fast)",
            f"{BATCH} samples for each: efficiency of 8", "half of it is left with"]  # fmt: skip
    return table(head, rows)


def main():
    one, threads, two = run(1, 1), run(1, 2), run(2, 1)
    text = PAGE.read_text(encoding="utf-8")
    for name, rows in (("measured", measured(one, threads, two)), ("modelled", modelled(one, two))):
        text = re.sub(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", rf"\g<1>\n{rows}\n\2", text, flags=re.DOTALL)
    PAGE.write_text(text, encoding="utf-8")
    print(measured(one, threads, two), modelled(one, two), sep="\n")


if __name__ == "__main__":
    worker() if sys.argv[1:] == ["worker"] else main()
