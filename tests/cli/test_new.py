"""`walletpass new`: every other command works on what it writes, at once."""

import csv
import json
import shutil

import pytest

from walletpass.model import PASS_TYPES
from walletpass.starter import KINDS, starter_files

WRITTEN = {"model.yaml", "data.yaml", "rows.csv", "credentials.yaml", "pictures", "certs"}


@pytest.fixture(params=KINDS)
def kind(request):
    return request.param


@pytest.fixture
def starter(kind, coupon, tmp_path, monkeypatch):
    """A starter of each kind; the certificates, which take a while, are those of the coupon."""
    folder = tmp_path / kind
    for name, content in starter_files(kind):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    shutil.copytree(coupon / "certs", folder / "certs")
    monkeypatch.chdir(folder)
    return folder


def test_there_is_a_starter_for_every_pass_type():
    assert KINDS == PASS_TYPES


def test_new_writes_all_it_promises_and_names_the_next_commands(run, tmp_path):
    answer = run("new", tmp_path / "card", "--kind", "loyalty")
    assert answer.code == 0
    assert {path.name for path in (tmp_path / "card").iterdir()} == WRITTEN
    assert {"root.pem", "wwdr.pem", "pass.pem", "pass.key", "pass-ec.pem", "pass-ec.key"} <= {
        path.name for path in (tmp_path / "card" / "certs").iterdir()
    }
    for command in ("lint", "preview", "build", "verify", "google"):
        assert f"  walletpass {command} {tmp_path}" in answer.out


def test_new_leaves_a_folder_alone_that_is_not_empty(run, tmp_path):
    (tmp_path / "mine.txt").write_text("keep me")
    answer = run("new", tmp_path, "--kind", "coupon")
    assert answer.code == 2
    assert answer.line == f"walletpass: {tmp_path} is not empty: name a new folder, or give --force"
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_new_by_force_keeps_other_files(run, tmp_path):
    (tmp_path / "mine.txt").write_text("keep me")
    assert run("new", tmp_path, "--kind", "coupon", "--force").code == 0
    assert (tmp_path / "mine.txt").read_text() == "keep me"
    assert (tmp_path / "model.yaml").is_file()


def test_new_does_not_write_into_a_file(run, tmp_path):
    (tmp_path / "taken").write_text("")
    assert run("new", tmp_path / "taken", "--kind", "coupon").line.endswith("is a file: name a folder")


def test_a_starter_has_no_error(run, starter):
    answer = run("lint", "model.yaml", "--json")
    assert answer.code == 0
    found = json.loads(answer.out)["files"][0]["findings"]
    assert [finding for finding in found if finding["severity"] == "error"] == []


def test_a_starter_speaks_english_and_french(starter):
    assert "languages: [en, fr]" in (starter / "model.yaml").read_text("utf-8")


def test_a_starter_builds_verifies_and_links(run, starter):
    assert run("build", "model.yaml", "--data", "data.yaml", "-o", "one.pkpass").code == 0
    verdict = run("verify", "one.pkpass", "--ca", "certs/root.pem", "--strict")
    assert (verdict.code, verdict.out) == (0, "one.pkpass: ok\n")
    link = run("google", "model.yaml", "--data", "data.yaml", "--show", "link")
    assert link.code == 0
    assert link.out.startswith("https://pay.google.com/gp/v/save/")


def test_the_rows_of_a_starter_are_ten_passes(run, starter):
    with (starter / "rows.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 10
    assert run("build", "model.yaml", "--rows", "rows.csv", "-o", "passes").code == 0
    assert {path.stem for path in starter.glob("passes/*.pkpass")} == {row["serial"] for row in rows}
