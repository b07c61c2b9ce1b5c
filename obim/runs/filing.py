"""Files that appear whole or not at all, and second names for them."""

import os
import shutil
import tempfile
from pathlib import Path


def replace_text(path: Path, text: str, durable: bool = False) -> None:
    """Replace a file in one step; ``durable`` waits for the disk before the old one goes."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
            if durable:
                stream.flush()
                os.fsync(stream.fileno())
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def allot(path: Path, nbytes: int) -> None:
    """A file of zeros with all its room on the disk: a page of it can be written at any time.

    A hole that can't be filled later would end the process that has the file in memory.

    Raises:
        OSError: there is no room; no file is left.
    """
    try:
        with path.open("wb") as stream:
            if nbytes and hasattr(os, "posix_fallocate"):
                os.posix_fallocate(stream.fileno(), 0, nbytes)
            stream.truncate(nbytes)
    except OSError:
        path.unlink(missing_ok=True)
        raise


def link(source: Path, target: Path) -> None:
    """The same file under a second name; a copy where the file system has no links."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def exchange(source: Path, target: Path) -> None:
    """Give ``target`` the files of ``source`` that it lacks; both folders are made."""
    for folder in (source, target):
        folder.mkdir(parents=True, exist_ok=True)
    for path in source.glob("*.safetensors"):
        if not (target / path.name).exists():
            link(path, target / path.name)
