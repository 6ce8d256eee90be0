"""A worker process for the crash test: spreads and delivers until it is killed."""

from __future__ import annotations

import asyncio
import sys
from datetime import timedelta

from walletpass_server.hooks.dispatcher import Hooks
from walletpass_server.hooks.web import WebCarrier
from walletpass_server.persistence.database import Database
from walletpass_server.persistence.secrets import Keyring

LEASE = timedelta(seconds=1)


async def main(url: str, keys: str) -> None:
    """Work until killed."""
    database = await Database.open(url, migrate=False)
    hooks = Hooks(database, WebCarrier(Keyring.parse(keys), ("127.0.0.0/8",)), lease=LEASE)
    while True:
        if not (await hooks.spread() or await hooks.deliver()):
            await asyncio.sleep(0.05)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
