"""`walletpass build` of one pass, and what stops it: one line, an exit code, nothing half written."""

import errno
import json
import os
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from walletpass.testing import Authority


def pass_json(path: Path) -> dict:
    with zipfile.ZipFile(path) as archive:
        return json.loads(archive.read("pass.json"))


def test_one_pass_is_named_by_its_serial(run, project):
    answer = run("build", "model.yaml", "--data", "data.yaml")
    assert answer.code == 0
    assert answer.err == ""
    made = project / "SPRING-0001.pkpass"
    assert pass_json(made)["serialNumber"] == "SPRING-0001"
    assert answer.out == f"{made.name} ({made.stat().st_size:,} bytes, serial SPRING-0001)\n"


def test_the_option_serial_wins_over_the_data(run, project):
    assert run("build", "model.yaml", "--data", "data.yaml", "--serial", "S-9", "-o", "out/").code == 0
    assert pass_json(project / "out" / "S-9.pkpass")["serialNumber"] == "S-9"


def test_a_missing_serial_is_made_and_said(run, project):
    (project / "data.yaml").write_text("amount: 5.00 EUR\ncode: X\n")
    answer = run("build", "model.yaml", "--data", "data.yaml", "-o", "one.pkpass")
    serial = pass_json(project / "one.pkpass")["serialNumber"]
    assert answer.line == f"no serial given: made {serial}"
    assert len(serial) == 36


def test_the_same_inputs_and_instant_give_the_same_bytes(run, project):
    for name in ("a.pkpass", "b.pkpass"):
        assert run("build", "model.yaml", "--data", "data.yaml", "--at", "2027-01-01T12:00", "-o", name).code == 0
    assert (project / "a.pkpass").read_bytes() == (project / "b.pkpass").read_bytes()


def test_data_may_be_json(run, project):
    (project / "data.json").write_text('{"serial": 7, "amount": {"amount": 5, "currency": "EUR"}, "code": "X"}')
    assert run("build", "model.yaml", "--data", "data.json", "-o", "one.pkpass").code == 0
    assert pass_json(project / "one.pkpass")["serialNumber"] == "7"


def test_a_web_service_goes_into_the_pass(run, project):
    given = ("--web-service-url", "https://passes.example.com", "--authentication-token", "0123456789abcdef")
    assert run("build", "model.yaml", "--data", "data.yaml", "-o", "one.pkpass", *given).code == 0
    assert pass_json(project / "one.pkpass")["webServiceURL"] == "https://passes.example.com"


def test_single_options_stand_in_for_credentials(run, project):
    (project / "credentials.yaml").unlink()
    given = ("--certificate", "certs/pass-ec.pem", "--key", "certs/pass-ec.key", "--intermediate", "certs/wwdr.pem")
    assert run("build", "model.yaml", "--data", "data.yaml", "-o", "one.pkpass", *given).code == 0
    assert run("verify", "one.pkpass", "--ca", "certs/root.pem").code == 0


def test_the_environment_stands_in_for_credentials(run, project, monkeypatch):
    (project / "credentials.yaml").unlink()
    for name, file in (("CERTIFICATE", "pass.pem"), ("KEY", "pass.key"), ("INTERMEDIATE", "wwdr.pem")):
        monkeypatch.setenv(f"WALLETPASS_APPLE_{name}", str(project / "certs" / file))
    assert run("build", "model.yaml", "--data", "data.yaml", "-o", "one.pkpass").code == 0


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def unknown_key(folder: Path) -> None:
    edit(folder / "model.yaml", "zone:", "colour: red\nzone:")


def bad_yaml(folder: Path) -> None:
    edit(folder / "model.yaml", "fields:", "fields: [")


def missing_variable(folder: Path) -> None:
    edit(folder / "data.yaml", "code: SPRING-7F3K\n", "")


def wrong_type(folder: Path) -> None:
    edit(folder / "data.yaml", "15.00 EUR", "a lot")


def unknown_variable(folder: Path) -> None:
    edit(folder / "data.yaml", "first_name", "firstname")


def missing_picture(folder: Path) -> None:
    (folder / "pictures" / "strip.svg").unlink()


