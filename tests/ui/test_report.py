"""The report: every figure is the run's, every name is text, nothing comes from outside."""

import html
import json
import re
import shlex
from argparse import ArgumentParser
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from markupsafe import escape

from obim import Origin, RunState, SkillState
from obim.commands.evaluate import define
from tests.ui.fake_studio import HOSTILE
from tests.ui.report_run import RATES, compared, finished_run, unfinished_run
from ui.charts import scores_figure
from ui.handlers import Desk
from ui.i18n import report as sentences
from ui.painting.findings import findings
from ui.painting.report import paint
from ui.refusals import Refused
from ui.reporting import file_name, write_report
from ui.reporting.method_picture import claims
from ui.screens.report import save_report
from ui.session import Session

SAVED = "2026-11-28"
LANGUAGES = pytest.mark.parametrize("lang", ["en", "ja"])


def origins(state: RunState) -> dict[str, Origin]:
    refs = (state.spec.base, *(donor.source for donor in state.spec.donors))
    return {ref: Origin(ref, "" if i == 1 else "Apache-2.0") for i, ref in enumerate(refs)}


def written(state: RunState, lang: str) -> str:
    return write_report(state, origins(state), lang, SAVED)


def test_commands_score_every_set_of_the_run() -> None:
    """As a shell and `obim evaluate` read them: a set of the user's by its name, whatever it is."""
    names = ["our $(mails)", "it's; rm -rf ~", "-v", "東京"]
    own = [
        SkillState(id=f"own-{i:016x}", title={"en": n, "ja": n}, donor=None, items=12)
        for i, n in enumerate(names)
    ]
    tasks = [
        SkillState(id=f"lm_eval:{ref}", title={"en": "t", "ja": "t"}, donor=None, items=12)
        for ref in ("arc_easy", "/home/me/our task.yaml")
    ]
    state = finished_run()
    bundled = [skill.id for skill in state.skills]
    text = html.unescape(
        written(state.model_copy(update={"skills": (*state.skills, *own, *tasks)}), "en")
    )
    parser = ArgumentParser()
    define(parser)
    lines = [shlex.split(line) for line in re.findall(r"obim evaluate .*?(?=\n|</)", text)]
    asked = [parser.parse_args(words[2:]) for words in lines]
    assert [one.set for one in asked] == [*bundled, *names, "arc_easy", "our task.yaml"]
    assert {one.model for one in asked} == {"out"}
    assert "Your own evaluation sets are known by their names" in text
    assert "Your own evaluation sets" not in written(state, "en")


