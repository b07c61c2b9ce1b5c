"""The fold that holds estimates against the truth: words, figures and pictures of one run."""

import csv
import io
from collections.abc import Callable
from typing import Any

import gradio as gr
import pytest

from obim import (
    Calibrate,
    Converge,
    CostState,
    RunState,
    Trust,
    converge_seconds,
    measuring_seconds,
    trust_seconds,
)
from obim.runs.needs import Needs
from tests.ui.conftest import TOKEN
from tests.ui.fake_studio import HOSTILE, LAYERS, FakeStudio, made
from ui import views
from ui.app import build
from ui.handlers import Desk
from ui.painting import sizing, trust
from ui.painting.trust_table import shown_of
from ui.painting.wording import exact
from ui.session import Session, Sessions

JOB = Trust(donor=0, estimators=("kfac", "magnitude"), layers=(0, 3, 5))


def page(state: RunState, **session: Any) -> dict[str, dict[str, Any]]:
    return views.page(state, Session(**session), ())


def test_before_there_is_anything_the_fold_says_what_it_would_do(studio: FakeStudio) -> None:
    shown = page(made(studio))
    assert shown["trust_table"]["state"] == "empty"
    assert not shown["trust_found"]["visible"]
    assert shown["trust_run"]["interactive"]
    assert shown["trust_estimators"]["value"] == ["layerwise", "magnitude", "random"]
    assert "10 bands" in shown["trust_cost"]["lines"][0]
    assert "not known" in shown["trust_cost"]["lines"][1]
    assert views.page(None, Session(), ())["trust_words"]["lines"] == []


def test_the_lay_sentence_is_the_share_of_pairs(studio: FakeStudio) -> None:
    state = made(studio, Calibrate(), JOB)
    lines = page(state)["trust_words"]["lines"]
    assert len([line for line in lines if "in 9 of 10 comparisons" in line]) == 2
    (found, _) = state.trust.estimates
    low, high = found.agreement.low, found.agreement.high
    assert low is not None
    assert high is not None
    assert f"{10 * low:.1f} to {10 * high:.1f}, from 30 bands" in lines[0]
    assert any("12 texts" in line and "120" in line for line in lines)
    assert any("hardly an error" in line for line in lines)
    better = [one.model_copy(update={"loss": 2.0}) for one in state.trust.estimates]
    other = state.model_copy(
        update={"trust": state.trust.model_copy(update={"estimates": tuple(better)})}
    )
    assert not any("hardly an error" in line for line in page(other)["trust_words"]["lines"])
    assert "10 回のうち 9 回" in page(state, lang="ja")["trust_words"]["lines"][0]


def test_the_table_has_estimates_down_and_layers_across(studio: FakeStudio) -> None:
    shown = page(made(studio, JOB))
    table = shown["trust_table"]
    assert [c["name"] for c in table["columns"]] == ["Right of 10", "Layer 0", "Layer 3", "Layer 5"]
    (kfac, magnitude) = table["groups"][0]["rows"]
    assert "K-FAC" in kfac["name"]
    assert kfac["strong"] != magnitude["strong"]
    assert kfac["cells"][1] == {"score": "0.90", "interval": "10 bands"}
    rows = list(csv.DictReader(io.StringIO(table["save"]["text"])))
    assert len(rows) == 6
    assert {float(row["spearman"]) for row in rows} == {0.9}
    assert shown["trust_shown"]["visible"]


def test_points_are_the_bands_and_fallen_losses_stay_below_zero(studio: FakeStudio) -> None:
    state = made(studio, JOB)
    value = page(state, trust={"shown": "magnitude"})["trust_scatter"]
    assert [s["name"] for s in value["series"]] == ["Layer 0", "Layer 3", "Layer 5"]
    one = next(x for x in state.trust.estimates if x.estimator == "magnitude")
    points = [p["at"] for p in value["series"][1]["points"]]
    assert points == [[b.predicted, b.measured] for b in one.layers[1].bands]
    assert min(p[1] for p in points) < 0
    assert value["equal"] == ""
    assert page(state, trust={"shown": "kfac"})["trust_scatter"]["equal"]


def test_many_layers_share_three_colours(studio: FakeStudio) -> None:
    state = made(studio, Trust(donor=0, estimators=("kfac",), layers=tuple(range(12))))
    series = page(state)["trust_scatter"]["series"]
    assert [len(s["points"]) for s in series] == [40, 40, 40]
    assert len(page(state)["trust_bars"]["groups"]) == 6
    assert "6 layers" in page(state)["trust_cross"]["lines"][-1]


