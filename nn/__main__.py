"""The command line: `python -m nn train` trains a net and writes its weights, history and pictures."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from autograd import __version__, draw
from nn import datasets, plots
from nn.evaluation import evaluate
from nn.layers import Linear
from nn.metrics import confusion_matrix
from nn.mlp import COSTS, HIDDEN, MLP
from nn.optim import SGD
from nn.serialization import save
from nn.training import History, fit


def main(arguments: list[str] | None = None) -> int:
    """Runs the command; returns the exit code: 0, 2 for bad arguments or data, 130 after Ctrl-C."""
    parser = argparse.ArgumentParser(
        prog="python -m nn", description="Train nets that you can see through.", allow_abbrev=False
    )
    parser.add_argument("--version", action="version", version=f"glassgrad {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    add_train(commands)
    options = parser.parse_args(arguments)
    weights = options.out / "weights.safetensors"
    try:
        return train(options, weights)
    except KeyboardInterrupt:
        saved = f"{weights} holds the weights of the last complete epoch" if weights.exists() else "nothing was saved"
        print(f"\ninterrupted: {saved}", file=sys.stderr)
        return 130
    except (OSError, ValueError, IndexError, MemoryError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2


def add_train(commands: Any) -> None:
    command = commands.add_parser(
        "train",
        help="train a dense net and write weights.safetensors, history.csv, training.svg and backward.svg",
        description="Trains a dense net on images of classes, prints its layers, test accuracy and confusion matrix, "
        "and writes weights.safetensors, history.csv, training.svg (loss and accuracy over the epochs) and "
        "backward.svg (the picture of the backward pass of one mini-batch). The same seed gives the same files.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
        allow_abbrev=False,
    )
    add = command.add_argument
    add("--data", default="digits", metavar="SET", help="digits (comes along), or a folder of the four MNIST IDX files")
    add("--layers", default=argparse.SUPPRESS, type=layers, metavar="N0/N1/.../NL",
        help="nodes of each layer, inputs and classes included; without it one hidden layer of 64")  # fmt: skip
    add("--activation", default="relu", choices=HIDDEN, help="of the hidden layers")
    add("--loss", default="cross_entropy", choices=COSTS,
        help="cross_entropy has a softmax before it, the others a sigmoid")  # fmt: skip
    add("--epochs", default=40, type=above_0, help="passes over the training set")
    add("--batch-size", default=32, type=above_0, help="samples a step")
    add("--lr", default=0.05, type=not_negative, help="learning rate of SGD")
    add("--momentum", default=0.9, type=below_1, help="how much of the last step is kept, below 1")
    add("--seed", default=0, type=seed, help="of the starting weights and of the order of the samples")
    add("--out", default="runs/digits", type=Path, metavar="FOLDER", help="where the files go; made if need be")


def layers(text: str) -> list[int]:
    try:
        sizes = [int(n) for n in text.split("/")]
    except ValueError:
        sizes = []
    if len(sizes) < 2 or min(sizes) < 1:
        raise argparse.ArgumentTypeError(f"expected sizes such as 64/64/10, got {text!r}")
    return sizes


def seed(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"expected a whole number >= 0, got {text!r}")
    return int(text)


def above_0(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number above 0, got {text!r}")
    return int(text)


def not_negative(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"expected a number >= 0, got {text!r}")
    return value


def below_1(text: str) -> float:
    value = not_negative(text)
    if value >= 1:
        raise argparse.ArgumentTypeError(f"expected a number below 1, or the steps grow for ever; got {text!r}")
    return value


def train(options: argparse.Namespace, weights: Path) -> int:
    """The main job, from the data to the four files."""
    (x, labels), (x_test, labels_test) = read(options.data)
    classes = int(max(labels.max(), labels_test.max())) + 1
    sizes = getattr(options, "layers", None) or [x.shape[1], 64, classes]
    if (sizes[0], sizes[-1]) != (x.shape[1], classes):
        raise ValueError(f"--layers {'/'.join(map(str, sizes))} does not fit the data: expected {x.shape[1]} inputs "
                         f"and {classes} classes, as in {x.shape[1]}/64/{classes}")  # fmt: skip
    output = "softmax" if options.loss == "cross_entropy" else "sigmoid"
    y, y_test = labels, labels_test
    if output == "sigmoid":
        y, y_test = np.eye(classes, dtype=np.float32)[labels], np.eye(classes, dtype=np.float32)[labels_test]
    rng = np.random.default_rng(options.seed)
    model = MLP(*sizes, activation=options.activation, output=output, cost=options.loss, rng=rng, dtype=np.float32)
    optimizer = SGD(model.parameters(), lr=options.lr, momentum=options.momentum)
    make_folder(options.out)
    print(f"{options.data}: {len(x)} samples to train on, {len(x_test)} to test\n\n{layer_table(model)}\n", flush=True)

    files, history = [weights, options.out / "history.csv"], History()

    def keep(row: dict[str, float]) -> None:
        history.append(row)
        with uninterrupted():
            save(model, weights)
            history.save(files[1])

    fit(model, x, y, epochs=options.epochs, batch_size=options.batch_size, optimizer=optimizer,
        validation=(x_test, y_test), rng=rng, callbacks=keep)  # fmt: skip

    def training(path: Path) -> Path:
        return plots.save(plots.curves(history), path)

    def backward(path: Path) -> Path:
        return draw(model.loss(x[: options.batch_size], y[: options.batch_size])).save(path)

    skipped = []
    for name, make in (("training.svg", training), ("backward.svg", backward)):
        try:
            files.append(make(options.out / name))
        except Exception as reason:  # whatever a picture lacks, the training was not in vain
            skipped.append(f"skipped {options.out / name}: {reason}")
    print(f"\ntest accuracy {evaluate(model, x_test, y_test)['accuracy']:.2%}\n\n"
          f"{confusion_table(confusion_matrix(labels_test, model(x_test).data.argmax(1), classes))}\n")  # fmt: skip
    print("\n".join([*(f"wrote {path}" for path in files), *skipped]))
    return 0


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


def read(data: str) -> datasets.Sets:
    """The digits that come along, or what is in a folder of MNIST's format."""
    if data == "digits":
        return datasets.digits(dtype=np.float32)
    if not Path(data).is_dir():
        raise ValueError(
            f"--data {data}: expected digits, or a folder with the four MNIST files; there is no such folder"
        )
    return datasets.mnist(data, np.float32)


