"""
A card that mirrors a telephone line, and reports its loss to the carrier.

    python card_of_a_line.py open           the card, once
    python card_of_a_line.py issue L-7      the card of a line
    python card_of_a_line.py mirror         what the carrier told: line.suspended moves the card, line.reactivated back
    python card_of_a_line.py lost L-7       its holder reports a loss: the card moves, and `on_event` tells the carrier

The carrier is a folder here, CARRIER. Put another one in its place and nothing else changes.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from walletpass.client import ApiPlatform, AsyncClient
from walletpass.client.api import events, matrices, operations, tokens
from walletpass.errors import WalletPassError
from walletpass.hooks import Event
from walletpass.telephony import FileCarrier, LineSwitch, mirror

LINES = "card-of-a-line"
CARD = {"pass_type": "generic", "function": "line card", "organization": "Fil Vert", "description": "Card of a line"}
MATRIX = {
    "matrix": LINES,
    "pass_type": "generic",
    "start": "active",
    "models": {
        "active": {**CARD, "model": "active", "fields": {"primary": [{"key": "line", "value": "Line in service"}]}},
        "suspended": {**CARD, "model": "suspended", "fields": {"primary": [{"key": "line", "value": "Suspended"}]}},
    },
    "events": {"line.suspended": {"reason": "text?"}, "line.reactivated": {}, "loss.reported": {}},
    "triggers": [
        {"name": "suspended", "from": "active", "to": "suspended", "on": "line.suspended", "notify": True},
        {"name": "back", "from": "suspended", "to": "active", "on": "line.reactivated", "notify": True},
        {"name": "lost", "from": "active", "to": "suspended", "on": "loss.reported"},
    ],
}


async def on_event(event: Event) -> None:
    """What the server calls: a card that its holder blocked suspends the line."""
    carrier = FileCarrier(Path(os.environ["CARRIER"]))
    await LineSwitch(carrier, line_of, {"suspended": "suspend"}, by=frozenset({"lost"}))(event)


async def line_of(held: Mapping[str, Any]) -> str | None:
    """The line of a card: here the card is named after it."""
    return str(held["external_id"]) if held["operation"] == LINES else None


async def holder_of(line: str) -> str | None:
    """The inverse."""
    return line


async def open_cards(api: AsyncClient) -> None:
    """The operation, once."""
    await api.send(matrices.write_matrix(document=MATRIX))
    now = datetime.now(UTC)
    period = {"starts_at": now.isoformat(), "ends_at": (now + timedelta(days=365)).isoformat()}
    await api.send(operations.open_operation(document={"operation": LINES, "matrix": LINES, **period}))


async def issue(api: AsyncClient, line: str) -> None:
    """The card of a line."""
    where = [each.id async for each in api.every(operations.list_operations(name=LINES))]
    await api.send(tokens.issue_pass(where[0], external_id=line))


async def lost(api: AsyncClient, line: str) -> None:
    """A loss, reported by whatever way."""
    await api.send(events.send_event(type="loss.reported", subject={"external_id": line, "operation": LINES}))


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
            await open_cards(api)
        elif command == "issue":
            await issue(api, *given)
        elif command == "lost":
            await lost(api, *given)
        elif command == "mirror":
            passes = await mirror(FileCarrier(Path(os.environ["CARRIER"])), ApiPlatform(api), holder_of)
            print(f"{passes} cards concerned")
        else:
            raise SystemExit(__doc__)


if __name__ == "__main__":
    try:
        asyncio.run(main(*(sys.argv[1:] or ["help"])))
    except WalletPassError as error:
        raise SystemExit(str(error)) from error
