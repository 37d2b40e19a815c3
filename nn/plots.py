"""Plots of a training and of what was trained, by matplotlib (the `plot` extra)."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Callable, Mapping, Sequence
from math import ceil, inf, isqrt, prod, sqrt
from pathlib import Path
from typing import Any

import numpy as np

from autograd.arguments import explained
from autograd.errors import describe, printable
from autograd.files import write
from autograd.graph import array_of
from nn.checks import number, whole
from nn.clipping import norm
from nn.conv import Conv1d, Conv2d
from nn.evaluation import outputs
from nn.layers import Linear
from nn.metrics import confusion_matrix
from nn.module import Module
from nn.optimizer import Optimizer

SIZE = (4.6, 3.4)  # of one plot, in inches
LARGEST = 1e300  # number that is plotted: matplotlib's own arithmetic overflows a little above
MOST = 1_000_000  # steps that a plot shows
RATE = re.compile(r"lr\d*")  # what fit calls learning rates, which `schedule` draws
LITERAL = {"parse_math": False, "usetex": False}  # how a name is shown: dollars in it begin no formula
NAME = 24  # characters of a name that are shown
LISTED = 8  # layers that a legend names; of more, some between the first and the last


@explained
def curves(history: Sequence[Mapping[str, float]], axes: Any = None) -> Any:
    """Loss, accuracy and metrics over the epochs, with those of the validation and test data where there are any.

    history   as nn.fit returns it, or any list of rows like it, with an epoch and numbers; what only some rows have, as
              where every tenth epoch is validated, is drawn for these
    axes      where to draw: one axes for the loss, or an array of as many as wanted, for loss, accuracy, metrics
    returns   a matplotlib Figure of its own; with axes, these

    Raises ImportError, with what to install, where matplotlib is missing, TypeError for what is no list of rows, and
    ValueError for an empty history, or for one without epochs or numbers.

    >>> figure = curves([{"epoch": 1, "loss": 1.0, "val_loss": 1.5}, {"epoch": 2, "loss": 0.5, "val_loss": 1.0}])
    >>> [line.get_label() for line in figure.axes[0].lines]
    ['training', 'validation']
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise _missing(error) from error
    names = _measured(history)
    drawn = axes
    if axes is None:
        drawn = Figure(figsize=(SIZE[0] * len(names), SIZE[1]), layout="constrained")
        axes = drawn.subplots(1, len(names))
    places = np.atleast_1d(np.asarray(axes, object)).ravel()
    if len(places) > len(names):
        raise ValueError(f"axes: this history has {' and '.join(names)}, and there are {len(places)} axes to draw on")
    for place, name in zip(map(_axes, places), names, strict=False):
        for key, label, style in (
            (name, "training", "-"),
            (f"val_{name}", "validation", "--"),
            (f"test_{name}", "test", ":"),
        ):
            if rows := [row for row in history if key in row]:
                x, y = (_numbers(f"{k}: expected numbers", [row[k] for row in rows], 1) for k in ("epoch", key))
                place.plot(x, y, style, label=label, **_line(len(rows)))
        if name == "loss" and all(y > 0 for line in place.lines for y in line.get_ydata()):
            _logarithmic(place)
        _finish(place, xlabel="epoch")
        place.set_title(printable(name, NAME), **LITERAL)
        place.legend(frameon=False)
    return drawn


