"""Optimal Brain Iterative Merging: the engine, without a page.

``__all__`` is everything that ui/ may use. Names are loaded on first use, so that importing the
package costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from obim.errors import ObimError
    from obim.runs.jobs import (
        Advance,
        Back,
        Calibrate,
        Cell,
        Chat,
        Check,
        Evaluate,
        Export,
        Job,
        Read,
    )
    from obim.runs.state import (
        CardState,
        DonorSaliency,
        ExportState,
        FlipState,
        JobState,
        RunState,
        ScoreState,
        SkillState,
        TensorSaliency,
        TurnState,
    )
    from obim.runs.studio import ModelChoice, Studio
    from obim.types import Donor, MergeSpec

_HOMES = {
    "obim.errors": ("ObimError",),
    "obim.runs.jobs": (
        "Advance", "Back", "Calibrate", "Cell", "Chat", "Check", "Evaluate", "Export", "Job", "Read",
    ),
    "obim.runs.state": (
        "CardState", "DonorSaliency", "ExportState", "FlipState", "JobState", "RunState",
        "ScoreState", "SkillState", "TensorSaliency", "TurnState",
    ),
    "obim.runs.studio": ("ModelChoice", "Studio"),
    "obim.types": ("Donor", "MergeSpec"),
}  # fmt: skip
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "Advance",
    "Back",
    "Calibrate",
    "CardState",
    "Cell",
    "Chat",
    "Check",
    "Donor",
    "DonorSaliency",
    "Evaluate",
    "Export",
    "ExportState",
    "FlipState",
    "Job",
    "JobState",
    "MergeSpec",
    "ModelChoice",
    "ObimError",
    "Read",
    "RunState",
    "ScoreState",
    "SkillState",
    "Studio",
    "TensorSaliency",
    "TurnState",
]


def __getattr__(name: str) -> Any:
    """Load a public name from its home."""
    if name not in _HOME_OF:
        raise AttributeError(f"module 'obim' has no attribute {name!r}")
    return getattr(import_module(_HOME_OF[name]), name)
