"""Which module an op belongs to, as the parameters that it takes tell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograd.errors import describe
from autograd.graph import Value

Path = tuple[str, ...]  # the names of the modules around, from the model inwards: () is the model itself


class Owners:
    """The modules of a model by path, and the module that each of its tensors belongs to.

    model   what holds Tensors: anything with .attributes() such as an nn.Module, or dicts and lists of Tensors

    A module or dict is a box of its own, a list is not.  What is held twice belongs to the innermost module around
    both places.

    >>> from autograd import Tensor
    >>> w = Tensor([1.0], requires_grad=True)
    >>> Owners({"first": {"w": w}}).of(w)
    ('first',)
    """

    def __init__(self, model: Any) -> None:
        self.kinds: dict[Path, str] = {}  # the class of each module
        self.paths: dict[int, Path] = {}
        self.held: list[Any] = []  # alive, so that no two have the same id
        seen: set[int] = set()
        waiting: list[tuple[Path, str, Any]] = [((), "", model)]
        while waiting:
            path, name, thing = waiting.pop()
            if isinstance(thing, Value):
                self.held.append(thing)
                self.paths[id(thing)] = common([self.paths.get(id(thing), path), path])
                continue
            boxed = _boxes(thing)
            if id(thing) in seen or not (boxed or isinstance(thing, list | tuple)):
                continue
            seen.add(id(thing))
            self.held.append(thing)
            if boxed:
                path, name = (path if thing is model else (*path, name)), ""
                self.kinds[path] = type(thing).__name__
            for key, x in reversed(_items(thing)):
                waiting.append((path, f"{name}.{key}" if name else str(key), x))
        if not self.paths:
            raise TypeError(f"draw: expected a model with parameters, or a dict of Tensors; got {describe(model)}")

    def of(self, value: Value) -> Path | None:
        return self.paths.get(id(value))


def homes(values: Sequence[Value], owners: Owners) -> dict[int, Path]:
    """For each op, by the id of what it made, the module that it belongs to, if any.

    values   a graph in order of birth

    An op that takes parameters belongs to the innermost module that holds them, and what is made of parameters alone
    counts as one.  Any other op belongs to the innermost module that has parameters both right before it and right
    after it; so what comes after the last parameters, such as a cost, is outside.
    """
    own: dict[int, Path] = {}
    before: dict[int, Path] = {}
    owned = dict(owners.paths)
    ops = [v for v in values if v.primitive]
    for v in ops:
        inputs = [x for x in v.inputs if isinstance(x, Value)]
        direct = [owned[id(x)] for x in inputs if id(x) in owned]
        if direct:
            own[id(v)] = before[id(v)] = common(direct)
            if len(direct) == len(v.inputs):
                owned[id(v)] = own[id(v)]
            continue
        newest = max((x for x in inputs if id(x) in before), key=lambda x: x.order, default=None)
        if newest is not None:
            before[id(v)] = before[id(newest)]
    after: dict[int, Path] = {}
    for v in reversed(ops):
        nearest = own.get(id(v), after.get(id(v)))
        if nearest is not None:
            after.update((id(x), nearest) for x in v.inputs if isinstance(x, Value))
    found = dict(own)
    for v in ops:
        if id(v) not in own and id(v) in before and id(v) in after:
            found[id(v)] = common([before[id(v)], after[id(v)]])
    return found


def common(paths: Sequence[Path]) -> Path:
    """The path that all of these begin with."""
    shared = paths[0]
    for path in paths[1:]:
        n = 0
        while n < min(len(shared), len(path)) and shared[n] == path[n]:
            n += 1
        shared = shared[:n]
    return shared


def _boxes(thing: Any) -> bool:
    attributes = getattr(thing, "attributes", None)
    return isinstance(thing, dict) or (callable(attributes) and not isinstance(thing, type))


def _items(thing: Any) -> list[tuple[Any, Any]]:
    if isinstance(thing, list | tuple):
        return list(enumerate(thing))
    return list(thing.items() if isinstance(thing, dict) else thing.attributes())
