"""Ctrl-C at any moment of a training, also twice: it goes on to the bits of a training that was never interrupted."""

import os
import random
import signal
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from processes import alone, forked

import nn
from autograd.files import write
from autograd.recording import recording
from promises import promise

RNG = np.random.default_rng(0)
X, LABELS = RNG.normal(size=(60, 5)), np.arange(60) % 3
HELD_OUT = RNG.normal(size=(20, 5)), np.arange(20) % 3


class Training:
    """Everything that has a state: dropout, and one that is off, running statistics, moments, a schedule, early
    stopping, a shuffle.
    """

    def __init__(self) -> None:
        rng = np.random.default_rng(7)
        self.net = nn.Sequential(
            nn.Linear(5, 8, rng=rng), nn.BatchNorm1d(8), nn.Dropout(0.3, rng=5), nn.Dropout(0.5, rng=6),
            nn.Linear(8, 3, rng=rng),
        )  # fmt: skip
        self.net[3].eval()
        self.optimizer = nn.Adam(self.net.parameters(), lr=nn.schedules.cosine(0.05, 32))
        self.stop = nn.EarlyStopping("val_loss", patience=4)

    def run(self, path: Path, compile: bool) -> bytes:
        """Trains, or goes on; returns all that came of it."""
        history = nn.fit(
            self.net, X, LABELS, epochs=8, batch_size=15, optimizer=self.optimizer, loss=nn.cross_entropy, rng=3,
            validation=HELD_OUT, callbacks=self.stop, checkpoint=path, resume=True, progress=False, compile=compile,
        )  # fmt: skip
        states = [part.state_dict() for part in (self.net, self.optimizer, self.stop)]
        return repr([history, *(sorted((name, x.tobytes()) for name, x in state.items()) for state in states)]).encode()


class CtrlC:
    """Ctrl-C after some seconds, and again after some more, while this function runs; elsewhere nothing comes."""

    def __init__(self, function: Callable[..., Any], *after: float) -> None:
        self.code, self.after, self.came = function.__code__, [*after], 0

    def __call__(self, number: int = 0, frame: Any = None) -> None:
        signal.setitimer(signal.ITIMER_REAL, self.after.pop(0) if self.after else 0)
        while frame and frame.f_code is not self.code:
            frame = frame.f_back
        if frame:
            self.came += 1
            raise KeyboardInterrupt


def attempt(training: Training, path: Path, compile: bool, *after: float) -> tuple[bytes | None, int]:
    """What a training gives that is interrupted after these seconds, None if it was; and how often it was."""
    signal.signal(signal.SIGALRM, ctrl_c := CtrlC(Training.run, *after))
    ctrl_c()
    try:
        done = training.run(path, compile)
    except KeyboardInterrupt:
        done = None
    signal.setitimer(signal.ITIMER_REAL, 0)
    return done, ctrl_c.came


def interrupted(n: int, kind: str) -> tuple[int, int]:
    """n interruptions of trainings of a kind, each of which ends as the whole one; how many trainings that were."""
    dice, ended, seconds, compile = random.Random(kind), 0, 0, "compiled" in kind
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        whole = Training().run(Path(folder, "whole"), compile)
        took = time.perf_counter() - start
        while n > 0:
            path, training, done = Path(folder, "a.safetensors"), Training(), None
            path.unlink(missing_ok=True)
            while done is None:
                if "new" in kind:
                    training = Training()
                elif path.exists():  # which has the modes, whatever an evaluation that was interrupted has left
                    training.net.eval()
                twice = [dice.random() * 0.001] * dice.randrange(2)
                done, came = attempt(training, path, compile, *([took * dice.random(), *twice] if n > 0 else []))
                n, seconds = n - came, seconds + (came > 1)
                assert recording() is True, "a mode was left behind"
            assert done == whole, f"other bits after an interruption, {kind}"
            ended += 1
    return ended, seconds


def from_outside(n: int) -> int:
    """n times SIGINT, once or twice, for processes that train; how many trainings were made of that."""
    dice, ended = random.Random(0), 0
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # in children, until they train
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        whole = Training().run(Path(folder, "whole"), False)
        took = time.perf_counter() - start
        path, result = Path(folder, "a.safetensors"), Path(folder, "result")

        def run() -> None:
            signal.signal(signal.SIGINT, signal.default_int_handler)
            write(result, Training().run(path, False))

        while n > 0:
            path.unlink(missing_ok=True)
            result.unlink(missing_ok=True)
            while not result.exists():
                pid = forked(run)
                if n > 0:
                    time.sleep(took * dice.random())
                    os.kill(pid, signal.SIGINT)
                    time.sleep(0.001 * dice.random())
                    os.kill(pid, signal.SIGINT)
                    n -= 1
                os.waitpid(pid, 0)
            assert result.read_bytes() == whole, "other bits after an interruption from outside"
            ended += 1
    return ended


KINDS = [f"{mode}, {whose} objects" for mode in ("eager", "compiled") for whose in ("new", "the same")]


@promise("Ctrl-C at any moment of `fit`, and again while that is seen to, loses nothing that a checkpoint has kept: the same "
         "call goes on, in a new process or with the same objects, to the bits of a training that was never interrupted, "
         "eager and recorded, and no mode is left behind.", 16, 2000)  # fmt: skip
def interruption(n: int) -> str:
    figures = [alone(interrupted, n // len(KINDS), kind) for kind in KINDS]
    ended, seconds = map(sum, zip(*figures, strict=True))
    ended += alone(from_outside, n // 10)
    return (f"{n:,} interruptions, {seconds:,} of them of what was being interrupted, and {n // 10:,} from outside: "
            f"{ended:,} trainings ended, 0 with other bits")  # fmt: skip
