"""A training that was interrupted goes on to the same bits, wherever it was interrupted."""

import os
import random
import signal
import subprocess
import sys
import time
from functools import partial

import numpy as np
import pytest
from numeric import posix

import nn
from autograd import Tensor

x = np.random.default_rng(0).normal(size=(60, 5))
labels = (x[:, :1] + x[:, 1:2] ** 2 > 0.5).astype(int)[:, 0]
held_out = np.random.default_rng(1).normal(size=(20, 5)), np.arange(20) % 2


def training(epochs, path=None, resume=False, callbacks=(), compile=None, batch_size=16, hidden=8, data=x, **given):
    """Everything that has a state: dropout, running statistics, moments, a schedule, early stopping."""
    rng = np.random.default_rng(7)
    model = nn.Sequential(nn.Linear(5, hidden, rng=rng), nn.BatchNorm1d(hidden), nn.ReLU(), nn.Dropout(0.3, rng=5),
                          nn.Linear(hidden, 2, rng=rng))  # fmt: skip
    optimizer = nn.Adam(model.parameters(), lr=nn.schedules.cosine(0.05, 24))
    stop = nn.EarlyStopping("val_loss", patience=4)
    history = nn.fit(
        model, data, labels, epochs=epochs, batch_size=batch_size, optimizer=optimizer, loss=nn.cross_entropy,
        validation=held_out, rng=3, callbacks=[stop, *callbacks], checkpoint=path, resume=resume, progress=False,
        compile=compile, **given,
    )  # fmt: skip
    return model, optimizer, history, stop


def same(a, b):
    for one, two in zip(a[:2], b[:2], strict=True):
        one, two = one.state_dict(), two.state_dict()
        assert one.keys() == two.keys()
        assert [name for name in one if one[name].tobytes() != two[name].tobytes()] == []
    assert a[2] == b[2]
    assert (a[3].best, a[3].epoch) == (b[3].best, b[3].epoch)


@pytest.mark.parametrize("compile", [True, False])
@pytest.mark.parametrize("first", [1, 2, 3, 4, 5, 6])
def test_a_training_in_two_parts_is_the_whole_one(first, compile, tmp_path):
    path = tmp_path / "a.safetensors"
    training(first, path, compile=compile)
    same(training(6, path, resume=True, compile=compile), training(6, compile=compile))


def test_a_parameter_that_is_not_the_models_goes_on_too(tmp_path):
    def fit(epochs, path):
        factor, model = Tensor(2.0, requires_grad=True), nn.Linear(5, 2, rng=0)
        nn.fit(model, x, labels, epochs=epochs, loss=lambda z, t: nn.cross_entropy(z * factor, t), rng=0, progress=False,
               optimizer=nn.Adam([*model.parameters(), factor], 0.1), checkpoint=path, resume=True)  # fmt: skip
        return factor.data.tobytes() + b"".join(p.data.tobytes() for p in model.parameters())

    fit(2, tmp_path / "parts.safetensors")
    assert fit(4, tmp_path / "parts.safetensors") == fit(4, tmp_path / "whole.safetensors")
    assert nn.load(tmp_path / "parts.safetensors").keys() == {"weight", "bias"}


def test_recorded_and_eager_parts_make_the_same_whole(tmp_path):
    path = tmp_path / "a.safetensors"
    training(3, path, compile=True)
    same(training(6, path, resume=True, compile=False), training(6))


@pytest.mark.parametrize("frozen", [False, True])
def test_modes_are_those_of_the_checkpoint(frozen, tmp_path):
    """Ctrl-C may come while the modes of some layers, and not yet of all, were put back after an evaluation."""

    def fit(model, epochs, path):
        optimizer = nn.Adam(model.parameters(), lr=0.05)
        nn.fit(model, x, labels, epochs=epochs, optimizer=optimizer, loss=nn.cross_entropy, rng=3, checkpoint=path,
               resume=True, progress=False)  # fmt: skip
        return [value.tobytes() for value in model.state_dict().values()], [m.training for m in model.modules()]

    def net():
        model = nn.Sequential(nn.Linear(5, 8, rng=0), nn.BatchNorm1d(8), nn.Dropout(0.3, rng=5), nn.Linear(8, 2, rng=1))
        model[1].training = not frozen
        return model

    model = net()
    fit(model, 2, tmp_path / "a.safetensors")
    for k in (1, 2):
        model[k].training = False
    assert fit(model, 4, tmp_path / "a.safetensors") == fit(net(), 4, tmp_path / "b.safetensors")


