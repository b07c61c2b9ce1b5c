"""The jobs that save and remove own evaluation sets, and the look at a table before it is saved."""

from pathlib import Path
from typing import Any

from obim.errors import EvaluationError, Sentence
from obim.evaluation.columns import guess_columns
from obim.evaluation.encoding import render_prompt
from obim.evaluation.judging import check_evaluator, file_evaluators
from obim.evaluation.mapping import Mapped, Problem, map_rows, split_halves
from obim.evaluation.tables import Table, read_table
from obim.registry import entries
from obim.runs.bench import Bench
from obim.runs.checking import list_skills
from obim.runs.desk import Desk
from obim.runs.jobs import AddSet, Preview, RemoveSet
from obim.runs.own_sets import remove_set, save_set
from obim.types import Item

_SHOWN_ROWS = 5
_SHOWN_PROBLEMS = 10
_SHOWN_SIGNS = 300
"""Characters of a cell in the preview of the table."""


def run_set_job(bench: Bench, job: AddSet | RemoveSet, desk: Desk) -> None:
    """Save or remove a set; the run has it, or has it no more, without a new check."""
    if isinstance(job, RemoveSet):
        remove_set(bench.home, job.set)
    else:
        _add(bench, job)
    update_skills(bench)
    desk.tick(1.0)


def _add(bench: Bench, job: AddSet) -> None:
    check_evaluator(job.evaluator)
    mapped = map_rows(read_table(Path(job.file)), job.columns, job.evaluator)
    names = {donor.source: donor.name for donor in bench.spec.donors}
    if job.donor is not None and job.donor not in names:
        raise EvaluationError("The donor of the set is not in this run; choose another.")
    donor = (job.donor, names[job.donor]) if job.donor is not None else None
    save_set(
        bench.home, job.name, job.evaluator, mapped.items,
        donor=donor, columns=job.columns, replace=job.replace,
    )  # fmt: skip


def update_skills(bench: Bench) -> None:
    """Write down the sets of a run that was checked, where they are others than it knows."""
    bench.reader.catch_up()
    if not bench.reader.is_checked:
        return
    skills = list_skills(bench)
    if skills != [skill.model_dump() for skill in bench.reader.skills()]:
        bench.folder.append({"event": "skills", "skills": skills})
        bench.reader.catch_up()


def read_preview(bench: Bench, request: Preview) -> dict[str, Any]:
    """What a table holds and what would become of it.

    Returns:
        ``columns``: names; ``encoding``; ``rows``: how many; ``first``: the first ones,
        (line, cells); ``mapping``: the `Columns` asked for, or guessed; ``usable``: items;
        ``dev``, ``report``: in each half; ``problems``, ``doubles``: (count, the first ones as
        (line, sentence)); ``prompts``: the first items as the model sees them, ``prompt``,
        ``answer`` and ``choices``; ``trouble``: a sentence where no set can be made of it, else
        None; ``evaluators``: the facts of all that can judge it.

    Raises:
        EvaluationError: the file is no table.
        ModelError: the base has no tokenizer.
    """
    table = read_table(Path(request.file))
    columns = request.columns or guess_columns(table)
    known = file_evaluators()
    mapped, halves, trouble = Mapped((), (), ()), [], None
    try:
        mapped = map_rows(table, columns, request.evaluator)
        halves = split_halves(mapped.items)
    except EvaluationError as error:
        trouble = error.sentence
    return {
        "columns": list(table.columns),
        "encoding": table.encoding,
        "rows": len(table.rows),
        "first": _first(table),
        "mapping": columns,
        "usable": len(mapped.items),
        "dev": halves.count("dev"),
        "report": halves.count("report"),
        "problems": _told(mapped.problems),
        "doubles": _told(mapped.doubles),
        "prompts": [_rendered(bench.tokenizer, item) for item in mapped.items[:_SHOWN_ROWS]],
        "trouble": trouble,
        "evaluators": tuple(e for e in entries("evaluator") if e.name in known),
    }


def _rendered(tokenizer: Any, item: Item) -> dict[str, Any]:
    prompt = render_prompt(tokenizer, item.prompt) if item.prompt else ""
    return {"prompt": prompt, "answer": item.answer, "choices": list(item.choices)}


def _first(table: Table) -> list[tuple[int, list[str]]]:
    return [
        (row.line, [row.cells.get(name, "")[:_SHOWN_SIGNS] for name in table.columns])
        for row in table.rows[:_SHOWN_ROWS]
    ]


def _told(problems: tuple[Problem, ...]) -> tuple[int, list[tuple[int, Sentence]]]:
    return len(problems), [(p.line, p.reason) for p in problems[:_SHOWN_PROBLEMS]]
