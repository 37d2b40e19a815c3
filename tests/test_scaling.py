"""Scales: measured on one set, used on others, saved with the weights."""

import numpy as np
import pytest
from numeric import leaf

import nn
from autograd import Tensor, check_gradients

X = np.array([[1.0, -4.0, 7.0], [2.0, 0.0, 7.0], [6.0, 4.0, 7.0]])


def test_what_they_compute_by_hand():
    z = nn.Standardize().fit(X)(X)
    np.testing.assert_allclose(z[:, 0], [-2 / np.sqrt(14 / 3), -1 / np.sqrt(14 / 3), 3 / np.sqrt(14 / 3)], rtol=1e-14)
    np.testing.assert_allclose(z[:, 1], [-np.sqrt(1.5), 0, np.sqrt(1.5)], rtol=1e-14)
    np.testing.assert_allclose(nn.MinMax().fit(X)(X), [[0, 0, 0], [0.2, 0.5, 0], [1, 1, 0]], rtol=1e-14)


@pytest.mark.parametrize("kind", [nn.Standardize, nn.MinMax])
def test_a_column_without_spread_is_0_and_comes_back(kind):
    x = np.full((1000, 2), 0.1)  # whose mean is not 0.1, and whose deviation not 0
    assert x.std() > 0
    scale = kind().fit(x)
    np.testing.assert_array_equal(scale(np.array([[0.1, 5.0]])), [[0, 0]])
    np.testing.assert_array_equal(scale.inverse(np.array([[0.0, 3.0]])), [[0.1, 0.1]])


@pytest.mark.parametrize("kind", [nn.Standardize, nn.MinMax])
@pytest.mark.parametrize("shape", [(50,), (50, 3), (50, 2, 4, 4)])
def test_any_samples_there_and_back(kind, shape):
    x = np.random.default_rng(0).normal(5, 3, shape)
    scale = kind().fit(x)
    assert scale.shift.shape == shape[1:]
    np.testing.assert_allclose(scale.inverse(scale(x)), x, rtol=1e-12)
    np.testing.assert_array_equal(scale(x[:7]), scale(x)[:7])  # it is not measured again
    np.testing.assert_array_equal(scale(x[0]), scale(x)[0])
    z = scale(x)
    if kind is nn.MinMax:
        assert (z.min(0) == 0).all()
        assert (z.max(0) == 1).all()
    else:
        np.testing.assert_allclose(z.mean(0), 0, atol=1e-13)
        np.testing.assert_allclose((z**2).mean(0), 1, rtol=1e-13)


@pytest.mark.parametrize("kind", [nn.Standardize, nn.MinMax])
def test_dtypes_stay(kind):
    scale = kind().fit(X.astype(np.float32))
    assert (scale.shift.dtype, scale.scale.dtype) == (np.float64, np.float64)
    assert scale(X.astype(np.float32)).dtype == scale.inverse(X.astype(np.float32)).dtype == np.float32
    assert scale(X).dtype == np.float64
    wide = kind().fit(X)
    assert wide(X.astype(np.float32)).dtype == wide.inverse(X.astype(np.float32)).dtype == np.float32
    bytes_ = np.array([[0], [255], [100]], np.uint8)
    np.testing.assert_allclose(kind().fit(bytes_)(bytes_), kind().fit(bytes_ * 1.0)(bytes_ * 1.0))


def test_gradients_flow_through_and_not_into_it():
    scale = nn.Standardize().fit(X)
    x = leaf(X)
    (scale(x) * np.arange(9.0).reshape(3, 3)).sum().backward()
    by_hand = np.arange(9.0).reshape(3, 3) / X.std(0).clip(1e-300)
    by_hand[:, 2] = 0
    np.testing.assert_allclose(x.grad, by_hand, rtol=1e-14)
    assert scale.parameters() == []
    assert check_gradients(lambda x: scale.inverse(scale(x)), X)


def net(dtype=np.float64, scale=None):
    return nn.Sequential(scale or nn.Standardize(3), nn.Linear(3, 1, rng=0, dtype=dtype))


