"""Models, texts and evaluation sets that change under a run: what was measured on the old goes.

It opens none of them.
"""

import hashlib

from obim.errors import RunError
from obim.evaluation.items import EvalSet
from obim.runs.bench import Bench
from obim.runs.measuring import unmeasured
from obim.runs.model_states import model_states
from obim.runs.statistics_needed import needs_statistics
from obim.runs.texts_state import texts_state


def notice_changes(bench: Bench) -> None:
    """Compare the files of base and donors with those that the run was begun on.

    Where they differ, what is in memory is dropped, and the journal says so: scores and summaries
    of the old files no longer count.

    Raises:
        RunError: turns were taken on the old files.
    """
    now = model_states(bench.spec)
    bench.reader.catch_up()
    known = bench.reader.files
    changed = [ref for ref, state in now.items() if known.get(ref, state) != state]
    if changed and bench.reader.turns():
        raise RunError(
            "The files of {path} have changed or are gone since this run's first turn, so it "
            "can't go on; start a new run.",
            path=changed[0],
        )
    if bench.states != now:
        bench.drop(now)
    if changed or not now.keys() <= known.keys():
        bench.folder.append({"event": "files", "files": now})
        bench.reader.catch_up()
    _notice_texts(bench)
    _notice_sets(bench)


def _notice_texts(bench: Bench) -> None:
    """Compare the calibration texts with those that were measured; once turns were taken, these do.

    Raises:
        RunError: they changed, turns were taken, and what was measured on the old ones is gone.
    """
    known = bench.reader.texts
    now = {donor.name: texts_state(donor) for donor in bench.spec.donors}
    changed = [d for d in bench.spec.donors if known.get(d.name, now[d.name]) != now[d.name]]
    deciding = needs_statistics(bench.spec)
    if changed and bench.reader.turns():
        if deciding and unmeasured(bench):
            raise RunError(
                "The calibration texts {path} have changed or are gone since this run's first "
                "turn, and so is what was measured on them; start a new run.",
                path=changed[0].calibration,
            )
    elif changed:
        if deciding:
            bench.forget_plan()
        bench.folder.append({"event": "texts", "texts": now, "deciding": deciding})
        bench.reader.catch_up()


def _notice_sets(bench: Bench) -> None:
    """Compare the sets with those that were scored; scores of others no longer count."""
    sets, known = bench.sets(), bench.reader.sets
    now = {skill: _state(sets[skill]) for skill in bench.skill_ids() if skill in sets}
    if any(known.get(skill) != state for skill, state in now.items()):
        bench.forget_items()
        bench.folder.append({"event": "sets", "sets": now})
        bench.reader.catch_up()


def _state(chosen: EvalSet) -> str:
    """What tells one state of a set from another without reading it."""
    stat = chosen.path.stat() if chosen.path.is_file() else None
    facts = [str(chosen.path), chosen.evaluator, stat and [stat.st_size, stat.st_mtime_ns]]
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:24]
