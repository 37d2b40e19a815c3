"""How good is it: accuracy and the confusion matrix."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd import Tensor


def accuracy(z: Any, t: Any) -> float:
    """The fraction of samples whose largest output is at the right class.

    z   outputs, (m, K), before or after the softmax;   t   labels (m,), or one-hot rows (m, K)

    >>> accuracy(np.array([[0.1, 0.9], [0.8, 0.2]]), np.array([1, 1]))
    0.5
    """
    z, t = _array(z), _array(t)
    if z.ndim != 2 or t.shape not in (z.shape, z.shape[:1]):
        raise ValueError(f"accuracy: expected outputs (m, K) and labels (m,) or (m, K), got {z.shape} and {t.shape}")
    labels = t.argmax(1) if t.ndim == 2 else _labels("accuracy", t, z.shape[1])
    return float((z.argmax(1) == labels).mean())


def confusion_matrix(t: Any, predicted: Any, classes: int) -> np.ndarray:
    """How often class i (row) was taken for class j (column), (classes, classes).

    >>> confusion_matrix([0, 1, 1], [0, 1, 0], 2)
    array([[1, 0],
           [1, 1]])
    """
    t, predicted = (_labels("confusion_matrix", _array(x), classes) for x in (t, predicted))
    if t.shape != predicted.shape:
        raise ValueError(f"confusion_matrix: expected as many labels as predictions, got {t.shape}, {predicted.shape}")
    matrix = np.zeros((classes, classes), np.int64)
    np.add.at(matrix, (t, predicted), 1)
    return matrix


def _labels(name: str, labels: np.ndarray, classes: int) -> np.ndarray:
    if labels.dtype.kind not in "iu":
        raise ValueError(f"{name}: expected whole numbers as labels, got {labels.dtype}")
    if labels.size and not (labels.min() >= 0 and labels.max() < classes):
        raise IndexError(f"{name}: expected labels from 0 to {classes - 1}, got {labels.min()} to {labels.max()}")
    return labels


def _array(x: Any) -> np.ndarray:
    return x.array if isinstance(x, Tensor) else np.asarray(x)
