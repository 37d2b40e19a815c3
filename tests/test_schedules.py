"""Learning rates at points worked out by hand, beside PyTorch's, and the one that looks at how training goes."""

import math

import numpy as np
import pytest
from numeric import leaf

import nn
from nn import schedules

HALF = math.sqrt(0.5)


@pytest.mark.parametrize(("schedule", "rates", "text"), [
    (schedules.constant(0.3), {0: 0.3, 10**9: 0.3}, "constant(0.3)"),
    (schedules.step(0.8, 3, 0.5), {0: 0.8, 2: 0.8, 3: 0.4, 5: 0.4, 6: 0.2, 30: 0.8 / 1024}, "step(0.8, every=3, gamma=0.5)"),
    (schedules.exponential(0.8, 0.5), {0: 0.8, 1: 0.4, 4: 0.05}, "exponential(0.8, gamma=0.5)"),
    (schedules.inverse_time(0.6, 0.5), {0: 0.6, 1: 0.4, 2: 0.3, 18: 0.06}, "inverse_time(0.6, decay=0.5)"),
    (schedules.polynomial(1, 10), {0: 1, 1: 0.9, 5: 0.5, 9: 0.1, 10: 0, 11: 0}, "polynomial(1, 10, power=1, last=0)"),
    (schedules.polynomial(1.1, 10, 2, 0.1), {0: 1.1, 5: 0.35, 9: 0.11, 10: 0.1, 99: 0.1}, "polynomial(1.1, 10, power=2, last=0.1)"),
    (schedules.cosine(2, 8), {0: 2, 2: 1 + HALF, 4: 1, 6: 1 - HALF, 8: 0, 9: 0, 1000: 0}, "cosine(2, 8, last=0)"),
    (schedules.cosine(3, 6, 1), {0: 3, 2: 2.5, 3: 2, 4: 1.5, 6: 1, 7: 1}, "cosine(3, 6, last=1)"),
    (schedules.warm_restarts(2, 3), {0: 2, 1: 1.5, 2: 0.5, 3: 2, 4: 1.5, 3 * 10**12 + 2: 0.5}, "warm_restarts(2, 3, factor=1, last=0)"),
    (schedules.warm_restarts(2, 2, 3), {0: 2, 1: 1, 2: 2, 4: 1.5, 5: 1, 8: 2, 17: 1, 26: 2}, "warm_restarts(2, 2, factor=3, last=0)"),
    (schedules.warmup(0.8, 4), {0: 0.2, 1: 0.4, 3: 0.8, 4: 0.8, 9: 0.8}, "warmup(constant(0.8), 4)"),
    (schedules.warmup(schedules.exponential(0.8, 0.5), 2), {0: 0.4, 1: 0.8, 2: 0.8, 3: 0.4}, "warmup(exponential(0.8, gamma=0.5), 2)"),
    (schedules.joined([0.5, schedules.exponential(0.8, 0.5), schedules.constant(0.1)], [2, 3]),
     {0: 0.5, 1: 0.5, 2: 0.8, 3: 0.4, 4: 0.2, 5: 0.1, 99: 0.1},
     "joined([constant(0.5), exponential(0.8, gamma=0.5), constant(0.1)], [2, 3])"),
    (schedules.joined([lambda t: 0.5 * t], []), {4: 2.0}, None),
])  # fmt: skip
def test_rates_worked_out_by_hand(schedule, rates, text):
    for t, rate in rates.items():
        assert schedule(t) == pytest.approx(rate, rel=1e-14, abs=1e-15), t
    assert text is None or repr(schedule) == text
    assert nn.SGD([leaf([1.0])], schedule).rate() == schedule(0)


