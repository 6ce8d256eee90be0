"""
Routes of the API: matrices.

Made by tools/make_client.py from the OpenAPI document: change that, never this.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NotRequired, TypedDict

from walletpass.client.call import Answer, Call, Page, call


class MatrixOut(Answer):
    """A version of a Matrix."""

    name: str
    version: int
    pass_type: str
    content_hash: str
    frozen: bool
    """Final for ever: an operation was created from it, or somebody froze it."""
    document: dict[str, Any]
    created_at: datetime


class StepOut(Answer):
    """One thing that happened."""

    at: datetime
    serial: str
    cause: str
    says: str
    """In one line of words."""


class PlayOut(Answer):
    """Who moves when, and why."""

    steps: list[StepOut]


class PlayedEvent(TypedDict):
    """An event to play."""

    at: datetime
    event: str
    """Of the Matrix, or pass.issued, pass.displayed, pass.added, pass.deleted, pass.changed, pass.voided."""
    serial: NotRequired[str | None]
    """The pass; by default all."""
    data: NotRequired[Mapping[str, Any]]


def list_matrices(
    *, name: str | None = None, cursor: str | None = None, limit: int | None = None
) -> Call[Page[MatrixOut]]:
    """
    List the versions of all Matrices, the newest first.

    Args:
        name: Versions of this one.
        cursor: `next` of the page before.
        limit: How many at most.
    """
    return call(
        "GET",
        "/v1/matrices",
        Page[MatrixOut].model_validate_json,
        query={"name": name, "cursor": cursor, "limit": limit},
    )


def write_matrix(*, document: Mapping[str, Any]) -> Call[MatrixOut]:
    """
    Make the next version of a Matrix, with copies of its Models as they are now.

    The content of the newest version again gives that version, so the request may be repeated.
    """
    return call("POST", "/v1/matrices", MatrixOut.model_validate_json, body={"document": document})


def read_matrix(name: str, version: int) -> Call[MatrixOut]:
    """
    Read a version of a Matrix.

    Args:
        name: Small letters, digits, hyphens.
    """
    return call(
        "GET",
        "/v1/matrices/{name}/versions/{version}",
        MatrixOut.model_validate_json,
        at={"name": name, "version": version},
    )


def freeze_matrix(name: str, version: int) -> Call[MatrixOut]:
    """
    Make a version final, for ever. Again, it changes nothing.

    Args:
        name: Small letters, digits, hyphens.
    """
    return call(
        "POST",
        "/v1/matrices/{name}/versions/{version}/freeze",
        MatrixOut.model_validate_json,
        at={"name": name, "version": version},
    )


def simulate_matrix(
    name: str,
    version: int,
    *,
    events: Sequence[PlayedEvent],
    operation: Mapping[str, Any] | None = None,
    until: datetime | None = None,
) -> Call[PlayOut]:
    """
    Play a version of a Matrix over time: the decisions are the engine's own, and nothing is kept.

    Args:
        name: Small letters, digits, hyphens.
        operation: An operation as docs/matrix.md describes it; by default from the first event until thirty
            days after the last.
        until: The last instant played.
    """
    return call(
        "POST",
        "/v1/matrices/{name}/versions/{version}/simulate",
        PlayOut.model_validate_json,
        at={"name": name, "version": version},
        body={"events": events, "operation": operation, "until": until},
    )
