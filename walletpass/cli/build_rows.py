"""`walletpass build --rows`: the progress and the summary of a bulk build."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import click

from walletpass.bulk import BulkResult
from walletpass.bulk import build_rows as build_all
from walletpass.cli.progress import progress
from walletpass.credentials import AppleSource
from walletpass.files import load_model


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
    with _terminated_as_interrupted(), progress("rows") as tell:
        result = build_all(
            loaded,
            rows,
            output,
            signer=source.signer,
            at=at,
            resume=resume,
            force=force,
            processes=jobs,
            progress=tell,
        )
    _summary(result, output)
    return 1 if result.failed else 0


@contextmanager
def _terminated_as_interrupted() -> Iterator[None]:
    """SIGTERM ends the build as Ctrl-C does: the pool is stopped and no file is left half written."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


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
