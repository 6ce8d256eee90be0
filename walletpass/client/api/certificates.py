"""
Routes of the API: certificates.

Made by tools/make_client.py from the OpenAPI document: change that, never this.
"""

from __future__ import annotations

from datetime import datetime

from walletpass.client.api.shared import CredentialOut
from walletpass.client.call import Answer, Call, Page, call


class RequestOut(Answer):
    """A request for a certificate. Its private key stays in the server, sealed."""

    id: int
    name: str
    environment: str
    request: str
    """PEM: what is uploaded at Apple for the pass type."""
    created_at: datetime
    answered_at: datetime | None
    """When its certificate came."""


class RolloverOut(Answer):
    """What a rollover began."""

    operations: list[int]
    """Those that sign with the new credential from now on."""
    runs: list[int]
    """That sign and push the passes on phones again; to be watched like others."""


def list_certificate_requests(*, cursor: str | None = None, limit: int | None = None) -> Call[Page[RequestOut]]:
    """
    List the requests for certificates of this environment, the newest first.

    Args:
        cursor: `next` of the page before.
        limit: How many at most.
    """
    return call(
        "GET", "/v1/credentials/csr", Page[RequestOut].model_validate_json, query={"cursor": cursor, "limit": limit}
    )


def request_certificate(
    *, name: str, common_name: str, email: str | None = None, country: str | None = None
) -> Call[RequestOut]:
    """
    Make a key and the request for its certificate. Upload the request at Apple, and what comes of it here.

    Args:
        name: What operations will call the credential.
        common_name: Who asks; Apple replaces it in the certificate.
        email: Of the developer account.
    """
    return call(
        "POST",
        "/v1/credentials/csr",
        RequestOut.model_validate_json,
        body={"name": name, "common_name": common_name, "email": email, "country": country},
    )


def keep_certificate(*, certificate: str, intermediate: str | None = None) -> Call[CredentialOut]:
    """
    Keep the certificate that Apple made of a request; its public key tells of which.

    Args:
        intermediate: The certificate that issued it, unless `certificate` holds that too.
    """
    return call(
        "POST",
        "/v1/credentials/csr/certificate",
        CredentialOut.model_validate_json,
        body={"certificate": certificate, "intermediate": intermediate},
    )


def begin_rollover(credential_id: int) -> Call[RolloverOut]:
    """
    Let all operations of the same pass type and team, or issuer, sign with this credential from now on.

    Passes on phones are signed and pushed again in runs. The old credential stays; the way back is the same.
    """
    return call(
        "POST",
        "/v1/credentials/{credential_id}/rollover",
        RolloverOut.model_validate_json,
        at={"credential_id": credential_id},
    )
