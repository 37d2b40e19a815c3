"""The processes of a training: those that mpiexec has started, connected by mpi4py, or this one by itself."""

from __future__ import annotations

import atexit
import io
import os
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext, redirect_stderr, redirect_stdout, suppress
from contextvars import ContextVar
from functools import cache, cached_property, wraps
from typing import Any, ParamSpec, TypeVar

import numpy as np

from nn.checks import differing

P = ParamSpec("P")
T = TypeVar("T")
WAIT = 5.0  # seconds: how long other ranks are silent about an error, so that rank 0 reports it alone if it has it too
END = "the end of the script"
STARTED = "GLASSGRAD_RANK"  # in the environment: which process mpiexec has started; its children train by themselves
RANKS = ("PMI_RANK", "OMPI_COMM_WORLD_RANK", "PMIX_RANK")  # what launchers set
LAUNCHERS = ("PMI_SIZE", "PMI_FD", "OMPI_COMM_WORLD_SIZE", *RANKS)


class World:
    """The processes that train together: `rank` is which of them this is, from 0, `size` how many there are.

    A process by itself is the world of one; what others would have to say, nobody has to wait for.  What several do
    together has a name: where one of them does something else, all raise RuntimeError that says who does what.
    """

    rank, size = 0, 1
    calls = 0  # how often they have met

    def once(self, f: Callable[[], T], what: str = "world.once") -> T:
        """What f() returns on rank 0, on all: nobody else calls it."""
        return f()

    def all(self, x: T, what: str = "world.all") -> list[T]:
        """What each has given, in the order of ranks."""
        return [x]

    def add(self, vector: np.ndarray) -> None:
        """Adds up the vectors of all, in place."""

    def failed(self, error: BaseException, midway: bool) -> None:
        """Notes that this process will not do what the others wait for, if it has begun to do it with them."""

    def command(self, run: Callable[[], int]) -> int:
        """Runs a command, which speaks on rank 0 alone, and elsewhere of what only that process fails of."""
        return run()

    def same(self, facts: Mapping[str, Any], what: str = "world.same", hint: str = "") -> None:
        """Raises ValueError, on all, that says which of the facts are on another rank not those of rank 0."""
        first, *others = self.all(facts, what)
        for rank, theirs in enumerate(others, 1):
            differ = [f"{name} is {there}, and on rank 0 {here}" for name, here, there in differing(first, theirs)]
            if differ:
                more = f"; and {len(differ) - 3} more" if len(differ) > 3 else ""
                raise ValueError(f"rank {rank} does not train what rank 0 trains: {'; '.join(differ[:3])}{more}{hint}")


class Ranks(World):
    """Several processes."""

    def __init__(self, mpi: Any) -> None:
        self.mpi = mpi
        self.calls = self.code = 0  # the code with which all are to end, if this one has failed
        self.ready()
        self.rank, self.size = mpi.COMM_WORLD.Get_rank(), mpi.COMM_WORLD.Get_size()

    def ready(self) -> None:
        """Raises RuntimeError where this process can no longer train with the others."""
        if self.code:
            raise RuntimeError("a training has failed on this rank before, and the others have ended or wait for it: "
                               "leave, and start all anew")  # fmt: skip
        if self.mpi.Is_finalized():
            raise RuntimeError("MPI.Finalize() was called: the processes can no longer train together")

    @cached_property
    def comm(self) -> Any:
        """What connects them: not what a script uses for messages of its own."""
        return self.mpi.COMM_WORLD.Dup()

    def once(self, f: Callable[[], T], what: str = "world.once") -> T:
        with alone():
            told: Any = None if self.rank else f()
        return self.all(told, what)[0]  # type: ignore[no-any-return]

    def all(self, x: T, what: str = "world.all") -> list[T]:
        self.calls += 1
        told = self.comm.allgather((what, x))
        if any(name != what for name, _ in told):
            here = "; ".join(f"rank {rank} is at {name}" for rank, (name, _) in enumerate(told))
            raise RuntimeError(f"the processes do not do the same: {here}.  All have to call what trains together, as "
                               "nn.fit does; what only some do stands within nn.parallel.alone()")  # fmt: skip
        return [x for _, x in told]

    def add(self, vector: np.ndarray) -> None:
        self.comm.Allreduce(self.mpi.IN_PLACE, vector)

    def failed(self, error: BaseException, midway: bool) -> None:
        if not self.code:
            error.add_note(f"on rank {self.rank} of {self.size}")
            self.code = 0 if not midway else 130 if isinstance(error, KeyboardInterrupt) else 1
            if midway and isinstance(error, SystemExit):  # of which Python says nothing
                print(f"rank {self.rank} of {self.size} has left a training by sys.exit", file=sys.stderr)

    def command(self, run: Callable[[], int]) -> int:
        if not self.rank:
            self.code = _code(run)
            return self.code
        said = io.StringIO()
        with redirect_stdout(io.StringIO()), redirect_stderr(said):
            self.code = code = _code(run)
        if code:
            time.sleep(WAIT)
            print(f"rank {self.rank} of {self.size}: {said.getvalue().strip()}", file=sys.stderr)
        return code


