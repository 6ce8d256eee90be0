"""
Which version of a pass shows its Notification on an iPhone, and how one that quiet hours deferred is shown later.

An iPhone shows the change message of a field when the pass it fetches has one and the field has changed. So a version
is silent when it carries none; decision 0010 says which.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from walletpass_server.persistence.columns import from_microseconds, to_microseconds
from walletpass_server.persistence.last_modified import next_last_modified
from walletpass_server.persistence.sql import CurrentChange
from walletpass_server.persistence.tables import PassRow, ValueHistoryRow
from walletpass_server.persistence.unit_of_work import Unit

_A_DAY = 24 * 60 * 60 * 1_000_000
"""Microseconds; quiet hours are shorter."""


def is_silent(notified: str, changed_at: int, now: int) -> bool:
    """
    Whether a version shows nothing.

    Args:
        notified: `pass.notified`: wallet to the instants of Notifications shown or promised, as JSON text.
        changed_at: When the version was made; instants are microseconds since 1970.
        now: When it is fetched.
    """
    if '"apple"' not in notified:
        return True
    return not any(changed_at <= instant <= now for instant in json.loads(notified)["apple"])


def is_promised(notified: str, now: int) -> bool:
    """Whether a Notification waits for the end of quiet hours; arguments as of `is_silent`."""
    return '"apple"' in notified and any(instant > now for instant in json.loads(notified)["apple"])


async def values_before(unit: Unit, pass_id: int, stored: str, notified: str, now: int) -> str:
    """
    What a pass showed when its last Notification was shown, or a day ago: what a promised one is about came since.

    Args:
        unit: Of the pass's client.
        pass_id: Which.
        stored: Its values now, as JSON text; the answer is too.
        notified, now: As of `is_silent`.
    """
    shown = [instant for instant in json.loads(notified).get("apple", ()) if instant <= now]
    since = from_microseconds(max([now - _A_DAY, *shown]))
    history = await unit.connection.execute(
        select(ValueHistoryRow.before, ValueHistoryRow.after)
        .where(
            ValueHistoryRow.client_id == unit.client_id,
            ValueHistoryRow.pass_id == pass_id,
            ValueHistoryRow.changed_at > since,
        )
        .order_by(ValueHistoryRow.version.desc())
    )
    values: dict[str, Any] = json.loads(stored)
    for before, after in history:
        values = {name: value for name, value in values.items() if name not in after} | before
    return json.dumps(values)


async def release_notice(unit: Unit, pass_id: int, now: datetime) -> bool:
    """
    Let phones fetch a pass again, now that its quiet hours are over: the bytes then carry their change message.

    Call it when the letter `<device>/<pass>@<instant>` is due, before pushing. May be repeated.

    Args:
        unit: Of the pass's client.
        pass_id: The letter's.
        now: The instant.

    Returns:
        Whether there is something to show: the pass is there, and no later version has made the notice pointless.
    """
    place = (PassRow.client_id == unit.client_id, PassRow.id == pass_id)
    row = (
        await unit.connection.execute(
            select(PassRow.notified, PassRow.changed_at, PassRow.last_modified).where(*place).with_for_update()
        )
    ).one_or_none()
    if row is None or is_silent(json.dumps(row.notified), to_microseconds(row.changed_at), to_microseconds(now)):
        return False
    moved = next_last_modified(row.last_modified, int(now.timestamp()))
    await unit.connection.execute(update(PassRow).where(*place).values(change=CurrentChange(), last_modified=moved))
    return True
