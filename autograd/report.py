"""What a check hands back: true when everything held, with a table that a student can read in str()."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar

from autograd.errors import visible

R = TypeVar("R", bound="Report")


@dataclass
class Report:
    """The outcome of a check: true when everything held, with a table in str(), and under it what else was found.

    >>> print(Report("sums", False, [("row", "sum"), ("1", "12")], ["row 1 should be 10"]))
    sums: WRONG
    row  sum
    1    12
    row 1 should be 10
    """

    title: str
    ok: bool
    rows: list[tuple[str, ...]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return self.ok

    def __str__(self) -> str:
        widths = [max(map(len, column)) for column in zip(*self.rows, strict=True)]
        lines = ["  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in self.rows]
        return visible("\n".join([f"{self.title}: {'all right' if self.ok else 'WRONG'}", *lines, *self.notes]))


def shown(report: R) -> R:
    """The report, printed."""
    print(report)
    return report
