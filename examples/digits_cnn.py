"""Digits of 8 x 8 pixels, read by a small convolutional net: of those it has not seen more than 98.5 % are right."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

import nn

OUT = Path("runs/digits_cnn")


def block(in_channels: int, out_channels: int, rng: np.random.Generator) -> nn.Sequential:
    """A convolution that keeps height and width, normalised; a bias would be taken away with the mean."""
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, 3, padding="same", bias=False, rng=rng, dtype=np.float32),
        nn.BatchNorm2d(out_channels, dtype=np.float32),
        nn.ReLU(),
    )


def net(seed: int) -> nn.Sequential:
    """Grey values (N, 1, 8, 8) to net values (N, 10)."""
    rng = np.random.default_rng(seed)
    return nn.Sequential(
        block(1, 16, rng),
        block(16, 32, rng),
        nn.MaxPool2d(2),
        block(32, 32, rng),
        nn.Flatten(),
        nn.Dropout(0.3, rng=rng),
        nn.Linear(32 * 4 * 4, 10, rng=rng, dtype=np.float32),
    )


def train(seed: int, epochs: int) -> tuple[nn.Module, nn.History]:
    """The net after so many epochs, and their history; the test digits are counted and decide nothing."""
    (x, y), (x_test, y_test) = nn.datasets.digits(dtype=np.float32)
    model = net(seed)
    batches = nn.DataLoader(x.reshape(-1, 1, 8, 8), y, batch_size=32, rng=seed)
    rate = nn.schedules.cosine(3e-3, epochs * len(batches))
    optimizer = nn.AdamW(model.parameters(), lr=rate, weight_decay=0.01)
    test = x_test.reshape(-1, 1, 8, 8), y_test
    history = nn.fit(model, batches, epochs=epochs, optimizer=optimizer, loss=nn.cross_entropy,
                     validation=test, progress=False)  # fmt: skip
    return model, history


def main(seeds: Sequence[int] = (0, 1, 2), epochs: int = 20, out: Path = OUT) -> list[float]:
    """Trains with each seed, prints and returns the accuracies on the test digits; saves weights and curves."""
    out.mkdir(parents=True, exist_ok=True)
    accuracies = []
    for seed in seeds:
        model, history = train(seed, epochs)
        accuracies.append(history[-1]["val_accuracy"])
        print(f"seed {seed}: {accuracies[-1]:.2%} of the test digits are right", flush=True)
        nn.save(model, out / f"seed{seed}.safetensors")
        nn.plots.save(nn.plots.curves(history), out / f"seed{seed}.svg")
    print(f"mean of {len(accuracies)} seeds: {np.mean(accuracies):.2%}; weights and curves are in {out}")
    return accuracies


if __name__ == "__main__":
    main()
