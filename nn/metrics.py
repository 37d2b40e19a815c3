"""How good is it: what is right of classes, and how far off numbers are; each from plain arrays or Tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import numpy as np

from autograd import Tensor
from autograd.arguments import explained
from autograd.arrays import Array, plain
from nn.checks import labels_in_range, whole


@explained
def accuracy(z: Array, t: Array) -> float:
    """The fraction of samples whose largest output is at the right class.

    z   outputs, (m, K >= 2), before or after the softmax, or predicted labels (m,)
    t   labels (m,), or one-hot rows (m, K); raises ValueError for rows of several labels, or of none

    >>> accuracy(np.array([[0.1, 0.9], [0.8, 0.2]]), np.array([1, 1]))
    0.5
    """
    predicted, t, _ = _both("accuracy", z, t)
    return float((predicted == t).mean())


@explained
def binary_accuracy(p: Array, t: Array) -> float:
    """The fraction of entries that are on the right side of 1/2, of one output or of several with yes and no each.

    p   probabilities, (m,), (m, 1) or (m, n); of net values before the sigmoid there is ..._with_logits
    t   0 or 1, of the same shape, or (m,) for p (m, 1); raises ValueError for anything else

    >>> binary_accuracy(np.array([0.1, 0.9, 0.8, 0.7]), np.array([0, 1, 0, 0]))
    0.5
    """
    p = plain(_array(p))
    if p.size and (p.min() < 0 or p.max() > 1):
        raise ValueError(f"binary_accuracy: expected probabilities as p, got {p.min():.4g} to {p.max():.4g}: of net "
                         "values before the sigmoid there is binary_accuracy_with_logits")  # fmt: skip
    return _on_the_right_side("binary_accuracy", p, t, 0.5)


@explained
def binary_accuracy_with_logits(z: Array, t: Array) -> float:
    """binary_accuracy of p = σ(z): the fraction of entries that are on the right side of 0; a NaN is on neither.

    >>> binary_accuracy_with_logits(np.array([[-2.0], [3.0]]), np.array([0, 1]))
    1.0
    """
    return _on_the_right_side("binary_accuracy_with_logits", plain(_array(z)), t, 0)


@explained
def confusion_matrix(z: Array, t: Array, classes: int | None = None) -> np.ndarray:
    """How often class i (row) was taken for class j (column), (classes, classes); z and t as of accuracy.

    >>> confusion_matrix([0, 1, 0], [0, 1, 1])
    array([[1, 0],
           [1, 1]])
    """
    taken, t, classes = _both("confusion_matrix", z, t, classes)
    matrix = np.zeros((classes, classes), np.int64)
    np.add.at(matrix, (t, taken), 1)
    return matrix


@explained
def top_k_accuracy(z: Array, t: Array, k: int = 5) -> float:
    """The fraction of samples whose right class is among the k largest outputs; as accuracy, which it is for k = 1.

    >>> top_k_accuracy(np.array([[0.1, 0.2, 0.7], [0.5, 0.3, 0.2]]), np.array([1, 2]), k=2)
    0.5
    """
    z = plain(_array(z)).astype(np.float64)
    if z.ndim == 2 and z.shape[1] == 1:
        raise ValueError(f"top_k_accuracy: expected outputs (m, K) of K >= 2 classes, got {z.shape}")
    _, t, classes = _both("top_k_accuracy", z, t)
    if z.ndim != 2 or whole("k", k, 1) > classes:
        raise ValueError(f"top_k_accuracy: expected k from 1 to {classes}, and outputs (m, K), got {k} and {z.shape}")
    order = np.argsort(np.where(np.isnan(z), -np.inf, -z), axis=1, kind="stable")  # ties and NaN as in argmax
    return float((order[:, :k] == t[:, None]).any(1).mean())


@explained
def precision(z: Array, t: Array, average: Literal["macro", "micro"] | None = "macro") -> Any:
    """Of the samples that were taken for a class, the fraction that belong to it: TP / (TP + FP).

    z         outputs (m, K >= 2), of which the largest is the prediction, or predicted labels (m,)
    t         labels (m,), or one-hot rows (m, K)
    average   "macro": the mean over the classes that occur in t or in the prediction; "micro": of the sums over all
              classes, which for one label a sample is the accuracy; None: for each class, (K,)
    returns   a number, or an array; 0 where it is 0 / 0; raises ValueError, IndexError for a label out of range

    >>> precision([0, 1, 1, 1], [0, 0, 1, 1], average=None).round(3)
    array([1.   , 0.667])
    """
    return _averaged("precision", z, t, average, lambda hits, taken, there: (hits, taken))


@explained
def recall(z: Array, t: Array, average: Literal["macro", "micro"] | None = "macro") -> Any:
    """Of the samples that belong to a class, the fraction that were taken for it: TP / (TP + FN); as precision.

    >>> recall([0, 1, 1, 1], [0, 0, 1, 1], average=None)
    array([0.5, 1. ])
    """
    return _averaged("recall", z, t, average, lambda hits, taken, there: (hits, there))


@explained
def f1(z: Array, t: Array, average: Literal["macro", "micro"] | None = "macro") -> Any:
    """The harmonic mean of precision and recall: 2 TP / (2 TP + FP + FN); as precision.

    >>> f1([0, 1, 1, 1], [0, 0, 1, 1], average=None).round(3)
    array([0.667, 0.8  ])
    """
    return _averaged("f1", z, t, average, lambda hits, taken, there: (2 * hits, taken + there))


@explained
def balanced_accuracy(z: Array, t: Array) -> float:
    """The mean over the classes that occur in t of the fraction of their samples that are right; as accuracy.

    >>> balanced_accuracy([0, 0, 0, 0], [0, 0, 0, 1])  # where accuracy is 0.75
    0.5
    """
    matrix = confusion_matrix(z, t)
    there = matrix.sum(1)
    return float((matrix.diagonal()[there > 0] / there[there > 0]).mean())


@explained
def roc_auc(p: Array, t: Array) -> float:
    """How likely a sample of class 1 is given more than one of class 0, equal counting half: the area under the ROC.

    p   of class 1: probabilities, or net values, (m,) or (m, 1); a NaN makes it NaN
    t   0 or 1, of the same shape or (m,); raises ValueError for anything else, and if either class has no sample

    >>> roc_auc([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1])
    0.75
    """
    p, t = plain(_array(p)), plain(_array(t))
    if p.shape not in ((p.size,), (p.size, 1)) or t.shape not in (p.shape, (p.size,)):
        raise ValueError(f"roc_auc: expected one value and a 0 or 1 for each sample, got {p.shape} and {t.shape}; "
                         "of a softmax of two classes take p[:, 1]")  # fmt: skip
    p, t = p.ravel(), t.ravel()
    if set(np.unique(t).tolist()) != {0, 1}:
        raise ValueError(f"roc_auc: expected targets 0 and 1, some of each, got {t.min():.4g} to {t.max():.4g}"
                         if t.size else "roc_auc: there are no samples")  # fmt: skip
    if np.isnan(p).any():
        return float("nan")
    _, places, counts = np.unique(p, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[places]  # from 1; of equal values their mean
    yes = t == 1
    n, m = int(yes.sum()), int((~yes).sum())
    return float((ranks[yes].sum() - n * (n + 1) / 2) / (n * m))


@explained
def r2(y: Array, t: Array) -> float:
    """The fraction of the targets' variance that is explained, 1 - Σ (t - y)² / Σ (t - mean of t)²: 1 is perfect.

    y, t      predictions and targets of one shape, (m,) or (m, n): then the mean over the outputs
    returns   a number <= 1, 0 for predicting the mean; where the targets have no spread 1 if all is right, else 0

    >>> r2(np.array([1.0, 2.0, 4.0]), np.array([1.0, 2.0, 3.0]))
    0.5
    """
    y, t = _alike("r2", y, t)
    left, spread = ((t - y) ** 2).sum(0), ((t - t.mean(0)) ** 2).sum(0)
    varies = t.max(0) > t.min(0)
    explained = np.where(varies, 1 - left / np.where(varies, spread, 1), left == 0)
    return float(np.where(np.isnan(left), np.nan, explained).mean())


@explained
def mean_absolute_error(y: Array, t: Array) -> float:
    """The mean of |y - t| over samples and outputs.

    >>> mean_absolute_error(np.array([1.0, 2.0, 4.0]), np.array([1.0, 2.0, 1.0]))
    1.0
    """
    y, t = _alike("mean_absolute_error", y, t)
    return float(np.abs(y - t).mean())


@explained
def root_mean_squared_error(y: Array, t: Array) -> float:
    """√ of the mean of (y - t)² over samples and outputs: in the unit of the targets.

    >>> root_mean_squared_error(np.array([1.0, 5.0, 2.0, 3.0]), np.array([1.0, 1.0, 2.0, 3.0]))
    2.0
    """
    y, t = _alike("root_mean_squared_error", y, t)
    return float(np.sqrt(((y - t) ** 2).mean()))


def _averaged(
    name: str, z: Any, t: Any, average: Literal["macro", "micro"] | None, parts: Callable[..., tuple[Any, Any]]
) -> Any:
    """A fraction of counts for each class: of hits, of how often it was taken to be there, and of how often it is."""
    if average not in ("macro", "micro", None):
        raise ValueError(f'{name}: expected average "macro", "micro" or None, got {average!r}')
    matrix = confusion_matrix(*_both(name, z, t))
    counts = np.stack([matrix.diagonal(), matrix.sum(0), matrix.sum(1)])
    over, under = parts(*(counts.sum(1, keepdims=True) if average == "micro" else counts))
    each = over / np.where(under == 0, 1, under)
    return each if average is None else float(each[counts[1:].any(0)].mean() if average == "macro" else each[0])


def _both(name: str, z: Any, t: Any, classes: int | None = None) -> tuple[np.ndarray, np.ndarray, int]:
    """The predicted labels, the right ones, and the number of classes, by default as many as there must be."""
    z, t = _array(z), _array(t)
    if not z.size or z.ndim not in (1, 2) or t.shape not in (z.shape, z.shape[:1]):
        raise ValueError(f"{name}: expected outputs (m, K), or labels (m,), and labels (m,) or rows (m, K), "
                         f"got {z.shape} and {t.shape}")  # fmt: skip
    if z.ndim == 2 and z.shape[1] == 1:  # the largest of one is always the right one
        raise ValueError(f"{name}: expected outputs (m, K) of K >= 2 classes; of one output there is binary_accuracy, "
                         "or hand in labels, as (z[:, 0] > 0).astype(int)")  # fmt: skip
    if t.ndim == 2 and len(odd := np.flatnonzero(((t != 0) & (t != 1)).any(1) | (t.sum(1) != 1))):
        raise ValueError(f"{name}: expected one 1 in each row of t, got {t[odd[0]]} in row {odd[0]}: where samples "
                         "have several labels or none, measure each column by itself, as in "
                         f"{name}(p[:, k] > 0.5, t[:, k]), or all entries with binary_accuracy(p, t)")  # fmt: skip
    taken, right = (x.argmax(1) if x.ndim == 2 else x.astype(int) if x.dtype == bool else x for x in (z, t))
    for labels in (taken, right):
        if labels.dtype.kind not in "iu":
            raise ValueError(f"{name}: expected whole numbers as labels, got {labels.dtype}")
    there = z.shape[1] if z.ndim == 2 else max(int(taken.max()), int(right.max()), 0) + 1
    there = there if classes is None else whole("classes", classes, 1)
    for labels in (taken, right):
        labels_in_range(name, labels, there)
    return taken, right, there


def _on_the_right_side(name: str, y: np.ndarray, t: Any, limit: float) -> float:
    """The fraction of outputs that are above the limit where the target is 1, and not where it is 0."""
    t = plain(_array(t))
    if t.shape not in (y.shape, y.shape[:1] if y.shape[1:] == (1,) else y.shape) or not y.size:
        raise ValueError(f"{name}: expected a 0 or 1 for each output, got shapes {y.shape} and {t.shape}")
    if not ((t == 0) | (t == 1)).all():
        raise ValueError(f"{name}: expected targets 0 or 1, got {t.min():.4g} to {t.max():.4g}")
    return float(((y > limit) == t.reshape(y.shape))[~np.isnan(y)].sum() / y.size)


def _alike(name: str, y: Any, t: Any) -> tuple[np.ndarray, np.ndarray]:
    """Both in double precision, and of one shape."""
    y, t = (plain(_array(x)).astype(np.float64) for x in (y, t))
    if y.shape != t.shape or not y.size or not y.ndim:
        raise ValueError(f"{name}: expected predictions and targets of one shape, got {y.shape} and {t.shape}")
    return y, t


def _array(x: Any) -> np.ndarray:
    return x.array if isinstance(x, Tensor) else np.asarray(x)


METRICS: dict[str, Callable[[Any, Any], Any]] = {
    "accuracy": accuracy, "binary_accuracy": binary_accuracy,
    "binary_accuracy_with_logits": binary_accuracy_with_logits, "top_k_accuracy": top_k_accuracy,
    "precision": precision, "recall": recall, "f1": f1, "balanced_accuracy": balanced_accuracy, "roc_auc": roc_auc,
    "r2": r2, "mean_absolute_error": mean_absolute_error, "root_mean_squared_error": root_mean_squared_error,
}  # fmt: skip
ERRORS = ("mean_absolute_error", "root_mean_squared_error")  # of these less is better
