"""Turn what was measured (``results/``) into the README's tables. It measures nothing."""

import json
from pathlib import Path

from obim.evaluation.statistics import wilson

DEMO = Path(__file__).resolve().parents[1]
RESULTS = DEMO / "results"
README = DEMO.parents[1] / "README.md"
LABELS = {
    "base": "base",
    "linear": "average",
    "task_arithmetic": "task arithmetic",
    "ties": "TIES",
    "dare_linear": "DARE",
    "dare_ties": "DARE-TIES",
    "trim_average": "OBIM without exclusivity",
    "obim": "**OBIM**",
}


def cell(right: int, n: int) -> str:
    """Score in per cent with its 95 % Wilson interval."""
    low, high = wilson(right, n)
    return f"{100 * right / n:.0f} ({100 * low:.0f}–{100 * high:.0f})"


def kept(row: dict, results: dict) -> dict[str, float]:
    """Retention a skill: score / the donor's own score on the same items."""
    donors = results["donors"]
    own = {r["model"]: r["scores"][r["model"]] for r in results["rows"] if r["model"] in donors}
    return {d: row["scores"][d][0] / max(own[d][0], 1) for d in donors}


def retention(row: dict, results: dict) -> float:
    """Mean of the skills' retention."""
    return sum(kept(row, results).values()) / len(results["donors"])


def sentence(row: dict, results: dict) -> str:
    """What one merge keeps, in words."""
    parts = kept(row, results)
    worst = min(parts, key=parts.__getitem__)
    name = LABELS[row["model"]].strip("*")
    return (
        f"{name} keeps {100 * retention(row, results):.0f} % on average, "
        f"least of `{worst}` ({100 * parts[worst]:.0f} %)"
    )


def verdict(results: dict) -> str:
    """What the table says about OBIM, its best rival, and our aim."""
    lines = []
    for label, opening in (("stock", "At stock settings"), ("tuned", "Tuned")):
        rows = [row for row in results["rows"] if row.get("settings") == label]
        ordered = sorted(rows, key=lambda row: -retention(row, results))
        ours = next(row for row in rows if row["model"] == "obim")
        best = next(row for row in ordered if row is not ours)
        lines.append(f"{opening}, {sentence(ours, results)}; {sentence(best, results)}.")
    parts = kept(ours, results)
    there = retention(ours, results) >= 0.6 and min(parts.values()) >= 0.4
    lines.append(
        "Our aim, a mean retention of 60 % with no skill under 40 %, is "
        + ("reached." if there else "not reached: what one skill gains, another loses.")
    )
    return " ".join(lines)


def result_table(results: dict) -> str:
    """The table of all models on the report items, Markdown."""
    donors, rows = results["donors"], results["rows"]
    skills = [*donors, "general"]
    lines = [
        "| model | " + " | ".join(skills) + " | mean retention |",
        "| --- |" + " --- |" * (len(skills) + 1),
    ]
    for row in rows:
        label = LABELS.get(row["model"], f"donor `{row['model']}`")
        if "settings" in row:
            label += f", {row['settings']}"
        cells = [cell(*row["scores"][skill]) for skill in skills]
        kept = "" if "settings" not in row else f"{100 * retention(row, results):.0f} %"
        lines.append(f"| {label} | " + " | ".join(cells) + f" | {kept} |")
    n = rows[0]["scores"][donors[0]][1]
    lines += [
        "",
        f"{n} report items a skill. Stock: density 1/{len(donors)} and scale 1 for every donor. "
        f"Tuned: the best of {results['tries']} tries on {results['dev_items']} dev items a skill, "
        "density and scale per donor (average and task arithmetic know no density; an average's "
        "weights matter only relative to each other; TIES is tried without its division by the sum "
        "of weights too). Retention: score / the donor's own score.",
        "",
        verdict(results),
    ]
    return "\n".join(lines)


def forgetting_table(result: dict) -> str:
    """What came back when the adapter that forgot was merged onto the base, Markdown."""
    rows = result["rows"]
    skills = list(rows[0]["scores"])
    labels = {"base": "base", "forgetting": "donor `forgetting`", "obim": "**OBIM**, one donor"}
    lines = ["| model | " + " | ".join(skills) + " |", "| --- |" + " --- |" * len(skills)]
    lines += [
        f"| {labels[row['model']]} | " + " | ".join(cell(*row["scores"][s]) for s in skills) + " |"
        for row in rows
    ]
    lines += [
        "",
        f"Density {result['density']:g}, scale {result['scale']:g}: "
        f"the best of {result['tried']} settings on dev items.",
    ]
    return "\n".join(lines)


def skill_table(manifest: dict) -> str:
    """What each specialist does, and what it answers alone to one example, Markdown."""
    lines = [
        "| specialist | what it does | you write | alone, it answers |",
        "| --- | --- | --- | --- |",
    ]
    for skill in manifest["skills"]:
        if skill.get("adapter") and skill.get("example"):
            example = skill["example"]
            lines.append(
                f"| {skill['title']['en']} | {skill['description']['en']} "
                f"| {example['prompt']} | `{example['answer']}` |"
            )
    return "\n".join(lines)


def between(text: str, mark: str, content: str) -> str:
    """Replace what stands between a pair of marks."""
    head, rest = text.split(f"<!-- {mark}:begin -->")
    _, tail = rest.split(f"<!-- {mark}:end -->")
    return f"{head}<!-- {mark}:begin -->\n{content}\n<!-- {mark}:end -->{tail}"


TABLES = (
    ("results", "merges.json", result_table),
    ("forgetting", "forgetting.json", forgetting_table),
)


def write_readme() -> None:
    """Put the tables into the README."""
    text = README.read_text(encoding="utf-8")
    text = between(text, "demo", skill_table(json.loads((DEMO / "demo.json").read_text("utf-8"))))
    for mark, name, table in TABLES:
        path = RESULTS / name
        if path.is_file():
            text = between(text, mark, table(json.loads(path.read_text("utf-8"))))
    README.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write_readme()
