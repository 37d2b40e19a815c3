"""A chain of a million ops, backward and freed, at the default recursion limit: `python benchmarks/depth.py`."""

import resource
import time

from autograd import Tensor


def timed(what, f):
    start = time.perf_counter()
    f()
    print(f"{what:10} {time.perf_counter() - start:6.2f} s")


def forward():
    global y
    y = x
    for _ in range(10**6):
        y = y * 1.000001


def free():
    global y
    del y


if __name__ == "__main__":
    x = Tensor(1.0, requires_grad=True)
    timed("forward", forward)
    timed("backward", lambda: y.backward())
    timed("free", free)
    print(f"gradient   {x.grad.item():.12f}  (1.000001 ** 1000000 = {1.000001**1000000:.12f})")
    print(f"peak       {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")
