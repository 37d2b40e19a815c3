"""The column of a table that is to be learnt: numbers, or of its texts those that are classes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from nn.checks import few
from nn.datasets.advice import Advice
from nn.datasets.fields import Fields, Piece, absent, number_in


@dataclass
class Target:
    """What stands in a column, piece by piece, and then the label of each text."""

    fields: Fields
    place: int
    as_classes: bool | None  # None if the texts decide
    classes: Sequence[Any] = ()  # that there are; if it is empty, those that are seen
    lines: dict[str, int] = field(default_factory=dict)  # where a text that may be a class stands first
    number: bool = False  # whether one of all texts is a number

    def see(self, piece: Piece) -> None:
        for line, text in zip(piece.lines, piece.columns[self.place], strict=True):
            if text not in self.lines:
                if absent(text):
                    advice = Advice("missing", "drop", "to leave such lines out")
                    raise self.fields.fault(self.place, line, text, "", advice)
                number = number_in(text) is not None
                self.number |= number
                if self.as_classes or (self.as_classes is None and not number):
                    self.lines[text] = line

    def labels(self) -> tuple[dict[str, int], Sequence[Any]]:
        """The label of each text, and what the labels stand for, in order; none of both where there are numbers."""
        texts = [text for text in self.lines if number_in(text) is None]
        if self.as_classes is None and texts and self.number:
            advice = Advice("task", "classification", "if each text is a class")
            raise self._fault(texts[0], "a number, as elsewhere in it", advice)
        means: dict[str, Any] = {text: text if texts else self._whole(text) for text in self.lines}
        classes = self.classes or sorted({*means.values()})
        label = {str(of): k for k, of in enumerate(classes)}
        for text, of in means.items():
            if str(of) not in label:
                raise self._fault(text, f"one of {', '.join(few([*label]))}")
        return {text: label[str(of)] for text, of in means.items()}, classes

    def _whole(self, text: str) -> int:
        number = number_in(text)
        if number is None or not number.is_integer() or abs(number) >= 2**53:
            raise self._fault(text, "a whole number, or text, as a class")
        return int(number)

    def _fault(self, text: str, expected: str, *advice: Advice) -> ValueError:
        return self.fields.fault(self.place, self.lines[text], text, expected, *advice)
