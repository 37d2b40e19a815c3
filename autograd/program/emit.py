"""A planned program as NumPy source: views and buffers made once, then a line for every operation."""

from __future__ import annotations

import builtins
import keyword
import operator
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from autograd.errors import printable
from autograd.program.blocks import Run
from autograd.program.calls import Call, Var, alike, as_recorded, place, root
from autograd.program.plan import Plan, Store

KEYWORD_OUT = {np.maximum, np.minimum}  # where a positional out is deprecated, and slow
OPERATORS = {np.add: "+", np.subtract: "-", np.multiply: "*", np.divide: "/", operator.add: "+", operator.sub: "-",
             operator.mul: "*", operator.truediv: "/", operator.floordiv: "//", operator.mod: "%", operator.pow: "**",
             operator.neg: "-{}", operator.pos: "+{}", operator.abs: "abs({})"}  # fmt: skip
MASKS = (np.greater, np.greater_equal, np.less, np.less_equal, np.equal, np.not_equal)
HINTS = [(np.exp, "e"), (np.log, "log"), (np.maximum.reduce, "top"), (np.add.reduce, "total"), ("take", "rows"),
         ("dot", "product"), *((f, "mask") for f in MASKS)]  # fmt: skip
ENDINGS = {".T": "T", ".swapaxes(-1, -2)": "T", "[:, None]": "column", "[None]": "row"}  # of names of views
COUNTED = re.compile(r"^(d*v)\d+$")  # names that say no more than their letters do: one is enough for a buffer
NUMBERS = {0.0: "zero", 1.0: "one", 2.0: "two", 0.5: "half", -1.0: "minus_one"}
BLOCKS = '''    def blocks(array, rows):
        """The array in pieces of so many rows, which stay in the cache from one operation to the next."""
        return [array[i : i + rows] for i in range(0, len(array), rows)]
'''  # within bind: a module whose function refers to it would wait for the collector


