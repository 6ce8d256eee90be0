"""A hook that the client makes, and what comes to it, verified as a receiver does."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from walletpass.client import verify_hook
from walletpass.client.api import hooks, tokens
from walletpass.testing.receiver import receiver
from walletpass_server.hooks.dispatcher import Hooks
from walletpass_server.hooks.web import WebCarrier

LOCAL = ("127.0.0.0/8",)


async def test_what_the_platform_sends_is_verified_before_and_after_a_rotation(connected: Any) -> None:
    async with receiver() as listening:
        made = await connected.api.send(hooks.add_hook(name="CRM", url=listening.url, events=["pass.issued"]))
        delivering = Hooks(connected.on.database, WebCarrier(connected.on.keyring, LOCAL), {})
        secrets = [made.secret]
        for person in ("K-1", "K-2"):
            issued = await connected.api.send(tokens.issue_pass(connected.operation_id, external_id=person))
            await delivering.drain()
            came = listening.accepted[-1]
            for secret in secrets:
                event = verify_hook(came.body, came.headers, secret)
                assert (event.type, event.data["pass"]["id"]) == ("pass.issued", issued.id)
                assert event.data["pass"]["external_id"] == person
                assert event.timestamp <= datetime.now(UTC)
            rotated = await connected.api.send(hooks.rotate_hook(made.hook.id, overlap_hours=1))
            secrets = [made.secret, rotated.secret]
        await delivering.close()
