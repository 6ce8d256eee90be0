"""
Routes of the API: persons.

Made by tools/make_client.py from the OpenAPI document: change that, never this.
"""

from __future__ import annotations

from datetime import datetime

from walletpass.client.call import Answer, Call, call


class EraseOut(Answer):
    """The receipt: what was done, without a word about whom."""

    erased_at: datetime
    passes: int
    tokens: int
    on_phones: int
    """Passes whose phones are told to fetch an empty, void version."""
    erased: list[str]
    kept: list[str]
    phones: str
    google: str
    backups: str
    """Which copies still hold it, and how long."""


def erase_person(*, external_id: str | None = None, serial: str | None = None) -> Call[EraseOut]:
    """
    Erase a person: values, tokens and contacts go, figures stay under a pseudonym. It cannot be undone.

    Phones fetch an empty, void version; the object at Google is emptied. The log of changes keeps the receipt, and not
    whom it was about.

    Args:
        external_id: Every pass and token of this person.
        serial: One pass, with its tokens.
    """
    return call(
        "POST", "/v1/persons/erase", EraseOut.model_validate_json, body={"external_id": external_id, "serial": serial}
    )
