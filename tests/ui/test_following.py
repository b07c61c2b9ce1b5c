"""What a tab is sent, and when, without a browser."""

import asyncio
import threading
from collections.abc import AsyncIterator, Coroutine
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any, TypeVar

import pytest
from playwright.sync_api import Browser

from obim import JobState, RunState
from tests.ui.conftest import TOKEN
from tests.ui.fake_studio import Choice
from ui import views
from ui.following import Listing, follower
from ui.handlers import Desk
from ui.session import Session

T = TypeVar("T")


def run(watch: Coroutine[Any, Any, T]) -> T:
    """In a thread of its own: an open browser of Playwright keeps a loop running in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, watch).result()


async def painted(follow: AsyncIterator[list[Any]]) -> list[Any]:
    return await asyncio.wait_for(anext(follow), 5)


def test_a_run_turned_to_while_the_old_one_is_read_shows_its_own_settings(
    desk: Desk, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = desk.state(session).spec
    donors = tuple(donor.model_copy(update={"density": 0.9}) for donor in first.donors)
    other = desk.studio.create(first.model_copy(update={"donors": donors}))
    names = ["density0", "summary"]

    async def watch() -> dict[str, Any]:
        seen: dict[str, Any] = {}
        follow = follower(desk, dict.fromkeys(names))(TOKEN)
        for _ in range(2):  # nothing yet, then the first paint
            await anext(follow)
        read = desk.read

        def slow(view: Session) -> Any:
            state = read(view)
            if session.run_id != other:
                session.show(other)
            return state

        monkeypatch.setattr(desk, "read", slow)
        desk.sessions.touch(TOKEN)
        for name, sent in zip(names, await asyncio.wait_for(anext(follow), 5), strict=True):
            seen[name] = sent
        return seen

    assert run(watch())["density0"]["value"] == 0.9


def test_models_that_came_later_are_offered_where_models_are_chosen(
    desk: Desk, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = desk.studio.models()
    monkeypatch.setattr(desk.studio, "models", lambda: listed)
    monkeypatch.setattr("ui.following.FRESH", 0.0)

    async def watch() -> Any:
        follow = follower(desk, {"base": None, "stepper": None})(TOKEN)
        for _ in range(2):
            await painted(follow)
        listed.append(Choice("/new", "new", "full"))  # type: ignore[arg-type]
        for screen in (1, 0):
            session.screen = screen
            desk.sessions.touch(TOKEN)
            base, _ = await painted(follow)
        return base

    assert ("new", "/new") in run(watch())["choices"]


def test_painting_leaves_the_event_loop_free_and_sees_no_session_in_change(
    desk: Desk, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[threading.Thread, int]] = []
    loop: list[threading.Thread] = []

    def page(state: RunState, view: Session, *more: object) -> dict[str, Any]:
        session.donor += 1
        seen.append((threading.current_thread(), view.donor))
        return views.page(state, view, ())

    monkeypatch.setattr("ui.following.views", SimpleNamespace(page=page, changes=views.changes))

    async def watch() -> None:
        loop.append(threading.current_thread())
        follow = follower(desk, {"stepper": None})(TOKEN)
        for _ in range(2):
            await painted(follow)

    run(watch())
    [(thread, donor)] = seen
    assert thread is not loop[0]
    assert donor == 0


def test_a_run_at_rest_is_read_less_often_and_a_change_is_seen_at_once(
    desk: Desk, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ui.following.POLL", 0.02)
    monkeypatch.setattr("ui.following.IDLE", 1000)
    reads: list[int] = []
    read = desk.read

    def counted(view: Session) -> Any:
        reads.append(1)
        return read(view)

    monkeypatch.setattr(desk, "read", counted)

    async def watch() -> tuple[int, int]:
        follow = follower(desk, {"stepper": None})(TOKEN)
        for _ in range(2):
            await painted(follow)
        coming = asyncio.ensure_future(painted(follow))
        await asyncio.sleep(0.3)
        at_rest = len(reads)
        session.screen = 1
        desk.studio.change(session.run_id, job=JobState(kind="check", status="running"))  # type: ignore[attr-defined]
        desk.sessions.touch(TOKEN)
        await coming
        coming = asyncio.ensure_future(follow.__anext__())
        await asyncio.sleep(0.3)
        coming.cancel()
        return at_rest, len(reads) - at_rest

    at_rest, at_work = run(watch())
    assert at_rest == 1
    assert at_work > 3


def test_a_list_of_models_serves_all_tabs_for_a_while() -> None:
    looks: list[int] = []

    def look() -> list[Any]:
        looks.append(1)
        return [Choice("a", "a", "full")]

    listing = Listing(look)
    assert listing.models() == listing.models() == (Choice("a", "a", "full"),)
    assert len(looks) == 1


def test_a_browser_that_is_open_does_no_harm(browser: Browser) -> None:
    async def watch() -> bool:
        return browser.is_connected()

    assert run(watch())
