"""History: what a training has measured, epoch by epoch, and as a CSV file."""

from __future__ import annotations

import csv
import io
import os
from pathlib import Path

from autograd.arguments import explained
from autograd.files import write
from nn.datasets.fields import content_of, distinct, number_in, rows_of


class History(list[dict[str, float]]):
    """What fit saw: a list with one dict an epoch, of epoch, loss, accuracy and, with validation data, val_....

    >>> history = History([{"epoch": 1, "loss": 0.5}])
    >>> history.column("loss")
    [0.5]
    """

    @explained
    def column(self, name: str) -> list[float]:
        """One quantity over the epochs; raises KeyError if fit did not measure it."""
        return [row[name] for row in self]

    @explained
    def save(self, path: str | os.PathLike[str]) -> Path:
        """Writes the history as CSV, one line an epoch, every digit kept; ValueError for names that CSV cannot hold."""
        text = io.StringIO()
        columns = list(dict.fromkeys(key for row in self for key in row)) or ["epoch"]
        table = csv.DictWriter(text, columns, lineterminator="\n")
        table.writeheader()
        table.writerows(self)
        try:
            whole = next(rows_of(Path(path), text.getvalue().encode(), ","))[1] == columns
        except ValueError:
            whole = False
        if not whole:
            raise ValueError(
                f"a CSV file cannot have columns of these names, which would come back as others: {columns}"
            )
        return write(path, text.getvalue().encode())

    @classmethod
    @explained
    def load(cls, path: str | os.PathLike[str]) -> History:
        """The history that was saved; ValueError names the line of what is no number, or has too few or too many."""
        path, content = content_of(path)
        lines, rows = rows_of(path, content, ","), cls()
        _, columns = next(lines)
        distinct(path, columns)
        for line, texts in lines:
            try:
                rows.append({name: _entry(name, x) for name, x in zip(columns, texts, strict=True) if x})
            except ValueError:
                raise ValueError(f"{path}: line {line}: expected numbers under {columns}, got {texts}") from None
        return rows


def _entry(name: str, text: str) -> float:
    """A number in the file of a history; ValueError if it is none, or an epoch that is not whole."""
    value = number_in(text)
    if value is None or (name == "epoch" and not value.is_integer()):
        raise ValueError
    return int(value) if name == "epoch" else value
