"""What the plots show: the data of lines, images and points, labels, and what is refused."""

import subprocess
import sys
from xml.etree import ElementTree

import numpy as np
import pytest

import nn
from autograd import Tensor
from nn import plots

matplotlib = pytest.importorskip("matplotlib", reason="plots need matplotlib: pip install 'glassgrad[plot]'")
matplotlib.use("agg")
from matplotlib import pyplot  # noqa: E402 (after the backend was chosen)

ROWS = [
    {"epoch": 1, "loss": 1.0, "accuracy": 0.5, "val_loss": 1.5, "val_accuracy": 0.4},
    {"epoch": 2, "loss": 0.5, "accuracy": 0.8, "val_loss": 0.75, "val_accuracy": 0.7},
]


@pytest.fixture(autouse=True)
def closed():
    pyplot.close("all")  # those of the doctests
    yield
    pyplot.close("all")


@pytest.fixture
def axes():
    return pyplot.subplots()[1]


def drawn(axes):
    """{label: (x, y)} of the lines, read after everything was rendered, so that it can be."""
    axes.figure.canvas.draw()
    return {line.get_label(): (list(line.get_xdata()), list(line.get_ydata())) for line in axes.lines}


def texts(axes):
    return [text.get_text() for text in axes.get_legend().get_texts()]


def test_curves_call_the_test_by_its_name():
    (loss,) = plots.curves([{"epoch": 1, "loss": 1.0, "test_loss": 1.5}]).axes
    assert drawn(loss) == {"training": ([1], [1.0]), "test": ([1], [1.5])}


def test_curves_show_training_and_validation():
    loss, accuracy = plots.curves(ROWS).axes
    assert drawn(loss) == {"training": ([1, 2], [1.0, 0.5]), "validation": ([1, 2], [1.5, 0.75])}
    assert drawn(accuracy) == {"training": ([1, 2], [0.5, 0.8]), "validation": ([1, 2], [0.4, 0.7])}
    assert (loss.get_title(), accuracy.get_title(), loss.get_xlabel()) == ("loss", "accuracy", "epoch")
    assert (loss.get_yscale(), accuracy.get_yscale()) == ("log", "linear")
    assert all(tick == round(tick) for tick in loss.get_xticks())
    assert pyplot.get_fignums() == []  # a Figure of its own is nothing that pyplot would have to close


def test_curves_on_axes_that_are_there(axes):
    assert plots.curves(ROWS, axes) is axes
    assert list(drawn(axes)) == ["training", "validation"]
    both = pyplot.subplots(1, 2)[1]
    assert plots.curves(ROWS, both) is both
    assert [a.get_title() for a in both] == ["loss", "accuracy"]
    with pytest.raises(ValueError, match="this history has loss, and there are 2 axes"):
        plots.curves([{"epoch": 1, "loss": 1.0}], both)
    with pytest.raises(TypeError, match="axes: expected a matplotlib Axes"):
        plots.curves(ROWS, "here")


def test_curves_of_one_epoch_and_of_a_loss_below_0():
    (axes,) = plots.curves([{"epoch": 1, "loss": -1.0}]).axes
    assert axes.lines[0].get_marker() == "o"  # a line through one point would not be seen
    assert axes.get_yscale() == "linear"
    assert drawn(axes) == {"training": ([1], [-1.0])}
    assert [tick for tick in axes.get_xticks() if 0 < tick < 2] == [1]  # there is no epoch 0.96


def test_curves_of_what_only_some_rows_have():
    rows = [{"epoch": e, "loss": 1.0 / e} for e in (1, 2, 3)]
    rows[1]["val_loss"], rows[2]["val_accuracy"] = 2.0, 0.5
    loss, accuracy = plots.curves(rows).axes
    assert drawn(loss) == {"training": ([1, 2, 3], [1.0, 1 / 2, 1 / 3]), "validation": ([2], [2.0])}
    assert drawn(accuracy) == {"validation": ([3], [0.5])}
    assert loss.lines[1].get_marker() == "o"


