"""The request that goes to Apple's portal."""

import subprocess

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from walletpass.apple import make_signing_request
from walletpass.errors import UsageError


def test_a_request_carries_the_public_half_of_its_key(tmp_path):
    made = make_signing_request("Boulangerie Noël", email="it@example.org", country="FR")
    request, key = x509.load_pem_x509_csr(made.request), load_pem_private_key(made.key, None)
    assert request.public_key() == key.public_key()
    assert key.key_size == 2048
    assert request.subject.rfc4514_string() == "C=FR,CN=Boulangerie Noël,1.2.840.113549.1.9.1=it@example.org"
    (tmp_path / "request.csr").write_bytes(made.request)
    said = subprocess.run(["openssl", "req", "-verify", "-noout", "-in", tmp_path / "request.csr"], capture_output=True)
    assert said.returncode == 0, said.stderr


def test_the_key_may_be_encrypted_and_is_not_shown():
    made = make_signing_request("Shop", passphrase="secret")
    assert b"ENCRYPTED" in made.key
    assert load_pem_private_key(made.key, b"secret")
    assert "PRIVATE" not in repr(made)


@pytest.mark.parametrize(
    "fault", [{"common_name": ""}, {"common_name": "x" * 65}, {"common_name": "x", "country": "FRA"}]
)
def test_a_name_that_no_certificate_carries_is_refused(fault):
    with pytest.raises(UsageError, match="the request cannot name"):
        make_signing_request(**fault)
