"""
Routes of the API: events.

Made by tools/make_client.py from the OpenAPI document: change that, never this.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NotRequired, TypedDict

from walletpass.client.call import Answer, Call, call


class EventOut(Answer):
    """What became of an event."""

    matched: int | None
    """Passes it concerned; null while a run with a filter has not looked yet."""
    moved: int | None
    """Passes that it moved; null when a run is to do that."""
    run_id: int | None
    """The run that carries it out; null when it is done."""
    reasons: dict[str, int]
    """Why passes did not move, by how many."""


class SubjectIn(TypedDict):
    """Whom an event concerns: one of the first five; or an operation, which may narrow one of the latter three."""

    pass_id: NotRequired[int | None]
    """The pass of this id."""
    serial: NotRequired[str | None]
    """The pass of this serial."""
    token: NotRequired[str | None]
    """The pass of this link's token."""
    external_id: NotRequired[str | None]
    """The passes of one person; there may be none."""
    contact: NotRequired[str | None]
    """The passes that this telephone number or e-mail address leads to; there may be none."""
    operation: NotRequired[str | None]
    """All passes of the newest operation of this name."""
    where: NotRequired[str | None]
    """Only passes of the operation for which this holds: `pass.points > 100.0`."""


def send_event(
    *,
    type: str,
    subject: SubjectIn,
    data: Mapping[str, Any] | None = None,
    occurred_at: datetime | None = None,
    idempotency_key: str | None = None,
    walletpass_cause: str | None = None,
) -> Call[EventOut]:
    """
    Tell of an event.

    One pass is decided before the answer. An event for all passes of an operation is accepted, and a run carries it
    out. A pass, serial or token that does not exist is 404; an external id or contact that nobody has is matched by
    none.

    Args:
        type: An event that the Matrix declares; or `pass.redeemed`, `pass.scanned`, of any pass, with by,
            place and value.
        data: What comes with it, as the Matrix declares.
        occurred_at: When it happened; now by default.
        idempotency_key: Names this request; made up by default. The same again within 30 days changes
            nothing.
        walletpass_cause: In answer to this event of a hook: two systems that answer each other are stopped
            after eight.
    """
    return call(
        "POST",
        "/v1/events",
        EventOut.model_validate_json,
        headers={"Idempotency-Key": idempotency_key, "Walletpass-Cause": walletpass_cause},
        body={"type": type, "subject": subject, "data": data, "occurred_at": occurred_at},
    )
