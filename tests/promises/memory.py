"""Long trainings without the collector, and failures of every kind: nothing is kept that nobody asked for."""

import gc
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from processes import alone, held

import autograd as ag
import nn
from autograd.recording import _drawn, _source, recording
from promises import promise

X, LABELS = np.linspace(-1, 1, 32).reshape(8, 4), np.arange(8) % 3


def fails(*_: Any) -> Any:
    raise ArithmeticError("as planned")


@ag.primitive
def without_forward(x: Any) -> Any:
    return fails()


@ag.primitive
def without_rule(x: Any) -> Any:
    return x * 1.0


without_rule.defvjp(fails)


class Net:
    """A small net, and its training in three ways."""

    def __init__(self) -> None:
        self.model = nn.MLP(4, 8, 3, activation="tanh", output="softmax", rng=0)
        self.optimizer = nn.Adam(self.model.parameters(), 1e-3)
        self.step = nn.compile_step(self.model.loss, self.optimizer)
        self.loss = ag.compile(self.model.loss, self.model.parameters())

    def eager(self, labels: np.ndarray = LABELS) -> None:
        self.optimizer.zero_grad()
        self.model.loss(X, labels).backward()
        self.optimizer.step()

    def recorded(self, labels: np.ndarray = LABELS) -> None:
        self.step(X, labels)

    def half_recorded(self, labels: np.ndarray = LABELS) -> None:
        self.optimizer.zero_grad()
        self.loss(X, labels)
        self.optimizer.step()

    def recording(self) -> None:
        nn.compile_step(self.model.loss, nn.SGD(self.model.parameters(), 1e-3))(X, LABELS)

    def failures(self) -> dict[str, Callable[[], Any]]:
        """What raises, each at another place."""
        model, params, rng = self.model, self.model.parameters(), np.random.default_rng(0)

        def watched(f: Callable[..., Any]) -> Any:
            with ag.debug():
                return f(model(X)).sum().backward()

        def compiled(f: Callable[..., Any]) -> Any:
            return ag.compile(lambda x: f(model(x)).sum(), params)(X)

        def changed() -> None:
            loss = model.loss(X, LABELS)
            params[0].touch()
            loss.backward()

        def quietly() -> None:
            with ag.no_grad():
                fails(model(X))

        def retained() -> None:
            loss = without_rule(model(X)).sum()
            try:
                loss.backward(retain_grads=True)
            finally:
                params[0].grad = loss.grad  # and so it is seen

        return {
            "a shape": lambda: model(X) + np.ones(7),
            "a forward": lambda: without_forward(model(X)),
            "a rule": lambda: without_rule(model(X)).sum().backward(),
            "a rule at the end": lambda: model.loss(without_rule(ag.Tensor(X, requires_grad=True)), LABELS).backward(),
            "a rule, all gradients wanted": retained,
            "a rule of second order": lambda: ag.hvp(lambda x: without_rule(model(x)).sum())(X, X),
            "a label": lambda: self.eager(LABELS + 1),
            "a changed tensor": changed,
            "without gradients": quietly,
            "a watched forward": lambda: watched(lambda z: ag.log(z * 0)),
            "a watched rule": lambda: watched(lambda z: ag.sqrt(z * 0)),
            "a checkpoint": lambda: ag.checkpoint(lambda x: without_rule(model(x)).sum())(X).backward(),
            "a checkpoint that draws": lambda: ag.checkpoint(lambda x: fails(ag.anew(rng.random, 4) * model(x)))(X),
            "a prediction": lambda: nn.predict(model, X[:, :3]),
            "a label in a program": lambda: self.recorded(LABELS + 1),
            "a label in half a program": lambda: self.half_recorded(LABELS + 1),
            "a recorded forward": lambda: compiled(without_forward),
            "a recorded rule": lambda: compiled(without_rule),
            "a recorded if": lambda: compiled(lambda z: z if z.sum() > 0 else -z),
            "a recorded random number": lambda: compiled(lambda z: z * rng.random()),
            "a recorded step": lambda: nn.compile_step(lambda x: model(x).sum() * np.inf, self.optimizer)(X),
        }  # fmt: skip


def kept(f: Callable[[], Any], n: int) -> float:
    """The MB that n calls leave behind; that they leave no garbage is asserted."""
    for _ in range(n // 10 + 3):
        f()
    gc.collect()
    before = held()
    for _ in range(n):
        f()
    grown = held() - before
    assert gc.collect() == 0, "garbage for the collector"
    return grown


def failing(fail: Callable[[], Any]) -> None:
    try:
        fail()
    except Exception:
        return
    raise AssertionError("nothing to raise")


def left(n: int) -> dict[str, float]:
    """The MB that are left by n steps, and by the same number of recordings and failures of each kind."""
    gc.disable()
    net = Net()
    ways = {"eager": net.eager, "recorded": net.recorded, "backward alone recorded": net.half_recorded}
    grown = {way: kept(step, n) for way, step in ways.items()}
    grown["recordings"] = kept(net.recording, n // 200)
    params, grown["failures"] = net.model.parameters(), 0.0
    for what, fail in net.failures().items():
        net.optimizer.zero_grad()
        before = [p.data.tobytes() for p in params]
        try:
            with np.errstate(all="ignore"):
                grown["failures"] += kept(partial(failing, fail), n // 200)
            assert (recording(), _source.get()) == (True, _drawn), "a mode"
            assert all(module.training for module in net.model.modules()), "a mode of a module"
            assert all(p.grad is None for p in params), "a gradient"
            assert before == [p.data.tobytes() for p in params], "another parameter"
        except AssertionError as error:
            raise AssertionError(f"what fails in {what} leaves {error}") from None
    return grown


@promise("10⁵ training steps, eager or recorded, make no garbage for the collector, which is switched off, and keep "
         "less than 1 MB. An exception in a forward, a rule, a check, a recording or a recorded step leaves no graph, "
         "gradient or mode behind, and no parameter changed.", 400, 10**5)  # fmt: skip
def memory(n: int) -> str:
    grown = alone(left, n)
    assert max(grown.values()) < 1, grown
    kinds, several = len(Net().failures()), {"recordings": n // 200, "failures": n // 200}
    figures = (f"{mb:.2f} after {several.get(what, n):,} {what if what in several else what + ' steps'}"
               for what, mb in grown.items())  # fmt: skip
    return f"MB kept: {', '.join(figures)} of each of {kinds} kinds; 0 objects for the collector"
