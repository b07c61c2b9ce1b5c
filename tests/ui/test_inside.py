"""The look inside a tensor and who owns what: what is asked, what is shown, what is refused."""

import json
import re
from typing import Any

import pytest

from obim import Advance, Back, Calibrate, Inside, Owners, RunError, RunState
from tests.ui.conftest import TOKEN
from tests.ui.fake_studio import HOSTILE, LAYERS, MODULES
from ui import views
from ui.handlers import Desk
from ui.painting import questions
from ui.painting.frame import SCREENS
from ui.painting.owners import MAKERS, VIEWS
from ui.refusals import Refused
from ui.screens.inside import look_inside, open_inside, zoom
from ui.screens.owners import count_owners, open_head
from ui.session import Session
from ui.widgets.base import STATIC

HERE = SCREENS.index("explore")
STRONGEST = f"model.layers.{LAYERS - 1}.{MODULES[-1]}.weight"


@pytest.fixture
def run(desk: Desk, session: Session) -> RunState:
    """A run of four turns, and a tab that shows the Interference screen."""
    studio: Any = desk.studio
    studio.submit(session.run_id, Calibrate())
    studio.submit(session.run_id, Advance(4, "off"))
    session.screen, session.folds = HERE, {"inside": True, "owners": True}
    return desk.state(session)


def asked(desk: Desk) -> list[Any]:
    studio: Any = desk.studio
    return [job for job in studio.asked if isinstance(job, (Inside, Owners))]


def page(desk: Desk, session: Session) -> dict[str, dict[str, Any]]:
    return views.page(desk.read(session), session, desk.studio.models())


def look(desk: Desk, session: Session) -> None:
    state = desk.state(session)
    look_inside(desk, session, state)
    count_owners(desk, session, state)


@pytest.mark.parametrize("lang", ["en", "ja"])
@pytest.mark.parametrize("view", ["wants", "got", "turns"])
def test_the_strongest_tensor_opens_and_every_view_paints(
    desk: Desk, session: Session, run: RunState, lang: Any, view: Any
) -> None:
    session.lang, session.view = lang, view
    assert page(desk, session)["inside_picture"]["state"] == "loading"
    look(desk, session)
    shown = page(desk, session)
    picture = shown["inside_picture"]
    assert json.dumps(shown)
    assert picture["state"] == "ready"
    assert picture["busy"] == ""
    script = (STATIC / "tensor_picture.js").read_text(encoding="utf-8")
    assert set(re.findall(r"words\.(\w+)", script)) <= set(picture["words"])
    assert asked(desk)[0].tensor == shown["inside_tensor"]["value"] == STRONGEST
    assert picture["donors"][-1] == HOSTILE
    k = len(picture["donors"])
    assert len(picture["categories"]) == {"wants": k + 3, "got": k + 1, "turns": k + 1}[view]
    assert [len(p["all"]) for p in shown["inside_histogram"]["panels"]] == [2] * k
    if view == "turns":
        assert (picture["kinds"], picture["turns"], len(picture["turn_names"])) == (3, 4, 5)
    if view == "wants":
        assert HOSTILE in picture["caption"]  # it has no statistics of the tensor


def test_a_look_is_due_once_and_again_when_the_question_changes(
    desk: Desk, session: Session, run: RunState
) -> None:
    first = questions.wants_inside(run, session)
    assert first is not None
    look(desk, session)
    assert questions.wants_inside(run, session) is None
    assert questions.wants_owners(run, session) is None
    session.view = "got"
    second = questions.wants_inside(run, session)
    assert second not in (None, first)
    look(desk, session)
    session.look = 2
    assert questions.wants_inside(run, session) not in (None, second)
    assert questions.wants_owners(run, session) is not None
    look(desk, session)
    assert [job.turn for job in asked(desk) if isinstance(job, Owners)] == [4, 4, 2]
    session.screen = SCREENS.index("merge")
    session.look = 3
    assert questions.wants_inside(run, session) is None


def test_before_the_merge_it_says_so_and_asks_nothing(desk: Desk, session: Session) -> None:
    studio: Any = desk.studio
    shown = page(desk, session)
    assert shown["inside_picture"]["state"] == shown["owners_layers"]["state"] == "empty"
    studio.submit(session.run_id, Calibrate())
    session.screen, session.view = HERE, "got"
    look(desk, session)
    assert asked(desk) == []
    shown = page(desk, session)
    assert "Merge screen" in shown["inside_picture"]["message"]
    assert "Merge screen" in shown["owners_layers"]["message"]


def test_zooming_keeps_the_picture_until_the_next_is_there(
    desk: Desk, session: Session, run: RunState
) -> None:
    look(desk, session)
    zoom(session, {"window": [2, 4, 1, 32]})
    shown = page(desk, session)["inside_picture"]
    assert shown["window"] == [0, 64, 0, 32]
    assert shown["busy"]
    look(desk, session)
    assert asked(desk)[-2].window == (2, 4, 1, 32)
    shown = page(desk, session)["inside_picture"]
    assert shown["window"] == [2, 4, 1, 32]
    assert shown["values"] is not None
    open_inside(desk, session, "model.layers.0.q_proj.weight")
    assert page(desk, session)["inside_picture"]["state"] == "loading"
    look(desk, session)
    assert asked(desk)[-2].window is None  # a window belongs to its tensor


@pytest.mark.parametrize(
    "window",
    [None, [0, 1], [0, 65, 0, 4], [4, 4, 0, 4], [0, 4, -1, 4], ["0", 4, 0, 4], [0.5, 4, 0, 4]],
)
def test_windows_that_are_none_are_refused(
    desk: Desk, session: Session, run: RunState, window: Any
) -> None:
    with pytest.raises(Refused):
        zoom(session, {"window": [0, 4, 0, 4]})  # there is no picture yet
    look(desk, session)
    with pytest.raises(Refused):
        zoom(session, {"window": window})
    assert session.window is None


