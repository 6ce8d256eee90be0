"""How a process is told to stop."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import parent_process

_logger = logging.getLogger(__name__)


@contextmanager
def stopping_on_signals() -> Iterator[asyncio.Event]:
    """An event that SIGTERM and SIGINT set, and the end of the process that started this one as one of its own."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()

    def stop() -> None:
        if not stopping.is_set():
            _logger.info("stopping: what is in hand is finished first")
        stopping.set()

    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, stop)
    parent = parent_process()
    if parent is not None:
        sentinel = int(parent.sentinel)

        def orphaned() -> None:
            loop.remove_reader(sentinel)
            stop()

        loop.add_reader(sentinel, orphaned)
    try:
        yield stopping
    finally:
        for each in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(each)
        if parent is not None:
            loop.remove_reader(int(parent.sentinel))
