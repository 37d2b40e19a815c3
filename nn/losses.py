"""The costs: each checks what it was given, then calls one fused op; each returns one number.

y is what the model says and t what is true; both have one sample a row.  Nothing is broadcast: (N,) against (N, 1)
would silently compare every sample with every other, so it is refused.

`sample_weight` is a number >= 0 for each sample: the mean of the costs l over the samples becomes Σ w l / Σ w, in which
a weight of 2 is the sample twice, and a weight of 0 its absence, even where its cost is infinite (unless a gradient
flows to the weights: then 0 is a number like others).  ValueError for one below 0, and if all are 0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

import autograd
from autograd import Tensor
from autograd.arguments import explained
from autograd.arrays import Array, plain
from autograd.errors import describe
from autograd.graph import array_of
from autograd.ops import loss
from autograd.recording import checked
from autograd.selection import keep
from nn.checks import labels_in_range, number, positive
from nn.module import tensors


@explained
def squared_error(y: Array, t: Array, *, sample_weight: Array | None = None) -> Any:
    """Σ (y - t)² over the outputs, averaged over the samples: dC/dy = 2 (y - t) / m (notes A and B: A2, A3, B2).

    y, t      of one shape: (m, n), or (m,) for m samples of one output
    returns   a number; raises ValueError when the shapes differ

    >>> print(squared_error(np.array([[1.0, 2.0]]), np.array([[1.0, 5.0]])))
    9.0
    >>> print(squared_error(np.array([1.0, 2.0]), np.array([1.0, 5.0]), sample_weight=[2, 1]))
    3.0
    """
    y, t = _alike("squared_error", y, t)
    return _squares("squared_error", y, t, 1 / _samples(y), sample_weight)


@explained
def half_squared_error(y: Array, t: Array, *, sample_weight: Array | None = None) -> Any:
    """½ Σ (y - t)² over the outputs, averaged over the samples: dC/dy = (y - t) / m (note D: D1); as squared_error.

    >>> print(half_squared_error(np.array([[1.0, 2.0]]), np.array([[1.0, 5.0]])))
    4.5
    """
    y, t = _alike("half_squared_error", y, t)
    return _squares("half_squared_error", y, t, 0.5 / _samples(y), sample_weight)


@explained
def mean_squared_error(y: Array, t: Array, *, sample_weight: Array | None = None) -> Any:
    """The mean of (y - t)² over samples and outputs alike, as PyTorch's MSELoss; as squared_error.

    >>> print(mean_squared_error(np.array([[1.0, 2.0]]), np.array([[1.0, 5.0]])))
    4.5
    """
    y, t = _alike("mean_squared_error", y, t)
    return _squares("mean_squared_error", y, t, 1 / y.size, sample_weight)


@explained
def binary_cross_entropy(p: Array, t: Array, *, sample_weight: Array | None = None) -> Any:
    """The mean of -t ln p - (1 - t) ln(1 - p) over all entries, p a probability (note D: D2).

    p, t      of one shape, entries in [0, 1]
    returns   a number, infinite and with an infinite slope where p excludes what happened: where p = σ(z), give z to
              binary_cross_entropy_with_logits instead; raises ValueError

    >>> print(binary_cross_entropy(np.array([0.5, 1.0]), np.array([1.0, 1.0])).round(6))
    0.346574
    """
    p, t = _alike("binary_cross_entropy", p, t)
    hint = " (for net values before the sigmoid there is ..._with_logits)"
    checked(_within_0_1, "binary_cross_entropy", "p", array_of(p), hint)
    checked(_within_0_1, "binary_cross_entropy", "t", array_of(t), "")
    if sample_weight is None:
        return loss.binary_cross_entropy(p, t)
    return autograd.mean(_weighted("binary_cross_entropy", loss.binary_cross_entropies(p, t), sample_weight))


@explained
def binary_cross_entropy_with_logits(
    z: Array, t: Array, *, sample_weight: Array | None = None, pos_weight: Any = None
) -> Any:
    """binary_cross_entropy of p = σ(z), exact for any finite z: dC/dz = (σ(z) - t) / size (note D: D2).

    z, t         of one shape, t in [0, 1]
    pos_weight   a number >= 0, or one for each output (n,), that multiplies the term of t, -t ln p: above 1 where
                 what is true is rare; as PyTorch's
    returns      a number, infinite where z = ±∞ excludes t, NaN for z = ∞ and t = 1, as PyTorch's; raises ValueError

    >>> print(binary_cross_entropy_with_logits(np.array([0.0]), np.array([1.0])).round(6))
    0.693147
    """
    z, t = _alike("binary_cross_entropy_with_logits", z, t)
    checked(_within_0_1, "binary_cross_entropy_with_logits", "t", array_of(t), "")
    if sample_weight is None and pos_weight is None:
        return loss.binary_cross_entropy_with_logits(z, t)
    positive = t
    if pos_weight is not None:
        shapes = ((), z.shape[-1:])
        positive = t * _weights("binary_cross_entropy_with_logits: pos_weight", pos_weight, shapes, z.dtype)
    terms = loss.binary_cross_entropies_with_logits(z, positive, 1 - t)
    return autograd.mean(_weighted("binary_cross_entropy_with_logits", terms, sample_weight))


@explained
def cross_entropy(
    z: Any, t: Any, *, weight: Any = None, label_smoothing: float = 0.0, sample_weight: Any = None
) -> Any:
    """-Σ t ln softmax(z) over the classes, averaged over the samples: dC/dz = (softmax(z) - t) / m (note D: D3).

    z                 net values before the softmax, (m, K)
    t                 integer labels (m,), or one-hot rows or probabilities (m, K)
    weight            a number >= 0 for each class, (K,), that multiplies its term; the mean over labels is then the
                      weighted one, Σ w l / Σ w with the weights of the labels, while rows count alike: as PyTorch's
    label_smoothing   ε from 0 to 1: instead of t stands (1 - ε) t + ε / K (Szegedy et al. 2016)
    returns           a number; raises ValueError for shapes that do not fit, IndexError for a label out of range

    All three weigh t, and change nothing else: C is -Σ t' ln softmax(z) / m, with t' = w ((1 - ε) t + ε / K) times
    the sample's weight, over the mean of the weights.

    >>> print(cross_entropy(np.array([[0.0, 0.0]]), np.array([1])).round(6))
    0.693147
    >>> print(cross_entropy(np.array([[1.0, 0.0]]), np.array([0]), label_smoothing=0.1).round(6))
    0.363262
    """
    z, t = _floating(z), _labels(t)
    shape = z.shape
    if not shape or 0 in shape:
        raise ValueError(f"cross_entropy: expected net values (m, K) of at least one sample, got shape {shape}")
    labels = t.dtype.kind in "iu" and t.shape == shape[:-1]
    if labels:
        checked(labels_in_range, "cross_entropy", t, shape[-1])
    elif t.shape != shape:
        kind = "" if t.dtype.kind in "iu" or t.shape != z.shape[:-1] else f" of integers, not {t.dtype},"
        raise ValueError(
            f"cross_entropy: for net values of shape {z.shape} expected labels of shape {z.shape[:-1]}{kind} "
            f"or one-hot rows of shape {z.shape}, got {t.shape}"
        )
    else:
        z, t = _alike("cross_entropy", z, t)
        checked(_probabilities, "cross_entropy", "t", array_of(t))
    smooth = number("label_smoothing", label_smoothing, most=1)
    if weight is None and sample_weight is None and not smooth:
        return loss.softmax_cross_entropy(z, t) if labels else loss.softmax_cross_entropy_with(z, t)
    rows = loss.one_hot(t, shape[-1], z.dtype) if labels else t
    soft = _weighted("cross_entropy", (1 - smooth) * rows + smooth / shape[-1], sample_weight, t.ndim - (not labels))
    if weight is not None:
        w = _weights("cross_entropy: weight", weight, (shape[-1:],), z.dtype)
        if labels:
            of_labels = _weighted("cross_entropy", (rows * w).sum(axis=-1), sample_weight, t.ndim).mean()
            checked(_some, "cross_entropy: weight, of the labels in t", array_of(of_labels))
            w = w / of_labels
        soft = soft * w
    if not isinstance(soft, Tensor):  # a row of zeros is a sample that is left out, whatever its net values
        z = keep(z, (soft != 0).any(axis=-1, keepdims=True))
    return loss.softmax_cross_entropy_with(z, soft)


@explained
def nll(log_p: Array, t: Array, *, sample_weight: Array | None = None) -> Any:
    """-ln p of the true class, averaged over the samples: cross_entropy after a log_softmax, as PyTorch's NLLLoss.

    log_p     logarithms of probabilities, (m, K), as log_softmax gives them
    t         integer labels (m,)
    returns   a number; raises ValueError for shapes that do not fit, and where probabilities have a sum above 1, as
              without their logarithm; IndexError for a label out of range

    >>> print(nll(np.log(np.array([[0.25, 0.75]])), np.array([0])).round(6))
    1.386294
    """
    log_p, t = _floating(log_p), _labels(t)
    if t.dtype.kind not in "iu" or log_p.ndim < 1 or t.shape != log_p.shape[:-1] or 0 in log_p.shape:
        raise ValueError(f"nll: expected log_p (m, K) and integer labels (m,), got {log_p.shape} and {describe(t)}")
    checked(labels_in_range, "nll", t, log_p.shape[-1])
    checked(_logarithms, "nll", "log_p", array_of(log_p))
    picked = autograd.getitem(log_p, (*np.indices(t.shape, sparse=True), t))
    return -autograd.mean(_weighted("nll", picked, sample_weight, t.ndim))


@explained
def kl_divergence(log_q: Array, p: Array, *, sample_weight: Array | None = None) -> Any:
    """Σ p (ln p - ln q) over the classes, averaged over the samples: how far q is from p, 0 ln 0 = 0.

    log_q     logarithms of the model's probabilities, (m, K);   p   the true ones, of the same shape
    returns   a number >= 0; raises ValueError for what are no such logarithms, or no such probabilities

    >>> print(kl_divergence(np.log(np.array([[0.5, 0.5]])), np.array([[1.0, 0.0]])).round(6))
    0.693147
    """
    log_q, p = _alike("kl_divergence", log_q, p)
    if not log_q.ndim:
        raise ValueError("kl_divergence: expected log_q and p (m, K), got two numbers")
    checked(_probabilities, "kl_divergence", "p", array_of(p))
    checked(_logarithms, "kl_divergence", "log_q", array_of(log_q))
    terms = _weighted("kl_divergence", autograd.xlogy(p, p) - p * log_q, sample_weight, log_q.ndim - 1)
    return autograd.sum(terms) / max(log_q.size // log_q.shape[-1], 1)


@explained
def absolute_error(y: Array, t: Array, *, sample_weight: Array | None = None) -> Any:
    """Σ |y - t| over the outputs, averaged over the samples: dC/dy = sign(y - t) / m; as squared_error.

    >>> print(absolute_error(np.array([[1.0, 2.0]]), np.array([[1.0, 5.0]])))
    3.0
    """
    y, t = _alike("absolute_error", y, t)
    return autograd.sum(_weighted("absolute_error", autograd.absolute(y - t), sample_weight)) / _samples(y)


@explained
def huber(y: Array, t: Array, delta: float = 1.0, *, sample_weight: Array | None = None) -> Any:
    """The mean of ½ d² where |d| <= delta, else delta (|d| - ½ delta), d = y - t (Huber 1964); as PyTorch's HuberLoss.

    At |d| = delta the second derivative is that of the inside, 1, as of clip.

    >>> print(huber(np.array([0.5, 3.0]), np.array([0.0, 0.0])))
    1.3125
    """
    y, t = _alike("huber", y, t)
    delta = positive("delta", delta)
    d = y - t
    near = autograd.clip(d, -delta, delta)  # ½ near² + |far| delta, with a slope that is near itself
    return autograd.mean(_weighted("huber", near * (d - 0.5 * near), sample_weight))


@explained
def hinge(y: Array, t: Array, *, sample_weight: Array | None = None) -> Any:
    """The mean of max(0, 1 - t y), t being 1 or -1; derivative -t where t y < 1 and, as of relu, 0 where t y = 1.

    >>> print(hinge(np.array([0.5, 2.0]), np.array([1, 1])))
    0.25
    """
    y, t = _alike("hinge", y, t)
    checked(_signs, array_of(t))
    return autograd.mean(_weighted("hinge", autograd.relu(1 - t * y), sample_weight))


@explained
def l1(params: Iterable[Any]) -> Any:
    """Σ |p| over the entries of all parameters: a penalty, to be added to a cost; derivative sign(p) (note E: E6).

    >>> print(l1([np.array([1.0, -2.0]), np.array([[3.0]])]))
    6.0
    """
    return _total("l1", autograd.absolute, params)


@explained
def l2(params: Iterable[Any]) -> Any:
    """½ Σ p² over the entries of all parameters: a penalty, to be added to a cost; derivative p (note E: E6).

    params    as model.parameters() gives them, or some of these
    returns   a number; raises ValueError if there are none

    >>> print(l2([np.array([1.0, -2.0]), np.array([[3.0]])]))
    7.0
    """
    return 0.5 * _total("l2", autograd.square, params)


def _total(name: str, entries: Callable[[Any], Any], params: Iterable[Any]) -> Any:
    sums = [autograd.sum(entries(p)) for p in tensors(params)]
    if not sums:
        raise ValueError(f"{name}: expected parameters, as model.parameters() gives them, got none")
    return sum(sums[1:], sums[0])


def _squares(name: str, y: Any, t: Any, scale: float, sample_weight: Any) -> Any:
    if sample_weight is None:
        return loss.squared_error(y, t, scale=scale)
    return autograd.sum(_weighted(name, autograd.square(y - t), sample_weight)) * scale


def _weighted(name: str, costs: Any, sample_weight: Any, axes: int = 1) -> Any:
    """Costs, each times its sample's weight over the mean weight: their mean is Σ w l / Σ w.

    The samples lie along the first axes.  Without weights the costs stay what they are.
    """
    if sample_weight is None:
        return costs
    samples = costs.shape[:axes]
    w = _weights(f"{name}: sample_weight", sample_weight, (samples,))
    w = (w / w.mean()).reshape(samples + (1,) * (costs.ndim - axes))
    w = w if w.dtype == costs.dtype else w.astype(costs.dtype)
    return (costs if isinstance(w, Tensor) else keep(costs, w != 0)) * w  # 0 · inf is NaN, and so is its derivative


def _weights(name: str, w: Any, shapes: tuple[tuple[int, ...], ...], dtype: Any = None) -> Any:
    """Weights, of one of these shapes and in this dtype; ValueError unless they are >= 0, and some above."""
    w = _floating(_constant(w))
    if w.shape not in shapes:
        raise ValueError(f"{name}: expected shape {' or '.join(map(str, shapes))}, got {w.shape}")
    checked(_some, name, array_of(w))
    return w if dtype in (None, w.dtype) else w.astype(dtype)


def _some(name: str, w: np.ndarray) -> None:
    if not w.min() >= 0:
        raise ValueError(f"{name}: expected numbers >= 0, got {w.min():.4g}")
    if not 0 < w.sum() < np.inf:
        raise ValueError(f"{name}: expected a finite sum above 0, got {w.sum():.4g}: all of them 0 leave no sample")


def _floating(y: Any) -> Any:
    y = y if isinstance(y, Tensor) else plain(y)
    return y if y.dtype.kind == "f" else y.astype(float)


def _constant(t: Any) -> Any:
    """A target as an array, unless a gradient shall flow to it."""
    if isinstance(t, Tensor):
        return t if t.requires_grad else array_of(t)
    return plain(t)


def _labels(t: Any) -> Any:
    """A target, with False and True as the labels 0 and 1."""
    t = _constant(t)
    return t.astype(np.int64) if t.dtype == bool else t


def _alike(name: str, y: Any, t: Any) -> tuple[Any, Any]:
    """y and t, of one shape, t in the dtype of y: float32 stays float32 whatever the targets came in."""
    y, t = _floating(y), _constant(t)
    shape, dtype = y.shape, y.dtype
    if t.shape != shape:
        hint = ": write t[:, None], or y[:, None] where fit takes it" if (*t.shape, 1) == shape else ""
        raise ValueError(f"{name}: expected a target of shape {shape}, that of the prediction; got {t.shape}{hint}")
    if 0 in shape:
        raise ValueError(f"{name}: there are no samples, the shape is {shape}")
    if t.dtype != dtype and not isinstance(t, Tensor):
        t = t.astype(dtype)
    return y, t


def _samples(y: Any) -> int:
    return y.shape[0] if y.ndim else 1


def _within_0_1(name: str, which: str, array: np.ndarray, hint: str) -> None:
    if array.size and not (array.min() >= 0 and array.max() <= 1):
        if np.isnan(array).any():
            return  # a NaN is passed on, and shows in the loss
        raise ValueError(f"{name}: expected {which} in [0, 1], got {array.min():.4g} to {array.max():.4g}{hint}")


def _probabilities(name: str, which: str, p: np.ndarray) -> None:
    if (p < 0).any() or not np.allclose(p.sum(-1), 1, atol=1e-3):
        raise ValueError(f"{name}: expected every row of {which} to be one-hot or probabilities: >= 0, with sum 1")


def _logarithms(name: str, which: str, log_p: np.ndarray) -> None:
    with np.errstate(over="ignore"):
        sums = np.exp(log_p).sum(-1)
    if (above := sums[sums > 1.001]).size:
        raise ValueError(f"{name}: expected the logarithms of probabilities as {which}, as log_softmax gives them; got "
                         f"a row whose exponentials have the sum {above[0]:.4g}, above 1")  # fmt: skip


def _signs(t: np.ndarray) -> None:
    if not (np.abs(t) == 1).all():
        raise ValueError("hinge: expected targets that are 1 or -1")


LOSSES: dict[str, Callable[..., Any]] = {cost.__name__: cost for cost in (
    squared_error, half_squared_error, mean_squared_error, absolute_error, huber, hinge, binary_cross_entropy,
    binary_cross_entropy_with_logits, cross_entropy, nll, kl_divergence,
)}  # fmt: skip
