"""Rules of a merge job on a bench of its own: who is right is told by the test, turn by turn."""

import json
from collections.abc import Generator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from obim.errors import EvaluationError, RunError
from obim.evaluation import judging
from obim.evaluation.encoding import Encoded
from obim.evaluation.items import EvalSet
from obim.evaluation.rules import Gates, OnRed, Rule
from obim.runs import flips, gating, scoring
from obim.runs.advancing import run_advance, run_back
from obim.runs.bench import Bench
from obim.runs.desk import Desk, StopJob
from obim.runs.folder import RunFolder
from obim.runs.jobs import Advance, Back, Check
from obim.runs.state import SkillState
from obim.runs.studio import Studio
from obim.types import Donor, ItemResult, MergeSpec
from tests.runs.test_studio import do
from tests.tiny import save_donor, save_tiny

ITEMS, FLIPS = 40, 2
TURNS = 4
FALL = Rule(kind="fall", skill="a", limit=10)
KEEP = Rule(kind="keep", limit=40)
RIGHT: dict[Any, int] = {
    "base": 30, "full": 40, ("merged", 1): 40, ("merged", 2): 39, ("merged", 3): 2,
    ("merged", 4): 40,
}  # fmt: skip
"""Who gets how many items right: turn 3 is bad."""


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("models")
    save_donor(root / "full", save_tiny(root / "base", layers=1))
    lines = [
        json.dumps({"id": f"{half}-{i}", "prompt": f"number {i}", "answer": "x", "split": half})
        for half in ("dev", "report")
        for i in range(2 * ITEMS)
    ]
    (root / "items.jsonl").write_text("\n".join(lines))
    return root


class Asked:
    """Stands in for an evaluator, and counts which models were scored."""

    def __init__(self) -> None:
        self.labels: list[Any] = []
        self.unit = "share"
        self.right = dict(RIGHT)
        self.bench: Bench | None = None

    def find(self, kind: str, name: str) -> Any:
        assert (kind, name) == ("evaluator", "exact_match")
        facts = {"unit": self.unit, "higher_is_better": True}
        return SimpleNamespace(name=name, function=self.judge, facts=facts)

    def judge(
        self, _model: Any, encoded: Sequence[Encoded], _tokenizer: Any
    ) -> Generator[float, None, list[ItemResult]]:
        yield 1.0
        assert self.bench is not None
        label = self.bench.live.label
        if isinstance(label, tuple):  # of the merge: its turn, and that no donor is off
            label, off = label[:2], label[2]
            assert off == ()
        self.labels.append(label)
        right = self.right[label]
        return [ItemResult(e.item.id, float(i < right)) for i, e in enumerate(encoded)]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    made = Asked()
    for module in (judging, scoring):
        monkeypatch.setattr(module, "find", made.find)
    monkeypatch.setattr(flips, "FLIPS", FLIPS)
    monkeypatch.setattr(flips, "FLIP_TOKENS", 3)
    monkeypatch.setattr(gating, "find", made.find)
    return made


@pytest.fixture
def bench(models: Path, tmp_path: Path, asked: Asked, monkeypatch: pytest.MonkeyPatch) -> Bench:
    donor = Donor(name="full", source=str(models / "full"), density=0.2, scale=1.5)
    spec = MergeSpec(
        base=str(models / "base"), donors=(donor,), estimator="magnitude", rounds=TURNS
    )
    path = models / "items.jsonl"
    sets = {name: EvalSet(name, {"en": name}, path) for name in ("a", "general")}
    monkeypatch.setattr(Bench, "sets", lambda self: sets)
    folder = RunFolder.create(tmp_path / "runs", spec)
    skills = [
        SkillState(id=name, title={"en": name}, donor=donor, items=ITEMS).model_dump()
        for name, donor in (("a", "full"), ("general", None))
    ]
    folder.append({"event": "check", "cards": [], "mergeable": True, "skills": skills})
    return open_bench(folder, asked)


def open_bench(folder: RunFolder, asked: Asked) -> Bench:
    asked.bench = Bench(folder)
    return asked.bench


def advance(bench: Bench, turns: int, *rules: Rule, on_red: OnRed = "pause") -> None:
    job = Advance(turns, "turn", Gates(rules=rules, on_red=on_red))
    run_advance(bench, job, Desk.open(bench.folder, "advance", None))


def lights(bench: Bench) -> dict[int, str]:
    return {gate.turn: gate.light for gate in bench.reader.state().gates}


def test_without_rules_nothing_is_judged_and_no_reference_scored(
    bench: Bench, asked: Asked
) -> None:
    advance(bench, 9)
    state = bench.reader.state()
    assert (state.turn, state.gates, state.best_turn, state.paused) == (TURNS, (), None, None)
    assert {label for label in asked.labels if isinstance(label, str)} == set()


