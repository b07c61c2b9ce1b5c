"""Scores and comparisons of a run, on a bench of its own, without a worker."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from obim.evaluation.items import EvalSet
from obim.runs import effort, showing
from obim.runs.advancing import run_advance
from obim.runs.bench import Bench
from obim.runs.card import write_card
from obim.runs.desk import Desk, StopJob
from obim.runs.evaluating import run_evaluate
from obim.runs.flips import FLIPS, find_flips
from obim.runs.folder import RunFolder
from obim.runs.jobs import Advance, Cell, Chat, Evaluate
from obim.runs.looking import read_cell, read_chat
from obim.runs.score_keys import Scored
from obim.runs.scored import ScoreState
from obim.runs.scoring import score_all, score_key
from obim.runs.state import JobKind, SkillState
from obim.types import Donor, MergeSpec
from tests.tiny import save_donor, save_tiny
from ui.painting.methods import model_label

ITEMS = 24


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("models")
    save_donor(root / "full", save_tiny(root / "base", layers=1))
    lines = [
        json.dumps({"id": f"{half}-{i}", "prompt": f"number {i}", "answer": "x", "split": half})
        for half in ("dev", "report")
        for i in range(ITEMS)
    ]
    (root / "items.jsonl").write_text("\n".join(lines))
    return root


@pytest.fixture
def bench(models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    donor = Donor(name="full", source=str(models / "full"), density=0.2, scale=1.5)
    spec = MergeSpec(base=str(models / "base"), donors=(donor,), estimator="magnitude", rounds=2)
    sets = {"a": EvalSet("a", {"en": "A", "ja": "A"}, models / "items.jsonl")}
    monkeypatch.setattr(Bench, "sets", lambda self: sets)
    return Bench(RunFolder.create(tmp_path / "runs", spec))


def desk(bench: Bench) -> Desk:
    return Desk.open(bench.folder, "evaluate", None)


def write_score(bench: Bench, model: str, right: bool | set[int]) -> None:
    """A score in the journal: all items right, or all wrong, or those with these numbers."""
    encoded = bench.encoded(bench.sets()["a"], None)
    turn = score_key(bench, model, "a", encoded, None)[1]
    sure = right if isinstance(right, set) else set(range(ITEMS)) if right else set()
    score = ScoreState(
        skill="a", model=model, turn=turn, quick=False, evaluator="exact_match", n=ITEMS,
        score=len(sure) / ITEMS, low=0.0, high=1.0, mean_tokens=1.0,
    )  # fmt: skip
    items = {f"report-{i}": i in sure for i in range(ITEMS)}
    identity = Scored(bench).key(model, bench.sets()["a"], encoded, turn)
    event = {"event": "score", "score": score.model_dump(), "items": items, "identity": identity}
    bench.folder.append(event)
    bench.reader.catch_up()


def test_what_got_worse_is_counted_and_says_against_whom(bench: Bench) -> None:
    run_advance(bench, Advance(1, "off"), desk(bench))
    job = Evaluate(("merged",), ("a",))
    write_score(bench, "merged", right=False)
    find_flips(bench, job, desk(bench))
    (alone,) = bench.reader.state().compared
    assert (alone.skill, alone.lost, alone.shown, alone.rivals) == ("a", 0, 0, ())
    write_score(bench, "base", right=True)
    find_flips(bench, job, desk(bench))
    state = bench.reader.state()
    (compared,) = state.compared
    assert (compared.lost, compared.shown, compared.rivals) == (ITEMS, FLIPS, ("base",))
    assert len(state.flips) == FLIPS
    assert set(state.flips[0].answers) == {"base", "merged"}
    run_advance(bench, Advance(1, "off"), desk(bench))
    assert bench.reader.state().compared == ()


def test_quick_scores_leave_out_the_items_that_were_tuned_on(bench: Bench) -> None:
    evaluation = bench.sets()["a"]
    odd = [f"dev-{i}" for i in range(1, ITEMS, 2)]
    assert [e.item.id for e in bench.encoded(evaluation, 999)] == odd
    drawn = [e.item.id for e in bench.encoded(evaluation, 5)]
    assert len(drawn) == 5
    assert set(drawn) < set(odd)
    assert {e.item.id for e in bench.encoded(evaluation, None)} == {
        f"report-{i}" for i in range(ITEMS)
    }


def test_a_score_of_other_items_is_taken_anew(bench: Bench) -> None:
    write_score(bench, "base", right=True)
    score_all(bench, ("base",), ("a",), None, desk(bench))
    assert bench.reader.state().scores[0].score == 1.0
    (event,) = [e for _, e in bench.folder.events() if e["event"] == "score"]
    bench.folder.append(event | {"identity": "of other items"})
    score_all(bench, ("base",), ("a",), None, desk(bench))
    (score,) = bench.reader.state().scores
    assert score.score < 1.0


def test_the_card_uses_the_words_of_the_page(bench: Bench) -> None:
    score_all(bench, ("base", "linear", "obim:random"), ("a",), 5, desk(bench))
    skill = SkillState(id="a", title={"en": "Sums", "ja": "和"}, donor=None, items=ITEMS)
    state = bench.reader.state().model_copy(update={"skills": (skill,)})
    tuned = state.scores[1].model_copy(update={"model": "ties:tuned"})
    loss = {"skill": "p", "evaluator": "perplexity", "unit": "perplexity", "score": 12.5}
    losses = [state.scores[0].model_copy(update=loss | {"low": 9.0, "high": 20.0})]
    state = state.model_copy(update={"scores": (*state.scores, tuned, *losses)})
    card = write_card(state, "out", "bfloat16", ["none"])
    words = [model_label("en", label) for label in ("obim:random", "ties")]
    assert f"| set | items | Base | Average | {words[0]} | {words[1]}, tuned |" in card
    assert "| Sums | 5 practice items |" in card
    assert "| p (perplexity) | 5 practice items | 12.5 (9-20) | - | - | - |" in card


def test_rivals_run_with_stock_settings(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[MergeSpec] = []

    def merge(spec: MergeSpec, *_: object, **__: object) -> Iterator[tuple[str, Tensor]]:
        asked.append(spec)
        return iter(())

    monkeypatch.setattr(showing, "stream_merge", merge)
    showing.show(bench, "linear")
    (spec,) = asked
    assert spec.method == "linear"
    assert [(d.name, d.density, d.scale) for d in spec.donors] == [("full", None, 1.0)]
    assert bench.spec.donors[0].scale == 1.5


def test_stop_acts_while_lost_items_are_answered(bench: Bench) -> None:
    run_advance(bench, Advance(1, "off"), desk(bench))
    write_score(bench, "merged", right=False)
    write_score(bench, "base", right=True)
    asked: list[int] = []

    def stopping() -> bool:
        asked.append(1)
        return len(asked) > 5

    impatient = Desk.open(bench.folder, "evaluate", None, stopping)
    with pytest.raises(StopJob):
        find_flips(bench, Evaluate(("merged",), ("a",)), impatient)
    assert len(asked) == 6
    assert bench.reader.state().compared == ()


def test_reads_between_two_tokens_change_no_answer(bench: Bench) -> None:
    run_advance(bench, Advance(1, "off"), desk(bench))
    for model in ("merged", "base", "full"):
        write_score(bench, model, right=model != "merged")
    job, served = Evaluate(("merged",), ("a",)), []
    find_flips(bench, job, desk(bench))
    alone = bench.reader.state().flips

    def serve() -> None:
        name = "model.layers.0.mlp.up_proj.weight"
        for model in ("base", "merged", "full"):
            read_chat(bench, Chat(model, "hello", 2), may_prepare=False)
        served.append(read_cell(bench, Cell(name, 0)))

    nothing = {"event": "flips", "turn": 1, "skill": "a", "flips": [], "lost": 0, "rivals": []}
    bench.folder.append(nothing)  # or what is known would not be asked again
    bench.reader.catch_up()
    find_flips(bench, job, Desk.open(bench.folder, "evaluate", None, serve=serve))
    assert bench.reader.state().flips == alone
    assert len(served) > 3
    run_advance(bench, Advance(1, "off"), desk(bench))
    assert bench.reader.state().turn == 2


def test_the_best_donor_is_a_rival(bench: Bench) -> None:
    run_advance(bench, Advance(1, "off"), desk(bench))
    write_score(bench, "merged", right=True)
    write_score(bench, "base", right=True)
    write_score(bench, "full", right=True)
    find_flips(bench, Evaluate(("merged",), ("a",)), desk(bench))
    (compared,) = bench.reader.state().compared
    assert (compared.lost, compared.rivals) == (0, ("base", "full"))


def watched(bench: Bench, kind: JobKind) -> tuple[Desk, list[tuple[str, float]]]:
    """A desk, and what it is told: (phase, fraction of the whole job)."""
    told: list[tuple[str, float]] = []
    line = Desk.open(
        bench.folder, kind, None, serve=lambda: told.append((line.phase, line.fraction))
    )
    return line, told


def test_the_bar_leaves_the_evaluations_the_room_that_they_need(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Bench, "skill_ids", lambda self: ["a"])
    run_advance(bench, Advance(1, "off"), desk(bench))  # measured and prepared
    line, told = watched(bench, "advance")
    run_advance(bench, Advance(1, "turn"), line)
    fractions = [fraction for _, fraction in told]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    tokens = sum(len(e.prompt) + len(e.answer) for e in bench.encoded(bench.sets()["a"], 40))
    starts = next(fraction for phase, fraction in told if phase == "evaluate")
    assert starts == pytest.approx(effort.TURN / (effort.TURN + tokens))


def test_the_bar_says_that_a_model_too_large_for_the_gpu_runs_on_the_cpu(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("obim.runs.placing.free_memory", lambda device: 1)
    bench.device = torch.device("cuda")
    line, told = watched(bench, "evaluate")
    score_all(bench, ("base",), ("a",), None, line)
    assert bench.live.model.device.type == "cpu"
    assert told[-1][0] == "evaluate_cpu"
    assert "runs on the CPU" in caplog.text


def test_what_is_scored_already_takes_no_room_in_the_bar(bench: Bench) -> None:
    run_advance(bench, Advance(1, "off"), desk(bench))
    score_all(bench, ("base", "full"), ("a",), None, desk(bench))
    line, told = watched(bench, "evaluate")
    run_evaluate(bench, Evaluate(("base", "full", "merged"), ("a",)), line)
    fractions = [fraction for _, fraction in told]
    assert fractions == sorted(fractions)
    tokens = sum(len(e.prompt) + len(e.answer) for e in bench.encoded(bench.sets()["a"], None))
    scored = (effort.SHOW + tokens) / (effort.SHOW + tokens + 3 * effort.ANSWERS)
    assert any(fraction == pytest.approx(scored) for fraction in fractions)


def test_what_a_donor_forgot_and_what_came_back(bench: Bench) -> None:
    run_advance(bench, Advance(1, "off"), desk(bench))
    base, donor, merged = {*range(12)}, {*range(2), 20}, {1, *range(4, 15)}
    for model, right in (("base", base), ("full", donor), ("merged", merged)):
        write_score(bench, model, right)
    find_flips(bench, Evaluate(("merged",), ("a",)), desk(bench))
    state = bench.reader.state()
    (compared,) = state.compared
    gone, back = base - donor - merged, (base - donor) & merged
    assert compared.n == ITEMS
    assert compared.forgotten == {"full": len(gone | back)}
    assert compared.recovered == {"full": len(back)}
    shown = {
        kind: [f for f in state.flips if f.kind == kind] for kind in ("forgotten", "recovered")
    }
    assert {f.item for f in shown["forgotten"]} == {f"report-{i}" for i in gone}
    assert {f.item for f in shown["recovered"]} == {f"report-{i}" for i in sorted(back)[:FLIPS]}
    assert all(set(f.answers) == {"base", "full", "merged"} for f in shown["recovered"])
    assert all(f.donor == "full" for kind in shown.values() for f in kind)
    for f in state.flips:  # the tiny models write no "x", whatever the journal says
        assert f.near_tie == any(f.right.values())
        assert f.right["merged"] == (f.kind == "recovered")
    gaps = np.array([(i in merged) - (i in donor) for i in range(ITEMS)], float)
    value, low, high = compared.change["full"]
    assert value == pytest.approx(gaps.mean())
    assert low < value < high
    assert compared.lost == len((base | donor) - merged)  # as before: of base and best donor


def test_without_the_base_nobody_knows_what_was_forgotten(bench: Bench) -> None:
    run_advance(bench, Advance(1, "off"), desk(bench))
    write_score(bench, "full", right=False)
    write_score(bench, "merged", right=True)
    find_flips(bench, Evaluate(("merged",), ("a",)), desk(bench))
    (compared,) = bench.reader.state().compared
    assert (compared.forgotten, compared.recovered) == ({}, {})
    assert bench.reader.state().flips == ()


def test_a_journal_of_before_is_still_read(bench: Bench) -> None:
    flip = {"skill": "a", "item": "1", "prompt": "p", "expected": "x", "answers": {"base": "x"}}
    old = {
        "event": "flips",
        "turn": 0,
        "skill": "a",
        "flips": [flip],
        "lost": 3,
        "rivals": ["base"],
    }
    bench.folder.append(old)
    state = bench.reader.state()
    assert state.flips[0].kind == "worse"
    assert (state.compared[0].lost, state.compared[0].shown) == (3, 1)
