"""The rules in the report: each with limit, figure, interval and colour, judged or not."""

from pathlib import Path

import pytest
from markupsafe import escape

from obim import Figure, GateState, Rule, RunState, Verdict
from tests.ui.report_run import finished_run
from tests.ui.test_report import LANGUAGES, SAVED, Reader, origins
from ui.handlers import Desk
from ui.i18n import report as sentences
from ui.i18n import t
from ui.reporting import write_report
from ui.screens.report import save_report
from ui.session import Session

FALL, KEEP = Rule(kind="fall", skill="general", limit=5), Rule(kind="keep", limit=40)


def judged() -> RunState:
    state = finished_run()
    general = Figure(
        skill="general", against="base", score=0.62, reference=0.6, margin=0.07, low=0.01,
        high=0.13, light="green", n=40, needed=None,
    )  # fmt: skip
    orders = Figure(
        skill="orders", against="Orders", score=0.5, reference=0.9, margin=0.14, low=-0.03,
        high=0.3, light="amber", n=40, needed=77,
    )  # fmt: skip
    verdicts = (
        Verdict(rule=FALL, light="green", figures=(general,)),
        Verdict(rule=KEEP, light="amber", figures=(orders,)),
    )
    gate = GateState(turn=state.turn, light="amber", verdicts=verdicts, retention=None)
    return state.model_copy(update={"gates": (gate,)})


def said(key: str, lang: str) -> str:
    """How a sentence about the rules ends."""
    return str(escape(sentences.TEXTS[f"report.gates.{key}"][lang == "ja"].split("}")[-1]))


@LANGUAGES
def test_each_rule_has_its_limit_figure_interval_and_colour(lang: str) -> None:
    state = judged()
    text = write_report(state, origins(state), lang, SAVED, (FALL, KEEP))
    figures = {path: (value, read) for path, value, read in Reader(text).figures}
    assert figures["limit/0"][0] == 5
    assert figures["gate_score/0/general"][0] == 0.62
    assert figures["gate_other/0/general"][0] == 0.6
    # the difference to the base, its interval, and how low it may lie
    assert [figures[f"gate{end}/0/general"][1] for end in ("", "_low", "_high")] == [
        "+2.0", "−4.0", "+8.0",
    ]  # fmt: skip
    assert figures["gate_limit/0/general"][1] == "−5.0"
    # 40 % of the donor's 90 % is 36 %, and the merge lies 14 points above that
    assert figures["gate_floor/1/orders"][0] == pytest.approx(0.36)
    assert figures["gate/1/orders"][0] == pytest.approx(0.5 - 0.36)
    assert figures["gate_limit/1/orders"][1] == "+0.0"
    assert figures["gate_needed/1/orders"][0] == 77
    for light in ("green", "amber"):
        assert f'<b class="light {light}">● {t(lang, f"gates.{light}")}</b>' in text
    assert said("unjudged", lang) not in text
    assert said("changed", lang) not in text


@LANGUAGES
def test_rules_that_are_set_but_not_judged_are_listed_as_such(lang: str) -> None:
    state = finished_run()
    text = write_report(state, origins(state), lang, SAVED, (FALL, KEEP))
    assert said("unjudged", lang) in text
    figures = {path: value for path, value, _ in Reader(text).figures}
    assert (figures["limit/asked/0"], figures["limit/asked/1"]) == (5, 40)
    other = judged()
    text = write_report(other, origins(other), lang, SAVED, (KEEP,))
    assert said("changed", lang) in text
    without = write_report(state, origins(state), lang, SAVED)
    assert 'id="gates"' not in without


def test_the_rules_on_screen_reach_the_report(desk: Desk, session: Session, tmp_path: Path) -> None:
    for gating in (True, False):
        session.gating = gating
        text = save_report(desk, session, "en", tmp_path).read_text(encoding="utf-8")
        assert ('id="gates"' in text) == gating
