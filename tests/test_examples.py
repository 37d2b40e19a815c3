"""The examples, shortened, find what they say; and the simulated throws fly as mechanics wants."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import nn

ROOT = Path(__file__).parents[1]
pytest.importorskip("matplotlib", reason="the examples draw: pip install 'glassgrad[plot]'")
import digits_cnn
import lawrence_giles
import regression_csv
import sgd_stability
import throws

SCRIPTS = {"digits_cnn", "lawrence_giles", "regression_csv", "sgd_stability"}  # throws.py is a part of one


def is_a_picture(path):
    return "</svg>" in path.read_text()


def test_every_example_is_here_and_in_the_docs():
    assert {p.stem for p in (ROOT / "examples").glob("*.py")} == SCRIPTS | {"throws"}
    page = (ROOT / "docs" / "examples.md").read_text()
    assert all(f"`python examples/{name}.py`" in page for name in SCRIPTS)


@pytest.mark.parametrize("name", sorted(SCRIPTS))
def test_it_is_a_script_that_runs_by_itself(name, tmp_path):
    """Imported from its own folder by another Python, in a folder where it may write."""
    code = f"import sys; sys.path[:0] = {[str(ROOT), str(ROOT / 'examples')]}; import {name}; print({name}.OUT)"
    run = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert run.stdout.strip() == f"runs/{name}"
    assert not list(tmp_path.iterdir())


def test_digits_in_four_epochs(tmp_path, capsys):
    (accuracy,) = digits_cnn.main(seeds=[0], epochs=4, out=tmp_path / "new" / "folder")
    assert accuracy > 0.977
    model = digits_cnn.net(seed=9)
    nn.load(tmp_path / "new" / "folder" / "seed0.safetensors", model)
    _, (x, y) = nn.datasets.digits(dtype=np.float32)
    z = model.eval()(x.reshape(-1, 1, 8, 8)).numpy()
    assert z.dtype == np.float32
    assert np.mean(z.argmax(1) == y) == accuracy
    assert f"{accuracy:.2%}" in capsys.readouterr().out
    assert is_a_picture(tmp_path / "new" / "folder" / "seed0.svg")


def test_digits_are_trained_for_as_long_as_is_said():
    model, history = digits_cnn.train(seed=0, epochs=2)
    assert history.column("epoch") == [1, 2]
    assert all(m.num_batches_tracked.data == 2 * np.ceil(1438 / 32) for m in (model[0][1], model[1][1], model[3][1]))


def test_the_same_digits_eager_and_recorded():
    """The whole net of the example, with its dropout and running statistics, bit for bit."""
    (x, y), _ = nn.datasets.digits(dtype=np.float32)
    ends = []
    for recorded in (False, True):
        model = digits_cnn.net(seed=1)
        nn.fit(model, x[:96].reshape(-1, 1, 8, 8), y[:96], epochs=2, optimizer=nn.AdamW(model.parameters(), lr=3e-3),
               loss=nn.cross_entropy, rng=1, progress=False, compile=recorded)  # fmt: skip
        ends.append(model.state_dict())
    assert ends[0].keys() == ends[1].keys()
    assert all(np.array_equal(ends[0][name], ends[1][name]) for name in ends[0])


def test_a_polynomial_swings_and_a_net_does_not(tmp_path):
    found = lawrence_giles.main(seeds=[2, 4], steps=2000, out=tmp_path)
    for seed, (fit, off, net_fit, net_off) in zip((2, 4), found, strict=True):
        errors = lawrence_giles.points(seed) - np.sin(np.arange(20) / 3)
        assert 0.2 < np.abs(errors).max() < 0.25
        noise = lawrence_giles.rms(errors)
        powers = np.vander((np.arange(20) - 9.5) / 9.5, 16)  # least squares once more, in other words
        residual = np.linalg.lstsq(powers, lawrence_giles.points(seed), rcond=None)[1]
        assert fit == pytest.approx(np.sqrt(residual[0] / 20), rel=1e-9)
        assert off > noise  # it swings more than the points do,
        assert net_off < noise  # and this one less
        assert fit < net_fit
    assert all(is_a_picture(tmp_path / f"noise{seed}.svg") for seed in (2, 4))


def test_weights_differ_as_one_over_the_number_of_samples(tmp_path):
    slopes = sgd_stability.main(counts=(64, 256, 1024), seeds=range(4), steps=256, out=tmp_path)
    assert slopes.keys() == {"linear", "net"}
    assert all(-1.25 < slope < -0.75 for slope in slopes.values())
    assert is_a_picture(tmp_path / "stability.svg")


def test_the_slope_is_the_exponent():
    assert sgd_stability.slope([10, 20, 80], 3 * np.array([10, 20, 80]) ** -0.5) == pytest.approx(-0.5, abs=1e-12)


def test_only_the_sample_makes_weights_differ():
    (x, y), _ = nn.datasets.digits()
    twice = [sgd_stability.trained((64, 10), x[:64], y[:64], 8, seed=3) for _ in range(2)]
    assert np.array_equal(*twice)
    assert not np.array_equal(twice[0], sgd_stability.trained((64, 10), x[:64], y[:64], 8, seed=4))


@pytest.mark.parametrize("n", [63, 24, 48, 8])
def test_trainings_of_other_lengths_are_refused(n):
    (x, y), _ = nn.datasets.digits()
    with pytest.raises(ValueError, match=f"got N = {n}$"):
        sgd_stability.trained((64, 10), x[:n], y[:n], 64, seed=0)


def test_a_net_knows_more_of_throws_than_a_line(tmp_path):
    ((line, net),) = regression_csv.main(seeds=[1], epochs=60, out=tmp_path)
    assert 0.6 < line < 0.9
    assert net > 0.98
    assert is_a_picture(tmp_path / "seed1.svg")
    table = nn.datasets.csv(tmp_path / "throws.csv", target="range_m")
    assert (table.x.shape, table.columns) == ((1000, 6), throws.COLUMNS[:6])
    train, _, (x, y) = nn.split(table.x, table.y, fractions=(0.7, 0.15, 0.15), rng=1)
    model = regression_csv.Scaled((np.ones((2, 6)), np.ones(2)), np.random.default_rng(5))
    nn.load(tmp_path / "seed1.safetensors", model)  # scales and all
    assert nn.metrics.r2(model(x).numpy()[:, 0], y) == net
    assert np.array_equal(model.inputs.shift.data, train[0].mean(0))  # of the training set, and of no other sample
    tape = throws.flown(table.x) - table.y
    assert abs(tape.mean()) < 0.1
    assert abs(tape.std() - 1) < 0.1


def test_a_table_of_ones_own(tmp_path, capsys):
    """Where the truth is a line the line is right, and the net nearly."""
    x = np.random.default_rng(0).normal(size=(200, 2))
    rows = np.column_stack([x, 3 * x[:, 0] - x[:, 1] + 5])
    np.savetxt(tmp_path / "own.csv", rows, delimiter=";", header="a;b;c", comments="", fmt="%.17g")
    ((line, net),) = regression_csv.main(tmp_path / "own.csv", "c", seeds=[0], epochs=100, out=tmp_path / "out")
    assert line == pytest.approx(1, abs=1e-12)
    assert 0.98 < net < 1
    assert "30 samples to test" in capsys.readouterr().out
    with pytest.raises(ValueError, match="has no target 'd'"):
        regression_csv.main(tmp_path / "own.csv", "d", out=tmp_path / "out")


def test_a_heavy_ball_flies_a_parabola():
    """v cos α (v sin α + √(v² sin² α + 2 g h)) / g, where air does nothing."""
    rng = np.random.default_rng(0)
    speed, angle, height = rng.uniform((5, 10, 0.5), (40, 70, 2), (50, 3)).T
    heavy = np.stack([speed, angle, height, np.full(50, 1e9), np.full(50, 0.05), rng.uniform(-10, 10, 50)], 1)
    up, along = speed * np.sin(np.radians(angle)), speed * np.cos(np.radians(angle))
    expected = along * (up + np.sqrt(up**2 + 2 * 9.81 * height)) / 9.81
    np.testing.assert_allclose(throws.flown(heavy), expected, rtol=0, atol=1e-3)  # of the last step's line


def test_a_ball_as_fast_as_the_wind_falls_straight_in_it():
    """In still air a ball has fallen ln cosh(t √(g k)) / k after a time t; the wind carries it meanwhile."""
    mass, diameter, wind, height = 0.05, 0.1, 8.0, 40.0
    k = 1.2 * 0.47 * np.pi * (diameter / 2) ** 2 / (2 * mass)
    seconds = np.arccosh(np.exp(k * height)) / np.sqrt(9.81 * k)
    (far,) = throws.flown(np.array([[wind, 0.0, height, mass, diameter, wind]]))
    assert far == pytest.approx(wind * seconds, abs=1e-3)


def test_a_ball_that_does_not_land_is_an_error():
    with pytest.raises(ValueError, match=r"in the air after 1\.0 s"):
        throws.flown(np.array([[20.0, 45.0, 1.0, 0.1, 0.05, 0.0]]), seconds=1.0)
