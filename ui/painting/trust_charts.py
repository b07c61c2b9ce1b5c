"""Predicted against measured as points, and what all bands cost together as bars."""

from typing import Any

from obim import LayerTrust, RunState, TrustState
from ui.i18n import t
from ui.painting.methods import estimator_label, unit_of
from ui.painting.saving import saving
from ui.painting.wording import blank, exact, note, stamped
from ui.session import Session

_COLOURS = 8
_BARS = 6
_THIRDS = ("trust.early", "trust.middle", "trust.late")


def measured_of(state: RunState | None, session: Session) -> list[TrustState]:
    """What was measured of the donor that is shown."""
    if state is None or session.donor >= len(state.spec.donors):
        return []
    name = state.spec.donors[session.donor].name
    return [one for one in state.trust.estimates if one.donor == name]


def _named(lang: str, layer: int) -> str:
    return t(lang, "trust.column.layer", n=layer)


def _points(lang: str, layer: LayerTrust) -> list[dict[str, Any]]:
    return [
        {
            "at": [band.predicted, band.measured],
            "row": [layer.layer, i, band.entries],
            "tip": t(
                lang, "trust.point", layer=_named(lang, layer.layer), band=i,
                bands=len(layer.bands), n=f"{band.entries:,}",
            ),
        }
        for i, band in enumerate(layer.bands, 1)
    ]  # fmt: skip


def _series(lang: str, layers: list[LayerTrust]) -> list[dict[str, Any]]:
    """One a layer; where there are more than colours, one a third of them."""
    if len(layers) <= _COLOURS:
        return [
            {"name": _named(lang, layer.layer), "slot": i, "points": _points(lang, layer)}
            for i, layer in enumerate(layers)
        ]
    thirds: list[list[dict[str, Any]]] = [[], [], []]
    for i, layer in enumerate(layers):
        thirds[3 * i // len(layers)] += _points(lang, layer)
    return [
        {"name": t(lang, key), "slot": i, "points": points}
        for i, (key, points) in enumerate(zip(_THIRDS, thirds, strict=True))
    ]


def scatter(state: RunState | None, session: Session, shown: str) -> dict[str, Any]:
    """Value of the Scatter for one estimator."""
    lang = session.lang
    one = next((x for x in measured_of(state, session) if x.estimator == shown), None)
    layers = [layer for layer in one.layers if layer.bands] if one is not None else []
    if state is None or not layers:
        return blank(t(lang, "trust.empty"))
    title = t(lang, "trust.scatter", estimator=estimator_label(lang, shown))
    nats = unit_of(shown) == "nats"
    return stamped(
        {
            "state": "ready",
            "message": "",
            "title": title,
            "label": title,
            "x_label": t(lang, "trust.predicted"),
            "y_label": t(lang, "trust.measured"),
            "below": t(lang, "trust.fell"),
            "equal": t(lang, "trust.equal") if nats else "",
            "note": t(lang, "trust.axes"),
            "series": _series(lang, layers),
            "table": t(lang, "page.table"),
            "columns": [
                t(lang, f"trust.head.{key}")
                for key in ("layer", "band", "weights", "predicted", "measured")
            ],
            "save": saving(lang, state, title, f"trust-{session.donor + 1}-{shown}"),
        }
    )


def _apart(layer: LayerTrust) -> float:
    """By how much all at once and one by one differ."""
    assert layer.whole is not None
    return abs(layer.whole.measured - sum(band.measured for band in layer.bands))


def _chosen(layers: list[LayerTrust]) -> list[LayerTrust]:
    most = sorted(layers, key=_apart, reverse=True)[:_BARS]
    return sorted(most, key=lambda layer: layer.layer)


def _bars(lang: str, layer: LayerTrust, nats: bool) -> dict[str, Any]:
    """One layer; ``nats``: the estimate is in the unit of the loss."""
    assert layer.whole is not None
    found: list[tuple[str, float, int | None]] = [
        ("sum", sum(band.measured for band in layer.bands), 0),
        ("whole", layer.whole.measured, 5),
    ]
    if nats:
        found.insert(0, ("predicted", layer.whole.predicted, None))
    return {
        "name": _named(lang, layer.layer),
        "bars": [
            {"label": t(lang, f"trust.bar.{key}"), "value": value, "text": exact(value)}
            | {"slot": slot}
            for key, value, slot in found
        ],
    }


def bars(state: RunState | None, session: Session, shown: str) -> dict[str, Any]:
    """Value of the Bars: what the bands cost one by one, and all at once."""
    lang = session.lang
    one = next((x for x in measured_of(state, session) if x.estimator == shown), None)
    layers = [layer for layer in one.layers if layer.whole] if one is not None else []
    if state is None or not layers:
        return stamped({"state": "hidden", "message": ""})
    nats = unit_of(shown) == "nats"
    title = t(lang, "trust.cross")
    return stamped(
        {
            "state": "ready",
            "message": "",
            "title": f"{title} ({estimator_label(lang, shown)})",
            "groups": [_bars(lang, layer, nats) for layer in _chosen(layers)],
            "save": saving(lang, state, title, f"independence-{session.donor + 1}-{shown}"),
            "columns": [t(lang, "trust.head.layer"), title, t(lang, "trust.head.measured")],
        }
    )


def _cross_words(state: RunState | None, session: Session, shown: str) -> dict[str, Any]:
    one = next((x for x in measured_of(state, session) if x.estimator == shown), None)
    layers = [layer for layer in one.layers if layer.whole] if one is not None else []
    if not layers:
        return note([])
    lang = session.lang
    lines = [t(lang, "trust.cross_lead")]
    for layer in sorted(layers, key=_apart, reverse=True)[:3]:
        assert layer.whole is not None
        total, whole = sum(band.measured for band in layer.bands), layer.whole.measured
        told = {"layer": layer.layer, "sum": exact(total), "whole": exact(whole)}
        if total > 0 and whole > 0:
            lines.append(t(lang, "trust.cross_ratio", ratio=f"{whole / total:.2g}", **told))
        else:
            lines.append(t(lang, "trust.cross_plain", **told))
    if len(layers) > _BARS:
        lines.append(t(lang, "trust.cross_some", n=_BARS))
    if unit_of(shown) != "nats":
        lines.append(t(lang, "trust.other_unit"))
    return note(lines)


def paint(state: RunState | None, session: Session, shown: str) -> dict[str, Any]:
    """The pictures, and the words to the second of them."""
    return {
        "trust_scatter": scatter(state, session, shown),
        "trust_bars": bars(state, session, shown),
        "trust_cross": _cross_words(state, session, shown),
    }
