"""Many threads and tasks at once: gradients of leaves that they share, modes of their own."""

import asyncio
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

import autograd as ag
import nn
from autograd import Tensor
from autograd.recording import recorded, recording
from nn.module import evaluating
from promises import promise

THREADS, SLOPES = 16, (0.5, 0.25)


@contextmanager
def impatient() -> Iterator[None]:
    """Threads take turns as often as they can, where they have to."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        yield
    finally:
        sys.setswitchinterval(usual)


class Shared:
    """What all threads use: two leaves, whose gradients are sums of whole numbers, a recorded function, and a net."""

    def __init__(self) -> None:
        self.w, self.v = Tensor([1.0, 2.0], requires_grad=True), Tensor([3.0, 4.0], requires_grad=True)
        self.slope = ag.compile(ag.grad(lambda x: (x**3 * self.w.data).sum()))
        self.net = nn.Sequential(nn.Linear(2, 3, rng=0), nn.BatchNorm1d(3), nn.Dropout(0.5, rng=0))
        self.forward = ag.compile(lambda x: self.net(x))
        self.x = np.array([[1.0, 2.0], [3.0, -4.0]])
        self.said = nn.predict(self.net, self.x)
        self.wrong: list[str] = []

    def graphs(self, k: int) -> None:
        """A few graphs, with a number of one's own in them."""
        w, v = self.w, self.v
        with ag.no_grad():
            assert not (w * v).requires_grad
            with ag.debug() if k % 16 == 0 else recorded(True):
                assert (w * 2.0).requires_grad
        y = (w * v * float(k)).sum()
        assert y.requires_grad
        assert y.item() == 11 * k
        y.backward()
        a, b = ag.gradients(y, [w, v])
        assert (a.tolist(), b.tolist()) == ([3.0 * k, 4.0 * k], [1.0 * k, 2.0 * k])

    def thread(self, start: int, n: int) -> None:
        layer = nn.LeakyReLU(0.5)
        leaky = ag.compile(lambda x: layer(x))
        try:
            for k in range(start, start + n):
                self.graphs(k)
                if k % 8 == 0:
                    x = np.array([k, k + 1.0])
                    assert np.array_equal(self.slope(x), 3 * x**2 * self.w.data)
                    for net in (self.net, nn.Sequential(self.net), self.forward):
                        with evaluating(self.net):
                            assert np.array_equal(nn.predict(net, self.x), self.said)
                        assert self.net.training
                    layer.negative_slope = SLOPES[k % 16 // 8]
                    assert leaky(-x).tolist() == (-x * layer.negative_slope).tolist()
        except BaseException as error:
            self.wrong.append(f"{type(error).__name__} {error}")


async def tasks(n: int) -> None:
    """As many tasks of one thread, which all change their mode and wait within."""

    async def task(k: int) -> None:
        for i in range(n):
            with ag.no_grad() if (i + k) % 2 else recorded(True):
                await asyncio.sleep(0)
                assert (Tensor(1.0, requires_grad=True) * 2.0).requires_grad == ((i + k) % 2 == 0)
            await asyncio.sleep(0)
            assert recording() is True

    await asyncio.gather(*(task(k) for k in range(THREADS)))


@promise("16 threads that sweep graphs with shared leaves, and switch `no_grad`, `debug` and recorded functions on and "
         "off, get right every value, every gradient and every prediction of a net that they share, and none of a sum of "
         "gradients is lost; the modes are those of the thread or of the asyncio task.", 600, 10**4)  # fmt: skip
def threads(n: int) -> str:
    shared = Shared()
    with impatient():
        all_of_them = [threading.Thread(target=shared.thread, args=(k * n, n)) for k in range(THREADS)]
        for thread in all_of_them:
            thread.start()
        for thread in all_of_them:
            thread.join()
        asyncio.run(tasks(n))
    assert not shared.wrong, shared.wrong
    assert [part.training for part in shared.net.modules()] == [True] * 4
    assert shared.net[1].num_batches_tracked.item() == 0, "a prediction has changed the net"
    total = sum(range(THREADS * n))
    assert shared.w.grad.tolist() == [3 * total, 4 * total], "gradients were lost"
    assert shared.v.grad.tolist() == [1 * total, 2 * total], "gradients were lost"
    lock = "without" if not getattr(sys, "_is_gil_enabled", lambda: True)() else "with"
    return f"{THREADS * n:,} sweeps in {THREADS} threads, {THREADS * n:,} blocks in {THREADS} tasks: 0 wrong ({lock} a GIL)"
