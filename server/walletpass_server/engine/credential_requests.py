"""
Certificates asked for from here: the private key is made in the server and never leaves it.

Apple turns the request into a certificate, which is found again by its public key: of several requests that wait, each
certificate meets its own. A renewed certificate for the same key is another credential beside the first.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from sqlalchemy import select

from walletpass.errors import NotFound
from walletpass_server.engine.audit import Actor, record
from walletpass_server.engine.credential_files import apple_credentials, new_apple
from walletpass_server.engine.credentials import save_credential
from walletpass_server.persistence.secrets import Keyring
from walletpass_server.persistence.tables import CredentialRequestRow, CredentialRow
from walletpass_server.persistence.unit_of_work import Unit

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes

Environment = Literal["test", "production"]


@dataclass(frozen=True, slots=True)
class MadeRequest:
    """
    A key and the request for its certificate, before they are kept.

    Attributes:
        request: PEM, for Apple.
        key: PEM.
        public_digest: What finds it again.
    """

    request: bytes
    key: bytes = field(repr=False)
    public_digest: bytes = b""


def make_request(common_name: str, *, email: str | None = None, country: str | None = None) -> MadeRequest:
    """
    A new key with its request. It takes a tenth of a second: in a thread, outside any transaction.

    Raises:
        UsageError: A name that no certificate can carry.
    """
    from cryptography.x509 import load_pem_x509_csr

    from walletpass.apple.signing_request import make_signing_request

    made = make_signing_request(common_name, email=email, country=country)
    return MadeRequest(made.request, made.key, _digest(load_pem_x509_csr(made.request).public_key()))


async def keep_request(
    unit: Unit,
    keyring: Keyring,
    name: str,
    environment: Environment,
    made: MadeRequest,
    actor: Actor,
    now: datetime,
) -> CredentialRequestRow:
    """
    Keep a request until its certificate comes.

    Args:
        name: What operations will call the credential.
        environment: Of the credential.
        made: What `make_request` gave.
    """
    row_id = await unit.new_id()
    row = CredentialRequestRow(
        client_id=unit.client_id,
        id=row_id,
        name=name,
        environment=environment,
        request=made.request.decode(),
        public_digest=made.public_digest,
        sealed=keyring.seal(made.key, "credential_request", "sealed", row_id),
        created_at=now,
    )
    unit.session.add(row)
    await unit.session.flush()
    after = {"name": name, "environment": environment}
    await record(unit, actor, "credential.requested", f"credential-request:{row_id}", now, after=after)
    return row


async def answer_request(
    unit: Unit,
    keyring: Keyring,
    certificate: bytes,
    actor: Actor,
    now: datetime,
    *,
    intermediate: bytes | None = None,
    environment: Environment | None = None,
) -> CredentialRow:
    """
    Keep the certificate that Apple made of a request; it is proved to sign.

    Args:
        certificate: PEM or DER.
        intermediate: The certificate that issued it, unless `certificate` holds that too.
        environment: Only a request for this one will do.

    Raises:
        NotFound: No request of the client has its public key.
        SigningError: It is no pass certificate, is over, or is not issued by the intermediate.
        CredentialUnfit: Its pass type belongs to another client.
    """
    from walletpass.apple.reading import read_certificates

    digests = [_digest(each.public_key()) for each in read_certificates(certificate)]
    request = await _find(unit, digests, environment)
    key = keyring.unseal(request.sealed, "credential_request", "sealed", request.id)
    files = {"certificate": certificate, "key": key, "intermediate": intermediate}
    secret = {part: b64encode(content).decode() for part, content in files.items() if content is not None}
    apple_credentials(secret).check(now)
    new = new_apple(request.name, secret)
    kept: Environment = "production" if request.environment == "production" else "test"
    row = await save_credential(unit, keyring, replace(new, environment=kept), now)
    request.answered_at = now
    after = {"wallet": "apple", "name": row.name, "fingerprint": row.fingerprint, "request": request.id}
    await record(unit, actor, "credential.added", f"credential:{row.id}", now, after=after)
    return row


async def _find(unit: Unit, digests: Sequence[bytes], environment: Environment | None) -> CredentialRequestRow:
    query = select(CredentialRequestRow).where(CredentialRequestRow.public_digest.in_(digests))
    if environment is not None:
        query = query.where(CredentialRequestRow.environment == environment)
    row = await unit.session.scalar(query.order_by(CredentialRequestRow.id.desc()).limit(1))
    if row is None:
        raise NotFound("no request of this client has the key of this certificate: send Apple one that was made here")
    return row


def _digest(public_key: PublicKeyTypes) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return hashlib.sha256(public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()
