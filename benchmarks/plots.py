"""The plots of a run, as SVG, by matplotlib; without it there are none."""

from peers import PEERS
from workloads import STEPS, SWEEPS

COLOURS = {
    "hand": "#888888", "products": "#bbbbbb", "torch": "#d62728", "jax": "#9467bd", "mygrad": "#8c564b",
    "hips": "#e377c2", "eager": "#1f77b4", "apart": "#2ca02c", "compiled": "#0b6e0b",
}  # fmt: skip


def save(results, folder):
    """Writes what there is to draw; {plot: the Markdown that shows it}."""
    try:
        from matplotlib.figure import Figure
        from matplotlib.ticker import ScalarFormatter
    except ModuleNotFoundError:
        return {}
    from nn.plots import save as write

    one, shown = results["one"], {}

    def figure(key, alt, height):
        figure = Figure(figsize=(7.6, height), layout="constrained")
        shown[key] = f"![{alt}](benchmarks_{key}.svg)\n"
        axes = figure.subplots()
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(alpha=0.3, linewidth=0.6)
        return figure, axes

    def finish(key, figure, axis):
        axis.set_major_formatter(ScalarFormatter())
        figure.legend(loc="outside lower center", ncols=3, frameon=False, fontsize=8)
        write(figure, folder / f"benchmarks_{key}.svg")

    nets = [name for name in STEPS if name in one]
    if nets:
        picture, axes = figure(
            "steps", "steps of all peers as multiples of the hand-written one", 1.6 + 0.45 * len(nets)
        )
        axes.set_xscale("log")
        axes.axvline(1, color=COLOURS["hand"], linewidth=1)
        for peer, (_, _, title) in PEERS.items():
            there = [(one[name][peer]["ratio"][1], -i) for i, name in enumerate(nets) if "ratio" in one[name][peer]]
            if there and peer != "hand":
                axes.plot(*zip(*there, strict=True), "o", color=COLOURS[peer], label=title, markersize=6, alpha=0.85)
        axes.set_yticks([-i for i in range(len(nets))], nets, fontsize=8)
        axes.set_xlabel("time of a step, by hand = 1")
        finish("steps", picture, axes.xaxis)
    for key, sweep in SWEEPS.items():
        points = [n for n in sweep.points if f"{key} {n}" in one]
        if len(points) < 2:
            continue
        picture, axes = figure(key, f"steps of all peers against the {key}, as multiples of the hand-written one", 3.8)
        axes.set_xscale("log", base=2)
        axes.set_yscale("log")
        axes.axhline(1, color=COLOURS["hand"], linewidth=1)
        for peer, (_, _, title) in PEERS.items():
            rows = [(n, one[f"{key} {n}"][peer]) for n in points]
            there = [(n, told["ratio"][1]) for n, told in rows if "ratio" in told]
            if there and peer != "hand":
                axes.plot(
                    *zip(*there, strict=True), "o-", color=COLOURS[peer], label=title, markersize=4, linewidth=1.4
                )
        axes.set(xlabel=f"{key}: {sweep.title}", ylabel="time of a step, by hand = 1")
        axes.xaxis.set_major_formatter(ScalarFormatter())
        finish(key, picture, axes.yaxis)
    return shown
