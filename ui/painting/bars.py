"""Stacked bars: who owns how much of each layer."""

from collections.abc import Sequence
from typing import Any

from obim import RunState
from ui.i18n import t
from ui.painting.saving import saving
from ui.painting.wording import MAX_DONORS, known, stamped


def bars(
    state: RunState, lang: str, owned: Sequence[Sequence[float]], label: str
) -> dict[str, Any]:
    """Value of an Occupancy chart.

    Args:
        state: its groups are the bars.
        lang: of the words.
        owned: positions of each group (rows) that each donor (columns) owns.
        label: what it is a picture of.
    """
    layers = _layers(state, lang, owned)
    return stamped(
        {
            "state": "ready",
            "message": "",
            "label": label,
            "x_label": t(lang, "saliency.layer"),
            "x_note": t(lang, "page.comma").join(
                f"{layer['label']}: {layer['name']}" for layer in layers if layer["outside"]
            ),
            "y_label": t(lang, "merge.share"),
            "base": t(lang, "models.base"),
            "donors": [donor.name for donor in state.spec.donors][:MAX_DONORS],
            "layers": layers,
            "table": t(lang, "page.table"),
            "save": saving(lang, state, label, "owners"),
        }
    )


def _layers(state: RunState, lang: str, owned: Sequence[Sequence[float]]) -> list[dict[str, Any]]:
    layers = []
    for (group, layer), n, row in zip(state.groups, state.group_sizes, owned, strict=True):
        place = (
            t(lang, "saliency.layer") if layer is not None else known(lang, f"group.{group}", group)
        )
        name = place if layer is None else f"{place} {layer}"
        layers.append(
            {
                "label": _short(lang, group) if layer is None else str(layer),
                "name": name,
                "outside": layer is None,
                "shares": [x / n if n else 0.0 for x in row],
            }
        )
    return layers


def _short(lang: str, group: str) -> str:
    """What stands under the bar of a group that is no layer."""
    return known(lang, f"group.short.{group}", t(lang, "group.short.other"))
