"""
Routes of the API: operations.

Made by tools/make_client.py from the OpenAPI document: change that, never this.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from walletpass.client.call import Answer, Call, Page, call


class OperationOut(Answer):
    """An operation."""

    id: int
    name: str
    link: str
    """By which a consumer adds the operation as a pass."""
    matrix: str
    matrix_version: int
    pass_type: str
    environment: str
    starts_at: datetime
    ends_at: datetime
    """The first instant after the period."""
    zone: str
    notifications: dict[str, Any]
    at: dict[str, str]
    """`at` Triggers whose instant was moved."""
    limits: dict[str, Any]
    transferable: bool
    """False when it signs with credentials of the provider: its passes can never be handed over."""
    cancelled_at: datetime | None
    """When it was called off."""
    created_at: datetime


def list_operations(
    *, name: str | None = None, cursor: str | None = None, limit: int | None = None
) -> Call[Page[OperationOut]]:
    """
    List the operations, the newest first.

    Args:
        name: Of this name; there may be several.
        cursor: `next` of the page before.
        limit: How many at most.
    """
    return call(
        "GET",
        "/v1/operations",
        Page[OperationOut].model_validate_json,
        query={"name": name, "cursor": cursor, "limit": limit},
    )


def open_operation(
    *,
    document: Mapping[str, Any],
    matrix_version: int | None = None,
    apple_credential: str | None = None,
    google_credential: str | None = None,
    idempotency_key: str | None = None,
) -> Call[OperationOut]:
    """
    Put a Matrix in force. Its version is frozen from now on, for ever.

    Args:
        matrix_version: By default the newest.
        apple_credential: What signs its Apple passes, by name.
        google_credential: What calls Google for it, by name.
        idempotency_key: Names this request; made up by default. The same again within 30 days changes
            nothing.
    """
    return call(
        "POST",
        "/v1/operations",
        OperationOut.model_validate_json,
        headers={"Idempotency-Key": idempotency_key},
        body={
            "document": document,
            "matrix_version": matrix_version,
            "apple_credential": apple_credential,
            "google_credential": google_credential,
        },
    )


def read_operation(operation_id: int) -> Call[OperationOut]:
    """Read an operation."""
    return call(
        "GET", "/v1/operations/{operation_id}", OperationOut.model_validate_json, at={"operation_id": operation_id}
    )


def move(operation_id: int, trigger: str, *, at: datetime) -> Call[OperationOut]:
    """
    Move an `at` Trigger. Once its instant is due, it can no longer be moved.

    Args:
        trigger: An `at` Trigger of the Matrix.
    """
    return call(
        "PUT",
        "/v1/operations/{operation_id}/instants/{trigger}",
        OperationOut.model_validate_json,
        at={"operation_id": operation_id, "trigger": trigger},
        body={"at": at},
    )


def choose_credential(operation_id: int, wallet: Literal["apple", "google"], *, name: str) -> Call[OperationOut]:
    """
    Let an operation sign with another credential of the same identity, such as a renewed certificate.

    Args:
        wallet: apple or google.
    """
    return call(
        "PUT",
        "/v1/operations/{operation_id}/credentials/{wallet}",
        OperationOut.model_validate_json,
        at={"operation_id": operation_id, "wallet": wallet},
        body={"name": name},
    )


def cancel_operation(operation_id: int) -> Call[OperationOut]:
    """
    Call an operation off, for good.

    Nothing is issued, no Trigger fires, no event is taken any more, and its links lead nowhere. What phones hold stays
    as it is. Repeating it changes nothing.
    """
    return call(
        "POST",
        "/v1/operations/{operation_id}/cancel",
        OperationOut.model_validate_json,
        at={"operation_id": operation_id},
    )
