"""Tensor: a Value with Python's operators, NumPy's methods, and backward()."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NoReturn, Self

import numpy as np

from autograd import backprop, numpy_protocol
from autograd.arguments import explained, flag
from autograd.arrays import plain
from autograd.graph import Value, array_of, tick
from autograd.ops import products, rearrange, rounding, sequences, statistics
from autograd.ops.elementwise import absolute, add, astype, cast, clip, divide, multiply, negative, power, subtract
from autograd.ops.index import getitem
from autograd.ops.linalg import matmul
from autograd.ops.reduce import max, mean, min, sum
from autograd.ops.shape import reshape, squeeze, swapaxes, transpose
from autograd.recording import watching


class Tensor(Value):
    """An array of real numbers that remembers how it was made, so that gradients can flow back through it.

    data            anything that np.array takes; it is copied, and keeps its dtype and memory layout
    requires_grad   whether backward() shall leave a gradient here; only floating arrays can have one
    name            what formulas and drawings call it
    dtype           as in np.array

    >>> x = Tensor([1.0, 2.0], requires_grad=True)
    >>> (x * x).sum().backward()
    >>> x.grad
    array([2., 4.])
    """

    __slots__ = ()
    if TYPE_CHECKING:
        shape: tuple[int, ...]
        ndim: int
        size: int
        dtype: np.dtype

    @property
    def data(self) -> np.ndarray:
        """The ndarray: of an op's output read-only, of a leaf its own memory, and to be written as you like.

        It is to be read anew after nn.fit or a compiled step, which may move a parameter to another place in memory.

        `p.data -= ...` and `p.data = ...` mark the value as changed.  It keeps its dtype, and for new data of the same
        shape its memory layout.
        """
        if self.primitive is None and not self.array.flags.writeable:  # a result without a history is a leaf
            self.array = self.array.copy(order="K")
        return array_of(self)

    @data.setter
    def data(self, new: np.ndarray | np.generic | float | list[Any] | tuple[Any, ...]) -> None:
        if self.primitive is not None:
            raise TypeError(f"only a leaf's data can be replaced, and this value was made by {self.primitive.name}")
        if (watch := watching()) is not None and watch.write(self, plain(new)):
            return
        if new is not self.array:
            source = plain(new)
            array = np.empty_like(self.array if source.shape == self.shape else source, dtype=self.dtype)
            np.copyto(array, source, "same_kind")
            if array.shape != self.shape:
                self.grad = None
            self.array = array
        self.touch()

    def touch(self) -> None:
        """Marks the data as changed: the value is now newer than whatever was made from it, which a sweep notices."""
        self.order = tick()

    def __reduce__(self) -> tuple[Any, ...]:  # pickle and deepcopy keep the data and drop the history
        return type(self), (self.array, self.requires_grad and self.primitive is None, self.name)

    def backward(self, cotangent: Any = None, retain_grads: bool = False) -> None:
        """Adds d self / d leaf to the .grad of every leaf that self was made from.

        cotangent      where the sweep starts: an array of self's shape; 1 for a single number
        retain_grads   leave a .grad on the values in between as well

        Raises ValueError if nothing requires a gradient or the cotangent does not fit, and RuntimeError if a tensor
        was changed after an op had used it; no .grad is touched then.

        >>> x = Tensor(3.0, requires_grad=True)
        >>> (x**2).backward()
        >>> print(x.grad)
        6.0
        """
        backprop.backward(self, cotangent, retain_grads)

    def zero_grad(self) -> None:
        """Forgets the gradient: .grad is None again."""
        self.grad = None

    def detach(self) -> Self:
        """A new leaf with a copy of the data, through which no gradient flows."""
        return type(self)(array_of(self))

    def numpy(self) -> np.ndarray:
        """A copy of the data as an ndarray of its own."""
        return array_of(self).copy()

    @explained
    def item(self, *place: Any) -> float:
        """The one number in a tensor of size 1, or the one at a place, as a Python number."""
        return array_of(self).item(*place)

    def __repr__(self) -> str:
        body = np.array2string(self.array, separator=", ", prefix="Tensor(")
        notes = [f"dtype={self.dtype}"] if self.dtype not in (np.float64, np.int64, np.bool_) else []
        notes += [f"name={self.name!r}"] if self.name else []
        notes += [f"from {self.primitive.name}"] if self.primitive else []
        notes += ["requires_grad=True"] if self.requires_grad and not self.primitive else []
        return f"Tensor({', '.join([body, *notes])})"

    def __format__(self, spec: str) -> str:
        return format(self.item(), spec) if spec else repr(self)

    def __len__(self) -> int:
        return len(self.array)

    def __iter__(self) -> Iterator[Tensor]:
        return (self[i] for i in range(len(self.array)))

    def __round__(self, n: int = 0) -> Tensor:
        return rounding.round(self, decimals=n)

    def __bool__(self) -> bool:
        return bool(array_of(self))

    def __float__(self) -> float:
        self._refuse_to_detach("float(t)", "t.item(), or f'{t:.3f}' for '%.3f' % t, or the differentiable op: np.exp(t)"
                               " for math.exp(t); for h[i] = t append to a list, then np.stack")  # fmt: skip
        return float(array_of(self))

    def __int__(self) -> int:
        self._refuse_to_detach("int(t)", "int(t.item())")
        return int(array_of(self))

    def __index__(self) -> int:
        self._refuse_to_detach("an index", "int(t.item())")
        return array_of(self).__index__()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        self._refuse_to_detach("an ndarray", "t.numpy() for the data alone; with the gradient np.stack([a, b]) for "
                               "np.array([a, b]), autograd.stack for nested lists, autograd.sum([a, b]) for "
                               "np.sum([a, b]), np.ones(n) * t for np.full(n, t); for h[i] = t append to a list, then "
                               "np.stack")  # fmt: skip
        view = array_of(self).view()
        view.setflags(write=False)  # to write through it would change the tensor unseen
        return np.array(view, dtype, copy=copy)

    def _refuse_to_detach(self, wanted: str, instead: str) -> None:
        if self.requires_grad:
            raise TypeError(f"{wanted} would drop the gradient of a tensor that requires one: write {instead}")

    __array_ufunc__ = numpy_protocol.array_ufunc
    __array_function__ = numpy_protocol.array_function

    def __add__(self, other: Any) -> Tensor:
        return add(self, other)

    def __radd__(self, other: Any) -> Tensor:
        return add(other, self)

    def __sub__(self, other: Any) -> Tensor:
        return subtract(self, other)

    def __rsub__(self, other: Any) -> Tensor:
        return subtract(other, self)

    def __mul__(self, other: Any) -> Tensor:
        return multiply(self, other)

    def __rmul__(self, other: Any) -> Tensor:
        return multiply(other, self)

    def __truediv__(self, other: Any) -> Tensor:
        return divide(self, other)

    def __rtruediv__(self, other: Any) -> Tensor:
        return divide(other, self)

    def __pow__(self, other: Any) -> Tensor:
        return power(self, other)

    def __mod__(self, other: Any) -> Tensor:
        return rounding.remainder(self, other)

    def __rmod__(self, other: Any) -> Tensor:
        return rounding.remainder(other, self)

    def __floordiv__(self, other: Any) -> Tensor:
        return np.floor_divide(self, other)

    def __rfloordiv__(self, other: Any) -> Tensor:
        return np.floor_divide(other, self)

    def __divmod__(self, other: Any) -> Any:
        return np.divmod(self, other)

    def __rdivmod__(self, other: Any) -> Any:
        return np.divmod(other, self)

    def __rpow__(self, other: Any) -> Tensor:
        return power(other, self)

    def __matmul__(self, other: Any) -> Tensor:
        return matmul(self, other)

    def __rmatmul__(self, other: Any) -> Tensor:
        return matmul(other, self)

    def __neg__(self) -> Tensor:
        return negative(self)

    def __and__(self, other: Any) -> np.ndarray:
        return np.bitwise_and(self, other)

    def __or__(self, other: Any) -> np.ndarray:
        return np.bitwise_or(self, other)

    def __xor__(self, other: Any) -> np.ndarray:
        return np.bitwise_xor(self, other)

    def __invert__(self) -> np.ndarray:
        return np.invert(self)

    __rand__, __ror__, __rxor__ = __and__, __or__, __xor__

    def __pos__(self) -> Tensor:
        return self

    def __abs__(self) -> Tensor:
        return absolute(self)

    def __getitem__(self, index: Any) -> Tensor:
        return getitem(self, index)

    if not TYPE_CHECKING:  # a checker reports t[i] = v where it sees no __setitem__

        def __setitem__(self, index: Any, value: Any) -> NoReturn:
            raise TypeError("t[i] = v would change what a graph has used: build the result with where or concatenate, "
                            "or, to set a leaf's values, write t.data[i] = v before it is used")  # fmt: skip

    def _refuse_in_place(self, other: Any) -> Any:
        """p += x on a leaf that requires a gradient would bind the name p to something that is not the parameter."""
        if self.requires_grad and self.primitive is None:
            raise TypeError("in-place arithmetic on a leaf that requires gradients: to update it, write "
                            "p.data -= lr * p.grad; to compute with it, write q = p + x")  # fmt: skip
        return NotImplemented  # Python then computes t = t + x, a new tensor

    __iadd__ = __isub__ = __imul__ = __itruediv__ = __ipow__ = __imatmul__ = __ifloordiv__ = __imod__ = _refuse_in_place

    def __eq__(self, other: object) -> np.ndarray:  # type: ignore[override]
        return np.equal(self, other)  # type: ignore[call-overload]

    def __ne__(self, other: object) -> np.ndarray:  # type: ignore[override]
        return np.not_equal(self, other)  # type: ignore[call-overload]

    def __lt__(self, other: Any) -> np.ndarray:
        return np.less(self, other)

    def __le__(self, other: Any) -> np.ndarray:
        return np.less_equal(self, other)

    def __gt__(self, other: Any) -> np.ndarray:
        return np.greater(self, other)

    def __ge__(self, other: Any) -> np.ndarray:
        return np.greater_equal(self, other)

    __hash__ = object.__hash__

    @property
    def T(self) -> Tensor:
        """The transpose: the axes in reverse order."""
        return transpose(self)

    @property
    def mT(self) -> Tensor:
        """The transpose of a matrix, or of each in a stack."""
        return rearrange.matrix_transpose(self)

    def dot(self, b: Any) -> Tensor:
        """NumPy's dot; for vectors and matrices the product."""
        return products.dot(self, b)

    def reshape(self, *shape: Any, order: str = "C", copy: bool | None = None) -> Tensor:
        return reshape(self, shape[0] if len(shape) == 1 else shape, order, copy=copy)

    def ravel(self, order: str = "C") -> Tensor:
        return rearrange.ravel(self, order)

    def flatten(self, order: str = "C") -> Tensor:
        return rearrange.ravel(self, order)

    def transpose(self, *axes: Any) -> Tensor:
        return transpose(self, axes=axes[0] if len(axes) == 1 and not isinstance(axes[0], int) else axes or None)

    def swapaxes(self, axis1: int, axis2: int) -> Tensor:
        return swapaxes(self, axis1=axis1, axis2=axis2)

    def squeeze(self, axis: Any = None) -> Tensor:
        return squeeze(self, axis=axis)

    # What ndarray's methods take is what NumPy's functions take after the array: they see to it.

    def clip(self, min: Any = None, max: Any = None) -> Tensor:
        return clip(self, min=min, max=max)

    @explained
    def astype(
        self, dtype: Any, order: str = "K", casting: Any = "unsafe", subok: bool = True, copy: bool = True
    ) -> Tensor:
        if order not in ("K", "A", "C", "F"):
            raise ValueError(f"astype: expected order 'K', 'A', 'C' or 'F', got {order!r}")
        converted = cast("astype", self, dtype, casting)
        return astype(self, dtype=dtype) if copy and converted is self else converted

    def sum(self, *args: Any, **kwargs: Any) -> Tensor:
        return sum(self, *args, **kwargs)

    def mean(self, *args: Any, **kwargs: Any) -> Tensor:
        return mean(self, *args, **kwargs)

    def max(self, *args: Any, **kwargs: Any) -> Tensor:
        return max(self, *args, **kwargs)

    def min(self, *args: Any, **kwargs: Any) -> Tensor:
        return min(self, *args, **kwargs)

    def prod(self, *args: Any, **kwargs: Any) -> Tensor:
        return statistics.prod(self, *args, **kwargs)

    def var(self, *args: Any, **kwargs: Any) -> Tensor:
        return statistics.var(self, *args, **kwargs)

    def std(self, *args: Any, **kwargs: Any) -> Tensor:
        return statistics.std(self, *args, **kwargs)

    def cumsum(self, *args: Any, **kwargs: Any) -> Tensor:
        return sequences.cumsum(self, *args, **kwargs)

    def cumprod(self, *args: Any, **kwargs: Any) -> Tensor:
        return sequences.cumprod(self, *args, **kwargs)

    def trace(self, *args: Any, **kwargs: Any) -> Tensor:
        return rearrange.trace(self, *args, **kwargs)

    def take(self, *args: Any, **kwargs: Any) -> Tensor:
        return rearrange.take(self, *args, **kwargs)

    def diagonal(self, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Tensor:
        return rearrange.diagonal(self, offset, axis1, axis2)

    def repeat(self, repeats: Any, axis: Any = None) -> Tensor:
        return rearrange.repeat(self, repeats, axis)

    def round(self, decimals: int = 0) -> Tensor:
        return rounding.round(self, decimals=decimals)

    def copy(self, order: str = "C") -> Tensor:
        return rearrange.copy(self, order)

    def tolist(self) -> Any:
        """The entries as nested lists of Python numbers."""
        return array_of(self).tolist()

    # Of the following the result has no derivative: arrays of integers and booleans.

    @explained
    def argmax(self, axis: Any = None, out: None = None, *, keepdims: bool = False) -> Any:
        """The place of the largest entry."""
        return np.argmax(self, axis, out, keepdims=keepdims)

    @explained
    def argmin(self, axis: Any = None, out: None = None, *, keepdims: bool = False) -> Any:
        """The place of the smallest entry."""
        return np.argmin(self, axis, out, keepdims=keepdims)

    @explained
    def argsort(self, axis: Any = -1, kind: Any = None, order: Any = None, *, stable: bool | None = None) -> np.ndarray:
        """The places that put the entries in order; stable, if nothing else is said."""
        stable = None if stable is None else flag("stable", stable)
        return np.argsort(self, axis, "stable" if kind is None and stable is None else kind, order, stable=stable)

    def all(self, *args: Any, **kwargs: Any) -> Any:
        """Whether no entry is 0."""
        return np.all(self, *args, **kwargs)

    def any(self, *args: Any, **kwargs: Any) -> Any:
        """Whether some entry is not 0."""
        return np.any(self, *args, **kwargs)

    def nonzero(self) -> tuple[np.ndarray, ...]:
        """The places of the entries that are not 0: an array for each axis."""
        return np.nonzero(self)
