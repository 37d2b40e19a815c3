"""summary: a table of the layers of a model, with what each makes of a sample and how many parameters it has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from autograd.arguments import explained
from autograd.containers import leaves
from autograd.errors import LONGEST, describe, printable
from autograd.program.reach import generators, restore, state
from autograd.recording import Watch, recorded
from nn.checks import lengths
from nn.module import Module, evaluating, held


class Row(NamedTuple):
    """One layer: where it is, what it is, the shape of what it makes, and its parameters that no row above has."""

    path: str
    layer: str
    output: str
    parameters: int


class Summary:
    """A table of layers: its rows, and of the whole model the number of parameters, their memory in bytes, and how many
    numbers it holds beside them: frozen parameters and buffers.
    """

    def __init__(self, rows: list[Row], parameters: int, memory: int, others: int) -> None:
        self.rows, self.parameters, self.memory, self.others = rows, parameters, memory, others

    def __repr__(self) -> str:
        lines = [("path", "layer", "output", "parameters")]
        lines += [
            (row.path, row.layer, row.output, f"{row.parameters:,}" if row.parameters else "") for row in self.rows
        ]
        width = [max(map(len, column)) for column in zip(*lines, strict=True)]
        table = [f"{a:<{width[0]}}  {b:<{width[1]}}  {c:<{width[2]}}  {d:>{width[3]}}".rstrip() for a, b, c, d in lines]
        rule = "-" * len(table[0])
        total = f"{self.parameters:,} parameters in {self.memory / 1000:,.1f} kB"
        total += f", and {self.others:,} numbers that are not trained" if self.others else ""
        return "\n".join([table[0], rule, *table[1:], rule, total])


@explained
def summary(model: Module, input_shape: int | Sequence[int], dtype: Any = None) -> Summary:
    """A table of a model's layers: paths, types, output shapes for a batch of one, and numbers of parameters.

    input_shape   the shape of a sample, without the batch; or the number of its entries
    dtype         of the zeros that are handed in: by default that of the parameters; int for an Embedding
    returns       an object that prints as the table; raises what a layer raises, with a note that names its path

    The model is called once, in evaluation mode and without recording; modes, buffers and generators stay as they are.

    >>> import nn
    >>> nn.summary(nn.MLP(784, 100, 10, rng=0), 784)
    path  layer               output    parameters
    ----------------------------------------------
    0     Linear(784 -> 100)  (1, 100)      78,500
    1     ReLU()              (1, 100)
    2     Linear(100 -> 10)   (1, 10)        1,010
    ----------------------------------------------
    79,510 parameters in 636.1 kB
    """
    if not isinstance(model, Module):
        raise TypeError(f"summary expected a Module, got {describe(model)}")
    parameters = model.parameters()
    x = np.zeros((1, *lengths("input_shape", input_shape)), dtype or (parameters[0].dtype if parameters else float))
    onlooker = Onlooker()
    with evaluating(model), recorded(onlooker):
        model(x)
    modules = dict(model.named_modules())
    own: Counter[str] = Counter()
    for path, p in model.named_parameters():
        while path not in modules:
            path = path.rpartition(".")[0]
        own[path] += p.size
    rows = [
        Row(
            printable(path, LONGEST),
            f"{type(m).__name__}({m.extra_repr()})",
            onlooker.shapes.get(m, "not called"),
            own[path],
        )
        for path, m in modules.items()
        if path or own[path] or len(modules) == 1
    ]
    count, sizes = sum(p.size for p in parameters), {id(x): x.size for _, x in held(model)}
    return Summary(rows, count, sum(p.array.nbytes for p in parameters), sum(sizes.values()) - count)


class Onlooker(Watch):
    """Sees what modules make; nothing is recorded, and neither buffers nor generators change."""

    def __init__(self) -> None:
        self.shapes: dict[Any, str] = {}

    def __bool__(self) -> bool:
        return False

    def switched(self, yes: Any) -> Any:
        return self

    def returned(self, thing: Any, result: Any) -> None:
        self.shapes[thing] = ", ".join(str(getattr(x, "shape", type(x).__name__)) for x in leaves(result))

    def write(self, value: Any, new: Any) -> bool:
        return True

    def anew(self, draw: Any, args: tuple, kwargs: dict[str, Any]) -> Any:
        before = [(generator, state(generator)) for generator in generators((draw, args, kwargs))]
        drawn = draw(*args, **kwargs)
        for generator, then in before:
            restore(generator, then)
        return drawn