def test_curves_of_metrics(axes):
    rows = [{"epoch": e, "loss": 1.0 / e, "f1": e / 4, "lr": 0.1, "note": "a", "val_loss": 2.0, "val_r2": 0.5, "lr1": 1.0}
            for e in (1, 2)]  # fmt: skip
    found = plots.curves(rows).axes
    assert [x.get_title() for x in found] == ["loss", "f1", "r2"]
    assert [drawn(x) for x in found[1:]] == [{"training": ([1, 2], [0.25, 0.5])}, {"validation": ([1, 2], [0.5, 0.5])}]
    plots.curves(rows, axes)
    assert axes.get_title() == "loss"


def test_confusion_has_right_classes_in_rows(axes):
    z, t = np.eye(3)[[0, 0, 1, 2, 2, 2]] * 5, [0, 1, 1, 2, 2, 0]
    assert plots.confusion(z, t, ["a", "$b", "c"], axes) is axes
    shown = {tuple(map(int, text.get_position())): text.get_text() for text in axes.texts}  # by (column, row)
    assert shown == {(0, 0): "1", (2, 0): "1", (0, 1): "1", (1, 1): "1", (2, 2): "2"}
    np.testing.assert_array_equal(axes.images[0].get_array(), [[0, 0, 1], [1, 0, 0], [0, 0, 0]])  # only mistakes
    assert [text.get_text() for text in axes.get_xticklabels()] == ["a", "$b", "c"]
    axes.figure.canvas.draw()
    with pytest.raises(IndexError, match="confusion_matrix: label 2 of sample 3 is out of range"):
        plots.confusion([0, 0, 1, 2], [0, 0, 1, 1], ["a", "b"])


def test_curves_of_a_loss_that_is_lost(axes):
    plots.curves([{"epoch": e, "loss": x} for e, x in enumerate([1.0, np.nan, np.inf, 0.5])], axes)
    assert len(drawn(axes)["training"][1]) == 4


@pytest.mark.parametrize(
    ("history", "error", "match"),
    [
        (5, TypeError, r"history: expected what nn.fit returns, or a list of rows such as .*, got 5"),
        ([1, 2], TypeError, r"history: expected .*, got \[1, 2\]"),
        ("ab", TypeError, "history: expected .*, got 'ab'"),
        (
            [{"epoch": 1}],
            ValueError,
            r"history: expected rows with an epoch and a loss or an accuracy, got {'epoch': 1}",
        ),
        ([{"loss": 1.0}], ValueError, r"history: expected rows with an epoch .*, got {'loss': 1.0}"),
        ([{"epoch": 1, "loss": "low"}], ValueError, r"loss: expected numbers, got \['low'\]"),
        ([{"epoch": 1, "loss": 1.0, "val_loss": None}], ValueError, r"val_loss: expected numbers, got \[None\]"),
        ([{"epoch": 1, "loss": -1.5e308}], ValueError, r"loss: expected numbers, of which none is beyond 1e\+300"),
    ],
)
def test_curves_refuse(history, error, match):
    with pytest.raises(error, match=match):
        plots.curves(history)


@pytest.mark.parametrize(("low", "high"), [(0.23, 0.82), (0.05, 0.7), (0.301, 0.302), (1e-9, 5e-9), (7.0, 7.0)])
def test_a_logarithmic_scale_of_few_decades_is_labelled_with_plain_numbers(low, high):
    (axes,) = plots.curves([{"epoch": 1, "loss": high}, {"epoch": 2, "loss": low}]).axes
    drawn(axes)
    bottom, top = axes.get_ylim()
    labels = [label.get_text().replace("−", "-") for label in axes.get_yticklabels()]
    shown = [label for label in labels if bottom <= float(label) <= top]
    assert len(shown) >= 2
    assert len(set(labels)) == len(labels)
    assert [float(label) for label in labels] == pytest.approx(axes.get_yticks())