@pytest.mark.parametrize(("make", "message"), [
    (lambda: schedules.constant(-1), "lr: expected a finite number >= 0, got -1"),
    (lambda: schedules.step(0.1, 0), "every: expected a whole number >= 1, got 0"),
    (lambda: schedules.step(0.1, 2, -0.1), "gamma: expected a finite number >= 0"),
    (lambda: schedules.exponential(0.1, float("nan")), "gamma: expected a finite number >= 0, got nan"),
    (lambda: schedules.inverse_time("0.1", 1), "lr: expected a number >= 0, got '0.1'"),
    (lambda: schedules.inverse_time(0.1, -1), "decay: expected"),
    (lambda: schedules.polynomial(0.1, 10, power=0), "power: expected a number above 0"),
    (lambda: schedules.polynomial(0.1, 2.5), "steps: expected a whole number >= 1, got 2.5"),
    (lambda: schedules.cosine(0.1, 0), "steps: expected a whole number >= 1, got 0"),
    (lambda: schedules.cosine(0.1, 5, last=-1), "last: expected"),
    (lambda: schedules.warm_restarts(0.1, 5, factor=0), "factor: expected a whole number >= 1"),
    (lambda: schedules.warmup(0.1, 0), "steps: expected a whole number >= 1"),
    (lambda: schedules.warmup(-0.1, 2), "lr: expected a finite number >= 0"),
    (lambda: schedules.joined([0.1, 0.2], [2, 3]), "joined: expected lengths for all schedules but the last, got 2 schedules and 2"),
    (lambda: schedules.joined(0.1, 3), r"schedules: expected a list, as in joined\(\[.*, got 0.1"),
    (lambda: schedules.joined([0.1], 3), r"lengths: expected a list, as in joined\(.*, got 3"),
    (lambda: schedules.exponential(1.0, 2.0)(2000), r"exponential\(1, gamma=2\): the rate of step 2000 is too large"),
    (lambda: schedules.step(1.0, 1, 2.0)(2000), r"step\(1, every=1, gamma=2\): the rate of step 2000 is too large"),
    (lambda: schedules.joined([], []), "joined: expected lengths for all schedules but the last, got 0"),
    (lambda: schedules.joined([0.1, 0.2], [0]), r"lengths\[0\]: expected a whole number >= 1"),
    (lambda: schedules.ReduceOnPlateau(0.1, factor=1.0), "factor: expected a number from 0 up to, but not, 1"),
    (lambda: schedules.ReduceOnPlateau(0.1, patience=-1), "patience: expected a whole number >= 0"),
    (lambda: schedules.ReduceOnPlateau(0.1, mode="mxa"), "unknown mode 'mxa': did you mean 'max'"),
    (lambda: schedules.ReduceOnPlateau(0.1).observe(float("nan")), "ReduceOnPlateau.observe: expected a number, got NaN"),
])  # fmt: skip
def test_bad_arguments_are_refused_at_once(make, message):
    with pytest.raises((TypeError, ValueError), match=message):
        make()


def test_the_same_as_pytorch():
    torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install torch, the CPU build is enough")
    of = torch.optim.lr_scheduler
    for ours, theirs in (
        (schedules.step(0.5, 4, 0.3), lambda o: of.StepLR(o, 4, 0.3)),
        (schedules.exponential(0.5, 0.9), lambda o: of.ExponentialLR(o, 0.9)),
        (schedules.polynomial(0.5, 20, 2), lambda o: of.PolynomialLR(o, 20, 2)),
        (schedules.cosine(0.5, 31, 0.1), lambda o: of.CosineAnnealingLR(o, 31, 0.1)),
        (schedules.warm_restarts(0.5, 3, 2, 0.1), lambda o: of.CosineAnnealingWarmRestarts(o, 3, 2, 0.1)),
    ):
        optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.5)
        scheduler = theirs(optimizer)
        for t in range(31):
            assert ours(t) == pytest.approx(optimizer.param_groups[0]["lr"], rel=1e-12), (ours, t)
            optimizer.step()
            scheduler.step()


