"""CSV files as texts: what stands in them, column by column, and where; nothing is made of it yet."""

from __future__ import annotations

import csv
import io
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import compress, islice
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from autograd.arguments import flag
from autograd.errors import LONGEST, printable
from nn.datasets.advice import Advice, Advised

ABSENT = {"", "?", "na", "n/a", "nan", "-nan", "+nan", "null", "none"}  # C writes -nan
DELIMITERS = ",;\t|"
AT_ONCE = 2**14  # fields that are held as texts, which take 60 bytes each and more


class Piece(NamedTuple):
    """Some lines of a file: the number of each, and the fields of some columns."""

    lines: list[int]
    columns: dict[int, list[str]]  # by their place in the file


@dataclass(frozen=True)
class Fields:
    """Columns of a CSV file, read from its bytes anew, piece by piece, whenever they are asked for."""

    path: Path
    content: bytes
    delimiter: str
    header: bool  # whether the names are the file's
    names: list[str]  # of all columns
    places: list[int]  # of those that are read
    whole: bool = False  # whether lines that miss a value in one of these are left out

    @cached_property
    def where(self) -> dict[str, int]:
        """The place of each name."""
        return {name: i for i, name in enumerate(self.names)}

    def pieces(self) -> Iterator[Piece]:
        rows = islice(rows_of(self.path, self.content, self.delimiter), int(self.header), None)
        while some := [*islice(rows, max(1, AT_ONCE // (max(self.places) + 1)))]:
            lines, of = [line for line, _ in some], [*zip(*(texts for _, texts in some), strict=True)]
            columns = {i: [*map(str.strip, of[i])] for i in self.places}
            if self.whole:
                there = [not any(map(absent, fields)) for fields in zip(*columns.values(), strict=True)]
                lines = [*compress(lines, there)]
                columns = {i: [*compress(column, there)] for i, column in columns.items()}
            yield Piece(lines, columns)

    def __len__(self) -> int:
        return sum(len(piece.lines) for piece in self.pieces())

    def fault(self, i: int, line: int, text: str, expected: str, *advice: Advice) -> Advised:
        """What is wrong with a text, and how many are missing where it is."""
        got = f"expected {expected}, got {text!r}"
        if absent(text):
            advice = advice or (Advice("missing", "drop", "to leave such lines out"), Advice("missing", "nan"))
            rows, gaps = 0, Counter[int]()
            for lines, columns in self.pieces():
                rows += len(lines)
                gaps.update({i: sum(map(absent, column)) for i, column in columns.items()})
            got = (f"the value is missing ({text!r}), as {gaps.total()} of {rows * len(gaps):,} are, in "
                   f"{sum(map(bool, gaps.values()))} of {len(gaps)} columns")  # fmt: skip
        elif "," in text and number_in(text.replace(",", "")) is not None:
            got, advice = f"{got}: write decimals with a point, and nothing between thousands", ()
        return Advised(f"{self.path}: line {line}, column {self.names[i]!r}: {got}", *advice)


def read(path: str | os.PathLike[str] | BinaryIO, delimiter: str | None = None, header: bool | None = None) -> Fields:
    """The fields of a CSV file, of which the first line has been looked at."""
    header = None if header is None else flag("header", header)
    path, content = content_of(path)
    delimiter = _delimiter(content) if delimiter is None else delimiter
    (line, first), *more = islice(rows_of(path, content, delimiter), 2)
    first = [*map(str.strip, first)]
    places = [*range(len(first))]
    fields = Fields(path, content, delimiter, False, [f"column {i + 1}" for i in places], places)
    if not (_has_names(fields, line, first) if header is None else header):
        return fields
    distinct(path, first)
    if not more:
        raise ValueError(f"{path} has a header and no samples")
    return Fields(path, content, delimiter, True, first, places)


def content_of(file: str | os.PathLike[str] | BinaryIO) -> tuple[Path, bytes]:
    """What a file is called, and what is in it."""
    if not isinstance(file, str | os.PathLike):
        return Path(str(getattr(file, "name", "the open file"))), file.read()
    path = Path(file)
    if not path.is_file():
        raise FileNotFoundError(f"there is no file at {printable(path, LONGEST)}")
    return path, path.read_bytes()


def rows_of(path: Path, content: bytes, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """The number, and the fields, of every line that is not blank; all have equally many, and there is one at least."""
    if not isinstance(delimiter, str) or len(delimiter) != 1:
        raise ValueError(f"delimiter: expected one character, got {delimiter!r}")
    reader, start, width = _reader(content, delimiter, strict=True), 0, 0
    try:
        for fields in filter(None, reader):
            start, width = (start, width) if start else (reader.line_num, len(fields))
            if len(fields) != width:
                expected = f"{width} fields between {delimiter!r}, as in line {start}"
                raise ValueError(f"{path}: line {reader.line_num}: expected {expected}, got {len(fields)}")
            yield reader.line_num, fields
    except csv.Error as error:
        raise ValueError(f"{path}: line {reader.line_num}: {error}") from None
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{path} is not text in UTF-8, save it as that: after line {reader.line_num}: {error}"
        ) from None
    if not start:
        raise ValueError(f"{path} is empty")


def _reader(content: bytes, delimiter: str, strict: bool) -> Any:
    text = io.TextIOWrapper(io.BytesIO(content), "utf-8-sig", newline="")
    return csv.reader(text, delimiter=delimiter, skipinitialspace=True, strict=strict)


def _delimiter(content: bytes) -> str:
    """That with which the first lines have most fields, of those with equally many in each if there is one."""
    widths = {d: _widths(_reader(content, d, strict=False)) for d in DELIMITERS}
    return max(DELIMITERS, key=lambda d: (len(set(widths[d])) == 1 and widths[d][0] > 1, widths[d][0]))


def _widths(rows: Iterable[list[str]]) -> list[int]:
    """How many fields the first rows have; one of none where they are no text, or too long for fields."""
    try:
        return [len(row) for row in islice(rows, 10) if row] or [0]
    except (csv.Error, UnicodeDecodeError):
        return [0]


def _has_names(fields: Fields, line: int, first: list[str]) -> bool:
    """Whether the first line has the names of the columns: no field in it is a number."""
    texts, row = [i for i, text in enumerate(first) if number_in(text) is None], 0
    if len(texts) == len(first):
        return True
    for row, (_, found) in enumerate(rows_of(fields.path, fields.content, fields.delimiter)):
        texts = [i for i in texts if row == 0 or number_in(found[i]) is not None]
        if not texts:
            break
    if texts and row:
        raise ValueError(f"{fields.path}: line {line}: {first[texts[0]]!r} stands above numbers alone, and beside a "
                         "number: say header=True if it is a name, and header=False if not")  # fmt: skip
    return False


def distinct(path: Path, names: list[str]) -> None:
    """Raises ValueError where two columns have one name."""
    twice = next((name for name in names if name and names.count(name) > 1), None)
    if twice is not None:
        raise ValueError(f"{path}: two columns have the name {twice!r}")


def absent(text: str) -> bool:
    return text.lower() in ABSENT


def number_in(text: str) -> float | None:
    try:
        return None if "_" in text else float(text)  # 1_000 is Python's
    except ValueError:
        return None
