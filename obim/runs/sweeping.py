"""Delete old runs in which nothing was merged and nothing exported, and what no run uses.

It touches no other folder.
"""

import re
import shutil
import time
from collections.abc import Collection
from pathlib import Path

from obim.errors import RunError
from obim.runs.fingerprints import forget_gone
from obim.runs.folder import JOURNAL, PROGRESS, SPEC, RunFolder
from obim.runs.score_cache import FILES, SCORES, prune

OLD = 24 * 3600.0
"""Seconds since a run or a text last changed."""
TEXTS = "texts"
"""Folder beside that of the runs, for texts that users upload."""
_TEXT = re.compile(r"[0-9a-f]{16}\.[a-z]+")


def sweep(runs: Path, keep: Collection[str | None]) -> list[str]:
    """Delete runs that have not changed for a day and never had a turn or an export.

    Uploaded texts of that age go too, where no run named them before: those of a run that goes
    now stay until the next time, since a copy of that run may be what comes next. Scores
    that nobody has asked for in a long time go as well, and hashes of files that are gone.

    Args:
        runs: the folder of runs.
        keep: ids of runs that stay in any case (None: no run).

    Returns:
        Ids of the runs deleted.
    """
    _sweep_texts(runs.parent / TEXTS, runs)
    prune(runs.parent / SCORES)
    forget_gone(runs.parent / SCORES / FILES)
    gone = []
    for path in sorted(runs.glob("[0-9]*")):
        if path.name not in keep and _is_old(path) and _is_empty(path):
            shutil.rmtree(path, ignore_errors=True)
            gone.append(path.name)
    return gone


def _sweep_texts(texts: Path, runs: Path) -> None:
    old = [
        path
        for path in texts.glob("*")
        if _TEXT.fullmatch(path.name) and time.time() - path.stat().st_mtime > OLD
    ]
    if not old:
        return
    try:
        specs = [path.read_text(encoding="utf-8") for path in runs.glob(f"[0-9]*/{SPEC}")]
    except (OSError, ValueError):
        return  # a run that can't be read may need any of them
    for path in old:
        if not any(path.name in spec for spec in specs):
            path.unlink(missing_ok=True)


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
