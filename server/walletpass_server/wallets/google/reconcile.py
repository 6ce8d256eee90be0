"""
Asking Google, now and then, who holds which pass: its callbacks may fail to come, and a deletion by one of several
holders says little.

One class after the other is listed, a page at a time, behind everything else: at a tenth of the issuer's pace, and not
while letters wait. Where Google and the facts differ at two looks an hour apart, Google is believed.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import exists, select, update

from walletpass.errors import CredentialUnfit, GoogleDenied, GoogleError, GoogleQuota, GoogleUnavailable, NotFound
from walletpass_server.engine.phones import google_found
from walletpass_server.persistence import rate
from walletpass_server.persistence.database import Database
from walletpass_server.persistence.tables import CredentialRow, GoogleObjectRow, PassRow
from walletpass_server.persistence.unit_of_work import ALL_CLIENTS, Unit
from walletpass_server.wallets.google.accounts import Accounts, GoogleAccount
from walletpass_server.wallets.google.calls import Calls
from walletpass_server.wallets.google.due import DueClass, row_of

ROUND = timedelta(days=1)
"""Between two looks at a class."""
GRACE = timedelta(hours=1)
"""How long Google and the facts must differ: a callback may be under way."""
PAGE = 100
"""Objects asked for at a time."""
SHARE = 0.1
"""Of the issuer's pace."""
PATIENCE = timedelta(seconds=5)
"""A turn that is further away is left to another time."""

_FIELDS = "resources(id,hasUsers),pagination"
_logger = logging.getLogger(__name__)


class Reconciler:
    """Looks at classes."""

    def __init__(self, database: Database, accounts: Accounts, calls: Calls) -> None:
        self._database = database
        self._accounts = accounts
        self._calls = calls

    async def look(self, due: DueClass, now: datetime) -> bool:
        """
        Look at one page of a class.

        Returns:
            Whether to go on at once; not when Google, or the issuer's pace, asks for patience.
        """
        try:
            account = await self._account(due)
            if not await self._turn(account):
                return False
            answer = await self._calls.page(account, due.type, "Object", _query(due))
        except (GoogleUnavailable, GoogleQuota, GoogleDenied) as exc:
            _logger.info("asking who holds passes waits: %s", exc)
            return False
        except (GoogleError, CredentialUnfit, NotFound) as exc:
            _logger.info("class %s: its holders cannot be asked for: %s", due.class_id, exc)
            await self._finish(due, None, now)  # from its beginning, next time
            return True
        await self._compare(due.client_id, _holders(answer), now)
        await self._finish(due, _next_token(answer), now)
        return True

    async def _account(self, due: DueClass) -> GoogleAccount:
        async with self._database.reading(due.client_id) as unit:
            row = await unit.session.get(CredentialRow, (due.client_id, due.credential_id))
        if row is None:
            raise NotFound(f"class {due.class_id}: its credential is not there any more")
        return self._accounts.open(row)

    async def _turn(self, account: GoogleAccount) -> bool:
        """Wait for a turn among the few that are for this."""
        key = f"google-reconcile:{account.issuer_id}"
        reserve = partial(rate.reserve, key=key, count=1, per_second=account.per_second * SHARE)
        slots = await self._database.run(ALL_CLIENTS, reserve)
        if slots.wait > PATIENCE:
            return False
        await asyncio.sleep(slots.wait.total_seconds())
        return True

    async def _compare(self, client_id: int, holders: Mapping[str, bool], now: datetime) -> None:
        """Keep what is new in Google's answer, and correct what has differed for long."""
        if not holders:
            return
        wrong = await self._database.run(client_id, partial(_keep, holders=holders, now=now))
        for operation_id, pass_id, held in wrong:
            found = partial(google_found, operation_id=operation_id, pass_id=pass_id, held=held, now=now)
            try:
                changed = await self._database.run(client_id, found)
            except NotFound:  # erased meanwhile
                continue
            if changed:
                _logger.info("pass %d: Google says it is %s; corrected", pass_id, "held" if held else "held by nobody")

    async def _finish(self, due: DueClass, token: str | None, now: datetime) -> None:
        async def work(unit: Unit) -> None:
            wait = timedelta(0)
            if token is None:
                doubtful = exists().where(
                    GoogleObjectRow.client_id == due.client_id,
                    GoogleObjectRow.class_id == due.class_id,
                    GoogleObjectRow.differs_since.is_not(None),
                )
                wait = GRACE if (await unit.connection.execute(select(doubtful))).scalar_one() else ROUND
            await unit.connection.execute(row_of(due).values(check_token=token, check_due_at=now + wait))

        await self._database.run(due.client_id, work)


async def _keep(unit: Unit, holders: Mapping[str, bool], now: datetime) -> Sequence[tuple[int, int, bool]]:
    """Write down what differs; gives operation, pass and holding of those that have differed for long."""
    rows = await unit.connection.execute(
        select(
            GoogleObjectRow.pass_id,
            GoogleObjectRow.object_id,
            GoogleObjectRow.has_users,
            GoogleObjectRow.differs_since,
            PassRow.google_holdings,
            PassRow.operation_id,
        )
        .join(PassRow, (PassRow.client_id == GoogleObjectRow.client_id) & (PassRow.id == GoogleObjectRow.pass_id))
        .where(GoogleObjectRow.client_id == unit.client_id, GoogleObjectRow.object_id.in_(list(holders)))
    )
    wrong: list[tuple[int, int, bool]] = []
    for row in rows.all():
        held = holders[row.object_id]
        since = None if held == (row.google_holdings > 0) else row.differs_since or now
        if since is not None and since <= now - GRACE:
            wrong.append((row.operation_id, row.pass_id, held))
            since = None
        if (held, since) != (row.has_users, row.differs_since):
            own = (GoogleObjectRow.client_id == unit.client_id) & (GoogleObjectRow.pass_id == row.pass_id)
            await unit.connection.execute(
                update(GoogleObjectRow).where(own).values(has_users=held, checked_at=now, differs_since=since)
            )
    return wrong


def _query(due: DueClass) -> dict[str, str]:
    query = {"classId": due.class_id, "maxResults": str(PAGE), "fields": _FIELDS}
    return {**query, "token": due.token} if due.token else query


def _holders(answer: Mapping[str, Any]) -> dict[str, bool]:
    """Object to whether somebody holds it, of those of which Google says so."""
    resources = answer.get("resources")
    listed = [each for each in resources if isinstance(each, dict)] if isinstance(resources, list) else []
    return {str(each.get("id")): each["hasUsers"] for each in listed if isinstance(each.get("hasUsers"), bool)}


def _next_token(answer: Mapping[str, Any]) -> str | None:
    pagination = answer.get("pagination")
    token = pagination.get("nextPageToken") if isinstance(pagination, dict) else None
    return token if isinstance(token, str) and 0 < len(token) <= 1000 else None
