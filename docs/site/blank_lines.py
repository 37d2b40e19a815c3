"""Examples as they look when they are run: a blank line where a doctest has to write <BLANKLINE>."""

from __future__ import annotations

from typing import Any


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Called by MkDocs with the text of every page."""
    return markdown.replace("<BLANKLINE>\n", "\n")
