"""What can't be merged is refused before a weight is merged, and the sentence says why."""

import json
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from obim.cli import WRONG, main
from obim.errors import ModelError
from obim.models.checkpoint import open_checkpoint
from obim.models.preflight import preflight
from obim.models.sources import open_donor
from obim.registry import names
from obim.runs.recipe import dump_recipe
from obim.types import Donor, MergeSpec
from tests.tiny import save_adapter, save_donor, save_tiny

WEIGHT = "model.layers.0.mlp.up_proj.weight"


def problems(base: Path, donor: Path) -> tuple[str, ...]:
    return preflight(str(base), [str(donor)]).cards[1].problems


def merge(root: Path, base: Path, donor: Path, method: str = "obim") -> int:
    donors = (Donor(name="d", source=str(donor)),)
    recipe = root / "recipe.yaml"
    spec = MergeSpec(base=str(base), donors=donors, method=method, estimator="magnitude", rounds=1)
    recipe.write_text(dump_recipe(spec))
    return main(["merge", str(recipe), str(root / "out")])


def rewrite(folder: Path, change: Callable[[dict[str, torch.Tensor]], None]) -> None:
    file = folder / "model.safetensors"
    tensors = load_file(file)
    change(tensors)
    save_file(tensors, file, metadata={"format": "pt"})


def configure(folder: Path, **entries: object) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **entries}))


def run_command(sentence: str) -> None:
    """Do what the end of a sentence tells the user to do."""
    python, option, code = shlex.split(sentence.partition("once with: ")[2])
    assert (python, option) == ("python", "-c")
    exec(code, {})


@pytest.mark.parametrize("tied", [False, True])
def test_pickled_models_come_with_their_conversion(tmp_path: Path, tied: bool):
    whole = save_tiny(tmp_path / 'it\'s a "model" $HOME', tied=tied, dtype=torch.bfloat16)
    tensors = load_file(whole / "model.safetensors")
    (whole / "model.safetensors").unlink()
    torch.save(tensors, whole / "pytorch_model.bin")
    with pytest.raises(ModelError, match="only pickled weights, which can run code") as caught:
        open_checkpoint(whole)
    run_command(str(caught.value))
    converted = open_checkpoint(whole)
    assert converted.tensors.keys() == tensors.keys()
    assert all(torch.equal(converted.read(name), t) for name, t in tensors.items())


def test_pickled_adapters_come_with_their_conversion(tmp_path: Path):
    base = save_tiny(tmp_path / "base")
    adapter = save_adapter(tmp_path / "it's an adapter", base)
    tensors = load_file(adapter / "adapter_model.safetensors")
    (adapter / "adapter_model.safetensors").unlink()
    torch.save(tensors, adapter / "adapter_model.bin")
    (problem,) = problems(base, adapter)
    assert "only pickled weights, which can run code" in problem
    run_command(problem)
    assert problems(base, adapter) == ()
    found = load_file(adapter / "adapter_model.safetensors")
    assert all(torch.equal(found[name], t) for name, t in tensors.items())


@pytest.mark.parametrize(
    ("stated", "method"),
    [
        ({"quant_method": "gptq", "bits": 4}, "GPTQ"),
        ({"quant_method": "awq"}, "AWQ"),
        ({"quant_method": "bitsandbytes", "load_in_4bit": True}, "bitsandbytes"),
        ({"load_in_8bit": True}, "bitsandbytes"),
        ({"quant_method": "fp8"}, "fp8"),
        ({"quant_method": "compressed-tensors"}, "compressed-tensors"),
    ],
)
def test_a_quantised_config_is_named(tmp_path: Path, stated: dict[str, object], method: str):
    base = save_tiny(tmp_path / "base")
    donor = save_donor(tmp_path / "donor", base)
    configure(donor, quantization_config=stated)
    expected = (f"Its weights are quantised with {method}; choose the unquantised model.",)
    assert problems(base, donor) == expected
    assert preflight(str(donor), [str(base)]).cards[0].problems == expected


def pack(*endings: str) -> Callable[[dict[str, torch.Tensor]], None]:
    def change(tensors: dict[str, torch.Tensor]) -> None:
        stem = WEIGHT.removesuffix("weight")
        del tensors[WEIGHT]
        for ending in endings:
            tensors[stem + ending] = torch.ones(2, 3, dtype=torch.int32)

    return change


