"""Credentials of the client: proved to work when they come, sealed, never shown again."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, Literal

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from pydantic import ConfigDict, Field
from sqlalchemy import select

from walletpass.errors import CredentialUnfit, GoogleError, NotFound, SigningError
from walletpass_server.api import paging
from walletpass_server.api.shapes import PAGE, Cursor, Limit, Name, Page, PathId, Shape
from walletpass_server.bootstrap import Platform
from walletpass_server.engine.audit import record
from walletpass_server.engine.credential_files import new_apple, new_google
from walletpass_server.engine.credentials import NewCredential, resume_credential, save_credential
from walletpass_server.engine.keys import Key
from walletpass_server.engine.worker import utc_now
from walletpass_server.persistence.tables import CredentialRow
from walletpass_server.persistence.unit_of_work import Unit

_BASE64 = r"^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$"
File = Annotated[str, Field(min_length=4, max_length=200_000, pattern=_BASE64)]
"""The bytes of a file in base64."""
_CREDENTIAL: Any = {
    "id": 5,
    "wallet": "apple",
    "name": "main",
    "source": "client",
    "environment": "test",
    "pass_type_identifier": "pass.example.shop",
    "team_identifier": "A1B2C3D4E5",
    "issuer_id": None,
    "fingerprint": "5e884898da28047151d0e56f8dc62927",
    "not_after": "2028-03-20T08:00:00Z",
    "stopped_why": None,
    "created_at": "2027-03-20T08:00:00Z",
}


class AppleIn(Shape):
    """A pass type certificate with its key: PEM, DER or PKCS#12 files in base64."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "main",
                    "certificate": "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0t",
                    "key": "LS0tLS1CRUdJTiBQUklWQVRFIEtFWS0tLS0t",
                }
            ]
        }
    )

    name: Name
    """What operations call it."""
    certificate: File
    key: File | None = None
    """Unless `certificate` holds it."""
    intermediate: File | None = None
    """The certificate that issued it, unless `certificate` holds that too."""
    passphrase: Annotated[str, Field(max_length=500)] | None = None
    """Opens the key."""
    apns_key: File | None = None
    """A key for pushing (.p8), instead of the certificate."""
    apns_key_id: Annotated[str, Field(pattern=r"^[A-Z0-9]{10}$")] | None = None


class GoogleIn(Shape):
    """A Google issuer with its service account."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "main",
                    "issuer_id": "3388000000000000001",
                    "service_account": {"type": "service_account", "client_email": "…", "private_key": "…"},
                }
            ]
        }
    )

    name: Name
    issuer_id: Annotated[str, Field(pattern=r"^[0-9]{1,20}$")]
    service_account: Annotated[dict[str, Any], Field(max_length=50)]
    """The JSON file that Google hands out."""
    origins: Annotated[list[Annotated[str, Field(max_length=200)]], Field(max_length=50)] = Field(default_factory=list)
    """Web sites on which the save button stands."""


class CredentialOut(Shape):
    """A credential, without its secrets."""

    model_config = ConfigDict(json_schema_extra={"examples": [_CREDENTIAL]})

    id: int
    wallet: str
    name: str
    source: str
    """client; or provider: for tests only, and its passes are never transferable."""
    environment: str
    pass_type_identifier: str | None
    team_identifier: str | None
    issuer_id: str | None
    fingerprint: str
    not_after: datetime | None
    """When the certificate ends."""
    stopped_why: str | None
    """Why nothing is sent with it; null while all is well."""
    created_at: datetime

    @classmethod
    def of(cls, row: CredentialRow) -> CredentialOut:
        """From its row."""
        return cls(**{name: getattr(row, name) for name in cls.model_fields})


@get("/credentials", scope="credentials:read")
async def list_credentials(
    on: NamedDependency[Platform], caller: NamedDependency[Key], cursor: Cursor = None, limit: Limit = PAGE
) -> Page[CredentialOut]:
    """List the credentials of this environment, the newest first."""
    query = select(CredentialRow).where(
        CredentialRow.environment == caller.environment, CredentialRow.retired_at.is_(None)
    )
    async with on.database.reading(caller.client_id) as unit:
        return await paging.page(unit, query, CredentialRow.id, cursor, limit, CredentialOut.of)


@get("/credentials/{credential_id:int}", scope="credentials:read", refuses=(NotFound,))
async def read_credential(
    credential_id: PathId, on: NamedDependency[Platform], caller: NamedDependency[Key]
) -> CredentialOut:
    """Read a credential, without its secrets."""
    async with on.database.reading(caller.client_id) as unit:
        return CredentialOut.of(await reach_credential(unit, caller, credential_id))


@post("/credentials/apple", status_code=201, scope="credentials:write", refuses=(SigningError, CredentialUnfit))
async def keep_apple(
    data: JSONBody[AppleIn], on: NamedDependency[Platform], caller: NamedDependency[Key]
) -> CredentialOut:
    """Keep a certificate of the client's own. A pass type identifier belongs to one client, for ever."""
    secret = data.model_dump(exclude={"name"}, exclude_none=True)
    new = await asyncio.to_thread(new_apple, data.name, secret)
    return await _keep(on, caller, new)


@post("/credentials/google", status_code=201, scope="credentials:write", refuses=(GoogleError, CredentialUnfit))
async def keep_google(
    data: JSONBody[GoogleIn], on: NamedDependency[Platform], caller: NamedDependency[Key]
) -> CredentialOut:
    """Keep a service account of the client's own issuer."""
    account = json.dumps(data.service_account).encode()
    new = await asyncio.to_thread(new_google, data.name, data.issuer_id, account, {"origins": data.origins})
    return await _keep(on, caller, new)


@post("/credentials/{credential_id:int}/resume", status_code=200, scope="credentials:write", refuses=(NotFound,))
async def resume(credential_id: PathId, on: NamedDependency[Platform], caller: NamedDependency[Key]) -> CredentialOut:
    """Send again with a credential that was stopped because the wallet's maker refused it. Look at why first."""

    async def work(unit: Unit) -> CredentialRow:
        row = await reach_credential(unit, caller, credential_id)
        wallet: Any = row.wallet
        why = row.stopped_why
        if row.stopped_at is not None and await resume_credential(unit, wallet, row.name, row.environment):
            await record(
                unit,
                caller.actor,
                "credential.resumed",
                f"credential:{credential_id}",
                utc_now(),
                before={"stopped": why},
                after={"stopped": None},
            )
        return row

    return CredentialOut.of(await on.writer.write(caller.client_id, work))


async def _keep(on: Platform, caller: Key, new: NewCredential) -> CredentialOut:
    environment: Literal["test", "production"] = "test" if caller.environment == "test" else "production"

    async def work(unit: Unit) -> CredentialRow:
        now = utc_now()
        row = await save_credential(unit, on.keyring, replace(new, environment=environment), now)
        after = {"wallet": row.wallet, "name": row.name, "fingerprint": row.fingerprint}
        await record(unit, caller.actor, "credential.added", f"credential:{row.id}", now, after=after)
        return row

    return CredentialOut.of(await on.writer.write(caller.client_id, work))


async def reach_credential(unit: Unit, caller: Key, credential_id: int) -> CredentialRow:
    """A credential of the caller's environment; raises NotFound."""
    row = await unit.session.scalar(
        select(CredentialRow).where(CredentialRow.id == credential_id, CredentialRow.environment == caller.environment)
    )
    if row is None:
        raise NotFound(f"there is no credential {credential_id}: look it up in the list")
    return row


HANDLERS = (list_credentials, read_credential, keep_apple, keep_google, resume)
