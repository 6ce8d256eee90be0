"""
Routes of the API: retention.

Made by tools/make_client.py from the OpenAPI document: change that, never this.
"""

from __future__ import annotations

from datetime import datetime

from walletpass.client.call import Answer, Call, call


class RetentionOut(Answer):
    """How long it is kept, and whether that is over."""

    days: int | None
    emptied_at: datetime | None
    """When passes were emptied and tokens removed."""


def read_retention(operation_id: int) -> Call[RetentionOut]:
    """Read how long an operation keeps what it knows of holders."""
    return call(
        "GET",
        "/v1/operations/{operation_id}/retention",
        RetentionOut.model_validate_json,
        at={"operation_id": operation_id},
    )


def change_retention(operation_id: int, *, days: int) -> Call[RetentionOut]:
    """
    Say how many days after its end the passes of an operation are emptied and its tokens removed.

    Phones then fetch an empty, void version. Figures stay.

    Args:
        days: After the end; null for as long as nobody is erased.
    """
    return call(
        "PUT",
        "/v1/operations/{operation_id}/retention",
        RetentionOut.model_validate_json,
        at={"operation_id": operation_id},
        body={"days": days},
    )
