"""Progress of what takes longer than a moment, on standard error."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

import click

EVERY = 5.0
"""Seconds between two lines where there is no terminal."""

Progress = Callable[[int, int | None], None]
"""Told how many are done, and of how many where that is known."""


@contextmanager
def progress(what: str) -> Iterator[Progress]:
    """A bar on a terminal, a line now and then elsewhere; `what` is counted: passes, rows."""
    if not sys.stderr.isatty():
        yield _lines(what)
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    console = Console(stderr=True)
    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Bar(*columns, console=console, transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _lines(what: str) -> Progress:
    last = monotonic()

    def tell(done: int, total: int | None) -> None:
        nonlocal last
        if monotonic() - last >= EVERY:
            last = monotonic()
            of = "" if total is None else f" of {total:,}"
            click.echo(f"{done:,}{of} {what}", err=True)

    return tell
