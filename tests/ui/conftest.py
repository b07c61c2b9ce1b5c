"""A page's server side on a studio that computes nothing, and one open tab of it."""

from pathlib import Path

import pytest

from tests.ui.fake_studio import FakeStudio
from ui.handlers import Desk
from ui.session import Session, Sessions

TOKEN = "cd" * 16


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
