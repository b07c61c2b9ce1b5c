"""What-if and the donor orders: what their controls do, and what they show."""

import csv
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import ValidationError

from obim import (
    Advance,
    Calibrate,
    JobState,
    MergeSpec,
    Reckon,
    RunError,
    ScoreOrders,
    Sentence,
    TryOrders,
    WhatIf,
    WorkerError,
)
from tests.ui.conftest import TOKEN
from tests.ui.fake_studio import HOSTILE, LAYERS
from ui import views
from ui.handlers import Desk
from ui.painting import orders
from ui.painting.asked import WAITS
from ui.painting.frame import SCREENS, busy
from ui.painting.what_if import supposed, wanted, wants_exact, wants_preview
from ui.painting.wording import MAX_DONORS
from ui.refusals import Refused
from ui.screens import asking
from ui.screens.asking import due_exact, due_preview, foresee, reckon
from ui.screens.what_if import drag, use
from ui.session import Session

EXPLORE = SCREENS.index("explore")


def asked(desk: Desk, kind: type) -> list[Any]:
    return [one for one in desk.studio.asked if isinstance(one, kind)]  # type: ignore[attr-defined]


def painted(desk: Desk, session: Session) -> dict[str, Any]:
    return views.page(desk.state(session), session, ())


@pytest.fixture
def session(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Session:
    monkeypatch.setattr(asking, "QUIET", 0.0)
    desk.enter(TOKEN, "en")
    session = desk.sessions.get(TOKEN)
    desk.submit(session, Calibrate())
    session.screen, session.folds = EXPLORE, {"what_if": True}
    return session


def controls(spec: MergeSpec, order: str = "0,1,2", **more: Any) -> list[Any]:
    """Values of the controls that stand for these settings."""
    densities = [spec.density_of(k) for k in range(3)] + [0.25] * (MAX_DONORS - 3)
    scales = [d.scale for d in spec.donors] + [1.0] * (MAX_DONORS - 3)
    values = {"rounds": spec.rounds, "rotate": spec.rotate, "scope": spec.scope} | more
    return [order, values["rounds"], values["rotate"], values["scope"], *densities, *scales]


def settle(desk: Desk, session: Session) -> None:
    """What the follower does when settings stand for a while."""
    reckon(desk, session, desk.state(session))


def cells(table: dict[str, Any], group: int, row: int) -> list[str]:
    return [cell["score"] for cell in table["groups"][group]["rows"][row]["cells"]]


def test_untouched_controls_mean_the_run(desk: Desk, session: Session) -> None:
    spec = desk.state(session).spec
    drag(desk, session, controls(spec))
    assert supposed(desk.state(session), session) == spec


def test_dragging_previews_and_then_reckons(desk: Desk, session: Session) -> None:
    spec = desk.state(session).spec
    drag(desk, session, controls(spec, "2,0,1", rounds=7, scope="row"))
    tried = supposed(desk.state(session), session)
    assert [d.name for d in tried.donors] == [HOSTILE, "Dates", "Orders"]
    assert (tried.rounds, tried.scope) == (7, "row")
    assert {d.name: d.density for d in tried.donors} == {d.name: d.density for d in spec.donors}
    assert asked(desk, WhatIf) == [WhatIf(tried)]
    shown = painted(desk, session)
    assert shown["wi_status"]["lines"][0].startswith("Preview from 640 rows, 1 in 64: an estimate.")
    assert shown["wi_order"]["value"] == "2,0,1"
    assert shown["wi_table"]["columns"][0]["note"] == "preview"
    assert wanted(desk.state(session), session) == tried
    settle(desk, session)
    assert asked(desk, Reckon) == [Reckon(tried)]
    assert wanted(desk.state(session), session) is None
    shown = painted(desk, session)
    assert shown["wi_status"]["lines"] == ["Exact: from all rows."]
    assert shown["wi_table"]["columns"][0]["note"] == "exact"


def test_what_is_known_is_not_asked_again(desk: Desk, session: Session) -> None:
    values = controls(desk.state(session).spec, rounds=7)
    drag(desk, session, values)
    drag(desk, session, values)
    assert len(asked(desk, WhatIf)) == 1


def test_exact_figures_wait_for_jobs_and_for_the_screen(desk: Desk, session: Session) -> None:
    spec = desk.state(session).spec
    assert wants_preview(desk.state(session), session) is not None
    assert wants_exact(desk.state(session), session) is None
    foresee(desk, session, desk.state(session))
    assert wants_preview(desk.state(session), session) is None
    assert wants_exact(desk.state(session), session) is not None
    run = desk.state(session).id
    job = JobState(kind="evaluate", status="running")
    desk.studio.change(run, job=job)  # type: ignore[attr-defined]
    settle(desk, session)
    assert asked(desk, Reckon) == []
    assert "when the job is done" in painted(desk, session)["wi_status"]["lines"][0]
    job = JobState(kind="reckon", status="running", fraction=0.4)
    desk.studio.change(run, job=job)  # type: ignore[attr-defined]
    assert not busy(desk.state(session))
    shown = painted(desk, session)
    assert "on their way: 40" in shown["wi_status"]["lines"][0]
    assert shown["jobbar"]["state"] == "idle"
    drag(desk, session, controls(spec, rounds=3))
    assert f"stop {run} reckon" in desk.studio.asked  # type: ignore[attr-defined]
    session.screen = 0
    assert wanted(desk.state(session), session) is None


def test_a_new_tab_draws_the_sample_where_exact_figures_are_known(
    desk: Desk, session: Session
) -> None:
    spec = desk.state(session).spec
    desk.submit(session, Reckon(spec))
    assert wanted(desk.state(session), session) == spec
    assert wants_exact(desk.state(session), session) is None
    foresee(desk, session, desk.state(session))
    assert asked(desk, WhatIf) == [WhatIf(spec)]
    assert wanted(desk.state(session), session) is None
    settle(desk, session)
    assert len(asked(desk, Reckon)) == 1


def test_previews_of_another_saliency_are_not_shown(desk: Desk, session: Session) -> None:
    drag(desk, session, controls(desk.state(session).spec, rounds=7))
    assert painted(desk, session)["wi_map"]["state"] == "ready"
    state = desk.state(session)
    first = state.saliency[0]
    cells = (first.tensors[0].model_copy(update={"top10": 0.123}), *first.tensors[1:])
    other = (first.model_copy(update={"tensors": cells}), *state.saliency[1:])
    desk.studio.change(state.id, saliency=other)  # type: ignore[attr-defined]
    assert painted(desk, session)["wi_map"]["state"] == "empty"


def test_the_map_is_what_is_foreseen(desk: Desk, session: Session) -> None:
    drag(desk, session, controls(desk.state(session).spec, "2,1,0"))
    layers = painted(desk, session)["wi_map"]["layers"]
    assert [layer["shares"] for layer in layers] == [[0.12, 0.11, 0.1]] * LAYERS


def test_two_settings_stand_side_by_side(desk: Desk, session: Session) -> None:
    spec = desk.state(session).spec
    drag(desk, session, controls(spec))
    session.pins = {"a": supposed(desk.state(session), session).model_dump_json()}
    drag(desk, session, controls(spec, "1,0,2", rounds=2))
    session.pins["b"] = supposed(desk.state(session), session).model_dump_json()
    shown = painted(desk, session)
    table = shown["wi_table"]
    assert [c["name"] for c in table["columns"]] == ["Being tried", "A", "B", "B − A"]
    assert table["groups"][1]["name"] == "Dates"
    assert cells(table, 1, 2) == ["30.0\u00a0%", "10.0\u00a0%", "30.0\u00a0%", "+20.0 points"]
    assert cells(table, 1, 1)[1:] == ["10.0\u00a0%", "11.0\u00a0%", "+1.0 points"]
    rows = list(csv.reader(table["save"]["text"].splitlines()))
    assert all(len(row) == 2 + 4 for row in rows)
    assert shown["wi_box_a"]["visible"]
    assert shown["wi_map_b"]["layers"][0]["shares"][:2] == [0.11, 0.1]


def test_a_scale_that_is_not_in_the_figure_is_said_beside_it(desk: Desk, session: Session) -> None:
    spec = desk.state(session).spec  # scales 1.2, 1, 1
    drag(desk, session, controls(spec))
    shown = painted(desk, session)
    assert shown["wi_scaled"]["tone"] == "warn"
    assert "doesn't say what multiplying" in shown["wi_scaled"]["lines"][0]
    first, second, _ = (group["rows"][2] for group in shown["wi_table"]["groups"][1:])
    assert (first["name"], first["note"]) == ("Predicted loss", "saliency given up")
    assert "no loss of score" in first["tip"]
    warning = "⚠ leaves out what scale 1.2 does"
    assert (first["cells"][0]["verdict"], first["cells"][0]["tone"]) == (warning, "warn")
    assert second["cells"][0]["verdict"] == ""
    assert warning in shown["wi_table"]["save"]["text"]
    plain = controls(spec)
    plain[-MAX_DONORS:] = [1.0] * MAX_DONORS
    drag(desk, session, plain)
    shown = painted(desk, session)
    assert shown["wi_scaled"]["lines"] == []
    assert "⚠" not in str(shown["wi_table"])


def test_using_settings_begins_a_merge_with_them(desk: Desk, session: Session) -> None:
    with pytest.raises(Refused, match="already"):
        use(desk, session)
    spec, before = desk.state(session).spec, session.run_id
    drag(desk, session, controls(spec, "1,0,2", rounds=2))
    tried = supposed(desk.state(session), session)
    use(desk, session)
    assert session.run_id != before
    assert desk.state(session).spec == tried
    assert session.screen == SCREENS.index("merge")


def test_turns_that_were_taken_ask_first(desk: Desk, session: Session) -> None:
    desk.submit(session, Advance(2))
    drag(desk, session, controls(desk.state(session).spec, rounds=2))
    before = session.run_id
    use(desk, session)
    assert session.run_id == before
    assert painted(desk, session)["wi_use"]["value"] == "Begin a new merge with them?"
    use(desk, session)
    assert session.run_id != before


@pytest.mark.parametrize(
    ("order", "more"),
    [("0,1", {}), ("0,0,1", {}), ("x", {}), (7, {}), ("0,1,2", {"rounds": 0})],
)
def test_what_is_not_offered_is_refused(
    desk: Desk, session: Session, order: Any, more: Any
) -> None:
    with pytest.raises(Refused):
        drag(desk, session, controls(desk.state(session).spec, order, **more))
    assert session.what_if is None


def test_too_many_turns_and_unknown_scopes_are_refused(desk: Desk, session: Session) -> None:
    for more in ({"rounds": 90}, {"scope": "planet"}):
        with pytest.raises(ValidationError):
            drag(desk, session, controls(desk.state(session).spec, **more))
    values = controls(desk.state(session).spec)
    for bad in (-1, float("nan"), "x", True):
        with pytest.raises(Refused):
            drag(desk, session, [*values[: 4 + MAX_DONORS], bad, *values[5 + MAX_DONORS :]])


def test_settings_of_other_models_are_forgotten(desk: Desk, session: Session) -> None:
    other = desk.state(session).spec.model_copy(update={"base": "elsewhere"})
    session.what_if, session.pins = other.model_dump_json(), {"a": other.model_dump_json()}
    assert supposed(desk.state(session), session) == desk.state(session).spec
    assert not painted(desk, session)["wi_box_a"]["visible"]


def test_orders_are_told_in_words_and_figures(desk: Desk, session: Session) -> None:
    spec = desk.state(session).spec
    assert painted(desk, session)["or_table"]["state"] == "empty"
    desk.submit(session, TryOrders(spec))
    desk.submit(session, TryOrders(spec.model_copy(update={"rotate": False})))
    shown = painted(desk, session)
    words = shown["or_words"]["lines"]
    assert "98.0\u00a0% of the claimed weights have the same owner in every order" in words[1]
    assert words[2].startswith("Whatever the order, Dates owns 10.0\u00a0% of the weights; its")
    assert "10.0\u00a0% – 20.0\u00a0%" in words[2]
    assert words[-1].startswith("Same owner in every order: 98.0\u00a0% when another donor begins")
    assert words[-1].endswith("70.0\u00a0% when it is always the same.")
    rows = shown["or_table"]["groups"][0]["rows"]
    assert [row["strong"] for row in rows] == [True, False]
    assert rows[1]["name"] == f"{HOSTILE} → Orders → Dates"


def test_scores_by_order_have_intervals_and_differences(desk: Desk, session: Session) -> None:
    state = desk.state(session)
    assert painted(desk, session)["or_dots"]["state"] == "hidden"
    desk.submit(session, ScoreOrders(state.spec, ("a",)))
    shown = painted(desk, session)
    rows = [row["name"] for row in shown["or_dots"]["rows"]]
    assert rows[0] == f"Dates → Orders → {HOSTILE}"
    panel = shown["or_dots"]["panels"][0]
    assert panel["points"][0]["at"] == [0.6, pytest.approx(0.48), pytest.approx(0.72)]
    assert "−10.0 points" in panel["points"][1]["text"]
    assert "include 0" in shown["or_verdict"]["lines"][0]
    session.what_if = state.spec.model_copy(update={"rounds": 2}).model_dump_json()
    assert painted(desk, session)["or_dots"]["state"] == "hidden"


def test_other_jobs_find_their_buttons_while_figures_are_reckoned(
    desk: Desk, session: Session
) -> None:
    desk.studio.change(  # type: ignore[attr-defined]
        desk.state(session).id, job=JobState(kind="reckon", status="running")
    )
    assert painted(desk, session)["step"]["interactive"]
    assert not painted(desk, session)["stop"]["visible"]


@pytest.mark.parametrize(("lang", "all_of_them"), [("en", "every"), ("ja", "どの順番")])
def test_orders_that_were_drawn_are_not_called_all(
    desk: Desk, session: Session, lang: Any, all_of_them: str
) -> None:
    state, session.lang = desk.state(session), lang
    for rotate in (True, False):
        desk.submit(session, TryOrders(state.spec.model_copy(update={"rotate": rotate})))
    words = " ".join(painted(desk, session)["or_words"]["lines"])
    assert all_of_them in words.replace("every round", "")
    found = tuple(
        one.model_copy(update={"everything": False}) for one in desk.state(session).what_ifs.orders
    )
    many = desk.state(session).what_ifs.model_copy(update={"orders": found})
    desk.studio.change(state.id, what_ifs=many)  # type: ignore[attr-defined]
    words = " ".join(painted(desk, session)["or_words"]["lines"]).replace("every round", "")
    for told in (all_of_them, "Whatever", "All ", "全 "):
        assert told not in words


def test_buttons_say_that_orders_are_drawn(desk: Desk, session: Session) -> None:
    state = desk.state(session)
    more = [state.spec.donors[0].model_copy(update={"name": f"more {i}"}) for i in range(2)]
    shown = painted(desk, session)
    assert shown["or_try"]["value"].startswith("Owners in all 6 orders")
    assert shown["or_score"]["value"].startswith("Scores of all 6 orders")
    spec = state.spec.model_copy(update={"donors": (*state.spec.donors, *more)})
    saliency = (*state.saliency, *state.saliency[:2])
    desk.studio.change(state.id, spec=spec, saliency=saliency)  # type: ignore[attr-defined]
    shown = orders.paint(desk.state(session), session)
    assert shown["or_try"]["value"].startswith("Owners in 24 orders drawn at random")
    assert shown["or_score"]["value"].startswith("Scores of 24 orders drawn at random")


def test_differences_are_against_the_order_that_is_set_now(desk: Desk, session: Session) -> None:
    state = desk.state(session)
    desk.submit(session, ScoreOrders(state.spec, ("a",)))
    back = state.spec.model_copy(update={"donors": state.spec.donors[::-1]})
    session.what_if = back.model_dump_json()
    shown = painted(desk, session)
    rows = shown["or_dots"]["rows"]
    assert [row["strong"] for row in rows] == [True, False]
    assert rows[0]["name"] == f"{HOSTILE} → Orders → Dates"
    panels = shown["or_dots"]["panels"]
    assert not [p for panel in panels for p in panel["points"] if "points" in p["text"]]
    assert shown["or_verdict"]["lines"][0].startswith("No differences between these scores")
    desk.submit(session, ScoreOrders(back, ("a",)))
    panel = painted(desk, session)["or_dots"]["panels"][0]
    assert ["points" in point["text"] for point in panel["points"]] == [False, True]
    assert "include 0" in painted(desk, session)["or_verdict"]["lines"][0]


def test_settings_scored_against_another_order_show_no_verdict_of_it(
    desk: Desk, session: Session
) -> None:
    """Newer scores of fewer items don't hide those that are held against the order set now."""
    state = desk.state(session)
    desk.submit(session, ScoreOrders(state.spec, ("a",)))
    known = desk.state(session).what_ifs.scores
    newer = tuple(
        one.model_copy(update={"against": one.against[::-1], "change": (0.9, 0.8, 1.0)})
        for one in known
    )
    both = desk.state(session).what_ifs.model_copy(update={"scores": (*known, *newer)})
    desk.studio.change(state.id, what_ifs=both)  # type: ignore[attr-defined]
    shown = painted(desk, session)
    assert "−10.0 points" in shown["or_dots"]["panels"][0]["points"][1]["text"]
    assert "include 0" in shown["or_verdict"]["lines"][0]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What time it is for those who ask again."""
    now = [100.0]
    told = SimpleNamespace(monotonic=lambda: now[0], sleep=lambda _: None)
    monkeypatch.setattr(asking, "time", told)
    return now


def status(desk: Desk, session: Session) -> str:
    (line,) = painted(desk, session)["wi_status"]["lines"]
    return str(line)


def ended(desk: Desk, session: Session, kind: Any, how: Any, why: str = "") -> None:
    job = JobState(kind=kind, status=how, error=Sentence(why))
    desk.studio.change(desk.state(session).id, job=job)  # type: ignore[attr-defined]


def test_a_preview_that_failed_says_why_and_is_tried_again(
    desk: Desk, session: Session, clock: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    read = desk.studio.read

    def broken(*_: Any, **__: Any) -> Any:
        raise WorkerError("The worker is busy and did not answer in time; try again.")

    monkeypatch.setattr(desk.studio, "read", broken)
    assert status(desk, session).startswith("Reading some rows")
    for wait in WAITS:
        assert due_preview(desk.state(session), session) is not None
        foresee(desk, session, desk.state(session))
        line = status(desk, session)
        assert line.startswith("No preview: The worker is busy")
        assert line.endswith("It is tried again by itself.")
        clock[0] += wait - 0.1
        assert due_preview(desk.state(session), session) is None
        clock[0] += 0.2
    foresee(desk, session, desk.state(session))
    clock[0] += 1e6
    assert due_preview(desk.state(session), session) is None
    assert status(desk, session).endswith("Change a setting to try again.")
    monkeypatch.setattr(desk.studio, "read", read)
    drag(desk, session, controls(desk.state(session).spec, rounds=7))
    assert status(desk, session).startswith("Preview from")
    session.what_if = None
    assert due_preview(desk.state(session), session) is not None


def test_exact_figures_that_were_refused_are_asked_for_again(
    desk: Desk, session: Session, clock: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    foresee(desk, session, desk.state(session))
    submit = desk.studio.submit

    def refuse(*_: Any) -> None:
        raise RunError("Another job is under way; wait for it or stop it first.")

    monkeypatch.setattr(desk.studio, "submit", refuse)
    settle(desk, session)
    assert "No exact figures: Another job is under way" in status(desk, session)
    assert due_exact(desk.state(session), session) is None
    clock[0] += WAITS[0]
    assert due_exact(desk.state(session), session) is not None
    monkeypatch.setattr(desk.studio, "submit", submit)
    settle(desk, session)
    assert status(desk, session) == "Exact: from all rows."


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize(
    ("end", "said", "again"),
    [
        (("reckon", "failed"), "No exact figures: Out of room. It is tried again by itself.", True),
        (("reckon", "interrupted"), "Out of room. Change a setting to try again.", False),
        (("reckon", "stopped"), "The exact figures were stopped; change a setting", False),
        (("advance", "done"), "", True),
    ],
)
def test_exact_figures_that_were_lost_are_told_of(
    desk: Desk, session: Session, end: tuple[str, str], said: str, again: bool
) -> None:
    foresee(desk, session, desk.state(session))
    desk.studio.submit = lambda *_: None  # type: ignore[method-assign]
    settle(desk, session)
    ended(desk, session, "reckon", "running")
    asking.time.monotonic = lambda: 1e6
    assert due_exact(desk.state(session), session) is None
    ended(desk, session, *end, "Out of room.")
    assert said in status(desk, session)
    assert (due_exact(desk.state(session), session) is not None) == again
    spec = supposed(desk.state(session), session)
    drag(desk, session, controls(spec, rounds=7))
    drag(desk, session, controls(spec))
    assert "No exact" not in status(desk, session)
    assert "stopped" not in status(desk, session)
    assert due_exact(desk.state(session), session) is not None


def test_figures_in_hand_are_not_asked_for_twice(
    desk: Desk, session: Session, clock: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the settings have to stand; and what a drag overtook says nothing afterwards."""
    foresee(desk, session, desk.state(session))
    spec, seen = desk.state(session).spec, []

    def moving(_: float) -> None:
        seen.append(due_exact(desk.state(session), session))
        drag(desk, session, controls(spec, rounds=7))

    monkeypatch.setattr(asking.time, "sleep", moving)
    settle(desk, session)
    assert seen == [None]
    assert asked(desk, Reckon) == []
    assert session.asked == {}


def test_a_preview_waits_for_a_job(desk: Desk, session: Session) -> None:
    ended(desk, session, "evaluate", "running")
    assert status(desk, session) == "A preview follows when the job is done."
