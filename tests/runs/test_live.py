"""The live model: whatever format it computes in, its weights have the values of the run's."""

from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM

from obim.models.checkpoint import open_checkpoint
from obim.runs.live import Live
from tests.tiny import save_donor, save_tiny

IDS = torch.tensor([[5, 9, 2, 7]])


def logits(folder: Path, weights: torch.dtype, computing: torch.dtype) -> torch.Tensor:
    """Of transformers alone."""
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=weights)
    return model.to(computing).eval()(IDS).logits


@pytest.mark.parametrize("stored", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("computing", [torch.float32, torch.bfloat16])
def test_values_are_of_one_format_and_arithmetic_of_another(
    tmp_path: Path, stored: torch.dtype, computing: torch.dtype
) -> None:
    folder = save_tiny(tmp_path / "base", dtype=stored)
    base, weights = open_checkpoint(folder), torch.bfloat16
    live = Live(base, weights, computing=computing)
    with torch.inference_mode():
        assert torch.equal(live.model(IDS).logits, logits(folder, weights, computing))
        donor = save_donor(tmp_path / "donor", folder)
        other = open_checkpoint(donor)
        live.put("donor", ((name, other.read(name)) for name in other.tensors))
        assert torch.equal(live.model(IDS).logits, logits(donor, weights, computing))
        live.put("base", ())
        assert torch.equal(live.model(IDS).logits, logits(folder, weights, computing))