def test_gradient_norms_are_those_of_the_layers():
    model = nn.MLP(3, 4, 2, rng=0)
    norms = plots.GradientNorms(model)
    with pytest.raises(ValueError, match="no parameter has a gradient"):
        norms()
    assert norms == {"W1, b1": [], "W2, b2": []}  # as the formulas and the graph call them
    rng = np.random.default_rng(0)
    for _ in range(2):
        model.zero_grad()
        model.loss(rng.normal(size=(5, 3)), rng.normal(size=(5, 2))).backward()
        norms()
    last = [np.concatenate([p.grad.ravel() for p in model[i].parameters()]) for i in (0, 2)]
    assert [norms["W1, b1"][1], norms["W2, b2"][1]] == pytest.approx([np.linalg.norm(g) for g in last])
    assert (norms.unit, len(norms["W1, b1"])) == ("step", 2)


@pytest.mark.parametrize("compile", [False, True])
def test_fit_feeds_gradient_norms(compile):
    model = nn.MLP(1, 4, 1, rng=0)
    norms, x = plots.GradientNorms(model), np.linspace(-1, 1, 64)[:, None]
    nn.fit(model, x, x**2, epochs=3, rng=0, progress=False, callbacks=norms, compile=compile)
    assert {layer: len(taken) for layer, taken in norms.items()} == {"W1, b1": 3, "W2, b2": 3}
    axes = plots.gradient_norms(norms)
    assert axes.get_xlabel() == "epoch"
    assert drawn(axes) == {layer: ([1, 2, 3], taken) for layer, taken in norms.items()}
    assert norms["W2, b2"][-1] == pytest.approx(np.sqrt(sum((p.grad**2).sum() for p in model[2].parameters())))


def test_layers_without_names_of_their_own_are_called_by_their_places():
    linear = lambda: nn.Linear(2, 2, rng=0)
    assert list(plots.GradientNorms(nn.Sequential(linear(), nn.Tanh(), linear()))) == ["0", "2"]
    assert list(plots.GradientNorms(linear())) == ["weight", "bias"]

    class Two(nn.Module):
        def __init__(self, second):
            self.net, self.head = nn.MLP(2, 2, rng=0), second

    assert list(plots.GradientNorms(Two(linear()))) == ["W1, b1", "head"]
    assert list(plots.GradientNorms(Two(nn.MLP(2, 2, rng=0)))) == ["net.0", "head.0"]  # both have a W1


@pytest.mark.parametrize("entry", [1e-200, 1e200, 3e305])
def test_gradient_norms_neither_overflow_nor_vanish(entry):
    model = nn.MLP(2, 2, rng=0)
    model[0].weight.grad = np.full((2, 2), entry)
    norms = plots.GradientNorms(model)
    norms()
    assert norms["W1, b1"] == [pytest.approx(2 * entry)]


def test_gradient_norms_of_odd_models():
    class Own(nn.Module):
        def __init__(self):
            self.scale = Tensor(np.ones(2, np.float32), requires_grad=True)
            self.unused = nn.Linear(1, 1, rng=0)

    model = Own()
    norms = plots.GradientNorms(model)
    model.scale.grad = np.array([3e30, 4e30], np.float32)  # whose squares overflow
    norms()
    assert norms == {"scale": [pytest.approx(5e30)], "unused": [0.0]}
    for wrong in (nn.Tanh(), lambda x: x):
        with pytest.raises((TypeError, ValueError), match="GradientNorms: "):
            plots.GradientNorms(wrong)


