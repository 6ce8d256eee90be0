"""
A rehearsal taken up again in its folder. Google forgets nothing; whoever plays it this time may know nothing of before.
"""

from __future__ import annotations

from sqlalchemy import String, cast, select, update

from walletpass.testing.google_api import FakeGoogle
from walletpass_server.persistence import outbox
from walletpass_server.persistence.database import Database
from walletpass_server.persistence.tables import GoogleClassRow, GoogleObjectRow, PassRow
from walletpass_server.persistence.unit_of_work import ALL_CLIENTS, Unit


async def tell_again(database: Database, google: FakeGoogle) -> None:
    """
    Count nothing as sent: links bring their pass again, letters those that somebody holds.

    Args:
        database: Of the folder.
        google: The stand-in; it learns who holds what.
    """
    ours = (PassRow.client_id == GoogleObjectRow.client_id) & (PassRow.id == GoogleObjectRow.pass_id)
    held = select(GoogleObjectRow.object_id).join(PassRow, ours).where(PassRow.google_holdings > 0)
    letters = select(PassRow.client_id, cast(PassRow.id, String)).where(PassRow.google_holdings > 0)

    async def work(unit: Unit) -> list[str]:
        await unit.connection.execute(update(GoogleClassRow).values(sent_hash=None))
        await unit.connection.execute(update(GoogleObjectRow).values(sent_version=0))
        await outbox.put_selected(unit, "google", letters)
        return list((await unit.connection.execute(held)).scalars())

    for object_id in await database.run(ALL_CLIENTS, work):
        google.resources.users[object_id].add("somebody")
