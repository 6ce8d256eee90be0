"""`walletpass build --rows`: the progress and the summary of a bulk build."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from time import monotonic

import click

from walletpass.bulk import BulkResult
from walletpass.bulk import build_rows as build_all
from walletpass.credentials import AppleSource
from walletpass.files import load_model

_EVERY = 5.0
"""Seconds between two lines where there is no terminal."""

Progress = Callable[[int, int], None]


def build_rows(
    model: Path,
    rows: Path,
    output: Path,
    source: AppleSource,
    *,
    at: datetime | None,
    resume: bool,
    force: bool,
    jobs: int | None,
) -> int:
    """Build every row; exit code 1 when one failed."""
    loaded = load_model(model)
    with _progress() as progress:
        result = build_all(
            loaded,
            rows,
            output,
            signer=source.signer,
            at=at,
            resume=resume,
            force=force,
            processes=jobs,
            progress=progress,
        )
    _summary(result, output)
    return 1 if result.failed else 0


def _summary(result: BulkResult, output: Path) -> None:
    rate = result.built / result.seconds if result.seconds else 0.0
    kept = f", {result.kept:,} were there" if result.kept else ""
    click.echo(
        f"{output}: {result.built:,} passes built{kept}, {result.size:,} bytes, "
        f"{result.seconds:.1f} s, {rate:,.0f} passes/s"
    )
    if result.made_serials:
        click.echo("no serial column: serials were made", err=True)
    if result.errors:
        click.echo(f"{result.failed:,} rows failed: {result.errors} names row, column and reason", err=True)


@contextmanager
def _progress() -> Iterator[Progress]:
    """A bar on a terminal, a line now and then elsewhere; both on standard error."""
    if not sys.stderr.isatty():
        yield _lines()
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (TextColumn("passes"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("passes", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _lines() -> Progress:
    last = monotonic()

    def tell(done: int, total: int) -> None:
        nonlocal last
        if monotonic() - last >= _EVERY:
            last = monotonic()
            click.echo(f"{done:,} of {total:,} rows", err=True)

    return tell
