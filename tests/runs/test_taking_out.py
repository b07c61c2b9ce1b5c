"""An exported model without one donor's part, against a recomputation from base and map."""

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from obim.cli import FAILED, OK, WRONG, main
from obim.errors import ExportError, Incompatible
from obim.models.export import hash_folder
from obim.models.owner_map import NAME
from obim.runs.advancing import run_advance
from obim.runs.bench import Bench
from obim.runs.desk import Desk
from obim.runs.exporting import run_export
from obim.runs.folder import RunFolder
from obim.runs.jobs import Advance, Export
from obim.runs.recipe import dump_recipe, read_recipe
from obim.runs.taking_out import take_out
from obim.types import Donor, MergeSpec
from tests.tiny import save_donor, save_tiny


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("models")
    base = save_tiny(root / "base", layers=1)
    for i, name in enumerate(("a", "b")):
        save_donor(root / name, base, seed=i + 3, share=0.8)
    return root


def spec_of(models: Path, **more: object) -> MergeSpec:
    donors = tuple(Donor(name=n, source=str(models / n), density=0.3) for n in ("a", "b"))
    values = {"estimator": "magnitude", "rounds": 2, "exclude": ("model.norm*",), **more}
    return MergeSpec.model_validate({"base": str(models / "base"), "donors": donors, **values})


