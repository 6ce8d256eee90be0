"""New passes: their rows, with everything that issuing them caused."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import insert

from walletpass.lifecycle import Decision, follow
from walletpass_server.engine.apply import Outcome, life_columns, write_consequences
from walletpass_server.engine.live import LiveOperation
from walletpass_server.engine.state import Stored
from walletpass_server.persistence.secrets import Keyring
from walletpass_server.persistence.sql import CurrentChange
from walletpass_server.persistence.tables import CredentialRow, PassRow
from walletpass_server.persistence.unit_of_work import Unit

SECRET_BYTES = 24
"""Random bytes of a pass's own secret, Apple's authenticationToken."""
NO_PASS_TYPE = "-"
"""Pass type of an operation without credentials: nothing of it can be signed."""


@dataclass(frozen=True, slots=True)
class Birth:
    """
    A pass to store.

    Attributes:
        id: From `Unit.new_ids`.
        issued: What `lifecycle.issue` gave.
        external_id: What the client calls it.
    """

    id: int
    issued: Decision
    external_id: str | None = field(default=None, kw_only=True)


async def store_new(
    unit: Unit, live: LiveOperation, keyring: Keyring, births: Sequence[Birth], now: datetime
) -> list[Outcome]:
    """Insert passes of one operation, each with all that issuing it caused."""
    outcomes = [
        Outcome(Stored(id=birth.id, state=birth.issued.state), follow(*live.rules, birth.issued, now))
        for birth in births
    ]
    pass_type = await _pass_type(unit, live)
    rows = [
        _row(live, keyring, birth, outcome, pass_type, now) for birth, outcome in zip(births, outcomes, strict=True)
    ]
    if rows:
        await unit.connection.execute(insert(PassRow).values(change=CurrentChange()), rows)
        await write_consequences(unit, live, outcomes, now)
    return outcomes


def _row(
    live: LiveOperation, keyring: Keyring, birth: Birth, outcome: Outcome, pass_type: str, now: datetime
) -> dict[str, Any]:
    facts = sum(len(decision.facts) for decision in outcome.decisions)
    return {
        "client_id": live.row.client_id,
        "id": birth.id,
        "operation_id": live.row.id,
        "pass_type_identifier": pass_type,
        "serial": outcome.state.serial,
        "external_id": birth.external_id,
        "secret": keyring.seal(secrets.token_urlsafe(SECRET_BYTES).encode(), "pass", "secret", birth.id),
        "changed_at": now,
        "last_modified": int(now.timestamp()),
        "created_at": now,
        **life_columns(outcome.state, facts),
    }


async def _pass_type(unit: Unit, live: LiveOperation) -> str:
    """The pass type identifier; the issuer id where an operation has no Apple credential."""
    for credential_id in (live.row.apple_credential_id, live.row.google_credential_id):
        if credential_id is not None:
            credential = await unit.session.get_one(CredentialRow, (live.row.client_id, credential_id))
            return credential.pass_type_identifier or credential.issuer_id or NO_PASS_TYPE
    return NO_PASS_TYPE
