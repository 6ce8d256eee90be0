"""`walletpass certs`: sample certificates, signing requests, what a certificate is, Apple's intermediate."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from walletpass.cli.parameters import PATH, passphrase_options, read_passphrase

if TYPE_CHECKING:
    from walletpass.apple.certificates import AppleCredentials
    from walletpass.apple.description import CertificateDescription

json_option = click.option(
    "--json", "as_json", is_flag=True, help='Print JSON: {"ok", "files": [{"file", "ok", "findings", "chain"...}]}.'
)


@click.group
def certs() -> None:
    """Certificates: samples to try with, requests, what is in one, Apple's intermediate."""


@certs.command
@click.option("--out", type=PATH, required=True, metavar="DIR", help="Folder for the files.")
def sample(out: Path) -> int:
    """Write sample certificates and a sample service account: real in form, trusted by nobody."""
    from walletpass.testing.sample import write_sample

    for path in write_sample(out):
        click.echo(path)
    return 0


@certs.command
@click.option("--out", type=PATH, required=True, metavar="DIR", help="Folder for pass.key and pass.csr.")
@click.option("--name", default="walletpass", show_default=True, help="Who asks.")
@click.option("--email", help="E-mail address of the developer account.")
@click.option("--country", help="Two-letter country code.")
@passphrase_options
def csr(
    out: Path,
    name: str,
    email: str | None,
    country: str | None,
    passphrase_env: str | None,
    passphrase_file: Path | None,
) -> int:
    """Make a private key and the request that Apple's portal turns into a pass certificate."""
    from walletpass.apple.signing_request import make_signing_request
    from walletpass.errors import UsageError
    from walletpass.writing import write_file

    key, request = out / "pass.key", out / "pass.csr"
    if key.exists():
        raise UsageError(f"{key} exists, and a key that is replaced is lost: choose another folder")
    passphrase = read_passphrase(passphrase_env, passphrase_file)
    made = make_signing_request(name, email=email, country=country, passphrase=passphrase)
    click.echo(write_file(key, made.key, private=True))
    click.echo(write_file(request, made.request))
    click.echo("Next: upload pass.csr under Certificates > Pass Type ID in Apple's developer portal.", err=True)
    return 0


@certs.command
@click.argument("files", nargs=-1, required=True, type=PATH, metavar="FILE...")
@passphrase_options
@json_option
def show(files: tuple[Path, ...], passphrase_env: str | None, passphrase_file: Path | None, as_json: bool) -> int:
    """Tell what certificates are, until when, and what would stop them from signing. Also credentials.yaml."""
    from walletpass.cli.reporting import print_json

    passphrase = read_passphrase(passphrase_env, passphrase_file)
    shown = [_describe(path, passphrase) for path in files]
    ok = all(one["ok"] for one in shown)
    if as_json:
        print_json({"ok": ok, "files": shown})
    else:
        for one in shown:
            _print(one)
    return 0 if ok else 1


def _describe(path: Path, passphrase: str | None) -> dict[str, Any]:
    from datetime import UTC, datetime

    from walletpass.apple.description import describe, describe_certificate
    from walletpass.apple.reading import is_pkcs12, read_certificates
    from walletpass.cli.reporting import certificate_text
    from walletpass.credentials import read_credentials
    from walletpass.files import MAX_DOCUMENT, read_bytes
    from walletpass.findings import failed

    credentials: AppleCredentials | None = None
    if path.suffix in (".yaml", ".yml", ".json"):
        source = read_credentials(path).apple
        if source is None:
            return {"file": str(path), "ok": True, "findings": [], "chain": []}
        credentials = source.with_passphrase(passphrase).load()
    else:
        content = read_bytes(path, MAX_DOCUMENT)
        if is_pkcs12(content):
            from walletpass.apple.certificates import AppleCredentials

            credentials = AppleCredentials.from_pkcs12(content, passphrase)
    if credentials is None:
        now = datetime.now(UTC)
        chain: list[CertificateDescription] = [
            describe_certificate(one, now) for one in read_certificates(content, str(path))
        ]
        return {
            "file": str(path),
            "ok": all(one.days_left >= 0 for one in chain),
            "findings": [],
            "chain": [certificate_text(one) for one in chain],
        }
    described = describe(credentials)
    return {
        "file": str(path),
        "ok": not failed(described.findings),
        "pass_type_identifier": described.pass_type_identifier,
        "team_identifier": described.team_identifier,
        "findings": [finding.as_dict() for finding in described.findings],
        "chain": [certificate_text(one) for one in (described.certificate, *described.chain)],
    }


def _print(shown: dict[str, Any]) -> None:
    click.echo(f"{shown['file']}:")
    if "pass_type_identifier" in shown:
        click.echo(f"  pass type {shown['pass_type_identifier']}, team {shown['team_identifier']}")
    for one in shown["chain"]:
        click.echo(f"  {one['name']}")
        click.echo(f"    issued by {one['issuer']}, {one['key']}")
        click.echo(f"    valid from {one['not_before'][:10]} to {one['not_after'][:10]} ({one['days_left']} days left)")
        click.echo(f"    SHA-256 {one['fingerprint']}")
    for finding in shown["findings"]:
        click.echo(f"  {finding['severity']}: {finding['says']} [{finding['rule']}] {finding['hint']}".rstrip())


@certs.command
@click.option("--out", type=PATH, default=Path("wwdr.pem"), show_default=True, help="File for the certificate.")
@click.option("--url", help="Where it is; Apple's WWDR G4 by default.")
@click.option("--sha256", metavar="HEX", help="Fingerprint it must have; needed with --url.")
def fetch(out: Path, url: str | None, sha256: str | None) -> int:
    """Download Apple's intermediate certificate, which every signature carries, and take no other."""
    from cryptography.hazmat.primitives.serialization import Encoding

    from walletpass.apple.fetching import WWDR_G4_SHA256, WWDR_G4_URL, fetch_intermediate
    from walletpass.errors import UsageError
    from walletpass.writing import write_file

    if url and not sha256:
        raise UsageError("--url without --sha256: give the fingerprint too, or anybody's certificate would do")
    certificate = fetch_intermediate(
        url or WWDR_G4_URL, expected_sha256=sha256 or WWDR_G4_SHA256, allow_loopback=url is not None
    )
    click.echo(write_file(out, certificate.public_bytes(Encoding.PEM)))
    return 0