@pytest.mark.parametrize("at", [1, 7, 12, 13, 20])
def test_ctrl_c_in_the_middle_of_an_epoch(at, tmp_path):
    path, calls = tmp_path / "a.safetensors", []

    def interrupted(z, t):
        calls.append(1)
        if len(calls) == at:
            raise KeyboardInterrupt
        return nn.cross_entropy(z, t)

    rng = np.random.default_rng(7)
    model = nn.Sequential(
        nn.Linear(5, 8, rng=rng), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.3, rng=5), nn.Linear(8, 2, rng=rng)
    )
    optimizer = nn.Adam(model.parameters(), lr=nn.schedules.cosine(0.05, 24))
    with pytest.raises(KeyboardInterrupt):
        nn.fit(model, x, labels, epochs=6, batch_size=16, optimizer=optimizer, loss=interrupted, validation=held_out,
               rng=3, callbacks=nn.EarlyStopping("val_loss", patience=4), checkpoint=path, progress=False, compile=False)  # fmt: skip
    same(training(6, path, resume=True), training(6))


def test_ctrl_c_in_the_first_epoch_and_again_with_the_same_objects(tmp_path):
    calls = []

    def loss(z, t):
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return nn.cross_entropy(z, t)

    def fit(model, path, loss, optimizer):
        return nn.fit(model, x, labels, epochs=2, batch_size=16, optimizer=optimizer, loss=loss, rng=3, checkpoint=path,
                      resume=True, progress=False, compile=False)  # fmt: skip

    model, other = nn.Linear(5, 2, rng=0), nn.Linear(5, 2, rng=0)
    optimizer = nn.Adam(model.parameters())
    with pytest.raises(KeyboardInterrupt):
        fit(model, tmp_path / "a", loss, optimizer)
    again = fit(model, tmp_path / "a", loss, optimizer)
    assert again == fit(other, tmp_path / "b", nn.cross_entropy, nn.Adam(other.parameters()))
    np.testing.assert_array_equal(model.weight.data, other.weight.data)


def test_a_training_that_has_stopped_stays_stopped(tmp_path):
    path, stop = tmp_path / "a.safetensors", [lambda row: row["epoch"] == 3]
    first = training(6, path, callbacks=stop)
    assert [row["epoch"] for row in first[2]] == [1, 2, 3]
    same(training(6, path, resume=True, callbacks=stop), first)


def test_every_so_many_epochs(tmp_path):
    path, seen = tmp_path / "a.safetensors", []
    training(
        5,
        path,
        callbacks=[lambda row: seen.append(path.exists() and len(nn.metadata(path)["glassgrad.training"]["history"]))],
        checkpoint_every=2,
    )
    assert seen == [False, False, 2, 2, 4]
    assert len(nn.metadata(path)["glassgrad.training"]["history"]) == 5


@pytest.mark.parametrize("every", [2, 10])
def test_a_training_that_is_stopped_is_kept_whatever_the_epoch(every, tmp_path):
    path, stop = tmp_path / "a.safetensors", [lambda row: row["epoch"] == 3]
    first = training(6, path, callbacks=stop, checkpoint_every=every)
    kept = nn.metadata(path)["glassgrad.training"]
    assert ([row["epoch"] for row in kept["history"]], kept["stopped"]) == ([1, 2, 3], True)
    same(training(6, path, callbacks=stop, checkpoint_every=every, resume=True), first)