class Source:
    """The text of a program, and the objects that it names but does not write down."""

    def __init__(
        self, calls: list[Call], plan: Plan, inputs: list[Var], bound: list[Var], stores: dict[Any, Store],
        results: Sequence[Any], handed: Callable[[int, str], str], nested: bool, title: str,
    ) -> None:  # fmt: skip
        self.calls, self.plan, self.inputs = calls, plan, inputs
        self.names: dict[Var, str] = {}
        self.taken = {"np", "bind", "step", "blocks", *keyword.kwlist, *dir(builtins)}
        self.numbered: Counter[str] = Counter()  # how far names that end in a number have come
        self.objects: dict[str, Any] = {}  # functions and arrays by name
        self.kept: dict[int, str] = {}  # and their names by identity
        self.once: list[str] = []  # the lines of bind
        self.every: list[tuple[str, Call | None]] = []  # those of step, and the calls that they are for
        self.numbers: dict[Any, str] = {}  # and other constants, by what they are
        self.expressions: dict[str, str] = {}  # what has a name already: views of what stays where it is
        self.buffers: dict[Any, str] = {}  # the first name of a slot, and of a slot in some shape and layout
        self.items: dict[str, str] = {}  # the names of blocks, by that of their list
        self.heirs = dict(self._heirs())
        self.uses = Counter(v for call in calls for v in call.inputs())
        self.uses.update(v for v in results if isinstance(v, Var))
        for v in (*inputs, *bound):
            self.names[v] = self.free(v.name or "a")
        known = {place(v.array): self.names[v] for v in bound}
        self.stores = {key: known.get(place(s.memory)) or self.free(s.name) for key, s in stores.items()}
        self.given = list(dict.fromkeys([*(self.names[v] for v in bound), *self.stores.values()]))
        phase, run = "forward", None
        comments = any(call.phase != "forward" for call in calls)
        for call in calls:
            if run is not None and plan.runs.get(call) is run:
                continue
            if comments and call.phase != phase:
                phase = call.phase
                self.every += [("", None), (f"# {phase}", None)]
            run = plan.runs.get(call)
            self.line(call) if run is None else self.run(run)
        values = [handed(k, self.ref(x)) for k, x in enumerate(results)]
        returned = f"({', '.join(values)}{',' if len(values) == 1 else ''})" if nested else values[0]
        self.text, self.lines = self._text(returned, title)

    def _heirs(self) -> Iterator[tuple[Var, Var]]:
        """(operand, result) where the result takes the operand's place."""
        slots = self.plan.slots
        for call in self.calls:
            for x in call.inputs() if call.out and call.out[0] in slots else ():
                if slots.get(x) is slots[call.out[0]] and alike(x, call.out[0].array):
                    yield x, call.out[0]

    def _text(self, returned: str, title: str) -> tuple[str, dict[int, Call]]:
        """The module, and the calls by the numbers of their lines."""
        lines = ["import numpy as np", "", "", f"def bind({', '.join(self.given)}):", f'    """{inert(title)}"""']
        lines += ["", *BLOCKS.splitlines(), ""] if self.plan.runs else []
        lines += [f"    {line}" for line in self.once] + [""]
        lines += [f"    def step({', '.join(self.names[v] for v in self.inputs)}):"]
        calls = {}
        for line, call in self.every:
            lines.append(f"        {line}" if line else "")
            if call is not None:
                calls[len(lines)] = call
        lines += [f"        return {returned}", "", "    return step", ""]
        return "\n".join(lines), calls

    # Names.

    def free(self, name: str) -> str:
        """A name like this that nothing has yet."""
        name = re.sub(r"\W+", "_", name, flags=re.ASCII).strip("_") or "v"
        name = f"v{name}" if name[0].isdigit() else name
        base = re.sub(r"\d+$", "", name) or name
        while name in self.taken:
            self.numbered[base] = max(self.numbered[base], 1) + 1
            name = f"{base}{self.numbered[base]}"
        self.taken.add(name)
        return name

    def title(self, v: Var) -> str:
        """What to call v: its own name, that of what takes its place, or what its call suggests."""
        made = v.call.function if v.call else None
        while not v.name and v in self.heirs:
            v = self.heirs[v]
        if made == "dot" and len(v.shape) < 2:
            return v.name or "total"
        return v.name or next((hint for function, hint in HINTS if function == made), "")

    def ref(self, x: Any) -> str:
        """An argument, as the source writes it."""
        if isinstance(x, Var):
            if x not in self.names:
                self.names[x] = self.constant(x)
            return self.names[x]
        if isinstance(x, tuple):
            return f"({', '.join(map(self.ref, x))}{',' if len(x) == 1 else ''})"
        if isinstance(x, list):
            return f"[{', '.join(map(self.ref, x))}]"
        if isinstance(x, np.dtype) or (isinstance(x, type) and issubclass(x, np.generic)):
            return dtype_source(np.dtype(x))
        if isinstance(x, np.generic) and x.dtype.kind in "fiub":
            return f"{dtype_source(x.dtype)}({number_source(x.item())})"
        if x is None or x is ... or isinstance(x, bool | int | str):
            return "..." if x is ... else repr(x)
        if isinstance(x, float):
            return number_source(x)
        if isinstance(x, slice):
            return f"slice({self.ref(x.start)}, {self.ref(x.stop)}, {self.ref(x.step)})"
        return x.__name__ if x in (int, float, bool) else self.named(x)

    def named(self, x: Any) -> str:
        """A function of NumPy's under its own name; anything else as an object that the program holds."""
        owner = getattr(x, "__self__", None)
        if isinstance(owner, np.ufunc):
            return f"{self.named(owner)}.{x.__name__}"
        path = [*(getattr(x, "__module__", "") or "numpy").split(".")[1:], getattr(x, "__name__", "")]
        scope: Any = np
        for part in path:
            scope = getattr(scope, part, None)
        if scope is x:
            return ".".join(["np", *path])
        if getattr(np, path[-1] or "_", None) is x:
            return f"np.{path[-1]}"
        return self.held(x, path[-1] if path[-1].isidentifier() else "constant")

    def held(self, x: Any, name: str) -> str:
        """The name of an object that the program holds."""
        if id(x) not in self.kept:
            self.kept[id(x)] = self.free(name)
            self.objects[self.kept[id(x)]] = x
        return self.kept[id(x)]

    def constant(self, v: Var) -> str:
        array = np.asarray(v.array)
        if not array.ndim and array.dtype.kind in "fiub" and array.dtype.isnative:
            return self.number(array)
        key = array.dtype, array.shape, array.strides, array.tobytes()
        if key not in self.numbers:
            text = array_source(array)
            name = v.name or (re.split(r"[(.]", text)[1] if text else "constant")
            self.numbers[key] = self.made(name, text) if text else self.held(array, name)
        return self.numbers[key]

    def number(self, value: np.ndarray) -> str:
        """A number as an array without axes, in the dtype that is computed in: the quickest operand."""
        key = value.dtype, value.tobytes()
        if key not in self.numbers:
            x = float(str(value)) if value.dtype.kind == "f" else value.item()  # a float32 in as few digits as it needs
            name = "c" if isinstance(x, bool) else NUMBERS.get(x, "c")
            exact = np.array(x, value.dtype).tobytes() == value.tobytes()
            text = f"np.array({number_source(x)}, {dtype_source(value.dtype)})"
            self.numbers[key] = self.made(name, text) if exact else self.held(value, name)
        return self.numbers[key]

    # Memory.

    def made(self, name: str, text: str) -> str:
        """The name, one like this, of what is made once."""
        name = self.free(name)
        self.once.append(f"{name} = {text}")
        return name

    def home(self, v: Var) -> str:
        """The name of the buffer that v is written to, made where it is not there yet."""
        slot, array, title = self.plan.slots[v], np.asarray(v.array), self.title(v)
        make = slot, array.shape, array.dtype, array.strides
        key = make, COUNTED.sub(r"\1", title)
        given = v.call.inputs() if v.call else ()
        shown = (x for x in given if x.base is not None and self.plan.slots.get(root(x)) is slot)
        if same := next((x for x in shown if not title and alike(x, array)), None):
            name = self.names[same]
        elif slot.given is not None:
            name = self.stores[slot]
        elif slot.row is not None:
            rows, i = slot.row
            name = self.made(title or "t", f"{self.rows(rows)}[{i}]")
        elif key in self.buffers:
            name = self.buffers[key]
        else:
            first = self.buffers.get(slot)
            text = self.buffers.get(make) or (
                empty_source(array) if first is None else view_source(first, slot.first.array, array)
            )
            name = self.expressions.get(text) or self.made(title or "t", text)
            for known in (slot, make, key):
                self.buffers.setdefault(known, name)
        self.names[v] = name
        return name

    def rows(self, v: Var) -> str:
        """The name of an array of which values are rows."""
        if v not in self.names:
            self.names[v] = self.made(v.name, empty_source(v.array))
        return self.names[v]

    def stable(self, v: Var) -> bool:
        """Is the memory of v the same in every run?"""
        while v.base is not None and v.call is not None and v.call.shows():
            v = v.base
        return v in self.plan.slots or v.kind in ("tensor", "array", "constant")

    # Lines.

    def line(self, call: Call) -> None:
        """The line, or lines, for a call."""
        if call.kind == "check":
            self.add(call, f"{self.named(call.function)}({self.arguments(map(self.ref, call.args), call.kwargs)})")
        elif call.kind == "store":
            self.add(call, f"np.copyto({self.stores[call]}, {self.ref(call.args[0])})")
        elif call.target is not None:
            self.changed(call, call.target, call.out[0])
        elif call.out[0] in self.plan.slots:
            self.add(call, self.code(call, self.home(call.out[0])))
        elif call.out[0].path:
            parts = self.free("parts")
            self.add(call, f"{parts} = {self.code(call)}")
            for v in call.out:
                self.fresh(call, v, f"{parts}{''.join(f'[{i}]' for i in v.path)}")
        elif call.shows() and self.stable(call.args[0]):
            self.names[call.out[0]] = self.view(call)
        else:
            text, v = self.code(call), call.out[0]
            if text.endswith(".T") and self.uses[v] == 1:
                self.names[v] = text
            else:
                self.fresh(call, v, text)

    def add(self, call: Call, text: str) -> None:
        """A line for a call, with a comment, and NumPy's errstate where it is another."""
        shape = f" {call.out[0].shape}" if call.out and call.out[0].shape and not call.out[0].path else ""
        comment = f"  # {inert(call.label)}{shape}" if call.label and call.kind not in ("check", "store") else ""
        if call.errors:
            self.every.append((f"with np.errstate({', '.join(f'{k}={v!r}' for k, v in call.errors.items())}):", call))
            text = f"    {text}"
        self.every.append((text + comment, call))

    def fresh(self, call: Call, v: Var, text: str) -> None:
        """A line for a value that is made anew; of what may be the memory of a tensor it is a copy."""
        name = self.names[v] = self.free(self.title(v) or "t")
        outside = call.foreign() and any(root(x).kind in ("tensor", "array") for x in call.inputs())
        if outside and isinstance(v.array, np.ndarray) and not v.number:
            text = f"np.array({text})"
        if v.path:
            self.every.append((f"{name} = {text}", None))
        else:
            self.add(call, f"{name} = {text}")
        if call.varies():
            form = f"{v.shape}, {dtype_source(np.asarray(v.array).dtype)}"
            self.every.append((f"{self.named(as_recorded)}({name}, {form})", call))

    def view(self, call: Call) -> str:
        """A view of what stays where it is: made once."""
        text, of = self.code(call), self.ref(call.args[0])
        if text not in self.expressions:
            name = f"{of.removesuffix('_view')}_{ENDINGS.get(text.removeprefix(of), 'view')}"
            self.expressions[text] = self.made(call.out[0].name or name, text)
        return self.expressions[text]

    def changed(self, call: Call, old: Var, v: Var) -> None:
        """A call that writes into an array: into a copy of it, unless its buffer is free by now."""
        source = self.ref(old)
        if v not in self.plan.slots:
            name = self.names[v] = self.free(v.name or "t")
            self.every.append((f"{name} = np.array({source})", call))
        else:
            name = self.home(v)
            if self.plan.slots.get(old) is not self.plan.slots[v]:
                self.every.append((f"np.copyto({name}, {source})", call))
        self.add(call, self.code(call, name))

    def code(self, call: Call, out: str = "") -> str:
        """A call as an expression; with `out`, as a statement that leaves the result there."""
        function, args, ref = call.function, call.args, self.ref
        if call.kind == "getitem":
            return f"{ref(args[0])}[{self.index(args[1])}]"
        if call.kind == "setitem":
            return f"{out}[{self.index(args[0])}] = {ref(args[1])}"
        if call.kind == "at":
            parts = args[0] if isinstance(args[0], tuple) else args[:1]
            if function is np.add and all(map(_sliced, parts)):
                return f"{out}[{self.index(args[0])}] += {ref(args[1])}"
            return f"{self.named(function)}.at({', '.join([out, *map(ref, args)])})"
        if call.kind == "method":
            x, rest = ref(args[0]), self.arguments(map(ref, args[1:]), call.kwargs)
            if out and function in ("copy", "astype"):
                same = np.asarray(args[0].array).dtype == call.out[0].array.dtype
                return f"np.copyto({out}, {x})" if same else f'np.copyto({out}, {x}, "unsafe")'
            if function == "transpose" and rest in ("", "None"):
                return f"{x}.T"
            return f"{x}.{function}({', '.join(filter(None, (rest, out)))})"
        if not out and (call.kind == "python" or self.numeric(call)):
            operands = [f"({x})" if x.startswith("-") else x for x in map(ref, args)]
            symbol = OPERATORS[function]
            return f" {symbol} ".join(operands) if len(operands) == 2 else symbol.format(*operands)
        given = self.operands(call) if call.kind == "ufunc" else list(map(ref, args))
        named = dict(call.kwargs)
        if out and call.kind == "reduce":  # by place, which is quicker
            given += [ref(named.pop("axis", 0)), ref(named.pop("dtype", None)), out]
            given += ["True"] if named.pop("keepdims", False) else []
        elif out:
            quick = call.kind == "ufunc" and function not in KEYWORD_OUT and not named
            given.append(out if quick else f"out={out}")
        return f"{self.named(function)}({self.arguments(given, named)})"

    def operands(self, call: Call, ref: Callable[[Any], str] | None = None) -> list[str]:
        """The operands of a ufunc: numbers as arrays in the dtype of its loop."""
        kinds = [x.array.dtype if isinstance(x, Var) and hasattr(x.array, "dtype") else x for x in call.args]
        given = [type(x) if type(x) in (int, float) else x.dtype if isinstance(x, np.generic) else x for x in kinds]
        try:
            loop = call.function.resolve_dtypes((*given, *(None,) * call.function.nout))
        except (TypeError, ValueError):
            loop = (np.dtype(object),) * len(given)
        found = []
        for x, d in zip(call.args, loop, strict=False):
            number = np.array(x, d) if isinstance(x, int | float | np.generic) and d.kind == "f" else self.same(x, call)
            found.append((ref or self.ref)(x) if number is None else self.number(number))
        return found

    def same(self, x: Any, call: Call) -> np.ndarray | None:
        """The one number that a constant operand is full of, if neither shape nor layout of the result need it."""
        written = call.out[0] in self.plan.slots or call in self.plan.runs
        if not written or not isinstance(x, Var) or x.kind != "constant" or not x.shape or not np.size(x.array):
            return None
        first, others = x.array.flat[:1], [np.shape(y.array) for y in call.inputs() if y is not x]
        alone = call.function in (np.power, np.float_power)  # which compute with one exponent as with no others
        full = x.array.dtype.kind in "fiub" and not alone and x.array.tobytes() == first.tobytes() * x.array.size
        return first.reshape(()) if full and np.broadcast_shapes(*others) == call.out[0].shape else None

    def numeric(self, call: Call) -> bool:
        """Is this arithmetic with NumPy's numbers, which Python's operators do at once?"""
        arithmetic = call.kind == "ufunc" and call.function in OPERATORS and not call.kwargs
        made = [isinstance(x, Var) and x.kind == "result" and isinstance(x.array, np.ndarray) for x in call.args]
        return arithmetic and call.out[0].number and call.out[0].array.dtype.kind == "f" and any(made)

    def arguments(self, given: Iterable[str], kwargs: dict[str, Any]) -> str:
        plain = {name: x for name, x in kwargs.items() if name.isidentifier() and not keyword.iskeyword(name)}
        others = [f"{name!r}: {self.ref(x)}" for name, x in kwargs.items() if name not in plain]
        named = [f"{name}={self.ref(x)}" for name, x in plain.items()]
        return ", ".join([*given, *named, *([f"**{{{', '.join(others)}}}"] if others else [])])

    def index(self, index: Any) -> str:
        """An index as one writes it: 1:, None."""
        parts = []
        for x in index if isinstance(index, tuple) else (index,):
            if isinstance(x, slice):
                text = ":".join("" if y is None else self.ref(y) for y in (x.start, x.stop))
                parts.append(text + (f":{self.ref(x.step)}" if x.step not in (None, 1) else ""))
            else:
                parts.append(self.ref(x))
        pair = isinstance(index, tuple) and len(index) == 1 and isinstance(index[0], tuple)  # x[(0, 1),] is not x[0, 1]
        return ", ".join(parts) + "," * pair or "()"

    # Blocks.

    def run(self, run: Run) -> None:
        """A loop over blocks, in which the calls of a run follow one another."""
        for call in run.views:
            self.line(call)
        loop: dict[str, str] = {}  # the lists of blocks, by the name of a block
        body = []
        for call in run.calls:
            given = self.operands(call, lambda x: self.block(x, run, loop))
            out = self.block(call.out[0], run, loop)
            given.append(f"out={out}" if call.function in KEYWORD_OUT else out)
            text = f"    {self.named(call.function)}({', '.join(given)})"
            body.append((f"{text}  # {inert(call.label)}" if call.label else text, call))
        self.every.append((f"for {', '.join(loop)} in zip(", None))
        self.every += [(f"    {', '.join(loop.values())}, strict=True", None), ("):", None), *body]

    def block(self, x: Any, run: Run, loop: dict[str, str]) -> str:
        """The name of a block of x, whose list of blocks is put into the loop; the name of x where it is used whole."""
        own: Any = np.shape(x.array) if isinstance(x, Var) else ()
        if len(own) < len(run.shape) or own[0] != run.shape[0]:
            return self.ref(x)
        slot, rows = self.plan.slots.get(x), run.rows
        if slot is not None and slot.run is run:
            key: Any = slot
            if key not in self.buffers:
                title, rest = self.title(x) or "t", run.length % rows
                part = np.empty((rows,) if run.flat else (rows, *run.shape[1:]), x.array.dtype)
                first = self.made(f"{title}_block", empty_source(part))
                last = f" + [{first}[:{rest}]]" if rest else ""
                self.buffers[key] = self.made(f"{title}_blocks", f"[{first}] * {run.length // rows}{last}")
        else:
            name = self.home(x) if slot is not None and x not in self.names else self.whole(x)
            text = f"blocks({name}{'.reshape(-1)' if run.flat and len(own) > 1 else ''}, {rows})"
            key = text if self.stable(x) else (text, run)
            if key not in self.buffers and self.stable(x):
                self.buffers[key] = self.made(f"{name}_blocks", text)
            elif key not in self.buffers:
                self.buffers[key] = self.free(f"{name}_blocks")
                self.every.append((f"{self.buffers[key]} = {text}", None))
        blocks = self.buffers[key]
        if blocks not in self.items:
            self.items[blocks] = self.free(f"{blocks.removesuffix('_blocks')}_i")
        loop[self.items[blocks]] = blocks
        return self.items[blocks]

    def whole(self, v: Var) -> str:
        """The name of an array that is cut into blocks: of a result that is handed out, and so is new in every run."""
        if v not in self.names and v.kind == "result":
            self.names[v] = self.free(v.name or "t")
            self.every.append((f"{self.names[v]} = {empty_source(np.asarray(v.array))}", None))
        return self.ref(v)


