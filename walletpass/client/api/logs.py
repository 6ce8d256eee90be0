"""
Routes of the API: logs.

Made by tools/make_client.py from the OpenAPI document: change that, never this.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from walletpass.client.call import Answer, Call, Page, call


class AuditOut(Answer):
    """A change that somebody made."""

    id: int
    at: datetime
    actor_kind: str
    """staff of the provider, person of the client, or key."""
    actor: str
    action: str
    subject: str
    """What was changed: kind and id."""
    before: dict[str, Any] | None
    after: dict[str, Any] | None


class DeviceLogOut(Answer):
    """What phones complained about; the same complaint is one entry."""

    id: int
    pass_type_identifier: str | None
    message: str
    """As the phone wrote it: anybody may write here, so do not believe it."""
    count: int
    first_at: datetime
    last_at: datetime


def list_changes(
    *, action: str | None = None, subject: str | None = None, cursor: str | None = None, limit: int | None = None
) -> Call[Page[AuditOut]]:
    """
    List the changes that people and keys made, the newest first.

    Args:
        action: Of this action.
        subject: Of this subject: `key:12`.
        cursor: `next` of the page before.
        limit: How many at most.
    """
    return call(
        "GET",
        "/v1/logs/changes",
        Page[AuditOut].model_validate_json,
        query={"action": action, "subject": subject, "cursor": cursor, "limit": limit},
    )


def list_device_logs(*, cursor: str | None = None, limit: int | None = None) -> Call[Page[DeviceLogOut]]:
    """
    List what phones complained about, the newest kind of complaint first.

    Args:
        cursor: `next` of the page before.
        limit: How many at most.
    """
    return call(
        "GET", "/v1/logs/devices", Page[DeviceLogOut].model_validate_json, query={"cursor": cursor, "limit": limit}
    )
