"""The promises of docs/promises.md in the size of a test run; `make soak` runs them in full and writes the page."""

import importlib.util
import json
import time
from pathlib import Path

import promises
import pytest

DOCS = Path(__file__).parents[1] / "docs"
FIGURES = DOCS / "promises.json"
ALL = promises.collected()


@pytest.mark.parametrize("name", ALL)
def test_promise(name):
    assert ALL[name].run(ALL[name].short)


@pytest.mark.soak
@pytest.mark.parametrize("name", ALL)
def test_promise_in_full(name):
    start = time.perf_counter()
    figure = ALL[name].run(ALL[name].long)
    minutes = (time.perf_counter() - start) / 60
    figures = json.loads(FIGURES.read_text()) if FIGURES.exists() else {}
    figures[name] = {"figure": figure, "minutes": round(minutes, 1)}
    FIGURES.write_text(json.dumps(figures, indent=1, ensure_ascii=False, sort_keys=True) + "\n")


def test_every_file_of_promises_is_collected():
    assert {file.stem for file in Path(promises.__file__).parent.glob("[a-z]*.py")} == set(promises.FILES)


def test_the_page_shows_the_figures():
    spec = importlib.util.spec_from_file_location("page_of_promises", DOCS / "promises.py")
    page = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(page)
    assert (DOCS / "promises.md").read_text() == page.text(), "run python docs/promises.py"