class Reader(HTMLParser):
    """Collects figures (path, value, what is read), and what is read outside of them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.figures: list[tuple[str, float, str]] = []
        self.texts: list[tuple[str, str]] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self._open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        made = dict(attrs)
        self.tags.append((tag, made))
        if tag == "data":
            self.figures.append((str(made["data-figure"]), float(str(made["value"])), ""))
        if tag not in ("meta", "link"):
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] == "data":
            path, value, read = self.figures[-1]
            self.figures[-1] = (path, value, read + data)
        elif not {"script", "style", "svg", "pre", "head"} & set(self._open):
            self.texts.append((self._open[-1] if self._open else "", data))


def _score_figures(state: RunState, quick: bool) -> dict[str, float]:
    found: dict[str, float] = {}
    for s in state.scores:
        if s.quick == quick and s.turn in (None, state.turn):
            tail = f"{s.skill}/{s.model}"
            found |= {f"score/{tail}": s.score, f"items/{s.skill}": s.n}
            found |= {f"score_low/{tail}": s.low, f"score_high/{tail}": s.high}
        if s.quick and s.turn:
            tail = f"{s.skill}/{s.turn}"
            found |= {f"curve/{tail}": s.score, f"curve_low/{tail}": s.low}
            found |= {f"curve_high/{tail}": s.high}
    for v in state.verdicts:
        if v.quick == quick and v.model == "merged":
            tail, d = f"{v.skill}/{v.against}", v.difference
            found |= {f"diff/{tail}": d.value, f"diff_low/{tail}": d.low}
            found |= {f"diff_high/{tail}": d.high, f"p/{tail}": v.p, f"n/{tail}": v.n}
            found |= {f"needed/{tail}": v.needed} if v.needed is not None else {}
    for one in state.standings:
        if one.quick != quick:
            continue
        if one.score is not None:
            tail, i = one.model, one.score
            found |= {
                f"mean/{tail}": i.value,
                f"mean_low/{tail}": i.low,
                f"mean_high/{tail}": i.high,
            }
        if one.retention is not None and one.model == "merged":
            tail, i = one.skill, one.retention
            found |= {
                f"kept/{tail}": i.value,
                f"kept_low/{tail}": i.low,
                f"kept_high/{tail}": i.high,
            }
    return found


def _weight_figures(state: RunState) -> dict[str, float]:
    spec, total = state.spec, sum(state.group_sizes)
    found: dict[str, float] = {"positions": total}
    if state.contested is not None:
        found |= {"contested": state.contested, "contested_share": state.contested / total}
    left = 1.0
    for k, donor in enumerate(spec.donors):
        mine = [turn.claimed for turn in state.turns if turn.donor == k]
        owned = sum(map(sum, mine))
        left -= owned / total
        found |= {f"owned/{donor.name}": owned, f"owned_share/{donor.name}": owned / total}
        for i, size in enumerate(state.group_sizes):
            found[f"layer/{i}/{donor.name}"] = sum(claimed[i] for claimed in mine) / size
    for i, size in enumerate(state.group_sizes):
        found[f"layer/{i}/base"] = 1 - sum(turn.claimed[i] for turn in state.turns) / size
    return found | {"owned_share/base": left, "owned/base": left * total}


def run_figures(state: RunState, quick: bool = False) -> dict[str, float]:
    """Path -> value, straight from the run."""
    spec = state.spec
    found: dict[str, float] = {"turn": state.turn, "turns": spec.turns, "rounds": spec.rounds}
    found |= {"seed": spec.seed, "short": sum(turn.short for turn in state.turns)}
    found |= {"curve_turn": 0}
    for k, donor in enumerate(spec.donors):
        density = donor.density if donor.density is not None else 1 / len(spec.donors)
        found |= {f"density/{donor.name}": density, f"scale/{donor.name}": donor.scale}
        if state.saliency:
            one = state.saliency[k]
            found |= {f"texts/{donor.name}": one.texts, f"tokens/{donor.name}": one.tokens}
            found |= {f"missing/{donor.name}": len(one.missing)}
            found |= {f"survival/{donor.name}": one.survival} if one.survival else {}
        card = state.cards[k + 1]
        found |= {f"parameters/{donor.name}": card.parameters}
        found |= {f"changed/{donor.name}": card.changed} if card.changed else {}
    found["parameters/base"] = state.cards[0].parameters
    return found | _score_figures(state, quick) | _weight_figures(state)


SHARES = ("score", "curve", "diff", "mean", "kept", "owned_share", "contested_share", "layer",
          "density", "survival", "changed")  # fmt: skip


def check_figures(text: str, state: RunState, quick: bool = False) -> list[str]:
    """Every figure of the text is the run's, and is read as what it is; their paths."""
    known, turns = run_figures(state, quick), {t.number for t in state.turns}
    figures = Reader(text).figures
    for path, value, read in figures:
        name = path.split("/")[0]
        if path in ("rule", "tests", "grave"):
            continue
        if path == "curve_turn":
            assert value in turns
        else:
            assert value == pytest.approx(known[path], rel=1e-12, abs=1e-12), path
        number = read.replace("\u00a0%", "").replace(",", "").replace("−", "-")
        if name == "p" and number.startswith("<"):
            assert value < 0.001
            continue
        shares = name.removesuffix("_low").removesuffix("_high") in SHARES
        step = 10.0 ** -len(number.partition(".")[2]) if "." in number else 1.0
        assert abs(float(number) - value * (100 if shares else 1)) <= step / 2 + 1e-9, (path, read)
    return [path for path, _, _ in figures]


