"""Runs the notebooks, and writes what they say into those that say something else: `python notebooks/run.py`.

The names of notebooks may follow.  One that says the same as before is left as it is, pictures and timings included.
"""

from __future__ import annotations

import asyncio
import copy
import html
import os
import re
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


def executed(notebook: Any, folder: Path) -> Any:
    """The notebook as a fresh kernel runs it in that folder; raises what a cell raises."""
    import nbclient

    fresh = copy.deepcopy(notebook)
    for cell in code_cells(fresh):
        cell.outputs = []
    client = nbclient.NotebookClient(
        fresh, timeout=300, kernel_name="python3", record_timing=False, coalesce_streams=True,
        resources={"metadata": {"path": str(folder)}},
    )  # fmt: skip
    asyncio.run(client.async_execute())
    fresh.metadata = notebook.metadata  # and not which Python that was
    return fresh


def code_cells(notebook: Any) -> list[Any]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def said(cell: Any) -> tuple[str, list[str]]:
    """What a cell printed, and its results as text; of a drawing the words in it, of other images nothing.

    In a cell with the tag "varies" any figure stands for any other: timings, and what hangs on the last bit.
    """
    texts = []
    for data in (out.data for out in cell.outputs if "data" in out):
        if "image/svg+xml" in data:
            words = re.findall(r"<text\b[^>]*>\s*([^<\s][^<]*)</text>", data["image/svg+xml"])
            texts.append("\n".join(sorted(html.unescape(word).replace("\xa0", " ").strip() for word in words)))
        elif not any(kind.startswith("image/") for kind in data):  # of a figure the text tells only the size
            texts += [text for kind, text in sorted(data.items()) if kind.startswith("text/")]
    printed = "".join(out.text for out in cell.outputs if out.output_type == "stream" and out.name == "stdout")
    if "varies" in cell.metadata.get("tags", []):
        return without_figures(printed), [without_figures(text) for text in texts]
    return printed, texts


def without_figures(text: str) -> str:
    return re.sub(r"\s*-?\d[\d.,]*(?:e[+-]\d+)?", " #", text)


def main(names: list[str]) -> None:
    import nbformat

    os.environ["PYTHONPATH"] = os.pathsep.join([str(HERE.parent), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep)
    for path in [HERE / name for name in names] or sorted(HERE.glob("*.ipynb")):
        before = nbformat.read(path, as_version=4)
        after = executed(before, HERE)
        changed = [
            old.id for old, new in zip(code_cells(before), code_cells(after), strict=True) if said(old) != said(new)
        ]
        if changed:
            path.write_text(nbformat.writes(after) + "\n", encoding="utf-8")
        print(f"{path.name}: {', '.join(changed) or 'nothing'} changed")


if __name__ == "__main__":
    main(sys.argv[1:])