class GradientNorms(dict[str, list[float]]):
    """The norm of each layer's gradient, taken whenever it is called: after backward(), or as a callback of nn.fit.

    model    a Module; a layer is what holds parameters itself.  It is called by them, as W1, b1 in an MLP, and where
             they have no names of their own that tell the layers apart, by its place, as repr(model) has it
    raises   ValueError if no parameter has a gradient yet

    It is a dict, {layer: [norm, ...]}, where a norm is √Σg² over all parameters of the layer, and 0 if none of them has
    a gradient.  nn.fit calls callbacks after the last step of an epoch, and the gradients are those of that step.

    >>> import nn
    >>> model = nn.MLP(1, 1, rng=0)
    >>> norms = GradientNorms(model)
    >>> x = np.linspace(-1, 1, 64)[:, None]
    >>> history = nn.fit(model, x, 3 * x, epochs=3, rng=0, progress=False, callbacks=norms)
    >>> {layer: len(taken) for layer, taken in norms.items()}
    {'W1, b1': 3}
    """

    @explained
    def __init__(self, model: Module) -> None:
        if not isinstance(model, Module):
            raise TypeError(f"GradientNorms: expected a Module, got {describe(model)}")
        self.model, self.unit = model, "step"
        self.layers = _layers(model)
        super().__init__({layer: [] for layer in self.layers.values()})
        if not self:
            raise ValueError(f"GradientNorms: {type(model).__name__} has no parameters")

    def __call__(self, row: Mapping[str, float] | None = None) -> None:
        """Takes the norms as they are now; the row that a callback is given says only that epochs are counted."""
        self.unit = "step" if row is None else "epoch"
        gradients: dict[str, list[np.ndarray]] = {layer: [] for layer in self}
        for path, p in self.model.named_parameters():
            if p.grad is not None:
                gradients[self.layers[_place(path)]].append(np.asarray(p.grad).ravel())
        if not any(gradients.values()):
            raise ValueError("no parameter has a gradient: take the norms after loss.backward()")
        for layer, vectors in gradients.items():
            self[layer].append(float(norm(*vectors)))


@explained
def gradient_norms(norms: Mapping[str, Sequence[float]], axes: Any = None) -> Any:
    """The norm of each layer's gradient over training, from the first layer (dark) to the last (light).

    norms     a GradientNorms, or any {layer: [norm, ...]}, all of one length
    axes      the matplotlib Axes to draw on; by default those of a new figure
    returns   the axes

    Raises ImportError, with what to install, where matplotlib is missing, TypeError for what is no dict, and ValueError
    if nothing was taken, or no norms.

    >>> axes = gradient_norms({"W1": [0.1, 0.01], "W2": [1.0, 0.5]})
    >>> [line.get_label() for line in axes.lines], axes.get_yscale()
    (['W1', 'W2'], 'log')
    """
    if not isinstance(norms, Mapping):
        raise TypeError(f"norms: expected a GradientNorms, or a dict {{layer: [norm, ...]}}, got {describe(norms)}")
    taken = {}
    for layer, given in norms.items():
        expected = f"norms[{layer!r}]: expected numbers >= 0"
        taken[layer] = _numbers(expected, given, 1)
        if (taken[layer] < 0).any():
            raise ValueError(f"{expected}, got {describe(given)}")
    lengths = {len(values) for values in taken.values()}
    if len(lengths) != 1 or lengths == {0}:
        raise ValueError("norms: expected as many of every layer, and one at least, got "
                         f"{({layer: len(values) for layer, values in taken.items()})}")  # fmt: skip
    (count,) = lengths
    axes = _axes(axes)
    shades = _colormap("viridis")(np.linspace(0.28, 0.9, len(taken)))  # seen on white and on black
    lines = []
    for (layer, values), shade in zip(taken.items(), shades, strict=True):
        label = str(layer) if values.any() else f"{layer} (all 0)"  # which a logarithmic scale does not show
        lines += axes.plot(np.arange(1, count + 1), values, label=label, color=shade, **_line(count))
    if any((values > 0).any() for values in taken.values()):
        _logarithmic(axes)
    _finish(axes, xlabel=getattr(norms, "unit", "step"), title="norm of the gradient")
    shown = np.unique(np.linspace(0, len(lines) - 1, min(LISTED, len(lines))).round().astype(int))
    _legend(axes, "layer", {lines[i].get_label(): lines[i] for i in shown})
    return axes


