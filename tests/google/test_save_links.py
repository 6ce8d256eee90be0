"""Save links: signed tokens that Google's and another library's readers accept, never too long."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from google.auth.crypt import RSAVerifier
from hypothesis import given, settings

from walletpass.errors import IdInvalid, LinkTooLong
from walletpass.google import GoogleCompiler, GooglePass, SaveLink, ServiceAccount, save_link
from walletpass.testing.models import FilledModel, filled_models

Compiled = Callable[..., GooglePass]
NOW = datetime(2027, 3, 20, 8, 0, tzinfo=UTC)
PREFIX = "https://pay.google.com/gp/v/save/"
LONG = {"fields": {"back": [{"key": "how", "value": "to be read slowly " * 100}]}}


def _claims(link: SaveLink, account: ServiceAccount) -> dict[str, Any]:
    token = link.url.removeprefix(PREFIX)
    assert len(token) == link.length
    options: Any = {"verify_iat": False}
    claims: dict[str, Any] = jwt.decode(
        token, account.private_key.public_key(), algorithms=["RS256"], audience="google", options=options
    )
    return claims


def test_a_short_pass_rides_in_its_link(compiled: Compiled, account: ServiceAccount) -> None:
    google_pass = compiled()
    link = save_link(google_pass, account, issued_at=NOW)
    assert (link.form, link.note) == ("fat", "")
    assert _claims(link, account) == {
        "iss": account.client_email,
        "aud": "google",
        "typ": "savetowallet",
        "iat": int(NOW.timestamp()),
        "payload": {"offerClasses": [google_pass.class_], "offerObjects": [google_pass.object_]},
    }


def test_a_skinny_link_names_the_pass_and_its_class_only(compiled: Compiled, account: ServiceAccount) -> None:
    google_pass = compiled("membership")
    link = save_link(google_pass, account, form="skinny", issued_at=NOW)
    ids = {"id": google_pass.object_id, "classId": google_pass.class_id}
    assert _claims(link, account)["payload"] == {"genericObjects": [ids]}
    assert link.length < 800


def test_what_is_too_long_becomes_skinny_and_says_so(compiled: Compiled, account: ServiceAccount) -> None:
    link = save_link(compiled(**LONG), account, issued_at=NOW)
    assert link.form == "skinny"
    assert "1800 are safe" in link.note
    assert "must be at Google before" in link.note


def test_a_fat_link_that_is_too_long_is_refused(compiled: Compiled, account: ServiceAccount) -> None:
    with pytest.raises(LinkTooLong, match="insert the pass at Google first and use a skinny link"):
        save_link(compiled(**LONG), account, form="fat", issued_at=NOW)


def test_the_header_names_the_key(compiled: Compiled, account: ServiceAccount) -> None:
    token = save_link(compiled(), account, issued_at=NOW).url.removeprefix(PREFIX)
    assert jwt.get_unverified_header(token) == {"alg": "RS256", "typ": "JWT", "kid": account.private_key_id}


def test_origins_are_there_when_given(compiled: Compiled, account: ServiceAccount) -> None:
    link = save_link(compiled(), account, origins=["https://shop.example"], issued_at=NOW)
    assert _claims(link, account)["origins"] == ["https://shop.example"]


def test_googles_own_library_verifies_the_signature(compiled: Compiled, account: ServiceAccount) -> None:
    token = save_link(compiled(), account, issued_at=NOW).url.removeprefix(PREFIX)
    signed, _, signature = token.rpartition(".")
    public = account.private_key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    decoded = base64.urlsafe_b64decode(signature + "==")
    verifier = RSAVerifier.from_string(public)
    assert verifier.verify(signed.encode(), decoded)
    assert not verifier.verify(signed.encode() + b"x", decoded)


def test_a_pass_of_another_issuer_is_refused(compiled: Compiled, account: ServiceAccount) -> None:
    google_pass = compiled()
    with pytest.raises(IdInvalid, match="use the service account of the pass's own issuer"):
        save_link(google_pass, replace(account, issuer_id="42"), issued_at=NOW)
    foreign = replace(google_pass, object_={**google_pass.object_, "id": "42.A-1"})
    with pytest.raises(IdInvalid, match="do not go together"):
        save_link(foreign, account, issued_at=NOW)
    assert save_link(google_pass, replace(account, issuer_id="3388000000000000001"), issued_at=NOW).form == "fat"


@settings(max_examples=25, deadline=None)
@given(filled=filled_models())
def test_the_link_of_any_pass_is_short_enough_and_reads_back(filled: FilledModel, account: ServiceAccount) -> None:
    compiler = GoogleCompiler(
        filled.model, issuer_id="3388000000000000001", image_url=lambda name, _data: f"https://i.example/{name}.png"
    )
    google_pass = compiler.compile(filled.serial, filled.values)
    link = save_link(google_pass, account, issued_at=NOW)
    assert link.length <= 1800
    (objects,) = [value for key, value in _claims(link, account)["payload"].items() if key.endswith("Objects")]
    assert objects[0]["id"] == google_pass.object_id
    if link.form == "fat":
        assert objects == [json.loads(json.dumps(google_pass.object_))]
