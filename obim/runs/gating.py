"""After a quick evaluation: the rules are judged, what red lost is collected, and red acts.

It scores by `obim.runs.scoring`, judges by `obim.evaluation.gates` and journals the rest. A turn
is judged again, without a model, whenever the rules have changed; answers are kept.
"""

from collections.abc import Callable, Sequence

from obim.errors import EvaluationError
from obim.evaluation.encoding import Encoded
from obim.evaluation.gates import Pair, judge, worst
from obim.evaluation.items import EvalSet
from obim.evaluation.rules import Gates, Rule, Verdict
from obim.evaluation.scoreboard import Column, Scoreboard
from obim.registry import find
from obim.runs.bench import BASE, Bench
from obim.runs.budget import QUICK_ITEMS, Counts, count_of, counts, measure
from obim.runs.desk import Desk
from obim.runs.flips import Told, collect_flips
from obim.runs.folder import Event
from obim.runs.jobs import Evaluate
from obim.runs.score_keys import Scored
from obim.runs.scored import GateState, IntervalState
from obim.runs.scoring import score_all
from obim.runs.showing import undo
from obim.runs.switches import MERGED
from obim.runs.unscored import score_key, unscored


class Gatekeeper:
    """The rules of one job on one bench; false where there are none."""

    def __init__(self, bench: Bench, gates: Gates, seconds: float | None) -> None:
        """Take the rules in.

        Args:
            bench: of the run.
            gates: the rules.
            seconds: of the quick evaluations that are judged; None: the usual number of items.

        Raises:
            EvaluationError: a rule is about a skill that it can't be about.
        """
        self._bench, self._gates, self._seconds = bench, gates, seconds
        self._sets = bench.sets()
        self._donors = {
            skill.id: skill.donor
            for skill in bench.reader.skills()
            if skill.id in self._sets and _is_share(self._sets[skill.id])
        }
        self._about = [(rule, self._skills_of(rule)) for rule in gates.rules]

    def __bool__(self) -> bool:
        return bool(self._about)

    def effort(self, due: bool, on_block: Callable[[], None]) -> float:
        """Of `admit`, as far as it has anything to score; ``on_block``: see `Scored`."""
        asked = self._asked(due) if self else []
        items = self._items
        scored = Scored(self._bench, on_block)
        wanted = (unscored(self._bench, m, skills, items, scored) for m, skills in asked)
        return sum(one.effort for found in wanted for one in found)

    def admit(self, desk: Desk, due: bool, act: bool = True) -> bool:
        """Score base and donors, once for all turns, and judge what is scored; may the job go on?

        Args:
            desk: of this part of the job.
            due: the turn done last is to be judged too, where that was not done by these rules.
            act: see `judge_turn`; a turn that other rules had judged is never acted on, since the
                user has seen it and goes on.
        """
        if not self:
            return True
        asked, now = self._asked(due), self._turn
        measure(self._bench, list(self._donors), self._seconds, desk.part(0.0, 0.0))
        for part, (models, skills) in zip(desk.split(*[1.0] * len(asked)), asked, strict=True):
            score_all(self._bench, models, skills, self._items, part)
        fresh = due and not self._is_judged(now)
        new = self._bench.reader.scores.gate(now) is None
        for turn in self._bench.reader.scores.merged_turns():
            if not self._is_judged(turn) and not (fresh and turn == now):
                self._note(turn, self._collected(turn))
        self._bench.reader.catch_up()
        return self.judge_turn(desk.part(1.0, 1.0), act and new) if fresh else True

    def judge_turn(self, desk: Desk, act: bool = True) -> bool:
        """Judge the merge as it stands, which has its quick scores; may the job go on?

        Args:
            desk: of this part of the job.
            act: do on red what the gates say, rather than only say that it is red.
        """
        bench, turn = self._bench, self._turn
        verdicts = self._verdicts(turn)
        if verdicts is None:
            return True
        light, on_red = worst([v.light for v in verdicts]), self._gates.on_red
        lost = self._collect(turn, verdicts, desk)
        if light != "red" or not act or on_red == "go_on":
            self._note(turn, lost)
            bench.reader.catch_up()
            return True
        back_to = self._last_green(turn) if on_red == "back" else turn
        paused: Event = {"event": "paused", "turn": turn, "back_to": back_to}
        back: list[Event] = [{"event": "back", "turn": back_to}] if back_to < turn else []
        self._note(turn, lost, *back, paused)
        if back:
            undo(bench, back_to)
        bench.reader.catch_up()
        return False

    def _is_judged(self, turn: int) -> bool:
        """By these rules, on as many items."""
        known = self._bench.reader.scores.gate(turn)
        if known is None or tuple(v.rule for v in known.verdicts) != self._gates.rules:
            return False
        figures = [f for verdict in known.verdicts for f in verdict.figures]
        return all(f.skill in self._donors and f.n == len(self._encoded(f.skill)) for f in figures)

    @property
    def _items(self) -> Counts:
        """Of a quick evaluation; base, donors and merge are all scored on these."""
        return counts(self._bench, QUICK_ITEMS, self._seconds)

    @property
    def _turn(self) -> int:
        return 0 if self._bench.merge is None else self._bench.merge.turn

    def _asked(self, due: bool) -> list[tuple[tuple[str, ...], list[str]]]:
        """(models, skills) to score: the base everywhere, each donor on its own skills."""
        every = list(self._donors)
        asked: list[tuple[tuple[str, ...], list[str]]] = [((BASE,), every)]
        for donor in dict.fromkeys(d for d in self._donors.values() if d is not None):
            asked.append(((donor,), [s for s in every if self._donors[s] == donor]))
        if due and self._turn:
            asked.append(((MERGED,), every))
        return asked

    def _skills_of(self, rule: Rule) -> list[str]:
        """The skills that a rule is about."""
        if rule.skill is not None and rule.skill not in self._bench.skill_ids():
            raise EvaluationError(
                "There is no evaluation set called {skill!r}; choose another.", skill=rule.skill
            )
        if rule.skill is not None and rule.skill not in self._donors:
            raise EvaluationError(
                "{skill!r} is not scored in right and wrong answers, so no rule can be about it; "
                "remove the rule or choose another skill.",
                skill=rule.skill,
            )
        chosen = list(self._donors) if rule.skill is None else [rule.skill]
        if rule.kind == "keep":
            chosen = [skill for skill in chosen if self._donors[skill] is not None]
        if not chosen:
            raise EvaluationError(
                "Rule {number} is about no skill that is scored in right and wrong answers and "
                "belongs to a donor it could be held against; remove the rule.",
                number=self._gates.rules.index(rule) + 1,
            )
        return chosen

    def _encoded(self, skill: str) -> list[Encoded]:
        return self._bench.encoded(self._sets[skill], count_of(self._items, skill))

    def _values(self, model: str, turn: int, skill: str) -> list[float] | None:
        """What a model got right of the quick items, in their order; None: not scored on these."""
        encoded, count = self._encoded(skill), count_of(self._items, skill)
        key = score_key(self._bench, model, skill, encoded, count, turn=turn)
        found = self._bench.reader.scores.items(key)
        if list(found) != [e.item.id for e in encoded]:
            return None
        return [result.value for result in found.values()]

    def _pair(self, rule: Rule, turn: int, skill: str) -> Pair | None:
        donor = self._donors[skill]
        against = donor if rule.kind == "keep" and donor is not None else BASE
        merged, other = self._values(MERGED, turn, skill), self._values(against, turn, skill)
        return None if merged is None or other is None else Pair(skill, against, merged, other)

    def _verdicts(self, turn: int) -> tuple[Verdict, ...] | None:
        """What becomes of the rules at a turn; None where it isn't scored on the quick items."""
        verdicts = []
        for rule, skills in self._about:
            pairs = [pair for s in skills if (pair := self._pair(rule, turn, s)) is not None]
            if len(pairs) < len(skills):
                return None
            verdicts.append(judge(rule, pairs))
        return tuple(verdicts)

    def _retention(self, turn: int) -> IntervalState | None:
        """The mean retention of the skills that belong to a donor, as the scoreboard has it."""
        donors = [donor.name for donor in self._bench.spec.donors]
        columns = {}
        for skill in (skill for skill, donor in self._donors.items() if donor is not None):
            asked = {m: self._values(m, turn, skill) for m in (MERGED, *donors)}
            values = {m: tuple(found) for m, found in asked.items() if found is not None}
            columns[skill] = Column(values, (1.0,) * len(self._encoded(skill)))
        kept = Scoreboard(columns, donors).mean_retention(MERGED, columns)
        return None if kept is None else IntervalState(**vars(kept))

    def _collected(self, turn: int) -> list[Told]:
        """What red lost at a turn of these items, as far as it was collected."""
        known = self._bench.reader.scores.gate(turn)
        if known is None:
            return []
        there = [
            c
            for c in known.compared
            if c.skill in self._donors and c.n == len(self._encoded(c.skill))
        ]
        return [(c, tuple(f for f in known.flips if f.skill == c.skill)) for c in there]

    def _collect(self, turn: int, verdicts: Sequence[Verdict], desk: Desk) -> list[Told]:
        """Answers to the items of red skills that got worse; what is known isn't asked again."""
        red = list(dict.fromkeys(f.skill for v in verdicts for f in v.figures if f.light == "red"))
        known = self._collected(turn)
        there = {compared.skill for compared, _ in known}
        missing = tuple(skill for skill in red if skill not in there)
        job = Evaluate((MERGED,), missing, None if self._seconds else QUICK_ITEMS, self._seconds)
        return known + (collect_flips(self._bench, job, desk, worse_only=True) if missing else [])

    def _note(self, turn: int, lost: Sequence[Told], *more: Event) -> None:
        """Journal what became of a turn, unless that is known, and at once what follows of it."""
        verdicts = self._verdicts(turn)
        if verdicts is None:
            return
        gate = GateState(
            turn=turn,
            light=worst([v.light for v in verdicts]),
            verdicts=verdicts,
            retention=self._retention(turn),
            items={skill: len(self._encoded(skill)) for skill in self._donors},
            compared=tuple(compared for compared, _ in lost),
            flips=tuple(flip for _, flips in lost for flip in flips),
        )
        events = list(more)
        if gate != self._bench.reader.scores.gate(turn):
            events.insert(0, {"event": "gate", "gate": gate.model_dump(mode="json")})
        if events:
            self._bench.folder.append(*events, durable=True)

    def _last_green(self, turn: int) -> int:
        """The last turn before this one that kept the rules; 0: none, and nothing is merged."""
        gates = self._bench.reader.scores.gates()
        return max((g.turn for g in gates if g.turn < turn and g.light == "green"), default=0)


def _is_share(evaluation: EvalSet) -> bool:
    return bool(find("evaluator", evaluation.evaluator).facts["unit"] == "share")
