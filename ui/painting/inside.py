"""The look inside one tensor: who wants which weight, who got it, and how saliency lies."""

from typing import Any, Literal

from obim import RunState, TensorSaliency
from ui.i18n import t
from ui.painting import questions
from ui.painting.frame import has_saliency
from ui.painting.saving import columns, saving
from ui.painting.wording import MAX_DONORS, blank, count, names, percent, stamped
from ui.session import Session

View = Literal["wants", "got", "turns"]
VIEWS: tuple[View, ...] = ("wants", "got", "turns")
_LARGE = 20_000_000
"""Weights from which on a look takes more than a moment."""
_ACTS = ("in", "out", "whole", "up", "down", "left", "right")
_WORDS = (
    *("row", "rows", "column", "columns", "weights", "delta", "saliency"),
    *("claimed", "most", "busy", "longest"),
)
_SAVED = ("first_row", "last_row", "first_column", "last_column", "weights")


def title(lang: str, entry: TensorSaliency) -> str:
    """A tensor as it is called on screen."""
    if entry.layer is None:
        return entry.module
    return f"{t(lang, 'saliency.layer')} {entry.layer} · {entry.module}"


def _entry(state: RunState, name: str) -> TensorSaliency:
    return next(entry for entry in questions.tensors(state) if entry.tensor == name)


def _missing(state: RunState | None, session: Session) -> dict[str, Any] | None:
    """What stands there while there is no picture."""
    lang = session.lang
    if state is None or not has_saliency(state):
        return blank(t(lang, "inside.later"))
    question = questions.inside(state, session)
    if question is None:
        return blank(t(lang, "inside.unmerged"))
    held = session.inside
    same = held is not None and held["key"][:2] == [state.id, question.tensor]
    if (
        held is not None
        and same
        and held["key"] == questions.key(state, question)
        and "error" in held
    ):
        return blank(held["error"], "failed")
    if held is None or not same or "error" in held or held["view"] != question.view:
        entry = _entry(state, question.tensor)
        size = 1
        for side in entry.shape:
            size *= side
        lines = [t(lang, "inside.computing", tensor=title(lang, entry))]
        if size >= _LARGE:
            lines.append(t(lang, "inside.large", n=count(lang, size)))
        return blank(" ".join(lines), "loading")
    return None


def _categories(lang: str, state: RunState, told: dict[str, Any]) -> list[dict[str, Any]]:
    """Names, inks and shares of the window of what a weight can be."""
    donors = [donor.name for donor in state.spec.donors]
    wants = told["view"] == "wants"
    texts = [t(lang, "inside.nobody" if wants else "inside.base")]
    texts += [t(lang, "inside.only", donor=name) if wants else name for name in donors]
    inks: list[int | str] = ["none", *range(len(donors))]
    if wants:
        texts += [t(lang, "inside.both"), t(lang, "inside.fight")]
        inks += ["both", "fight"]
    whole, by_turn = max(sum(told["totals"]), 1), told["view"] == "turns"
    shares = [""] * len(texts) if by_turn else [percent(n / whole) for n in told["totals"]]
    return [
        {"name": text, "ink": ink, "text": share}
        for text, ink, share in zip(texts, inks, shares, strict=True)
    ]


def _note(lang: str, told: dict[str, Any]) -> str:
    """Which rows and columns are shown, and what a pixel is."""
    top, bottom, left, right = told["window"]
    height, width = told["shape"]
    place = t(
        lang, "inside.part", top=top, bottom=bottom - 1, height=height, left=left,
        right=right - 1, width=width,
    )  # fmt: skip
    rows = max(b - a for a, b in zip(told["row_edges"], told["row_edges"][1:], strict=False))
    cols = max(b - a for a, b in zip(told["col_edges"], told["col_edges"][1:], strict=False))
    single = rows == cols == 1
    pixel = t(lang, "inside.single") if single else t(lang, "inside.blocks", rows=rows, cols=cols)
    return place + t(lang, "page.comma") + pixel


def _caption(lang: str, state: RunState, told: dict[str, Any]) -> str:
    donors = state.spec.donors
    lines = [t(lang, f"inside.about.{told['view']}", turn=told["turn"]), t(lang, "inside.sides")]
    without = [d.name for d, known in zip(donors, told["measured"], strict=True) if not known]
    if without and told["view"] == "wants":
        lines.append(t(lang, "inside.unmeasured", donors=names(lang, without)))
    return " ".join(lines)


def _turn_names(lang: str, state: RunState, told: dict[str, Any]) -> list[str]:
    if told["view"] != "turns":
        return []
    donors = [donor.name for donor in state.spec.donors]
    done = state.turns[: told["turn"]]
    return [t(lang, "inside.base")] + [
        t(lang, "inside.turn", n=turn.number, donor=donors[turn.donor]) for turn in done
    ]


