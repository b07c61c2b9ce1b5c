"""The Trust job: a donor live, bands of its weights taken out, predicted against measured.

What is predicted and measured is decided in `obim.insight.honesty`; this brings the donor, its
texts and each estimator's statistics there, and journals a layer at a time.
"""

import hashlib
import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import torch

from obim.errors import RecipeError
from obim.merging.ranking import Ranking
from obim.models.disk import require_room
from obim.registry import Entry, find
from obim.runs.bench import Bench
from obim.runs.costing import kept_on_disk, passes
from obim.runs.desk import Desk
from obim.runs.effort import MEASURE, SHOW
from obim.runs.measuring import collect_rows, is_whole
from obim.runs.statistics_needed import stats_key
from obim.runs.texts_state import texts_state
from obim.runs.trust_jobs import Trust
from obim.runs.whole_donor import begin_donor, layers_of, open_whole, require_texts, writing
from obim.saliency.calibration import Batch, batches
from obim.saliency.store import load_stats, save_stats
from obim.types import InputStats, MergeSpec

if TYPE_CHECKING:
    from obim.runs.live import Live


@dataclass(frozen=True)
class _Asked:
    """One layer of one estimator that is to be measured.

    Attributes:
        spec: the run's, with the estimator.
        key: under what the result is kept.
        layer: from 0.
        names: its file tensors.
    """

    spec: MergeSpec
    key: str
    layer: int
    names: Sequence[str]


def run_trust(bench: Bench, job: Trust, desk: Desk) -> None:
    """Measure what is asked for and not known yet; each layer is kept as soon as it is there.

    Raises:
        CalibrationError: no texts, no room, or a donor that changes nothing.
        RecipeError: there is no such estimator.
    """
    asked = _asked(bench, job)
    if not asked:
        return
    specs = [*{one.spec.estimator: one.spec for one in asked}.values()]
    lacking = [spec for spec in specs if _lacks(bench, spec, job.donor)]
    if kept := sum(kept_on_disk(spec, bench.base) for spec in lacking):
        require_room(bench.folder.path, kept)
    tokens = bench.spec.calibration_tokens
    loss = MEASURE * min(job.tokens, tokens)
    reading = [MEASURE * tokens * passes(spec) for spec in lacking]
    begin, *measure, before, rest = desk.split(
        SHOW + writing(bench, job.donor), *reading, loss, loss * (job.bands + 1) * len(asked)
    )
    live = open_whole(bench, specs if lacking else [], begin)
    texts = begin_donor(bench, live, job.donor, begin)
    rows = batches(bench.tokenizer, texts, tokens)
    for spec, part in zip(lacking, measure, strict=True):
        found = collect_rows(bench, live, job.donor, rows, part, spec=spec)
        save_stats(found, bench.folder.stats_path(stats_key(spec, job.donor)))
    few = rows if job.tokens >= tokens else batches(bench.tokenizer, texts, job.tokens)
    _Work(bench, live, job, few, _per_counted(rows)).measure(asked, before, rest)


def _lacks(bench: Bench, spec: MergeSpec, index: int) -> bool:
    needed = bool(find("estimator", spec.estimator).facts.get("needs_statistics"))
    return needed and not is_whole(bench.folder.stats_path(stats_key(spec, index)))


def _asked(bench: Bench, job: Trust) -> list[_Asked]:
    """Estimator by estimator, layer by layer: what isn't known yet."""
    require_texts(bench, job.donor)
    if not job.estimators or job.bands < 2 or job.tokens < 2:
        raise RecipeError("Choose an estimator, two bands or more, and some tokens.")
    layers, asked = layers_of(bench, job.layers), []
    bench.reader.catch_up()
    for name in job.estimators:
        find("estimator", name)
        spec = bench.spec.model_copy(update={"estimator": name})
        key = _key(spec, job)
        known = bench.reader.trust.known(spec.donors[job.donor].name, name, key)
        asked += [_Asked(spec, key, n, names) for n, names in layers.items() if n not in known]
    return asked


def _key(spec: MergeSpec, job: Trust) -> str:
    """All that a result depends on: estimator, texts, tokens, bands, and the model files."""
    facts = [stats_key(spec, job.donor), spec.estimator, spec.seed, job.tokens, job.bands]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:24]


