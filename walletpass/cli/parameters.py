"""Options and types of options that several commands share."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from walletpass.errors import FileMissing, UsageError

if TYPE_CHECKING:
    from walletpass.credentials import AppleSource, Credentials, GoogleSource

F = TypeVar("F", bound=Callable[..., Any])
PATH = click.Path(path_type=Path)


def instant(value: str) -> datetime:
    """A date and time in ISO 8601; without an offset it is UTC."""
    try:
        parsed = datetime.fromisoformat(value)
    except ValueError:
        hint = "write 2027-03-20T08:00 or 2027-03-20T08:00+01:00"
        raise click.BadParameter(f"{value!r} is not a date and time: {hint}") from None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


at_option = click.option("--at", type=instant, help="Signing time, ISO 8601 (UTC without an offset); now by default.")
credentials_option = click.option(
    "--credentials", type=PATH, help="credentials.yaml; by default the one beside the model."
)


def passphrase_options(command: F) -> F:
    """The two ways to give a passphrase that leave no trace in the list of processes."""
    command = click.option("--passphrase-file", type=PATH, help="File whose first line opens the key.")(command)
    return click.option("--passphrase-env", metavar="NAME", help="Environment variable that opens the key.")(command)


def apple_options(command: F) -> F:
    """`--credentials`, or its Apple part one by one; the command gets them all as keyword arguments."""
    for option in (
        click.option("--team", help="Team identifier that the certificate has to be for."),
        click.option("--pass-type", help="Pass type identifier that the certificate has to be for."),
        click.option("--intermediate", type=PATH, help="The certificate that issued it (certs fetch)."),
        passphrase_options,
        click.option("--key", type=PATH, help="Its private key, unless the certificate file holds it."),
        click.option("--certificate", type=PATH, help="Pass certificate: PEM, DER or PKCS#12."),
        credentials_option,
    ):
        command = option(command)
    return command


def apple_source(
    beside: Path,
    *,
    credentials: Path | None,
    certificate: Path | None,
    key: Path | None,
    passphrase_env: str | None,
    passphrase_file: Path | None,
    intermediate: Path | None,
    pass_type: str | None,
    team: str | None,
) -> AppleSource:
    """
    Who signs: the single options, else `--credentials`, else credentials.yaml beside a file, else the environment.

    Raises:
        UsageError: None of them is there, or both kinds are.
    """
    from walletpass.apple.environment import PREFIX
    from walletpass.credentials import AppleSource

    passphrase = read_passphrase(passphrase_env, passphrase_file)
    if certificate is not None:
        if credentials is not None:
            raise UsageError("--credentials and --certificate are given together: drop one of them")
        return AppleSource(
            certificate=certificate,
            key=key,
            passphrase=passphrase,
            intermediate=intermediate,
            pass_type_identifier=pass_type,
            team_identifier=team,
        )
    if key or intermediate or pass_type or team:
        raise UsageError("--key, --intermediate, --pass-type and --team describe --certificate: give it too")
    document = find_credentials(credentials, beside)
    if document is not None and document.apple is not None:
        return document.apple.with_passphrase(passphrase)
    if document is None and os.environ.get(f"{PREFIX}CERTIFICATE"):
        return AppleSource(certificate=None, passphrase=passphrase)
    missing = f"{document.name} has no section apple" if document else f"no credentials.yaml beside {beside}"
    raise UsageError(f"{missing}: give --credentials, or --certificate and --key, or set {PREFIX}CERTIFICATE")


def find_credentials(given: Path | None, beside: Path) -> Credentials | None:
    """The document given, else credentials.yaml in the same folder as a file (or in the folder), else None."""
    from walletpass.credentials import FILE_NAME, read_credentials

    folder = beside if beside.is_dir() else beside.parent
    path = given or folder / FILE_NAME
    return read_credentials(path) if given or path.is_file() else None


def google_source(beside: Path, given: Path | None) -> GoogleSource:
    """The Google part of credentials.yaml; UsageError when there is none."""
    document = find_credentials(given, beside)
    if document is None or document.google is None:
        missing = f"{document.name} has no section google" if document else f"no credentials.yaml beside {beside}"
        raise UsageError(f"{missing}: give --credentials with issuer_id and service_account")
    return document.google


def read_passphrase(variable: str | None, file: Path | None) -> str | None:
    """What `--passphrase-env` or `--passphrase-file` holds."""
    if variable is not None:
        if variable not in os.environ:
            raise UsageError(f"--passphrase-env {variable}: the environment has no such variable")
        return os.environ[variable]
    if file is None:
        return None
    try:
        return file.read_text("utf-8-sig").partition("\n")[0].rstrip("\r")
    except (OSError, UnicodeDecodeError):
        raise FileMissing(f"{file}: no text can be read from it: check --passphrase-file") from None
