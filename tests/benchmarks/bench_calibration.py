"""What calibration costs against plain forward passes, and the memory it takes layer by layer.

On the demo's base (134.5 M parameters), float32, its general texts: seconds of a plain forward pass
over the same batches (with the output head, and without, since statistics need none), of the
statistics with the model in memory, and layer by layer, in turns; the middle one of each.
Run: ``python -m tests.benchmarks.bench_calibration``; with ``billion`` it takes one donor of a
random Llama of 1.1 B parameters over 64 texts of 256 tokens instead, in a process of its own (5 GB
of disk; folders there already may be named: ``billion BASE DONOR``).
"""

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from obim.models.checkpoint import open_checkpoint
from obim.models.demo import demo_assets
from obim.models.layers import LayeredModel, Read
from obim.models.sources import DonorSource, open_donor, resolve
from obim.runs.live import Live
from obim.saliency.activations import collect_input_stats
from obim.saliency.calibration import Batch, batches, load_texts
from obim.saliency.layered import collect_by_layer
from tests.benchmarks.models import BILLION, write_base, write_donor
from tests.benchmarks.processes import machine, run

ROUNDS = 3
TEXTS, LENGTH, ROWS = 64, 256, 8


def main() -> None:
    match sys.argv[1:]:
        case ["billion"]:
            with tempfile.TemporaryDirectory() as folder:
                base, donor = Path(folder) / "base", Path(folder) / "donor"
                write_base(base, BILLION)
                write_donor(donor, base, BILLION, 1)
                tell_billion(base, donor)
        case ["billion", base, donor]:
            tell_billion(Path(base), Path(donor))
        case ["child", base, donor]:
            measure_billion(Path(base), Path(donor))
        case _:
            tell_demo()


def tell_demo() -> None:
    """Four ways over the same tokens, in turns."""
    from transformers import AutoTokenizer

    base = open_checkpoint(resolve("demo:base"))
    manifest = json.loads((demo_assets() / "demo.json").read_text(encoding="utf-8"))
    texts = load_texts(f"demo:{manifest['general']['id']}")
    rows = batches(AutoTokenizer.from_pretrained(base.path), texts, 8192)
    live, layered = Live(base, torch.float32), LayeredModel(base)
    ways: dict[str, Callable[[], object]] = {
        "plain forward": lambda: forward(live.model, rows),
        "plain forward, no head": lambda: forward(live.model.base_model, rows),
        "statistics, in memory": lambda: drain(
            collect_input_stats(live.model, live.bindings, rows)
        ),
        "statistics, layer by layer": lambda: drain(collect_by_layer(layered, base.read, rows)),
    }
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(ROUNDS + 1):
        for name, way in ways.items():
            began = time.perf_counter()
            way()
            if turn > 0:  # the first warms up
                seconds[name].append(time.perf_counter() - began)
    tokens = sum(int(batch.mask.sum()) for batch in rows)
    print(f"{machine()}, {torch.get_num_threads()} threads; {tokens} tokens")
    plain = statistics.median(seconds["plain forward"])
    for name, values in seconds.items():
        middle = statistics.median(values)
        print(f"{name}: {middle:.2f} s, {middle / plain:.2f} x", flush=True)


@torch.no_grad()
def forward(model: Any, rows: list[Batch]) -> None:
    """What a user would run who wants nothing but the output."""
    for batch in rows:
        model(input_ids=batch.ids, attention_mask=batch.mask, use_cache=False)


def drain(generator: Generator[float, None, object]) -> None:
    for _ in generator:
        pass


def tell_billion(base: Path, donor: Path) -> None:
    """One donor in a process of its own."""
    child = run([sys.executable, "-m", "tests.benchmarks.bench_calibration", "child", base, donor])
    print(
        f"{machine()}; 1.1 B parameters, {TEXTS} x {LENGTH} tokens, layer by layer: "
        f"{child.seconds:.0f} s, peak {child.peak / 1e9:.2f} GB",
        flush=True,
    )


def measure_billion(base: Path, donor: Path) -> None:
    opened = open_checkpoint(base)
    source = open_donor(str(donor), opened)
    generator = torch.Generator().manual_seed(0)
    shape = (ROWS, LENGTH)
    rows = [
        Batch(
            torch.randint(3, BILLION.vocabulary, shape, generator=generator),
            torch.ones(shape, dtype=torch.int64),
            ROWS,
        )
        for _ in range(TEXTS // ROWS)
    ]
    drain(collect_by_layer(LayeredModel(opened), reader(source, opened.read), rows))


def reader(donor: DonorSource, base: Read) -> Read:
    def read(name: str, rows: slice | None) -> Tensor:
        stored = base(name, rows)
        delta = donor.delta(name, stored, rows)
        return stored.float() if delta is None else stored.float() + delta

    return read


if __name__ == "__main__":
    main()
