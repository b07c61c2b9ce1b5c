"""The facts of a run for people who decide: what was asked, measured and found, and what follows.

Pure: no sentences, no markup, no charts. Every figure is the run's own or a sum of its figures.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from obim.insight.advice import Advice, Remark, advise
from obim.insight.measured import Measured, SkillOutcome
from obim.insight.risks import find_risks
from obim.runs.origins import Origin
from obim.runs.state import CardState, DonorSaliency, RunState


@dataclass(frozen=True)
class ModelFacts:
    """The base or a donor.

    Attributes:
        donor: number from 0; None: the base.
        name: as the run calls it.
        origin: its public name and its licence.
        card: what its check found; None before that.
        saliency: what was measured on its texts; None before that, and for the base.
        owned: positions it owns now; of the base those nobody claimed.
    """

    donor: int | None
    name: str
    origin: Origin
    card: CardState | None
    saliency: DonorSaliency | None
    owned: int


@dataclass(frozen=True)
class Report:
    """Everything that the report says, in figures and keys.

    Attributes:
        models: the base, then the donors.
        measured: the scores it is about.
        outcomes: one a skill.
        positions: that may be claimed or stay the base's; 0 before the models were checked.
        owned: positions of each group (rows) that each donor (columns) owns.
        risks: the gravest first.
        advice: the recommendation.
    """

    state: RunState
    models: tuple[ModelFacts, ...]
    measured: Measured
    outcomes: tuple[SkillOutcome, ...]
    positions: int
    owned: tuple[tuple[int, ...], ...]
    risks: tuple[Remark, ...]
    advice: Advice


def report_on(state: RunState, origins: Mapping[str, Origin]) -> Report:
    """The facts of a run at its present turn.

    Args:
        state: the run; whatever it lacks is left out, or is a risk.
        origins: reference -> origin of base and donors.
    """
    measured = Measured(state)
    outcomes = measured.outcomes()
    owned = _owned(state)
    return Report(
        state=state,
        models=tuple(_models(state, origins, owned)),
        measured=measured,
        outcomes=tuple(outcomes),
        positions=sum(state.group_sizes),
        owned=owned,
        risks=find_risks(measured, outcomes),
        advice=advise(measured, outcomes),
    )


def _owned(state: RunState) -> tuple[tuple[int, ...], ...]:
    table = [[0] * len(state.spec.donors) for _ in state.groups]
    for turn in state.turns:
        for row, n in zip(table, turn.claimed, strict=True):
            row[turn.donor] += n
    return tuple(map(tuple, table))


def _models(
    state: RunState, origins: Mapping[str, Origin], owned: tuple[tuple[int, ...], ...]
) -> list[ModelFacts]:
    spec, saliency = state.spec, {one.donor: one for one in state.saliency}
    base = next((card for card in state.cards if card.role == "base"), None)
    cards = [card for card in state.cards if card.role == "donor"]
    totals = [sum(row[i] for row in owned) for i in range(len(spec.donors))]
    origin = origins[spec.base]
    left = sum(state.group_sizes) - sum(totals)
    found = [ModelFacts(None, base.name if base else origin.title, origin, base, None, left)]
    for i, donor in enumerate(spec.donors):
        card = cards[i] if i < len(cards) else None
        measured = saliency.get(donor.name)
        found.append(ModelFacts(i, donor.name, origins[donor.source], card, measured, totals[i]))
    return found
