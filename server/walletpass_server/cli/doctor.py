"""`walletpass doctor`: is the installation sound?"""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from pathlib import Path

import click

from walletpass.cli.reporting import print_json
from walletpass_server.cli.calls import data_option, json_option, settings_of, utc_now
from walletpass_server.doctor import Check, examine


@click.command
@data_option
@json_option
def doctor(data: Path | None, as_json: bool) -> int:
    """
    Check the installation: disk, keys, database, clock, secrets, credentials, outbox, runs, workers; public URL,
    Apple and Google as they are reached from here.

    Nothing is changed. The exit code is 1 when something is not as it should be.
    """

    async def look() -> list[Check]:
        return [check async for check in examine(settings_of(data), utc_now())]

    checks = asyncio.run(look())
    sound = all(check.ok for check in checks)
    if as_json:
        print_json({"ok": sound, "checks": [asdict(check) for check in checks]})
    else:
        for check in checks:
            mark = click.style("ok", fg="green") if check.ok else click.style("fault", fg="red")
            click.echo(f"{check.name}: {mark}: {check.says}")
    return 0 if sound else 1
