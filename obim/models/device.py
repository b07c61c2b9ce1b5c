"""Where the process computes: the device by its name, its free memory, what it is quick at.

A setting of the process and no part of a recipe. Nothing is moved here.
"""

import os
import time
from functools import cache

import psutil  # type: ignore[import-untyped]
import torch

from obim.errors import RecipeError

NAMES = ("auto", "cpu", "cuda", "mps")
CPU = torch.device("cpu")
_TRIES = 25
_CLEARLY = 1.4


def choose_device(name: str | None) -> torch.device:
    """The device that a user names.

    Args:
        name: ``cpu``, ``cuda``, ``mps``; ``auto``: the first of cuda, mps and cpu that is there;
            None: what OBIM_DEVICE says, else ``auto``.

    Raises:
        RecipeError: there is none of that name, or this machine doesn't have it.
    """
    name = name or os.environ.get("OBIM_DEVICE") or "auto"
    if name not in NAMES:
        raise RecipeError("{name!r} is no device; choose auto, cpu, cuda or mps.", name=name)
    there = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    if name == "auto":
        return torch.device(next(one for one, is_there in there.items() if is_there))
    if not there[name]:
        raise RecipeError(
            "There is no {name} device here that PyTorch can use; choose auto or cpu.", name=name
        )
    return torch.device(name)


def free_memory(device: torch.device) -> int:
    """Bytes that can be taken there now, what PyTorch keeps for itself unused included."""
    if device.type == "cuda":
        kept = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return torch.cuda.mem_get_info(device)[0] + kept
    free = int(psutil.virtual_memory().available)
    if device.type == "mps":  # its memory is the machine's, up to a limit
        limit = torch.mps.recommended_max_memory() - torch.mps.driver_allocated_memory()
        return max(0, min(free, limit))
    return free


@cache
def is_quicker_in_float32(dtype: torch.dtype) -> bool:
    """This CPU multiplies float32 matrices clearly faster: it has no quick instructions for others.

    Measured once in a process, in milliseconds.
    """
    seconds: dict[torch.dtype, list[float]] = {dtype: [], torch.float32: []}
    for _ in range(_TRIES):
        for each, taken in seconds.items():
            left, right = (torch.ones(shape, dtype=each) for shape in ((128, 512), (512, 512)))
            began = time.perf_counter()
            torch.mm(left, right)
            taken.append(time.perf_counter() - began)
    return _CLEARLY * min(seconds[torch.float32]) < min(seconds[dtype])


def is_out_of_memory(error: Exception) -> bool:
    """A computation wanted more memory than its device has; MPS has no error class for that."""
    return isinstance(error, torch.OutOfMemoryError) or (
        isinstance(error, RuntimeError) and "out of memory" in str(error)
    )
