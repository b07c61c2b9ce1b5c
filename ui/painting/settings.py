"""The settings on the Merge screen and the recipe that they make."""

from typing import Any

from obim import MergeSpec, RunState, dump_recipe, recommended, stock
from ui.i18n import t
from ui.painting.frame import busy
from ui.painting.methods import compares_tensors
from ui.painting.wording import MAX_DONORS, note, percent, stamped
from ui.session import Session

SCALE = 4
"""Where the sliders of scales end, unless a recipe asks for more."""


def tried(state: RunState, session: Session) -> MergeSpec:
    """The settings on screen: those being tried, or those of the run."""
    if session.draft is None or state.locked:
        return state.spec
    return MergeSpec.model_validate_json(session.draft)


def _controls(state: RunState | None, session: Session) -> dict[str, Any]:
    free = state is not None and not state.locked and not busy(state)
    spec = tried(state, session) if state is not None else None
    shown: dict[str, Any] = {
        "rounds": {
            "value": spec.rounds if spec else 10,
            "interactive": free,
            "maximum": max(min(60, 255 // len(spec.donors)), spec.rounds) if spec else 60,
        },
        "rotate": {"value": spec.rotate if spec else True, "interactive": free},
        "scope": {"value": spec.scope if spec else "tensor", "interactive": free},
        "dtype": {"value": spec.dtype if spec else "bfloat16", "interactive": free},
        "include": {"value": " ".join(spec.include) if spec else "*", "interactive": free},
        "exclude": {"value": " ".join(spec.exclude) if spec else "", "interactive": free},
        "seed": {"value": spec.seed if spec else 0, "interactive": free},
    }
    for i in range(MAX_DONORS):
        there = spec is not None and i < len(spec.donors)
        name = spec.donors[i].name if spec is not None and there else ""
        density = spec.density_of(i) if spec is not None and there else 0.0
        scale = spec.donors[i].scale if spec is not None and there else 1.0
        lang = session.lang
        shown[f"pair{i}"] = {"visible": there}
        shown[f"density{i}"] = {
            "value": round(density, 3), "interactive": free,
            "label": t(lang, "merge.density_of", name=name),
        }  # fmt: skip
        shown[f"scale{i}"] = {
            "value": scale, "interactive": free, "maximum": max(SCALE, scale),
            "label": t(lang, "merge.scale_of", name=name),
        }  # fmt: skip
    return shown


def _notes(state: RunState | None, session: Session) -> dict[str, Any]:
    """What the scope means for density and saliency."""
    spec = tried(state, session) if state is not None else None
    lang, scope = session.lang, spec.scope if spec is not None else "tensor"
    local = spec is not None and not compares_tensors(spec.estimator)
    shares = [t(lang, "merge.scope_shares")] if local and scope == "global" else []
    return {
        "density_note": note([t(lang, f"merge.density_scale.{scope}")], "quiet"),
        "scope_note": note(shares, "quiet"),
    }


def _presets(state: RunState | None, session: Session) -> dict[str, Any]:
    """A button for each preset that there is for these models; the one in force has a tick."""
    lang, spec = session.lang, tried(state, session) if state is not None else None
    free = state is not None and state.mergeable and not state.locked and not busy(state)
    shown: dict[str, Any] = {}
    lines = []
    for name, preset in (("recommended", recommended), ("stock", stock)):
        chosen = preset(spec) if spec is not None else None
        label = t(lang, f"merge.{name}")
        shown[name] = {
            "value": f"✓ {label}" if chosen is not None and chosen == spec else label,
            "interactive": free,
            "visible": chosen is not None,
        }
        if chosen is not None:
            share = percent(1 / len(chosen.donors))
            lines.append(t(lang, f"merge.{name}_means", share=share))
    return {**shown, "preset_note": note(lines, "quiet")}


def _recipe(state: RunState | None, session: Session) -> dict[str, Any]:
    lang = session.lang
    text = dump_recipe(tried(state, session)) if state is not None else ""
    return stamped(
        {
            "state": "ready" if state is not None else "empty",
            "message": "",
            "title": t(lang, "merge.recipe"),
            "note": t(lang, "merge.recipe_note"),
            "text": text,
            "copy": t(lang, "page.copy"),
            "copied": t(lang, "page.copied"),
        }
    )


def paint(state: RunState | None, session: Session) -> dict[str, Any]:
    """Every control, what it means, and the recipe."""
    return {
        **_controls(state, session),
        **_presets(state, session),
        **_notes(state, session),
        "recipe": _recipe(state, session),
    }
