"""Which function does which job, and answers which read. It does nothing itself."""

from pathlib import Path
from typing import Any

from obim.errors import RunError
from obim.runs.advancing import run_advance, run_back
from obim.runs.bench import Bench
from obim.runs.calibrating import run_calibrate
from obim.runs.checking import run_check
from obim.runs.desk import Desk
from obim.runs.evaluating import run_evaluate
from obim.runs.exploring import run_explore
from obim.runs.exporting import run_export
from obim.runs.foreseeing import require_room_for_run
from obim.runs.jobs import (
    Advance,
    Back,
    Calibrate,
    Cell,
    Chat,
    Check,
    Evaluate,
    Explore,
    Export,
    Inside,
    Job,
    Owners,
    Preview,
    Read,
    Tune,
)
from obim.runs.keeping_sets import read_preview
from obim.runs.looking import read_cell, read_chat
from obim.runs.ordering import run_score_orders, run_try_orders
from obim.runs.sizing import run_converge
from obim.runs.supposing import read_what_if, run_reckon
from obim.runs.trust_jobs import Converge, Trust
from obim.runs.trusting import run_trust
from obim.runs.tuning import run_tune
from obim.runs.what_if_jobs import Reckon, ScoreOrders, TryOrders, WhatIf
from obim.runs.who_owns import read_owners
from obim.runs.zooming import read_inside


def do_job(bench: Bench, job: Job, desk: Desk, exports: Path) -> None:
    """Do a job that works on the models of a run."""
    if isinstance(job, Check):
        run_check(bench, job, desk, exports)
    elif isinstance(job, Calibrate):
        run_calibrate(bench, job, desk)
    elif isinstance(job, Explore):
        run_explore(bench, job, desk)
    elif isinstance(job, Trust):
        run_trust(bench, job, desk)
    elif isinstance(job, Converge):
        run_converge(bench, job, desk)
    elif isinstance(job, Advance):
        require_room_for_run(bench, exports)
        run_advance(bench, job, desk)
    elif isinstance(job, Back):
        run_back(bench, job, desk)
    elif isinstance(job, Evaluate):
        run_evaluate(bench, job, desk)
    elif isinstance(job, Tune):
        run_tune(bench, job, desk)
    elif isinstance(job, Export):
        run_export(bench, job, desk, exports)
    elif isinstance(job, (Reckon, TryOrders, ScoreOrders)):
        _suppose(bench, job, desk)


def _suppose(bench: Bench, job: Reckon | TryOrders | ScoreOrders, desk: Desk) -> None:
    if isinstance(job, Reckon):
        run_reckon(bench, job, desk)
    elif isinstance(job, TryOrders):
        run_try_orders(bench, job, desk)
    else:
        run_score_orders(bench, job, desk)


def answer(bench: Bench, request: Read, busy: bool) -> Any:
    """Answer a read.

    Args:
        bench: of the run.
        request: what to look at.
        busy: a job is under way, so nothing long may be begun.

    Raises:
        RunError: there is no such read.
    """
    if isinstance(request, Cell):
        return read_cell(bench, request)
    if isinstance(request, Chat):
        return read_chat(bench, request, may_prepare=not busy)
    if isinstance(request, Preview):
        return read_preview(bench, request)
    if isinstance(request, Inside):
        return read_inside(bench, request)
    if isinstance(request, Owners):
        return read_owners(bench, request)
    if isinstance(request, WhatIf):
        return read_what_if(bench, request, busy)
    raise RunError("That can't be read.")
