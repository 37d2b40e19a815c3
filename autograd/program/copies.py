"""Functions, numbers and arrays as source, for a module that is to stand alone."""

from __future__ import annotations

import ast
import base64
import builtins
import ctypes
import dis
import inspect
import keyword
import random
import sys
import textwrap
import zlib
from collections.abc import Iterator, Sequence
from types import CodeType, FunctionType
from typing import Any

import numpy as np
from numpy import ndarray
from numpy.lib.array_utils import byte_bounds

from autograd.primitive import Primitive
from autograd.program.emit import array_source, dtype_source, number_source

RANDOM = ", and the state of a random generator cannot be copied: hand the numbers in as an argument of f"


class Names:
    """What a module defines for its program: each thing once, under a name that nothing else in the module has."""

    def __init__(self, objects: dict[str, Any], taken: set[str]) -> None:
        self.known = {name: _forward(x) for name, x in objects.items()}
        self.taken = {*taken, *keyword.kwlist, *dir(builtins)}
        self.texts: dict[str, str] = {}  # the definitions, after those of what they need

    def free(self, wanted: str) -> str:
        """A name like this that nothing has yet."""
        name, n = wanted, 1
        while name in self.taken:
            n += 1
            name = f"{wanted}{n}"
        self.taken.add(name)
        return name

    def own(self, function: Any) -> str:
        """The name of a function of the library's."""
        return self.name(function, function.__name__, function.__name__, {})

    def name(self, x: Any, wanted: str, why: str, around: dict[str, Any]) -> str:
        """The name of an object, which is defined if need be; `around` are the globals where it is called `wanted`."""
        x = _forward(x)
        if x is np:
            return "np"
        common = x is None or isinstance(x, int | float | str)  # one object for many purposes, so known by its name
        name = next((name for name, y in self.known.items() if y is x and (name == wanted or not common)), None)
        if name is None:
            name = self.free(wanted)
            self.known[name] = x
        self.define(name, why, wanted, around)
        return name

    def define(self, name: str, why: str, wanted: str = "", around: dict[str, Any] | None = None) -> None:
        """Writes the definition of a known object, unless it is there."""
        if name not in self.texts:
            self.texts[name] = ""  # it may need itself
            text = self.text(name, self.known[name], why, wanted, around or {})
            del self.texts[name]
            self.texts[name] = text

    def text(self, name: str, x: Any, why: str, wanted: str, around: dict[str, Any]) -> str:
        """A definition."""
        if any(map(_generator, (x, getattr(x, "__self__", None)))):
            raise ValueError(why + RANDOM)
        if inspect.ismodule(x):
            self.allow(x.__name__, why=why)
            return f"import {x.__name__}" + (f" as {name}" if name != x.__name__ else "")
        own = getattr(x, "__name__", "")
        origin = getattr(x, "__module__", None) or ("numpy" if isinstance(x, np.ufunc) else "")  # NumPy 2.0 tells none
        if _standard(origin) and getattr(sys.modules.get(origin), own, None) is x:
            return f"from {origin} import {own}" + (f" as {name}" if name != own else "")
        if isinstance(x, np.ufunc | np.vectorize):
            return f"{name} = {self.assigned(wanted or name, why, around)}"
        function = inspect.unwrap(x, stop=inspect.isfunction) if callable(x) else None  # of a cache, say
        if isinstance(function, FunctionType):
            return self.function(name, function, why)
        return f"{name} = {self.value(x, why)}"

    def allow(self, *modules: str, why: str) -> None:
        """Raises ValueError for a module that is not Python's or NumPy's."""
        for name in modules:
            if not _standard(name):
                raise ValueError(f"{why}, of {name}: a saved program can use NumPy and Python's own library only")

    def function(self, name: str, f: FunctionType, why: str) -> str:
        """A function's source, with the names and the defaults that it has here."""
        node, codes = _source(f), list(_codes(f.__code__))
        if node is None or any(isinstance(part, ast.Global | ast.Nonlocal) for part in ast.walk(node)):
            raise ValueError(f"{why}, whose source cannot be copied: write it as a function of its own, by `def` in a "
                             "file, that changes no variables but its own")  # fmt: skip
        self.allow(*_named(codes, "IMPORT_NAME"), why=why)
        around = dict(f.__globals__)
        for variable, cell in zip(f.__code__.co_freevars, f.__closure__ or (), strict=True):
            around[variable] = cell.cell_contents
        local = {variable for code in codes for variable in (*code.co_varnames, *code.co_cellvars)}
        renamed = {}
        for used in sorted({*_named(codes, "GLOBAL", "LOAD_NAME"), *f.__code__.co_freevars} & around.keys()):
            renamed[used] = new = self.name(around[used], used, f"{name} uses {used}", around)
            if used != new and {used, new} & local:
                raise ValueError(f"{why}, where {used} is the name of two things: give them names of their own")
        for part in ast.walk(node):
            if isinstance(part, ast.Name):
                part.id = renamed.get(part.id, part.id)
            elif isinstance(part, ast.FunctionDef):
                part.returns = None
            elif isinstance(part, ast.arg):
                part.annotation = None
        node.name, node.decorator_list = name, []
        kept, given = f.__kwdefaults__ or {}, node.args
        given.defaults = [self.default(x, name) for x in f.__defaults__ or ()]
        given.kw_defaults = [self.default(kept[a.arg], name) if a.arg in kept else None for a in given.kwonlyargs]
        return ast.unparse(node)

    def default(self, x: Any, function: str) -> ast.expr:
        return ast.parse(self.part(x, f"{function} has the default {x!r}"), mode="eval").body

    def part(self, x: Any, why: str) -> str:
        """An expression for what stands in something else."""
        known_by_name = callable(x) or type(x) is object
        return self.name(x, getattr(x, "__name__", "missing"), why, {}) if known_by_name else self.value(x, why)

    def value(self, x: Any, why: str) -> str:
        """An expression for what is not a function."""
        if x is None or x is ... or type(x) in (bool, int, str, slice):
            return repr(x)
        if type(x) is float:
            return number_source(x)
        if isinstance(x, np.generic) and x.dtype.kind in "fiu" and x.itemsize <= 8:
            return f"{any_dtype(x.dtype)}({number_source(x.item())})"
        if isinstance(x, np.generic):
            return f"{self.array(np.asarray(x))}[()]"
        if type(x) is ndarray:
            return self.array(x)
        if type(x) is dict:
            return f"dict({self.part(list(x.items()), why)})"
        if type(x) in (list, tuple):
            items = ", ".join(self.part(y, why) for y in x)
            return f"[{items}]" if type(x) is list else f"({items}{',' * (len(x) == 1)})"
        if type(x) is object:
            return "object()"
        raise ValueError(f"{why}, a {type(x).__name__}, which cannot be copied")

    def assigned(self, name: str, why: str, around: dict[str, Any]) -> str:
        """What a name is set to at the top of a module: of a ufunc of the user's own NumPy does not tell."""
        try:
            nodes = ast.parse(inspect.getsource(sys.modules[around["__name__"]])).body
        except (KeyError, OSError, TypeError):
            nodes = []
        for node in nodes:
            if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == name for t in node.targets):
                for part in ast.walk(node.value):
                    if isinstance(part, ast.Name) and part.id in around:
                        part.id = self.name(around[part.id], part.id, f"{name} uses {part.id}", around)
                return ast.unparse(node.value)
        raise ValueError(f"{why}, which is not defined at the top of a file")

    def array(self, x: ndarray) -> str:
        """An array."""
        low, high = byte_bounds(x)
        return array_source(x) or view(x, self.packed(low, high), low)

    def packed(self, low: int, high: int) -> str:
        """The memory between two addresses."""
        text = base64.b85encode(zlib.compress(ctypes.string_at(low, high - low), 9)).decode()
        return f'{self.own(unpacked)}("{text}"{f", {low % 64}" if low % 64 else ""})'


