"""What tells one state of a donor's calibration texts from another; it doesn't read them."""

from pathlib import Path
from typing import Any

from obim.types import Donor


def texts_state(donor: Donor) -> list[Any]:
    """The reference and, of a file that is there, its size and time; plain values for JSON."""
    state: list[Any] = [donor.calibration]
    if donor.calibration and donor.calibration != "self" and ":" not in donor.calibration:
        path = Path(donor.calibration).expanduser()
        if path.is_file():
            state += [path.stat().st_size, path.stat().st_mtime_ns]
    return state
