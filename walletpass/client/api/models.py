"""
Routes of the API: models.

Made by tools/make_client.py from the OpenAPI document: change that, never this.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from walletpass.client.call import Answer, Call, Page, call, etag, text


class FindingOut(Answer):
    """What a check says."""

    severity: str
    """error, warning or note."""
    rule: str
    where: str
    says: str
    source: str
    hint: str


class CheckOut(Answer):
    """What people should know before passes are made from a Model."""

    fit: bool
    """Whether both wallets take its passes."""
    findings: list[FindingOut]


class LossOut(Answer):
    """What becomes of a part of a Model in a wallet."""

    field: str
    provider: str
    action: str
    """exact, adapted, moved, dropped or rejected."""
    reason: str


class LossesOut(Answer):
    """What becomes of each part of a Model in each wallet: nothing is lost silently."""

    entries: list[LossOut]


class ModelOut(Answer):
    """A Model as it is kept."""

    name: str
    pass_type: str
    content_hash: str
    """Also its ETag."""
    document: dict[str, Any]
    created_at: datetime
    changed_at: datetime


def list_models(*, cursor: str | None = None, limit: int | None = None) -> Call[Page[ModelOut]]:
    """
    List the Models, the newest first.

    Args:
        cursor: `next` of the page before.
        limit: How many at most.
    """
    return call("GET", "/v1/models", Page[ModelOut].model_validate_json, query={"cursor": cursor, "limit": limit})


def read_model(name: str) -> Call[ModelOut]:
    """
    Read a Model.

    Args:
        name: Small letters, digits, hyphens.
    """
    return call("GET", "/v1/models/{name}", ModelOut.model_validate_json, at={"name": name})


def write_model(
    name: str,
    *,
    document: Mapping[str, Any],
    if_match: str | int | None = None,
    if_none_match: Literal["*", None] | None = None,
) -> Call[ModelOut]:
    """
    Keep a Model under its name. One that exists is replaced only by whoever names its version in If-Match.

    Matrices that were made before do not change: they hold copies.

    Args:
        name: Small letters, digits, hyphens.
        if_match: The ETag of what is to be changed.
        if_none_match: `*`: only if there is none yet.
    """
    return call(
        "PUT",
        "/v1/models/{name}",
        ModelOut.model_validate_json,
        at={"name": name},
        headers={"If-Match": etag(if_match), "If-None-Match": if_none_match},
        body={"document": document},
    )


def check_model(name: str) -> Call[CheckOut]:
    """
    Check a Model: what each wallet refuses, crops or cuts short.

    Args:
        name: Small letters, digits, hyphens.
    """
    return call("GET", "/v1/models/{name}/check", CheckOut.model_validate_json, at={"name": name})


def read_losses(name: str) -> Call[LossesOut]:
    """
    Read what becomes of each part of a Model in each wallet.

    Args:
        name: Small letters, digits, hyphens.
    """
    return call("GET", "/v1/models/{name}/losses", LossesOut.model_validate_json, at={"name": name})


def draw_model(
    name: str, *, wallet: Literal["apple", "google"] | None = None, language: str | None = None
) -> Call[str]:
    """
    Draw a pass of a Model with sample values, as the wallet would lay it out.

    Args:
        name: Small letters, digits, hyphens.
        wallet: apple or google.
        language: One of the Model's.
    """
    return call(
        "GET", "/v1/models/{name}/preview.svg", text, at={"name": name}, query={"wallet": wallet, "language": language}
    )