def _forward(x: Any) -> Any:
    return x.forward if isinstance(x, Primitive) else x


def _standard(name: str) -> bool:
    """Is this a module of Python's or NumPy's?"""
    return name.split(".")[0] in {*sys.stdlib_module_names, "numpy"}


def _generator(x: Any) -> bool:
    return isinstance(x, random.Random) or type(x).__module__.startswith("numpy.random.")


def _codes(code: CodeType) -> Iterator[CodeType]:
    """The code of a function and of those in it."""
    yield code
    for x in code.co_consts:
        if isinstance(x, CodeType):
            yield from _codes(x)


def _named(codes: Sequence[CodeType], *kinds: str) -> Iterator[str]:
    """What instructions of these kinds name."""
    for code in codes:
        yield from (i.argval for i in dis.get_instructions(code) if any(kind in i.opname for kind in kinds))


def _source(f: FunctionType) -> ast.FunctionDef | None:
    """The definition of a function, if it is to be had."""
    try:
        node = ast.parse(textwrap.dedent(inspect.getsource(f.__code__))).body[0]
    except (OSError, TypeError, SyntaxError):
        return None
    return node if isinstance(node, ast.FunctionDef) and node.name == f.__code__.co_name else None


def view(array: ndarray, memory: str, start: int) -> str:
    """An array of memory that starts at an address."""
    offset = array.__array_interface__["data"][0] - start
    form = "" if offset == 0 and array.flags.c_contiguous else f", {offset}, {array.strides}"
    return f"np.ndarray({array.shape}, {any_dtype(array.dtype)}, {memory}{form})"


def any_dtype(dtype: np.dtype) -> str:
    if dtype.hasobject or dtype.names:
        raise ValueError(f"an array of {dtype} cannot be copied")
    return dtype_source(dtype) if dtype.kind in "biufc" else f'np.dtype("{dtype.str}")'


def unpacked(text: str, start: int = 0) -> ndarray:
    """The bytes that were packed in a text, so many bytes after a multiple of 64, as they were."""
    packed = np.frombuffer(zlib.decompress(base64.b85decode(text)), np.uint8)
    room = np.empty(packed.size + 64, np.uint8)
    start = (start - room.__array_interface__["data"][0]) % 64
    room[start : start + packed.size] = packed
    return room[start : start + packed.size]
