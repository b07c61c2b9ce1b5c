"""Folders under work: hidden, named after their process, and removed once it is gone.

What is made here gets its final name by a rename; nothing else in a folder is touched.
"""

import os
import shutil
import tempfile
import time
from pathlib import Path

import psutil  # type: ignore[import-untyped]

_PREFIX = ".obim-"
_OLD = 24 * 3600.0
"""Seconds after which a folder is left over even if a process has its number again."""


def make_temporary(parent: Path) -> Path:
    """A new empty folder in ``parent``, for this process to fill and to rename.

    Raises:
        OSError: the parent isn't there or can't be written to.
    """
    return Path(tempfile.mkdtemp(dir=parent, prefix=f"{_PREFIX}{os.getpid()}-"))


def clear_temporary(parent: Path) -> None:
    """Remove what killed processes left in ``parent``; that of living ones stays."""
    for path in parent.glob(f"{_PREFIX}*-*"):
        pid = path.name.removeprefix(_PREFIX).partition("-")[0]
        if pid.isdigit() and (not psutil.pid_exists(int(pid)) or _is_old(path)):
            shutil.rmtree(path, ignore_errors=True)


def _is_old(path: Path) -> bool:
    try:
        changed = max(p.lstat().st_mtime for p in (path, *path.iterdir()))
    except OSError:  # just renamed or removed by its process
        return False
    return time.time() - changed > _OLD
