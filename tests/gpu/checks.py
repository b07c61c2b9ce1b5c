"""What has to hold on any device; run on a graphics card, and on a device that pretends."""

from pathlib import Path

import numpy as np
import pytest
import torch

from obim.merging.plan import Plan
from obim.models.device import CPU
from obim.models.sources import open_donor
from tests.gpu import comparing
from tests.gpu.comparing import Models
from tests.tiny import Family


def check_statistics(root: Path, family: Family, device: torch.device) -> None:
    """Whole and layer by layer, both as on the CPU."""
    models = Models.make(root, family)
    wanted = comparing.statistics(models, CPU)
    comparing.assert_close(comparing.statistics(models, device), wanted)
    comparing.assert_close(comparing.statistics(models, device, whole=False), wanted)


def check_selection(root: Path, device: torch.device, **settings: object) -> None:
    """The same statistics give the same owner maps and weights, bit for bit."""
    models = Models.make(root, "gpt2", **settings)
    stats = comparing.statistics(models, CPU)
    wanted, weights = comparing.merge(models, stats, CPU)
    got, merged = comparing.merge(models, stats, device)
    assert got.keys() == wanted.keys()
    assert all(np.array_equal(got[name], wanted[name]) for name in wanted)
    assert all(torch.equal(merged[name], weights[name]) for name in weights)
    turns = range(1, 1 + models.spec.turns)
    assert sum(any((owner == turn).any() for owner in wanted.values()) for turn in turns) > 3


def check_own_statistics(root: Path, device: torch.device) -> None:
    """Statistics of the device move an owner only where saliencies tie; a donor alone."""
    both = Models.make(root, "llama")
    models = Models(both.base, both.spec.model_copy(update={"donors": both.spec.donors[:1]}))
    here, there = comparing.statistics(models, CPU), comparing.statistics(models, device)
    wanted, got = comparing.merge(models, here, CPU)[0], comparing.merge(models, there, device)[0]
    (ranking,) = Plan(models.spec, models.base, here).rankings
    source = open_donor(models.spec.donors[0].source, models.base)
    saliency = {}
    for name in wanted:
        delta = source.delta(name)
        assert delta is not None
        saliency[name] = ranking.saliency(name, delta)[0].numpy()
    comparing.assert_ties(got, wanted, saliency)


def check_texts(root: Path, device: torch.device) -> None:
    """Verdicts, answers, own texts and perplexity as on the CPU."""
    models = Models.make(root, "qwen2")
    items = comparing.references(models)
    wanted = comparing.verdicts(models, items, CPU)
    assert wanted == [i % 2 == 0 for i in range(len(items))]
    assert comparing.verdicts(models, items, device) == wanted
    answers, own, surprise = comparing.texts(models, CPU)
    got = comparing.texts(models, device)
    assert got[:2] == (answers, own)
    assert any(answers)
    assert got[2] == pytest.approx(surprise, rel=comparing.RTOL)