def test_gradient_norms_from_first_to_last(axes):
    many = {str(i): [10.0**-i, 10.0**-i] for i in range(20)}
    assert plots.gradient_norms(many, axes) is axes
    assert list(drawn(axes)) == list(many)
    assert len(texts(axes)) == plots.LISTED
    assert (texts(axes)[0], texts(axes)[-1]) == ("0", "19")
    assert axes.get_yscale() == "log"
    axes = plots.gradient_norms({"0": [0.0, 0.0], "2": [1.0, 0.0]})
    assert list(drawn(axes)) == ["0 (all 0)", "2"]
    assert plots.gradient_norms({"0": [0.0]}).get_yscale() == "linear"
    for wrong in ({}, {"0": []}, {"0": [1.0], "1": [1.0, 2.0]}):
        with pytest.raises(ValueError, match="norms: expected as many of every layer"):
            plots.gradient_norms(wrong)
    with pytest.raises(TypeError, match=r"norms: expected a GradientNorms, or a dict {layer: \[norm, ...\]}, got None"):
        plots.gradient_norms(None)
    for wrong in (1.0, "ab", [[1.0], [1.0, 2.0]], [None], [-1.0]):
        with pytest.raises(ValueError, match=r"norms\['a'\]: expected numbers >= 0, got"):
            plots.gradient_norms({"a": wrong})


NAMES = ["$\\input{x}$", "$x", "_hidden", "a\nb\x1b[31m\ud800", "w" * 99 + "1"]


def test_names_in_a_legend_are_shown_as_they_are(tmp_path):
    axes = plots.gradient_norms({name: [1.0, 2.0] for name in NAMES})
    assert texts(axes) == ["$\\input{x}$", "$x", "_hidden", "a b [31m", "w" * 11 + "…" + "w" * 11 + "1"]
    ElementTree.fromstring(plots.save(axes, tmp_path / "names.svg").read_bytes())


@pytest.mark.parametrize("name", NAMES)
def test_names_of_metrics_and_classes_are_shown_as_they_are(name, tmp_path):
    shown = texts(plots.gradient_norms({name: [1.0, 2.0]}))
    figure = plots.curves([{"epoch": 1, "loss": 1.0, name: 2.0}])
    assert [figure.axes[1].get_title()] == shown
    axes = plots.confusion([0, 1], [1, 1], [name, name])
    assert [label.get_text() for label in axes.get_xticklabels() + axes.get_yticklabels()] == 4 * shown
    for drawing in (figure, axes):
        ElementTree.fromstring(plots.save(drawing, tmp_path / "names.svg").read_bytes())


def taken(axes, class_, point):
    """Does the area that the plot gives to a class, by its place in the legend, contain the point?"""
    colour = axes.collections[-1].get_facecolor()  # so that a wrong guess at the collections fails
    assert colour.shape == (1, 4)
    legend = dict(zip(texts(axes), axes.get_legend().legend_handles, strict=True))
    rgb = legend[class_].get_facecolor()[0][:3]
    areas = [c for c in axes.collections if isinstance(c, matplotlib.contour.QuadContourSet) and c.filled]
    return any(
        path.contains_point(point)
        for area in areas
        if np.allclose(area.get_facecolor()[0][:3], rgb)
        for path in area.get_paths()
    )


def test_decision_boundary_of_one_value(axes):
    x = np.array([[-1.0, 0.0], [1.0, 0.0], [2.0, 1.0]])
    assert plots.decision_boundary(lambda x: x[:, :1], x, np.array([[-1], [1], [1]]), axes) is axes
    assert texts(axes) == ["-1", "1"]
    assert taken(axes, "-1", (-0.5, 0.5))
    assert not taken(axes, "1", (-0.5, 0.5))
    assert taken(axes, "1", (0.5, 0.5))
    points = [c.get_offsets().tolist() for c in axes.collections if c.get_label() in ("-1", "1")]
    assert points == [x[:1].tolist(), x[1:].tolist()]
    assert (axes.get_xlim(), axes.get_ylim()) == ((pytest.approx((-1.3, 2.3))), (pytest.approx((-0.1, 1.1))))
    axes.figure.canvas.draw()
    shifted = plots.decision_boundary(lambda x: x[:, 0], x, [0, 1, 1], threshold=0.75)
    assert taken(shifted, "0", (0.5, 0.5))


def samples(axes):
    """How many samples are shown in the colour of each class, by its name in the legend."""
    return {c.get_label(): len(c.get_offsets()) for c in axes.collections if c.get_label() in texts(axes)}


