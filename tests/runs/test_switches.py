"""Donors switched off in the live model: exact, asked and scored as a model of its own."""

import json
from functools import partial
from pathlib import Path

import pytest
import torch
from torch import Tensor

from obim.errors import RecipeError, RunError
from obim.evaluation.items import EvalSet
from obim.insight.measured import Measured
from obim.runs.advancing import run_advance, run_back
from obim.runs.bench import Bench
from obim.runs.card import _table
from obim.runs.choices import check_names
from obim.runs.desk import Desk
from obim.runs.evaluating import run_evaluate
from obim.runs.folder import RunFolder
from obim.runs.forking import kept_events
from obim.runs.jobs import Advance, Back, Chat, Check, Evaluate
from obim.runs.looking import read_chat
from obim.runs.naming import layer_of, part_of
from obim.runs.reading import RunReader
from obim.runs.score_csv import scores_csv
from obim.runs.score_keys import Scored
from obim.runs.showing import show, shown, undo
from obim.runs.switches import Switch, label_of, positions_back, switches_of
from obim.types import Donor, MergeSpec
from tests.tiny import save_donor, save_tiny

WHOLE = Switch(donor="one")
PART = Switch(donor="one", first=1, last=1, modules=("up_proj", "down_proj"))
NORMS = Switch(donor="two", modules=("norm", "embed_tokens"))
SETS = [(), (WHOLE,), (PART,), (PART, NORMS), (WHOLE, Switch(donor="two")), (NORMS,)]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("models")
    base = save_tiny(root / "base", layers=3)
    save_donor(root / "one", base, seed=1)
    save_donor(root / "two", base, seed=2)
    lines = [
        json.dumps({"id": f"{half}-{i}", "prompt": f"number {i}", "answer": "x", "split": half})
        for half in ("dev", "report")
        for i in range(8)
    ]
    (root / "items.jsonl").write_text("\n".join(lines))
    return root


