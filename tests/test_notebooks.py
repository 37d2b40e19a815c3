"""The notebooks run in a fresh kernel, and say what they were committed with."""

import importlib.util
import os
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
needed = "the notebooks need more than the package: pip install 'glassgrad[notebooks]'"
spec = importlib.util.spec_from_file_location("run", ROOT / "notebooks" / "run.py")
run = importlib.util.module_from_spec(spec)
spec.loader.exec_module(run)
code_cells, said = run.code_cells, run.said


@pytest.fixture(scope="module")
def nbformat():
    return pytest.importorskip("nbformat", reason=needed)


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
def test_a_fresh_run_says_the_same(path, nbformat, monkeypatch, tmp_path):
    for module in ("nbclient", "ipykernel", "matplotlib"):
        pytest.importorskip(module, reason=needed)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep))
    monkeypatch.setenv("PYTHONWARNINGS", "error::DeprecationWarning:__main__")  # of a notebook's own lines
    committed = nbformat.read(path, as_version=4)
    for before, after in zip(code_cells(committed), code_cells(run.executed(committed, tmp_path)), strict=True):
        assert said(after) == said(before), f"{before.id}: make notebooks, look at what changed, and commit it"


def test_what_is_compared(nbformat):
    def cell(*outputs, tags=()):
        new = nbformat.v4.new_output
        return nbformat.v4.new_code_cell(outputs=[new(*o[:1], **o[1]) for o in outputs], metadata={"tags": [*tags]})

    def drawing(svg):
        return cell(("display_data", {"data": {"image/svg+xml": svg, "text/plain": "<drawing with 2 nodes>"}}))

    def timed(text):
        return cell(("stream", {"text": text}), tags=["varies"])

    assert said(drawing('<text x="1">a &#8857; b</text><text>z</text>')) == ("", ["a ⊙ b\nz"])
    assert said(drawing('<text x="2">z</text><text>a ⊙ b</text>')) == said(drawing("<text>a ⊙ b</text><text>z</text>"))
    assert said(drawing("<text>z</text>")) != said(drawing("<text>g</text>"))
    assert said(timed("eager    2.1\n")) == said(timed("eager   13.5\n")) != said(timed("recorded    2.1\n"))
    assert said(cell(("display_data", {"data": {"image/png": "", "text/plain": "<Figure>"}}))) == ("", [])
    assert said(cell(("execute_result", {"data": {"text/plain": "x", "text/latex": "y"}}))) == ("", ["y", "x"])
