"""
What changed since: the tag `epoch.cursor` a phone brings back to learn which of its passes to fetch.

No update is ever missed. On PostgreSQL every changed row carries the id of its transaction, and the cursor is the
oldest transaction that was running when the list was read: whatever commits later has that id or a higher one, in
whatever order. On SQLite writers come one at a time and a counter numbers them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, and_, bindparam, case, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from walletpass_server.persistence.sql import ChangeCursor, CurrentChange
from walletpass_server.persistence.tables import DeviceRow, EpochRow, PassRow, RegistrationRow

__all__ = ["Changes", "CurrentChange", "changed_since", "current_tag"]

_TAG = re.compile(r"([0-9a-f]{1,64})\.(0|[1-9][0-9]{0,17})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Changes:
    """
    The answer to "what changed since".

    Attributes:
        serials: Serials to fetch, sorted; empty when there is nothing new.
        tag: What the phone brings along next time; None when there is nothing new, then it keeps the one it has.
    """

    serials: tuple[str, ...]
    tag: str | None


def _query() -> Select[str, str, int]:
    epoch = select(EpochRow.value).order_by(EpochRow.number.desc()).limit(1).scalar_subquery()
    # The later of the pass's change and the registration's creation; a cursor from the future is as good as none.
    since = case((bindparam("since") <= ChangeCursor(), bindparam("since")), else_=0)
    new = or_(bindparam("epoch") != epoch, PassRow.change >= since, RegistrationRow.change >= since)
    return (
        select(PassRow.serial, epoch, ChangeCursor())
        .select_from(DeviceRow)
        .join(
            RegistrationRow,
            and_(RegistrationRow.client_id == DeviceRow.client_id, RegistrationRow.device_id == DeviceRow.id),
        )
        .join(PassRow, and_(PassRow.client_id == RegistrationRow.client_id, PassRow.id == RegistrationRow.pass_id))
        .where(
            DeviceRow.pass_type_identifier == bindparam("pass_type"),
            DeviceRow.library_identifier == bindparam("device"),
            new,
        )
        .order_by(PassRow.serial)
    )


CHANGED = _query()
"""The passes that changed; wants `device`, `pass_type` and what `read_tag` gives."""


def read_tag(tag: str | None) -> dict[str, Any]:
    """A tag as `CHANGED` wants it. None, one of another epoch and nonsense all mean everything."""
    read = _TAG.fullmatch(tag) if tag is not None else None
    return {"epoch": read[1], "since": int(read[2])} if read else {"epoch": "", "since": 0}


def changes_of(rows: Sequence[Any]) -> Changes:
    """The answer that rows of `CHANGED` make."""
    return Changes(tuple([row[0] for row in rows]), f"{rows[0][1]}.{rows[0][2]}") if rows else Changes((), None)


async def changed_since(connection: AsyncConnection, device: str, pass_type: str, tag: str | None) -> Changes:
    """
    The passes on a device that changed since a tag.

    List and cursor come from one statement, hence from one snapshot.

    Args:
        connection: Any transaction.
        device: Apple's deviceLibraryIdentifier.
        pass_type: Pass type identifier.
        tag: What `Changes.tag` was last time. None, one of another epoch and nonsense all give everything.
    """
    known = {"device": device, "pass_type": pass_type, **read_tag(tag)}
    return changes_of((await connection.execute(CHANGED, known)).all())


async def current_tag(connection: AsyncConnection) -> str:
    """The tag of now: nothing that is committed is newer."""
    newest = select(EpochRow.value, ChangeCursor()).order_by(EpochRow.number.desc()).limit(1)
    epoch, cursor = (await connection.execute(newest)).one()
    return f"{epoch}.{cursor}"
