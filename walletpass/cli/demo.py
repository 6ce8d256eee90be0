"""`walletpass demo`: three kinds of pass for both wallets, from nothing to pictures."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from walletpass.cli.parameters import PATH

if TYPE_CHECKING:
    from walletpass.cli.drawings import Drawn

KINDS = ("coupon", "loyalty", "event-ticket")


@click.command
@click.option("--out", type=PATH, default=Path("demo"), show_default=True, metavar="DIR", help="Folder for it all.")
def demo(out: Path) -> int:
    """
    Make three kinds of pass for both wallets: signed, verified, linked, drawn.

    Nothing is needed and nothing is downloaded: the certificates are fresh samples that no phone trusts.
    """
    from walletpass.preview import sheet
    from walletpass.writing import write_file

    shown: list[Drawn] = []
    for kind in KINDS:
        shown += _make(out / kind, kind)
    shown.sort(key=lambda one: one.name)  # a row for each wallet
    pictures = sheet([one.drawing for one in shown], [one.caption for one in shown], columns=len(KINDS))
    write_file(out / "sheet.svg", pictures.svg.encode())
    click.echo(f"all on one sheet: {write_file(out / 'sheet.png', pictures.png())}")
    return 0


def _make(folder: Path, kind: str) -> list[Drawn]:
    """One kind: what `new`, `build`, `verify`, `google` and `preview` do one after the other. Its two fronts."""
    from walletpass.apple.maker import PassMaker
    from walletpass.apple.verify import verify
    from walletpass.cli.drawings import Drawn, Request, draw_model
    from walletpass.cli.google import google_compiler
    from walletpass.credentials import FILE_NAME, read_credentials
    from walletpass.errors import WalletPassError
    from walletpass.files import load_model
    from walletpass.findings import Severity, failed
    from walletpass.google import save_link
    from walletpass.inputs import read_values
    from walletpass.serials import file_stem
    from walletpass.starter import write_starter
    from walletpass.writing import write_file

    write_starter(folder, kind, force=True)
    model = load_model(folder / "model.yaml")
    given = read_values(folder / "data.yaml", model)
    credentials = read_credentials(folder / FILE_NAME)
    serial, apple, google = given.serial, credentials.apple, credentials.google
    if serial is None or apple is None or google is None or apple.root is None:
        raise WalletPassError(f"{folder}: the starter lacks a serial or a credential: install walletpass again")

    made = PassMaker(model, apple.signer()).make(serial, given.values)
    bundle = write_file(folder / f"{file_stem(serial)}.pkpass", made)
    findings = verify(made, anchors=[apple.root.read_bytes()])
    worst = [finding for finding in findings if finding.severity is not Severity.NOTE]
    if failed(findings):
        raise WalletPassError(f"{bundle} does not verify: {worst[0]}")
    link = save_link(
        google_compiler(model, google).compile(serial, given.values),
        google.load(),
        origins=google.origins,
        issued_at=datetime.now(UTC),
    )
    address = write_file(folder / "google-link.txt", f"{link.url}\n".encode())
    drawn = draw_model(folder / "model.yaml", folder / "data.yaml", Request())
    for one in drawn:
        write_file(folder / "preview" / f"{one.name}.svg", one.drawing.svg.encode())
        write_file(folder / "preview" / f"{one.name}.png", one.drawing.png())

    click.echo(f"{kind}:")
    click.echo(f"  Apple pass    {bundle} ({len(made):,} bytes, signed, verified: {len(worst)} warnings)")
    click.echo(f"  Google link   {address} ({link.form}, {link.length:,} characters)")
    click.echo(f"  pictures      {folder / 'preview'} ({len(drawn)} as SVG and PNG)")
    fronts = {f"apple-{model.default_language}-front", f"google-{model.default_language}-front"}
    return [Drawn(one.name, f"{kind}: {one.caption}", one.drawing) for one in drawn if one.name in fronts]
