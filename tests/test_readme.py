"""The README's picture is what the code draws; its examples and those of docs/ are doctests, collected from the files."""

import html
import importlib.util
import re
import tomllib
from pathlib import Path
from xml.etree import ElementTree

import pytest

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


def test_the_table_of_ops_is_what_the_code_makes():
    spec = importlib.util.spec_from_file_location("ops", ROOT / "docs" / "ops.py")
    ops = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(ops)
    assert (ROOT / "docs" / "ops.md").read_text() == ops.table(), "run python docs/ops.py"
    assert all(line.count("|") - line.count("\\|") == 5 for line in ops.table().splitlines() if line.startswith("| `"))
