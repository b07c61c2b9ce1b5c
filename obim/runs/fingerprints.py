"""What a model's files hold, in one hash; a file is read once, then known by size and time.

It opens no weights.
"""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

from obim.models.sources import TELLING, resolve
from obim.runs.filing import replace_text

_BLOCK = 1 << 24
REMEMBERED = 5000
"""Files whose hashes are kept at most; the last ones that were read."""
Known = dict[str, tuple[int, int, str]]


class Fingerprints:
    """Hashes of files and folders, kept in a file between runs.

    Args:
        memo: the file; made when something is hashed.
    """

    def __init__(self, memo: Path) -> None:
        self._memo = memo
        self._known = _read(memo)

    def model(self, ref: str, on_block: Callable[[], None] = lambda: None) -> str:
        """sha256 (hex) of names and contents of a model's weights, configs and tokenizer.

        Args:
            ref: as for `obim.models.sources.resolve`.
            on_block: called after every block read; what it raises ends this.
        """
        folder = resolve(ref)
        paths = sorted(p for p in folder.iterdir() if p.suffix in TELLING and p.is_file())
        facts = [(path.name, self.file(path, on_block)) for path in paths]
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()

    def file(self, path: Path, on_block: Callable[[], None] = lambda: None) -> str:
        """sha256 (hex) of one file."""
        stat, name = path.stat(), str(path.resolve())
        state = (stat.st_size, stat.st_mtime_ns)
        known = self._known.get(name)
        if known is None or tuple(known[:2]) != state:
            digest = hashlib.sha256()
            with path.open("rb") as stream:
                while block := stream.read(_BLOCK):
                    digest.update(block)
                    on_block()
            self._known.pop(name, None)  # the last one read stands last
            self._known[name] = (*state, digest.hexdigest())
            self._memo.parent.mkdir(parents=True, exist_ok=True)
            replace_text(self._memo, json.dumps(self._known))
        return self._known[name][2]


def forget_gone(memo: Path) -> None:
    """Forget files that are there no more, and the first ones read of more than `REMEMBERED`."""
    known = _read(memo)
    there = [name for name in known if Path(name).is_file()][-REMEMBERED:]
    if len(there) < len(known):
        replace_text(memo, json.dumps({name: known[name] for name in there}))


def _read(memo: Path) -> Known:
    """What was hashed before; nothing where the file is missing or torn by a power cut."""
    try:
        found: Known = json.loads(memo.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return found
