"""SGD is stable: one sample of N replaced, the weights end apart by about 1/N (note E: T8).

Two nets start alike and see batches in the same order, but one of N training samples is another one for the second.
How far apart their weights are after the same number of steps is averaged over seeds, for growing N.  Hardt, Recht
and Singer (Train faster, generalize better, 2016) bound it by a constant over N where the cost is convex; `linear` is
such a model, `net` is not.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

import nn

OUT = Path("runs/sgd_stability")
BATCH = 16
MODELS = {"linear": (64, 10), "net": (64, 16, 10)}


def trained(sizes: Sequence[int], x: np.ndarray, y: np.ndarray, steps: int, seed: int) -> np.ndarray:
    """All weights in one vector after so many steps; the seed says how they start and how batches come."""
    epochs, over = divmod(steps * BATCH, len(x))
    if over or len(x) % BATCH:
        raise ValueError(f"expected N to be a multiple of {BATCH} and to divide {steps * BATCH}, so that all trainings "
                         f"have {steps} steps of {BATCH} samples; got N = {len(x)}")  # fmt: skip
    model = nn.MLP(*sizes, activation="tanh", output="softmax", rng=seed)
    nn.fit(model, x, y, epochs=epochs, batch_size=BATCH, optimizer=nn.SGD(model.parameters(), lr=0.05),
           rng=seed, progress=False)  # fmt: skip
    return np.concatenate([p.data.ravel() for p in model.parameters()])


def difference(sizes: Sequence[int], n: int, steps: int, seed: int) -> float:
    """The distance of the weights when one of n digits, drawn by chance as they are, is replaced by another one."""
    (x, y), _ = nn.datasets.digits()
    drawn = np.random.default_rng(seed).permutation(len(x))[: n + 1]
    replaced = [drawn[n], *drawn[1:n]]
    first, second = (trained(sizes, x[which], y[which], steps, seed) for which in (drawn[:n], replaced))
    return float(np.linalg.norm(second - first))


def slope(counts: Sequence[int], means: np.ndarray) -> float:
    """p of the fit means ~ N^p, by least squares in logarithms."""
    return float(np.polyfit(np.log(counts), np.log(means), 1)[0])


def plot(counts: Sequence[int], found: Mapping[str, np.ndarray]) -> Figure:
    """The means with their standard errors over N, both logarithmic, and lines of slope -1."""
    figure = Figure(figsize=(5.6, 3.8), layout="constrained")
    axes = figure.subplots()
    for (name, values), colour in zip(found.items(), ("#2f6db3", "#d9822b"), strict=True):
        means, errors = values.mean(0), values.std(0, ddof=1) / np.sqrt(len(values))
        axes.errorbar(counts, means, errors, fmt="o", color=colour, label=f"{name}: slope {slope(counts, means):.2f}")
        through = np.exp(np.mean(np.log(means * counts)))
        axes.plot(counts, through / np.array(counts), "--", color=colour, linewidth=1)
    axes.set(xscale="log", yscale="log", xlabel="N, training samples", ylabel="mean distance of the weights")
    axes.set_xticks(counts, [str(n) for n in counts])
    axes.minorticks_off()
    axes.legend(frameon=False, title="dashed: 1/N", alignment="left")
    return figure


def main(counts: Sequence[int] = (64, 128, 256, 512, 1024), seeds: Sequence[int] = range(20), steps: int = 1024,
         out: Path = OUT) -> dict[str, float]:  # fmt: skip
    """Prints the mean distances for each N, saves the plot, and returns the slope of each model."""
    out.mkdir(parents=True, exist_ok=True)
    found = {}
    for name, sizes in MODELS.items():
        found[name] = np.array([[difference(sizes, n, steps, seed) for n in counts] for seed in seeds])
        means = found[name].mean(0)
        print(name, *(f"N {n:>5}: {mean:.4f}" for n, mean in zip(counts, means, strict=True)), sep="\n  ")
        print(f"  slope {slope(counts, means):.2f}, {len(seeds)} seeds", flush=True)
    nn.plots.save(plot(counts, found), out / "stability.svg")
    print(f"the plot is in {out}")
    return {name: slope(counts, values.mean(0)) for name, values in found.items()}


if __name__ == "__main__":
    main()