def inert(text: str) -> str:
    """Text that can stand in a comment or a docstring, on one line, whatever the names in it are."""
    return printable(text.replace("\\", " ").replace('"', " "), 120)


def _sliced(x: Any) -> bool:
    """Is this a part of an index that picks no entry twice?"""
    return x is None or x is ... or type(x) in (int, slice)


def dtype_source(dtype: np.dtype) -> str:
    if not dtype.isnative or dtype.kind not in "biufc":
        return f'np.dtype("{dtype.str}")'
    return "bool" if dtype.kind == "b" else f"np.{dtype.name}"


def number_source(x: Any) -> str:
    if isinstance(x, float) and not np.isfinite(x):
        return "np.nan" if np.isnan(x) else "np.inf" if x > 0 else "-np.inf"
    return repr(x)


def empty_source(array: np.ndarray) -> str:
    """An array of this shape, dtype and layout."""
    dtype = dtype_source(array.dtype)
    if array.flags.c_contiguous:
        return f"np.empty({array.shape}, {dtype})"
    if array.flags.f_contiguous:
        return f'np.empty({array.shape}, {dtype}, "F")'
    shape, turn = _turned(array)
    return f"np.empty({shape}, {dtype}){turn}"


def view_source(buffer: str, first: np.ndarray, array: np.ndarray) -> str:
    """The start of a buffer as an array of another shape, dtype or layout."""
    flat = buffer if first.ndim == 1 else f'{buffer}.ravel("K")'
    cast = "" if first.dtype == array.dtype else f".view({dtype_source(array.dtype)})"
    if first.shape == array.shape and first.strides == array.strides:
        return f"{buffer}{cast}"
    part = "" if first.nbytes == array.nbytes else f"[:{array.size}]"
    shape, turn = _turned(array)
    return f"{flat}{cast}{part}" + ("" if array.ndim == 1 else f".reshape({shape}){turn}")


