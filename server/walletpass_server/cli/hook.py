"""`walletpass hook`: who is told of events by the web."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

import click
from sqlalchemy import select

from walletpass.cli.parameters import instant
from walletpass.cli.reporting import print_json
from walletpass.hooks import event_id
from walletpass_server.bootstrap import Platform
from walletpass_server.cli.calls import (
    chosen_client,
    client_option,
    data_option,
    json_option,
    staff,
    utc_now,
    with_platform,
)
from walletpass_server.engine.operations import find_operation
from walletpass_server.hooks import endpoints
from walletpass_server.hooks.endpoints import NewSecret, Wish
from walletpass_server.persistence.tables import HookDeliveryRow, HookEndpointRow
from walletpass_server.persistence.unit_of_work import Unit

T = TypeVar("T")
PAGE = 1_000
HOOK = click.argument("hook_id", type=int, metavar="HOOK")


@click.group
def hook() -> None:
    """Tell other systems what happens to passes: add, list, test, pause, replay."""


@hook.command
@click.argument("url")
@click.option("--name", required=True, help="Who listens.")
@click.option("--event", "events", multiple=True, help="pass.added, or pass.*; everything by default. Repeatable.")
@click.option("--environment", type=click.Choice(["test", "production"]), help="Only its events; both by default.")
@click.option("--operation", "operations", multiple=True, help="Only this one, the newest of its name. Repeatable.")
@click.option("--model", "models", multiple=True, help="Only passes with this Model. Repeatable.")
@click.option("--include-holder", is_flag=True, help="Tell the values of passes too: personal data.")
@client_option
@data_option
@json_option
def add(
    url: str,
    name: str,
    events: tuple[str, ...],
    environment: str | None,
    operations: tuple[str, ...],
    models: tuple[str, ...],
    include_holder: bool,
    client: str | None,
    data: Path | None,
    as_json: bool,
) -> None:
    """
    Post events to URL, from now on.

    The secret that signs them is printed this once: hand it over at once.
    """

    async def make(on: Platform, unit: Unit) -> NewSecret:
        wish = Wish(
            name=name,
            url=url,
            events=events or ("*",),
            environment=environment,
            operations=[(await find_operation(unit, name=each)).row.id for each in operations] or None,
            models=models or None,
            include=("holder",) if include_holder else (),
        )
        private = on.settings.hooks_private
        return await endpoints.add_endpoint(unit, on.keyring, wish, staff(), utc_now(), private=private)

    _print_secret(_change(data, client, make), as_json)


@hook.command("list")
@client_option
@data_option
@json_option
def show(client: str | None, data: Path | None, as_json: bool) -> None:
    """List the hooks of a client, subscribers in process too."""

    async def read(_: Platform, unit: Unit) -> list[dict[str, object]]:
        rows = (await unit.session.scalars(select(HookEndpointRow).order_by(HookEndpointRow.id))).all()
        counts = await endpoints.counts_of(unit, [row.id for row in rows])
        return [_told(row, counts.get(row.id, (0, 0))) for row in rows]

    found = _change(data, client, read)
    if as_json:
        print_json(found)
        return
    for each in found:
        click.echo(
            f"{each['id']}  {each['state']}  {each['name']}  {each['url']}  {each['delivered']:,} delivered,"
            f" {each['waiting']:,} waiting, {each['dead']:,} dead"
        )
    if not found:
        click.echo("nobody listens")


@hook.command
@HOOK
@client_option
@data_option
def test(hook_id: int, client: str | None, data: Path | None) -> None:
    """Send a hook.test; a worker delivers it."""
    _change(data, client, lambda _, unit: endpoints.send_test(unit, hook_id, staff(), utc_now()))
    click.echo(f"hook {hook_id}: hook.test is on its way; see 'walletpass hook list'")


@hook.command
@HOOK
@client_option
@data_option
def pause(hook_id: int, client: str | None, data: Path | None) -> None:
    """Let events wait."""
    _change(data, client, lambda _, unit: endpoints.pause_endpoint(unit, hook_id, staff(), utc_now()))
    click.echo(f"hook {hook_id}: paused, events wait")


@hook.command
@HOOK
@client_option
@data_option
def resume(hook_id: int, client: str | None, data: Path | None) -> None:
    """Go on, with what waited."""
    _change(data, client, lambda _, unit: endpoints.resume_endpoint(unit, hook_id, staff(), utc_now()))
    click.echo(f"hook {hook_id}: active")


@hook.command
@HOOK
@click.option("--overlap-hours", type=click.IntRange(0, 720), default=24, help="Both secrets sign so long; 24.")
@client_option
@data_option
@json_option
def rotate(hook_id: int, overlap_hours: int, client: str | None, data: Path | None, as_json: bool) -> None:
    """Make a new secret. It is printed this once."""

    async def make(on: Platform, unit: Unit) -> NewSecret:
        overlap = timedelta(hours=overlap_hours)
        return await endpoints.rotate_secret(unit, on.keyring, hook_id, staff(), utc_now(), overlap=overlap)

    _print_secret(_change(data, client, make), as_json)


@hook.command
@HOOK
@click.option("--from", "since", type=instant, required=True, help="ISO 8601 (UTC without an offset).")
@click.option("--until", type=instant, help="Up to when; now by default.")
@client_option
@data_option
def replay(hook_id: int, since: datetime, until: datetime | None, client: str | None, data: Path | None) -> None:
    """Tell again what happened since an instant, with the ids of the first time."""
    _change(
        data, client, lambda _, unit: endpoints.replay(unit, hook_id, since, staff(), utc_now(), until=until)
    )  # fmt: skip
    click.echo(f"hook {hook_id}: what happened since {since.isoformat()} is told again")


@hook.command
@HOOK
@click.option("--again", is_flag=True, help="Give them another three days.")
@client_option
@data_option
@json_option
def dead(hook_id: int, again: bool, client: str | None, data: Path | None, as_json: bool) -> None:
    """List the deliveries that were given up, the oldest first, a thousand at most."""

    async def read(_: Platform, unit: Unit) -> list[dict[str, object]]:
        await endpoints.find_endpoint(unit, hook_id)
        query = select(HookDeliveryRow).where(
            HookDeliveryRow.endpoint_id == hook_id, HookDeliveryRow.dead_at.is_not(None)
        )
        rows = await unit.session.scalars(query.order_by(HookDeliveryRow.id).limit(PAGE))
        return [
            {
                "id": row.id,
                "event": event_id(row.pass_id, row.place),
                "type": row.type,
                "attempts": row.attempts,
                "last_status": row.status,
                "last_error": row.error,
                "dead_at": row.dead_at and row.dead_at.isoformat(),
            }
            for row in rows.all()
        ]

    if again:
        count = _change(data, client, lambda _, unit: endpoints.deliver_again(unit, hook_id, staff(), utc_now()))
        click.echo(f"deliveries to try again: {count:,}")
        return
    found = _change(data, client, read)
    if as_json:
        print_json(found)
    else:
        for each in found:
            click.echo(f"{each['id']}  {each['event']}  {each['type']}  {each['dead_at']}  {each['last_error']}")


@hook.command
@HOOK
@client_option
@data_option
def remove(hook_id: int, client: str | None, data: Path | None) -> None:
    """Tell it nothing any more; what waits for it goes too."""
    _change(data, client, lambda _, unit: endpoints.remove_endpoint(unit, hook_id, staff(), utc_now()))
    click.echo(f"hook {hook_id}: removed")


def _change(data: Path | None, client: str | None, change: Callable[[Platform, Unit], Awaitable[T]]) -> T:
    async def work(on: Platform) -> T:
        owner = await chosen_client(on.database, client)
        return await on.database.run(owner.id, lambda unit: change(on, unit))

    return with_platform(data, work)


def _print_secret(new: NewSecret, as_json: bool) -> None:
    if as_json:
        print_json({"id": new.row.id, "url": new.row.url, "secret": new.secret})
    else:
        click.echo(f"hook {new.row.id}: {new.secret}\nKeep it now: it is shown this once.")


def _told(row: HookEndpointRow, counts: tuple[int, int]) -> dict[str, object]:
    return {
        "id": row.id,
        "name": row.name,
        "url": row.url,
        "state": row.state,
        "why": row.paused_why,
        "environment": row.environment,
        "events": row.events,
        "operations": row.operations,
        "models": row.models,
        "include": row.include,
        "delivered": row.delivered,
        "waiting": counts[0],
        "dead": counts[1],
        "last_status": row.last_status,
        "last_error": row.last_error,
    }
