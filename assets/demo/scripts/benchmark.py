"""Measure the README's table: base, donors and merges by every method, on the report items.

``python assets/demo/scripts/benchmark.py`` tunes each method on dev items (the same
seeded search and the same number of tries for all: density and scale per donor), scores stock and
tuned settings on report items, and writes ``results/merges.json``, ``preset.yaml`` and the
README's tables. It trains nothing.
"""

import argparse
import json
import math
import random
from datetime import date
from pathlib import Path

from bench_merge import Bench
from tables import write_readme

from obim.models.demo import demo_assets
from obim.runs.recipe import write_recipe
from obim.types import Donor, MergeSpec

METHODS = ("linear", "task_arithmetic", "ties", "dare_linear", "dare_ties", "trim_average", "obim")
OUT = Path(__file__).resolve().parents[1]

Setting = tuple[tuple[float, ...], tuple[float, ...]]


def spec_of(method: str, donors: list[str], setting: Setting) -> MergeSpec:
    """The recipe of a method with densities and scales per donor."""
    densities, scales = setting
    return MergeSpec(
        base="demo:base",
        method=method,
        donors=tuple(
            Donor(name=n, source=f"demo:{n}", density=d, scale=s, calibration=f"demo:{n}")
            for n, d, s in zip(donors, densities, scales, strict=True)
        ),
    )


def stock(donors: list[str]) -> Setting:
    """Density 1/K and scale 1 each."""
    k = len(donors)
    return tuple([math.floor(1000 / k) / 1000] * k), tuple([1.0] * k)


def draw_near(rng: random.Random, center: Setting, width: float) -> Setting:
    """Change densities and scales by random factors; densities sum to 1 at most."""
    densities = [d * math.exp(rng.uniform(-width, width)) for d in center[0]]
    total = max(1.0, sum(densities))
    scales = [s * math.exp(rng.uniform(-width, width)) for s in center[1]]
    return (
        tuple(round(d / total, 3) for d in densities),
        tuple(round(min(4.0, max(0.2, s)), 2) for s in scales),
    )


def worth(scores: dict, own: dict[str, float], general: float) -> float:
    """What the search maximises: mean retention plus the worst one, ``general`` among them."""
    kept = [
        min(1.0, right / n / own[skill]) for skill, (right, n) in scores.items() if skill in own
    ]
    kept.append(min(1.0, scores["general"][0] / scores["general"][1] / general))
    return sum(kept) / len(kept) + min(kept)


def tune(bench: Bench, method: str, effort: argparse.Namespace, own: dict, general: float) -> dict:
    """Seeded search: stock, a common scale, then ever closer to the best found."""
    rng = random.Random(7)
    k = len(bench.donors)
    densities = stock(bench.donors)[0]
    starts = [stock(bench.donors)] + [(densities, tuple([s] * k)) for s in (1.5, 2.0)]
    best: tuple[float, Setting] | None = None
    for number in range(effort.tries):
        if number < len(starts):
            setting = starts[number]
        else:
            part = (number - len(starts)) / max(1, effort.tries - len(starts))
            setting = draw_near(rng, best[1], 0.6 * (1 - part) + 0.1)
        bench.load_merge(spec_of(method, bench.donors, setting))
        scores = bench.score([*bench.donors, "general"], "dev", effort.items)
        value = worth(scores, own, general)
        print(f"{method} {number} {value:.3f} {setting} {scores}", flush=True)
        if best is None or value > best[0]:
            best = (value, setting)
    return {"density": best[1][0], "scale": best[1][1], "dev_worth": best[0]}


def main() -> None:
    """Run it all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--donors", default="dates,orders,mails")
    parser.add_argument("--tries", type=int, default=12)
    parser.add_argument("--items", type=int, default=50, help="dev items a skill while tuning")
    parser.add_argument("--methods", default=",".join(METHODS))
    args = parser.parse_args()
    donors = args.donors.split(",")
    bench = Bench(donors, tokens=8192)
    skills = [*donors, "general"]
    rows = [{"model": "base", "scores": bench.score(skills, "report")}]
    dev_general = bench.score(["general"], "dev", args.items)["general"]
    own = {}
    for donor in donors:
        bench.load_donor(donor)
        right, n = bench.score([donor], "dev", args.items)[donor]
        own[donor] = max(right, 1) / n
        rows.append({"model": donor, "scores": bench.score(skills, "report")})
    tuned = {}
    for method in args.methods.split(","):
        general = max(dev_general[0], 1) / dev_general[1]
        tuned[method] = tune(bench, method, args, own, general)
        found = (tuned[method]["density"], tuned[method]["scale"])
        for label, setting in (("stock", stock(donors)), ("tuned", found)):
            bench.load_merge(spec_of(method, donors, setting))
            scores = bench.score(skills, "report")
            rows.append(
                {
                    "model": method,
                    "settings": label,
                    "density": setting[0],
                    "scale": setting[1],
                    "scores": scores,
                }
            )
            print(rows[-1], flush=True)
    best = tuned["obim"]
    preset = spec_of("obim", donors, (best["density"], best["scale"]))
    write_recipe(preset, demo_assets() / "preset.yaml")
    results = {
        "measured": date.today().isoformat(),
        "donors": donors,
        "tries": args.tries,
        "dev_items": args.items,
        "rows": rows,
    }
    (OUT / "results").mkdir(exist_ok=True)
    (OUT / "results" / "merges.json").write_text(json.dumps(results, indent=1) + "\n")
    write_readme()


if __name__ == "__main__":
    main()
