"""An export is whole or absent, loads in plain transformers, and hashes what it holds."""

import errno
import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import Tensor
from transformers import AutoModelForCausalLM, AutoTokenizer

from obim.errors import ExportError
from obim.models import export as module
from obim.models.checkpoint import Checkpoint, open_checkpoint
from obim.models.export import export, hash_folder, verify
from obim.models.hashing import content_hash
from obim.models.temporary import clear_temporary
from tests.tiny import FAMILIES, Family, save_tiny


def cast(checkpoint: Checkpoint, dtype: torch.dtype) -> Iterator[tuple[str, Tensor]]:
    return ((name, checkpoint.read(name).to(dtype)) for name in checkpoint.tensors)


def write(out: Path, base: Checkpoint, dtype=torch.bfloat16, tensors=None, **settings):
    settings = {"shard_bytes": 1 << 30, "recipe": "base: x\n", "card": "# Card\n"} | settings
    tensors = cast(base, dtype) if tensors is None else tensors
    return export(out, base, tensors, dtype=dtype, **settings)


def leftovers(tmp_path: Path) -> list[str]:
    return sorted(p.name for p in tmp_path.iterdir() if p.name != "base")


@pytest.mark.parametrize("shard_bytes", [1, 4000, 1 << 30])
@pytest.mark.parametrize("family", FAMILIES)
def test_loads_in_plain_transformers(tmp_path: Path, family: Family, shard_bytes: int):
    base = open_checkpoint(save_tiny(tmp_path / "base", family, tied=family == "gemma"))
    report = write(tmp_path / "out", base, torch.float16, shard_bytes=shard_bytes)
    model = AutoModelForCausalLM.from_pretrained(report.path, dtype="auto")
    wanted = AutoModelForCausalLM.from_pretrained(base.path, dtype=torch.float16)
    assert model.dtype == torch.float16
    for name, parameter in wanted.state_dict().items():
        assert torch.equal(model.state_dict()[name], parameter)
    text = "The cat sat"
    assert AutoTokenizer.from_pretrained(report.path)(text) == AutoTokenizer.from_pretrained(
        base.path
    )(text)
    assert report.shards == len(list(report.path.glob("*.safetensors")))
    assert report.nbytes == sum(p.stat().st_size for p in report.path.iterdir())
    assert leftovers(tmp_path) == ["out"]


def test_files_of_the_folder(tmp_path: Path):
    base = open_checkpoint(save_tiny(tmp_path / "base"))
    for name in ("LICENSE", "training_args.bin", "notes.py"):
        (base.path / name).write_text(name)
    report = write(tmp_path / "deep" / "out", base, extra_files={"extra.txt": "x"})
    names = {p.name for p in report.path.iterdir()}
    assert {"recipe.yaml", "README.md", "extra.txt", "LICENSE", "tokenizer.json"} <= names
    assert {"generation_config.json", "chat_template.jinja"} <= names
    assert not {"training_args.bin", "notes.py"} & names
    assert json.loads((report.path / "config.json").read_text())["dtype"] == "bfloat16"
    assert (report.path / "recipe.yaml").read_text() == "base: x\n"


def test_the_hash_is_of_content_and_of_nothing_else(tmp_path: Path):
    base = open_checkpoint(save_tiny(tmp_path / "base"))
    hashes = {
        write(tmp_path / str(n), base, shard_bytes=n).content_hash for n in (1, 5000, 1 << 20)
    }
    assert len(hashes) == 1
    assert hash_folder(tmp_path / "1") == hashes.pop() == content_hash(cast(base, torch.bfloat16))
    assert write(tmp_path / "f", base, torch.float16).content_hash != hash_folder(tmp_path / "1")
    digest = hashlib.sha256(b'["a", "float32", [2]]' + torch.tensor([1.0, 2.0]).numpy().tobytes())
    assert content_hash([("a", torch.tensor([1.0, 2.0]))]) == digest.hexdigest()
    with pytest.raises(ValueError, match="sorted"):
        content_hash([("b", torch.ones(1)), ("a", torch.ones(1))])


