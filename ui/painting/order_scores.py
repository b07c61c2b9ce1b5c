"""Quick scores of the merge in many orders of the donors, against the order that is set."""

from typing import Any

from obim import MergeSpec, OrderScore, RunState
from ui.i18n import t
from ui.painting.saving import saving
from ui.painting.scoreboard import figure
from ui.painting.skills import skill_title
from ui.painting.what_if import order_text
from ui.painting.wording import blank, percent, signed, stamped


def scored(state: RunState, spec: MergeSpec) -> list[OrderScore]:
    """Scores of the merges of these settings in any order, one an order and set.

    A change against another order than that of ``spec`` is left out.
    """
    usual = tuple(donor.name for donor in spec.donors)

    def like(other: MergeSpec) -> bool:
        order = {donor.name: donor for donor in other.donors}
        if sorted(order) != sorted(usual):
            return False
        return other.model_copy(update={"donors": spec.donors}) == spec and all(
            order[donor.name] == donor for donor in spec.donors
        )

    found = [one for one in state.what_ifs.scores if like(one.spec)]
    held = [one for one in found if one.against == usual]
    bare = [one.model_copy(update={"change": None}) for one in found if one.against != usual]
    last = {(_row(one), one.score.skill): one for one in (*bare, *held)}
    return list(last.values())


def _row(one: OrderScore) -> str:
    return order_text([donor.name for donor in one.spec.donors])


def _point(lang: str, one: OrderScore | None) -> dict[str, Any] | None:
    if one is None:
        return None
    score = one.score
    ends = f"{figure(score.low, score.unit)} – {figure(score.high, score.unit)}"
    text = f"{figure(score.score, score.unit)} ({ends})"
    if one.change is not None and score.unit == "share":
        change, low, high = (signed(100 * x) for x in one.change)
        text += " · " + t(lang, "orders.change", points=change, low=low, high=high)
    return {"at": [score.score, score.low, score.high], "text": text}


def _axis(found: list[OrderScore]) -> dict[str, Any]:
    """0 to 100 % for shares, else from the lowest end of an interval to the highest."""
    low, high, unit = 0.0, 1.0, found[0].score.unit
    if unit != "share":
        low = min(one.score.low for one in found)
        high = max(one.score.high for one in found)
        high = high if high > low else low + 1
    at = [low, (low + high) / 2, high]
    texts = [percent(x, 0) if unit == "share" else figure(x, unit) for x in at]
    return {"low": low, "high": high, "ticks": [[x, s] for x, s in zip(at, texts, strict=True)]}


def dots(state: RunState, lang: str, spec: MergeSpec) -> dict[str, Any]:
    """Value of the ScoreDots: an order a row, a skill a panel."""
    found = scored(state, spec)
    if not found:
        return blank("", "hidden")
    rows = list(dict.fromkeys(_row(one) for one in found))
    usual = order_text([donor.name for donor in spec.donors])
    rows.sort(key=lambda name: name != usual)
    panels = []
    for skill in state.skills:
        own = {_row(one): one for one in found if one.score.skill == skill.id}
        if own:
            points = [_point(lang, own.get(row)) for row in rows]
            name = skill_title(lang, skill)
            panels.append({"name": name, "points": points, **_axis(list(own.values()))})
    return stamped(
        {
            "state": "ready", "message": "", "title": t(lang, "orders.scores"),
            "note": t(lang, "orders.scores_note"), "corner": t(lang, "what_if.order"),
            "rows": [{"name": row, "slot": None, "strong": row == usual} for row in rows],
            "panels": panels, "missing": t(lang, "evaluate.missing"),
            "save": saving(lang, state, t(lang, "orders.scores"), "order-scores"), "lang": lang,
        }
    )  # fmt: skip


def verdict(state: RunState, lang: str, spec: MergeSpec) -> list[str]:
    """Whether any order scores differently from the one that is set, as far as the items tell."""
    known = scored(state, spec)
    found = [one for one in known if one.change is not None]
    if not found:
        return [t(lang, "orders.scores_apart")] if known else []
    sure = [one for one in found if one.change and not one.change[1] <= 0 <= one.change[2]]
    key = "orders.scores_alike" if not sure else "orders.scores_differ"
    n = len({_row(one) for one in found})
    return [t(lang, key, n=n, sure=len(sure), all=len(found))]
