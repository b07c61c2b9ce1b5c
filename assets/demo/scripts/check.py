"""Score the base and every finished adapter on all report halves, into ``results/donors.json``.

Exact match under greedy decoding with 95 % Wilson intervals, over all items and over novel ones.
It changes no adapter.
"""

import json

import generate
import torch
from common import Batcher, exact, wilson
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer

from obim.models.demo import prepare_demo_base

NAMES = (*generate.SKILLS, "general")


def cell(right: list[bool]) -> dict[str, object]:
    """Share of right answers with its interval."""
    low, high = wilson(sum(right), len(right))
    return {
        "right": sum(right),
        "items": len(right),
        "score": round(sum(right) / len(right), 4),
        "low": round(low, 4),
        "high": round(high, 4),
    }


def scored(model, batcher: Batcher, split: str) -> dict[str, object]:
    """Scores on one half of every evaluation set."""
    row: dict[str, object] = {}
    for name in NAMES:
        items = [item for item in generate.held_out(name) if item["split"] == split]
        right = exact(model, batcher, items)
        new = [ok for ok, item in zip(right, items, strict=True) if item["novel"]]
        row[name] = {"all": cell(right), "novel": cell(new)}
    return row


def main() -> None:
    """Score base and adapters, print a table, write the file."""
    torch.set_num_threads(2)
    folder = prepare_demo_base()
    batcher = Batcher(AutoTokenizer.from_pretrained(folder))
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.bfloat16).eval()
    table = {"base": scored(model, batcher, "report")}
    for name in (*generate.SKILLS, "forgetting"):
        adapter = generate.ROOT / "adapters" / name
        if (adapter / "adapter_config.json").is_file():
            base = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.bfloat16)
            merged = PeftModel.from_pretrained(base, adapter).eval()
            table[name] = scored(merged, batcher, "report")
    for name, row in table.items():
        shown = (f"{k} {v['all']['score']:.3f} ({v['novel']['score']:.3f})" for k, v in row.items())
        print(f"{name:10}", " ".join(shown))
    path = generate.ROOT / "results" / "donors.json"
    path.parent.mkdir(exist_ok=True)
    text = {"split": "report", "measure": "exact match, greedy", "rows": table}
    path.write_text(json.dumps(text, indent=1) + "\n")


if __name__ == "__main__":
    main()
