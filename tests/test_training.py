"""fit, and the command line that runs it: real digits, the four files, and what happens when things go wrong."""

import csv

import numpy as np
import pytest

import nn
from autograd import Tensor


def read(path):
    return list(csv.DictReader(path.read_text().splitlines()))


def test_digits_are_learnt_to_95_percent():
    (x, y), test = nn.datasets.digits(split=3)
    model = nn.MLP(64, 64, 10, output="softmax", rng=0)
    optimizer = nn.SGD(model.parameters(), lr=0.05, momentum=0.9)
    history = nn.fit(model, x, y, epochs=15, optimizer=optimizer, validation=test, rng=0, progress=False)
    assert history[-1]["val_accuracy"] >= 0.95
    assert nn.evaluate(model, *test)["accuracy"] == history[-1]["val_accuracy"]
    assert history.column("loss")[-1] < 0.1 * history.column("loss")[0]
    assert list(history[0]) == ["epoch", "loss", "accuracy", "val_loss", "val_accuracy"]


def test_the_same_seed_gives_the_same_weights():
    (x, y), _ = nn.datasets.digits()
    states = []
    for _ in range(2):
        model = nn.MLP(64, 16, 10, output="softmax", rng=5)
        nn.fit(model, x, y, epochs=2, rng=5, progress=False)
        states.append(model.state_dict())
    for name in states[0]:
        np.testing.assert_array_equal(states[0][name], states[1][name])


def test_the_history_holds_averages_over_samples(tmp_path):
    x, y = np.arange(10.0)[:, None], np.arange(10.0)[:, None]
    model = nn.MLP(1, 1, rng=0)
    history = nn.fit(
        model, x, y, epochs=1, batch_size=4, optimizer=nn.SGD(model.parameters(), 0), rng=0, progress=False
    )
    assert history[0]["loss"] == pytest.approx(model.loss(x, y).item())
    assert "accuracy" not in history[0]
    rows = read(history.save(tmp_path / "h.csv"))
    assert float(rows[0]["loss"]) == history[0]["loss"]


@pytest.mark.parametrize(("change", "message"), [
    (dict(epochs=-1), "epochs: expected a whole number >= 0, got -1"),
    (dict(batch_size=0), "batch_size: expected a whole number >= 1, got 0"),
    (dict(y=np.zeros(3, int)), "as many rows"),
    (dict(y=np.full(8, 7)), "y: label 7 of sample 0 is out of range: there are 3 classes"),
    (dict(x=np.full((8, 2), np.nan)), "x: expected finite numbers, got nan in row 0, column 0"),
    (dict(model=nn.Linear(2, 3)), "expected a function of .*Linear has no cost of its own"),
    (dict(loss="mse"), "expected a function of .*got 'mse'"),
    (dict(loss=lambda z, t: z), "one number as a Tensor, got float64"),
    (dict(loss=lambda z, t: 1.0), "one number as a Tensor, got 1.0"),
    (dict(optimizer="sgd"), "expected one of nn's, such as nn.SGD.*got 'sgd'"),
    (dict(validation=(1,)), r"validation: expected \(x, y\), \(x, y, sample_weight\) or a DataLoader of these, got \(1,\)"),
    (dict(epochs=0, batch_size=0), "batch_size: expected a whole number >= 1, got 0"),
    (dict(x=np.zeros((8, 5))), r"got x \(\d, 5\), weight \(3, 2\)"),
])  # fmt: skip
def test_bad_calls_of_fit(change, message):
    call = dict(model=nn.MLP(2, 3, output="softmax", rng=0), x=np.ones((8, 2)), y=np.zeros(8, int), epochs=1) | change
    before = call["model"].state_dict()
    with pytest.raises((ValueError, TypeError, IndexError), match=message):
        nn.fit(call.pop("model"), call.pop("x"), call.pop("y"), progress=False, **call)
    after = change.get("model", None)
    assert after is None or all((after.state_dict()[k] == before[k]).all() for k in before)


def test_accuracy_is_of_classes_and_of_nothing_else():
    rng = np.random.default_rng(1)
    several = (rng.random((200, 3)) < 0.4).astype(float)  # some rows happen to hold one 1
    model = nn.MLP(3, 3, output="sigmoid", rng=0)
    history = nn.fit(model, rng.normal(size=(200, 3)), several, epochs=2, batch_size=1, rng=0, progress=False)
    assert all(list(row) == ["epoch", "loss"] for row in history)
    ages = rng.integers(19, 90, 200)  # whole numbers, but more than there are outputs
    spread = lambda z, t: ((z[:, 0] - t.astype(float)) ** 2).mean()
    model = nn.MLP(3, 2, rng=0)
    slow = nn.SGD(model.parameters(), 1e-6)
    assert "accuracy" not in nn.fit(model, several, ages, epochs=1, loss=spread, optimizer=slow, progress=False)[0]
    model = nn.MLP(3, 3, output="sigmoid", rng=0)
    one_hot = np.eye(3)[rng.integers(0, 3, 200)]
    history = nn.fit(model, rng.normal(size=(200, 3)), one_hot, epochs=1, rng=0, progress=False)
    assert "accuracy" in history[0]


