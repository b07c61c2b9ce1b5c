"""Measure the README's table: base, donors and merges by every method, on the report items.

``python assets/demo/scripts/benchmark.py`` tunes each method on dev items (the same
search and the same number of tries for all: density and scale per donor), scores stock and
tuned settings on report items, and writes ``results/merges.json``, ``preset.yaml`` and the
README's tables. It trains nothing.
"""

import argparse
import json
import math
from datetime import date
from pathlib import Path

from bench_merge import Bench
from tables import write_readme

from obim.models.demo import demo_assets
from obim.runs.recipe import write_recipe
from obim.types import Donor, MergeSpec

METHODS = ("obim", "ties", "task_arithmetic", "linear", "dare_linear", "trim_average")
OUT = Path(__file__).resolve().parents[1]

Setting = tuple[tuple[float, ...], tuple[float, ...]]


def spec_of(method: str, donors: list[str], setting: Setting) -> MergeSpec:
    """The recipe of a method with densities and scales per donor."""
    densities, scales = setting
    return MergeSpec(
        base="demo:base",
        method=method,
        calibration_tokens=4096,
        donors=tuple(
            Donor(name=n, source=f"demo:{n}", density=d, scale=s, calibration=f"demo:{n}")
            for n, d, s in zip(donors, densities, scales, strict=True)
        ),
    )


def stock(donors: list[str]) -> Setting:
    """Density 1/K and scale 1 each."""
    k = len(donors)
    return tuple([math.floor(1000 / k) / 1000] * k), tuple([1.0] * k)


def retained(scores: dict, reference: dict[str, float]) -> list[float]:
    """Score / reference score for each skill, 1 at most, in the order of ``reference``."""
    return [min(1.0, scores[s][0] / scores[s][1] / own) for s, own in reference.items()]


def worth(kept: list[float]) -> float:
    """What the search maximises: mean retention plus the worst one, ``general`` among them."""
    return sum(kept) / len(kept) + min(kept)


def nudge(setting: Setting, kept: list[float], step: float, louder: float) -> Setting:
    """More density and scale where less than the mean is kept; all scales times ``louder``."""
    k = len(setting[0])
    mean = sum(kept[:k]) / k
    push = [math.exp(step * (mean - own)) for own in kept[:k]]
    densities = [d * f * f for d, f in zip(setting[0], push, strict=True)]
    total = sum(densities) / sum(setting[0])
    return (
        tuple(round(min(1.0, d / total), 3) for d in densities),
        tuple(round(min(4.0, s * f * louder), 2) for s, f in zip(setting[1], push, strict=True)),
    )


def tune(bench: Bench, method: str, effort: argparse.Namespace, reference: dict) -> dict:
    """The same search for every method: stock, common scales, then nudges from the best found.

    ``reference`` holds the donors' own dev scores in order, and last the base's ``general``.
    """
    densities, ones = stock(bench.donors)
    best: tuple[float, Setting, list[float]] | None = None
    step, louder = 1.0, 1.0
    for number in range(effort.tries):
        if number < 3:
            factor = (1.0, 1.5, 2.0)[number]
            setting = (densities, tuple(s * factor for s in ones))
        else:
            setting = nudge(best[1], best[2], step, louder)
        bench.load_merge(spec_of(method, bench.donors, setting))
        scores = bench.score([*bench.donors, "general"], "dev", effort.items)
        kept = retained(scores, reference)
        print(f"{method} {number} {worth(kept):.3f} {setting} {scores}", flush=True)
        if best is None or worth(kept) > best[0]:
            best = (worth(kept), setting, kept)
        elif number >= 3:
            step, louder = 0.6 * step, (0.9, 1.1)[number % 2]
    return {"density": best[1][0], "scale": best[1][1], "dev_worth": best[0]}


def keep(args: argparse.Namespace, donors: list[str], rows: list[dict], tuned: dict) -> None:
    """Write what is measured so far: results, preset, the README's tables."""
    if "obim" in tuned:
        found = (tuned["obim"]["density"], tuned["obim"]["scale"])
        write_recipe(spec_of("obim", donors, found), demo_assets() / "preset.yaml")
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


def main() -> None:
    """Run it all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--donors", default="amounts,orders,mails")
    parser.add_argument("--tries", type=int, default=12)
    parser.add_argument("--items", type=int, default=40, help="dev items a skill while tuning")
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
        found = (tuned[method]["density"], tuned[method]["scale"])
        for label, setting in (("stock", stock(donors)), ("tuned", found)):
            bench.load_merge(spec_of(method, donors, setting))
            facts = {"settings": label, "density": setting[0], "scale": setting[1]}
            rows.append({"model": method, **facts, "scores": bench.score(skills, "report")})
            print(rows[-1], flush=True)
        keep(args, donors, rows, tuned)


if __name__ == "__main__":
    main()
