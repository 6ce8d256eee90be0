"""Chunks over processes: as many as there are cores, few chunks under way, results in the order of the file."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

from walletpass.bulk.chunk import ChunkBuilder, Job, Outcome
from walletpass.bulk.table import Row, RowFault
from walletpass.errors import WorkerLost

Chunk = Sequence[Row | RowFault]

_AHEAD = 3
"""Chunks under way for each process: enough that none waits, few enough that memory stays flat."""


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def build_in_processes(job: Job, chunks: Iterable[Chunk], processes: int) -> Iterator[Outcome]:
    """
    In other processes. They are spawned, not forked: threads and locks of this one are of no concern to them.

    Raises:
        SigningError, OSError: From the first chunk that met one.
        WorkerLost: The system ended a process.
    """
    pending: deque[Future[Outcome]] = deque()
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(processes, mp_context=context, initializer=_start, initargs=(job,))
    try:
        for chunk in chunks:
            pending.append(pool.submit(_build, chunk))
            if len(pending) >= processes * _AHEAD:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
    except BrokenProcessPool:
        raise WorkerLost(
            "a process of the build was ended from outside, perhaps for lack of memory: go on with --resume"
        ) from None
    finally:
        pool.shutdown(cancel_futures=True)


_builder: ChunkBuilder | None = None


def _start(job: Job) -> None:
    """Get a process ready. Ctrl-C is the parent's to handle, and nobody outlives the parent."""
    global _builder
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_follow_parent, daemon=True).start()
    _builder = ChunkBuilder(job)


def _follow_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _build(chunk: Chunk) -> Outcome:
    if _builder is None:
        raise WorkerLost("a process of the build has not started: run the command again")
    return _builder.build(chunk)
