"""The fold "Your own questions" on the Evaluate screen: saved sets, and a table being mapped."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from obim import Columns, RunState
from ui.i18n import said, t
from ui.painting.frame import busy
from ui.painting.wording import blank, known, names, note, stamped
from ui.session import Session

if TYPE_CHECKING:
    from obim import EntryFacts, OwnSet

NONE = ""
"""The choice of no column, and of no donor."""
CHOOSING = ("multiple_choice", "classification")
"""Evaluators that look at choices."""
READ_ALONE = ("bits_per_byte", "perplexity")
"""Evaluators that need no question."""
JUDGES = (
    "exact_match", "contains", "regex_match", "multiple_choice", "classification", "bits_per_byte",
)  # fmt: skip
"""Evaluators in the order they are offered; others come after."""
_ENCODINGS = {
    "utf-8": "UTF-8", "utf-8-sig": "UTF-8", "cp932": "Shift_JIS", "euc_jp": "EUC-JP",
    "utf-16": "UTF-16", "utf_16_le": "UTF-16", "utf_16_be": "UTF-16", "xlsx": "Excel",
}  # fmt: skip


def judges(preview: dict[str, Any]) -> list[str]:
    """Names of the evaluators that there are, the plainest first."""
    found: Sequence[EntryFacts] = preview["evaluators"]
    there = [entry.name for entry in found]
    return [n for n in JUDGES if n in there] + [n for n in there if n not in JUDGES]


def save_button(name: str) -> str:
    """What the button is called while it is pressed once: another name is another button."""
    return f"own_save {name}"


def remove_button(skill: str) -> str:
    """Likewise, of the button that removes a set."""
    return f"own_remove {skill}"


def _judge(lang: str, name: str) -> str:
    return known(lang, f"own.judge.{name}", name.replace("_", " ").capitalize())


def _sets(state: RunState | None, session: Session, saved: "Sequence[OwnSet]") -> dict[str, Any]:
    """Value of the SetList."""
    lang = session.lang
    if not saved:
        return blank(t(lang, "own.none"))
    shown = []
    for one in saved:
        whose = one.donor_name if one.donor else t(lang, "own.general")
        armed = session.armed == remove_button(one.id)
        facts = t(lang, "own.saved", n=one.items, judge=_judge(lang, one.evaluator), whose=whose)
        shown.append(
            {
                "id": one.id,
                "name": one.name,
                "note": facts,
                "columns": _used_columns(lang, one.columns),
                "warning": t(lang, "own.damaged") if one.damaged else "",
                "remove": t(lang, "own.remove_sure" if armed else "own.remove"),
                "armed": armed,
            }
        )
    listed = {"state": "ready", "message": "", "label": t(lang, "own.list"), "sets": shown}
    return stamped({**listed, "busy": state is None or busy(state)})


def _roles(columns: Columns, choices: tuple[str, ...]) -> list[tuple[str, str]]:
    """(Key of a role, column that has it), in the order of the controls."""
    one = [("own.prompt", columns.prompt), ("own.answer", columns.answer)]
    many = [("own.choices", name) for name in choices]
    return [(key, name) for key, name in (*one, *many, ("own.id", columns.id)) if name]


def _used_columns(lang: str, columns: Columns | None) -> str:
    """Which columns a saved set was made of."""
    if columns is None:
        return ""
    roles = _roles(columns, columns.choices)
    return t(lang, "own.made_of", columns=" · ".join(f"{t(lang, k)}: {name}" for k, name in roles))


def _twice(lang: str, own: dict[str, Any]) -> list[str]:
    """A warning for each column that has two roles; the right one may stand among the choices."""
    roles = _roles(own["preview"]["mapping"], _choices(own))
    found = []
    for column in dict.fromkeys(name for _, name in roles):
        keys = [key for key, name in roles if name == column]
        if len(keys) > 1 and keys != ["own.answer", "own.choices"]:
            both = names(lang, [t(lang, key) for key in keys])
            found.append(t(lang, "own.twice", name=column, roles=both))
    return found


def _sheet(session: Session) -> dict[str, Any]:
    """Value of the Sheet."""
    lang, own = session.lang, session.own
    if own.get("failed") is not None:
        return blank(said(lang, own["failed"]), "failed")
    preview = own.get("preview")
    if preview is None:
        if own.get("reading"):
            return blank(t(lang, "own.reading"), "loading")
        return blank(t(lang, "own.empty"))
    mapping: Columns = preview["mapping"]
    roles: dict[str, list[str]] = {}
    for key, column in _roles(mapping, _choices(own)):
        roles.setdefault(column, []).append(t(lang, key))
    encoding = _ENCODINGS.get(preview["encoding"], preview["encoding"])
    return stamped(
        {
            "state": "ready",
            "message": "",
            "caption": t(lang, "own.caption", name=own["title"], n=preview["rows"], code=encoding),
            "corner": t(lang, "own.line"),
            "columns": [
                {"name": name, "role": t(lang, "page.comma").join(roles.get(name, ()))}
                for name in preview["columns"]
            ],
            "rows": [{"line": line, "cells": cells} for line, cells in preview["first"]],
        }
    )


def _choices(own: dict[str, Any]) -> tuple[str, ...]:
    mapping: Columns = own["preview"]["mapping"]
    return mapping.choices if own["evaluator"] in CHOOSING else ()


def _told(lang: str, key: str, told: tuple[int, Sequence[tuple[int, Any]]]) -> list[str]:
    """How many rows, and the first of them with line and reason."""
    count, first = told
    if not count:
        return []
    lines = [t(lang, "own.problem", line=line, reason=said(lang, why)) for line, why in first]
    return [t(lang, key if count == len(first) else f"{key}_some", n=count), *lines]


def _counts(lang: str, own: dict[str, Any]) -> dict[str, Any]:
    preview, twice = own["preview"], _twice(lang, own)
    if preview["trouble"] is not None:
        return note([said(lang, preview["trouble"]), *twice], "warn")
    halves = {"dev": preview["dev"], "report": preview["report"]}
    counts = t(lang, "own.counts", n=preview["usable"], **halves)
    return note([counts, *twice], "warn" if twice else "plain")


def _prompts(lang: str, preview: dict[str, Any]) -> dict[str, Any]:
    """Value of the ItemList: questions as the model sees them."""
    if not preview["prompts"]:
        return blank(t(lang, "own.no_prompts"))
    items = [
        {
            "skill": t(lang, "own.as_seen"),
            "prompt": one["prompt"] or "–",
            "expected": one["answer"],
            "answers": [
                {"name": t(lang, "own.choice", n=i), "text": text, "ok": text == one["answer"]}
                for i, text in enumerate(one["choices"], 1)
            ],
        }
        for one in preview["prompts"]
    ]
    texts = {
        "label": "own.as_seen", "skill_label": "evaluate.skill", "position": "evaluate.position",
        "previous": "evaluate.previous", "next": "evaluate.next", "prompt_label": "own.prompt",
        "expected_label": "evaluate.expected", "ok": "evaluate.right", "wrong": "evaluate.wrong",
    }  # fmt: skip
    said_texts = {name: t(lang, key) for name, key in texts.items()}
    return stamped({"state": "ready", "message": "", "items": items, **said_texts})


def _column_boxes(lang: str, own: dict[str, Any]) -> dict[str, Any]:
    """The controls that say which column holds what; one that has to be chosen says so."""
    mapping: Columns = own["preview"]["mapping"]
    judge = own["evaluator"]
    columns = [(name, name) for name in own["preview"]["columns"]]
    optional = [(t(lang, "own.no_column"), NONE), *columns]
    due = [(t(lang, "own.choose"), NONE), *columns]
    prompts = optional if judge in READ_ALONE else due
    return {
        "own_prompt": {"choices": prompts, "value": mapping.prompt or NONE},
        "own_answer": {"choices": columns if mapping.answer else due, "value": mapping.answer},
        "own_choices": {
            "choices": columns, "value": list(mapping.choices), "visible": judge in CHOOSING,
        },
        "own_id": {"choices": optional, "value": mapping.id or NONE},
    }  # fmt: skip


def _form(state: RunState, session: Session) -> dict[str, Any]:
    """The controls below the table."""
    lang, own, preview = session.lang, session.own, session.own["preview"]
    donors = [(donor.name, donor.source) for donor in state.spec.donors]
    judge, armed = own["evaluator"], session.armed.startswith(save_button(""))
    return {
        **_column_boxes(lang, own),
        "own_judge": {
            "choices": [(_judge(lang, name), name) for name in judges(preview)],
            "value": judge,
            "info": known(lang, f"own.judge_info.{judge}", ""),
        },
        "own_donor": {
            "choices": [(t(lang, "own.general"), NONE), *donors],
            "value": own["donor"],
        },
        "own_name": {"value": own["name"]},
        "own_counts": _counts(lang, own),
        "own_problems": note(
            _told(lang, "own.problems", preview["problems"])
            + _told(lang, "own.doubles", preview["doubles"]),
            "quiet",
        ),
        "own_prompts": _prompts(lang, preview),
        "own_save": {
            "value": t(lang, "own.replace" if armed else "own.save"),
            "variant": "stop" if armed else "primary",
            "interactive": not busy(state) and preview["trouble"] is None,
        },
    }


def paint(
    state: RunState | None, session: Session, saved: "Sequence[OwnSet]"
) -> dict[str, dict[str, Any]]:
    """Everything in the fold."""
    mapped = state is not None and session.own.get("preview") is not None
    shown = {
        "own_fold": {"open": bool(session.own)},  # closed after it is mounted, see ui/app.py
        "own_sets": _sets(state, session, saved),
        "own_sheet": _sheet(session),
        "own_form": {"visible": mapped},
    }
    return shown | _form(state, session) if state is not None and mapped else shown
