"""Run a command and say how long it took and how much memory it had at its highest."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

BIN = Path(sys.executable).parent


class Run(NamedTuple):
    """Wall time in seconds, peak resident memory in bytes, all that was printed."""

    seconds: float
    peak: float
    output: str


def run(command: Sequence[str | Path]) -> Run:
    """Run to the end; its output is shown only where it fails."""
    began = time.perf_counter()
    child = subprocess.Popen(
        [str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    assert child.stdout is not None
    output = child.stdout.read().decode(errors="replace")
    _, status, usage = os.wait4(child.pid, 0)
    seconds = time.perf_counter() - began
    if os.waitstatus_to_exitcode(status):
        sys.exit(output)
    return Run(seconds, 1024.0 * usage.ru_maxrss, output)


def machine() -> str:
    """Processor and cores, for the head of a table."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    return f"{names[0] if names else 'unknown processor'}, {os.cpu_count()} cores"
