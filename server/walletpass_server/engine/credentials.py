"""Credentials of a client, sealed at rest. A pass type identifier belongs to one client, for ever."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import select, update

from walletpass.errors import CredentialUnfit, NotFound
from walletpass.model.fields import Wallet
from walletpass_server.engine.production import unfit
from walletpass_server.engine.telling import tell
from walletpass_server.persistence.secrets import Keyring
from walletpass_server.persistence.sql import upsert
from walletpass_server.persistence.tables import CredentialRow, HookEventRow, OperationRow, PassTypeRow
from walletpass_server.persistence.unit_of_work import ALL_CLIENTS, Unit

INVALID = "credential.invalid"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCredential:
    """
    A credential to keep, already proved to work.

    Attributes:
        wallet: apple or google.
        name: What the client calls it.
        secret: What signs: PEM texts, or the service account. Sealed before it is stored.
        public: What it is known by: the certificate, or the service account's e-mail; its SHA-256 is the fingerprint.
        pass_type_identifier, team_identifier: Apple's.
        issuer_id: Google's.
        environment: test or production.
        source: client, or provider: the latter for tests and training only, with consent.
        consent: Who agreed to the provider's credential, when, to which text.
        not_after: When the certificate ends.
        settings: What is no secret: Google's `origins` and `requests_per_second`.
    """

    wallet: Wallet
    name: str
    secret: Mapping[str, str] = field(repr=False)
    public: bytes
    pass_type_identifier: str | None = None
    team_identifier: str | None = None
    issuer_id: str | None = None
    environment: Literal["test", "production"] = "test"
    source: Literal["client", "provider"] = "client"
    consent: Mapping[str, str] | None = None
    not_after: datetime | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)


async def save_credential(unit: Unit, keyring: Keyring, new: NewCredential, now: datetime) -> CredentialRow:
    """
    Keep a credential.

    Raises:
        CredentialUnfit: Its pass type identifier belongs to another client, or a provider's comes without consent.
    """
    if new.source == "provider" and not new.consent:
        raise CredentialUnfit(f"{new.name}: a provider's credential needs the client's recorded consent: ask for it")
    if new.pass_type_identifier and new.source == "client":
        await _take_pass_type(unit, new.pass_type_identifier)
    row_id = await unit.new_id()
    row = CredentialRow(
        client_id=unit.client_id,
        id=row_id,
        wallet=new.wallet,
        name=new.name,
        source=new.source,
        environment=new.environment,
        pass_type_identifier=new.pass_type_identifier,
        team_identifier=new.team_identifier,
        issuer_id=new.issuer_id,
        fingerprint=hashlib.sha256(new.public).hexdigest(),
        sealed=keyring.seal(json.dumps(dict(new.secret)).encode(), "credential", "sealed", row_id),
        consent=dict(new.consent) if new.consent else None,
        not_after=new.not_after,
        settings=dict(new.settings),
        created_at=now,
    )
    unit.session.add(row)
    await unit.session.flush()
    return row


async def find_credential(unit: Unit, wallet: str, name: str, environment: str | None = None) -> CredentialRow:
    """
    The newest credential of a name that is not retired; where an environment is given, one of that goes before others.

    Raises:
        NotFound: The client has none such.
    """
    row = await unit.session.scalar(
        select(CredentialRow)
        .where(CredentialRow.wallet == wallet, CredentialRow.name == name, CredentialRow.retired_at.is_(None))
        .order_by((CredentialRow.environment == environment).desc(), CredentialRow.id.desc())
        .limit(1)
    )
    if row is None:
        raise NotFound(f"there is no {wallet} credential {name}: add it, or correct the name")
    return row


def open_credential(keyring: Keyring, row: CredentialRow) -> dict[str, str]:
    """The secret parts of a credential; raises SecretUnreadable."""
    opened: dict[str, str] = json.loads(keyring.unseal(row.sealed, "credential", "sealed", row.id))
    return opened


async def change_credential(unit: Unit, operation: OperationRow, credential: CredentialRow, now: datetime) -> None:
    """
    Let a live operation sign with another credential of the same identity: a renewed certificate.

    Raises:
        CredentialUnfit: Another pass type, team or issuer: the passes out there belong to the old one; or in production
            one that is the provider's, for tests, over or stopped.
    """
    fault = unfit(credential, now) if operation.environment == "production" else None
    if fault is not None:
        raise CredentialUnfit(f"{operation.name}: {fault}")
    column = f"{credential.wallet}_credential_id"
    now_used = getattr(operation, column)
    if now_used is not None:
        before = await unit.session.get_one(CredentialRow, (operation.client_id, now_used))
        if _identity(before) != _identity(credential):
            raise CredentialUnfit(
                f"{credential.name}: is for {_identity(credential)}, the passes of {operation.name} are of "
                f"{_identity(before)}: create a new operation"
            )
    setattr(operation, column, credential.id)
    await unit.session.flush()


async def stop_credential(unit: Unit, credential_id: int, why: str, now: datetime) -> None:
    """The wallet's maker refuses a credential: nothing is sent with it until `resume_credential`. Hooks are told."""
    stopped = await unit.connection.execute(
        update(CredentialRow)
        .where(
            CredentialRow.client_id == unit.client_id,
            CredentialRow.id == credential_id,
            CredentialRow.stopped_at.is_(None),
        )
        .values(stopped_at=now, stopped_why=why[:200])
    )
    if stopped.rowcount:
        await tell_invalid(unit, credential_id, why, now)


