"""One throwaway authority for the whole area: EC keys, but for the one RSA pass certificate."""

from datetime import UTC, datetime

import pytest

from walletpass.apple import KeySigner
from walletpass.testing import Authority, IssuedCertificate


@pytest.fixture(scope="session")
def at() -> datetime:
    return datetime(2027, 3, 20, 8, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def authority(at: datetime) -> Authority:
    return Authority.create(key="ec", now=at)


@pytest.fixture(scope="session")
def issued_rsa(authority: Authority) -> IssuedCertificate:
    return authority.issue_pass_certificate()


@pytest.fixture(scope="session")
def issued_ec(authority: Authority) -> IssuedCertificate:
    return authority.issue_pass_certificate(key="ec")


@pytest.fixture(scope="session", params=["rsa", "ec"])
def issued(request: pytest.FixtureRequest, issued_rsa: IssuedCertificate, issued_ec: IssuedCertificate):
    return issued_rsa if request.param == "rsa" else issued_ec


@pytest.fixture(scope="session")
def signer(issued: IssuedCertificate) -> KeySigner:
    return KeySigner(issued.credentials())


@pytest.fixture(scope="session")
def ec_signer(issued_ec: IssuedCertificate) -> KeySigner:
    return KeySigner(issued_ec.credentials())
