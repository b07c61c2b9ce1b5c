"""What an estimator takes: told from headers, refused where too much, and honoured to the end."""

from pathlib import Path

import pytest
import torch

from obim.cli import OK, main
from obim.errors import CalibrationError, ExportError
from obim.models.device import CPU
from obim.models.export import hash_folder
from obim.runs import measuring, placing
from obim.runs.bench import Bench
from obim.runs.calibrating import run_calibrate
from obim.runs.costing import goes_by_layer, kept_on_disk, memory_whole, passes
from obim.runs.desk import Desk
from obim.runs.folder import RunFolder
from obim.runs.foreseeing import foresee_run
from obim.runs.jobs import Calibrate, Cell
from obim.runs.looking import read_cell
from obim.runs.recipe import dump_recipe
from obim.runs.statistics_needed import stats_key
from obim.types import Donor, MergeSpec
from tests.tiny import TEXTS

BACKWARD = ("kfac", "fisher", "hutchinson")
CUDA = torch.device("cuda")


@pytest.fixture
def spec(tmp_path: Path, tiny_base: Path, tiny_donors: list[Path]) -> MergeSpec:
    texts = tmp_path / "texts.txt"
    texts.write_text("\n".join(TEXTS))
    donors = tuple(
        Donor(name=d.name, source=str(d), calibration=str(texts)) for d in tiny_donors[1:]
    )
    return MergeSpec(base=str(tiny_base), donors=donors, rounds=2, dtype="float32")


def made(root: Path, spec: MergeSpec, estimator: str, device: torch.device = CPU) -> Bench:
    changed = spec.model_copy(update={"estimator": estimator})
    return Bench(RunFolder.create(root / "runs", changed), device=device)


def calibrate(bench: Bench) -> None:
    run_calibrate(bench, Calibrate(), Desk.open(bench.folder, "calibrate", None))
    bench.reader.catch_up()


def test_copies_and_activations_follow_headers(tmp_path: Path, spec: MergeSpec) -> None:
    """q 32, k 24, v 24, o 32, gate, up and down 40 each, twice; embedding and head 112 each."""
    base, widths = made(tmp_path, spec, "kfac").base, 2 * (32 + 24 + 24 + 32 + 3 * 40) + 2 * 112
    n, activations = base.parameters, 4 * 512 * 3 * widths
    needs = {e: spec.model_copy(update={"estimator": e}) for e in (*BACKWARD, "layerwise")}
    assert memory_whole(needs["layerwise"], base) == 4 * n
    assert memory_whole(needs["kfac"], base) == 4 * n + activations
    assert memory_whole(needs["fisher"], base) == 2 * 4 * n + activations
    assert memory_whole(needs["hutchinson"], base) == 5 * 4 * n + 2 * activations
    kept = {e: kept_on_disk(s, base) for e, s in needs.items()}
    assert kept == {"layerwise": 0, "kfac": 0, "fisher": 4 * n, "hutchinson": 4 * n}
    assert [goes_by_layer(s) for s in needs.values()] == [False, False, False, True]
    order = sorted(needs, key=lambda e: passes(needs[e]))
    assert order == ["layerwise", "kfac", "fisher", "hutchinson"]


