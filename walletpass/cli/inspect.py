"""`walletpass inspect`: what is in a pass, also in one that is broken."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from walletpass.cli.parameters import PATH
from walletpass.cli.verify import ca_option, read_anchors

if TYPE_CHECKING:
    from walletpass.apple.verify import Inspection


@click.command
@click.argument("file", type=PATH)
@ca_option
@click.option("--json", "as_json", is_flag=True, help='Print JSON: {"file", "ok", "files", "pass_json", "chain"...}.')
def inspect(file: Path, anchors: tuple[Path, ...], as_json: bool) -> int:
    """
    Show what is in a .pkpass: files, pass.json, styles, languages, who signed it and when. It judges nothing.

    The exit code is 1 only where there is nothing to show: no file inside can be read.
    """
    from walletpass.apple.verify import inspect as take_apart
    from walletpass.cli.reporting import print_json
    from walletpass.findings import failed

    inspection = take_apart(file, anchors=read_anchors(anchors))
    if as_json:
        print_json({"file": str(file), "ok": not failed(inspection.findings), **inspection.as_dict()})
    else:
        _print(file, inspection)
    return 0 if inspection.files else 1


def _print(file: Path, inspection: Inspection) -> None:
    click.echo(f"{file}: {', '.join(inspection.styles) or 'no style'}")
    click.echo(f"  languages: {', '.join(inspection.languages) or 'one, without a folder'}")
    signed = f"{inspection.signed_at:%Y-%m-%d %H:%M:%S %Z}" if inspection.signed_at else "no date"
    holds = "holds" if inspection.signature_holds else "does not hold"
    trusted = "trusted" if inspection.trusted else "not traced to a trusted issuer"
    click.echo(f"  signature: {holds}, {inspection.digest or 'no digest'}, {signed}, {trusted}")
    for facts in inspection.chain:
        unit = f", team {facts.unit}" if facts.user_id else ""
        click.echo(f"  certificate: {facts.name}{unit}, {facts.key}, until {facts.not_after:%Y-%m-%d}")
    click.echo("  files:")
    for entry in inspection.entries:
        click.echo(f"    {entry.size:>10,}  {entry.name}")
    click.echo("  pass.json:")
    for line in json.dumps(inspection.pass_json, ensure_ascii=False, indent=2).splitlines():
        click.echo(f"    {line}")
    if inspection.findings:
        click.echo(f"  findings: {len(inspection.findings)}; walletpass verify {file} tells them")
