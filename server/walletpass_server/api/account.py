"""The account of the client itself: its plan, what it has used of it, and the rules of the wallets that it accepts."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Annotated, Any, Literal

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, PathParameter, QueryParameter
from litestar.response import Stream
from pydantic import ConfigDict, Field

from walletpass.errors import NotTransferable, RunOver, ScopeMissing, UsageError
from walletpass_server.api.shapes import Name, Shape
from walletpass_server.bootstrap import Platform
from walletpass_server.engine.archive_cipher import SHORTEST_PASSPHRASE
from walletpass_server.engine.client_export import begin_export, export_client
from walletpass_server.engine.keys import Key
from walletpass_server.engine.plans import QUOTAS, features, own_row, usage
from walletpass_server.engine.policies import POLICIES, accept, acceptances
from walletpass_server.engine.traffic import traffic_of
from walletpass_server.engine.worker import utc_now
from walletpass_server.persistence.tables import AcceptanceRow
from walletpass_server.persistence.unit_of_work import Unit

PolicyWallet = Annotated[Literal["apple", "google"], PathParameter(description="apple or google.")]
UsageDay = Annotated[date | None, QueryParameter(description="A day (UTC), such as 2027-03-20.")]
_ACCEPTED: Any = {
    "wallet": "apple",
    "version": "2026-06",
    "accepted_by": "Ada Buyer",
    "accepted_at": "2027-03-01T08:00:00Z",
}
_SERVED: Any = {"day": "2027-03-20", "door": "passkit", "requests": 2400, "bytes": 81000000}
_USED: Any = {"models": 3, "matrices": 2, "operations": 1, "passes": 1200, "active": 980}


class UsedOut(Shape):
    """How much there is of what the plan bounds, tests and production together."""

    model_config = ConfigDict(json_schema_extra={"examples": [_USED]})

    models: int
    matrices: int
    operations: int
    """That have not ended."""
    passes: int
    """Issued and still kept."""
    active: int
    """Passes that a wallet holds now."""


class AcceptedOut(Shape):
    """An acceptance on record."""

    model_config = ConfigDict(json_schema_extra={"examples": [_ACCEPTED]})

    wallet: str
    version: str
    """Of the text that was accepted."""
    accepted_by: str
    """The person who did, in the client's name."""
    accepted_at: datetime

    @classmethod
    def of(cls, row: AcceptanceRow) -> AcceptedOut:
        """From its row."""
        return cls(**{name: getattr(row, name) for name in cls.model_fields})


class AccountOut(Shape):
    """The client that the key is of."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "client": "shop",
                    "name": "Maison Verte",
                    "plan": "connector",
                    "connector": False,
                    "features": ["api", "hooks"],
                    "quotas": {"max_models": 20, "max_passes": None},
                    "used": _USED,
                    "accepted": [_ACCEPTED],
                    "created_at": "2027-03-01T08:00:00Z",
                }
            ]
        }
    )

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


class ServedOut(Shape):
    """What one door served on a day."""

    model_config = ConfigDict(json_schema_extra={"examples": [_SERVED]})

    day: date
    door: str
    """api, passkit (phones that fetch) or links (pages and downloads)."""
    requests: int
    bytes: int
    """Of the bodies of answers."""


class UsageOut(Shape):
    """What was served for the client. The last minute may be missing."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "first": "2027-03-01", "last": "2027-03-31", "active": 980, "requests": 2400, "bytes": 81000000,
                    "days": [_SERVED],
                }
            ]
        }
    )  # fmt: skip

    first: date
    last: date
    active: int
    """Passes that a wallet holds now."""
    requests: int
    bytes: int
    days: list[ServedOut]


class PolicyOut(Shape):
    """The rules of a wallet, in force now."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "wallet": "apple",
                    "version": "2026-06",
                    "rules": [{"en": "Passes are issued in your own name.", "fr": "Les pass sont émis en votre nom."}],
                    "sources": ["https://developer.apple.com/support/terms/"],
                    "accepted": True,
                }
            ]
        }
    )

    wallet: str
    version: str
    rules: list[dict[str, str]]
    """Each in English and French."""
    sources: list[str]
    """Where the wallet's maker says it."""
    accepted: bool
    """Whether the client has accepted this version."""


class PoliciesOut(Shape):
    """The rules of all wallets."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": []}]})

    items: list[PolicyOut]


class AcceptIn(Shape):
    """Who accepts which text."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"version": "2026-06", "accepted_by": "Ada Buyer"}]})

    version: Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}$", examples=["2026-06"])]
    accepted_by: Name
    """The person who accepts in the client's name."""


