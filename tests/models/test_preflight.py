"""Cards say what is wrong before anything is computed."""

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from obim.models.checkpoint import open_checkpoint
from obim.models.preflight import Card, preflight
from obim.models.scanning import scan_differences
from obim.models.sources import open_donor
from tests.tiny import save_adapter, save_donor, save_tiny


def only_problem(base: Path, donor: Path | str) -> str:
    result = preflight(str(base), [str(donor)])
    assert not result.mergeable
    (card,) = [card for card in result.cards if not card.ok]
    return card.problems[0]


def scan(base: Path, *donors: Path):
    checkpoint = open_checkpoint(base)
    generator = scan_differences(checkpoint, [open_donor(str(d), checkpoint) for d in donors])
    fractions = []
    while True:
        try:
            fractions.append(next(generator))
        except StopIteration as stop:
            assert fractions == sorted(fractions)
            assert fractions[-1] == 1.0
            return stop.value


def test_cards_of_a_good_set(tmp_path: Path):
    base = save_tiny(tmp_path / "base", dtype=torch.bfloat16)
    full = save_donor(tmp_path / "full", base, sharded=True)
    adapter = save_adapter(tmp_path / "adapter", base)
    result = preflight(str(base), [str(full), str(adapter)])
    assert result.mergeable
    assert result.cards[0] == Card(
        "base", "base", "LlamaForCausalLM", 2, 6992, 96, "bfloat16", "full", ()
    )
    assert [card.kind for card in result.cards] == ["full", "full", "adapter"]
    weights = load_file(adapter / "adapter_model.safetensors").values()
    assert result.cards[2].parameters == sum(t.numel() for t in weights)
    assert result.cards[2].dtype == "float32"


def test_no_donor_is_not_mergeable(tmp_path: Path):
    assert not preflight(str(save_tiny(tmp_path / "b")), []).mergeable


def test_another_family_and_other_sizes(tmp_path: Path):
    base = save_tiny(tmp_path / "b")
    assert "gpt2 model" in only_problem(base, save_tiny(tmp_path / "g", "gpt2"))
    assert "hidden layers is 1" in only_problem(base, save_tiny(tmp_path / "l", layers=1))
    assert "tensors of the base" in only_problem(base, save_tiny(tmp_path / "t", tied=True))
    assert "base lacks" in only_problem(tmp_path / "t", save_tiny(tmp_path / "u"))
    assert "not a folder" in only_problem(base, tmp_path / "absent")


@pytest.mark.parametrize(
    ("entry", "match"),
    [({"quantization_config": {"bits": 4}}, "quantised"), ({"auto_map": {}}, "its own code")],
)
def test_quantised_and_custom_models(tmp_path: Path, entry: dict, match: str):
    base = save_tiny(tmp_path / "b")
    donor = save_donor(tmp_path / "d", base)
    config = json.loads((donor / "config.json").read_text())
    (donor / "config.json").write_text(json.dumps({**config, **entry}))
    assert match in only_problem(base, donor)


def test_a_broken_base_is_said_once_and_donors_wait(tmp_path: Path):
    donor = save_tiny(tmp_path / "d")
    result = preflight(str(tmp_path / "absent"), [str(donor)])
    assert "not a folder" in result.cards[0].problems[0]
    assert "base has to be mended" in result.cards[1].problems[0]


def test_scan_counts_what_differs(tmp_path: Path):
    base = save_tiny(tmp_path / "b")
    donor, adapter = save_donor(tmp_path / "d", base, share=0.3), save_adapter(tmp_path / "a", base)
    same = save_tiny(tmp_path / "same")
    a, b = (load_file(p / "model.safetensors") for p in (base, donor))
    wanted = sum(int((a[n] != b[n]).sum()) for n in a)
    full, lora, equal = scan(base, donor, adapter, same).donors
    assert (full.differing, full.share) == (wanted, wanted / 6992)
    assert 0 < lora.share < 1
    assert not full.warnings
    assert equal.differing == 0
    assert "equal to the base" in equal.warnings[0]


def test_scan_finds_what_is_not_finite(tmp_path: Path):
    base = save_tiny(tmp_path / "b")
    donor = save_donor(tmp_path / "d", base)
    weights = load_file(donor / "model.safetensors")
    weights["model.norm.weight"][3] = float("nan")
    save_file(weights, donor / "model.safetensors", metadata={"format": "pt"})
    found = scan(base, donor)
    assert not found.problems
    (difference,) = found.donors
    assert difference.not_finite == ("model.norm.weight",)
    assert difference.problems == (
        "It holds NaN or infinity in 1 tensors: 'model.norm.weight'; use an undamaged copy.",
    )
    found = scan(donor, base)  # the damage is the base's: the donor isn't blamed for it
    assert "'model.norm.weight'" in found.problems[0]
    assert not found.donors[0].problems
