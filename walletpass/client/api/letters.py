"""
Routes of the API: letters.

Made by tools/make_client.py from the OpenAPI document: change that, never this.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from walletpass.client.call import Answer, Call, Page, call


class AgainOut(Answer):
    """How many letters have another round of attempts."""

    letters: int


class LetterOut(Answer):
    """A letter that was given up."""

    id: int
    channel: str
    """apns, google, hook, sms or email."""
    attempts: int
    last_error: str | None
    dead_at: datetime


def list_dead_letters(*, cursor: str | None = None, limit: int | None = None) -> Call[Page[LetterOut]]:
    """
    List the letters that were given up, the oldest first.

    Args:
        cursor: `next` of the page before.
        limit: How many at most.
    """
    return call(
        "GET", "/v1/letters/dead", Page[LetterOut].model_validate_json, query={"cursor": cursor, "limit": limit}
    )


def send_letters_again(*, letters: Sequence[int]) -> Call[AgainOut]:
    """Give letters another round of attempts; ids of others are passed over."""
    return call("POST", "/v1/letters/dead/send-again", AgainOut.model_validate_json, body={"letters": letters})