def make_folder(out: Path) -> None:
    if out.exists() and not out.is_dir():
        raise ValueError(f"--out {out}: expected a folder, but this is a file")
    out.mkdir(parents=True, exist_ok=True)
    if not os.access(out, os.W_OK):
        raise ValueError(f"--out {out}: this folder cannot be written to")


def layer_table(model: MLP) -> str:
    """The layers with their shapes and parameters, one a line."""
    rows = [("layer", "from", "to", "parameters")]
    for layer in model.layers:
        if isinstance(layer, Linear):
            count = sum(p.size for p in layer.parameters())
            rows.append(("Linear", f"{layer.in_features}", f"{layer.out_features}", f"{count:,}"))
        else:
            rows.append((type(layer).__name__, "", "", ""))
    rows.append((f"{model.output}, {model.cost_name}", "", "", f"{sum(p.size for p in model.parameters()):,}"))
    width = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [f"{a:<{width[0]}}  {b:>{width[1]}}  {c:>{width[2]}}  {d:>{width[3]}}" for a, b, c, d in rows]
    rule = "-" * len(lines[0])
    return "\n".join([lines[0], rule, *lines[1:-1], rule, lines[-1]])


def confusion_table(matrix: np.ndarray) -> str:
    """The confusion matrix with its margins: rows are the true classes, columns what they were taken for."""
    width = max(len(str(matrix.max())), len(str(len(matrix) - 1))) + 1
    head = "true \\ taken for" + "".join(f"{j:>{width}}" for j in range(len(matrix)))
    rows = [f"{i:>15} " + "".join(f"{n or '.':>{width}}" for n in row) for i, row in enumerate(matrix.tolist())]
    return "\n".join([head, *rows])


if __name__ == "__main__":
    sys.exit(main())
