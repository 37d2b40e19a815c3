"""Makes the README's two pictures: `python docs/pictures.py` writes docs/backward.svg and docs/backward_page.png."""

import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np

import nn
from autograd import Drawing, draw, page

HERE = Path(__file__).parent


def backward() -> Drawing:
    """The backward pass of a 4/8/3 net on a batch of 16."""
    x = np.random.default_rng(0).normal(size=(16, 4))
    model = nn.MLP(4, 8, 3, activation="tanh", output="softmax", rng=0)
    return draw(model.loss(x, np.arange(16) % 3))


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
    backward().save(HERE / "backward.svg")
    photograph(stepped(), 2, HERE / "backward_page.png")