def as_float8(tensors: dict[str, torch.Tensor]) -> None:
    tensors[WEIGHT] = tensors[WEIGHT].to(torch.float8_e4m3fn)


@pytest.mark.parametrize(
    ("change", "method"),
    [
        (pack("qweight", "qzeros", "scales", "g_idx"), "GPTQ"),
        (pack("qweight", "qzeros", "scales"), "AWQ"),
        (pack("weight", "weight.absmax", "weight.quant_map"), "bitsandbytes"),
        (pack("weight", "SCB"), "bitsandbytes"),
        (pack("weight", "weight_scale_inv"), "fp8"),
        (as_float8, "fp8"),
    ],
)
def test_quantised_tensors_are_named_without_a_config(
    tmp_path: Path, change: Callable[[dict[str, torch.Tensor]], None], method: str
):
    base = save_tiny(tmp_path / "base")
    donor = save_donor(tmp_path / "donor", base)
    rewrite(donor, change)
    (problem,) = problems(base, donor)
    assert problem == f"Its weights are quantised with {method}; choose the unquantised model."
    assert merge(tmp_path, base, donor) == WRONG


def test_whole_numbers_are_no_weights(tmp_path: Path):
    base = save_tiny(tmp_path / "base")
    donor = save_donor(tmp_path / "donor", base)
    rewrite(donor, lambda t: t.update({WEIGHT: t[WEIGHT].mul(9).to(torch.int8)}))
    (problem,) = problems(base, donor)
    assert problem.startswith(f"1 of its tensors hold numbers that can't be merged, {WEIGHT!r} for")
    rewrite(donor, lambda t: t.update({WEIGHT: t[WEIGHT].to(torch.uint32)}))
    (problem,) = problems(base, donor)
    assert "holds numbers of the type 'U32', which can't be merged" in problem


@pytest.mark.parametrize(
    ("family", "layers", "match"),
    [
        ("qwen2", 2, "It is a qwen2 model, the base is llama"),
        ("gpt2", 2, "It is a gpt2 model, the base is llama"),
        ("llama", 3, "number of hidden layers is 3, the base has 2"),
        ("llama", 1, "number of hidden layers is 1, the base has 2"),
    ],
)
def test_another_architecture_or_depth(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    family: str,
    layers: int,
    match: str,
):
    base = save_tiny(tmp_path / "base")
    donor = save_tiny(tmp_path / "donor", family, layers=layers)
    assert merge(tmp_path, base, donor) == WRONG
    assert match in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("kind", ["single", "shard", "adapter"])
@pytest.mark.parametrize("share", [0.0, 0.02, 0.5, 0.999])
def test_files_cut_short(tmp_path: Path, kind: str, share: float):
    base = save_tiny(tmp_path / "base")
    donor = (
        save_adapter(tmp_path / "donor", base)
        if kind == "adapter"
        else save_donor(tmp_path / "donor", base, sharded=kind == "shard")
    )
    assert problems(base, donor) == ()
    file = sorted(donor.glob("*.safetensors"))[0]
    content = file.read_bytes()
    file.write_bytes(content[: int(len(content) * share)])
    (problem,) = problems(base, donor)
    assert f"{file} is not a whole safetensors file" in problem
    assert merge(tmp_path, base, donor) == WRONG
    assert not (tmp_path / "out").exists()


def test_a_file_cut_short_under_way(tmp_path: Path):
    base = open_checkpoint(save_tiny(tmp_path / "base"))
    donor = open_donor(str(save_donor(tmp_path / "donor", base.path)), base)
    file = donor.path / "model.safetensors"
    file.write_bytes(file.read_bytes()[:2000])
    with pytest.raises(ModelError, match="ends before tensor"):
        donor.delta(WEIGHT)


@pytest.mark.parametrize("where", ["base", "donor"])
@pytest.mark.parametrize("value", ["nan", "inf", "-inf"])
@pytest.mark.parametrize("method", names("merge_method"))
def test_what_is_not_finite_is_never_merged(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], *, where: str, value: str, method: str
):
    base = save_tiny(tmp_path / "base")
    donor = save_donor(tmp_path / "donor", base)

    def damage(tensors: dict[str, torch.Tensor]) -> None:
        tensors[WEIGHT][1, 2] = float(value)

    rewrite(tmp_path / where, damage)
    assert merge(tmp_path, base, donor, method) == WRONG
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert "not finite" in error
    assert repr(WEIGHT) in error
    assert not (tmp_path / "out").exists()
