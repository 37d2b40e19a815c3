"""The processes of a training: those that mpiexec has started, connected by mpi4py, or this one by itself."""

from __future__ import annotations

import atexit
import io
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from contextvars import ContextVar
from functools import cache, wraps
from typing import Any, ParamSpec, TypeVar

import numpy as np

P = ParamSpec("P")
T = TypeVar("T")
WAIT = 1.0  # seconds, in which rank 0 ends all with an error that all have found, and is the only one to tell it


class World:
    """The processes that train together: `rank` is which of them this is, from 0, `size` how many there are.

    A process by itself is the world of one; what others would have to say, nobody has to wait for.
    """

    rank, size = 0, 1

    def once(self, f: Callable[[], T]) -> T:
        """What f() returns on rank 0, on all: nobody else calls it."""
        return f()

    def all(self, x: T) -> list[T]:
        """What each has given, in the order of ranks."""
        return [x]

    def add(self, vector: np.ndarray) -> None:
        """Adds up the vectors of all, in place."""

    def failed(self, error: BaseException) -> None:
        """Notes that this process will not do what the others wait for."""

    def command(self, run: Callable[[], int]) -> int:
        """Runs a command, which speaks on rank 0 alone, and elsewhere of what only that process fails of."""
        return run()

    def same(self, facts: Mapping[str, Any], hint: str = "") -> None:
        """Raises ValueError that says which of the facts are not those of rank 0."""
        first, none = self.once(lambda: facts), "none"
        differ = [f"{name} is {facts.get(name, none)}, and on rank 0 {first.get(name, none)}"
                  for name in {**first, **facts} if facts.get(name, none) != first.get(name, none)]  # fmt: skip
        if differ:
            more = f"; and {len(differ) - 3} more" if len(differ) > 3 else ""
            raise ValueError(f"this process does not train what rank 0 trains: {'; '.join(differ[:3])}{more}{hint}")


class Ranks(World):
    """Several processes."""

    def __init__(self, mpi: Any) -> None:
        self.comm, self.in_place = mpi.COMM_WORLD, mpi.IN_PLACE
        self.rank, self.size = self.comm.Get_rank(), self.comm.Get_size()
        self.code = 0  # with which all are to end, if this one has failed

    def once(self, f: Callable[[], T]) -> T:
        said = None
        if not self.rank:
            with alone():
                said = f()
        return self.comm.bcast(said)  # type: ignore[no-any-return]

    def all(self, x: T) -> list[T]:
        return self.comm.allgather(x)  # type: ignore[no-any-return]

    def add(self, vector: np.ndarray) -> None:
        self.comm.Allreduce(self.in_place, vector)

    def failed(self, error: BaseException) -> None:
        if not self.code:
            error.add_note(f"on rank {self.rank} of {self.size}")
            self.code = 130 if isinstance(error, KeyboardInterrupt) else 1
            time.sleep(WAIT if self.rank else 0)

    def command(self, run: Callable[[], int]) -> int:
        if not self.rank:
            self.code = _code(run)
            return self.code
        said = io.StringIO()
        with redirect_stdout(io.StringIO()), redirect_stderr(said):
            code = _code(run)
        if code and not self.code:  # not one that has waited before
            time.sleep(WAIT)
        self.code = code
        if code:
            print(f"rank {self.rank} of {self.size}: {said.getvalue().strip()}", file=sys.stderr)
        return code


def world() -> World:
    """The processes that train together, such as nn.fit sees them; `mpiexec -n 4 python train.py` starts 4.

    Raises ImportError where mpiexec has started several and mpi4py is missing, and RuntimeError where they do not find
    each other, or this one has failed before.

    >>> world().rank, world().size
    (0, 1)
    """
    if _alone.get() or not launched():
        return ONE
    here = _connected()
    if isinstance(here, Ranks) and here.code:
        raise RuntimeError("a training has failed on this rank before, and the others have ended or wait for it: "
                           "leave, and start all anew")  # fmt: skip
    return here


@contextmanager
def alone() -> Iterator[None]:
    """Within this block every process trains by itself: several may train different models, say.

    >>> with alone():
    ...     world().size
    1
    """
    token = _alone.set(True)
    try:
        yield
    finally:
        _alone.reset(token)


def together(f: Callable[P, T]) -> Callable[P, T]:
    """A function that all processes call: where it fails in one of them all end."""

    @wraps(f)
    def call(*args: P.args, **kwargs: P.kwargs) -> T:
        here = world()
        try:
            return f(*args, **kwargs)
        except BaseException as error:
            here.failed(error)
            raise

    return call


def launched() -> bool:
    """Was this process started as one of several, by the mpiexec of MPICH, Intel MPI or Open MPI, or by srun?"""
    sizes = [os.environ.get(name, "") for name in ("PMI_SIZE", "OMPI_COMM_WORLD_SIZE")]
    return any(n.isdecimal() and int(n) > 1 for n in sizes) or (not any(sizes) and "PMIX_RANK" in os.environ)


@cache
def _connected() -> World:
    try:
        from mpi4py import MPI
    except (ImportError, RuntimeError) as error:
        raise ImportError("mpiexec has started this process as one of several, and mpi4py is needed to connect them: "
                          f"pip install 'glassgrad[mpi]' ({error})") from None  # fmt: skip
    here = Ranks(MPI)
    if here.size == 1 and "PMIX_RANK" not in os.environ:
        mine = " ".join(MPI.Get_library_version().split()[:3])
        raise RuntimeError("mpiexec has started this process as one of several, and mpi4py finds no other: its MPI is "
                           f"{mine}, so take its mpiexec; that of glassgrad[mpi] lies beside python")  # fmt: skip
    return here if here.size > 1 else ONE


def _code(run: Callable[[], int]) -> int:
    """The exit code of a command; argparse raises its own."""
    try:
        return run()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)


def _leave() -> None:
    """When a process ends that has failed: ends the others, which would wait for it."""
    here = _connected() if _connected.cache_info().currsize else ONE
    code = here.code if isinstance(here, Ranks) else 0
    if code or getattr(sys, "last_value", None) is not None:  # an error that nobody has caught
        sys.stdout.flush()
        sys.stderr.flush()
        if isinstance(here, Ranks):
            here.comm.Abort(code or 1)
        os.kill(os.getpid(), signal.SIGTERM)  # which also those hear of that wait for it in MPI_Init


ONE = World()
_alone = ContextVar("alone", default=False)
if launched():
    atexit.register(_leave)
