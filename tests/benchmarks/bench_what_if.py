"""What-if on the demo: a preview from the sample against exact figures, and how near it is.

Where the worker does it, once models and sample are in memory; then in a browser, from the key
that moves a slider until table and map are painted. Prints medians; give it a machine that does
nothing else.
"""

import statistics
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Page

from obim import Calibrate, Check, MergeSpec, Reckon, Studio, TryOrders, WhatIf, WhatIfState
from tests.benchmarks.bench_interaction import CLICK_TO_PAINTED, do, opened

SETTINGS = ({}, {"rounds": 5}, {"rotate": False}, {"scope": "row"}, {"scope": "global"})
MOVES = 8


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        studio = Studio(home)
        try:
            measure(studio)
        finally:
            studio.close()
        measure_page(home)


def measure(studio: Studio) -> None:
    """One run of the demo's preset."""
    run = studio.create(studio.default_spec())
    do(studio, run, Check())
    spec = do(studio, run, Calibrate())[1].spec
    for change in SETTINGS:
        compare(studio, run, spec.model_copy(update=change), str(change or "preset"))
    seconds, state = do(studio, run, TryOrders(spec))
    orders = state.what_ifs.orders[-1]
    print(
        f"owner maps of {len(orders.orders)} orders: {seconds:.1f} s, same owner {orders.same:.3f}"
    )


def compare(studio: Studio, run: str, spec: MergeSpec, name: str) -> None:
    """Preview, warm, and exact figures of one setting."""
    began = time.perf_counter()
    studio.read(run, WhatIf(spec))
    first, took = time.perf_counter() - began, []
    for _ in range(5):
        began = time.perf_counter()
        seen = studio.read(run, WhatIf(spec))
        took.append(time.perf_counter() - began)
    seconds, state = do(studio, run, Reckon(spec))
    exact = state.what_ifs.settings[-1]
    warm = statistics.median(took)
    print(
        f"{name}: preview from {seen.rows} rows (1 in {seen.every}) {warm:.2f} s, first "
        f"{first:.1f} s; exact {seconds:.1f} s; {apart(seen, exact)}"
    )


def apart(seen: WhatIfState, exact: WhatIfState) -> str:
    """How far the preview is off, at worst over the donors, in points."""
    total = sum(donor.positions for donor in exact.donors)
    pairs = list(zip(seen.donors, exact.donors, strict=True))
    owned = max(abs(a.positions - b.positions) / total for a, b in pairs)
    lost = max(abs(a.lost - b.lost) for a, b in pairs)
    contested = max(abs(a.contested - b.contested) for a, b in pairs)
    return (
        f"off by at most {100 * owned:.2f} points of the claimed weights, {100 * lost:.2f} of "
        f"predicted loss, {100 * contested:.2f} of contested saliency"
    )


def measure_page(home: Path) -> None:
    """The same run in a browser; the first move also draws the sample."""
    with opened(home) as page:
        page.locator("#stepper button").nth(2).click()
        page.locator("#wi-map [data-state=ready]").wait_for()
        moves = [move(page, key) for key in ("ArrowRight", "ArrowLeft") * (MOVES // 2)]
    print(
        f"slider, key to painted: median of {len(moves) - 1} "
        f"{statistics.median(moves[1:]):.0f} ms, longest {max(moves[1:]):.0f} ms, "
        f"first {moves[0]:.0f} ms"
    )


def move(page: Page, key: str) -> float:
    """Milliseconds from a key on the slider of rounds until table and map show something else."""
    slider = page.locator("#wi-rounds input[type=range]")
    slider.focus()
    script = CLICK_TO_PAINTED.replace('"click"', '"keydown"')
    page.evaluate(script, ["#wi-table [data-rev]", "#wi-map [data-rev]"])
    slider.press(key)
    took = float(page.evaluate("painted"))
    page.wait_for_timeout(300)
    return took


if __name__ == "__main__":
    main()
