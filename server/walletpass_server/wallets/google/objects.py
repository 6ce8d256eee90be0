"""
Objects at Google: made what the pass is, with the notification it promised; then what came of it is kept.

Whatever happened between, doing it again ends in the same state: an insert that was there already becomes an update, a
message is known by the instant it stands for.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import select, update

from walletpass.errors import GoogleMissing, GoogleQuota, GoogleRate, GoogleTaken
from walletpass.google.patches import with_nulls
from walletpass_server.engine.credentials import tell_invalid
from walletpass_server.engine.news import Listeners, News
from walletpass_server.engine.suppressed import notice_suppressed
from walletpass_server.persistence import outbox
from walletpass_server.persistence.database import Database
from walletpass_server.persistence.sql import upsert
from walletpass_server.persistence.tables import GoogleObjectRow
from walletpass_server.persistence.unit_of_work import Unit
from walletpass_server.wallets.google.calls import Calls
from walletpass_server.wallets.google.classes import Classes
from walletpass_server.wallets.google.client import Content
from walletpass_server.wallets.google.notices import SILENT, room_for_one
from walletpass_server.wallets.google.reading import ReadPass

CHANNEL = "google"
DENIED_AGAIN = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Written:
    """
    What Google acknowledged.

    Attributes:
        read: The pass as it was sent.
        has_users: Whether somebody holds it; None when Google did not say.
        noticed_at: Up to which instant its Notifications are done.
        was_silent: Google would not show one more: it went out silently.
    """

    read: ReadPass
    has_users: bool | None
    noticed_at: datetime | None
    was_silent: bool = False

    @property
    def is_shown(self) -> bool:
        """Whether phones were asked to show a Notification."""
        return self.read.notice is not None and not self.was_silent and self.has_users is not False


class Objects:
    """Writes objects."""

    def __init__(self, database: Database, calls: Calls, classes: Classes) -> None:
        self._database = database
        self._calls = calls
        self._classes = classes
        self._listeners = Listeners(database)

    async def write(self, read: ReadPass) -> Written:
        """
        Make the object what the pass is. Its class goes before.

        Raises:
            GoogleCallFailed: Google did not take it; what it took before that may be repeated.
        """
        ensure = partial(
            self._classes.ensure, read.client_id, read.account, read.google.type, read.google.class_, read.read_at
        )
        await ensure()
        if read.known is not None and read.known.sent_version:
            try:
                return await self._update(read)
            except GoogleMissing:  # the object, or the class
                await ensure(again=True)
        try:
            answer = await self._insert(read)
        except GoogleMissing:
            await ensure(again=True)
            answer = await self._insert(read)
        return Written(read, _has_users(answer), read.read_at)

    async def keep(self, client_id: int, written: Sequence[Written], now: datetime) -> None:
        """Note what Google acknowledged. A pass that someone else wrote to meanwhile is sent once more."""

        async def work(unit: Unit) -> None:
            for one in written:
                await _keep(unit, one, now)

        await self._database.run(client_id, work)
        shown = [one.read for one in written if one.is_shown]
        await self.tell(client_id, "notification.sent", [(read, "") for read in shown], now)

    async def tell(self, client_id: int, type_: str, about: Sequence[tuple[ReadPass, str]], now: datetime) -> None:
        """Tell who listens what became of Notifications: of which pass, and why they failed."""
        news = [
            News(
                type=type_,
                operation_id=read.operation_id,
                pass_id=read.id,
                data={"wallet": "google", **({"error": error} if error else {})},
            )
            for read, error in about
            if read.notice is not None
        ]
        if news:
            await self._listeners.tell(client_id, news, now, cause="google.update")

    async def tell_denied(self, read: ReadPass, why: str, now: datetime) -> None:
        """Tell who listens, once a day, that Google lets nothing through by the credential of a pass."""

        async def work(unit: Unit) -> None:
            await tell_invalid(unit, read.account.credential_id, why, now, again=DENIED_AGAIN)

        await self._database.run(read.client_id, work)

    async def _insert(self, read: ReadPass) -> Content:
        account, google = read.account, read.google
        try:
            return await self._calls.insert(account, google.type, "Object", google.object_)
        except GoogleTaken:
            return await self._calls.patch(account, google.type, "Object", google.object_id, _changes(read))

    async def _update(self, read: ReadPass) -> Written:
        account, google, notice = read.account, read.google, read.notice
        shown_until = read.known.noticed_at if read.known else None
        was_silent = False
        if notice is not None and notice.message is None and not read.is_current:
            answer, was_silent = await _told_or_silent(
                partial(self._calls.patch_and_notify, account, google.type, google.object_id, _changes(read)),
                partial(self._calls.patch, account, google.type, "Object", google.object_id, _changes(read)),
            )
        elif read.is_current:
            answer = await self._calls.get(account, google.type, "Object", google.object_id)
        else:
            answer = await self._calls.patch(account, google.type, "Object", google.object_id, _changes(read))
        if notice is None:
            return Written(read, _has_users(answer), shown_until)
        if notice.message is not None and _has_users(answer) is not False:
            was_silent = await self._tell(read, notice.message, answer.get("messages") or [])
        return Written(read, _has_users(answer), notice.until, was_silent)

    async def _tell(self, read: ReadPass, message: Content, there: Sequence[Mapping[str, Any]]) -> bool:
        """Add a message; returns whether Google would not let phones notify of it."""
        account, google = read.account, read.google
        if any(other.get("id") == message["id"] for other in there):
            return False
        kept = room_for_one(there)
        if kept is not None:
            await self._calls.patch(account, google.type, "Object", google.object_id, {"messages": kept})
        add = partial(self._calls.add_message, account, google.type, google.object_id)
        _, was_silent = await _told_or_silent(partial(add, message), partial(add, {**message, "messageType": SILENT}))
        return was_silent


async def know(unit: Unit, read: ReadPass, now: datetime) -> GoogleObjectRow:
    """
    The row of a pass's object, made when a link to it is handed out: callbacks find the pass by it.

    Raises:
        GoogleTaken: Another pass of this issuer has the same serial, so its object would be overwritten.
    """
    values = {
        "client_id": read.client_id,
        "pass_id": read.id,
        "object_id": read.google.object_id,
        "class_id": read.google.class_id,
        "changed_at": now,
    }
    statement = upsert(unit.connection.dialect, GoogleObjectRow).values(values)
    await unit.connection.execute(statement.on_conflict_do_nothing())
    row = await unit.session.get(GoogleObjectRow, (read.client_id, read.id))
    if row is None:
        raise GoogleTaken(f"object {read.google.object_id}: belongs to another pass: serials of an issuer must differ")
    return row


async def _keep(unit: Unit, one: Written, now: datetime) -> None:
    read = one.read
    if read.known is None:
        await know(unit, read, now)
    before = (0, None) if read.known is None else (read.known.sent_version, read.known.sent_at)
    own = (GoogleObjectRow.client_id == read.client_id, GoogleObjectRow.pass_id == read.id)
    unchanged = (GoogleObjectRow.sent_version == before[0], GoogleObjectRow.sent_at.is_not_distinct_from(before[1]))
    done = await unit.connection.execute(
        update(GoogleObjectRow)
        .where(*own, *unchanged)
        .values(
            class_id=read.google.class_id,
            sent_version=read.version,
            sent_at=read.read_at,
            noticed_at=one.noticed_at,
            has_users=GoogleObjectRow.has_users if one.has_users is None else one.has_users,
            changed_at=now,
        )
    )
    if done.rowcount:
        if one.was_silent and one.noticed_at is not None:
            await notice_suppressed(unit, read.operation_id, read.id, one.noticed_at, now)
        return
    if (await unit.connection.execute(select(GoogleObjectRow.pass_id).where(*own))).first() is None:
        body = {"empty": read.google.object_id, "class": read.google.class_id}  # erased while it was being sent
        await outbox.put(unit, [outbox.NewLetter(CHANNEL, f"empty/{read.google.object_id}", body)])
        return
    # Two wrote at once and nobody knows who came last: the newest version goes out again.
    await unit.connection.execute(update(GoogleObjectRow).where(*own).values(sent_version=0))
    await outbox.put(unit, [outbox.NewLetter(CHANNEL, str(read.id))])


async def _told_or_silent(
    tell: Callable[[], Awaitable[Content]], say_silently: Callable[[], Awaitable[Content]]
) -> tuple[Content, bool]:
    """
    A call that notifies; where that is more than Google allows in a day, the same without.

    A quota may also be that of requests, so only the second such answer, a turn later, is taken for the day's.
    """
    for _ in range(2):
        try:
            return await tell(), False
        except GoogleRate:
            raise
        except GoogleQuota:
            continue
    return await say_silently(), True


def _changes(read: ReadPass) -> Content:
    changes = with_nulls(read.google.object_, read.shape)
    return {name: value for name, value in changes.items() if name != "id"}


def _has_users(answer: Mapping[str, Any]) -> bool | None:
    found = answer.get("hasUsers")
    return found if isinstance(found, bool) else None
