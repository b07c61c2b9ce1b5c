"""Where a model that answers finds no room: scores are off and say why, turns go on."""

from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from obim.errors import EvaluationError
from obim.models.device import CPU
from obim.runs import advancing, memory, placing
from obim.runs.advancing import run_advance
from obim.runs.bench import Bench
from obim.runs.desk import Desk
from obim.runs.folder import RunFolder
from obim.runs.gating import Gatekeeper
from obim.runs.jobs import Advance
from obim.runs.memory import shortage
from obim.types import Donor, MergeSpec

CUDA, MPS = torch.device("cuda"), torch.device("mps")


@pytest.fixture
def bench(tmp_path: Path, tiny_base: Path, tiny_donors: list[Path]) -> Bench:
    donors = tuple(Donor(name=d.name, source=str(d)) for d in tiny_donors[:2])
    spec = MergeSpec(base=str(tiny_base), donors=donors, estimator="magnitude", rounds=2)
    return Bench(RunFolder.create(tmp_path / "runs", spec))


def leave_free(monkeypatch: pytest.MonkeyPatch, bench: Bench, **models: float) -> None:
    """Free memory a device, in models of two bytes a weight."""
    size = 2 * bench.base.parameters
    for room in (memory, placing):
        monkeypatch.setattr(room, "free_memory", lambda device: round(size * models[device.type]))


@pytest.fixture
def scored(monkeypatch: pytest.MonkeyPatch) -> None:
    """An evaluation is due after each turn."""
    monkeypatch.setattr(advancing, "_ahead", lambda _, job, turn: [1.0] * min(job.turns, 4 - turn))


def advance(bench: Bench, turns: int) -> None:
    run_advance(bench, Advance(turns), Desk.open(bench.folder, "advance", None))


@pytest.mark.usefixtures("scored")
def test_too_little_on_the_device_and_on_the_machine(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_advance(bench, Advance(1, "off"), Desk.open(bench.folder, "advance", None))
    bench.device = CUDA  # from here on it is only asked how much is free there
    leave_free(monkeypatch, bench, cuda=0.5, cpu=1.0)
    with monkeypatch.context() as patch:
        patch.setattr("obim.runs.live.load_model", lambda *_: pytest.fail("it is loaded"))
        advance(bench, 2)
    state = bench.reader.state()
    assert (state.turn, state.scores) == (3, ())
    size = 2 * bench.base.parameters
    expected = {"need": size / 0.9 / 1e9, "free": size / 1e9, "there": round(size / 2) / 1e9}
    assert state.unscored.values == expected | {"device": "cuda"}
    assert "on the machine, which it is loaded through" in state.unscored


def test_the_machine_decides_and_the_device_is_told(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave_free(monkeypatch, bench, cuda=9.0, mps=0.0, cpu=1.0)
    through = shortage(bench.base, torch.bfloat16, CUDA)
    assert through is not None  # it is loaded by way of the machine
    assert through.values["there"] == 9 * 2 * bench.base.parameters / 1e9
    plain = shortage(bench.base, torch.bfloat16, CPU)
    assert plain is not None
    assert plain.values.keys() == {"need", "free"}
    leave_free(monkeypatch, bench, cuda=0.5, mps=0.0, cpu=1.2)
    for device in (CPU, CUDA, MPS):
        assert shortage(bench.base, torch.bfloat16, device) is None
        assert placing.place_live(bench.base, torch.bfloat16, device) == CPU


def test_rules_are_refused_at_once_and_the_sentence_says_what_to_do(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave_free(monkeypatch, bench, cpu=1.0)
    monkeypatch.setattr(Gatekeeper, "__init__", lambda *_: None)
    monkeypatch.setattr(Gatekeeper, "__bool__", lambda _: True)
    monkeypatch.setattr(Gatekeeper, "effort", lambda *_: 1.0)
    monkeypatch.setattr(advancing, "ready", lambda *_: pytest.fail("it measures first"))
    with pytest.raises(EvaluationError, match="Switch the rules off to merge without scores"):
        advance(bench, 1)
    monkeypatch.undo()
    run_advance(bench, Advance(1, "off"), Desk.open(bench.folder, "advance", None))
    assert bench.reader.state().turn == 1  # without rules it goes on


@pytest.mark.usefixtures("scored")
def test_a_device_that_runs_out_while_answering(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run_out(*_: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(advancing, "score_all", run_out)
    advance(bench, 1)
    state = bench.reader.state()
    assert (state.turn, state.scores) == (1, ())
    assert "needs more memory than cpu has" in state.unscored


@pytest.mark.usefixtures("scored")
def test_another_error_while_answering_ends_the_job(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("shapes differ")

    monkeypatch.setattr(advancing, "score_all", fail)
    with pytest.raises(RuntimeError, match="shapes differ"):
        advance(bench, 1)


def test_what_is_told_of_a_run_counts_a_live_model_where_it_is(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from obim.runs import foreseeing

    monkeypatch.setattr(foreseeing, "_seconds", lambda *_: 1.0)
    monkeypatch.setattr(foreseeing.psutil, "Process", lambda: SimpleNamespace(
        memory_info=lambda: SimpleNamespace(rss=10**9)))  # fmt: skip
    told = {}
    for device in (CPU, CUDA):
        bench._live = SimpleNamespace(device=device, computing=torch.bfloat16)  # type: ignore[assignment]
        told[device] = foreseeing.foresee_run(bench, tmp_path).memory
    assert told[CUDA] - told[CPU] == 2 * bench.base.parameters
