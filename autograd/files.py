"""Files that are the old one or the new one at every moment, whatever happens while they are written."""

from __future__ import annotations

import errno
import os
import secrets
import stat
import time
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

try:
    from fcntl import LOCK_EX, LOCK_NB, flock
except ImportError:  # Windows, where nobody can remove a file that is being written

    def _hold(file: BinaryIO) -> None:
        """Nothing has to be done."""
else:

    def _hold(file: BinaryIO) -> None:
        """Locks a file until it is closed, or its process ends; OSError if another one has."""
        flock(file, LOCK_EX | LOCK_NB)


TEMPORARY = ".glassgrad-{}.tmp"
SETTLED = 1.0  # seconds after which a file that nobody holds is not about to be held, or moved


def write(path: str | os.PathLike[str], content: bytes) -> Path:
    """Writes a file by way of a temporary one beside it, so that it is never half written.

    The temporary file of a process that was killed is removed by the next one that writes into the folder.
    """
    path = Path(path)
    target = path.resolve()  # through a link, to the file it points to
    temporary = target.with_name(TEMPORARY.format(secrets.token_hex(8)))
    try:
        before = target.stat() if target.exists() else None
        if before and not stat.S_ISREG(before.st_mode):
            raise OSError(errno.EINVAL, "not a regular file")
        if before and not os.access(target, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        _tidy(target.parent)
        with temporary.open("xb") as file:
            with suppress(OSError):  # some file systems have no locks, and there nothing is tidied
                _hold(file)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if before:
            temporary.chmod(stat.S_IMODE(before.st_mode))
        os.replace(temporary, target)
    except OSError as error:
        raise type(error)(error.errno, f"could not write: {error.strerror or error}", str(path)) from error
    finally:
        temporary.unlink(missing_ok=True)
    return path


def _tidy(folder: Path) -> None:
    """Removes the temporary files of those who were killed while they wrote: nobody holds them any more."""
    for left in folder.glob(TEMPORARY.format("*")):
        with suppress(OSError):  # as that of one who is writing
            with left.open("rb") as file:
                _hold(file)
                settled = time.time() - os.fstat(file.fileno()).st_mtime > SETTLED
            if settled:
                left.unlink()