def test_the_cross_term_is_told_in_bars_and_words(studio: FakeStudio) -> None:
    state = made(studio, JOB)
    shown = page(state, trust={"shown": "kfac"})
    bars = shown["trust_bars"]["groups"]
    assert [g["name"] for g in bars] == ["Layer 0", "Layer 3", "Layer 5"]
    layer = state.trust.estimates[0].layers[2]
    predicted, total, whole = (bar["value"] for bar in bars[2]["bars"])
    assert layer.whole is not None
    assert predicted == layer.whole.predicted
    assert total == pytest.approx(sum(band.measured for band in layer.bands))
    assert whole == layer.whole.measured
    words = " ".join(shown["trust_cross"]["lines"])
    assert f"{exact(total)} nats a token, all at once {exact(whole)}: 3 times" in words
    other = page(state, trust={"shown": "magnitude"})
    assert len(other["trust_bars"]["groups"][0]["bars"]) == 2
    assert "unit" in other["trust_cross"]["lines"][-1]


def test_of_another_donor_nothing_is_shown(studio: FakeStudio) -> None:
    state = made(studio, Calibrate(), JOB, Converge(0, "layerwise"))
    shown = page(state, donor=2)
    assert shown["trust_table"]["state"] == "empty"
    assert shown["size_curve"]["state"] == "empty"
    assert not shown["size_use"]["visible"]


def test_the_curve_the_share_and_what_they_mean(studio: FakeStudio) -> None:
    state = made(studio, Converge(0, "layerwise"))
    shown = page(state)
    curve = shown["size_curve"]
    assert [p[:2] for p in curve["series"][0]["points"]][-1] == [32, 0.02]
    assert curve["series"][0]["base"] == 0.05
    assert curve["top"] >= 0.24
    assert curve["current"] == 24
    assert shown["size_words"]["lines"][0].startswith("24 texts are enough")
    assert shown["size_use"] == {"value": "Use 24 texts", "visible": True, "interactive": True}
    strict = page(state, trust={"share": 1})
    assert "Not enough yet after 32 of 64" in strict["size_words"]["lines"][0]
    assert not strict["size_use"]["visible"]
    (found,) = state.trust.sizes
    all_read = found.model_copy(update={"there": 32})
    update = {"trust": state.trust.model_copy(update={"sizes": (all_read,)})}
    short = page(state.model_copy(update=update), trust={"share": 1})
    assert "More texts are needed than the 32" in short["size_words"]["lines"][0]
    assert not page(state, tokens=24 * 40)["size_use"]["visible"]


def test_costs_are_told_before_and_after(studio: FakeStudio) -> None:
    state = made(studio, Calibrate())
    plain = [label for label, _ in page(state)["estimator"]["choices"]]
    assert all("about" not in label for label in plain)
    needs = Needs(
        seconds=1, measuring=1, memory=1, memory_free=1, disk=1, disk_free=1, token=0.01
    )  # fmt: skip
    state = state.model_copy(update={"needs": needs})
    priced = {name: label for label, name in page(state)["estimator"]["choices"]}
    assert priced["layerwise"].endswith(", about 4 min")  # 3 donors x 8,192 tokens x 0.01 s
    assert priced["fisher"].endswith(", about 33 min")
    assert "about" not in priced["magnitude"]
    costs = (CostState(estimator="fisher", tokens=1000, seconds=40.0),)
    measured = tuple((donor.name, "fisher") for donor in state.spec.donors)
    known = state.trust.model_copy(update={"costs": costs, "measured": measured})
    after = state.model_copy(update={"trust": known})
    told = {name: label for label, name in page(after)["estimator"]["choices"]}
    assert told["fisher"].endswith(", measured")
    assert told["kfac"].endswith(", about 8 min")  # 0.04 s a token / 8 x 4
    took = state.saliency[0].model_copy(update={"seconds": 12.3})
    after = state.model_copy(update={"saliency": (took, *state.saliency[1:])})
    assert any("12 s" in line for line in page(after)["saliency_facts"]["lines"])


def test_estimates_of_time_by_hand(studio: FakeStudio) -> None:
    state = made(studio, Calibrate())
    costs = (CostState(estimator="", tokens=1000, seconds=10.0),)
    measured = (("Dates", "kfac"),)
    known = state.trust.model_copy(update={"costs": costs, "measured": measured})
    state = state.model_copy(update={"trust": known})
    loss = 0.01 * 512
    assert trust_seconds(state, JOB) == pytest.approx(loss * (1 + 11 * 3 * 2))
    more = Trust(donor=1, estimators=("kfac",))
    wanted = loss * (1 + 11 * LAYERS) + 0.01 * 4 * 8192
    assert trust_seconds(state, more) == pytest.approx(wanted)
    assert measuring_seconds(state, state.spec) == pytest.approx(3 * 8192 * 0.01)
    assert converge_seconds(state, Converge(0, "kfac")) == pytest.approx(8192 * 0.04)
    bare = state.model_copy(update={"trust": state.trust.model_copy(update={"costs": ()})})
    assert trust_seconds(bare, JOB) is None


