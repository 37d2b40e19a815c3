"""Tables in CSV files: numbers for a net, and what is no number told by line and column."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import compress
from typing import Any, BinaryIO

import numpy as np

from autograd.arguments import explained
from nn.checks import named
from nn.datasets.fields import ABSENT, Fields, number_in, read

MISSING = ("refuse", "drop", "nan")
KINDS = ": say categories=[{name!r}] if each text is a kind, drop=[{name!r}], or target={name!r}"
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
    missing     what becomes of missing values (empty, ?, NA, N/A, NaN, null, None): "refuse" says where the first one
                is, "drop" leaves out lines with any, "nan" keeps NaN in x, which nn.Standardize leaves as it is
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
    fields = replace(fields, names=[names[i] for i in new], columns=[fields.columns[i] for i in new])
    fields = _complete(fields) if missing == "drop" else fields
    made = [(new[i], t) for i, text in kept for t in (_texts(fields, new[i]) if i in texts and not text else [text])]
    known: dict[int, list[str]] = {}
    for k, text in made:
        known.setdefault(k, []).append(text or "")
    nan = missing == "nan"
    x = [_numbers(fields, k, dtype, nan) if text is None else _indicator(fields, k, text, known[k], dtype, nan)
         for k, text in made]  # fmt: skip
    y, classes = _target(fields, new[at[0]], dtype, as_classes) if at else (None, ())
    columns = tuple(fields.names[k] if text is None else f"{fields.names[k]}={text}" for k, text in made)
    return Table(np.stack(x, axis=1), y, columns, names[at[0]] if at else None, classes)


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


def _complete(fields: Fields) -> Fields:
    """The lines in which nothing is missing."""
    there = [not any(text.lower() in ABSENT for text in row) for row in zip(*fields.columns, strict=True)]
    if not any(there):
        raise ValueError(f"{fields.path}: every line misses a value, and missing='drop' leaves none")
    columns = [[*compress(column, there)] for column in fields.columns]
    return replace(fields, columns=columns, lines=[*compress(fields.lines, there)])


def _numbers(fields: Fields, i: int, dtype: np.dtype, nan: bool = False) -> np.ndarray:
    """A column of numbers; what is missing is NaN, if that is wanted, and else refused."""
    column = fields.columns[i]
    try:
        values = np.array([*map(float, column)])
        odd = "_" in "".join(column) or not np.isfinite(values).all()
    except ValueError:
        odd = True
    if odd:  # one by one, which is slow, to say which it is
        values = np.empty(len(column))
        for row, text in enumerate(column):
            value = np.nan if text.lower() in ABSENT else number_in(text)
            if value is None or (text.lower() in ABSENT and not nan):
                kinds = all(number_in(x) is None for x in column)
                advice = KINDS.format(name=fields.names[i]) if kinds and text.lower() not in ABSENT else ""
                raise fields.fault(i, row, "a number", advice)
            values[row] = value
    with np.errstate(over="ignore"):
        array = values.astype(dtype)
    ok = np.isfinite(array) | np.isnan(values)
    if not ok.all():
        raise fields.fault(i, int(ok.argmin()), f"a finite number of {dtype}")
    return array


def _texts(fields: Fields, i: int) -> list[str]:
    """The different texts of a column, in order."""
    texts = sorted({text for text in fields.columns[i] if text.lower() not in ABSENT})
    if not texts:
        raise fields.fault(i, 0, "")
    return texts


def _indicator(fields: Fields, i: int, text: str, known: list[str], dtype: np.dtype, nan: bool) -> np.ndarray:
    """1 where a column has this text, 0 where it has another that is known, NaN where it has none."""
    column = fields.columns[i]
    gaps = [other.lower() in ABSENT for other in column]
    for row, other in enumerate(column):
        if (gaps[row] and not nan) or (not gaps[row] and other not in known):
            raise fields.fault(i, row, f"one of {', '.join(known)}")
    return np.where(gaps, np.nan, np.array(column) == text).astype(dtype)


def _target(fields: Fields, i: int, dtype: np.dtype, as_classes: bool | None) -> tuple[np.ndarray, tuple[Any, ...]]:
    """The target as labels and the classes, or as numbers."""
    column = fields.columns[i]
    numbers = [number_in(text) for text in column]
    texts = [value is None for value in numbers]
    for row, text in enumerate(column):
        if text.lower() in ABSENT:
            raise fields.fault(i, row, "", ": say missing='drop' to leave such lines out")
    if as_classes is None and any(texts) and not all(texts):
        advice = "; say task='classification' if each text is a class"
        raise fields.fault(i, texts.index(True), "a number, as elsewhere in it", advice)
    if not (any(texts) if as_classes is None else as_classes):
        return _numbers(fields, i, dtype), ()
    keys: list[Any] = column
    if not any(texts):
        keys = [int(x) if x is not None and x.is_integer() and abs(x) < 2**53 else None for x in numbers]
        if None in keys:
            raise fields.fault(i, keys.index(None), "a whole number, or text, as a class")
    classes, labels = np.unique(np.array(keys), return_inverse=True)
    return labels.astype(np.int64), tuple(classes.tolist())
