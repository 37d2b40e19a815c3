"""Whether primitives write down how values are made, in this thread or task: yes, no, or with a watch over them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

_recording: ContextVar[Any] = ContextVar("recording", default=True)  # every thread and async task has its own
recording = _recording.get  # True, False, or the watch of debug()


@contextmanager
def recorded(yes: Any) -> Iterator[None]:
    """Within this block primitives write down how values are made, or do not; a watch goes on watching."""
    token = _recording.set(recording() or True if yes is True else yes)
    try:
        yield
    finally:
        _recording.reset(token)


def no_grad() -> Any:
    """`with no_grad():` or `@no_grad()`: compute without recording, in this thread or task only.

    >>> from autograd import Tensor, no_grad
    >>> with no_grad():
    ...     (Tensor(2.0, requires_grad=True) * 3).requires_grad
    False
    """
    return recorded(False)
