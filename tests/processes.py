"""Processes of their own: functions run in a new interpreter, or in a fork; and the memory that a process holds."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

TESTS = Path(__file__).parent


def alone(function: Callable[..., Any], *args: Any, timeout: float = 3600, **environment: str) -> Any:
    """What a function of a file in tests/ returns when a new interpreter calls it; what it raises ends this one too.

    args           what repr() can write, and JSON the result
    environment    set for that interpreter, as PYTHONHASHSEED
    """
    code = f"import json; from {function.__module__} import {function.__name__} as f; print(json.dumps(f(*{args!r})))"
    ran = interpreter("-c", code, timeout=timeout, **environment)
    assert ran.returncode == 0, f"{function.__name__}{args} ended with {ran.returncode}: {ran.stderr[-2000:]}"
    return json.loads(ran.stdout.splitlines()[-1])


def interpreter(
    *arguments: str, cwd: Path | None = None, timeout: float = 3600, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Runs a new interpreter, which finds the library and the files in tests/."""
    path = os.pathsep.join(filter(None, [str(TESTS), str(TESTS.parent), os.environ.get("PYTHONPATH")]))
    return subprocess.run(
        [sys.executable, *arguments], env=os.environ | {"PYTHONPATH": path} | environment, cwd=cwd,
        capture_output=True, text=True, timeout=timeout, check=False,
    )  # fmt: skip


def forked(run: Callable[[], Any]) -> int:
    """The id of a process that runs this, in no time, and ends with 1 as its status if that raises; not on Windows."""
    if pid := os.fork():
        return pid
    status = 1
    try:
        run()
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:  # also if that was interrupted: nothing of the caller's may run twice
        os._exit(status)


def peak() -> float:
    """The most memory that this process has held so far, in GB; 0 on Windows, which does not tell."""
    try:
        import resource
    except ImportError:
        return 0.0
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return kilobytes * (1 if sys.platform == "darwin" else 1024) / 1e9


def held() -> float:
    """The memory that this process holds now, in MB; where that is not told, what it held at most."""
    if sys.platform != "linux":
        return 1000 * peak()
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
