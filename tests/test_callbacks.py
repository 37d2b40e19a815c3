"""Early stopping, callbacks, weights of samples and what is written while a training runs."""

import io
import re
import sys
import threading
from functools import partial

import numpy as np
import pytest

import autograd as ag
import nn
from autograd import Tensor
from nn.given import weights_by_class
from nn.module import evaluating

x = np.random.default_rng(0).normal(size=(40, 3))
y = (x[:, 0] > 0).astype(int)


def model():
    return nn.MLP(3, 4, 2, output="softmax", rng=0)


def fit(m=None, epochs=3, given=(x, y), **more):
    return nn.fit(m or model(), *given, **dict(epochs=epochs, batch_size=10, rng=0, progress=False) | more)


def test_early_stopping_gives_back_the_best():
    m, states, values = model(), [], iter([3.0, 2.0, 2.5, 1.9999, 5.0])
    stop = nn.EarlyStopping("val_thing", patience=3, min_delta=0.01, mode="min")

    def thing(row):
        row["val_thing"] = next(values)
        states.append(m.state_dict())

    history = fit(m, 10, callbacks=[thing, stop])
    assert [row["epoch"] for row in history] == [1, 2, 3, 4, 5]  # 1.9999 is not better by 0.01
    assert (stop.best, stop.epoch) == (2.0, 2)
    for name, a in m.state_dict().items():
        np.testing.assert_array_equal(a, states[1][name])
        assert (a != states[4][name]).any()


def test_which_way_is_better():
    assert nn.EarlyStopping("val_accuracy").sign == -1
    assert nn.EarlyStopping("val_mean_absolute_error").sign == 1
    with pytest.raises(ValueError, match="which way is 'val_mae' better"):
        nn.EarlyStopping("val_mae")
    stop = nn.EarlyStopping("val_accuracy", patience=1)
    assert [stop({"epoch": i, "val_accuracy": a}) for i, a in enumerate([0.5, 0.6, np.nan], 1)] == [False, False, True]
    with pytest.raises(ValueError, match="unknown quantity to monitor 'val_los': did you mean 'val_loss'"):
        nn.EarlyStopping("val_los", mode="min")({"epoch": 1, "loss": 1.0, "val_loss": 1.0})
    with pytest.raises(ValueError, match="patience: expected a whole number >= 1, got 0"):
        nn.EarlyStopping(patience=0)


def test_early_stopping_says_what_it_waits_for():
    stop = nn.EarlyStopping("val_loss", patience=3)
    assert repr(stop) == "EarlyStopping('val_loss', patience=3, min_delta=0, mode='min', restore=True)"
    stop({"epoch": 7, "val_loss": 0.25})
    assert repr(stop).endswith("restore=True), best 0.25 in epoch 7")


def test_only_true_stops():
    assert len(fit(callbacks=lambda row: 1)) == 3
    assert len(fit(callbacks=lambda row: True)) == 1
    with pytest.raises(TypeError, match=r"callbacks\[1\]: expected a function of the row of the history, got 5"):
        fit(callbacks=[print, 5])


