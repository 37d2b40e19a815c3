"""The notebooks run in a fresh kernel, and say what they were committed with."""

import asyncio
import os
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
needed = "the notebooks need more than the package: pip install 'glassgrad[notebooks]'"


@pytest.fixture(scope="module")
def nbformat():
    return pytest.importorskip("nbformat", reason=needed)


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def said(cell):
    """What a cell printed, and the text of its result; pictures, and what only tells their size, are left out."""
    printed = "".join(out.text for out in cell.outputs if out.output_type == "stream" and out.name == "stdout")
    data = [out.data for out in cell.outputs if "data" in out]
    return printed, [d["text/plain"] for d in data if "text/plain" in d and not any(k.startswith("image/") for k in d)]


def test_all_eight_are_there():
    assert [path.name[:2] for path in NOTEBOOKS] == [f"{n:02}" for n in range(1, 9)]
    assert sum(path.stat().st_size for path in NOTEBOOKS) < 2_000_000


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_was_committed_as_it_ran(path, nbformat):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert [cell.execution_count for cell in code_cells(notebook)] == [*range(1, len(code_cells(notebook)) + 1)]
    for cell in code_cells(notebook):
        assert not [out for out in cell.outputs if out.output_type == "error" or out.get("name") == "stderr"], cell.id
        assert not re.search(r"0x[0-9a-f]{6,}|/home/|/tmp/|/Users/|\\Users\\", str(said(cell))), cell.id
    assert "## Exercises" in notebook.cells[-1].source


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_fresh_run_says_the_same(path, nbformat, monkeypatch):
    nbclient = pytest.importorskip("nbclient", reason=needed)
    for module in ("ipykernel", "matplotlib"):  # in the kernel
        pytest.importorskip(module, reason=needed)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep))
    monkeypatch.setenv("PYTHONWARNINGS", "error::DeprecationWarning:__main__")  # of a notebook's own lines
    committed = nbformat.read(path, as_version=4)
    fresh = nbformat.read(path, as_version=4)
    for cell in code_cells(fresh):
        cell.outputs = []
    client = nbclient.NotebookClient(
        fresh, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(path.parent)}}
    )
    asyncio.run(client.async_execute())  # raises what a cell raised
    for before, after in zip(code_cells(committed), code_cells(fresh), strict=True):
        if "varies" not in before.metadata.get("tags", []):
            assert said(after) == said(before), f"{before.id}: run the notebook again, and commit it"