@LANGUAGES
def test_every_figure_is_the_runs(lang: str) -> None:
    state = finished_run()
    paths = check_figures(written(state, lang), state)
    full = [s for s in state.scores if not s.quick]
    assert {f"score/{s.skill}/{s.model}" for s in full} <= set(paths)
    assert {"kept/", "contested_share", "owned/base", "diff/orders/Orders", "p/dates/base"} <= set(
        paths
    )
    assert {f"layer/{i}/{HOSTILE}" for i in range(len(state.groups))} <= set(paths)


@LANGUAGES
def test_no_number_is_written_beside_the_figures(lang: str) -> None:
    state = finished_run()
    known = [
        HOSTILE,
        SAVED,
        "Apache-2.0",
        "bfloat16",
        "run-1",
        "2502.12217",
        state.exports[-1].name,
    ]
    known += ["95 %", "4-bit", "16 bit", "4 ビット", "16 ビット", "arXiv"]
    own = [pair[lang == "ja"] for pair in sentences.TEXTS.values()]
    for tag, text in Reader(written(state, lang)).texts:
        left = text
        for name in known:
            left = left.replace(name, "")
        if tag == "h2":
            left = re.sub(r"^\d+\. ", "", left)
        if tag == "th" and re.fullmatch(r"[0-9]+", left.strip()):
            continue  # a layer, or a rule of the recommendation
        for found in re.finditer(r"\d+", left):
            around = left[max(0, found.start() - 3) : found.end() + 3]
            assert any(around in sentence for sentence in own), text


def chart(text: str, name: str) -> Any:
    found = re.search(rf'id="data-{name}">(.*?)</script>', text, re.S)
    assert found is not None
    return json.loads(found[1])


@LANGUAGES
def test_charts_draw_the_runs_figures(lang: str) -> None:
    state = finished_run()
    text = written(state, lang)
    assert "data-scores-2" not in text
    scores = chart(text, "scores-1")
    drawn = sorted(x for trace in scores["data"] for x in trace["x"])
    assert drawn == sorted(s.score for s in state.scores if not s.quick)
    owners = chart(text, "owners")
    shares = {trace["name"]: trace["x"] for trace in owners["data"]}
    name = html.escape(HOSTILE, quote=False)
    short = next(key for key in shares if key.startswith(name[:20]))
    for k, donor in enumerate(state.spec.donors):
        wanted = [
            sum(t.claimed[i] for t in state.turns if t.donor == k) / size
            for i, size in enumerate(state.group_sizes)
        ]
        assert shares[short if donor.name == HOSTILE else donor.name] == pytest.approx(wanted)
    curves = chart(text, "curves")
    points = {(s.turn, s.score) for s in state.scores if s.quick and s.model == "merged"}
    drawn = [zip(trace["x"], trace["y"], strict=True) for trace in curves["data"]]
    assert {point for line in drawn for point in line} == points


def test_many_skills_take_several_charts_of_a_page_each() -> None:
    rates = {f"skill-{i}": RATES["dates"] for i in range(9)}
    skills = tuple(
        SkillState(id=name, title={"en": name, "ja": name}, donor=None, items=150) for name in rates
    )
    state = finished_run(rates, skills=skills)
    text = written(state, "en")
    heights = [int(h) for h in re.findall(r'data-scores-\d+" data-height="(\d+)"', text)]
    assert len(heights) > 1
    assert max(heights) <= 700
    panels = [chart(text, f"scores-{i + 1}")["data"] for i in range(len(heights))]
    drawn = [trace["x"] for page in panels for trace in page]
    models = ("merged", "base", "Dates", "linear")
    scores = {(s.skill, s.model): s.score for s in state.scores if not s.quick}
    assert drawn == [[scores[skill, model] for model in models] for skill in rates]


