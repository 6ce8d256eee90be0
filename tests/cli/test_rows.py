"""`walletpass build --rows`: a pass a row; faults by row; going on after a stop."""

import csv
import json
import os
import pty
import signal
import subprocess
import sys
import time
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest

from walletpass.apple.verify import verify
from walletpass.bulk import table
from walletpass.findings import failed

BUILD = ("build", "model.yaml", "--rows", "rows.csv")
HEADER = "serial,amount,code,first_name\n"


def write_rows(folder: Path, *lines: str, header: str = HEADER) -> None:
    (folder / "rows.csv").write_text(header + "".join(f"{line}\n" for line in lines), "utf-8")


def read_errors(folder: Path) -> list[list[str]]:
    with (folder / "passes" / "errors.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def serials(folder: Path) -> set[str]:
    return {path.stem for path in (folder / "passes").glob("*.pkpass")}


def pass_json(path: Path) -> dict:
    with zipfile.ZipFile(path) as archive:
        return json.loads(archive.read("pass.json"))


def leftovers(folder: Path) -> list[Path]:
    return list(folder.rglob("*.part"))


def test_each_row_becomes_a_pass_and_the_summary_counts_them(run, project):
    answer = run(*BUILD)
    assert answer.code == 0
    assert answer.out.startswith("passes: 10 passes built, ")
    assert "passes/s" in answer.out
    assert len(serials(project)) == 10
    assert not (project / "passes" / "errors.csv").exists()


def test_an_empty_cell_takes_the_default(run, project):
    write_rows(project, "A,10.00,X,", "B,10.00,X,Ada")
    assert run(*BUILD).code == 0
    fields = {name: pass_json(project / "passes" / f"{name}.pkpass")["coupon"]["secondaryFields"] for name in "AB"}
    assert [[field["key"] for field in fields[name]] for name in "AB"] == [["from"], ["from", "holder"]]


def test_rows_with_faults_are_named_and_the_others_built(run, project):
    write_rows(
        project,
        "A,10.00,X,Ada",
        "B,much,X,",
        "C,10.00,,",
        "D,10.00,X",
        "A,11.00,X,",
        '"E"x,10.00,X,',
        "\x01,10.00,X,",
        "F,,,",
        "G,10.00,X,",
    )
    answer = run(*BUILD)
    assert answer.code == 1
    assert answer.err == "7 rows failed: passes/errors.csv names row, column and reason\n"
    assert serials(project) == {"A", "G"}
    head, *faults = read_errors(project)
    assert head == ["row", "column", "reason"]
    assert [(row, column) for row, column, _ in faults] == [
        ("3", "amount"),
        ("4", "code"),
        ("5", ""),
        ("6", "serial"),
        ("7", ""),
        ("8", "serial"),
        ("9", "amount"),
        ("9", "code"),
    ]
    assert leftovers(project) == []


def test_rows_count_as_a_spreadsheet_counts_them(run, project):
    write_rows(project, 'A,10.00,"two\nlines",', "", "B,bad,X,")
    assert run(*BUILD).code == 1
    assert [fault[0] for fault in read_errors(project)[1:]] == ["4"]


@pytest.mark.parametrize("above", ["\n\n", "\ufeff\r\n", "\r\n\n\n"])
def test_blank_lines_above_the_header_are_skipped(run, project, above):
    write_rows(project, "A,10.00,X,", "B,bad,X,")
    rows = next(project.glob("*.csv"))
    rows.write_bytes(above.encode() + rows.read_bytes())
    answer = run(*BUILD)
    assert (answer.code, serials(project)) == (1, {"A"})
    blank = above.count("\n")
    assert [fault[0] for fault in read_errors(project)[1:]] == [str(blank + 3)]


def test_a_huge_cell_is_a_fault_of_its_row(run, project):
    write_rows(project, f"A,10.00,{'x' * 200_000},", "B,10.00,X,")
    assert run(*BUILD).code == 1
    assert read_errors(project)[1][0] == "2"
    assert serials(project) == {"B"}


@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_a_spreadsheet_of_excel_is_read(run, project, mark):
    (project / "rows.csv").write_text(f"{mark}serial;amount;code\r\nA;10.00;X\r\n", "utf-8", newline="")
    assert run(*BUILD).code == 0
    assert serials(project) == {"A"}


def test_without_serials_they_are_made_and_stay_the_same_when_going_on(run, project):
    write_rows(project, "10.00,X", "10.00,Y", header="amount,code\n")
    answer = run(*BUILD)
    assert (answer.code, answer.err) == (0, "no serial column: serials were made\n")
    made = serials(project)
    assert len(made) == 2
    (project / "passes" / f"{min(made)}.pkpass").unlink()
    assert run(*BUILD, "--resume").out.startswith("passes: 1 passes built, 1 were there")
    assert serials(project) == made


def test_pictures_of_rows_lie_beside_the_table(run, project):
    model = (project / "model.yaml").read_text("utf-8").replace("variables:", "variables:\n  photo: {type: image}")
    (project / "model.yaml").write_text(
        model.replace("    file: pictures/strip.svg\n", "    variable: photo\n"), "utf-8"
    )
    write_rows(
        project,
        "A,10.00,X,pictures/logo.svg",
        "B,10.00,X,../logo.svg",
        "C,10.00,X,none.png",
        "D,10.00,X,model.yaml",
        header="serial,amount,code,photo\n",
    )
    assert run(*BUILD).code == 1
    assert serials(project) == {"A"}
    assert [fault[0] for fault in read_errors(project)[1:]] == ["3", "4", "5"]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"serial,amount,code,colour\nA,1,X,red\n", "unknown column 'colour'; the model has: serial, amount"),
        (b"serial,amount\nA,1\n", "column code is missing"),
        (b"serial,amount,code,amount\nA,1,X,1\n", "column amount stands twice"),
        (b"serial,amount,code,\nA,1,X,\n", "column 4 has no name"),
        (b"", "no header"),
        (b'serial,"amount\nA,1\n', "the header is not CSV"),
        ("serial,amount,code\nA,1,é\n".encode("latin-1"), "line 2, byte 5 is not UTF-8"),
        ("serial,amount,code\nA,1,X\n".encode("utf-16"), "it looks like UTF-16"),
        (b"serial,amount,code\n" + b"x" * (table.MAX_LINE + 1), "line 2 has more than 1,000,000 bytes"),
    ],
)
def test_a_table_that_does_not_fit_is_one_line_and_nothing_is_built(run, project, content, says):
    (project / "rows.csv").write_bytes(content)
    answer = run(*BUILD)
    assert answer.code == 1
    assert answer.line.startswith("walletpass: rows.csv: ")
    assert says in answer.line
    assert not (project / "passes").exists()


