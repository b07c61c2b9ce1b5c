"""What gives way is waited for while the page goes on being told, without a worker process."""

import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from obim.errors import RunError
from obim.runs import giving_way
from obim.runs import studio as studio_room
from obim.runs.folder import RunFolder, process_key
from obim.runs.jobs import Advance, Check, Job
from obim.runs.studio import Studio
from obim.runs.what_if_jobs import Reckon
from obim.types import Donor, MergeSpec


class DeafLine:
    """A worker that notes what it is sent and never stops by itself."""

    alive = True

    def __init__(self, device: str) -> None:
        self.key = process_key(os.getpid())
        self.sent: list[tuple[Any, ...]] = []
        self.told = threading.Event()

    def send(self, *message: Any) -> None:
        self.sent.append(message)
        if message[0] == "stop":
            self.told.set()

    def close(self) -> None:
        pass


SPEC = MergeSpec(base="base", donors=(Donor(name="d", source="donor"),), estimator="magnitude")


@pytest.fixture
def studio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Studio]:
    monkeypatch.setattr(studio_room, "Line", DeafLine)
    monkeypatch.setattr(studio_room, "pin_models", lambda spec: spec)
    studio = Studio(tmp_path)
    yield studio
    studio.close()


def end(studio: Studio, run: str) -> None:
    RunFolder(studio.home / "runs" / run).write_progress(kind="reckon", status="stopped")


def jobs(studio: Studio) -> list[Job]:
    return [message[2] for message in studio._worker.sent if message[0] == "job"]  # type: ignore


def in_thread(act: Any) -> tuple[threading.Thread, list[Exception]]:
    failed: list[Exception] = []

    def body() -> None:
        try:
            act()
        except RunError as error:
            failed.append(error)

    thread = threading.Thread(target=body)
    thread.start()
    return thread, failed


def test_a_step_waits_for_slow_figures_and_the_page_is_told_meanwhile(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the lock held while waiting, ``state`` would come too late for the step."""
    monkeypatch.setattr(giving_way, "_LONG", 60.0)
    run = studio.create(SPEC)
    studio.submit(run, Reckon(SPEC))
    thread, failed = in_thread(lambda: studio.submit(run, Advance(1, "off")))
    line: Any = studio._worker
    assert line.told.wait(60)
    told: list[Any] = []
    in_thread(lambda: told.append(studio.state(run).job))[0].join(30)
    assert [job.kind for job in told] == ["reckon"]
    end(studio, run)
    thread.join(60)
    assert failed == []
    assert jobs(studio) == [Reckon(SPEC), Advance(1, "off")]
    line.sent.clear()
    studio.stop(run)
    assert line.sent == [("stop",)]


def test_figures_that_never_end_are_said_to_be_stopping(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(giving_way, "_LONG", 0.1)
    run = studio.create(SPEC)
    studio.submit(run, Reckon(SPEC))
    with pytest.raises(RunError, match="being stopped"):
        studio.submit(run, Advance(1, "off"))
    assert jobs(studio) == [Reckon(SPEC)]
    line: Any = studio._worker
    line.sent.clear()
    studio.stop()  # it is still under way, and can still be told to stop
    assert line.sent == [("stop",)]


def test_another_run_goes_into_the_queue_behind_what_is_slow_to_stop(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(giving_way, "_PATIENCE", 0.1)
    first = studio.create(SPEC)
    studio.submit(first, Check())
    second = studio.create(SPEC)
    studio.submit(second, Advance(1, "off"))
    assert jobs(studio) == [Check(), Advance(1, "off")]
    line: Any = studio._worker
    line.sent.clear()
    for act in (lambda: studio.create(SPEC), lambda: studio.submit(first, Check())):
        in_thread(act)[0].join(60)
    with pytest.raises(RunError, match="Another job"):
        studio.submit(first, Reckon(SPEC))
    assert line.sent == []  # the step of the second run is left alone
