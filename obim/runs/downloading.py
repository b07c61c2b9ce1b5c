"""The Download job: one model of the hub into the hub's cache. It opens no model.

The fetching itself is done by a process of its own, which is ended where the user says stop.
"""

import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import obim
from obim.errors import DownloadError, ObimError
from obim.models.hub import PREFIX, HubRef, kind_of, parse_hub, resolve_hub
from obim.runs.desk import Desk
from obim.runs.folder import RunFolder
from obim.runs.jobs import Download

ON_REQUEST = "OBIM_HUB_ON_REQUEST"
"""Set in the environment of a page that switched the hub off itself: a download that the user asks
for may go there. A user's own HF_HUB_OFFLINE stays in force."""
_GLANCE = 0.1
"""Seconds between two looks at whether the user has said stop."""


@dataclass(frozen=True)
class Progress:
    """How far a download is.

    Attributes:
        phase: ``list`` (asking what there is), ``download`` or ``verify``.
        total: bytes of all files of the model, 0 while unknown.
        missing: bytes that were not here when this download began.
        got: bytes of those that have come.
        commit: of the model, once all is here; else empty.
    """

    phase: str = "list"
    total: int = 0
    missing: int = 0
    got: int = 0
    commit: str = ""

    @property
    def fraction(self) -> float:
        """Done of what this download has to fetch, 0..1."""
        return min(1.0, self.got / self.missing) if self.missing else 0.0

    @property
    def sizes(self) -> str:
        """``1.20 / 4.40 GB`` of the whole model; empty while unknown."""
        if not self.total:
            return ""
        unit, sign = next((u for u in _UNITS if self.total >= u[0]), _UNITS[-1])
        here = self.total - self.missing + self.got
        return f"{here / unit:.2f} / {self.total / unit:.2f} {sign}"


_UNITS = ((10**9, "GB"), (10**6, "MB"), (10**3, "kB"))


def run_download(folder: RunFolder, job: Download, desk: Desk) -> None:
    """Fetch what is missing, then journal what the model is called here."""
    ref = parse_hub(job.model)
    commit = ""
    for progress in download(job.model):
        desk.tick(progress.fraction, progress.phase, f"{ref} {progress.sizes}".strip())
        commit = progress.commit
    pinned = f"{PREFIX}{ref.repo}@{commit}"
    kind = kind_of(resolve_hub(pinned))
    folder.mend()
    event = {"event": "download", "ref": pinned, "name": str(ref), "kind": kind}
    folder.append(event, durable=True)


def download(model: str) -> Iterator[Progress]:
    """Fetch a model of the hub; ending the iteration ends the fetching.

    Yields:
        How far it is, several times a second; the last one holds the commit.

    Raises:
        DownloadError: one sentence on what went wrong; what was fetched is kept.
        ModelNotFound: that is no model of the hub.
    """
    for now in ask_hub("fetching", parse_hub(model)):
        yield Progress(**now | ({"got": now["missing"]} if "commit" in now else {}))


def ask_hub(module: str, ref: HubRef, *arguments: str) -> Iterator[dict[str, Any]]:
    """Run a process that asks the hub; ending the iteration ends it.

    Args:
        module: of `obim.models`, which tells its parent in lines (see `obim.models.telling`).
        ref: the model that it is about.
        arguments: further ones of its command.

    Yields:
        All it has told, several times a second; the last time with the commit.

    Raises:
        DownloadError: one sentence on what went wrong.
    """
    command = [sys.executable, "-m", f"obim.models.{module}", str(ref), *arguments]
    pipe = subprocess.PIPE
    process = subprocess.Popen(command, env=_environment(), stdin=pipe, stdout=pipe)
    news: queue.Queue[bytes | None] = queue.Queue()
    threading.Thread(target=_read, args=(process.stdout, news), daemon=True).start()
    now: dict[str, Any] = {}
    try:
        while not now.get("commit"):
            yield now
            try:
                line = news.get(timeout=_GLANCE)
            except queue.Empty:
                continue
            if line is None:
                raise DownloadError(
                    "The download of {model} ended unexpectedly; start it again, it goes on where "
                    "it stopped.",
                    model=ref,
                )
            now = _fold(now, json.loads(line))
        yield now
    finally:
        process.kill()
        process.wait()
        process.stdin.close()  # type: ignore[union-attr]


def _fold(now: dict[str, Any], said: dict[str, Any]) -> dict[str, Any]:
    """What is known, with what the fetching process said last."""
    if "template" in said:
        kind: type[ObimError] = DownloadError
        raise kind(said["template"], **said["values"])  # a literal where it was first raised
    phase = {} if "commit" in said else {"phase": said.get("phase", "download")}
    return {**now, **phase, **said}


def _read(stream: IO[bytes], news: "queue.Queue[bytes | None]") -> None:
    with stream:
        for line in stream:
            news.put(line)
    news.put(None)


def _environment() -> dict[str, str]:
    """That of this process, closed to all but the download."""
    paths = [str(Path(obim.__file__).parents[1]), os.environ.get("PYTHONPATH", "")]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(path for path in paths if path),
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "HF_HUB_DISABLE_XET": "1",  # it can't go on where it stopped
        "HF_HUB_VERBOSITY": "error",
    }
    if os.environ.get(ON_REQUEST):
        environment.pop("HF_HUB_OFFLINE", None)
    return environment
