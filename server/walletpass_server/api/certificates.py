"""Certificates asked for from here, and what comes after one: the private keys never leave the server."""

from __future__ import annotations

import asyncio
from base64 import b64decode
from datetime import datetime
from typing import Annotated, Literal

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from pydantic import ConfigDict, Field
from sqlalchemy import select

from walletpass.errors import CredentialUnfit, NotFound, SigningError, UsageError
from walletpass.values import READABLE
from walletpass_server.api import paging
from walletpass_server.api.credentials import CredentialOut, File, reach_credential
from walletpass_server.api.shapes import PAGE, Cursor, Limit, Name, Page, PathId, Shape
from walletpass_server.bootstrap import Platform
from walletpass_server.engine.credential_requests import answer_request, keep_request, make_request
from walletpass_server.engine.keys import Key
from walletpass_server.engine.rollover import Rollover, roll_over
from walletpass_server.engine.worker import utc_now
from walletpass_server.persistence.tables import CredentialRequestRow, CredentialRow
from walletpass_server.persistence.unit_of_work import Unit


class RequestIn(Shape):
    """A certificate to ask Apple for."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "main", "common_name": "Maison Verte", "country": "FR"}]}
    )

    name: Name
    """What operations will call the credential."""
    common_name: Annotated[str, Field(min_length=1, max_length=64, pattern=READABLE)]
    """Who asks; Apple replaces it in the certificate."""
    email: Annotated[str, Field(min_length=1, max_length=200, pattern=READABLE)] | None = None
    """Of the developer account."""
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] | None = None


class RequestOut(Shape):
    """A request for a certificate. Its private key stays in the server, sealed."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": 12,
                    "name": "main",
                    "environment": "production",
                    "request": "-----BEGIN CERTIFICATE REQUEST-----\n…",
                    "created_at": "2027-03-01T08:00:00Z",
                    "answered_at": None,
                }
            ]
        }
    )

    id: int
    name: str
    environment: str
    request: str
    """PEM: what is uploaded at Apple for the pass type."""
    created_at: datetime
    answered_at: datetime | None
    """When its certificate came."""

    @classmethod
    def of(cls, row: CredentialRequestRow) -> RequestOut:
        """From its row."""
        return cls(**{name: getattr(row, name) for name in cls.model_fields})


class CertificateIn(Shape):
    """A certificate that Apple made of a request: PEM or DER in base64."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"certificate": "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0t"}]})

    certificate: File
    intermediate: File | None = None
    """The certificate that issued it, unless `certificate` holds that too."""


class RolloverOut(Shape):
    """What a rollover began."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"operations": [7], "runs": [512]}]})

    operations: list[int]
    """Those that sign with the new credential from now on."""
    runs: list[int]
    """That sign and push the passes on phones again; to be watched like others."""


@post("/credentials/csr", status_code=201, scope="credentials:write", refuses=(UsageError,))
async def request_certificate(
    data: JSONBody[RequestIn], on: NamedDependency[Platform], caller: NamedDependency[Key]
) -> RequestOut:
    """Make a key and the request for its certificate. Upload the request at Apple, and what comes of it here."""
    made = await asyncio.to_thread(make_request, data.common_name, email=data.email, country=data.country)

    async def work(unit: Unit) -> CredentialRequestRow:
        return await keep_request(unit, on.keyring, data.name, _environment(caller), made, caller.actor, utc_now())

    return RequestOut.of(await on.writer.write(caller.client_id, work))


@get("/credentials/csr", scope="credentials:read")
async def list_certificate_requests(
    on: NamedDependency[Platform], caller: NamedDependency[Key], cursor: Cursor = None, limit: Limit = PAGE
) -> Page[RequestOut]:
    """List the requests for certificates of this environment, the newest first."""
    query = select(CredentialRequestRow).where(CredentialRequestRow.environment == caller.environment)
    async with on.database.reading(caller.client_id) as unit:
        return await paging.page(unit, query, CredentialRequestRow.id, cursor, limit, RequestOut.of)


@post(
    "/credentials/csr/certificate",
    status_code=201,
    scope="credentials:write",
    refuses=(NotFound, SigningError, CredentialUnfit),
)
async def keep_certificate(
    data: JSONBody[CertificateIn], on: NamedDependency[Platform], caller: NamedDependency[Key]
) -> CredentialOut:
    """Keep the certificate that Apple made of a request; its public key tells of which."""
    certificate = b64decode(data.certificate)
    intermediate = None if data.intermediate is None else b64decode(data.intermediate)

    async def work(unit: Unit) -> CredentialRow:
        return await answer_request(
            unit, on.keyring, certificate, caller.actor, utc_now(),
            intermediate=intermediate, environment=_environment(caller),
        )  # fmt: skip

    return CredentialOut.of(await on.writer.write(caller.client_id, work))


@post(
    "/credentials/{credential_id:int}/rollover",
    status_code=200,
    scope="credentials:write",
    refuses=(NotFound, CredentialUnfit),
)
async def begin_rollover(
    credential_id: PathId, on: NamedDependency[Platform], caller: NamedDependency[Key]
) -> RolloverOut:
    """
    Let all operations of the same pass type and team, or issuer, sign with this credential from now on.

    Passes on phones are signed and pushed again in runs. The old credential stays; the way back is the same.
    """

    async def work(unit: Unit) -> Rollover:
        await reach_credential(unit, caller, credential_id)
        return await roll_over(unit, credential_id, caller.actor, utc_now())

    begun = await on.writer.write(caller.client_id, work)
    return RolloverOut(operations=list(begun.operations), runs=list(begun.runs))


def _environment(caller: Key) -> Literal["test", "production"]:
    return "test" if caller.environment == "test" else "production"


HANDLERS = (request_certificate, list_certificate_requests, keep_certificate, begin_rollover)
