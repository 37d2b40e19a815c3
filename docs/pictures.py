"""Makes the README's picture: `python docs/pictures.py` writes docs/backward.svg."""

from pathlib import Path

import numpy as np

import nn
from autograd import Drawing, draw


def backward() -> Drawing:
    """The backward pass of a 4/8/3 net on a batch of 16."""
    x = np.random.default_rng(0).normal(size=(16, 4))
    model = nn.MLP(4, 8, 3, activation="tanh", output="softmax", rng=0)
    return draw(model.loss(x, np.arange(16) % 3))


if __name__ == "__main__":
    backward().save(Path(__file__).with_name("backward.svg"))
