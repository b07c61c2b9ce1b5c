"""A page's server side on a studio that computes nothing, and one open tab of it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from obim import Advance, Calibrate
from tests.ui.fake_studio import FakeStudio
from ui.app import build
from ui.handlers import Desk
from ui.session import Session, Sessions

TOKEN = "cd" * 16
Act = Callable[..., None]


@pytest.fixture
def studio() -> FakeStudio:
    return FakeStudio()


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(FakeStudio(), Sessions(tmp_path / "s"), tmp_path, [tmp_path])  # type: ignore[arg-type]


@pytest.fixture
def session(desk: Desk) -> Session:
    desk.enter(TOKEN, "en")
    return desk.sessions.get(TOKEN)


@pytest.fixture
def act(desk: Desk) -> Act:
    """Handlers by name, as the browser calls them, on a merge of four turns."""
    handlers = {fn.api_name: fn.fn for fn in build(desk.studio, desk.home, desk.roots).fns.values()}

    def ask(name: str, *values: Any) -> None:
        handlers[name](TOKEN, *values)

    ask("enter", "en")
    for job in (Calibrate(), Advance(4)):
        desk.studio.submit(str(desk.studio.current()), job)
    return ask