@pytest.fixture
def bench(models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    donors = tuple(Donor(name=n, source=str(models / n), density=0.4) for n in ("one", "two"))
    spec = MergeSpec(
        base=str(models / "base"), donors=donors, estimator="magnitude", rounds=3, dtype="bfloat16"
    )
    sets = {"a": EvalSet("a", {"en": "A", "ja": "A"}, models / "items.jsonl")}
    monkeypatch.setattr(Bench, "sets", lambda self: sets)
    made = Bench(RunFolder.create(tmp_path / "runs", spec))
    run_advance(made, Advance(5, "off"), desk(made))
    return made


def desk(bench: Bench) -> Desk:
    return Desk.open(bench.folder, "evaluate", None)


def live_bits(bench: Bench) -> dict[str, Tensor]:
    bound = bench.live.bindings
    return {
        name: bound[name].view.detach().to(bench.live.dtype, copy=True).view(torch.int16)
        for name in bound
    }


def twin(bench: Bench, switches: tuple[Switch, ...]) -> dict[str, Tensor]:
    """Position by position: the owner's value, or the base's where nobody has it or he is off."""
    merge, names, found = bench.merge, [d.name for d in bench.spec.donors], {}
    assert merge is not None
    donor_of = {visit.number: visit.donor for visit in bench.plan.visits}
    for name, info in bench.base.tensors.items():
        flat = bench.base.read(name).to(torch.bfloat16).reshape(-1).clone()
        layer, module = layer_of(name), part_of(name)
        for i, turn in enumerate(merge.owner[name].tolist()):
            if turn and not any(
                s.donor == names[donor_of[turn]]
                and (not s.modules or module in s.modules)
                and (s.first is None or (layer is not None and s.first <= layer <= (s.last or 0)))
                for s in switches
            ):
                flat[i] = merge._candidates[donor_of[turn]][name][i]
        found[name] = flat.reshape(info.shape).view(torch.int16)
    return found


def test_every_position_is_the_merges_or_the_bases_whatever_was_shown_before(bench: Bench) -> None:
    for switches in (*SETS, *SETS[::-1]):
        show(bench, label_of(switches))
        now, wanted = live_bits(bench), twin(bench, switches)
        assert all(torch.equal(now[name], wanted[name]) for name in now)
    with shown(bench, "base"):
        pass
    assert all(torch.equal(live_bits(bench)[n], twin(bench, ())[n]) for n in live_bits(bench))


def test_only_tensors_that_change_are_written(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    show(bench, "merged")
    written: list[str] = []
    write = bench.live._write
    monkeypatch.setattr(
        bench.live, "_write", lambda name, tensor: (written.append(name), write(name, tensor))[1]
    )
    show(bench, label_of([PART]))
    assert sorted(written) == [f"model.layers.1.mlp.{m}.weight" for m in ("down_proj", "up_proj")]
    show(bench, label_of([PART]))
    assert len(written) == 2


def test_going_back_and_forth_keeps_what_is_off(bench: Bench) -> None:
    show(bench, label_of([PART]))
    undo(bench, 3)
    wanted = twin(bench, (PART,))
    assert all(torch.equal(bits, wanted[name]) for name, bits in live_bits(bench).items())
    with shown(bench, "one"):
        pass
    assert all(torch.equal(bits, wanted[name]) for name, bits in live_bits(bench).items())


@pytest.mark.parametrize("switches", SETS[1:])
def test_positions_that_go_back_are_those_of_the_owner_map(
    bench: Bench, switches: tuple[Switch, ...]
) -> None:
    run_back(bench, Back(4), desk(bench))
    merge = bench.merge
    assert merge is not None
    donor_of = {visit.number: visit.donor for visit in bench.plan.visits}
    counted = dict.fromkeys((s.donor for s in switches), 0)
    for name, owner in merge.owner.items():
        for turn in owner[owner > 0].tolist():
            donor = bench.spec.donors[donor_of[turn]].name
            own = [s for s in switches if s.donor == donor]
            counted[donor] = counted.get(donor, 0) + any(
                s.covers(layer_of(name), part_of(name)) for s in own
            )
    told = positions_back(RunReader(bench.folder).state(), switches)
    assert told == {donor: counted[donor] for donor in told}
    assert sum(told.values()) > 0


def test_a_label_is_the_same_in_any_order_and_reads_back() -> None:
    label = label_of([NORMS, PART])
    assert label == label_of([PART, NORMS, PART])
    assert label == label_of([NORMS, PART.model_copy(update={"modules": PART.modules[::-1]})])
    assert label_of(switches_of(label)) == label
    assert label_of([]) == "merged"
    assert switches_of("merged") == switches_of("ties@{}") == ()
    for bad in ("merged@", "merged@[]", "merged@[1]", 'merged@[{"donor":"one"}]', "merged@[{}]"):
        with pytest.raises(RunError, match="no model called"):
            switches_of(bad)


def test_what_is_left_can_be_asked_and_is_put_away_again(bench: Bench) -> None:
    show(bench, "two")
    whole = label_of([WHOLE, Switch(donor="two")])
    assert (
        read_chat(bench, Chat(whole, "number 1", 8))["text"]
        == (read_chat(bench, Chat("base", "number 1", 8))["text"])
    )
    assert bench.live.label == "two"
    for bad in (Switch(donor="none"), Switch(donor="one", first=2, last=1)):
        with pytest.raises(RunError, match="switch"):
            read_chat(bench, Chat(label_of([bad]), "number 1", 8))


def test_its_scores_stand_beside_the_merge_and_are_never_those_of_another_turn(
    bench: Bench,
) -> None:
    label = label_of([PART])
    run_evaluate(bench, Evaluate(("base", "merged", label), ("a",)), desk(bench))
    state = bench.reader.state()
    assert {s.model: s.turn for s in state.scores} == {"base": None, "merged": 5, label: 5}
    pairs = {(v.model, v.against) for v in state.verdicts if v.skill == "a"}
    assert {("merged", label), (label, "base")} <= pairs
    assert label.replace('"', '""') in scores_csv(state)
    assert not any("@" in model for model in _table(state)[0])
    assert bench.reader.scores.merged_turns() == [5]
    run_advance(bench, Advance(1, "off"), desk(bench))
    after = bench.reader.state()
    assert {model for _, model in Measured(state).scores} == {"base", "merged", label}
    assert {model for _, model in Measured(after).scores} <= {"base"}
    assert label not in {s.model for s in after.scores if s.turn in (None, after.turn)}
    assert label not in {v.model for v in after.verdicts}


def test_scores_are_kept_by_what_the_switches_come_to(bench: Bench) -> None:
    encoded, evaluation = bench.encoded(bench.sets()["a"], None), bench.sets()["a"]
    key = partial(Scored(bench).key, chosen=evaluation, encoded=encoded, turn=5)
    every = Switch(donor="one", modules=tuple({part_of(name) for name, _ in bench.sizes()}))
    assert key(label_of([every])) == key(label_of([WHOLE]))
    labels = ["merged", *(label_of(s) for s in SETS[1:])]
    assert len({key(label) for label in labels}) == len(labels)
    nowhere = Switch(donor="one", modules=("no such",))
    assert key(label_of([nowhere])) == key("merged")


def test_no_donor_may_have_the_name_of_a_merge(bench: Bench) -> None:
    for name in ("merged", label_of([WHOLE])):
        donor = bench.spec.donors[0].model_copy(update={"name": name})
        with pytest.raises(RecipeError, match="can't be called"):
            check_names(bench.spec.model_copy(update={"donors": (donor,)}))


def test_a_run_without_the_donor_keeps_what_was_found_of_the_others(bench: Bench) -> None:
    from obim.runs.checking import run_check

    run_check(bench, Check(), desk(bench), bench.home)
    before = bench.reader.state()
    fewer = bench.spec.model_copy(update={"donors": bench.spec.donors[1:]})
    after = RunFolder.create(bench.home / "runs", fewer)
    after.append(*kept_events(bench.folder, fewer))
    state = RunReader(after).state()
    assert [card.name for card in state.cards] == ["base", "two"]
    assert state.mergeable
    assert state.scanned
    assert state.cards[1].changed == before.cards[2].changed
    assert state.saliency == tuple(
        summary.model_copy(
            update={"survival": None, "norm_kept": None, "tensors": state.saliency[0].tensors}
        )
        for summary in before.saliency[1:]
    )
    assert state.parts == before.parts
    assert (state.turn, state.contested) == (0, None)
    other = fewer.model_copy(update={"estimator": "random"})
    assert "saliency" not in {e["event"] for e in kept_events(bench.folder, other)}
