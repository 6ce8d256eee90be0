"""Where results are written: files whole or not at all; devices, pipes and links as other programs treat them."""

import os
import stat
import threading
from pathlib import Path

import pytest

from walletpass.writing import write_file

BUILD = ("build", "model.yaml", "--data", "data.yaml")


@pytest.fixture
def built(run, project):
    assert run(*BUILD, "-o", "one.pkpass").code == 0
    return project / "one.pkpass"


def test_a_pipe_is_written_to_and_never_replaced(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    write_file(pipe, b"content")
    reader.join()
    assert read == [b"content"]
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_a_link_leads_to_the_file_it_names(tmp_path):
    (tmp_path / "old.bin").write_bytes(b"old")
    (tmp_path / "link").symlink_to("old.bin")
    write_file(tmp_path / "link", b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "old.bin").read_bytes() == b"new"
    assert {path.name for path in tmp_path.iterdir()} == {"old.bin", "link"}


def test_an_error_names_the_file_asked_for_and_not_the_one_being_written(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(NotADirectoryError) as caught:
        write_file(tmp_path / "file" / "one.pkpass", b"x")
    assert Path(caught.value.filename).name == "one.pkpass"


def test_an_empty_serial_is_refused_although_the_data_hold_one(run, project):
    answer = run(*BUILD, "--serial", "")
    assert answer.code == 1
    assert "serial" in answer.line


def test_a_build_that_fails_says_nothing_of_the_serial_it_would_have_made(run, project):
    assert "amount" in run("build", "model.yaml").line


def test_a_bundle_takes_no_bundle_and_no_half_of_a_pass(run, built, project):
    assert run("bundle", "one.pkpass", "-o", "all.pkpasses").code == 0
    (project / "half.pkpass").write_bytes(built.read_bytes()[:-100])
    for wrong in ("all.pkpasses", "half.pkpass"):
        answer = run("bundle", "one.pkpass", wrong, "-o", "more.pkpasses")
        assert answer.code == 1
        assert "pass 2 of 2" in answer.line
    assert not (project / "more.pkpasses").exists()


def test_a_file_that_is_no_certificate_is_named(run, built):
    assert "model.yaml" in run("verify", "one.pkpass", "--ca", "certs/root.pem", "--ca", "model.yaml").line


def test_a_preview_of_a_bundle_is_refused_as_such(run, built):
    assert run("bundle", "one.pkpass", "-o", "all.pkpasses").code == 0
    assert "no pass.json" in run("preview", "all.pkpasses").line