@pytest.mark.parametrize("mode", ["min", "max"])
@pytest.mark.parametrize("patience", [0, 2])
def test_the_plateau_is_pytorchs(mode, patience):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install torch, the CPU build is enough")
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.5)
    theirs = torch.optim.lr_scheduler.ReduceLROnPlateau(
        optimizer, mode, factor=0.5, patience=patience, threshold=0.05, min_lr=0.01
    )
    ours = schedules.ReduceOnPlateau(0.5, 0.5, patience, 0.05, mode, 0.01)
    rng, seen = np.random.default_rng(0), set()
    for i in range(200):
        value = 3 * 0.99 ** (i if mode == "min" else -i) + 0.2 * rng.random()
        theirs.step(value)
        ours.observe(value)
        assert ours(i) == pytest.approx(optimizer.param_groups[0]["lr"], rel=1e-12)
        seen.add(ours(i))
    assert len(seen) > 3


def test_a_plateau_by_hand():
    lr = schedules.ReduceOnPlateau(1.0, factor=0.5, patience=1, threshold=0.1, min_lr=0.3)
    rates = []
    for value in (10.0, 9.5, 8.9, 9, 9, 8.1, 8.1, 8.0, 8.0, 8.0, 8.0):  # 8.1 is no better than 8.9 by a tenth, 8.0 is
        lr.observe(value)
        rates.append(lr(0))
    assert rates == [1, 1, 1, 1, 0.5, 0.5, 0.3, 0.3, 0.3, 0.3, 0.3]
    lr = schedules.ReduceOnPlateau(1.0, factor=0.5, patience=0, threshold=0.1)
    for value in (-1.0, -1.05, -1.2):  # of a negative loss the same: only the last is better by a tenth
        lr.observe(value)
    assert lr(0) == 0.5
    small = schedules.ReduceOnPlateau(0.1, factor=0.5, patience=0, min_lr=0.3)
    for _ in range(3):
        small.observe(math.inf)
    assert small(0) == 0.1  # it never rises


def test_fit_tells_the_schedule_how_it_goes():
    x = np.linspace(-1, 1, 32)[:, None]
    for validation in (None, (x, -3 * x)):
        model, seen = nn.MLP(1, 1, rng=0), []

        class Noted(schedules.ReduceOnPlateau):
            def observe(self, value, seen=seen):
                seen.append(value)
                super().observe(value)

        lr = schedules.warmup(Noted(0.5, factor=0.1, patience=0), 2)
        history = nn.fit(
            model,
            x,
            3 * x,
            epochs=12,
            optimizer=nn.SGD(model.parameters(), lr),
            validation=validation,
            rng=0,
            progress=False,
        )
        assert seen == history.column("val_loss" if validation else "loss")
        assert (lr(100) < 0.5) == bool(validation)  # the loss itself falls all the time


def test_a_plateau_is_told_how_it_goes_when_its_turn_has_come():
    x, plateau = np.ones((32, 1)), schedules.ReduceOnPlateau(0.25, factor=0.5, patience=0, threshold=10.0)
    model, rates = nn.MLP(1, 1, rng=0), []
    optimizer = nn.SGD(model.parameters(), schedules.joined([0.0, plateau, 0.0], [5, 6]))
    callbacks = [lambda row: rates.append(plateau(0))]
    nn.fit(model, x, x, epochs=15, optimizer=optimizer, batch_size=32, callbacks=callbacks, progress=False)
    assert rates == [0.25] * 6 + [0.25 / 2**k for k in range(1, 6)] + [0.25 / 32] * 4  # its first value is its best


def test_a_function_of_ones_own_need_not_listen():
    optimizer = nn.SGD([leaf([1.0])], lambda t: 0.1)
    optimizer.observe(1.0)
    assert schedules.warmup(lambda t: 0.1, 2).state_dict() == {}


def test_the_state_of_schedules_within_schedules():
    def make():
        return schedules.joined([0.1, schedules.warmup(schedules.ReduceOnPlateau(0.5, 0.5, 0), 2)], [3])

    one, other = make(), make()
    one(4), other(4)
    one.observe(1.0)
    one.observe(1.0)
    state = one.state_dict()
    assert sorted(state) == ["1.0.best", "1.0.rate", "1.0.waited"]
    other.load_state_dict(state)
    assert (one(10), other(10)) == (0.25, 0.25)
    other.observe(0.9)
    other.observe(0.9)
    assert other(10) == 0.125