def test_a_table_that_is_not_there_is_a_wrong_call(run, project):
    answer = run("build", "model.yaml", "--rows", "none.csv")
    assert (answer.code, (project / "passes").exists()) == (2, False)
    assert answer.line.startswith("walletpass: none.csv: cannot be read")


def test_a_key_that_is_no_good_leaves_no_folder(run, project):
    (project / "certs" / "pass.key").write_text("nonsense")
    assert run(*BUILD).code == 1
    assert not (project / "passes").exists()


def test_a_certificate_that_has_ended_leaves_no_folder(run, project):
    answer = run(*BUILD, "--at", "2080-01-01T00:00")
    assert answer.code == 1
    assert "ended on" in answer.line
    assert not (project / "passes").exists()


def test_a_folder_that_is_not_empty_is_left_alone(run, project):
    (project / "passes").mkdir()
    (project / "passes" / "mine.txt").write_text("keep me")
    answer = run(*BUILD)
    assert answer.code == 2
    assert "is not empty: go on with --resume" in answer.line
    assert run(*BUILD, "--resume").line.endswith("no run to go on with: build into it with --force, or name another -o")
    assert [path.name for path in (project / "passes").iterdir()] == ["mine.txt"]
    assert run(*BUILD, "--force").code == 0
    assert (project / "passes" / "mine.txt").read_text() == "keep me"


def test_going_on_with_other_rows_or_another_model_is_refused(run, project):
    assert run(*BUILD).code == 0
    model = (project / "model.yaml").read_text("utf-8")
    (project / "model.yaml").write_text(model.replace("#0f5a3c", "#0f5a3d"), "utf-8")
    assert "the model changed" in run(*BUILD, "--resume").line
    (project / "model.yaml").write_text(model, "utf-8")
    write_rows(project, "A,10.00,X,")
    assert "the rows changed" in run(*BUILD, "--resume").line


