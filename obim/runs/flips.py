"""Single items after an evaluation: what the merge lost, what a donor forgot, what came back.

Models write their answers to a few of them. It scores nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from obim.evaluation.encoding import Encoded
from obim.evaluation.generate import write_answers
from obim.evaluation.statistics import compare
from obim.runs.bench import BASE, Bench
from obim.runs.budget import count_of, counts
from obim.runs.desk import Desk
from obim.runs.jobs import Evaluate
from obim.runs.scored import CompareState, FlipKind, FlipState
from obim.runs.showing import phase_of, show
from obim.runs.switches import MERGED
from obim.runs.unscored import score_key

FLIPS = 8
"""Items of a skill and kind that are shown, at most."""
FLIP_TOKENS = 48

Right = dict[str, bool]
"""Item id -> right."""
Told = tuple[CompareState, tuple[FlipState, ...]]
"""How one skill compares, and the items shown of it with all answers."""


@dataclass(frozen=True)
class _Shown:
    """An item to be shown, and whose answers with it."""

    encoded: Encoded
    kind: FlipKind
    donor: str
    labels: tuple[str, ...]


@dataclass(frozen=True)
class _Skill:
    """What was found in one skill.

    Attributes:
        right: label -> what is right.
        literal: right means word for word.
    """

    compared: CompareState
    shown: tuple[_Shown, ...]
    right: dict[str, Right]
    literal: bool

    @property
    def items(self) -> list[str]:
        """Ids of the items shown."""
        return [shown.encoded.item.id for shown in self.shown]

    def asked(self, label: str) -> dict[str, str]:
        """Item id -> prompt, of the items whose answer by this model is shown."""
        items = (s.encoded.item for s in self.shown if label in s.labels)
        return {item.id: item.prompt for item in items}


def find_flips(bench: Bench, job: Evaluate, desk: Desk) -> None:
    """Journal how the merge compares now, with answers; nothing is asked again."""
    turn = bench.merge.turn if bench.merge is not None else 0
    found = [_look(bench, job, skill, worse_only=False) for skill in job.skills]
    known = bench.reader.scores.told
    new = [s for s in found if known(turn, s.compared.skill) != (s.compared, s.items)]
    for compared, flips in _ask(bench, new, desk):
        told = [flip.model_dump(mode="json") for flip in flips]
        event = {"event": "flips", "turn": turn, "flips": told}
        bench.folder.append(compared.model_dump(mode="json") | event)


def collect_flips(bench: Bench, job: Evaluate, desk: Desk, worse_only: bool = False) -> list[Told]:
    """Compare the merge with base and donors item by item, as far as scored.

    Args:
        bench: of the run.
        job: which skills and how many items; those that fit its seconds are measured.
        desk: of this part of the job.
        worse_only: show no items that a donor forgot.
    """
    return _ask(bench, [_look(bench, job, skill, worse_only) for skill in job.skills], desk)


def _ask(bench: Bench, found: Sequence[_Skill], desk: Desk) -> list[Told]:
    """Have the models write their answers to what is shown."""
    labels = (BASE, *(d.name for d in bench.spec.donors), MERGED)
    asked = [(label, skill) for label in labels for skill in found if skill.asked(label)]
    answers: dict[tuple[str, str], dict[str, str]] = {}
    for i, (label, skill) in enumerate(asked):
        part = desk.part(i / len(asked), (i + 1) / len(asked))
        answers[skill.compared.skill, label] = _answers(bench, label, skill, part)
    told: list[Told] = []
    for skill in found:
        name = skill.compared.skill
        own = {label: texts for (s, label), texts in answers.items() if s == name}
        told.append((skill.compared, tuple(_state(skill, shown, own) for shown in skill.shown)))
    return told


def _state(skill: _Skill, shown: _Shown, told: dict[str, dict[str, str]]) -> FlipState:
    item = shown.encoded.item
    answers = {label: told[label][item.id] for label in told if label in shown.labels}
    right = {label: skill.right[label][item.id] for label in answers}
    equal = {label: text.strip() == item.answer.strip() for label, text in answers.items()}
    return FlipState(
        skill=skill.compared.skill,
        item=item.id,
        prompt=item.prompt,
        expected=item.answer,
        answers=answers,
        right=right,
        near_tie=skill.literal and equal != right,
        kind=shown.kind,
        donor=shown.donor,
    )


def _answers(bench: Bench, label: str, skill: _Skill, desk: Desk) -> dict[str, str]:
    """What one model writes for the items shown; the desk is asked after every token."""
    what, asked = f"{label} · {skill.compared.skill}", skill.asked(label)
    desk.tick(0.0, "evaluate", what)
    show(bench, label)
    texts = write_answers(
        bench.live.model,
        bench.tokenizer,
        list(asked.values()),
        FLIP_TOKENS,
        on_progress=lambda share: desk.tick(share, phase_of(bench), what),
    )
    return dict(zip(asked, texts, strict=True))


def _look(bench: Bench, job: Evaluate, skill: str, worse_only: bool) -> _Skill:
    """Compare the merge with the base, the best donor and every donor that forgot."""
    count = count_of(counts(bench, job.items, job.seconds), skill)
    encoded = bench.encoded(bench.sets()[skill], count)
    scores, right = _scored(bench, skill, encoded, count)
    donors = [model for model in scores if model not in (BASE, MERGED)]
    best = max(donors, key=lambda model: scores[model], default=None)
    rivals = tuple(m for m in (BASE, best) if m in scores)
    merged = right.get(MERGED, {})
    lost = [
        e
        for e in encoded
        if merged.get(e.item.id) is False and any(right[r].get(e.item.id) for r in rivals)
    ]
    shown = [_Shown(e, "worse", "", (*rivals, MERGED)) for e in lost[:FLIPS]]
    known = [d for d in donors if merged and right[d]]
    forgotten = {d: _forgotten(encoded, right[BASE], right[d]) for d in known if right.get(BASE)}
    back = {d: [e for e in of if merged[e.item.id]] for d, of in forgotten.items()}
    for donor, of in () if worse_only else forgotten.items():
        gone = [e for e in of if not merged[e.item.id]]
        shown += _some(gone, "forgotten", donor, len(donors))
        shown += _some(back[donor], "recovered", donor, len(donors))
    compared = CompareState(
        skill=skill,
        lost=len(lost),
        shown=len(lost[:FLIPS]),
        rivals=rivals,
        n=len(encoded),
        forgotten={donor: len(of) for donor, of in forgotten.items()},
        recovered={donor: len(of) for donor, of in back.items()},
        change={donor: _change(merged, right[donor]) for donor in known},
    )
    literal = bench.sets()[skill].evaluator == "exact_match"
    return _Skill(compared, tuple(shown), right, literal)


def _scored(
    bench: Bench, skill: str, encoded: Sequence[Encoded], items: int | None
) -> tuple[dict[str, float], dict[str, Right]]:
    """Label -> score, and label -> what is right, of base, donors and merge as far as scored."""
    scores: dict[str, float] = {}
    right: dict[str, Right] = {}
    for model in (BASE, *(d.name for d in bench.spec.donors), MERGED):
        key = score_key(bench, model, skill, encoded, items)
        score = bench.reader.scores.score(key)
        if score is not None:
            scores[model], right[model] = score.score, _right(bench, key)
    return scores, right


def _forgotten(encoded: Sequence[Encoded], base: Right, donor: Right) -> list[Encoded]:
    """Items that the base has right and the donor wrong."""
    return [e for e in encoded if base.get(e.item.id) and donor.get(e.item.id) is False]


def _some(items: Sequence[Encoded], kind: FlipKind, donor: str, donors: int) -> list[_Shown]:
    """The first of these items, fewer where there are several donors."""
    few = items[: max(1, FLIPS // donors)]
    return [_Shown(e, kind, donor, (BASE, donor, MERGED)) for e in few]


def _change(merged: Right, donor: Right) -> tuple[float, float, float]:
    """The merge's score minus the donor's and its interval, paired."""
    values = [float(merged[item]) for item in donor]
    others = [float(right) for right in donor.values()]
    found = compare(values, others, [1.0] * len(values), share=True).difference
    return found.value, found.low, found.high


def _right(bench: Bench, key: tuple[Any, ...]) -> Right:
    """Of a score in shares; of another nothing is right or wrong."""
    score = bench.reader.scores.score(key)
    if score is None or score.unit != "share":
        return {}
    return {item: result.value == 1 for item, result in bench.reader.scores.items(key).items()}
