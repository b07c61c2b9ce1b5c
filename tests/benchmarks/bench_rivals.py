"""A whole merge on the command line, against mergekit's TIES on the same folders, side by side.

SmolLM2-135M sized random Llamas, three full donors, density 0.333; OBIM with ten rounds and
statistics given. Peak memory is that of the whole process. The floor is what reading four models
and writing one costs. Run: ``python -m tests.benchmarks.bench_rivals``.
"""

import shutil
import statistics
import tempfile
import time
from pathlib import Path

import torch
import yaml

from obim.models.checkpoint import open_checkpoint
from obim.models.demo import prepare_demo_base
from tests.benchmarks.models import SMOL, write_base, write_donor, write_recipe, write_statistics
from tests.benchmarks.processes import BIN, Run, machine, run

DENSITY, REPEATS = 0.333, 3


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        base, donors = root / "base", [root / f"donor{k}" for k in range(3)]
        write_base(base, SMOL)
        for k, donor in enumerate(donors):
            write_donor(donor, base, SMOL, k + 1)
        for model in (base, *donors):  # mergekit wants a tokenizer
            for file in prepare_demo_base().glob("tokenizer*"):
                shutil.copy(file, model)
        recipe = write_recipe(root / "obim.yaml", base, donors, DENSITY)
        write_statistics(root / "statistics", recipe)
        rival = write_rival(root / "ties.yaml", base, donors)
        ours, theirs, floors = [], [], []
        for i in range(REPEATS):
            theirs.append(run([BIN / "mergekit-yaml", rival, root / f"ties{i}"]))
            out = root / f"obim{i}"
            kept = root / "statistics"
            ours.append(run([BIN / "obim", "merge", recipe, out, "--statistics", kept]))
            floors.append(floor([base, *donors], root / "copy"))
        tell(theirs, ours, floors)


def tell(theirs: list[Run], ours: list[Run], floors: list[float]) -> None:
    print(machine())
    for name, runs in (("mergekit ties", theirs), ("obim merge", ours)):
        seconds, peak = median(runs)
        each = ", ".join(f"{r.seconds:.1f}" for r in runs)
        print(f"{name}: median {seconds:.1f} s ({each}), peak {peak / 1e9:.2f} GB")
    (slow, large), (quick, small) = median(theirs), median(ours)
    low = statistics.median(floors)
    print(f"obim / mergekit: time {quick / slow:.2f}, memory {small / large:.2f}")
    print(f"obim / floor ({low:.2f} s): {quick / low:.1f}")


def median(runs: list[Run]) -> tuple[float, float]:
    return statistics.median(r.seconds for r in runs), max(r.peak for r in runs)


def write_rival(path: Path, base: Path, donors: list[Path]) -> Path:
    """The same work as a configuration of mergekit."""
    settings = {"density": DENSITY, "weight": 1.0}
    config = {
        "merge_method": "ties",
        "base_model": str(base),
        "models": [{"model": str(donor), "parameters": settings} for donor in donors],
        "dtype": "float32",
        "out_dtype": "bfloat16",
    }
    path.write_text(yaml.safe_dump(config))
    return path


def floor(models: list[Path], out: Path) -> float:
    """Seconds to read every tensor of these models and to write as much as one has."""
    began = time.perf_counter()
    with out.open("wb") as stream:
        for model in models:
            checkpoint = open_checkpoint(model)
            for name in checkpoint.tensors:
                tensor = checkpoint.read(name)
                if model is models[0]:
                    stream.write(tensor.view(-1).view(torch.uint8).numpy().data)
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
