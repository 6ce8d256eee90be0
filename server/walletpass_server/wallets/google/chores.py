"""Letters that are about no pass: classes to be there before an operation begins, objects of erased people."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import select

from walletpass.errors import GoogleMissing, NotFound
from walletpass.google.ids import split_id
from walletpass_server.engine.operations import load_operation
from walletpass_server.persistence.database import Database
from walletpass_server.persistence.outbox import Letter
from walletpass_server.persistence.tables import CredentialRow, GoogleClassRow
from walletpass_server.persistence.unit_of_work import Unit
from walletpass_server.wallets.google.accounts import Accounts, GoogleAccount
from walletpass_server.wallets.google.calls import Calls
from walletpass_server.wallets.google.classes import Classes
from walletpass_server.wallets.google.client import Content
from walletpass_server.wallets.google.models import Matrices

Work = Callable[[], Awaitable[None]]

_DASH: Content = {"defaultValue": {"language": "en", "value": "-"}}
_REQUIRED: dict[str, Content] = {
    "generic": {"cardTitle": _DASH, "header": _DASH},
    "giftCard": {"cardNumber": "-"},
    "flight": {"passengerName": "-", "reservationInfo": {"confirmationCode": "-"}},
    "transit": {"tripType": "ONE_WAY"},
}
"""What Google insists on, of an object that says nothing any more."""


class Chores:
    """Finds out what such a letter asks for."""

    def __init__(
        self, database: Database, accounts: Accounts, matrices: Matrices, calls: Calls, classes: Classes
    ) -> None:
        self._database = database
        self._accounts = accounts
        self._matrices = matrices
        self._calls = calls
        self._classes = classes

    async def of(self, letter: Letter, now: datetime) -> tuple[str, Work]:
        """
        The issuer, and the work.

        Raises:
            NotFound: What it is about is no more, or was never at Google.
            WalletPassError: It cannot be done.
        """
        if "classes" in letter.body:
            return await self._classes_of(letter.client_id, int(letter.body["classes"]), now)
        if "empty" in letter.body:
            return await self._emptying(letter.client_id, str(letter.body["empty"]), str(letter.body["class"]))
        raise NotFound(f"letter {letter.id}: asks for nothing that is known here")

    async def _classes_of(self, client_id: int, operation_id: int, now: datetime) -> tuple[str, Work]:
        async with self._database.reading(client_id) as unit:
            live = await load_operation(unit, operation_id)
            row = await unit.session.get(CredentialRow, (client_id, live.row.google_credential_id or 0))
        if row is None:
            raise NotFound(f"operation {live.row.name} has no Google credential")
        account = self._accounts.open(row)
        matrix = await self._matrices.of(live, account.issuer_id)
        static = [(one.type, one.static_class) for one in matrix.compilers.values() if one.static_class is not None]

        async def work() -> None:
            for type_, class_ in static:
                await self._classes.ensure(client_id, account, type_, class_, now)

        return account.issuer_id, work

    async def _emptying(self, client_id: int, object_id: str, class_id: str) -> tuple[str, Work]:
        async with self._database.reading(client_id) as unit:
            class_ = await unit.session.get(GoogleClassRow, (client_id, class_id))
            row = await _credential_of(unit, split_id(object_id)[0])
        if class_ is None or row is None:
            raise NotFound(f"object {object_id}: its class was never sent")
        account = self._accounts.open(row)
        return account.issuer_id, partial(self._empty, account, class_.google_type, object_id, class_id)

    async def _empty(self, account: GoogleAccount, type_: str, object_id: str, class_id: str) -> None:
        """Google keeps objects for ever: this one says nothing any more."""
        content: dict[str, Any] = {
            "id": object_id,
            "classId": class_id,
            "state": "INACTIVE",
            **_REQUIRED.get(type_, {}),
        }
        try:
            await self._calls.replace(account, type_, "Object", object_id, content)
        except GoogleMissing:
            return


async def _credential_of(unit: Unit, issuer_id: str) -> CredentialRow | None:
    query = select(CredentialRow).where(CredentialRow.wallet == "google", CredentialRow.issuer_id == issuer_id)
    found: CredentialRow | None = await unit.session.scalar(query.order_by(CredentialRow.id.desc()).limit(1))
    return found
