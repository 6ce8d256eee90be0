"""
Routes of the API: tokens.

Made by tools/make_client.py from the OpenAPI document: change that, never this.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NotRequired, TypedDict

from walletpass.client.api.shared import PassOut
from walletpass.client.call import Answer, Call, Page, call


class LinksOut(Answer):
    """A token in clear. Whoever has it has the pass: treat it as a secret."""

    token: str
    link: str
    """For every phone and computer."""
    apple: str
    """Always the Apple pass."""
    google: str
    """Always on to Google's save link."""


class RowOut(Answer):
    """What became of one row: a token, or why there is none."""

    row: int
    """Place among the rows, from 0."""
    id: int | None = None
    links: LinksOut | None = None
    problem: str | None = None
    """The type of problem, as in problem+json."""
    detail: str | None = None


class BatchOut(Answer):
    """What became of each row, in the order of the request."""

    rows: list[RowOut]


class TokenIn(TypedDict):
    """A token to make."""

    external_id: NotRequired[str | None]
    """What you call the person; the same again in an operation gives the same token, with the values of
    before."""
    values: NotRequired[Mapping[str, Any]]
    """Of the variables of the pass."""


class TokenMade(Answer):
    """A token that was made, or that its external id had before."""

    id: int
    links: LinksOut


class TokenOut(Answer):
    """A token, without its text."""

    id: int
    operation_id: int
    external_id: str | None
    state: str
    """new, opened or revoked."""
    pass_id: int | None
    """The pass that its first opening gave."""
    created_at: datetime
    opened_at: datetime | None
    revoked_at: datetime | None


def list_tokens(
    operation_id: int, *, external_id: str | None = None, cursor: str | None = None, limit: int | None = None
) -> Call[Page[TokenOut]]:
    """
    List the tokens of an operation, the newest first.

    Args:
        external_id: Of this person.
        cursor: `next` of the page before.
        limit: How many at most.
    """
    return call(
        "GET",
        "/v1/operations/{operation_id}/tokens",
        Page[TokenOut].model_validate_json,
        at={"operation_id": operation_id},
        query={"external_id": external_id, "cursor": cursor, "limit": limit},
    )


def create_token(
    operation_id: int,
    *,
    external_id: str | None = None,
    values: Mapping[str, Any] | None = None,
    idempotency_key: str | None = None,
) -> Call[TokenMade]:
    """
    Make a token for one person, or find the one that the external id has.

    Args:
        external_id: What you call the person; the same again in an operation gives the same token, with the
            values of before.
        values: Of the variables of the pass.
        idempotency_key: Names this request; made up by default. The same again within 30 days changes
            nothing.
    """
    return call(
        "POST",
        "/v1/operations/{operation_id}/tokens",
        TokenMade.model_validate_json,
        at={"operation_id": operation_id},
        headers={"Idempotency-Key": idempotency_key},
        body={"external_id": external_id, "values": values},
    )


def create_tokens(operation_id: int, *, rows: Sequence[TokenIn]) -> Call[BatchOut]:
    """Make tokens for up to 500 people. External ids make it repeatable: one that has a token keeps it."""
    return call(
        "POST",
        "/v1/operations/{operation_id}/tokens/batch",
        BatchOut.model_validate_json,
        at={"operation_id": operation_id},
        body={"rows": rows},
    )


def read_token(token_id: int) -> Call[TokenOut]:
    """Read a token, without its text."""
    return call("GET", "/v1/tokens/{token_id}", TokenOut.model_validate_json, at={"token_id": token_id})


def read_links(token_id: int) -> Call[LinksOut]:
    """Show the links of a token again."""
    return call("GET", "/v1/tokens/{token_id}/links", LinksOut.model_validate_json, at={"token_id": token_id})


def revoke_token(token_id: int, *, reason: str | None = None) -> Call[TokenOut]:
    """Take a token back for good. The pass that it gave becomes void. Again, it changes nothing."""
    return call(
        "POST",
        "/v1/tokens/{token_id}/revoke",
        TokenOut.model_validate_json,
        at={"token_id": token_id},
        body={"reason": reason},
    )


def issue_pass(
    operation_id: int,
    *,
    external_id: str | None = None,
    values: Mapping[str, Any] | None = None,
    idempotency_key: str | None = None,
) -> Call[PassOut]:
    """
    Issue a pass for one person now, instead of at the first opening of a link.

    Its links are those of its token: see `external_id` in the list of tokens. An external id that has a pass gives it.

    Args:
        external_id: What you call the person; the same again in an operation gives the same token, with the
            values of before.
        values: Of the variables of the pass.
        idempotency_key: Names this request; made up by default. The same again within 30 days changes
            nothing.
    """
    return call(
        "POST",
        "/v1/operations/{operation_id}/passes",
        PassOut.model_validate_json,
        at={"operation_id": operation_id},
        headers={"Idempotency-Key": idempotency_key},
        body={"external_id": external_id, "values": values},
    )