def test_verify_notices_one_bit(tmp_path: Path):
    base = open_checkpoint(save_tiny(tmp_path / "base"))
    report = write(tmp_path / "out", base)
    verify(report.path, report.content_hash)
    file = report.path / "model.safetensors"
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    with pytest.raises(ExportError, match="isn't what was merged"):
        verify(report.path, report.content_hash)


def test_a_folder_that_fails_its_check_never_appears(tmp_path: Path):
    base = open_checkpoint(save_tiny(tmp_path / "base"))
    seen: list[str] = []

    def check(folder: Path, digest: str) -> None:
        assert not (tmp_path / "out").exists()
        clear_temporary(tmp_path)
        assert folder.name.startswith(f".obim-{os.getpid()}-")
        file = folder / "model.safetensors"
        content = bytearray(file.read_bytes())
        content[-1] ^= 1
        file.write_bytes(content)
        verify(folder, digest, lambda name, tensor: seen.append(f"{name} {tensor.dtype}"))

    with pytest.raises(ExportError, match="isn't what was merged"):
        write(tmp_path / "out", base, check=check)
    assert seen == [f"{name} torch.bfloat16" for name in base.tensors]
    assert leftovers(tmp_path) == []
    report = write(tmp_path / "out", base, check=verify)
    assert hash_folder(report.path) == report.content_hash


def test_existing_targets_are_left_alone(tmp_path: Path):
    base = open_checkpoint(save_tiny(tmp_path / "base"))
    (tmp_path / "out").mkdir()
    with pytest.raises(ExportError, match="exists already"):
        write(tmp_path / "out", base)
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    with pytest.raises(ExportError, match="exists already"):
        write(tmp_path / "link", base)
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize("after", [0, 3, 8])
def test_a_full_disk_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: int):
    base = open_checkpoint(save_tiny(tmp_path / "base"))
    calls = iter(range(1000))
    real = os.fsync

    def fsync(handle: int) -> None:
        if next(calls) >= after:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(ExportError, match="is full; make room"):
        write(tmp_path / "out", base, shard_bytes=4000)
    assert leftovers(tmp_path) == []


def test_too_little_space_is_said_before_writing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    base = open_checkpoint(save_tiny(tmp_path / "base"))
    usage = type("Usage", (), {"free": 1000})
    monkeypatch.setattr(module.shutil, "disk_usage", lambda _: usage)
    with pytest.raises(ExportError, match=r"has 1\.0 kB free, 16\.[89] MB are needed"):
        write(tmp_path / "out", base)
    assert leftovers(tmp_path) == []


def test_a_stop_in_the_middle_leaves_nothing(tmp_path: Path):
    base = open_checkpoint(save_tiny(tmp_path / "base"))

    def broken() -> Iterator[tuple[str, Tensor]]:
        yield next(cast(base, torch.bfloat16))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write(tmp_path / "out", base, tensors=broken())
    assert leftovers(tmp_path) == []


def test_tensors_that_are_amiss(tmp_path: Path):
    base = open_checkpoint(save_tiny(tmp_path / "base"))
    whole = list(cast(base, torch.bfloat16))
    wrong = [(n, t[:1]) for n, t in whole]
    for tensors in (whole[:-1], whole[1:], wrong, [*whole, ("z", torch.ones(1))]):
        with pytest.raises(ExportError):
            write(tmp_path / "out", base, tensors=tensors)
    with pytest.raises(ExportError):
        write(tmp_path / "out", base, tensors=cast(base, torch.float32))
    for name in ("../x", "config.json", "a.safetensors"):
        with pytest.raises(ExportError, match="no name"):
            write(tmp_path / "out", base, extra_files={name: "x"})
    assert leftovers(tmp_path) == []


def test_a_folder_that_cannot_be_made(tmp_path: Path):
    base = open_checkpoint(save_tiny(tmp_path / "base"))
    (tmp_path / "file").write_text("")
    with pytest.raises(ExportError, match="can't be written"):
        write(tmp_path / "file" / "out", base)
