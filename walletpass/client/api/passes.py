"""
Routes of the API: passes.

Made by tools/make_client.py from the OpenAPI document: change that, never this.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from walletpass.client.api.shared import PassOut
from walletpass.client.call import Answer, Call, Page, call, etag


class ChangeOut(Answer):
    """Values that a version of a pass changed."""

    version: int
    at: datetime
    cause: str
    """A Trigger, or `edit`."""
    actor: str | None
    """Who asked for it."""
    before: dict[str, Any]
    after: dict[str, Any]


class FactOut(Answer):
    """Something that happened to a pass."""

    number: int
    """Counts the facts of one pass from 1."""
    name: str
    wallet: str
    """apple, google, or empty."""
    model: str
    occurred_at: datetime
    recorded_at: datetime
    data: dict[str, Any]


def list_passes_of_operation(
    operation_id: int, *, cursor: str | None = None, limit: int | None = None
) -> Call[Page[PassOut]]:
    """
    List the passes of an operation, the newest first.

    Args:
        cursor: `next` of the page before.
        limit: How many at most.
    """
    return call(
        "GET",
        "/v1/operations/{operation_id}/passes",
        Page[PassOut].model_validate_json,
        at={"operation_id": operation_id},
        query={"cursor": cursor, "limit": limit},
    )


def list_passes(
    *,
    operation_id: int | None = None,
    serial: str | None = None,
    external_id: str | None = None,
    model: str | None = None,
    cursor: str | None = None,
    limit: int | None = None,
) -> Call[Page[PassOut]]:
    """
    List passes, the newest first.

    Args:
        operation_id: Of this operation, by id.
        serial: Of this serial.
        external_id: Of this person.
        model: That have this Model now.
        cursor: `next` of the page before.
        limit: How many at most.
    """
    return call(
        "GET",
        "/v1/passes",
        Page[PassOut].model_validate_json,
        query={
            "operation_id": operation_id,
            "serial": serial,
            "external_id": external_id,
            "model": model,
            "cursor": cursor,
            "limit": limit,
        },
    )


def read_pass(pass_id: int) -> Call[PassOut]:
    """Read a pass."""
    return call("GET", "/v1/passes/{pass_id}", PassOut.model_validate_json, at={"pass_id": pass_id})


def change_values(
    pass_id: int,
    *,
    values: Mapping[str, Any],
    idempotency_key: str | None = None,
    if_match: str | int | None = None,
    walletpass_cause: str | None = None,
) -> Call[PassOut]:
    """
    Change values of a pass; phones are told.

    With If-Match it is changed only while it is that version. Triggers on `pass.changed` see the change.

    Args:
        idempotency_key: Names this request; made up by default. The same again within 30 days changes
            nothing.
        if_match: The ETag of what is to be changed.
        walletpass_cause: In answer to this event of a hook: two systems that answer each other are stopped
            after eight.
    """
    return call(
        "PATCH",
        "/v1/passes/{pass_id}/values",
        PassOut.model_validate_json,
        at={"pass_id": pass_id},
        headers={"Idempotency-Key": idempotency_key, "If-Match": etag(if_match), "Walletpass-Cause": walletpass_cause},
        body={"values": values},
    )


def void(
    pass_id: int, *, reason: str | None = None, idempotency_key: str | None = None, if_match: str | int | None = None
) -> Call[PassOut]:
    """
    Void a pass for good: its barcode goes, and no Trigger moves it any more. Again, it changes nothing.

    Args:
        idempotency_key: Names this request; made up by default. The same again within 30 days changes
            nothing.
        if_match: The ETag of what is to be changed.
    """
    return call(
        "POST",
        "/v1/passes/{pass_id}/void",
        PassOut.model_validate_json,
        at={"pass_id": pass_id},
        headers={"Idempotency-Key": idempotency_key, "If-Match": etag(if_match)},
        body={"reason": reason},
    )


def read_history(pass_id: int, *, cursor: str | None = None, limit: int | None = None) -> Call[Page[ChangeOut]]:
    """
    List the changes of a pass's values, the newest first.

    Args:
        cursor: `next` of the page before.
        limit: How many at most.
    """
    return call(
        "GET",
        "/v1/passes/{pass_id}/history",
        Page[ChangeOut].model_validate_json,
        at={"pass_id": pass_id},
        query={"cursor": cursor, "limit": limit},
    )


def read_facts(pass_id: int, *, cursor: str | None = None, limit: int | None = None) -> Call[Page[FactOut]]:
    """
    List what happened to a pass, the newest first.

    Args:
        cursor: `next` of the page before.
        limit: How many at most.
    """
    return call(
        "GET",
        "/v1/passes/{pass_id}/facts",
        Page[FactOut].model_validate_json,
        at={"pass_id": pass_id},
        query={"cursor": cursor, "limit": limit},
    )
