"""What a program costs: operations, arithmetic, memory."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from autograd.program.calls import Call
from autograd.program.plan import Plan


@dataclass
class Summary:
    """What a program costs: its operations, the arithmetic in them, and the bytes of its buffers."""

    operations: int
    flops: int
    buffers: int
    unshared: int  # what the buffers would take if none were used again

    @classmethod
    def of(cls, calls: list[Call], plan: Plan) -> Summary:
        """A multiplication or addition, or an entry of an elementwise result, counts as one."""
        made = [call for call in calls if call.out and call.out[0].base is None]
        return cls(len(made), sum(map(_flops, made)), *plan.bytes())

    def __str__(self) -> str:
        return (f"{self.operations:,} operations, {self.flops:,} FLOPs, {self.buffers:,} bytes of buffers "
                f"({self.unshared:,} if none were shared)")  # fmt: skip


def _flops(call: Call) -> int:
    sizes = [np.size(v.array) for v in call.inputs()]
    out = np.size(call.out[0].array)
    if (call.kind, call.function) == ("method", "dot") or call.function in (np.matmul, np.dot):
        shape = call.inputs()[0].shape
        return int(2 * out * (shape[-1] if shape else 1))
    return int(max(sizes, default=0) if call.kind == "reduce" else out)