def test_red_pauses_and_what_is_lost_can_be_read(bench: Bench, asked: Asked) -> None:
    advance(bench, 9, FALL, KEEP)
    state = bench.reader.state()
    assert lights(bench) == {1: "green", 2: "green", 3: "red"}
    assert (state.turn, state.paused and state.paused.back_to) == (3, 3)
    assert [asked.labels.count(label) for label in ("base", "full")] == [2, 1]
    gate = state.gates[-1]
    assert [v.light for v in gate.verdicts] == ["red", "red"]
    figure = gate.verdicts[0].figures[0]
    assert (figure.skill, figure.against, figure.score) == ("a", "base", 2 / ITEMS)
    assert figure.margin == pytest.approx((2 - 30) / ITEMS + 0.1)
    assert [c.skill for c in gate.compared] == ["a"]
    assert (gate.compared[0].lost, gate.compared[0].rivals) == (38, ("base", "full"))
    assert len(gate.flips) == FLIPS
    assert set(gate.flips[0].answers) == {"base", "full", "merged"}


def test_red_goes_back_to_the_last_green_turn(bench: Bench) -> None:
    advance(bench, 9, FALL, on_red="back")
    state = bench.reader.state()
    assert state.turn == bench.merge.turn == 2  # type: ignore[union-attr]
    assert (state.paused.turn, state.paused.back_to) == (3, 2)  # type: ignore[union-attr]
    assert lights(bench)[3] == "red"
    assert state.gates[-1].flips
    alone = [bench.merge.tensor(name) for name in bench.merge.names]  # type: ignore[union-attr]
    owner = bench.folder.owner_maps(bench.sizes())
    assert max(int(o.max()) for o in owner.values()) == 2
    assert all(t.isfinite().all() for t in alone)


def test_red_goes_back_to_nothing_where_nothing_was_green(bench: Bench, asked: Asked) -> None:
    asked.right[("merged", 1)] = asked.right[("merged", 2)] = 2
    advance(bench, 9, FALL, on_red="back")
    state = bench.reader.state()
    assert (state.turn, state.locked) == (0, False)
    assert state.paused is not None
    assert (state.paused.turn, state.paused.back_to) == (1, 0)


def test_red_is_told_and_the_merge_goes_on(bench: Bench) -> None:
    advance(bench, 9, FALL, on_red="go_on")
    state = bench.reader.state()
    assert (state.turn, state.paused) == (TURNS, None)
    assert lights(bench) == {1: "green", 2: "green", 3: "red", 4: "green"}
    assert state.gates[2].flips
    assert state.best_turn == 4  # as good as turn 1, and later


def test_the_best_turn_is_a_green_one_if_there_is_any(bench: Bench, asked: Asked) -> None:
    asked.right.update({("merged", t): n for t, n in {1: 20, 2: 31, 3: 40, 4: 33}.items()})
    strict = Rule(kind="fall", skill="general", limit=0)
    advance(bench, 9, strict, on_red="go_on")
    state = bench.reader.state()
    assert lights(bench) == {1: "red", 2: "amber", 3: "green", 4: "amber"}
    assert state.best_turn == 3
    kept = {gate.turn: gate.retention.value for gate in state.gates if gate.retention}
    assert kept[4] == pytest.approx(33 / 40)  # of the donor's skill; general is no donor's
    (board,) = (s for s in state.standings if (s.skill, s.model) == ("", "merged"))
    assert state.gates[-1].retention == board.retention
    asked.right[("merged", 3)] = 30
    assert max(kept, key=lambda turn: kept[turn] or 0) == 3


def test_going_back_and_forth_asks_no_model_again(bench: Bench, asked: Asked) -> None:
    advance(bench, 9, FALL)
    before, size = list(asked.labels), bench.folder.journal_size()
    run_back(bench, Back(2), Desk.open(bench.folder, "back", None))
    assert bench.reader.state().paused is None
    advance(bench, 1, FALL)
    state = bench.reader.state()
    assert (state.turn, state.paused is not None) == (3, True)
    assert asked.labels == before
    events = [event["event"] for _, event in bench.folder.events(size)]
    assert events == ["back", "turn", "paused"]
    advance(bench, 1, FALL)  # who goes on after red has seen it
    assert bench.reader.state().turn == 4


def test_other_rules_judge_all_turns_anew_without_a_model(bench: Bench, asked: Asked) -> None:
    advance(bench, 9, FALL)
    before = list(asked.labels)
    advance(bench, 0, Rule(kind="fall", skill="a", limit=100))
    assert lights(bench) == dict.fromkeys((1, 2, 3), "green")
    assert asked.labels == before
    assert bench.reader.state().turn == 3