def _turned(array: np.ndarray) -> tuple[tuple[int, ...], str]:
    """The shape of an array with its axes in the order that they have in memory, and the way back."""
    if array.flags.c_contiguous:
        return array.shape, ""
    order = np.argsort([-abs(s) for s in array.strides], kind="stable").tolist()
    back = tuple(np.argsort(order).tolist())
    turn = ".T" if back == tuple(range(array.ndim))[::-1] else f".transpose({back})"
    return tuple(array.shape[k] for k in order), turn


def array_source(array: np.ndarray) -> str | None:
    """An array that is simply filled, as the call that fills it."""
    shape, dtype = array.shape, dtype_source(array.dtype)
    if not array.size or not array.flags.c_contiguous or array.dtype.kind not in "fiub":
        return None
    if not array.any() and not (array.dtype.kind == "f" and np.signbit(array).any()):
        return f"np.zeros({shape}, {dtype})"
    if (array == 1).all():
        return f"np.ones({shape}, {dtype})"
    if array.ndim == 2 and shape[0] == shape[1] and np.array_equal(array, np.eye(shape[0])):
        return f"np.eye({shape[0]}, dtype={dtype})"
    if array.dtype.kind in "iu" and np.array_equal(array.ravel(), np.arange(array.size)):
        text = f"np.arange({array.size})" if array.dtype == int else f"np.arange({array.size}, dtype={dtype})"
        return text if array.ndim == 1 else f"{text}.reshape({shape})"
    return None
