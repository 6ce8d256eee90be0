"""`walletpass preview`: pictures of a pass as the wallets would show it."""

from __future__ import annotations

from pathlib import Path

import click

from walletpass.cli.parameters import PATH
from walletpass.errors import UsageError

_OTHERS = frozenset({".avif", ".bmp", ".gif", ".heic", ".jpeg", ".jpg", ".pdf", ".ps", ".tif", ".tiff", ".webp"})
"""Kinds of pictures that are not drawn."""


@click.command
@click.argument("file", metavar="MODEL|FILE", type=PATH)
@click.option("--data", type=PATH, help="Values of the pass; without it, examples stand in.")
@click.option("--language", "languages", multiple=True, metavar="TAG", help="Repeatable; every language by default.")
@click.option("--wallet", type=click.Choice(["apple", "google", "both"]), default="both", show_default=True)
@click.option("--side", type=click.Choice(["front", "back", "both"]), default="both", show_default=True)
@click.option("--format", "form", type=click.Choice(["svg", "png", "both"]), help="PNG by default, or as -o says.")
@click.option("-o", "--output", type=PATH, help="Folder, preview/ by default; or a .png or .svg with all on one sheet.")
def preview(
    file: Path,
    data: Path | None,
    languages: tuple[str, ...],
    wallet: str,
    side: str,
    form: str | None,
    output: Path | None,
) -> int:
    """
    Draw MODEL, or a .pkpass FILE, as Apple Wallet and Google Wallet would lay it out.

    Each wallet, language and side becomes one picture. They are drawn from what gets signed or sent.
    """
    from walletpass.cli.drawings import Request, draw_model, draw_pass, encoded
    from walletpass.preview import sheet
    from walletpass.writing import write_file

    if output is not None and output.suffix.lower() in _OTHERS and not output.is_dir():
        raise UsageError(f"{output}: pictures are drawn as .svg or .png: name one of these, or a folder")
    request = Request(
        wallets=("apple", "google") if wallet == "both" else (wallet,),
        languages=languages,
        sides=("front", "back") if side == "both" else (side,),
    )
    if file.suffix in (".pkpass", ".pkpasses"):
        if wallet == "google" or data:
            raise UsageError(f"{file} is an Apple pass with its values in it: drop --wallet google and --data")
        drawn = draw_pass(file, request)
    else:
        drawn = draw_model(file, data, request)
    if output is not None and output.suffix in (".png", ".svg"):
        if form not in (None, output.suffix[1:]):
            raise UsageError(f"--format {form} does not fit {output}: drop one of the two")
        whole = sheet([one.drawing for one in drawn], [one.caption for one in drawn]) if drawn[1:] else drawn[0].drawing
        click.echo(write_file(output, encoded(whole, output.suffix)))
        return 0
    suffixes = (".svg", ".png") if form == "both" else (f".{form or 'png'}",)
    for one in drawn:
        for suffix in suffixes:
            path = (output or Path("preview")) / f"{one.name}{suffix}"
            click.echo(write_file(path, encoded(one.drawing, suffix)))
    return 0
