"""Dropout: in training every value is left out by chance."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.arguments import explained
from autograd.arrays import arraylike, floating
from autograd.recording import anew
from nn.checks import Seed, generator, number
from nn.module import Module


class Dropout(Module):
    """In training 0 in place of x with probability p, else x / (1 - p), so that the mean stays; else x itself.

    p     in [0, 1): how many of the values are left out (Srivastava et al. 2014)
    rng   a seed or a numpy Generator, drawn from once for every value in each call

    The derivative is 0 where x was left out, else 1 / (1 - p).  Raises ValueError for another p.

    >>> layer = Dropout(0.5, rng=0)
    >>> print(layer(np.ones(6)), layer.eval()(np.ones(6)))
    [2. 2. 2. 0. 0. 0.] [1. 1. 1. 1. 1. 1.]
    """

    @explained
    def __init__(self, p: float = 0.5, rng: Seed = None) -> None:
        self.p, self.rng = number("p", p, below=1), generator(rng)

    def forward(self, x: Any) -> Any:
        p = number("p", self.p, below=1)  # which may have been set since
        if not self.training or not p:
            return x
        x = floating(arraylike(x))
        kept = anew(self.rng.random, x.shape, np.float32) >= p  # the same ones whatever the dtype of x
        return x * (kept * x.dtype.type(1 / (1 - p)))

    def extra_repr(self) -> str:
        return f"{self.p}"
