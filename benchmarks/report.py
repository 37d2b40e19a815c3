"""The tables of a run, as Markdown."""

from math import log
from statistics import linear_regression, median

from peers import PEERS
from workloads import STEPS, SWEEPS

LARGE = ("784/1024/1024/10", "sum(", "batch 4096", "depth 512", "width 4096")  # where memory is worth a look

MODES = {
    "one": "One thread, one core",
    "all": "All threads",
    "fresh": "One thread, one core, a fresh allocator",
}
ABOUT = """\
# How fast

A step is forward, loss, backward and SGD update. Every figure is a multiple of the same step written by hand in plain
NumPy, without preallocated buffers; below 1 is quicker than that. Each peer has a process of its own, and in each round
all have a turn, in a new order; the figures are medians over the rounds. All of them start from the same parameters and
give the same losses over 20 steps, to 1e-4, or are refused. `make bench` runs it again.
"""


def line(name, mode, found):
    """A workload in one line, for the terminal."""
    row = " ".join(f"{peer} {cell(told)}" for peer, told in found.items() if peer != "hand")
    return f"{name} [{mode}]: by hand {micros(found['hand'])} us; {row}"


def cell(told, quantity="ratio"):
    if "error" in told:
        return "refused"
    return f"{told[quantity][1]:.2f}" if quantity in told else "–"


def micros(told):
    return f"{told['time'][1] * 1e6:,.0f}"


def table(head, rows):
    """Markdown, without the columns in which nothing stands."""
    used = [j for j in range(len(head)) if any(row[j] != "–" for row in rows)]
    lines = [[head[j] for j in used], ["---"] * len(used), *([row[j] for j in used] for row in rows)]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def steps(found):
    """Workloads in rows, peers in columns."""
    others = [peer for peer in PEERS if peer != "hand"]
    rows = [[name, micros(row["hand"]), *(cell(row[peer]) for peer in others)] for name, row in found.items()]
    return table(["", "by hand, µs", *(PEERS[peer][2] for peer in others)], rows)


def exponent(points, times):
    """p of the power law size^p that fits best."""
    return linear_regression([log(n) for n in points], [log(t) for t in times]).slope


def growth(name, found):
    """The fitted exponents, over all sizes and over the larger half, of every peer that ran them all."""
    points = [int(key.split()[1]) for key in found]
    head, rows = ["time grows as", "size^p, all sizes", "size^p, the larger half"], []
    for peer, (_, _, title) in PEERS.items():
        if all("time" in row[peer] for row in found.values()) and len(points) >= 3:
            times = [row[peer]["time"][1] for row in found.values()]
            half = len(points) // 2 if len(points) >= 4 else len(points) - 2
            exponents = exponent(points, times), exponent(points[half:], times[half:])
            rows.append([title, *(f"{p:.2f}" for p in exponents)])
    return table(head, rows) if rows else ""


def memory(found):
    """The peaks of the first step, in which a program is recorded, and of later ones."""
    peers, rows = [peer for peer in PEERS if peer not in ("hand", "products")], []
    for name, row in found.items():
        hand = row["hand"]["memory"]
        if not name.startswith(LARGE) or not hand:
            continue
        for which in ("memory", "first memory"):
            what = "later steps" if which == "memory" else "first step"
            cells = [f"{row[p][which] / hand:.2f}" if which in row[p] and "error" not in row[p] else "–" for p in peers]
            rows.append([name, what, f"{hand / 1e6:,.1f}" if which == "memory" else "", *cells])
    return table(["", "", "by hand, MB", *(PEERS[peer][2] for peer in peers)], rows) if rows else ""


def start(found):
    """What stands before the first step and in it; medians over the workloads."""
    rows = []
    for peer, (_, _, title) in PEERS.items():
        runs = [(row[peer], row["hand"]) for row in found.values() if "time" in row[peer]]
        if runs and peer not in ("hand", "products"):
            rows.append([title, *(f"{median(a[key] / b[key] for a, b in runs):.1f}" for key in ("import", "start"))])
    hand = (f"{median(row['hand'][key] for row in found.values()) * 1e3:,.0f} ms" for key in ("import", "start"))
    return table(["", "import", "import to first step"], [["by hand", *hand], *rows])


