"""A run's picture and a tab's session in, what every component shows out. Pure.

A value with ``rev`` is a widget's; anything else is a set of properties of a Gradio component.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from obim import RunState
from ui.painting import (
    evaluate,
    explore,
    export,
    folds,
    frame,
    gates,
    inside,
    merge,
    models,
    orders,
    own_sets,
    owners,
    progress,
    report,
    saliency,
    switches,
    trust,
    waits,
    what_if,
    what_if_table,
)
from ui.painting.rules import MAX_RULES
from ui.session import Session

if TYPE_CHECKING:
    from obim import ModelChoice, OwnSet


def page(
    state: RunState | None,
    session: Session,
    choices: "Sequence[ModelChoice]",
    free_name: str = "",
    saved: "Sequence[OwnSet]" = (),
) -> dict[str, dict[str, Any]]:
    """Component name -> what it shows.

    Args:
        free_name: of a folder that an export could go to.
        saved: the user's own evaluation sets.
    """
    return {
        **frame.paint(state, session),
        **progress.paint(state, session),
        **waits.paint(state, session),
        **models.paint(state, session, choices),
        **saliency.paint(state, session),
        **folds.paint(session),
        **explore.paint(state, session),
        **inside.paint(state, session),
        **owners.paint(state, session),
        **trust.paint(state, session),
        **what_if.paint(state, session),
        **what_if_table.paint(state, session),
        **orders.paint(state, session),
        **merge.paint(state, session),
        **gates.paint(state, session),
        **evaluate.paint(state, session),
        **switches.paint(state, session),
        **own_sets.paint(state, session, saved),
        **export.paint(state, session, free_name),
        **report.paint(state, session),
    }


def changes(
    old: dict[str, dict[str, Any]], new: dict[str, dict[str, Any]], keep_values: bool
) -> dict[str, dict[str, Any]]:
    """What must be sent so that a page painted with ``old`` shows ``new``.

    Args:
        keep_values: what the user is setting stays as it is: the values of settings are sent
            only where the page itself changed them.
    """
    sent: dict[str, dict[str, Any]] = {}
    for name, value in new.items():
        before = old.get(name)
        again = name in NUMBERS and not keep_values
        if before == value and not again:
            continue
        if "rev" in value or before is None:
            sent[name] = value
            continue
        part = {k: v for k, v in value.items() if before.get(k) != v}
        if name in PICKED:
            part.pop("value", None)
        if keep_values and name in SETTINGS and "choices" not in part:
            part.pop("value", None)
        if keep_values and name in OPENED:
            part.pop("open", None)
        if "choices" in part or again:
            part["value"] = value.get("value")  # Gradio drops a value when choices change
        if part:
            sent[name] = part
    return sent


PICKED = frozenset({"base", "donors"})
"""Controls that only the user sets: sent once, or a repaint would undo picks that come quickly."""

OPENED = frozenset(f"fold_{name}" for name in folds.FOLDS)
"""Folds that the user opens and closes: sent only where the page itself opened one."""

NUMBERS = frozenset(
    ["rounds", "seed", "look", "size_share", "wi_rounds"]
    + [f"limit{i}" for i in range(MAX_RULES)]
    + [f"{kind}{i}" for kind in ("density", "scale", "wi_density", "wi_scale") for i in range(8)]
    + [f"{kind}{i}" for kind in ("first", "last") for i in range(8)]
)
"""Sliders and number boxes. What stands in one may be a number that was refused: with the page's
own changes its value is sent even where the page has painted the same before."""

SETTINGS = (NUMBERS - {"look"}) | frozenset(
    ["rotate", "scope", "dtype", "include", "exclude", "which", "others"]
    + ["ablations", "export_dtype", "report_lang", "prompt", "own_name"]
    + ["wi_order", "wi_rotate", "wi_scope"]
    + [f"{kind}{i}" for kind in ("on", "modules") for i in range(8)]
)
"""Controls that the user drags or types into: never overwritten while being set."""
