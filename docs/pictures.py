"""Makes the pictures of the README and of the gallery: `python docs/pictures.py` writes them into docs/."""

import doctest
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

import nn
from autograd import Drawing, draw, page

HERE = Path(__file__).parent


def backward() -> Drawing:
    """The backward pass of a 4/8/3 net on a batch of 16."""
    x = np.random.default_rng(0).normal(size=(16, 4))
    model = nn.MLP(4, 8, 3, activation="tanh", output="softmax", rng=0)
    return draw(model.loss(x, np.arange(16) % 3))


def gallery() -> dict[str, Drawing]:
    """What the examples of gallery.md call `picture`, by the name of the file that is shown below each."""
    text = (HERE / "gallery.md").read_text(encoding="utf-8")
    drawings: dict[str, Drawing] = {}
    names: dict[str, Any] = {}
    for examples, shown in re.findall(r"```python\n(.*?)```\n*(?:!\[.*?\]\((.*?)\))?", text, re.DOTALL):
        test = doctest.DocTestParser().get_doctest(examples, names, shown, None, None)
        doctest.DocTestRunner(verbose=False).run(test, out=lambda _: None, clear_globs=False)
        names = test.globs
        if shown:
            drawings[shown] = names["picture"]
    return drawings


def stepped() -> str:
    """The page of a 64/16/10 net on 32 digits."""
    (x, labels), _ = nn.datasets.digits()
    model = nn.MLP(64, 16, 10, activation="tanh", output="softmax", rng=0)
    return page(model.loss(x[:32], labels[:32]))


def photograph(html: str, at: int, path: Path) -> None:
    """The page at a step, as a browser shows it."""
    browser = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if browser is None:
        raise SystemExit(f"{path.name} needs a Chromium: it was left as it is")
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "page.html").write_text(html, encoding="utf-8")
        subprocess.run([browser, "--headless", "--no-sandbox", "--hide-scrollbars",
                        "--window-size=1280,800", "--virtual-time-budget=5000", f"--screenshot={path}",
                        f"file://{folder}/page.html#{at}"], check=True, capture_output=True)  # fmt: skip


if __name__ == "__main__":
    for name, drawing in {"backward.svg": backward(), **gallery()}.items():
        drawing.save(HERE / name)
    photograph(stepped(), 2, HERE / "backward_page.png")
