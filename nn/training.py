"""fit: epochs of mini-batches, with a history, checkpoints to go on from, and what is called after every epoch."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from autograd.arguments import explained, flag
from nn import parallel
from nn.callbacks import EarlyStopping, stops
from nn.checks import Seed, whole
from nn.data import DataLoader
from nn.epoch import Epoch
from nn.evaluation import Metrics, cost_of, metrics_of
from nn.given import callbacks_of, held_out, judged, judged_functions, loader, optimizer_of
from nn.history import History
from nn.module import Module
from nn.optimizer import Optimizer
from nn.progress import Progress
from nn.resume import checkpoint_of
from nn.shares import shares_of


@explained
@parallel.together
def fit(
    model: Module,
    x: Any,
    y: Any = None,
    *,
    epochs: int = 10,
    batch_size: int | None = None,
    optimizer: Optimizer | None = None,
    loss: Callable[..., Any] | None = None,
    penalty: Callable[[], Any] | None = None,
    validation: Sequence[Any] | DataLoader | None = None,
    sample_weight: Any = None,
    class_weight: Any = None,
    metrics: Metrics | None = (),
    rng: Seed = None,
    callbacks: Callable[..., Any] | Iterable[Callable[..., Any]] | None = (),
    checkpoint: str | os.PathLike[str] | None = None,
    checkpoint_every: int = 1,
    resume: bool = False,
    progress: bool = True,
    compile: bool | None = None,
) -> History:
    """Trains a model on mini-batches and returns the history of loss and, for classes, accuracy.

    model          a Module; x, y: arrays with one sample a row, or x a DataLoader of both, which has its own batches
    batch_size     samples a batch, 32 if nothing is said
    optimizer      how to step; by default SGD(model.parameters(), lr=0.01, momentum=0.9)
    loss           a function of (model(x), y); by default the model's own cost
    penalty        a function without arguments that gives a number to be added to the loss, such as
                   lambda: 1e-4 * nn.l2(model.parameters()) (note E: E6)
    validation     (x, y) on which loss, accuracy and metrics are measured after every epoch, as val_...; or
                   (x, y, sample_weight), or a DataLoader of these
    sample_weight  (m,), >= 0: how much each sample counts; class_weight: how much each class does, (K,) or
                   a dict (of what is not in it 1), or "balanced": class k counts m / (K m_k), so that classes count
                   alike, as in scikit-learn
    metrics        what else to measure: names in nn.metrics, functions of (z, y), or a dict of them by other names
    rng            a seed or a numpy Generator: orders the batches
    callbacks      functions that are called with the row of the history after every epoch; True stops the training
    checkpoint     a file that holds the training at first, after every `checkpoint_every` epochs and after the last: as
                   it then was, before EarlyStopping gives back the best weights; nn.load takes the model's from it
    resume         go on from that file, if it is there: to the same bits as a training that was never interrupted, with
                   the rate that it has come to; a training that a callback has stopped stays stopped
    compile        whether to train with a recorded step (nn.compile_step); by default if all that a step
                   calls is nn's own: modules, loss, penalty, optimizer

    Started by mpiexec in several processes, all train this one model, each with its share of every batch (nn.parallel).

    Modules in evaluation mode within a model in training mode stay so: after model[1].eval() a batch norm keeps its
    statistics.  A model that is itself in evaluation mode is put into training mode, with all within.

    The loss (with the penalty) and accuracy of an epoch are those seen while training, averaged over its samples; the
    metrics are of all that the model has said in the epoch.  Where there is a schedule the column "lr" has the rate of
    the epoch's first step (lr0, lr1, ... of Groups).

    Raises ValueError for data that are not finite, naming row and column, and IndexError for a label out of range,
    before the first step; ValueError when the loss or a parameter is no longer finite, naming the epoch, before any
    callback; and when a training cannot go on from `checkpoint`.

    >>> import nn, numpy as np
    >>> model = nn.MLP(1, 1, rng=0)
    >>> x = np.linspace(-1, 1, 64)[:, None]
    >>> history = fit(model, x, 3 * x, epochs=500, rng=0, progress=False)
    >>> print(model.layers[0].weight.data.round(3))
    [[3.]]
    """
    measure, further = cost_of(model, loss), metrics_of(metrics)
    batches = loader(x, y, sample_weight, class_weight, batch_size, rng)
    held = () if validation is None else held_out(validation)
    judged_functions(model, measure, penalty, len(batches.arrays) == 3 or len(held) == 3)
    epochs, every = whole("epochs", epochs, 0), whole("checkpoint_every", checkpoint_every, 1)
    resume, progress = flag("resume", resume), flag("progress", progress)
    compile = None if compile is None else flag("compile", compile)
    called = callbacks_of(callbacks, ["loss", "accuracy", *further], bool(held))
    judged(model, measure, "x", *batches.arrays[:2])
    if held:
        judged(model, measure, "validation", *held[:2])
    optimizer = optimizer_of(optimizer, model)
    if resume and checkpoint is None:
        raise ValueError("resume=True needs checkpoint=: the file to go on from")

    world = parallel.world()
    shares = shares_of(world, model, optimizer, batches)
    file = checkpoint_of(None if world.rank else checkpoint, model, optimizer, called, batches)
    for callback in called:
        callback.begin(model)
    facts = {"epochs": epochs, "loss": getattr(measure, "__name__", ""), "metrics": [*further],
             "callbacks": [repr(x) if isinstance(x, EarlyStopping) else type(x).__name__ for x in called],
             "validation": bool(held)}  # fmt: skip
    before, stopped = shares.begin(file, resume, facts)
    history = History(before)
    shares.judge(measure, penalty)
    if not history:
        file.save(history, stopped)  # also what is interrupted in the first epoch goes on from its beginning

    epoch = Epoch(model, measure, penalty, optimizer, compile, shares, further, held)
    with Progress(len(batches), epochs, len(history), progress and not world.rank) as shown:
        while not stopped and len(history) < epochs:
            row = epoch(len(history) + 1, shown)
            history.append(row)
            optimizer.observe(row.get("val_loss", row["loss"]))
            answers = [callback(row) for callback in called]
            stopped = any(world.all(any(map(stops, answers)), "the callbacks"))  # one may go by its own clock
            last = stopped or len(history) == epochs
            if last or len(history) % every == 0:
                file.save(history, stopped)
            shown.epoch(row, last)
    for callback in called:
        callback.finish()
    shares.finish()
    return history
