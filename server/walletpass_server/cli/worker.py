"""`walletpass worker`: the jobs."""

from __future__ import annotations

import asyncio
import logging
import signal
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import click

from walletpass.errors import StorageError
from walletpass_server.bootstrap import Platform
from walletpass_server.cli.calls import data_option, utc_now, with_platform
from walletpass_server.engine.housekeeping import tidy
from walletpass_server.engine.worker import Worker

TIDY_EVERY = timedelta(hours=6)

_logger = logging.getLogger(__name__)


@click.command
@click.option("--once", is_flag=True, help="Do what is due now, then end.")
@data_option
def worker(once: bool, data: Path | None) -> None:
    """
    Run the jobs: Triggers, pushes, messages.

    Any number of workers may run, on any number of machines. SIGTERM and Ctrl-C end one gracefully: it finishes what
    it has in hand. A worker that is killed loses nothing either; its work waits a minute for another.
    """
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("walletpass_server").setLevel(logging.INFO)
    with_platform(data, lambda on: _once(on) if once else _forever(on))


async def _once(on: Platform) -> None:
    await Worker(database=on.database, senders=on.senders).drain()
    await _tidy(on)


async def _forever(on: Platform) -> None:
    working = Worker(database=on.database, senders=on.senders)
    stopping = asyncio.Event()

    def stop() -> None:
        _logger.info("stopping: what is in hand is finished first")
        working.stop()
        stopping.set()

    loop = asyncio.get_running_loop()
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, stop)
    _logger.info("working on %s", on.database.engine.url.render_as_string())
    await asyncio.gather(working.run(), _tidy_until(on, stopping))


async def _tidy_until(on: Platform, stopping: asyncio.Event) -> None:
    while not stopping.is_set():
        try:
            await _tidy(on)
        except StorageError as exc:
            _logger.warning("tidying waits for its next turn: %s", exc)
        with suppress(TimeoutError):
            async with asyncio.timeout(TIDY_EVERY.total_seconds()):
                await stopping.wait()


async def _tidy(on: Platform) -> None:
    done = await tidy(on.database, utc_now(), facts_kept=on.settings.facts_kept)
    for fault in done.faults:
        _logger.error("%s", fault)
