"""The options of the command line, each with what it may be."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from autograd import __version__
from nn.commands.nets import NETS, SCALES
from nn.commands.recipes import OPTIMIZERS, SCHEDULES
from nn.datasets.table import TASKS
from nn.mlp import COSTS, HIDDEN

DATA = "digits, iris (both come along), a folder of the four MNIST IDX files, a .csv or a .npz file with x and y"


def parser(commands: dict[str, Callable[[argparse.Namespace], None]]) -> argparse.ArgumentParser:
    """The parser of all commands; what it gives has .run, the function of the one that was chosen."""
    top = argparse.ArgumentParser(
        prog="python -m nn", description="Train nets that you can see through.", allow_abbrev=False
    )
    top.add_argument("--version", action="version", version=f"glassgrad {__version__}")
    those = top.add_subparsers(dest="command", required=True, metavar="command")
    described = {
        "train": (
            "train a net and write its weights, checkpoint, history and pictures",
            "Trains a net, prints its layers and how good it is on samples that it was not trained on, and writes "
            "weights.safetensors, checkpoint.safetensors, history.csv, training.svg (loss and accuracy over the "
            "epochs) and backward.svg (the backward pass of one mini-batch). The same seed gives the same files.",
            training,
        ),
        "evaluate": ("measure a net on data", "Prints the loss of a net on data and how often it is right.", given),
        "predict": (
            "say what a net makes of data",
            "Writes a line of CSV for each sample: its class and what the net says of each class, or a number.",
            predicting,
        ),
        "explain": (
            "show what a net does with one sample, and how it learns from it",
            "Prints what a net says of one sample and the formulas of the backward pass, and writes them to "
            "formulas.txt and formulas.md, and to backward.html the page that steps through it.",
            explaining,
        ),
    }
    for name, run in commands.items():
        short, long, add_options = described[name]
        command = those.add_parser(name, help=short, description=long, allow_abbrev=False,
                                   formatter_class=argparse.ArgumentDefaultsHelpFormatter)  # fmt: skip
        command.set_defaults(run=run)
        add_options(command.add_argument)
    return top


def training(add: Any) -> None:
    none = argparse.SUPPRESS
    add("--data", default="digits", metavar="SET", help=DATA)
    add("--target", default=none, metavar="COLUMN", help="of a CSV file, what is to be learnt; without it the last")
    add(
        "--task",
        default=none,
        choices=TASKS,
        help="without it classification of texts and whole labels, else regression",
    )
    add("--test", default=0.2, type=share, help="of a CSV or npz file, the share of samples that are kept for the test")
    add(
        "--validation",
        default=0.0,
        type=share,
        help="share of the training set to watch the training with; 0 for the test set",
    )
    add(
        "--scale",
        default=none,
        choices=SCALES,
        help="of the inputs; without it standardize for tables, none for images",
    )
    add(
        "--net", default="mlp", choices=NETS, help="dense, or with two convolutions before the dense layers, for images"
    )
    add("--layers", default=none, type=layers, metavar="N0/N1/.../NL",
        help="nodes of each layer, inputs and classes included; without it one hidden layer of 64, in cnn 120/84")  # fmt: skip
    add("--activation", default="relu", choices=HIDDEN, help="of the hidden layers")
    add("--dropout", default=0.0, type=below_1, help="share of the hidden values that are left out in each step")
    add("--loss", default=none, choices=COSTS,
        help="cross_entropy has a softmax before it, the others of classes a sigmoid; without it cross_entropy or "
        "mean_squared_error")  # fmt: skip
    add("--optimizer", default="momentum", choices=OPTIMIZERS, help="how to step")
    add("--lr", default=none, type=not_negative, help="learning rate; without it what is usual for the optimizer")
    add(
        "--momentum",
        default=0.9,
        type=below_1,
        help="of momentum and nesterov: how much of the last step is kept, below 1",
    )
    add("--schedule", default="constant", choices=SCHEDULES, help="what becomes of the learning rate")
    add("--weight-decay", default=none, type=not_negative, help="without it 0.01 for adamw, else 0")
    add("--clip-norm", default=none, type=not_negative, help="how long all gradients together may be")
    add("--epochs", default=40, type=above_0, help="passes over the training set")
    add("--batch-size", default=32, type=above_0, help="samples a step")
    add("--patience", default=none, type=above_0,
        help="stop after so many epochs without a lower loss on the --validation share, and keep the best weights")  # fmt: skip
    add("--seed", default=0, type=seed, help="of the starting weights, of the order of the samples and of --test")
    add("--out", default="runs/digits", type=Path, metavar="FOLDER", help="where the files go; made if need be")
    add(
        "--checkpoint-every",
        default=1,
        type=above_0,
        metavar="EPOCHS",
        help="how often the training is kept to go on from",
    )
    add("--resume", action="store_true", help="go on from the checkpoint in --out, if there is one, to the same bits")


def given(add: Any) -> None:
    add("weights", type=Path, metavar="WEIGHTS", help="weights.safetensors, as train has written it")
    add("--data", required=True, metavar="SET", help=DATA)


def predicting(add: Any) -> None:
    given(add)
    add("--out", default=argparse.SUPPRESS, type=Path, metavar="FILE", help="where the lines go; without it to stdout")


def explaining(add: Any) -> None:
    given(add)
    add("--sample", default=0, type=seed, metavar="K", help="which sample, from 0; of a set with a test set, in that")
    add("--out", default="runs/explained", type=Path, metavar="FOLDER", help="where the files go; made if need be")


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


def share(text: str) -> float:
    value = not_negative(text)
    if value >= 1:
        raise argparse.ArgumentTypeError(f"expected a share of the samples, from 0 up to, but not, 1; got {text!r}")
    return value


def below_1(text: str) -> float:
    value = not_negative(text)
    if value >= 1:
        raise argparse.ArgumentTypeError(f"expected a number below 1, got {text!r}")
    return value