def test_more_is_better_also_after_a_resume(tmp_path):
    def run(epochs, values, stop, path=None):
        model = nn.MLP(5, 2, output="softmax", rng=0)
        seen = iter(values)
        return nn.fit(model, x, labels, epochs=epochs, callbacks=[lambda row: row.update(val_r2=next(seen)), stop], rng=0,
                      checkpoint=path, resume=path is not None, progress=False)  # fmt: skip

    values, path = [-9.0, -5.0, -7.0, -6.0, -1.0], tmp_path / "a.safetensors"
    whole, parts = nn.EarlyStopping("val_r2", patience=2), nn.EarlyStopping("val_r2", patience=2)
    assert len(run(5, values, whole)) == 4
    run(2, values, parts, path)
    assert (parts.best, parts.epoch, parts.waited) == (-5.0, 2, 0)
    assert len(run(5, values[2:], parts, path)) == 4  # two worse in a row, though only both parts together saw it
    assert (parts.best, parts.epoch) == (whole.best, whole.epoch) == (-5.0, 2)
    assert len(run(5, values, parts)) == 4  # begun anew
    plateau = [nn.schedules.ReduceOnPlateau(1.0, 0.5, 0, mode="max") for _ in range(2)]
    for value in (-9.0, -5.0):
        plateau[0].observe(value)
    plateau[1].load_state_dict(plateau[0].state_dict())
    for value, rate in ((-4.0, 1.0), (-4.5, 0.5), (-4.0, 0.25), (-3.0, 0.25)):
        for lr in plateau:
            lr.observe(value)
            assert lr(0) == rate


def test_the_model_of_a_checkpoint_is_weights(tmp_path):
    path = tmp_path / "a.safetensors"
    model = training(2, path)[0]
    other = training(0)[0]
    assert nn.load(path, other).keys() == model.state_dict().keys()


@pytest.mark.parametrize(("changed", "message"), [
    (dict(batch_size=15), "batch_size was 16 and is 15"),
    (dict(hidden=9), "expected shape"),
    (dict(data=x + 1), "data was"),
    (dict(callbacks=[nn.EarlyStopping("loss")]), "callbacks was"),
])  # fmt: skip
def test_what_has_changed_is_said_and_nothing_else_is(changed, message, tmp_path):
    path = tmp_path / "a.safetensors"
    training(2, path)
    before = path.read_bytes()
    with pytest.raises(ValueError, match=message):
        training(4, path, resume=True, **changed)
    assert path.read_bytes() == before


def test_weights_are_no_checkpoint(tmp_path):
    path = nn.save({"a": np.ones(2)}, tmp_path / "a.safetensors")
    with pytest.raises(ValueError, match="no training to go on with"):
        training(2, path, resume=True)
    with pytest.raises(ValueError, match="resume=True needs checkpoint="):
        training(2, resume=True)


SCRIPT = """
import sys
import numpy as np
sys.path.insert(0, {tests!r})
import nn
from test_resume import training
print("ready", flush=True)
model = training(40, sys.argv[1], resume=True)[0]
nn.save(model, sys.argv[2])
print("done", flush=True)
"""


@posix
@pytest.mark.parametrize("name", ["SIGKILL", "SIGINT"])
def test_a_process_that_is_killed_at_any_moment_can_go_on(name, tmp_path):
    code = SCRIPT.format(tests=os.path.dirname(__file__))
    path, result, moments = tmp_path / "a.safetensors", tmp_path / "w.safetensors", random.Random(0)
    for _ in range(6):
        run = subprocess.Popen(
            [sys.executable, "-c", code, path, result], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),  # also in the background
        )  # fmt: skip
        assert run.stdout.readline() == b"ready\n"
        time.sleep(moments.random() * 0.5)
        run.send_signal(signal.Signals[name])
        run.communicate()
    subprocess.run([sys.executable, "-c", code, path, result], check=True, capture_output=True)
    whole = training(40)[0].state_dict()
    found = nn.load(result)
    assert all(found[name].tobytes() == whole[name].tobytes() for name in whole)
    assert sorted(p.name for p in tmp_path.iterdir() if not p.name.endswith(".tmp")) == [
        "a.safetensors",
        "w.safetensors",
    ]