@explained
def decision_boundary(
    model: Callable[[Any], Any], x: Any, y: Any, axes: Any = None, *, threshold: float = 0.0, points: int = 200
) -> Any:
    """Which class a model takes each point of the plane for, and the samples, in the colours of their own classes.

    model       a Module, or any function of an array (n, 2), that gives one value for each class, (n, k), of which the
                largest counts, or one value for two classes, (n, 1) or (n,)
    x, y        the samples (n, 2) and their classes: labels from 0 to k - 1, or rows of one 1; for one value any two
                numbers, such as -1 and 1, of which the higher is taken above the threshold; if all samples are of one
                class, this is 0 or 1 and the other one 1 or 0, or it is -1 and the other one 1
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
    expected = "x: expected samples of two finite numbers, (n, 2)"
    samples = _numbers(expected, x, 2)
    if samples.shape[1] != 2 or not len(samples) or not np.isfinite(samples).all():
        raise ValueError(f"{expected}, got {describe(x)}")
    limit = _numbers("threshold: expected a finite number", threshold, 0)
    if not np.isfinite(limit):
        raise ValueError(f"threshold: expected a finite number, got {threshold}")
    low, high = samples.min(0), samples.max(0)
    margin = np.where(high > low, 0.1 * (high - low), np.maximum(1.0, 0.1 * np.abs(low)))
    sides = np.linspace(low - margin, high + margin, whole("points", points, 2)).T
    dtype = np.asarray(array_of(x)).dtype
    plane = np.stack(np.meshgrid(*sides), -1).reshape(-1, 2).astype(dtype if dtype.kind == "f" else float)
    values = _values(model, plane) / 8  # so that no difference overflows
    names, labels = _classes(y, len(samples), values.shape[1])
    if values.shape[1] == 1:  # one value, so two classes: the higher one is taken where it is above the threshold
        values = np.concatenate([limit / 8 - values, values - limit / 8], 1)
    winners = values.argmax(1)  # of equals the first
    axes = _axes(axes)
    many = len(names) > 10
    colours = _colormap("turbo" if many else "tab10")(np.linspace(0, 1, len(names)) if many else np.arange(len(names)))
    dots = {}
    for k, (name, colour) in enumerate(zip(names, colours, strict=True)):
        lead = np.abs(values[:, k] - np.delete(values, k, 1).max(1))  # and above 0 where this class is taken:
        lead = np.where(winners == k, 1, -1) * lead.clip(np.finfo(float).tiny, 1e200)  # 1e250 is contourf's infinity
        if lead.max() > 0:
            grid = lead.reshape(len(sides[0]), -1)
            axes.contourf(*sides, grid, [0, lead.max()], colors=[colour], alpha=0.18, extend="max")
            if lead.min() < 0:
                axes.contour(*sides, grid, [0], colors="0.45", linewidths=0.8)
        dots[name] = axes.scatter(*samples[labels == k].T, s=16, color=[colour], edgecolors=axes.get_facecolor(),
                                  linewidths=0.4, label=name, zorder=3)  # fmt: skip  # above all areas
    _finish(axes, xlabel="$x_1$", ylabel="$x_2$", title="decision boundary")
    axes.grid(False)
    _legend(axes, "class", dots, markerscale=1.6)
    return axes


@explained
def weights(layer: Any, shape: Sequence[int] | None = None, axes: Any = None, *, most: int = 64) -> Any:
    """The weights of each unit of a first layer as an image: blue where an input adds to the unit, red where it takes.

    layer     a Linear or a convolution, or a model, of which the first of these is taken; or weights (units, inputs),
              (units, rows, columns), or (filters, channels, rows, columns): with a row of images for each channel
    shape     (rows, columns) of the images, with rows · columns inputs of a Linear; by default a square
    axes      the matplotlib Axes to draw on; by default those of a new figure
    most      how many units are shown, from the first on
    returns   the axes, with one image in which those of the units lie in rows, a grey pixel between them; the colours
              have one scale, with white at 0

    Raises ImportError, with what to install, where matplotlib is missing, TypeError for a model without such a layer,
    and ValueError if the inputs do not fill the shape.

    >>> axes = weights(np.eye(4))
    >>> axes.images[0].get_array().shape  # four images of 2 by 2, two in a row
    (5, 5)
    """
    if isinstance(layer, Module):
        first = next((m for m in layer.modules() if isinstance(m, Linear | Conv1d | Conv2d)), None)
        if first is None:
            raise TypeError(f"layer: expected a Linear, a convolution or a model with one, got {type(layer).__name__}")
        layer = first.weight
    expected = "layer: expected finite weights, one row for each unit"
    w = _numbers(expected, layer, 2, 3, 4)
    if not w.size or not np.isfinite(w).all():
        raise ValueError(f"{expected}, got {describe(layer)}")
    kind = "unit" if w.ndim == 2 else "filter"
    if w.ndim == 2:
        w = w.reshape(len(w), *_image(w.shape[1], shape))
    elif shape is not None:
        raise ValueError(f"shape: the weights of filters are images already, of {w.shape[-2:]}: leave it away")
    (units, *others, rows, columns), w = w.shape, w[: whole("most", most, 1)]
    shown, channels = len(w), prod(others)
    across = ceil(sqrt(shown)) if channels == 1 else shown
    down = ceil(shown * channels / across)
    tiles = np.full((down * across, rows + 1, columns + 1), np.nan)  # the last row and column lie between
    each = w.reshape(shown, channels, rows, columns).swapaxes(0, 1).reshape(-1, rows, columns)
    tiles[: len(each), :rows, :columns] = each
    image = tiles.reshape(down, across, rows + 1, columns + 1).swapaxes(1, 2).reshape(down * (rows + 1), -1)[:-1, :-1]
    largest = float(np.abs(w).max()) or 1.0
    axes = _axes(axes)
    colours = _colormap("RdBu").with_extremes(bad="0.85")  # grey between the images: a weight of 0 is white
    drawn = axes.imshow(image, cmap=colours, vmin=-largest, vmax=largest, interpolation="nearest")
    part = f"the first {shown} of " if shown < units else ""
    of = f"\nof {channels} channels, one below another" if channels > 1 else ""
    _finish(axes, title=f"weights of {part}{units} {kind}{'s' * (units > 1)}{of}")
    axes.set_axis_off()
    place, (height, width) = axes.get_window_extent(), image.shape
    share = min(1.0, 0.85 * place.width / place.height * height / width)  # of the height, which the image takes
    axes.figure.colorbar(drawn, ax=axes, shrink=share, aspect=20 * share, pad=0.03).outline.set_visible(False)
    return axes


@explained
def confusion(z: Any, t: Any, classes: Sequence[Any] | None = None, axes: Any = None) -> Any:
    """The confusion matrix: a row for each right class, a column for what it was taken for, mistakes in colour.

    z, t      outputs (m, K) or predicted labels (m,), and the right labels (m,) or one-hot rows: as of nn.metrics
    classes   names of the classes 0, 1, ...; by default these numbers
    axes      the matplotlib Axes to draw on; by default those of a new figure
    returns   the axes

    Raises ImportError, with what to install, where matplotlib is missing, and what nn.metrics.confusion_matrix raises.

    >>> axes = confusion([0, 1, 0], [0, 1, 1], ["cat", "dog"])
    >>> [text.get_text() for text in axes.texts], [text.get_text() for text in axes.get_yticklabels()]
    (['1', '1', '1'], ['cat', 'dog'])
    """
    matrix = confusion_matrix(z, t, None if classes is None else len(classes))
    names = [printable(name, NAME) for name in (range(len(matrix)) if classes is None else classes)]
    axes = _axes(axes)
    wrong = matrix * (1 - np.eye(len(matrix), dtype=int))
    axes.imshow(wrong, cmap=_colormap("Oranges"), vmin=0, vmax=2 * max(wrong.max(), 1))  # dark enough for black figures
    for i, j in np.argwhere(matrix):
        axes.text(j, i, str(matrix[i, j]), ha="center", va="center", color="0.4" if i == j else "black")
    _finish(axes, xlabel="taken for", ylabel="right class", title="confusion matrix", xticks=range(len(names)),
            yticks=range(len(names)))  # fmt: skip
    axes.set_xticklabels(names, rotation=45 if max(map(len, names)) > 3 else 0, **LITERAL)
    axes.set_yticklabels(names, **LITERAL)
    axes.grid(False)
    return axes


@explained
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
    if whole("steps", steps, 1) > MOST:
        raise ValueError(f"steps: expected at most {MOST:,} to show, got {steps}")
    rates = [number(f"lr in step {k}", rate(k) if callable(rate) else rate) for k in range(steps)]
    rates = _numbers("lr: expected rates", rates, 1).tolist()
    axes = _axes(axes)
    axes.stairs(rates, baseline=None, linewidth=1.6)  # a rate holds until the next step
    axes.set_ylim(bottom=0)
    _finish(axes, xlabel="step", title="learning rate")
    return axes


@explained
def save(figure: Any, path: str | os.PathLike[str]) -> Path:
    """Writes a figure, or that of an axes, in the format that the path ends in: .svg, .png, .pdf or another of
    matplotlib's.  Of svg, png and pdf they are the same bytes for the same figure: no date, fixed ids.
    """
    try:
        import matplotlib
        from matplotlib.figure import Figure
    except ImportError as error:
        raise _missing(error) from error
    drawn = getattr(figure, "figure", figure)
    if not isinstance(drawn, Figure):
        raise TypeError(f"expected a matplotlib Figure or Axes, got {describe(figure)}")
    kind = Path(path).suffix.lower().removeprefix(".")
    if kind not in (known := drawn.canvas.get_supported_filetypes()):
        raise ValueError(f"expected a path that ends in one of .{', .'.join(sorted(known))}, got {Path(path).name!r}")

    content, dates = io.BytesIO(), {"svg": "Date", "pdf": "CreationDate"}
    with matplotlib.rc_context({"svg.hashsalt": "glassgrad"}):
        drawn.savefig(content, format=kind, metadata={dates[kind]: None} if kind in dates else None)
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


def _image(inputs: int, shape: Any) -> tuple[int, int]:
    """The rows and columns of an image of so many inputs, by default a square."""
    if shape is not None and np.shape(shape) != (2,):
        raise ValueError(f"shape: expected (rows, columns), got {shape!r}")
    rows, columns = (isqrt(inputs),) * 2 if shape is None else (whole("shape", n, 1) for n in shape)
    if rows * columns != inputs:
        raise ValueError(f"shape: {inputs} inputs are no image of {rows} x {columns}: say shape=(rows, columns)")
    return rows, columns


def _line(points: int) -> dict[str, Any]:
    """How a line looks: a single point is no line, and needs a dot to be seen."""
    return {"linewidth": 1.6, "marker": "o" if points == 1 else ""}


def _finish(axes: Any, **texts: Any) -> None:
    """The frame that all plots have; there is no epoch 2.5."""
    from matplotlib.ticker import MaxNLocator

    if texts.get("xlabel") in ("epoch", "step"):
        axes.xaxis.set_major_locator(MaxNLocator("auto", integer=True, min_n_ticks=1, steps=[1, 2, 5, 10]))
    axes.set(**texts)
    axes.grid(alpha=0.3, linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)


def _logarithmic(axes: Any) -> None:
    """A logarithmic scale; one of few decades says 0.2 and 0.5, where matplotlib has 2 × 10⁻¹, or nothing."""
    from matplotlib.ticker import LogLocator, NullFormatter

    axes.set_yscale("log")
    low, high = axes.get_ylim()
    if high < 100 * low:
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.yaxis.set_major_formatter("{x:.10g}")
        axes.yaxis.set_minor_formatter(NullFormatter())


def _legend(axes: Any, title: str, shown: Mapping[str, Any], **how: Any) -> None:
    """A legend beside the axes, with the names as they are: _ hides nothing."""
    legend = axes.legend(shown.values(), [""] * len(shown), title=title, frameon=False, loc="center left",
                         bbox_to_anchor=(1, 0.5), **how)  # fmt: skip
    for text, name in zip(legend.get_texts(), shown, strict=True):
        text.set(text=printable(name, NAME), **LITERAL)


def _numbers(expected: str, x: Any, *ndims: int, largest: float = LARGEST) -> np.ndarray:
    """x as an array of floats; ValueError that says what was expected, unless it holds numbers that can be plotted."""
    try:
        array = np.asarray(array_of(x))
    except ValueError:  # rows of different lengths
        array = np.array(None)
    if array.dtype.kind not in "fiub" or array.ndim not in ndims:
        raise ValueError(f"{expected}, got {describe(x)}")
    array = array.astype(float)
    if (beyond := array[np.isfinite(array) & (np.abs(array) > largest)]).size:
        raise ValueError(f"{expected}, of which none is beyond {largest:g}, got {beyond.flat[0]:g}")
    return array


def _measured(history: Any) -> list[str]:
    """What was measured in a history, of the training or of the validation data: first loss and accuracy."""
    if not isinstance(history, Sequence) or not all(isinstance(row, Mapping) for row in history):
        raise TypeError("history: expected what nn.fit returns, or a list of rows such as {'epoch': 1, 'loss': 0.5}, "
                        f"got {describe(history)}")  # fmt: skip
    if not history:
        raise ValueError("the history is empty: there is nothing to plot")
    told = [name for row in history for name, x in row.items()
            if isinstance(x, int | float | np.number) or name in ("loss", "accuracy")]  # fmt: skip
    bare = dict.fromkeys(name.removeprefix("val_").removeprefix("test_") for name in told if not RATE.fullmatch(name))
    names = sorted(bare.keys() - {"epoch"}, key=[*dict.fromkeys(["loss", "accuracy", *bare])].index)
    for row in history:
        if "epoch" not in row or not names:
            raise ValueError(f"history: expected rows with an epoch and a loss or an accuracy, got {describe(row)}")
    return names


def _layers(model: Module) -> dict[str, str]:
    """{place: name} of the layers: their parameters' own names where all these differ, else the places again."""
    held: dict[str, list[str]] = {}
    for path, p in model.named_parameters():
        said = "" if p.name in (None, path.rpartition(".")[2]) else str(p.name)
        held.setdefault(_place(path), []).append(said)
    names = {place: ", ".join(said) if all(said) else place for place, said in held.items()}
    return names if len(set(names.values())) == len(names) else {place: place for place in names}


