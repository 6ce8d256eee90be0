"""Passes as Google is to show them, read from the database as they are now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select

from walletpass.errors import CredentialUnfit, WalletPassError
from walletpass.google import GooglePass
from walletpass.google.patches import Shape
from walletpass.model.variables import Value
from walletpass_server.engine.live import LiveOperation
from walletpass_server.engine.operations import load_operation
from walletpass_server.engine.state import Stored, load
from walletpass_server.engine.values import from_json
from walletpass_server.persistence.database import Database
from walletpass_server.persistence.tables import CredentialRow, GoogleObjectRow, PassRow, ValueHistoryRow
from walletpass_server.persistence.unit_of_work import Unit
from walletpass_server.wallets.google import notices
from walletpass_server.wallets.google.accounts import Accounts, GoogleAccount
from walletpass_server.wallets.google.expiry import is_left_to_google
from walletpass_server.wallets.google.models import GoogleMatrix, Matrices


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadPass:
    """
    A pass, and what Google has of it.

    Attributes:
        client_id, id, operation_id: Its rows.
        version: Of the pass as it was read.
        read_at: When.
        account: Its issuer.
        google: Class and object.
        shape: What Google may have of the object from before.
        known: What Google acknowledged; None before the first.
        notice: To be shown with it.
        expires_by_itself: All that changed is that it expired, which Google sees from its dates.
    """

    client_id: int
    id: int
    operation_id: int
    version: int
    read_at: datetime
    account: GoogleAccount
    google: GooglePass
    shape: Shape = field(repr=False)
    known: GoogleObjectRow | None
    notice: notices.Notice | None
    expires_by_itself: bool = False

    @property
    def is_current(self) -> bool:
        """Whether Google has this version."""
        return self.known is not None and self.known.sent_version == self.version


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A pass that cannot be shown at Google; no call would help."""

    id: int
    error: WalletPassError


class Reader:
    """Reads passes."""

    def __init__(self, database: Database, accounts: Accounts, matrices: Matrices) -> None:
        self._database = database
        self._accounts = accounts
        self._matrices = matrices

    async def read(self, client_id: int, pass_ids: Collection[int], now: datetime) -> list[ReadPass | Unreadable]:
        """
        Passes of a client; those that are no more are left out.

        Args:
            client_id: Whose.
            pass_ids: Which.
            now: The instant.
        """
        async with self._database.reading(client_id) as unit:
            found = [await _load(unit, operation, ids) for operation, ids in await _by_operation(unit, pass_ids)]
        read: list[ReadPass | Unreadable] = []
        for rows in found:
            read += await self._compiled(rows, now)
        return read

    async def _compiled(self, rows: _Rows, now: datetime) -> list[ReadPass | Unreadable]:
        try:
            if rows.credential is None:
                raise CredentialUnfit(f"{rows.live.row.name}: has no Google credential: create the operation with one")
            account = self._accounts.open(rows.credential)
            matrix = await self._matrices.of(rows.live, account.issuer_id)
        except WalletPassError as exc:
            return [Unreadable(stored.id, exc) for stored in rows.passes]
        read: list[ReadPass | Unreadable] = []
        for stored in rows.passes:
            try:
                read.append(_read(rows, stored, account, matrix, now))
            except WalletPassError as exc:
                read.append(Unreadable(stored.id, exc))
        await self._matrices.publish(rows.live.row.client_id, matrix.pictures)
        return read


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rows:
    live: LiveOperation
    credential: CredentialRow | None
    passes: Sequence[Stored]
    objects: Mapping[int, GoogleObjectRow]
    history: Mapping[int, Sequence[ValueHistoryRow]]


async def _by_operation(unit: Unit, pass_ids: Collection[int]) -> Iterable[tuple[int, list[int]]]:
    rows = await unit.connection.execute(
        select(PassRow.operation_id, PassRow.id).where(
            PassRow.client_id == unit.client_id, PassRow.id.in_(list(pass_ids))
        )
    )
    found: dict[int, list[int]] = defaultdict(list)
    for operation_id, pass_id in rows:
        found[operation_id].append(pass_id)
    return found.items()


async def _load(unit: Unit, operation_id: int, ids: list[int]) -> _Rows:
    live = await load_operation(unit, operation_id)
    wanted = live.row.google_credential_id
    credential = None if wanted is None else await unit.session.get(CredentialRow, (unit.client_id, wanted))
    objects = await unit.session.scalars(select(GoogleObjectRow).where(GoogleObjectRow.pass_id.in_(ids)))
    passes = await load(unit, live, ids, lock=False)
    models = live.matrix.models
    compared = [
        stored.id
        for stored in passes
        if stored.state.notified.get("google") or models[stored.state.model].state == "expired"
    ]
    return _Rows(
        live=live,
        credential=credential,
        passes=passes,
        objects={row.pass_id: row for row in objects.all()},
        history=await _history(unit, compared) if compared else {},
    )


async def _history(unit: Unit, ids: Sequence[int]) -> Mapping[int, Sequence[ValueHistoryRow]]:
    """Changes of values, the newest first."""
    rows = await unit.session.scalars(
        select(ValueHistoryRow).where(ValueHistoryRow.pass_id.in_(ids)).order_by(ValueHistoryRow.version.desc())
    )
    found: dict[int, list[ValueHistoryRow]] = defaultdict(list)
    for row in rows.all():
        found[row.pass_id].append(row)
    return found


def _read(rows: _Rows, stored: Stored, account: GoogleAccount, matrix: GoogleMatrix, now: datetime) -> ReadPass:
    state = stored.state
    compiler = matrix.compilers.get(state.model)
    if compiler is None:
        raise CredentialUnfit(f"pass {stored.id}: its Model {state.model} is not for Google Wallet")
    values = _own(state.values, compiler.model.variables)
    google = compiler.compile(state.serial, values, voided=state.voided)
    known = rows.objects.get(stored.id)
    history = rows.history.get(stored.id, ())
    notice = None
    shown_until = known.noticed_at if known else None
    until = notices.due(state.notified.get("google", ()), shown_until, now)
    if until is not None:
        before = _before(rows.live, state.values, history, shown_until)
        notice = notices.plan(compiler, google, values, _own(before, compiler.model.variables), until)
    by_itself = (
        notice is None
        and known is not None
        and not any(row.version > known.sent_version for row in history)
        and is_left_to_google(matrix.compilers, google, state.serial, state.values, known.class_id, now)
    )
    return ReadPass(
        client_id=rows.live.row.client_id,
        id=stored.id,
        operation_id=rows.live.row.id,
        version=state.version,
        read_at=now,
        account=account,
        google=google,
        shape=matrix.shape,
        known=known,
        notice=notice,
        expires_by_itself=by_itself,
    )


def _own(values: Mapping[str, Value], variables: Mapping[str, Any]) -> dict[str, Value]:
    """Those a Model knows."""
    return {name: value for name, value in values.items() if name in variables}


def _before(
    live: LiveOperation, values: Mapping[str, Value], history: Iterable[ValueHistoryRow], since: datetime | None
) -> dict[str, Value]:
    """The values as they were at an instant, by undoing each change after it."""
    before = dict(values)
    for row in history:
        if since is not None and row.changed_at <= since:
            break
        for name in row.after:
            before.pop(name, None)
        before |= from_json(row.before, live.variables)
    return before
