"""Tables in CSV files: numbers for a net, and what is no number told by line and column."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, BinaryIO, NamedTuple

import numpy as np

from autograd.arguments import explained
from nn.checks import few, hint, named
from nn.datasets.advice import Advice, Advised
from nn.datasets.fields import Fields, Piece, absent, number_in, read
from nn.datasets.target import Target

MISSING = ("refuse", "drop", "nan")
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
    fields, and columns that the file lacks, that have one name, or are dropped and used.  But CSV has no checksum:
    a changed digit, or lines that are missing at the end, cannot be noticed.

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
    return chosen(read(path, delimiter, header), target, task, columns, drop, categories, missing, dtype)


class Column(NamedTuple):
    """A column of x: that of the file at this place, or, where it has texts, whether they are this one."""

    place: int
    text: str | None = None


def chosen(
    fields: Fields,
    target: Any,
    task: str | None,
    columns: Any,
    drop: Any,
    categories: Any,
    missing: str,
    dtype: Any = np.float64,
    classes: Sequence[Any] = (),
) -> Table:
    """The table of some of the fields; arguments as in csv, and the classes that there are, if they are known."""
    dtype, names = np.dtype(dtype), fields.names
    if dtype.kind != "f":
        raise TypeError(f"dtype: expected a floating one, got {dtype}")
    as_classes = None if task is None else named("task", task, TASKS)
    missing = named("way with what is missing", missing, dict(zip(MISSING, MISSING, strict=True)))
    goal = None if target is None else _places(fields, "target", [target])[0]
    wanted, several = _wanted(fields, goal, columns, drop, categories)
    places = [*dict.fromkeys(i for i, _ in wanted), *([] if goal is None else [goal])]
    fields = replace(fields, places=places, whole=missing == "drop")

    answers = None if goal is None else Target(fields, goal, as_classes, classes)
    texts: dict[int, set[str]] = {place: set() for place in several}
    m = 0
    for piece in fields.pieces():  # first what there is, so that then no more is held than x, y and a piece
        m += len(piece.lines)
        for place, different in texts.items():
            different.update(piece.columns[place])
        if answers:
            answers.see(piece)
    if not m:
        raise ValueError(f"{fields.path}: every line misses a value, and none is left")
    spread = [made for one in wanted for made in _spread(fields, one, texts)]
    called = tuple(names[i] if text is None else f"{names[i]}={text}" for i, text in spread)
    if twice := next((name for name, n in Counter(called).items() if n > 1), None):
        raise ValueError(f"{fields.path}: two columns of x have the name {twice!r}")

    labels, classes = answers.labels() if answers else ({}, ())
    x = np.empty((m, len(spread)), dtype)
    y = None if goal is None else np.empty(m, np.int64 if classes else dtype)
    row = 0
    for piece in fields.pieces():
        rows = slice(row, row + len(piece.lines))
        _fill(x[rows], fields, piece, spread, missing == "nan")
        if goal is not None and y is not None:
            column = piece.columns[goal]
            y[rows] = [*map(labels.get, column)] if classes else _numbers(fields, piece, goal, dtype, False)
        row = rows.stop
    return Table(x, y, called, None if goal is None else names[goal], tuple(classes))


def _wanted(
    fields: Fields, goal: int | None, columns: Any, drop: Any, categories: Any
) -> tuple[list[Column], set[int]]:
    """The columns of x, and the places of those that each become several."""
    names = fields.names
    dropped, texts = _places(fields, "column to drop", drop), _places(fields, "column of categories", categories)
    if goal in dropped:
        raise ValueError(f"drop: expected it to leave the target, got {drop}")
    if both := [names[i] for i in texts if i in dropped]:
        raise ValueError(f"column {both[0]!r} cannot be dropped and be one of categories: leave it out of one of them")
    keys = [_key(fields, key) for key in (range(len(names)) if columns is None else _several(columns))]
    places = _places(fields, "column", [key for key, _ in keys])
    wanted = [Column(i, text) for i, (_, text) in zip(places, keys, strict=True) if i not in (*dropped, goal)]
    if not wanted:
        raise ValueError(f"{fields.path}: there is no column to learn from, beside the target and what is dropped")
    if unnamed := [i for i, _ in wanted if not names[i]]:
        advice = Advice("drop", unnamed[:1], "if it is an index")
        raise Advised(f"{fields.path}: column {unnamed[0] + 1} has no name", advice)
    return wanted, {i for i, text in wanted if text is None and i in texts}


def _several(keys: Any) -> list[Any]:
    """One name or place as several: a name is not its letters."""
    return [keys] if isinstance(keys, str | int | np.integer) else [*keys]


def _key(fields: Fields, key: str | int) -> tuple[str | int, str | None]:
    """The name, or place, of a column, and the text that it is of, as in "colour=red"."""
    if isinstance(key, str) and key not in fields.where:
        for cut in range(len(key) - 1, 0, -1):
            if key[cut] == "=" and key[:cut] in fields.where:
                return key[:cut], key[cut + 1 :]
    return key, None


def _places(fields: Fields, kind: str, keys: Any) -> list[int]:
    """Where the columns are that are given by name or place."""
    keys, n = _several(keys), len(fields.names)
    if lacking := [key for key in keys if isinstance(key, str) and key not in fields.where]:
        those = ", ".join(few([*map(repr, lacking)]))
        raise ValueError(f"{fields.path} has no {kind} {those}: {hint(lacking[0], fields.names)}")
    for key in keys:
        place = isinstance(key, int | np.integer) and not isinstance(key, bool) and -n <= key < n
        if not isinstance(key, str) and not place:
            raise ValueError(f"{kind}: expected a name, or a place from {-n} to {n - 1}, got {key!r}")
    return [fields.where[key] if isinstance(key, str) else int(key) % n for key in keys]


def _spread(fields: Fields, column: Column, texts: dict[int, set[str]]) -> list[Column]:
    """The columns of x that a column becomes: where it has categories one for each of its texts, in order."""
    if column.text is not None or column.place not in texts:
        return [column]
    kinds = sorted(text for text in texts[column.place] if not absent(text))
    if not kinds:
        piece = next(fields.pieces())
        raise fields.fault(column.place, piece.lines[0], piece.columns[column.place][0], "")
    return [Column(column.place, text) for text in kinds]


def _fill(x: np.ndarray, fields: Fields, piece: Piece, columns: list[Column], nan: bool) -> None:
    """Writes the columns of a piece into the rows of x that are theirs; nan: what is missing is NaN."""
    kinds: dict[int, dict[str, int]] = {}
    for i, text in columns:
        if text is not None:
            kinds.setdefault(i, {}).setdefault(text, len(kinds[i]))
    codes: dict[int, np.ndarray] = {}
    for j, (i, text) in enumerate(columns):
        if text is None:
            x[:, j] = _numbers(fields, piece, i, x.dtype, nan)
            continue
        if i not in codes:
            codes[i] = _codes(fields, piece, i, kinds[i], nan)
        x[:, j] = np.where(codes[i] < 0, np.nan, codes[i] == kinds[i][text])


def _numbers(fields: Fields, piece: Piece, i: int, dtype: np.dtype, nan: bool) -> np.ndarray:
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
                raise fields.fault(i, piece.lines[row], text, "a number", *(() if absent(text) else _ways(fields, i)))
            values[row] = value
    with np.errstate(over="ignore"):
        array = values.astype(dtype)
    ok = np.isfinite(array) | np.isnan(values)
    if not ok.all():
        row = int(ok.argmin())
        raise fields.fault(i, piece.lines[row], column[row], f"a finite number of {dtype}")
    return array


def _ways(fields: Fields, i: int) -> list[Advice]:
    """What may become of a column in which no text is a number; none if one is."""
    if any(number_in(text) is not None for piece in fields.pieces() for text in piece.columns[i]):
        return []
    name = fields.names[i]
    return [Advice("categories", [name], "if each text is a kind"), Advice("drop", [name]), Advice("target", name)]


def _codes(fields: Fields, piece: Piece, i: int, kinds: dict[str, int], nan: bool) -> np.ndarray:
    """Which of the kinds each text of a column is, and -1 where it is missing."""
    codes = np.fromiter((kinds.get(text, -1) for text in piece.columns[i]), int, len(piece.lines))
    for row in np.flatnonzero(codes < 0):
        text = piece.columns[i][row]
        if not (nan and absent(text)):
            raise fields.fault(i, piece.lines[row], text, f"one of {', '.join(few([*kinds]))}")
    return codes
