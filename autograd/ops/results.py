"""Decompositions with their parts named as NumPy names them: eigh(a).eigenvalues, svd(a).S, slogdet(a).logabsdet."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, NamedTuple

from autograd.ops import algebra
from autograd.primitive import Array


class EighResult(NamedTuple):
    eigenvalues: Array
    eigenvectors: Array


class SVDResult(NamedTuple):
    U: Array
    S: Array
    Vh: Array


class SlogdetResult(NamedTuple):
    sign: Array
    logabsdet: Array


def _named(result: Any, decomposition: Callable) -> Callable[..., Any]:
    @wraps(decomposition)
    def call(*args: Any, **kwargs: Any) -> Any:
        return result(*decomposition(*args, **kwargs))

    return call


eigh = _named(EighResult, algebra.eigh)
svd = _named(SVDResult, algebra.svd)
slogdet = _named(SlogdetResult, algebra.slogdet)
