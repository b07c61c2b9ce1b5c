"""The Interference screen's upper part: donors compared as a matrix, a heatmap and a list."""

from typing import Any

from obim import InterferenceState, RunState, comparing_seconds
from ui.i18n import t
from ui.painting.donor_matrix import matrix
from ui.painting.facets import DIRECTED, FACETS, chosen_pair, facet_of, pairs_of
from ui.painting.findings import findings
from ui.painting.frame import busy, has_saliency
from ui.painting.interference_grid import grid
from ui.painting.methods import estimator_label
from ui.painting.wording import blank, duration, note
from ui.session import Session


def _seconds(state: RunState) -> float:
    """About how long the comparison takes that is still to be done."""
    positions = sum(state.group_sizes) or (state.cards[0].parameters if state.cards else 0)
    found = state.interference
    done = sum(part.positions for part in found.tensors) if found is not None else 0
    return comparing_seconds(max(0, positions - done), len(state.spec.donors))


def _button_note(state: RunState | None, lang: str) -> dict[str, Any]:
    """What the button does and takes, or how far the comparison is."""
    if state is None or not has_saliency(state):
        return note([])
    if len(state.spec.donors) < 2:
        return note([t(lang, "explore.two")])
    found, comparing = state.interference, _comparing(state)
    if comparing and not (found and found.cells):
        return note([t(lang, "explore.comparing")], "quiet")
    if found is None:
        return note([t(lang, "explore.takes", time=duration(lang, _seconds(state)))], "quiet")
    if found.done and not found.cells:
        return note([t(lang, "explore.no_pair")])
    if found.done:
        return note([t(lang, "explore.all", n=found.total)], "quiet")
    so_far = {"n": len(found.tensors), "total": found.total}
    key = "explore.so_far" if comparing else "explore.partly"
    return note([t(lang, key, **so_far)], "quiet" if comparing else "warn")


def _about(state: RunState, found: InterferenceState, session: Session) -> dict[str, Any]:
    """What the chosen figure means, and under which settings it holds."""
    lang, facet = session.lang, facet_of(session)
    lines = [t(lang, f"explore.about.{facet}")]
    if facet in DIRECTED and not found.comparable:
        name = estimator_label(lang, state.spec.estimator)
        lines.append(t(lang, "explore.unit", estimator=name))
    if facet != "cosine":
        shares = [f"{100 * state.spec.density_of(k):.3g}\u00a0%" for k in range(found.donors)]
        told = zip((donor.name for donor in state.spec.donors), shares, strict=True)
        listed = t(lang, "page.comma").join(f"{name} {share}" for name, share in told)
        lines.append(t(lang, "explore.settings", donors=listed, rounds=state.spec.rounds))
        lines += _reservations(found, lang)
    return note(lines)


def _reservations(found: InterferenceState, lang: str) -> list[str]:
    lines = [t(lang, "explore.by_tensor")] if found.by_tensor else []
    if unmeasured := sum(bool(part.unmeasured) for part in found.tensors):
        lines.append(t(lang, "explore.unmeasured", n=unmeasured))
    return lines


def _comparing(state: RunState) -> bool:
    return busy(state) and state.job is not None and state.job.kind == "explore"


ALL = "all"
"""The choice of all pairs."""


def paint(state: RunState | None, session: Session) -> dict[str, Any]:
    """Everything of this part of the screen."""
    lang = session.lang
    names = [donor.name for donor in state.spec.donors] if state is not None else []
    pairs = pairs_of(state) if state is not None else []
    pair = chosen_pair(state, session) if state is not None else None
    between = [(t(lang, "explore.between", one=names[a], other=names[b]), f"{a},{b}")
               for a, b in pairs]  # fmt: skip
    found = state.interference if state is not None else None
    there = state is not None and found is not None and bool(found.cells)
    able = state is not None and has_saliency(state) and len(pairs) > 0 and not busy(state)
    finished = found is not None and found.done
    pictures = dict.fromkeys(("matrix", "contests", "interference_grid"), blank(""))  # hidden
    if state is not None and found is not None and there:
        pictures = {
            "matrix": matrix(state, found, session),
            "contests": findings(state, found, session),
            "interference_grid": grid(state, found, session),
        }
    return {
        "compare": {"interactive": able and not finished},
        "compare_note": _button_note(state, lang),
        "facet": {
            "choices": [(t(lang, f"explore.facet.{facet}"), facet) for facet in FACETS],
            "value": facet_of(session),
        },
        "facet_note": _about(state, found, session) if state and found and there else note([]),
        "pair": {
            "choices": [(t(lang, "explore.all_pairs"), ALL), *between],
            "value": ALL if pair is None else f"{pair[0]},{pair[1]}",
            "visible": len(pairs) > 1,
        },
        "compared": {"visible": there},
        **pictures,
    }