class ExportIn(Shape):
    """How the archive is made."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"passphrase": "correct horse battery staple", "credentials": False}]}
    )

    passphrase: Annotated[str, Field(min_length=SHORTEST_PASSPHRASE, max_length=1000)]
    """Opens it. It is kept nowhere: without it the archive is lost."""
    credentials: bool = False
    """Take along what signs: keys and service accounts."""
    without_lent: bool = False
    """Leave out operations that sign with the provider's credentials, instead of being refused because of them."""


@get("/account", scope="account:read")
async def read_account(on: NamedDependency[Platform], caller: NamedDependency[Key]) -> AccountOut:
    """Read the plan, the quotas and how much of them is used."""
    async with on.database.reading(caller.client_id, long=True) as unit:
        row = await own_row(unit)
        used = await usage(unit, utc_now())
        return AccountOut(
            client=row.slug,
            name=row.name,
            plan=row.plan,
            connector=row.connector,
            features=sorted(features(row)),
            quotas={name: getattr(row, name) for name in QUOTAS},
            used=UsedOut(**{name: getattr(used, name) for name in UsedOut.model_fields}),
            accepted=[AcceptedOut.of(each) for each in await acceptances(unit)],
            created_at=row.created_at,
        )


@get("/account/policies", scope="account:read")
async def list_policies(on: NamedDependency[Platform], caller: NamedDependency[Key]) -> PoliciesOut:
    """Read the rules of the wallets that are to be accepted before production."""
    async with on.database.reading(caller.client_id) as unit:
        known = {(row.wallet, row.version) for row in await acceptances(unit)}
    return PoliciesOut(
        items=[
            PolicyOut(
                wallet=policy.wallet,
                version=policy.version,
                rules=[dict(rule) for rule in policy.rules],
                sources=list(policy.sources),
                accepted=(policy.wallet, policy.version) in known,
            )
            for policy in POLICIES.values()
        ]
    )


@get("/account/usage", scope="account:read", refuses=(UsageError,))
async def read_usage(
    on: NamedDependency[Platform], caller: NamedDependency[Key], first: UsageDay = None, last: UsageDay = None
) -> UsageOut:
    """Read what was served for the client, day by day (UTC) and by door; by default of the last 31 days."""
    now = utc_now()
    until = last or now.date()
    since = first or until - min(timedelta(days=30), until - date.min)
    if until - since > timedelta(days=366) or since > until:
        raise UsageError(f"from {since} to {until}: ask for a year at most, the first day first")
    async with on.database.reading(caller.client_id, long=True) as unit:
        days = await traffic_of(unit, since, until)
        active = (await usage(unit, now)).active
    return UsageOut(
        first=since, last=until, active=active,
        requests=sum(each.requests for each in days), bytes=sum(each.bytes for each in days),
        days=[ServedOut(day=each.day, door=each.door, requests=each.requests, bytes=each.bytes) for each in days],
    )  # fmt: skip


@post("/account/policies/{wallet:str}/accept", status_code=200, scope="account:write", refuses=(UsageError,))
async def accept_policy(
    wallet: PolicyWallet, data: JSONBody[AcceptIn], on: NamedDependency[Platform], caller: NamedDependency[Key]
) -> AcceptedOut:
    """Accept the rules of a wallet, in the version that was read. Again, it changes nothing."""

    async def work(unit: Unit) -> AcceptedOut:
        return AcceptedOut.of(await accept(unit, wallet, data.version, data.accepted_by, caller.actor, utc_now()))

    return await on.writer.write(caller.client_id, work)


@post(
    "/account/export",
    status_code=200,
    scope="account:export",
    refuses=(NotTransferable, RunOver),
    answers="application/octet-stream",
)
async def export_account(
    data: JSONBody[ExportIn], on: NamedDependency[Platform], caller: NamedDependency[Key]
) -> Stream:
    """
    Download all that the client has, tests too, as one encrypted archive, for `walletpass client import` elsewhere.

    It needs a key for production that is not held to some operations. Refused while operations sign with the
    provider's credentials, which are the provider's, unless these are left out; the log of changes says which were.
    """
    if caller.environment != "production" or caller.reach.operations is not None:
        raise ScopeMissing("all that a client has is exported with a key for production that reaches all operations")
    now = utc_now()
    whose, words = caller.client_id, data.passphrase
    await begin_export(
        on.database, whose, words, caller.actor, now, credentials=data.credentials, without_lent=data.without_lent
    )
    pieces = export_client(on.database, on.keyring, whose, words, now, credentials=data.credentials)
    headers = {"content-disposition": 'attachment; filename="client.wpclient"'}
    return Stream(pieces, status_code=200, media_type="application/octet-stream", headers=headers)


HANDLERS = (read_account, read_usage, list_policies, accept_policy, export_account)
