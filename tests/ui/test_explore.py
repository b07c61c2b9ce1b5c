"""The Interference screen's upper part: what it shows of made-up sums, and what its controls do."""

from typing import Any

import pytest

from obim import Calibrate, Donor, Explore, InterferenceState, JobState, MergeSpec, RunState
from tests.ui.conftest import TOKEN
from tests.ui.fake_studio import HOSTILE, LAYERS, MODULES, FakeStudio
from ui import views
from ui.handlers import Desk
from ui.painting.explore import paint
from ui.painting.facets import DIRECTED, FACETS
from ui.painting.frame import stepper
from ui.refusals import Refused
from ui.screens.explore import pick_finding, pick_pair, pick_place
from ui.session import Session


def made(donors: int = 3, compared: bool = True, **spec: Any) -> RunState:
    studio = FakeStudio()
    named = [Donor(name=n, source=f"demo:{n}") for n in ["Dates", HOSTILE, *"abcdef"][:donors]]
    run = studio.create(MergeSpec(base="demo:base", donors=tuple(named), **spec))
    studio.submit(run, Calibrate())
    if compared:
        studio.submit(run, Explore())
    return studio.state(run)


def found(state: RunState) -> InterferenceState:
    assert state.interference is not None
    return state.interference


def first(state: RunState, n: int, **fields: Any) -> InterferenceState:
    """Made anew: a copy would keep what was derived of all tensors."""
    whole = found(state)
    facts = {"donors": whole.donors, "comparable": whole.comparable, "total": whole.total}
    return InterferenceState(**facts, tensors=whole.tensors[:n], **fields)


@pytest.fixture
def compared(desk: Desk, session: Session) -> Session:
    desk.submit(session, Calibrate())
    desk.submit(session, Explore())
    return session


def test_before_the_comparison_the_button_tells_how_long_it_takes() -> None:
    state = made(compared=False)
    shown = paint(state, Session())
    assert shown["compare"]["interactive"]
    assert "about" in shown["compare_note"]["lines"][0]
    assert not shown["compared"]["visible"]
    assert stepper(state, Session())["steps"][2]["state"] == "ready"


def test_after_it_the_step_is_done_and_the_button_rests() -> None:
    state = made()
    assert stepper(state, Session())["steps"][2]["state"] == "done"
    assert not paint(state, Session())["compare"]["interactive"]


def test_one_donor_has_nothing_to_compare() -> None:
    shown = paint(made(1, compared=False), Session())
    assert not shown["compare"]["interactive"]
    assert "two donors" in shown["compare_note"]["lines"][0]


def test_a_part_is_shown_and_told_while_the_rest_is_computed() -> None:
    state = made()
    part = first(state, 9)
    job = JobState(kind="explore", status="running", phase="compare")
    shown = paint(state.model_copy(update={"interference": part, "job": job}), Session())
    assert shown["matrix"]["state"] == shown["interference_grid"]["state"] == "ready"
    assert "9 of 43" in shown["compare_note"]["lines"][0]
    assert not shown["compare"]["interactive"]
    assert shown["compared"]["visible"]
    begun = first(state, 0)
    shown = paint(state.model_copy(update={"interference": begun, "job": job}), Session())
    assert not shown["compared"]["visible"]
    assert "first layers" in shown["compare_note"]["lines"][0]
    stopped = paint(state.model_copy(update={"interference": part}), Session())
    assert stopped["compare_note"]["tone"] == "warn"
    assert stopped["compare"]["interactive"]
    steps = stepper(state.model_copy(update={"interference": part}), Session())["steps"]
    assert steps[2]["state"] == "ready"


@pytest.mark.parametrize("lang", ["en", "ja"])
@pytest.mark.parametrize("donors", [2, 4, 8])
@pytest.mark.parametrize("facet", FACETS)
def test_a_matrix_shows_a_pair_once_or_once_each_way(facet: str, donors: int, lang: Any) -> None:
    shown = paint(made(donors), Session(facet=facet, lang=lang))["matrix"]
    cells = [c for row in shown["rows"] for c in row["cells"] if c and c["pair"]]
    pairs = donors * (donors - 1) // 2
    assert len(cells) == (2 * pairs if facet in DIRECTED else pairs)
    assert all(0 <= c["v"] <= 1 for c in cells)
    assert all(len(row["cells"]) == len(shown["cols"]) for row in shown["rows"])
    totals = [row["cells"][-1] for row in shown["rows"] if facet in DIRECTED]
    assert all(c["pair"] is None and c["text"].endswith("%") for c in totals)


def test_figures_are_those_of_the_engine() -> None:
    state = made()
    whole = found(state).whole
    overlap = whole.overlap(1, 0)
    assert overlap is not None
    cell = paint(state, Session(facet="overlap"))["matrix"]["rows"][0]["cells"][0]
    assert cell["text"] == f"{100 * overlap.share:.1f}\u00a0%"
    assert f"{100 * overlap.chance:.1f}" in cell["note"]
    assert cell["v"] > 0.5  # more than chance
    row = paint(state, Session(facet="given_up"))["matrix"]["rows"][0]["cells"]
    lost, given = whole.lost(0, 1), whole.given_up(0)
    assert lost is not None
    assert given is not None
    assert row[0] is None
    assert row[1]["text"] == f"{100 * lost:.1f}\u00a0%"
    assert row[3]["text"] == f"{100 * given:.1f}\u00a0%"


