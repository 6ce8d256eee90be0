"""Pushing by a key for APNs (.p8), from credentials.yaml to the push."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from walletpass.credentials import read_credentials
from walletpass.errors import KeyUnreadable, UsageError
from walletpass.testing.apns import FakeApns, TeamKey
from walletpass.testing.authority import IssuedCertificate, key_pem
from walletpass_server.engine.credential_files import read_files
from walletpass_server.settings import Settings
from walletpass_server.wallets.apple.apns.identity import identity
from walletpass_server.wallets.apple.apns.sender import ApnsSender

TOKEN = "0a" * 32
DOCUMENT = """
apple:
  certificate: pass.pem
  key: pass.key
  intermediate: wwdr.pem
  apns: {key: AuthKey.p8, key_id: AB12CD34EF}
"""


@pytest.fixture
def folder(tmp_path: Path, issued: IssuedCertificate) -> Path:
    (tmp_path / "pass.pem").write_bytes(issued.certificate_pem)
    (tmp_path / "pass.key").write_bytes(issued.key_pem())
    (tmp_path / "wwdr.pem").write_bytes(issued.intermediate_pem)
    (tmp_path / "credentials.yaml").write_text(DOCUMENT)
    return tmp_path


async def test_a_credential_with_a_key_pushes_by_provider_token_and_shows_no_certificate(
    rig: Any, authority: Any, folder: Path
) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    (folder / "AuthKey.p8").write_bytes(key_pem(key))
    (new,) = read_files(read_credentials(folder / "credentials.yaml"), "main", "test")
    keys = {"AB12CD34EF": TeamKey("TEAM", key.public_key())}
    async with FakeApns(client_roots=authority.root_pem, keys=keys) as rig.apns:
        rig.connect()
        await rig.save_credential(secret=dict(new.secret))
        await rig.add("C-1", TOKEN)
        await rig.change()
        await rig.send()
        (push,) = rig.apns.accepted
        await rig.sender.close()
    assert push.headers["authorization"].startswith("bearer ")
    assert (push.topic, push.certificate) == ("pass.example.sample", None)


@pytest.mark.parametrize("content", [b"no key", key_pem(ec.generate_private_key(ec.SECP384R1()))])
def test_a_file_that_is_no_key_for_apns_is_refused_before_it_is_kept(folder: Path, content: bytes) -> None:
    (folder / "AuthKey.p8").write_bytes(content)
    with pytest.raises(KeyUnreadable, match="apns_key"):
        list(read_files(read_credentials(folder / "credentials.yaml"), "main", "test"))


@pytest.mark.parametrize("url", ["http://push.example", "https://push.example/path", "push.example", "https://x:99999"])
def test_a_place_of_apns_that_is_none_is_refused_in_one_line(url: str) -> None:
    with pytest.raises(UsageError, match="write https://host:port"):
        ApnsSender(Settings(apns_url=url), None, None)  # type: ignore[arg-type] # neither is looked at


def test_the_key_is_not_told(issued: IssuedCertificate) -> None:
    secret = {"apns_key": b64encode(issued.key_pem()).decode(), "apns_key_id": "AB12CD34EF"}
    assert "PRIVATE" not in repr(identity(secret, "TEAM", None))
