"""The chapter of results: scores with their intervals, verdicts, and how they grew."""

import pandas as pd

from obim import Fact, IntervalState, Remark, Report, ScoreState, VerdictState
from ui.charts import curves_figure, scores_figure, scores_height
from ui.charts.palette import BASE, DONORS
from ui.charts.scores import MERGE
from ui.painting.retention import lacking
from ui.painting.wording import known, test_and_interval_differ
from ui.reporting.blocks import Block, Bullets, Chapter, Chart, Paragraph, Table, Text
from ui.reporting.words import Speaker, figure

_CURVES = 320
"""Height of a chart with one plot."""
_PAGE = 700
"""Pixels that a chart may be high, to fit on a page of A4 with its caption."""


def skill_reasons(report: Report) -> list[Remark]:
    """The reasons that are about one skill each."""
    return [reason for reason in report.advice.reasons if "skill" in reason.names]


def verdict(report: Report, speaker: Speaker) -> Chapter:
    """Scores with intervals, the verdicts in words, and how they grew."""
    board, blocks = report.measured, list[Block]()
    if any(outcome.base is not None for outcome in report.outcomes):
        blocks.append(Paragraph(speaker.say("verdict.questions")))
    blocks.append(Bullets([(speaker.remark("reason", r), r.grave) for r in skill_reasons(report)]))
    if board.scores:
        blocks.append(Paragraph(_kept(report, speaker)))
    if board.scores:
        blocks += [_scores(report, speaker), *_dots(report, speaker)]
    blocks += [*_pairs(report, speaker), *_curves(report, speaker)]
    if not board.scores:
        blocks.insert(0, Paragraph(speaker.say("measured.nothing")))
    return Chapter("verdict", speaker.say("chapter.verdict"), blocks)


def _kept(report: Report, speaker: Speaker) -> Text:
    """The mean retention, or which figure it lacks."""
    board = report.measured
    standing = board.standing("")
    if standing is not None and standing.retention is not None:
        kept = speaker.interval("kept/", _ends(standing.retention), "share")
        return speaker.say("pairs.kept_mean", kept=kept)
    donors = [donor.name for donor in report.state.spec.donors]
    why = lacking(speaker.lang, board.skills, board.scores, donors, "merged")
    return speaker.say("pairs.kept_lacks", why=why)


def _score(score: ScoreState | None, speaker: Speaker) -> Text:
    if score is None:
        return speaker.say("none")
    ends, share = (score.score, score.low, score.high), score.unit == "share"
    path = f"score/{score.skill}/{score.model}"
    return speaker.interval(path, ends, "share" if share else "number")


def _ends(found: IntervalState) -> tuple[float, float, float]:
    return found.value, found.low, found.high


def _scores(report: Report, speaker: Speaker) -> Table:
    """Rows models, columns skills, then the mean."""
    board = report.measured
    rows: list[list[Text]] = []
    for model in board.models:
        cells = [_score(board.scores.get((s.id, model)), speaker) for s in board.skills]
        standing = board.standing("", model)
        mean: Text = speaker.say("none")
        if standing is not None and standing.score is not None:
            mean = speaker.interval(f"mean/{model}", _ends(standing.score), "share")
        rows.append([speaker.model(model), *cells, mean])
    heads = [speaker.say("scores.model"), *(speaker.skill(s.id) for s in board.skills)]
    strong = [i for i, model in enumerate(board.models) if model == "merged"]
    heads.append(speaker.say("scores.mean"))
    return Table(speaker.say("scores.caption"), heads, rows, strong)


def _dots(report: Report, speaker: Speaker) -> list[Block]:
    """The scores as dots, in as many charts as it takes to fit each on a page."""
    board = report.measured
    colours = {d.name: DONORS[i % 8] for i, d in enumerate(report.state.spec.donors)}
    colours |= {"merged": MERGE, "base": BASE}
    rows = [
        {
            "skill": speaker.skill(skill.id), "model": speaker.model(model), "score": score.score,
            "low": score.low, "high": score.high, "share": score.unit == "share",
            "colour": colours.get(model, "#1b2536"),
        }
        for skill in board.skills
        for model in board.models
        if (score := board.scores.get((skill.id, model))) is not None
    ]  # fmt: skip
    charts: list[Block] = []
    for i, frame in enumerate(_pages(pd.DataFrame(rows)), 1):
        made, height = scores_figure(frame).to_json(), scores_height(frame)
        charts.append(Chart(f"scores-{i}", speaker.say("scores.chart"), made, height))
    return charts


