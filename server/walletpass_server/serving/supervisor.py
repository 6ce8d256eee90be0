"""
`walletpass serve --workers N`: processes that share one socket, and one that looks after them.

A process that dies is started again, after a pause that grows while it keeps dying. When the supervisor itself is
killed, its processes notice and stop by themselves.
"""

from __future__ import annotations

import logging
import multiprocessing
import signal
import socket
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import wait
from multiprocessing.context import SpawnProcess
from types import FrameType

from walletpass.errors import WalletPassError

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0
STEADY = 30.0
"""Seconds after which a process counts as healthy: its next death is its first."""
PATIENCE = 45.0
"""Seconds its processes have to stop, more than requests in flight may take."""
REFUSED = 2
"""Exit code of a process that cannot work with these settings: to start it again changes nothing."""

_logger = logging.getLogger(__name__)
_spawning = multiprocessing.get_context("spawn")  # a fork would share the database connections of nobody

Target = Callable[[socket.socket], None]
"""What each process runs; importable by name."""


@dataclass(slots=True)
class _Seat:
    """One of the processes, whoever it is at the moment."""

    process: SpawnProcess
    started: float
    deaths: int = 0
    due: float = field(default=0.0)
    """When to start the next one; 0 while one is running."""


class Supervisor:
    """
    Keeps a number of processes running.

    ```python
    exit_code = Supervisor(work, listener, workers=4).run()
    ```
    """

    def __init__(self, target: Target, listener: socket.socket, *, workers: int) -> None:
        """
        Args:
            target: What each runs, given the socket; it is sent to the new process by pickling.
            listener: What they share.
            workers: How many.
        """
        self._target = target
        self._listener = listener
        self._workers = workers
        self._stopping = False
        self._code = 0
        self._bell, self._ring = socket.socketpair()

    def run(self) -> int:
        """Until SIGTERM or SIGINT, or until a process refuses its settings; the exit code."""
        self._ring.setblocking(False)
        signal.set_wakeup_fd(self._ring.fileno(), warn_on_full_buffer=False)
        for each in (signal.SIGTERM, signal.SIGINT):
            signal.signal(each, self._stop)
        seats = [_Seat(self._start(), time.monotonic()) for _ in range(self._workers)]
        while not self._stopping:
            self._look_after(seats)
        self._end([seat.process for seat in seats if not seat.due])
        return self._code

    def _stop(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002 - as signal calls it
        self._stopping = True

    def _start(self) -> SpawnProcess:
        process = _spawning.Process(target=_run, args=(self._target, self._listener), name="walletpass")
        process.start()
        _logger.info("process %d started", process.pid)
        return process

    def _look_after(self, seats: list[_Seat]) -> None:
        now = time.monotonic()
        pending = [seat.due - now for seat in seats if seat.due]
        wait(
            [self._bell, *(seat.process.sentinel for seat in seats if not seat.due)],
            timeout=max(0.0, min(pending)) if pending else None,
        )
        for seat in seats:
            if self._stopping:
                return
            if seat.due and time.monotonic() >= seat.due:
                seat.process, seat.started, seat.due = self._start(), time.monotonic(), 0.0
            elif not seat.due and not seat.process.is_alive():
                self._mourn(seat)

    def _mourn(self, seat: _Seat) -> None:
        code = seat.process.exitcode
        if code == REFUSED:  # it has said why
            self._stopping, self._code = True, REFUSED
            return
        lived = time.monotonic() - seat.started
        seat.deaths = 1 if lived > STEADY else seat.deaths + 1
        pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** (seat.deaths - 1))
        seat.due = time.monotonic() + pause
        _logger.error("process %d ended with %s: another starts in %.1f s", seat.process.pid, code, pause)
        seat.process.close()

    def _end(self, processes: list[SpawnProcess]) -> None:
        for process in processes:
            with suppress(ProcessLookupError):
                process.terminate()
        last = time.monotonic() + PATIENCE
        for process in processes:
            process.join(max(0.0, last - time.monotonic()))
            if process.is_alive():
                _logger.error("process %d does not stop and is killed: what it had in hand comes again", process.pid)
                process.kill()
                process.join()


def _run(target: Target, listener: socket.socket) -> None:
    """In the new process."""
    try:
        target(listener)
    except WalletPassError as fault:
        _logger.critical("%s", fault)
        sys.exit(fault.exit_code)
    except Exception:
        _logger.critical("a fault of the program", exc_info=True)
        sys.exit(1)
