"""The site: every page can be reached, every public name is in the reference, and nothing comes from the network."""

import importlib.util
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import autograd
import nn

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
CONFIGURATION = DOCS / "site" / "mkdocs.yml"
BOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
NEEDED = "the site needs mkdocs: pip install 'glassgrad[docs]'"


def test_the_navigation_lists_every_page():
    nav = CONFIGURATION.read_text().split("\nnav:\n")[1].split("\n\n")[0]
    listed = re.findall(r"(?:: |- )(\S+\.md)$", nav, re.MULTILINE)
    notebooks = [f"notebooks/{book.stem}.md" for book in BOOKS]
    assert sorted(listed) == sorted([*(p.name for p in DOCS.glob("*.md")), *notebooks])


def test_every_block_of_code_is_python_which_another_test_runs():
    for page in DOCS.glob("*.md"):
        fences = re.findall(r"^```(.*)$", page.read_text(), re.MULTILINE)
        assert fences[::2] == ["python"] * (len(fences) // 2), page.name


@pytest.mark.parametrize("package", [autograd, nn])
def test_every_public_name_is_in_the_reference(package):
    page = (DOCS / f"api_{package.__name__}.md").read_text()
    ops = set(re.findall(r"^\| `(\w+)` ", (DOCS / "ops.md").read_text(), re.MULTILINE))
    shown = re.findall(rf"^::: {package.__name__}\.(?:\w+\.)?(\w+)$", page, re.MULTILINE)
    assert len(shown) == len(set(shown))
    assert set(package.__all__) - ops <= set(shown)
    assert all(hasattr(package, name) for name in shown)
    files = {p.stem for p in Path(package.__file__).parent.glob("*.py")}  # a function in a file of its own name
    functions = {name for name in shown if callable(getattr(package, name))}
    assert all(f"::: {package.__name__}.{name}.{name}\n" in page for name in files & functions)


def test_links_lead_to_pages_and_files_that_are_there():
    for page in DOCS.glob("*.md"):
        for target in re.findall(
            r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", re.sub(r"```.*?```", "", page.read_text(), flags=re.S)
        ):
            assert (DOCS / target).exists(), f"{page.name}: {target}"


def test_docstrings_become_markdown():
    pytest.importorskip("griffe", reason=NEEDED)
    spec = importlib.util.spec_from_file_location("docstrings", DOCS / "site" / "docstrings.py")
    docstrings = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(docstrings)
    text = (
        "The sum a * b, or |x|.  It is `a * b`.\n\n"
        "x, y    arrays (n, 2) in *two*\n        lines\n*args   more\n\n"
        ">>> 1 + 1\n2\n\n"
        "    x = 1"
    )
    assert docstrings.markdown(text) == (
        "The sum a &#42; b, or &#124;x&#124;.  It is `a * b`.\n\n"
        "- `x, y`: arrays (n, 2) in &#42;two&#42; lines\n- `*args`: more\n\n"
        "```python\n>>> 1 + 1\n2\n```\n\n"
        "    x = 1"
    )


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    for module in ("mkdocs", "material", "latex2mathml"):
        pytest.importorskip(module, reason=NEEDED)
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "-f", CONFIGURATION, "-d", folder]
    run = subprocess.run(command, capture_output=True, text=True, env=os.environ | {"NO_MKDOCS_2_WARNING": "1"})
    assert run.returncode == 0, run.stderr  # and no warning, as it is strict
    return folder


def test_the_site_loads_nothing_from_elsewhere(site):
    pages = [p for p in site.rglob("*.html") if p.name != "backward.html"]
    names = [f"{p.stem}.html" for p in DOCS.glob("*.md")] + [f"notebooks/{b.stem}.html" for b in BOOKS]
    assert {site / name for name in names} < set(pages)
    for page in pages:
        loaded = re.findall(r"<(?:script|link|img|iframe)\b[^>]*?\b(?:src|href)=\"?([^\">\s]+)", page.read_text())
        assert len(loaded) > 5
        assert [url for url in loaded if "//" in url and not url.startswith("data:")] == [], page.name


def test_the_notebooks_are_pages_with_all_that_they_show(site):
    for book in BOOKS:
        page = (site / "notebooks" / f"{book.stem}.html").read_text()
        assert (site / "notebooks" / book.name).read_bytes() == book.read_bytes()
        cells = json.loads(book.read_text())["cells"]
        kinds = [kind for cell in cells for out in cell.get("outputs", []) for kind in out.get("data", {})]
        assert page.count('src="data:image/png') == kinds.count("image/png")
        assert page.count('src="data:image/svg+xml') == kinds.count("image/svg+xml")
        assert page.count("<iframe") == kinds.count("text/html")
        formulas = [
            re.sub(r"`[^`]*`", "", "".join(cell["source"])) for cell in cells if cell["cell_type"] == "markdown"
        ]
        assert page.count("<math") == sum(len(re.findall(r"\$\$.+?\$\$|\$.+?\$", text, re.S)) for text in formulas)
        assert "arithmatex" not in page
        assert "$" not in "".join(re.findall(r"<mtext>.*?</mtext>|<mi>.*?</mi>|<mo>.*?</mo>", page))


def test_the_tour_has_the_page_itself_and_links_to_notebooks_lead_to_their_pages(site):
    assert '<iframe class="live" src="backward.html"' in (site / "index.html").read_text()
    assert "backward_page.png" not in (site / "index.html").read_text()
    assert "<script>" in (site / "backward.html").read_text()
    assert 'href="notebooks/02_backprop_by_hand.html"' in (site / "gallery.html").read_text()


def test_the_names_that_are_said_to_be_here_are_here():
    text = (ROOT / "docs" / "coming_from.md").read_text().split("## The names of torch.nn")[1]
    same = [row.split("|")[1] for row in text.splitlines() if "| the same name" in row]
    names = [name for cell in same for name in re.findall(r"\w+", cell)]
    assert len(names) > 30
    assert [name for name in names if not hasattr(nn, name)] == []
    missing = next(row for row in text.splitlines() if "not there" in row).split("|")[1]
    assert [name for name in re.findall(r"\w+", missing) if hasattr(nn, name)] == []
