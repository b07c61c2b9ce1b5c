"""Fetches one model of the hub into the hub's cache: ``python -m obim.models.fetching org/name``.

It runs as a process of its own, which tells its parent how far it is (see `telling`). A file of
weights grows under a name of its own until it is whole, and goes on there the next time.
"""

import hashlib
import io
import os
import shutil
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from huggingface_hub import HfApi, constants, hf_hub_download, hf_hub_url
from huggingface_hub.file_download import get_hf_file_metadata, http_get
from huggingface_hub.utils import (  # type: ignore[attr-defined]
    WeakFileLock,
    build_hf_headers,
)

from obim.errors import DownloadError
from obim.models.hub import HubRef, parse_hub
from obim.models.listing import Listing, Wanted, list_files
from obim.models.telling import Say, serve_parent
from obim.models.troubles import plainly

PART = ".obim.incomplete"
"""How the name of a file ends that isn't whole yet."""
_CHUNK = 256 * 1024
"""Bytes between two looks at the progress; what a kill costs at most."""
_PATIENCE = 5.0
"""Seconds to wait for another download of the same model, which may just be ending."""


def fetch(ref: HubRef, say: Say, api: HfApi) -> str:
    """Fetch what of a model is not here yet.

    Args:
        ref: which model.
        say: told how far it is.
        api: the hub to ask.

    Returns:
        The commit.

    Raises:
        DownloadError: one sentence on what went wrong; what was fetched is kept.
    """
    locks = Path(constants.HF_HUB_CACHE) / ".locks" / ref.folder.name
    with plainly(ref, api.endpoint):
        listing = list_files(ref, api)
        locks.mkdir(parents=True, exist_ok=True)
        try:
            with WeakFileLock(locks / "obim.lock", timeout=_PATIENCE):
                _fetch_files(listing, say, api)
        except TimeoutError as error:
            raise DownloadError(
                "Another download of {model} is under way; wait for it.", model=ref.repo
            ) from error
        if not ref.is_pinned:
            _note_revision(ref, listing.ref.revision)
    return listing.ref.revision


def _fetch_files(listing: Listing, say: Say, api: HfApi) -> None:
    ref = listing.ref
    due = missing(listing)
    _check_room(ref, sum(due.values()))
    say(total=listing.nbytes, missing=sum(due.values()))

    def tell(begun: int, size: int) -> None:
        say(got=begun + size)

    got = 0
    for file, rest in due.items():
        if file.is_weights:
            origin = got + rest - file.size  # what is there of it before now isn't got now
            _fetch_weights(ref, file, partial(tell, origin), say, api)
        _place(ref, file, api)
        got += rest
        say(got=got)


def missing(listing: Listing) -> dict[Wanted, int]:
    """Files that are not whole here yet, and how many bytes of each."""
    ref = listing.ref
    absent = [file for file in listing.files if not _place_of(ref, file).exists()]
    return {file: file.size - _begun(ref, file) for file in absent}


def _place_of(ref: HubRef, file: Wanted) -> Path:
    """Where a file of the cache has its name."""
    return ref.folder / "snapshots" / ref.revision / file.name


def _begun(ref: HubRef, file: Wanted) -> int:
    """Bytes of a file that are here under another name."""
    if file.sha256 is None:
        return 0
    blob = ref.folder / "blobs" / file.sha256
    part = blob.with_name(blob.name + PART)
    found = next((path for path in (blob, part) if path.exists()), None)
    return min(file.size, found.stat().st_size) if found is not None else 0


def _check_room(ref: HubRef, missing: int) -> None:
    """Refuse to begin what the disk can't hold."""
    folder = Path(constants.HF_HUB_CACHE)
    free = shutil.disk_usage(folder).free
    if missing > free:
        raise DownloadError(
            "{model} needs {needed} GB more and the disk of {folder} has {free} GB; make room "
            "there, or set HF_HOME to a folder on another disk.",
            model=ref.repo,
            needed=f"{missing / 1e9:.1f}",
            folder=folder,
            free=f"{free / 1e9:.1f}",
        )


def _place(ref: HubRef, file: Wanted, api: HfApi) -> None:
    """Give a file its name in the cache; its content is fetched where it isn't there."""
    hf_hub_download(ref.repo, file.name, revision=ref.revision, endpoint=api.endpoint)


class _Growing(io.BufferedWriter):
    """A file that tells its size after every piece written."""

    def __init__(self, path: Path, grown: Callable[[int], None]) -> None:
        super().__init__(io.FileIO(path, "ab"))
        self._grown = grown

    def write(self, data: Any) -> int:
        """Write a piece."""
        n = super().write(data)
        self._grown(self.tell())
        return n


def _fetch_weights(
    ref: HubRef, file: Wanted, grown: Callable[[int], None], say: Say, api: HfApi
) -> None:
    """Fetch a large file from where it stands, check its content, give it its name."""
    url = hf_hub_url(ref.repo, file.name, revision=ref.revision, endpoint=api.endpoint)
    facts = get_hf_file_metadata(url, endpoint=api.endpoint)
    blob = ref.folder / "blobs" / (facts.etag or str(file.sha256))
    part = blob.with_name(blob.name + PART)
    if not blob.exists():
        blob.parent.mkdir(parents=True, exist_ok=True)
        if part.exists() and part.stat().st_size > file.size:
            part.unlink()
        with _Growing(part, grown) as stream:
            http_get(
                url,
                stream,
                resume_size=stream.tell(),
                headers=build_hf_headers(),
                expected_size=file.size,
            )
            stream.flush()
            os.fsync(stream.fileno())
        say(phase="verify")
        _check_content(ref, file, part)
        part.replace(blob)


def _check_content(ref: HubRef, file: Wanted, part: Path) -> None:
    """The hash that the hub names is the hash of what came; else it is thrown away."""
    if file.sha256 is None:
        return
    with part.open("rb") as stream:
        digest = hashlib.sha256()
        while piece := stream.read(1 << 22):
            digest.update(piece)
    if digest.hexdigest() != file.sha256:
        part.unlink()
        raise DownloadError(
            "{file} of {model} arrived damaged and was thrown away; download it again.",
            file=file.name,
            model=ref.repo,
        )


def _note_revision(ref: HubRef, commit: str) -> None:
    """Write down what a branch or tag stood for, where the hub's own tools look for it."""
    path = ref.folder / "refs" / ref.revision
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(commit, encoding="ascii")


def main() -> None:
    """Fetch the model that the command names."""
    constants.DOWNLOAD_CHUNK_SIZE = _CHUNK

    def work(say: Say) -> None:
        say(commit=fetch(parse_hub(sys.argv[1]), say, HfApi()))

    serve_parent(work)


if __name__ == "__main__":
    main()
