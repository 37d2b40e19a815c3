"""Plots of a training and of what was trained, by matplotlib (the `plot` extra)."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Mapping, Sequence
from math import ceil, hypot, isqrt, sqrt
from pathlib import Path
from typing import Any

import numpy as np

from autograd import no_grad
from autograd.arguments import describe
from autograd.files import write
from autograd.graph import array_of
from nn.checks import number, whole
from nn.layers import Linear
from nn.module import Module
from nn.optim import Optimizer
from nn.training import History

SIZE = (4.6, 3.4)  # of one plot, in inches
LISTED = 8  # layers that a legend names; of more, some between the first and the last


def curves(history: History, axes: Any = None) -> Any:
    """Loss and accuracy over the epochs, with those of the validation data where there are any.

    history   as nn.fit returns it, or any list of rows like it, with an epoch and a loss
    axes      where to draw: one axes for the loss, or an array of two for loss and accuracy
    returns   a matplotlib Figure of its own; with axes, these

    Raises ImportError, with what to install, where matplotlib is missing, and ValueError for an empty history.

    >>> figure = curves([{"epoch": 1, "loss": 1.0, "val_loss": 1.5}, {"epoch": 2, "loss": 0.5, "val_loss": 1.0}])
    >>> [line.get_label() for line in figure.axes[0].lines]
    ['training', 'validation']
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise _missing(error) from error
    if not history:
        raise ValueError("the history is empty: there is nothing to plot")
    history = History(history)
    names = [name for name in ("loss", "accuracy") if name in history[0]]
    drawn = axes
    if axes is None:
        drawn = Figure(figsize=(SIZE[0] * len(names), SIZE[1]), layout="constrained")
        axes = drawn.subplots(1, len(names))
    places = np.atleast_1d(np.asarray(axes, object)).ravel()
    if len(places) > len(names):
        raise ValueError(f"axes: this history has {' and '.join(names)}, and there are {len(places)} axes to draw on")
    for place, name in zip(map(_axes, places), names, strict=False):
        for key, label, style in ((name, "training", "-"), (f"val_{name}", "validation", "--")):
            if key in history[0]:
                place.plot(history.column("epoch"), history.column(key), style, label=label, **_line(len(history)))
        if name == "loss" and all(y > 0 for line in place.lines for y in line.get_ydata()):
            place.set_yscale("log")
        _finish(place, xlabel="epoch", title=name)
        place.legend(frameon=False)
    return drawn


class GradientNorms(dict[str, list[float]]):
    """The norm of each layer's gradient, taken whenever it is called: after backward(), or as on_epoch of nn.fit.

    model    a Module; a layer is what holds parameters itself, named by its place, as repr(model) has it
    raises   ValueError if no parameter has a gradient yet

    It is a dict, {layer: [norm, ...]}, where a norm is √Σg² over all parameters of the layer, and 0 if none of them has
    a gradient.  nn.fit calls on_epoch after the last step of an epoch, and the gradients are those of that step.

    >>> import nn
    >>> model = nn.MLP(1, 1, rng=0)
    >>> norms = GradientNorms(model)
    >>> x = np.linspace(-1, 1, 64)[:, None]
    >>> history = nn.fit(model, x, 3 * x, epochs=3, rng=0, progress=False, on_epoch=norms)
    >>> {layer: len(taken) for layer, taken in norms.items()}
    {'0': 3}
    """

    def __init__(self, model: Module) -> None:
        if not isinstance(model, Module):
            raise TypeError(f"GradientNorms: expected a Module, got {describe(model)}")
        self.model, self.unit = model, "step"
        super().__init__({_layer(path): [] for path, _ in model.named_parameters()})
        if not self:
            raise ValueError(f"GradientNorms: {type(model).__name__} has no parameters")

    def __call__(self, row: Mapping[str, float] | None = None) -> None:
        """Takes the norms as they are now; the row that on_epoch is given says only that epochs are counted."""
        self.unit = "step" if row is None else "epoch"
        gradients = [(path, p.grad) for path, p in self.model.named_parameters() if p.grad is not None]
        if not gradients:
            raise ValueError("no parameter has a gradient: take the norms after loss.backward()")
        norms = dict.fromkeys(self, 0.0)
        for path, g in gradients:  # in float64, which holds the square of any float32
            norms[_layer(path)] = hypot(norms[_layer(path)], float(np.linalg.norm(np.asarray(g, float))))
        for layer, norm in norms.items():
            self[layer].append(norm)


