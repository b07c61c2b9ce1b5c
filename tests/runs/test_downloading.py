"""Models of the hub in runs: downloaded by the worker, pinned in specs, merged like folders."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from obim.errors import RunError
from obim.models.export import hash_folder
from obim.runs.jobs import Check, Download, Job, LookUp
from obim.runs.looking_up import with_model
from obim.runs.recipe import parse_recipe, write_recipe
from obim.runs.state import RunState
from obim.runs.studio import Studio
from obim.types import Donor, MergeSpec
from tests.hub_stand_in import HubStandIn, hub_and_cache
from tests.runs.test_studio import settle

ACTIVE = ("waiting", "running")
MERGE = "import sys; from obim.cli import main; sys.exit(main(sys.argv[1:]))"


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[HubStandIn]:
    with hub_and_cache(tmp_path / "hf", monkeypatch) as stand_in:
        yield stand_in


@pytest.fixture
def studio(hub: HubStandIn, tmp_path: Path) -> Iterator[Studio]:
    studio = Studio(tmp_path / "home")
    yield studio
    studio.close()


def spec_of(base: str, *donors: str) -> MergeSpec:
    return MergeSpec(
        base=base,
        donors=tuple(Donor(name=f"d{i}", source=ref) for i, ref in enumerate(donors)),
        estimator="magnitude",
        rounds=2,
    )


def do(studio: Studio, run: str, job: Job) -> RunState:
    studio.submit(run, job)
    return settle(studio, run)


def test_downloaded_models_are_offered_pinned_and_mergeable(
    studio: Studio, hub: HubStandIn, tiny_base: Path, tiny_donors: list[Path]
) -> None:
    base, lora = hub.add("org/base", tiny_base), hub.add("org/lora", tiny_donors[2])
    run = studio.create(spec_of("hub:org/base", "hub:org/lora@v1"))
    state = do(studio, run, Check())
    assert not state.mergeable
    assert "org/base is not on this machine yet; download it" in state.cards[0].problems[0]
    assert hub.asked == []
    for model in ("org/base", "hub:org/lora@v1"):
        state = do(studio, run, Download(model))
        assert state.job is not None
        assert (state.job.kind, state.job.status) == ("download", "done")
    pinned = [f"hub:org/base@{base}", f"hub:org/lora@{lora}"]
    assert state.downloads == (
        (pinned[0], "org/base", "full"),
        (pinned[1], "org/lora@v1", "adapter"),
    )
    assert {m.ref for m in studio.models()} >= set(pinned)
    again = studio.create(spec_of("hub:org/base", "hub:org/lora@v1"))
    state = do(studio, again, Check())
    assert state.mergeable
    assert [state.spec.base, state.spec.donors[0].source] == pinned
    assert [card.name for card in state.cards] == ["org/base", "d0"]
    assert len(state.downloads) == 2
    assert parse_recipe(state.recipe) == state.spec


def test_a_model_is_looked_up_before_it_is_downloaded(
    studio: Studio, hub: HubStandIn, tiny_base: Path, tiny_donors: list[Path]
) -> None:
    hub.add("org/full", tiny_donors[0])
    hub.add("org/lora", tiny_donors[2])
    run = studio.create(spec_of(str(tiny_base), "hub:org/full"))
    state = do(studio, run, LookUp("org/lora"))
    assert state.job is not None
    assert (state.job.kind, state.job.status) == ("look_up", "done")
    outlook = state.outlook
    assert outlook is not None
    assert [due.name for due in outlook.due] == ["org/lora", "org/full"]
    assert outlook.fits
    assert outlook.needs is not None
    weights = sum(p.stat().st_size for p in tiny_base.glob("*.safetensors"))
    assert outlook.needs.disk == pytest.approx(weights, rel=0.1)  # 2 bytes of 4, and two maps
    assert [piece for piece in hub.ranges() if piece != "bytes=0-100000"] == []
    assert [*studio.home.glob(".obim-*"), *studio.exports.glob(".obim-*")] == []
    assert [donor.source for donor in state.spec.donors] == ["hub:org/full"]
    state = do(studio, run, LookUp("hub:org/full"))
    assert state.outlook is not None
    assert [due.name for due in state.outlook.due] == ["org/full"]
    state = do(studio, run, LookUp("org/nothing"))
    assert state.job is not None
    assert state.job.error.template.startswith("The hub has no model {model}")
    state = do(studio, run, Download("org/full"))
    assert state.outlook is None


def test_a_model_looked_up_is_one_more_donor_or_the_one_it_is() -> None:
    spec = MergeSpec(
        base="hub:a/base",
        donors=tuple(Donor(name=n, source=f"hub:{n}") for n in ("a/x", "a/y", "a/z")),
        rounds=80,
    )
    assert with_model(spec, "hub:a/base", "a/base") == spec == with_model(spec, "hub:a/y", "a/y")
    more = with_model(spec, "hub:a/y@v1", "a/y")
    assert [donor.name for donor in more.donors] == ["a/x", "a/y", "a/z", "a/y+"]
    assert MergeSpec.model_validate(more.model_dump()).rounds == 255 // 4


def test_a_recipe_with_hub_ids_gives_what_its_folders_give(
    hub: HubStandIn, tiny_base: Path, tiny_donors: list[Path], tmp_path: Path
) -> None:
    commit = hub.add("org/base", tiny_base)
    hub.add("org/full", tiny_donors[0])
    hub.add("org/lora", tiny_donors[2])
    write_recipe(spec_of("hub:org/base", "hub:org/full", "hub:org/lora"), tmp_path / "hub.yaml")
    local = spec_of(str(tiny_base), str(tiny_donors[0]), str(tiny_donors[2]))
    write_recipe(local, tmp_path / "local.yaml")

    def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-c", MERGE, *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    refused = run("merge", str(tmp_path / "hub.yaml"), str(tmp_path / "out"))
    assert refused.returncode == 2
    assert "org/base is not on this machine yet" in refused.stderr
    for name in ("base", "full", "lora"):
        assert run("download", f"org/{name}").returncode == 0
    for kind in ("hub", "local"):
        done = run("merge", str(tmp_path / f"{kind}.yaml"), str(tmp_path / kind))
        assert done.returncode == 0, done.stderr
    assert hash_folder(tmp_path / "hub") == hash_folder(tmp_path / "local")
    recipe = next((tmp_path / "hub").glob("*.yaml")).read_text()
    assert f"base: hub:org/base@{commit}\n" in recipe


def test_a_download_that_fails_says_why_and_leaves_the_run(
    studio: Studio, hub: HubStandIn, tiny_base: Path, tiny_donors: list[Path]
) -> None:
    run = studio.create(spec_of(str(tiny_base), str(tiny_donors[0])))
    do(studio, run, Check())
    state = do(studio, run, Download("org/nothing"))
    assert state.job is not None
    assert state.job.status == "failed"
    assert state.job.error.template.startswith("The hub has no model {model}")
    assert state.mergeable
    state = do(studio, run, Download("no name"))
    assert state.job is not None
    assert "is no model of the hub" in state.job.error


def _slow(hub: HubStandIn, tiny_base: Path, tmp_path: Path) -> None:
    """A model that takes half a minute to come."""
    served = Path(shutil.copytree(tiny_base, tmp_path / "slow"))
    with (served / "model.safetensors").open("ab") as stream:
        stream.write(bytes(3_000_000))
    hub.add("org/slow", served)
    hub.pause = 0.15


def _wait_for_bytes(studio: Studio, run: str) -> RunState:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        state = studio.state(run)
        if state.job is not None and state.job.phase == "download" and state.job.fraction > 0.1:
            return state
        time.sleep(0.02)
    raise AssertionError(studio.state(run).job)


def test_stop_acts_at_once_and_a_killed_worker_takes_the_fetching_along(
    studio: Studio, hub: HubStandIn, tiny_base: Path, tiny_donors: list[Path], tmp_path: Path
) -> None:
    _slow(hub, tiny_base, tmp_path)
    run = studio.create(spec_of(str(tiny_base), str(tiny_donors[0])))
    do(studio, run, Check())
    studio.submit(run, Download("org/slow"))
    state = _wait_for_bytes(studio, run)
    assert state.job is not None
    assert state.job.detail.startswith("org/slow ")
    assert state.job.detail.endswith(" / 3.04 MB")
    assert state.job.seconds_left is not None
    with pytest.raises(RunError, match="Another job is under way"):
        studio.submit(run, Download("org/slow"))
    began = time.monotonic()
    studio.stop()
    state = settle(studio, run)
    assert time.monotonic() - began < 2
    assert state.job is not None
    assert state.job.status == "stopped"
    studio.submit(run, Download("org/slow"))
    state = _wait_for_bytes(studio, run)
    worker = next(p for p in psutil.Process().children() if p.children())
    fetching = worker.children()[-1]
    os.kill(worker.pid, signal.SIGKILL)
    assert settle(studio, run).job.status == "interrupted"  # type: ignore[union-attr]
    end = time.monotonic() + 10
    while fetching.is_running() and fetching.status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < end
        time.sleep(0.05)
    hub.pause = 0.0
    state = do(studio, run, Download("org/slow"))
    assert state.job is not None
    assert state.job.status == "done"
    assert [name for _, name, _ in state.downloads] == ["org/slow"]
