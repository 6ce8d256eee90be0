"""
Links of passes by SMS or e-mail, and a text that moves a pass.

    python links_by_message.py open         a raffle card that takes texts, once
    python links_by_message.py issue K-1    a pass: the server tells `on_event`, and its link goes out
    python links_by_message.py receive      takes what is in the inbox: PLAY moves the card of whoever wrote it

Messages are files here, in MESSAGES. Put another transport in its place and nothing else changes.
"""

from __future__ import annotations

import asyncio
import csv
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from walletpass.client import ApiPlatform, AsyncClient
from walletpass.client.api import credentials, matrices, operations, tokens
from walletpass.errors import WalletPassError
from walletpass.hooks import Event
from walletpass.messaging import Address, Content, FileTransport, Inlet, LinkSender, Transport

PEOPLE = Path(__file__).parent / "people.csv"
RAFFLE = "raffle-by-text"
CARD = {"pass_type": "generic", "function": "raffle", "organization": "Maison Verte", "description": "A raffle card"}
MATRIX = {
    "matrix": RAFFLE,
    "pass_type": "generic",
    "start": "invited",
    "models": {
        "invited": {**CARD, "model": "invited", "fields": {"primary": [{"key": "now", "value": "Text PLAY to 38000"}]}},
        "playing": {**CARD, "model": "playing", "fields": {"primary": [{"key": "now", "value": "Good luck!"}]}},
    },
    "events": {"sms.mo": {"keyword": "text", "text": "text", "to": "text"}},
    "triggers": [
        {"name": "plays", "from": "invited", "to": "playing", "on": "sms.mo", "when": "event.keyword == 'PLAY'"}
    ],
}


async def on_event(event: Event) -> None:
    """What the server calls: see `walletpass.hooks` in pyproject.toml."""
    if event.type != "pass.issued":
        return
    async with connected() as api:
        transport: Transport = FileTransport(Path(os.environ["MESSAGES"]))
        await LinkSender(ApiPlatform(api), address_of, dict.fromkeys(transport.channels, transport), words)(event)


async def address_of(held: Mapping[str, Any]) -> Address | None:
    """Where the holder of a pass is reached: the shop's own book."""
    with PEOPLE.open(encoding="utf-8", newline="") as book:
        for row in csv.DictReader(book):
            if row["external_id"] == held["external_id"]:
                return Address(row["channel"], row["to"], row["language"])
    return None


def words(link: str, address: Address) -> Content:
    """What the message says."""
    if address.language == "fr":
        return Content(f"Votre carte de la tombola : {link}", subject="Votre carte")
    return Content(f"Your raffle card: {link}", subject="Your card")


async def open_raffle(api: AsyncClient) -> None:
    """The operation, once."""
    await api.send(matrices.write_matrix(document=MATRIX))
    now = datetime.now(UTC)
    period = {"starts_at": now.isoformat(), "ends_at": (now + timedelta(days=30)).isoformat()}
    signs = {each.wallet: each.name async for each in api.every(credentials.list_credentials())}
    document = {"operation": RAFFLE, "matrix": RAFFLE, **period}
    await api.send(
        operations.open_operation(
            document=document, apple_credential=signs.get("apple"), google_credential=signs.get("google")
        )
    )


async def issue(api: AsyncClient, person: str) -> None:
    """A pass for one person."""
    where = [each.id async for each in api.every(operations.list_operations(name=RAFFLE))]
    await api.send(tokens.issue_pass(where[0], external_id=person))


async def receive(api: AsyncClient) -> None:
    """What came in until now."""
    transport = FileTransport(Path(os.environ["MESSAGES"]))
    await transport.start(Inlet(ApiPlatform(api)))
    await transport.stop()


@asynccontextmanager
async def connected() -> AsyncIterator[AsyncClient]:
    """The API, by the key in a file."""
    key = Path(os.environ["WALLETPASS_KEY_FILE"]).read_text("utf-8").strip()
    async with AsyncClient(os.environ["WALLETPASS_URL"], key) as api:
        yield api


async def main(command: str, *given: str) -> None:
    """Command line."""
    async with connected() as api:
        if command == "open":
            await open_raffle(api)
        elif command == "issue":
            await issue(api, *given)
        elif command == "receive":
            await receive(api)
        else:
            raise SystemExit(__doc__)


if __name__ == "__main__":
    try:
        asyncio.run(main(*(sys.argv[1:] or ["help"])))
    except WalletPassError as error:
        raise SystemExit(str(error)) from error
