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
from nn.commands.nets import Plan, build, keep, taught
from nn.commands.recipes import optimizer
from nn.commands.samples import Samples, to_train
from nn.commands.tables import confusion_table
from nn.data import split
from nn.evaluation import outputs
from nn.metrics import accuracy, r2
from nn.mlp import DEFAULT_COST
from nn.parallel import world
from nn.scaling import Scaling
from nn.serialization import TRAINING, metadata
from nn.summary import summary
from nn.training import History, fit


def train(options: argparse.Namespace) -> None:
    """Trains a net, and writes its weights, checkpoint, history and pictures.

    It prints how good the net is on samples that it was not trained on.  weights.safetensors is what the other commands
    take, checkpoint.safetensors is to go on from, history.csv and training.svg have the loss and accuracy of every
    epoch, and backward.svg the backward pass of one mini-batch.  The same seed gives the same files.
    """
    if options.patience and not options.validation:
        raise ValueError("--patience needs --validation, such as 0.2: what the test set has chosen it cannot test")
    images = options.net == "cnn"
    data = to_train(options.data, images, options.target, options.task, options.test, options.seed)
    plan = planned(options, data)
    rng = np.random.default_rng(options.seed)
    model = build(plan, rng)
    y, y_test = taught(plan, data.y), taught(plan, data.y_test)
    x, watched = data.x, (data.x_test, y_test)
    if options.validation:
        parts = (1 - options.validation, options.validation)
        labels = data.y if plan.classes else None
        (x, y), (x_watched, y_watched) = split(x, y, fractions=parts, stratify=labels, rng=options.seed)
        watched = x_watched, y_watched
    if isinstance(model[0], Scaling):
        model[0].fit(x)
    print(f"{options.data}: {len(x)} samples to train on, {len(y_test)} to test", flush=True)
    print(f"\n{summary(model, plan.sample)}\n", flush=True)

    out = folder(options.out)
    weights, rows, checkpoint = out / "weights.safetensors", out / "history.csv", out / "checkpoint.safetensors"
    files: list[Path] = []
    history = History()
    if options.resume and checkpoint.exists():
        history.extend(metadata(checkpoint).get(TRAINING, {}).get("history", []))

    def kept(row: dict[str, float]) -> None:
        history.append(row)
        with uninterrupted():
            files[:] = [keep(model, plan, weights), history.save(rows), checkpoint]

    stop = [EarlyStopping(patience=options.patience)] if options.patience else []
    steps = options.epochs * -(-len(x) // options.batch_size)
    try:
        fit(model, x, y, epochs=options.epochs, batch_size=options.batch_size, validation=watched, rng=rng,
            optimizer=optimizer(model.parameters(), options, steps), callbacks=[*stop, kept],
            checkpoint=checkpoint, checkpoint_every=options.checkpoint_every, resume=bool(options.resume))  # fmt: skip
    except KeyboardInterrupt:
        saved = f"{weights} holds the weights of the last complete epoch" if files else "no epoch was complete"
        raise KeyboardInterrupt(saved) from None
    if world().rank:  # the files are rank 0's
        return
    files = [keep(model, plan, weights), history.save(rows), checkpoint]

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
    z = outputs(model, data.x_test)
    if plan.classes:
        table = confusion_table(data.y_test, z.argmax(1), plan.classes)
        print(f"\ntest accuracy {accuracy(z, data.y_test):.2%}\n\n{table}\n")
    else:
        print(f"\ntest R² {r2(z, y_test):.4f}\n")
    print("\n".join([*(f"wrote {path}" for path in files), *skipped]))


def planned(options: argparse.Namespace, data: Samples) -> Plan:
    """The plan of the net that the options ask for, which the data must fit."""
    inputs, outs = data.x[0].size, len(data.classes) or 1
    sizes = options.layers or [inputs, *((120, 84) if options.net == "cnn" else (64,)), outs]
    if (sizes[0], sizes[-1]) != (inputs, outs):
        last = f"{outs} classes" if data.classes else "1 output"
        raise ValueError(f"--layers {'/'.join(map(str, sizes))} does not fit the data: expected {inputs} inputs "
                         f"and {last}, as in {inputs}/64/{outs}")  # fmt: skip
    loss = options.loss or ("cross_entropy" if data.classes else "mean_squared_error")
    if not data.classes and loss in DEFAULT_COST.values():
        raise ValueError(f"--loss {loss} is of classes, and the target has numbers: say --task classification, or take "
                         "mean_squared_error")  # fmt: skip
    shift, scale = 0.0, 1.0
    if not data.classes:  # numbers are learnt in units of their spread, so that usual rates suit all of them
        shift, scale = float(data.y.mean(dtype=float)), float(data.y.std(dtype=float)) or 1.0
    output = "identity" if not data.classes else "softmax" if loss == "cross_entropy" else "sigmoid"
    return Plan(net=options.net, sample=[*data.x.shape[1:]], sizes=sizes, activation=options.activation, output=output,
                loss=loss, dropout=options.dropout, scale=options.scale or data.scale, classes=data.classes,
                columns=data.columns, target=data.target, unit=[shift, scale])  # fmt: skip


def folder(out: Path) -> Path:
    """The folder for the files, made if need be."""
    if out.exists() and not out.is_dir():
        raise ValueError(f"--out {out}: expected a folder, but this is a file")
    out.mkdir(parents=True, exist_ok=True)
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
