"""One recorded program: its source, its buffers, and its replay."""

from __future__ import annotations

import builtins
import linecache
from functools import partial
from itertools import count
from typing import Any
from weakref import finalize

import numpy as np
from numpy import ndarray

from autograd.containers import filled, leaves, mapped
from autograd.graph import tick
from autograd.memory import memory
from autograd.program.blocks import gathered
from autograd.program.calls import Call, Var, place, root
from autograd.program.emit import Source
from autograd.program.layouts import relaid
from autograd.program.observed import Function, Update, observed
from autograd.program.plan import direct, planned
from autograd.program.recorder import Recorder, entries
from autograd.program.rows import stacked
from autograd.program.simplify import needed, simplified
from autograd.program.summary import Summary
from autograd.program.traced import Traced
from autograd.recording import Watched, changes

_number = count(1)


class Recording:
    """The program of f for one signature of its arguments.

    f, args, kwargs   the call that is recorded; its results come back from the first run()
    wrt               leaf tensors whose gradients the program leaves in flat memory
    update            what it does with them, or None
    """

    def __init__(self, f: Function, args: tuple, kwargs: dict[str, Any], wrt: list[Any], update: Update | None) -> None:
        self.f, self.update = f, update
        before = {id(p): None if p.grad is None else p.grad.copy() for p in wrt}
        recorder = Recorder()
        try:
            self.record(recorder, args, kwargs, wrt, before)
        except BaseException:
            for p in wrt:
                p.grad = before[id(p)]
            raise
        finally:
            recorder.close()

    def record(
        self, recorder: Recorder, args: tuple, kwargs: dict[str, Any], wrt: list[Any], before: dict[int, Any]
    ) -> None:
        """Has f observed, and keeps what came of it; `before`: the gradients that there were, by id."""
        result, outs, self.flats = observed(self.f, args, kwargs, wrt, self.update, recorder)
        # the parameters, and where their gradients are left
        self.handed = [(p, g) for flat in self.flats for p, g in zip(flat.leaves, flat.grads, strict=True)]
        outputs = leaves(result)
        self.nested = result is None or isinstance(result, list | tuple | dict)
        self.template = mapped(lambda path, x: 0, result) if self.nested else None
        self.scalars = [type(x) is Traced and (x.node.number or type(x.value) is float) for x in outputs]
        examples = [x if type(x) is not Traced else np.asarray(x.value)[()] if self.scalars[k] else np.array(x.value)
                    for k, x in enumerate(outs)]  # fmt: skip
        outs = [x.node if type(x) is Traced else x for x in outs]
        del result, outputs  # the graph, which holds arrays that finish() counts
        recorder.finish()
        self.first: Any = examples, [before[id(p)] for p, _ in self.handed]
        handed = {id(p) for p, _ in self.handed}
        self.unused = [p for p in wrt if self.update and id(p) not in handed]  # they have no gradient after a step
        self.build(recorder, outs, args, kwargs)

    def build(self, recorder: Recorder, outs: list[Any], args: tuple, kwargs: dict[str, Any]) -> None:
        """Simplifies, plans, writes the source, and makes the step."""
        recorder.calls = relaid(recorder.calls)
        calls, now = simplified(recorder.calls, [x for x in outs if isinstance(x, Var)])
        outs = [now(x) if isinstance(x, Var) else x for x in outs]
        calls, given, stores = direct(gathered(calls))  # gathered as long as stores stand where they are made
        roots = {root(x) for x in outs if isinstance(x, Var)}
        calls = needed(calls, [*(x for x in outs if isinstance(x, Var)), *given])
        calls, rows = stacked(calls, roots, given)
        plan = planned(calls, roots - set(given), given | rows)
        used = roots.union(*(map(root, call.inputs()) for call in calls))
        self.numbers = [name for name, v in recorder.numbers.items() if v in used]
        inputs = [*recorder.inputs, *(recorder.numbers[name] for name in self.numbers)]
        outside = [*(node for _, node, _ in recorder.tensors.values()), *recorder.arrays.values()]
        self.bound = [v for v in outside if v in used and v.kind != "constant"]

        first: dict[Var, int] = {}  # the result that shows a value's memory first

        def handed(k: int, name: str) -> str:
            """A result as memory that belongs to nobody else."""
            x = outs[k]
            if not isinstance(x, Var):
                return name
            again = first.setdefault(root(x), k) != k
            foreign = x.call is not None and x.call.foreign()
            if x.base is not None or again or foreign or x.kind != "result" or x in plan.slots:
                return f"np.asarray({name})[()]" if self.scalars[k] else f"np.array({name})"
            return f"np.asarray({name})" if x.number and not self.scalars[k] else name

        title = f"Makes the views and buffers of {getattr(self.f, '__name__', 'f')}, once, and returns the step."
        source = Source(calls, plan, inputs, self.bound, stores, outs, handed, self.nested, title)
        self.source, self.filename = source.text, f"<program {next(_number)}>"
        finalize(self, linecache.cache.pop, self.filename, None)
        linecache.cache[self.filename] = (source.text.__str__,)  # split when it is needed
        names = {"np": np, **source.objects}
        exec(builtins.compile(source.text, self.filename, "exec"), names)
        known = {place(v.array) for v in self.bound}
        self.make = names.pop("bind")  # no cycle of a function and the dict of its globals, so that it can be freed
        self.memory = [s.memory for s in stores.values() if place(s.memory) not in known]
        self.objects, self.names = source.objects, source.given
        self.summary = Summary.of(calls, plan)
        said: dict[str, str] = {}  # many lines say the same
        self.notes = {n: said.setdefault(note := _note(call), note) for n, call in source.lines.items()}
        self.guards = [guard for guard in recorder.guards if _same(*guard)]  # but for what f itself has set
        self.watched = [(x, {*x.watched()}) for x in recorder.watched.values()]
        self.contents = {id(c): (c, items) for c, items in recorder.contents if _items(c) == [*map(id, items)]}
        self.written = {id(memory(s.memory)): memory(s.memory) for s in stores.values()}
        simple = not self.nested or (type(self.template) is tuple and all(x == 0 for x in self.template))
        self.plain = simple and not kwargs and all(type(x) is ndarray for x in args)  # is replay() enough?
        self.shapes = [(x.shape, x.strides, x.dtype) for x in args] if self.plain else []
        self.count = len(self.shapes)
        self.seen = [changes[0]]
        self.changed = [p for flat in self.flats for p in flat.leaves] if self.update else []
        self.changed += [tensor for tensor, node, handle in recorder.tensors.values() if handle.node is not node]
        self.bind()

    def bind(self) -> None:
        """Makes the step on the arrays that the tensors hold now, and what is done around it, written out as it is."""
        for v in self.bound:
            v.array = v.source.array if v.kind == "tensor" else v.array
        self.tensors = [(v.source, v.array) for v in self.bound if v.kind == "tensor"]
        self.step = self.make(*(v.array for v in self.bound), *self.memory)
        names: dict[str, Any] = {
            "array": ndarray,
            "tick": tick,
            "step": self.step,
            "written": self.written,
            "changes": changes,
            "seen": self.seen,
            "failed": partial(_failed, self.handed, self.filename, self.notes),
        }
        tests, cleared, hand = [f"len(args) == {self.count}" if self.plain else "False"], [], []
        bare = any(x.base is None for x in self.written.values() if x.dtype != np.uint8)
        for i, (shape, strides, dtype) in enumerate(self.shapes):
            names[f"dtype{i}"] = dtype
            tests += [f"type(x{i} := args[{i}]) is array", f"x{i}.shape == {shape}", f"x{i}.strides == {strides}",
                      f"x{i}.dtype is dtype{i}"]  # fmt: skip
            if self.written:  # what it is given must not be what it writes to
                tests.append(f"(x{i}.base is None or id(x{i}.base) not in written)")
            if bare:
                tests.append(f"id(x{i}) not in written")
        if self.watched:
            tests.append("changes[0] == seen[0]")
        for i, (thing, attribute, value) in enumerate(self.guards):
            if not isinstance(thing, Watched):
                names |= {f"thing{i}": thing, f"value{i}": value}
                tests.append(f"thing{i}.{attribute} is value{i}")
        for i, (c, items) in enumerate(self.contents.values()):
            names |= {f"held{i}": c, f"items{i}": [*map(id, items)]}
            keys = f"*map(id, held{i}), " * isinstance(c, dict)
            tests.append(f"[{keys}*map(id, held{i}{'.values()' if keys else ''})] == items{i}")
        for i, (tensor, array) in enumerate(self.tensors):
            names |= {f"tensor{i}": tensor, f"data{i}": array}
            tests.append(f"tensor{i}.array is data{i}")
        for i, (p, view) in enumerate(self.handed):
            names |= {f"p{i}": p, f"view{i}": view}
            cleared.append(f"p{i}.grad is None")
            hand.append(f"p{i}.grad = view{i}")
        for i, p in enumerate(self.changed):
            names[f"changed{i}"] = p
            hand.append(f"changed{i}.order = tick()")
        for i, p in enumerate(self.unused):
            names[f"unused{i}"] = p
            hand.append(f"unused{i}.grad = None")
        if self.update:
            names |= {"before": partial(self.update.before, self.flats), "after": self.update.after}
        else:
            tests += cleared  # gradients that are there are not overwritten: run() adds to them
        lines = [
            "def fits(args):",
            f"    return {' and '.join(tests)}",
            "def replay(args):",
            *(["    others = before()"] if self.update else []),
            "    try:",
            f"        results = step({', '.join(['*args', *(f'others[{name!r}]' for name in self.numbers)])})",
            "    except Exception as error:",
            "        failed(error)",
            "        raise",
            *(f"    {line}" for line in hand),
            *(["    after()"] if self.update else []),
            "    return results",
        ]
        exec("\n".join(lines), names)
        self.replay, self.fits = names.pop("replay"), names.pop("fits")

    def holds(self) -> bool:
        """Is everything else that the program depends on as it was, but for data that may be taken in?"""
        now = changes[0]
        as_it_was = (
            all(_same(*guard) for guard in self.guards)
            and all(_usual(x, name) for x, names in self.watched for name in x.watched() if name not in names)
            and all(_items(c) == [*map(id, items)] for c, items in self.contents.values())
            and all(t.array.shape == a.shape and t.array.dtype == a.dtype for t, a in self.tensors)
            and all(flat.fits() for flat in self.flats)
        )
        if as_it_was:
            self.seen[0] = now
        return as_it_was

    def adopt(self) -> None:
        """Takes in data that was put in place of what the program is bound to."""
        for flat in self.flats:
            flat.adopt()
        if any(tensor.array is not array for tensor, array in self.tensors):
            self.bind()

    def run(self, args: Any) -> Any:
        """A run of the program, whatever there is before it: the results of the first were made while recording."""
        before = [None if p.grad is None or self.update else p.grad.copy() for p, _ in self.handed]
        if self.first is not None:
            (results, before), self.first = self.first, None
            results = results if self.nested else results[0]
            for p, view in self.handed:
                p.grad = view
            for p in self.changed:
                p.order = tick()
            for p in self.unused:
                p.grad = None
            if self.update:
                before = []
                self.update.after()
        else:
            args = [_elsewhere(x) if isinstance(x, ndarray) and id(memory(x)) in self.written else x for x in args]
            try:
                results = self.replay(args)
            except Exception:
                for (p, _), g in zip(self.handed, before, strict=True):
                    p.grad = g
                raise
        for (_, view), g in zip(self.handed, before, strict=False):
            if g is not None:
                view += g
        return filled(self.template, results) if self.nested else results

    def given(self) -> list[tuple[str, ndarray]]:
        """The arrays that the step is bound to, by their names in the source."""
        return list(zip(self.names, [*(v.array for v in self.bound), *self.memory], strict=True))


