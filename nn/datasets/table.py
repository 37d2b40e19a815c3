"""Tables in CSV files: numbers for a net, and what is no number told by line and column."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, BinaryIO

import numpy as np

from autograd.arguments import explained
from nn.checks import named
from nn.datasets.fields import Fields, Piece, absent, number_in, read

MISSING = ("refuse", "drop", "nan")
ADVICE = ": say categories=[{name!r}] if each text is a kind, drop=[{name!r}], or target={name!r}"
TASKS = {"classification": True, "regression": False}


@dataclass(frozen=True, repr=False)
class Table:
    """What `csv` has read: a sample a row, and the names of things."""

    x: np.ndarray  # (m, n), all columns but the target
    y: np.ndarray | None  # (m,), the target: labels, numbers, or None
    columns: tuple[str, ...]  # the names of x's columns
    target: str | None  # the name of y's
    classes: tuple[Any, ...]  # what label 0, 1, ... stands for; empty where y has numbers

    def __repr__(self) -> str:
        kind = f" of {len(self.classes)} classes" if self.classes else ""
        y = f", target {self.target!r}{kind}" if self.target is not None else ""
        return f"Table({len(self.x):,} samples of {len(self.columns)} numbers{y})"


@explained
def csv(
    path: str | os.PathLike[str] | BinaryIO,
    target: str | int | None = None,
    *,
    task: str | None = None,
    columns: str | int | Iterable[str | int] | None = None,
    drop: str | int | Iterable[str | int] = (),
    categories: str | int | Iterable[str | int] = (),
    missing: str = "refuse",
    delimiter: str | None = None,
    header: bool | None = None,
    dtype: Any = np.float64,
) -> Table:
    """A table of numbers from a CSV file in UTF-8: .x (m, n), .y (m,), .columns, .target, .classes.

    path        of the file, or a file of bytes that is open, such as sys.stdin.buffer
    target      the column that is to be learnt, by name or place (-1 is the last), or None
    task        "classification": the target's different values, texts or whole numbers, are classes, in order;
                "regression": they are numbers.  By default texts are classes and numbers are numbers
    columns     those of x, in this order, by name or place; by default all but the target
    drop        of all columns, what to leave out, by name or place: one, or several
    categories  columns of texts: each becomes columns of 0 and 1, one for each of its texts, "colour=red" ...; such
                names in `columns` stand for all texts that may be in the column, so that table.columns reads another
    missing     what becomes of missing values (empty, ?, NA, N/A, NaN, -nan, null, None): "refuse" says where the first
                one is, "drop" leaves out lines with any, "nan" keeps NaN in x, which nn.Standardize leaves as it is
    delimiter   what stands between fields: by default that of , ; tab | which fits the first ten lines
    header      whether the first line has the names; by default it has if no field in it is a number.  Without
                names columns are "column 1", "column 2" ...
    dtype       of x, and of y where that has numbers

    Nothing is guessed: ValueError names the line, the column and the text of a missing value, of text among numbers,
    of one that no category has, and of numbers that are not finite in the dtype, the line of too few or too many
    fields, and columns that are unknown or have one name.  But CSV has no checksum: a changed digit, or lines that are
    missing at the end, cannot be noticed.

    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "fruit.csv")
    ...     _ = path.write_text("weight;colour;kind\\n150;red;apple\\n120;yellow;banana\\n")
    ...     table = csv(path, target="kind", categories="colour")
    >>> table
    Table(2 samples of 3 numbers, target 'kind' of 2 classes)
    >>> table.columns, table.classes
    (('weight', 'colour=red', 'colour=yellow'), ('apple', 'banana'))
    >>> table.x, table.y
    (array([[150.,   1.,   0.],
           [120.,   0.,   1.]]), array([0, 1]))
    """
    fields = read(path, delimiter, header)
    return chosen(fields, target, task, columns, drop, categories, missing, dtype)


def chosen(
    fields: Fields, target: Any, task: str | None, columns: Any, drop: Any, categories: Any, missing: str, dtype: Any
) -> Table:
    """The table of some of the fields; arguments as in csv."""
    dtype, names = np.dtype(dtype), fields.names
    if dtype.kind != "f":
        raise TypeError(f"dtype: expected a floating one, got {dtype}")
    as_classes = None if task is None else named("task", task, TASKS)
    missing = named("way with what is missing", missing, dict(zip(MISSING, MISSING, strict=True)))
    where = {name: i for i, name in enumerate(names)}
    dropped = {_place("column to drop", key, where, len(names)) for key in _several(drop)}
    texts = {_place("column of categories", key, where, len(names)) for key in _several(categories)}
    at = [] if target is None else [_place("target", target, where, len(names))]
    keys = range(len(names)) if columns is None else _several(columns)
    kept = [(i, text) for i, text in (_column(key, where, len(names)) for key in keys) if i not in (*dropped, *at)]
    if dropped & {*at}:
        raise ValueError(f"drop: expected it to leave the target, got {drop}")
    if not kept:
        raise ValueError(f"{fields.path}: there is no column to learn from, beside the target and what is dropped")
    if unnamed := [i for i, _ in kept if not names[i]]:
        raise ValueError(f"{fields.path}: column {unnamed[0] + 1} has no name: is it an index? Leave it out with "
                         f"drop=[{unnamed[0]}]")  # fmt: skip
    new = {i: k for k, i in enumerate(dict.fromkeys([*(i for i, _ in kept), *at]))}  # of a column its place from now on
    fields = replace(fields, names=[names[i] for i in new], places=[*new], whole=missing == "drop")
    goal = _Target(fields, new[at[0]], as_classes) if at else None
    spread: dict[int, set[str]] = {new[i]: set() for i, text in kept if i in texts and text is None}
    m = 0
    for piece in fields.pieces():  # first what there is, so that then no more is held than x, y and a piece
        m += len(piece.lines)
        for k, found in spread.items():
            found.update(piece.columns[k])
        if goal:
            goal.see(piece)
    if not m:
        raise ValueError(f"{fields.path}: every line misses a value, and missing='drop' leaves none")
    made = [(new[i], t) for i, text in kept
            for t in (_kinds(fields, new[i], spread[new[i]]) if text is None and i in texts else [text])]  # fmt: skip
    columns = tuple(fields.names[k] if text is None else f"{fields.names[k]}={text}" for k, text in made)
    if twice := next((name for name, n in Counter(columns).items() if n > 1), None):
        raise ValueError(f"{fields.path}: two columns of x have the name {twice!r}")
    known: dict[int, dict[str, int]] = {}
    for k, text in made:
        if text is not None:
            known.setdefault(k, {}).setdefault(text, len(known[k]))
    labels, classes = goal.labels() if goal else ({}, ())
    x = np.empty((m, len(made)), dtype)
    y = np.empty(m, np.int64 if classes else dtype) if goal else None
    row, nan = 0, missing == "nan"
    for piece in fields.pieces():
        rows = slice(row, row + len(piece.lines))
        codes: dict[int, np.ndarray] = {}
        for j, (k, text) in enumerate(made):
            if text is None:
                x[rows, j] = _numbers(fields, piece, k, dtype, nan)
                continue
            if k not in codes:
                codes[k] = _codes(fields, piece, k, known[k], nan)
            x[rows, j] = np.where(codes[k] < 0, np.nan, codes[k] == known[k][text])
        if goal and y is not None:
            y[rows] = [*map(labels.get, piece.columns[goal.i])] if classes else _numbers(fields, piece, goal.i, dtype)
        row = rows.stop
    return Table(x, y, columns, names[at[0]] if at else None, classes)


@dataclass
class _Target:
    """The column to be learnt, and of its texts those that may be classes."""

    fields: Fields
    i: int
    as_classes: bool | None  # None if the texts decide
    lines: dict[str, int] = field(default_factory=dict)  # where such a text stands first
    number: bool = False  # whether one of all texts is a number

    def see(self, piece: Piece) -> None:
        for line, text in zip(piece.lines, piece.columns[self.i], strict=True):
            if text not in self.lines:
                if absent(text):
                    advice = ": say missing='drop' to leave such lines out"
                    raise self.fields.fault(self.i, line, text, "", advice)
                number = number_in(text) is not None
                self.number |= number
                if self.as_classes or (self.as_classes is None and not number):
                    self.lines[text] = line

    def labels(self) -> tuple[dict[str, int], tuple[Any, ...]]:
        """The label of each text, and what the labels stand for, in order; none of both where there are numbers."""
        texts = [text for text in self.lines if number_in(text) is None]
        if self.as_classes is None and texts and self.number:
            advice = "; say task='classification' if each text is a class"
            raise self.fields.fault(self.i, self.lines[texts[0]], texts[0], "a number, as elsewhere in it", advice)
        means: dict[str, Any] = {text: text if texts else self._whole(text) for text in self.lines}
        classes = sorted({*means.values()})
        label = {of: k for k, of in enumerate(classes)}
        return {text: label[of] for text, of in means.items()}, tuple(classes)

    def _whole(self, text: str) -> int:
        number = number_in(text)
        if number is None or not number.is_integer() or abs(number) >= 2**53:
            raise self.fields.fault(self.i, self.lines[text], text, "a whole number, or text, as a class")
        return int(number)


def _several(keys: Any) -> Any:
    """One name or place as several: a name is not its letters."""
    return [keys] if isinstance(keys, str | int | np.integer) else keys


def _column(key: str | int, where: dict[str, int], n: int) -> tuple[int, str | None]:
    """Where a column of x is, and the text that it is of, as in "colour=red"."""
    if isinstance(key, str) and key not in where:
        for cut in range(len(key) - 1, 0, -1):
            if key[cut] == "=" and key[:cut] in where:
                return where[key[:cut]], key[cut + 1 :]
    return _place("column", key, where, n), None


def _place(kind: str, key: str | int, where: dict[str, int], n: int) -> int:
    """Which of n columns it is that is given by name or place."""
    if isinstance(key, str):
        return named(kind, key, where)
    if isinstance(key, bool) or not isinstance(key, int | np.integer) or not -n <= key < n:
        raise ValueError(f"{kind}: expected a name, or a place from {-n} to {n - 1}, got {key!r}")
    return int(key) % n


def _numbers(fields: Fields, piece: Piece, i: int, dtype: np.dtype, nan: bool = False) -> np.ndarray:
    """A column of numbers; what is missing is NaN, if that is wanted, and else refused."""
    column = piece.columns[i]
    try:
        values = np.fromiter(map(float, column), float, len(column))
        odd = "_" in "".join(column) or not np.isfinite(values).all()
    except ValueError:
        odd = True
    if odd:  # one by one, which is slow, to say which it is
        values = np.empty(len(column))
        for row, text in enumerate(column):
            value = np.nan if absent(text) else number_in(text)
            if value is None or (absent(text) and not nan):
                alone = not absent(text) and all(number_in(x) is None for p in fields.pieces() for x in p.columns[i])
                advice = ADVICE.format(name=fields.names[i]) if alone else ""
                raise fields.fault(i, piece.lines[row], text, "a number", advice)
            values[row] = value
    with np.errstate(over="ignore"):
        array = values.astype(dtype)
    ok = np.isfinite(array) | np.isnan(values)
    if not ok.all():
        row = int(ok.argmin())
        raise fields.fault(i, piece.lines[row], column[row], f"a finite number of {dtype}")
    return array


def _kinds(fields: Fields, i: int, texts: set[str]) -> list[str]:
    """The different texts of a column, in order."""
    kinds = sorted(text for text in texts if not absent(text))
    if not kinds:
        piece = next(fields.pieces())
        raise fields.fault(i, piece.lines[0], piece.columns[i][0], "")
    return kinds


def _codes(fields: Fields, piece: Piece, i: int, kinds: dict[str, int], nan: bool) -> np.ndarray:
    """Which of the kinds each text of a column is, and -1 where it is missing."""
    codes = np.empty(len(piece.lines), int)
    for row, text in enumerate(piece.columns[i]):
        codes[row] = kinds.get(text, -1)
        if codes[row] < 0 and not (nan and absent(text)):
            raise fields.fault(i, piece.lines[row], text, f"one of {', '.join(kinds)}")
    return codes
