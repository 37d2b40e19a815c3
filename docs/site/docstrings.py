"""Docstrings as Markdown: for the site, aligned lists of arguments become lists, and examples blocks of code."""

from __future__ import annotations

import re
from typing import Any

import griffe

ARGUMENT = re.compile(r"(\*{0,2}[\w][\w, *]*?) {2,}(\S.*)")  # a name, or several, then what it is in a column beside
OUTSIDE_CODE = re.compile(r"(`[^`]*`)|([*_<\[\]|])")  # characters that Markdown would take for its own


class Docstrings(griffe.Extension):
    """Rewrites every docstring as it is read."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        if obj.docstring:
            obj.docstring.value = markdown(obj.docstring.value)


def markdown(text: str) -> str:
    """The docstring as Markdown, paragraph by paragraph."""
    return "\n\n".join(map(paragraph, re.split(r"\n\s*\n", text.strip("\n"))))


def paragraph(text: str) -> str:
    """An example, a list of arguments, indented code, or prose."""
    lines = text.split("\n")
    if lines[0].startswith(">>> "):
        return "\n".join(["```python", *lines, "```"])
    if ARGUMENT.fullmatch(lines[0]) and all(line.startswith("  ") or ARGUMENT.fullmatch(line) for line in lines):
        items: list[str] = []
        for line in lines:
            if entry := None if line.startswith("  ") else ARGUMENT.fullmatch(line):
                items.append(f"- `{entry[1]}`: {escaped(entry[2])}")
            else:
                items[-1] += f" {escaped(line.strip())}"
        return "\n".join(items)
    return text if lines[0].startswith("    ") else escaped(text)


def escaped(text: str) -> str:
    """Prose with Markdown's own characters as they are; what stands in backticks stays code."""
    return OUTSIDE_CODE.sub(lambda found: found[1] or f"&#{ord(found[2])};", text)