def _elsewhere(x: ndarray) -> ndarray:
    """A copy in the same memory layout, strides and all, by which NumPy chooses its loops."""
    whole = memory(x)
    offset = x.__array_interface__["data"][0] - whole.__array_interface__["data"][0]
    return np.ndarray(x.shape, x.dtype, bytearray(whole.tobytes("A")), offset, x.strides)


def _same(thing: Any, attribute: str, value: Any) -> bool:
    return getattr(thing, attribute, None) is value


def _usual(thing: Any, attribute: str) -> bool:
    """Is an attribute, which was set since, what the class says anyway?"""
    return getattr(thing, attribute) is getattr(type(thing), attribute, None)


def _items(container: Any) -> list[int]:
    return [*map(id, entries(container))]


def _failed(handed: list[Any], filename: str, notes: dict[int, str], error: Exception) -> None:
    """Clears the gradients, and adds the op and the user's line to an error of the step."""
    for p, _ in handed:
        p.grad = None
    trace = error.__traceback__
    while trace:
        if trace.tb_frame.f_code.co_filename == filename and trace.tb_lineno in notes:
            error.add_note(notes[trace.tb_lineno])
        trace = trace.tb_next


def _note(call: Call) -> str:
    return f"in {call.label or 'the program'}" + (f", called at {call.user}" if call.user else "")
