"""Tasks of lm-evaluation-harness as evaluation sets, run on a live model in memory.

The harness is an optional extra (``lm-eval``) and imported when a task is asked for. A task that
is a YAML file of the user's is read offline where its data is; one of the harness's own, asked for
by name, brings its data from the hub.
"""

import copy
import logging
from collections.abc import Generator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from obim.errors import EvaluationError
from obim.evaluation.context import check_context
from obim.evaluation.encoding import Encoded
from obim.evaluation.items import EvalSet
from obim.registry import evaluator
from obim.types import Item, ItemResult

PREFIX = "lm_eval:"
"""Before a task's name or file, in the id of its evaluation set."""
METRICS = ("exact_match", "acc_norm", "acc")
"""Metrics of a document that are right or wrong; the first that a task has is its score."""
_DOCUMENTS = 16
"""Documents of a block; between two blocks the user may stop."""
_ROWS = 8
_KINDS = (".yaml", ".yml", ".py", ".json", ".jsonl", ".csv", ".parquet", ".txt")
_SEED = 0
"""Of the examples that stand before a document's question."""


def task_id(name: str) -> str:
    """The id of a task's evaluation set."""
    return PREFIX + name


def task_set(name: str) -> EvalSet:
    """The evaluation set of a task: a name of the harness's, or a YAML file."""
    title = Path(name).stem if is_file(name) else name
    return EvalSet(task_id(name), {"en": title, "ja": title}, Path(name), evaluator="lm_eval")


def is_task(skill: str) -> bool:
    """The id is that of a task, not of a set in a file."""
    return skill.startswith(PREFIX)


def task_of(skill: str) -> EvalSet:
    """The evaluation set of an id."""
    return task_set(skill.removeprefix(PREFIX))


def task_items(name: str) -> list[Item]:
    """A task's documents.

    Raises:
        EvaluationError: the harness is not installed, there is no such task, or no data for it.
    """
    task = load_task(name)
    return [_item(task, i, document) for i, document in enumerate(task.eval_docs)]


@evaluator("lm_eval", unit="share", higher_is_better=True, needs_task=True)
def lm_eval(
    model: Any, encoded: Sequence[Encoded], tokenizer: Any, task: str
) -> Generator[float, None, list[ItemResult]]:
    """Share of a task's documents that its own metric calls right, the first of `METRICS`.

    Prompts, few-shot examples and filters are the task's, without a chat template, as in the
    harness's published figures.

    Args:
        model: a causal LM of transformers in eval mode.
        encoded: documents of the task; `task_items` made them.
        tokenizer: of the model.
        task: name or YAML file.

    Yields:
        Fraction done, after every few documents.

    Returns:
        A result an item, 1 right or 0 wrong, with the text where one was written.

    Raises:
        EvaluationError: as `task_items`; or the task has none of the metrics, or a document is
            too long.
    """
    loaded = load_task(task)
    loaded.set_fewshot_seed(_SEED)  # else every model is shown other examples
    check_context(model, encoded)
    from lm_eval.models.huggingface import HFLM

    reader = HFLM(pretrained=model, tokenizer=copy.deepcopy(tokenizer), batch_size=_ROWS)
    found: dict[int, ItemResult] = {}
    for start in range(0, len(encoded), _DOCUMENTS):
        numbers = [int(one.item.id) for one in encoded[start : start + _DOCUMENTS]]
        for sample in _samples(reader, loaded, numbers):
            result = _result(sample, task)
            found.setdefault(int(result.id), result)  # a task's first filter is its main one
        yield len(found) / len(encoded)
    return [found[int(one.item.id)] for one in encoded]


def _samples(reader: Any, task: Any, numbers: list[int]) -> list[dict[str, Any]]:
    """What the harness logs of these documents."""
    from lm_eval.evaluator import evaluate

    name = task.config.task
    found = evaluate(
        reader, {name: task}, samples={name: numbers}, bootstrap_iters=0, log_samples=True
    )
    return list(found["samples"][name])


def _result(sample: dict[str, Any], task: str) -> ItemResult:
    metric = next((m for m in METRICS if m in sample), None)
    if metric is None:
        raise EvaluationError(
            "Task {task} scores documents by {metrics}; choose one with {known}.",
            task=task,
            metrics=", ".join(sample["metrics"]),
            known=" / ".join(METRICS),
        )
    (first, *_) = sample["filtered_resps"]
    answer = first if isinstance(first, str) else None
    return ItemResult(str(sample["doc_id"]), float(sample[metric]), answer=answer)


def load_task(name: str) -> Any:
    """The harness's task of a name or a YAML file; read again when the file was changed.

    Raises:
        EvaluationError: the harness is not installed, there is no such task, it is a group of
            tasks, or its data can't be had.
    """
    return _load(name, tuple((str(p), p.stat().st_mtime_ns) for p in task_files(name)))


def task_files(name: str) -> list[Path]:
    """What a task file may draw on: it and what lies beside it; nothing for a name."""
    folder = Path(name).expanduser().parent
    if not is_file(name) or not folder.is_dir():
        return []
    return [p for p in sorted(folder.iterdir()) if p.suffix in _KINDS and p.is_file()]


@lru_cache(maxsize=8)
def _load(name: str, files: tuple[tuple[str, int], ...]) -> Any:
    manager = _manager(with_own=not is_file(name))
    if not is_file(name) and name not in manager.all_tasks:
        raise EvaluationError(
            "{task} is no evaluation set or task file, and the harness has no task of that name; "
            "check it.",
            task=name,
        )
    try:
        tasks = manager.load(name)["tasks"]
    except Exception as error:  # whatever a task's own code and its data may raise
        raise EvaluationError(
            "Task {task} can't be read, or its data can't be had ({reason}); check both.",
            task=name,
            reason=f"{type(error).__name__}: {error}".splitlines()[0],
        ) from error
    if len(tasks) != 1:
        raise EvaluationError(
            "{task} is a group of tasks; choose one of them: {names}.",
            task=name,
            names=", ".join(list(tasks)[:20]),
        )
    return next(iter(tasks.values()))


@lru_cache(maxsize=2)
def _manager(with_own: bool) -> Any:
    """The harness's finder of tasks; it takes seconds to list the harness's own."""
    try:
        from lm_eval.tasks import TaskManager
    except ImportError as error:
        raise EvaluationError(
            "Tasks need lm-evaluation-harness; install it with: pip install 'obim-studio[lm-eval]'"
        ) from error
    logging.getLogger("lm_eval").setLevel(logging.ERROR)
    return TaskManager(include_defaults=with_own)


def is_file(name: str) -> bool:
    """The name is that of a task's YAML file, not of one of the harness's own tasks."""
    return Path(name).suffix in (".yaml", ".yml")


def _item(task: Any, number: int, document: dict[str, Any]) -> Item:
    target = task.doc_to_target(document)
    choices: tuple[str, ...] = ()
    if task.OUTPUT_TYPE == "multiple_choice":
        choices = tuple(str(choice) for choice in task.doc_to_choice(document))
    if isinstance(target, int) and 0 <= target < len(choices):
        target = choices[target]
    prompt = str(task.doc_to_text(document))
    return Item(str(number), prompt, str(target), choices=choices)
