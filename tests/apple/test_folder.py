"""A raw folder, as other tools use it, into a signed pass."""

import io
import json
import os
import zipfile

import pytest

from walletpass.apple import prepare, sign_folder
from walletpass.errors import BundleError, DocumentError, FileMissing, IdentityMismatch

PASS = {"passTypeIdentifier": "pass.example.test", "teamIdentifier": "TESTTEAM", "serialNumber": "1"}


@pytest.fixture
def folder(tmp_path):
    target = tmp_path / "Coupon.pass"
    (target / "fr.lproj").mkdir(parents=True)
    (target / "pass.json").write_text(json.dumps(PASS, indent=2))
    (target / "icon.png").write_bytes(b"\x89PNG icon")
    (target / "fr.lproj" / "pass.strings").write_bytes(b'"a" = "b";')
    return target


def names(archive: bytes) -> set[str]:
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        return set(opened.namelist())


def test_a_folder_becomes_a_pass(folder, signer, at):
    files = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert sign_folder(folder, signer, at) == prepare(files).build({}, signer, at)


def test_what_desktops_leave_behind_stays_out(folder, ec_signer, at):
    clean = sign_folder(folder, ec_signer, at)
    (folder / ".DS_Store").write_bytes(b"x")
    (folder / "fr.lproj" / "._pass.strings").write_bytes(b"x")
    (folder / "__MACOSX").mkdir()
    (folder / "__MACOSX" / "icon.png").write_bytes(b"x")
    (folder / ".git").mkdir()
    (folder / ".git" / "config").write_bytes(b"x")
    assert sign_folder(folder, ec_signer, at) == clean


def test_an_older_manifest_and_signature_are_made_anew(folder, ec_signer, at):
    clean = sign_folder(folder, ec_signer, at)
    (folder / "manifest.json").write_bytes(b"{}")
    (folder / "signature").write_bytes(b"old")
    assert sign_folder(folder, ec_signer, at) == clean
    assert (folder / "signature").read_bytes() == b"old"


@pytest.mark.parametrize(("key", "value"), [("passTypeIdentifier", "pass.other"), ("teamIdentifier", "OTHER")])
def test_a_pass_of_another_certificate_is_refused(folder, ec_signer, at, key, value):
    (folder / "pass.json").write_text(json.dumps(PASS | {key: value}))
    with pytest.raises(IdentityMismatch, match=f"has {key} '{value}'"):
        sign_folder(folder, ec_signer, at)


def test_a_pass_that_names_no_pass_type_is_refused(folder, ec_signer, at):
    (folder / "pass.json").write_text("{}")
    with pytest.raises(IdentityMismatch, match="has passTypeIdentifier None"):
        sign_folder(folder, ec_signer, at)


@pytest.mark.parametrize("text", ["", "{,}", "[" * 100_000, "[1]", "\ufeff{}"], ids=str.__len__)
def test_a_pass_json_that_is_no_object_is_refused(folder, ec_signer, at, text):
    (folder / "pass.json").write_text(text, encoding="utf-8")
    with pytest.raises(DocumentError, match=r"pass\.json is not"):
        sign_folder(folder, ec_signer, at)


def test_a_folder_without_pass_json_is_refused(folder, ec_signer, at):
    (folder / "pass.json").unlink()
    with pytest.raises(BundleError, match=r"pass\.json does not exist"):
        sign_folder(folder, ec_signer, at)


def test_a_missing_folder_is_named(tmp_path, ec_signer, at):
    with pytest.raises(FileMissing, match="absent cannot be read"):
        sign_folder(tmp_path / "absent", ec_signer, at)


@pytest.mark.parametrize("target", ["icon.png", "fr.lproj", "/etc/hostname", "absent"])
def test_symbolic_links_are_refused(folder, ec_signer, at, target):
    (folder / "link.png").symlink_to(target)
    with pytest.raises(BundleError, match=r"link\.png is a symbolic link"):
        sign_folder(folder, ec_signer, at)


def test_special_files_are_refused(folder, ec_signer, at):
    os.mkfifo(folder / "pipe.png")
    with pytest.raises(BundleError, match="is not a regular file"):
        sign_folder(folder, ec_signer, at)


def test_the_signing_time_is_now_unless_told_otherwise(folder, at):
    asked = []

    class Asked:
        pass_type_identifier, team_identifier = "pass.example.test", "TESTTEAM"

        def sign(self, manifest, at):
            asked.append(at)
            return b""

    assert "signature" in names(sign_folder(folder, Asked()))
    assert asked[0].tzinfo is not None
