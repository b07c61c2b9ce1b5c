"""``obim merge RECIPE OUT``: run a recipe and write the merged model."""

import sys
import tempfile
from argparse import ArgumentParser, BooleanOptionalAction, Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from obim.commands.obtaining import obtain, tell
from obim.commands.progress import open_bar, show

if TYPE_CHECKING:
    from torch import Tensor

    from obim.runs.bench import Bench
    from obim.types import InputStats, MergeSpec

HELP = "run a recipe and write the merged model"
_SHARD_BYTES = 5_000_000_000
_WRITTEN = 0.9
"""Share of the work once all is on disk; the rest is reading it back."""


def define(parser: ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("recipe", type=Path, help="YAML file, as in every exported folder")
    parser.add_argument("out", type=Path, help="folder to make; it must not exist yet")
    parser.add_argument(
        "--shard-bytes", type=int, default=_SHARD_BYTES, help="largest weight file (default 5 GB)"
    )
    parser.add_argument(
        "--statistics",
        type=Path,
        help="folder that keeps what was measured on calibration texts, to be used again",
    )
    parser.add_argument(
        "--download",
        action="store_true",
        help="fetch models of the hub that are not here yet, once they are known to fit",
    )
    parser.add_argument(
        "--dry-run",
        action="store_true",
        help="say whether the models fit and what it all takes, and stop before any weight is read "
        "or, with --download, fetched",
    )
    parser.add_argument("--device", help="auto, cpu, cuda or mps (default: OBIM_DEVICE, or auto)")
    parser.add_argument(
        "--owner-map",
        action=BooleanOptionalAction,
        default=True,
        help="write the map of owners too, with which one donor can be taken out later",
    )


def run(options: Namespace, began: float) -> int:
    """Merge, and print where to and the content hash."""
    from obim.errors import ExportError
    from obim.models.device import choose_device
    from obim.runs.bench import Bench
    from obim.runs.choices import pin_models
    from obim.runs.filing import exchange
    from obim.runs.folder import STATS, RunFolder
    from obim.runs.recipe import read_recipe

    device, out, kept = choose_device(options.device), options.out, options.statistics
    spec = read_recipe(options.recipe)
    if out.exists():
        raise ExportError("{path} exists already; choose another name.", path=out)
    if options.download and not obtain(spec, options):
        return 0
    spec = pin_models(spec)
    _preflight(spec)
    with tempfile.TemporaryDirectory(prefix="obim-") as work:
        bench = Bench(RunFolder.create(Path(work), spec), device=device)
        if kept is not None:
            exchange(kept, bench.folder.path / STATS)
        _tell_needs(bench, options, began)
        if options.dry_run:
            return 0
        with open_bar() as bar:
            stats = _measure(bench, bar, kept)
            path, digest = _write(bench, stats, options, bar)
    print(f"{path} {digest}")
    return 0


def _preflight(spec: "MergeSpec") -> None:
    """Refuse what the page would refuse, by the first problem that its cards would show.

    Warnings are printed.
    """
    from obim.errors import Incompatible
    from obim.models.preflight import preflight

    for card in preflight(spec.base, [donor.source for donor in spec.donors]).cards:
        if not card.ok:
            who = f"{card.name}: " if card.kind is not None else ""
            raise Incompatible(who + card.problems[0])
        for warning in card.warnings:
            print(f"obim: {card.name}: {warning}", file=sys.stderr)


def _tell_needs(bench: "Bench", options: Namespace, began: float) -> None:
    """Refuse a disk that is too full; say what the merge will take, and where memory is short."""
    from obim.models.disk import explain, require_room
    from obim.runs.foreseeing import exported, foresee_command
    from obim.runs.owning import is_exclusive

    out, owner_map = options.out, options.owner_map and is_exclusive(bench.spec)
    require_room(out.parent, exported(bench, owner_map))
    try:
        needs = foresee_command(bench, out, began, owner_map)
    except OSError as error:
        raise explain(error, out) from error
    tell(needs)


def _measure(bench: "Bench", bar: Any, kept: Path | None) -> "list[InputStats | None]":
    """Statistics of the donors where they are needed, taken from and left in ``kept``."""
    from obim.registry import find
    from obim.runs.desk import Desk
    from obim.runs.filing import exchange
    from obim.runs.folder import STATS
    from obim.runs.measuring import measure_all
    from obim.runs.statistics_needed import needs_statistics

    method = find("merge_method", bench.spec.method)
    if not method.facts.get("needs_saliency"):
        return [None] * len(bench.spec.donors)
    if needs_statistics(bench.spec):
        desk = Desk.open(
            bench.folder,
            "calibrate",
            None,
            serve=lambda: show(bar, 0.5 * desk.fraction, "measure"),
        )
        measure_all(bench, desk)
        if kept is not None:
            exchange(bench.folder.path / STATS, kept)
    return bench.stats()


def _write(
    bench: "Bench", stats: "list[InputStats | None]", options: Namespace, bar: Any
) -> tuple[Path, str]:
    import torch

    from obim.merging.engine import stream_merge
    from obim.models.export import export, verify
    from obim.runs.owning import OwnerFile, is_exclusive
    from obim.runs.recipe import dump_recipe

    spec, began = bench.spec, bar.n
    owners = OwnerFile(bench) if options.owner_map and is_exclusive(spec) else None

    def progress(share: float) -> None:
        show(bar, began + (_WRITTEN - began) * share, "merge")

    def look(name: str, tensor: "Tensor") -> None:
        show(bar, bar.n + (1 - _WRITTEN) * tensor.numel() / bench.base.parameters, "verify")

    report = export(
        options.out,
        bench.base,
        stream_merge(
            spec,
            bench.base,
            bench.donors,
            stats,
            on_progress=progress,
            on_owner=owners.note if owners else None,
            device=bench.device,
        ),
        dtype=getattr(torch, spec.dtype),
        shard_bytes=options.shard_bytes,
        recipe=dump_recipe(spec),
        card=_card(bench, stats, options.out.name, owners is not None),
        beside=owners.open if owners else None,
        beside_bytes=owners.nbytes if owners else 0,
        check=lambda folder, digest: verify(folder, digest, look),
    )
    return report.path, report.content_hash


def _card(bench: "Bench", stats: "list[InputStats | None]", name: str, owner_map: bool) -> str:
    from obim.runs.card import describe_calibration, write_card

    spec = bench.spec
    state = bench.reader.state().model_copy(update={"turn": spec.turns})
    words = describe_calibration(spec, stats)
    return write_card(state, name, spec.dtype, words, owner_map=owner_map)
