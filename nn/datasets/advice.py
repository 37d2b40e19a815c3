"""Errors with what to say instead, as data: Python and the command line each write it in their own way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple


class Advice(NamedTuple):
    """An option, the value that it could have, and when, or what for."""

    option: str
    value: Any
    when: str = ""


class Advised(ValueError):
    """What is wrong, and the options that help, one of which is to be chosen.

    >>> raise Advised("two words", Advice("drop", ["a"], "if it is an index"), Advice("missing", "nan"))
    Traceback (most recent call last):
    nn.datasets.advice.Advised: two words: say drop=['a'] if it is an index, or missing='nan'
    """

    def __init__(self, what: str, *advice: Advice) -> None:
        super().__init__(what, *advice)
        self.what, self.advice = what, advice

    def __str__(self) -> str:
        return self.told(lambda option, value: f"{option}={value!r}")

    def told(self, written: Callable[[str, Any], str]) -> str:
        """The message, with options as they are written somewhere."""
        ways = [f"{written(option, value)} {when}".strip() for option, value, when in self.advice]
        if len(ways) > 1:
            ways[-1] = f"or {ways[-1]}"
        return f"{self.what}: say {', '.join(ways)}" if ways else self.what
