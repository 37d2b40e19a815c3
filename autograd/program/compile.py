"""compile: a function as the NumPy program that it consists of, recorded once and replayed."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from os import PathLike
from pathlib import Path
from threading import Lock, get_ident
from typing import Any

import numpy as np
from numpy import ndarray

from autograd.arguments import explained, function_of
from autograd.arrays import StandIn, plain
from autograd.containers import leaves, mapped
from autograd.errors import describe
from autograd.files import write
from autograd.graph import Value
from autograd.program.calls import layout
from autograd.program.observed import Function, Update
from autograd.program.recorder import is_input
from autograd.program.replay import Recording
from autograd.program.save import module
from autograd.program.summary import Summary
from autograd.recording import recording

MOST = 16  # programs that are kept for one function


def compile(f: Function, wrt: Value | Iterable[Value] = ()) -> Program:
    """The NumPy program that f consists of, recorded at the first call for each signature of the arguments.

    f     a function of arrays, Tensors and containers of them; what it returns comes back as arrays
    wrt   leaf Tensors: f then returns one number as a Tensor, or a tuple that begins with it, and a call leaves the
          gradients in their .grad, as f(...).backward() does; their data move into one vector

    Results equal those of f bit for bit.  Arrays and Tensors that f uses from outside are read anew in every call;
    Python numbers, and what f computes with NumPy from arrays of its own, are fixed when it is recorded.  What would
    turn a value into a Python one while recording (`if`, float(), .item()) raises TypeError and says what to write.

    >>> import autograd, numpy as np
    >>> slope = autograd.compile(autograd.grad(lambda x: (x**3).sum()))
    >>> print(slope(np.array([1.0, 2.0])))
    [ 3. 12.]
    """
    return Program(f, wrt)


class Program:
    """A function that runs as recorded; see compile."""

    @explained
    def __init__(self, f: Function, wrt: Value | Iterable[Value] = (), update: Update | None = None) -> None:
        self.f, self.update = function_of("compile: f", f), update
        self.wrt = [wrt] if isinstance(wrt, Value) else wrt if isinstance(wrt, list) and update else list(wrt)
        for i, p in enumerate(self.wrt):
            if not (isinstance(p, Value) and (p.requires_grad or update) and p.primitive is None):
                raise ValueError(f"wrt[{i}]: expected a leaf Tensor that requires a gradient, got {describe(p)}")
            if any(p is q for q in self.wrt[:i]):
                raise ValueError(f"wrt[{i}]: {describe(p)} was given twice")
        self.recordings: list[tuple[Any, Recording]] = []  # with their signatures, the one used last at the end
        self.last: Recording | None = None
        self.count = 0  # of the recordings made
        self.lock, self.owner = Lock(), 0  # the thread that it runs in
        self.__name__ = f"compile({getattr(f, '__name__', 'f')})"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        mode, thread = recording(), get_ident()
        if (mode is True or (mode is False and not self.wrt)) and self.owner != thread:  # it may call itself
            with self.lock:
                self.owner = thread
                try:
                    last = self.last
                    if last is not None and not kwargs and last.fits(args):
                        return last.replay(args)
                    if not any(map(_in_graph, leaves((args, kwargs)))):
                        last = self.last = self.suited(args, kwargs)
                        last.adopt()
                        return last.run(_arrays(args, kwargs))
                finally:
                    self.owner = 0
        return self.eagerly(args, kwargs)

    def eagerly(self, args: tuple, kwargs: dict[str, Any]) -> Any:
        """f itself: under debug(), within another recording, or on Tensors that have a graph of their own."""
        result = self.f(*args, **kwargs)
        if not self.wrt:
            return result
        loss = result[0] if isinstance(result, tuple) else result
        if self.update:
            for p in self.wrt:
                p.grad = None
        loss.backward()
        if self.update:
            self.update.eagerly()
        return mapped(lambda path, x: x.array.copy() if isinstance(x, Value) else x, result)

    def suited(self, args: tuple, kwargs: dict[str, Any]) -> Recording:
        """The recording for these arguments: one that there is, or a new one."""
        key = signature(args, kwargs)
        for i, (known, program) in enumerate(self.recordings):
            if known == key and program.holds():
                self.recordings.append(self.recordings.pop(i))
                return program
        self.count += 1
        if self.count % MOST == 0:
            warnings.warn(
                f"{self.__name__} was recorded {self.count} times, which takes longer than to call f itself: the "
                "shapes, dtypes or Python values of its arguments, or attributes of modules that it uses, change",
                stacklevel=3,
            )
        new = Recording(self.f, args, kwargs, self.wrt, self.update)
        self.recordings = [*self.recordings[1 - MOST :], (key, new)]
        return new

    def __repr__(self) -> str:
        return f"<program {self.__name__}, {self.count} recorded>"

    @property
    def source(self) -> str:
        """The program of the last call, as NumPy source."""
        return self.latest().source

    @explained
    def save(self, path: str | PathLike[str]) -> Path:
        """Writes the program of the last call as a module that needs only NumPy; its step() gives the same bits.

        step() takes the arrays and floats of the call, one by one, and raises ValueError for other shapes and dtypes;
        that of nn.compile_step takes the learning rate last, by default what it is now.  Beside it `arrays` holds what
        the program is bound to, as it is now, and `gradients` where it leaves those of `wrt`.  (`.source` alone is no
        module to run: somebody has to hand these arrays to its bind().)

        Raises ValueError for what cannot be copied: a function without source of its own, such as a lambda, that is
        called as it is; a module other than Python's and NumPy's; and a random generator.

        >>> import autograd, numpy as np, runpy, tempfile
        >>> slope = autograd.compile(autograd.grad(lambda x: (x**3).sum()))
        >>> print(slope(np.array([1.0, 2.0])))
        [ 3. 12.]
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     saved = runpy.run_path(slope.save(folder + "/slope.py"))
        >>> print(saved["step"](np.array([3.0, 4.0])))
        [27. 48.]
        """
        last = self.latest()
        with self.lock:
            same = all((t.shape, t.dtype) == (a.shape, a.dtype) for t, a in last.tensors)
            if not same or not all(flat.fits() for flat in last.flats):
                raise ValueError(f"{self.__name__}: shapes of Tensors have changed since the last call: call it again")
            last.adopt()
            others = last.update.before(last.flats) if last.update else {}
            numbers = [others[name] for name in last.numbers]
            kinds = next(key for key, known in self.recordings if known is last)[1]
            takes = [kind for kind in kinds if isinstance(kind, type) or isinstance(kind[-2], np.dtype)]
            title = f"A program recorded by glassgrad from {getattr(self.f, '__name__', 'f')}."
            text = module(last.source, title, last.objects, last.given(), takes, last.handed, numbers)
        return write(path, text.encode())

    def summary(self) -> Summary:
        """The operations, arithmetic and buffers of the program of the last call."""
        return self.latest().summary

    def latest(self) -> Recording:
        """The recording of the last call."""
        if self.last is None:
            raise ValueError(f"{self.__name__}: nothing has been recorded yet: call it once")
        return self.last


def signature(args: tuple, kwargs: dict[str, Any]) -> Any:
    """What a program depends on besides values: shapes, dtypes and layouts, and Python values themselves."""
    return repr(mapped(lambda path, x: 0, (args, kwargs))), tuple(map(_kind, leaves((args, kwargs))))


def _kind(x: Any) -> Any:
    if isinstance(x, Value):
        return Value, *_kind(x.array)
    if isinstance(x, ndarray):
        plain(x, "compile")  # complains about what is not made of real numbers
        if type(x) is not ndarray and not isinstance(x, np.memmap):
            raise TypeError(f"compile: expected an array, got {type(x).__name__}, whose operators may be its own: hand "
                            "in np.asarray(x)")  # fmt: skip
        return x.shape, x.dtype, layout(x)
    if is_input(x):
        return type(x)
    if isinstance(x, np.generic):
        return type(x), x.tobytes()
    try:
        hash(x)
    except TypeError:
        raise TypeError(f"compile: expected arrays, Tensors, numbers or constants, got {describe(x)}") from None
    return type(x), x


def _in_graph(x: Any) -> bool:
    """Has an argument a graph of its own, so that f is to be in it?"""
    return isinstance(x, StandIn) or (isinstance(x, Value) and x.requires_grad)


def _arrays(args: tuple, kwargs: dict[str, Any]) -> list[Any]:
    """What a recorded step takes: the arrays among the arguments, and the floating numbers."""
    return [x for x in (x.array if isinstance(x, Value) else x for x in leaves((args, kwargs))) if is_input(x)]
