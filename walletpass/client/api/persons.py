"""
Routes of the API: persons.

Made by tools/make_client.py from the OpenAPI document: change that, never this.
"""

from __future__ import annotations

from walletpass.client.call import Answer, Call, call


class EraseOut(Answer):
    """How much was erased."""

    passes: int
    tokens: int


def erase_person(*, external_id: str | None = None, serial: str | None = None) -> Call[EraseOut]:
    """
    Erase a person: values, tokens, secrets and devices go, figures stay under a pseudonym. It cannot be undone.

    The log of changes keeps how much was erased, and not whom.

    Args:
        external_id: Every pass and token of this person.
        serial: One pass, with its tokens.
    """
    return call(
        "POST", "/v1/persons/erase", EraseOut.model_validate_json, body={"external_id": external_id, "serial": serial}
    )
