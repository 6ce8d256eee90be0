"""A rehearsal put together: folder, stand-ins, platform, server; then the campaign, or whoever drives it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from walletpass_server.bootstrap import Platform, platform, prepare
from walletpass_server.demo.again import tell_again
from walletpass_server.demo.credentials import write_credentials
from walletpass_server.demo.fakes import Fakes, stand_ins
from walletpass_server.demo.stage import Stage, set_stage
from walletpass_server.serving.process import serve
from walletpass_server.serving.web import listen
from walletpass_server.settings import Settings


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """
    What is going on.

    Attributes:
        on: The platform; its server answers at `on.settings.public_url`.
        fakes: Who stands for Apple and Google.
        stage: What was set up.
        root: The sample root.
        stopped: Set once the server ends.
    """

    on: Platform
    fakes: Fakes
    stage: Stage
    root: Path
    stopped: asyncio.Event


@asynccontextmanager
async def rehearsal(settings: Settings, folder: Path, stopping: asyncio.Event) -> AsyncIterator[Rehearsal]:
    """
    A server on loopback that answers while the context lasts.

    Args:
        settings: As read; what they name is used, the rest is rehearsed.
        folder: WALLETPASS_DATA.
        stopping: Set it to end the server early.
    """
    root = write_credentials(folder)
    with listen(settings.host, settings.port) as listener:
        host, port = listener.getsockname()[:2]
        at = replace(settings, port=port, public_url=f"http://{host}:{port}", secret_keys="")
        async with stand_ins(at, folder) as fakes:
            await prepare(fakes.settings)
            async with platform(fakes.settings) as on:
                stage = await set_stage(on, folder, fakes.token_url, datetime.now(UTC))
                await tell_again(on.database, fakes.google)
                server = asyncio.create_task(serve(on, listener, stopping), name="server")
                server.add_done_callback(lambda _: stopping.set())
                try:
                    yield Rehearsal(on, fakes, stage, root, stopping)
                finally:
                    stopping.set()
                    await server
