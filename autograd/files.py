"""Files that are the old one or the new one at every moment, whatever happens while they are written."""

from __future__ import annotations

import errno
import os
import secrets
import stat
from pathlib import Path


def write(path: str | os.PathLike[str], content: bytes) -> Path:
    """Writes a file by way of a temporary one beside it, so that it is never half written."""
    path = Path(path)
    target = path.resolve()  # through a link, to the file it points to
    temporary = target.with_name(f".{secrets.token_hex(8)}.tmp")
    try:
        before = target.stat() if target.exists() else None
        if before and not stat.S_ISREG(before.st_mode):
            raise OSError(errno.EINVAL, "not a regular file")
        if before and not os.access(target, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        with temporary.open("xb") as file:
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
