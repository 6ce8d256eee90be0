"""`walletpass sign`: a raw pass folder, as other tools use, into a signed pass."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import click

from walletpass.cli.parameters import PATH, apple_options, apple_source, at_option


@click.command
@click.argument("folder", metavar="PASS_DIR", type=PATH)
@click.option("-o", "--output", type=PATH, help="The .pkpass; by default the folder's name beside it.")
@apple_options
@at_option
def sign(folder: Path, output: Path | None, at: datetime | None, **apple: Any) -> int:
    """
    Sign a folder that holds pass.json and pictures.

    credentials.yaml is looked for beside the folder. manifest.json and signature are made anew.
    """
    from walletpass.apple.folder import sign_folder
    from walletpass.writing import write_file

    folder = folder.resolve()
    signed = sign_folder(folder, apple_source(folder.parent, **apple).signer(), at)
    target = write_file(output or folder.with_name(f"{folder.name.removesuffix('.pass')}.pkpass"), signed)
    click.echo(f"{target} ({len(signed):,} bytes)")
    return 0
