"""A polynomial of degree 15 and a net with 61 parameters, both fitted to 20 noisy points of a sine (note D: T7).

The homework of note D, after S. Lawrence and C. L. Giles (Overfitting and neural networks: conjugate gradient and
backpropagation, IJCNN 2000), here over several draws of the noise.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from numpy.polynomial import Polynomial

import nn

OUT = Path("runs/lawrence_giles")
X = np.arange(20.0)
GRID = np.linspace(0, 19, 400)

Function = Callable[[np.ndarray], np.ndarray]


def rms(error: np.ndarray) -> float:
    """The root of the mean square."""
    return float(np.sqrt(np.mean(error**2)))


def points(seed: int) -> np.ndarray:
    """sin(x/3) with uniform noise in [-0.25, 0.25], at x = 0, 1, ..., 19."""
    return np.sin(X / 3) + np.random.default_rng(seed).uniform(-0.25, 0.25, len(X))


def net(y: np.ndarray, seed: int, steps: int) -> Function:
    """A net 1/20/1 after so many steps on all points, with x scaled first (T9)."""
    scale = nn.Standardize().fit(X[:, None])
    model = nn.MLP(1, 20, 1, activation="tanh", rng=seed)
    step = nn.compile_step(model.loss, nn.SGD(model.parameters(), lr=0.05, momentum=0.9))
    for _ in range(steps):
        step(scale(X[:, None]), y[:, None])
    return lambda x: model.predict(scale(x[:, None])).numpy()[:, 0]


def plot(y: np.ndarray, polynomial: Function, fitted: Function) -> Figure:
    """Both on a fine grid, with the points and the sine."""
    figure = Figure(figsize=(7.4, 3.8), layout="constrained")
    axes = figure.subplots()
    axes.plot(GRID, np.sin(GRID / 3), "--", color="#777777", label="sin(x/3)")
    axes.plot(GRID, polynomial(GRID), color="#d9822b", label="polynomial of degree 15")
    axes.plot(GRID, fitted(GRID), color="#2f6db3", label="net 1/20/1")
    axes.plot(X, y, "o", color="black", markersize=5, label="20 points")
    axes.set(xlabel="x", ylabel="y", ylim=(-1.8, 1.9), xticks=range(0, 20, 2))
    axes.legend(ncols=2, loc="upper right", frameon=False)
    return figure


def main(seeds: Sequence[int] = range(10), steps: int = 4000, out: Path = OUT) -> np.ndarray:
    """Prints and returns (seeds, 4): rms distances from the points and from the sine, of polynomial and net."""
    out.mkdir(parents=True, exist_ok=True)
    print("                polynomial              net 1/20/1\nnoise  from points  from sine   from points  from sine")
    rows = []
    for seed in seeds:
        y = points(seed)
        models = Polynomial.fit(X, y, 15), net(y, seed, steps)
        rows.append([d for f in models for d in (rms(f(X) - y), rms(f(GRID) - np.sin(GRID / 3)))])
        print(f"{seed:>5}" + "".join(f"{d:>12.3f}" for d in rows[-1]), flush=True)
        nn.plots.save(plot(y, *models), out / f"noise{seed}.svg")
    found = np.array(rows)
    print("median" + "".join(f"{d:>12.3f}" for d in np.median(found, 0))[1:])
    nearer = int((found[:, 3] < found[:, 1]).sum())
    print(f"the net is nearer to the sine in {nearer} of {len(found)} draws; plots are in {out}")
    return found


if __name__ == "__main__":
    main()
