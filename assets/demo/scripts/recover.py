"""Merge the ``forgetting`` adapter back onto the base: what comes back, and what it costs.

The second setting of the paper (arXiv 2502.12217): training that went on until general knowledge
fell, then OBIM with one donor. The setting is chosen on dev items; ``results/forgetting.json`` and
the README get the report items' figures. It trains nothing.
"""

import json

from bench_merge import Bench
from describe import FORGETTING
from tables import RESULTS, write_readme

from obim.types import Donor, MergeSpec

SETTINGS = [(density, scale) for density in (0.02, 0.05, 0.1, 0.2, 0.4) for scale in (0.7, 1.0)]
SKILLS = (FORGETTING["skill"], "general")


def spec_of(density: float, scale: float) -> MergeSpec:
    """One donor claims its most salient positions; the rest is the base's again."""
    donor = Donor(
        name="forgetting",
        source="demo:forgetting",
        density=density,
        scale=scale,
        calibration="demo:forgetting",
    )
    return MergeSpec(base="demo:base", donors=(donor,), calibration_tokens=4096)


def main() -> None:
    """Choose on dev items, measure on report items, write both."""
    bench = Bench(["forgetting"], tokens=4096)
    found = []
    for setting in SETTINGS:
        bench.load_merge(spec_of(*setting))
        scores = bench.score(SKILLS, "dev")
        found.append((sum(right / n for right, n in scores.values()), setting))
        print(setting, scores, flush=True)
    density, scale = max(found)[1]
    rows = []
    bench.load_base()
    rows.append({"model": "base", "scores": bench.score(SKILLS, "report")})
    bench.load_donor("forgetting")
    rows.append({"model": "forgetting", "scores": bench.score(SKILLS, "report")})
    bench.load_merge(spec_of(density, scale))
    rows.append({"model": "obim", "scores": bench.score(SKILLS, "report")})
    result = {"density": density, "scale": scale, "tried": len(SETTINGS), "rows": rows}
    (RESULTS / "forgetting.json").write_text(json.dumps(result, indent=1) + "\n")
    write_readme()


if __name__ == "__main__":
    main()
