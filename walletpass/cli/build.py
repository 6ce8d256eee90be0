"""`walletpass build`: signed Apple passes from a model, one or one a row."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import click

from walletpass.cli.parameters import PATH, apple_options, apple_source, at_option
from walletpass.errors import FileMissing, UsageError


@click.command
@click.argument("model", type=PATH)
@click.option("--data", type=PATH, help="One pass: YAML or JSON with the variables and, if you like, serial.")
@click.option("--rows", type=PATH, help="One pass a row: CSV in UTF-8, its columns the variables and serial.")
@click.option("--serial", help="Serial of the one pass; else that of --data, else a random one.")
@click.option("-o", "--output", type=PATH, help="File or folder; for --rows a folder, passes/ by default.")
@apple_options
@at_option
@click.option("--web-service-url", metavar="URL", help="Where phones ask for updates, without /v1.")
@click.option("--authentication-token", metavar="TOKEN", help="The pass's own secret for it, 16 characters or more.")
@click.option("--resume", is_flag=True, help="--rows: go on after a stop; passes that are there stay.")
@click.option("--force", is_flag=True, help="--rows: build into a folder that is not empty.")
@click.option("--jobs", type=click.IntRange(1, 256), help="--rows: processes; one for each core by default.")
def build(
    model: Path,
    data: Path | None,
    rows: Path | None,
    serial: str | None,
    output: Path | None,
    at: datetime | None,
    web_service_url: str | None,
    authentication_token: str | None,
    resume: bool,
    force: bool,
    jobs: int | None,
    **apple: Any,
) -> int:
    """
    Build MODEL into signed .pkpass files.

    With --rows each row of the CSV becomes one pass, on all cores. An empty cell takes the default; a picture is a path
    beside the CSV. errors.csv in the folder names row (the header is row 1), column and reason of each that failed.
    """
    if not model.is_file():
        raise FileMissing(f"{model}: no such file: give the path of a model")
    signer = apple_source(model, **apple)
    if rows is None:
        if resume or force or jobs:
            raise UsageError("--resume, --force and --jobs belong to --rows: give it, or drop them")
        return _build_one(model, data, serial, output, signer, at, web_service_url, authentication_token)
    if data or serial or web_service_url or authentication_token:
        raise UsageError("--rows takes values and serials from the CSV: drop --data, --serial and the web service")
    from walletpass.cli.build_rows import build_rows

    return build_rows(model, rows, output or Path("passes"), signer, at=at, resume=resume, force=force, jobs=jobs)


def _build_one(
    path: Path,
    data: Path | None,
    serial: str | None,
    output: Path | None,
    source: Any,
    at: datetime | None,
    url: str | None,
    token: str | None,
) -> int:
    from walletpass.apple.compile import WebService
    from walletpass.apple.maker import PassMaker
    from walletpass.files import load_model
    from walletpass.inputs import PassInput, read_values
    from walletpass.serials import make_serial
    from walletpass.writing import write_file

    if (url is None) != (token is None):
        raise UsageError("--web-service-url and --authentication-token go together: give both or none")
    web_service = WebService(url=url, authentication_token=token) if url and token else None
    model = load_model(path)
    given = read_values(data, model) if data else PassInput(None, {})
    chosen = given.serial if serial is None else serial
    name = make_serial() if chosen is None else chosen
    made = PassMaker(model, source.signer()).make(name, given.values, at=at, web_service=web_service)
    target = write_file(pass_path(output, name), made)
    if chosen is None:
        click.echo(f"no serial given: made {name}", err=True)
    click.echo(f"{target} ({len(made):,} bytes, serial {name})")
    return 0


def pass_path(output: Path | None, serial: str) -> Path:
    """Where one pass goes: into the file named, or under its serial into the folder named, else into this one."""
    from walletpass.serials import file_stem

    name = f"{file_stem(serial)}.pkpass"
    if output is None:
        return Path(name)
    return output if output.suffix == ".pkpass" and not output.is_dir() else output / name
