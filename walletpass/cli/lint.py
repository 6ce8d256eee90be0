"""`walletpass lint`: what is wrong with documents, before anything is made of them."""

from __future__ import annotations

from pathlib import Path

import click

from walletpass.cli.parameters import PATH
from walletpass.cli.reporting import FileFindings, json_option, report, strict_option
from walletpass.errors import DocumentError, PictureError, UsageError
from walletpass.findings import Finding, error


@click.command
@click.argument("files", nargs=-1, required=True, type=PATH, metavar="FILE...")
@strict_option
@json_option
def lint(files: tuple[Path, ...], strict: bool, as_json: bool) -> int:
    """
    Check models, matrices and operations (YAML or JSON).

    The first key tells the kind: model, matrix or operation. Findings say what each wallet will refuse, drop or crop.
    """
    results = [FileFindings(str(path), _findings(path)) for path in files]
    return report(results, strict=strict, as_json=as_json)


def _findings(path: Path) -> list[Finding]:
    from walletpass.documents import lint_document

    try:
        return lint_document(path)
    except UsageError:
        raise  # the file is not there: the call is wrong, not the document
    except (DocumentError, PictureError) as fault:
        problems = getattr(fault, "problems", ()) or (str(fault).removeprefix(f"{path}: "),)
        return [_invalid(problem, path) for problem in problems]


def _invalid(problem: str, path: Path) -> Finding:
    where, colon, says = problem.partition(": ")
    if not colon or " " in where:
        where, says = path.name, problem
    return error("document-invalid", where, says, "walletpass, the documents")
