"""How commands tell what they found: lines for people, one JSON document for scripts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from walletpass.findings import Finding, Severity, failed

if TYPE_CHECKING:
    from walletpass.apple.description import CertificateDescription

_COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.NOTE: "blue"}

json_option = click.option(
    "--json", "as_json", is_flag=True, help='Print JSON: {"ok", "files": [{"file", "ok", "findings"}]}.'
)
strict_option = click.option("--strict", is_flag=True, help="Count warnings as errors.")


@dataclass(frozen=True, slots=True)
class FileFindings:
    """What was found in one file."""

    file: str
    findings: Sequence[Finding]


def report(results: Sequence[FileFindings], *, strict: bool, as_json: bool) -> int:
    """Print the findings of each file; the exit code."""
    good = [not failed(result.findings, strict=strict) for result in results]
    if as_json:
        files = [
            {"file": result.file, "ok": ok, "findings": [finding.as_dict() for finding in result.findings]}
            for result, ok in zip(results, good, strict=True)
        ]
        print_json({"ok": all(good), "files": files})
    else:
        for result, ok in zip(results, good, strict=True):
            _print(result, ok)
    return 0 if all(good) else 1


def print_json(value: Any) -> None:
    """JSON on standard output, readable and complete."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def _print(result: FileFindings, ok: bool) -> None:
    counts = [
        f"{count} {severity.value}{'s' if count > 1 else ''}"
        for severity in Severity
        if (count := sum(finding.severity is severity for finding in result.findings))
    ]
    verdict = click.style("ok", fg="green") if ok else click.style("faulty", fg="red")
    click.echo(f"{result.file}: {verdict}" + (f" ({', '.join(counts)})" if counts else ""))
    for finding in result.findings:
        mark = click.style(finding.severity.value, fg=_COLOURS[finding.severity])
        click.echo(f"  {mark}: {finding.where}: {finding.says} [{finding.rule}]")
        if finding.hint:
            click.echo(f"      {finding.hint}")


def certificate_text(description: CertificateDescription) -> dict[str, Any]:
    """A certificate as JSON-ready values, instants as ISO 8601."""
    values = asdict(description)
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in values.items()}
