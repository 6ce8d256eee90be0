"""`walletpass client export|import|remove`: all that a client has, handed over or gone."""

from __future__ import annotations

from pathlib import Path

import click

from walletpass.cli.parameters import PATH
from walletpass.cli.reporting import print_json
from walletpass.errors import FileMissing, UsageError
from walletpass_server.bootstrap import Platform
from walletpass_server.cli.calls import (
    chosen_client,
    data_option,
    json_option,
    staff,
    utc_now,
    with_platform,
)
from walletpass_server.engine.client_removal import remove_client

_passphrase = click.option(
    "--passphrase-file", type=PATH, required=True, metavar="FILE", help="Its first line opens the archive."
)


@click.command
@click.argument("slug")
@click.option("--out", type=PATH, required=True, metavar="FILE", help="A new file.")
@_passphrase
@click.option("--credentials", is_flag=True, help="Take along what signs: keys and service accounts.")
@click.option("--without-lent", is_flag=True, help="Leave out operations that sign with the provider's credentials.")
@data_option
def export(
    slug: str, out: Path, passphrase_file: Path, credentials: bool, without_lent: bool, data: Path | None
) -> None:
    """
    Write all that a client has into one encrypted archive.

    Designs with pictures, operations, tokens, passes with their secrets, devices, history, facts and figures, and who
    is told of events. The server goes on meanwhile; what happens later is not in it. Not in it are API keys, secrets
    of hooks, and what waits to be sent. Refused while operations sign with the provider's credentials, which are the
    provider's; with --without-lent these operations stay here.
    """
    from walletpass_server.engine.client_export import begin_export, export_client

    if out.exists():
        raise UsageError(f"{out} exists: name a new file")
    passphrase = _first_line(passphrase_file)
    part = out.with_name(out.name + ".part")

    async def work(on: Platform) -> tuple[int, list[str]]:
        owner = await chosen_client(on.database, slug)
        now = utc_now()
        left = await begin_export(
            on.database, owner.id, passphrase, staff(), now, credentials=credentials, without_lent=without_lent
        )
        part.touch(mode=0o600)
        with part.open("wb") as file:
            pieces = export_client(on.database, on.keyring, owner.id, passphrase, now, credentials=credentials)
            size = 0
            async for piece in pieces:
                size += file.write(piece)
        return size, left

    try:
        size, left_out = with_platform(data, work)
        part.replace(out)
    except OSError as exc:
        raise UsageError(f"{out}: cannot be written ({exc.strerror}): choose another place") from exc
    finally:
        part.unlink(missing_ok=True)
    click.echo(f"{out}: {size:,} bytes")
    if left_out:
        click.echo(f"left out, under the provider's credentials: {', '.join(left_out)}")


@click.command("import")
@click.argument("file", type=PATH)
@_passphrase
@click.option("--slug", help="Its name in commands here; by default that of before.")
@data_option
@json_option
def import_(file: Path, passphrase_file: Path, slug: str | None, data: Path | None, as_json: bool) -> None:
    """
    Take in a client from the archive of another server, all of it or nothing.

    The passes on phones name the web-service host of before: that name must move along to this server. Each phone is
    told once. Hooks come paused, for want of a secret; API keys and what waited to be sent do not come at all.
    """
    from walletpass_server.engine.client_import import Imported, import_client

    passphrase = _first_line(passphrase_file)

    async def work(on: Platform) -> Imported:
        try:
            with file.open("rb") as opened:
                return await import_client(on.database, on.keyring, opened, passphrase, staff(), utc_now(), slug=slug)
        except OSError as exc:
            raise FileMissing(f"{file}: cannot be read ({exc.strerror}): check the name and the rights") from exc

    moved = with_platform(data, work)
    if as_json:
        print_json({"client": moved.slug, "rows": moved.rows})
        return
    click.echo(f"client: {moved.slug}, passes: {moved.rows['pass']:,}, tokens: {moved.rows['token']:,}")
    click.echo("Next: let the web-service host of its passes point to this server; make new API keys")
    if hooks := moved.rows["hook_endpoint"]:
        click.echo(f"hooks: {hooks:,}, paused: rotate the secret of each, tell its receiver, then resume it")


@click.command
@click.argument("slug")
@click.option("--yes", is_flag=True, help="It cannot be undone.")
@data_option
@json_option
def remove(slug: str, yes: bool, data: Path | None, as_json: bool) -> None:
    """
    Remove a client with all it has, frozen matrices and figures too. Its log of changes stays.

    Phones keep what they have, and get no updates any more; objects at Google are emptied by a worker. Export it
    before, if anybody may want it.
    """
    if not yes:
        raise UsageError(f"all that {slug} has will be gone for ever: say --yes")

    async def work(on: Platform) -> dict[str, int]:
        owner = await chosen_client(on.database, slug)
        return await remove_client(on.database, owner.id, staff(), utc_now())

    gone = with_platform(data, work)
    if as_json:
        print_json({"client": slug, "rows": gone})
    else:
        click.echo(f"{slug}: removed, with {gone.get('pass', 0):,} passes")


def _first_line(path: Path) -> str:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        raise FileMissing(f"{path}: the passphrase cannot be read: check the name, the rights and UTF-8") from exc
    return text.partition("\n")[0].rstrip("\r")


COMMANDS = (export, import_, remove)
