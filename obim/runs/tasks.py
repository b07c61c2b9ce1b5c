"""Tasks of lm-evaluation-harness as evaluation sets of a run. It scores nothing."""

from collections.abc import Sequence

from obim.evaluation.harness import is_task, task_of
from obim.evaluation.judging import read_items
from obim.runs.bench import Bench
from obim.runs.state import SkillState


def add_tasks(bench: Bench, skills: Sequence[str]) -> None:
    """Journal those of the skills that are tasks the run doesn't have yet, all or none.

    Args:
        bench: of the run.
        skills: ids; ``lm_eval:`` and a task's name or YAML file for a task.

    Raises:
        EvaluationError: a task can't be had.
    """
    known = bench.skill_ids()
    added = [_state(skill) for skill in skills if is_task(skill) and skill not in known]
    if added:
        told = [skill.model_dump(mode="json") for skill in (*bench.reader.skills(), *added)]
        bench.folder.append({"event": "skills", "skills": told})
        bench.reader.catch_up()


def _state(skill: str) -> SkillState:
    task = task_of(skill)
    return SkillState(id=skill, title=task.title, donor=None, items=len(read_items(task)))