@pytest.mark.parametrize(
    ("y", "shown"),
    [
        ([1, 1, 1], {"0": 0, "1": 3}),
        ([0, 0, 0], {"0": 3, "1": 0}),
        ([-1, -1, -1], {"-1": 3, "1": 0}),
        ([[5.5], [2.0], [5.5]], {"2": 1, "5.5": 2}),
        ([True, False, True], {"0": 1, "1": 2}),
        ([-0.0, 1.0, -0.0], {"0": 2, "1": 1}),
    ],
)
def test_decision_boundary_shows_samples_in_their_own_class(y, shown):
    assert samples(plots.decision_boundary(lambda x: x[:, 0] - 0.5, [[0.0, 0.0], [1, 1], [0, 1]], y)) == shown


def test_decision_boundary_shows_all_samples_above_the_areas(axes):
    plots.decision_boundary(lambda x: x[:, 0] - 0.5, [[0.0, 0.0], [1.0, 1.0]], [1, 0], axes)
    dots = [c for c in axes.collections if c.get_label() in texts(axes)]
    areas = [c for c in axes.collections if c not in dots]
    assert len(dots) == 2
    assert max(c.get_zorder() for c in areas) < min(c.get_zorder() for c in dots)


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.float16, np.float32])
def test_decision_boundary_of_samples_of_any_dtype(dtype):
    low = 0 if dtype == np.uint8 else -128
    axes = plots.decision_boundary(lambda x: x[:, 0] - 5, np.array([[low, low], [127, 127]], dtype), [0, 1])
    margin = 0.1 * (127 - low)
    assert axes.get_xlim() == pytest.approx((low - margin, 127 + margin), rel=1e-3)
    assert taken(axes, "0", (3.0, 100.0))
    assert taken(axes, "1", (7.0, 1.0))


@pytest.mark.parametrize("scale", [1e308, 1e-308, 1.0])
def test_decision_boundary_of_values_of_any_size(scale):
    for model in (lambda x: scale * x[:, 0], lambda x: scale * np.stack([-x[:, 0], x[:, 0]], 1)):
        axes = plots.decision_boundary(model, [[-1.0, 0.0], [1.0, 1.0]], [0, 1])
        axes.figure.canvas.draw()
        assert [taken(axes, name, (-0.5, 0.5)) for name in ("0", "1")] == [True, False]
        assert [taken(axes, name, (0.5, 0.5)) for name in ("0", "1")] == [False, True]


def test_decision_boundary_where_values_are_equal():
    for model in (lambda x: x[:, 0] > 0, lambda x: np.stack([0 * x[:, 0], np.maximum(x[:, 0], 0)], 1)):
        axes = plots.decision_boundary(model, [[-1.0, 0.0], [1.0, 1.0]], [0, 1])
        assert [taken(axes, name, (-0.5, 0.5)) for name in ("0", "1")] == [True, False]
        assert [taken(axes, name, (0.5, 0.5)) for name in ("0", "1")] == [False, True]


def test_decision_boundary_gives_each_of_many_classes_a_colour_of_its_own():
    axes = plots.decision_boundary(lambda x: x[:, :1] * np.arange(25), np.eye(2), [0, 24])
    dots = [c for c in axes.collections if c.get_label() in texts(axes)]
    assert len({tuple(c.get_facecolor()[0]) for c in dots}) == len(texts(axes)) == 25


def test_decision_boundary_of_one_sample_far_out():
    axes = plots.decision_boundary(lambda x: x[:, 0], [[1e17, 0.0]], [1])
    assert np.diff(axes.get_xlim()) > 1e16


