"""The real app as a process of its own, and a real browser that may reach nothing else."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

ROOT = Path(__file__).parents[2]
PATIENCE = 600_000
"""Milliseconds: the demo's calibration is minutes of work on a busy machine."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def assert_accessible(page: Page) -> None:
    """axe finds nothing against WCAG 2.1 A and AA on any of the screens, as they stand."""
    from axe_playwright_python.sync_playwright import Axe

    rules = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}
    for i in range(page.locator("#stepper button").count()):
        page.locator("#stepper button").nth(i).click()
        here = page.locator("#stepper [aria-current=step]")
        expect(here).to_have_attribute("data-step", str(i))
        page.wait_for_timeout(400)  # colours change by transitions
        found = Axe().run(page, options=rules).response["violations"]
        wrong = [(v["id"], [n["html"][:160] for n in v["nodes"][:3]]) for v in found]
        assert wrong == [], f"screen {i + 1}"


@dataclass
class App:
    """A server that can be stopped and started again on the same home."""

    home: Path
    roots: list[Path] = field(default_factory=list)
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def start(self) -> None:
        command = [sys.executable, "app.py", "--port", str(self.port), "--home", str(self.home)]
        for root in self.roots:
            command += ["--model-root", str(root)]
        log = (self.home.parent / "server.log").open("ab")
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=os.environ | {"OMP_NUM_THREADS": "2"}, stdout=log, stderr=log
        )
        until = time.monotonic() + 120
        while time.monotonic() < until:
            assert self.process.poll() is None, (self.home.parent / "server.log").read_text()
            try:
                urllib.request.urlopen(self.address, timeout=2).read()
                return
            except OSError:
                time.sleep(0.3)
        raise AssertionError("the app did not come up")

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(30)
            self.process = None


@contextmanager
def serving(home: Path, *roots: Path) -> Iterator[App]:
    """The app, served until the end of the block."""
    served = App(home, list(roots))
    served.start()
    try:
        yield served
    finally:
        served.stop()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """``open_page(address, lang, dark)``; fails a test whose page asked another host or broke."""
    seen: list[str] = []
    broken: list[str] = []
    contexts = []

    def make(address: str, lang: str = "en", dark: bool = False) -> Page:
        context = browser.new_context(
            locale="ja-JP" if lang == "ja" else "en-US",
            color_scheme="dark" if dark else "light",
            viewport={"width": 1280, "height": 900},
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.on("request", lambda request: seen.append(request.url))
        page.on("pageerror", lambda error: broken.append(str(error)))
        page.goto(address)
        page.wait_for_selector("#stepper [data-rev]")
        return page

    yield make
    for context in contexts:
        context.close()
    assert not [u for u in seen if not u.startswith(("http://127.0.0.1:", "data:", "blob:"))]
    assert broken == []
