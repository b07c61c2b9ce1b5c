"""Lays the chapters of a report out as one HTML file: style, charts and plotly.js inside it.

It makes no figure. The file asks for nothing from outside, and is not allowed to.
"""

import base64
import hashlib
from collections.abc import Sequence
from functools import cache, partial
from importlib.resources import files
from pathlib import Path

import jinja2
from markupsafe import Markup

from obim import Fact, Origin, Report, Rule, RunState, report_on
from ui.painting.wording import names
from ui.reporting.blocks import Chapter, Chart
from ui.reporting.closing import advice, again, decision, risks, tables
from ui.reporting.interference import interference
from ui.reporting.opening import measured, method, models, question
from ui.reporting.results import verdict
from ui.reporting.rules import rules
from ui.reporting.words import Speaker, figure


def file_name(state: RunState, lang: str) -> str:
    """What the file is called."""
    return f"obim-report-{state.id}-{lang}.html"


def write_report(
    state: RunState,
    origins: dict[str, Origin],
    lang: str,
    saved: str,
    asked: Sequence[Rule] = (),
) -> str:
    """The report of a run at its present turn as HTML.

    Args:
        state: the run.
        origins: of base and donors.
        lang: ``en`` or ``ja``.
        saved: the day, as it is to be read.
        asked: the rules as they are set now.
    """
    report, speaker = report_on(state, origins), Speaker(lang, state)
    judged = partial(rules, asked=asked)
    made = (
        question, models, method, measured, verdict, judged, interference, risks, advice, again,
        tables,
    )  # fmt: skip
    chapters = [chapter for make in made if (chapter := make(report, speaker)) is not None]
    script = _read("report.js")
    return _template().render(
        lang=lang,
        say=speaker.say,
        title=_title(report, speaker),
        subtitle=_subtitle(report, speaker, saved),
        decision=decision(report, speaker),
        advice=report.advice.decision,
        warning=_warning(report, speaker),
        chapters=chapters,
        charts=_charts(chapters),
        style=Markup(_read("report.css")),
        scripts=[Markup(_plotly()), Markup(script)] if _charts(chapters) else [Markup(script)],
        policy=_policy(script),
    )


def _title(report: Report, speaker: Speaker) -> Markup:
    donors = names(speaker.lang, [donor.name for donor in report.state.spec.donors])
    return speaker.say("title", donors=donors)


def _subtitle(report: Report, speaker: Speaker, saved: str) -> Markup:
    state = report.state
    facts = {
        "turn": figure(Fact("turn", state.turn, "count")),
        "turns": figure(Fact("turns", state.spec.turns, "count")),
    }
    return speaker.say("subtitle", run=state.id, saved=saved, **facts)


def _warning(report: Report, speaker: Speaker) -> Markup:
    """How many serious risks there are; empty where there is none."""
    grave = sum(risk.grave for risk in report.risks)
    number = figure(Fact("grave", grave, "count"))
    return speaker.say("answer.risks", n=number) if grave else Markup("")


def _charts(chapters: list[Chapter]) -> dict[str, Markup]:
    """Name of a chart -> its JSON, safe inside a script element."""
    found = [b for chapter in chapters for b in chapter.blocks if isinstance(b, Chart)]
    return {chart.name: Markup(chart.figure.replace("<", "\\u003c")) for chart in found}


def _policy(script: str) -> str:
    """Nothing from anywhere; of scripts only the two that this file holds."""
    hashes = " ".join(f"'sha256-{_digest(text)}'" for text in (_plotly(), script))
    return (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; "
        "img-src data: blob:; base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@cache
def _plotly() -> str:
    """plotly.js as the installed package carries it."""
    import plotly

    path = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
    return path.read_text(encoding="utf-8").replace("</script", "<\\/script")


def _read(name: str) -> str:
    return files("ui.reporting").joinpath(name).read_text(encoding="utf-8")


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.from_string(_read("report.html.jinja"))
