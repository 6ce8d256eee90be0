"""
Programs run beside this one, and what they cost. The memory is read from /proc: Linux only.

They find their modules compiled, as programs do from the second start on: run each once before it counts.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_EVERY = 0.1
"""Seconds between two looks at the memory."""


@dataclass(frozen=True, slots=True)
class Cost:
    """
    Of a program and all it started.

    Attributes:
        wall, cpu: Seconds.
        memory: Bytes of all processes together at the peak, pages they share counted once (proportional set size).
        largest: Bytes of the largest process at its peak (resident set size).
        output: What it wrote.
    """

    wall: float
    cpu: float
    memory: int
    largest: int
    output: str


def run(command: Sequence[str], *, folder: Path | None = None, watch: bool = False) -> Cost:
    """
    Run a program to its end.

    Args:
        command: The program and its arguments.
        folder: Where it runs; here by default.
        watch: Whether the memory of all its processes is looked at ten times a second; else it is given as 0.

    Raises:
        RuntimeError: It failed; with the end of what it wrote.
    """
    memory = largest = 0
    with tempfile.TemporaryFile() as output:
        start = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=folder, env=_environment(), stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
        ended, status, usage = os.wait4(process.pid, os.WNOHANG if watch else 0)
        while not ended:
            sizes = [size for pid in _family(process.pid) if (size := _memory(pid))]
            memory = max(memory, sum(shared for shared, _ in sizes))
            largest = max(largest, *(peak for _, peak in sizes), 0)
            time.sleep(_EVERY)
            ended, status, usage = os.wait4(process.pid, os.WNOHANG)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        said = output.read().decode(errors="replace")
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)}: exit code {process.returncode}: {said[-2000:]}")
    return Cost(wall, usage.ru_utime + usage.ru_stime, memory, largest, said)


@cache
def _compiled() -> tempfile.TemporaryDirectory[str]:
    """Where they keep compiled modules, whether or not the environment forbids it elsewhere."""
    return tempfile.TemporaryDirectory(prefix="walletpass-compiled-")


def _environment() -> dict[str, str]:
    mine = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**mine, "PYTHONPYCACHEPREFIX": _compiled().name}


def _family(pid: int) -> Iterator[int]:
    """A process and what descends from it."""
    yield pid
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return
    for child in children:
        yield from _family(int(child))


def _memory(pid: int) -> tuple[int, int] | None:
    """Proportional set size now, and largest resident set size so far; None when the process has gone."""
    try:
        now = Path(f"/proc/{pid}/smaps_rollup").read_text()
        peak = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return None
    found = re.search(r"^Pss:\s+(\d+) kB", now, re.M), re.search(r"^VmHWM:\s+(\d+) kB", peak, re.M)
    return (int(found[0][1]) * 1024, int(found[1][1]) * 1024) if found[0] and found[1] else None