def test_saved_and_loaded_with_the_weights(tmp_path):
    model = net(scale=nn.Standardize().fit(X))
    nn.save(model, tmp_path / "w.safetensors")
    other = net()
    with pytest.raises(ValueError, match=r"Standardize: it does not know the data yet: call fit\(x\)"):
        other(X)
    nn.load(tmp_path / "w.safetensors", other)
    np.testing.assert_array_equal(other(X).data, model(X).data)


def test_in_a_recorded_step_it_is_read_anew():
    made = []
    for compile in (False, True):
        model = net(scale=nn.Standardize().fit(X))
        optimizer, t = nn.SGD(model.parameters(), lr=0.1), np.ones((3, 1))
        f = lambda x, model=model, t=t: nn.squared_error(model(x), t)
        step = nn.compile_step(f, optimizer) if compile else None

        def run(x, f=f, optimizer=optimizer, step=step):
            if step:
                return step(x).item()
            optimizer.zero_grad()
            cost = f(x)
            cost.backward()
            optimizer.step()
            return cost.item()

        losses = [run(X), run(X + 1)]
        model[0].load_state_dict({"shift": np.zeros(3), "scale": np.full(3, 2.0)})
        losses += [run(X)]
        model[0].fit(X * 5 + 1)
        losses += [run(X)]
        model[0].scale.data = np.full(3, np.nan)
        with pytest.raises(ValueError, match="does not know the data"):
            run(X)
        made.append((losses, model[1].weight.data))
    assert made[0][0] == made[1][0]
    assert len(set(made[0][0])) == 4
    np.testing.assert_array_equal(made[0][1], made[1][1])


def test_fit_trains_a_net_with_a_scale_in_it_as_a_recorded_step():
    x = np.random.default_rng(0).normal(1000, 5, (64, 3))
    y = (x - 1000) @ [[1.0], [2.0], [3.0]]
    weights = []
    for compile in (False, True):
        model = net(scale=nn.Standardize().fit(x))
        history = nn.fit(model, x, y, loss=nn.squared_error, epochs=30, rng=0, progress=False, compile=compile)
        assert history[-1]["loss"] < 0.01 * history[0]["loss"]
        weights.append(model[1].weight.data)
    np.testing.assert_array_equal(*weights)


@pytest.mark.parametrize("kind", [nn.Standardize, nn.MinMax])
def test_bad_data(kind):
    name = kind.__name__
    bad = X.copy()
    bad[:, 2] = np.nan
    with pytest.raises(
        ValueError, match=rf"{name}.fit: x: expected finite numbers, got nan in row 0, column 2 \(3 of 9"
    ):
        kind().fit(bad)
    with pytest.raises(ValueError, match="got -inf in row 2 "):
        kind().fit([1.0, 2.0, -np.inf])
    for empty in (np.ones((0, 3)), np.ones((3, 0)), 3.0):
        with pytest.raises(ValueError, match=f"{name}.fit: expected data with a sample a row, got shape"):
            kind().fit(empty)
    with pytest.raises(ValueError, match=r"fit: expected samples of shape \(4,\), got \(3,\)"):
        kind(4).fit(X)
    with pytest.raises(ValueError, match=rf"{name}: expected samples of shape \(3,\), got x of \(3, 1\)"):
        kind().fit(X)(X[:, :1])
    with pytest.raises(ValueError, match="the spread of x is too large for float64"):
        kind().fit([1e308, -1e308])
    with pytest.raises(TypeError, match="real numbers"):
        kind().fit(np.array(["a"]))
    assert kind().fit(Tensor(X)).shift.shape == (3,)


def test_what_is_missing_is_left_out_and_stays_missing():
    x = np.array([[1.0, 5.0], [np.nan, 5.0], [3.0, np.nan], [5.0, 5.0]])
    for kind, first in ((nn.Standardize, [-(1.5**0.5), np.nan, 0, 1.5**0.5]), (nn.MinMax, [0, np.nan, 0.5, 1])):
        np.testing.assert_allclose(kind().fit(x)(x), np.transpose([first, [0, 0, np.nan, 0]]), rtol=1e-15)


def test_small_differences_beside_a_large_mean_in_float32():
    x = np.array([[16777216.0], [16777218.0]], np.float32)
    z = nn.Standardize().fit(x)(x)
    assert z.dtype == np.float32
    np.testing.assert_array_equal(z, [[-1], [1]])
