"""`walletpass client plan|show|usage|policies|accept`: what a client has taken, and what it has agreed to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import click

from walletpass.cli.reporting import print_json
from walletpass.errors import UsageError
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
from walletpass_server.engine.plans import FEATURES, QUOTAS, change_plan, features, own_row, usage
from walletpass_server.engine.policies import POLICIES, accept, acceptances
from walletpass_server.engine.traffic import traffic_of
from walletpass_server.persistence.tables import ClientRow
from walletpass_server.persistence.unit_of_work import Unit

T = TypeVar("T")


def quota_options(command: Callable[..., T]) -> Callable[..., T]:
    """One option for each quota."""
    for name in reversed(QUOTAS):
        what = name.removeprefix("max_").replace("_", " ")
        option = "--" + name.replace("_", "-")
        command = click.option(option, name, metavar="NUMBER", help=f"Most {what}; 'none' for no limit.")(command)
    return command


@click.command
@click.argument("slug")
@click.option("--plan", type=click.Choice(list(FEATURES)), help="What it has taken.")
@click.option("--connector/--no-connector", default=None, help="The connector as an add-on to another plan.")
@quota_options
@data_option
@json_option
def plan(slug: str, plan: str | None, connector: bool | None, data: Path | None, as_json: bool, **quotas: Any) -> None:
    """
    Give a client another plan, the connector as an add-on, or other quotas.

    Without the connector its API keys are refused at once; with it again they are good again.
    """
    changes: dict[str, Any] = {name: _number(name, value) for name, value in quotas.items() if value is not None}
    changes |= {name: value for name, value in (("plan", plan), ("connector", connector)) if value is not None}
    if not changes:
        raise UsageError("nothing to change was named: see 'walletpass client plan --help'")

    async def change(unit: Unit) -> dict[str, Any]:
        return _told(await change_plan(unit, staff(), utc_now(), **changes))

    _print(_for(data, slug, change), as_json)


@click.command
@client_option
@data_option
@json_option
def show(client: str | None, data: Path | None, as_json: bool) -> None:
    """Show a client's plan, its quotas, how much of them is used, and what it has accepted."""

    async def read(unit: Unit) -> dict[str, Any]:
        found = _told(await own_row(unit))
        found["used"] = asdict(await usage(unit, utc_now()))
        found["accepted"] = [f"{each.wallet} {each.version} by {each.accepted_by}" for each in await acceptances(unit)]
        return found

    _print(_for(data, client, read), as_json)


@click.command("usage")
@click.option("--days", type=click.IntRange(1, 366), default=31, show_default=True, help="Up to today.")
@client_option
@data_option
@json_option
def usage_(days: int, client: str | None, data: Path | None, as_json: bool) -> None:
    """
    Show what was served for a client, day by day (UTC) and by door, and how many of its passes are active.

    Counted by each process and added once a minute.
    """

    async def read(unit: Unit) -> dict[str, Any]:
        now = utc_now()
        served = await traffic_of(unit, now.date() - timedelta(days=days - 1), now.date())
        lines = [{**asdict(each), "day": each.day.isoformat()} for each in served]
        return {"active": (await usage(unit, now)).active, "days": lines}

    found = _for(data, client, read)
    if as_json:
        print_json(found)
        return
    click.echo(f"active passes: {found['active']:,}")
    for each in found["days"]:
        click.echo(f"{each['day']}  {each['door']}  requests {each['requests']:,}  bytes {each['bytes']:,}")


@click.command
@json_option
def policies(as_json: bool) -> None:
    """Print the rules of the wallets that a client accepts before production."""
    if as_json:
        print_json([asdict(policy) for policy in POLICIES.values()])
        return
    for policy in POLICIES.values():
        click.echo(f"{policy.wallet}, version {policy.version}")
        for rule in policy.rules:
            click.echo(f"- {rule['en']}\n  {rule['fr']}")
        click.echo("".join(f"  {source}\n" for source in policy.sources))


@click.command("accept")
@click.argument("wallet", type=click.Choice(list(POLICIES)))
@click.option("--by", required=True, help="The person who accepts in the client's name.")
@click.option("--version", help="Of the text that was read; by default the one in force.")
@client_option
@data_option
def accept_(wallet: str, by: str, version: str | None, client: str | None, data: Path | None) -> None:
    """Record that the client accepts the rules of a wallet; see 'walletpass client policies'."""

    async def work(unit: Unit) -> str:
        row = await accept(unit, wallet, version or POLICIES[wallet].version, by, staff(), utc_now())
        return f"{wallet}: version {row.version} accepted by {row.accepted_by} on {row.accepted_at:%Y-%m-%d}"

    click.echo(_for(data, client, work))


def _for(data: Path | None, client: str | None, change: Callable[[Unit], Awaitable[T]]) -> T:
    async def work(on: Platform) -> T:
        owner = await chosen_client(on.database, client)
        return await on.database.run(owner.id, change)

    return with_platform(data, work)


def _number(name: str, text: str) -> int | None:
    if text == "none":
        return None
    if not text.isdecimal() or len(text) > 10:
        raise UsageError(f"--{name.replace('_', '-')} {text}: is no number: write one, or none for no limit")
    return int(text)


def _told(row: ClientRow) -> dict[str, Any]:
    return {
        "client": row.slug,
        "name": row.name,
        "plan": row.plan,
        "connector": row.connector,
        "features": sorted(features(row)),
        **{name: getattr(row, name) for name in QUOTAS},
    }


def _print(found: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    for name, value in found.items():
        if isinstance(value, dict):
            value = ", ".join(f"{what} {count:,}" for what, count in value.items())
        elif isinstance(value, list):
            value = ", ".join(value) or "-"
        click.echo(f"{name}: {'no limit' if value is None else value}")


COMMANDS = (plan, show, usage_, policies, accept_)
