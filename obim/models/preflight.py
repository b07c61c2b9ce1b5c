"""Can these models be merged? Answered from headers and tokenizers; `scanning` reads the weights.

It loads no model and merges nothing. Expected problems come back as sentences on a card.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from obim.errors import ObimError, Sentence
from obim.models.checkpoint import Checkpoint, open_checkpoint
from obim.models.demo import demo_base_name
from obim.models.fitting import FLOATS, check_base_name, compare, fact, weights_problems
from obim.models.hub import title_of
from obim.models.sources import FullSource, open_donor, resolve
from obim.models.tokens import BaseTokenizer, Findings
from obim.models.vocabulary import explain_rows


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
        warnings: what to know of a merge with it, one sentence each.
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
    warnings: tuple[Sentence, ...] = ()

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


def preflight(base_ref: str, donor_refs: Sequence[str], tokenizers: bool = True) -> Preflight:
    """Look at headers and configs.

    Args:
        base_ref: a folder or ``demo:base``.
        donor_refs: folders of checkpoints or adapters, or ``demo:<skill>``.
        tokenizers: compare them too; False where those of the base are not here yet.

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
    also = demo_base_name() if base_ref == "demo:base" else ""
    tokenizer = BaseTokenizer(base.path) if tokenizers else None
    cards += [_donor_card(ref, base, also, tokenizer) for ref in donor_refs]
    return Preflight(tuple(cards))


def _donor_card(ref: str, base: Checkpoint, also: str, tokenizer: BaseTokenizer | None) -> Card:
    try:
        donor = open_donor(ref, base)
    except ObimError as error:
        return Card("donor", ref, problems=(error.sentence,))
    if isinstance(donor, FullSource):
        facts, problems = donor.checkpoint, weights_problems(donor.checkpoint)
        card = _card("donor", facts, problems or compare(base, donor))
        warnings = explain_rows(base, facts, donor.names, donor.shared)
    else:
        card = replace(
            _card("donor", base, ()),
            name=donor.name,
            kind="adapter",
            parameters=donor.parameters,
            dtype="+".join(donor.dtypes),
        )
        warnings = check_base_name(donor.made_for, base, also)
    if not card.ok:
        return card  # what is refused needs no further explaining
    found = tokenizer.compare(donor.path) if tokenizer is not None else Findings()
    return replace(card, problems=found.problems, warnings=(*warnings, *found.warnings))


def _card(
    role: Literal["base", "donor"], checkpoint: Checkpoint, problems: tuple[Sentence, ...]
) -> Card:
    config = checkpoint.config
    names = config.get("architectures") or [config.get("model_type", "")]
    dtypes = {i.dtype for i in checkpoint.tensors.values() if i.dtype in FLOATS}
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
