"""How many calibration texts are enough: until the top-density set stops changing.

The set measured on some texts is compared with that of other texts, both drawn from those there are
(bootstrap). It measures nothing beyond each text's own statistics.
"""

from collections.abc import Collection, Generator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from transformers import PreTrainedModel

from obim.insight.enough import Size
from obim.models.binding import Binding
from obim.registry import Entry
from obim.saliency.calibration import Batch
from obim.saliency.collecting import collect_for
from obim.saliency.losses import count_targets, one_by_one
from obim.types import InputStats, TensorStats

_LOW, _HIGH = 5, 95
_WEIGHS = {"fisher": "texts", "hutchinson": "counted"}
"""What a text weighs in an estimator's mean, by its fact ``statistics``; of others its tokens."""


def collect_each(
    estimator: Entry,
    model: PreTrainedModel,
    bindings: Mapping[str, Binding],
    batches: Sequence[Batch],
    *,
    names: Collection[str],
    seed: int,
) -> Generator[float, None, list[InputStats]]:
    """The statistics of every calibration text by itself, of some tensors.

    Estimates below 0 stay so, since only their mean over texts is to be taken for 0 (`pool`);
    ``figures`` says how many tokens of a text counted in its loss: ``counted``.

    Args:
        estimator: registered, with ``needs_statistics``.
        model: the donor, live, in float32.
        bindings: of the same model.
        batches: calibration tokens; each row of two tokens or more counts as a text.
        names: of the file tensors to keep: memory is the texts times what these need.
        seed: of what is drawn at random.

    Yields:
        Fraction done, after every text.
    """
    rows, found = one_by_one(batches), []
    mine = {name: binding for name, binding in bindings.items() if name in names}
    for i, row in enumerate(rows, 1):
        generator = collect_for(estimator, model, mine, [row], seed + i, clamp=False)
        try:
            while True:
                next(generator)
        except StopIteration as end:
            figures = end.value.figures | {"counted": float(count_targets([row]))}
            found.append(replace(end.value, figures=figures))
        yield i / len(rows)
    return found


def pool(
    samples: Sequence[InputStats], name: str, counts: NDArray[np.int64], by: str
) -> TensorStats:
    """One tensor's statistics over some texts, each counted so many times.

    Args:
        samples: of one text each.
        name: of the file tensor.
        counts: (texts,), how often each was drawn.
        by: what a text weighs: ``tokens``; ``texts``: each the same; or ``counted``: the tokens
            whose loss counts, and a mean below 0 becomes 0.

    Returns:
        The weighted means of terms and gains. (An expert's gains are means over its routed tokens;
        here they too are weighted by all tokens.)
    """
    weights = counts * np.array([_weight(sample, by) for sample in samples])
    weights = weights / weights.sum()
    entries = [s.tensors[name] for s in samples]

    def mean(parts: Sequence[Sequence[Tensor]]) -> tuple[Tensor, ...]:
        return tuple(
            sum((w * t for w, t in zip(weights.tolist(), terms, strict=True) if w),
                torch.zeros_like(terms[0]))
            for terms in zip(*parts, strict=True)
        )  # fmt: skip

    curvature = mean([e.curvature for e in entries])
    if by == "counted":
        curvature = tuple(term.clamp(min=0) for term in curvature)
    return TensorStats(curvature, False, mean([e.gains for e in entries]))


def weighs(estimator: Entry) -> str:
    """What a text weighs in the mean of this estimator, see `pool`."""
    return _WEIGHS.get(str(estimator.facts.get("statistics")), "tokens")


def _weight(sample: InputStats, by: str) -> float:
    if by == "counted":
        return sample.figures["counted"]
    return 1.0 if by == "texts" else float(sample.tokens)


def trace(
    estimator: Entry,
    samples: Sequence[InputStats],
    deltas: Mapping[str, Tensor],
    *,
    density: float,
    sizes: Sequence[int],
    seed: int,
    draws: int = 20,
) -> Generator[float, None, list[Size]]:
    """The curve: number of texts -> how much of the top-density set depends on which they were.

    For each size and draw, two lots of so many texts are drawn with replacement; the change is
    ``|A xor B| / (|A| + |B|)`` over the top-density sets A and B of all these tensors.

    Args:
        estimator: registered.
        samples: of one text each, from `collect_each`.
        deltas: file tensor -> D; tensors without statistics in some text are left out.
        density: share of each tensor's positions, 0..1.
        sizes: numbers of texts, rising.
        seed: of the draws.
        draws: a size.

    Yields:
        Fraction done, after every draw.
    """
    tops = _Tops(estimator, samples, deltas, density)
    random = np.random.default_rng(seed)
    curve = []
    for number, size in enumerate(sizes):
        changes = []
        for draw in range(draws):
            lots = [_draw(random, len(samples), size) for _ in range(2)]
            changes.append(tops.change(lots[0], lots[1]))
            yield (number + (draw + 1) / draws) / len(sizes)
        low, high = (float(x) for x in np.percentile(changes, (_LOW, _HIGH)))
        curve.append(Size(size, float(np.mean(changes)), low, high))
    return curve


def _draw(random: np.random.Generator, texts: int, size: int) -> NDArray[np.int64]:
    """How often each text is drawn, with replacement."""
    return np.bincount(random.integers(texts, size=size), minlength=texts).astype(np.int64)


@dataclass(frozen=True)
class _Tops:
    """Top-density sets by whichever texts were drawn."""

    estimator: Entry
    samples: Sequence[InputStats]
    deltas: Mapping[str, Tensor]
    density: float

    def change(self, one: NDArray[np.int64], other: NDArray[np.int64]) -> float:
        """Share in which the sets of two lots differ, over all tensors."""
        differing = together = 0
        for name in self.deltas:
            if all(name in sample.tensors for sample in self.samples):
                a, b = self._of(one, name), self._of(other, name)
                differing += int((a ^ b).sum())
                together += int(a.sum()) + int(b.sum())
        return differing / max(1, together)

    def _of(self, counts: NDArray[np.int64], name: str) -> NDArray[np.bool_]:
        pooled = pool(self.samples, name, counts, weighs(self.estimator))
        return _top(self.estimator.function(self.deltas[name], pooled, None), self.density)


def _top(saliency: Tensor, density: float) -> NDArray[np.bool_]:
    """The positions of highest saliency above 0; all that tie with the last of them too."""
    flat = saliency.reshape(-1).float().cpu().numpy()
    n = min(flat.size, round(density * flat.size))
    if n == 0:
        return np.zeros(flat.size, np.bool_)
    least = np.partition(flat, flat.size - n)[flat.size - n]
    top: NDArray[np.bool_] = (flat >= least) & (flat > 0)
    return top
