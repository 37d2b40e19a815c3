"""The options of the command line, each with what it may be."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Callable
from functools import partial
from math import inf, nan
from pathlib import Path
from typing import Any, NoReturn

from autograd import __version__
from nn.commands.nets import COSTS, GAPS, NETS, SCALES
from nn.commands.recipes import OPTIMIZERS, SCHEDULES
from nn.datasets.table import TASKS
from nn.mlp import HIDDEN

DATA = ("digits, iris (both come along), a folder of the four MNIST IDX files, a .csv or .tsv table, or a .npz "
        "file with x and y; images in it are (N, H, W) or (N, C, H, W)")  # fmt: skip


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one sentence, as all others."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"error: {message}; {self.prog} --help lists the options\n")


def as_option(option: str, value: Any) -> str:
    """An option of Python's with its value, as it is written on the command line.

    >>> as_option("drop", ["two words"]), as_option("missing", "nan")
    ("--drop 'two words'", '--missing mean')
    """
    ours = {python: name for name, python in GAPS.items()} if option == "missing" else {}
    values = value if isinstance(value, list) else [ours.get(value, value)]
    return shlex.join([f"--{option}", *map(str, values)])


def parser(commands: dict[str, Callable[[argparse.Namespace], None]]) -> argparse.ArgumentParser:
    """The parser of all commands, described by their docstrings; what it gives has .run, the one that was chosen."""
    top = Parser(prog="python -m nn", description="Train nets that you can see through.", allow_abbrev=False)
    top.add_argument("--version", action="version", version=f"glassgrad {__version__}")
    those = top.add_subparsers(dest="command", required=True, metavar="command")
    added = {"train": training, "evaluate": using, "predict": predicting, "explain": explaining}
    for name, run in commands.items():
        first, *more = (run.__doc__ or "").split("\n\n")
        command = those.add_parser(name, help=first, description=" ".join([first, *more]), allow_abbrev=False)
        command.set_defaults(run=run)
        added[name](partial(add_to, command))
    return top


def add_to(command: argparse.ArgumentParser, *names: str, help: str, default: Any = None, **how: Any) -> None:
    """Adds an option whose help ends with its default, if it has one."""
    usual = "" if default in (None, []) else f" (default: {default})"
    command.add_argument(*names, help=help + usual, default=default, **how)


def training(add: Any) -> None:
    # fmt: off
    add("--data", default="digits", metavar="SET", help=DATA)
    add("--target", metavar="COLUMN", help="of a table: what is to be learnt; without it the last column")
    add("--task", choices=TASKS,
        help="without it texts, and two different whole numbers, are classes, and other numbers are numbers")
    add("--drop", nargs="+", default=[], metavar="COLUMN", help="of a table: what to leave out, by name or place"
        " from 0")
    add("--categories", nargs="+", default=[], metavar="COLUMN",
        help="of a table: columns of texts, which become columns of 0 and 1, one for each text")
    add("--missing", choices=GAPS, help="of a table: what becomes of lines with missing values; mean puts that of "
        "the training set; without it they are refused")
    add("--test", default=0.2, type=share, help="of a table or npz file: the share of the samples that is for the test")
    add("--validation", type=share, help="share of the training set to watch the training with, not the test set")
    add("--scale", choices=SCALES, help="of the inputs; without it none of images, standardize of others")
    add("--net", default="mlp", choices=NETS, help="dense, or two convolutions and dense layers, for images")
    add("--layers", type=layers, metavar="N0/N1/.../NL",
        help="nodes of each layer, inputs and classes included; without it 64 between them, in cnn 120/84")
    add("--activation", default="relu", choices=HIDDEN, help="of the hidden layers")
    add("--dropout", default=0.0, type=below_1, help="share of hidden values that each step leaves out")
    add("--loss", choices=COSTS, help="with cross_entropy classes come from a softmax, with the others from sigmoids; "
        "without it cross_entropy, or mean_squared_error of numbers")
    add("--optimizer", default="adam", choices=OPTIMIZERS, help="how to step")
    add("--lr", type=above, help="learning rate; without it "
        + ", ".join(f"{lr:g} ({name})" for name, (_, lr) in OPTIMIZERS.items()))
    add("--momentum", type=below_1, help="how much of a step the next one keeps; without it 0.9 of momentum and "
        "nesterov; others have none")
    add("--schedule", default="constant", choices=SCHEDULES, help="what becomes of the learning rate")
    add("--weight-decay", type=not_negative, help="without it 0.01 for adamw, else 0")
    add("--clip-norm", type=above, help="how long the gradient of all parameters may be")
    add("--epochs", default=40, type=above_0, help="passes over the training set")
    add("--batch-size", default=32, type=above_0, help="samples a step")
    add("--patience", type=above_0, metavar="EPOCHS",
        help="stop after so many without a lower loss on the --validation share, and keep the best weights")
    add("--seed", default=0, type=from_0, help="of the weights, the order of the samples, dropout, and shares of them")
    add("--out", type=Path, metavar="FOLDER",
        help="where the files go, made if need be; without it runs/ and the name of the data")
    add("--resume", action="store_true", help="go on from the checkpoint in --out, to the same bits")
    # fmt: on


def using(add: Any) -> None:
    add("weights", type=Path, metavar="WEIGHTS", help="weights.safetensors, as train has written it")
    add("--data", required=True, metavar="SET", help=DATA + "; or - for a table on stdin")


def predicting(add: Any) -> None:
    using(add)
    add("--out", type=Path, metavar="FILE", help="where the lines go; without it to stdout")


def explaining(add: Any) -> None:
    using(add)
    add("--sample", default=0, type=from_0, metavar="K", help="which sample, from 0")
    add("--out", default="runs/explained", type=Path, metavar="FOLDER", help="where the files go; made if need be")


def layers(text: str) -> list[int]:
    sizes = text.split("/")
    if len(sizes) < 2 or not all(n.isdecimal() and int(n) for n in sizes):
        raise argparse.ArgumentTypeError(f"expected sizes such as 64/64/10, got {text!r}")
    return [int(n) for n in sizes]


def _number(text: str, kind: type, expected: str, fits: Callable[[Any], bool]) -> Any:
    try:
        value = kind(text)
    except ValueError:
        value = nan
    if not fits(value):
        raise argparse.ArgumentTypeError(f"expected {expected}, got {text!r}")
    return value


from_0 = partial(_number, kind=int, expected="a whole number >= 0", fits=lambda n: n >= 0)
above_0 = partial(_number, kind=int, expected="a whole number above 0", fits=lambda n: n > 0)
not_negative = partial(_number, kind=float, expected="a number >= 0", fits=lambda x: 0 <= x < inf)
below_1 = partial(_number, kind=float, expected="a number from 0 up, below 1", fits=lambda x: 0 <= x < 1)
above = partial(_number, kind=float, expected="a number above 0", fits=lambda x: 0 < x < inf)
share = partial(_number, kind=float, expected="a share above 0 and below 1", fits=lambda x: 0 < x < 1)
