"""Turn ``results/merges.json`` into the README's tables. It measures nothing."""

import json
from pathlib import Path

from obim.evaluation.statistics import wilson

DEMO = Path(__file__).resolve().parents[1]
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


def retention(row: dict, rows: list[dict], donors: list[str]) -> float:
    """Mean over the skills of score / the donor's own score."""
    own = {
        other["model"]: other["scores"][other["model"]]
        for other in rows
        if other["model"] in donors
    }
    kept = [
        row["scores"][d][0] / row["scores"][d][1] / max(own[d][0] / own[d][1], 1e-9) for d in donors
    ]
    return sum(kept) / len(kept)


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
        kept = "" if "settings" not in row else f"{100 * retention(row, rows, donors):.0f} %"
        lines.append(f"| {label} | " + " | ".join(cells) + f" | {kept} |")
    n = rows[0]["scores"][donors[0]][1]
    lines += [
        "",
        f"{n} report items a skill. Stock: density 1/{len(donors)} and scale 1 for every donor. "
        f"Tuned: the best of {results['tries']} tries on {results['dev_items']} dev items a skill, "
        "density and scale per donor. Retention: score / the donor's own score.",
    ]
    return "\n".join(lines)


def skill_table(manifest: dict) -> str:
    """What each specialist does, by one example, Markdown."""
    lines = ["| specialist | what it does | you write | it answers |", "| --- | --- | --- | --- |"]
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


def write_readme() -> None:
    """Put both tables into the README."""
    text = README.read_text(encoding="utf-8")
    text = between(text, "demo", skill_table(json.loads((DEMO / "demo.json").read_text("utf-8"))))
    results = DEMO / "results" / "merges.json"
    if results.is_file():
        text = between(text, "results", result_table(json.loads(results.read_text("utf-8"))))
    README.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write_readme()
