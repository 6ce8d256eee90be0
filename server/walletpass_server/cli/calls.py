"""What the commands share: options, the platform they work on, the client they work for."""

from __future__ import annotations

import asyncio
import getpass
import os
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import click
from sqlalchemy import select

from walletpass.cli.parameters import PATH
from walletpass.errors import UsageError
from walletpass_server.bootstrap import Platform, platform
from walletpass_server.engine.audit import Actor
from walletpass_server.engine.clients import find_client
from walletpass_server.persistence.database import Database
from walletpass_server.persistence.tables import ClientRow
from walletpass_server.persistence.unit_of_work import ALL_CLIENTS
from walletpass_server.settings import Settings

T = TypeVar("T")

data_option = click.option(
    "--data",
    "--data-folder",
    "data",
    type=PATH,
    help="Folder of the server's data; by default WALLETPASS_DATA, or 'data'.",
)
client_option = click.option("--client", metavar="SLUG", help="Whose; may be left out where there is only one client.")
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def log_options(command: Callable[..., T]) -> Callable[..., T]:
    """How a process that stays logs."""
    form = click.option(
        "--log-format",
        type=click.Choice(["json", "text"]),
        default="json",
        show_default=True,
        help="For machines or people.",
    )
    level = click.option(
        "--log-level", type=click.Choice(["debug", "info", "warning", "error"]), default="info", show_default=True
    )
    return form(level(command))


def settings_of(data: Path | None) -> Settings:
    """The settings of the environment, with another folder where one is given."""
    return Settings.from_env({**os.environ, **({"WALLETPASS_DATA": str(data)} if data else {})})


def with_platform(data: Path | None, work: Callable[[Platform], Awaitable[T]]) -> T:
    """Do the work of a command on the platform of a folder."""

    async def run() -> T:
        async with platform(settings_of(data)) as opened:
            return await work(opened)

    return asyncio.run(run())


async def chosen_client(database: Database, slug: str | None) -> ClientRow:
    """
    The client a command is for.

    Raises:
        NotFound: There is none of that name.
        UsageError: None was named, and there is not exactly one.
    """
    async with database.reading(ALL_CLIENTS) as unit:
        if slug is not None:
            return await find_client(unit, slug)
        there = select(ClientRow).where(ClientRow.removed_at.is_(None)).order_by(ClientRow.slug)
        found = (await unit.session.scalars(there.limit(20))).all()
    if len(found) == 1:
        return found[0]
    if not found:
        raise UsageError("there is no client yet: add one with 'walletpass client add SLUG'")
    raise UsageError(f"there are several clients: choose with --client: {', '.join(row.slug for row in found)}")


def staff() -> Actor:
    """Whoever may run commands on the server is the provider's staff."""
    try:
        return Actor("staff", getpass.getuser())
    except (KeyError, OSError):  # an account without a name, as in some containers
        return Actor("staff", "unknown")


def utc_now() -> datetime:
    """The clock of this machine."""
    return datetime.now(UTC)
