"""
Events and facts: what comes in, what the platform itself tells, and what is kept.

An event may move passes; a fact is the lasting record that something happened. Facts hold ids and names of variables,
never their values.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, get_args
from zoneinfo import ZoneInfo

from pydantic import Field

from walletpass.errors import EventError
from walletpass.model.variables import Value, Variable, VariableType

MAX_DATA = 16_384
"""Bytes of an event's data, as JSON."""
MAX_KEYS = 100
"""Keys in an event's data."""

EventName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*(?:\.[a-z][a-z0-9_-]*)*$", max_length=80)]
"""A name such as `coupon.used`."""

_TYPES = "|".join(kind for kind in get_args(VariableType) if kind != "image")
FieldType = Annotated[str, Field(pattern=rf"^(?:{_TYPES})\??$")]
"""Type of a field of an event: text, number, money, date-time, date, url or boolean; `text?` may be left out."""

EventFields = dict[Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,63}$")], FieldType]
"""The data that comes with an event: name to type."""

ISSUED = "pass.issued"
DISPLAYED = "pass.displayed"
ADDED = "pass.added"
DELETED = "pass.deleted"
CHANGED = "pass.changed"
MOVED = "pass.moved"
REDEEMED = "pass.redeemed"
SCANNED = "pass.scanned"

REPORTED: dict[str, EventFields] = {
    name: {"by": "text?", "place": "text?", "value": "number?"} for name in (REDEEMED, SCANNED)
}
"""What tills and readers say of any pass: events from outside that no Matrix has to declare."""
MAX_REPORTED = 200
"""Characters of each text in them: they name a till or a shop, and are kept with the fact."""

BUILT_IN: dict[str, EventFields] = {
    ISSUED: {},
    DISPLAYED: {"wallet": "text", "first": "boolean"},
    ADDED: {"wallet": "text", "first": "boolean"},
    DELETED: {"wallet": "text", "certain": "boolean"},
    CHANGED: {},
    MOVED: {"from": "text", "to": "text", "trigger": "text"},
    **REPORTED,
}
"""Events of the platform itself, which Triggers may name too."""

VOIDED = "pass.voided"
EXPIRED = "pass.expired"
DEVICE_REGISTERED = "device.registered"
DEVICE_UNREGISTERED = "device.unregistered"
TRIGGER_SCHEDULED = "trigger.scheduled"
TRIGGER_FAILED = "trigger.failed"
TRIGGER_SKIPPED = "trigger.skipped"
NOTIFICATION_DEFERRED = "notification.deferred"
NOTIFICATION_SUPPRESSED = "notification.suppressed"

FACTS = (
    *BUILT_IN, VOIDED, EXPIRED, DEVICE_REGISTERED, DEVICE_UNREGISTERED,
    TRIGGER_SCHEDULED, TRIGGER_FAILED, TRIGGER_SKIPPED, NOTIFICATION_DEFERRED, NOTIFICATION_SUPPRESSED,
)  # fmt: skip
"""Every fact the life of a pass writes, by name."""

RESERVED = ("pass.", "device.", "trigger.", "notification.", "operation.", "matrix.", "hook.")
"""First parts of names that a Matrix cannot declare."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """
    Something that happened to a pass, kept for ever (or until its day is sealed and retention drops it).

    Attributes:
        name: One of `FACTS`, or the name of an external event.
        serial: The pass.
        occurred_at: When it happened, as told; UTC.
        recorded_at: When it was written, by the server's clock; UTC. Figures count by this one.
        wallet: apple, google, or empty when no wallet is concerned.
        client, operation: Whose, and in which Operation; the store fills in the client.
        model: The Model it counts for. A deletion, and every device, counts for the Model under which the
            pass was added.
        pass_type: The Matrix's.
        source: Where the pass was found, `Pass.source`.
        data: What else is known: names and ids, never the values of a holder.
    """

    name: str
    serial: str
    occurred_at: datetime
    recorded_at: datetime
    wallet: str = ""
    client: str = ""
    operation: str = ""
    model: str = ""
    pass_type: str = ""
    source: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)


def read_data(event: str, fields: EventFields, data: Mapping[str, object], zone: ZoneInfo) -> dict[str, Value]:
    """
    The data of an event as its declared types.

    Args:
        event: Its name, for messages.
        fields: Its declaration.
        data: What came in, from JSON. A null is as good as absent.
        zone: Where a date and time without an offset is read.

    Raises:
        EventError: Too large, an undeclared key, a missing one, a wrong type; every fault is named.
    """
    if len(data) > MAX_KEYS:
        raise EventError(f"{event}: {len(data)} keys of data, at most {MAX_KEYS} are allowed")
    size = len(json.dumps(data, default=str, ensure_ascii=False).encode("utf-8", "surrogatepass"))
    if size > MAX_DATA:
        raise EventError(f"{event}: {size:,} bytes of data, at most {MAX_DATA:,} are allowed")
    values: dict[str, Value] = {}
    faults: list[str] = []
    for name, value in data.items():
        if name not in fields:
            faults.append(f"{name}: not declared; the event has: {', '.join(fields) or 'no data'}")
        elif value is not None:
            try:
                values[name] = _read(fields[name].removesuffix("?"), value, zone)
            except ValueError as fault:
                faults.append(f"{name}: {fault}")
    given = {name for name, value in data.items() if value is not None}
    faults += [f"{name}: missing" for name, kind in fields.items() if name not in given and not kind.endswith("?")]
    if faults:
        raise EventError(f"{event}: {'; '.join(faults)}")
    return values


def _read(kind: str, value: object, zone: ZoneInfo) -> Value:
    """Stricter than a Variable, which also reads CSV: JSON has its own numbers and booleans."""
    wanted = {"number": int | float, "boolean": bool, "text": str}.get(kind, object)
    if not isinstance(value, wanted) or (kind == "number" and isinstance(value, bool)):
        raise ValueError(f"{value!r} is not a {kind}")
    return Variable.model_validate({"type": kind, "max_length": 4000}).read(value, zone)
