"""The sample credentials: fresh ones, and those in the repository."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from walletpass.apple import AppleCredentials, KeySigner
from walletpass.errors import UsageError
from walletpass.testing import write_sample

NAMES = {
    *("README.md", "google-service-account.json", "pass-ec.key", "pass-ec.pem"),
    *("pass.key", "pass.pem", "root.pem", "wwdr.pem"),
}
COMMITTED = Path(__file__).parents[2] / "certs-sample"


@pytest.fixture(scope="module")
def written(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("sample") / "certs"
    write_sample(folder)
    return folder


@pytest.fixture(params=["written", "committed"])
def sample(request, written) -> Path:
    return written if request.param == "written" else COMMITTED


def test_all_files_are_there(sample):
    assert {path.name for path in sample.iterdir()} == NAMES


@pytest.mark.parametrize("stem", ["pass", "pass-ec"])
def test_the_pass_certificates_sign_today_and_in_nineteen_years(sample, stem):
    credentials = AppleCredentials.from_files(
        sample / f"{stem}.pem", sample / f"{stem}.key", intermediates=[sample / "wwdr.pem"]
    )
    now = datetime.now(UTC)
    for at in (now, now.replace(year=2045, day=1)):
        credentials.check(at, pass_type_identifier="pass.example.sample", team_identifier="SAMPLETEAM")
        assert KeySigner(credentials).sign(b"{}", at)


def test_the_service_account_has_the_form_of_googles(sample):
    account = json.loads((sample / "google-service-account.json").read_bytes())
    assert account["type"] == "service_account"
    assert account["project_id"] == "walletpass-sample"
    assert account["client_email"] == "passes@walletpass-sample.iam.gserviceaccount.com"
    assert load_pem_private_key(account["private_key"].encode(), None).key_size == 2048


def test_the_readme_says_never_to_trust_them(sample):
    assert "never trust" in (sample / "README.md").read_text()


def test_private_keys_are_for_their_owner_only(written):
    private = {path.name for path in written.iterdir() if path.stat().st_mode & 0o077 == 0}
    assert private == {"pass.key", "pass-ec.key", "google-service-account.json"}


def test_writing_again_replaces_even_a_key_that_was_open_to_all(tmp_path):
    (tmp_path / "pass.key").write_text("old")
    (tmp_path / "pass.key").chmod(0o666)
    write_sample(tmp_path)
    assert (tmp_path / "pass.key").stat().st_mode & 0o777 == 0o600
    assert AppleCredentials.from_files(tmp_path / "pass.pem", tmp_path / "pass.key")


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="file cannot be written"):
        write_sample(tmp_path / "file")