def _pages(frame: pd.DataFrame) -> list[pd.DataFrame]:
    """The rows of as many skills together as fit on a page."""
    skills = list(frame["skill"].drop_duplicates())
    pages: list[list[str]] = [[]]
    for skill in skills:
        if pages[-1] and scores_height(frame[frame["skill"].isin([*pages[-1], skill])]) > _PAGE:
            pages.append([])
        pages[-1].append(skill)
    return [frame[frame["skill"].isin(page)] for page in pages]


def _pairs(report: Report, speaker: Speaker) -> list[Block]:
    """The merge against the base and against the best donor, skill by skill."""
    rows: list[list[Text]] = []
    for outcome in report.outcomes:
        kept = outcome.kept.retention if outcome.kept is not None else None
        for against, told in (("base", outcome.base), (outcome.best, outcome.donor)):
            if told is None:
                continue
            share = report.measured.scores[outcome.skill.id, "merged"].unit == "share"
            retained: Text = speaker.say("none")
            if kept is not None and against == outcome.best:
                path = f"kept/{outcome.skill.id}"
                retained = speaker.interval(path, _ends(kept), "share")
            rows.append([*_pair(told, speaker, share), retained])
    keys = ("against", "diff", "p", "items", "verdict", "kept")
    heads = [speaker.say("measured.skill"), *(speaker.say(f"pairs.{key}") for key in keys)]
    blocks: list[Block] = [Table(speaker.say("pairs.caption"), heads, rows)] if rows else []
    judged = [told for o in report.outcomes for told in (o.base, o.donor) if told is not None]
    if any(map(test_and_interval_differ, judged)):
        blocks.append(Paragraph(speaker.say("pairs.exact"), "small"))
    return blocks


def _pair(told: VerdictState, speaker: Speaker, share: bool) -> list[Text]:
    tail = f"{told.skill}/{told.against}"
    return [
        speaker.skill(told.skill), speaker.model(told.against),
        speaker.interval(f"diff/{tail}", _ends(told.difference), "points" if share else "number"),
        figure(Fact(f"p/{tail}", told.p, "p")),
        figure(Fact(f"n/{tail}", told.n, "count")),
        speaker.say(f"pairs.{told.verdict}"),
    ]  # fmt: skip


def curve_frame(report: Report, speaker: Speaker) -> pd.DataFrame:
    """Quick scores of the merge at each evaluated turn: turn, skill, score, low, high, base, id."""
    rows = []
    for skill in report.state.skills:
        quick = [s for s in report.state.scores if s.quick and s.skill == skill.id]
        merged = [s for s in quick if s.model == "merged" and s.turn is not None]
        if not merged or merged[-1].unit != "share":
            continue
        n = merged[-1].n  # of one draw only: others can't stand in the same line
        base = next((s.score for s in quick if s.model == "base" and s.n == n), None)
        found = {s.turn: s for s in merged if s.n == n and (s.turn or 0) <= report.state.turn}
        rows += [
            {"turn": turn, "skill": speaker.skill(skill.id), "score": s.score, "low": s.low,
             "high": s.high, "base": base, "id": skill.id}
            for turn, s in sorted(found.items())
        ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=["turn", "skill", "score", "low", "high", "base", "id"])
    return frame if frame["turn"].nunique() > 1 else frame.iloc[:0]


def _curves(report: Report, speaker: Speaker) -> list[Block]:
    frame = curve_frame(report, speaker)
    if frame.empty:
        return []
    words = {
        "x_title": speaker.say("curves.turn"),
        "y_title": known(speaker.lang, "merge.correct", ""),
    }
    made = curves_figure(frame, **words).update_layout(height=_CURVES, margin={"t": 70}).to_json()
    return [Chart("curves", speaker.say("curves.chart"), made, _CURVES)]
