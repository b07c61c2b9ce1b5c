"""One Studio a home: a lock on a file in it, which ends with the process. It guards no run."""

import os
import sys
from pathlib import Path

from obim.errors import RunError


class HomeLock:
    """Held from its making to ``release``, or to the end of the process however that comes."""

    def __init__(self, home: Path) -> None:
        """Take the lock, making the folder where needed.

        Raises:
            RunError: another Studio holds it, or the folder can't be written to or locked.
        """
        try:
            home.mkdir(parents=True, exist_ok=True)
            self._handle: int | None = os.open(home / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise RunError(
                "{folder} can't be written to ({reason}); give another folder with --home.",
                folder=home,
                reason=error.strerror,
            ) from error
        try:
            _lock(self._handle)
        except OSError as error:
            self.release()
            if isinstance(error, (BlockingIOError, PermissionError)):
                raise RunError(
                    "Another OBIM Studio works in {folder}; end it, or give this one another "
                    "folder with --home.",
                    folder=home,
                ) from error
            raise RunError(
                "{folder} can't be locked ({reason}); give a folder on a local disk with --home.",
                folder=home,
                reason=error.strerror,
            ) from error

    def release(self) -> None:
        """Let another Studio in; a second time does nothing."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


def _lock(handle: int) -> None:
    """Lock an open file for this process alone, at once or not at all."""
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
