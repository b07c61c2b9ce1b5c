"""The engine on tiny random models on disk: every family, tied or not, full donors and adapters."""

from pathlib import Path

import pytest
import torch

from obim.merging.engine import Merge, stream_merge
from obim.models.checkpoint import open_checkpoint
from obim.models.sources import open_donor
from obim.types import Donor, MergeSpec
from tests.tiny import FAMILIES, Family, save_adapter, save_donor, save_tiny


def make(
    tmp_path: Path, family: Family, *, tied: bool, dtype: torch.dtype, sharded: bool = False
) -> MergeSpec:
    base = save_tiny(tmp_path / "base", family, tied=tied, dtype=dtype, sharded=sharded)
    full = save_donor(tmp_path / "full", base, seed=1, sharded=sharded)
    adapter = save_adapter(tmp_path / "adapter", base, seed=2)
    return MergeSpec(
        base=str(base),
        donors=(
            Donor(name="full", source=str(full), density=0.4),
            Donor(name="adapter", source=str(adapter), density=0.6, scale=1.2),
        ),
        estimator="magnitude",
        rounds=3,
    )


@pytest.mark.parametrize("family", FAMILIES)
def test_stepped_is_streamed_and_claims_come_from_donors(family: Family, tmp_path: Path) -> None:
    tied = family in ("gemma", "llama")
    dtype = {"llama": torch.bfloat16, "qwen2": torch.float16}.get(family, torch.float32)
    spec = make(tmp_path, family, tied=tied, dtype=dtype, sharded=family == "qwen3")
    for scope in ("tensor", "row", "global"):
        run = spec.model_copy(update={"scope": scope})
        base = open_checkpoint(spec.base)
        donors = [open_donor(donor.source, base) for donor in spec.donors]
        merge = Merge(run, base, donors, [None, None])
        list(merge.prepare())
        turns = list(merge.iterate())
        owners = {}
        streamed = dict(stream_merge(run, base, donors, [None, None], on_owner=owners.__setitem__))
        assert sum(sum(turn.claimed) for turn in turns) > 0
        assert list(streamed) == sorted(base.tensors)
        for name, tensor in merge.merged():
            assert torch.equal(tensor, streamed[name])
            assert tensor.dtype == torch.bfloat16
            w0 = base.read(name)
            owner = torch.from_numpy(merge.owner[name]).reshape(w0.shape)
            assert (owners[name] == merge.owner[name]).all()
            assert torch.equal(tensor[owner == 0], w0.bfloat16()[owner == 0])
            for k, donor in enumerate(spec.donors):
                mine = torch.isin(owner, torch.tensor([t.number for t in turns if t.donor == k]))
                if mine.any():
                    delta = donors[k].delta(name, w0)
                    assert delta is not None
                    expected = (w0.float() + donor.scale * delta).bfloat16()
                    assert torch.equal(tensor[mine], expected[mine])


def test_whole_donor_alone_is_that_donor(tmp_path: Path) -> None:
    spec = make(tmp_path, "llama", tied=False, dtype=torch.bfloat16)
    only = spec.model_copy(update={"donors": (Donor(name="f", source=spec.donors[0].source),)})
    base, donor = open_checkpoint(spec.base), open_checkpoint(spec.donors[0].source)
    for name, tensor in stream_merge(only, base, [open_donor(str(donor.path), base)], [None]):
        assert torch.equal(tensor, donor.read(name))
