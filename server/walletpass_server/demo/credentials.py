"""Sample credentials of a rehearsal: made once in its folder, and kept by the platform."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from walletpass.credentials import FILE_NAME, read_credentials
from walletpass.errors import CredentialsError, NotFound
from walletpass.google import ServiceAccount
from walletpass.starter import starter_files
from walletpass.testing.sample import write_sample
from walletpass.writing import write_file
from walletpass_server.engine.credential_files import read_files
from walletpass_server.engine.credentials import find_credential, open_credential, save_credential
from walletpass_server.persistence.secrets import Keyring
from walletpass_server.persistence.unit_of_work import Unit

NAME = "sample"
"""What the client calls them."""


def write_credentials(folder: Path) -> Path:
    """
    Certificates, service account and credentials.yaml in a folder; those that are there stay.

    Returns:
        The sample root.
    """
    certs = folder / "certs"
    if not (certs / "root.pem").exists():
        write_sample(certs)
    if not (folder / FILE_NAME).exists():
        write_file(folder / FILE_NAME, dict(starter_files("loyalty"))[FILE_NAME])
    return certs / "root.pem"


def google_account(folder: Path) -> tuple[ServiceAccount, str]:
    """The service account of `write_credentials`, and its issuer."""
    source = read_credentials(folder / FILE_NAME).google
    if source is None:
        raise CredentialsError(f"{folder / FILE_NAME}: names no google credentials: remove it, and start again")
    return ServiceAccount.load(source.service_account, issuer_id=source.issuer_id), source.issuer_id


async def keep_credentials(unit: Unit, keyring: Keyring, folder: Path, token_url: str, now: datetime) -> None:
    """
    Let the client sign with the folder's credentials.

    Args:
        unit: Of the client.
        keyring: Seals them.
        folder: Of `write_credentials`.
        token_url: Where the service account gets access tokens this time.
        now: The instant.
    """
    for new in read_files(read_credentials(folder / FILE_NAME), NAME, "test"):
        secret = dict(new.secret)
        if new.wallet == "google":
            secret["service_account"] = _with_token_url(secret["service_account"], token_url)
        try:
            kept = await find_credential(unit, new.wallet, NAME)
        except NotFound:
            await save_credential(unit, keyring, replace(new, secret=secret), now)
            continue
        if open_credential(keyring, kept) != secret:
            kept.sealed = keyring.seal(json.dumps(secret).encode(), "credential", "sealed", kept.id)
    await unit.session.flush()


def _with_token_url(account: str, token_url: str) -> str:
    """The service account of a credential, base64 as it is kept, with another token_uri."""
    return b64encode(json.dumps(json.loads(b64decode(account)) | {"token_uri": token_url}).encode()).decode()
