"""The Check job: can these be merged, and how much do they differ? It changes no weight."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from obim.evaluation.harness import is_task
from obim.evaluation.items import EvalSet, load_items
from obim.models.preflight import Card, preflight
from obim.models.scanning import scan_differences
from obim.runs.bench import Bench
from obim.runs.desk import Desk
from obim.runs.foreseeing import foresee_run
from obim.runs.jobs import Check
from obim.runs.naming import groups_event
from obim.runs.own_sets import is_own, plain_ref
from obim.runs.sentences import store
from obim.runs.state import CardState
from obim.types import MergeSpec


def run_check(bench: Bench, job: Check, desk: Desk, exports: Path) -> None:
    """Headers first, then what merging takes, then every weight once; turns that were done stay."""
    spec = bench.spec
    bench.reopen()
    desk.tick(0.0, "read_headers", spec.base)
    found = preflight(spec.base, [donor.source for donor in spec.donors])
    names = [found.cards[0].name, *(donor.name for donor in spec.donors)]
    cards = [_card(card, name) for card, name in zip(found.cards, names, strict=True)]
    bench.folder.append(
        {
            "event": "check",
            "cards": cards,
            "mergeable": found.mergeable,
            "skills": list_skills(bench),
        }
    )
    if not found.mergeable:
        return
    bench.folder.append(groups_event(bench.sizes()))
    bench.folder.append({"event": "needs", "needs": foresee_run(bench, exports).model_dump()})
    scan = desk.part(0.02, 1.0).drain(scan_differences(bench.base, bench.donors), "scan")
    problems = (scan.problems, *(difference.problems for difference in scan.donors))
    bench.folder.append(
        {
            "event": "scan",
            "changed": [difference.share for difference in scan.donors],
            "warnings": [[store(w) for w in difference.warnings] for difference in scan.donors],
            "problems": [[store(p) for p in of] for of in problems],
        }
    )


def _card(card: Card, name: str) -> dict[str, Any]:
    return CardState(
        role=card.role,
        name=name,
        kind=card.kind or "full",
        architecture=card.architecture,
        layers=card.layers or 0,
        parameters=card.parameters,
        vocabulary=card.vocabulary or 0,
        dtype=card.dtype,
        problems=card.problems,
        warnings=card.warnings,
    ).model_dump(mode="json")


def list_skills(bench: Bench) -> list[dict[str, Any]]:
    """Evaluation sets of a run: see `skills_of`; then the tasks that were added to it."""
    sets = [s for s in bench.sets().values() if not is_task(s.id)]
    tasks = [skill.model_dump() for skill in bench.reader.skills() if is_task(skill.id)]
    return skills_of(bench.spec, sets) + tasks


def skills_of(spec: MergeSpec, sets: Sequence[EvalSet]) -> list[dict[str, Any]]:
    """Evaluation sets of a run: those of its donors and the general ones.

    Where none is of its donors and none is the user's own, there are all the bundled ones.
    """
    sources = {plain_ref(donor.source): donor.name for donor in spec.donors}

    def owners(of: EvalSet) -> list[str]:
        return [sources[ref] for ref in map(plain_ref, of.donors) if ref in sources]

    chosen = [s for s in sets if not s.donors or owners(s)]
    if not any(s.donors or is_own(s.id) for s in chosen):
        chosen = [s for s in sets if not is_own(s.id)]
    return [
        {
            "id": s.id,
            "title": s.title,
            "donor": next(iter(owners(s)), None),
            "items": len(load_items(s.path, "report")),
        }
        for s in chosen
    ]
