"""A device against the CPU on tiny models: statistics, owner maps, verdicts, texts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from obim.evaluation.encoding import Encoded, encode_items
from obim.evaluation.exact_match import exact_match
from obim.evaluation.generate import write_answers
from obim.evaluation.perplexity import perplexity
from obim.merging.engine import stream_merge
from obim.models.checkpoint import Checkpoint, open_checkpoint
from obim.models.device import CPU
from obim.models.layers import LayeredModel
from obim.models.sources import open_donor
from obim.runs.live import Live
from obim.saliency.activations import collect_input_stats
from obim.saliency.layered import collect_by_layer
from obim.saliency.own_texts import generate_texts
from obim.types import Donor, InputStats, Item, MergeSpec
from tests.evaluation.test_exact_match import run
from tests.saliency.test_activations import padded
from tests.saliency.test_layered import reader
from tests.tiny import TEXTS, Family, save_adapter, save_donor, save_tiny, tiny_tokenizer

RTOL = 1e-4
"""How far sums over a few hundred float32 activations may differ, relatively."""
SHARE = 1e-2
"""Share of a tensor's positions whose owner may differ, by statistics that differ by `RTOL`."""

Owners = dict[str, NDArray[np.uint8]]


@dataclass(frozen=True)
class Models:
    """A base and two donors on disk."""

    base: Checkpoint
    spec: MergeSpec

    @staticmethod
    def make(root: Path, family: Family, **settings: object) -> "Models":
        base = save_tiny(root / "base", family, tied=True, dtype=torch.bfloat16)
        full, adapter = save_donor(root / "full", base), save_adapter(root / "adapter", base)
        donors = (
            Donor(name="full", source=str(full), density=0.4),
            Donor(name="adapter", source=str(adapter), density=0.6, scale=1.2),
        )
        spec = MergeSpec(base=str(base), donors=donors, rounds=4)
        return Models(open_checkpoint(base), spec.model_copy(update=settings))


def statistics(models: Models, device: torch.device, *, whole: bool = True) -> list[InputStats]:
    """Of all donors, in float32."""
    found = []
    for donor in models.spec.donors:
        read = reader(models.base, open_donor(donor.source, models.base))
        if whole:
            live = Live(models.base, torch.float32, device)
            live.put("donor", ((name, read(name, None)) for name in models.base.tensors))
            found.append(run(collect_input_stats(live.model, live.bindings, padded()))[1])
        else:
            layered = LayeredModel(models.base, device)
            found.append(run(collect_by_layer(layered, read, padded()))[1])
    return found


def assert_close(got: Sequence[InputStats], wanted: Sequence[InputStats]) -> None:
    """Same tensors, on the CPU, within `RTOL`."""
    for mine, theirs in zip(got, wanted, strict=True):
        assert mine.tensors.keys() == theirs.tensors.keys()
        assert mine.missing == theirs.missing == {}
        for name, entry in theirs.tensors.items():
            assert mine.tensors[name].lexicographic == entry.lexicographic
            for a, b in zip(mine.tensors[name].curvature, entry.curvature, strict=True):
                assert a.device == CPU
                assert a.dtype == torch.float32
                torch.testing.assert_close(a, b, rtol=RTOL, atol=0.0, msg=name)


def merge(
    models: Models, stats: Sequence[InputStats | None], device: torch.device
) -> tuple[Owners, dict[str, torch.Tensor]]:
    """Owner maps and merged tensors."""
    owners: Owners = {}
    donors = [open_donor(donor.source, models.base) for donor in models.spec.donors]
    stream = stream_merge(
        models.spec, models.base, donors, stats, on_owner=owners.__setitem__, device=device
    )
    return owners, dict(stream)


def assert_ties(mine: Owners, theirs: Owners, saliency: Mapping[str, NDArray[np.float32]]) -> None:
    """One donor's maps differ at few positions, and only between saliencies within `RTOL`.

    Where a turn takes one position in place of another, each has its like among those that differ.
    """
    for name, wanted in theirs.items():
        other = np.flatnonzero(mine[name] != wanted)
        assert other.size <= max(2, SHARE * wanted.size), name
        values = saliency[name].reshape(-1)[other]
        for i, value in enumerate(values):
            rest = np.delete(values, i)
            assert rest.size, name
            assert np.abs(rest - value).min() <= 2 * RTOL * value, name


def references(models: Models) -> list[Encoded]:
    """Items half of which the base answers right, greedily, on the CPU in float32."""
    model, tokenizer = Live(models.base, torch.float32).model, tiny_tokenizer()
    made = []
    for i, prompt in enumerate((*TEXTS, *(f"the cat {n}" for n in range(7)))):
        (item,) = encode_items(tokenizer, [Item(str(i), prompt, "x")])
        ids = list(item.prompt)
        for _ in range(1 + i % 4):
            with torch.inference_mode():
                ids.append(int(model(input_ids=torch.tensor([ids])).logits[0, -1].argmax()))
        answer = ids[len(item.prompt) :]
        if i % 2:
            answer[-1] = (answer[-1] + 1) % 96
        made.append(Encoded(item.item, item.prompt, tuple(answer)))
    return made


def verdicts(models: Models, items: Sequence[Encoded], device: torch.device) -> list[float]:
    """Which of the items the base answers right, in float32."""
    model = Live(models.base, torch.float32, device).model
    return [result.value for result in run(exact_match(model, items, batch_tokens=64))[1]]


def texts(models: Models, device: torch.device) -> tuple[list[str], list[str], float]:
    """Greedy answers, own texts of a seed, nats of a text; in float32."""
    model, tokenizer = Live(models.base, torch.float32, device).model, tiny_tokenizer()
    answers = write_answers(model, tokenizer, TEXTS, 6)
    own = generate_texts(model, tokenizer, 4, 1, max_new_tokens=6)
    read = run(perplexity(model, encode_items(tokenizer, [Item("a", "", TEXTS[0])])))[1]
    return answers, [f"{text}" for text in own], read[0].value
