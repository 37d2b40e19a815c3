"""Writes docs/promises.md from the promises in tests/promises and the figures of `make soak`, in promises.json."""

from __future__ import annotations

import json
import sys
from pathlib import Path

DOCS = Path(__file__).parent
sys.path.insert(0, str(DOCS.parent / "tests"))

import promises  # noqa: E402

INTRODUCTION = """\
# What is promised

What holds under load, faults and bad input. Each row is a run in `tests/promises`: every test run makes a short form of
it, of fewer cases and fewer kinds of them, and `make soak` the full one, whose figures stand here. Times and memory are
of the two cores of a small machine, and are shown; everything else is asserted. One of them alone:
`make soak ONLY=depth`.

| promise | what was measured | minutes |
|---|---|---|
"""


def text() -> str:
    figures = json.loads((DOCS / "promises.json").read_text())
    rows = []
    for name, promise in promises.collected().items():
        measured = figures[name]
        rows.append(f"| **{name}** {promise.says} | {measured['figure']} | {measured['minutes']} |\n")
    return INTRODUCTION + "".join(rows)


if __name__ == "__main__":
    (DOCS / "promises.md").write_text(text())
