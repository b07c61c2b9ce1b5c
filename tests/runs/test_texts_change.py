"""Calibration texts that change under a run: nothing stale is shown, no merge mixes two states."""

from pathlib import Path
from typing import Any

import pytest

from obim.errors import RunError
from obim.runs.bench import Bench
from obim.runs.desk import Desk
from obim.runs.dispatching import answer, do_job
from obim.runs.folder import RunFolder
from obim.runs.jobs import Advance, Calibrate, Check, Explore, Job
from obim.runs.noticing import notice_changes
from obim.runs.reading import RunReader
from obim.runs.state import RunState
from obim.runs.what_if_jobs import Reckon, WhatIf
from obim.types import Donor, MergeSpec

FIRST = "\n".join(f"the cat sat on the mat and saw moon {i}" for i in range(12))
SECOND = "\n".join(f"zz qq 99 {i} Xx" for i in range(15))


class Run:
    """A run whose worker is started anew for each job."""

    def __init__(self, root: Path, spec: MergeSpec) -> None:
        self.folder, self.exports = RunFolder.create(root / "runs", spec), root / "exports"
        self.do(Check())

    def do(self, *jobs: Job) -> None:
        bench = Bench(self.folder)
        for job in jobs:
            notice_changes(bench)
            do_job(bench, job, Desk.open(self.folder, "advance", None), self.exports)

    def state(self) -> RunState:
        return RunReader(self.folder).state()

    def owners(self) -> bytes:
        return (self.folder.path / "owner.u8").read_bytes()


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    path = tmp_path / "texts.txt"
    path.write_text(FIRST)
    return path


@pytest.fixture
def spec(tiny_base: Path, tiny_donors: list[Path], texts: Path) -> MergeSpec:
    donors = [
        Donor(name=f"d{k}", source=str(donor), calibration=str(texts), density=0.3)
        for k, donor in enumerate(tiny_donors[:2])
    ]
    return MergeSpec(base=str(tiny_base), donors=tuple(donors), rounds=3)


def merged(root: Path, spec: MergeSpec) -> tuple[bytes, Any]:
    """Owners, and summaries less the seconds, of a run on texts as they are now."""
    run = Run(root, spec)
    run.do(Calibrate(), Advance(99, evaluate="off"))
    return run.owners(), facts(run.state())


def facts(state: RunState) -> list[Any]:
    return [(s.donor, s.texts, s.tokens, s.tensors) for s in state.saliency]


def test_before_the_first_turn_all_is_measured_anew(
    tmp_path: Path, spec: MergeSpec, texts: Path
) -> None:
    run = Run(tmp_path / "run", spec)
    run.do(Calibrate(), Explore(), Reckon(spec))
    before = run.state()
    assert all((before.saliency, before.interference, before.what_ifs.settings))
    texts.write_text(SECOND)
    notice_changes(Bench(run.folder))
    after = run.state()
    assert (after.saliency, after.interference, after.what_ifs.settings) == ((), None, ())
    run.do(Advance(99, evaluate="off"))
    assert (run.owners(), facts(run.state())) == merged(tmp_path / "pure", spec)
    assert facts(run.state()) != facts(before)


def test_between_turns_the_first_statistics_go_on_counting(
    tmp_path: Path, spec: MergeSpec, texts: Path
) -> None:
    pure = merged(tmp_path / "pure", spec)
    run = Run(tmp_path / "run", spec)
    run.do(Calibrate(), Advance(2, evaluate="off"))
    texts.write_text(SECOND)
    run.do(Advance(1, evaluate="off"), Calibrate())
    texts.unlink()
    run.do(Advance(99, evaluate="off"))
    assert (run.owners(), facts(run.state())) == pure
    bench = Bench(run.folder)
    notice_changes(bench)
    preview = answer(bench, WhatIf(spec), busy=False)
    claimed = [sum(sum(t.claimed) for t in run.state().turns if t.donor == k) for k in (0, 1)]
    assert [donor.positions for donor in preview.donors] == claimed


def test_a_merge_whose_statistics_are_gone_is_refused(
    tmp_path: Path, spec: MergeSpec, texts: Path
) -> None:
    run = Run(tmp_path, spec)
    run.do(Calibrate(), Advance(2, evaluate="off"))
    texts.write_text(SECOND)
    for path in (run.folder.path / "stats").iterdir():
        path.unlink()
    with pytest.raises(RunError, match=r"texts .*texts.txt have changed or are gone"):
        run.do(Advance(1, evaluate="off"))
    assert len(run.state().turns) == 2


def test_what_needs_no_statistics_keeps_its_summary(
    tmp_path: Path, spec: MergeSpec, texts: Path
) -> None:
    run = Run(tmp_path, spec.model_copy(update={"estimator": "magnitude"}))
    run.do(Calibrate(), Explore())
    before = run.state()
    texts.write_text(SECOND)
    notice_changes(Bench(run.folder))
    assert run.state().saliency == before.saliency
    assert run.state().interference == before.interference
