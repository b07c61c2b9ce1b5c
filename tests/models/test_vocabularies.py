"""Donors with more or fewer rows of vocabulary than the base: shared rows merge, others stay."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from transformers import PhiConfig, PhiForCausalLM, PreTrainedModel

from obim.cli import OK, WRONG, main
from obim.errors import Incompatible
from obim.models.checkpoint import open_checkpoint
from obim.models.preflight import preflight
from obim.models.sources import open_donor
from obim.runs.recipe import dump_recipe
from obim.types import Donor, MergeSpec
from tests.tiny import VOCAB, save_model, tiny_model

EMBEDDING, HEAD = "model.embed_tokens.weight", "lm_head.weight"


def shift(model: PreTrainedModel, rows: int, seed: int = 7) -> PreTrainedModel:
    """A fine-tune of ``model``, in place, with another number of rows."""
    model.resize_token_embeddings(rows, mean_resizing=False)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=generator) * 0.05)
    return model


def save_pair(root: Path, base: PreTrainedModel, rows: int) -> tuple[Path, Path]:
    save_model(base, root / "base")
    return root / "base", save_model(shift(base, rows), root / "donor")


def merge(root: Path, base: Path, donor: Path, texts: Path | None = None) -> int:
    calibration = str(texts) if texts else None
    spec = MergeSpec(
        base=str(base),
        donors=(Donor(name="d", source=str(donor), density=1.0, calibration=calibration),),
        estimator="layerwise" if texts else "magnitude",
        rounds=1,
        dtype="float32",
    )
    recipe = root / "recipe.yaml"
    recipe.write_text(dump_recipe(spec))
    return main(["merge", str(recipe), str(root / "out")])


def expected(base: torch.Tensor, donor: torch.Tensor) -> torch.Tensor:
    """Row by row: a shared one becomes the donor's as far as float32 can, others stay."""
    wanted = base.clone()
    for row in range(min(len(base), len(donor))):
        wanted[row] = base[row] + (donor[row] - base[row])
    return wanted


@pytest.mark.parametrize("rows", [VOCAB - 9, VOCAB + 32])
@pytest.mark.parametrize(
    ("family", "tied", "names"),
    [
        ("llama", False, {EMBEDDING, HEAD}),
        ("llama", True, {EMBEDDING}),
        ("gpt2", True, {"transformer.wte.weight"}),
        ("qwen3_moe", False, {EMBEDDING, HEAD}),
    ],
)
def test_shared_rows_merge_and_the_others_stay(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    *,
    family: str,
    tied: bool,
    names: set[str],
    rows: int,
):
    base, donor = save_pair(tmp_path, tiny_model(family, tied=tied), rows)
    card = preflight(str(base), [str(donor)]).cards[1]
    rest = "the rest stay the base's" if rows < VOCAB else "the rest of the donor's are left out"
    sentence = (
        f"Its vocabulary has {rows} rows, the base's {VOCAB}: the first {min(rows, VOCAB)} are "
        f"merged, {rest}."
    )
    assert (card.problems, card.warnings) == ((), (sentence,))
    assert merge(tmp_path, base, donor) == OK
    assert f"obim: donor: {sentence}" in capsys.readouterr().err
    ours, theirs, merged = (
        load_file(p / "model.safetensors") for p in (base, donor, tmp_path / "out")
    )
    assert {name for name in ours if ours[name].shape != theirs[name].shape} == names
    for name, tensor in ours.items():
        assert torch.equal(merged[name], expected(tensor, theirs[name])), name
    assert all(not torch.equal(merged[name], ours[name]) for name in names)


def phi() -> PreTrainedModel:
    torch.manual_seed(0)
    config = PhiConfig(
        vocab_size=VOCAB, hidden_size=16, intermediate_size=24, num_hidden_layers=2,
        num_attention_heads=4, bos_token_id=0, eos_token_id=1, pad_token_id=1,
    )  # fmt: skip
    model = PhiForCausalLM(config)
    torch.nn.init.normal_(model.lm_head.bias)
    return model.eval()


def test_the_heads_bias_goes_with_its_rows(tmp_path: Path):
    base, donor = save_pair(tmp_path, phi(), VOCAB + 5)
    assert merge(tmp_path, base, donor) == OK
    ours, theirs, merged = (
        load_file(p / "model.safetensors") for p in (base, donor, tmp_path / "out")
    )
    assert theirs["lm_head.bias"].shape == (VOCAB + 5,)
    for name, tensor in ours.items():
        assert torch.equal(merged[name], expected(tensor, theirs[name])), name


@pytest.mark.parametrize("rows", [VOCAB - 9, VOCAB + 32])
@pytest.mark.parametrize(
    "some", [slice(0, 10), slice(80, 96), slice(90, 96), slice(85, 88), slice(90, 300)]
)
def test_rows_of_a_delta(tmp_path: Path, rows: int, some: slice):
    base_path, donor_path = save_pair(tmp_path, tiny_model(), rows)
    base = open_checkpoint(base_path)
    donor = open_donor(str(donor_path), base)
    stored = base.read(EMBEDDING)
    whole = donor.delta(EMBEDDING)
    assert whole.shape == stored.shape
    assert torch.count_nonzero(whole[rows:]) == 0
    for given in (None, stored[some]):
        assert torch.equal(donor.delta(EMBEDDING, given, some), whole[some])
    assert torch.equal(donor.delta(EMBEDDING, stored), whole)


def test_other_shapes_stay_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    base = save_model(tiny_model(), tmp_path / "base")
    model = tiny_model()
    for layer in model.model.layers:
        layer.mlp.up_proj = torch.nn.Linear(16, 20, bias=False)
        layer.mlp.gate_proj = torch.nn.Linear(16, 20, bias=False)
        layer.mlp.down_proj = torch.nn.Linear(20, 16, bias=False)
    donor = save_model(model, tmp_path / "donor")
    assert merge(tmp_path, base, donor) == WRONG
    assert "6 tensors have another shape, 'model.layers.0.mlp.down" in capsys.readouterr().err
    source = open_donor(str(donor), open_checkpoint(base))
    with pytest.raises(Incompatible, match=r"up_proj\.weight' is \[20, 16\]"):
        source.delta("model.layers.0.mlp.up_proj.weight")


def test_padding_that_no_tensor_shows_needs_no_word(tmp_path: Path):
    base = save_model(tiny_model(), tmp_path / "base")
    donor = save_model(tiny_model(seed=1), tmp_path / "donor")
    config = donor / "config.json"
    config.write_text(config.read_text().replace(f'"vocab_size": {VOCAB}', '"vocab_size": 90'))
    card = preflight(str(base), [str(donor)]).cards[1]
    assert (card.problems, card.warnings) == ((), ())


@pytest.mark.parametrize("rows", [VOCAB - 9, VOCAB + 32])
def test_such_a_donor_can_be_calibrated(tmp_path: Path, rows: int):
    base, donor = save_pair(tmp_path, tiny_model(), rows)
    texts = tmp_path / "texts.txt"
    texts.write_text("the cat sat on the mat\n" * 4)
    assert merge(tmp_path, base, donor, texts) == OK
    ours, theirs, merged = (
        load_file(p / "model.safetensors") for p in (base, donor, tmp_path / "out")
    )
    assert torch.equal(merged[HEAD], expected(ours[HEAD], theirs[HEAD]))
    assert torch.equal(merged[EMBEDDING][rows:], ours[EMBEDDING][rows:])
