"""Saves that are killed, interrupted or out of space: the old file or the new one is there, whole, and nothing else."""

import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from processes import alone, forked

import autograd as ag
import nn
from autograd import files
from nn.resume import Checkpoint
from promises import promise


def array(version: int) -> np.ndarray:
    return np.full(20_000, float(version))


def checkpoint(path: Path, version: int) -> Path:
    net = nn.Linear(20_000, 1, rng=version)
    Checkpoint(path, {"model": net}, {"batches": np.random.default_rng(version)}).save([{"epoch": version}], False)
    return path


def product(version: int) -> Any:
    x = ag.Tensor(float(version), requires_grad=True, name="x")
    return x * x


def program(version: int) -> Any:
    found = ag.compile(lambda x: x + array(version))
    found(array(0))
    return found


SAVES: dict[str, Callable[[Path, int], Path]] = {
    "weights.safetensors": lambda path, version: nn.save({"w": array(version)}, path),
    "training.safetensors": checkpoint,
    "history.csv": lambda path, version: nn.History([{"loss": version}] * 200).save(path),
    "picture.dot": lambda path, version: ag.draw(product(version)).save(path),
    "picture.svg": lambda path, version: ag.draw(product(version)).save(path),
    "page.html": lambda path, version: ag.draw(product(version)).save(path),
    "step.py": lambda path, version: program(version).save(path),
}


def temporary(folder: Path) -> set[Path]:
    return {*folder.glob(files.TEMPORARY.format("*"))}


class Saved:
    """A folder with a file of every kind, each in one of two versions."""

    def __init__(self, folder: str) -> None:
        self.folder = Path(folder)
        self.paths = {name: self.folder / name for name in SAVES}
        self.contents = {
            name: {v: save(self.paths[name], v).read_bytes() for v in (1, 0)} for name, save in SAVES.items()
        }

    def judge(self) -> None:
        """Every file is there, as one of its versions; and what lies beside them was being written."""
        for name, path in self.paths.items():
            assert path.read_bytes() in self.contents[name].values(), f"{name} is neither the old file nor the new one"
        assert {*self.folder.iterdir()} == {*self.paths.values()} | temporary(self.folder)

    def tidied(self) -> None:
        """The next save leaves nothing but what was saved, and what another one is writing."""
        time.sleep(files.SETTLED + 0.1)
        with (other := self.folder / files.TEMPORARY.format("of another")).open("xb") as file:
            files._hold(file)
            os.utime(other, (0, 0))
            SAVES["history.csv"](self.paths["history.csv"], 0)
            assert temporary(self.folder) == {other}
        SAVES["history.csv"](self.paths["history.csv"], 0)
        assert not temporary(self.folder)


def killed(n: int) -> int:
    """n processes killed while they save, two at a time; how many of them in the middle of writing."""
    dice, middle = random.Random(0), 0
    with tempfile.TemporaryDirectory() as folder:
        saved = Saved(folder)

        def endlessly(name: str) -> None:
            while True:
                for version in (1, 0):
                    SAVES[name](saved.paths[name], version)

        for _ in range(n // 2):
            before = temporary(saved.folder)
            names = [dice.choice([*SAVES])] * 2 if dice.random() < 0.5 else dice.choices([*SAVES], k=2)
            pids = [forked(lambda name=name: endlessly(name)) for name in names]
            time.sleep(dice.random() * 0.03)
            for pid in pids:
                os.kill(pid, signal.SIGKILL)
            for pid, name in zip(pids, names, strict=True):
                assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGKILL, f"saving {name} failed"
            middle += len(temporary(saved.folder) - before)
            saved.judge()
        saved.tidied()
    assert middle or n < 100, "kills that did not hit"
    return middle


def interrupted(saved: Saved, name: str) -> Iterator[int]:
    """An exception in every line of autograd/files.py, one after the other, that saving runs."""
    for at in range(1000):
        lines = 0

        def trace(frame: Any, event: str, _: Any, at: int = at) -> Any:
            nonlocal lines
            if frame.f_code.co_filename != files.__file__:
                return None
            lines += event == "line"
            if event == "line" and lines == at + 1:
                raise KeyboardInterrupt
            return trace

        sys.settrace(trace)
        try:
            SAVES[name](saved.paths[name], at % 2)
            return
        except KeyboardInterrupt:
            yield at
        finally:
            sys.settrace(None)


def failing(n: int) -> tuple[int, int]:
    """Exceptions in every line, and disks that are full after some bytes."""
    import resource  # which Windows has not

    lines = full = 0
    dice = random.Random(0)
    with tempfile.TemporaryDirectory() as folder:
        saved = Saved(folder)
        for name in SAVES:
            for _ in interrupted(saved, name):
                lines += 1
                saved.judge()
        saved.tidied()
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # a write fails then as on a full disk
        for _ in range(n):
            name = dice.choice([*SAVES])
            room, version = dice.randrange(len(saved.contents[name][0])), dice.randrange(2)

            def save(name: str = name, room: int = room, version: int = version) -> None:
                limited = resource.getrlimit(resource.RLIMIT_FSIZE)
                resource.setrlimit(resource.RLIMIT_FSIZE, (room, limited[1]))
                try:
                    SAVES[name](saved.paths[name], version)
                except OSError as error:
                    assert str(error) == f"[Errno 27] could not write: File too large: '{saved.paths[name]}'"
                else:
                    raise AssertionError(f"{name} was saved in {room} bytes")

            assert os.waitpid(forked(save), 0)[1] == 0
            full += 1
            saved.judge()
            assert not temporary(saved.folder)
    return lines, full


@promise("A save (weights, checkpoints, histories, pictures, pages, programs) that is killed, interrupted in any line or "
         "out of space leaves the old file or the new one, whole; and what it left beside it goes with the next save.",
         24, 1000)  # fmt: skip
def saving(n: int) -> str:
    middle = alone(killed, n)
    lines, full = alone(failing, n // 5)
    return f"{n:,} kills, {middle:,} of them while bytes were written; {lines} exceptions; {full} full disks: 0 lost"