def unreadable_picture(folder: Path) -> None:
    (folder / "pictures" / "strip.svg").write_bytes(b"\x89PNG\r\n\x1a\n truncated")


def picture_outside(folder: Path) -> None:
    edit(folder / "model.yaml", "pictures/icon.svg", "../icon.svg")


def no_credentials(folder: Path) -> None:
    (folder / "credentials.yaml").unlink()


def unknown_credential(folder: Path) -> None:
    edit(folder / "credentials.yaml", "passphrase:", "password:")


def wrong_pass_type(folder: Path) -> None:
    edit(folder / "credentials.yaml", "pass.example.sample", "pass.example.other")


def wrong_team(folder: Path) -> None:
    edit(folder / "credentials.yaml", "SAMPLETEAM", "OTHERTEAM")


def no_intermediate(folder: Path) -> None:
    edit(folder / "credentials.yaml", "certs/wwdr.pem", "certs/pass-ec.pem")


def wrong_key(folder: Path) -> None:
    edit(folder / "credentials.yaml", "certs/pass.key", "certs/pass-ec.key")


def missing_key(folder: Path) -> None:
    edit(folder / "credentials.yaml", "certs/pass.key", "certs/none.key")


def locked_key(folder: Path) -> None:
    issued = Authority.create(key="ec").issue_pass_certificate("pass.example.sample", "SAMPLETEAM", key="ec")
    (folder / "certs" / "pass.pem").write_bytes(issued.certificate_pem)
    (folder / "certs" / "pass.key").write_bytes(issued.key_pem("sesame"))
    (folder / "certs" / "wwdr.pem").write_bytes(issued.intermediate_pem)
    edit(folder / "credentials.yaml", "passphrase: null", "passphrase: open")


def expired(folder: Path) -> None:
    then = datetime.now(UTC) - timedelta(days=900)
    authority = Authority.create(key="ec", now=then)
    issued = authority.issue_pass_certificate("pass.example.sample", "SAMPLETEAM", key="ec")
    (folder / "certs" / "pass.pem").write_bytes(issued.certificate_pem)
    (folder / "certs" / "pass.key").write_bytes(issued.key_pem())
    (folder / "certs" / "wwdr.pem").write_bytes(issued.intermediate_pem)


def foreign(folder: Path) -> None:
    (folder / "certs" / "pass.pem").write_bytes((folder / "certs" / "root.pem").read_bytes())


