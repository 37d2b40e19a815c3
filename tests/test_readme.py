"""The README's picture is what the code draws; its examples and those of docs/ are doctests, collected from the files."""

import html
import importlib.util
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from numeric import posix

import nn

ROOT = Path(__file__).parents[1]


def test_the_pictures_are_what_the_code_draws():
    spec = importlib.util.spec_from_file_location("pictures", ROOT / "docs" / "pictures.py")
    pictures = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(pictures)
    drawings = {"backward.svg": pictures.backward(), **pictures.gallery()}
    assert len(drawings) == 5
    for name, drawing in drawings.items():
        drawn = re.sub(r"<[^<>]*>", "\n", " ".join(re.findall(r"label=<(.*)>", drawing.source)))
        texts = [t.text for t in ElementTree.parse(ROOT / "docs" / name).iter("{http://www.w3.org/2000/svg}text")]
        assert len(texts) > 20
        missing = [text for text in texts if text.replace("\xa0", " ") not in html.unescape(drawn)]
        assert not missing, f"{name}: run python docs/pictures.py"


@pytest.mark.parametrize(
    "page",
    ["README.md", *sorted(f"docs/{p.name}" for p in (ROOT / "docs").glob("*.md") if "```python" in p.read_text())],
)
def test_every_python_block_is_executed(page):
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["pytest"]["ini_options"]
    assert page in settings["testpaths"]
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / page).read_text(), re.DOTALL)
    assert len(blocks) >= 2
    assert all(
        block.startswith(">>> ") and block.endswith("\n\n") for block in blocks
    )  # doctests, closed by a blank line


# CI makes it with the newest NumPy; all else in this file is tested with the oldest too.
@pytest.mark.skipif(not hasattr(np, "matvec"), reason="the table names functions that NumPy 2.2 and later have")
def test_the_table_of_ops_is_what_the_code_makes():
    spec = importlib.util.spec_from_file_location("ops", ROOT / "docs" / "ops.py")
    ops = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(ops)
    assert (ROOT / "docs" / "ops.md").read_text() == ops.table(), "run python docs/ops.py"
    assert all(line.count("|") - line.count("\\|") == 5 for line in ops.table().splitlines() if line.startswith("| `"))


@posix
def test_the_commands_run_as_they_are_written(tmp_path):
    (block,) = re.findall(r"```sh\n(\. \.venv/bin/activate\n.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert re.findall(r"python -m nn (\w+)", block) == ["train", "evaluate", "predict", "explain"]
    tools = tmp_path / ".venv" / "bin"  # as `make demo` leaves them
    tools.mkdir(parents=True)
    (tools / "activate").write_text(f'PATH="{tools}:$PATH"\n')
    (tools / "python").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    (tools / "python").chmod(0o755)
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(["sh", "-e", "-c", block], cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "30 samples, those for the test, of 150" in done.stdout
    assert len(re.findall(r"^setosa,0\.\d+,", done.stdout, re.MULTILINE)) == 3
    assert (tmp_path / "runs" / "explained" / "backward.html").exists()


def test_the_example_table_has_the_irises():
    table = nn.datasets.csv(ROOT / "examples" / "iris.csv", "species")
    (x, y), (x_test, y_test) = nn.datasets.iris()
    everything = [*zip([*x.tolist(), *x_test.tolist()], [*y.tolist(), *y_test.tolist()], strict=True)]
    assert sorted(zip(table.x.tolist(), table.y.tolist(), strict=True)) == sorted(everything)
