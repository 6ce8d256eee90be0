"""`walletpass run`: work over many passes, looked at and held."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import timedelta
from functools import partial
from pathlib import Path

import click

from walletpass.cli.reporting import print_json
from walletpass_server.bootstrap import Platform
from walletpass_server.cli.calls import (
    chosen_client,
    client_option,
    data_option,
    json_option,
    utc_now,
    with_platform,
)
from walletpass_server.cli.durations import duration
from walletpass_server.engine import runs
from walletpass_server.engine.forecast import google_left
from walletpass_server.engine.operations import find_operation
from walletpass_server.persistence.unit_of_work import Unit


@click.group
def run() -> None:
    """See how far runs are; pause, resume, cancel them."""


@run.command("list")
@click.option("--operation", required=True, help="Of this operation, the newest of its name.")
@client_option
@data_option
@json_option
def show(operation: str, client: str | None, data: Path | None, as_json: bool) -> None:
    """List the runs of an operation, with how far each is and when it will be done."""

    async def work(on: Platform) -> tuple[list[runs.Progress], timedelta]:
        owner = await chosen_client(on.database, client)
        async with on.database.reading(owner.id) as unit:
            live = await find_operation(unit, name=operation)
            return await runs.runs_of(unit, live.row.id, utc_now()), await google_left(unit)

    found, at_google = with_platform(data, work)
    if as_json:
        print_json([asdict(each) for each in found])
    else:
        for each in found:
            click.echo(_says(each))
        if at_google:
            click.echo(f"Google: about {duration(at_google)} until its objects show what changed")


def _says(progress: runs.Progress) -> str:
    of = "" if progress.total is None else f" of {progress.total:,}"
    left = "" if progress.left is None else f", {progress.left.total_seconds():,.0f} s left"
    why = f": {progress.error}" if progress.error else ""
    what = f"{progress.kind} {progress.trigger}" if progress.trigger else progress.kind
    when = f"{progress.due_at:%Y-%m-%d %H:%M} UTC"
    head = f"{progress.run_id}  {what}  {when}  {progress.state}{why}"
    return f"{head}, {progress.seen:,}{of} seen, {progress.moved:,} moved{left}"


@run.command
@click.argument("run_id", type=int, metavar="RUN")
@client_option
@data_option
def pause(run_id: int, client: str | None, data: Path | None) -> None:
    """Stop a run after the chunk that is under way, until it is resumed."""
    _change(data, client, partial(runs.pause, run_id=run_id))
    click.echo(f"run {run_id}: paused")


@run.command
@click.argument("run_id", type=int, metavar="RUN")
@client_option
@data_option
def resume(run_id: int, client: str | None, data: Path | None) -> None:
    """Let a paused or failed run go on from where it stopped."""
    _change(data, client, partial(runs.resume, run_id=run_id))
    click.echo(f"run {run_id}: goes on")


@run.command
@click.argument("run_id", type=int, metavar="RUN")
@client_option
@data_option
def cancel(run_id: int, client: str | None, data: Path | None) -> None:
    """End a run for good. What it moved stays moved."""
    _change(data, client, partial(runs.cancel, run_id=run_id, now=utc_now()))
    click.echo(f"run {run_id}: cancelled")


def _change(data: Path | None, client: str | None, change: Callable[[Unit], Awaitable[None]]) -> None:
    async def work(on: Platform) -> None:
        owner = await chosen_client(on.database, client)
        await on.database.run(owner.id, change)

    with_platform(data, work)