@pytest.mark.parametrize(
    ("spoil", "code", "says"),
    [
        (unknown_key, 1, "model.yaml: colour: unknown key"),
        (bad_yaml, 1, "model.yaml: not YAML (line"),
        (missing_variable, 1, "code: missing: it is required and has no default"),
        (wrong_type, 1, "amount: 'a lot' is not an amount of money"),
        (unknown_variable, 1, "firstname: unknown variable; the Model has: amount"),
        (missing_picture, 1, "strip.svg"),
        (unreadable_picture, 1, "strip"),
        (picture_outside, 1, "outside the folder"),
        (no_credentials, 2, "no credentials.yaml beside model.yaml"),
        (unknown_credential, 1, "credentials.yaml: apple.password: unknown key"),
        (wrong_pass_type, 1, "the certificate is for pass type 'pass.example.sample', not 'pass.example.other'"),
        (wrong_team, 1, "the certificate is for team 'SAMPLETEAM', not 'OTHERTEAM'"),
        (no_intermediate, 1, "intermediate"),
        (wrong_key, 1, "the private key does not belong"),
        (missing_key, 2, "none.key cannot be read"),
        (locked_key, 1, "passphrase"),
        (expired, 1, "ended on"),
        (foreign, 1, "the private key does not belong"),
    ],
)
def test_bad_input_is_one_line_and_no_file(run, project, files, spoil, code, says):
    spoil(project)
    before = files(project)
    answer = run("build", "model.yaml", "--data", "data.yaml", "-o", "made/one.pkpass")
    assert says in answer.line
    assert (answer.code, answer.out) == (code, "")
    assert answer.line.startswith("walletpass: ")
    assert files(project) == before


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EACCES])
def test_a_file_that_cannot_be_written_leaves_the_older_one_and_no_half(run, project, files, monkeypatch, code):
    (project / "one.pkpass").write_bytes(b"older")
    before = files(project)

    write = os.write

    def half(descriptor: int, data: bytes) -> int:
        write(descriptor, data[: len(data) // 2])
        raise OSError(code, os.strerror(code), "one.pkpass")

    monkeypatch.setattr("walletpass.writing.os.write", half)
    answer = run("build", "model.yaml", "--data", "data.yaml", "-o", "one.pkpass")
    monkeypatch.undo()
    monkeypatch.chdir(project)
    assert answer.code == 1
    assert answer.line.startswith("walletpass: one.pkpass: ")
    assert ("the disk is full" in answer.line) == (code == errno.ENOSPC)
    assert files(project) == before
    assert (project / "one.pkpass").read_bytes() == b"older"


def test_the_passphrase_comes_from_the_environment_or_a_file(run, project, monkeypatch):
    locked_key(project)
    monkeypatch.setenv("SESAME", "sesame")
    (project / "secret.txt").write_text("sesame\n")
    build = ("build", "model.yaml", "--data", "data.yaml", "-o", "one.pkpass")
    assert run(*build, "--passphrase-env", "SESAME").code == 0
    assert run(*build, "--passphrase-file", "secret.txt").code == 0
    assert run(*build, "--passphrase-env", "NOT_SET").code == 2
    assert run(*build, "--passphrase-file", "not-there.txt").code == 2


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--resume",), "belong to --rows"),
        (("--rows", "rows.csv", "--data", "data.yaml"), "drop --data"),
        (("--key", "certs/pass.key"), "describe --certificate"),
        (("--certificate", "certs/pass.pem", "--credentials", "credentials.yaml"), "drop one of them"),
        (("--web-service-url", "https://example.com"), "go together"),
    ],
)
def test_options_that_do_not_fit_together_are_refused(run, project, options, says):
    answer = run("build", "model.yaml", *options)
    assert answer.code == 2
    assert says in answer.line


def test_a_picture_of_one_pass_lies_beside_its_data(run, project):
    edit(project / "model.yaml", "variables:", "variables:\n  photo: {type: image}")
    edit(project / "model.yaml", "    file: pictures/strip.svg\n", "    variable: photo\n")
    (project / "people").mkdir()
    (project / "people" / "ada.svg").write_bytes((project / "pictures" / "logo.svg").read_bytes())
    (project / "people" / "ada.yaml").write_text("serial: A\namount: 5.00 EUR\ncode: X\nphoto: ada.svg\n")
    build = ("build", "model.yaml", "--data", "people/ada.yaml", "-o", "one.pkpass")
    assert run(*build).code == 0
    with zipfile.ZipFile(project / "one.pkpass") as archive:
        assert "strip@2x.png" in archive.namelist()
    edit(project / "people" / "ada.yaml", "ada.svg", "../model.yaml")
    answer = run(*build)
    assert answer.code == 1
    assert answer.line.startswith("walletpass: photo: ../model.yaml: outside the folder")


def test_a_passphrase_given_opens_what_the_environment_holds(run, project, monkeypatch):
    issued = Authority.create(key="ec").issue_pass_certificate("pass.example.test", "TESTTEAM", key="ec")
    (project / "pass.p12").write_bytes(issued.pkcs12("sesame", with_intermediate=True))
    (project / "words.txt").write_bytes(b"\xef\xbb\xbfsesame\r\n")
    (project / "credentials.yaml").unlink()
    monkeypatch.setenv("WALLETPASS_APPLE_CERTIFICATE", "pass.p12")
    build = ("build", "model.yaml", "--data", "data.yaml", "-o", "one.pkpass")
    assert "passphrase" in run(*build).line
    assert run(*build, "--passphrase-file", "words.txt").code == 0


def test_an_error_of_a_key_or_certificate_names_its_file(run, project):
    build = ("build", "model.yaml", "--data", "data.yaml", "--certificate", "certs/pass.pem", "--key")
    assert "certs/root.pem" in run(*build, "certs/root.pem").line
    assert "model.yaml" in run(*build, "certs/pass.key", "--intermediate", "model.yaml").line
