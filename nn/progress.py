"""How far a training is: a bar in a terminal or a notebook, and a few lines where they stay, as in a file."""

from __future__ import annotations

import sys
from typing import Any

from tqdm import tqdm

LINES = 20  # about so many epochs have a line of their own


class Progress:
    """The steps of a training, as they are done.

    steps, epochs   how many there will be; `done` of the epochs were made before
    shown           whether anything is to be written at all
    """

    def __init__(self, steps: int, epochs: int, done: int, shown: bool) -> None:
        self.epochs, self.every = epochs, max(1, -(-epochs // LINES))
        shown = shown and sys.stderr is not None  # as where a program has no console
        stays = shown and not (sys.stderr.isatty() or "ipykernel" in sys.modules)
        self.lines = shown and stays
        self.bar = tqdm(total=steps * epochs, initial=steps * done, unit="step", disable=not shown or stays,
                        dynamic_ncols=True)  # fmt: skip

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: Any) -> None:
        self.bar.close()

    def step(self, epoch: int, seen: Any) -> None:
        """A step is done; `seen` is written beside the bar, when it is written anew."""
        self.bar.update()
        if not self.bar.disable:
            self.bar.set_postfix_str(f"epoch {epoch}/{self.epochs}, {seen}", refresh=False)

    def epoch(self, row: dict[str, float], last: bool) -> None:
        """An epoch is done."""
        epoch = int(row["epoch"])
        if self.lines and (epoch == 1 or epoch % self.every == 0 or last):
            numbers = {name: x for name, x in row.items() if name != "epoch" and hasattr(x, "__float__")}
            said = ", ".join(f"{name} {x:.4f}" for name, x in numbers.items())
            print(f"epoch {epoch}/{self.epochs}: {said}", file=sys.stderr, flush=True)
