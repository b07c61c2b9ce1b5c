"""The command line: ``obim merge RECIPE OUT``, ``obim download MODEL``, ``obim demo``.

The same engine, without a page.

Exit codes: 0 done; 1 it failed; 2 the command, the recipe or the models are wrong; 130 interrupted.
Heavy imports wait until the command is known.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor

    from obim.runs.bench import Bench
    from obim.types import InputStats, MergeSpec

OK, FAILED, WRONG, INTERRUPTED = 0, 1, 2, 130
_SHARD_BYTES = 5_000_000_000
_WRITTEN = 0.9
"""Share of the work once all is on disk; the rest is reading it back."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code."""
    began = time.perf_counter()
    options = _parser().parse_args(arguments)
    from obim.errors import CalibrationError, ModelError, ObimError, RecipeError

    try:
        if options.command == "demo":
            return _demo()
        if options.command == "download":
            return _download(options.model)
        return _merge(options, began)
    except (RecipeError, ModelError, CalibrationError) as error:
        print(f"obim: {error}", file=sys.stderr)
        return WRONG
    except ObimError as error:
        print(f"obim: {error}", file=sys.stderr)
        return FAILED
    except MemoryError:
        print("obim: There was not enough memory; close other programs.", file=sys.stderr)
        return FAILED
    except RuntimeError as error:
        from obim.models.device import is_out_of_memory

        if not is_out_of_memory(error):
            raise
        print("obim: The GPU had not enough memory; try --device cpu.", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print("obim: interrupted; nothing was written.", file=sys.stderr)
        return INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="obim", description="Merge fine-tuned language models.")
    commands = parser.add_subparsers(dest="command", required=True)
    merge = commands.add_parser("merge", help="run a recipe and write the merged model")
    merge.add_argument("recipe", type=Path, help="YAML file, as in every exported folder")
    merge.add_argument("out", type=Path, help="folder to make; it must not exist yet")
    merge.add_argument(
        "--shard-bytes", type=int, default=_SHARD_BYTES, help="largest weight file (default 5 GB)"
    )
    merge.add_argument(
        "--statistics",
        type=Path,
        help="folder that keeps what was measured on calibration texts, to be used again",
    )
    merge.add_argument("--device", help="auto, cpu, cuda or mps (default: OBIM_DEVICE, or auto)")
    fetch = commands.add_parser("download", help="fetch a model or an adapter from the hub")
    fetch.add_argument("model", help="org/name or org/name@revision")
    commands.add_parser("demo", help="prepare the demo's base model, once")
    return parser


def _demo() -> int:
    os.environ["TQDM_DISABLE"] = "1"  # the libraries' own bars
    from obim.models.demo import prepare_demo_base

    told: list[float] = []

    def tell(share: float, sentence: str) -> None:
        if not told:
            print("Preparing the demo (once, about a minute) ...", end=" ", flush=True)
        told.append(share)

    try:
        prepare_demo_base(tell)
    except BaseException:
        if told:
            print()  # what is wrong stands on a line of its own
        raise
    print("done" if told else "The demo is ready.")
    return OK


def _download(model: str) -> int:
    from obim.models.hub import parse_hub
    from obim.runs.downloading import download

    ref = parse_hub(model)
    before = None
    with _bar("{elapsed}<{remaining}") as bar:
        for progress in download(model):
            if progress != before:
                _show(bar, progress.fraction, f"{ref} {progress.sizes}".strip())
            before = progress
        _show(bar, 1.0, str(ref))
    print(f"hub:{ref.repo}@{progress.commit}")
    return OK


def _merge(options: argparse.Namespace, began: float) -> int:
    from obim.errors import ExportError
    from obim.models.device import choose_device
    from obim.runs.bench import Bench
    from obim.runs.choices import pin_models
    from obim.runs.filing import exchange
    from obim.runs.folder import STATS, RunFolder
    from obim.runs.recipe import read_recipe

    device, out, kept = choose_device(options.device), options.out, options.statistics
    spec = pin_models(read_recipe(options.recipe))
    if out.exists():
        raise ExportError("{path} exists already; choose another name.", path=out)
    _preflight(spec)
    with tempfile.TemporaryDirectory(prefix="obim-") as work:
        bench = Bench(RunFolder.create(Path(work), spec), device=device)
        if kept is not None:
            exchange(kept, bench.folder.path / STATS)
        _tell_needs(bench, out, began)
        with _bar() as bar:
            stats = _measure(bench, bar, kept)
            path, digest = _write(bench, stats, out, options.shard_bytes, bar)
    print(f"{path} {digest}")
    return OK


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


def _tell_needs(bench: "Bench", out: Path, began: float) -> None:
    """Refuse a disk that is too full; say what the merge will take, and where memory is short."""
    from obim.models.disk import explain, require_room, sized
    from obim.runs.foreseeing import foresee_command, written

    require_room(out.parent, written(bench))
    try:
        needs = foresee_command(bench, out, began)
    except OSError as error:
        raise explain(error, out) from error
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


def _measure(bench: "Bench", bar: Any, kept: Path | None) -> "list[InputStats | None]":
    """Statistics of the donors where they are needed, taken from and left in ``kept``."""
    from obim.registry import find
    from obim.runs.bench import needs_statistics
    from obim.runs.desk import Desk
    from obim.runs.filing import exchange
    from obim.runs.folder import STATS
    from obim.runs.measuring import measure_all

    method = find("merge_method", bench.spec.method)
    if not method.facts.get("needs_saliency"):
        return [None] * len(bench.spec.donors)
    if needs_statistics(bench.spec):
        desk = Desk.open(
            bench.folder,
            "calibrate",
            None,
            serve=lambda: _show(bar, 0.5 * desk.fraction, "measure"),
        )
        measure_all(bench, desk)
        if kept is not None:
            exchange(bench.folder.path / STATS, kept)
    return bench.stats()


def _write(
    bench: "Bench", stats: "list[InputStats | None]", out: Path, shard_bytes: int, bar: Any
) -> tuple[Path, str]:
    import torch

    from obim.merging.engine import stream_merge
    from obim.models.export import export, verify
    from obim.runs.card import describe_calibration, write_card
    from obim.runs.recipe import dump_recipe

    spec, began = bench.spec, bar.n
    state = bench.reader.state().model_copy(update={"turn": bench.spec.turns})

    def progress(share: float) -> None:
        _show(bar, began + (_WRITTEN - began) * share, "merge")

    def look(name: str, tensor: "Tensor") -> None:
        _show(bar, bar.n + (1 - _WRITTEN) * tensor.numel() / bench.base.parameters, "verify")

    report = export(
        out,
        bench.base,
        stream_merge(spec, bench.base, bench.donors, stats, on_progress=progress),
        dtype=getattr(torch, spec.dtype),
        shard_bytes=shard_bytes,
        recipe=dump_recipe(spec),
        card=write_card(state, out.name, spec.dtype, describe_calibration(spec, stats)),
        check=lambda folder, digest: verify(folder, digest, look),
    )
    return report.path, report.content_hash


def _bar(times: str = "{elapsed}") -> Any:
    from tqdm import tqdm

    shape = "{desc}: {percentage:3.0f}%|{bar}| " + times
    return tqdm(total=1.0, file=sys.stderr, bar_format=shape)


def _show(bar: Any, share: float, what: str) -> None:
    bar.set_description(what, refresh=False)
    bar.update(max(0.0, min(share, 1.0) - bar.n))  # sums of shares may round past 1