@LANGUAGES
def test_a_hostile_name_is_nothing_but_text(lang: str) -> None:
    text = written(finished_run(), lang)
    outside = re.sub(r"<script.*?</script>", "", text, flags=re.S)
    assert html.escape(HOSTILE)[:12] in outside
    assert "<b>$" not in outside
    assert not [
        tag for tag, _ in Reader(outside).tags if tag in ("iframe", "img", "object", "link")
    ]
    for name in re.findall(r'type="application/json"[^>]*>(.*?)</script>', text, re.S):
        assert "<" not in name


@LANGUAGES
def test_nothing_from_outside_is_allowed_or_asked_for(lang: str) -> None:
    text = written(finished_run(), lang)
    assert text.count("plotly.js v") == 1
    reader = Reader(text)
    policy = next(a["content"] for tag, a in reader.tags if a.get("http-equiv") is not None)
    assert policy is not None
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "http" not in policy
    assert "unsafe-eval" not in policy
    asking = [a for _, a in reader.tags if {"src", "srcset", "poster", "data"} & a.keys()]
    assert asking == []
    links = [a["href"] for _, a in reader.tags if "href" in a]
    assert links
    assert all(str(link).startswith("#") for link in links)
    assert reader.tags[0] == ("html", {"lang": lang})


@LANGUAGES
def test_a_run_that_has_nothing_yet_says_so(lang: str) -> None:
    _, state = unfinished_run()
    text = written(state, lang)
    check_figures(text, state)
    at = lang == "ja"
    for key in ("measured.nothing", "interference.nothing", "interference.not_prepared",
                "reason.nothing_merged", "decision.measure"):  # fmt: skip
        assert escape(sentences.TEXTS[f"report.{key}"][at]) in text
    assert "plotly.js v" not in text
    assert 'type="application/json"' not in text


@LANGUAGES
def test_where_donors_contest_is_told_with_its_figures(lang: str) -> None:
    state = finished_run()
    without = written(state, lang)
    found = compared(done=False)
    text = written(state.model_copy(update={"interference": found}), lang)
    at = lang == "ja"
    assert escape(sentences.TEXTS["report.interference.not_compared"][at]) in without
    assert escape(sentences.TEXTS["report.interference.not_compared"][at]) not in text
    assert escape(sentences.TEXTS["report.interference.partly_compared"][at]) in text
    figures = {path: value for path, value, _ in Reader(text).figures}
    assert found.findings
    for i, place in enumerate(found.findings):
        assert (figures[f"place_share/{i}"], figures[f"place_chance/{i}"]) == (
            place.figures.both_want(*place.pair)
        )
        assert figures[f"place_opposed/{i}"] == place.figures.conflict(*place.pair)
        assert figures[f"place_one/{i}"] == place.figures.contested(*place.pair)
        assert figures[f"place_other/{i}"] == place.figures.contested(*place.pair[::-1])
        assert place.layers is not None
        assert figures[f"place_low/{i}"] == place.layers[0]
        last = None if place.layers[0] == place.layers[1] else place.layers[1]
        assert figures.get(f"place_high/{i}") == last
    drawn = chart(text, "pairs")["data"][0]
    heat = drawn["z"]
    assert drawn["zmin"] == -drawn["zmax"] < 0  # the middle of the colours is chance
    for a, b in ((0, 1), (0, 2), (1, 2)):
        overlap = found.whole.overlap(a, b)
        assert overlap is not None
        assert figures[f"overlap/{a}/{b}"] == overlap.share
        assert heat[a][b] == heat[b][a] == pytest.approx(100 * (overlap.share - overlap.chance))
        assert figures[f"chance/{a}/{b}"] == overlap.chance
        assert figures[f"conflict/{a}/{b}"] == found.whole.conflict(a, b)
    assert [heat[a][a] for a in range(3)] == [None] * 3


