"""One process: web server and jobs start together and stop together."""

from __future__ import annotations

import asyncio
import gc
import logging
import socket
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from importlib import import_module
from typing import TypeVar

from walletpass.errors import WalletPassError
from walletpass_server.bootstrap import Platform, platform
from walletpass_server.engine.warming import warm_in_force
from walletpass_server.http.app import create_app
from walletpass_server.rehearsal import refuse_rehearsal
from walletpass_server.serving.jobs import Jobs
from walletpass_server.serving.signals import stopping_on_signals
from walletpass_server.serving.web import WebServer, allow_many_files
from walletpass_server.settings import Settings

T = TypeVar("T")
_logger = logging.getLogger(__name__)

NEEDED_LATER = ("walletpass.pictures.drawing", "walletpass.pictures.look", "walletpass_server.wallets.google.parts")
"""What short commands do without: read here before anybody waits for it."""


async def serve(on: Platform, listener: socket.socket, stopping: asyncio.Event, *, jobs: bool = True) -> None:
    """
    Answer on a socket, and do the jobs, until told to stop; then finish what is in hand.

    Args:
        on: The process's platform.
        listener: From `listen`.
        stopping: Set it to stop.
        jobs: Move passes and send letters too.
    """
    server = WebServer(create_app(on))
    for module in NEEDED_LATER:
        import_module(module)
    gc.collect()
    gc.freeze()  # modules and routes stay as long as the process: no collection need look at them again
    beside = Jobs(on, works=jobs)
    async with asyncio.TaskGroup() as group:
        web = group.create_task(server.serve([listener]), name="web")
        group.create_task(beside.run(), name="jobs")
        stop = group.create_task(stopping.wait(), name="stop")
        warming = group.create_task(_warm(on), name="warming")
        await asyncio.wait([web, stop], return_when=asyncio.FIRST_COMPLETED)
        warming.cancel()
        server.should_exit = True
        beside.stop()
        stopping.set()


async def _warm(on: Platform) -> None:
    """What the first to ask would wait for, once the server answers: Matrices, signers, Models, pictures."""
    for live in await warm_in_force(on.database, datetime.now(UTC)):
        for wallet in on.wallets.values():
            try:
                await wallet.warm(live)
            except WalletPassError as exc:
                _logger.warning("operation %d is made ready when it is first asked for: %s", live.row.id, exc)
            except Exception:
                _logger.exception("a fault of the program, while operation %d was made ready", live.row.id)


def run_web(settings: Settings, listener: socket.socket, *, jobs: bool) -> None:
    """
    A process of `walletpass serve`, until SIGTERM or SIGINT.

    Raises:
        UsageError: Nothing was prepared, or rehearsal settings beside production.
        DatabaseUnavailable, SchemaOutdated: As `platform`.
    """
    allow_many_files()

    async def main() -> None:
        async with platform(settings) as on:
            await refuse_rehearsal(settings, on.database)
            with stopping_on_signals() as stopping:
                await serve(on, listener, stopping, jobs=jobs)

    run(main)


def run(main: Callable[[], Awaitable[T]]) -> T:
    """Run a coroutine on the fastest event loop there is."""
    from uvicorn.loops.auto import auto_loop_factory

    async def work() -> T:
        return await main()

    with asyncio.Runner(loop_factory=auto_loop_factory()) as runner:
        return runner.run(work())
