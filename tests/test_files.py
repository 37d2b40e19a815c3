"""A file is the old one or the new one, whatever happens while it is written."""

import os
import subprocess
import sys

import pytest

import autograd
import nn
from autograd import Tensor
from autograd.files import _hold, write

RESOURCE = pytest.importorskip("resource", reason="limits of file sizes are of Unix")
CODE = """
import resource, signal, sys
import autograd, nn
from autograd import Tensor
w = Tensor([1.0, 2.0], requires_grad=True, name="w")
loss = (w**2).sum()
program = autograd.compile(lambda x: x * w)
program(w.numpy())
write = {WRITE}
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
try:
    write(sys.argv[1])
except OSError as error:
    print("could not write" in str(error))
"""


@pytest.mark.parametrize(("name", "write"), [
    ("a.dot", "autograd.draw(loss).save"), ("a.svg", "autograd.draw(loss).save"), ("a.html", "autograd.draw(loss).save"),
    ("a.py", "program.save"), ("a.safetensors", "lambda path: nn.save({'w': w.numpy()}, path)"),
    ("a.csv", "nn.History([{'epoch': i, 'loss': 1 / 3} for i in range(50)]).save"),
])  # fmt: skip
def test_on_a_full_disk_the_old_file_is_there(name, write, tmp_path):
    path = tmp_path / name
    path.write_text("precious")
    run = subprocess.run([sys.executable, "-c", CODE.replace("{WRITE}", write), path], capture_output=True, text=True)
    assert run.stdout.strip() == "True", run.stderr
    assert path.read_text() == "precious"
    assert [p.name for p in tmp_path.iterdir()] == [name]


def test_what_a_killed_process_left_goes_with_the_next_save(tmp_path):
    abandoned, young, held = paths = [tmp_path / f".glassgrad-{k}.tmp" for k in "abc"]
    other = tmp_path / ".other.tmp"
    for path in (*paths, other):
        path.write_bytes(b"half")
    for path in (abandoned, held, other):
        os.utime(path, (0, 0))
    with held.open("rb") as file:
        _hold(file)  # as one who is writing does
        write(tmp_path / "a", b"")
    assert {*tmp_path.iterdir()} == {young, held, other, tmp_path / "a"}
    write(tmp_path / "a", b"")
    assert {*tmp_path.iterdir()} == {young, other, tmp_path / "a"}


def test_what_is_saved_can_be_read(tmp_path):
    loss = (Tensor([1.0, 2.0], requires_grad=True, name="w") ** 2).sum()
    assert autograd.draw(loss).save(tmp_path / "a.dot").read_text() == autograd.draw(loss).source
    assert nn.load(nn.save({"w": loss.numpy()}, tmp_path / "a.safetensors"))["w"] == 5
