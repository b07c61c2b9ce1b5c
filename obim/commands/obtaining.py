"""What the command line tells before it fetches models of the hub, and the fetching itself."""

import sys
import time
from argparse import Namespace
from typing import TYPE_CHECKING

from obim.commands.progress import open_bar, show

if TYPE_CHECKING:
    from obim.runs.bench import Bench
    from obim.runs.needs import Needs
    from obim.runs.outlook import Outlook
    from obim.types import MergeSpec


def obtain(spec: "MergeSpec", options: Namespace) -> bool:
    """Tell what fetching and merging will take, then fetch, unless only the telling is asked for.

    Returns:
        All models are here.

    Raises:
        Incompatible: the headers say that these can't be merged; nothing was fetched.
        DownloadError: there is no room, or the hub refuses; the sentence says which.
    """
    from obim.errors import Incompatible
    from obim.runs.foretelling import not_here, require_room_for_all

    wanted = not_here(spec)
    if not wanted:
        return True
    outlook = _ask(spec, wanted, options)
    _tell_outlook(outlook)
    for name, said in outlook.problems:
        who = f"{name}: "
        raise Incompatible(who + said)
    require_room_for_all(outlook, options.out.parent)
    if options.dry_run:
        return False
    for due in outlook.due:
        fetch(due.ref)
    return True


def _ask(spec: "MergeSpec", wanted: list[str], options: Namespace) -> "Outlook":
    from obim.models.disk import explain
    from obim.runs.foretelling import foretell

    asking = foretell(spec, wanted, options.out.parent, lambda bench: _foresee(bench, options))
    with open_bar() as bar:
        try:
            while True:
                show(bar, next(asking), "ask the hub")
        except StopIteration as end:
            outlook: Outlook = end.value
            show(bar, 1.0, "ask the hub")
        except OSError as error:
            raise explain(error, options.out) from error
        finally:
            asking.close()
    return outlook


def _tell_outlook(outlook: "Outlook") -> None:
    from obim.models.disk import sized

    models = ", ".join(f"{due.name} {sized(due.missing)}" for due in outlook.due)
    print(
        f"To download: {models}; {sized(outlook.free)} of disk free. How long that takes is not "
        "known; tokenizers are compared once they are here.",
        file=sys.stderr,
    )
    for name, said in outlook.warnings:
        print(f"obim: {name}: {said}", file=sys.stderr)
    if outlook.needs is not None:
        tell(outlook.needs)


def _foresee(bench: "Bench", options: Namespace) -> "Needs":
    from obim.runs.foreseeing import foresee_command
    from obim.runs.owning import is_exclusive

    owner_map = options.owner_map and is_exclusive(bench.spec)
    return foresee_command(bench, options.out, time.perf_counter(), owner_map)


def tell(needs: "Needs") -> None:
    """What a merge takes, and where memory is short."""
    from obim.models.disk import sized

    texts = f" and {needs.measuring:.0f} s of measuring on texts" if needs.measuring else ""
    print(
        f"About {needs.seconds:.0f} s{texts}, {sized(needs.memory)} of memory "
        f"({sized(needs.memory_free)} free), {sized(needs.disk)} of disk "
        f"({sized(needs.disk_free)} free).",
        file=sys.stderr,
    )
    if not needs.enough_memory:
        print(
            "obim: The memory may not do; close other programs, or use fewer donors.",
            file=sys.stderr,
        )


def fetch(model: str) -> str:
    """Fetch a model of the hub, its size told before; returns its reference with the commit."""
    from pathlib import Path

    from huggingface_hub import constants

    from obim.models.disk import free_on, sized
    from obim.models.hub import PREFIX, parse_hub
    from obim.runs.downloading import Progress, download

    ref, before = parse_hub(model), Progress()
    with open_bar("{elapsed}<{remaining}") as bar:
        for progress in download(model):
            if progress.total and not before.total:
                free = sized(free_on(Path(constants.HF_HUB_CACHE)))
                bar.write(
                    f"{ref}: {sized(progress.missing)} to download of {sized(progress.total)}; "
                    f"{free} of disk free.",
                    file=sys.stderr,
                )
            if progress != before:
                show(bar, progress.fraction, f"{ref} {progress.sizes}".strip())
            before = progress
        show(bar, 1.0, str(ref))
    return f"{PREFIX}{ref.repo}@{before.commit}"
