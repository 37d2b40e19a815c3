"""The default settings on ten fixed splits of the digits: `python benchmarks/digits.py` prints each test accuracy."""

import tempfile
import time
from pathlib import Path

import numpy as np

import nn
from nn.__main__ import main

SPLITS = range(10)  # fixed before the settings were chosen; seed k goes with split k


def accuracy(split):
    """What `python -m nn train --seed split` reaches on that split."""
    digits = nn.datasets.digits
    nn.datasets.digits = lambda **how: digits(split, **how)
    try:
        with tempfile.TemporaryDirectory() as folder:
            main(["train", "--seed", str(split), "--out", folder])
            model = nn.MLP(64, 64, 10, output="softmax", dtype=np.float32)
            nn.load(Path(folder) / "weights.safetensors", model)
        return nn.evaluate(model, *digits(split, np.float32)[1])["accuracy"]
    finally:
        nn.datasets.digits = digits


if __name__ == "__main__":
    start = time.perf_counter()
    found = [accuracy(split) for split in SPLITS]
    print("\n" + "\n".join(f"split {split}: {a:.2%}" for split, a in zip(SPLITS, found, strict=True)))
    print(f"mean {np.mean(found):.2%}, {(time.perf_counter() - start) / len(found):.1f} s a run")
