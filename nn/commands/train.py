"""train: from the data to the files of a trained net."""

from __future__ import annotations

import argparse
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from autograd import draw
from nn import plots
from nn.callbacks import EarlyStopping
from nn.commands.nets import Net, build
from nn.commands.planning import planned, settings, unchanged
from nn.commands.recipes import OPTIMIZERS, optimizer, rate
from nn.commands.reports import confusion_table, judged, say, scaled
from nn.commands.samples import Part, apart, to_train, where
from nn.evaluation import evaluate
from nn.history import History
from nn.optimizer import Optimizer
from nn.parallel import world
from nn.serialization import TRAINING, metadata
from nn.step import NotFinite
from nn.summary import summary
from nn.training import fit


def train(options: argparse.Namespace) -> None:
    """Trains a net, and writes its weights, checkpoint, history and pictures.

    It prints how good the net is on samples that it was not trained on.  weights.safetensors is what the other commands
    take, checkpoint.safetensors is to go on from, history.csv and training.svg have the loss and accuracy of every
    epoch, and backward.svg the backward pass of one mini-batch.  The same seed gives the same files.
    """
    if options.patience and not options.validation:
        raise ValueError("--patience needs --validation, such as 0.2: what the test set has chosen it cannot test")
    data, rng, parts = to_train(options), np.random.default_rng(options.seed), dict[str, Part]()
    if options.validation:
        of = where(options.data, data.target)
        data.train, parts["val"] = apart(data.train, data.classes, options.validation, options.seed, of, "--validation")
    parts |= {"train": data.train, "test": data.test}
    plan = planned(options, data)
    net = Net(build(plan, rng), plan)
    ready = {name: (net.prepare(x), net.teach(y)) for name, (x, y) in parts.items()}
    (x, y), (x_test, y_test) = ready["train"], data.test
    learns = optimizer(net.model.parameters(), options, options.epochs * -(-len(x) // options.batch_size))
    run = Run(net, options)
    say(*run.begin(options.resume), *data.remarks,
        f"{options.data}: {len(x)} samples to train on, {len(x_test)} to test", "",
        *str(summary(net.model, plan.sample)).split("\n"), scaled(plan, options.scale or data.scale), "")  # fmt: skip
    fitted(run, options, ready, learns, rng)
    if world().rank:  # the files are rank 0's
        return
    run.save()
    skipped = pictures(run, x[: options.batch_size], y[: options.batch_size])
    if run.stop:
        say("", f"{len(run.history)} epochs were made{run.best()}, whose weights are kept")
    first, *others = judged(plan, net.predict(x_test), y_test, confusion_table)
    say("", f"test {first}", *others, "", *(f"wrote {path}" for path in run.files), *skipped)


class Run:
    """The files of a training, of an earlier one too, and the history that goes into them."""

    def __init__(self, net: Net, options: argparse.Namespace) -> None:
        self.net, self.settings = net, settings(options)
        self.out = folder(options.out or Path("runs", Path(options.data).resolve().stem))
        self.weights, self.checkpoint = self.out / "weights.safetensors", self.out / "checkpoint.safetensors"
        self.earlier, self.history, self.files = self.weights.exists(), History(), list[Path]()
        self.stop = EarlyStopping(patience=options.patience) if options.patience else None

    def begin(self, resume: bool) -> list[str]:
        """Takes up the history that goes on; says what becomes of an earlier training that does not."""
        if resume and self.checkpoint.exists():
            unchanged(self.weights, self.settings, self.net.plan)
            self.history.extend(metadata(self.checkpoint).get(TRAINING, {}).get("history", []))
            return []
        if resume and self.earlier:
            raise ValueError(f"--resume: {self.out} has weights, and no checkpoint to go on from; without --resume "
                             "they are replaced")  # fmt: skip
        if self.earlier:
            return [f"{self.out} holds an earlier run, which this one replaces"]
        return [f"{self.out} has no checkpoint: the training starts anew"] if resume else []

    def epoch(self, row: dict[str, float]) -> None:
        """Writes what there is after an epoch."""
        if not self.history:
            self.checkpoint.unlink(missing_ok=True)  # one of an earlier run is not of these weights
        self.history.append(row)
        self.save()

    def save(self) -> None:
        with uninterrupted():
            weights = self.net.save(self.weights, self.settings)
            self.files = [weights, self.history.save(self.out / "history.csv"), self.checkpoint]

    def best(self) -> str:
        """Which epoch was best, if one was to be."""
        stop = self.stop
        return f"; val_loss was lowest, {stop.best:.6g}, in epoch {stop.epoch}" if stop and stop.epoch else ""


def fitted(run: Run, options: argparse.Namespace, parts: dict[str, Part], learns: Optimizer,
           rng: np.random.Generator) -> None:  # fmt: skip
    """Trains the net of a run on the part "train"; errors say what its files hold now."""
    model, held = run.net.model, parts.get("val")

    def epoch(row: dict[str, float]) -> None:
        if held is None:  # for the eyes only: nothing is chosen by it
            row |= {f"test_{name}": value for name, value in evaluate(model, *parts["test"]).items()}
        run.epoch(row)

    callbacks: list[Callable[..., Any]] = [run.stop, epoch] if run.stop else [epoch]
    try:
        fit(model, *parts["train"], epochs=options.epochs, batch_size=options.batch_size, validation=held, rng=rng,
            optimizer=learns, callbacks=callbacks, checkpoint=run.checkpoint, resume=bool(options.resume))  # fmt: skip
    except KeyboardInterrupt:
        saved = f"{run.weights} holds the weights of the last complete epoch, {len(run.history)}{run.best()}"
        saved += "; --resume goes on" if run.checkpoint.exists() else ""
        raise KeyboardInterrupt(saved if run.history else "no epoch was complete") from None
    except NotFinite as error:
        still = f"; {run.out} still holds the earlier run" if run.earlier and not run.files else ""
        lower = min(OPTIMIZERS[options.optimizer][1], rate(options) / 10)
        raise NotFinite(error.what, f"try a smaller --lr, such as {lower:g}, and look for extreme values in the data"
                                    f"{still}") from None  # fmt: skip


def pictures(run: Run, x: np.ndarray, y: np.ndarray) -> list[str]:
    """Adds the pictures to the files of a run, that of the backward pass of these samples; says what was skipped."""
    made: dict[str, Callable[[Path], Path]] = {
        "training.svg": lambda path: plots.save(plots.curves(run.history), path),
        "backward.svg": lambda path: draw(run.net.model.loss(x, y)).save(path),
    }
    skipped = []
    for name, make in made.items():
        try:
            run.files.append(make(run.out / name))
        except Exception as reason:  # whatever a picture lacks, the training was not in vain
            skipped.append(f"skipped {run.out / name}: {reason}")
    return skipped


def folder(out: Path) -> Path:
    """The folder for the files, made if need be."""
    if out.exists() and not out.is_dir():
        raise ValueError(f"--out {out}: expected a folder, but this is a file")
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ValueError(f"--out {out}: this folder cannot be made: {error.strerror}") from None
    if not os.access(out, os.W_OK):
        raise ValueError(f"--out {out}: this folder cannot be written to")
    return out


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Within this block Ctrl-C waits, so that files which belong together are of the same epoch."""
    if threading.current_thread() is not threading.main_thread():  # only that one hears of signals
        yield
        return
    waiting: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, frame: waiting.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if waiting:
        raise KeyboardInterrupt
