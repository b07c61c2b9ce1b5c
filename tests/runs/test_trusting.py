"""The Trust and Converge jobs: figures of a direct call, resumed, stopped, and never stale."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from obim.errors import CalibrationError, ObimError
from obim.insight.agreement import agree
from obim.insight.enough import enough
from obim.insight.honesty import Subject, predict_and_measure
from obim.merging.ranking import Ranking
from obim.models.binding import bind, load_model
from obim.models.checkpoint import open_checkpoint
from obim.registry import find
from obim.runs import placing, sizing, trusting
from obim.runs.bench import Bench
from obim.runs.calibrating import run_calibrate
from obim.runs.desk import Desk, StopJob
from obim.runs.dispatching import do_job
from obim.runs.folder import RunFolder
from obim.runs.forking import kept_events
from obim.runs.jobs import Calibrate
from obim.runs.reading import RunReader
from obim.runs.sizing import run_converge, steps
from obim.runs.statistics_needed import stats_key
from obim.runs.trust import ConvergenceState, TrustState
from obim.runs.trust_jobs import Converge, Trust
from obim.runs.trusting import run_trust
from obim.saliency.calibration import batches, load_texts
from obim.saliency.store import load_stats
from obim.types import Donor, MergeSpec
from tests.saliency.test_activations import drain
from tests.tiny import save_donor, save_tiny

JOB = Trust(donor=0, estimators=("kfac", "magnitude"), layers=(0, 1), tokens=60, bands=4)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("models")
    save_donor(root / "d", save_tiny(root / "base", layers=2), share=0.6)
    lines = [f'{{"prompt": "number {i} of {i * 7 % 5}", "answer": "x{i}"}}' for i in range(40)]
    (root / "texts.jsonl").write_text("\n".join(lines))
    return root


def make_spec(models: Path, **more: Any) -> MergeSpec:
    texts = str(models / "texts.jsonl")
    donor = Donor(name="d", source=str(models / "d"), calibration=texts, density=0.2)
    settings: dict[str, Any] = {"rounds": 2, "dtype": "float32", "calibration_tokens": 400}
    return MergeSpec(base=str(models / "base"), **settings | {"donors": (donor,)} | more)


@pytest.fixture
def bench(models: Path, tmp_path: Path) -> Bench:
    return Bench(RunFolder.create(tmp_path / "runs", make_spec(models)))


def desk(bench: Bench, **more: Any) -> Desk:
    return Desk.open(bench.folder, "trust", None, **more)


def estimates(folder: RunFolder) -> dict[str, TrustState]:
    return {one.estimator: one for one in RunReader(folder).state().trust.estimates}


def sizes(folder: RunFolder) -> tuple[ConvergenceState, ...]:
    return RunReader(folder).state().trust.sizes


@pytest.mark.parametrize("name", ["layerwise", "kfac", "fisher", "hutchinson", "magnitude"])
def test_figures_are_those_of_a_direct_call(bench: Bench, models: Path, name: str) -> None:
    run_trust(bench, replace(JOB, estimators=(name,), layers=(1,)), desk(bench))
    (found,) = estimates(bench.folder)[name].layers
    spec = bench.spec.model_copy(update={"estimator": name})
    model = load_model(models / "d", torch.float32)
    bindings = bind(model, open_checkpoint(models / "d"))
    base = open_checkpoint(models / "base")
    names = [n for n in base.tensors if ".layers.1." in n]
    entry = find("estimator", name)
    stats = load_stats(bench.folder.stats_path(stats_key(spec, 0))) if name != "magnitude" else None
    ranking = Ranking("d", 0, 1.0, entry, stats, 0, torch.float32)
    texts = load_texts(str(models / "texts.jsonl"))
    rows = batches(bench.tokenizer, texts, 60)
    subject = Subject(
        model, bindings, lambda n: bindings[n].view - base.read(n),
        lambda n, d: ranking.saliency(n, d)[0],
    )  # fmt: skip
    honesty = drain(predict_and_measure(subject, rows, {"": names}, 4))[1]
    (group,) = honesty.groups
    # kfac's mean is over all tokens, the measured loss one over those of answers
    every = batches(bench.tokenizer, texts, 400)
    factor = 1.0
    if name == "kfac":
        read = [(m, a) for b in every for m, a in zip(b.mask, b.answers, strict=True) if a.any()]
        factor = sum(int(m.sum()) for m, _ in read) / sum(int(a[1:].sum()) for _, a in read)
    for mine, theirs in zip(found.bands, group.bands, strict=True):
        assert mine.entries == theirs.entries
        assert mine.predicted == pytest.approx(theirs.predicted * factor, rel=1e-4)
        assert mine.measured == pytest.approx(theirs.measured, abs=2e-6)
    assert found.whole is not None
    assert found.whole.measured == pytest.approx(group.whole.measured, abs=2e-6)
    assert found.agreement == agree(found.bands)
    state = estimates(bench.folder)[name]
    assert state.loss == pytest.approx(honesty.loss, abs=1e-6)
    assert state.tokens == sum(int(b.mask.sum()) for b in rows)


def test_a_layer_at_a_time_is_kept_and_a_stopped_job_goes_on(bench: Bench) -> None:
    done: list[str] = []

    def serve() -> None:
        done.append(line.detail)

    line = desk(bench, stopping=lambda: "d · magnitude · 1" in done, serve=serve)
    with pytest.raises(StopJob):
        run_trust(bench, JOB, line)
    part = estimates(bench.folder)
    assert [layer.layer for layer in part["kfac"].layers] == [0, 1]
    assert [layer.layer for layer in part["magnitude"].layers] == [0]
    events = len(list(bench.folder.events()))
    run_trust(bench, JOB, desk(bench))
    assert len(list(bench.folder.events())) == events + 1
    after = estimates(bench.folder)
    assert after["kfac"] == part["kfac"]
    assert [layer.layer for layer in after["magnitude"].layers] == [0, 1]
    run_trust(bench, JOB, desk(bench))
    assert len(list(bench.folder.events())) == events + 1


def test_other_texts_begin_anew(bench: Bench) -> None:
    do_job(bench, JOB, desk(bench), bench.folder.path)
    before = estimates(bench.folder)
    run_trust(bench, replace(JOB, estimators=("kfac",), layers=(0,), tokens=90), desk(bench))
    after = estimates(bench.folder)
    assert [layer.layer for layer in after["kfac"].layers] == [0]
    assert after["kfac"].tokens > before["kfac"].tokens
    assert after["magnitude"] == before["magnitude"]


def test_a_fork_keeps_what_holds_and_other_files_nothing(bench: Bench, models: Path) -> None:
    run_trust(bench, JOB, desk(bench))
    run_converge(bench, Converge(0, "layerwise", (0,), 0.9), desk(bench))
    spec = bench.spec

    def kinds(**more: Any) -> set[str]:
        kept = kept_events(bench.folder, spec.model_copy(update=more))
        return {event["event"] for event in kept} & {"trust", "converge", "cost"}

    assert kinds(estimator="fisher", rounds=3) == {"trust", "converge", "cost"}
    assert kinds(calibration_tokens=99) == {"converge", "cost"}
    other = spec.donors[0].model_copy(update={"calibration": "self"})
    assert kinds(donors=(other,)) == {"cost"}
    thinner = spec.donors[0].model_copy(update={"density": 0.1})
    assert kinds(donors=(thinner,)) == {"trust", "cost"}
    assert kinds(seed=1) == {"cost"}
    assert kinds(base="elsewhere") == set()
    states = dict.fromkeys((spec.base, spec.donors[0].source), "before")
    bench.folder.append({"event": "files", "files": states})
    bench.folder.append({"event": "files", "files": dict.fromkeys(states, "after")})
    state = RunReader(bench.folder).state().trust
    assert (state.estimates, state.sizes) == ((), ())
    assert {cost.estimator for cost in state.costs} == {"", "kfac"}


@pytest.fixture
def edited(models: Path, tmp_path: Path) -> tuple[Bench, Callable[[], None]]:
    """A run of two donors, looked at; and what changes the texts of the first."""
    texts = tmp_path / "texts.jsonl"
    texts.write_bytes((models / "texts.jsonl").read_bytes())
    (donor,) = make_spec(models).donors
    first = donor.model_copy(update={"calibration": str(texts)})
    other = donor.model_copy(update={"name": "e"})
    bench = Bench(RunFolder.create(tmp_path / "runs", make_spec(models, donors=(first, other))))
    for k in (0, 1):
        run_trust(bench, replace(JOB, donor=k, layers=(0,)), desk(bench))
        run_converge(bench, Converge(k, "fisher", (0,), 0.9), desk(bench))

    def edit() -> None:
        texts.write_text("\n".join(texts.read_text().splitlines()[:30]))

    return bench, edit


def held(bench: Bench) -> set[tuple[str, str]]:
    found = RunReader(bench.folder).state().trust
    return {(one.donor, one.estimator) for one in (*found.estimates, *found.sizes)}


ALL_OF = {name: {(name, e) for e in ("kfac", "magnitude", "fisher")} for name in ("d", "e")}


def test_statistics_of_other_texts_leave_nothing_that_looks_fresh(
    edited: tuple[Bench, Callable[[], None]],
) -> None:
    bench, edit = edited
    run_calibrate(bench, Calibrate(), desk(bench))
    assert held(bench) == ALL_OF["d"] | ALL_OF["e"]
    edit()
    bench = Bench(bench.folder)
    run_calibrate(bench, Calibrate(), desk(bench))
    assert held(bench) == ALL_OF["e"]
    assert ("d", "kfac") not in RunReader(bench.folder).state().trust.measured
    assert ("d", "layerwise") in RunReader(bench.folder).state().trust.measured


@pytest.mark.parametrize(
    ("job", "kept"),
    [
        (replace(JOB, estimators=("magnitude",), layers=(0,)), ("d", "magnitude")),
        (Converge(0, "layerwise", (0,), 0.9), ("d", "layerwise")),
    ],
)
def test_a_look_at_other_texts_drops_those_at_the_old_ones(
    edited: tuple[Bench, Callable[[], None]], job: Any, kept: tuple[str, str]
) -> None:
    bench, edit = edited
    edit()
    run = run_trust if isinstance(job, Trust) else run_converge
    run(bench, job, desk(bench))
    assert held(bench) == {kept} | ALL_OF["e"]


def test_statistics_that_are_there_drop_what_other_texts_told(
    edited: tuple[Bench, Callable[[], None]],
) -> None:
    """Texts put back as they were: their statistics are still there, and cost nothing."""
    bench, edit = edited
    run_calibrate(bench, Calibrate(), desk(bench))
    path = Path(str(bench.spec.donors[0].calibration))
    before, stat = path.read_bytes(), path.stat()
    edit()
    run_converge(bench, Converge(0, "layerwise", (0,), 0.9), desk(bench))
    assert held(bench) == {("d", "layerwise")} | ALL_OF["e"]
    path.write_bytes(before)
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    run_calibrate(Bench(bench.folder), Calibrate(), desk(bench))
    assert held(bench) == ALL_OF["e"]


def test_what_measuring_took_is_in_the_summary(bench: Bench) -> None:
    run_calibrate(bench, Calibrate(), desk(bench))
    (donor,) = RunReader(bench.folder).state().saliency
    (cost,) = RunReader(bench.folder).state().trust.costs
    assert donor.seconds == cost.seconds
    assert cost.seconds > 0
    assert (cost.estimator, cost.tokens) == ("layerwise", donor.tokens)


def test_reading_stops_as_soon_as_it_is_enough(bench: Bench) -> None:
    do_job(bench, Converge(0, "layerwise", (0, 1), 0.9), desk(bench), bench.folder.path)
    (easy,) = sizes(bench.folder)
    assert easy.ended
    assert [size.texts for size in easy.curve] == [8]
    assert easy.there == 40
    assert enough(easy.curve, 0.9) == 8
    run_converge(bench, Converge(0, "layerwise", (0, 1), 1e-6), desk(bench))
    (hard,) = sizes(bench.folder)
    assert [size.texts for size in hard.curve] == [8, 12, 16, 24, 32, 40]
    assert enough(hard.curve, 1e-6) is None
    assert hard.curve[0] == easy.curve[0]
    assert list(hard.tokens) == sorted(hard.tokens)


@pytest.mark.parametrize("name", ["layerwise", "kfac", "fisher", "hutchinson"])
def test_so_many_tokens_are_so_many_texts(bench: Bench, models: Path, name: str) -> None:
    run_converge(bench, Converge(0, name, (0,), 1e-6), desk(bench))
    (found,) = sizes(bench.folder)
    texts = load_texts(str(models / "texts.jsonl"))
    for size, tokens in zip(found.curve, found.tokens, strict=True):
        assert sum(b.texts for b in batches(bench.tokenizer, texts, tokens)) == size.texts


def test_steps_grow_and_end_with_all() -> None:
    assert list(steps(70)) == [8, 12, 16, 24, 32, 48, 64, 70]
    assert list(steps(8)) == [8]
    assert list(steps(3)) == [3]


def test_large_tensors_are_looked_at_by_some_of_their_rows(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_converge(bench, Converge(0, "layerwise", (0,), 1e-6), desk(bench))
    (whole,) = sizes(bench.folder)
    monkeypatch.setattr(sizing, "_ENTRIES", 128)
    run_converge(bench, Converge(0, "layerwise", (0,), 1e-6), desk(bench))
    (thin,) = sizes(bench.folder)
    assert thin.curve != whole.curve
    for a, b in zip(thin.curve, whole.curve, strict=True):
        assert a.change == pytest.approx(b.change, abs=0.05)


@pytest.mark.parametrize(
    ("job", "words"),
    [
        (Trust(3, ("magnitude",)), "no such donor"),
        (Trust(0, ("magnitude",), (7,)), "no such layer"),
        (Trust(0, ("nothing",)), "no estimator"),
        (Trust(0, ()), "Choose an estimator"),
        (Converge(0, "magnitude"), "looks at no texts"),
        (Converge(0, "kfac", share=0.0), "between 0 and 1"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_said(bench: Bench, job: Any, words: str) -> None:
    run = run_trust if isinstance(job, Trust) else run_converge
    with pytest.raises(ObimError, match=words):
        run(bench, job, desk(bench))


def test_without_texts_or_room_it_is_refused(
    models: Path, bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare = make_spec(models).donors[0].model_copy(update={"calibration": None})
    folder = RunFolder.create(tmp_path / "more", make_spec(models, donors=(bare,)))
    with pytest.raises(CalibrationError, match="no calibration texts"):
        run_trust(Bench(folder), JOB, desk(bench))
    monkeypatch.setattr(placing, "free_memory", lambda device: 1000)
    with pytest.raises(CalibrationError, match="GB of memory are needed"):
        run_trust(bench, JOB, desk(bench))


def test_a_layer_that_the_donor_leaves_alone_is_said_to_be_so(models: Path, tmp_path: Path) -> None:
    model = load_model(models / "base", torch.float32)
    with torch.no_grad():
        model.model.layers[1].mlp.up_proj.weight += 0.1
    model.save_pretrained(tmp_path / "d")
    donor = make_spec(models).donors[0].model_copy(update={"source": str(tmp_path / "d")})
    bench = Bench(RunFolder.create(tmp_path / "runs", make_spec(models, donors=(donor,))))
    run_trust(bench, replace(JOB, estimators=("magnitude",)), desk(bench))
    first, second = estimates(bench.folder)["magnitude"].layers
    assert (first.bands, first.whole) == ((), None)
    assert len(second.bands) == 4
    assert estimates(bench.folder)["magnitude"].agreement.count == 4


def test_nothing_is_measured_twice_for_a_summary(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Statistics that were measured for one are there for the other."""
    run_trust(bench, replace(JOB, estimators=("layerwise",)), desk(bench))
    monkeypatch.setattr(trusting, "collect_rows", None)
    run_calibrate(bench, Calibrate(), desk(bench))
    assert RunReader(bench.folder).state().saliency[0].seconds is not None
    run_trust(bench, replace(JOB, estimators=("layerwise",), tokens=70), desk(bench))
