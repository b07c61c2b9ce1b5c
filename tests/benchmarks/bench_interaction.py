"""What a user waits for on the demo: a step, a heatmap cell, a quick evaluation.

Prints medians; give it a machine that does nothing else. The click-to-painted time of a step is
this plus one poll of the page.
"""

import statistics
import tempfile
import time
from pathlib import Path

from obim import Advance, Calibrate, Cell, Check, Evaluate, Job, RunState, Studio

STEPS, CELLS, ITEMS = 9, 9, 40
ACTIVE = ("waiting", "running")


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
    with tempfile.TemporaryDirectory() as home:
        studio = Studio(Path(home))
        try:
            measure(studio)
        finally:
            studio.close()


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
    skills = tuple(skill.id for skill in state.skills)
    do(studio, run, Evaluate(("base",), skills, 2))
    seconds, state = do(studio, run, Evaluate(("base",), skills, ITEMS))
    scores = [s for s in state.scores if s.n == ITEMS]
    length = statistics.mean(s.mean_tokens for s in scores)
    print(
        f"quick evaluation, {len(scores)} skills x {ITEMS} items of {length:.0f} tokens: "
        f"{seconds:.1f} s"
    )


if __name__ == "__main__":
    main()
