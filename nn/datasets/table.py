"""Tables in CSV files: numbers for a net, and what is no number told by line and column."""

from __future__ import annotations

import csv as format
import io
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from autograd.arguments import explained, flag
from nn.checks import named

MISSING = {"", "?", "na", "n/a", "nan", "null", "none"}
DELIMITERS = ",;\t|"
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
    delimiter   what stands between fields: by default that of , ; tab | which fits the first ten lines
    header      whether the first line has the names; by default it has if no field in it is a number.  Without
                names columns are "column 1", "column 2" ...
    dtype       of x, and of y where that has numbers

    Nothing is guessed or left out: ValueError names the line, the column and the text of a missing value (empty, ?,
    NA, N/A, NaN, null, None), of text among numbers and of numbers that are not finite in the dtype, the line of too
    few or too many fields, and columns that are unknown or have one name.  But CSV has no checksum: a changed digit, or
    lines that are missing at the end, cannot be noticed.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "fruit.csv")
    ...     _ = path.write_text("weight;length;kind\\n150;7.5;apple\\n120;18;banana\\n")
    ...     table = csv(path, target="kind")
    >>> table
    Table(2 samples of 2 numbers, target 'kind' of 2 classes)
    >>> table.x, table.y, table.classes
    (array([[150. ,   7.5],
           [120. ,  18. ]]), array([0, 1]), ('apple', 'banana'))
    """
    dtype = np.dtype(dtype)
    if dtype.kind != "f":
        raise TypeError(f"dtype: expected a floating one, got {dtype}")
    header = None if header is None else flag("header", header)
    as_classes = None if task is None else named("task", task, TASKS)
    path, content = content_of(path)
    lines = lines_of(path, content, delimiter)
    names = _names(path, lines, header)
    if not lines:
        raise ValueError(f"{path} has a header and no samples")
    dropped = {_place("column to drop", key, names) for key in _several(drop)}
    at = None if target is None else _place("target", target, names)
    chosen = range(len(names)) if columns is None else [_place("column", key, names) for key in _several(columns)]
    kept = [i for i in chosen if i not in dropped and i != at]
    if at in dropped or not kept:
        raise ValueError(f"drop: expected it to leave the target, and a column beside it, got {drop}")
    for i in kept:
        if not names[i]:
            raise ValueError(f"{path}: column {i + 1} has no name: is it an index? Leave it out with drop=[{i}]")

    def column(i: int) -> list[tuple[int, str]]:
        return [(line, fields[i].strip()) for line, fields in lines]

    x = np.stack([_numbers(path, names[i], column(i), dtype) for i in kept], axis=1)
    columns, y, classes = tuple(names[i] for i in kept), None, ()
    if at is not None:
        y, classes = _target(path, names[at], column(at), dtype, as_classes)
    return Table(x, y, columns, None if at is None else names[at], classes)


def content_of(file: str | os.PathLike[str] | BinaryIO) -> tuple[Path, bytes]:
    """What a file is called, and what is in it."""
    if not isinstance(file, str | os.PathLike):
        return Path(str(getattr(file, "name", "the open file"))), file.read()
    path = Path(file)
    if not path.is_file():
        raise FileNotFoundError(f"there is no file at {path}")
    return path, path.read_bytes()


def lines_of(path: Path, content: bytes, delimiter: str | None) -> list[tuple[int, list[str]]]:
    """The line number, and the fields, of every line that is not blank; all have equally many."""
    if delimiter is not None and (not isinstance(delimiter, str) or len(delimiter) != 1):
        raise ValueError(f"delimiter: expected one character, got {delimiter!r}")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is not text in UTF-8, save it as that: {error}") from None

    def rows(delimiter: str, strict: bool) -> Any:
        return format.reader(io.StringIO(text, ""), delimiter=delimiter, skipinitialspace=True, strict=strict)

    if delimiter is None:
        widths = {d: _widths(rows(d, False)) for d in DELIMITERS}
        delimiter = max(DELIMITERS, key=lambda d: (len(set(widths[d])) == 1 and widths[d][0] > 1, widths[d][0]))
    lines, reader = [], rows(delimiter, True)
    try:
        for fields in reader:
            if fields:
                lines.append((reader.line_num, fields))
    except format.Error as error:
        raise ValueError(f"{path}: line {reader.line_num}: {error}") from None
    if not lines:
        raise ValueError(f"{path} is empty")
    width = len(lines[0][1])
    for line, fields in lines:
        if len(fields) != width:
            raise ValueError(
                f"{path}: line {line}: expected {width} fields between {delimiter!r}, as in line {lines[0][0]}, "
                f"got {len(fields)}"
            )
    return lines


def _widths(rows: Any) -> list[int]:
    """How many fields the first lines have, none where the delimiter leaves some too long to be any."""
    try:
        return [len(row) for row in islice(rows, 10) if row] or [0]
    except format.Error:
        return [0]


def _names(path: Path, lines: list[tuple[int, list[str]]], header: bool | None) -> list[str]:
    """The names of the columns; where the first line has them, that is taken out of the lines."""
    first = [field.strip() for field in lines[0][1]]
    if header is None:
        header = all(_number(field) is None for field in first)
        for i, field in enumerate(() if header else first):
            below = [_number(fields[i]) is not None for _, fields in lines[1:]]
            if _number(field) is None and below and all(below):
                raise ValueError(f"{path}: line {lines[0][0]}: {field!r} stands above numbers alone, and beside a "
                                 "number: say header=True if it is a name, and header=False if not")  # fmt: skip
    if not header:
        return [f"column {i + 1}" for i in range(len(first))]
    del lines[0]
    twice = next((name for name in first if name and first.count(name) > 1), None)
    if twice is not None:
        raise ValueError(f"{path}: two columns have the name {twice!r}")
    return first


def _several(keys: Any) -> Any:
    """One name or place as several: a name is not its letters."""
    return [keys] if isinstance(keys, str | int | np.integer) else keys


def _place(kind: str, key: str | int, names: Sequence[str]) -> int:
    """Where a column is, which is given by name or place."""
    if isinstance(key, str):
        return named(kind, key, {name: i for i, name in enumerate(names)})
    if isinstance(key, bool) or not isinstance(key, int | np.integer) or not -len(names) <= key < len(names):
        raise ValueError(f"{kind}: expected a name, or a place from {-len(names)} to {len(names) - 1}, got {key!r}")
    return int(key) % len(names)


def _number(text: str) -> float | None:
    try:
        return None if "_" in text else float(text)  # 1_000 is Python's
    except ValueError:
        return None


def _fault(path: Path, name: str, entry: tuple[int, str], expected: str) -> ValueError:
    line, text = entry
    got = f"the value is missing ({text!r})" if text.lower() in MISSING else f"expected {expected}, got {text!r}"
    return ValueError(f"{path}: line {line}, column {name!r}: {got}")


def _numbers(path: Path, name: str, column: list[tuple[int, str]], dtype: np.dtype) -> np.ndarray:
    values = []
    for line, text in column:
        value = _number(text)
        if value is None or text.lower() in MISSING:
            raise _fault(path, name, (line, text), "a number")
        values.append(value)
    with np.errstate(over="ignore"):
        array = np.array(values).astype(dtype)
    if not np.isfinite(array).all():
        raise _fault(path, name, column[int(np.isfinite(array).argmin())], f"a finite number of {dtype}")
    return array


def _target(
    path: Path, name: str, column: list[tuple[int, str]], dtype: np.dtype, as_classes: bool | None
) -> tuple[np.ndarray, tuple[Any, ...]]:
    """The target as labels and the classes, or as numbers."""
    numbers = [_number(text) for _, text in column]
    texts = [value is None for value in numbers]
    for line, text in column:
        if text.lower() in MISSING:
            raise _fault(path, name, (line, text), "")
    if as_classes is None and any(texts) and not all(texts):
        expected = 'a number, as elsewhere in it; say task="classification" if each text is a class'
        raise _fault(path, name, column[texts.index(True)], expected)
    if not (any(texts) if as_classes is None else as_classes):
        return _numbers(path, name, column, dtype), ()
    keys: list[Any] = [text for _, text in column]
    if not any(texts):
        keys = [int(x) if x is not None and x.is_integer() and abs(x) < 2**53 else None for x in numbers]
        if None in keys:
            raise _fault(path, name, column[keys.index(None)], "a whole number, or text, as a class")
    classes, labels = np.unique(np.array(keys), return_inverse=True)
    return labels.astype(np.int64), tuple(classes.tolist())
