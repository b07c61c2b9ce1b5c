"""Which models can be scored on the Evaluate screen, in groups, and what tuning would take."""

from typing import Any

from obim import TRIES, RunState, ablations, switches_of, tunable, tuning_seconds
from ui.i18n import t
from ui.painting.frame import busy
from ui.painting.methods import baselines, model_label
from ui.painting.wording import note
from ui.session import Session

AVERAGE = "linear"
"""The other method that is scored unless the user says otherwise."""
GROUPS = ("which", "others", "ablations")
"""Boxes that models are ticked in."""
AMOUNTS = (TRIES, 2 * TRIES, 4 * TRIES)
"""Settings of each method that may be tried."""


def main_labels(state: RunState) -> list[str]:
    """What is chosen at first: base, donors, the average, and the merge where there is one."""
    merged = ["merged"] if state.turn else []
    return ["base", *(donor.name for donor in state.spec.donors), AVERAGE, *merged]


def stock_labels() -> list[str]:
    """The other methods, with stock settings."""
    return [name for name in baselines() if name != AVERAGE]


def tuned_labels(state: RunState) -> list[str]:
    """Methods that were tuned, with the best settings found, in the order of the others."""
    order = [AVERAGE, *stock_labels()]
    found = sorted(
        (tuned.method for tuned in state.tuned),
        key=lambda m: (m in order, order.index(m) if m in order else 0),
    )
    return [f"{method}:tuned" for method in found]


def ablation_labels(state: RunState) -> list[str]:
    """OBIM with one part taken away."""
    return ablations(state.spec)


def groups(state: RunState | None) -> dict[str, list[str]]:
    """What can be scored now, by the boxes that it is ticked in."""
    if state is None:
        return {name: [] for name in GROUPS}
    others = [*stock_labels(), *tuned_labels(state)]
    return {"which": main_labels(state), "others": others, "ablations": ablation_labels(state)}


def labels(state: RunState) -> list[str]:
    """All that can be scored now, in the order that they are shown."""
    return [label for group in groups(state).values() for label in group]


def switched_labels(state: RunState) -> list[str]:
    """The merge as it was switched when it was scored, of the present turn."""
    found = (s.model for s in state.scores if s.turn == state.turn and switches_of(s.model))
    return list(dict.fromkeys(found))


def ticked(state: RunState | None, session: Session) -> dict[str, list[str]]:
    """What is to be scored of each group: what the user said, else all that is there at first."""
    found: dict[str, list[str]] = {}
    for name, known in groups(state).items():
        found[name] = [m for m in known if session.ticks.get(m, name == "which")]
    return found


def _choices(lang: str, found: list[str]) -> list[tuple[str, str]]:
    return [(model_label(lang, label), label) for label in found]


def _tuning_note(state: RunState, lang: str, tries: int) -> dict[str, Any]:
    """How many tries there would be, about how long they take, and what is there already."""
    seconds = tuning_seconds(state, tries)
    lines = [t(lang, "tune.plan", tries=tries, methods=len(tunable()))]
    if seconds:
        short = seconds < 90
        n = max(1, round(seconds if short else seconds / 60))
        lines.append(t(lang, "tune.seconds" if short else "tune.minutes", n=n))
    done = {tuned.method: tuned.tries for tuned in state.tuned}
    if fewest := min(done.get(method, 0) for method in tunable()):
        lines.append(t(lang, "tune.done", tries=fewest))
    return note(lines, "quiet")


def paint(state: RunState | None, session: Session) -> dict[str, Any]:
    """The choice of models, and the button that tunes."""
    lang = session.lang
    idle = state is not None and state.mergeable and not busy(state) and bool(state.skills)
    chosen = ticked(state, session)
    boxes = {
        name: {"choices": _choices(lang, known), "value": chosen[name], "interactive": idle}
        for name, known in groups(state).items()
    }
    return {
        **boxes,
        "tries": {"choices": [(str(n), n) for n in AMOUNTS], "value": session.tries},
        "tune": {"interactive": idle},
        "task_run": {"interactive": idle},
        "tune_note": note([]) if state is None else _tuning_note(state, lang, session.tries),
        "more_fold": {"open": False},  # closed after it is mounted, see ui/app.py
        "evaluate": {"interactive": idle},
    }
