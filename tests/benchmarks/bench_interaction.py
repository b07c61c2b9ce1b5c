"""What a user waits for on the demo: a step, a heatmap cell, a quick evaluation.

Each first where the worker does it, then, step and cell, in a browser from the click until it is
painted. Prints medians; give it a machine that does nothing else.
"""

import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Locator, Page, sync_playwright

from obim import (
    Advance,
    Calibrate,
    Cell,
    Check,
    Donor,
    Evaluate,
    Job,
    MergeSpec,
    RunState,
    Studio,
)
from tests.browser import browser_path
from tests.e2e.conftest import PATIENCE, serving

STEPS, CELLS, ITEMS = 9, 9, 40
CLICKS = 10
ACTIVE = ("waiting", "running")
FLAGS = ("--no-sandbox", "--disable-background-networking", "--disable-component-update")
CLICK_TO_PAINTED = """
(selectors) => {
  const shown = () => selectors.map((s) => document.querySelector(s).getAttribute("data-rev"));
  const ready = () => selectors.every(
    (s) => document.querySelector(s).getAttribute("data-state") === "ready");
  const before = shown();
  window.painted = new Promise((done) => {
    document.addEventListener("click", (click) => {
      const look = new MutationObserver(() => {
        if (!ready() || shown().some((rev, i) => rev === before[i])) return;
        look.disconnect();
        requestAnimationFrame(() => setTimeout(() => done(performance.now() - click.timeStamp)));
      });
      look.observe(document.body, { attributeFilter: ["data-rev"], subtree: true });
    }, { once: true, capture: true });
  });
}
"""
"""Milliseconds from the next click until every widget shows something else and is painted."""


def do(studio: Studio, run: str, job: Job) -> tuple[float, RunState]:
    """Seconds from handing the job over until its end is seen, and the run then."""
    began = time.perf_counter()
    studio.submit(run, job)
    while True:
        state = studio.state(run)
        assert state.job is not None
        if state.job.status not in ACTIVE:
            assert state.job.status == "done", state.job
            return time.perf_counter() - began, state
        time.sleep(0.005)


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        studio = Studio(home)
        try:
            measure_quick(studio)
            measure(studio)
        finally:
            studio.close()
        measure_page(home, CLICKS)


def measure(studio: Studio) -> None:
    """One run of the demo's preset."""
    run = studio.create(studio.default_spec())
    print(f"check: {do(studio, run, Check())[0]:.1f} s")
    seconds, state = do(studio, run, Calibrate())
    print(f"calibrate, {len(state.saliency)} donors: {seconds:.1f} s")
    steps = [do(studio, run, Advance(1, "off"))[0] for _ in range(STEPS)]
    print(f"step: median {1000 * statistics.median(steps):.0f} ms, first {1000 * steps[0]:.0f} ms")
    cells = []
    for tensor in state.saliency[0].tensors[:CELLS]:
        began = time.perf_counter()
        studio.read(run, Cell(tensor.tensor, 0))
        cells.append(time.perf_counter() - began)
    print(f"cell: median {1000 * statistics.median(cells):.0f} ms, first {1000 * cells[0]:.0f} ms")


def measure_quick(studio: Studio) -> None:
    """A quick evaluation of every skill of the demo, once the model is there."""
    known = [c for c in studio.models() if c.demo and c.kind == "adapter"]
    donors = tuple(Donor(name=choice.label, source=choice.ref) for choice in known)
    run = studio.create(MergeSpec(base="demo:base", donors=donors))
    skills = tuple(skill.id for skill in do(studio, run, Check())[1].skills)
    do(studio, run, Evaluate(("base",), skills, 2))
    seconds, state = do(studio, run, Evaluate(("base",), skills, ITEMS))
    scores = [s for s in state.scores if s.n == ITEMS]
    length = statistics.mean(s.mean_tokens for s in scores)
    print(
        f"quick evaluation, {len(scores)} skills x {ITEMS} items of {length:.1f} tokens: "
        f"{seconds:.1f} s"
    )


def measure_page(home: Path, clicks: int) -> None:
    """The latest run of this home in a browser; its first step and cell also load the models."""
    with opened(home) as page:
        measure_clicks(page, clicks)


@contextmanager
def opened(home: Path) -> Iterator[Page]:
    """The app on a home, in a browser."""
    with serving(home) as app, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path(), args=FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.set_default_timeout(PATIENCE)
        page.goto(app.address)
        yield page
        browser.close()


def measure_clicks(page: Page, clicks: int) -> None:
    """Steps without evaluation, then as many different cells of the heatmap."""
    page.locator("#stepper button").nth(3).click()
    page.get_by_text("Advanced").click()
    page.locator("#when").get_by_label("off").check()
    step = page.locator("#step")
    tell("step", [click(page, step, "#counters", "#occupancy") for _ in range(1 + clicks)])
    page.locator("#stepper button").nth(1).click()
    cells = page.locator("#grid .ob-cell[tabindex]")
    apart = max(cells.count() // (1 + clicks), 1)
    opened = [click(page, cells.nth(i * apart), "#canvas", "#histogram") for i in range(1 + clicks)]
    tell("cell", opened)


def click(page: Page, target: Locator, *widgets: str) -> float:
    """Milliseconds from a click, once it is possible, until all of these widgets changed."""
    target.click(trial=True)
    page.evaluate(CLICK_TO_PAINTED, [f"{widget} [data-rev]" for widget in widgets])
    target.click()
    return float(page.evaluate("painted"))


def tell(what: str, times: list[float]) -> None:
    first, *others = times
    print(
        f"{what}, click to painted: median of {len(others)} {statistics.median(others):.0f} ms, "
        f"longest {max(others):.0f} ms, first {first:.0f} ms"
    )


if __name__ == "__main__":
    main()
