"""The disk that a model goes to: how much is free there, how fast it is, what it says when not.

It writes nothing that stays.
"""

import errno
import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from obim.errors import ExportError
from obim.models.hashing import content_hash
from obim.models.safetensors_file import open_safetensors
from obim.models.temporary import make_temporary
from obim.models.writing import plan_shards, write_shards
from obim.types import TensorInfo

_MARGIN = 16 * 2**20
"""Bytes for all that is no weight: config, tokenizer, journal."""
_SAMPLE, _TENSORS = (1024, 2048), 8
_UNITS = ((10**9, "GB"), (10**6, "MB"), (10**3, "kB"))


@dataclass(frozen=True)
class Pace:
    """Seconds a byte.

    Attributes:
        write: hashed, written, and waited for until it is on the disk.
        back: read again and hashed, most of it out of the memory it was written from.
        read: read from the disk itself.
    """

    write: float
    back: float
    read: float


def sized(nbytes: float) -> str:
    """1234567 -> 1.2 MB."""
    unit, sign = next((u for u in _UNITS if nbytes >= u[0]), _UNITS[-1])
    return f"{nbytes / unit:.1f} {sign}"


def ground(folder: Path) -> Path:
    """The folder, or the nearest one above it that is there already."""
    whole = folder.expanduser().absolute()
    return next(path for path in (whole, *whole.parents) if path.is_dir())


def free_on(folder: Path) -> int:
    """Free bytes of the disk that holds, or will hold, a folder."""
    return shutil.disk_usage(ground(folder)).free


def require_room(folder: Path, nbytes: int) -> None:
    """Refuse to begin what will not fit.

    Args:
        folder: where to; it need not be there yet.
        nbytes: of weights and owner map; a little more is asked for.

    Raises:
        ExportError: the disk has less free.
    """
    free, need = free_on(folder), nbytes + _MARGIN
    if free < need:
        raise ExportError(
            "{folder} has {free} free, {need} are needed; make room or choose another folder.",
            folder=folder,
            free=sized(free),
            need=sized(need),
        )


def explain(error: OSError, out: Path) -> ExportError:
    """What a user is told when a folder can't be written.

    Args:
        error: what the system said.
        out: the folder to be.
    """
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return ExportError(
            "The disk of {folder} is full; make room or choose another folder.", folder=out.parent
        )
    if error.errno == errno.EFBIG:
        return ExportError(
            "The disk of {folder} takes no files this large; choose a smaller size for a file, or "
            "another folder.",
            folder=out.parent,
        )
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return ExportError(
            "{folder} can't be written to; choose another folder.", folder=out.parent
        )
    return ExportError(
        "{path} can't be written ({reason}).", path=out, reason=error.strerror or error
    )


def measure_pace(folder: Path) -> Pace:
    """Write a little noise with the code of an export, read it back, and remove it.

    Args:
        folder: on the disk in question; it is there.

    Raises:
        OSError: it can't be written to, or is full.
    """
    generator = torch.Generator().manual_seed(0)
    noise = torch.randn(_SAMPLE, generator=generator).bfloat16()
    infos = [TensorInfo(str(i), _SAMPLE, "bfloat16", "", 0) for i in range(_TENSORS)]
    nbytes = noise.nbytes * _TENSORS
    shards = plan_shards(infos, torch.bfloat16, nbytes)
    work = make_temporary(folder)
    try:
        began = time.perf_counter()
        write_shards(work, shards, ((info.name, noise) for info in infos))
        written = time.perf_counter()
        file = work / shards[0].file
        content_hash(_tensors(file))
        back = time.perf_counter()
        _forget(file)
        dropped = time.perf_counter()
        for _ in _tensors(file):
            pass
        read = time.perf_counter()
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return Pace((written - began) / nbytes, (back - written) / nbytes, (read - dropped) / nbytes)


def _tensors(file: Path) -> Iterator[tuple[str, Tensor]]:
    opened = open_safetensors(file)
    return ((name, opened.read(name)) for name in opened.tensors)


def _forget(file: Path) -> None:
    """Ask the system, where it can be asked, to read the file anew the next time."""
    if hasattr(os, "posix_fadvise"):
        with file.open("rb") as stream:
            os.posix_fadvise(stream.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
