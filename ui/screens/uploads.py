"""Uploaded files, copied to where the worker reads them. What is in them is not looked at."""

import secrets
import shutil
from collections.abc import Collection
from pathlib import Path

from ui.handlers import Desk
from ui.refusals import Refused

TEXTS = "texts"
"""Folder of uploads in the home; the engine deletes old ones that no run names."""


def keep_upload(
    desk: Desk, upload: object, kinds: Collection[str], largest: int, *, other: str, large: str
) -> Path:
    """Copy an upload under a name that nobody can guess.

    Args:
        desk: knows the home.
        upload: the path that Gradio names.
        kinds: suffixes allowed, lower case.
        largest: bytes.
        other: key of the refusal of another kind of file.
        large: of one that is too large, or not there.

    Raises:
        Refused: it can't be taken.
    """
    path = Path(str(upload))
    if path.suffix.lower() not in kinds:
        raise Refused(other)
    if not path.is_file() or path.stat().st_size > largest:
        raise Refused(large)
    folder = desk.home / TEXTS
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    target = folder / f"{secrets.token_hex(8)}{path.suffix.lower()}"
    shutil.copyfile(path, target)
    return target
