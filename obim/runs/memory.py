"""How much memory a live model may take, and the refusal of one that would take more."""

import psutil  # type: ignore[import-untyped]
import torch

from obim.errors import EvaluationError
from obim.models.checkpoint import Checkpoint

TIGHT = 0.9
"""Share of the free memory that a live model may take where nothing less will do."""


def free_memory() -> int:
    """Bytes that this process could still have."""
    free: int = psutil.virtual_memory().available
    return free


def shortage(base: Checkpoint, dtype: torch.dtype) -> EvaluationError | None:
    """Why a model can't be loaded here; None where it fits into memory.

    Args:
        base: its headers.
        dtype: that its weights would have.
    """
    need, free = base.parameters * dtype.itemsize / TIGHT, free_memory()
    if need <= free:
        return None
    return EvaluationError(
        "To answer, this model needs {need:.1f} GB of memory and {free:.1f} GB are free. Close "
        "other programs; or merge and export without scores, and evaluate the exported folder on "
        "a larger machine.",
        need=need / 1e9,
        free=free / 1e9,
    )