@pytest.fixture(scope="module", params=["bfloat16", "float32"])
def exported(
    models: Path, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Path:
    """Three of four turns, merged in bfloat16 and written in either dtype."""
    root = tmp_path_factory.mktemp("run")
    bench = Bench(RunFolder.create(root / "runs", spec_of(models)))
    run_advance(bench, Advance(3, "off"), Desk.open(bench.folder, "advance", None))
    run_export(bench, Export("out", request.param), Desk.open(bench.folder, "export", None), root)
    owner = bench.merge.owner if bench.merge else {}
    donor_of = {v.number: v.donor + 1 for v in bench.plan.visits}
    np.savez(root / "want.npz", **{
        n: np.array([donor_of.get(int(t), 0) for t in o], np.uint8) for n, o in owner.items()
    })  # fmt: skip
    return root / "out"


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return load_file(folder / "model.safetensors")


def test_the_map_says_whose_turn_claimed_what(exported: Path) -> None:
    with np.load(exported / NAME) as found, np.load(exported.parent / "want.npz") as want:
        assert set(found.files) == set(want.files)
        assert {int(k) for n in found.files for k in np.unique(found[n])} == {0, 1, 2}
        for name in found.files:
            assert found[name].dtype == np.uint8
            assert (found[name].reshape(-1) == want[name]).all()


@pytest.mark.parametrize(("donor", "number"), [("a", 1), ("b", 2), ("2", 2)])
def test_only_that_donors_positions_are_the_bases_again(
    exported: Path, models: Path, tmp_path: Path, donor: str, number: int
) -> None:
    report = take_out(exported, donor, tmp_path / "out")
    before, after, base = weights(exported), weights(tmp_path / "out"), weights(models / "base")
    with np.load(exported / NAME) as owners, np.load(tmp_path / "out" / NAME) as left:
        for name, tensor in before.items():
            want = tensor.clone()
            if name in owners:
                where = torch.from_numpy(owners[name] == number)
                want[where] = base[name].to(torch.bfloat16).to(tensor.dtype)[where]
                assert (left[name] == np.where(owners[name] == number, 0, owners[name])).all()
            assert after[name].dtype == tensor.dtype
            assert torch.equal(after[name], want)
    assert report.content_hash == hash_folder(tmp_path / "out") != hash_folder(exported)
    readme = (tmp_path / "out" / "README.md").read_text()
    assert readme.startswith("---\n")
    assert "isn't the merge that OBIM would have built" in readme
    assert not (tmp_path / "out" / "evaluation.json").exists()
    assert read_recipe(tmp_path / "out" / "recipe.yaml") == read_recipe(exported / "recipe.yaml")


def test_without_all_donors_the_base_is_left(exported: Path, models: Path, tmp_path: Path) -> None:
    take_out(exported, "b", tmp_path / "one")
    take_out(tmp_path / "one", "a", tmp_path / "none")
    left = weights(tmp_path / "none")
    for name, tensor in weights(models / "base").items():
        assert torch.equal(left[name], tensor.to(torch.bfloat16).to(left[name].dtype))
    with pytest.raises(ExportError, match="owns nothing"):
        take_out(tmp_path / "none", "a", tmp_path / "again")
    assert not (tmp_path / "again").exists()


def test_another_base_is_refused_and_nothing_is_left(
    exported: Path, models: Path, tmp_path: Path
) -> None:
    with np.load(exported / NAME) as owners:
        name = next(n for n in owners.files if (owners[n] == 0).any())
        free = tuple(int(i) for i in np.argwhere(owners[name] == 0)[0])
    tensors = weights(models / "base")
    tensors[name][free] += 1
    other = tmp_path / "other"
    save_tiny(other, layers=1)
    save_file(tensors, other / "model.safetensors", {"format": "pt"})
    save_tiny(tmp_path / "deeper", layers=2)
    for wrong in (other, tmp_path / "deeper"):
        with pytest.raises(Incompatible, match=f"{wrong} is not the base"):
            take_out(exported, "a", tmp_path / "out", str(wrong))
    assert {p.name for p in tmp_path.iterdir()} == {"other", "deeper"}


def test_the_command(
    exported: Path, models: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["take-out", str(exported), "a", str(tmp_path / "out")]) == OK
    path, digest = capsys.readouterr().out.split()
    assert hash_folder(Path(path)) == digest
    assert main(["take-out", str(exported), "c", str(tmp_path / "x")]) == FAILED
    assert "no donor called 'c'" in capsys.readouterr().err
    told = ["take-out", str(exported), "a", str(tmp_path / "x"), "--base", str(models / "none")]
    assert main(told) == WRONG
    assert main(["take-out", str(models / "base"), "a", str(tmp_path / "x")]) == WRONG
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_a_merge_from_a_recipe_has_the_same_map(
    models: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = spec_of(models)
    (tmp_path / "r.yaml").write_text(dump_recipe(spec))
    bench = Bench(RunFolder.create(tmp_path / "runs", spec))
    run_advance(bench, Advance(9, "off"), Desk.open(bench.folder, "advance", None))
    run_export(bench, Export("page", "bfloat16"), Desk.open(bench.folder, "export", None), tmp_path)
    assert main(["merge", str(tmp_path / "r.yaml"), str(tmp_path / "out")]) == OK
    with np.load(tmp_path / "out" / NAME) as a, np.load(tmp_path / "page" / NAME) as b:
        assert set(a.files) == set(b.files)
        assert all((a[n] == b[n]).all() for n in a.files)
    card = (tmp_path / "out" / "README.md").read_text()
    assert "## Rollback" in card
    assert "obim take-out ./out a ./out-2" in card
    told = ["merge", str(tmp_path / "r.yaml"), str(tmp_path / "bare"), "--no-owner-map"]
    assert main(told) == OK
    assert not (tmp_path / "bare" / NAME).exists()
    assert "was left out" in (tmp_path / "bare" / "README.md").read_text()
    with pytest.raises(ExportError, match="no map of owners"):
        take_out(tmp_path / "bare", "a", tmp_path / "x")


@pytest.mark.parametrize("damage", ["cut", "other", "shape"])
def test_a_damaged_map_is_one_sentence(exported: Path, tmp_path: Path, damage: str) -> None:
    folder = tmp_path / "copy"
    folder.mkdir()
    for path in exported.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    if damage == "cut":
        (folder / NAME).write_bytes((exported / NAME).read_bytes()[:-40])
    elif damage == "other":
        (folder / NAME).write_text("no archive")
    else:
        with np.load(exported / NAME) as owners:
            np.savez(folder / NAME, **{n: owners[n].reshape(-1)[:-1] for n in owners.files})
    with pytest.raises(ExportError, match="is damaged or of another model"):
        take_out(folder, "a", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_map_is_whole_and_compressed(exported: Path) -> None:
    with zipfile.ZipFile(exported / NAME) as archive:
        assert archive.testzip() is None
        packed = sum(info.compress_size for info in archive.infolist())
        assert packed < sum(info.file_size for info in archive.infolist())
    assert json.loads((exported / "evaluation.json").read_text())["turn"] == 3
