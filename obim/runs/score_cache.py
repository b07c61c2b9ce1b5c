"""Scores by content on disk: what was scored once, in whatever run, is not scored again.

It only keeps; `obim.runs.score_keys` says under what.
"""

import json
import time
from collections.abc import Sequence
from pathlib import Path

from obim.runs.filing import replace_text
from obim.types import ItemResult

SCORES = "scores"
"""Folder beside that of the runs."""
FILES = "files.json"
"""In that folder: hashes of the files that scores are kept by."""
UNUSED = 90 * 24 * 3600.0
"""Seconds after which a score that nobody asked for goes."""


class ScoreCache:
    """Item results under a home folder, by key."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, key: str) -> list[ItemResult] | None:
        """The results kept under a key; None: none are, or a power cut tore them."""
        path = self._path(key)
        try:
            rows = json.loads(path.read_text(encoding="utf-8"))
            found = [ItemResult(*row) for row in rows]
        except (FileNotFoundError, ValueError, TypeError):
            return None
        path.touch()  # used: it stays
        return found

    def put(self, key: str, results: Sequence[ItemResult]) -> None:
        """Keep results."""
        path = self._path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        rows = [[r.id, r.value, r.weight, r.answer] for r in results]
        replace_text(path, json.dumps(rows, ensure_ascii=False))

    def _path(self, key: str) -> Path:
        return self._folder / key[:2] / f"{key}.json"


def prune(folder: Path) -> None:
    """Delete scores that nobody has asked for in a long time."""
    for path in folder.glob("??/*.json"):
        if time.time() - path.stat().st_mtime > UNUSED:
            path.unlink(missing_ok=True)
