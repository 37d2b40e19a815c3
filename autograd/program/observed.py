"""A function that runs while the recorder looks on: on trial, then for good, then its sweep and the update."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from autograd.backprop import seed, sweep
from autograd.containers import leaves
from autograd.errors import describe
from autograd.graph import Value
from autograd.program.flat import Flat, flattened
from autograd.program.reach import generators, reached, restore, state
from autograd.program.recorder import DIFFERS, Recorder
from autograd.program.traced import Frozen
from autograd.recording import Watched, recorded

Function = Callable[..., Any]


class Update:
    """What a program does to the parameters after the sweep; nn's optimizers derive theirs from it."""

    def record(self, recorder: Recorder, flats: list[Flat]) -> None:
        """Records the update of flat vectors of parameters from those of their gradients."""

    def group(self, p: Any) -> int:
        """Parameters for which this is the same may lie in one vector."""
        return 0

    def before(self, flats: list[Flat]) -> dict[str, float]:
        """Makes ready for a run, and says by name what `record` has handed to recorder.takes, as it is now."""
        return {}

    def after(self) -> None:
        """Notes that a run is done."""

    def eagerly(self) -> None:
        """The same without a program."""


def observed(
    f: Function, args: tuple, kwargs: dict[str, Any], wrt: list[Any], update: Update | None, recorder: Recorder
) -> tuple[Any, list[Any], list[Flat]]:
    """Records f, the sweep and the update; returns what f returns, what stands for its leaves, and the flat vectors.

    Before that f runs once more on trial, so that what is not the same in every call does not become part of the
    program.
    """
    trial = Recorder()
    before = [(x, state(x)) for x in generators((f, args, kwargs))]
    try:
        _called(f, args, kwargs, trial)
        trial.unchanged()
        things = [*reached((f, args, kwargs), (Watched,)), *trial.watched.values()]
        constants = _constants(things)
        recorder.given_draws = trial.draws
        result = _called(f, args, kwargs, recorder)
        recorder.compare(trial)
        if constants != _constants(things) or any(
            repr(state(x)) != repr(s) and id(x) not in trial.drawn_from for x, s in before
        ):
            raise Frozen(DIFFERS.format(where=""))
    except Frozen:
        for x, s in (*before, *trial.drawn_from.values()):
            restore(x, s)
        raise
    finally:
        trial.close()
    for x in reached((f, args, kwargs), (Watched,)):
        recorder.depends(x)
    with recorded(recorder):
        outs = [recorder.snapshot(x) for x in leaves(result)]
        flats = _swept(recorder, result, wrt, update or Update())
        if update:
            recorder.phase = recorder.label = "update"
            update.record(recorder, flats)
    return result, outs, flats


def _constants(things: list[Any]) -> list[Any]:
    """The numbers and the like among the attributes of modules: a counter is not what it was when f runs again."""
    return [
        (name, repr(value)) for x in things for name in x.watched()
        if isinstance(value := getattr(x, name), bool | int | float | str)
    ]  # fmt: skip


def _called(f: Function, args: tuple, kwargs: dict[str, Any], recorder: Recorder) -> Any:
    """What f returns for arguments that are recorded."""
    given = recorder.arguments((*args, *kwargs.values()), [*_names(f, args), *kwargs])
    before = leaves(given)
    try:
        with recorded(recorder):
            result = f(*given[: len(args)], **dict(zip(kwargs, given[len(args) :], strict=True)))
    except Exception as error:
        if recorder.errors and recorder.errors[0] is not error:
            raise recorder.errors[0] from error
        raise
    if recorder.errors:
        raise recorder.errors[0]  # that the function has caught
    if [*map(id, leaves(given))] != [*map(id, before)]:
        raise Frozen("f changes the containers that it is given: return what it makes instead")
    return result


def _swept(recorder: Recorder, result: Any, wrt: list[Any], update: Update) -> list[Flat]:
    """The sweep, as it runs in loss.backward(); the gradients go to flat memory."""
    for p in wrt:
        recorder.depends(p, "requires_grad")
    wrt = [p for p in wrt if p.requires_grad]
    if not wrt:
        return []
    loss = result[0] if isinstance(result, tuple) and result else result
    if not isinstance(loss, Value):
        raise TypeError(f"compile(f, wrt): expected f to return one number as a Tensor, got {describe(loss)}")
    recorder.phase = "backward"
    orders = {p.order for p in wrt}
    found = {p.order: g for p, g in sweep(loss, seed(loss, None)) if p.order in orders}
    used = [p for p in wrt if p.order in found]  # another one has no gradient
    flats = flattened(used, update.group)
    handed = [(p, view) for flat in flats for p, view in zip(flat.leaves, flat.grads, strict=True)]
    for i, (p, view) in enumerate(handed):
        recorder.store(view, found[p.order], f"d{p.name or f'p{i}'}")
    return flats


def _names(f: Function, args: tuple) -> list[str]:
    """The names of the arguments of a call, as f declares them."""
    try:
        names = list(inspect.signature(f).parameters)
    except (TypeError, ValueError):
        names = []
    return [names[i] if i < len(names) else f"x{i}" for i in range(len(args))]
