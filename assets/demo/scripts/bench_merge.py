"""One live model, many merges: build a merge of the demo's donors in place and score it.

It searches nothing and writes nothing.
"""

from collections.abc import Iterable

import torch
from transformers import AutoTokenizer

from obim.evaluation.encoding import encode_items
from obim.evaluation.exact_match import exact_match
from obim.evaluation.items import draw, load_items
from obim.merging.engine import stream_merge
from obim.models.binding import bind, load_model
from obim.models.checkpoint import open_checkpoint
from obim.models.demo import demo_assets, prepare_demo_base
from obim.models.sources import open_donor
from obim.saliency.activations import collect_input_stats
from obim.saliency.calibration import batches, load_texts
from obim.types import MergeSpec


def finish(generator):
    """Run a generator to its end and give what it returns."""
    while True:
        try:
            next(generator)
        except StopIteration as end:
            return end.value


class Bench:
    """The demo's base, live, with some donors and their statistics."""

    def __init__(self, donors: Iterable[str], tokens: int) -> None:
        self.donors = list(donors)
        folder = prepare_demo_base()
        self.base = open_checkpoint(folder)
        self.model = load_model(folder)
        self.tokenizer = AutoTokenizer.from_pretrained(folder)
        self.bindings = bind(self.model, self.base)
        self.sources = {name: open_donor(f"demo:{name}", self.base) for name in self.donors}
        self.stats = {name: self._measure(name, tokens) for name in self.donors}
        self.load_base()

    def load_base(self) -> None:
        """Make the live model the base."""
        for name, binding in self.bindings.items():
            binding.view.copy_(self.base.read(name))

    def load_donor(self, donor: str) -> None:
        """Make the live model one donor, cast to the model's dtype."""
        for name, binding in self.bindings.items():
            stored = self.base.read(name)
            delta = self.sources[donor].delta(name, stored)
            binding.view.copy_(stored if delta is None else stored.float() + delta)

    def load_merge(self, spec: MergeSpec) -> None:
        """Make the live model the merge that ``spec`` describes."""
        names = [donor.name for donor in spec.donors]
        sources, stats = [self.sources[n] for n in names], [self.stats[n] for n in names]
        for name, tensor in stream_merge(spec, self.base, sources, stats):
            self.bindings[name].view.copy_(tensor)

    def score(self, skills: Iterable[str], split: str, items: int | None = None) -> dict:
        """Right answers and items of the live model: skill -> (right, n).

        Of the dev half every other item: tuning never sees what the page scores by.
        """
        found = {}
        for skill in skills:
            there = load_items(demo_assets() / "eval" / f"{skill}.jsonl", split)
            if split == "dev":  # the page's quick evaluation draws from the other dev items
                there = there[::2]
            drawn = draw(there, items, 0)
            results = finish(exact_match(self.model, encode_items(self.tokenizer, drawn)))
            found[skill] = (round(sum(result.value for result in results)), len(results))
        return found

    def _measure(self, donor: str, tokens: int):
        self.load_donor(donor)
        texts = load_texts(f"demo:{donor}")
        rows = batches(self.tokenizer, texts, tokens)
        with torch.inference_mode():
            return finish(collect_input_stats(self.model, self.bindings, rows))