@pytest.mark.parametrize("estimator", BACKWARD)
def test_a_model_too_large_is_refused_or_goes_to_the_cpu(
    tmp_path: Path, spec: MergeSpec, estimator: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = made(tmp_path, spec, estimator, CUDA)
    free = {"cuda": 2.0, "cpu": 2.0}
    need = memory_whole(bench.spec, bench.base)
    monkeypatch.setattr(placing, "free_memory", lambda device: need * free[device.type])
    assert placing.place_measuring(bench, [0]) == placing.Place(CUDA, True)
    free["cuda"] = 0.5
    assert placing.place_measuring(bench, [0]) == placing.Place(CPU, True)
    free["cpu"] = 0.99
    with pytest.raises(CalibrationError, match=rf"{estimator}.*choose 'layerwise'"):
        placing.place_measuring(bench, [0])


def test_statistics_of_an_estimator_are_its_own(tmp_path: Path, spec: MergeSpec) -> None:
    kinds = [spec.model_copy(update={"estimator": e}) for e in (*BACKWARD, "layerwise")]
    assert len({stats_key(s, 0) for s in kinds}) == 4
    other = [s.model_copy(update={"seed": 5}) for s in kinds]
    same = [stats_key(a, 0) == stats_key(b, 0) for a, b in zip(kinds, other, strict=True)]
    assert same == [True, True, False, True]


@pytest.mark.parametrize("estimator", BACKWARD)
def test_calibrating_stores_shows_and_merges(
    tmp_path: Path, spec: MergeSpec, estimator: str
) -> None:
    bench = made(tmp_path, spec, estimator)
    before = foresee_run(bench, tmp_path / "exports")
    calibrate(bench)
    after = foresee_run(bench, tmp_path / "exports")
    assert before.measuring > 0 == after.measuring
    kept = 2 * kept_on_disk(bench.spec, bench.base)
    assert before.disk - after.disk == kept
    stored = sum(f.stat().st_size for f in (bench.folder.path / "stats").iterdir())
    assert kept <= stored < kept + 200_000
    state = bench.reader.state()
    assert [d.estimator for d in state.saliency] == [estimator] * 2
    assert not any(d.missing for d in state.saliency)
    assert set(state.saliency[0].figures) == (
        {"probes", "clamped"} if estimator == "hutchinson" else set()
    )
    name = "model.layers.0.mlp.down_proj.weight"
    delta = bench.donors[0].delta(name)
    stats = bench.stats()[0]
    assert delta is not None
    assert stats is not None
    wanted = 0.5 * delta.square() * stats.tensors[name].diagonal()
    got, measured = bench.plan.rankings[0].saliency(name, delta)
    torch.testing.assert_close(got, wanted)
    assert measured
    cell = read_cell(bench, Cell(donor=0, tensor=name, size=64))
    assert cell["measured"]
    assert cell["vmax"] == pytest.approx(float(wanted.max()), rel=1e-5)


def test_the_command_honours_the_estimator(
    tmp_path: Path, spec: MergeSpec, capsys: pytest.CaptureFixture[str]
) -> None:
    hashes = {}
    for estimator in (*BACKWARD, "layerwise"):
        recipe = tmp_path / f"{estimator}.yaml"
        recipe.write_text(dump_recipe(spec.model_copy(update={"estimator": estimator})))
        for again in ("one", "two"):
            out = tmp_path / estimator / again
            out.parent.mkdir(exist_ok=True)
            assert main(["merge", str(recipe), str(out)]) == OK
            assert hashes.setdefault(estimator, hash_folder(out)) == hash_folder(out)
    capsys.readouterr()
    assert len(set(hashes.values())) == 4
    card = (tmp_path / "hutchinson" / "one" / "README.md").read_text()
    assert "clamped to 0" in card


def test_a_disk_too_full_for_a_tensor_a_weight_is_refused_before(
    tmp_path: Path, spec: MergeSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def refuse(folder: Path, nbytes: int) -> None:
        asked.append(nbytes)
        raise ExportError("full")

    monkeypatch.setattr(measuring, "require_room", refuse)
    bench = made(tmp_path, spec, "fisher")
    with pytest.raises(ExportError):
        calibrate(bench)
    assert asked == [2 * kept_on_disk(bench.spec, bench.base)]
    calibrate(made(tmp_path, spec, "kfac"))


def test_global_scope_takes_values_that_compare_as_they_are(
    tmp_path: Path, spec: MergeSpec
) -> None:
    whole = spec.model_copy(update={"scope": "global"})
    for estimator, shares in (("magnitude", False), ("kfac", False), ("layerwise", True)):
        bench = made(tmp_path, whole, estimator)
        calibrate(bench)
        assert {r.shares for r in bench.plan.rankings} == {shares}