def world() -> World:
    """The processes that train together, such as nn.fit sees them; `mpiexec -n 4 python train.py` starts 4.

    Threads other than the main one, and processes that a rank has started, train by themselves.  Raises ImportError
    where mpiexec has started several and mpi4py is missing, and RuntimeError where they do not find each other, MPI was
    finalized, or this one has failed before.

    >>> world().rank, world().size
    (0, 1)
    """
    if _alone.get() or threading.current_thread() is not threading.main_thread() or not launched():
        return ONE
    here = _connected()
    if isinstance(here, Ranks):
        here.ready()
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
    """A function that all processes call: where it fails in one of them all end, and only rank 0 warns."""

    @wraps(f)
    def call(*args: P.args, **kwargs: P.kwargs) -> T:
        here = world()
        before = here.calls
        try:
            with warnings.catch_warnings(action="ignore") if here.rank else nullcontext():
                return f(*args, **kwargs)
        except BaseException as error:
            here.failed(error, here.calls > before)
            raise

    return call


def launched() -> bool:
    """Was this process started as one of several, by the mpiexec of MPICH, Intel MPI or Open MPI, or by srun?"""
    sizes = [os.environ.get(name, "") for name in ("PMI_SIZE", "OMPI_COMM_WORLD_SIZE")]
    several = any(n.isdecimal() and int(n) > 1 for n in sizes) or (not any(sizes) and "PMIX_RANK" in os.environ)
    return several and os.environ.get(STARTED) in (None, str(os.getpid()))


@cache
def _connected() -> World:
    stale = f"; where no mpiexec has, unset {' '.join(name for name in LAUNCHERS if name in os.environ)}"
    try:
        if "PMI_FD" in os.environ:
            os.fstat(int(os.environ["PMI_FD"]))  # MPI would end the process without a word
        from mpi4py import MPI
    except (ImportError, RuntimeError) as error:
        raise ImportError("mpiexec has started this process as one of several, and mpi4py is needed to connect them: "
                          "pip install '.[mpi]' in the folder of glassgrad, or pip install mpi4py mpich "
                          f"({error}){stale}") from None  # fmt: skip
    except OSError:
        raise RuntimeError(f"the mpiexec that has started this process as one of several is not there{stale}") from None
    here = Ranks(MPI)
    if here.size == 1 and "PMIX_RANK" not in os.environ:
        mine = " ".join(MPI.Get_library_version().split()[:3])
        raise RuntimeError("mpiexec has started this process as one of several, and mpi4py finds no other: its MPI is "
                           f"{mine}, so take its mpiexec; that of the wheel lies beside python{stale}")  # fmt: skip
    return here if here.size > 1 else ONE


def _code(run: Callable[[], int]) -> int:
    """The exit code of a command; argparse raises its own."""
    try:
        return run()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)


def _uncaught(kind: Any, error: Any, trace: Any) -> None:
    """Shows an error that nobody has caught."""
    if launched() and any(os.environ.get(name, "0") != "0" for name in RANKS):
        time.sleep(WAIT)
    _shown(kind, error, trace)


def _leave() -> None:
    """When a process ends: tells the others, or, if it has failed, ends them, which would wait for it."""
    here = _connected() if launched() and _connected.cache_info().currsize else ONE
    code = int(getattr(sys, "last_value", None) is not None)  # an error that nobody has caught
    if isinstance(here, Ranks):
        if here.mpi.Is_finalized():
            return
        code = here.code or code
        if not code:
            with suppress(RuntimeError):  # those that are elsewhere raise it, and end all
                here.all(None, END)
    if code and launched():
        sys.stdout.flush()
        sys.stderr.flush()
        time.sleep(WAIT / 5)  # the launcher drops what it has not read yet
        if isinstance(here, Ranks):
            here.mpi.COMM_WORLD.Abort(code)
        os.kill(os.getpid(), signal.SIGTERM)  # which also those hear of that wait for it in MPI_Init


ONE = World()
_alone = ContextVar("alone", default=False)
if launched():
    os.environ[STARTED] = str(os.getpid())
    _shown, sys.excepthook = sys.excepthook, _uncaught
    atexit.register(_leave)
