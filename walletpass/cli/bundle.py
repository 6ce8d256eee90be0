"""`walletpass bundle`: several passes in one download."""

from __future__ import annotations

from pathlib import Path

import click

from walletpass.cli.parameters import PATH


@click.command
@click.argument("passes", nargs=-1, required=True, type=PATH, metavar="PASS...")
@click.option("-o", "--output", type=PATH, required=True, help="The .pkpasses file.")
def bundle(passes: tuple[Path, ...], output: Path) -> int:
    """Bundle up to ten .pkpass files into one .pkpasses, which Safari adds at once."""
    from walletpass.apple.passes import LARGEST_BUNDLE, bundle_passes
    from walletpass.files import read_bytes
    from walletpass.writing import write_file

    made = bundle_passes([read_bytes(path, LARGEST_BUNDLE) for path in passes])
    click.echo(f"{write_file(output, made)} ({len(made):,} bytes, {len(passes)} passes)")
    return 0
