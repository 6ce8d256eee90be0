"""
What hooks are told of pushes: for each pass whose Notification a push brings, that APNs took it, or never will.

A push says nothing about passes: it makes a phone ask. So those are meant that the device holds and that changed, for
their holder to notice, since the push was asked for.
"""

from __future__ import annotations

import json
import logging
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import select

from walletpass.errors import StorageError
from walletpass_server.engine.contacts import device_hash
from walletpass_server.engine.news import Listeners, News, tell_news
from walletpass_server.persistence.columns import to_microseconds
from walletpass_server.persistence.database import Database
from walletpass_server.persistence.outbox import MAX_ATTEMPTS
from walletpass_server.persistence.secrets import Keyring
from walletpass_server.persistence.sql import among
from walletpass_server.persistence.tables import DeviceRow, PassRow, RegistrationRow
from walletpass_server.persistence.unit_of_work import Unit
from walletpass_server.wallets.apple.apns.addresses import Target
from walletpass_server.wallets.apple.apns.batch import Fate, Tried, told
from walletpass_server.wallets.apple.deferred import is_silent

SENT, FAILED = "notification.sent", "notification.failed"
CLOCKS = timedelta(seconds=5)
"""How far the clock that decided may be behind the database's, which dates letters."""

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Outcome:
    target: Target
    type: str
    error: str = ""


_Devices = dict[int, _Outcome]


async def tell_of_pushes(
    database: Database, listeners: Listeners, keyring: Keyring, tries: Sequence[Tried], fate: Fate, now: datetime
) -> None:
    """
    Tell who listens what became of a batch.

    Args:
        database, keyring: Of the sender.
        listeners: Who wants to hear of it.
        tries: The pushes.
        fate: What becomes of their letters; devices that are to be forgotten are still there.
        now: The server's clock.
    """
    clients = {client_id for tried in tries for client_id, _ in tried.target.devices}
    heard = {
        (client_id, each) for client_id in clients for each in (SENT, FAILED) if await listeners.want(client_id, each)
    }
    if not heard:  # nearly always
        return
    by_client: dict[int, _Devices] = defaultdict(dict)
    for outcome in _outcomes(tries, fate):
        for client_id, device_id in outcome.target.devices:
            if (client_id, outcome.type) in heard:
                by_client[client_id][device_id] = outcome
    for client_id, devices in by_client.items():
        try:
            await database.run(client_id, partial(_tell, keyring=keyring, devices=devices, now=now))
        except StorageError as exc:  # the pushes are out, and must not go out again for that
            _logger.warning("what became of pushes to client %d is not told: %s", client_id, exc)


async def _tell(unit: Unit, *, keyring: Keyring, devices: _Devices, now: datetime) -> None:
    news = []
    for row in await _passes_on(unit, list(devices)):
        outcome = devices[row.device_id]
        if _is_meant(row, outcome.target, now):
            data = {
                "wallet": "apple",
                "device_hash": await device_hash(unit, keyring, row.library_identifier),
                "model": row.model,
                **({"error": outcome.error} if outcome.error else {}),
            }
            news.append(News(type=outcome.type, operation_id=row.operation_id, pass_id=row.id, data=data))
    await tell_news(unit, news, now, cause="apns")


def _outcomes(tries: Sequence[Tried], fate: Fate) -> Iterator[_Outcome]:
    """What is certain: taken, or given up for good."""
    sent = {letter.id for letter in fate.sent}
    over = {each.letter.id for each in fate.failed if each.final or each.letter.attempts >= MAX_ATTEMPTS}
    over |= {letter.id for gone in fate.gone for letter in gone.target.letters}
    for tried in tries:
        letters = {letter.id for letter in tried.target.letters}
        if letters <= sent:
            yield _Outcome(tried.target, SENT)
        elif letters & over:
            yield _Outcome(tried.target, FAILED, told(tried.result)[:200])


async def _passes_on(unit: Unit, devices: Sequence[int]) -> Sequence[Any]:
    found = await unit.connection.execute(
        select(
            RegistrationRow.device_id, DeviceRow.library_identifier, PassRow.id, PassRow.operation_id, PassRow.model,
            PassRow.changed_at, PassRow.notified,
        )
        .join(
            DeviceRow,
            (DeviceRow.client_id == RegistrationRow.client_id) & (DeviceRow.id == RegistrationRow.device_id),
        )
        .join(PassRow, (PassRow.client_id == RegistrationRow.client_id) & (PassRow.id == RegistrationRow.pass_id))
        .where(
            RegistrationRow.client_id == unit.client_id,
            among(unit.connection.dialect, RegistrationRow.device_id, devices),
            PassRow.erased_at.is_(None),
        )
        .order_by(PassRow.id)
    )  # fmt: skip
    return found.all()


def _is_meant(row: Any, target: Target, now: datetime) -> bool:
    since = min(letter.created_at for letter in target.letters) - CLOCKS
    released = any(letter.body.get("pass") == row.id for letter in target.letters)
    if row.changed_at < since and not released:
        return False
    return not is_silent(json.dumps(row.notified), to_microseconds(row.changed_at), to_microseconds(now))
