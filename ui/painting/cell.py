"""The look inside one tensor: its saliency as a picture, and how it is distributed."""

from typing import Any

from obim import DonorSaliency, RunState
from ui.i18n import t
from ui.painting.frame import has_saliency
from ui.painting.saving import columns, saving
from ui.painting.wording import blank, percent, stamped
from ui.session import Session


def _title(lang: str, donor: DonorSaliency, tensor: str) -> str:
    for entry in donor.tensors:
        if entry.tensor == tensor:
            layer = (
                f"{t(lang, 'saliency.layer')} {entry.layer} · " if entry.layer is not None else ""
            )
            return f"{layer}{entry.module}"
    return tensor


def canvas(state: RunState | None, session: Session) -> dict[str, Any]:
    """Value of the WeightCanvas."""
    lang, cell = session.lang, session.cell
    if state is None or not has_saliency(state):
        return blank(t(lang, "saliency.pick_later"))
    if cell is None or session.tensor is None:
        return blank(t(lang, "saliency.pick"))
    rows, cols = cell["rows"], cell["cols"]
    height, width = cell["shape"]
    shape = " × ".join(str(n) for n in cell["shape"])
    picture = t(lang, f"saliency.aggregate.{cell['aggregate']}")
    title = _title(lang, state.saliency[session.donor], session.tensor)
    top = f"{cell['vmax']:.2g}"
    return stamped(
        {
            "state": "ready",
            "message": "",
            "title": title,
            "note": shape + t(lang, "page.comma") + picture,
            "label": t(lang, "saliency.picture", tensor=session.tensor),
            "rows": rows,
            "cols": cols,
            "data": cell["grid"],
            "lo": 0.0,
            "hi": cell["vmax"],
            "curve": cell["curve"],
            "row_step": height / rows,
            "col_step": width / cols,
            "row_text": t(lang, "saliency.row"),
            "col_text": t(lang, "saliency.column"),
            "value_text": t(lang, "saliency.value"),
            "legend": {"low": "0", "high": top, "text": t(lang, "saliency.colour.cell")},
            "caption": t(lang, "saliency.top10", share=percent(cell["top10_share"]))
            + ("" if cell["measured"] else " " + t(lang, "saliency.unmeasured")),
            "save": saving(lang, state, title, f"weights-{session.donor + 1}"),
        }
    )


def histogram(state: RunState | None, session: Session) -> dict[str, Any]:
    """Value of the Histogram."""
    lang, cell = session.lang, session.cell
    if state is None or not has_saliency(state) or cell is None:
        return blank(t(lang, "saliency.pick_histogram"))
    return stamped(
        {
            "state": "ready",
            "message": "",
            "title": t(lang, "saliency.histogram"),
            "label": t(lang, "saliency.histogram_of", tensor=session.tensor or ""),
            "edges": cell["histogram"]["edges"],
            "counts": cell["histogram"]["counts"],
            "log": False,
            "x_label": t(lang, "saliency.log10"),
            "y_label": t(lang, "saliency.positions"),
            "mark": None,
            "save": saving(
                lang, state, t(lang, "saliency.histogram"), f"histogram-{session.donor + 1}"
            ),
            "columns": columns(lang, "from", "to", "positions"),
        }
    )


def paint(state: RunState | None, session: Session) -> dict[str, Any]:
    """Picture and histogram of the open cell."""
    return {"canvas": canvas(state, session), "histogram": histogram(state, session)}
