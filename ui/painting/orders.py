"""What the order of the donors decides: owner maps of all orders, side by side."""

import math
from typing import Any

from obim import (
    MergeSpec,
    OrdersState,
    RunState,
    order_count,
    seconds_of,
)
from ui.i18n import t
from ui.painting.frame import busy, has_saliency
from ui.painting.order_scores import dots, verdict
from ui.painting.what_if import order_text, supposed
from ui.painting.what_if_table import saved
from ui.painting.wording import MAX_DONORS, blank, duration, note, percent, stamped
from ui.session import Session


def fixed(spec: MergeSpec, rotate: bool) -> MergeSpec:
    """The settings with the same donor beginning every round, or another one each."""
    return spec.model_copy(update={"rotate": rotate})


def robustness(state: RunState, spec: MergeSpec) -> OrdersState | None:
    """Owner maps of all orders under these settings, if they were made."""
    return next((found for found in state.what_ifs.orders if found.spec == spec), None)


def _span(values: list[float]) -> str:
    """From the least to the largest; one figure where they look the same."""
    low, high = percent(min(values)), percent(max(values))
    return low if low == high else f"{low} – {high}"


def _some(key: str, everything: bool) -> str:
    """The sentence of all orders there are, or that of those that were drawn."""
    return key if everything else f"{key}_some"


def _words(state: RunState, lang: str, found: OrdersState) -> list[str]:
    """What holds whatever the order, and what doesn't."""
    total, spec = max(sum(state.group_sizes), 1), found.spec
    rotates = t(lang, "what_if.rotates" if spec.rotate else "what_if.fixed")
    drawn, n = "orders.all" if found.everything else "orders.some", len(found.orders)
    same, keeps = (_some(key, found.everything) for key in ("orders.same", "orders.keeps"))
    lines = [
        t(lang, drawn, n=n, rounds=spec.rounds, rotates=rotates),
        t(
            lang, same, n=n, same=percent(found.same),
            differs=percent(max(one.differs for one in found.orders)),
        ),
    ]  # fmt: skip
    for k, donor in enumerate(spec.donors):
        owned = [one.owned[k] / total for one in found.orders]
        lost = [one.lost[k] for one in found.orders]
        shares = {"owned": _span(owned), "lost": _span(lost)}
        lines.append(t(lang, keeps, n=n, name=donor.name, **shares))
    return lines


def _compared(lang: str, turning: OrdersState | None, still: OrdersState | None) -> list[str]:
    """What letting another donor begin each round does to robustness."""
    if turning is None or still is None:
        return []
    key, n = _some("orders.rotation", turning.everything), len(turning.orders)
    return [t(lang, key, n=n, turning=percent(turning.same), still=percent(still.same))]


def _table(state: RunState, lang: str, found: OrdersState) -> dict[str, Any]:
    """An order a row: how far its owner map is another, and what each donor gets and gives up."""
    total, donors = max(sum(state.group_sizes), 1), found.spec.donors[:MAX_DONORS]
    columns = [{"name": t(lang, "orders.differs"), "note": ""}]
    columns += [{"name": donor.name, "note": t(lang, "orders.lost_and_owned")} for donor in donors]
    rows = [
        {
            "name": order_text(one.order),
            "note": t(lang, "orders.set") if i == 0 else "",
            "strong": i == 0,
            "cells": [
                {"score": percent(one.differs) if i else "–", "interval": "", "arrow": None},
                *(
                    {
                        "score": percent(one.lost[k]),
                        "interval": t(lang, "orders.owned", share=percent(one.owned[k] / total)),
                        "arrow": None,
                    }
                    for k in range(len(donors))
                ),
            ],
        }
        for i, one in enumerate(found.orders)
    ]
    groups = [{"name": "", "rows": rows}]
    rotates = t(lang, "what_if.rotates" if found.spec.rotate else "what_if.fixed")
    caption = t(lang, "orders.table", rotates=rotates)
    return stamped(
        {
            "state": "ready", "message": "", "caption": caption, "corner": t(lang, "what_if.order"),
            "columns": columns, "groups": groups, "best_text": "",
            "missing": t(lang, "evaluate.missing"), "foot": t(lang, "orders.foot"),
            "save": saved(lang, state, caption, "orders", columns, groups),
        }
    )  # fmt: skip


def _timed(lang: str, key: str, seconds: float | None, n: int) -> str:
    """What a button says, with about how long it takes."""
    text = t(lang, key, n=n)
    if seconds is None:
        return text
    return t(lang, "orders.takes", what=text, time=duration(lang, seconds))


def _buttons(state: RunState | None, session: Session) -> dict[str, Any]:
    """What can be tried, with about how long it takes."""
    lang = session.lang
    if state is None or not has_saliency(state):
        gone = {"value": t(lang, "orders.try", n=""), "interactive": False, "visible": False}
        return dict.fromkeys(("or_try", "or_try_other", "or_score"), gone)
    spec = supposed(state, session)
    n, free = order_count(len(spec.donors)), not busy(state) and len(spec.donors) > 1
    seconds = seconds_of(state, "try_orders")
    other = "orders.try_fixed" if spec.rotate else "orders.try_rotating"
    everything = n == math.factorial(len(spec.donors))
    trying, scoring = (_some(key, everything) for key in ("orders.try", "orders.score"))
    return {
        "or_try": {
            "value": _timed(lang, trying, seconds, n), "interactive": free, "visible": True
        },
        "or_try_other": {
            "value": _timed(lang, other, seconds, n), "interactive": free,
            "visible": robustness(state, spec) is not None,
        },
        "or_score": {
            "value": _timed(lang, scoring, seconds_of(state, "score_orders"), n),
            "interactive": free and bool(state.skills),
            "visible": bool(state.skills),
        },
    }  # fmt: skip


def paint(state: RunState | None, session: Session) -> dict[str, Any]:
    """Everything of the donor order explorer."""
    lang = session.lang
    if state is None or not has_saliency(state):
        return {
            **_buttons(state, session), "or_words": note([]), "or_verdict": note([]),
            "or_table": blank(t(lang, "orders.none")), "or_dots": blank("", "hidden"),
        }  # fmt: skip
    spec = supposed(state, session)
    turning, still = (robustness(state, fixed(spec, on)) for on in (True, False))
    found, second = (turning, still) if spec.rotate else (still, turning)
    lines = [] if found is None else _words(state, lang, found)
    lines += [] if second is None else _words(state, lang, second)[:2]
    empty = t(lang, "orders.one" if len(spec.donors) < 2 else "orders.none")
    return {
        **_buttons(state, session),
        "or_words": note([*lines, *_compared(lang, turning, still)]),
        "or_table": blank(empty) if found is None else _table(state, lang, found),
        "or_dots": dots(state, lang, spec),
        "or_verdict": note(verdict(state, lang, spec), "quiet"),
    }
