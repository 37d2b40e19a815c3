"""A planned program as NumPy source: views and buffers made once, then a line for every operation."""

from __future__ import annotations

import builtins
import keyword
import operator
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

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
NUMBERS = {0.0: "zero", 1.0: "one", 2.0: "two", 0.5: "half", -1.0: "minus_one"}
BLOCKS = '''def blocks(array, rows):
    """The array in pieces of so many rows, which stay in the cache from one operation to the next."""
    return [array[i : i + rows] for i in range(0, len(array), rows)]


'''


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
        self.once: list[str] = []  # the lines of bind
        self.every: list[tuple[str, Call | None]] = []  # those of step, and the calls that they are for
        self.numbers: dict[Any, str] = {}  # and other constants, by what they are
        self.expressions: dict[str, str] = {}  # what has a name already: views of what stays where it is
        self.buffers: dict[Any, str] = {}  # the first name of a slot, and of a slot in some shape and layout
        self.titles: dict[str, str] = {}
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
            if plan.runs.get(call) is not None:
                if plan.runs[call] is not run:
                    run = plan.runs[call]
                    self.run(run)
                continue
            if run is not None and call in run.others:
                continue
            if comments and call.phase != phase:
                phase = call.phase
                self.every += [("", None), (f"# {phase}", None)]
            self.line(call)
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
        lines = ["import numpy as np", "", ""]
        if self.plan.runs:
            lines += BLOCKS.splitlines()
        lines += [f"def bind({', '.join(self.given)}):", f'    """{title}"""']
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
        if isinstance(x, np.generic):
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
        for name, known in self.objects.items():
            if known is x:
                return name
        name = self.free(path[-1] if path[-1].isidentifier() else "function")
        self.objects[name] = x
        return name

    def constant(self, v: Var) -> str:
        array = np.asarray(v.array)
        if not array.ndim and array.dtype.kind in "fiub" and array.dtype.isnative and array.dtype.itemsize <= 8:
            return self.number(array)
        key = array.dtype, array.shape, array.strides, array.tobytes()
        if key in self.numbers:
            return self.numbers[key]
        text = array_source(array)
        name = self.numbers[key] = self.free(v.name or (re.split(r"[(.]", text)[1] if text else "constant"))
        if text is None:
            self.objects[name] = array
        else:
            self.once.append(f"{name} = {text}")
        return name

    def number(self, value: np.ndarray) -> str:
        """A number as an array without axes, in the dtype that is computed in: the quickest operand."""
        key = value.dtype, value.tobytes()
        if key not in self.numbers:
            x = value.item()
            name = self.numbers[key] = self.free("c" if isinstance(x, bool) else NUMBERS.get(x, "c"))
            text = str(value) if value.dtype.kind == "f" and np.isfinite(value) else number_source(x)
            self.once.append(f"{name} = np.array({text}, {dtype_source(value.dtype)})")
        return self.numbers[key]

    # Memory.

    def home(self, v: Var) -> str:
        """The name of the buffer that v is written to, made where it is not there yet."""
        slot, array, title = self.plan.slots[v], np.asarray(v.array), self.title(v)
        make = slot, array.shape, array.dtype, array.strides
        shown = (
            x
            for x in (v.call.inputs() if v.call else ())
            if x.base is not None and self.plan.slots.get(root(x)) is slot
        )
        if same := next((x for x in shown if not title and alike(x, array)), None):
            name = self.names[same]
        elif slot.given:
            name = self.stores[slot]
        elif make in self.buffers and self.titles[self.buffers[make]] == title:
            name = self.buffers[make]
        else:
            first = self.buffers.get(slot)
            text = self.buffers.get(make) or (
                empty_source(array) if first is None else view_source(first, slot.first.array, array)
            )
            name = self.expressions.get(text) or self.free(title or "t")
            if text not in self.expressions:
                self.once.append(f"{name} = {text}")
            self.buffers.setdefault(slot, name)
            self.buffers.setdefault(make, name)
            self.titles[name] = title
        self.names[v] = name
        return name

    def stable(self, v: Var) -> bool:
        """Is the memory of v the same in every run?"""
        return root(v) in self.plan.slots or root(v).kind in ("tensor", "array", "constant")

    # Lines.

    def line(self, call: Call) -> None:
        """The line, or lines, for a call."""
        if call.kind == "check":
            self.add(call, f"{self.named(call.function)}({self.arguments(call)})")
        elif call.kind == "store":
            self.add(call, f"np.copyto({self.stores[call]}, {self.ref(call.args[0])})")
        elif call.target is not None:
            self.changed(call, call.target, call.out[0])
        elif call.out[0] in self.plan.slots:
            self.add(call, self.stored(call, call.out[0]))
        elif call.out[0].path:
            name = self.free("parts")
            for v in call.out:
                self.names[v] = self.free(v.name or "t")
            self.every.append((f"{name} = {self.expression(call)}  # {call.label}", call))
            for v in call.out:
                self.every.append((f"{self.names[v]} = {name}{''.join(f'[{i}]' for i in v.path)}", None))
        elif call.out[0].base is not None and all(map(self.stable, call.inputs())):
            self.names[call.out[0]] = self.view(call)
        else:
            text, v = self.expression(call), call.out[0]
            if text.endswith(".T") and self.uses[v] == 1:
                self.names[v] = text
                return
            self.names[v] = self.free(self.title(v) or "t")
            self.add(call, f"{self.names[v]} = {text}")

    def add(self, call: Call, text: str) -> None:
        shape = f" {call.out[0].shape}" if call.out and call.out[0].shape else ""
        comment = f"  # {call.label}{shape}" if call.label and call.kind not in ("check", "store") else ""
        if call.errors:
            self.every.append((f"with np.errstate({', '.join(f'{k}={v!r}' for k, v in call.errors.items())}):", call))
            text = f"    {text}"
        self.every.append((text + comment, call))
        if call.kind == "opaque" or (call.kind == "getitem" and self.masked(call)):
            for v in call.out:
                self.every.append((f"{self.named(as_recorded)}({self.names[v]}, {v.shape})", call))

    def masked(self, call: Call) -> bool:
        """Does the shape of a result depend on how many entries of a mask are True?"""
        return any(v.array.dtype == bool for v in call.inputs()[1:])

    def view(self, call: Call) -> str:
        """A view of what stays where it is: made once."""
        text = self.expression(call)
        if text not in self.expressions:
            name = call.out[0].name or f"{self.ref(call.args[0])}_{'T' if text.endswith('.T') else 'view'}"
            self.expressions[text] = self.free(name)
            self.once.append(f"{self.expressions[text]} = {text}")
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
        if call.kind == "setitem":
            self.add(call, f"{name}[{self.index(call.args[0])}] = {self.ref(call.args[1])}")
        elif call.kind == "at":
            self.add(call, f"{self.named(call.function)}.at({', '.join([name, *map(self.ref, call.args)])})")
        else:
            quick = call.kind == "ufunc" and call.function not in KEYWORD_OUT and not call.kwargs
            out = name if quick else f"out={name}"
            self.add(call, f"{self.named(call.function)}({self.arguments(call)}, {out})")

    def stored(self, call: Call, v: Var) -> str:
        """A call whose result goes to a buffer."""
        function = f".{call.function}" if call.kind == "method" else self.named(call.function)
        if call.kind == "ufunc":
            return self.ufunc(call, self.operands(call), self.home(v))
        if call.kind == "method":
            x, *rest = (self.ref(x) for x in call.args)
            return (
                f"{x}.dot({rest[0]}, {self.home(v)})"
                if function == ".dot"
                else f"np.copyto({self.home(v)}, {x}{self.unsafe(call)})"
            )
        if call.kind == "reduce":
            extra = {name: x for name, x in call.kwargs.items() if name not in ("axis", "dtype", "keepdims")}
            given = [self.ref(x) for x in (call.args[0], call.kwargs.get("axis", 0), call.kwargs.get("dtype"))]
            given += [self.home(v), *(["True"] if call.kwargs.get("keepdims") else [])]
            given += [f"{name}={self.ref(x)}" for name, x in extra.items()]
            return f"{function}({', '.join(given)})"
        return f"{function}({self.arguments(call)}, out={self.home(v)})"

    def unsafe(self, call: Call) -> str:
        return "" if np.asarray(call.args[0].array).dtype == call.out[0].array.dtype else ', "unsafe"'

    def ufunc(self, call: Call, operands: list[str], out: str) -> str:
        out = f"out={out}" if call.function in KEYWORD_OUT or call.kwargs else out
        others = [f"{name}={self.ref(x)}" for name, x in call.kwargs.items()]
        return f"{self.named(call.function)}({', '.join([*operands, out, *others])})"

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
        """The one number that a constant operand is full of, if the shape of the result does not need it."""
        if not isinstance(x, Var) or x.kind != "constant" or not x.shape or not np.size(x.array):
            return None
        first = x.array.flat[0]
        others = [np.shape(y.array) for y in call.inputs() if y is not x]
        full = x.array.dtype.kind == "f" and bool((x.array == first).all()) and first != 0
        return np.asarray(first) if full and np.broadcast_shapes(*others) == call.out[0].shape else None

    def expression(self, call: Call) -> str:
        """A call whose result is a new array, or a view."""
        if call.kind == "getitem":
            return f"{self.ref(call.args[0])}[{self.index(call.args[1])}]"
        if call.kind == "method":
            x, rest = self.ref(call.args[0]), self.arguments(call, 1)
            whole = call.function == "transpose" and rest in ("", "None")
            return f"{x}.T" if whole else f"{x}.{call.function}({rest})"
        if call.kind == "ufunc" and call.function in OPERATORS and self.numeric(call):
            return f" {OPERATORS[call.function]} ".join(map(self.ref, call.args))
        if call.kind == "python":
            symbol = OPERATORS[call.function]
            operands = [self.ref(x) for x in call.args]
            operands = [f"({x})" if x.startswith("-") else x for x in operands]
            return f" {symbol} ".join(operands) if len(operands) == 2 else symbol.format(*operands)
        if call.kind == "ufunc":
            others = [f"{name}={self.ref(x)}" for name, x in call.kwargs.items()]
            return f"{self.named(call.function)}({', '.join([*self.operands(call), *others])})"
        return f"{self.named(call.function)}({self.arguments(call)})"

    def numeric(self, call: Call) -> bool:
        """Is this arithmetic with NumPy's numbers, which Python's operators do at once?"""
        made = [isinstance(x, Var) and x.kind == "result" and isinstance(x.array, np.ndarray) for x in call.args]
        return call.out[0].number and not call.kwargs and call.out[0].array.dtype.kind == "f" and any(made)

    def arguments(self, call: Call, start: int = 0) -> str:
        given = [self.ref(x) for x in call.args[start:]]
        return ", ".join([*given, *(f"{name}={self.ref(x)}" for name, x in call.kwargs.items())])

    def index(self, index: Any) -> str:
        """An index as one writes it: 1:, None."""
        items = index if isinstance(index, tuple) else (index,)
        parts = []
        for x in items:
            if isinstance(x, slice):
                text = ":".join("" if y is None else self.ref(y) for y in (x.start, x.stop))
                parts.append(text + (f":{self.ref(x.step)}" if x.step is not None else ""))
            else:
                parts.append(self.ref(x))
        return ", ".join(parts) + ("," if isinstance(index, tuple) and len(items) == 1 else "") if parts else "()"

    # Blocks.

    def run(self, run: Run) -> None:
        """A loop over blocks, in which the calls of a run follow one another."""
        for call in run.others:
            self.line(call)
        loop: dict[str, str] = {}  # the lists of blocks, by the name of a block
        body: list[tuple[str, Call]] = []

        def ref(x: Any) -> str:
            return self.block(x, run, loop) if isinstance(x, Var) and self.is_cut(x, run) else self.ref(x)

        for call in run.calls:
            line = self.ufunc(call, self.operands(call, ref), self.block(call.out[0], run, loop))
            body.append((f"{line}  # {call.label}" if call.label else line, call))
        lists = ", ".join(loop.values())
        self.every.append((f"for {', '.join(loop)} in zip(", None))
        self.every += [(f"    {lists}, strict=True", None), ("):", None)]
        self.every += [(f"    {text}", call) for text, call in body]

    def is_cut(self, x: Var, run: Run) -> bool:
        """Is an operand as long as the run, so that it is cut into blocks?"""
        own = np.shape(x.array)
        return len(own) == len(run.shape) and own[0] == run.shape[0] and np.size(x.array) > 1

    def block(self, v: Var, run: Run, loop: dict[str, str]) -> str:
        """The name of a block of v, whose list of blocks is put into the loop."""
        slot = self.plan.slots.get(v)
        array = np.asarray(v.array)
        zeros = v.kind == "constant" and not array.any() and not np.signbit(array).any()
        if zeros or (slot is not None and slot.run is run):
            key = ("zeros", array.dtype, run) if zeros else (slot, run)
            if key not in self.buffers:
                base = self.free("zeros" if zeros else self.title(v) or "t")
                shape = (run.rows,) if run.flat else (run.rows, *run.shape[1:])
                rest = run.length % run.rows
                first = self.free(f"{base}_block")
                text = (
                    array_source(np.zeros(shape, array.dtype)) if zeros else empty_source(np.empty(shape, array.dtype))
                )
                self.once.append(f"{first} = {text}")
                last = f" + [{first}[:{rest}]]" if rest else ""
                self.once.append(f"{base}_blocks = [{first}] * {run.length // run.rows}{last}")
                self.taken.add(f"{base}_blocks")
                self.buffers[key] = base
            base = self.buffers[key]
            if not zeros:
                self.names[v] = base
        else:
            name = self.names[v] if v in self.names else self.home(v) if slot is not None else self.handed_out(v)
            base, text = name, f"blocks({name}{'' if array.ndim == 1 or not run.flat else '.reshape(-1)'}, {run.rows})"
            cut: Any = (name, text if self.stable(v) else run)
            if cut not in self.buffers:
                self.buffers[cut] = self.free(f"{name}_blocks")
                line = f"{self.buffers[cut]} = {text}"
                if self.stable(v):
                    self.once.append(line)
                else:
                    self.every.append((line, None))
            loop[f"{base}_i"] = self.buffers[cut]
            return f"{base}_i"
        loop[f"{base}_i"] = f"{base}_blocks"
        return f"{base}_i"

    def handed_out(self, v: Var) -> str:
        """The name of a result, which is to be a new array in every run."""
        if v.kind != "result" or v.base is not None:
            return self.ref(v)
        self.names[v] = name = self.free(v.name or "t")
        self.every.append((f"{name} = {empty_source(np.asarray(v.array))}", None))
        return name


def dtype_source(dtype: np.dtype) -> str:
    if not dtype.isnative:
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
