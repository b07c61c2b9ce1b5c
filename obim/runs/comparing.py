"""Evaluate an exported folder at any later time, and say what changed against its stored table.

The folder is loaded as anybody would load it; no run, no donors, no base are needed.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from obim.errors import EvaluationError
from obim.evaluation.encoding import encode_items
from obim.evaluation.items import EvalSet, demo_sets, items_hash, load_items
from obim.evaluation.judging import check_evaluator, judge_of
from obim.evaluation.statistics import Comparison, Interval, compare, summarise
from obim.models.binding import load_model
from obim.models.checkpoint import open_checkpoint
from obim.models.demo import cache_root
from obim.models.device import is_quicker_in_float32
from obim.models.tokenizing import load_tokenizer
from obim.registry import find
from obim.runs.evaluation_file import EvaluationFile, StoredScore
from obim.runs.memory import shortage
from obim.runs.own_sets import eval_sets, is_own
from obim.types import Item, ItemResult

Tell = Callable[[float, str], None]


@dataclass(frozen=True)
class Question:
    """One set to ask a model now.

    Attributes:
        evaluation: the set, with its evaluator.
        items: to ask.
        before: what this model scored on just these items with this evaluator when it was exported.
        figures: what this model scored then, on whatever items; with other items or evaluators they
            stand beside the new score and prove nothing.
    """

    evaluation: EvalSet
    items: tuple[Item, ...]
    before: StoredScore | None
    figures: tuple[StoredScore, ...]


@dataclass(frozen=True)
class Answer:
    """How one model does on a question now.

    Attributes:
        score: with its 95 % interval.
        results: an item each, in the order of the question.
    """

    score: Interval
    results: tuple[ItemResult, ...]


def known_sets() -> dict[str, EvalSet]:
    """The sets that commands know by a name: the id of a demo's, the name of a saved one."""
    known = {one.id: one for one in demo_sets()}
    return known | {one.title["en"]: one for one in eval_sets(cache_root()) if is_own(one.id)}


def find_set(ref: str, evaluator: str | None = None) -> EvalSet:
    """An evaluation set by the name of one the user saved, the id of a demo's, or a JSONL file.

    Args:
        ref: the name, the id or the path.
        evaluator: to judge it by; None: the set's own, ``exact_match`` for a file.

    Raises:
        EvaluationError: there is none, or no such evaluator.
    """
    if evaluator is not None:
        check_evaluator(evaluator)
    known, path = known_sets(), Path(ref).expanduser()
    if ref in known:
        found = known[ref]
    elif path.is_file():
        found = EvalSet(path.stem, {"en": path.name, "ja": path.name}, path)
    else:
        raise EvaluationError(
            "There is no evaluation set {name!r}; give a JSONL file or one of: {known}.",
            name=ref,
            known=", ".join(known) or "-",
        )
    return found if evaluator is None else replace(found, evaluator=evaluator)


def pose(evaluation: EvalSet, table: EvaluationFile | None, own_evaluator: bool) -> Question:
    """What to ask: the items of a stored score where the set still has them, else its report half.

    Args:
        evaluation: the set.
        table: of the exported folder.
        own_evaluator: the user named the evaluator; else that of the stored score holds.
    """
    stored = table.of_this_model() if table is not None else ()
    by_id = {item.id: item for item in load_items(evaluation.path)}
    for before in stored:
        same = not own_evaluator or before.score.evaluator == evaluation.evaluator
        items = [by_id[i] for i in before.items if i in by_id]
        if same and items_hash(items) == before.score.items_hash:
            judged = replace(evaluation, evaluator=before.score.evaluator)
            return Question(judged, tuple(items), before, stored)
    return Question(evaluation, tuple(load_items(evaluation.path, "report")), None, stored)


def computing_of(table: EvaluationFile | None, folders: Sequence[Path]) -> torch.dtype | None:
    """The format to compute in, so that answers differ by the models alone; None: of the files.

    Float32 where the stored scores were computed in it, or, where nothing is stored, this machine
    is quicker in it; and there is memory for each model.
    """
    wanted = table.computing == "float32" if table else is_quicker_in_float32(torch.bfloat16)
    bases = [open_checkpoint(folder) for folder in folders] if wanted else []
    short = any(shortage(base, torch.float32) for base in bases)
    return torch.float32 if wanted and not short else None


def ask(
    folder: Path, questions: Sequence[Question], tell: Tell, computing: torch.dtype | None = None
) -> list[Answer]:
    """Load a model and ask it.

    Args:
        folder: a whole model.
        questions: sets and items.
        computing: the format to compute in; None: that of the files.
        tell: told the fraction done, 0..1, and the name of the set in hand.

    Raises:
        ModelError: the folder can't be loaded.
        EvaluationError: an item has no token.
    """
    path = open_checkpoint(folder).path
    model, tokenizer = load_model(path, computing), load_tokenizer(path)
    answers = []
    for i, question in enumerate(questions):
        name = question.evaluation.title["en"]
        encoded = encode_items(tokenizer, question.items)
        judge = find("evaluator", question.evaluation.evaluator)
        judging = judge_of(question.evaluation)(model, encoded, tokenizer)
        results: list[ItemResult] = []
        for share in _drain(judging, results):
            tell((i + share) / len(questions), name)
        score = summarise(
            [r.value for r in results],
            [r.weight for r in results],
            share=judge.facts["unit"] == "share",
            transform=str(judge.facts.get("transform", "")),
        )
        answers.append(Answer(score, tuple(results)))
    return answers


def _drain(judging: Any, results: list[ItemResult]) -> Iterator[float]:
    results += yield from judging


def against_before(question: Question, now: Answer) -> Comparison | None:
    """Now against the stored results of the same items, paired; None where there are none."""
    if question.before is None:
        return None
    values = [question.before.items[item.id] for item in question.items]
    return _compare(question, now, values)


def against_other(question: Question, now: Answer, other: Answer) -> Comparison:
    """One model against another on the same items, paired."""
    return _compare(question, now, [result.value for result in other.results])


def _compare(question: Question, now: Answer, values: Sequence[float]) -> Comparison:
    facts = find("evaluator", question.evaluation.evaluator).facts
    return compare(
        [result.value for result in now.results],
        values,
        [result.weight for result in now.results],
        share=facts["unit"] == "share",
        higher_is_better=bool(facts["higher_is_better"]),
    )
