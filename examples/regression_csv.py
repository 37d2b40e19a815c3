"""A regression from a CSV file: split, scale, train until a validation set says stop, and compare with a line.

`python examples/regression_csv.py` takes 1,000 simulated throws of a ball (throws.py); with two arguments it takes a
table of yours, and the name of the column that is to be predicted.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import throws
from matplotlib.figure import Figure

import nn

OUT = Path("runs/regression_csv")

Set = tuple[np.ndarray, ...]  # x (m, n) and y (m,)


def line(known: Set, x: np.ndarray) -> np.ndarray:
    """What linear least squares, with a constant, predicts for x: (m,)."""
    coefficients = np.linalg.lstsq(np.column_stack([known[0], np.ones(len(known[0]))]), known[1], rcond=None)[0]
    return np.asarray(x @ coefficients[:-1] + coefficients[-1])


class Scaled(nn.Module):
    """A net between two scales, fitted on the training set and saved with the weights: from x (m, n) to y (m, 1)."""

    def __init__(self, train: Set, rng: np.random.Generator) -> None:
        x, y = train
        self.inputs, self.outputs = nn.Standardize().fit(x), nn.Standardize().fit(y[:, None])
        self.net = nn.MLP(x.shape[1], 32, 32, 1, activation="tanh", rng=rng)

    def forward(self, x: Any) -> Any:
        return self.outputs.inverse(self.net(self.inputs(x)))


def net(train: Set, validation: Set, seed: int, epochs: int) -> tuple[Scaled, int]:
    """The net that was best on the validation set, and after which epoch it was."""
    rng = np.random.default_rng(seed)
    model, stop = Scaled(train, rng), nn.EarlyStopping("val_loss", patience=50)
    (x, y), held_out = ((a, b[:, None]) for a, b in (train, validation))
    nn.fit(model, x, y, epochs=epochs, optimizer=nn.Adam(model.parameters(), lr=3e-3), loss=nn.mean_squared_error,
           validation=held_out, rng=rng, callbacks=stop, progress=False, compile=True)  # fmt: skip
    return model.eval(), stop.epoch


def plot(y: np.ndarray, predicted: dict[str, np.ndarray], target: str) -> Figure:
    """Predictions over what was measured, on the test set; on the diagonal they are right."""
    figure = Figure(figsize=(7.4, 3.8), layout="constrained")
    for axes, (name, guess) in zip(figure.subplots(1, len(predicted), sharey=True), predicted.items(), strict=True):
        axes.plot(y, y, color="#777777", linewidth=1)
        axes.plot(y, guess, ".", color="#2f6db3")
        axes.set(xlabel=f"{target}, measured", title=f"{name}: R² = {nn.metrics.r2(guess, y):.3f}")
    figure.axes[0].set_ylabel("predicted")
    return figure


def main(path: Path | None = None, target: str = "range_m", seeds: Sequence[int] = (0, 1, 2), epochs: int = 600,
         out: Path = OUT) -> np.ndarray:  # fmt: skip
    """Prints and returns (seeds, 2): R² on the test set, of the line and of the net; saves nets and plots."""
    out.mkdir(parents=True, exist_ok=True)
    if path is None:
        path = out / "throws.csv"
        throws.write(path)
    table = nn.datasets.csv(path, target=target, task="regression")
    print(f"{path}: {table}")
    found = []
    for seed in seeds:
        train, validation, test = nn.split(table.x, table.y, fractions=(0.7, 0.15, 0.15), rng=seed)
        both = tuple(np.concatenate(pair) for pair in zip(train, validation, strict=True))  # a line needs no validation
        model, epoch = net(train, validation, seed, epochs)
        predicted = {"line": line(both, test[0]), "net": model(test[0]).numpy()[:, 0]}
        r2 = [nn.metrics.r2(guess, test[1]) for guess in predicted.values()]
        error = [nn.metrics.mean_absolute_error(guess, test[1]) for guess in predicted.values()]
        found.append(r2)
        print(f"seed {seed}, {len(test[1])} samples to test, net of epoch {epoch}: R² {r2[0]:.4f} by the line and "
              f"{r2[1]:.4f} by the net, mean error {error[0]:.2f} and {error[1]:.2f}", flush=True)  # fmt: skip
        nn.save(model, out / f"seed{seed}.safetensors")
        nn.plots.save(plot(test[1], predicted, target), out / f"seed{seed}.svg")
    print(f"nets and plots are in {out}")
    return np.array(found)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", type=Path, nargs="?", help="a CSV file of numbers; by default simulated throws")
    parser.add_argument("target", nargs="?", default="range_m", help="the column to predict")
    main(**vars(parser.parse_args()))
