"""`walletpass report`: the figures, and whether they are right."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast

import click
from sqlalchemy import select

from walletpass.cli.progress import progress
from walletpass.cli.reporting import print_json
from walletpass.errors import UsageError
from walletpass.reporting import DEFINITIONS, DEFINITIONS_FR, UNKNOWABLE, UNKNOWABLE_FR
from walletpass_server.bootstrap import Platform
from walletpass_server.cli.calls import data_option, json_option, utc_now, with_platform
from walletpass_server.cli.question import Asked, Question, question_options
from walletpass_server.engine.figures import Dimension, Line
from walletpass_server.engine.figures import report as read_report
from walletpass_server.engine.housekeeping import tidy
from walletpass_server.engine.listing import FIGURES, Entry, Figure, Place, passes_behind
from walletpass_server.engine.recount import Difference, recount, repair
from walletpass_server.engine.seals import sealed_days
from walletpass_server.persistence.facts import Bucket
from walletpass_server.persistence.tables import OperationRow
from walletpass_server.persistence.unit_of_work import ALL_CLIENTS

BY = {
    "day": "day", "model": "model", "wallet": "wallet", "source": "source", "operation": "operation",
    "type": "pass_type", "client": "client",
}  # fmt: skip
LISTED = (
    "pass_id", "serial", "external_id", "client", "operation", "pass_type", "model", "wallet", "source", "day",
    "recorded_at",
)  # fmt: skip
LIST_PAGE = 500
"""Entries read at once."""
WORDS = {"en": (DEFINITIONS, UNKNOWABLE), "fr": (DEFINITIONS_FR, UNKNOWABLE_FR)}


@click.group(invoke_without_command=True)
@question_options
@click.option("--by", multiple=True, type=click.Choice(list(BY)), help="One line for each; may be given several times.")
@data_option
@json_option
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV.")
@click.option("--language", type=click.Choice(list(WORDS)), default="en", help="In which the figures are explained.")
@click.pass_context
def report(
    context: click.Context,
    question: Question,
    by: Sequence[str],
    data: Path | None,
    as_json: bool,
    as_csv: bool,
    language: str,
) -> None:
    """Print the figures of a client or an operation: displayed, generated, added, deleted, active, devices."""
    if context.invoked_subcommand is not None:
        return
    question.check()
    if as_json and as_csv:
        raise UsageError("--json and --csv are given together: drop one of them")
    dimensions = cast("list[Dimension]", [BY[each] for each in dict.fromkeys(by)])

    async def work(on: Platform) -> tuple[Asked, list[Line]]:
        asked = await question.ask(on)
        async with on.database.reading(asked.client_id or ALL_CLIENTS) as unit:
            return asked, await read_report(
                unit,
                asked.client_id,
                operation_id=asked.operation_id,
                only=question.only,
                by=dimensions,
                first=question.first,
                last=asked.last,
            )

    asked, lines = with_platform(data, work)
    rows = [line.values() for line in lines]
    columns = [*dimensions, *DEFINITIONS]
    definitions, unknowable = WORDS[language]
    if as_json:
        period = {"from": question.first and question.first.isoformat(), "to": asked.last.isoformat()}
        about = {"client": asked.client, "operation": question.operation, **period, "lines": rows}
        words = {name: asdict(definition) for name, definition in definitions.items()}
        print_json({**about, "definitions": words, "unknowable": unknowable})
    elif as_csv:
        table = csv.DictWriter(sys.stdout, columns, lineterminator="\n")
        table.writeheader()
        table.writerows(rows)
    else:
        _print_table(columns, rows)
        click.echo()
        for name, definition in definitions.items():
            click.echo(f"{name}: {definition.counts} ({definition.kind})")
        click.echo({"en": "\nNo report can tell:", "fr": "\nAucun rapport ne peut dire :"}[language])
        for each in unknowable:
            click.echo(f"- {each}")


def _print_table(columns: Sequence[str], rows: Sequence[dict[str, Any]]) -> None:
    table = [list(columns), *([_shown(row[column]) for column in columns] for row in rows)]
    widths = [max(len(row[position]) for row in table) for position in range(len(columns))]
    for row in table:
        cells = [
            cell.rjust(width) if column in DEFINITIONS else cell.ljust(width)
            for column, cell, width in zip(columns, row, widths, strict=True)
        ]
        click.echo("  ".join(cells).rstrip())


def _shown(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)


@report.command("list")
@click.argument("figure", type=click.Choice(FIGURES))
@question_options
@data_option
@json_option
def list_(figure: Figure, question: Question, data: Path | None, as_json: bool) -> None:
    """
    Print the passes that a figure counts, as CSV or as a line of JSON each.

    The list is as long as the figure, as long as the facts are kept. A pass that was erased has no id.
    """
    question.check()
    table = csv.DictWriter(sys.stdout, LISTED, lineterminator="\n")

    async def work(on: Platform) -> None:
        asked = await question.ask(on)
        if not as_json:
            table.writeheader()
        after: Place | None = None
        async with on.database.reading(asked.client_id or ALL_CLIENTS, long=True) as unit:
            while entries := await passes_behind(
                unit,
                asked.client_id,
                figure,
                operation_id=asked.operation_id,
                only=question.only,
                first=question.first,
                last=asked.last,
                after=after,
                limit=LIST_PAGE,
            ):
                after = entries[-1].place
                for entry in entries:
                    row = _listed(entry)
                    click.echo(json.dumps(row, ensure_ascii=False)) if as_json else table.writerow(row)

    with_platform(data, work)


def _listed(entry: Entry) -> dict[str, Any]:
    about = {str(dimension): value for dimension, value in entry.about.items()}
    own = {"pass_id": entry.pass_id, "serial": entry.serial, "external_id": entry.external_id}
    return {**own, **about, "recorded_at": entry.recorded_at.isoformat()}


@report.command("recount")
@click.option("--repair", "repairs", is_flag=True, help="Put right what differs.")
@data_option
@json_option
def recount_(repairs: bool, data: Path | None, as_json: bool) -> int:
    """
    Count the facts of every operation again, and compare.

    The exit code is 1 when a figure differs and is not put right, or the seal of a day is broken.
    """
    results = with_platform(data, lambda on: _recount_all(on, repairs))
    differing = sum(len(result["differences"]) for result in results)
    broken = sum(len(result["broken_seals"]) for result in results)
    if as_json:
        print_json({"operations": results, "differences": differing, "broken_seals": broken, "repaired": repairs})
    else:
        for result in results:
            for found in result["differences"]:
                where = ", ".join(filter(None, (result["operation"], *(found[name] for name in Bucket._fields))))
                click.echo(f"{where}: counted {found['counted']}, stored {found['stored']}")
            for day in result["broken_seals"]:
                click.echo(f"{result['operation']}, {day}: the seal is broken: its figures were changed")
        done = ", put right" if repairs and differing else ""
        click.echo(f"operations: {len(results):,}, differences: {differing:,}{done}, broken seals: {broken:,}")
    return 1 if broken or (differing and not repairs) else 0


async def _recount_all(on: Platform, repairs: bool) -> list[dict[str, Any]]:
    async with on.database.reading(ALL_CLIENTS) as unit:
        operations = (await unit.session.scalars(select(OperationRow).order_by(OperationRow.id))).all()
    results = []
    with progress("operations") as tell:
        for done, operation in enumerate(operations):
            tell(done, len(operations))
            results.append(await _recount(on, operation, repairs))
    return results


async def _recount(on: Platform, operation: OperationRow, repairs: bool) -> dict[str, Any]:
    async with on.database.reading(operation.client_id) as unit:
        broken = [seal.day.isoformat() for seal in await sealed_days(unit, operation) if not seal.intact]
        found = [] if repairs else await recount(unit, operation.client_id, operation.id)
    if repairs:
        found = await repair(on.database, operation.client_id, operation.id)
    return {"operation": operation.name, "differences": [_told(each) for each in found], "broken_seals": broken}


def _told(difference: Difference) -> dict[str, Any]:
    counted, stored = asdict(difference.counted), asdict(difference.stored)
    wrong = [name for name in counted if counted[name] != stored[name]]
    return {
        **difference.bucket._asdict(),
        "day": difference.bucket.day.isoformat(),
        "counted": {name: counted[name] for name in wrong},
        "stored": {name: stored[name] for name in wrong},
    }


@report.command
@data_option
@json_option
def seal(data: Path | None, as_json: bool) -> int:
    """
    Seal the days that are over, and drop facts that are old enough.

    A worker does so by itself once a day. Facts go only where WALLETPASS_FACTS_KEPT_DAYS is set.
    """
    done = with_platform(data, lambda on: tidy(on.database, utc_now(), facts_kept=on.settings.facts_kept))
    if as_json:
        print_json(asdict(done))
    else:
        click.echo(f"sealed days: {done.sealed:,}, dropped facts: {done.dropped:,}")
        for fault in done.faults:
            click.echo(fault, err=True)
    return 1 if done.faults else 0
