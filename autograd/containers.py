"""Nested lists, tuples and dicts of arrays: their leaves, the same containers with other leaves, and what differs.

None is a container without leaves: an optional parameter that is not there stays None.  Every leaf has a path, as one
would write it in Python: ['layers'][0].
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from autograd.errors import describe


def parts(tree: Any) -> dict[Any, Any] | None:
    """What a container holds, by key or place; None for a leaf."""
    if isinstance(tree, dict):
        return tree
    if isinstance(tree, list | tuple):
        return dict(enumerate(tree))
    return {} if tree is None else None


def mapped(f: Callable[[str, Any], Any], tree: Any, path: str = "") -> Any:
    """The same containers with f(path, leaf) for every leaf.

    >>> mapped(lambda path, x: f"{path} = {x}", {"a": [1, None], "b": (2,)})
    {'a': ["['a'][0] = 1", None], 'b': ("['b'][0] = 2",)}
    """
    inside = parts(tree)
    if inside is None:
        return f(path, tree)
    new = {key: mapped(f, x, f"{path}[{key!r}]") for key, x in inside.items()}
    if isinstance(tree, dict):
        return tree | new  # an OrderedDict remains one
    kind = type(tree)
    return None if tree is None else getattr(kind, "_make", kind)(new.values())  # _make: of a namedtuple


def leaves(tree: Any) -> list[Any]:
    """The leaves, from left to right.

    >>> leaves({"a": [1, None], "b": (2,)})
    [1, 2]
    """
    inside = parts(tree)
    return [tree] if inside is None else [leaf for part in inside.values() for leaf in leaves(part)]


def filled(tree: Any, new: Iterable[Any]) -> Any:
    """The same containers with these leaves, from left to right.

    >>> filled({"a": [1, None], "b": (2,)}, "xy")
    {'a': ['x', None], 'b': ('y',)}
    """
    source = iter(new)
    return mapped(lambda path, x: next(source), tree)


def matched(tree: Any, other: Any, name: str, what: str, path: str = "") -> list[tuple[str, Any, Any]]:
    """(path, leaf of tree, what `other` has there) for every leaf; ValueError if `other` is nested otherwise.

    Lists and tuples stand for one another, and where tree has a leaf a list stands for the array of its entries.

    >>> matched({"a": 1, "b": [2]}, {"b": (20,), "a": [1.0, 2.0]}, "jvp", "a tangent")
    [("['a']", 1, [1.0, 2.0]), ("['b'][0]", 2, 20)]
    """
    mine, its = parts(tree), parts(other)
    if mine is None and not isinstance(other, dict) and other is not None:
        return [(path, tree, other)]
    if mine is None or its is None or mine.keys() != its.keys():
        where = f" at {path}" if path else ""
        raise ValueError(f"{name}: expected {what} nested as {shown(tree)}{where}, got {shown(other)}")
    return [found for key, x in mine.items() for found in matched(x, its[key], name, what, f"{path}[{key!r}]")]


def shown(tree: Any) -> str:
    """A container as an error message shows it: {'W': float64(3, 4), 'b': float64(3,)}."""
    return str(mapped(lambda path, x: _Text(describe(x)), tree))


class _Text(str):
    """Text that shows without quotes."""

    __slots__ = ()
    __repr__ = str.__str__
