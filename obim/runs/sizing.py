"""The Converge job: texts are read a few more at a time until the top-density set hardly changes.

How much it changes is computed in `obim.insight.converging`; this brings the donor and its texts
there, decides when to stop, and journals the curve after every step.
"""

import hashlib
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from obim.errors import CalibrationError, RecipeError
from obim.registry import Entry, find
from obim.runs.bench import Bench
from obim.runs.costing import passes
from obim.runs.desk import Desk
from obim.runs.effort import MEASURE, SHOW
from obim.runs.texts_state import texts_state
from obim.runs.trust_jobs import Converge
from obim.runs.whole_donor import begin_donor, layers_of, open_whole, require_texts, writing
from obim.saliency.calibration import Batch, Text, batches
from obim.types import InputStats

if TYPE_CHECKING:
    from obim.runs.live import Live

FIRST = 8
MOST = 512
"""Texts that are read at most."""
_ENTRIES = 1 << 16
"""Of a larger tensor rows drawn at random stand for all, so that a text's statistics stay small."""


def run_converge(bench: Bench, job: Converge, desk: Desk) -> None:
    """Read texts in steps, and stop when enough is reached or there are no more.

    Raises:
        CalibrationError: no texts, no room, or a donor that changes nothing.
        RecipeError: there is no such estimator, or the share is none.
    """
    entry = find("estimator", job.estimator)
    if not 0 < job.share < 1:
        raise RecipeError("The share that may change lies between 0 and 1.")
    require_texts(bench, job.donor)
    if not entry.facts.get("needs_statistics"):
        raise CalibrationError(
            "The estimator {estimator!r} looks at no texts; choose another.",
            estimator=job.estimator,
        )
    names = [name for some in layers_of(bench, job.layers).values() for name in some]
    spec = bench.spec.model_copy(update={"estimator": job.estimator})
    effort = MEASURE * spec.calibration_tokens * passes(spec)
    begin, rest = desk.split(SHOW + writing(bench, job.donor), effort)
    live = open_whole(bench, [spec], begin)
    texts = begin_donor(bench, live, job.donor, begin)
    rows, tokens = _pieces(bench, texts)
    work = _Reading(bench, live, job, entry, _thinned(bench, job.donor, names))
    work.read(rows, tokens, rest)


def steps(there: int) -> Iterator[int]:
    """Numbers of texts to stop at and look: 8, 12, 16, 24, 32 ... and all."""
    size = FIRST
    while size < there:
        yield size
        size += size // 2 if size & (size - 1) == 0 else size // 3
    yield there


def _pieces(bench: Bench, texts: Sequence[Text]) -> tuple[list[Batch], list[int]]:
    """Each text alone (a long one in pieces) in its order; tokens read by the end of each."""
    from obim.saliency.losses import one_by_one

    found, tokens, read = [], [], 0
    for text in texts:
        pieces = batches(bench.tokenizer, [text], max_tokens=MOST * 512, batch_tokens=1)
        for batch in (*pieces[1:], pieces[0]):  # the last piece, which is shortest, came first
            read += int(batch.mask.sum())
            try:
                found += one_by_one([batch])
            except CalibrationError:
                continue  # nothing of it counts
            tokens.append(read)
    if len(found) < 2:
        raise CalibrationError(
            "The calibration texts hold no token to be predicted; choose longer ones, or ones with "
            "answers that aren't cut off."
        )
    return found[:MOST], tokens[:MOST]


@dataclass(frozen=True)
class _Thin:
    """Which rows of a tensor stand for all of them; None: all."""

    delta: Tensor
    rows: Tensor | None

    def take(self, term: Tensor) -> Tensor:
        """The same rows of a term of its statistics, where the term has rows."""
        if self.rows is None or term.shape[0] == 1:
            return term
        return term[self.rows].clone()