def test_what_the_worker_refuses_is_said_in_place_of_the_picture(
    desk: Desk, session: Session, run: RunState, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> Any:
        raise RunError("{tensor!r} is left out of the merge; it stays the base's.", tensor="x")

    monkeypatch.setattr(desk.studio, "read", refuse)
    session.lang = "ja"
    look(desk, session)
    shown = page(desk, session)
    assert shown["inside_picture"]["state"] == "failed"
    assert "マージの対象外" in shown["inside_picture"]["message"]
    assert shown["owners_layers"]["state"] == "failed"
    assert questions.wants_inside(run, session) is None


def test_an_answer_to_an_old_question_is_dropped(
    desk: Desk, session: Session, run: RunState, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = desk.studio.read

    def slow(*args: Any, **more: Any) -> Any:
        session.tensor, session.look = "model.layers.0.q_proj.weight", 1
        return read(*args, **more)

    monkeypatch.setattr(desk.studio, "read", slow)
    look(desk, session)
    assert session.inside is None


def test_the_saliency_screen_looks_again_at_a_tensor_that_was_opened_here(
    desk: Desk, session: Session, run: RunState
) -> None:
    session.cell = {"of": "another tensor"}
    with pytest.raises(Refused):
        open_inside(desk, session, "nothing")
    open_inside(desk, session, STRONGEST)
    assert (session.tensor, session.cell) == (STRONGEST, None)


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_each_view_of_the_owners_is_shown_alone(
    desk: Desk, session: Session, run: RunState, lang: Any
) -> None:
    session.lang = lang
    look(desk, session)
    for view in VIEWS:
        session.owners = view
        shown = page(desk, session)
        open_ = [name for name, _ in MAKERS.values() if shown[f"{name}_box"]["visible"]]
        assert open_ == [MAKERS[view][0]]
        assert shown[open_[0]]["state"] == "ready"
        assert shown["owners_choice"]["visible"] == (view == "head")
        facts = " ".join(shown["owners_facts"]["lines"])
        assert "6,000" in facts  # six layers of a thousand
        assert len(shown["owners_facts"]["lines"]) == 1 + (view == "head")  # queries share keys


def test_owners_are_shares_of_what_was_counted(desk: Desk, session: Session, run: RunState) -> None:
    look(desk, session)
    bars = page(desk, session)["owners_layers"]["layers"]
    assert [bar["shares"] for bar in bars] == [[(50 + i) / 1000] * 3 for i in range(LAYERS)]
    session.owners = "donor"
    grid = page(desk, session)["owners_donors"]
    assert [row["label"] for row in grid["rows"]][-1] == HOSTILE
    assert {cell["text"] for row in grid["rows"] for cell in row["cells"]} == {"5.0\u00a0%"}
    session.owners = "turn"
    table = page(desk, session)["owners_turns"]
    assert [row["line"] for row in table["rows"]] == [1, 2, 3, 4]
    assert table["rows"][3]["cells"][:3] == ["Dates", "2", "14"]


def test_heads_of_a_donor_of_all_and_of_a_kind_that_is_not_there(
    desk: Desk, session: Session, run: RunState
) -> None:
    session.owners = "head"
    look(desk, session)

    def texts() -> list[str]:
        grid = page(desk, session)["owners_heads"]
        return [cell["text"] for cell in grid["rows"][0]["cells"]]

    assert texts() == ["30.0\u00a0%", "60.0\u00a0%"]
    session.part = 1
    assert texts() == ["10.0\u00a0%", "20.0\u00a0%"]
    session.heads = "key"
    assert texts() == ["10.0\u00a0%"]
    session.heads = "output"
    shown = page(desk, session)
    assert shown["owners_kind"]["value"] == "query"
    assert [kind for _, kind in shown["owners_kind"]["choices"]] == ["query", "key"]
    assert session.owned is not None
    session.owned["heads"] = []
    shown = page(desk, session)
    assert shown["owners_heads"]["state"] == "empty"
    assert shown["owners_choice"]["visible"] is False


def test_a_head_is_opened_inside_its_tensor(
    desk: Desk, session: Session, run: RunState, monkeypatch: pytest.MonkeyPatch
) -> None:
    look(desk, session)
    name = "model.layers.2.self_attn.q_proj.weight"
    for bad in (f"{name}#7", name, 4, None):
        with pytest.raises(Refused):
            open_head(desk, session, bad)
    assert session.owned is not None
    layer = session.owned["heads"][0]["layers"][2]
    monkeypatch.setitem(layer, "tensor", STRONGEST)
    open_head(desk, session, f"{STRONGEST}#1")
    assert (session.tensor, session.view) == (STRONGEST, "got")
    assert session.window == {"tensor": STRONGEST, "box": [8, 16, 0, 12]}  # 100 // 8 columns
    monkeypatch.setitem(layer, "axis", 1)
    open_head(desk, session, f"{STRONGEST}#0")
    assert session.window == {"tensor": STRONGEST, "box": [0, 12, 0, 8]}


def test_going_back_to_the_start_shows_nothing_old(
    desk: Desk, session: Session, run: RunState
) -> None:
    look(desk, session)
    studio: Any = desk.studio
    studio.submit(session.run_id, Back(0))
    shown = page(desk, session)
    assert shown["owners_layers"]["state"] == "empty"
    assert shown["owners_facts"]["lines"] == []
    assert desk.sessions.get(TOKEN) is session