@pytest.mark.parametrize("facet", FACETS)
@pytest.mark.parametrize("pair", [None, [0, 2]])
def test_the_heatmap_has_every_tensor_of_the_layers(facet: str, pair: list[int] | None) -> None:
    state = made()
    shown = paint(state, Session(facet=facet, pair=pair))["interference_grid"]
    assert len(shown["rows"]) == LAYERS
    assert shown["cols"] == list(MODULES)
    assert [one["label"] for one in shown["extra"]] == ["norm"]
    assert all(0 <= c["v"] <= 1 for row in shown["rows"] for c in row["cells"])
    assert shown["diverging"] == shown["legend"]["diverging"] == (facet not in DIRECTED)


def test_a_cell_of_a_pair_is_the_engines_figure() -> None:
    state = made()
    shown = paint(state, Session(facet="conflict", pair=[0, 1]))["interference_grid"]
    name = shown["rows"][2]["cells"][3]["tensor"]
    assert shown["rows"][2]["cells"][3]["value"] == found(state).cells[name].conflict(0, 1)


def test_opposite_deltas_and_more_than_chance_are_on_the_same_side() -> None:
    state = made(2)
    low = paint(state, Session(facet="cosine"))["matrix"]["rows"][0]["cells"][0]
    assert found(state).whole.cosine(0, 1) == pytest.approx(low["value"])
    assert (low["v"] > 0.5) == (low["value"] < 0)


@pytest.mark.parametrize(("scope", "lines"), [("tensor", 3), ("global", 4)])
def test_what_the_figures_rest_on_is_told(scope: str, lines: int) -> None:
    state = made(scope=scope)
    by_tensor = first(state, 99, by_tensor=scope == "global")
    state = state.model_copy(update={"interference": by_tensor})
    told = paint(state, Session(facet="contested"))["facet_note"]["lines"]
    assert len(told) == lines
    assert "another unit in each layer" in told[1]
    assert "33" in told[2]  # percent of density
    assert len(paint(state, Session(facet="cosine"))["facet_note"]["lines"]) == 1


def test_findings_in_words() -> None:
    state = made()
    shown = paint(state, Session())["contests"]
    one = found(state).findings[0]
    assert shown["more"] == f"Show all {len(shown['items'])}"
    item = shown["items"][0]
    share, chance = one.figures.both_want(*one.pair)
    assert one.module in item["head"]
    assert f"{100 * share:.1f}\u00a0%" in item["text"]
    assert f"more than chance: {100 * chance:.1f}\u00a0%" in item["text"]
    assert "opposite directions" in item["text"]
    assert [p["slot"] for p in item["pair"]] == list(one.pair)
    ja = paint(state, Session(lang="ja"))["contests"]["items"][0]
    assert f"{100 * share:.1f}\u00a0%" in ja["text"]


def test_a_pick_in_the_matrix_shows_the_pair(desk: Desk, compared: Session) -> None:
    pick_pair(desk, compared, [0, 2])
    shown = views.page(desk.state(compared), compared, [])
    assert shown["pair"]["value"] == "0,2"
    assert shown["matrix"]["selected"] == [0, 2]
    for wrong in ([2, 0], [0, 3], None, "0,1", [0]):
        with pytest.raises(Refused):
            pick_pair(desk, compared, wrong)


def test_a_pick_in_the_heatmap_turns_to_the_tensor(desk: Desk, compared: Session) -> None:
    compared.cell = {"tensor": "old"}
    name = "model.layers.1.q_proj.weight"
    pick_place(desk, compared, name)
    assert (compared.tensor, compared.cell) == (name, None)
    shown = views.page(desk.state(compared), compared, [])
    assert shown["interference_grid"]["selected"] == name
    for wrong in ("nothing", None, 3):
        with pytest.raises(Refused):
            pick_place(desk, compared, wrong)


def test_a_pick_in_the_list_turns_to_pair_and_tensor(desk: Desk, compared: Session) -> None:
    pick_finding(desk, compared, 1)
    one = found(desk.state(compared)).findings[1]
    assert compared.pair == list(one.pair)
    assert compared.tensor == one.strongest
    items = views.page(desk.state(compared), compared, [])["contests"]["items"]
    assert items[1]["selected"]
    for wrong in (99, -1, None, "1"):
        with pytest.raises(Refused):
            pick_finding(desk, compared, wrong)


def test_another_run_forgets_the_pair(desk: Desk, compared: Session) -> None:
    compared.pair = [0, 1]
    compared.show(None)
    assert compared.pair is None


def test_a_pair_that_a_run_lacks_is_all_pairs() -> None:
    shown = paint(made(2), Session(pair=[1, 2]))
    assert shown["pair"]["value"] == "all"


def test_the_screen_is_never_required(desk: Desk, session: Session) -> None:
    desk.submit(session, Calibrate())
    session.screen = 2
    shown = views.page(desk.state(session), session, [])
    assert shown["next_screen"]["interactive"]
    assert desk.sessions.get(TOKEN) is session