@LANGUAGES
def test_a_place_reads_as_it_does_on_the_page(lang: str) -> None:
    state = finished_run().model_copy(update={"interference": compared()})
    assert state.interference is not None
    listed = findings(state, state.interference, Session(lang=lang))["items"]
    read = re.sub(r"<[^>]+>", "", written(state, lang))
    at = -1
    for item in listed:  # shares of what pulls apart are rounded further there
        said = str(escape(re.split("[;。]", item["text"])[0]))
        later = read.find(said, at + 1)
        assert later > at  # in the same order
        at = later


@LANGUAGES
def test_quick_scores_are_called_quick(lang: str) -> None:
    state = finished_run(quick=True)
    text = written(state, lang)
    check_figures(text, state, quick=True)
    at = lang == "ja"
    assert escape(sentences.TEXTS["report.measured.quick"][at]) in text
    assert escape(sentences.TEXTS["report.decision.measure"][at]) in text


@LANGUAGES
@pytest.mark.parametrize(
    ("evaluated", "exact", "said"),
    [(True, True, "same"), (False, True, "same_merged"), (True, False, "same_rounded"),
     (False, False, "same_rounded")],
)  # fmt: skip
def test_an_export_equals_what_was_measured_only_if_it_was(
    lang: str, evaluated: bool, exact: bool, said: str
) -> None:
    state = finished_run()
    told = {"evaluated": evaluated, "exact": exact}
    done = state.exports[-1].model_copy(update=told)
    text = written(state.model_copy(update={"exports": (done,)}), lang)
    for key in ("same", "same_merged", "same_rounded"):
        sentence = sentences.TEXTS[f"report.again.{key}"][lang == "ja"]
        assert (escape(sentence.format(dtype=done.dtype)) in text) == (key == said)


def test_a_report_never_tells_where_on_a_disk_models_lie() -> None:
    state = finished_run()
    donors = list(state.spec.donors)
    donors[0] = donors[0].model_copy(
        update={"source": "/home/me/secret/dates", "calibration": "/home/me/secret/texts.jsonl"}
    )
    spec = state.spec.model_copy(update={"base": "/home/me/secret/base", "donors": tuple(donors)})
    state = state.model_copy(update={"spec": spec})
    titled = {ref: Origin(Path(ref).name, "") for ref in origins(state)}
    for lang in ("en", "ja"):
        assert "secret" not in write_report(state, titled, lang, SAVED)


def test_it_is_written_for_the_run_that_is_shown(
    desk: Desk, session: Session, tmp_path: Path
) -> None:
    for lang in ("en", "ja", "ja"):  # saved twice: the later one stays
        path = save_report(desk, session, lang, tmp_path)
        assert path.name == f"obim-report-{session.run_id}-{lang}.html"
        check_figures(path.read_text(encoding="utf-8"), desk.state(session))
    assert len(list(tmp_path.glob("obim-report-*"))) == 2
    session.run_id = None
    with pytest.raises(Refused):
        save_report(desk, session, "en", tmp_path)


def test_what_the_report_will_lack_is_said_before() -> None:
    session = Session()
    empty = paint(unfinished_run()[1], session)["report_note"]["lines"]
    assert empty == ["What the report will say is missing: a merge."]
    state = finished_run()
    (line,) = paint(state, session)["report_note"]["lines"]
    assert line == "What the report will say is missing: a comparison of the donors."
    whole = state.model_copy(update={"interference": compared()})
    (line,) = paint(whole, session)["report_note"]["lines"]
    assert line == "The report will have every chapter."
    quick = finished_run(quick=True, exports=())
    (line,) = paint(quick, session)["report_note"]["lines"]
    assert "held-back" in line
    assert "export" in line


def test_the_file_is_called_after_its_run_and_language() -> None:
    assert file_name(finished_run(), "ja") == "obim-report-run-1-ja.html"