def test_a_training_that_does_not_fit_leaves_the_model_as_it_was(tmp_path):
    path = tmp_path / "a.safetensors"

    class Keeps(nn.Callback):
        def __call__(self, row):
            row["note"] = np.float32(1.5)

        def load_state_dict(self, state):
            raise KeyError("this")

    def fit(model, resume):
        return nn.fit(model, x, labels, epochs=1, loss=nn.cross_entropy, callbacks=Keeps(), checkpoint=path, resume=resume,
                      rng=0, progress=False)  # fmt: skip

    fit(nn.Linear(5, 2, rng=0), False)
    model = nn.Linear(5, 2, rng=1)
    before = model.state_dict()
    with pytest.raises(ValueError, match="cannot go on: 'this'"):
        fit(model, True)
    assert all((a == before[name]).all() for name, a in model.state_dict().items())


@pytest.mark.parametrize("others", [[], [nn.Tanh()], [nn.Identity(), nn.Identity()]])
def test_another_net_of_the_same_parameters_is_said_and_nothing_is_changed(others, tmp_path):
    def fit(model, optimizer, resume):
        nn.fit(model, x, labels, epochs=1, loss=nn.cross_entropy, optimizer=optimizer, rng=0, progress=False,
               checkpoint=tmp_path / "a.safetensors", resume=resume)  # fmt: skip

    model = nn.Sequential(nn.Linear(5, 2, rng=0), nn.Identity())
    fit(model, nn.Adam(model.parameters()), False)
    other = nn.Sequential(nn.Linear(5, 2, rng=1), *others)
    optimizer = nn.Adam(other.parameters())
    before = other.state_dict()
    with pytest.raises(
        ValueError, match=r"modules was \['Sequential', 'Linear', 'Identity'\] and is \['Sequential', 'Lin"
    ):
        fit(other, optimizer, True)
    assert all((a == before[name]).all() for name, a in other.state_dict().items())
    assert optimizer.steps == 0


def test_functions_in_callbacks_may_be_others_when_a_training_goes_on(tmp_path):
    path, seen = tmp_path / "a.safetensors", []
    training(3, path, callbacks=[lambda row: None, lambda row: None])
    history = training(6, path, resume=True, callbacks=[seen.append])[2]
    assert seen == history[3:] != []


@pytest.mark.parametrize("optimizer", [lambda p: nn.RMSprop(p, lr=0.1), lambda p: nn.SGD(p, lr=0.1, momentum=0.5)])
def test_another_optimizer_is_said(optimizer, tmp_path):
    path = tmp_path / "a.safetensors"

    def fit(optimizer, resume):
        model = nn.Linear(5, 2, rng=0)
        nn.fit(model, x, labels, epochs=1, loss=nn.cross_entropy, optimizer=optimizer(model.parameters()), checkpoint=path,
               resume=resume, progress=False)  # fmt: skip

    fit(lambda p: nn.SGD(p, lr=0.1, momentum=0.9), False)
    with pytest.raises(ValueError, match="optimizer was"):
        fit(optimizer, True)


def test_a_file_that_cannot_be_written_is_said_before_the_first_step(tmp_path):
    model = nn.Linear(5, 2, rng=0)
    before = model.state_dict()
    (tmp_path / "file").write_text("")
    for path in (tmp_path, "", tmp_path / "file" / "a.safetensors"):
        with pytest.raises((ValueError, OSError)):
            nn.fit(model, x, labels, loss=nn.cross_entropy, checkpoint=path, progress=False)
    assert all((a == before[name]).all() for name, a in model.state_dict().items())
    nn.fit(
        model, x, labels, epochs=1, loss=nn.cross_entropy, checkpoint=tmp_path / "new" / "a.safetensors", progress=False
    )
    assert (tmp_path / "new" / "a.safetensors").exists()
