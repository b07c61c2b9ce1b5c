"""How much memory a live model may take, and the refusal of one that would take more."""

import torch

from obim.errors import EvaluationError, RunError
from obim.models.checkpoint import Checkpoint
from obim.models.device import CPU, free_memory, is_out_of_memory

TIGHT = 0.9
"""Share of the free memory that a live model may take where nothing less will do."""


def shortage(
    base: Checkpoint, dtype: torch.dtype, device: torch.device = CPU
) -> EvaluationError | None:
    """Why a model can't be loaded here; None where it can.

    It is loaded by way of the machine's memory, whatever the device, and stays there where the
    device has too little (`obim.runs.placing.place_live`): so that memory decides.

    Args:
        base: its headers.
        dtype: that its weights would have.
        device: where it should answer.
    """
    need, free = base.parameters * dtype.itemsize / TIGHT, free_memory(CPU)
    if need <= free:
        return None
    if device == CPU:
        return EvaluationError(
            "To answer, this model needs {need:.1f} GB of memory and {free:.1f} GB are free. Close "
            "other programs; or merge and export without scores, and evaluate the exported folder "
            "on a larger machine.",
            need=need / 1e9,
            free=free / 1e9,
        )
    return EvaluationError(
        "To answer, this model needs {need:.1f} GB of memory; {free:.1f} GB are free on the "
        "machine, which it is loaded through, and {there:.1f} GB on {device}. Close other "
        "programs; or merge and export without scores, and evaluate the exported folder on a "
        "larger machine.",
        need=need / 1e9,
        free=free / 1e9,
        there=free_memory(device) / 1e9,
        device=device.type,
    )


def require_memory(need: int) -> None:
    """Refuse a look that would take more of the machine's memory than is free; bytes.

    Raises:
        RunError: it would.
    """
    free = free_memory(CPU)
    if need > TIGHT * free:
        raise RunError(
            "This takes {need:.1f} GB of memory and {free:.1f} GB are free. Close other programs, "
            "or do this on a larger machine.",
            need=need / 1e9,
            free=free / 1e9,
        )


def unjudged(base: Checkpoint, dtype: torch.dtype, device: torch.device) -> EvaluationError | None:
    """Why no rule can be judged here, known before anything is computed; see `shortage`."""
    short = shortage(base, dtype, device)
    return short and EvaluationError(
        "The rules need the model's answers, and to answer it needs {need:.1f} GB of memory; "
        "{free:.1f} GB are free. Switch the rules off to merge without scores, or close other "
        "programs.",
        need=short.values["need"],
        free=short.values["free"],
    )


def exhausted(error: Exception, device: torch.device) -> EvaluationError | None:
    """What a computation that ran out of a device's memory comes to; None of any other error."""
    if not is_out_of_memory(error):
        return None
    return EvaluationError(
        "To answer, this model needs more memory than {device} has; {there:.1f} GB are free there. "
        "Close what else uses it, or start with --device cpu; or merge and export without scores.",
        there=free_memory(device) / 1e9,
        device=device.type,
    )