def test_a_run_that_diverges_ends_before_anything_is_kept():
    (x, y), _ = nn.datasets.digits(dtype=np.float32)
    for rate, epochs in ((1e38, 1), (1e30, 3)):
        kept = []
        model = nn.MLP(64, 64, 10, output="softmax", rng=0, dtype=np.float32)
        with pytest.raises(ValueError, match=r"(loss|a parameter) became .* in epoch \d.*smaller learning rate"):
            nn.fit(model, x, y, epochs=epochs, batch_size=len(x) if epochs == 1 else 32, rng=0, progress=False,
                   optimizer=nn.SGD(model.parameters(), rate), callbacks=kept.append, validation=(x, y))  # fmt: skip
        assert kept == []


@pytest.mark.parametrize("compile", [False, True])
def test_a_frozen_batch_norm_stays_frozen_and_a_model_that_was_only_used_is_trained(compile):
    rng = np.random.default_rng(0)
    x, y = 5 + rng.normal(size=(40, 4)), rng.integers(0, 3, 40)
    for frozen in ("norm", "all", "none"):
        norm, drop = nn.BatchNorm1d(4), nn.Dropout(0.5, rng=0)
        model = nn.Sequential(norm, drop, nn.Linear(4, 3, rng=0))
        {"norm": norm, "all": model, "none": nn.Module()}[frozen].eval()
        nn.fit(model, x, y, epochs=2, loss=nn.cross_entropy, validation=(x, y), rng=0, progress=False, compile=compile)
        moved = norm.num_batches_tracked.item(), bool((norm.running_mean.data != 0).any())
        assert moved == ((0, False) if frozen == "norm" else (4, True))
        assert (norm.training, drop.training, model.training) == (frozen != "norm", True, True)


@pytest.mark.filterwarnings("error")
def test_what_cannot_be_recorded_goes_on_step_by_step_and_is_the_same():
    x, made = np.linspace(-1, 1, 24)[:, None], []
    for compile in (False, True):
        model = nn.MLP(1, 3, 1, rng=0)
        optimizer = nn.SGD(model.parameters(), lr=0.1, momentum=0.5)
        penalty = lambda m=model, o=optimizer: nn.l2(m.parameters()) / (1 + o.steps)  # a number of its own in each step
        how = dict(epochs=3, batch_size=8, optimizer=optimizer, penalty=penalty, rng=0, progress=False, compile=compile)
        if compile:
            with pytest.warns(
                UserWarning, match="goes on without a recorded step, as with compile=False: .*steps"
            ) as told:
                history = nn.fit(model, x, 3 * x, **how)
            assert [warning.filename for warning in told] == [__file__]
        else:
            history = nn.fit(model, x, 3 * x, **how)
        made.append((history, {name: a.tobytes() for name, a in model.state_dict().items()}, optimizer.steps))
    assert made[0] == made[1]


def test_evaluate_leaves_every_mode_as_it_was():
    model = nn.Sequential(nn.Linear(2, 2, rng=0), nn.Tanh())
    model[1].eval()
    nn.evaluate(model, np.ones((3, 2)), np.ones((3, 2)), nn.squared_error)
    assert (model.training, model[0].training, model[1].training) == (True, True, False)
    with pytest.raises(TypeError, match="Sequential has no cost of its own"):
        nn.evaluate(model, np.ones((3, 2)), np.ones((3, 2)))


def test_curves_of_any_list_of_rows(tmp_path):
    figure = nn.plots.curves([{"epoch": 1, "loss": 1.0}, {"epoch": 2, "loss": 0.5}])
    assert nn.plots.save(figure, tmp_path / "c.svg").read_bytes().startswith(b"<?xml")
    with pytest.raises(ValueError, match="the history is empty"):
        nn.plots.curves([])


def test_metrics():
    assert nn.metrics.accuracy(np.eye(3), [0, 1, 0]) == pytest.approx(2 / 3)
    assert nn.metrics.accuracy(Tensor(np.eye(3)), np.eye(3)) == 1
    np.testing.assert_array_equal(
        nn.metrics.confusion_matrix([0, 1, 2], [0, 2, 2], 3), [[1, 0, 0], [0, 0, 0], [0, 1, 1]]
    )
    with pytest.raises(ValueError, match="accuracy: expected"):
        nn.metrics.accuracy(np.eye(3), [0, 1])
    with pytest.raises(IndexError, match="confusion_matrix: label -1 of sample 0 is out of range"):
        nn.metrics.confusion_matrix([-1], [0], 2)
    with pytest.raises(ValueError, match="accuracy: expected whole numbers as labels, got float64"):
        nn.metrics.accuracy(np.eye(2), [0.5, 1.0])
    with pytest.raises(ValueError, match="confusion_matrix: expected outputs"):
        nn.metrics.confusion_matrix([0], [0, 1], 2)
