"""
From one certificate to the next of the same pass type: operations sign with it from now on, phones get new files.

A pass on a phone goes on showing when its certificate ends; what is fetched later must be signed by the new one. So
each pass that a phone holds becomes a new version, in a run that can be watched, paused and resumed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select, update

from walletpass.errors import NotFound
from walletpass_server.engine.audit import Actor, record
from walletpass_server.engine.credentials import change_credential
from walletpass_server.engine.telling import tell
from walletpass_server.persistence import outbox
from walletpass_server.persistence.last_modified import next_last_modified
from walletpass_server.persistence.sql import CurrentChange, upsert
from walletpass_server.persistence.tables import CredentialRow, OperationRow, PassRow, RegistrationRow, RunRow
from walletpass_server.persistence.unit_of_work import Unit

KIND = "resign"
"""Of the runs."""


@dataclass(frozen=True, slots=True)
class Rollover:
    """
    What a rollover began.

    Attributes:
        operations: Those that sign with the new credential from now on, by id.
        runs: That sign and push their passes again, by id; of Google nothing is signed, so none.
    """

    operations: tuple[int, ...]
    runs: tuple[int, ...]


async def roll_over(unit: Unit, credential_id: int, actor: Actor, now: datetime) -> Rollover:
    """
    Let every operation of the same identity and environment sign with a credential. Again, it changes nothing.

    Those that have ended too: their passes are still on phones. The old credential stays where it is.

    Raises:
        NotFound: The client has no such credential.
        CredentialUnfit: In production, one that is over or stopped.
    """
    new = await unit.session.scalar(
        select(CredentialRow).where(CredentialRow.id == credential_id, CredentialRow.retired_at.is_(None))
    )
    if new is None:
        raise NotFound(f"there is no credential {credential_id}: look it up in the list of credentials")
    operations = await _others(unit, new)
    before = sorted({getattr(row, f"{new.wallet}_credential_id") for row in operations})
    runs = []
    for row in operations:
        await change_credential(unit, row, new, now)
        if new.wallet == "apple":
            runs.append(await _plan(unit, row, new, now))
    if operations:
        changed = [row.id for row in operations]
        subject = f"credential:{new.id}"
        await record(
            unit, actor, "credential.rolled-over", subject, now,
            before={"credentials": before}, after={"operations": changed},
        )  # fmt: skip
        data = {"credential": {"id": new.id, "wallet": new.wallet, "name": new.name}, "operations": changed}
        await tell(unit, "credential.replaced", data, now, cause="api", environment=new.environment)
    return Rollover(tuple(row.id for row in operations), tuple(runs))


async def sign_again(unit: Unit, operation_id: int, ids: Sequence[int], now: datetime) -> None:
    """Give passes of the unit's client a new version without a change, and have their phones told."""
    own = PassRow.client_id == unit.client_id
    query = select(PassRow.id, PassRow.last_modified).where(own, PassRow.operation_id == operation_id)
    rows = (
        await unit.connection.execute(query.where(PassRow.id.in_(ids)).order_by(PassRow.id).with_for_update())
    ).all()
    if not rows:
        return
    seconds = int(now.timestamp())
    await unit.connection.execute(
        update(PassRow)
        .where(own, PassRow.id == bindparam("at_id"))
        .values(version=PassRow.version + 1, change=CurrentChange(), changed_at=now),
        [{"at_id": row.id, "last_modified": next_last_modified(row.last_modified, seconds)} for row in rows],
    )
    held = (
        select(RegistrationRow.device_id)
        .where(RegistrationRow.client_id == unit.client_id, RegistrationRow.pass_id.in_([row.id for row in rows]))
        .distinct()
    )
    devices = (await unit.connection.execute(held)).scalars().all()
    await outbox.put(unit, [outbox.NewLetter("apns", str(device)) for device in sorted(devices)])


async def _others(unit: Unit, new: CredentialRow) -> list[OperationRow]:
    """The operations that sign with another credential of the same identity and environment, locked."""
    column = OperationRow.apple_credential_id if new.wallet == "apple" else OperationRow.google_credential_id
    same = select(CredentialRow.id).where(
        CredentialRow.client_id == unit.client_id,
        CredentialRow.id != new.id,
        CredentialRow.wallet == new.wallet,
        CredentialRow.environment == new.environment,
        CredentialRow.source == new.source,
        CredentialRow.pass_type_identifier.is_not_distinct_from(new.pass_type_identifier),
        CredentialRow.team_identifier.is_not_distinct_from(new.team_identifier),
        CredentialRow.issuer_id.is_not_distinct_from(new.issuer_id),
    )
    query = select(OperationRow).where(column.in_(same)).order_by(OperationRow.id).with_for_update()
    return list((await unit.session.scalars(query)).all())


async def _plan(unit: Unit, operation: OperationRow, new: CredentialRow, now: datetime) -> int:
    run_id = await unit.new_id()
    values = {
        "client_id": unit.client_id, "id": run_id, "operation_id": operation.id, "kind": KIND,
        "cause": f"{KIND}:{new.id}:{run_id}", "data": {"credential": new.id}, "state": "waiting", "due_at": now,
        "upper": run_id, "created_at": now,
    }  # fmt: skip
    await unit.connection.execute(upsert(unit.connection.dialect, RunRow).values(**values))
    return run_id