def test_texts_that_were_changed_have_to_be_computed_first(studio: FakeStudio) -> None:
    state = made(studio, Calibrate())
    shown = page(state, calibration=["self", *[d.calibration for d in state.spec.donors[1:]]])
    assert not shown["trust_run"]["interactive"]
    assert not shown["size_run"]["interactive"]
    assert shown["trust_cost"] | {"rev": 0} == {
        "rev": 0, "tone": "warn", "lines": ["Texts have changed since; press Compute first."],
    }  # fmt: skip
    bare = state.spec.donors[0].model_copy(update={"calibration": None})
    spec = state.spec.model_copy(update={"donors": (bare, *state.spec.donors[1:])})
    assert "Dates has no texts" in page(made(studio, spec=spec))["trust_cost"]["lines"][0]


def test_layers_and_tokens_that_are_asked_for(studio: FakeStudio) -> None:
    state = made(studio)
    assert trust.job_of(state, Session()) == Trust(
        0, ("layerwise", "magnitude", "random"), (0, 3, 5), 512, 10
    )
    session = Session(donor=2, trust={"estimators": ["kfac"], "layers": "all", "tokens": "all"})
    job = trust.job_of(state, session)
    assert (job.donor, job.estimators, job.layers) == (2, ("kfac",), ())
    assert job.tokens > 10**8
    assert sizing.job_of(state, Session(trust={"share": 3}), (1,)).share == 0.03


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_everything_paints_with_hostile_names(studio: FakeStudio, lang: str) -> None:
    job = Trust(donor=2, estimators=("kfac", "random"), layers=(0, 3))
    state = made(studio, Calibrate(), job, Converge(2, "layerwise"))
    shown = page(state, lang=lang, donor=2)
    assert any(HOSTILE in line for line in shown["trust_words"]["lines"])
    assert HOSTILE in shown["size_curve"]["title"]


def test_small_figures_keep_their_sign() -> None:
    assert [exact(x) for x in (0.0, 0.01234, -0.5, 2.5e-5, -2.5e-5)] == [
        "0", "0.0123", "−0.5", "2.5e−5", "−2.5e−5",
    ]  # fmt: skip


@pytest.fixture
def act(desk: Desk) -> Callable[..., None]:
    """Handlers by name, as the browser calls them."""
    blocks = build(desk.studio, desk.home, desk.roots)
    handlers = {fn.api_name: fn.fn for fn in blocks.fns.values()}
    handlers["enter"](TOKEN, "en")
    return lambda name, *values: handlers[name](TOKEN, *values)


def kept(desk: Desk) -> Session:
    """The session as a server that starts anew reads it."""
    return Sessions(desk.home / "sessions").get(TOKEN)


def test_what_is_chosen_is_asked_of_the_worker_and_outlives_the_server(
    desk: Desk, act: Callable[..., None]
) -> None:
    act("choose_checked", ["kfac", "random"])
    act("choose_layers", "all")
    act("choose_read", "2048")
    act("show_checked_donor", 1)
    act("take_out_and_measure")
    studio: Any = desk.studio
    assert studio.asked[-1] == Trust(1, ("kfac", "random"), (), 2048, 10)
    act("choose_layers", "some")
    act("choose_sized", "kfac")
    act("choose_share", 10)
    act("add_texts")
    assert studio.asked[-1] == Converge(1, "kfac", (0, 3, 5), 0.1)
    act("show_checked", "random")
    before = kept(desk)
    assert shown_of(studio.state(before.run_id), before) == "random"
    act("use_texts")
    assert kept(desk).tokens == 640  # 16 texts: the first whose change is under 10 %
    act("compute_saliency")
    after = kept(desk)
    assert after.run_id != before.run_id
    assert studio.state(after.run_id).spec.calibration_tokens == 640
    assert after.tokens is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("choose_checked", ["nothing"]),
        ("choose_layers", "first"),
        ("choose_read", 512),
        ("show_checked", {"a": 1}),
        ("show_checked_donor", 9),
        ("choose_sized", "magnitude"),
        ("choose_share", 0),
        ("choose_share", "x"),
    ],
)
def test_whatever_else_the_browser_sends_is_refused(
    act: Callable[..., None], desk: Desk, name: str, value: Any
) -> None:
    with pytest.raises(gr.Error):
        act(name, value)
    assert kept(desk).trust == {}


def test_what_cannot_be_asked_yet_says_why(desk: Desk, act: Callable[..., None]) -> None:
    with pytest.raises(gr.Error, match="not known yet how many texts"):
        act("use_texts")
    act("choose_checked", [])
    with pytest.raises(gr.Error, match="at least one estimate"):
        act("take_out_and_measure")
    act("choose_source", "self")
    with pytest.raises(gr.Error, match="press Compute first"):
        act("add_texts")
