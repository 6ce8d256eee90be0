"""
What is left of an erased pass while a phone shows it: a void version without a word about its holder.

No server can reach into a phone, but a phone fetches what changed. So the pass stays for a while, emptied, for its
phones to fetch; nothing is counted of it any more. It goes with the last phone that lets go of it, or after 30 days.
docs/decisions/0016-an-erased-pass-leaves-an-empty-one.md says why.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, update

from walletpass.model.variables import Variable
from walletpass_server.engine.live import LiveOperation
from walletpass_server.engine.state import Stored
from walletpass_server.engine.values import to_json
from walletpass_server.persistence import outbox
from walletpass_server.persistence.last_modified import next_last_modified
from walletpass_server.persistence.sql import CurrentChange
from walletpass_server.persistence.tables import (
    DeviceRow,
    GoogleObjectRow,
    HolderContactRow,
    PassRow,
    RegistrationRow,
    TimerRow,
    ValueHistoryRow,
)
from walletpass_server.persistence.unit_of_work import Unit

KEPT = timedelta(days=30)
"""How long phones have to fetch the empty version."""
CHUNK = 200
_GREY = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR42mN4+vQpAAViArCvQgNAAAAAAElFTkSuQmCC"
"""A picture of one grey pixel: PNG, in base64 as pictures are stored."""
_NOTHING: dict[str, Any] = {
    "text": "–",
    "number": 0,
    "boolean": False,
    "date": "1970-01-01",
    "date-time": "1970-01-01T00:00:00+00:00",
    "url": "https://example.com/",
    "image": _GREY,
}
"""For variables that a Model cannot do without."""


async def bury(unit: Unit, live: LiveOperation, stored: Stored, now: datetime) -> bool:
    """
    Empty the row of a pass, and have its phones told; without phones the row goes.

    Args:
        unit: The transaction in which it was locked, its facts already under a pseudonym.
        live: Its operation.
        stored: As it was before.
        now: The instant.

    Returns:
        Whether a phone still has something to fetch.
    """
    held = (
        await unit.connection.execute(
            select(RegistrationRow.device_id)
            .where(RegistrationRow.client_id == unit.client_id, RegistrationRow.pass_id == stored.id)
            .order_by(RegistrationRow.device_id)
        )
    ).scalars().all()  # fmt: skip
    if not held:
        await _remove(unit, [stored.id])
        return False
    for row in (TimerRow, ValueHistoryRow, GoogleObjectRow, HolderContactRow):
        await unit.connection.execute(delete(row).where(row.client_id == unit.client_id, row.pass_id == stored.id))
    emptied: dict[str, Any] = {
        "external_id": None, "variables": blank(live, stored.state.model), "source": "", "fired": [], "armed": [],
        "displayed_under": {}, "added_under": {}, "notified": {}, "apple_holdings": 0, "google_holdings": 0,
        "fact_count": 0, "last_run": None, "voided_at": now, "erased_at": now, "changed_at": now,
        "version": stored.state.version + 1, "change": CurrentChange(),
        "last_modified": next_last_modified(stored.last_modified, int(now.timestamp())),
    }  # fmt: skip
    which = (PassRow.client_id == unit.client_id, PassRow.id == stored.id)
    await unit.connection.execute(update(PassRow).where(*which).values(**emptied))
    await outbox.put(unit, [outbox.NewLetter("apns", str(device)) for device in held])
    return True


def blank(live: LiveOperation, model: str) -> dict[str, Any]:
    """Values that say nothing, as far as the Model needs any."""
    needed = {name: each for name, each in live.matrix.models[model].variables.items() if each.needed}
    return to_json({name: live.variables[name](_nothing(each)) for name, each in needed.items()})


async def let_go(unit: Unit, pass_id: int, library_identifier: str) -> bool:
    """
    A phone wants no more of a pass that was erased. Nothing is counted.

    Returns:
        Whether it is such a pass; others are none of this module's.
    """
    erased = select(PassRow.id).where(
        PassRow.client_id == unit.client_id, PassRow.id == pass_id, PassRow.erased_at.is_not(None)
    )
    if (await unit.connection.execute(erased.with_for_update())).scalar_one_or_none() is None:
        return False
    theirs = select(DeviceRow.id).where(
        DeviceRow.client_id == unit.client_id, DeviceRow.library_identifier == library_identifier
    )
    for device_id in (await unit.connection.execute(theirs)).scalars().all():
        await let_go_of_device(unit, pass_id, device_id)
    return True


async def let_go_of_device(unit: Unit, pass_id: int, device_id: int) -> None:
    """The same, for a device by its row; the last one takes the pass along."""
    own = (RegistrationRow.client_id == unit.client_id, RegistrationRow.pass_id == pass_id)
    await unit.connection.execute(delete(RegistrationRow).where(*own, RegistrationRow.device_id == device_id))
    await _forget_devices(unit, [device_id])
    if (await unit.connection.execute(select(RegistrationRow.device_id).where(*own).limit(1))).first() is None:
        await _remove(unit, [pass_id])


async def clear_away(unit: Unit, client_id: int, now: datetime) -> int:
    """Remove emptied passes of a client that phones had time to fetch, some at a time; returns how many."""
    old = select(PassRow.id).where(PassRow.client_id == client_id, PassRow.erased_at < now - KEPT)
    ids = (await unit.connection.execute(old.limit(CHUNK))).scalars().all()
    if ids:
        await _remove(unit, list(ids))
    return len(ids)


async def _remove(unit: Unit, pass_ids: list[int]) -> None:
    query = select(RegistrationRow.device_id).where(
        RegistrationRow.client_id == unit.client_id, RegistrationRow.pass_id.in_(pass_ids)
    )
    devices = (await unit.connection.execute(query)).scalars().all()
    await unit.connection.execute(delete(PassRow).where(PassRow.client_id == unit.client_id, PassRow.id.in_(pass_ids)))
    await _forget_devices(unit, list(devices))


async def _forget_devices(unit: Unit, ids: list[int]) -> None:
    """Those without any pass left."""
    others = select(RegistrationRow.device_id).where(
        RegistrationRow.client_id == unit.client_id, RegistrationRow.device_id.in_(ids)
    )
    which = (DeviceRow.client_id == unit.client_id, DeviceRow.id.in_(ids), DeviceRow.id.not_in(others))
    await unit.connection.execute(delete(DeviceRow).where(*which))


def _nothing(variable: Variable) -> Any:
    if variable.type == "money":
        return f"0.00 {variable.currency or 'EUR'}"
    return _NOTHING.get(variable.type, "")
