"""`walletpass demo`: a whole campaign on this machine, or a server to rehearse one on."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from walletpass.cli.parameters import PATH
from walletpass.errors import UsageError
from walletpass_server.cli.calls import settings_of


@click.command
@click.option("--out", type=PATH, default=Path("demo"), show_default=True, metavar="DIR", help="Folder for pictures.")
@click.option("--serve", is_flag=True, help="Play nothing: leave the server up, and say where everything is.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Port of the server; by default a free one.")
@click.option("--data", type=PATH, help="With --serve: folder of the server's data; by default WALLETPASS_DATA.")
@click.option("--json", "as_json", is_flag=True, help="With --serve: one line of JSON.")
def demo(out: Path, serve: bool, port: int, data: Path | None, as_json: bool) -> None:
    """
    Play a campaign for both wallets, without any account.

    Certificates, models, an operation, links, an iPhone, an Android phone, events, pushes, a report: the server is
    real, Apple's and Google's sides are played on this machine. The exit code is 0 only if everything held.
    """
    if not serve and (data is not None or as_json):
        raise UsageError("--data and --json go with --serve: the campaign keeps its data only while it plays")
    from walletpass_server.logs import configure
    from walletpass_server.serving.process import run  # uvicorn, Litestar

    configure("json" if as_json else "text", "info" if serve else "warning")
    if serve:
        run(lambda: _serve(data, port, as_json))
    else:
        run(lambda: _play(out, port))


async def _play(out: Path, port: int) -> None:
    from walletpass_server.demo.campaign import Campaign
    from walletpass_server.demo.rehearse import rehearsal
    from walletpass_server.demo.telling import Telling

    with TemporaryDirectory(prefix="walletpass-demo-") as folder:
        settings = replace(settings_of(Path(folder)), port=port)
        telling = Telling(out, click.echo)
        async with rehearsal(settings, Path(folder), asyncio.Event()) as going_on:
            telling.step("certificates", "a throwaway authority, a pass certificate, a service account")
            telling.step("models", ", ".join(going_on.stage.live.matrix.models))
            telling.step("operation", f"{going_on.stage.live.row.name}, {len(going_on.stage.people)} personal links")
            await Campaign(
                on=going_on.on, fakes=going_on.fakes, stage=going_on.stage, telling=telling, root=going_on.root
            ).play()


async def _serve(data: Path | None, port: int, as_json: bool) -> None:
    from walletpass_server.demo.rehearse import rehearsal
    from walletpass_server.demo.showing import show
    from walletpass_server.metrics import exposed
    from walletpass_server.serving.signals import stopping_on_signals

    settings = replace(settings_of(data), port=port)
    folder = settings.data_folder.resolve()
    with exposed(settings.metrics_host, settings.metrics_port), stopping_on_signals() as stopping:
        async with rehearsal(replace(settings, data_folder=folder), folder, stopping) as going_on:
            shown = await show(going_on.on, going_on.stage, folder, going_on.root, datetime.now(UTC))
            if as_json:
                click.echo(json.dumps(shown))
            else:
                for name, value in shown.items():
                    click.echo(f"{name}: {' '.join(value) if isinstance(value, list) else value}")
            await stopping.wait()
