"""
Routes of the API: credentials.

Made by tools/make_client.py from the OpenAPI document: change that, never this.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from walletpass.client.api.shared import CredentialOut
from walletpass.client.call import Call, Page, call


def list_credentials(*, cursor: str | None = None, limit: int | None = None) -> Call[Page[CredentialOut]]:
    """
    List the credentials of this environment, the newest first.

    Args:
        cursor: `next` of the page before.
        limit: How many at most.
    """
    return call(
        "GET", "/v1/credentials", Page[CredentialOut].model_validate_json, query={"cursor": cursor, "limit": limit}
    )


def read_credential(credential_id: int) -> Call[CredentialOut]:
    """Read a credential, without its secrets."""
    return call(
        "GET", "/v1/credentials/{credential_id}", CredentialOut.model_validate_json, at={"credential_id": credential_id}
    )


def keep_apple(
    *,
    name: str,
    certificate: str,
    key: str | None = None,
    intermediate: str | None = None,
    passphrase: str | None = None,
    apns_key: str | None = None,
    apns_key_id: str | None = None,
) -> Call[CredentialOut]:
    """
    Keep a certificate of the client's own. A pass type identifier belongs to one client, for ever.

    Args:
        name: What operations call it.
        key: Unless `certificate` holds it.
        intermediate: The certificate that issued it, unless `certificate` holds that too.
        passphrase: Opens the key.
        apns_key: A key for pushing (.p8), instead of the certificate.
    """
    return call(
        "POST",
        "/v1/credentials/apple",
        CredentialOut.model_validate_json,
        body={
            "name": name,
            "certificate": certificate,
            "key": key,
            "intermediate": intermediate,
            "passphrase": passphrase,
            "apns_key": apns_key,
            "apns_key_id": apns_key_id,
        },
    )


def keep_google(
    *, name: str, issuer_id: str, service_account: Mapping[str, Any], origins: Sequence[str] | None = None
) -> Call[CredentialOut]:
    """
    Keep a service account of the client's own issuer.

    Args:
        service_account: The JSON file that Google hands out.
        origins: Web sites on which the save button stands.
    """
    return call(
        "POST",
        "/v1/credentials/google",
        CredentialOut.model_validate_json,
        body={"name": name, "issuer_id": issuer_id, "service_account": service_account, "origins": origins},
    )


def resume(credential_id: int) -> Call[CredentialOut]:
    """Send again with a credential that was stopped because the wallet's maker refused it. Look at why first."""
    return call(
        "POST",
        "/v1/credentials/{credential_id}/resume",
        CredentialOut.model_validate_json,
        at={"credential_id": credential_id},
    )
