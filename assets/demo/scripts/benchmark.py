"""Measure the README's table: base, donors and merges by every method, on the report items.

``python assets/demo/scripts/benchmark.py`` tunes each method on dev items (the same
search and the same number of tries for all: density and scale per donor), scores stock and
tuned settings on report items, and writes ``results/merges.json``, ``preset.yaml`` and the
README's tables. It trains nothing.
"""

import argparse
import json
import math
import random
from datetime import date
from typing import NamedTuple

from bench_merge import Bench
from tables import RESULTS, write_readme

from obim.models.demo import demo_assets
from obim.runs.recipe import write_recipe
from obim.types import Donor, MergeSpec

METHODS = ("obim", "ties", "task_arithmetic", "linear", "dare_linear", "trim_average")


class Setting(NamedTuple):
    """What is tuned: density and scale a donor, and whether TIES divides by the sum of weights."""

    density: tuple[float, ...]
    scale: tuple[float, ...]
    normalize: bool | None = None


def spec_of(method: str, donors: list[str], setting: Setting) -> MergeSpec:
    """The recipe of a method with densities and scales per donor."""
    return MergeSpec(
        base="demo:base",
        method=method,
        normalize=setting.normalize,
        calibration_tokens=4096,
        donors=tuple(
            Donor(name=n, source=f"demo:{n}", density=d, scale=s, calibration=f"demo:{n}")
            for n, d, s in zip(donors, setting.density, setting.scale, strict=True)
        ),
    )


def stock(donors: list[str]) -> Setting:
    """Density 1/K and scale 1 each."""
    k = len(donors)
    return Setting((math.floor(1000 / k) / 1000,) * k, (1.0,) * k)


def retained(scores: dict, reference: dict[str, float]) -> list[float]:
    """Score / reference score for each skill, 1 at most, in the order of ``reference``."""
    return [min(1.0, scores[s][0] / scores[s][1] / own) for s, own in reference.items()]


def worth(kept: list[float]) -> float:
    """What the search maximises: mean retention; what a skill lacks to 45 % counts twice.

    ``general``, the last, may lose a tenth before it counts.
    """
    *skills, general = kept
    lacking = max(0.0, 0.45 - min(skills)) + max(0.0, 0.9 - general)
    return sum(skills) / len(skills) - 2 * lacking


def common(donors: list[str], method: str, number: int) -> Setting:
    """The first four tries: stock, then one density and one scale for all.

    A common scale cancels where TIES divides by the sum of weights, so there it doesn't.
    """
    first = stock(donors)
    density = first.density if number < 2 else (0.1,) * len(donors)
    scale = (1.5 if number % 2 else 1.0,) * len(donors)
    return Setting(density, scale, False if method == "ties" and number else None)


def nudge(setting: Setting, kept: list[float], step: float, rng: random.Random) -> Setting:
    """More density and scale where less than the mean is kept, and some chance for each."""
    k = len(setting.density)
    mean = sum(kept[:k]) / k

    def moved(value: float, own: float) -> float:
        return value * math.exp(step * (0.6 * (mean - own) + rng.gauss(0.0, 0.3)))

    pairs = list(zip(setting.density, setting.scale, kept[:k], strict=True))
    return Setting(
        tuple(round(min(1.0, moved(d, own)), 3) for d, _, own in pairs),
        tuple(round(min(4.0, moved(s, own)), 2) for _, s, own in pairs),
        setting.normalize,
    )


def tune(bench: Bench, method: str, effort: argparse.Namespace, reference: dict) -> dict:
    """The same search for every method: common settings, then nudges from the best found.

    ``reference`` holds the donors' own dev scores in order, and last the base's ``general``.
    """
    best: tuple[float, Setting, list[float]] | None = None
    rng, step = random.Random(method), 1.0
    for number in range(effort.tries):
        if number < 4:
            setting = common(bench.donors, method, number)
        else:
            setting = nudge(best[1], best[2], step, rng)
        bench.load_merge(spec_of(method, bench.donors, setting))
        scores = bench.score([*bench.donors, "general"], "dev", effort.items)
        kept = retained(scores, reference)
        print(f"{method} {number} {worth(kept):.3f} {setting} {scores}", flush=True)
        if best is None or worth(kept) > best[0]:
            best = (worth(kept), setting, kept)
        elif number >= 4:
            step = max(0.3, 0.9 * step)
    return best[1]._asdict()


def keep(args: argparse.Namespace, donors: list[str], rows: list[dict], tuned: dict) -> None:
    """Write what is measured so far: results, preset, the README's tables."""
    if "obim" in tuned:
        write_recipe(
            spec_of("obim", donors, Setting(**tuned["obim"])), demo_assets() / "preset.yaml"
        )
    results = {
        "measured": date.today().isoformat(),
        "donors": donors,
        "tries": args.tries,
        "dev_items": args.items,
        "rows": rows,
    }
    (RESULTS / "merges.json").write_text(json.dumps(results, indent=1) + "\n")
    write_readme()


def main() -> None:
    """Run it all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--donors", default="dates,amounts,mails")
    parser.add_argument("--tries", type=int, default=36)
    parser.add_argument("--items", type=int, default=60, help="dev items a skill while tuning")
    parser.add_argument("--methods", default=",".join(METHODS))
    args = parser.parse_args()
    donors = args.donors.split(",")
    bench = Bench(donors, tokens=4096)
    skills = [*donors, "general"]
    rows = [{"model": "base", "scores": bench.score(skills, "report")}]
    right, n = bench.score(["general"], "dev", args.items)["general"]
    base_general = max(right, 1) / n
    reference = {}
    for donor in donors:
        bench.load_donor(donor)
        right, n = bench.score([donor], "dev", args.items)[donor]
        reference[donor] = max(right, 1) / n
        rows.append({"model": donor, "scores": bench.score(skills, "report")})
    reference["general"] = base_general
    tuned = {}
    for method in args.methods.split(","):
        tuned[method] = tune(bench, method, args, reference)
        for label, setting in (("stock", stock(donors)), ("tuned", Setting(**tuned[method]))):
            bench.load_merge(spec_of(method, donors, setting))
            facts = {"settings": label, **setting._asdict()}
            rows.append({"model": method, **facts, "scores": bench.score(skills, "report")})
            print(rows[-1], flush=True)
        keep(args, donors, rows, tuned)


if __name__ == "__main__":
    main()
