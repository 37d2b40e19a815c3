"""Where the values of a program are kept: buffers made once, used again when what they hold is no longer needed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from autograd.memory import memory as owner
from autograd.program.blocks import Run, runs
from autograd.program.calls import Call, Var, alike, place, root

SMALL = 1 << 12  # bytes up to which a buffer of another dtype is not worth the reading
ROOMY = 1 << 16  # bytes from which a buffer may hold something smaller


@dataclass(eq=False)
class Slot:
    """Memory for one value after the other: the program's own, or given to it."""

    nbytes: int
    first: Var  # whose shape, dtype and layout the buffer is made with
    given: np.ndarray | None = None  # memory from outside
    row: tuple[Var, int] | None = None  # or a row of an array: see rows
    run: Run | None = None  # of which it holds a block only

    @property
    def kept(self) -> bool:
        """Is it for one value alone?"""
        return self.given is not None or self.row is not None


@dataclass
class Plan:
    """Which value lives in which buffer; the others are made anew by their calls."""

    slots: dict[Var, Slot] = field(default_factory=dict)
    last: dict[Var, int] = field(default_factory=dict)  # the number of the call that reads a value last
    runs: dict[Call, Run] = field(default_factory=dict)

    def bytes(self) -> tuple[int, int]:
        """Of the buffers, and what they would be if none were used again."""
        own = {id(s): s.nbytes for s in self.slots.values() if s.given is None}
        return sum(own.values()), sum(v.array.nbytes for v, s in self.slots.items() if s.given is None)


@dataclass(eq=False)
class Store:
    """Memory from outside that a run leaves a value in."""

    name: str
    memory: np.ndarray


def planned(calls: list[Call], kept: set[Var], given: dict[Var, Slot]) -> Plan:
    """Buffers for the results of calls; what is `kept` is handed out, and so made anew in every run."""
    plan = Plan(dict(given))
    for i, call in enumerate(calls):
        plan.last.update(dict.fromkeys(map(root, call.inputs()), i))
    shown = {root(x) for call in calls if call.foreign() for x in call.inputs()}  # by the results, maybe
    plan.last.update(dict.fromkeys(kept | shown, len(calls)))
    plan.runs = runs(calls, kept | set(given), plan.last)
    _fill(plan, calls, kept)
    while torn := {run for run in set(plan.runs.values()) if _torn(run, plan)}:
        plan.runs = {call: run for call, run in plan.runs.items() if run not in torn}
        plan.slots = dict(given)
        _fill(plan, calls, kept)
    return plan


def _fill(plan: Plan, calls: list[Call], kept: set[Var]) -> None:
    """Gives every result that a call can write to memory a slot."""
    free: list[Slot] = []
    later: list[Slot] = []  # freed within a run, whose calls are made block by block
    passed: list[tuple[Var, Slot]] = []  # those of them whose blocks a result of the run may take, one by one
    run: Run | None = None
    for i, call in enumerate(calls):
        if plan.runs.get(call) is not run:
            free = [s for s in free if s.run is None] + later + [s for _, s in passed]
            later, passed, run = [], [], plan.runs.get(call)
        slot = None
        if call.out and call.out[0] not in plan.slots and root(call.out[0]) not in kept and into_buffer(call):
            v = call.out[0]
            block = run if run is not None and v in run.inner else None
            size = v.array.nbytes if block is None else block.rows * v.array.nbytes // block.length
            slot = _donor(call, i, plan, block) or (_passed(passed, v) if run is not None and block is None else None)
            slot = slot or _fitting(free, v, size, block) or Slot(size, v, run=block)
            plan.slots[v] = slot
        for u in dict.fromkeys(map(root, call.inputs())):
            used = plan.slots.get(u)
            if used and used is not slot and not used.kept and plan.last[u] == i:
                if run is None or used.run is not None:
                    free.append(used)
                elif run.read.get(u) == {u}:
                    passed.append((u, used))
                else:
                    later.append(used)


def _torn(run: Run, plan: Plan) -> bool:
    """Does a call of the run write where one reads or writes other blocks, which come before or after?"""
    places: dict[Any, dict[Any, np.ndarray | None]] = {}  # what lies where, by whose memory it is
    written: dict[Any, set[Any]] = {}
    for x in run.made.union(*run.read.values()):
        r, slot = root(x), plan.slots.get(root(x))
        if r.kind not in ("tensor", "array") and (slot is None or slot.run is not None):
            continue
        memory = x.array if slot is None else slot.given
        whose = slot if memory is None else id(owner(memory))
        where: Any = (x.shape, x.array.strides, x.array.dtype) if memory is None else place(memory)
        if slot is not None and not (alike(x, r.array) and x.array.nbytes == r.array.nbytes):
            where = x  # a part, or turned
        places.setdefault(whose, {})[where] = memory
        if x in run.made:
            written.setdefault(whose, set()).add(where)
    return any(
        a != b and (memory is None or np.may_share_memory(places[whose][a], memory))
        for whose, those in written.items() for a in those for b, memory in places[whose].items()
    )  # fmt: skip