def test_decision_boundary_of_a_model_with_classes():
    rng = np.random.default_rng(0)
    centres = np.array([[0.0, 0.0], [4.0, 0.0], [0.0, 4.0]])
    y = np.arange(90) % 3
    x = (centres[y] + rng.normal(scale=0.3, size=(90, 2))).astype(np.float32)
    model = nn.MLP(2, 3, output="softmax", rng=0, dtype=np.float32)
    nn.fit(model, x, y, epochs=60, optimizer=nn.SGD(model.parameters(), 0.5), rng=0, progress=False)
    for labels in (y, np.eye(3)[y]):
        axes = plots.decision_boundary(model, x, labels, points=50)
        assert texts(axes) == ["0", "1", "2"]
        for k, centre in enumerate(centres):
            assert [taken(axes, name, centre) for name in texts(axes)] == [k == i for i in range(3)]


def test_decision_boundary_leaves_the_model_as_it_was():
    seen = []

    class Watching(nn.Module):
        def __init__(self):
            self.w = Tensor(np.ones((2, 1)), requires_grad=True)

        def forward(self, x):
            seen.append((self.training, (x @ self.w).requires_grad))
            return x @ self.w

    model = Watching()
    plots.decision_boundary(model, np.eye(2), [0, 1], points=4)
    assert seen == [(False, False)]
    assert model.training


def test_decision_boundary_where_a_class_is_never_taken():
    axes = plots.decision_boundary(lambda x: np.ones(len(x)), [[0.0, 0.0]], [0])  # one sample, and nothing is below 0
    assert taken(axes, "1", (0.0, 0.0))
    assert texts(axes) == ["0", "1"]
    axes.figure.canvas.draw()


@pytest.mark.parametrize(
    ("model", "x", "y", "match"),
    [
        (lambda x: x, np.ones((3, 3)), [0, 1, 0], r"x: expected samples of two finite numbers, \(n, 2\)"),
        (lambda x: x, [[np.nan, 0.0]], [0], "two finite numbers"),
        (lambda x: x[:, 0], np.ones((3, 2)), [0, 1, 2], "one value tells two classes apart, and there are 3"),
        (lambda x: x, np.eye(2), [0, 2], r"y: expected labels from 0 to 1, as the model has 2 outputs, got 0, 2"),
        (lambda x: x, np.eye(2), [[0.5, 0.5], [1, 0]], "y: expected rows of one 1 and otherwise 0, got"),
        (lambda x: x, np.eye(2), [[1, 1], [1, 0]], "y: expected rows of one 1 and otherwise 0, got"),
        (lambda x: x, np.eye(2), ["a", "b"], r"y: expected a class for each of 2 samples, got \['a', 'b'\]"),
        (lambda x: x[:, 0], np.eye(2), [5, 5], "y: expected two classes, or 0, 1 or -1 alone, got 5"),
        (lambda x: x[:, 0], np.eye(2), [0, np.nan], "y: one value tells two classes apart"),
        (lambda x: x, [[1e308, 0.0], [0, 0]], [0, 1], r"two finite numbers, \(n, 2\), of which none is beyond 1e\+300"),
        (lambda x: x, [[1.0, 0.0], [0]], [0, 1], "two finite numbers"),
        (lambda x: None, np.eye(2), [0, 1], "model: expected a value or a row of values"),
        (lambda x: x, np.eye(2), [0.5, 1.0], "expected labels from 0 to 1"),
        (lambda x: x, np.eye(2), [0, 1, 1], "expected a class for each of 2 samples"),
        (lambda x: x[:, 0].sum(), np.eye(2), [0, 1], "model: expected a value or a row of values"),
        (lambda x: x * np.inf, np.eye(2), [0, 1], "NaN or infinite"),
    ],
)
@pytest.mark.filterwarnings("ignore:invalid value")
def test_decision_boundary_refuses(model, x, y, match):
    with pytest.raises(ValueError, match=match):
        plots.decision_boundary(model, x, y)
    assert pyplot.get_fignums() == []


def test_decision_boundary_refuses_a_threshold_or_model_that_is_none():
    for wrong in (np.nan, np.inf, "x", None, [0.5]):
        with pytest.raises(ValueError, match="threshold: expected a finite number, got"):
            plots.decision_boundary(lambda x: x[:, 0], np.eye(2), [0, 1], threshold=wrong)
    with pytest.raises(TypeError, match=r"model: expected a Module, or a function of an array, got 5"):
        plots.decision_boundary(5, np.eye(2), [0, 1])


