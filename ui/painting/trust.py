"""The fold "Can these numbers be trusted?": what is to be measured, and what was found in words."""

from typing import Any

from obim import RunState, Trust, TrustState, trust_seconds
from ui.i18n import t
from ui.painting import sizing, trust_charts, trust_table
from ui.painting.frame import busy
from ui.painting.methods import estimator_label, estimators
from ui.painting.texts import tried
from ui.painting.trust_charts import measured_of
from ui.painting.wording import duration, exact, note, tenths
from ui.session import Session

LAYERS = ("some", "all")
TOKENS = ("512", "2048", "all")
BANDS = 10
_ALL = 10**9
_SMALL = 0.1
"""Nats a token under which a donor makes hardly an error."""


def layer_count(state: RunState) -> int:
    """Decoder layers of the base."""
    return state.cards[0].layers if state.cards else 0


def layers_of(state: RunState, session: Session) -> tuple[int, ...]:
    """The layers that are asked for; empty: all."""
    n = layer_count(state)
    if session.trust.get("layers", LAYERS[0]) == "all" or n == 0:
        return ()
    return tuple(sorted({0, n // 2, n - 1}))


def asked(state: RunState, session: Session) -> list[str]:
    """Estimators to check: those ticked, else the run's own and two that need nothing more."""
    known = estimators()
    first = [state.spec.estimator, "magnitude", "random"]
    ticked = session.trust.get("estimators", first)
    return [name for name in known if name in ticked]


def job_of(state: RunState, session: Session) -> Trust:
    """What the button asks for."""
    tokens = session.trust.get("tokens", TOKENS[0])
    most = _ALL if tokens == "all" else int(tokens)
    return Trust(
        donor=session.donor,
        estimators=tuple(asked(state, session)),
        layers=layers_of(state, session),
        tokens=most,
        bands=BANDS,
    )


def why_not(state: RunState, session: Session) -> str:
    """Key of the sentence that says why nothing can be taken out; empty where it can."""
    if tried(state, session) != [donor.calibration for donor in state.spec.donors]:
        return "trust.stale"
    if state.spec.donors[session.donor].calibration is None:
        return "trust.no_texts"
    return ""


def _settings(state: RunState | None, session: Session) -> dict[str, Any]:
    lang, free = session.lang, {"interactive": not busy(state)}
    donors = state.spec.donors if state is not None else ()
    n = layer_count(state) if state is not None else 0
    return {
        "trust_donor": {
            "choices": [(donor.name, i) for i, donor in enumerate(donors)],
            "value": session.donor,
            "visible": len(donors) > 1,
        },
        "trust_estimators": {
            "choices": [(estimator_label(lang, e), e) for e in estimators()],
            "value": asked(state, session) if state is not None else [],
            **free,
        },
        "trust_layers": {
            "choices": [(t(lang, f"trust.layers.{x}", **({"n": n} if x == "all" else {})), x)
                        for x in LAYERS],
            "value": session.trust.get("layers", LAYERS[0]),
            **free,
        },
        "trust_tokens": {
            "choices": [
                (t(lang, "trust.tokens.all") if x == "all"
                 else t(lang, "trust.tokens.n", n=f"{int(x):,}"), x)
                for x in TOKENS
            ],
            "value": session.trust.get("tokens", TOKENS[0]),
            **free,
        },
    }  # fmt: skip


def _cost(state: RunState | None, session: Session) -> dict[str, Any]:
    """What the button will do and how long it takes, or why it can't."""
    if state is None:
        return note([])
    lang, why = session.lang, why_not(state, session)
    if why:
        return note([t(lang, why, donor=state.spec.donors[session.donor].name)
                     if why == "trust.no_texts" else t(lang, why)], "warn")  # fmt: skip
    job = job_of(state, session)
    if not job.estimators:
        return note([t(lang, "trust.pick")], "warn")
    seconds = trust_seconds(state, job)
    takes = t(lang, "trust.takes_unknown")
    if seconds is not None:
        takes = t(lang, "trust.takes", time=duration(lang, seconds))
    return note([t(lang, "trust.bands", bands=job.bands), takes], "quiet")


def _said(lang: str, one: TrustState) -> str:
    name, found = estimator_label(lang, one.estimator), one.agreement
    if found.right is None or found.low is None or found.high is None:
        return t(lang, "trust.untold", estimator=name)
    return t(
        lang, "trust.right", estimator=name, n=tenths(found.right), low=tenths(found.low),
        high=tenths(found.high), bands=found.count,
    )  # fmt: skip


def _words(state: RunState | None, session: Session) -> dict[str, Any]:
    """What was found, in sentences for everybody."""
    found = measured_of(state, session)
    if state is None or not found:
        return note([])
    lang, donor = session.lang, state.spec.donors[session.donor].name
    lines = [_said(lang, one) for one in found] + [t(lang, "trust.coin")]
    last = found[-1]
    lines.append(
        t(
            lang, "trust.on", texts=last.texts, donor=donor, tokens=f"{last.tokens:,}",
            counted=f"{last.counted:,}", loss=exact(last.loss),
            time=duration(lang, sum(one.seconds for one in found)),
        )
    )  # fmt: skip
    if last.loss < _SMALL:
        lines.append(t(lang, "trust.small_loss"))
    still = sorted({layer.layer for one in found for layer in one.layers if not layer.bands})
    if still:
        named = t(lang, "page.comma").join(map(str, still))
        lines.append(t(lang, "trust.unchanged", donor=donor, layers=named))
    left_out = max(sum(layer.left_out for layer in one.layers) for one in found)
    if left_out:
        lines.append(t(lang, "trust.left_out", n=left_out))
    return note(lines)


def paint(state: RunState | None, session: Session) -> dict[str, Any]:
    """Everything in the fold."""
    lang, shown = session.lang, trust_table.shown_of(state, session)
    names = [one.estimator for one in measured_of(state, session)]
    can = state is not None and state.mergeable and not busy(state)
    can = can and state is not None and not why_not(state, session)
    return {
        **_settings(state, session),
        "trust_cost": _cost(state, session),
        "trust_run": {"interactive": can and state is not None and bool(asked(state, session))},
        "trust_words": _words(state, session),
        "trust_table": trust_table.table(state, session),
        "trust_found": {"visible": bool(names)},
        "trust_shown": {
            "choices": [(estimator_label(lang, name), name) for name in names],
            "value": shown,
            "visible": len(names) > 1,
        },
        **trust_charts.paint(state, session, shown),
        **sizing.paint(state, session, can),
        "trust_fold": {"open": False},  # closed after it is mounted, see ui/app.py
    }
