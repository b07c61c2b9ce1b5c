"""What the Check job finds: which evaluation sets a run gets, and what its cards say."""

import json
import threading
from multiprocessing import Pipe
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from obim.evaluation.items import demo_sets
from obim.runs.checking import skills_of
from obim.runs.folder import RunFolder
from obim.runs.jobs import Check
from obim.runs.reading import RunReader
from obim.runs.state import RunState
from obim.runs.worker import Worker
from obim.saliency.calibration import load_texts
from obim.types import Donor, MergeSpec
from tests.tiny import save_adapter, save_donor, save_tiny
from ui import views
from ui.session import Session


def _spec(*sources: str) -> MergeSpec:
    donors = tuple(Donor(name=f"d{n}", source=source) for n, source in enumerate(sources))
    return MergeSpec(base="demo:base", donors=donors)


def _chosen(*sources: str) -> dict[str, str | None]:
    return {s["id"]: s["donor"] for s in skills_of(_spec(*sources), demo_sets())}


def test_a_demo_donor_brings_its_own_set_and_the_general_one() -> None:
    assert _chosen("demo:amounts", "demo:mails") == {
        "amounts": "d0",
        "mails": "d1",
        "general": None,
    }


def test_the_donor_that_forgot_is_measured_on_the_skill_it_was_trained_on() -> None:
    assert _chosen("demo:forgetting") == {"mails": "d0", "general": None}
    assert load_texts("demo:forgetting") == load_texts("demo:mails")


def test_strangers_get_every_set_and_none_is_theirs() -> None:
    found = _chosen("/models/a", "/models/b")
    assert set(found) == {s.id for s in demo_sets()}
    assert set(found.values()) == {None}


def test_a_damaged_donor_is_named_on_its_card_and_forbids_the_merge(tmp_path: Path) -> None:
    base = save_tiny(tmp_path / "base")
    donor, equal = save_donor(tmp_path / "donor", base), save_tiny(tmp_path / "equal")
    weights = load_file(donor / "model.safetensors")
    weights["model.norm.weight"][3] = float("nan")
    save_file(weights, donor / "model.safetensors", metadata={"format": "pt"})
    state = _checked(tmp_path, base, donor, equal)
    assert (state.scanned, state.mergeable) == (True, False)
    assert state.cards[0].problems == ()
    assert state.cards[1].problems == (
        "It holds NaN or infinity in 1 tensors: 'model.norm.weight'; use an undamaged copy.",
    )
    assert state.cards[2].problems == ()
    assert "equal to the base" in state.cards[2].warnings[0]
    assert _checked(tmp_path, base, equal).mergeable
    state = _checked(tmp_path, donor, equal)
    assert not state.mergeable
    assert "'model.norm.weight'" in state.cards[0].problems[0]
    assert state.cards[1].problems == ()


def test_what_merging_takes_is_told_of_models_that_fit(tmp_path: Path) -> None:
    base = save_tiny(tmp_path / "base")
    needs = _checked(tmp_path, base, save_donor(tmp_path / "donor", base)).needs
    parameters = sum(weight.numel() for weight in load_file(base / "model.safetensors").values())
    assert needs is not None
    weights, owner_map = 2 * parameters, parameters
    assert needs.disk == weights + 2 * owner_map  # one kept beside the run, one in the export
    assert needs.enough_disk
    assert needs.seconds is not None
    assert _checked(tmp_path, base, tmp_path / "nowhere").needs is None


def test_what_headers_warn_of_stays_beside_what_the_scan_finds(tmp_path: Path) -> None:
    base = save_tiny(tmp_path / "base")
    adapter = save_adapter(tmp_path / "a", base)
    config = adapter / "adapter_config.json"
    named = {**json.loads(config.read_text()), "base_model_name_or_path": "org/other"}
    config.write_text(json.dumps(named))
    weights = load_file(adapter / "adapter_model.safetensors")
    zeros = {name: torch.zeros_like(tensor) for name, tensor in weights.items()}
    save_file(zeros, adapter / "adapter_model.safetensors", metadata={"format": "pt"})
    state = _checked(tmp_path, base, adapter)
    assert state.mergeable
    first, second = state.cards[1].warnings
    assert first.startswith("It was made for org/other, the base is base")
    assert "equal to the base" in second
    card = views.page(state, Session(lang="ja"), ())["cards"]["cards"][1]
    assert card["fits"]
    assert card["reason"].startswith("org/other 用のアダプターですが")
    assert card["reason"].endswith("マージに加えるものがありません。")


def _checked(root: Path, base: Path, *donors: Path) -> RunState:
    """A run after its Check job, done by the worker's own code."""
    spec = MergeSpec(
        base=str(base), donors=tuple(Donor(name=d.name, source=str(d)) for d in donors), rounds=1
    )
    folder = RunFolder.create(root / "runs", spec)
    ours, theirs = Pipe()
    with ours, theirs:
        Worker(theirs)._do(folder.path, Check(), root, threading.Event())
    return RunReader(folder).state()
