"""CSV files as texts: what stands in them, column by column, and where; nothing is made of it yet."""

from __future__ import annotations

import csv as format
import io
import os
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from autograd.arguments import flag

ABSENT = {"", "?", "na", "n/a", "nan", "null", "none"}
DELIMITERS = ",;\t|"


@dataclass(frozen=True)
class Fields:
    """The texts in a file, column by column, and the line that each row of them ends in."""

    path: Path
    header: bool  # whether the names are the file's
    names: list[str]
    columns: list[list[str]]
    lines: list[int]

    def fault(self, i: int, row: int, expected: str, advice: str = "") -> ValueError:
        """What is wrong with one of them, and how many are missing where it is."""
        text, gaps = self.columns[i][row], [[text.lower() in ABSENT for text in column] for column in self.columns]
        got = f"expected {expected}, got {text!r}"
        if gaps[i][row]:
            advice = advice or ": say missing='drop' to leave such lines out, or missing='nan'"
            cells, where = sum(map(sum, gaps)), sum(map(any, gaps))
            got = (f"the value is missing ({text!r}), as {cells} of {len(gaps) * len(self.lines):,} are, in {where} of "
                   f"{len(gaps)} columns")  # fmt: skip
        elif number_in(text.replace(",", ".")) is not None and "," in text:
            advice = ": write decimals with a point"
        return ValueError(f"{self.path}: line {self.lines[row]}, column {self.names[i]!r}: {got}{advice}")


def read(path: str | os.PathLike[str] | BinaryIO, delimiter: str | None = None, header: bool | None = None) -> Fields:
    """The fields of a CSV file, none of which has been looked at."""
    header = None if header is None else flag("header", header)
    path, content = content_of(path)
    lines, rows = rows_of(path, content, delimiter)
    columns = [[*map(str.strip, column)] for column in zip(*rows, strict=True)]
    header = _has_names(path, lines[0], columns) if header is None else header
    if not header:
        return Fields(path, header, [f"column {i + 1}" for i in range(len(columns))], columns, lines)
    names = [column.pop(0) for column in columns]
    twice = next((name for name in names if name and names.count(name) > 1), None)
    if twice is not None:
        raise ValueError(f"{path}: two columns have the name {twice!r}")
    if len(lines) == 1:
        raise ValueError(f"{path} has a header and no samples")
    return Fields(path, header, names, columns, lines[1:])


def content_of(file: str | os.PathLike[str] | BinaryIO) -> tuple[Path, bytes]:
    """What a file is called, and what is in it."""
    if not isinstance(file, str | os.PathLike):
        return Path(str(getattr(file, "name", "the open file"))), file.read()
    path = Path(file)
    if not path.is_file():
        raise FileNotFoundError(f"there is no file at {path}")
    return path, path.read_bytes()


def rows_of(path: Path, content: bytes, delimiter: str | None) -> tuple[list[int], list[list[str]]]:
    """The line number, and the fields, of every line that is not blank; all have equally many."""
    if delimiter is not None and (not isinstance(delimiter, str) or len(delimiter) != 1):
        raise ValueError(f"delimiter: expected one character, got {delimiter!r}")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is not text in UTF-8, save it as that: {error}") from None

    def rows(text: str, delimiter: str, strict: bool) -> Any:
        return format.reader(io.StringIO(text, ""), delimiter=delimiter, skipinitialspace=True, strict=strict)

    if delimiter is None:
        start = "\n".join(text.split("\n", 100)[:100])
        widths = {d: _widths(rows(start, d, False)) for d in DELIMITERS}
        delimiter = max(DELIMITERS, key=lambda d: (len(set(widths[d])) == 1 and widths[d][0] > 1, widths[d][0]))
    lines, found, reader = [], [], rows(text, delimiter, True)
    try:
        for fields in reader:
            if fields:
                lines.append(reader.line_num)
                found.append(fields)
    except format.Error as error:
        raise ValueError(f"{path}: line {reader.line_num}: {error}") from None
    if not lines:
        raise ValueError(f"{path} is empty")
    width = len(found[0])
    for line, fields in zip(lines, found, strict=True):
        if len(fields) != width:
            raise ValueError(
                f"{path}: line {line}: expected {width} fields between {delimiter!r}, as in line {lines[0]}, "
                f"got {len(fields)}"
            )
    return lines, found


def _widths(rows: Iterable[list[str]]) -> list[int]:
    """How many fields the first rows have; one of none where they are too long for fields."""
    try:
        return [len(row) for row in islice(rows, 10) if row] or [0]
    except format.Error:
        return [0]


def _has_names(path: Path, line: int, columns: list[list[str]]) -> bool:
    """Whether the first line has the names of the columns: no field in it is a number."""
    if all(number_in(column[0]) is None for column in columns):
        return True
    for first, *below in columns:
        if number_in(first) is None and below and all(number_in(text) is not None for text in below):
            raise ValueError(f"{path}: line {line}: {first!r} stands above numbers alone, and beside a number: say "
                             "header=True if it is a name, and header=False if not")  # fmt: skip
    return False


def number_in(text: str) -> float | None:
    try:
        return None if "_" in text else float(text)  # 1_000 is Python's
    except ValueError:
        return None
