"""What is told of models of the hub before any of their weights is fetched."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from huggingface_hub import constants
from safetensors.torch import load_file, save_file

from obim import cli
from obim.errors import DownloadError, ExportError, ModelNotFound
from obim.models.export import hash_folder
from obim.runs.bench import Bench
from obim.runs.downloading import download
from obim.runs.folder import RunFolder
from obim.runs.foreseeing import foresee_run
from obim.runs.foretelling import foretell, not_here, require_room_for_all
from obim.runs.needs import Needs
from obim.runs.outlook import Outlook
from obim.runs.recipe import write_recipe
from obim.types import Donor, MergeSpec
from tests.hub_stand_in import HubStandIn, hub_and_cache

HEADER = "bytes=0-100000"
MARGIN = 16 * 2**20
INDEX = "model.safetensors.index.json"


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[HubStandIn]:
    with hub_and_cache(tmp_path / "hf", monkeypatch) as stand_in:
        yield stand_in


def spec_of(base: str, *donors: str) -> MergeSpec:
    chosen = tuple(Donor(name=f"d{i}", source=ref) for i, ref in enumerate(donors))
    return MergeSpec(base=base, donors=chosen, estimator="magnitude", rounds=2)


def size_of(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir())


def drain(spec: MergeSpec, out: Path) -> Outlook:
    asking = foretell(spec, not_here(spec), out, lambda bench: foresee_run(bench, out))
    while True:
        try:
            assert 0 <= next(asking) < 1
        except StopIteration as end:
            outlook: Outlook = end.value
            return outlook


def fetched(hub: HubStandIn) -> list[str | None]:
    """Pieces of weights that were fetched, other than headers."""
    return [piece for piece in hub.ranges() if piece != HEADER]


def serve(hub: HubStandIn, base: Path, donors: list[Path]) -> MergeSpec:
    """A base, a whole donor in shards and an adapter, in the hub."""
    for name, folder in zip(("base", "sharded", "lora"), (base, *donors[1:3]), strict=True):
        hub.add(f"org/{name}", folder)
    return spec_of("hub:org/base", "hub:org/sharded", "hub:org/lora@v1")


def test_headers_tell_what_the_folders_tell(
    hub: HubStandIn,
    tiny_base: Path,
    tiny_donors: list[Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    memory = SimpleNamespace(memory_info=lambda: SimpleNamespace(rss=10**9))
    monkeypatch.setattr("obim.runs.foreseeing.psutil.Process", lambda: memory)
    spec = serve(hub, tiny_base, tiny_donors)
    assert hub.asked == []  # nothing is asked by looking at a recipe
    outlook = drain(spec, tmp_path / "out")
    assert fetched(hub) == []
    kept = [p.name for p in Path(constants.HF_HUB_CACHE).glob("*/snapshots/*/*")]
    assert kept == [INDEX]  # huggingface_hub keeps it to find the headers by
    assert [p.name for p in tmp_path.iterdir()] == ["hf"]
    assert [due.name for due in outlook.due] == ["org/base", "org/sharded", "org/lora@v1"]
    sizes = [size_of(tiny_base), size_of(tiny_donors[1])]
    assert [due.total for due in outlook.due[:2]] == sizes
    index = (tiny_donors[1] / INDEX).stat().st_size
    assert [due.missing for due in outlook.due[:2]] == [sizes[0], sizes[1] - index]
    assert outlook.fits
    assert outlook.problems == ()
    local = spec_of(str(tiny_base), str(tiny_donors[1]), str(tiny_donors[2]))
    same = foresee_run(Bench(RunFolder.create(tmp_path / "runs", local)), tmp_path)
    assert outlook.needs is not None
    assert outlook.needs.disk == same.disk
    assert outlook.needs.memory == same.memory
    assert outlook.one_disk
    assert outlook.disk == outlook.missing + same.disk


def test_only_what_is_missing_counts(
    hub: HubStandIn, tiny_base: Path, tiny_donors: list[Path], tmp_path: Path
) -> None:
    spec = serve(hub, tiny_base, tiny_donors)
    list(download("org/base"))
    assert not_here(spec) == ["hub:org/sharded", "hub:org/lora@v1"]
    list(download("org/sharded"))
    lost = sorted(
        path
        for path in Path(constants.HF_HUB_CACHE).glob("models--org--sharded/snapshots/*/*")
        if path.suffix == ".safetensors"
    )[0]
    size, blob = lost.stat().st_size, lost.resolve()
    begun = blob.read_bytes()[: size // 3]
    blob.unlink()
    lost.unlink()
    blob.with_name(blob.name + ".obim.incomplete").write_bytes(begun)
    hub.asked.clear()
    outlook = drain(spec, tmp_path / "out")
    assert fetched(hub) == []
    assert outlook.due[0].total == size_of(tiny_donors[1])
    assert outlook.due[0].missing == size - len(begun)
    assert outlook.fits


def test_models_that_do_not_fit_are_told_before_the_download(
    hub: HubStandIn, tiny_base: Path, tmp_path: Path
) -> None:
    served = Path(shutil.copytree(tiny_base, tmp_path / "other"))
    tensors = load_file(served / "model.safetensors")
    name = next(n for n in tensors if "mlp" in n)
    tensors[name] = torch.zeros(3, 5)
    save_file(tensors, served / "model.safetensors")
    hub.add("org/other", served)
    outlook = drain(spec_of(str(tiny_base), "hub:org/other"), tmp_path / "out")
    assert not outlook.fits
    assert outlook.needs is None
    ((model, said),) = outlook.problems
    assert (model, said.values["tensor"]) == ("d0", name)
    assert fetched(hub) == []
    assert Outlook(**json.loads(outlook.model_dump_json())) == outlook


def test_a_header_that_lies_is_told_and_takes_no_disk(
    hub: HubStandIn, tiny_base: Path, tmp_path: Path
) -> None:
    served = Path(shutil.copytree(tiny_base, tmp_path / "lying"))
    shape, end = [2**20, 2**20], 2**42
    head = json.dumps({"w": {"dtype": "F32", "shape": shape, "data_offsets": [0, end]}}).encode()
    (served / "model.safetensors").write_bytes(len(head).to_bytes(8, "little") + head + bytes(99))
    hub.add("org/lying", served)
    outlook = drain(spec_of(str(tiny_base), "hub:org/lying"), tmp_path / "out")
    assert "beyond the end of the file" in outlook.problems[0][1]


def needs(disk: int, free: int) -> Needs:
    return Needs(seconds=1, measuring=0, memory=1, memory_free=2, disk=disk, disk_free=free)


@pytest.mark.parametrize(
    ("one_disk", "free", "free_out", "error"),
    [
        (True, 150, 150, None),
        (True, 149, 149, DownloadError),
        (False, 100, 10**9, None),
        (False, 99, 10**9, DownloadError),
        (False, 100, 49, ExportError),
    ],
)
def test_room_for_download_and_merge(
    one_disk: bool,
    free: int,
    free_out: int,
    error: type[Exception] | None,
    *,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    due = {"ref": "hub:a/b", "name": "a/b", "total": 200, "missing": 100}
    outlook = Outlook(
        due=(due,), free=free, one_disk=one_disk, fits=True, needs=needs(50, free_out)  # type: ignore[arg-type]
    )  # fmt: skip
    assert outlook.enough_disk == (error is None)
    usage = SimpleNamespace(free=free_out + (MARGIN if error is not ExportError else 0))
    monkeypatch.setattr("obim.models.disk.shutil.disk_usage", lambda _: usage)
    if error is None:
        require_room_for_all(outlook, tmp_path)
        return
    with pytest.raises(error, match="make room"):
        require_room_for_all(outlook, tmp_path)


def test_asking_is_ended_with_its_iteration(
    hub: HubStandIn, tiny_base: Path, tmp_path: Path
) -> None:
    hub.add("org/base", tiny_base)
    asking = foretell(spec_of("hub:org/base", str(tiny_base)), ["hub:org/base"], tmp_path, needs)  # type: ignore[arg-type]
    next(asking)
    asking.close()
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".obim-")] == []


def test_a_command_tells_then_fetches_then_merges(
    hub: HubStandIn,
    tiny_base: Path,
    tiny_donors: list[Path],
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    write_recipe(serve(hub, tiny_base, tiny_donors), tmp_path / "hub.yaml")
    local = spec_of(str(tiny_base), str(tiny_donors[1]), str(tiny_donors[2]))
    write_recipe(local, tmp_path / "local.yaml")
    command = ["merge", str(tmp_path / "hub.yaml"), str(tmp_path / "out")]
    assert cli.main([*command, "--dry-run"]) == cli.WRONG
    assert hub.asked == []
    assert cli.main([*command, "--download", "--dry-run"]) == cli.OK
    said = capfd.readouterr().err
    assert "To download: org/base " in said
    assert "How long that takes is not known" in said
    assert " of memory (" in said
    assert fetched(hub) == []
    assert not (tmp_path / "out").exists()
    assert cli.main([*command, "--download"]) == cli.OK
    assert fetched(hub)
    said = capfd.readouterr().err
    assert said.index("To download: ") < said.index("org/base: ") < said.index("verify: ")
    assert cli.main(["merge", str(tmp_path / "local.yaml"), str(tmp_path / "local")]) == cli.OK
    assert hash_folder(tmp_path / "out") == hash_folder(tmp_path / "local")
    hub.asked.clear()
    command[-1] = str(tmp_path / "again")
    assert cli.main([*command, "--download", "--dry-run"]) == cli.OK
    assert hub.asked == []  # all is here
    assert not (tmp_path / "again").exists()


def test_a_command_without_room_fetches_nothing(
    hub: HubStandIn,
    tiny_base: Path,
    tiny_donors: list[Path],
    tmp_path: Path,
    *,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    write_recipe(serve(hub, tiny_base, tiny_donors), tmp_path / "hub.yaml")
    missing = size_of(tiny_base) + size_of(tiny_donors[1])
    monkeypatch.setattr(
        "obim.models.disk.shutil.disk_usage", lambda _: SimpleNamespace(free=missing)
    )
    command = ["merge", str(tmp_path / "hub.yaml"), str(tmp_path / "out"), "--download"]
    assert cli.main(command) == cli.FAILED
    assert "and the disk of" in capfd.readouterr().err.strip().splitlines()[-1]
    assert fetched(hub) == []


def test_a_name_that_is_none_is_refused_without_asking(hub: HubStandIn) -> None:
    with pytest.raises(ModelNotFound, match="is no model of the hub"):
        not_here(spec_of("hub:a b", "x"))
    assert hub.asked == []
