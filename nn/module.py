"""Module: a function with parameters.  Whatever Tensors its attributes hold are found; nothing is registered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType
from typing import Any, Self

import numpy as np

from autograd import Tensor
from autograd.arguments import explained, flag
from autograd.errors import LONGEST, printable, visible
from autograd.recording import Watched, depends_on, watching
from nn.states import fitted


class Module(Watched):
    """The base of layers and models: write `forward`, set Tensors as attributes, and call it.

    Parameters are the leaf Tensors that require a gradient, found in the order in which they were set, through lists,
    tuples, dicts and modules.  Other leaf Tensors and writable arrays are buffers: saved and loaded, but not trained.

    >>> class Scale(Module):
    ...     def __init__(self):
    ...         self.factor = Tensor([2.0, 3.0], requires_grad=True)
    ...
    ...     def forward(self, x):
    ...         return x * self.factor
    >>> Scale()
    Scale()  factor (2,)  2 parameters
    """

    mode = True  # what training says, where nobody evaluates the module

    @property
    def training(self) -> bool:
        """Is it being trained?  A recorded program holds for the mode that it was recorded in."""
        depends_on(Mode(self), "now")
        return Mode(self).now

    @training.setter
    def training(self, mode: bool) -> None:
        modes = _evaluated.get()
        if id(self) in modes:
            modes[id(self)] = flag("training", mode)
        elif self.mode != flag("training", mode):
            self.mode = bool(mode)

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        raise TypeError(f"{type(self).__name__} has no forward(self, x): define what it computes")

    def __call__(self, *args: Any, **kwargs: Any) -> Tensor:
        watch = watching()
        if watch is not None:  # a program is recorded: it holds as long as the module has these
            depends_on(self)
        try:
            result: Tensor = self.forward(*args, **kwargs)  # nearly always: arrays come out where no Tensor goes in
        except Exception as error:
            _locate(error, self)
            raise
        if watch is not None:
            watch.returned(self, result)
        return result

    def attributes(self) -> Iterable[tuple[str, Any]]:
        """The attributes by name, in the order they were set: what is searched for parameters and modules."""
        return vars(self).items()

    def named_parameters(self) -> Iterator[tuple[str, Tensor]]:
        """(path, Tensor) of every parameter, such as ("0.weight", ...); one that is shared comes once."""
        seen: set[int] = set()
        for path, x in held(self):
            if isinstance(x, Tensor) and x.requires_grad and id(x) not in seen:
                seen.add(id(x))
                yield path, x

    def parameters(self) -> list[Tensor]:
        """Every parameter once, in a fixed order: what an optimizer takes."""
        return [p for _, p in self.named_parameters()]

    def modules(self) -> Iterator[Module]:
        """This module and all within it."""
        return (m for _, m in self.named_modules())

    def named_modules(self) -> Iterator[tuple[str, Module]]:
        """(path, Module) of this module, whose path is "", and of all within it; one that is shared comes once."""
        seen: set[int] = set()
        for path, m in walk(self):
            if isinstance(m, Module) and id(m) not in seen:
                seen.add(id(m))
                yield path, m

    def state_dict(self) -> dict[str, np.ndarray]:
        """A copy of every parameter and buffer, by path; ValueError if two of them have the same path."""
        return {path: np.array(getattr(x, "array", x), order="C") for path, x in _state(self).items()}

    @explained
    def load_state_dict(self, state: Mapping[str, Any]) -> Self:
        """Copies `state`, as made by state_dict(), into the parameters and buffers; all of it, or nothing.

        What is shared may stand under one of its paths, or all.  Raises ValueError that lists what is missing,
        unexpected, of another shape, or not real numbers.
        """
        _take(type(self).__name__, _state(self), state)
        return self

    @explained
    def load_matching(self, state: Mapping[str, Any]) -> list[str]:
        """Copies of `state` what has the path and shape of a parameter or buffer, and returns the paths of all others.

        These are left as they were: a new last layer, say, on layers that are trained.  Raises ValueError if nothing
        matches.

        >>> import nn
        >>> trained, model = nn.MLP(4, 8, 3, rng=0), nn.MLP(4, 8, 2, rng=1)
        >>> model.load_matching(trained.state_dict())
        ['2.weight', '2.bias']
        """
        own = _state(self)
        alike = {path: x for path, x in own.items() if path in state and np.shape(state[path]) == x.shape}
        if not alike:
            raise ValueError(f"load_matching: nothing in this state, {list(state)[:4]} ..., has path and shape of "
                             f"what {type(self).__name__} has, {list(own)[:4]} ...")  # fmt: skip
        _take(type(self).__name__, alike, {path: state[path] for path in alike})
        taken = {id(x) for x in alike.values()}
        return [path for path, x in own.items() if id(x) not in taken]

    def zero_grad(self) -> None:
        """Forgets all gradients: every .grad is None again."""
        for p in self.parameters():
            p.grad = None

    @explained
    def train(self, mode: bool = True) -> Self:
        """Puts the module and all within it into training mode: module.training is what a layer may ask for."""
        for module in self.modules():
            module.training = mode
        return self

    def eval(self) -> Self:
        """Puts the module and all within it into evaluation mode."""
        return self.train(False)

    def extra_repr(self) -> str:
        """What repr() writes between the parentheses."""
        return ""

    def __repr__(self) -> str:
        return visible("\n".join(_tree(self, ())))


_evaluated: ContextVar[Any] = ContextVar("evaluated", default=MappingProxyType({}))  # the modes of modules, by id


class Mode:
    """The mode of a module as it is now, in this thread or task."""

    def __init__(self, module: Module) -> None:
        self.module = module

    @property
    def now(self) -> bool:
        return bool(_evaluated.get().get(id(self.module), self.module.mode))


@contextmanager
def evaluating(model: Any) -> Iterator[None]:
    """Within this block, in this thread or task only, a module and all within it are in evaluation mode.

    Modes that are set within the block end with it.

    >>> model = Module()
    >>> with evaluating(model):
    ...     print(model.training)
    False
    >>> model.training
    True
    """
    modules = model.modules() if isinstance(model, Module) else ()
    around = _evaluated.get()
    try:  # first of all: Ctrl-C may come as soon as it is set
        _evaluated.set(around | {id(module): False for module in modules})
        yield
    finally:
        _evaluated.set(around)


def tensors(params: Any) -> list[Any]:
    """Parameters, one or several, as a list; TypeError for a model, of which they are to be taken.

    >>> tensors(Module())
    Traceback (most recent call last):
    TypeError: params: expected parameters, got a Module: write model.parameters()
    """
    if isinstance(params, Module) or not isinstance(params, Iterable):
        kind = f"a {type(params).__name__}: write model.parameters()" if isinstance(params, Module) else repr(params)
        raise TypeError(f"params: expected parameters, got {kind}")
    return [params] if isinstance(params, Tensor) else list(params)


class Place(str):
    """A note on an error: the module that it arose in, and by and by its whole path."""

    module: Module


def _locate(error: Exception, module: Module) -> None:
    """Notes on an error which module it arose in; told again by each module around, it notes the path from there."""
    notes: list[str] = getattr(error, "__notes__", [])
    known = next((i for i, note in enumerate(notes) if isinstance(note, Place)), None)
    inner = module if known is None else notes[known].module  # type: ignore[attr-defined]
    path = next((path for path, m in walk(module) if m is inner), None)
    if path is None:  # it is held elsewhere, and the path that is known is all that can be said
        return
    place = Place(printable(f"in {path}{': ' if path else ''}{type(inner).__name__}({inner.extra_repr()})", 500))
    place.module = inner
    if known is None:
        error.add_note(place)
    else:
        notes[known] = place


def walk(thing: Any, path: str = "", within: tuple[int, ...] = ()) -> Iterator[tuple[str, Any]]:
    """(path, thing) for a module or container and all that it holds, in order; a cycle is not followed."""
    if id(thing) in within:
        return
    yield path, thing
    if isinstance(thing, Module):
        items: Iterable[tuple[Any, Any]] = thing.attributes()
    elif isinstance(thing, dict):
        items = thing.items()
    elif isinstance(thing, list | tuple):
        items = enumerate(thing)
    else:
        return
    for name, x in items:
        yield from walk(x, f"{path}.{name}" if path else str(name), (*within, id(thing)))


def generators(module: Module) -> dict[str, np.random.Generator]:
    """The random generators that a module and those within it hold, by path."""
    return {path: x for path, x in walk(module) if isinstance(x, np.random.Generator)}


def held(module: Module) -> Iterator[tuple[str, Any]]:
    """The parameters and buffers: leaf Tensors and writable arrays, but not a recorded result that is kept on self."""
    for path, x in walk(module):
        if (isinstance(x, Tensor) and x.primitive is None) or (type(x) is np.ndarray and x.flags.writeable):
            yield path, x


def _state(module: Module) -> dict[str, Any]:
    """The parameters and buffers by path."""
    state: dict[str, Any] = {}
    for path, x in held(module):
        if state.setdefault(path, x) is not x:
            raise ValueError(f"two different tensors of {type(module).__name__} have the path {path!r}: rename one")
    return state


def _take(whose: str, own: Mapping[str, Any], state: Mapping[str, Any]) -> None:
    """Copies a state into parameters and buffers, if it fits."""
    new = fitted(whose, own, state)
    for path, x in own.items():
        (x.data if isinstance(x, Tensor) else x)[...] = new[path]
        if isinstance(x, Tensor):
            x.touch()


def _tree(module: Module, around: tuple[int, ...]) -> list[str]:
    around = (*around, id(module))
    inner = [(name, m) for name, x in module.attributes() for name, m in _nearest(x, name, around)]
    within = {id(x) for _, m in inner if isinstance(m, Module) for _, x in held(m)}
    own = [f"{printable(path, LONGEST)} {x.shape}" for path, x in held(module) if id(x) not in within]
    total = sum(p.array.size for p in module.parameters())
    count = f"  {total:,} parameters" if total else ""
    head = f"{type(module).__name__}({module.extra_repr()})"
    if not inner:
        return [head + ("  " + ", ".join(own) if own else "") + count]
    lines = [f"{type(module).__name__}({module.extra_repr()}" + ("  " + ", ".join(own) if own else "")]
    for name, m in inner:
        first, *rest = _tree(m, around) if isinstance(m, Module) else [getattr(m, "__name__", repr(m))]
        lines += [f"  {printable(name, LONGEST)}: {first}", *("  " + line for line in rest)]
    return [*lines, f"){count}"]


def _nearest(thing: Any, path: str, around: tuple[int, ...]) -> Iterator[tuple[str, Any]]:
    """The modules directly in an attribute, and functions in a row of layers, through lists, tuples and dicts, but none
    that it is itself within.
    """
    if id(thing) in around:
        return
    if isinstance(thing, Module) or (callable(thing) and path.rpartition(".")[2].isdigit()):
        yield path, thing
    elif isinstance(thing, list | tuple | dict):
        for name, x in thing.items() if isinstance(thing, dict) else enumerate(thing):
            yield from _nearest(x, f"{path}.{name}", (*around, id(thing)))
