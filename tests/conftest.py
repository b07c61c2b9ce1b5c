"""Fixtures of every room: tiny random models and one real browser, made once a session."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser import browser_path
from tests.tiny import save_adapter, save_donor, save_tiny

os.environ["OBIM_DEVICE"] = "cpu"  # tests/gpu is for the others


@pytest.fixture(scope="session")
def tiny_base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny Llama in float32; read only."""
    return save_tiny(tmp_path_factory.mktemp("models") / "base")


@pytest.fixture(scope="session")
def tiny_donors(tiny_base: Path) -> list[Path]:
    """Two full fine-tunes and an adapter of ``tiny_base``; read only."""
    root = tiny_base.parent
    return [
        save_donor(root / "donor-1", tiny_base, seed=1),
        save_donor(root / "donor-2", tiny_base, seed=2, sharded=True),
        save_adapter(root / "adapter", tiny_base, seed=3),
    ]


@pytest.fixture
def make_tiny(tmp_path: Path) -> Callable[..., Path]:
    """``make_tiny("name", family, tied=..., dtype=...)``: a tiny model in the test's folder."""

    def make(name: str, *args: object, **settings: object) -> Path:
        return save_tiny(tmp_path / name, *args, **settings)  # type: ignore[arg-type]

    return make


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium without a window; missing is a failure."""
    with sync_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-background-networking", "--disable-component-update"]
        chromium = playwright.chromium.launch(executable_path=browser_path(), args=flags)
        yield chromium
        chromium.close()
