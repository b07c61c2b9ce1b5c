"""How time and peak memory of ``obim merge`` grow with parameters, donors and rounds.

Random Llamas, density 1/donors, statistics given; each line is one process, start-up included.
Behind each figure stands what the command told before it began, and told / true, which should lie
between a half and 2.
Run: ``python -m tests.benchmarks.bench_growth``; with ``billion`` it measures a model of 1.1 B
parameters and one of twice its layers instead (18 GB of disk).
"""

import re
import shutil
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from obim.models.checkpoint import open_checkpoint
from tests.benchmarks.models import (
    BILLION,
    SMOL,
    Size,
    write_base,
    write_donor,
    write_recipe,
    write_statistics,
)
from tests.benchmarks.processes import BIN, Run, machine, run

SHARD = 5 * 10**8
DONORS, ROUNDS = 3, 10


def main() -> None:
    print(machine())
    print("| parameters | donors | rounds | seconds | peak GB | disk GB |" + "\n|" + " ---: |" * 6)
    if sys.argv[1:] == ["billion"]:
        for size in (BILLION, replace(BILLION, layers=2 * BILLION.layers)):
            tell(size, [(DONORS, ROUNDS)])
        return
    for layers in (7, 15):
        tell(replace(SMOL, layers=layers), [(DONORS, ROUNDS)])
    several = [(2, ROUNDS), (DONORS, 1), (DONORS, 5), (DONORS, ROUNDS), (DONORS, 20)]
    tell(SMOL, [*several, (4, ROUNDS), (8, ROUNDS)])


def tell(size: Size, cases: list[tuple[int, int]]) -> None:
    """Merge models of one size: (donors, rounds) each."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        write_base(root / "base", size, SHARD)
        donors = [root / f"donor{k}" for k in range(max(k for k, _ in cases))]
        for k, donor in enumerate(donors):
            write_donor(donor, root / "base", size, k + 1, SHARD)
        parameters = open_checkpoint(root / "base").parameters
        for count, rounds in cases:
            recipe = root / f"{count}-{rounds}.yaml"
            density = round(1 / count - 0.0005, 3)
            write_recipe(recipe, root / "base", donors[:count], density, rounds)
            done = merge(recipe)
            files = recipe.with_suffix("").iterdir()
            true = (done.seconds, done.peak / 1e9, sum(file.stat().st_size for file in files) / 1e9)
            cells = " | ".join(compare(*pair) for pair in zip(true, told(done.output), strict=True))
            print(f"| {parameters / 1e6:.0f} M | {count} | {rounds} | {cells} |", flush=True)
            shutil.rmtree(recipe.with_suffix(""))


def compare(true: float, told: float) -> str:
    """One cell: the truth, what was told, and their ratio."""
    return f"{true:.2f}; {told:.2f} told, x {told / true:.2f}"


def told(output: str) -> tuple[float, float, float]:
    """Seconds, GB of memory and GB of disk, out of what the command printed."""
    size = r"([\d.]+) (GB|MB|kB)"
    found = re.search(rf"About (\d+) s, {size} of memory .*?, {size} of disk", output)
    if found is None:
        sys.exit(output)
    unit = {"GB": 1.0, "MB": 1e-3, "kB": 1e-6}
    seconds, memory, sign, disk, its = found.groups()
    return float(seconds), float(memory) * unit[sign], float(disk) * unit[its]


def merge(recipe: Path) -> Run:
    """One merge in a process of its own."""
    kept, out = recipe.with_suffix(".kept"), recipe.with_suffix("")
    write_statistics(kept, recipe)
    return run(
        [BIN / "obim", "merge", recipe, out, "--statistics", kept, "--shard-bytes", str(SHARD)]
    )


if __name__ == "__main__":
    main()
