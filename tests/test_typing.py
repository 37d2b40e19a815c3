"""What mypy and pyright say of users' programs: nothing of right ones, and every mistake of wrong ones."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROGRAMS = sorted((ROOT / "tests" / "typing").glob("*.py"))


def expected():
    """(file, line): the codes that are said to be reported there, mypy's and pyright's."""
    lines = {(path.name, i): line for path in PROGRAMS for i, line in enumerate(path.read_text().splitlines(), 1)}
    return {
        at: tuple(found[1].split(", ")) for at, line in lines.items() if (found := re.search("# error: (.*)", line))
    }


def run(*command):
    return subprocess.run(
        [sys.executable, "-m", *command, *PROGRAMS], cwd=ROOT, capture_output=True, text=True, check=False
    )


def mypy():
    ran = run("mypy", "--strict", "--no-error-summary", "--hide-error-context", "--no-color-output")
    found = re.findall(r"^(?:.*[\\/])?(\w+\.py):(\d+): error: .*\[([\w-]+)\]$", ran.stdout, re.MULTILINE)
    assert not ran.stderr, ran.stderr
    return {(file, int(line)): code for file, line, code in found}


def pyright():
    ran = run("pyright", "--outputjson", "--pythonpath", sys.executable)
    assert ran.stdout, ran.stderr
    found = json.loads(ran.stdout)["generalDiagnostics"]
    return {
        (Path(x["file"]).name, x["range"]["start"]["line"] + 1): x["rule"] for x in found if x["severity"] == "error"
    }


@pytest.mark.parametrize("checker", [mypy, pyright])
def test_right_programs_pass_and_every_mistake_is_reported(checker):
    pytest.importorskip(checker.__name__, reason=f"{checker.__name__} is not installed: pip install '.[test]'")
    codes = {at: both[checker is pyright] for at, both in expected().items()}
    assert len(codes) > 40
    assert checker() == codes


def test_both_packages_say_that_they_are_typed():
    assert all((ROOT / package / "py.typed").exists() for package in ("autograd", "nn"))
