"""A worker process for the crash test: runs until it is killed. Each letter it sends is a line in a file."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from walletpass_server.engine.running import Sizes
from walletpass_server.engine.sending import Delivery
from walletpass_server.engine.worker import Worker
from walletpass_server.persistence.database import Database
from walletpass_server.persistence.outbox import Letter

LEASE = timedelta(seconds=1)


class FileSender:
    """Stands for APNs and Google: what it takes is in the file before it is acknowledged."""

    def __init__(self, path: str) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    async def send(self, letters: Sequence[Letter]) -> Delivery:
        """All arrive."""
        os.write(self._file, "".join(f"{letter.coalesce_key}\n" for letter in letters).encode())
        await asyncio.sleep(0.005)  # killed here, they are sent again
        return Delivery(sent=letters)


async def main(url: str, folder: str, now: str) -> None:
    """Work as of an instant, until killed."""
    database = await Database.open(url, migrate=False)
    instant = datetime.fromisoformat(now)
    worker = Worker(
        database=database,
        senders={channel: FileSender(f"{folder}/{channel}") for channel in ("apns", "google")},
        clock=lambda: instant.astimezone(UTC),
        lease=LEASE,
        sending_lease=LEASE,
        idle=timedelta(milliseconds=50),
        sizes=Sizes(moved=100, decided=25),
    )
    await worker.run()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