def test_a_weight_of_two_is_the_sample_twice():
    weights = np.ones(40)
    weights[:7] = 2
    one, two = model(), model()
    fit(one, sample_weight=weights, batch_size=40, loss=nn.cross_entropy)
    fit(two, given=(np.concatenate([x, x[:7]]), np.concatenate([y, y[:7]])), batch_size=47, loss=nn.cross_entropy)
    for a, b in zip(one.parameters(), two.parameters(), strict=True):
        np.testing.assert_allclose(a.data, b.data, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize(("weights", "wrong", "message"), [
    ([1.0, 3.0], [1.0], "expected one for each of 2 classes"),
    ({1: 3.0}, {"1": 3.0}, "of class: expected a whole number >= 0, got '1'"),  # of class 0 it is 1, as Keras has it
    ({0: 1.0, 1: 3.0, 2: 5.0}, {-1: 3.0}, "of class: expected a whole number >= 0, got -1"),
])  # fmt: skip
def test_weights_of_classes_are_those_of_their_samples(weights, wrong, message):
    one, two = model(), model()
    a = fit(one, class_weight=weights, loss=nn.cross_entropy)
    b = fit(two, sample_weight=np.where(y == 1, 3.0, 1.0), loss=nn.cross_entropy)
    assert a == b
    with pytest.raises(ValueError, match=f"class_weight: {message}"):
        fit(class_weight=wrong, loss=nn.cross_entropy)


def test_validation_may_be_a_loader_and_have_weights():
    weights = np.arange(40.0)
    pair, triple = fit(validation=(x, y)), fit(validation=(x, y, weights))
    assert fit(validation=nn.DataLoader(x, y)) == pair
    assert fit(validation=nn.DataLoader(x, y, weights)) == triple
    m = model()
    assert fit(m, validation=(x, y, weights))[-1]["val_loss"] == nn.evaluate(m, x, y, sample_weight=weights)["loss"]
    assert [row["val_accuracy"] for row in pair] == [row["val_accuracy"] for row in triple]
    with pytest.raises(ValueError, match="validation, sample_weight: expected a number for each of 40 samples"):
        fit(validation=(x, y, weights[1:]))


@pytest.mark.parametrize("compile", [True, False])
def test_metrics_of_an_epoch_are_of_all_that_the_model_said(compile):
    still = lambda m: nn.SGD(m.parameters(), lr=0.0)  # so that the training set is seen by the model that validates
    m = model()
    for row in fit(m, optimizer=still(m), metrics=["f1", "accuracy"], validation=(x, y), compile=compile):
        assert row["f1"] == pytest.approx(row["val_f1"], rel=1e-13)
        assert row["accuracy"] == pytest.approx(row["val_accuracy"], rel=1e-13)
    m, t = nn.MLP(3, 1, rng=0), x[:, :1] ** 2
    for row in fit(m, given=(x, t), optimizer=still(m), metrics=["r2"], validation=(x, t), compile=compile):
        assert row["r2"] == pytest.approx(row["val_r2"], rel=1e-12)


def test_one_output_of_yes_or_no_has_an_accuracy():
    t = (x[:, :1] > 0).astype(float)
    m = nn.MLP(3, 1, output="sigmoid", rng=0)
    history = fit(
        m, 20, given=(x, t), validation=(x, t > 0), metrics=["accuracy"], callbacks=nn.EarlyStopping("val_accuracy")
    )
    said = (m.predict(x).data > 0.5) == t
    assert nn.evaluate(m, x, t)["accuracy"] == said.mean() == max(history.column("val_accuracy")) > 0.9
    last = nn.Sequential(*m.layers, nn.Sigmoid())
    for model_, cost in ((last, nn.binary_cross_entropy), (m, nn.binary_cross_entropy_with_logits)):
        assert nn.evaluate(model_, x, t, loss=cost)["accuracy"] == said.mean()
    assert "accuracy" not in nn.evaluate(m, x, t, loss=nn.mean_squared_error)  # which may be of numbers
    assert "accuracy" not in nn.evaluate(m, x, t * 0.5)


def test_labels_may_be_false_and_true():
    assert fit(given=(x, y == 1), metrics="f1", class_weight={1: 2}) == fit(
        given=(x, y), metrics="f1", class_weight={1: 2}
    )


def test_rates_that_change_are_in_the_history():
    m = model()
    lr = nn.schedules.ReduceOnPlateau(0.0, patience=0)
    lr.rate = 1e-9  # no loss gets better by it
    assert fit(m, 3, optimizer=nn.SGD(m.parameters(), lr)).column("lr") == pytest.approx([1e-9, 1e-9, 1e-10])
    first, *others = m.parameters()
    optimizer = nn.Groups(nn.SGD(first, 0.1), nn.SGD(others, nn.schedules.exponential(0.1, 0.5)))
    assert fit(m, 2, optimizer=optimizer).column("lr1") == pytest.approx([0.1, 0.1 / 16])  # 4 steps an epoch
    assert not any("lr" in name for name in fit()[0])
    with pytest.raises(ValueError, match="'lr' is what the history calls something else"):
        fit(metrics={"lr": nn.metrics.f1})


def test_a_penalty_is_part_of_the_loss():
    m = model()
    plain = fit(model(), 1, batch_size=40)[0]["loss"]
    start = sum((p.data**2).sum() for p in m.parameters())
    assert fit(m, 1, batch_size=40, penalty=lambda: 0.1 * nn.l2(m.parameters()))[0]["loss"] == pytest.approx(
        plain + 0.05 * start, rel=1e-12
    )


def test_metrics_are_measured():
    history = fit(epochs=1, batch_size=40, validation=(x, y), metrics=["f1"])
    assert {"f1", "val_f1"} <= history[0].keys()
    row = fit(epochs=1, metrics={"sevens": lambda z, t: 7.0, "mine": "f1"})[0]
    assert row["sevens"] == 7
    assert fit(epochs=1, metrics=["f1", nn.metrics.recall])[0].keys() == {*row} - {"sevens", "mine"} | {"f1", "recall"}
    assert "recall" in fit(epochs=1, metrics=nn.metrics.recall)[0]
    for metrics in ([lambda z, t: 7.0], ["f1", nn.metrics.f1], [partial(nn.metrics.f1, average="micro")]):
        with pytest.raises(ValueError, match="is no name, or the name of two: say what each is called"):
            fit(metrics=metrics)
    with pytest.raises(ValueError, match="unknown metric 'acuracy': did you mean 'accuracy'"):
        fit(metrics=["acuracy"])


def test_bad_data_are_refused_before_the_first_step():
    m = model()
    before = m.state_dict()
    bad = x.copy()
    bad[7, 2] = np.nan
    for given, more, error, message in [
        ((bad, y), {}, ValueError, "x.*row 7.*column 2"),
        ((x, y), dict(validation=(bad, y)), ValueError, "validation.*row 7.*column 2"),
        ((x, np.where(np.arange(40) == 11, 2, y)), {}, IndexError, "label 2 of sample 11"),
        ((x, y - 1), {}, IndexError, "label -1 of sample"),
    ]:  # fmt: skip
        with pytest.raises(error, match=message):
            fit(m, given=given, loss=nn.cross_entropy, **more)
    for name, a in m.state_dict().items():
        np.testing.assert_array_equal(a, before[name])


def test_a_loader_is_data_and_batches():
    one, two = model(), model()
    a = fit(one)
    b = nn.fit(two, nn.DataLoader(x, y, batch_size=10, rng=0), epochs=3, progress=False)
    assert a == b
    for more in (dict(y=y), dict(batch_size=7), dict(rng=3), dict(sample_weight=np.ones(40))):
        with pytest.raises(TypeError, match=f"leave {next(iter(more))} away"):
            nn.fit(two, nn.DataLoader(x, y, batch_size=10), **more)


def test_the_weights_in_a_loader_are_judged_too():
    m = model()
    before = m.state_dict()
    with pytest.raises(ValueError, match="sample_weight: expected numbers >= 0"):
        nn.fit(m, nn.DataLoader(x, y, np.where(np.arange(40) == 9, -1.0, 1.0), batch_size=4), progress=False)
    assert all((a == before[name]).all() for name, a in m.state_dict().items())


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_what_is_written_to_a_file_and_to_a_terminal(monkeypatch):
    monkeypatch.delitem(sys.modules, "ipykernel", raising=False)
    file = io.StringIO()
    monkeypatch.setattr(sys, "stderr", file)
    fit(epochs=45, progress=True)
    lines = file.getvalue().splitlines()
    assert "\r" not in file.getvalue()
    assert 15 <= len(lines) <= 22
    assert re.fullmatch(r"epoch 1/45: loss \d\.\d{4}, accuracy 0\.\d{4}", lines[0])
    assert lines[-1].startswith("epoch 45/45: ")
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    fit(epochs=3, progress=True)
    assert "12/12" in terminal.getvalue()
    assert "epoch 3/3, loss" in terminal.getvalue()
    monkeypatch.setattr(sys, "stderr", quiet := Terminal())
    fit(epochs=1)
    assert quiet.getvalue() == ""


def test_a_history_comes_back(tmp_path):
    history = fit(validation=(x, y))
    assert nn.History.load(history.save(tmp_path / "h.csv")) == history
    (tmp_path / "pandas.csv").write_text("epoch,loss\n1.0,0.5\n")
    assert nn.History.load(tmp_path / "pandas.csv") == [{"epoch": 1, "loss": 0.5}]


@pytest.mark.parametrize("name", ["\r", " a", "\ud800"])
def test_a_history_whose_names_would_come_back_as_others(name, tmp_path):
    history = nn.History([{"epoch": 1, name: 0.5}])
    if name == "\r" and sys.version_info >= (3, 13):  # whose csv module quotes it
        assert nn.History.load(history.save(tmp_path / "b.csv")) == history
        return
    with pytest.raises(ValueError, match="a CSV file cannot have columns of these names"):
        history.save(tmp_path / "a.csv")
    assert not (tmp_path / "a.csv").exists()
    history = nn.History([{"epoch": 1, 'a,"\n<b>': 0.5}])
    assert nn.History.load(history.save(tmp_path / "a.csv")) == history


@pytest.mark.parametrize(("content", "says"), [
    (b"epoch,loss\n1,0.5\n2,x\n", r"line 3: expected numbers under \['epoch', 'loss'\], got \['2', 'x'\]"),
    (b"epoch,loss\n1,0.5\n2", "line 3: expected 2 fields"), (b"epoch,loss\n1,0.5,7\n", "line 2: expected 2 fields"),
    (b"epoch,loss\n1.5,2\n", "line 2: expected numbers"), (b"epoch,loss\ninf,2\n", "line 2: expected numbers"),
    (b"epoch,loss\nnan,2\n", "line 2: expected numbers"), (b"epoch,loss\n1_0,2\n", "line 2: expected numbers"),
    (b"epoch,loss\n1,1_0\n", "line 2: expected numbers"), (b"epoch,loss,loss\n1,2,3\n", "two columns have the name 'loss'"),
    (b"epoch,loss\n1,\xff\n", "is not text in UTF-8"), (b"epoch,loss\n1,'\0\n", "line 2"), (b"", "is empty"),
    (b'epoch,loss\n1,"' + b"9" * 200_000, "line 2"),
])  # fmt: skip
def test_a_history_that_is_damaged(content, says, tmp_path):
    (tmp_path / "bad.csv").write_bytes(content)
    with pytest.raises(ValueError, match=rf"bad\.csv.* {says}" if says[0] == "i" else rf"bad\.csv: {says}"):
        nn.History.load(tmp_path / "bad.csv")


def test_one_early_stopping_for_several_trainings():
    stop, one, two = nn.EarlyStopping("loss", patience=2), model(), nn.MLP(3, 4, 2, output="softmax", rng=1)
    fit(one, 2, callbacks=stop)
    again = nn.MLP(3, 4, 2, output="softmax", rng=1)
    a, b = fit(two, 4, callbacks=stop), fit(again, 4, callbacks=nn.EarlyStopping("loss", patience=2))
    assert a == b
    for p, q in zip(two.parameters(), again.parameters(), strict=True):
        np.testing.assert_array_equal(p.data, q.data)


def test_the_loss_of_an_epoch_is_over_weights_and_its_accuracy_over_samples():
    weights, m = np.arange(40) % 5 / 2, model()
    still = nn.SGD(m.parameters(), lr=0.0)
    row = fit(m, 1, batch_size=13, optimizer=still, sample_weight=weights.astype(np.float32))[0]
    each = np.array([nn.cross_entropy(m(x[i : i + 1]), y[i : i + 1]).item() for i in range(40)])
    assert row["loss"] == pytest.approx((weights * each).sum() / weights.sum(), rel=1e-6)
    assert type(row["loss"]) is float
    assert row["accuracy"] == pytest.approx((m(x).data.argmax(1) == y).mean())
    both = fit(model(), 1, class_weight=[1.0, 3.0], sample_weight=weights)
    assert both == fit(model(), 1, sample_weight=weights * np.where(y == 1, 3.0, 1.0))
    rows = fit(model(), 1, class_weight=[1.0, 3.0], given=(x, np.eye(2)[y]))
    assert rows[0]["loss"] == pytest.approx(fit(model(), 1, class_weight=[1.0, 3.0])[0]["loss"])


def test_a_batch_in_which_nothing_counts_is_passed_by():
    weights = np.zeros(40)
    weights[:3] = 1
    assert np.isfinite(fit(epochs=2, batch_size=4, sample_weight=weights).column("loss")).all()


def test_a_large_set_is_evaluated_as_a_whole():
    many = np.random.default_rng(2).normal(size=(2500, 3))
    t, m = (many[:, 1] > 0).astype(int), model()
    found = nn.evaluate(m, many, t)
    assert found["loss"] == pytest.approx(nn.cross_entropy(m(many), t).item(), rel=1e-12)
    assert found["accuracy"] == (m(many).data.argmax(1) == t).mean()


def test_predictions_in_batches_are_those_at_once():
    rng = np.random.default_rng(5)
    m = nn.Sequential(nn.Linear(3, 4, rng=rng), nn.BatchNorm1d(4), nn.Dropout(0.5), nn.Linear(4, 2, rng=rng))
    modes, sizes = [True, True, False, True, True], []
    m[1].eval()
    said = nn.predict(m, x, batch_size=7)
    assert [part.training for part in m.modules()] == modes
    assert type(said) is np.ndarray
    np.testing.assert_array_equal(said, m.eval()(x).data)
    np.testing.assert_allclose(nn.predict(model(), x).sum(1), 1)  # an MLP's is behind its softmax
    nn.predict(lambda x: sizes.append(len(x)) or x, x, 15)
    assert sizes == [15, 15, 10]
    assert nn.predict(m, x[:0]).shape == (0, 2)


def test_predictions_in_two_threads_do_not_end_each_others_mode():
    second_is_in, first_is_done, said = threading.Event(), threading.Event(), {}

    class Gate(nn.Module):
        def forward(self, x):
            if threading.current_thread().name == "first":
                second_is_in.wait(20)
            else:
                second_is_in.set()
                first_is_done.wait(20)
            return x

    net = nn.Sequential(Gate(), nn.BatchNorm1d(3, eps=0), nn.Dropout(0.5, rng=0))

    def ask():
        name = threading.current_thread().name
        said[name] = nn.predict(net, x) if name == "first" else nn.evaluate(net, x, x, nn.squared_error)
        first_is_done.set()

    threads = [threading.Thread(target=ask, name=name) for name in ("first", "second")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    np.testing.assert_array_equal(said["first"], x)
    assert said["second"] == {"loss": 0.0}
    assert net[1].num_batches_tracked.item() == 0
    assert [part.training for part in net.modules()] == [True] * 4


def test_a_recorded_forward_has_the_mode_of_who_calls_it():
    net, turn, said = nn.Sequential(nn.Dropout(0.5, rng=0)), threading.Barrier(2, timeout=20), []
    forward = ag.compile(lambda x: net(x))

    def ask():
        with evaluating(net):
            for _ in range(2):
                said.append(forward(x))
                turn.wait()
                turn.wait()

    thread = threading.Thread(target=ask)
    thread.start()
    for _ in range(2):
        turn.wait()
        assert {0.0, 2.0} == {*(forward(x) / x).ravel().tolist()}
        turn.wait()
    thread.join()
    assert [out.tolist() for out in said] == [x.tolist()] * 2
    assert forward.count == 2


def test_modes_that_are_set_while_a_net_is_evaluated_end_with_that():
    class Sampled(nn.Module):
        def __init__(self):
            self.drop = nn.Dropout(0.5, rng=0)

        def forward(self, x):
            self.drop.train()
            return self.drop(x)

    net = Sampled()
    net.drop.eval()
    assert {0.0, 2.0} == {*(nn.predict(net, x) / x).ravel().tolist()}
    assert (net.training, net.drop.training) == (True, False)


def test_predictions_are_memory_of_their_own():
    said = nn.predict(nn.Sequential(nn.Flatten()), x)
    said[:] = 0
    assert x.all()


@pytest.mark.parametrize(("given", "error", "message"), [
    ((5, x), TypeError, "model: expected a Module, or a function of an array, got 5"),
    ((nn.ReLU, x), TypeError, "model: expected a Module"),
    ((nn.ReLU(), 1.0), ValueError, "x: expected samples in rows"),
    ((nn.ReLU(), x, 0), ValueError, "batch_size: expected a whole number >= 1, got 0"),
    ((lambda x: (x, x), x), ValueError, "model: expected a value or a row"),
    ((lambda x: x.sum(), x, 20), ValueError, "for each sample, in one array, got float64"),
])  # fmt: skip
def test_what_cannot_be_predicted(given, error, message):
    with pytest.raises(error, match=message):
        nn.predict(*given)


@pytest.mark.parametrize(("more", "error", "message"), [
    (dict(sample_weight=np.where(np.arange(40) == 3, -1.0, 1.0)), ValueError, "sample_weight: expected numbers >= 0"),
    (dict(sample_weight=np.full(40, np.nan)), ValueError, "sample_weight: expected finite numbers"),
    (dict(sample_weight=np.ones((40, 1))), ValueError, "expected a number for each of 40 samples"),
    (dict(validation=(x, y[:5])), ValueError, "validation: expected equally many rows"),
    (dict(callbacks=nn.EarlyStopping()), ValueError, "give fit the validation data"),
    (dict(callbacks=[nn.EarlyStopping]), TypeError, "expected a function of the row"),
    (dict(metrics={"loss": lambda z, t: 1.0}), ValueError, "'loss' is what the history calls something else"),
    (dict(metrics={"a": 5}), TypeError, "expected a function of"),
    (dict(metrics=5), TypeError, "metrics: expected names in nn.metrics, or functions of .*, got 5"),
    (dict(callbacks=5), TypeError, "callbacks: expected functions of the row of the history, got 5"),
    (dict(penalty=5), TypeError, "penalty: expected a function such as lambda: .*, got 5"),
    (dict(class_weight="balancd"), ValueError, "unknown class_weight 'balancd': did you mean 'balanced'"),
    (dict(class_weight=[1, 2, 3], loss=lambda z, t: nn.cross_entropy(z, t)), TypeError,
     r"loss: expected a function of \(z, y, sample_weight=...\), as samples or classes have weights, got one of \(z, t\)"),
    (dict(optimizer=nn.SGD(nn.Linear(2, 2).parameters(), lr=0.1)), ValueError, "none of its parameters is the model's"),
])  # fmt: skip
def test_what_makes_no_sense_changes_nothing(more, error, message):
    m = model()
    before = m.state_dict()
    with pytest.raises(error, match=message):
        fit(m, **more)
    assert all((a == before[name]).all() for name, a in m.state_dict().items())


@pytest.mark.parametrize("value", [np.ones(3), None, "1", [1.0, 2.0], Tensor([1.0, 2.0])])
def test_a_metric_is_one_number(value):
    with pytest.raises(TypeError, match=r"metrics\['mine'\]: expected a function that returns a number, got "):
        fit(metrics={"mine": lambda z, t: value})
    numbers = (1.5, np.float32(1.5), np.array(1.5), np.array([1.5]), Tensor(1.5))
    for number in numbers:
        assert nn.evaluate(model(), x, y, metrics={"mine": lambda z, t, n=number: n})["mine"] == 1.5


def test_what_is_no_model_is_said():
    with pytest.raises(TypeError, match="fit expected a Module, which has parameters, such as .*, got <function"):
        nn.fit(lambda x: x, x, y, loss=nn.cross_entropy)


def test_none_is_none():
    assert fit(metrics=None, callbacks=None) == fit()
    assert nn.evaluate(model(), x, y, metrics=None) == nn.evaluate(model(), x, y)


def test_a_loader_is_evaluated_as_its_samples():
    loader = nn.DataLoader(x, y, batch_size=30, drop_last=True)
    assert nn.evaluate(model(), loader) == nn.evaluate(model(), x, y)
    weights = np.arange(40) % 3
    weighted = nn.evaluate(model(), x, y, sample_weight=weights)
    assert nn.evaluate(model(), nn.DataLoader(x, y, weights)) == weighted
    twice = nn.evaluate(model(), x.repeat(weights, 0), y.repeat(weights))
    assert weighted["loss"] == pytest.approx(twice["loss"], rel=1e-13)
    assert weighted["accuracy"] == nn.evaluate(model(), x, y)["accuracy"]  # where all count alike
    for wrong in (x, nn.DataLoader(x), nn.DataLoader(x, y, y, y)):
        with pytest.raises(TypeError, match=r"evaluate expected \(model, x, y\), or \(model, loader\)"):
            nn.evaluate(model(), wrong)


@pytest.mark.parametrize("targets", [np.array([2, 0, 0, 2, 2, 2]), np.eye(3)[[2, 0, 0, 2, 2, 2]]])
def test_balanced_classes_count_alike(targets):
    weights = weights_by_class(targets, "balanced")  # scikit-learn's compute_class_weight: 6 / (2 · 2), 6 / (2 · 4)
    np.testing.assert_array_equal(weights, [0.75, 1.5, 1.5, 0.75, 0.75, 0.75])
    assert fit(class_weight="balanced") == fit(sample_weight=weights_by_class(y, "balanced"))


def test_a_rate_that_waits_for_more_is_not_told_the_loss():
    m = model()
    plateau = nn.schedules.ReduceOnPlateau(0.1, mode="max")
    for rate in (plateau, nn.schedules.joined([0.1, nn.schedules.warmup(plateau, 2)], [3])):
        with pytest.raises(ValueError, match="would lower the rate"):
            fit(m, optimizer=nn.SGD(m.parameters(), lr=rate))
    rate = nn.schedules.ReduceOnPlateau(0.1, patience=2, threshold=10.0)
    p = m.parameters()
    fit(m, 3, optimizer=nn.Groups(nn.SGD(p[:2], lr=rate), nn.SGD(p[2:], lr=rate)))
    assert rate(0) == 0.1  # told once an epoch, though two optimizers have it


def test_without_a_console(monkeypatch):
    monkeypatch.setattr(sys, "stderr", None)
    assert len(fit(progress=True)) == 3


def test_one_output_has_no_accuracy():
    m = nn.Linear(3, 1, rng=0)
    assert [*nn.evaluate(m, x, np.zeros(40, int), lambda z, t: nn.squared_error(z[:, 0], t))] == ["loss"]
