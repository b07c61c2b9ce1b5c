"""The job that is under way in a run, or was last, from its progress file."""

from typing import Any

from obim.errors import RunError, Sentence
from obim.runs.folder import is_orphan
from obim.runs.state import JobState

INTERRUPTED = Sentence(
    "The worker process ended unexpectedly (out of memory, for instance); "
    "start the job again to go on where it stood."
)
ACTIVE = ("waiting", "running")
_PROGRESS_FIELDS = set(JobState.model_fields)


def job_of(progress: dict[str, Any]) -> JobState | None:
    """What progress.json says of it; None before the first.

    Raises:
        RunError: the file is damaged.
    """
    if "kind" not in progress:
        return None
    try:
        known = {k: v for k, v in progress.items() if k in _PROGRESS_FIELDS}
        job = JobState(**known | {"error": progress.get("said") or progress.get("error", "")})
    except ValueError as error:
        raise RunError("The progress file of this run is damaged; start a new run.") from error
    if job.status in ACTIVE and is_orphan(progress):
        return job.model_copy(update={"status": "interrupted", "error": INTERRUPTED})
    return job
