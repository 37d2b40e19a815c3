"""A recorded program as a module of its own, which needs only NumPy and gives the same bits."""

from __future__ import annotations

import ast
import base64
import inspect
import sys
import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from autograd.memory import memory
from autograd.primitive import Primitive
from autograd.program.emit import array_source, dtype_source

DATA = '''def data(text, dtype):
    """An array from its compressed bytes."""
    return np.frombuffer(zlib.decompress(base64.b85decode(text)), dtype).copy()


'''


def module(source: str, title: str, objects: dict[str, Any], given: list[tuple[str, np.ndarray]]) -> str:
    """The text of a module with the program, the objects that it names, and the arrays that it is bound to.

    Raises ValueError for a function whose source cannot be copied.
    """
    imports, rest = source.split("\n", 1)
    definitions: dict[str, str] = {}
    arrays = []
    for name, x in objects.items():
        if isinstance(x, np.ndarray):
            arrays.append(f"{name} = {_written(x)}")
        else:
            _define(name, x, definitions, f"the program calls {name}")
    head = [f'"""{title}"""\n', *sorted({"import base64", "import zlib", *_imports(definitions)}), "", imports, "", ""]
    body = "\n\n\n".join(definitions.values())
    lines = [*head, DATA.rstrip("\n"), "", "", *([body, "", ""] if body else []), *arrays]
    return "\n".join([*lines, rest.strip("\n"), "", "", *_bound(given), ""])


def _bound(given: list[tuple[str, np.ndarray]]) -> Iterator[str]:
    """The arrays that the program is bound to, those of one memory as views of it, and the step."""
    owners: dict[int, str] = {}
    for name, array in given:
        whole = memory(array)
        if id(whole) not in owners:
            owners[id(whole)] = f"memory{len(owners) + 1}"
            bytes_of = np.frombuffer(whole.tobytes("A"), np.uint8)
            yield f"{owners[id(whole)]} = {_written(bytes_of)}"
        offset = array.__array_interface__["data"][0] - whole.__array_interface__["data"][0]
        form = f"{array.shape}, {dtype_source(array.dtype)}"
        yield f"{name} = np.ndarray({form}, {owners[id(whole)]}, {offset}, {array.strides})"
    yield f"step = bind({', '.join(name for name, _ in given)})"


def _written(array: np.ndarray) -> str:
    """An array as an expression."""
    text = array_source(array)
    if text is None:
        packed = base64.b85encode(zlib.compress(array.tobytes(), 9)).decode()
        text = f'data("{packed}", {dtype_source(array.dtype)})'
        if array.ndim != 1:
            text += f".reshape({array.shape})"
    return text


def _imports(definitions: dict[str, str]) -> set[str]:
    found = {text for text in definitions.values() if text.startswith(("import ", "from "))}
    for name in [name for name, text in definitions.items() if text in found]:
        del definitions[name]
    return found


def _define(name: str, x: Any, known: dict[str, str], why: str, around: Any = None) -> None:
    """Adds the definition of a global object, after those of what it needs; `around` is the module that names it."""
    if isinstance(x, Primitive):
        x = x.forward
    if name in known:
        return
    if inspect.ismodule(x):
        if x.__name__.split(".")[0] not in {*sys.stdlib_module_names, "numpy"}:
            raise ValueError(f"{why}, of {x.__name__}: a saved program can use NumPy and Python's own library only")
        if x is not np:
            known[name] = f"import {x.__name__} as {name}" if x.__name__ != name else f"import {name}"
        return
    if x is None or isinstance(x, int | float | str | bool):
        known[name] = f"{name} = {x!r}"
        return
    if isinstance(x, np.ufunc) and x is vars(np).get(getattr(x, "__name__", "")):
        known[name] = f"{name} = np.{getattr(x, '__name__', '')}"
        return
    origin = getattr(x, "__module__", None) or ""
    if inspect.isbuiltin(x) and origin in sys.stdlib_module_names:
        known[name] = f"from {origin} import {x.__name__}" + (f" as {name}" if name != x.__name__ else "")
        return
    function = inspect.unwrap(x) if callable(x) else x
    where = sys.modules.get(getattr(function, "__module__", None) or "", around)
    if where is None or getattr(function, "__closure__", None) or "<lambda>" in getattr(function, "__name__", ""):
        raise ValueError(f"{why}, whose source cannot be copied: give it a name of its own, at the top of a module")
    node = _top_level(where, getattr(function, "__name__", name), name)
    if node is None:
        raise ValueError(f"{why}, which is not defined at the top of {where.__name__}")
    needed = sorted({n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)})
    known[name] = ""  # it may need itself
    for other in needed:
        if other in vars(where) and other != name:
            _define(other, vars(where)[other], known, f"{name} uses {other}", where)
    text = known.pop(name) or ast.unparse(node)
    own = getattr(node, "name", name)
    known[name] = text + (f"\n\n\n{name} = {own}" if own != name else "")


def _top_level(where: Any, *names: str) -> Any:
    """The statement that defines a name in a module, without annotations and decorators."""
    for node in ast.parse(inspect.getsource(where)).body:
        if isinstance(node, ast.FunctionDef) and node.name in names:
            node.decorator_list, node.returns = [], None
            for argument in ast.walk(node.args):
                if isinstance(argument, ast.arg):
                    argument.annotation = None
            return node
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id in names for t in node.targets):
            return node
    return None