def gradient_norms(norms: Mapping[str, Sequence[float]], axes: Any = None) -> Any:
    """The norm of each layer's gradient over training, from the first layer (dark) to the last (light).

    norms     a GradientNorms, or any {layer: [norm, ...]}, all of one length
    axes      the matplotlib Axes to draw on; by default those of a new figure
    returns   the axes

    Raises ImportError, with what to install, where matplotlib is missing, and ValueError if nothing was taken.

    >>> axes = gradient_norms({"0": [0.1, 0.01], "2": [1.0, 0.5]})
    >>> [line.get_label() for line in axes.lines], axes.get_yscale()
    (['0', '2'], 'log')
    """
    taken = {layer: np.asarray(values, float) for layer, values in norms.items()}
    lengths = {len(values) for values in taken.values()}
    if len(lengths) != 1 or lengths == {0}:
        raise ValueError("norms: expected as many of every layer, and one at least, got "
                         f"{({layer: len(values) for layer, values in taken.items()})}")  # fmt: skip
    (count,) = lengths
    axes = _axes(axes)
    shades = _colormap("viridis")(np.linspace(0, 0.88, len(taken)))
    for (layer, values), shade in zip(taken.items(), shades, strict=True):
        label = layer if values.any() else f"{layer} (all 0)"  # which a logarithmic scale does not show
        axes.plot(np.arange(1, count + 1), values, label=label, color=shade, **_line(count))
    if any((values > 0).any() for values in taken.values()):
        axes.set_yscale("log")
    _finish(axes, xlabel=getattr(norms, "unit", "step"), title="norm of the gradient")
    shown = np.unique(np.linspace(0, len(taken) - 1, min(LISTED, len(taken))).round().astype(int))
    axes.legend(handles=[axes.lines[len(axes.lines) - len(taken) + i] for i in shown], title="layer", frameon=False,
                loc="center left", bbox_to_anchor=(1, 0.5))  # fmt: skip
    return axes


