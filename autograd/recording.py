"""Whether primitives write down how values are made, in this thread or task: yes, no, or with a watch over them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from inspect import isasyncgenfunction, iscoroutinefunction, isgeneratorfunction
from itertools import count
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])

_recording: ContextVar[Any] = ContextVar("recording", default=True)  # every thread and async task has its own
recording = _recording.get  # True, False, or a Watch


class Watch:
    """What is told of every op while it is recording(): debug() and the recorder of programs derive from it."""

    def switched(self, yes: Any) -> Any:
        """What is recording() within `recorded(yes)`."""
        return self if yes is True else yes

    def given(self, op: Any, inputs: tuple, primals: list[Any]) -> tuple[list[Any], Any]:
        """An op is called: the arrays of its inputs, and the forward to call with them."""
        return primals, op.forward

    def made(self, value: Any) -> None:
        """An op has made a value that requires a gradient."""

    def visited(self, value: Any, g: Any) -> None:
        """The sweep has come to a value, whose cotangent is g."""

    def rule(self, vjp: Any) -> Any:
        """The rule to call for a vjp."""
        return vjp

    def pulled(self, value: Any, k: int, g: Any) -> None:
        """The vjp of a value for its input k has given g, in the shape and dtype of the input."""

    def added(self, value: Any, k: int, total: Any) -> None:
        """With that, what the consumers of the input have given so far adds up to `total`."""

    def read(self, value: Any) -> Any:
        """The data of a value, wanted by what is not an op."""
        return value.array

    def write(self, value: Any, new: Any) -> bool:
        """The data of a value is to be replaced; True if that has been seen to."""
        return False

    def check(self, check: Any, arguments: tuple) -> None:
        """A check that looks at values is to be made."""
        check(*arguments)

    def depends(self, thing: Any, attribute: str | None = None) -> None:
        """What is done now depends on a Python attribute, or on every one that is watched."""

    def returned(self, thing: Any, result: Any) -> None:
        """A module has made a result."""

    def anew(self, draw: Any, args: tuple, kwargs: dict[str, Any]) -> Any:
        """An array that differs from call to call is to be made."""
        return draw(*args, **kwargs)


def watching() -> Watch | None:
    """The watch that recording() is, if it is one: False where it records nothing, so ask `is not None`."""
    watch = recording()
    return watch if isinstance(watch, Watch) else None


_change = count(1).__next__
changes = [0]  # the number of the change last made to objects that are Watched: after it, and never one given before


class Watched:
    """An object whose attributes programs depend on, but for the `unwatched`: after a change they look again."""

    unwatched: frozenset[str] = frozenset()

    def watched(self) -> list[str]:
        """The attributes that programs depend on."""
        return [name for name in vars(self) if name not in self.unwatched]

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        if name not in self.unwatched:
            changes[0] = _change()

    def __delattr__(self, name: str) -> None:
        super().__delattr__(name)
        changes[0] = _change()


def checked(check: Any, *arguments: Any) -> None:
    """Calls a check, which looks at values and may raise; a recorded program calls it again in every run."""
    watch = watching()
    watch.check(check, arguments) if watch is not None else check(*arguments)


def depends_on(thing: Any, attribute: str | None = None) -> None:
    """A recorded program holds only as long as this attribute of a Watched object, or any, is what it is now."""
    if (watch := watching()) is not None:
        watch.depends(thing, attribute)


def anew(draw: Any, *args: Any, **kwargs: Any) -> Any:
    """draw(*args, **kwargs), an array of random numbers say; a recorded program calls it again in every run.

    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> print(anew(rng.random, 2).round(3))
    [0.637 0.27 ]
    """
    if not callable(draw):
        raise TypeError(f"anew: draw: expected a function that makes an array, got {draw!r}")
    return _source.get()(draw, args, kwargs)


def _drawn(draw: Any, args: tuple, kwargs: dict[str, Any]) -> Any:
    watch = watching()
    return watch.anew(draw, args, kwargs) if watch is not None else draw(*args, **kwargs)


_source: ContextVar[Any] = ContextVar("source", default=_drawn)  # of what is drawn anew


@contextmanager
def redrawn(known: list[Any], again: bool) -> Iterator[None]:
    """Within this block what is drawn anew is kept in `known`, or, again, is what was kept, in the same order."""
    source, rest = _source.get(), iter(known)

    def drawn(draw: Any, args: tuple, kwargs: dict[str, Any]) -> Any:
        x = next(rest, None) if again else source(draw, args, kwargs)
        if x is None:
            raise RuntimeError("a function that is run again draws more random numbers than at first: did the mode of "
                               "a module change in between?")  # fmt: skip
        if not again:
            known.append(x)
        return x

    try:
        _source.set(drawn)
        yield
    finally:
        _source.set(source)


@contextmanager
def recorded(yes: Any) -> Iterator[None]:
    """Within this block primitives write down how values are made, or do not; a watch goes on watching."""
    now = recording()
    try:  # first of all: Ctrl-C may come as soon as it is set
        _recording.set(now.switched(yes) if isinstance(now, Watch) else yes)
        yield
    finally:
        _recording.set(now)


@contextmanager
def unwatched() -> Iterator[None]:
    """Within this block ops are called as by themselves, whatever is recorded around it."""
    now = recording()
    try:
        _recording.set(False)
        yield
    finally:
        _recording.set(now)


class no_grad:
    """`with no_grad():` or `@no_grad()`: compute without recording, in this thread or task only.

    A generator function and an `async def` cannot be decorated, TypeError: write `with` inside, and no yield or await
    in it, since whoever goes on meanwhile would not record either.

    >>> from autograd import Tensor, no_grad
    >>> with no_grad():
    ...     (Tensor(2.0, requires_grad=True) * 3).requires_grad
    False
    """

    def __init__(self) -> None:
        self.blocks: list[Any] = []  # that were entered, the innermost last: one no_grad() may be used again

    def __enter__(self) -> None:
        block = recorded(False)
        self.blocks.append(block)
        block.__enter__()

    def __exit__(self, *error: Any) -> None:
        self.blocks.pop().__exit__(*error)

    def __call__(self, function: F) -> F:
        if isgeneratorfunction(function) or iscoroutinefunction(function) or isasyncgenfunction(function):
            raise TypeError(f"@no_grad(): {function.__name__} has not run when its call returns: write `with "
                            "no_grad():` inside, around what neither yields nor awaits")  # fmt: skip

        @wraps(function)
        def unrecorded(*args: Any, **kwargs: Any) -> Any:
            with recorded(False):
                return function(*args, **kwargs)

        return unrecorded  # type: ignore[return-value]