def _words(lang: str, told: dict[str, Any]) -> dict[str, Any]:
    """All that the widget says by itself."""
    by_turn = told["view"] == "turns"
    low_high = {"low": "1", "high": str(told["turn"]), "text": t(lang, "inside.colour.turns")}
    return {
        "words": {
            **{word: t(lang, f"inside.{word}") for word in _WORDS},
            "wants": t(lang, "inside.wants_it"),
        },
        "acts": {act: t(lang, f"inside.{act}") for act in _ACTS},
        "hint": t(lang, "inside.hint"),
        "legend": low_high if by_turn else None,
        "table_rows": t(lang, "inside.table.rows"),
        "table_columns": t(lang, "inside.table.columns"),
        "columns": [t(lang, f"inside.save.{name}") for name in _SAVED],
    }


def picture(state: RunState | None, session: Session) -> dict[str, Any]:
    """Value of the TensorPicture."""
    missing, told = _missing(state, session), session.inside
    if missing is not None or state is None or told is None:
        return missing or blank("")
    lang, entry = session.lang, _entry(state, told["tensor"])
    question = questions.inside(state, session)
    late = question is not None and told["key"] != questions.key(state, question)
    by_turn = told["view"] == "turns"
    label = t(lang, f"inside.label.{told['view']}", tensor=told["tensor"], turn=told["turn"])
    categories = _categories(lang, state, told)
    kept = ("shape", "window", "rows", "cols", "row_edges", "col_edges", "counts", "bytes",
            "members", "values")  # fmt: skip
    return stamped(
        {
            "state": "ready",
            "message": "",
            "title": title(lang, entry),
            "note": _note(lang, told),
            "label": label,
            "busy": t(lang, "inside.busy") if late else "",
            **{name: told[name] for name in kept},
            "kinds": 3 if by_turn else len(categories),
            "turns": told["turn"] if by_turn else 0,
            "categories": categories,
            "donors": [donor.name for donor in state.spec.donors],
            "turn_names": _turn_names(lang, state, told),
            "caption": _caption(lang, state, told),
            **_words(lang, told),
            "save": saving(lang, state, label, f"tensor-{told['view']}"),
        }
    )


def histogram(state: RunState | None, session: Session) -> dict[str, Any]:
    """Value of the OverlapHistogram: of the whole tensor, whatever the window."""
    missing, told = _missing(state, session), session.inside
    if missing is not None or state is None or told is None:
        return blank("", "empty") if missing is None else missing
    lang, found = session.lang, told["histogram"]
    panels = []
    for k, donor in enumerate(state.spec.donors[:MAX_DONORS]):
        zeros, contested = found["zeros"][k]
        note = t(lang, "inside.zeros", n=f"{zeros:,}", contested=f"{contested:,}") if zeros else ""
        panels.append(
            {
                "name": donor.name, "slot": k, "all": found["all"][k],
                "contested": found["contested"][k], "note": note,
            }
        )  # fmt: skip
    return stamped(
        {
            "state": "ready",
            "message": "",
            "title": t(lang, "inside.histogram"),
            "label": t(lang, "inside.histogram_of", tensor=told["tensor"]),
            "edges": found["edges"],
            "panels": panels,
            "all_text": t(lang, "inside.all"),
            "contested_text": t(lang, "inside.contested"),
            "x_label": t(lang, "inside.log10"),
            "y_label": t(lang, "inside.positions"),
            "table": t(lang, "page.table"),
            "columns": [
                t(lang, "inside.column.donor"),
                *columns(lang, "from", "to"),
                t(lang, "inside.all"),
                t(lang, "inside.contested"),
            ],
            "save": saving(lang, state, t(lang, "inside.histogram"), "contested-saliency"),
        }
    )


def paint(state: RunState | None, session: Session) -> dict[str, Any]:
    """Choice of tensor and picture, the picture and the histogram."""
    lang = session.lang
    ready = state is not None and has_saliency(state)
    there = questions.tensors(state) if state is not None and ready else []
    chosen = questions.open_tensor(state, session) if state is not None and ready else None
    return {
        "inside_tensor": {
            "choices": [(title(lang, entry), entry.tensor) for entry in there],
            "value": chosen,
            "interactive": ready,
        },
        "inside_view": {
            "choices": [(t(lang, f"inside.view.{view}"), view) for view in VIEWS],
            "value": session.view,
        },
        "inside_picture": picture(state, session),
        "inside_histogram": histogram(state, session),
    }
