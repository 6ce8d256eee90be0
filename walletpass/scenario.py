"""The events of a simulation: one JSON object a line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from walletpass.calendars import instant_of
from walletpass.errors import ScenarioError

KEYS = {"at", "pass", "event", "data"}


@dataclass(frozen=True, slots=True)
class Line:
    """
    One event to play.

    Attributes:
        number: Its line in the file, from 1.
        at: When it happens, UTC.
        event: An event of the Matrix, or pass.issued, pass.displayed, pass.added, pass.deleted, pass.changed,
            pass.voided.
        serial: The pass; None for all passes of the Operation.
        data: The event's data; for pass.issued and pass.changed, values of variables.
    """

    number: int
    at: datetime
    event: str
    serial: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


def parse_scenario(text: str, zone: ZoneInfo, *, name: str = "events") -> list[Line]:
    """
    The events of a file, in order of time; a time without an offset is in the zone. Empty lines are passed over.

    Raises:
        ScenarioError: Names every line at fault.
    """
    lines: list[Line] = []
    faults: list[str] = []
    for number, source in enumerate(text.splitlines(), start=1):
        if not source.strip():
            continue
        try:
            lines.append(_line(number, source, zone))
        except ValueError as fault:
            faults.append(f"line {number}: {fault}")
    if faults:
        raise ScenarioError(f"{name}: {'; '.join(faults)}", tuple(faults))
    return sorted(lines, key=lambda line: line.at)


def _line(number: int, source: str, zone: ZoneInfo) -> Line:
    try:
        found = json.loads(source)
    except (ValueError, RecursionError):
        raise ValueError("not a JSON object") from None
    if not isinstance(found, dict):
        raise ValueError("not a JSON object")
    if found.keys() - KEYS:
        raise ValueError(f"unknown key {', '.join(sorted(found.keys() - KEYS))}; a line has at, pass, event, data")
    at, event, serial, data = found.get("at"), found.get("event"), found.get("pass"), found.get("data", {})
    if not isinstance(at, str) or len(at) > 40:
        raise ValueError('at is missing or not a text: write "2027-03-21T10:00:00Z"')
    try:
        instant = instant_of(datetime.fromisoformat(at), zone)
    except (ValueError, OverflowError):
        raise ValueError(f'{at!r} is not an instant: write "2027-03-21T10:00:00Z"') from None
    if not isinstance(event, str) or not event:
        raise ValueError("event is missing: name what happens")
    if serial is not None and not (isinstance(serial, str) and serial):
        raise ValueError("pass is not a serial; leave it out for all passes")
    if not isinstance(data, dict):
        raise ValueError("data is not an object")
    return Line(number, instant, event, serial, data)
