"""Delete old runs in which nothing was merged and nothing exported. It touches no other folder."""

import shutil
import time
from collections.abc import Collection
from pathlib import Path

from obim.errors import RunError
from obim.runs.folder import JOURNAL, PROGRESS, RunFolder

OLD = 24 * 3600.0
"""Seconds since a run last changed."""


def sweep(runs: Path, keep: Collection[str | None]) -> list[str]:
    """Delete runs that have not changed for a day and never had a turn or an export.

    Args:
        runs: the folder of runs.
        keep: ids of runs that stay in any case (None: no run).

    Returns:
        Ids of the runs deleted.
    """
    gone = []
    for path in sorted(runs.glob("[0-9]*")):
        if path.name not in keep and _is_old(path) and _is_empty(path):
            shutil.rmtree(path, ignore_errors=True)
            gone.append(path.name)
    return gone


def _is_old(path: Path) -> bool:
    files = [path / name for name in (JOURNAL, PROGRESS)]
    changed = max((f.stat().st_mtime for f in files if f.is_file()), default=time.time())
    return time.time() - changed > OLD


def _is_empty(path: Path) -> bool:
    """The journal tells of no turn and no export; a damaged run is left to its owner."""
    try:
        kinds = {event["event"] for _, event in RunFolder(path).events()}
    except (RunError, OSError, KeyError, TypeError):
        return False
    return not kinds & {"turn", "export"}
