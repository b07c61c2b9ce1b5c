"""The scoreboard against plain transformers: exported folders asked one item at a time.

Nothing of OBIM scores here: a folder is loaded, ``generate`` writes, texts are compared.
"""

import json
import random
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, GenerationConfig

from obim.evaluation.items import EvalSet
from obim.merging.engine import stream_merge
from obim.models.export import export
from obim.runs.advancing import run_advance
from obim.runs.bench import Bench
from obim.runs.desk import Desk
from obim.runs.evaluating import run_evaluate
from obim.runs.exporting import run_export
from obim.runs.folder import RunFolder
from obim.runs.jobs import Advance, Evaluate, Export
from obim.types import Donor, MergeSpec
from tests.tiny import save_donor, save_model, tiny_model

ITEMS, LONGEST = 40, 6
RIVALS = ("linear", "ties", "obim:one_round", "obim:trim_average")


def save_base(path: Path) -> Path:
    """A random model that ends its answers soon: the end's logit spreads widest."""
    model = tiny_model("llama", layers=1)
    with torch.no_grad():
        model.get_output_embeddings().weight[1] *= 6
    return save_model(model, path)


def answer(folder: Path, prompts: list[str]) -> list[str | None]:
    """Greedy answers, one by one; None where one doesn't end, or its text has other tokens."""
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    tokenizer = AutoTokenizer.from_pretrained(folder)
    settings = GenerationConfig(
        do_sample=False, max_new_tokens=LONGEST, eos_token_id=1, pad_token_id=1
    )
    texts: list[str | None] = []
    for prompt in prompts:
        chat: Any = tokenizer.apply_chat_template(
            [{"role": "user", "content": prompt}],
            add_generation_prompt=True, return_tensors="pt", return_dict=True,
        )  # fmt: skip
        out = model.generate(**chat, generation_config=settings)
        new = out[0, chat["input_ids"].shape[1] :].tolist()
        text = tokenizer.decode(new[:-1])
        again = tokenizer(text, add_special_tokens=False)["input_ids"]
        texts.append(text if [*again, 1] == new and again else None)
    return texts


def test_the_scoreboard_is_what_the_exported_models_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = save_base(tmp_path / "base")
    sources = [save_donor(tmp_path / f"d{k}", base, seed=k, spread=0.25) for k in (1, 2)]
    sets = {"a": EvalSet("a", {"en": "A"}, tmp_path / "items.jsonl")}
    monkeypatch.setattr(Bench, "sets", lambda self: sets)
    donors = tuple(
        Donor(name=f"d{k}", source=str(path), scale=0.9) for k, path in enumerate(sources, 1)
    )
    spec = MergeSpec(
        base=str(base), donors=donors, estimator="magnitude", rounds=3, dtype="float32"
    )
    bench = Bench(RunFolder.create(tmp_path / "home" / "runs", spec))
    rivals = [export_rival(spec, label, bench, tmp_path) for label in RIVALS]
    prompts = [f"{'the cat ' * (i % 3)}{i} on the mat" for i in range(ITEMS)]
    written = [answer(folder, prompts) for folder in (base, *sources, *rivals)]
    draw = random.Random(0)
    expected = [draw.choice(texts) or "nobody" for texts in zip(*written, strict=True)]
    lines = [
        json.dumps({"id": str(i), "prompt": p, "answer": a})
        for i, (p, a) in enumerate(zip(prompts, expected, strict=True))
    ]
    (tmp_path / "items.jsonl").write_text("\n".join(lines))
    desk = Desk.open(bench.folder, "evaluate", None)
    run_advance(bench, Advance(spec.turns, "off"), desk)
    run_evaluate(bench, Evaluate(("base", "d1", "d2", "merged", *RIVALS), ("a",)), desk)
    run_export(bench, Export("merged", "float32"), desk, tmp_path)

    state, right = bench.reader.state(), {}
    for score in state.scores:
        texts = answer(tmp_path / score.model.replace(":", "-"), prompts)
        right[score.model] = [float(t == e) for t, e in zip(texts, expected, strict=True)]
        key = (score.model, score.turn, "a", False, ITEMS)
        kept = [bench.reader.scores.items(key)[str(i)].value for i in range(ITEMS)]
        assert kept == right[score.model], score.model
        assert score.score == sum(right[score.model]) / ITEMS
    assert len({tuple(answers) for answers in right.values()}) >= 4  # they do differ
    best = max(sum(right["d1"]), sum(right["d2"]))
    for standing in state.standings:
        if standing.skill == "a" and standing.retention is not None:
            assert standing.retention.value == pytest.approx(sum(right[standing.model]) / best)


def export_rival(spec: MergeSpec, label: str, bench: Bench, root: Path) -> Path:
    """A merge with its settings written out by hand."""
    stock = tuple(d.model_copy(update={"density": None, "scale": 1.0}) for d in spec.donors)
    change: dict[str, Any] = {
        "obim:one_round": {"rounds": 1},
        "obim:trim_average": {"method": "trim_average"},
    }.get(label, {"method": label, "donors": stock})
    other = spec.model_copy(update=change)
    out = root / label.replace(":", "-")
    export(
        out, bench.base, stream_merge(other, bench.base, bench.donors, [None, None]),
        dtype=torch.float32, shard_bytes=10**9, recipe="", card="",
    )  # fmt: skip
    return out
