"""Times training steps of ours and of the peers: `python benchmarks/run.py`, as `make bench` does.

Every peer runs in a process of its own.  In every round each of them has a turn, in a new order, so that a machine that
drifts drifts for all; the figures are medians over the rounds, of multiples of the hand-written step of the same round.
First on one core with one thread; then, but for the sweeps, with all of them, and with a fresh allocator (worker.py).
Whose losses differ from the hand-written ones is refused.  A full run writes docs/benchmarks.md and its plots, others
write to runs/benchmarks.
"""

import argparse
import json
import math
import os
import platform
import random
import subprocess
import sys
import time
from pathlib import Path
from statistics import quantiles

import plots
import report
from peers import PEERS
from workloads import STEPS, SWEEPS, WORKLOADS

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))  # for the plots, which ours draw, also where glassgrad is not installed
PYTHONS = {"hips": ROOT / ".venv-hips" / "bin" / "python"}  # where it is not the one that runs this
BLAS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
RTOL = 1e-4


class Worker:
    """A peer that waits in its process for its turn."""

    def __init__(self, peer, workload, mode):
        self.told = {"missing": "no .venv-hips"}
        self.process = None
        python = PYTHONS.get(peer, sys.executable)
        if not Path(python).exists():
            return
        env = {k: v for k, v in os.environ.items() if k not in (*BLAS, "PYTHONPATH")}
        env |= dict.fromkeys(BLAS, "1") if mode != "all" else {}
        env |= {} if peer in PYTHONS else {"PYTHONPATH": str(ROOT)}
        command = [python, Path(__file__).with_name("worker.py"), peer, workload, mode]
        if mode != "all" and hasattr(os, "sched_getaffinity"):
            command.append(str(max(os.sched_getaffinity(0))))
        self.process = subprocess.Popen(
            command, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        self.told = self.answer()

    def answer(self):
        line = self.process.stdout.readline()
        return json.loads(line) if line else {"error": f"its process ended with code {self.process.wait()}"}

    def turn(self, seconds):
        self.process.stdin.write(f"{seconds}\n")
        self.process.stdin.flush()
        return self.answer()

    def close(self):
        if self.process:
            self.process.stdin.close()
            self.process.stdout.close()
            self.process.wait()


def differ(losses, reference):
    """What is wrong with the losses of a peer, or None."""
    for k, (a, b) in enumerate(zip(losses, reference, strict=True)):
        if not math.isclose(a, b, rel_tol=RTOL):
            return f"its loss {k} is {a:.8g}, by hand it is {b:.8g}"
    return None


def measure(workload, mode, rounds, seconds):
    """{peer: what it told, its times, and its multiples of the hand-written step: quartiles}, or why there are none."""
    workers, found = {}, {}
    try:
        for peer in PEERS:
            worker = workers[peer] = Worker(peer, workload, mode)
            told = found[peer] = worker.told
            if "losses" in told and (wrong := differ(told["losses"], found["hand"]["losses"])):
                told["error"] = wrong
        if "error" in found["hand"]:
            raise SystemExit(f"{workload}, by hand: {found['hand']['error']}")
        turns = [peer for peer in workers if "memory" in found[peer] and "error" not in found[peer]]
        times = {peer: [] for peer in turns}
        for k in range(rounds):
            for peer in random.Random(k).sample(turns, len(turns)):
                times[peer].append(workers[peer].turn(seconds))
                if mode == "all":
                    time.sleep(0.05)  # threads of a BLAS spin for a while before they sleep
        for peer in turns:
            found[peer]["time"] = quantiles(times[peer], n=4)
            ratios = [t / hand for t, hand in zip(times[peer], times["hand"], strict=True)]
            found[peer]["ratio"] = quantiles(ratios, n=4)
    finally:
        for worker in workers.values():
            worker.close()
    return found


def machine():
    """The processor and the versions that are no peer's."""
    cpu = platform.processor()
    info = Path("/proc/cpuinfo")
    if info.exists():
        cpu = next((s.split(":")[1].strip() for s in info.read_text().splitlines() if s.startswith("model name")), cpu)
    return f"{cpu}, {os.cpu_count()} cores; {platform.system()}, Python {platform.python_version()}"


def main():
    parser = argparse.ArgumentParser(description="Times training steps of ours and of the peers.")
    parser.add_argument("--quick", action="store_true", help="few short rounds, and of every sweep three points")
    parser.add_argument(
        "--only", metavar="WORKLOAD", help="those in whose names this occurs: a net, or batch, depth ..."
    )
    args = parser.parse_args()

    full = not args.quick and args.only is None
    begin = time.perf_counter()
    results = {mode: {} for mode in report.MODES}
    for name in WORKLOADS:
        sweep = SWEEPS.get(name.split()[0])
        if args.only and args.only not in name:
            continue
        if args.quick and sweep and int(name.split()[1]) not in (sweep.points[0], sweep.points[3], sweep.points[-2]):
            continue
        for mode in report.MODES if name in STEPS else ("one",):
            rounds, seconds = (3, 0.002) if args.quick else (sweep.rounds if sweep else 21, 0.02)
            found = results[mode][name] = measure(name, mode, rounds, seconds)
            print(report.line(name, mode, found), flush=True)
    if not results["one"]:
        parser.error(f"--only {args.only}: expected a part of one of {', '.join(WORKLOADS)}")
    out = ROOT / ("docs" if full else "runs/benchmarks")
    out.mkdir(parents=True, exist_ok=True)
    pictures = plots.save(results, out)
    (out / "benchmarks.md").write_text(report.markdown(results, machine(), pictures, quick=args.quick))
    print(f"\n{(time.perf_counter() - begin) / 60:.1f} minutes; written to {out.relative_to(ROOT)}/benchmarks.md")


if __name__ == "__main__":
    main()