def _place(path: str) -> str:
    """Where the layer of the parameter with this path is: "0" for "0.weight"; one of the model itself is its own."""
    return path.rpartition(".")[0] or path


def _classes(y: Any, samples: int, outputs: int) -> tuple[list[str], np.ndarray]:
    """The names of the classes that a model with so many outputs tells apart, and which of them each sample is of."""
    labels = _numbers(f"y: expected a class for each of {samples} samples", y, 1, 2)
    if labels.shape not in ((samples,), (samples, 1), (samples, outputs)):
        raise ValueError(f"x and y: expected a class for each of {samples} samples, got {describe(y)}")
    if labels.size > samples:
        if not (np.isin(labels, (0, 1)).all() and (labels.sum(1) == 1).all()):
            raise ValueError(f"y: expected rows of one 1 and otherwise 0, got {describe(y)}")
        labels = labels.argmax(1).astype(float)
    found = np.unique(labels) + 0.0  # without -0
    got = ", ".join(f"{k:.15g}" for k in found)
    names = np.arange(outputs, dtype=float)
    if outputs > 1 and not np.isin(found, names).all():
        raise ValueError(f"y: expected labels from 0 to {outputs - 1}, as the model has {outputs} outputs, got {got}")
    if outputs == 1:
        if len(found) > 2 or not np.isfinite(found).all():
            raise ValueError(f"y: one value tells two classes apart, and there are {len(found)}: {got}")
        if len(found) == 1 and found[0] not in (-1, 0, 1):
            raise ValueError(f"y: expected two classes, or 0, 1 or -1 alone, got {got}: is it the higher one?")
        names = found if len(found) == 2 else np.array([min(found[0], 0), 1])
    return [f"{name:.15g}" for name in names], np.searchsorted(names, labels.ravel())


def _values(model: Callable[[Any], Any], x: np.ndarray) -> np.ndarray:
    """What a model makes of samples, as an array (n, outputs), in evaluation mode and without recording."""
    given = outputs(model, x)
    expected = f"model: expected a value or a row of values for each of {len(x)} points"
    values = _numbers(expected, given, 1, 2, largest=inf)
    if len(values) != len(x) or not values.size:
        raise ValueError(f"{expected}, got {describe(given)}")
    if not np.isfinite(values).all():
        raise ValueError("model: gives NaN or infinite values here")
    return values.reshape(len(x), -1)