def recording(found):
    """What the first step costs, in which JAX compiles and our programs are recorded."""
    peers, rows = ("jax", "apart", "compiled"), []
    for name, row in found.items():
        there = [row[peer] if "time" in row[peer] else None for peer in peers]
        firsts = [f"{told['first'] / row['hand']['time'][1]:,.0f}" if told else "–" for told in there]
        rows.append([name, *firsts, *(caught_up(told, row["eager"]) if told else "–" for told in there)])
    titles = [PEERS[peer][2] for peer in peers]
    return table(["", *(f"first step of {t}" for t in titles), *(f"{t}: ahead of eager after" for t in titles)], rows)


def caught_up(told, eager):
    """After how many steps a dearer first one has paid."""
    gain = eager["time"][1] - told["time"][1] if "time" in eager else 0
    return f"{(told['first'] - told['time'][1]) / gain:,.0f} steps" if gain > 0 else "never"


def notes(results):
    """Who was left out or refused, and why."""
    lines = {}
    for mode, found in results.items():
        for name, row in found.items():
            for peer, told in row.items():
                if "missing" in told:
                    lines[f"{PEERS[peer][2]} was left out: it is not installed ({told['missing']})."] = None
                elif "error" in told:
                    lines[f"{PEERS[peer][2]} was refused on {name} ({MODES[mode].lower()}): {told['error']}."] = None
    return "".join(f"- {text}\n" for text in lines)


def noise(found):
    """The median of the interquartile ranges of all figures, in percent of them."""
    cells = [
        told["ratio"] for row in found.values() for peer, told in row.items() if "ratio" in told and peer != "hand"
    ]
    return f"Half of the rounds lie within {median((c - a) / b for a, b, c in cells):.0%} of each other."


def versions(results):
    rows = [told for found in results.values() for row in found.values() for told in row.values() if "versions" in told]
    every = {(name, version) for told in rows for name, version in told["versions"].items()}
    blas = {told["blas"] for told in rows if "blas" in told}
    return ", ".join([*(f"{name} {version}" for name, version in sorted(every)), *(f"BLAS {b}" for b in sorted(blas))])


def markdown(results, machine, pictures, quick):
    """The page."""
    one, every, fresh = (results[mode] for mode in MODES)
    nets = {name: row for name, row in one.items() if name in STEPS}
    parts = [ABOUT, f"{machine}.\n{versions(results)}. {noise(one)}\n"]
    if quick:
        parts.append("**A quick run: a check that everything works, not a measurement.**\n")
    if notes(results):
        parts.append(notes(results))
    if nets:
        parts += [f"## {MODES['one']}\n", steps(nets), pictures.get("steps", "")]
    if every:
        parts += [f"## {MODES['all']}\n", steps(every)]
    if fresh:
        parts += [
            f"## {MODES['fresh']}\n",
            "glibc's malloc hands large arrays back to the system until the process has once freed a larger one, as\n"
            "after reading a file. The other tables are of processes that have; here large arrays cost page faults.\n",
            steps(fresh),
        ]
    for key, sweep in SWEEPS.items():
        found = {name: row for name, row in one.items() if name.split()[0] == key}
        if found:
            parts += [
                f"## {key.capitalize()}: {sweep.title}\n",
                steps(found),
                pictures.get(key, ""),
                growth(key, found),
            ]
    if memory(one):
        parts += [
            "## Memory\n",
            "The most that a process held beyond what it had, parameters and data included, before its first step, as\n"
            "a multiple of what the hand-written step takes. The first step records a program, which keeps buffers.\n",
            memory(one),
        ]
    if nets:
        parts += [
            "## Start\n",
            "Times as multiples of those of the hand-written step, NumPy's import included.\n",
            start(nets),
        ]
    recorded = {name: row for name, row in one.items() if name in STEPS or name.startswith("depth")}
    if recorded:
        parts += [
            "## Recording\n",
            "In the first step JAX compiles, and our programs are recorded: its time in hand-written steps, and after\n"
            "how many steps it has made up for that, were all of glassgrad's eager steps like its later ones.\n",
            recording(recorded),
        ]
    return "\n".join(part for part in parts if part)