def into_buffer(call: Call) -> bool:
    """Can the call write its result into memory that is there already?"""
    if len(call.out) != 1 or call.out[0].base is not None or call.out[0].path:
        return False
    array = call.out[0].array
    if call.out[0].number:
        return False  # Python is quicker with a number than NumPy with an array that holds one
    if call.kind == "method" and call.function == "dot":
        return bool(array.flags.c_contiguous)
    return (
        call.target is not None
        or (call.kind == "ufunc" and call.function.nout == 1 and array.dtype != object)
        or call.kind in ("reduce", "accumulate")
        or (call.kind == "method" and call.function in ("astype", "copy"))
        or (call.kind == "function" and call.function in (np.concatenate, np.stack, np.einsum))
    )


def _donor(call: Call, i: int, plan: Plan, block: Run | None) -> Slot | None:
    """The buffer of an operand that nobody reads after this call, for the result to take its place entry by entry."""
    run = plan.runs.get(call)
    for x in [call.target] if call.target is not None else call.inputs() if call.entrywise() else []:
        r = root(x)
        slot = plan.slots.get(r)
        if slot is None or slot.kept or slot.run is not block or plan.last[r] != i:
            continue
        whole = r.shape == x.shape and r.array.strides == x.array.strides  # x may be r as of another dtype
        read = run.read[r] if run else {y for y in call.inputs() if root(y) is r}
        if whole and alike(x, call.out[0].array) and read == {x}:
            return slot
    return None


def _passed(passed: list[tuple[Var, Slot]], v: Var) -> Slot | None:
    """The buffer of a value that the run has read block by block, for a result of the run to be written there so."""
    found = next(((u, slot) for u, slot in passed if alike(u, v.array)), None)
    if found:
        passed.remove(found)
    return found[1] if found else None


def _fitting(free: list[Slot], v: Var, n: int, block: Run | None) -> Slot | None:
    """A free buffer of v's size; for large ones also a larger one."""
    best = None
    for slot in reversed(free):  # what was used last is still in the cache
        same = slot.nbytes == n
        if slot.run is not block or not (same or (slot.nbytes > n >= ROOMY and block is None)):
            continue
        if (block is not None or n < SMALL) and slot.first.array.dtype != v.array.dtype:
            continue
        if same and alike(slot.first, v.array):
            best = slot
            break
        if best is None or slot.nbytes < best.nbytes:
            best = slot
    if best is not None:
        free.remove(best)
    return best


def direct(calls: list[Call]) -> tuple[list[Call], dict[Var, Slot], dict[Call | Slot, Store]]:
    """Stores that need no copy, since the value can be made in the memory that it goes to.

    Returns the calls without these, the slots of such values, and all stores by slot or by call.
    """
    made = {out: i for i, call in enumerate(calls) for out in call.out}
    given: dict[Var, Slot] = {}
    stores: dict[Call | Slot, Store] = {}
    rest = []
    failing = [k for k, call in enumerate(calls) if call.fails()]
    readers: dict[int, list[tuple[int, Var, Call]]] = {}  # of memory from outside, by whose it is
    for k, call in enumerate(calls):
        for x in call.inputs():
            if root(x).kind in ("tensor", "array"):
                readers.setdefault(id(owner(x.array)), []).append((k, x, call))
    for j, call in enumerate(calls):
        if call.kind != "store":
            rest.append(call)
            continue
        v, memory = call.args[0], call.target.array  # type: ignore[union-attr]
        r = root(v)
        fits = r in made and r not in given and into_buffer(calls[made[r]]) and calls[made[r]].target is None
        view = _as_root(memory, v, r) if fits else None
        near = readers.get(id(owner(memory)), [])
        if view is not None and call.target.source is not None:  # type: ignore[union-attr]
            view = (
                None if any(made[r] < k < j for k in failing) else view
            )  # a run that fails leaves tensors as they were
        if view is not None and not _disturbed(near, made[r], j, view):
            given[r] = slot = Slot(view.nbytes, r, view)
            stores[slot] = Store(call.label, view)
        else:
            rest.append(call)
            stores[call] = Store(call.label, memory)
    return rest, given, stores


def _disturbed(readers: list[tuple[int, Var, Call]], i: int, j: int, memory: np.ndarray) -> bool:
    """Would call i, writing its result to memory already, change what a call before j reads there?"""
    for k, x, call in readers:
        if i <= k < j and np.may_share_memory(x.array, memory):
            in_place = k == i and call.entrywise() and place(x.array) == place(memory)
            if not in_place:
                return True
    return False


def _as_root(memory: np.ndarray, v: Var, r: Var) -> np.ndarray | None:
    """The memory for v as that for r, of which v is a view; None where their layouts differ."""
    a, b = v.array, r.array
    if a.shape != memory.shape or a.dtype != memory.dtype or b.size != a.size or b.dtype != a.dtype:
        return None
    for turned, here in ((a, memory), (a.T, memory.T)):
        if turned.shape == b.shape and turned.strides == b.strides == here.strides:
            return here
    contiguous = a.flags.c_contiguous and b.flags.c_contiguous and memory.flags.c_contiguous
    return memory.reshape(b.shape) if contiguous else None
