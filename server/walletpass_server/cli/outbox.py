"""`walletpass outbox`: letters that wait, and those that could not be sent."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from walletpass.cli.reporting import print_json
from walletpass_server.bootstrap import Platform
from walletpass_server.cli.calls import chosen_client, client_option, data_option, json_option, with_platform
from walletpass_server.cli.durations import duration
from walletpass_server.engine.forecast import Queue, queues
from walletpass_server.persistence.outbox import DeadLetter, dead_letters, send_again
from walletpass_server.persistence.unit_of_work import Unit

PAGE = 1_000


@click.group
def outbox() -> None:
    """See what waits to be sent and what could not be; send it again."""


@outbox.command("list")
@client_option
@data_option
@json_option
def show(client: str | None, data: Path | None, as_json: bool) -> None:
    """List how many letters wait in each channel, and about how long Google will take for its own."""

    async def work(on: Platform) -> list[Queue]:
        owner = await chosen_client(on.database, client)
        async with on.database.reading(owner.id) as unit:
            return await queues(unit)

    found = with_platform(data, work)
    if as_json:
        print_json([asdict(each) for each in found])
        return
    for each in found:
        later = f", {each.later:,} due later" if each.later else ""
        left = f", about {duration(each.left)} at Google's rate" if each.left else ""
        click.echo(f"{each.channel}  {each.waiting:,} waiting{later}{left}")
    if not found:
        click.echo("nothing waits")


@outbox.command
@client_option
@data_option
@json_option
def dead(client: str | None, data: Path | None, as_json: bool) -> None:
    """List the letters that were given up, the oldest first, a thousand at most."""

    async def work(on: Platform) -> list[DeadLetter]:
        owner = await chosen_client(on.database, client)
        async with on.database.reading(owner.id) as unit:
            return await dead_letters(unit, limit=PAGE)

    found = with_platform(data, work)
    if as_json:
        print_json([asdict(each) for each in found])
    else:
        for each in found:
            click.echo(f"{each.id}  {each.channel}  {each.dead_at:%Y-%m-%d %H:%M}  {each.last_error}")


@outbox.command("send-again")
@click.argument("letters", nargs=-1, type=int, metavar="[LETTER]...")
@client_option
@data_option
def again(letters: tuple[int, ...], client: str | None, data: Path | None) -> None:
    """Give letters another round of attempts: those named, or all that were given up."""

    async def work(on: Platform) -> int:
        owner = await chosen_client(on.database, client)

        async def all_dead(unit: Unit) -> int:
            return await send_again(unit, letters or [each.id for each in await dead_letters(unit, limit=PAGE)])

        count = await on.database.run(owner.id, all_dead)
        more = count
        while not letters and more == PAGE:
            more = await on.database.run(owner.id, all_dead)
            count += more
        return count

    click.echo(f"letters to send again: {with_platform(data, work):,}")
