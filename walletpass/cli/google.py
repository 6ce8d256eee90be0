"""`walletpass google`: a pass as Google takes it, and the link that saves it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from walletpass.cli.parameters import PATH, credentials_option, google_source
from walletpass.cli.reporting import print_json

if TYPE_CHECKING:
    from walletpass.credentials import GoogleSource
    from walletpass.google import GoogleCompiler, GooglePass
    from walletpass.google.links import Form
    from walletpass.model import PassModel

IMAGES = "https://images.example.com/"
"""Where pictures would be, when nobody says where they are."""


@click.command
@click.argument("model", type=PATH)
@click.option("--data", type=PATH, help="Values of the pass: YAML or JSON with the variables and serial.")
@click.option("--show", type=click.Choice(["class", "object", "link", "report"]), required=True, help="What to print.")
@credentials_option
@click.option("--image-url-prefix", metavar="URL", help="https address under which your pictures lie, by hashed names.")
@click.option(
    "--form", type=click.Choice(["auto", "skinny", "fat"]), default="auto", show_default=True, help="Of link."
)
def google(
    model: Path, data: Path | None, show: str, credentials: Path | None, image_url_prefix: str | None, form: Form
) -> int:
    """
    Print the class, the object, the save link or the loss report of MODEL for Google Wallet.

    The link is alone on standard output; class, object and report are JSON.
    """
    from walletpass.files import load_model
    from walletpass.inputs import PassInput, read_values
    from walletpass.serials import make_serial

    loaded = load_model(model)
    source = google_source(model, credentials)
    compiler = google_compiler(loaded, source, image_url_prefix)
    if show == "report":
        print_json({"report": [entry.as_dict() for entry in compiler.report.entries]})
        return 0
    given = read_values(data, loaded) if data else PassInput(None, {})
    made = compiler.compile(given.serial or make_serial(), given.values)
    if show == "link":
        return _print_link(made, source, form)
    print_json(made.class_ if show == "class" else made.object_)
    return 0


def google_compiler(model: PassModel, source: GoogleSource, image_url_prefix: str | None = None) -> GoogleCompiler:
    """The compiler of a Model, its pictures under the address given, that of the credentials, or an example."""
    from walletpass.google import GoogleCompiler
    from walletpass.pictures import url_prefix

    images = url_prefix(image_url_prefix or source.images or IMAGES)
    return GoogleCompiler(model, issuer_id=source.issuer_id, image_url=images)


def _print_link(made: GooglePass, source: GoogleSource, form: Form) -> int:
    from walletpass.google import save_link

    link = save_link(made, source.load(), form=form, origins=source.origins, issued_at=datetime.now(UTC))
    if link.note:
        click.echo(f"{link.form} link: {link.note}", err=True)
    click.echo(link.url)
    return 0
