"""`walletpass serve`: the web doors, and the jobs beside them."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click

from walletpass_server.bootstrap import prepare
from walletpass_server.cli.calls import data_option, log_options
from walletpass_server.persistence.engine import database_url
from walletpass_server.settings import Settings

if TYPE_CHECKING:
    from walletpass_server.logs import Format

_logger = logging.getLogger(__name__)


@click.command
@click.option("--host", help="Address to listen on; by default WALLETPASS_HOST, or 127.0.0.1.")
@click.option("--port", type=click.IntRange(0, 65535), help="By default WALLETPASS_PORT, or 8000; 0 for a free one.")
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Processes.")
@click.option("--jobs/--no-jobs", default=True, help="Leave the jobs to 'walletpass worker'.")
@log_options
@data_option
def serve(
    host: str | None, port: int | None, workers: int, jobs: bool, log_format: Format, log_level: str, data: Path | None
) -> int:
    """
    Run the platform: pages, Apple web service, Google callbacks, and the jobs.

    On SQLite everything that is missing is made at the first start, and the tables of an older version are brought up
    to date. On PostgreSQL 'walletpass server init' does it. SIGTERM and Ctrl-C stop gracefully: requests in flight
    are answered, jobs finish what they have in hand.
    """
    from walletpass_server.logs import configure
    from walletpass_server.rehearsal import check_public_url
    from walletpass_server.serving.web import listen

    configure(log_format, log_level)
    given = {"WALLETPASS_DATA": data, "WALLETPASS_HOST": host, "WALLETPASS_PORT": port}
    environment = {**os.environ, **{name: str(value) for name, value in given.items() if value is not None}}
    asked = Settings.from_env(environment)
    with listen(asked.host, asked.port) as listener:
        bound = listener.getsockname()[1]
        settings = Settings.from_env({**environment, "WALLETPASS_PORT": str(bound)})
        check_public_url(settings)
        if database_url(settings.database_url).get_backend_name() == "sqlite":
            asyncio.run(prepare(settings))
        _logger.info("serving", extra={"host": settings.host, "port": bound, "public_url": settings.public_url})
        process = _Process(settings, jobs, log_format, log_level)
        return _one(process, listener) if workers == 1 else _many(process, listener, workers)


@dataclass(frozen=True, slots=True)
class _Process:
    """What each of several processes does; sent to them by pickling."""

    settings: Settings
    jobs: bool
    log_format: Format
    log_level: str

    def __call__(self, listener: socket.socket) -> None:
        from walletpass_server.logs import configure
        from walletpass_server.serving.process import run_web

        configure(self.log_format, self.log_level)
        run_web(self.settings, listener, jobs=self.jobs)


def _one(process: _Process, listener: socket.socket) -> int:
    from walletpass_server.metrics import exposed

    with exposed(process.settings.metrics_host, process.settings.metrics_port):
        process(listener)
    return 0


def _many(process: _Process, listener: socket.socket, workers: int) -> int:
    from walletpass_server.serving.supervisor import Supervisor

    with ExitStack() as stack:
        if process.settings.metrics_port:
            # Read by prometheus-client when it is imported, here and in the processes: each writes its figures there.
            os.environ["PROMETHEUS_MULTIPROC_DIR"] = stack.enter_context(
                TemporaryDirectory(prefix="walletpass-metrics-")
            )
            from walletpass_server.metrics import exposed

            stack.enter_context(exposed(process.settings.metrics_host, process.settings.metrics_port))
        return Supervisor(process, listener, workers=workers).run()
