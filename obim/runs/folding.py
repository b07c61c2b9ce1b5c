"""Events of a journal -> the parts of a `RunState` that they change. It reads no file."""

from collections.abc import Mapping, Sequence
from typing import Any

from obim.runs.folder import Event
from obim.runs.sentences import restore
from obim.runs.state import CardState, DonorSaliency


def with_scan(cards: Sequence[CardState], event: Event) -> tuple[CardState, ...]:
    """The cards of base and donors with what an event of kind ``scan`` found in the files."""
    found = list(cards)
    for i, (share, said) in enumerate(zip(event["changed"], event["warnings"], strict=True)):
        warnings = (*found[i + 1].warnings, *map(restore, said))
        change = {"changed": share, "warnings": warnings}
        found[i + 1] = found[i + 1].model_copy(update=change)
    for i, said in enumerate(event.get("problems", ())):  # runs of before have none
        found[i] = found[i].model_copy(update={"problems": tuple(map(restore, said))})
    return tuple(found)


def groups_fields(event: Event) -> dict[str, Any]:
    """Rows of the charts, and the parts that donors can be switched off in, which came later."""
    return {
        "groups": tuple((label, layer) for label, layer in event["groups"]),
        "group_sizes": tuple(event["sizes"]),
        "parts": tuple((layer, kind) for layer, kind in event.get("parts", ())),
    }


def without_scan(cards: Sequence[CardState]) -> tuple[CardState, ...]:
    """The cards of files that are others now."""
    unknown = {"changed": None, "warnings": ()}
    return tuple(card.model_copy(update=unknown) for card in cards)


def downloaded(fields: Mapping[str, Any], event: Event) -> dict[str, Any]:
    """The fields of a run that another model fetched from the hub changes."""
    kept = {d[0]: d for d in fields.get("downloads", ()) if d[0] != event["ref"]}
    kept |= {event["ref"]: (event["ref"], event["name"], event["kind"])}
    return {"downloads": tuple(kept.values()), "outlook": None}


def with_survival(
    saliency: tuple[DonorSaliency, ...], survival: Sequence[dict[str, Any]]
) -> tuple[DonorSaliency, ...]:
    """The summaries of donors with the survival that an event of kind ``prepared`` measured."""
    if len(survival) != len(saliency):
        return saliency
    donors = []
    for summary, kept in zip(saliency, survival, strict=True):
        tensors = tuple(
            t.model_copy(update={"survival": kept["tensors"].get(t.tensor)})
            for t in summary.tensors
        )
        update = {"survival": kept["entries"], "norm_kept": kept["norm"], "tensors": tensors}
        donors.append(summary.model_copy(update=update))
    return tuple(donors)
