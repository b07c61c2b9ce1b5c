"""Models by hub id, against a stand-in for the hub on loopback; the fetching is a real process."""

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import huggingface_hub
import psutil
import pytest
import torch
from safetensors.torch import load_file, save_file

from obim.errors import DownloadError, ModelNotFound
from obim.models import fetching
from obim.models.checkpoint import open_checkpoint
from obim.models.hub import HubRef, fetched_models, parse_hub, pin, resolve_hub
from obim.models.sources import files_of, open_donor, resolve
from obim.runs.downloading import ON_REQUEST, Progress, download
from tests.hub_stand_in import HubStandIn, hub_and_cache, serve_hub

LARGE = 3_000_000
"""Bytes of weights that take several pieces to fetch."""


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[HubStandIn]:
    """A hub with nothing in it, and an empty cache."""
    with hub_and_cache(tmp_path / "hf", monkeypatch) as stand_in:
        yield stand_in


@pytest.fixture
def large(tiny_base: Path, tmp_path: Path) -> Path:
    """A model whose weights are a few megabytes."""
    folder = tmp_path / "large"
    shutil.copytree(tiny_base, folder)
    tensors = load_file(folder / "model.safetensors")
    tensors["padding.weight"] = torch.arange(LARGE // 4, dtype=torch.float32)
    save_file(tensors, folder / "model.safetensors")
    return folder


def fetch(model: str) -> Progress:
    """Download to the end; what was said last."""
    return list(download(model))[-1]


def test_a_model_is_fetched_pinned_and_opened_like_its_folder(
    hub: HubStandIn, tiny_base: Path, tmp_path: Path
) -> None:
    served = Path(shutil.copytree(tiny_base, tmp_path / "served"))
    (served / "notes.txt").write_text("not needed")
    commit = hub.add("org/base", served)
    assert fetch("org/base").commit == commit
    folder = resolve("hub:org/base")
    assert {p.name for p in folder.iterdir()} == {p.name for p in tiny_base.iterdir()}
    for path in folder.iterdir():
        assert path.read_bytes() == (tiny_base / path.name).read_bytes()
    assert pin("hub:org/base") == f"hub:org/base@{commit}" == pin(pin("hub:org/base"))
    assert resolve(f"hub:org/base@{commit}") == folder
    assert files_of("hub:org/base")
    assert list(fetched_models()) == [(f"hub:org/base@{commit}", "org/base", "full")]


def test_sharded_donor_and_adapter_have_the_deltas_of_their_folders(
    hub: HubStandIn, tiny_base: Path, tiny_donors: list[Path], tmp_path: Path
) -> None:
    base = open_checkpoint(tiny_base)
    for path in tiny_donors[1:]:
        served = Path(shutil.copytree(path, tmp_path / path.name))
        (served / "optimizer.bin").write_bytes(b"x")
        hub.add(f"org/{path.name}", served)
        fetch(f"org/{path.name}@v1")
        ref = f"hub:org/{path.name}@v1"
        local, fetched = open_donor(str(path), base), open_donor(ref, base)
        assert fetched.name == f"org/{path.name}"
        assert fetched.kind == local.kind
        assert not (resolve(ref) / "optimizer.bin").exists()
        for name in base.tensors:
            a, b = local.delta(name), fetched.delta(name)
            assert (a is None and b is None) or torch.equal(a, b)  # type: ignore[arg-type]


def test_nothing_is_asked_before_the_user_asks(hub: HubStandIn, tiny_base: Path) -> None:
    hub.add("org/base", tiny_base)
    with pytest.raises(ModelNotFound, match="org/base is not on this machine yet; download it"):
        resolve("hub:org/base")
    assert files_of("hub:org/base") == []
    assert pin("hub:org/base") == "hub:org/base"
    assert hub.asked == []


def test_a_second_download_fetches_no_file_again(hub: HubStandIn, tiny_base: Path) -> None:
    hub.add("org/base", tiny_base)
    fetch("org/base")
    hub.asked.clear()
    last = fetch("org/base")
    assert (last.missing, last.commit != "") == (0, True)
    headers_only = ["bytes=0-100000"]
    assert hub.ranges() == headers_only


def test_progress_counts_all_bytes_of_the_model(hub: HubStandIn, large: Path) -> None:
    hub.add("org/large", large)
    hub.pause = 0.003
    seen = list(download("org/large"))
    total = sum(p.stat().st_size for p in large.iterdir())
    assert seen[-1].total == seen[-1].missing == seen[-1].got == total
    got = [p.got for p in seen if p.phase == "download"]
    assert got == sorted(got)
    assert sum(0 < p.got < total for p in seen) > 1
    assert seen[-1].sizes == f"{total / 1e6:.2f} / {total / 1e6:.2f} MB"


def test_a_cut_connection_goes_on_where_it_broke(hub: HubStandIn, large: Path) -> None:
    hub.add("org/large", large)
    size = (large / "model.safetensors").stat().st_size
    hub.cuts.append(size // 2)
    fetch("org/large")
    first, again = hub.ranges()[1:]
    assert first is None
    assert again is not None
    begun = int(again.removeprefix("bytes=").rstrip("-"))
    assert size // 2 - fetching._CHUNK <= begun <= size // 2
    content = (resolve("hub:org/large") / "model.safetensors").read_bytes()
    assert content == (large / "model.safetensors").read_bytes()


def test_a_connection_that_breaks_again_and_again_is_given_up(hub: HubStandIn, large: Path) -> None:
    hub.add("org/large", large)
    hub.cuts.extend([LARGE // 2] + [0] * 5)
    with pytest.raises(DownloadError, match="broke off; download org/large again, it goes on"):
        fetch("org/large")
    assert hub.cuts == []
    hub.asked.clear()
    fetch("org/large")
    assert hub.ranges()[-1] not in (None, "bytes=0-", "bytes=0-100000")


def test_a_stopped_download_ends_its_process_and_goes_on_later(
    hub: HubStandIn, large: Path
) -> None:
    hub.add("org/large", large)
    hub.pause = 0.01
    under_way = download("org/large")
    for progress in under_way:
        if progress.got > LARGE // 3:
            break
    child = next(p for p in psutil.Process().children() if "obim.models.fetching" in p.cmdline())
    under_way.close()  # type: ignore[attr-defined]
    assert not child.is_running()
    assert list(fetched_models()) == []
    with pytest.raises(ModelNotFound):
        resolve("hub:org/large")
    parts = list(parse_hub("org/large").folder.glob(f"blobs/*{fetching.PART}"))
    begun = [part.stat().st_size for part in parts]
    assert len(begun) == 1
    assert begun[0] > LARGE // 4
    hub.asked.clear()
    hub.pause = 0.0
    last = fetch("org/large")
    assert hub.ranges() == ["bytes=0-100000", f"bytes={begun[0]}-"]
    assert last.missing == (large / "model.safetensors").stat().st_size - begun[0]
    content = (resolve("hub:org/large") / "model.safetensors").read_bytes()
    assert content == (large / "model.safetensors").read_bytes()


def test_the_fetching_ends_when_its_parent_is_killed(hub: HubStandIn, large: Path) -> None:
    hub.add("org/large", large)
    hub.pause = 0.05
    code = (
        "from obim.runs.downloading import download\n"
        "for p in download('org/large'): print(p.got, flush=True)"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    assert parent.stdout is not None
    while int(parent.stdout.readline()) == 0:
        pass
    child = psutil.Process(parent.pid).children()[0]
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    end = time.monotonic() + 10
    while child.is_running() and child.status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < end
        time.sleep(0.05)
    assert list(fetched_models()) == []
    hub.pause = 0.0
    fetch("org/large")
    content = (resolve("hub:org/large") / "model.safetensors").read_bytes()
    assert content == (large / "model.safetensors").read_bytes()


def test_content_that_is_not_what_the_hub_names_is_thrown_away(
    hub: HubStandIn, large: Path
) -> None:
    hub.add("org/large", large)
    hub.spoilt = True
    with pytest.raises(DownloadError, match=r"model.safetensors of org/large arrived damaged"):
        fetch("org/large")
    assert list(fetched_models()) == []
    hub.spoilt = False
    fetch("org/large")
    assert resolve("hub:org/large").is_dir()


@pytest.mark.parametrize("status", [401, 403])
def test_a_gated_model_says_how_to_get_in(hub: HubStandIn, tiny_base: Path, status: int) -> None:
    hub.add("org/gated", tiny_base, gated=status)
    with pytest.raises(DownloadError, match="org/gated is gated: accept its terms"):
        fetch("org/gated")


def test_missing_repository_and_revision(hub: HubStandIn, tiny_base: Path) -> None:
    hub.add("org/base", tiny_base)
    with pytest.raises(DownloadError, match="The hub has no model org/nothing, or it is private"):
        fetch("org/nothing")
    with pytest.raises(DownloadError, match="org/base has no revision v9; check its name"):
        fetch("org/base@v9")
    with pytest.raises(ModelNotFound, match=r"'\.\./base' is no model of the hub; write org/name"):
        fetch("../base")


def test_no_network(hub: HubStandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    with serve_hub() as gone:
        address = gone.address
    monkeypatch.setenv("HF_ENDPOINT", address)
    with pytest.raises(DownloadError, match=f"The hub can't be reached at {address}"):
        fetch("org/base")


def test_offline_is_the_users_word_unless_the_page_said_it(
    hub: HubStandIn, tiny_base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.add("org/base", tiny_base)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(DownloadError, match="switched off here by HF_HUB_OFFLINE"):
        fetch("org/base")
    assert hub.asked == []
    monkeypatch.setenv(ON_REQUEST, "1")
    assert fetch("org/base").commit


def test_pickled_weights_are_refused_before_any_is_fetched(
    hub: HubStandIn, tiny_base: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "pickled"
    shutil.copytree(tiny_base, folder)
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    hub.add("org/pickled", folder)
    with pytest.raises(DownloadError, match=r"only pickled weights \(pytorch_model.bin\)"):
        fetch("org/pickled")
    assert not any(a.method == "GET" and "/resolve/" in a.path for a in hub.asked)


def test_quantised_and_8_bit_weights_are_refused_by_header(
    hub: HubStandIn, tiny_base: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "eight"
    shutil.copytree(tiny_base, folder)
    tensors = load_file(folder / "model.safetensors")
    save_file(
        {k: v.to(torch.float8_e4m3fn) for k, v in tensors.items()}, folder / "model.safetensors"
    )
    hub.add("org/eight", folder)
    with pytest.raises(DownloadError, match="weights of org/eight are F8_E4M3"):
        fetch("org/eight")
    hub.add("org/quantised", tiny_base, config={"quantization_config": {"bits": 4}})
    with pytest.raises(DownloadError, match="org/quantised is quantised"):
        fetch("org/quantised")
    assert set(hub.ranges()) == {"bytes=0-100000"}


def test_a_disk_without_room_is_refused_before_any_weight_is_fetched(
    hub: HubStandIn, large: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.add("org/large", large)
    usage = shutil.disk_usage(large)._replace(free=LARGE)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    api = huggingface_hub.HfApi(endpoint=hub.address)
    with pytest.raises(DownloadError, match=r"org/large needs 0.0 GB more .* has 0.0 GB; make"):
        fetching.fetch(HubRef("org/large"), lambda **news: None, api)
    assert hub.ranges() == ["bytes=0-100000"]


def test_a_disk_that_fills_up_keeps_what_came(
    hub: HubStandIn, large: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = hub.add("org/large", large)
    api = huggingface_hub.HfApi(endpoint=hub.address)
    monkeypatch.setattr(huggingface_hub.constants, "DOWNLOAD_CHUNK_SIZE", fetching._CHUNK)
    with monkeypatch.context() as patch:
        patch.setattr(fetching, "_Growing", _Full)
        with pytest.raises(DownloadError, match="is full; make room there and download again"):
            fetching.fetch(HubRef("org/large"), lambda **news: None, api)
    hub.asked.clear()
    assert fetching.fetch(HubRef("org/large"), lambda **news: None, api) == commit
    assert [r for r in hub.ranges() if r != "bytes=0-100000"] == [f"bytes={_Full.kept}-"]
    content = (resolve_hub("org/large") / "model.safetensors").read_bytes()
    assert content == (large / "model.safetensors").read_bytes()


class _Full(fetching._Growing):
    """A file on a disk that is full at half the weights."""

    kept = 0

    def write(self, data: object) -> int:
        if self.tell() > LARGE // 2:
            _Full.kept = self.tell()
            raise OSError(errno.ENOSPC, "No space left on device")
        return super().write(data)


def test_command_line(hub: HubStandIn, tiny_base: Path) -> None:
    commit = hub.add("org/base", tiny_base)
    code = "import sys; from obim.cli import main; sys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-c", code, "download"]
    done = subprocess.run([*command, "org/base"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, f"hub:org/base@{commit}\n")
    done = subprocess.run([*command, "org/no"], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "obim: The hub has no model org/no" in done.stderr
    assert "Traceback" not in done.stderr


def test_no_telemetry_is_sent(hub: HubStandIn, tiny_base: Path) -> None:
    hub.add("org/base", tiny_base)
    fetch("org/base")
    assert {a.path.split("/")[1] for a in hub.asked} == {"api", "org", "cdn"}
    assert {a.path for a in hub.asked if a.path.startswith("/api/")} == {
        "/api/models/org/base/revision/main"
    }


def test_a_model_that_lost_a_shard_is_not_offered(hub: HubStandIn, tiny_donors: list[Path]) -> None:
    sharded = tiny_donors[1]
    index = json.loads((sharded / "model.safetensors.index.json").read_text())
    assert len(set(index["weight_map"].values())) > 1
    hub.add("org/sharded", sharded)
    fetch("org/sharded")
    for path in resolve("hub:org/sharded").glob("*.safetensors"):
        path.unlink()
        break
    assert list(fetched_models()) == []
