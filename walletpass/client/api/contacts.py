"""
Routes of the API: contacts.

Made by tools/make_client.py from the OpenAPI document: change that, never this.
"""

from __future__ import annotations

from collections.abc import Sequence

from walletpass.client.call import Answer, Call, call


class ContactsOut(Answer):
    """How many contacts a pass has. They are kept as keyed hashes, so nobody can read them back."""

    msisdn: int
    email: int


def read_contacts(pass_id: int) -> Call[ContactsOut]:
    """Tell how many contacts a pass has."""
    return call("GET", "/v1/passes/{pass_id}/contacts", ContactsOut.model_validate_json, at={"pass_id": pass_id})


def write_contacts(pass_id: int, *, contacts: Sequence[str]) -> Call[ContactsOut]:
    """
    Say which contacts lead to a pass, so that events can name it by one of them.

    Args:
        contacts: In place of those of before; an empty list forgets them.
    """
    return call(
        "PUT",
        "/v1/passes/{pass_id}/contacts",
        ContactsOut.model_validate_json,
        at={"pass_id": pass_id},
        body={"contacts": contacts},
    )