def test_weights_as_images(axes):
    w = np.arange(3 * 6, dtype=float).reshape(3, 6) - 9
    assert plots.weights(w, (2, 3), axes) is axes
    image = axes.images[0].get_array().filled(np.nan)
    assert image.shape == (2 * 2 + 1, 2 * 3 + 1)  # 2 by 2 places for 3 units
    np.testing.assert_array_equal(image[:2, :3], w[0].reshape(2, 3))
    np.testing.assert_array_equal(image[:2, 4:], w[1].reshape(2, 3))
    np.testing.assert_array_equal(image[3:, :3], w[2].reshape(2, 3))
    assert np.isnan(image[2]).all()
    assert np.isnan(image[3:, 4:]).all()
    assert axes.images[0].get_clim() == (-9.0, 9.0)
    assert axes.get_title() == "weights of 3 units"
    axes.figure.canvas.draw()


def test_weights_of_a_model():
    model = nn.MLP(64, 100, 10, rng=0)
    first = plots.weights(model)
    assert first.images[0].get_array().shape == (8 * 9 - 1, 8 * 9 - 1)
    np.testing.assert_array_equal(first.images[0].get_array()[:8, :8], model[0].weight.data[0].reshape(8, 8))
    np.testing.assert_array_equal(plots.weights(model[2], (10, 10)).images[0].get_array()[:10, :10],
                                  model[2].weight.data[0].reshape(10, 10))  # fmt: skip
    assert plots.weights(model, most=5).get_title() == "weights of the first 5 of 100 units"
    one = plots.weights(np.zeros((1, 1)))
    one.figure.canvas.draw()
    assert one.get_title() == "weights of 1 unit"
    with pytest.raises(TypeError, match="a Linear, a convolution or a model with one, got Tanh"):
        plots.weights(nn.Tanh())
    with pytest.raises(ValueError, match=r"12 inputs are no image of 3 x 3: say shape=\(rows, columns\)"):
        plots.weights(np.ones((2, 12)))
    with pytest.raises(ValueError, match="expected finite weights, one row for each unit"):
        plots.weights(np.full((2, 4), np.nan))


def test_weights_of_filters(axes):
    model = nn.Sequential(nn.Conv2d(1, 6, 5, rng=0), nn.ReLU(), nn.Conv2d(6, 4, 3, rng=1), nn.Linear(4, 2))
    plots.weights(model, axes=axes)
    assert axes.get_title() == "weights of 6 filters"
    image, w = axes.images[0].get_array(), model[0].weight.data
    assert image.shape == (2 * 6 - 1, 3 * 6 - 1)
    np.testing.assert_array_equal(image[6:, :5], w[3, 0])
    axes.figure.canvas.draw()
    drawn = plots.weights(model[2], most=3)
    assert drawn.get_title() == "weights of the first 3 of 4 filters\nof 6 channels, one below another"
    image, w = drawn.images[0].get_array(), model[2].weight.data
    assert image.shape == (6 * 4 - 1, 3 * 4 - 1)
    np.testing.assert_array_equal(image[4 * 5 :, 4:7], w[1, 5])
    np.testing.assert_array_equal(plots.weights(nn.Conv1d(2, 1, 3)).images[0].get_array().shape, (2, 3))
    with pytest.raises(ValueError, match=r"shape: the weights of filters are images already, of \(5, 5\)"):
        plots.weights(model, (5, 5))


def test_weights_of_any_dtype_and_size():
    image = plots.weights(np.array([[-128, 1, 2, 3]], np.int8)).images[0]
    assert image.get_clim() == (-128, 128)
    np.testing.assert_array_equal(image.get_array(), [[-128, 1], [2, 3]])
    for largest in (1e300, 1e-300):
        plots.weights(np.array([[-1, 0, 1, 1]]) * largest).figure.canvas.draw()
    with pytest.raises(ValueError, match=r"layer: expected finite weights.*none is beyond 1e\+300, got -1e\+308"):
        plots.weights(np.full((1, 4), -1e308))
    assert plots.weights(np.ones((1, 6)), np.array([2, 3])).images[0].get_array().shape == (2, 3)
    for shape in (4, (2, 2, 1), "22"):
        with pytest.raises(ValueError, match="shape: "):
            plots.weights(np.ones((1, 4)), shape)


