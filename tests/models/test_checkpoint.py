"""Headers against the safetensors library; damage and trickery are refused."""

import json
import struct
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from obim.errors import ModelError, ModelNotFound
from obim.models.checkpoint import open_checkpoint
from tests.tiny import save_tiny

DTYPES = [torch.float32, torch.bfloat16, torch.float16]


@pytest.mark.parametrize("sharded", [False, True])
@pytest.mark.parametrize("dtype", DTYPES)
def test_reads_what_the_library_reads(tmp_path: Path, dtype: torch.dtype, sharded: bool):
    path = save_tiny(tmp_path / "m", dtype=dtype, sharded=sharded)
    expected = {}
    for file in path.glob("*.safetensors"):
        expected.update(load_file(file))
    checkpoint = open_checkpoint(path)
    assert list(checkpoint.tensors) == sorted(expected)
    assert (len(checkpoint.files) > 1) is sharded
    assert checkpoint.parameters == sum(t.numel() for t in expected.values())
    for name, tensor in expected.items():
        got = checkpoint.read(name)
        assert got.dtype == dtype
        assert torch.equal(got, tensor)
        got.zero_()
        assert torch.equal(checkpoint.read(name), tensor)


@pytest.mark.parametrize(("family", "tied"), [("llama", True), ("llama", False), ("gpt2", True)])
def test_tied(tmp_path: Path, family: str, tied: bool):
    assert open_checkpoint(save_tiny(tmp_path / "m", family, tied=tied)).tied is tied


def test_absent_folders_and_pickles(tmp_path: Path):
    with pytest.raises(ModelNotFound, match="not a folder"):
        open_checkpoint(tmp_path / "nothing")
    with pytest.raises(ModelNotFound, match=r"config\.json"):
        open_checkpoint(tmp_path)
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(ModelNotFound, match=r"model\.safetensors"):
        open_checkpoint(tmp_path)
    (tmp_path / "pytorch_model.bin").write_bytes(b"x")
    with pytest.raises(ModelError, match="pickled"):
        open_checkpoint(tmp_path)


@pytest.mark.parametrize("keep", [0, 4, 100, -5])
def test_cut_files_are_refused(tmp_path: Path, keep: int):
    path = save_tiny(tmp_path / "m")
    file = path / "model.safetensors"
    content = file.read_bytes()
    file.write_bytes(content[:keep])
    with pytest.raises(ModelError, match="not a whole safetensors file"):
        open_checkpoint(path)


@pytest.mark.parametrize(
    "entry",
    [
        {"dtype": "F32", "shape": [4], "data_offsets": [0, 8]},
        {"dtype": "F32", "shape": [4], "data_offsets": [0, 1 << 40]},
        {"dtype": "X9", "shape": [4], "data_offsets": [0, 16]},
        {"dtype": "F32"},
        7,
    ],
)
def test_false_headers_are_refused(tmp_path: Path, entry: object):
    path = save_tiny(tmp_path / "m")
    header = json.dumps({"a": entry}).encode()
    body = struct.pack("<Q", len(header)) + header + b"\0" * 16
    (path / "model.safetensors").write_bytes(body)
    with pytest.raises(ModelError):
        open_checkpoint(path)


def test_an_index_may_not_leave_its_folder(tmp_path: Path):
    path = save_tiny(tmp_path / "m", sharded=True)
    index = path / "model.safetensors.index.json"
    content = json.loads(index.read_text())
    content["weight_map"]["lm_head.weight"] = "../other/model.safetensors"
    index.write_text(json.dumps(content))
    with pytest.raises(ModelError, match="outside its folder"):
        open_checkpoint(path)


def test_a_missing_shard_is_named(tmp_path: Path):
    path = save_tiny(tmp_path / "m", sharded=True)
    shard = sorted(path.glob("*.safetensors"))[1]
    shard.unlink()
    with pytest.raises(ModelError, match=shard.name):
        open_checkpoint(path)


def test_a_tensor_that_is_not_there(tmp_path: Path):
    with pytest.raises(ModelError, match="no tensor"):
        open_checkpoint(save_tiny(tmp_path / "m")).read("absent")