def test_a_turn_that_is_done_can_be_judged(bench: Bench) -> None:
    with pytest.raises(RunError, match="Nothing is merged yet"):
        advance(bench, 0, FALL)
    job = Advance(3, "off")
    run_advance(bench, job, Desk.open(bench.folder, "advance", None))
    run_advance(
        bench,
        Advance(0, "off", Gates(rules=(FALL,), on_red="back")),
        Desk.open(bench.folder, "advance", None),
    )
    state = bench.reader.state()
    assert (state.turn, state.paused) == (3, None)
    assert lights(bench) == {3: "red"}
    assert state.gates[0].flips


def test_nothing_is_judged_where_nothing_is_scored(bench: Bench) -> None:
    job = Advance(3, "off", Gates(rules=(FALL,)))
    run_advance(bench, job, Desk.open(bench.folder, "advance", None))
    assert (bench.reader.state().turn, lights(bench)) == (3, {})


class Killed(BaseException):
    """The worker is gone."""


@pytest.mark.parametrize("on_red", ["pause", "back"])
@pytest.mark.parametrize("when", ["scoring", "answering", "journaling"])
def test_a_worker_killed_in_between_judges_when_it_is_back(
    bench: Bench, asked: Asked, monkeypatch: pytest.MonkeyPatch, when: str, on_red: OnRed
) -> None:
    def die(*_: Any, **__: Any) -> Any:
        raise Killed

    advance(bench, 2, FALL)
    with monkeypatch.context() as broken:
        if when == "scoring":
            broken.setattr("obim.runs.advancing.quick_scores", die)
        elif when == "answering":
            broken.setattr(flips, "write_answers", die)
        else:
            broken.setattr(gating.Gatekeeper, "_note", die)
        with pytest.raises(Killed):
            advance(bench, 9, FALL, on_red=on_red)
    again = open_bench(bench.folder, asked)
    assert again.reader.state().turn == 3
    advance(again, 9, FALL, on_red=on_red)
    state = again.reader.state()
    assert state.turn == (3 if on_red == "pause" else 2)
    assert state.paused is not None
    assert lights(again) == {1: "green", 2: "green", 3: "red"}
    assert asked.labels.count("base") == 2


def test_stop_acts_while_what_red_lost_is_answered(bench: Bench) -> None:
    advance(bench, 2, FALL)
    phases: list[str] = []
    desk = Desk.open(bench.folder, "advance", None, lambda: phases.count("evaluate") > 4)
    real = desk._shared.serve
    desk._shared.serve = lambda: (phases.append(desk.phase), real())[1]
    with pytest.raises(StopJob):
        run_advance(bench, Advance(9, "turn", Gates(rules=(FALL,))), desk)
    assert lights(bench) == {1: "green", 2: "green"}
    advance(bench, 9, FALL)
    assert lights(bench)[3] == "red"


def test_models_that_changed_take_their_lights_along(bench: Bench) -> None:
    advance(bench, 9, FALL)
    for state in ("old", "new"):
        bench.folder.append({"event": "files", "files": {"base": state}})
    state = bench.reader.state()
    assert (state.gates, state.best_turn, state.paused) == ((), None, None)


@pytest.mark.parametrize(
    ("rule", "unit", "said"),
    [
        (Rule(kind="fall", skill="nothing", limit=5), "share", "no evaluation set called"),
        (Rule(kind="keep", skill="general", limit=5), "share", "about no skill .* donor"),
        (Rule(kind="fall", skill="a", limit=5), "bits", "right and wrong"),
        (Rule(kind="fall", limit=5), "bits", "about no skill"),
    ],
)
def test_rules_about_nothing_are_refused_before_a_turn_is_taken(
    bench: Bench, asked: Asked, rule: Rule, unit: str, said: str
) -> None:
    asked.unit = unit
    with pytest.raises(EvaluationError, match=said):
        advance(bench, 9, rule)
    assert bench.reader.state().turn == 0


def test_rules_reach_the_worker_and_come_back(models: Path, tmp_path: Path) -> None:
    donor = Donor(name="full", source=str(models / "full"))
    spec = MergeSpec(base=str(models / "base"), donors=(donor,), estimator="magnitude", rounds=2)
    studio = Studio(tmp_path / "home")
    try:
        run = studio.create(spec)
        do(studio, run, Check())
        rules = (Rule(kind="fall", limit=90), Rule(kind="fall", limit=0))
        state = do(studio, run, Advance(1, "turn", Gates(rules=rules)))
    finally:
        studio.close()
    (gate,) = state.gates  # nobody gets anything right: kept, but 0 points are never certain
    assert [v.light for v in gate.verdicts] == ["green", "amber"]
    assert (gate.turn, gate.retention, state.best_turn) == (1, None, None)
