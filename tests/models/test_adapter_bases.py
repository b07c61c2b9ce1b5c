"""Adapters and their bases: the name they carry, and the full donor that they stand for."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from peft import PeftModel
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM

from obim.merging.engine import stream_merge
from obim.models.checkpoint import open_checkpoint
from obim.models.preflight import preflight
from obim.models.sources import open_donor
from obim.types import Donor, MergeSpec
from tests.tiny import save_adapter, save_donor, save_model, save_tiny


def rename(adapter: Path, name: str | None) -> None:
    path = adapter / "adapter_config.json"
    config = json.loads(path.read_text())
    path.write_text(json.dumps({**config, "base_model_name_or_path": name}))


@pytest.mark.parametrize(
    ("name", "fits"),
    [
        ("{base}", True),
        ("{base}/", True),
        ("someone/Tiny-Base", True),
        ("C:\\models\\tiny-base", True),
        ("/other/hub/models--org--tiny-base/snapshots/0123abc", True),
        ("org/Published-Name", True),
        (None, True),
        ("", True),
        ("org/tiny-base-v2", False),
        ("tiny", False),
        ("<b>{x}</b>", False),
    ],
)
def test_another_name_is_a_warning(tmp_path: Path, name: str | None, fits: bool):
    base = save_tiny(tmp_path / "tiny-base")
    config = base / "config.json"
    known = {**json.loads(config.read_text()), "_name_or_path": "org/published-name"}
    config.write_text(json.dumps(known))
    adapter = save_adapter(tmp_path / "a", base)
    named = name.replace("{base}", str(base)) if name else name
    rename(adapter, named)
    result = preflight(str(base), [str(adapter)])
    assert result.mergeable
    expected = (
        f"It was made for {named}, the base is tiny-base: fine if that is the same model by "
        "another name, else choose the adapter's own base.",
    )
    assert result.cards[1].warnings == (() if fits else expected)


def test_a_base_of_the_hub_is_known_by_its_repository(tmp_path: Path):
    base = save_tiny(tmp_path / "models--org--model" / "snapshots" / "0123abc")
    adapter = save_adapter(tmp_path / "a", base)
    rename(adapter, "org/model")
    assert preflight(str(base), [str(adapter)]).cards[1].warnings == ()
    rename(adapter, "org/other")
    (warning,) = preflight(str(base), [str(adapter)]).cards[1].warnings
    assert "the base is org/model" in warning


def test_the_demos_adapters_name_the_demos_base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    base = save_tiny(tmp_path / "base")
    adapter = save_adapter(tmp_path / "a", base)
    rename(adapter, "HuggingFaceTB/SmolLM2-135M-Instruct")
    monkeypatch.setattr("obim.models.demo.prepare_demo_base", lambda: base)
    assert preflight("demo:base", [str(adapter)]).cards[1].warnings == ()
    assert preflight(str(base), [str(adapter)]).cards[1].warnings != ()


def test_a_misfit_of_shape_stays_refused(tmp_path: Path):
    base, other = save_tiny(tmp_path / "b"), save_tiny(tmp_path / "o", "qwen3")
    adapter = save_adapter(tmp_path / "a", other)
    card = preflight(str(base), [str(adapter)]).cards[1]
    assert "another base" in card.problems[0]


def owners(base: Path, *donors: Path) -> dict[str, NDArray[np.uint8]]:
    """Owner maps of a merge in float32, 3 rounds."""
    checkpoint = open_checkpoint(base)
    spec = MergeSpec(
        base=str(base),
        donors=tuple(Donor(name=p.name, source=str(p), density=0.3) for p in donors),
        estimator="magnitude",
        rounds=3,
        dtype="float32",
    )
    found: dict[str, Any] = {}
    sources = [open_donor(str(p), checkpoint) for p in donors]
    keep = lambda name, owner: found.update({name: owner.copy()})  # noqa: E731
    for _ in stream_merge(spec, checkpoint, sources, [None] * len(donors), on_owner=keep):
        pass
    return found


def round_to_grid(file: Path, step: float) -> None:
    tensors = {name: (t / step).round() * step for name, t in load_file(file).items()}
    save_file(tensors, file, metadata={"format": "pt"})


def merge_by_peft(path: Path, base: Path, adapter: Path) -> Path:
    model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    return save_model(PeftModel.from_pretrained(model, adapter).merge_and_unload(), path)


@pytest.mark.parametrize("family", ["llama", "gpt2", "qwen2"])
@pytest.mark.parametrize("exact", [True, False])
def test_the_owner_map_is_that_of_pefts_own_merge(tmp_path: Path, family: str, exact: bool):
    """On a coarse grid float32 rounds nothing, and the maps are the same, ties included.

    Off it, W0 + D rounds D: a position may change hands where two ranks differ by less.
    """
    base = save_tiny(tmp_path / "base", family)
    adapter = save_adapter(tmp_path / "adapter", base, rank=3)
    if exact:
        round_to_grid(base / "model.safetensors", 2.0**-8)
        round_to_grid(adapter / "adapter_model.safetensors", 2.0**-4)
    full = merge_by_peft(tmp_path / "full", base, adapter)
    rival = save_donor(tmp_path / "rival", base, seed=5)
    ours, theirs = owners(base, adapter, rival), owners(base, full, rival)
    assert ours.keys() == theirs.keys()
    unlike = sum(int((ours[name] != theirs[name]).sum()) for name in ours)
    claimed = sum(int((np.isin(owner, (1, 4, 5))).sum()) for owner in ours.values())
    assert claimed > 1000
    assert unlike <= (0 if exact else 0.001 * claimed)
