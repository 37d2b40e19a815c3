"""Traced: an array that writes down every NumPy call made with it, while it computes as usual.

A Traced takes the place of an array while a function runs.  Forwards and rules cannot tell it from an array: NumPy
hands every call with a Traced in it to the recorder, which computes it and writes it down.  What would turn an array
into a Python value (`if`, float(), .item()) would freeze that value in the program, and raises.
"""

from __future__ import annotations

import operator
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy import ndarray
from numpy.lib.mixins import NDArrayOperatorsMixin

from autograd.arrays import StandIn
from autograd.graph import Value
from autograd.program.calls import Var, concrete


class Frozen(TypeError):
    """Something needs the values of an array now, and a recorded program has them only when it runs."""


class Traced(StandIn, NDArrayOperatorsMixin):
    """An array, or a number, while a program is recorded."""

    __slots__ = ("node", "number", "recorder", "value")

    def __init__(self, recorder: Any, node: Var, number: bool | None = None) -> None:
        self.recorder = recorder
        self.be(node)
        self.number = node.number if number is None else number  # is it a NumPy scalar here?

    def be(self, node: Var) -> None:
        """From here on it is this value of the program."""
        self.node, self.value = node, concrete(node)

    @property  # so that isinstance() says of it what it says of the array
    def __class__(self) -> Any:
        return type(self._array[()]) if self.number else type(self.value)

    @__class__.setter
    def __class__(self, kind: Any) -> None:
        raise TypeError("a recorded array stays one")

    _array = property(lambda self: np.asarray(self.value))
    shape = property(lambda self: np.shape(self.value))
    ndim = property(lambda self: np.ndim(self.value))
    size = property(lambda self: np.size(self.value))
    dtype = property(lambda self: self._array.dtype)
    itemsize = property(lambda self: self._array.itemsize)
    nbytes = property(lambda self: self._array.nbytes)
    strides = property(lambda self: self._array.strides)
    flags = property(lambda self: self._array.flags)
    base = property(lambda self: self.node.base)  # whose memory it shows: the engine asks only whether there is one
    T = property(lambda self: self.transpose())
    mT = property(lambda self: self.swapaxes(-1, -2))
    real = property(lambda self: self)
    imag = property(lambda self: self * 0)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, out: Any = None, **kwargs: Any) -> Any:
        if any(isinstance(x, Value) for x in inputs):
            return NotImplemented  # the Tensor's own protocol knows what to do
        target = out[0] if isinstance(out, tuple) and len(out) == 1 else out
        if method == "__call__":
            return self.recorder.call("ufunc", ufunc, inputs, kwargs, target)
        if method == "at":
            return self.recorder.change("at", ufunc, inputs[0], inputs[1:])
        return self.recorder.call(method, getattr(ufunc, method), inputs, kwargs, target)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if any(isinstance(x, Value) for x in (*args, *kwargs.values())):
            return NotImplemented
        return self.recorder.function(function, args, kwargs)

    def asarray(self) -> Traced:
        return Traced(self.recorder, self.node, False) if self.number else self

    def _method(self, name: str, *args: Any, **kwargs: Any) -> Any:
        return self.recorder.method(name, (self, *args), kwargs)

    # fmt: off
    def reshape(self, *a: Any, **k: Any) -> Any: return self._method("reshape", *a, **k)
    def ravel(self, *a: Any, **k: Any) -> Any: return self._method("ravel", *a, **k)
    def transpose(self, *a: Any) -> Any: return self._method("transpose", *a)
    def swapaxes(self, *a: Any, **k: Any) -> Any: return self._method("swapaxes", *a, **k)
    def squeeze(self, *a: Any, **k: Any) -> Any: return self._method("squeeze", *a, **k)
    def view(self, *a: Any, **k: Any) -> Any: return self._method("view", *a, **k)
    def astype(self, *a: Any, **k: Any) -> Any: return self._method("astype", *a, **k)
    def copy(self, *a: Any, **k: Any) -> Any: return self._method("copy", *a, **k)
    def flatten(self, *a: Any, **k: Any) -> Any: return self._method("flatten", *a, **k)
    def conj(self) -> Any: return self
    def conjugate(self) -> Any: return self
    def __copy__(self) -> Any: return self.copy(order="K")
    def __deepcopy__(self, memo: Any) -> Any: return self.copy(order="K")
    def dot(self, other: Any) -> Any: return self._method("dot", other)
    def take(self, *a: Any, **k: Any) -> Any: return self._method("take", *a, **k)
    def repeat(self, *a: Any, **k: Any) -> Any: return self._method("repeat", *a, **k)
    def mean(self, *a: Any, **k: Any) -> Any: return self._method("mean", *a, **k)
    def var(self, *a: Any, **k: Any) -> Any: return self._method("var", *a, **k)
    def std(self, *a: Any, **k: Any) -> Any: return self._method("std", *a, **k)
    def argmax(self, *a: Any, **k: Any) -> Any: return self._method("argmax", *a, **k)
    def argmin(self, *a: Any, **k: Any) -> Any: return self._method("argmin", *a, **k)
    def argsort(self, *a: Any, **k: Any) -> Any: return self._method("argsort", *a, **k)
    def cumsum(self, *a: Any, **k: Any) -> Any: return self._method("cumsum", *a, **k)
    def cumprod(self, *a: Any, **k: Any) -> Any: return self._method("cumprod", *a, **k)
    def round(self, *a: Any, **k: Any) -> Any: return self._method("round", *a, **k)
    def clip(self, *a: Any, **k: Any) -> Any: return self._method("clip", *a, **k)
    def diagonal(self, *a: Any, **k: Any) -> Any: return self._method("diagonal", *a, **k)
    def trace(self, *a: Any, **k: Any) -> Any: return self._method("trace", *a, **k)
    def sum(self, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = False, **k: Any) -> Any:
        return self._reduced(np.add, axis, dtype, out, keepdims, **k)
    def prod(self, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = False, **k: Any) -> Any:
        return self._reduced(np.multiply, axis, dtype, out, keepdims, **k)
    def max(self, axis: Any = None, out: Any = None, keepdims: Any = False, **k: Any) -> Any:
        return self._reduced(np.maximum, axis, None, out, keepdims, **k)
    def min(self, axis: Any = None, out: Any = None, keepdims: Any = False, **k: Any) -> Any:
        return self._reduced(np.minimum, axis, None, out, keepdims, **k)
    def any(self, axis: Any = None, out: Any = None, keepdims: Any = False, **k: Any) -> Any:
        return self._reduced(np.logical_or, axis, None, out, keepdims, **k)
    def all(self, axis: Any = None, out: Any = None, keepdims: Any = False, **k: Any) -> Any:
        return self._reduced(np.logical_and, axis, None, out, keepdims, **k)
    # fmt: on

    def _reduced(self, ufunc: np.ufunc, axis: Any, dtype: Any, out: Any, keepdims: Any, **others: Any) -> Any:
        said = {name: x for name, x in others.items() if x is not np._NoValue and not (name == "where" and x is True)}
        said |= {"dtype": dtype} if dtype is not None else {}
        said |= {"keepdims": True} if keepdims is True or keepdims == 1 else {}
        return self.recorder.call("reduce", ufunc.reduce, (self,), {"axis": axis} | said, out)

    def __pow__(self, other: Any) -> Any:
        if self._plain(other):
            return self._either(operator.pow, None, self, other)
        ufunc, operands = self._power(other)
        return ufunc(*operands)

    def _power(self, exponent: Any) -> tuple[np.ufunc, tuple]:
        """The operator has fast ways for a few exponents, and their own rounding."""
        quick = {-1.0: np.reciprocal, 0.5: np.sqrt, 1.0: np.positive, 2.0: np.square}
        if type(exponent) in (int, float) and exponent in quick and self.dtype.kind == "f":
            return quick[exponent], (self,)
        return np.power, (self, exponent)

    # Numbers are computed with by Python: floats stay weak, and NumPy's scalars have their own rounding of powers.

    def _plain(self, other: Any) -> bool:
        """Is this arithmetic with numbers alone?"""
        mine = type(self.value) is float or self.number
        return mine and (
            type(other) in (int, float, bool) or isinstance(other, np.generic)
            or (type(other) is Traced and (type(other.value) is float or other.number))
        )  # fmt: skip

    def _either(self, function: Any, ufunc: Any, *operands: Any) -> Any:
        other = next((x for x in operands if x is not self), 0)
        return self.recorder.call("python", function, operands, {}) if self._plain(other) else ufunc(*operands)

    # fmt: off
    def __rpow__(self, x: Any) -> Any: return self._either(operator.pow, np.power, x, self)
    def __add__(self, x: Any) -> Any: return self._either(operator.add, np.add, self, x)
    def __radd__(self, x: Any) -> Any: return self._either(operator.add, np.add, x, self)
    def __sub__(self, x: Any) -> Any: return self._either(operator.sub, np.subtract, self, x)
    def __rsub__(self, x: Any) -> Any: return self._either(operator.sub, np.subtract, x, self)
    def __mul__(self, x: Any) -> Any: return self._either(operator.mul, np.multiply, self, x)
    def __rmul__(self, x: Any) -> Any: return self._either(operator.mul, np.multiply, x, self)
    def __truediv__(self, x: Any) -> Any: return self._either(operator.truediv, np.divide, self, x)
    def __rtruediv__(self, x: Any) -> Any: return self._either(operator.truediv, np.divide, x, self)
    def __floordiv__(self, x: Any) -> Any: return self._either(operator.floordiv, np.floor_divide, self, x)
    def __rfloordiv__(self, x: Any) -> Any: return self._either(operator.floordiv, np.floor_divide, x, self)
    def __mod__(self, x: Any) -> Any: return self._either(operator.mod, np.remainder, self, x)
    def __rmod__(self, x: Any) -> Any: return self._either(operator.mod, np.remainder, x, self)
    def __divmod__(self, x: Any) -> Any: return self // x, self % x
    def __rdivmod__(self, x: Any) -> Any: return x // self, x % self
    def __pos__(self) -> Any: return self._either(operator.pos, np.positive, self)
    def __neg__(self) -> Any: return self._either(operator.neg, np.negative, self)
    def __abs__(self) -> Any: return self._either(operator.abs, np.absolute, self)
    def __iadd__(self, x: Any) -> Any: return self._inplace(np.add, operator.add, x)
    def __isub__(self, x: Any) -> Any: return self._inplace(np.subtract, operator.sub, x)
    def __imul__(self, x: Any) -> Any: return self._inplace(np.multiply, operator.mul, x)
    def __itruediv__(self, x: Any) -> Any: return self._inplace(np.divide, operator.truediv, x)
    def __ifloordiv__(self, x: Any) -> Any: return self._inplace(np.floor_divide, operator.floordiv, x)
    def __imod__(self, x: Any) -> Any: return self._inplace(np.remainder, operator.mod, x)
    # fmt: on

    def _inplace(self, ufunc: np.ufunc, function: Any, x: Any) -> Any:
        if type(self.value) is float or self.number:
            return function(self, x)  # numbers do not change: the name is given to another one
        return ufunc(self, x, out=(self,))

    def __ipow__(self, x: Any) -> Any:
        if type(self.value) is float or self.number:
            return self**x
        ufunc, operands = self._power(x)
        return ufunc(*operands, out=(self,))

    def __round__(self, n: int = 0) -> Any:
        if type(self.value) is float or self.number:
            raise self._frozen("round(x)", "write np.round(x)")
        return np.round(self, n)

    def __getitem__(self, index: Any) -> Any:
        return self.recorder.call("getitem", operator.getitem, (self, index), {})

    def __setitem__(self, index: Any, value: Any) -> None:
        self.recorder.change("setitem", operator.setitem, self, (index, value))

    def setflags(self, *args: Any, **kwargs: Any) -> None:
        """Of the arrays of a run, not of this one."""

    def __len__(self) -> int:
        return len(self.value)

    def __iter__(self) -> Iterator[Any]:
        return (self[i] for i in range(len(self)))

    def __repr__(self) -> str:
        return f"<recorded {self.dtype}{self.shape}>"

    def _frozen(self, what: str, instead: str) -> Frozen:
        error = Frozen(f"{what} would freeze a value in the recorded program: {instead}")
        self.recorder.refused(error)
        return error

    def __getattr__(self, name: str) -> Any:
        if not hasattr(self._array, name) or name.startswith("__"):
            raise AttributeError(f"an array has no attribute {name!r}")
        raise self._frozen(f"x.{name}", f"use functions that NumPy dispatches, such as np.{name}")

    def __str__(self) -> str:
        raise self._frozen("the text of an array", "print it after the program has run")

    def __format__(self, spec: str) -> str:
        raise self._frozen("the text of an array", "print it after the program has run")

    def __hash__(self) -> int:
        raise self._frozen("the hash of an array", "use what is not an array as a key")

    def __bool__(self) -> bool:
        raise self._frozen("the truth of an array", "write where(condition, a, b) for `a if condition else b`")

    def __float__(self) -> float:
        raise self._frozen("float(x)", "use the array itself")

    def __int__(self) -> int:
        raise self._frozen("int(x)", "use the array itself, also as an index")

    __index__ = __int__

    def item(self, *args: Any) -> Any:
        raise self._frozen(".item()", "use the array itself")

    def tolist(self) -> Any:
        raise self._frozen(".tolist()", "use the array itself")

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> ndarray:
        raise self._frozen("np.asarray(x), or what calls it,", "use functions that NumPy dispatches, and x.copy()")
