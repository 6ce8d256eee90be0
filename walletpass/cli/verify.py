"""`walletpass verify`: is this a pass that Wallet takes?"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from walletpass.cli.parameters import PATH
from walletpass.cli.reporting import FileFindings, json_option, report, strict_option

ca_option = click.option(
    "--ca",
    "anchors",
    type=PATH,
    multiple=True,
    metavar="PEM",
    help="Trust this certificate besides Apple's. Repeatable.",
)


@click.command
@click.argument("files", nargs=-1, required=True, type=PATH, metavar="FILE...")
@ca_option
@strict_option
@json_option
def verify(files: tuple[Path, ...], anchors: tuple[Path, ...], strict: bool, as_json: bool) -> int:
    """
    Verify .pkpass and .pkpasses files: container, signature, certificates, pass.json, pictures, languages.

    Nothing is downloaded: Apple's present issuer is known by its fingerprint. A pass of another issuer is an error of
    nobody, only unchecked; name the issuer with --ca.
    """
    trusted = read_anchors(anchors)
    results = [found for path in files for found in _verify(path, trusted)]
    return report(results, strict=strict, as_json=as_json)


def read_anchors(paths: tuple[Path, ...]) -> list[bytes]:
    """The content of the files given with --ca."""
    from walletpass.apple.reading import read_certificates
    from walletpass.files import MAX_DOCUMENT, read_bytes

    contents = [read_bytes(path, MAX_DOCUMENT) for path in paths]
    for path, content in zip(paths, contents, strict=True):
        read_certificates(content, str(path))  # so that an error names the file
    return contents


def _verify(path: Path, trusted: list[bytes]) -> Iterator[FileFindings]:
    """The findings of a pass; of a bundle those of each pass in it."""
    from walletpass.apple.verify import verify as verify_pass
    from walletpass.apple.verify.archive import read_archive
    from walletpass.apple.verify.reading import load

    source = load(path)
    findings = verify_pass(source, anchors=trusted)
    if [finding.rule for finding in findings] != ["bundle-not-pass"]:
        yield FileFindings(str(path), findings)
        return
    archive = read_archive(source)
    if archive.findings:
        yield FileFindings(str(path), archive.findings)
    for name, content in archive.files.items():
        yield FileFindings(f"{path}/{name}", verify_pass(content, anchors=trusted))