def decision_boundary(
    model: Callable[[Any], Any], x: Any, y: Any, axes: Any = None, *, threshold: float = 0.0, points: int = 200
) -> Any:
    """Which class a model takes each point of the plane for, and the samples, in the colours of their own classes.

    model       a Module, or any function of an array (n, 2), that gives one value for each class, (n, k), of which the
                largest counts, or one value for two classes, (n, 1) or (n,)
    x, y        the samples (n, 2) and their classes: labels from 0 to k - 1, or rows of one 1; of two classes any two
                numbers, such as -1 and 1
    axes        the matplotlib Axes to draw on; by default those of a new figure
    threshold   of one value for two classes: where the higher class begins; 0 for net values and tanh, 1/2 for a
                sigmoid
    points      along each side of the grid on which the model is evaluated, without recording and in evaluation mode
    returns     the axes

    Raises ImportError, with what to install, where matplotlib is missing, and ValueError if the samples are not points
    of the plane, labels do not fit the classes, or the model gives NaN or Inf.

    >>> x = np.array([[0.0, 0.0], [1.0, 1.0]])
    >>> axes = decision_boundary(lambda x: x.sum(1) - 1, x, [0, 1])
    >>> [text.get_text() for text in axes.get_legend().get_texts()]
    ['0', '1']
    """
    x, y = np.asarray(array_of(x)), np.asarray(array_of(y))
    if x.ndim != 2 or x.shape[1] != 2 or not len(x) or x.dtype.kind not in "fiu" or not np.isfinite(x).all():
        raise ValueError(f"x: expected samples of two finite numbers, (n, 2), got {describe(x)}")
    low, high = x.min(0), x.max(0)
    margin = np.where(high > low, 0.1 * (high - low), 1.0)
    sides = np.linspace(low - margin, high + margin, whole("points", points, 2)).T
    plane = np.stack(np.meshgrid(*sides), -1).reshape(-1, 2).astype(x.dtype if x.dtype.kind == "f" else float)
    values = _values(model, plane)
    if values.shape[1] == 1:  # one value, so two classes: the higher one is taken where it is above the threshold
        values = np.concatenate([threshold - values, values - threshold], 1)
        names, labels = np.unique(y, return_inverse=True)
        labels = labels.ravel()
        if len(names) > 2:
            raise ValueError(f"y: one value tells two classes apart, and there are {len(names)}: {names}")
        names = names if len(names) == 2 else np.array([0, 1])
    else:
        labels = y.argmax(1) if y.ndim == 2 and y.shape[1] == values.shape[1] else y.ravel()
        names = np.arange(values.shape[1])
        if labels.dtype.kind not in "iu" or not np.isin(labels, names).all():
            raise ValueError(f"y: expected labels from 0 to {len(names) - 1}, as the model has {len(names)} outputs, "
                             f"got {np.unique(labels)}")  # fmt: skip
    if len(labels) != len(x):
        raise ValueError(f"x and y: expected a class for each of {len(x)} samples, got {describe(y)}")
    axes = _axes(axes)
    colours = _colormap("tab10" if len(names) <= 10 else "tab20")(np.arange(len(names)))
    for k, (name, colour) in enumerate(zip(names, colours, strict=True)):
        lead = values[:, k] - np.delete(values, k, 1).max(1)  # above 0 where this class is taken
        if lead.max() > 0:
            grid = lead.reshape(len(sides[0]), -1)
            axes.contourf(*sides, grid, [0, lead.max()], colors=[colour], alpha=0.18, extend="max")
            if lead.min() < 0:
                axes.contour(*sides, grid, [0], colors="0.35", linewidths=0.8)
        axes.scatter(*x[labels == k].T, s=14, color=[colour], edgecolors="white", linewidths=0.4, label=str(name))
    _finish(axes, xlabel="$x_1$", ylabel="$x_2$", title="decision boundary")
    axes.grid(False)
    axes.legend(title="class", markerscale=1.6, frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
    return axes


def weights(layer: Any, shape: Sequence[int] | None = None, axes: Any = None, *, most: int = 64) -> Any:
    """The weights of each unit of a first layer as an image: red where an input adds to the unit, blue where it takes.

    layer     a Linear, a model, of which the first Linear is taken, or weights (units, inputs)
    shape     (rows, columns) of the images, with rows · columns inputs; by default a square
    axes      the matplotlib Axes to draw on; by default those of a new figure
    most      how many units are shown, from the first on
    returns   the axes, with one image in which those of the units lie in rows, a grey pixel between them; the colours
              have one scale, with white at 0

    Raises ImportError, with what to install, where matplotlib is missing, TypeError for a model without a Linear, and
    ValueError if the inputs do not fill the shape.

    >>> axes = weights(np.eye(4))
    >>> axes.images[0].get_array().shape  # four images of 2 by 2, two in a row
    (5, 5)
    """
    if isinstance(layer, Module):
        first = next((m for m in layer.modules() if isinstance(m, Linear)), None)
        if first is None:
            raise TypeError(f"layer: expected a Linear or a model with one, got {type(layer).__name__}")
        layer = first.weight
    w = np.asarray(array_of(layer))
    if w.ndim != 2 or not w.size or w.dtype.kind not in "fiu" or not np.isfinite(w).all():
        raise ValueError(f"layer: expected finite weights, one row for each unit, got {describe(w)}")
    side = isqrt(w.shape[1])
    rows, columns = (side, side) if shape is None else (whole("shape", n, 1) for n in shape)
    if rows * columns != w.shape[1]:
        raise ValueError(f"shape: {w.shape[1]} inputs are no image of {rows} x {columns}: say shape=(rows, columns)")
    w = w[: whole("most", most, 1)]
    across = ceil(sqrt(len(w)))
    down = ceil(len(w) / across)
    tiles = np.full((down * across, rows + 1, columns + 1), np.nan)  # the last row and column lie between
    tiles[: len(w), :rows, :columns] = w.reshape(-1, rows, columns)
    image = tiles.reshape(down, across, rows + 1, columns + 1).swapaxes(1, 2).reshape(down * (rows + 1), -1)[:-1, :-1]
    largest = float(np.abs(w).max()) or 1.0
    axes = _axes(axes)
    colours = _colormap("RdBu_r").with_extremes(bad="0.85")  # grey between the images: a weight of 0 is white
    drawn = axes.imshow(image, cmap=colours, vmin=-largest, vmax=largest, interpolation="nearest")
    _finish(axes, title=f"weights of {len(w)} units")
    axes.set_axis_off()
    axes.figure.colorbar(drawn, ax=axes, shrink=0.8, pad=0.03).outline.set_visible(False)
    return axes


def schedule(lr: float | Callable[[int], float] | Optimizer, steps: int, axes: Any = None) -> Any:
    """The learning rate over the steps of a training.

    lr        a function of the number of steps done, as an optimizer takes it, a number, or an optimizer, for its lr
    steps     how many steps to show, at least 1
    axes      the matplotlib Axes to draw on; by default those of a new figure
    returns   the axes

    Raises ImportError, with what to install, where matplotlib is missing, and ValueError if a rate is no number >= 0,
    naming the step.

    >>> axes = schedule(lambda step: 0.1 / 2**step, 4)
    >>> print(axes.patches[0].get_data().values)
    [0.1    0.05   0.025  0.0125]
    """
    rate = lr.lr if isinstance(lr, Optimizer) else lr
    rates = [number(f"lr in step {k}", rate(k) if callable(rate) else rate) for k in range(whole("steps", steps, 1))]
    axes = _axes(axes)
    axes.stairs(rates, baseline=None, linewidth=1.6)  # a rate holds until the next step
    axes.set_ylim(bottom=0)
    _finish(axes, xlabel="step", title="learning rate")
    return axes


def save(figure: Any, path: str | os.PathLike[str]) -> Path:
    """Writes a figure, or that of an axes, as svg, the same bytes for the same figure: no date, fixed ids."""
    import matplotlib

    if Path(path).suffix.lower() != ".svg":
        raise ValueError(f"expected a path that ends in .svg, got {Path(path).name!r}")

    content = io.BytesIO()
    with matplotlib.rc_context({"svg.hashsalt": "glassgrad"}):
        getattr(figure, "figure", figure).savefig(content, format="svg", metadata={"Date": None})
    return write(path, content.getvalue())


def _missing(error: ImportError) -> ImportError:
    return ImportError(f"plots need matplotlib: pip install 'glassgrad[plot]' ({error})")


def _axes(axes: Any) -> Any:
    """The axes to draw on: those given, or, for None, those of a new figure of pyplot's, which shows it."""
    try:
        from matplotlib import pyplot
        from matplotlib.axes import Axes
    except ImportError as error:
        raise _missing(error) from error
    if axes is None:
        _, axes = pyplot.subplots(figsize=SIZE, layout="constrained")
    if not isinstance(axes, Axes):
        raise TypeError(f"axes: expected a matplotlib Axes, as plt.subplots() gives, got {describe(axes)}")
    return axes


def _colormap(name: str) -> Any:
    import matplotlib

    return matplotlib.colormaps[name]


def _line(points: int) -> dict[str, Any]:
    """How a line looks: a single point is no line, and needs a dot to be seen."""
    return {"linewidth": 1.6, "marker": "o" if points == 1 else ""}


def _finish(axes: Any, **texts: str) -> None:
    """The frame that all plots have; there is no epoch 2.5."""
    from matplotlib.ticker import MaxNLocator

    if texts.get("xlabel") in ("epoch", "step"):
        axes.xaxis.set_major_locator(MaxNLocator("auto", integer=True, steps=[1, 2, 5, 10]))
    axes.set(**texts)
    axes.grid(alpha=0.3, linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)


def _layer(path: str) -> str:
    """The layer of the parameter with this path: "0" for "0.weight"; a parameter of the model itself is its own."""
    return path.rpartition(".")[0] or path


def _values(model: Callable[[Any], Any], x: np.ndarray) -> np.ndarray:
    """What a model makes of samples, as an array (n, outputs), in evaluation mode and without recording."""
    modes = [(m, m.training) for m in model.modules()] if isinstance(model, Module) else []
    try:
        for module, _ in modes:
            module.training = False
        with no_grad():
            values = np.asarray(array_of(model(x)), float)
    finally:
        for module, mode in modes:
            module.training = mode
    if values.shape[:1] != x.shape[:1] or values.ndim > 2 or not values.size:
        raise ValueError(f"model: expected a value or a row of values for each of {len(x)} points, got shape "
                         f"{values.shape}")  # fmt: skip
    if not np.isfinite(values).all():
        raise ValueError("model: gives NaN or infinite values here")
    return values.reshape(len(x), -1)