async def tell_invalid(
    unit: Unit, credential_id: int, why: str, now: datetime, *, again: timedelta | None = None
) -> None:
    """
    Tell hooks that the wallet's maker refuses a credential.

    Args:
        again: Not if it was told in this time before: trouble that is not ours to end goes on.
    """
    row = await unit.session.get_one(CredentialRow, (unit.client_id, credential_id))
    about = {"id": row.id, "wallet": row.wallet, "name": row.name, "for": row.pass_type_identifier or row.issuer_id}
    if again is not None:
        since = HookEventRow.occurred_at > now - again, HookEventRow.type == INVALID
        told = await unit.session.scalars(select(HookEventRow.data).where(*since))
        if any(data["credential"]["id"] == row.id for data in told):
            return
    data = {"credential": {**about, "source": row.source}, "why": why[:200]}
    await tell(unit, INVALID, data, now, environment=row.environment)


async def resume_credential(unit: Unit, wallet: str, name: str, environment: str | None = None) -> bool:
    """
    Somebody has looked: send with it again. Returns whether it was stopped.

    Raises:
        NotFound: The client has none such.
    """
    row = await find_credential(unit, wallet, name, environment)
    was_stopped = row.stopped_at is not None
    row.stopped_at = row.stopped_why = None
    await unit.session.flush()
    return was_stopped


def _identity(row: CredentialRow) -> str:
    return f"{row.pass_type_identifier} of team {row.team_identifier}" if row.wallet == "apple" else f"{row.issuer_id}"


async def _take_pass_type(unit: Unit, identifier: str) -> None:
    if unit.client_id == ALL_CLIENTS:
        raise ValueError("a credential belongs to a client: open the unit for it")
    await unit.connection.execute(
        upsert(unit.connection.dialect, PassTypeRow)
        .values(identifier=identifier, client_id=unit.client_id)
        .on_conflict_do_nothing()
    )
    # Past the unit's own rows: whose it is must be seen, or the conflict would go unnoticed.
    owner = (
        await unit.connection.execute(select(PassTypeRow.client_id).where(PassTypeRow.identifier == identifier))
    ).scalar_one()
    if owner != unit.client_id:
        raise CredentialUnfit(f"{identifier}: belongs to another client: register a pass type of your own with Apple")