def _per_counted(rows: Sequence[Batch]) -> float:
    """Tokens of these texts for each one whose loss counts."""
    from obim.saliency.losses import count_targets, few_at_a_time

    parts = few_at_a_time(rows)
    return sum(int(part.mask.sum()) for part in parts) / count_targets(parts)


@dataclass(frozen=True)
class _Work:
    """A live donor, and the texts that its loss is measured on.

    Attributes:
        rows: the texts.
        per_counted: what a mean over all tokens is multiplied with to be one over those whose
            loss counts, as the measured loss is.
    """

    bench: Bench
    live: "Live"
    job: Trust
    rows: Sequence[Batch]
    per_counted: float

    def measure(self, asked: Sequence[_Asked], before: Desk, rest: Desk) -> None:
        """The donor's own loss, then each layer that is asked for."""
        from obim.saliency.losses import mean_loss

        name = self.bench.spec.donors[self.job.donor].name
        before.tick(0.0, "take_out", name)
        loss = mean_loss(self.live.model, self.rows)
        for one, part in zip(asked, rest.split(*[1.0] * len(asked)), strict=True):
            self._measure(one, loss, part)

    def _measure(self, one: _Asked, loss: float, desk: Desk) -> None:
        """Take a layer's bands out, and keep what was found, nothing where it isn't changed."""
        from obim.insight.honesty import Subject, predict_and_measure

        bench, index = self.bench, self.job.donor
        entry, stats = find("estimator", one.spec.estimator), self._stats(one.spec)
        names = [n for n in one.names if stats is None or n in stats.tensors]
        donor = bench.donors[index]
        changes = (donor.delta(name) for name in names)
        began, found = time.monotonic(), None
        if any(change is not None and bool(change.any()) for change in changes):
            ranking = self._ranking(one.spec, entry, stats)
            factor = self.per_counted if entry.facts.get("averaged") == "tokens" else 1.0
            subject = Subject(
                self.live.model,
                self.live.bindings,
                donor.delta,
                lambda name, delta: ranking.saliency(name, delta)[0] * factor,
            )
            generator = predict_and_measure(
                subject, self.rows, {"": names}, self.job.bands, before=loss
            )
            detail = f"{bench.spec.donors[index].name} · {one.spec.estimator} · {one.layer}"
            (found,) = desk.drain(generator, "take_out", detail).groups
        left_out = len(one.names) - len(names)
        layer: dict[str, Any] = {"layer": one.layer, "left_out": left_out}
        if found is not None:
            layer |= {
                "bands": [asdict(band) for band in found.bands],
                "whole": asdict(found.whole),
                "agreement": asdict(found.agreement),
            }
        self._keep(one, loss, layer, time.monotonic() - began)

    def _keep(self, one: _Asked, loss: float, layer: dict[str, Any], seconds: float) -> None:
        from obim.saliency.losses import count_targets, few_at_a_time

        tokens = sum(int(batch.mask.sum()) for batch in self.rows)
        measured = {
            "loss": loss,
            "texts": sum(batch.texts for batch in self.rows),
            "tokens": tokens,
            "counted": count_targets(few_at_a_time(self.rows)),
        }
        self.bench.folder.append(
            {
                "event": "trust",
                "key": one.key,
                "texts": texts_state(one.spec.donors[self.job.donor]),
                "donor": one.spec.donors[self.job.donor].name,
                "estimator": one.spec.estimator,
                "measured": measured,
                "found": layer,
                "read": tokens * (len(layer["bands"]) + 1) if "bands" in layer else 0,
                "seconds": seconds,
            }
        )

    def _stats(self, spec: MergeSpec) -> InputStats | None:
        if not find("estimator", spec.estimator).facts.get("needs_statistics"):
            return None
        return load_stats(self.bench.folder.stats_path(stats_key(spec, self.job.donor)))

    def _ranking(self, spec: MergeSpec, entry: Entry, stats: InputStats | None) -> Ranking:
        """What the merge ranks this donor's weights by."""
        index, dtype = self.job.donor, getattr(torch, spec.dtype)
        donor = spec.donors[index]
        return Ranking(donor.name, index, donor.scale, entry, stats, spec.seed, dtype)