def test_every_sentence_is_used_or_asked_for_by_a_rule() -> None:
    sources = "".join(
        path.read_text() for folder in ("ui", "obim/insight") for path in Path(folder).rglob("*.py")
        if path.parent.name != "i18n"
    ) + Path("ui/reporting/report.html.jinja").read_text()  # fmt: skip
    for key in sentences.TEXTS:
        short = key.removeprefix("report.")
        parts = {short, short.rsplit(".", 1)[-1], short.rsplit("_", 1)[0].rsplit(".", 1)[-1] + "_"}
        assert any(f'"{part}' in sources or f"{{{part}" in sources or f".{part}" in sources
                   for part in parts), key  # fmt: skip


def test_the_picture_of_the_method_claims_what_is_strongest_and_free() -> None:
    side, turns, claim = 5, 4, 4
    saliency = [
        [[float((i * 5 + j * k) % 7) for j in range(side)] for i in range(side)] for k in (1, 2)
    ]
    owner = claims(saliency)
    for turn in range(1, turns + 1):
        mine = saliency[(turn - 1) % 2]
        taken = [mine[i][j] for i in range(side) for j in range(side) if owner[i][j] == turn]
        later = [mine[i][j] for i in range(side) for j in range(side)
                 if owner[i][j] == 0 or owner[i][j] > turn]  # fmt: skip
        assert len(taken) == claim
        assert min(taken) >= max(later)


def test_dots_have_a_panel_a_skill_and_whole_intervals() -> None:
    rows: list[dict[str, Any]] = [
        {"skill": skill, "model": model, "score": rate, "low": rate - 0.04, "high": rate + 0.05,
         "share": True, "colour": "#000000"}
        for skill, models in RATES.items() for model, rate in models.items()
    ]  # fmt: skip
    figure = scores_figure(pd.DataFrame(rows))
    assert [list(trace.x) for trace in figure.data] == [list(m.values()) for m in RATES.values()]
    for trace in figure.data:
        assert list(trace.error_x.array) == pytest.approx([0.05] * len(trace.x))
        assert list(trace.error_x.arrayminus) == pytest.approx([0.04] * len(trace.x))


@LANGUAGES
def test_the_mean_retention_is_told_or_what_it_lacks(lang: str) -> None:
    at = lang == "ja"
    lacks = str(escape(sentences.TEXTS["report.pairs.kept_lacks"][at].split("{")[0]))
    state = finished_run()
    assert lacks not in written(state, lang)
    own = {"dates", "orders", "hostile"}
    each = [
        s.retention.value
        for s in state.standings
        if s.model == "merged" and s.skill in own and s.retention is not None
    ]
    figures = {path: value for path, value, _ in Reader(written(state, lang)).figures}
    assert figures["kept/"] == pytest.approx(sum(each) / 3)
    rates = {name: {**models} for name, models in RATES.items()}
    del rates["orders"]["Orders"]
    text = written(finished_run(rates), lang)
    assert lacks in text
    assert "kept/" not in {path for path, _, _ in Reader(text).figures}


def test_what_belongs_together_stays_on_one_page() -> None:
    """Short tables, charts, and each piece to copy with its label; long tables part by rows."""
    text = written(finished_run(), "en")
    tables = re.findall(r'<div class="wide( short)?".*?</table></div>', text, re.S)
    rows = [part.count("<tr") - 1 for part in re.findall(r"<table>.*?</table>", text, re.S)]
    assert len(tables) == len(rows)
    assert all((short != "") == (n <= 12) for short, n in zip(tables, rows, strict=True) if n != 12)
    assert text.count('<div class="code"><p>') == text.count("<pre")
    style = Path("ui/reporting/report.css").read_text(encoding="utf-8").split("@media print")[1]
    avoided = {
        rule: re.search(rf"([^{{}}]*)\{{ break-{rule}: avoid; \}}", style)
        for rule in ("inside", "after")
    }
    inside, after = (avoided[rule] for rule in ("inside", "after"))
    assert inside is not None
    assert after is not None
    assert {"figure", "tr", ".code", ".short"} <= {s.strip() for s in inside[1].split(",")}
    assert {"h2", "caption", "thead", "p:has(+ ul)"} <= {s.strip() for s in after[1].split(",")}
