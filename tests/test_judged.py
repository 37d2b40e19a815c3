"""Flags, ranges and seeds: what every public argument of nn refuses, in the words of one place."""

import numpy as np
import pytest

import nn
from autograd import Tensor

X, Y = np.ones((4, 2)), np.array([0, 1, 0, 1])
P = [Tensor([1.0], requires_grad=True)]


def fit(**how):
    return nn.fit(nn.MLP(2, 2, output="softmax", rng=0), X, Y, epochs=1, **{"progress": False, **how})


FLAGS = {
    "nesterov": lambda x: nn.SGD(P, 0.1, momentum=0.5, nesterov=x),
    "shuffle": lambda x: nn.DataLoader(X, shuffle=x),
    "drop_last": lambda x: nn.DataLoader(X, drop_last=x, batch_size=2),
    "bias": lambda x: nn.Linear(2, 2, x),
    "bias of a convolution": lambda x: nn.Conv2d(1, 1, 3, bias=x),
    "affine": lambda x: nn.BatchNorm1d(2, affine=x),
    "elementwise_affine": lambda x: nn.LayerNorm(2, elementwise_affine=x),
    "restore": lambda x: nn.EarlyStopping(restore=x),
    "training": lambda x: nn.ReLU().train(x),
    "compile": lambda x: fit(compile=x),
    "progress": lambda x: fit(progress=x),
    "resume": lambda x: fit(resume=x),
}


@pytest.mark.parametrize("flag", FLAGS)
@pytest.mark.parametrize("wrong", ["no", "False", 2, [], np.ones(2)])
def test_a_text_or_number_is_no_flag(flag, wrong):
    with pytest.raises(
        ValueError, match=f"{flag.split()[0].replace('training', 'mode')}: expected True or False, got "
    ):
        FLAGS[flag](wrong)


@pytest.mark.parametrize("flag", [flag for flag in FLAGS if flag != "resume"])
def test_a_flag_of_numpys_is_one(flag):
    FLAGS[flag](np.bool_(False))
    FLAGS[flag](np.bool_(True))


@pytest.mark.parametrize(("make", "wrong", "range"), [
    (lambda x: nn.SGD(P, 0.1, momentum=x), (1.5, 1), "momentum: expected a number from 0 up to, but not, 1, got 1"),
    (lambda x: nn.Dropout(x), (1, 1.5), "p: expected a number from 0 up to, but not, 1, got 1"),
    (lambda x: nn.BatchNorm1d(2, momentum=x), (1.5,), "momentum: expected a number from 0 to 1, got 1.5"),
    (lambda x: nn.cross_entropy(X, Y, label_smoothing=x), (1.5,), "label_smoothing: expected a number from 0 to 1, got 1.5"),
])  # fmt: skip
def test_numbers_out_of_their_range(make, wrong, range):
    for x in wrong:
        with pytest.raises(ValueError, match=range):
            make(x)
    for x in (-0.5, np.nan, np.inf, "0.5", True):
        with pytest.raises(ValueError, match=range.split(":")[0] + ": expected"):
            make(x)


@pytest.mark.parametrize("make", [
    nn.clip_grad_norm, nn.clip_grad_value, nn.SGD, lambda params, _: nn.l1(params), lambda params, _: nn.l2(params),
])  # fmt: skip
def test_a_model_is_not_its_parameters(make):
    for model in (nn.MLP(2, 2), nn.ReLU()):
        kind = type(model).__name__
        with pytest.raises(TypeError, match=rf"params: expected parameters, got a {kind}: write model.parameters\(\)"):
            make(model, 0.1)
    with pytest.raises(TypeError, match="params: expected parameters, got 5"):
        make(5, 0.1)


@pytest.mark.parametrize(("make", "wrong", "right"), [
    (lambda **o: nn.Adam(P, **o), "clipnorm", "clip_norm"), (lambda **o: nn.SGD(P, 0.1, **o), "clipvalue", "clip_value"),
    (lambda **o: nn.AdamW(P, **o), "weightdecay", "weight_decay"), (lambda **o: nn.RMSprop(P, **o), "Alpha", "alpha"),
    (lambda **o: nn.Groups(nn.SGD(P, 0.1), **o), "clip_nrom", "clip_norm"),
])  # fmt: skip
def test_an_unknown_option_of_an_optimizer_has_the_closest_name(make, wrong, right):
    with pytest.raises(ValueError, match=f"unknown option of .* '{wrong}': did you mean '{right}'"):
        make(**{wrong: 0.5})


@pytest.mark.parametrize(("make", "message"), [
    (lambda: nn.Standardize(-1), "shape: expected a whole number >= 0, got -1"),
    (lambda: nn.MinMax((3, 2.5)), "shape: expected a whole number >= 0, got 2.5"),
    (lambda: nn.metrics.confusion_matrix([0, 1], [0, 1], 2.0), "classes: expected a whole number >= 1, got 2.0"),
])  # fmt: skip
def test_lengths_and_counts_are_whole(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize("make", [
    nn.Dropout, lambda p, rng: nn.Linear(2, 2, rng=rng), lambda p, rng: nn.Conv1d(2, 2, 2, rng=rng),
    lambda p, rng: nn.Embedding(2, 2, rng=rng), lambda p, rng: nn.MLP(2, 2, rng=rng),
    lambda p, rng: nn.DataLoader(X, rng=rng), lambda p, rng: nn.split(X, rng=rng), lambda p, rng: fit(rng=rng),
    *[lambda p, rng, init=init: init((2, 2), rng) for name, init in nn.init.INITS.items() if name != "zeros"],
])  # fmt: skip
@pytest.mark.parametrize("wrong", ["a", -1, 1.5, True])
def test_what_is_no_seed_is_told_by_the_name_of_the_argument(make, wrong):
    with pytest.raises(ValueError, match="rng: expected a whole number >= 0 as seed, a numpy Generator or None, got "):
        make(0.5, rng=wrong)
