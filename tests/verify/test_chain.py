"""Trust: Apple's issuer by its fingerprint, others when given; validity at the signing time and since."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.hashes import SHA256

from walletpass.apple.signing import KeySigner
from walletpass.apple.verify import chain as chain_module
from walletpass.apple.verify import inspect, verify
from walletpass.apple.verify.chain import judge_chain
from walletpass.apple.verify.signature import read_signature
from walletpass.errors import CertificateUnreadable, FileMissing, UsageError
from walletpass.findings import Finding
from walletpass.testing.authority import Authority

NOW = datetime(2027, 1, 10, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority.create(key="ec", now=NOW)


def rules(findings: Iterable[Finding]) -> list[str]:
    return [finding.rule for finding in findings]


def test_nothing_vouches_for_an_unknown_issuer_and_this_is_a_warning(plain: bytes, july: datetime) -> None:
    found = verify(plain, at=july)
    assert [(finding.rule, finding.severity.value) for finding in found] == [("chain-unchecked", "warning")]


@pytest.mark.parametrize("anchor", ["root", "wwdr"])
def test_a_given_root_or_intermediate_is_trusted(anchor: str, plain: bytes, vectors: Path, july: datetime) -> None:
    pem = (vectors / "authority" / f"{anchor}.pem").read_bytes()
    assert verify(plain, anchors=[pem], at=july) == []
    assert inspect(plain, anchors=[pem], at=july).trusted


def test_apples_issuer_is_trusted_by_its_fingerprint_alone(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    issued = authority.issue_pass_certificate(key="ec")
    carried = [issued.certificate, issued.intermediate]
    before = judge_chain(issued.certificate, carried, [], signed_at=NOW, now=NOW)
    monkeypatch.setattr(chain_module, "WWDR_G4_SHA256", issued.intermediate.fingerprint(SHA256()))
    after = judge_chain(issued.certificate, carried, [], signed_at=NOW, now=NOW)
    assert (before.trusted, rules(before.findings)) == (False, ["chain-unchecked"])
    assert (after.trusted, rules(after.findings)) == (True, [])


def test_an_anchor_that_is_known_but_not_carried_does_not_replace_the_intermediate(authority: Authority) -> None:
    issued = authority.issue_pass_certificate(key="ec")
    chain = judge_chain(issued.certificate, [issued.certificate], [issued.intermediate], signed_at=NOW, now=NOW)
    assert rules(chain.findings) == ["chain-intermediate-missing"]


@pytest.mark.parametrize(
    ("signed", "judged", "expected"),
    [
        (NOW, NOW, []),
        (NOW, NOW + 31 * DAY, ["certificate-expired-since"]),
        (NOW + 31 * DAY, NOW + 31 * DAY, ["certificate-expired"]),
        (NOW - 2 * DAY, NOW, ["certificate-not-yet-valid"]),
        (NOW + 5 * DAY, NOW, ["signing-time-future"]),
        (None, NOW + 31 * DAY, ["certificate-expired"]),
    ],
)
def test_a_certificate_is_judged_when_it_signed_and_again_now(
    authority: Authority, signed: datetime | None, judged: datetime, expected: list[str]
) -> None:
    issued = authority.issue_pass_certificate(key="ec", not_before=NOW - DAY, not_after=NOW + 30 * DAY)
    carried = [issued.certificate, issued.intermediate]
    chain = judge_chain(issued.certificate, carried, [authority.root], signed_at=signed, now=judged)
    assert sorted(set(rules(chain.findings))) == expected


def test_an_intermediate_that_has_expired_since_is_told_too(authority: Authority) -> None:
    issued = authority.issue_pass_certificate(key="ec")
    carried = [issued.certificate, issued.intermediate]
    later = NOW + 400 * DAY
    chain = judge_chain(issued.certificate, carried, [authority.root], signed_at=NOW, now=later)
    assert set(rules(chain.findings)) == {"certificate-expired-since"}


def test_what_walletpass_signs_verifies_with_both_kinds_of_key(authority: Authority) -> None:
    for kind in ("rsa", "ec"):
        issued = authority.issue_pass_certificate(key=kind)
        signature = read_signature(KeySigner(issued.credentials()).sign(b"{}", NOW), b"{}")
        assert (signature.holds, signature.findings, signature.signed_at) == (True, (), NOW)


def test_an_anchor_that_is_no_certificate_is_an_error_of_the_call(plain: bytes) -> None:
    with pytest.raises(CertificateUnreadable):
        verify(plain, anchors=[b"nonsense"])


def test_a_path_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileMissing, match=r"coupon\.pkpass cannot be opened"):
        verify(tmp_path / "coupon.pkpass")


def test_a_time_without_zone_is_refused(plain: bytes) -> None:
    with pytest.raises(UsageError, match="has no zone"):
        verify(plain, at=datetime(2026, 7, 1))
