"""
Routes of the API: account.

Made by tools/make_client.py from the OpenAPI document: change that, never this.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from walletpass.client.call import Answer, Call, call


class AcceptedOut(Answer):
    """An acceptance on record."""

    wallet: str
    version: str
    """Of the text that was accepted."""
    accepted_by: str
    """The person who did, in the client's name."""
    accepted_at: datetime


class UsedOut(Answer):
    """How much there is of what the plan bounds, tests and production together."""

    models: int
    matrices: int
    operations: int
    """That have not ended."""
    passes: int
    """Issued and still kept."""
    active: int
    """Passes that a wallet holds now."""


class AccountOut(Answer):
    """The client that the key is of."""

    client: str
    name: str
    plan: str
    """full_service, connector or platform."""
    connector: bool
    """Whether it has the connector as an add-on to another plan."""
    features: list[str]
    """What that opens: api, hooks, pages."""
    quotas: dict[str, int | None]
    """Most of each; null for no limit."""
    used: UsedOut
    accepted: list[AcceptedOut]
    created_at: datetime


class PolicyOut(Answer):
    """The rules of a wallet, in force now."""

    wallet: str
    version: str
    rules: list[dict[str, str]]
    """Each in English and French."""
    sources: list[str]
    """Where the wallet's maker says it."""
    accepted: bool
    """Whether the client has accepted this version."""


class PoliciesOut(Answer):
    """The rules of all wallets."""

    items: list[PolicyOut]


class ServedOut(Answer):
    """What one door served on a day."""

    day: date
    door: str
    """api, passkit (phones that fetch) or links (pages and downloads)."""
    requests: int
    bytes: int
    """Of the bodies of answers."""


class UsageOut(Answer):
    """What was served for the client. The last minute may be missing."""

    first: date
    last: date
    active: int
    """Passes that a wallet holds now."""
    requests: int
    bytes: int
    days: list[ServedOut]


def read_account() -> Call[AccountOut]:
    """Read the plan, the quotas and how much of them is used."""
    return call("GET", "/v1/account", AccountOut.model_validate_json)


def read_usage(*, first: date | None = None, last: date | None = None) -> Call[UsageOut]:
    """
    Read what was served for the client, day by day (UTC) and by door; by default of the last 31 days.

    Args:
        first: A day (UTC), such as 2027-03-20.
        last: A day (UTC), such as 2027-03-20.
    """
    return call("GET", "/v1/account/usage", UsageOut.model_validate_json, query={"first": first, "last": last})


def list_policies() -> Call[PoliciesOut]:
    """Read the rules of the wallets that are to be accepted before production."""
    return call("GET", "/v1/account/policies", PoliciesOut.model_validate_json)


def accept_policy(wallet: Literal["apple", "google"], *, version: str, accepted_by: str) -> Call[AcceptedOut]:
    """
    Accept the rules of a wallet, in the version that was read. Again, it changes nothing.

    Args:
        wallet: apple or google.
        accepted_by: The person who accepts in the client's name.
    """
    return call(
        "POST",
        "/v1/account/policies/{wallet}/accept",
        AcceptedOut.model_validate_json,
        at={"wallet": wallet},
        body={"version": version, "accepted_by": accepted_by},
    )


def export_account(
    *, passphrase: str, credentials: bool | None = None, without_lent: bool | None = None
) -> Call[bytes]:
    """
    Download all that the client has, tests too, as one encrypted archive, for `walletpass client import` elsewhere.

    It needs a key for production that is not held to some operations. Refused while operations sign with the
    provider's credentials, which are the provider's, unless these are left out; the log of changes says which were.

    Args:
        passphrase: Opens it. It is kept nowhere: without it the archive is lost.
        credentials: Take along what signs: keys and service accounts.
        without_lent: Leave out operations that sign with the provider's credentials, instead of being
            refused because of them.
    """
    return call(
        "POST",
        "/v1/account/export",
        bytes,
        body={"passphrase": passphrase, "credentials": credentials, "without_lent": without_lent},
    )
