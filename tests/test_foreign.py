"""Another distribution that owns `autograd` or `nn` is noticed, and the error says what to do."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture
def site(tmp_path):
    for package in ("autograd", "nn"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def imported(package, *paths):
    command = [sys.executable, "-c", f"import {package}; print({package}.__file__)"]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths))}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=env, cwd="/")


def test_alone_all_is_well(site):
    (site / "glassgrad-0.1.0.dist-info").mkdir()
    (site / "autograd_gamma-0.5.dist-info").mkdir()  # another name, though it begins alike
    for package in ("autograd", "nn"):
        assert imported(package, site).stdout.strip() == str(site / package / "__init__.py")


@pytest.mark.parametrize(("foreign", "packages"), [
    ("autograd-1.9.1.dist-info", ["autograd", "nn"]), ("autograd-1.0-py3.11.egg-info", ["autograd", "nn"]),
    ("nn-0.1.1.dist-info", ["nn"]),
])  # fmt: skip
def test_a_foreign_distribution_beside_ours(site, foreign, packages):
    (site / foreign).mkdir()
    name = foreign.split("-")[0]
    for package in packages:
        done = imported(package, site)
        assert done.returncode
        assert f"ImportError: beside glassgrad lies {foreign}, of another package" in done.stderr
        assert f"pip uninstall {name}" in done.stderr
        assert "pip install --force-reinstall --no-deps glassgrad" in done.stderr


def test_nn_beside_a_foreign_autograd(site, tmp_path):
    other = tmp_path / "elsewhere"
    (other / "autograd").mkdir(parents=True)
    (other / "autograd" / "__init__.py").write_text("")
    done = imported("nn", other, site)
    assert done.returncode
    assert f"found another package at {other / 'autograd' / '__init__.py'}" in done.stderr
    assert "pip uninstall autograd" in done.stderr
