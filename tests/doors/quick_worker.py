"""`walletpass worker`, but for a short lease: what one of them held when it was killed need not wait a minute."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from walletpass_server.bootstrap import platform
from walletpass_server.engine.worker import Worker
from walletpass_server.settings import Settings

LEASE = timedelta(seconds=2)


async def main() -> None:
    """Work until killed."""
    async with platform(Settings.from_env()) as on:
        worker = Worker(
            database=on.database,
            senders=on.senders,
            lease=LEASE,
            sending_lease=LEASE,
            idle=timedelta(milliseconds=100),
        )
        await worker.run()


if __name__ == "__main__":
    asyncio.run(main())
