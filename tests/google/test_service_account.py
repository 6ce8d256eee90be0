"""Service accounts: what Google hands out is read, all else is refused in words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from walletpass.errors import FileMissing, ServiceAccountUnreadable, UsageError
from walletpass.google import ServiceAccount
from walletpass.testing import sample_service_account


@pytest.fixture(scope="module")
def document() -> dict[str, str]:
    return sample_service_account()


def _pem(key: Any) -> str:
    pem: bytes = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return pem.decode()


def test_an_account_is_read_from_bytes_path_and_environment(document: dict[str, str], tmp_path: Path) -> None:
    data = json.dumps(document)
    path = tmp_path / "account.json"
    path.write_text(data)
    variable = "WALLETPASS_GOOGLE_SERVICE_ACCOUNT"
    accounts = [
        ServiceAccount.load(data.encode()),
        ServiceAccount.load(path),
        ServiceAccount.load(str(path)),
        ServiceAccount.from_environment({variable: data}),
        ServiceAccount.from_environment({variable: str(path)}),
    ]
    assert {account.client_email for account in accounts} == {document["client_email"]}
    assert {account.private_key.private_numbers() for account in accounts} == {
        accounts[0].private_key.private_numbers()
    }
    assert accounts[0].private_key_id == document["private_key_id"]
    assert accounts[0].project_id == document["project_id"]


def test_the_key_is_never_shown(document: dict[str, str]) -> None:
    assert "private_key=" not in repr(ServiceAccount.load(json.dumps(document).encode()))


def test_line_breaks_written_as_text_are_read(document: dict[str, str]) -> None:
    escaped = {**document, "private_key": document["private_key"].replace("\n", "\\n")}
    assert ServiceAccount.load(json.dumps(escaped).encode()).client_email == document["client_email"]


def test_a_missing_file_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(FileMissing, match=r"none\.json: cannot be read"):
        ServiceAccount.load(tmp_path / "none.json")


def test_an_unset_variable_is_said_so() -> None:
    with pytest.raises(UsageError, match="WALLETPASS_GOOGLE_SERVICE_ACCOUNT is not set"):
        ServiceAccount.from_environment({})


@pytest.mark.parametrize("data", [b"", b"[]", b"\xff", b"-----BEGIN PRIVATE KEY-----", b"[" * 50_000])
def test_what_is_no_json_object_is_refused(data: bytes) -> None:
    with pytest.raises(ServiceAccountUnreadable, match="not a JSON object"):
        ServiceAccount.load(data)


def test_a_huge_file_is_refused() -> None:
    with pytest.raises(ServiceAccountUnreadable, match="larger than"):
        ServiceAccount.load(b" " * 200_000)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"type": "authorized_user"}, "type is 'authorized_user', not 'service_account'"),
        ({"client_email": None}, "client_email is missing"),
        ({"client_email": "me"}, "client_email 'me' is no address"),
        ({"private_key": ""}, "private_key is missing"),
        ({"private_key": "hello"}, "private_key cannot be read"),
        ({"token_uri": "https://evil.example/token"}, "token_uri 'https://evil.example/token' is not Google's"),
    ],
)
def test_each_fault_is_named(change: dict[str, Any], says: str, document: dict[str, str]) -> None:
    with pytest.raises(ServiceAccountUnreadable, match=says):
        ServiceAccount.load(json.dumps({**document, **change}).encode())


def test_a_key_of_another_kind_or_too_short_is_refused(document: dict[str, str]) -> None:
    curve = {**document, "private_key": _pem(ec.generate_private_key(ec.SECP256R1()))}
    with pytest.raises(ServiceAccountUnreadable, match="no RSA key"):
        ServiceAccount.load(json.dumps(curve).encode())
    short = {**document, "private_key": _pem(rsa.generate_private_key(65537, 1024))}  # noqa: S505  # to be refused
    with pytest.raises(ServiceAccountUnreadable, match="has 1024 bits, 2048 are the least"):
        ServiceAccount.load(json.dumps(short).encode())
