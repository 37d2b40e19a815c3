"""train: from the data to the files of a trained net."""

from __future__ import annotations

import argparse
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from autograd import draw
from nn import plots
from nn.callbacks import EarlyStopping
from nn.commands.nets import Net, build
from nn.commands.planning import planned, settings, unchanged
from nn.commands.recipes import optimizer, rate
from nn.commands.samples import apart, to_train, where
from nn.commands.tables import confusion_table, errors, scaled
from nn.evaluation import evaluate
from nn.history import History
from nn.metrics import accuracy
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
    data = to_train(options)
    known, watched = data.train, None
    if options.validation:
        known, watched = apart(known, data.classes, options.validation, options.seed,
                               where(options.data, data.target), "--validation")  # fmt: skip
    plan = planned(options, data, known[0], known[1])
    rng = np.random.default_rng(options.seed)
    model = build(plan, rng)
    net = Net(model, plan)
    (x, y), (x_test, y_test) = ((net.prepare(x), net.teach(y)) for x, y in (known, data.test))
    learns = optimizer(model.parameters(), options, options.epochs * -(-len(x) // options.batch_size))
    out = folder(options.out or Path("runs", Path(options.data).resolve().stem))
    weights, rows, checkpoint = out / "weights.safetensors", out / "history.csv", out / "checkpoint.safetensors"
    said, earlier, history, files = settings(options), weights.exists(), History(), list[Path]()
    if options.resume and checkpoint.exists():
        unchanged(weights, said, plan)
        history.extend(metadata(checkpoint).get(TRAINING, {}).get("history", []))
    elif options.resume and earlier:
        raise ValueError(f"--resume: {out} has weights, and no checkpoint to go on from; without --resume they are "
                         "replaced")  # fmt: skip
    elif options.resume or earlier:
        print(f"{out} has no checkpoint: the training starts anew" if not earlier else
              f"{out} holds an earlier run, which this one replaces", flush=True)  # fmt: skip

    print("\n".join([*data.remarks, f"{options.data}: {len(x)} samples to train on, {len(x_test)} to test"]))
    print(f"\n{summary(model, plan.sample)}\n{scaled(plan, options.scale or data.scale)}\n", flush=True)

    def kept(row: dict[str, float]) -> None:
        if watched is None:  # for the eyes only: nothing is chosen by it
            row |= {f"test_{name}": value for name, value in evaluate(model, x_test, y_test).items()}
        if not history:
            checkpoint.unlink(missing_ok=True)  # one of an earlier run is not of these weights
        history.append(row)
        with uninterrupted():
            files[:] = [net.save(weights, said), history.save(rows), checkpoint]

    stop = [EarlyStopping(patience=options.patience)] if options.patience else []

    def best() -> str:
        return "".join(f"; val_loss was lowest, {s.best:.6g}, in epoch {s.epoch}" for s in stop if s.epoch)

    held_out = None if watched is None else (net.prepare(watched[0]), net.teach(watched[1]))
    try:
        fit(model, x, y, epochs=options.epochs, batch_size=options.batch_size, validation=held_out, rng=rng,
            optimizer=learns, callbacks=[*stop, kept], checkpoint=checkpoint, resume=bool(options.resume))  # fmt: skip
    except KeyboardInterrupt:
        saved = f"{weights} holds the weights of the last complete epoch, {len(history)}{best()}"
        saved += "; --resume goes on" if checkpoint.exists() else ""
        raise KeyboardInterrupt(saved if history else "no epoch was complete") from None
    except NotFinite as error:
        still = f"; {out} still holds the earlier run" if earlier and not files else ""
        raise NotFinite(f"{str(error).split(': try')[0]}: try a smaller --lr, such as {rate(options) / 10:g}, and look "
                        f"for extreme values in the data{still}") from None  # fmt: skip
    if world().rank:  # the files are rank 0's
        return
    files = [net.save(weights, said), history.save(rows), checkpoint]

    pictures: dict[str, Callable[[Path], Path]] = {
        "training.svg": lambda path: plots.save(plots.curves(history), path),
        "backward.svg": lambda path: draw(model.loss(x[: options.batch_size], y[: options.batch_size])).save(path),
    }
    skipped = []
    for name, make in pictures.items():
        try:
            files.append(make(out / name))
        except Exception as reason:  # whatever a picture lacks, the training was not in vain
            skipped.append(f"skipped {out / name}: {reason}")
    if stop:
        print(f"\n{len(history)} epochs were made{best()}, whose weights are kept")
    said_of = net.predict(data.test[0])
    if plan.classes:
        table = confusion_table(data.test[1], said_of.argmax(1), plan.classes)
        print(f"\ntest accuracy {accuracy(said_of, data.test[1]):.2%}\n\n{table}\n")
    else:
        print(f"\ntest {errors(said_of, data.test[1])}\n")
    print("\n".join([*(f"wrote {path}" for path in files), *skipped]))


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
