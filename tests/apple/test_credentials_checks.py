"""Each way in which a certificate is not fit to sign, by the name of its error."""

from datetime import UTC, datetime, timedelta

import pytest

from walletpass.apple import AppleCredentials, describe
from walletpass.apple.chain import subject_key_id
from walletpass.errors import (
    CertificateExpired,
    CertificateNotYetValid,
    ChainBroken,
    IdentityMismatch,
    WrongPurpose,
)
from walletpass.testing import Authority
from walletpass.testing.authority import key_pem


def test_a_good_certificate_passes(issued, at):
    credentials = issued.credentials()
    credentials.check(at, pass_type_identifier="pass.example.test", team_identifier="TESTTEAM")
    assert describe(credentials, at).findings == ()


def test_another_pass_type_is_told(issued_ec, at):
    with pytest.raises(IdentityMismatch, match=r"for pass type 'pass\.example\.test', not 'pass\.example\.other'"):
        issued_ec.credentials().check(at, pass_type_identifier="pass.example.other")


def test_another_team_is_told(issued_ec, at):
    with pytest.raises(IdentityMismatch, match="for team 'TESTTEAM', not 'OTHERTEAM'"):
        issued_ec.credentials().check(at, team_identifier="OTHERTEAM")


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ({"marker": False}, "no pass marker"),
        ({"purpose": False}, "no pass signing usage"),
        ({"marker": False, "purpose": False}, "no pass marker .* no pass signing usage"),
    ],
)
def test_another_purpose_is_told(authority, at, fault, says):
    with pytest.raises(WrongPurpose, match=says):
        authority.issue_pass_certificate(key="ec", **fault).credentials().check(at)


def test_a_certificate_that_is_no_pass_certificate_at_all_is_told(authority, at):
    credentials = AppleCredentials.load(
        authority.intermediate_pem, key_pem(authority.intermediate_key), intermediates=[authority.root_pem]
    )
    assert credentials.pass_type_identifier == ""
    with pytest.raises(WrongPurpose, match=r"no pass type identifier \(UID\)"):
        credentials.check(at)


def test_an_expired_certificate_is_told(authority, at):
    old = authority.issue_pass_certificate(key="ec", not_after=at - timedelta(hours=1)).credentials()
    with pytest.raises(CertificateExpired, match="ended on 2027-03-20 07:00 UTC"):
        old.check(at)


def test_a_certificate_of_the_future_is_told(authority, at):
    early = authority.issue_pass_certificate(key="ec", not_before=at + timedelta(hours=1)).credentials()
    with pytest.raises(CertificateNotYetValid, match="starts on 2027-03-20 09:00 UTC"):
        early.check(at)


def test_an_expired_intermediate_is_told(at):
    authority = Authority.create(key="ec", now=at, valid_days=30)
    late = at + timedelta(days=31)
    credentials = authority.issue_pass_certificate(key="ec", not_after=at + timedelta(days=365)).credentials()
    with pytest.raises(CertificateExpired, match="Developer Relations"):
        credentials.check(late)
    assert credentials.not_after < late


def test_validity_is_judged_now_unless_told_otherwise():
    authority = Authority.create(key="ec", now=datetime(2019, 1, 1, tzinfo=UTC), valid_days=30)
    credentials = authority.issue_pass_certificate(key="ec").credentials()
    credentials.check(datetime(2019, 1, 15, tzinfo=UTC))
    with pytest.raises(CertificateExpired):
        credentials.check()


def test_a_missing_intermediate_is_told_by_key_id(authority, issued_ec, at):
    credentials = AppleCredentials.load(issued_ec.certificate_pem, issued_ec.key_pem())
    with pytest.raises(ChainBroken, match="walletpass certs fetch") as caught:
        credentials.check(at)
    assert subject_key_id(authority.intermediate).hex(":").upper() in str(caught.value)


def test_a_foreign_intermediate_is_as_good_as_none(issued_ec, at):
    stranger = Authority.create(key="ec", now=at)
    credentials = AppleCredentials.load(
        issued_ec.certificate_pem, issued_ec.key_pem(), intermediates=[stranger.intermediate_pem]
    )
    assert credentials.chain == ()
    with pytest.raises(ChainBroken, match="is missing"):
        credentials.check(at)


def test_a_forged_issuer_is_told(authority, at):
    """It names the intermediate and its key id, but another key made the signature."""
    with pytest.raises(ChainBroken, match="did not sign"):
        authority.issue_pass_certificate(key="ec", forged=True).credentials().check(at)


def test_a_root_is_not_put_into_the_chain_unless_it_issued_the_leaf(authority, issued_ec):
    more = [issued_ec.intermediate_pem, authority.root_pem]
    credentials = AppleCredentials.load(issued_ec.certificate_pem, issued_ec.key_pem(), intermediates=more)
    assert credentials.chain == (issued_ec.intermediate,)


def test_every_message_is_one_line(authority, issued_ec, at):
    faulty = [
        AppleCredentials.load(issued_ec.certificate_pem, issued_ec.key_pem()),
        authority.issue_pass_certificate(key="ec", forged=True).credentials(),
        authority.issue_pass_certificate(key="ec", marker=False).credentials(),
        authority.issue_pass_certificate(key="ec", not_after=at - timedelta(hours=1)).credentials(),
    ]
    for credentials in faulty:
        (finding,) = [one for one in describe(credentials, at).findings if one.severity == "error"]
        assert "\n" not in str(finding)


@pytest.mark.parametrize(
    ("days", "says"), [(90, None), (59, "under 60 days"), (29, "under 30 days"), (6, "under 7 days")]
)
def test_an_end_that_comes_near_is_announced(authority, at, days, says):
    ending = authority.issue_pass_certificate(key="ec", not_after=at + timedelta(days=days, hours=1)).credentials()
    found = describe(ending, at).findings
    assert [finding.rule for finding in found] == ([] if says is None else ["certificate-ends-soon"])
    assert all(says in finding.says and f"in {days} days" in finding.says for finding in found)


@pytest.mark.parametrize(
    ("fault", "rule"),
    [
        ({"marker": False}, "wrong-purpose"),
        ({"forged": True}, "chain-broken"),
        ({"not_after": datetime(2027, 3, 20, tzinfo=UTC)}, "certificate-expired"),
        ({"not_before": datetime(2027, 3, 21, tzinfo=UTC)}, "certificate-not-yet-valid"),
    ],
)
def test_faults_are_findings_when_described(authority, at, fault, rule):
    credentials = authority.issue_pass_certificate(key="ec", **fault).credentials()
    assert [finding.rule for finding in describe(credentials, at).findings] == [rule]


def test_a_description_tells_what_people_ask_for(issued_rsa, at):
    credentials = issued_rsa.credentials()
    described = describe(credentials, at).as_dict()
    certificate = described["certificate"]
    assert described["pass_type_identifier"] == "pass.example.test"
    assert certificate["key"] == "RSA-2048"
    assert certificate["name"] == "Pass Type ID: pass.example.test"
    assert certificate["fingerprint"] == credentials.fingerprint
    assert certificate["days_left"] == 365
    assert certificate["not_after"] == "2028-03-19T08:00:00+00:00"
    assert [one["key_id"] for one in described["chain"]] == [certificate["issuer_key_id"]]
