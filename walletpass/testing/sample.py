"""Sample credentials on disk, for `walletpass certs sample`, `new` and examples: real in form, trusted by nobody."""

from __future__ import annotations

import json
import os
import secrets
from datetime import datetime
from pathlib import Path

from walletpass.errors import UsageError
from walletpass.testing.authority import Authority, KeyKind, key_pem, make_key

PASS_TYPE_IDENTIFIER = "pass.example.sample"
TEAM_IDENTIFIER = "SAMPLETEAM"
VALID_DAYS = 20 * 365 + 5

_README = f"""\
# Sample credentials: never trust them

A throwaway authority in the shape of Apple's and a service account in the shape of Google's, made by
`walletpass certs sample`. The private keys are public: anyone can sign with them. No phone accepts these passes,
and no Google account exists. Use them to try, test and learn; use your own for anything else.

| file | what it is |
| --- | --- |
| `root.pem` | the root, for `walletpass verify --ca` and `openssl cms -verify -CAfile` |
| `wwdr.pem` | the intermediate, in the place of Apple's Worldwide Developer Relations |
| `pass.pem`, `pass.key` | RSA-2048 pass certificate and key of `{PASS_TYPE_IDENTIFIER}`, team `{TEAM_IDENTIFIER}` |
| `pass-ec.pem`, `pass-ec.key` | the same with an EC P-256 key |
| `google-service-account.json` | a service account that signs save links |

They are valid for 20 years. Remake them with `walletpass certs sample --out DIR`.
"""


def sample_files(now: datetime | None = None) -> dict[str, bytes]:
    """
    Fresh sample credentials by file name.

    Args:
        now: From when they are valid, less a day (default: the present).
    """
    authority = Authority.create(now=now, valid_days=VALID_DAYS)
    files = {"root.pem": authority.root_pem, "wwdr.pem": authority.intermediate_pem}
    kinds: tuple[tuple[str, KeyKind], ...] = (("pass", "rsa"), ("pass-ec", "ec"))
    for stem, kind in kinds:
        issued = authority.issue_pass_certificate(PASS_TYPE_IDENTIFIER, TEAM_IDENTIFIER, key=kind)
        files[f"{stem}.pem"] = issued.certificate_pem
        files[f"{stem}.key"] = issued.key_pem()
    account = json.dumps(sample_service_account(), indent=2) + "\n"
    return {**files, "google-service-account.json": account.encode(), "README.md": _README.encode()}


def sample_service_account(project: str = "walletpass-sample", name: str = "passes") -> dict[str, str]:
    """A service account in the shape of the JSON file that Google hands out, with a fresh RSA-2048 key."""
    email = f"{name}@{project}.iam.gserviceaccount.com"
    return {
        "type": "service_account",
        "project_id": project,
        "private_key_id": secrets.token_hex(20),
        "private_key": key_pem(make_key("rsa")).decode(),
        "client_email": email,
        "client_id": "100000000000000000000",
        "auth_uri": "https://accounts.google.com/o/oauth2/auth",
        "token_uri": "https://oauth2.googleapis.com/token",
        "auth_provider_x509_cert_url": "https://www.googleapis.com/oauth2/v1/certs",
        "client_x509_cert_url": f"https://www.googleapis.com/robot/v1/metadata/x509/{email.replace('@', '%40')}",
        "universe_domain": "googleapis.com",
    }


def write_sample(folder: str | os.PathLike[str], now: datetime | None = None) -> tuple[Path, ...]:
    """
    Write fresh sample credentials, over older ones; what holds a private key is readable by its owner only.

    Returns:
        The files written.

    Raises:
        UsageError: The folder cannot be made or written.
    """
    target = Path(folder)
    try:
        target.mkdir(parents=True, exist_ok=True)
        return tuple(_write(target / name, content) for name, content in sample_files(now).items())
    except OSError as exc:
        raise UsageError(f"{target} cannot be written ({exc.strerror}): choose another folder") from exc


def _write(path: Path, content: bytes) -> Path:
    mode = 0o600 if b"PRIVATE KEY" in content else 0o644
    path.unlink(missing_ok=True)  # so the mode holds from the first byte, whatever was there
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
    return path
