"""Can these models be merged? Answered from headers alone; a scan of the weights is separate.

It loads no model and merges nothing. Expected problems come back as sentences on a card.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import torch

from obim.errors import ModelError, ObimError, Sentence
from obim.models.checkpoint import Checkpoint, open_checkpoint
from obim.models.fitting import compare, fact, weights_problems
from obim.models.hub import title_of
from obim.models.sources import DonorSource, FullSource, open_donor, resolve

_MERGEABLE = {"bfloat16", "float16", "float32", "float64"}


@dataclass(frozen=True)
class Card:
    """What the page shows of one model before the merge.

    Attributes:
        role: base or donor.
        name: last part of its path, or the reference where it can't be opened.
        architecture: as the config names it; empty where unknown.
        layers: number of layers; None where unknown.
        parameters: weights in the files; an adapter's own.
        vocabulary: size; None where unknown.
        dtype: of the weights, several joined with ``+``.
        kind: full checkpoint or adapter; None where it can't be opened.
        problems: why it can't be merged, one sentence each.
    """

    role: Literal["base", "donor"]
    name: str
    architecture: str = ""
    layers: int | None = None
    parameters: int = 0
    vocabulary: int | None = None
    dtype: str = ""
    kind: Literal["full", "adapter"] | None = None
    problems: tuple[Sentence, ...] = ()

    @property
    def ok(self) -> bool:
        """No problem was found."""
        return not self.problems


@dataclass(frozen=True)
class Preflight:
    """Cards of a set of models: base first, then the donors in their order."""

    cards: tuple[Card, ...]

    @property
    def mergeable(self) -> bool:
        """Every card is fine and there is a donor."""
        return len(self.cards) > 1 and all(card.ok for card in self.cards)


@dataclass(frozen=True)
class Difference:
    """How one donor's weights differ from the base's.

    Attributes:
        name: of the donor.
        share: weights that differ / weights of the base, 0..1.
        differing: number of weights that differ.
        not_finite: tensors that hold NaN or infinity.
        warnings: sentences to show; a donor equal to the base is one.
    """

    name: str
    share: float
    differing: int
    not_finite: tuple[str, ...] = ()
    warnings: tuple[Sentence, ...] = ()


def preflight(base_ref: str, donor_refs: Sequence[str]) -> Preflight:
    """Look at headers and configs.

    Args:
        base_ref: a folder or ``demo:base``.
        donor_refs: folders of checkpoints or adapters, or ``demo:<skill>``.

    Returns:
        A card a model; errors a user can mend are on the cards.
    """
    try:
        base = open_checkpoint(resolve(base_ref))
    except ObimError as error:
        cards = [Card("base", base_ref, problems=(error.sentence,))]
        waiting = Sentence("The base has to be mended before this donor can be compared with it.")
        cards += [Card("donor", ref, problems=(waiting,)) for ref in donor_refs]
        return Preflight(tuple(cards))
    cards = [_card("base", base, weights_problems(base))]
    cards += [_donor_card(ref, base) for ref in donor_refs]
    return Preflight(tuple(cards))


def _donor_card(ref: str, base: Checkpoint) -> Card:
    try:
        donor = open_donor(ref, base)
    except ObimError as error:
        return Card("donor", ref, problems=(error.sentence,))
    if isinstance(donor, FullSource):
        theirs = donor.checkpoint
        problems = (*weights_problems(theirs), *compare(base, theirs))
        return _card("donor", theirs, problems)
    facts = _card("donor", base, ())
    return replace(
        facts,
        name=donor.name,
        kind="adapter",
        parameters=donor.parameters,
        dtype="+".join(donor.dtypes),
    )


def _card(
    role: Literal["base", "donor"], checkpoint: Checkpoint, problems: tuple[Sentence, ...]
) -> Card:
    config = checkpoint.config
    names = config.get("architectures") or [config.get("model_type", "")]
    dtypes = {i.dtype for i in checkpoint.tensors.values() if i.dtype in _MERGEABLE}
    return Card(
        role=role,
        name=title_of(checkpoint.path),
        architecture=str(names[0]),
        layers=fact(config, "num_hidden_layers"),
        parameters=checkpoint.parameters,
        vocabulary=fact(config, "vocab_size"),
        dtype="+".join(sorted(dtypes)),
        kind="full",
        problems=problems,
    )


def scan_differences(
    base: Checkpoint, donors: Sequence[DonorSource]
) -> Generator[float, None, list[Difference]]:
    """Read all weights once and compare.

    Args:
        base: the base.
        donors: opened against it.

    Yields:
        Fraction of the base's weights done.

    Returns:
        A difference a donor.
    """
    differing = [0] * len(donors)
    not_finite: list[list[str]] = [[] for _ in donors]
    done = 0
    for name, info in base.tensors.items():
        if info.dtype in _MERGEABLE:
            tensor = base.read(name)
            if not bool(torch.isfinite(tensor).all()):
                raise ModelError(
                    "The base holds NaN or infinity in {tensor!r}; use an undamaged copy of it.",
                    tensor=name,
                )
            for k, donor in enumerate(donors):
                delta = donor.delta(name, tensor)
                if delta is None:
                    continue
                differing[k] += int(torch.count_nonzero(delta))
                if not bool(torch.isfinite(delta).all()):
                    not_finite[k].append(name)
        done += info.numel
        yield done / max(1, base.parameters)
    return [
        _difference(donor.name, differing[k], not_finite[k], base.parameters)
        for k, donor in enumerate(donors)
    ]


def _difference(name: str, count: int, broken: Sequence[str], parameters: int) -> Difference:
    warnings = []
    if count == 0:
        warnings.append(
            Sentence(
                "{donor} is equal to the base: it has nothing to bring into the merge.", donor=name
            )
        )
    if broken:
        warnings.append(
            Sentence(
                "{donor} holds NaN or infinity in {n} tensors, {tensor!r} for one; leave it out or "
                "exclude those.",
                donor=name,
                n=len(broken),
                tensor=broken[0],
            )
        )
    return Difference(name, count / max(1, parameters), count, tuple(broken), tuple(warnings))
