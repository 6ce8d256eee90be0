"""The log of changes: who changed what, from what to what. Kept for ever, and without secrets or values of passes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from walletpass_server.persistence.tables import AuditRow
from walletpass_server.persistence.unit_of_work import Unit


@dataclass(frozen=True, slots=True)
class Actor:
    """
    Who makes a change.

    Attributes:
        kind: staff of the provider, a person of the client, a key of the API, or the server by itself.
        name: Account of the machine, e-mail address, or the key as `12 (Till)`.
    """

    kind: Literal["staff", "person", "key", "server"]
    name: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}"


async def record(
    unit: Unit,
    actor: Actor,
    action: str,
    subject: str,
    now: datetime,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """
    Write down a change, in its own transaction.

    Args:
        unit: Of the client whose it is.
        actor: Who.
        action: `noun.past_participle`: `key.created`.
        subject: `noun:id`: `key:12`.
        now: The server's clock.
        before, after: What differs, ready for JSON; names of values instead of the values.
    """
    unit.session.add(
        AuditRow(
            client_id=unit.client_id,
            id=await unit.new_id(),
            at=now,
            actor_kind=actor.kind,
            actor=actor.name[:200],
            action=action,
            subject=subject[:300],
            before=dict(before) if before is not None else None,
            after=dict(after) if after is not None else None,
        )
    )
    await unit.session.flush()
