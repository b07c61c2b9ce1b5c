"""Exact match by teacher forcing against exact match by generate(), on the demo: speed, verdicts.

Both see the same items in the same batches (a skill each), generate() with its KV cache; computed
in the demo's number format, and in float32, in which many CPUs are quicker. generate() does not
know how long the right answers are, so it may write `NEW_TOKENS`; the second figure lets it stop at
the longest right answer of the batch, as if it knew. Donors are asked too, since the base alone has
hardly an item right. In bfloat16 two logits may be as good as equal, and then batches of another
shape decide otherwise: of items judged differently the gap between the two best logits is printed,
where it is smallest.
"""

import time
from collections.abc import Callable, Generator, Sequence
from typing import Any

import torch
from transformers import AutoTokenizer, GenerationConfig

from obim.evaluation.encoding import Encoded, encode_items
from obim.evaluation.exact_match import exact_match
from obim.evaluation.items import demo_sets, draw, load_items
from obim.evaluation.teacher_forcing import force
from obim.models.checkpoint import open_checkpoint
from obim.models.decoding import end_tokens
from obim.models.device import CPU
from obim.models.sources import open_donor, resolve
from obim.runs.live import Live
from obim.runs.placing import choose_computing
from obim.types import Donor, MergeSpec

ITEMS, NEW_TOKENS = 40, 48
DONORS = ("demo:dates", "demo:orders")


def drain(generator: Generator[float, None, Any]) -> Any:
    """What a generator returns."""
    while True:
        try:
            next(generator)
        except StopIteration as end:
            return end.value


def forced(model: Any, tokenizer: Any, batch: Sequence[Encoded]) -> list[bool]:
    """Verdicts of the app."""
    return [result.value == 1 for result in drain(exact_match(model, batch))]


def generated(model: Any, tokenizer: Any, batch: Sequence[Encoded], most: int) -> list[bool]:
    """Verdicts by writing: right where the reference's tokens come out, its end included."""
    ends, width = end_tokens(model, tokenizer), max(len(e.prompt) for e in batch)
    pad = [[0] * (width - len(e.prompt)) for e in batch]
    settings = GenerationConfig(
        do_sample=False, max_new_tokens=most, eos_token_id=ends, pad_token_id=ends[0],
        use_cache=True,
    )  # fmt: skip
    with torch.inference_mode():
        out = model.generate(
            input_ids=torch.tensor([p + list(e.prompt) for p, e in zip(pad, batch, strict=True)]),
            attention_mask=torch.tensor(
                [p + [1] * len(e.prompt) for p, e in zip(pad, batch, strict=True)]
            ),
            generation_config=settings,
        )
    rows = out[:, width:].tolist()
    return [tuple(r[: len(e.answer)]) == e.answer for r, e in zip(rows, batch, strict=True)]


def timed(judge: Callable[[Sequence[Encoded]], list[bool]], batches: list[list[Encoded]]) -> Any:
    """Seconds, and the verdicts."""
    began = time.perf_counter()
    verdicts = [verdict for batch in batches for verdict in judge(batch)]
    return time.perf_counter() - began, verdicts


def main() -> None:
    """Measure and print, for the base and two donors, in both formats."""
    base = open_checkpoint(resolve("demo:base"))
    tokenizer = AutoTokenizer.from_pretrained(str(base.path), local_files_only=True)
    batches = [
        encode_items(tokenizer, draw(load_items(s.path, "dev")[1::2], ITEMS, 0))
        for s in demo_sets()
    ]
    print(f"{len(batches)} skills x {ITEMS} items, {torch.get_num_threads()} threads")
    for computing in (torch.bfloat16, torch.float32):
        live = Live(base, torch.bfloat16, computing=computing)
        forced(live.model, tokenizer, batches[0][:4])  # what is done once only
        print(f"{computing}, the app's here: {computing == app_computes(base)}")
        for ref in ("demo:base", *DONORS):
            if ref != "demo:base":
                donor = open_donor(ref, base)
                live.put(ref, changed((name, base.read(name), donor) for name in base.tensors))
            measure(ref, live.model, tokenizer, batches)


def app_computes(base: Any) -> torch.dtype:
    """The format that the app asks this model in, on this machine."""
    donors = tuple(Donor(name=ref, source=ref) for ref in DONORS)
    return choose_computing(MergeSpec(base="demo:base", donors=donors), base, CPU)


def measure(ref: str, model: Any, tokenizer: Any, batches: list[list[Encoded]]) -> None:
    """Print one model's evaluations per second, forced and generated."""
    n = sum(map(len, batches))
    seconds, told = timed(lambda b: forced(model, tokenizer, b), batches)
    print(f"{ref}: forced {n / seconds:.1f} evaluations/s, {sum(told)} of {n} right")
    for label, most in (
        (f"up to {NEW_TOKENS} tokens", lambda b: NEW_TOKENS),
        ("up to the longest answer", lambda b: max(len(e.answer) for e in b)),
    ):
        taken, verdicts = timed(
            lambda b, most=most: generated(model, tokenizer, b, most(b)), batches
        )
        pairs = zip((e for b in batches for e in b), told, verdicts, strict=True)
        other = [e for e, a, b in pairs if a != b]
        gaps = "".join(f", gap {gap:.3f}" for gap in closest(model, other))
        print(
            f"  generate() {label}: {n / taken:.1f} evaluations/s, "
            f"{taken / seconds:.1f} times slower, {n - len(other)} of {n} verdicts alike{gaps}"
        )


def closest(model: Any, items: Sequence[Encoded]) -> list[float]:
    """Of each item the smallest gap between the two best logits along its answer."""
    if not items:
        return []
    pairs = [(e.prompt, e.answer) for e in items]
    gaps = drain(force(model, pairs, lambda logits, ids: -logits.float().topk(2).values.diff()))
    return [float(gap.min()) for gap in gaps]


def changed(deltas: Any) -> Any:
    """Tensors of a donor in the live model's number format."""
    for name, stored, donor in deltas:
        delta = donor.delta(name, stored)
        if delta is not None:
            yield name, (stored.float() + delta).to(torch.bfloat16)


if __name__ == "__main__":
    main()