@pytest.mark.parametrize("shape", [(4, 12), (6, 8), (7, 7), (12, 4)])
def test_the_scale_of_weights_is_about_as_high_as_the_image_and_beside_it(shape):
    fixed = pyplot.subplots(1, 2)[1]
    for axes in (None, fixed[0]):
        axes = plots.weights(np.ones((1, shape[0] * shape[1])), shape, axes)
        axes.figure.canvas.draw()
        scale, image = (a.get_window_extent() for a in (axes.images[0].colorbar.ax, axes))
        assert 0.8 * image.height < scale.height < 1.25 * image.height
        assert image.x1 < scale.x0
    assert axes.images[0].colorbar.ax.get_tightbbox().x1 < fixed[1].get_window_extent().x0


def test_schedule_of_a_function_a_number_and_an_optimizer(axes):
    halved = lambda step: 0.8 / 2**step
    p = Tensor([1.0], requires_grad=True)
    for lr in (halved, nn.SGD([p], halved)):
        stairs = plots.schedule(lr, 3).patches[0].get_data()
        assert (stairs.values.tolist(), stairs.edges.tolist()) == ([0.8, 0.4, 0.2], [0, 1, 2, 3])
    assert plots.schedule(0.1, 2, axes) is axes
    assert axes.patches[0].get_data().values.tolist() == [0.1, 0.1]
    assert (axes.get_xlabel(), axes.get_title()) == ("step", "learning rate")
    axes.figure.canvas.draw()
    with pytest.raises(ValueError, match="lr in step 2: expected a finite number >= 0, got -1"):
        plots.schedule(lambda step: 1.0 - step, 5)
    with pytest.raises(ValueError, match="steps: expected a whole number >= 1"):
        plots.schedule(0.1, 0)


def test_save_takes_an_axes_too(tmp_path):
    first, second = (plots.save(plots.schedule(0.1, 3), tmp_path / f"{i}.svg").read_bytes() for i in (1, 2))
    assert first == second
    assert first.startswith(b"<?xml")
    for ending, begins in (("png", b"\x89PNG"), ("PDF", b"%PDF"), ("jpg", b"\xff\xd8")):
        one, two = (plots.save(plots.schedule(0.1, 3), tmp_path / f"{i}.{ending}").read_bytes() for i in (1, 2))
        assert one == two
        assert one.startswith(begins)
    with pytest.raises(ValueError, match=r"ends in one of .*\.pdf, .*\.svg, .*, got 'a.docx'"):
        plots.save(plots.schedule(0.1, 3), tmp_path / "a.docx")
    with pytest.raises(TypeError, match="expected a matplotlib Figure or Axes, got 5"):
        plots.save(5, tmp_path / "a.svg")


def test_without_matplotlib_every_plot_says_what_to_install():
    code = (
        "import sys; sys.modules['matplotlib'] = None\n"
        "import numpy as np\n"
        "from nn import plots\n"
        "x = np.eye(2)\n"
        "for plot in (lambda: plots.curves([{'epoch': 1, 'loss': 1.0}]), lambda: plots.schedule(0.1, 3),\n"
        "             lambda: plots.weights(np.eye(4)), lambda: plots.gradient_norms({'0': [1.0]}),\n"
        "             lambda: plots.decision_boundary(lambda x: x, x, [0, 1]), lambda: plots.save(None, 'a.svg')):\n"
        "    try:\n"
        "        plot()\n"
        "    except ImportError as error:\n"
        "        print(error)\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.count("plots need matplotlib: pip install 'glassgrad[plot]'") == 6