def test_going_on_builds_again_what_was_cut_short(run, project):
    assert run(*BUILD).code == 0
    damaged = project / "passes" / "SPRING-0101.pkpass"
    damaged.write_bytes(damaged.read_bytes()[:-10])
    assert run(*BUILD, "--resume").out.startswith("passes: 1 passes built, 9 were there")
    assert pass_json(damaged)["serialNumber"] == "SPRING-0101"


def test_errors_of_an_earlier_run_do_not_stay(run, project):
    write_rows(project, "A,bad,X,")
    assert run(*BUILD).code == 1
    write_rows(project, "A,10.00,X,")
    assert run(*BUILD, "--force").code == 0
    assert not (project / "passes" / "errors.csv").exists()


def test_a_full_disk_stops_the_run_and_leaves_whole_passes(run, project, monkeypatch):
    from walletpass import writing

    written = []

    def full_at_the_third(path: Path, data: bytes) -> Path:
        if len(written) == 3:
            raise OSError(28, "No space left on device", str(path))
        written.append(path)
        return writing.write_file(path, data)

    monkeypatch.setattr("walletpass.bulk.chunk.write_file", full_at_the_third)
    answer = run(*BUILD)
    assert answer.code == 1
    assert answer.line.endswith("the disk is full: free some space, then run the command again")
    assert len(serials(project)) == 3
    assert leftovers(project) == []
    assert not (project / "passes" / "errors.csv").exists()


def test_a_run_that_was_killed_goes_on_and_ends_whole(run, project):
    """SIGKILL in the middle, then --resume: every pass is there, each verifies, nothing half written is left."""
    write_rows(project, *(f"S-{number:04d},10.00,CODE-{number},Ada" for number in range(400)))
    command = [sys.executable, "-m", "walletpass", *BUILD, "--jobs", "2"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while len(serials(project)) < 40 and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    settled = -1
    while settled != (settled := len(serials(project))):  # the workers follow within moments
        time.sleep(0.3)
    assert 40 <= settled < 400
    (project / "passes" / ".0123456789abcdef.part").write_bytes(b"half")

    answer = run(*BUILD, "--resume", "--jobs", "2")
    assert answer.code == 0
    assert f"{settled:,} were there" in answer.out
    assert serials(project) == {f"S-{number:04d}" for number in range(400)}
    assert leftovers(project) == []
    root = (project / "certs" / "root.pem").read_bytes()
    sample = sorted((project / "passes").glob("*.pkpass"))[::20]
    assert not any(failed(verify(path, anchors=[root]), strict=True) for path in sample)
    assert all(zipfile.ZipFile(path).testzip() is None for path in (project / "passes").glob("*.pkpass"))


def test_a_run_that_is_asked_to_end_leaves_no_file_half_written(run, project):
    write_rows(project, *(f"S-{number:04d},10.00,CODE-{number},Ada" for number in range(400)))
    command = [sys.executable, "-m", "walletpass", *BUILD, "--jobs", "2"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while len(serials(project)) < 40 and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.005)
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in said
    assert leftovers(project) == []
    assert all(zipfile.ZipFile(path).testzip() is None for path in (project / "passes").glob("*.pkpass"))


def test_progress_is_told_where_there_is_no_terminal(run, project, monkeypatch):
    monkeypatch.setattr("walletpass.cli.progress.EVERY", 0.0)
    assert run(*BUILD).err == "10 of 10 rows\n"


def test_a_terminal_shows_a_bar(project):
    reading, terminal = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "walletpass", *BUILD], stdout=subprocess.PIPE, stderr=terminal, text=True
    ) as process:
        os.close(terminal)
        out, _ = process.communicate(timeout=60)
    shown = b""
    with suppress(OSError):  # so Linux tells that the other end is closed
        while part := os.read(reading, 4096):
            shown += part
    os.close(reading)
    assert (process.returncode, out.startswith("passes: 10 passes built")) == (0, True)
    assert "━".encode() in shown
