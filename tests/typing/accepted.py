"""Programs as people write them: the type checkers have nothing to say about any of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

import autograd as ag
import nn
from autograd import Tensor, grad, gradients, hessian, jacobian, no_grad, tanh, value_and_grad, vjp


def by_hand(x: np.ndarray, t: np.ndarray, steps: int = 3) -> float:
    """A net of one layer, trained by hand."""
    W = Tensor(np.zeros((1, 2)), requires_grad=True, name="W")
    b = Tensor([0.3], requires_grad=True, name="b", dtype=np.float64)
    loss = Tensor(0.0)
    for _ in range(steps):
        y = tanh(x @ W.T + b)
        loss = ((y - t) ** 2).sum() / 2
        loss.backward()
        for p in (W, b):
            p.data -= 0.1 * p.grad
            p.zero_grad()
    with no_grad():
        print(f"{loss:.3f}", loss.item(), W.data.shape, b.numpy().mean())
    return float(loss.item())


def operators(x: Tensor, y: Tensor, mask: np.ndarray) -> Tensor:
    """Everything that is an operator, a method or an op is again a Tensor to its reader."""
    z = 1 - x * y / 2.0 + x**2 - (-y) @ x.T
    z = z[0:2, :] + z.reshape(-1, 2).sum(axis=0, keepdims=True)
    z = ag.where(mask, ag.exp(z), np.maximum(z, 0.0))
    z = np.tanh(z) + ag.concatenate([x, y], axis=0).mean() + ag.linalg.norm(z)
    parts: list[Tensor] = ag.split(z, 2, axis=1)
    u, s, vt = ag.svd(z)
    print(len(z), z.shape, z.ndim, z.dtype, [part.shape for part in parts], (u * s) @ vt, z > 0, list(z))
    out: Tensor = ag.softmax(z, axis=-1)
    return out


def transforms() -> None:
    """Functions to their derivatives."""

    def f(x: np.ndarray, scale: float = 1.0) -> Tensor:
        out: Tensor = np.sum(x**3) * scale
        return out

    x = np.array([1.0, 2.0])
    slope = grad(f)(x)
    value, g = value_and_grad(f)(x)
    print(slope.shape, value + 1, g @ g, jacobian(lambda x: x**2)(x).shape, hessian(f)(x))
    out, pullback = vjp(np.sin, x)
    print(out, pullback(np.ones(2))[0], grad(grad(lambda x: x**3))(2.0))
    a = Tensor(2.0, requires_grad=True)
    (first,) = gradients(a**3, [a], create_graph=True)
    (second,) = gradients(first, [a])
    print(second.item())


@ag.elementwise
def cube(x: np.ndarray) -> np.ndarray:  # an op of one's own
    return np.asarray(x) ** 3


cube.defvjp(lambda g, out, x: g * 3 * x**2)


class Block(nn.Module):
    """A layer of one's own, with a parameter and a submodule."""

    def __init__(self, n: int, rng: int | None = None) -> None:
        self.linear = nn.Linear(n, n, init="glorot_uniform", rng=rng)
        self.scale = Tensor(np.ones(n), requires_grad=True)
        self.layers = [nn.ReLU(), nn.Dropout(0.1, rng=0)]

    def scores(self, x: Tensor) -> Tensor:
        return self.linear(x)

    @no_grad()
    def guess(self, x: Tensor) -> Tensor:
        return self.scores(x)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.linear(x) * self.scale
        for layer in self.layers:
            y = layer(y)
        return x + y


def training(folder: Path) -> float:
    """A model trained, measured, saved and loaded again."""
    (x, y), test = nn.datasets.digits()
    model = nn.Sequential(nn.Linear(64, 32, rng=0), nn.Tanh(), Block(32, rng=1), nn.Linear(32, 10, rng=2))
    optimizer = nn.Adam(model.parameters(), lr=nn.schedules.cosine(1e-2, 100), weight_decay=1e-4, clip_norm=1.0)
    history = nn.fit(model, x, y, epochs=2, batch_size=64, optimizer=optimizer, loss=nn.cross_entropy,
                     validation=test, metrics=["accuracy"], callbacks=[nn.EarlyStopping(patience=3)], rng=0,
                     checkpoint=folder / "run", progress=False)  # fmt: skip
    losses: list[float] = [epoch["loss"] for epoch in history]
    scores = nn.evaluate(model, *test, loss=nn.cross_entropy, metrics=["accuracy"])
    path: Path = nn.save(model, folder / "model.safetensors", metadata={"epochs": len(history)})
    nn.load(path, model)
    print(nn.summary(model, 64), nn.metadata(path), model, losses[-1])
    return scores["accuracy"]


def loop(model: nn.Module, x: np.ndarray, y: np.ndarray) -> Iterator[float]:
    """The loop written out, and the step recorded."""
    optimizer = nn.SGD(model.parameters(), lr=0.1, momentum=0.9)
    for xb, yb in nn.DataLoader(x, y, batch_size=32, rng=0):
        optimizer.zero_grad()
        loss = nn.cross_entropy(model(xb), yb)
        loss.backward()
        nn.clip_grad_norm(model.parameters(), 1.0)
        optimizer.step()
        yield loss.item()
    step = nn.compile_step(lambda x, y: nn.cross_entropy(model(x), y), optimizer)
    yield float(step(x, y))
    print(step.source, step.save("step.py").name, [p.name for p in model.parameters()], dict(model.named_parameters()))


def seen(loss: Tensor) -> None:
    """Formulas, pictures, programs and checks."""
    text = str(ag.formulas(loss)) + ag.formulas(lambda x: x**2).latex
    drawing = ag.draw(loss, arrows="both", direction="right", max_nodes=100)
    drawing.save("backward.svg")
    program = ag.compile(lambda x: x**2)
    with ag.debug() as watch:
        print(watch.line_of(loss))
    report = ag.check_gradients(lambda x: x**2, np.ones(2), order=1)
    if not report or not ag.audit(loss):
        print(text, drawing.source, program.source, report.notes, ag.compare(np.ones(2), np.ones(2), name="W"))


def mlp() -> np.ndarray:
    """The net of the notes, and its gradients by name."""
    net = nn.MLP(4, 8, 3, activation="tanh", output="softmax", cost="cross_entropy", rng=0, dtype=np.float32)
    net.train()
    x, y = np.ones((5, 4), np.float32), np.arange(5) % 3
    net.loss(net(x), y).backward()
    norms = {name: np.linalg.norm(p.grad) for name, p in net.named_parameters()}
    print(norms, net.eval().predict(x))
    train, valid = nn.split(x, y, fractions=(0.6, 0.4), rng=0)
    scale = nn.Standardize(4).fit(train[0])
    out: np.ndarray = nn.predict(net, scale(valid[0]).data)
    return out
