"""`walletpass worker`: the jobs without the web doors."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import TYPE_CHECKING

import click

from walletpass_server.bootstrap import Platform
from walletpass_server.cli.calls import data_option, log_options, with_platform

if TYPE_CHECKING:
    from walletpass_server.logs import Format

_logger = logging.getLogger(__name__)


@click.command
@click.option("--once", is_flag=True, help="Do what is due now, then end.")
@log_options
@data_option
def worker(once: bool, log_format: Format, log_level: str, data: Path | None) -> None:
    """
    Run the jobs: Triggers, pushes, messages.

    Any number of workers may run, on any number of machines. SIGTERM and Ctrl-C end one gracefully: it finishes what
    it has in hand. A worker that is killed loses nothing either; its work waits a minute for another.
    """
    from walletpass_server.logs import configure

    configure(log_format, log_level)
    with_platform(data, _once if once else _forever)


async def _once(on: Platform) -> None:
    from walletpass_server.rehearsal import refuse_rehearsal
    from walletpass_server.serving.jobs import Jobs

    await refuse_rehearsal(on.settings, on.database)
    await Jobs(on).once()


async def _forever(on: Platform) -> None:
    from walletpass_server.metrics import exposed
    from walletpass_server.rehearsal import refuse_rehearsal
    from walletpass_server.serving.jobs import Jobs
    from walletpass_server.serving.signals import stopping_on_signals

    await refuse_rehearsal(on.settings, on.database)
    jobs = Jobs(on)
    with exposed(on.settings.metrics_host, on.settings.metrics_port), stopping_on_signals() as stopping:
        _logger.info("working on %s", on.database.engine.url.render_as_string())
        async with asyncio.TaskGroup() as group:
            group.create_task(jobs.run(), name="jobs")
            await stopping.wait()
            jobs.stop()
