"""Where the process computes: the device by its name, and how much memory is free there.

A setting of the process and no part of a recipe. Nothing is moved here.
"""

import os

import psutil  # type: ignore[import-untyped]
import torch

from obim.errors import RecipeError

NAMES = ("auto", "cpu", "cuda", "mps")
CPU = torch.device("cpu")


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


def is_out_of_memory(error: Exception) -> bool:
    """A computation wanted more memory than its device has; MPS has no error class for that."""
    return isinstance(error, torch.OutOfMemoryError) or (
        isinstance(error, RuntimeError) and "out of memory" in str(error)
    )
