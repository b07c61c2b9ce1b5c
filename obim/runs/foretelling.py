"""What a merge with models of the hub will take, before any of them is fetched: by their headers.

It asks the hub, so it runs only where the user asks for a model of it. It fetches no weight.
"""

import os
import shutil
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from huggingface_hub import constants

from obim.errors import DownloadError
from obim.models.disk import free_on, ground, require_room, sized
from obim.models.hub import HubRef, is_hub, parse_hub, snapshot
from obim.models.preflight import Preflight, preflight
from obim.models.sketching import folder_of
from obim.models.temporary import make_temporary
from obim.runs.bench import Bench
from obim.runs.downloading import ask_hub
from obim.runs.folder import RunFolder
from obim.runs.needs import Needs
from obim.runs.outlook import Due, Outlook
from obim.types import MergeSpec


def not_here(spec: MergeSpec) -> list[str]:
    """References of a recipe to models of the hub that are not on this machine; asks nothing.

    Raises:
        ModelNotFound: a reference can't be read.
    """
    refs = dict.fromkeys((spec.base, *(donor.source for donor in spec.donors)))
    return [ref for ref in refs if is_hub(ref) and snapshot(parse_hub(ref)) is None]


def foretell(
    spec: MergeSpec, wanted: list[str], out: Path, foresee: Callable[[Bench], Needs]
) -> Generator[float, None, Outlook]:
    """Ask the hub for headers, and tell what fetching and merging will take.

    Args:
        spec: what is to be merged.
        wanted: its references to models of the hub that are to be fetched.
        out: where the merge goes; it need not be there yet.
        foresee: what a merge takes whose headers are here.

    Yields:
        How far it is, 0..1.

    Raises:
        DownloadError: the hub can't be asked, or what it has can't be merged.
        OSError: a folder can't be written to, or is full.
    """
    with _room_for_sketches(out) as work:
        folders, due = {}, []
        for i, ref in enumerate(wanted):
            hub = parse_hub(ref)
            now: dict[str, Any] = {}
            for now in ask_hub("sketching", hub, str(work)):  # noqa: B007  (the last is used)
                yield i / len(wanted)
            folders[ref] = str(folder_of(work, HubRef(hub.repo, now["commit"])))
            due.append(Due(ref=ref, name=str(hub), total=now["total"], missing=now["missing"]))
        here = _with_folders(spec, folders)
        base = spec.base not in folders
        found = preflight(here.base, [donor.source for donor in here.donors], tokenizers=base)
        needs = None
        if found.mergeable:
            needs = foresee(Bench(RunFolder.create(work / "runs", here)))
    return _outlook(spec, tuple(due), out, found, needs)


def require_room_for_all(outlook: Outlook, out: Path) -> None:
    """Refuse to begin a download where it and the merge would not fit.

    Args:
        outlook: of the merge.
        out: where the merge goes.

    Raises:
        DownloadError: they have no room on one disk.
        ExportError: the merge has none on its own.
    """
    if outlook.needs is not None and not outlook.one_disk:
        require_room(out, outlook.needs.disk)
    if outlook.disk > outlook.free:
        raise DownloadError(
            "Downloads of {missing} and a merge of {merge} need {disk}, and the disk of {folder} "
            "has {free} free; make room there, or set HF_HOME to a folder on another disk.",
            missing=sized(outlook.missing),
            merge=sized(outlook.disk - outlook.missing),
            disk=sized(outlook.disk),
            folder=constants.HF_HUB_CACHE,
            free=sized(outlook.free),
        )


@contextmanager
def _room_for_sketches(out: Path) -> Iterator[Path]:
    """A folder on the disk of the merge, so that its pace is measured there, gone afterwards."""
    work = make_temporary(ground(out))
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _with_folders(spec: MergeSpec, folders: dict[str, str]) -> MergeSpec:
    donors = [d.model_copy(update={"source": folders.get(d.source, d.source)}) for d in spec.donors]
    return spec.model_copy(
        update={"base": folders.get(spec.base, spec.base), "donors": tuple(donors)}
    )


def _outlook(
    spec: MergeSpec, due: tuple[Due, ...], out: Path, found: Preflight, needs: Needs | None
) -> Outlook:
    cache = Path(constants.HF_HUB_CACHE)
    names = [found.cards[0].name, *(donor.name for donor in spec.donors)]
    cards = list(zip(names, found.cards, strict=True))
    return Outlook(
        due=due,
        free=free_on(cache),
        one_disk=os.stat(ground(cache)).st_dev == os.stat(ground(out)).st_dev,
        fits=found.mergeable,
        problems=tuple((name, said) for name, card in cards for said in card.problems),
        warnings=tuple((name, said) for name, card in cards for said in card.warnings),
        needs=needs,
    )
