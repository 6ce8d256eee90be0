"""`walletpass new`: a folder on which every other command works at once."""

from __future__ import annotations

from pathlib import Path

import click

from walletpass.cli.parameters import PATH
from walletpass.starter import KINDS


@click.command
@click.argument("folder", metavar="DIR", type=PATH)
@click.option("--kind", type=click.Choice(KINDS), required=True, help="What kind of pass.")
@click.option(
    "--force", is_flag=True, help="Also into a folder that is not empty; files of the same name are replaced."
)
def new(folder: Path, kind: str, force: bool) -> int:
    """
    Start a pass in DIR: model, pictures, data, rows, credentials, sample certificates.

    The certificates are samples that no phone trusts; credentials.yaml is where your own go.
    """
    from walletpass.starter import write_starter

    write_starter(folder, kind, force=force)
    click.echo(f"{folder}: {'an' if kind.startswith('e') else 'a'} {kind} to start from. Next:")
    for command in (
        f"walletpass lint {folder / 'model.yaml'}",
        f"walletpass preview {folder / 'model.yaml'} --data {folder / 'data.yaml'} -o {folder / 'preview'}",
        f"walletpass build {folder / 'model.yaml'} --data {folder / 'data.yaml'} -o {folder / 'first.pkpass'}",
        f"walletpass verify {folder / 'first.pkpass'} --ca {folder / 'certs' / 'root.pem'}",
        f"walletpass google {folder / 'model.yaml'} --data {folder / 'data.yaml'} --show link",
        f"walletpass build {folder / 'model.yaml'} --rows {folder / 'rows.csv'} -o {folder / 'passes'}",
    ):
        click.echo(f"  {command}")
    return 0
