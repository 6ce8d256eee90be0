"""What `walletpass demo --serve` prints: where everything is, for tools that drive the server from outside."""

from __future__ import annotations

import shlex
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from walletpass.errors import KeyRefused
from walletpass.google import GooglePass
from walletpass_server.bootstrap import Platform
from walletpass_server.demo.stage import CLIENT, Stage
from walletpass_server.engine.audit import Actor
from walletpass_server.engine.keys import SCOPES, create_key
from walletpass_server.persistence.tables import CredentialRow
from walletpass_server.persistence.unit_of_work import Unit
from walletpass_server.wallets.google.provider import GoogleProvider
from walletpass_server.wallets.google.reading import Unreadable


async def show(on: Platform, stage: Stage, folder: Path, root: Path, now: datetime) -> dict[str, Any]:
    """
    Addresses, serials and ids, as JSON gives them.

    Args:
        on: The platform, whose server is answering.
        stage: What was set up.
        folder: WALLETPASS_DATA.
        root: The sample root: signatures of passes lead to it.
        now: The instant.
    """
    row = stage.live.row
    async with on.database.reading(stage.client_id) as unit:
        apple = await unit.session.get_one(CredentialRow, (stage.client_id, row.apple_credential_id))
    google = await _at_google(on, stage, now)

    base = on.settings.public_url
    return {
        "base_url": base,
        "operation_link": stage.link,
        "personal_links": [person.link for person in stage.people],
        "api_key": await _key(on, stage, folder, now),
        "pass_type_identifier": apple.pass_type_identifier,
        "serials": [person.serial for person in stage.people],
        "google_callback_url": google.class_["callbackOptions"]["url"],
        "google_issuer": google.class_id.partition(".")[0],
        "google_class": google.class_id,
        "google_object": google.object_id,
        "ca": str(root.resolve()),
        "fire": fire_command(on, folder),
    }


async def _key(on: Platform, stage: Stage, folder: Path, now: datetime) -> str:
    """The key of the last start while it is good, else a new one: a rehearsal may keep it in clear."""
    file = folder / "demo.key"
    if file.exists():
        with suppress(KeyRefused):
            text = file.read_text("ascii").strip()
            if (await on.keys.find(text)).client_id == stage.client_id:
                return text

    async def make(unit: Unit) -> str:
        return (await create_key(unit, "demo", "test", SCOPES, Actor("staff", "demo"), now)).text

    made = await on.database.run(stage.client_id, make)
    file.touch(mode=0o600)
    file.write_text(f"{made}\n", "ascii")
    return made


async def _at_google(on: Platform, stage: Stage, now: datetime) -> GooglePass:
    """The first person's pass as Google gets it."""
    provider = on.wallets["google"]
    assert isinstance(provider, GoogleProvider)  # noqa: S101 - the platform's own
    (read,) = await provider.parts.reader.read(stage.client_id, [stage.people[0].pass_id], now)
    if isinstance(read, Unreadable):
        raise read.error
    return read.google


def fire_command(on: Platform, folder: Path) -> str:
    """A shell command that fires a Trigger on the pass of `{serial}`, each time it is run; needs nothing but PATH."""
    words = ["walletpass", "event", "visit.counted", "--client", CLIENT, "--data-folder", str(folder)]
    command = f"{shlex.join(words)} --serial {{serial}}"
    if on.database.is_sqlite:
        return command
    return f"env {shlex.quote(f'WALLETPASS_DATABASE_URL={on.settings.database_url}')} {command}"
