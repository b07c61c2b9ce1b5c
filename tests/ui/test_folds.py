"""Folds of the Interference screen: what opens them, and what a closed one leaves undone."""

from typing import Any

import pytest

from obim import Advance, Calibrate, RunState
from tests.ui.conftest import TOKEN
from ui import views
from ui.handlers import Desk
from ui.painting import questions, what_if
from ui.painting.folds import FOLDS
from ui.painting.frame import SCREENS
from ui.refusals import Refused
from ui.screens.explore import pick_place, show_tensor
from ui.screens.folds import unfold
from ui.session import Session, Sessions


@pytest.fixture
def run(desk: Desk, session: Session) -> RunState:
    """A run of two turns, and a tab that has come to the Interference screen."""
    studio: Any = desk.studio
    studio.submit(session.run_id, Calibrate())
    studio.submit(session.run_id, Advance(2, "off"))
    session.screen = SCREENS.index("explore")
    return desk.state(session)


def opened(desk: Desk, session: Session) -> list[str]:
    shown = views.page(desk.read(session), session, ())
    return [name for name in FOLDS if shown[f"fold_{name}"]["open"]]


def due(run: RunState, session: Session) -> list[str]:
    asks = {
        "inside": questions.wants_inside(run, session),
        "owners": questions.wants_owners(run, session),
        "what_if": what_if.wants_preview(run, session),
    }
    return [name for name, place in asks.items() if place is not None]


def test_the_first_section_is_open_and_nothing_is_looked_up_for_the_others(
    desk: Desk, session: Session, run: RunState
) -> None:
    assert opened(desk, session) == ["pairs"]
    assert due(run, session) == []


@pytest.mark.parametrize("name", ["inside", "owners", "what_if"])
def test_what_an_open_section_shows_is_looked_up(
    desk: Desk, session: Session, run: RunState, name: str
) -> None:
    unfold(session, name)
    assert opened(desk, session) == ["pairs", name]
    assert due(run, session) == [name]
    session.folds = {**session.folds, name: False}
    assert due(run, session) == []


def test_a_tensor_chosen_elsewhere_is_shown_close_up(
    desk: Desk, session: Session, run: RunState
) -> None:
    session.folds = {"inside": False}
    show_tensor(session, run.saliency[0].tensors[0].tensor)
    assert "inside" in opened(desk, session)


def test_a_refused_choice_opens_nothing(desk: Desk, session: Session, run: RunState) -> None:
    with pytest.raises(Refused):
        pick_place(desk, session, "no such tensor")
    assert opened(desk, session) == ["pairs"]


def test_a_fold_is_sent_only_where_the_page_opened_it(
    desk: Desk, session: Session, run: RunState
) -> None:
    """Else a fold that is clicked twice quickly would be opened and closed after the user."""
    before = views.page(run, session, ())
    session.folds = {"owners": True}  # the user did it: the browser knows
    after = views.page(run, session, ())
    assert "fold_owners" not in views.changes(before, after, True)
    epoch = session.epoch
    unfold(session, "inside")
    assert session.epoch > epoch
    sent = views.changes(after, views.page(run, session, ()), False)
    assert sent["fold_inside"] == {"open": True}
    assert "fold_owners" not in sent


def test_folds_outlive_a_reload(desk: Desk, session: Session) -> None:
    unfold(session, "orders")
    desk.sessions.touch(TOKEN)
    again = Sessions(desk.home / "s").get(TOKEN)
    assert again.folds == {"orders": True}
