"""Model files that change under a run: what was measured on the old ones goes. It opens none."""

from obim.errors import RunError
from obim.runs.bench import Bench, model_states


def notice_changes(bench: Bench) -> None:
    """Compare the files of base and donors with those that the run was begun on.

    Where they differ, what is in memory is dropped, and the journal says so: scores and summaries
    of the old files no longer count.

    Raises:
        RunError: turns were taken on the old files.
    """
    now = model_states(bench.spec)
    bench.reader.catch_up()
    known = bench.reader.files()
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