def _thinned(bench: Bench, donor: int, names: Sequence[str]) -> dict[str, _Thin]:
    """The changed ones of these tensors, or rows of them.

    Raises:
        CalibrationError: the donor changes none.
    """
    found = {}
    for name in names:
        delta = bench.donors[donor].delta(name)
        if delta is None or not bool(delta.any()):
            continue
        rows = None
        if delta.ndim > 1 and delta.numel() > _ENTRIES:
            kept = max(1, _ENTRIES * delta.shape[0] // delta.numel())
            digest = hashlib.sha256(f"{bench.spec.seed}/{name}".encode()).digest()
            lots = torch.Generator().manual_seed(int.from_bytes(digest[:8], "big") >> 1)
            rows = torch.randperm(delta.shape[0], generator=lots)[:kept].sort().values
        found[name] = _Thin(delta if rows is None else delta[rows].clone(), rows)
    if not found:
        raise CalibrationError("The donor changes none of these tensors; choose others.")
    return found


@dataclass(frozen=True)
class _Reading:
    """A live donor, and what was read of it so far.

    Attributes:
        thin: file tensor -> what is looked at.
        samples: statistics of one text each.
        curve: a step each.
        upto: tokens read by each step.
    """

    bench: Bench
    live: "Live"
    job: Converge
    entry: Entry
    thin: dict[str, _Thin]
    samples: list[InputStats] = field(default_factory=list)
    curve: list[Any] = field(default_factory=list)
    upto: list[int] = field(default_factory=list)

    def read(self, rows: Sequence[Batch], tokens: Sequence[int], desk: Desk) -> None:
        """Step by step until less than the share changes."""
        from obim.insight.enough import enough

        began = time.monotonic()
        for size in steps(len(rows)):
            self._add(rows[:size], len(rows), desk)
            self.curve.append(self._look(size, desk.part(size / len(rows), size / len(rows))))
            self.upto.append(tokens[size - 1])
            done = enough(self.curve, self.job.share) is not None
            self._keep(len(rows), time.monotonic() - began, done or size == len(rows))
            if done:
                return

    def _add(self, rows: Sequence[Batch], total: int, desk: Desk) -> None:
        """The statistics of the texts that are new."""
        from obim.insight.converging import collect_each

        donor = self.bench.spec.donors[self.job.donor].name
        for row in rows[len(self.samples) :]:
            desk.tick(len(self.samples) / total, "forward", donor)
            seed = self.bench.spec.seed + len(self.samples)
            generator = collect_each(
                self.entry, self.live.model, self.live.bindings, [row], names=self.thin, seed=seed
            )
            part = desk.part(len(self.samples) / total, (len(self.samples) + 1) / total)
            (found,) = part.drain(generator, "forward", donor)
            kept = {n: e.change(self.thin[n].take) for n, e in found.tensors.items()}
            self.samples.append(InputStats(kept, found.tokens, found.texts, {}, found.figures))

    def _look(self, size: int, desk: Desk) -> Any:
        from obim.insight.converging import trace

        deltas = {name: thin.delta for name, thin in self.thin.items()}
        generator = trace(
            self.entry, self.samples, deltas, density=self._density, sizes=[size],
            seed=self.bench.spec.seed,
        )  # fmt: skip
        (point,) = desk.drain(generator, "compare_sets")
        return point

    @property
    def _density(self) -> float:
        return self.bench.spec.density_of(self.job.donor)

    def _keep(self, there: int, seconds: float, ended: bool) -> None:
        job, spec = self.job, self.bench.spec
        found = {
            "donor": spec.donors[job.donor].name,
            "estimator": job.estimator,
            "density": self._density,
            "layers": list(job.layers),
            "share": job.share,
            "curve": [asdict(point) for point in self.curve],
            "tokens": self.upto,
            "there": there,
            "seconds": seconds,
            "ended": ended,
        }
        texts = texts_state(spec.donors[job.donor])
        self.bench.folder.append({"event": "converge", "found": found, "texts": texts})
