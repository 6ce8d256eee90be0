"""`walletpass simulate`: play a Matrix over time, and draw it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from walletpass.cli.parameters import PATH, instant
from walletpass.cli.reporting import print_json
from walletpass.errors import DocumentError, OperationError, UsageError
from walletpass.findings import Severity

if TYPE_CHECKING:
    from walletpass.matrix import Matrix
    from walletpass.operation import Operation
    from walletpass.scenario import Line
    from walletpass.simulate import Step

MAX_EVENTS = 20_000_000
"""Bytes of an events file."""


@click.command
@click.argument("matrix", type=PATH, metavar="MATRIX")
@click.option(
    "--operation", type=PATH, help="operation.yaml: period, zone, plan. By default 30 days past the last event."
)
@click.option("--events", type=PATH, help="events.jsonl: one JSON object a line with at, pass, event, data.")
@click.option("--until", type=instant, help="Last instant played, ISO 8601 (UTC without an offset).")
@click.option("--graph", type=PATH, metavar="F.svg", help="Draw the Matrix into a file; enough without --events.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON: a list of steps.")
def simulate(
    matrix: Path, operation: Path | None, events: Path | None, until: datetime | None, graph: Path | None, as_json: bool
) -> None:
    """
    Play a matrix over time: who moves when, and why.

    A pass is issued by its first event. Besides the matrix's own, events may be pass.issued, pass.displayed,
    pass.added, pass.deleted, pass.changed and pass.voided. No event is sent anywhere.
    """
    from walletpass.files import load_matrix
    from walletpass.matrix.drawing import draw
    from walletpass.writing import write_file

    if events is None and graph is None:
        raise UsageError("nothing to do: give --events, or --graph to draw the matrix")
    rules = load_matrix(matrix)
    if graph is not None:
        write_file(graph, draw(rules).encode())
    if events is not None:
        steps, zone = _play(rules, operation, events, until)
        if as_json:
            print_json([_as_dict(step, zone) for step in steps])
        else:
            for step in steps:
                click.echo(step.says(zone))


def _play(matrix: Matrix, operation: Path | None, events: Path, until: datetime | None) -> tuple[list[Step], ZoneInfo]:
    from walletpass.files import read_bytes
    from walletpass.scenario import parse_scenario
    from walletpass.simulate import default_operation
    from walletpass.simulate import simulate as play

    force = _load_operation(operation, matrix) if operation else None
    try:
        text = read_bytes(events, MAX_EVENTS).decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        raise DocumentError(f"{events}: not UTF-8 (byte {fault.start}): save the file as UTF-8") from None
    lines: list[Line] = parse_scenario(text, force.tz if force else ZoneInfo("UTC"), name=str(events))
    force = force or default_operation(matrix, lines, until)
    return play(matrix, force, lines, until), force.tz


def _load_operation(path: Path, matrix: Matrix) -> Operation:
    from walletpass.files import load_operation
    from walletpass.operation import check_operation

    operation = load_operation(path)
    faults = tuple(str(f) for f in check_operation(operation, matrix) if f.severity is Severity.ERROR)
    if faults:
        raise OperationError(f"{path}: {'; '.join(faults)}", faults)
    return operation


def _as_dict(step: Step, zone: ZoneInfo) -> dict[str, object]:
    decision = step.decision
    move = decision.transition if decision else None
    return {
        "at": step.at.isoformat(),
        "pass": step.serial,
        "cause": step.cause,
        "outcome": decision.why if decision else "refused",
        "from": move.from_model if move else None,
        "model": decision.state.model if decision else None,
        "trigger": move.trigger if move else None,
        "changed": list(move.changed) if move else [],
        "notices": [
            {"wallet": n.wallet, "outcome": n.outcome, "at": n.at.isoformat(), "reason": n.reason}
            for n in (decision.notices if decision else ())
        ],
        "says": step.says(zone),
    }
