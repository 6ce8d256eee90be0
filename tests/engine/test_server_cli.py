"""The server's commands, each on a fresh data folder; what the database does, on both engines."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
from sqlalchemy import update

from walletpass.apple.certificates import AppleCredentials
from walletpass.cli import main
from walletpass.starter import write_starter
from walletpass_server.bootstrap import Platform, platform
from walletpass_server.engine import phones
from walletpass_server.engine.credentials import find_credential, open_credential
from walletpass_server.persistence.database import Database
from walletpass_server.persistence.tables import DailyCountRow, DaySealRow, OutboxRow, RunRow
from walletpass_server.persistence.unit_of_work import ALL_CLIENTS
from walletpass_server.settings import Settings

T = TypeVar("T")
COUPON = Path(__file__).parents[2] / "examples" / "coupon"
TODAY = datetime.now(UTC)
USED = ("--data", '{"amount": 12, "store": "Lyon"}')


@dataclass(frozen=True)
class Answer:
    """What one command gave."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def line(self) -> str:
        """Standard error, which has to be one line."""
        assert self.err.count("\n") == 1, self.err
        return self.err.strip()


Run = Callable[..., Answer]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command line, with a data folder of its own."""
    monkeypatch.setenv("WALLETPASS_DATA", str(tmp_path / "data"))
    for name in ("WALLETPASS_DATABASE", "WALLETPASS_SECRET_KEYS", "WALLETPASS_SECRET_KEYS_FILE"):
        monkeypatch.delenv(name, raising=False)

    def call(*arguments: object) -> Answer:
        capsys.readouterr()
        code = main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return Answer(code, captured.out, captured.err)

    return call


@pytest.fixture
def fresh(run: Run) -> Run:
    """A server that was just set up, on SQLite."""
    assert run("server", "init").code == 0
    return run


@pytest.fixture
def coupon(tmp_path: Path) -> Path:
    """The coupon of the examples, with a period around now."""
    folder = tmp_path / "coupon"
    shutil.copytree(COUPON, folder)
    file = folder / "operation.yaml"
    document = file.read_text("utf-8")
    for written, days in (("2027-03-20T08:00", -2), ("2027-04-20T00:00", 20)):
        document = document.replace(written, f"{TODAY + timedelta(days=days):%Y-%m-%dT%H:%M}")
    file.write_text(document, "utf-8")
    return file


@pytest.fixture
def shop(fresh: Run, coupon: Path) -> Run:
    """A server with a client that has an operation."""
    assert fresh("client", "add", "shop").code == 0
    assert fresh("operation", "open", coupon).code == 0
    return fresh


def on_platform(work: Callable[[Platform], Coroutine[Any, Any, T]]) -> T:
    async def inside() -> T:
        async with platform(Settings.from_env()) as opened:
            return await work(opened)

    return asyncio.run(inside())


async def _spoil(on: Platform, statement: Any) -> None:
    async with on.database.writing(ALL_CLIENTS) as unit:
        await unit.connection.execute(statement)


async def _open(on: Platform, tokens: list[str]) -> list[str]:
    """Each token opened and its pass added on a phone, as the web doors will do it; gives the serials."""
    serials = []
    for token in tokens:
        opened = await on.desk.open(token)
        async with on.database.reading(ALL_CLIENTS) as unit:
            served = await phones.find_served(unit, "-", opened.serial)

        async def phone(unit: Any, operation: int = opened.operation_id, pass_id: int = opened.pass_id) -> None:
            await phones.display(unit, operation, pass_id, "apple", TODAY)
            await phones.register(unit, operation, pass_id, f"phone-{pass_id}", "push", TODAY)

        await on.writer.write(served.client_id, phone)
        serials.append(opened.serial)
    return serials


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_from_an_empty_folder_to_figures_that_recount(
    run: Run, coupon: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest, engine: str
) -> None:
    if engine == "postgres":
        monkeypatch.setenv("WALLETPASS_DATABASE", request.getfixturevalue("postgres_url"))
    rows = tmp_path / "people.csv"
    rows.write_text("external_id\n" + "".join(f"person-{n}\n" for n in range(5)))
    assert run("server", "init").code == 0
    assert run("client", "add", "shop", "--name", "The shop").code == 0
    assert run("operation", "open", coupon, "--json").json["matrix"] == "coupon"
    assert run("token", "import", rows, "--operation", "spring-2027").code == 0
    assert run("token", "import", rows, "--operation", "spring-2027").code == 0  # the same again: nothing new
    exported = run("token", "export", "--operation", "spring-2027")
    tokens = {row["external_id"]: row["token"] for row in csv.DictReader(io.StringIO(exported.out))}
    assert sorted(tokens) == [f"person-{n}" for n in range(5)]

    serials = on_platform(lambda on: _open(on, list(tokens.values())[:4]))
    used = ("event", "coupon.used", "--json", *USED)
    once = run(*used, "--serial", serials[0], "--key", "order-1")
    again = run(*used, "--serial", serials[0], "--key", "order-1")
    assert (once.json["moved"], again.json) == (1, once.json)
    assert run(*used, "--token", tokens["person-1"]).json["moved"] == 1
    assert run(*used, "--external-id", "person-9").json["matched"] == 0
    assert run(*used, "--operation", "spring-2027", "--where", f"pass.serial == '{serials[2]}'").json["run_id"]
    assert run("worker", "--once").code == 0

    states = [
        row["state"] for row in csv.DictReader(io.StringIO(run("token", "export", "--operation", "spring-2027").out))
    ]
    assert sorted(states) == ["new", "opened", "opened", "opened", "opened"]
    (line,) = run("report", "--operation", "spring-2027", "--json").json["lines"]
    assert line == {"displayed": 4, "generated": 0, "added": 4, "deleted": 0, "active": 4, "devices": 4}
    assert run("erase", "--external-id", "person-0", "--json").json == {"passes": 1, "tokens": 1}
    by_model = run("report", "--by", "model", "--by", "wallet", "--csv").out
    assert by_model == ("model,wallet,displayed,generated,added,deleted,active,devices\nactive,apple,4,0,4,1,3,3\n")
    recounted = run("report", "recount", "--json")
    assert (recounted.code, recounted.json["differences"], recounted.json["broken_seals"]) == (0, 0, 0)
    assert run("doctor").code == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ["report"],
        ["report", "recount"],
        ["worker", "--once"],
        ["client", "list"],
        ["event", "coupon.used", "--serial", "X"],
        ["token", "export", "--operation", "spring-2027"],
        ["erase", "--serial", "X"],
    ],
)
def test_without_a_database_each_command_says_how_to_make_one(run: Run, tmp_path: Path, arguments: list[str]) -> None:
    answer = run(*arguments)
    assert answer.code == 2
    assert "run 'walletpass server init'" in answer.line
    assert not (tmp_path / "data").exists()


def test_setting_up_twice_changes_nothing(fresh: Run, tmp_path: Path) -> None:
    key = (tmp_path / "data" / "secret.keys").read_text()
    assert fresh("server", "init", "--json").json["keys"] == str(tmp_path / "data" / "secret.keys")
    assert (tmp_path / "data" / "secret.keys").read_text() == key


def test_a_server_in_use_gets_no_new_keys(fresh: Run, tmp_path: Path) -> None:
    fresh("client", "add", "shop")
    (tmp_path / "data" / "secret.keys").unlink()
    for arguments in (["server", "init"], ["client", "list"]):
        assert "put" in fresh(*arguments).line
    assert not (tmp_path / "data" / "secret.keys").exists()


def test_a_folder_given_counts_before_the_environment(run: Run, tmp_path: Path) -> None:
    assert run("server", "init", "--data", tmp_path / "elsewhere").code == 0
    assert run("client", "list", "--data", tmp_path / "elsewhere").code == 0
    assert run("client", "list").code == 2


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["event", "coupon.used", "--serial", "X", *USED], 1, "no pass with the serial"),
        (["event", "coupon.used", "--operation", "spring-2027", "--where", "pass.", *USED], 1, "where"),
        (["event", "coupon.used", "--serial", "X", "--data", "12"], 2, "write an object"),
        (["event", "coupon.used", "--serial", "X", "--data", "{"], 2, "not JSON"),
        (["event", "coupon.used"], 2, "name the pass in one way"),
        (["event", "coupon.used", "--serial", "X", "--token", "Y"], 2, "name the pass in one way"),
        (["event", "coupon.lost", "--operation", "spring-2027"], 1, "not an event of the Matrix coupon"),
        (["event", "coupon.used", "--operation", "spring-2027"], 1, "amount: missing"),
        (["event", "coupon.used", "--operation", "summer"], 1, "no operation summer"),
        (["report", "--operation", "summer"], 1, "no operation summer"),
        (["report", "--client", "other"], 1, "no client other"),
        (["report", "--from", "2027-03-20", "--to", "2027-03-01"], 2, "exchange them"),
        (["report", "--from", "yesterday"], 2, "is not a day"),
        (["report", "--json", "--csv"], 2, "drop one of them"),
        (["client", "add", "The Shop"], 2, "is no slug"),
        (["client", "add", "shop"], 2, "already"),
        (["operation", "open", "nowhere.yaml"], 2, "nowhere.yaml"),
        (["erase"], 2, "--external-id or --serial"),
        (["erase", "--serial", "X"], 1, "nothing was erased"),
        (["token", "export", "--operation", "summer"], 1, "no operation summer"),
        (["serve"], 2, "no web doors"),
    ],
)  # fmt: skip
def test_a_bad_call_is_one_line(shop: Run, arguments: list[str], code: int, says: str) -> None:
    answer = shop(*arguments)
    assert (answer.code, answer.out) == (code, "")
    assert says in answer.line


def test_of_several_clients_one_has_to_be_named(shop: Run) -> None:
    shop("client", "add", "bakery")
    answer = shop("report")
    assert answer.code == 2
    assert "bakery, shop" in answer.line
    assert shop("report", "--client", "bakery").code == 0
    assert [each["client"] for each in shop("client", "list", "--json").json] == ["bakery", "shop"]


def test_an_operation_opened_again_shares_the_frozen_matrix(shop: Run, coupon: Path) -> None:
    assert shop("operation", "open", coupon, "--json").json["version"] == 1
    matrix = coupon.parent / "matrix-coupon.yaml"
    matrix.write_text(matrix.read_text().replace("event.amount >= 10", "event.amount >= 20"))
    assert shop("operation", "open", coupon, "--json").json["version"] == 2
    assert len(shop("operation", "list", "--json").json) == 3


def test_credentials_are_kept_sealed_and_sign_for_an_operation(fresh: Run, coupon: Path, tmp_path: Path) -> None:
    write_starter(tmp_path / "starter", "coupon")
    fresh("client", "add", "shop")
    kept = fresh("client", "credentials", tmp_path / "starter" / "credentials.yaml", "--json").json
    assert [(each["wallet"], each["source"], each["transferable"]) for each in kept] == [
        ("apple", "client", True), ("google", "client", True),
    ]  # fmt: skip
    assert fresh("operation", "open", coupon, "--credentials", "main").code == 0
    assert "no credentials other" in fresh("operation", "open", coupon, "--credentials", "other").line

    async def reopen(on: Platform) -> AppleCredentials:
        from base64 import b64decode

        async with on.database.reading(ALL_CLIENTS) as unit:
            row = await find_credential(unit, "apple", "main")
        secret = {part: b64decode(text) for part, text in open_credential(on.keyring, row).items()}
        return AppleCredentials.load(secret["certificate"], secret["key"], intermediates=[secret["intermediate"]])

    assert on_platform(reopen).pass_type_identifier == kept[0]["for"]


def test_a_providers_credentials_need_consent_and_never_reach_production(
    fresh: Run, coupon: Path, tmp_path: Path
) -> None:
    write_starter(tmp_path / "starter", "coupon")
    file = tmp_path / "starter" / "credentials.yaml"
    fresh("client", "add", "shop")
    consent = ("--consent", "A. Buyer agreed to test with ours, 2027-01-12")
    assert (
        "production needs the client's own"
        in fresh("client", "credentials", file, *consent, "--environment", "production").line
    )
    assert {each["transferable"] for each in fresh("client", "credentials", file, *consent, "--json").json} == {False}
    assert fresh("operation", "open", coupon, "--credentials", "main").code == 0
    assert [each["passes"] for each in fresh("operation", "list", "--json").json] == ["not transferable"]
    coupon.write_text(coupon.read_text() + "environment: production\n")
    answer = fresh("operation", "open", coupon, "--credentials", "main")
    assert answer.code == 1
    assert "production needs the client's own" in answer.line


def _one_opened(on_shop: Run, tmp_path: Path) -> str:
    rows = tmp_path / "one.csv"
    rows.write_text("external_id\nada\n")
    assert on_shop("token", "import", rows, "--operation", "spring-2027").code == 0
    (token,) = on_shop("token", "export", "--operation", "spring-2027", "--json").json
    (serial,) = on_platform(lambda on: _open(on, [token["token"]]))
    return serial


def test_a_wrong_count_is_named_and_put_right(shop: Run, tmp_path: Path) -> None:
    _one_opened(shop, tmp_path)
    on_platform(lambda on: _spoil(on, update(DailyCountRow).where(DailyCountRow.measure == "added").values(count=3)))
    found = shop("report", "recount")
    assert found.code == 1
    assert "counted {'added': 1}, stored {'added': 3}" in found.out
    assert "differences: 1, broken seals: 0" in found.out
    assert shop("report", "recount", "--repair").code == 0
    assert "differences: 0" in shop("report", "recount").out


def test_a_report_prints_what_its_figures_mean(shop: Run, tmp_path: Path) -> None:
    _one_opened(shop, tmp_path)
    text = shop("report", "--by", "type").out
    assert "coupon             1          0      1        0       1        1" in text
    assert "generated: passes displayed so far and never yet added (stock at the end of the period" in text


def test_days_are_sealed_by_a_command_and_a_changed_seal_is_told(shop: Run, tmp_path: Path) -> None:
    _one_opened(shop, tmp_path)
    on_platform(lambda on: _spoil(on, update(DailyCountRow).values(day=date(2026, 1, 1))))
    answer = shop("report", "seal")
    assert (answer.code, "sealed days: 0" in answer.out) == (0, True)  # today is not over
    on_platform(lambda on: _seal_long_ago(on))
    answer = shop("report", "recount")
    assert answer.code == 1
    assert "2026-01-02: the seal is broken" in answer.out


async def _seal_long_ago(on: Platform) -> None:
    async with on.database.writing(ALL_CLIENTS) as unit:
        from walletpass_server.engine.operations import find_operation

        live = await find_operation(unit, name="spring-2027")
        unit.session.add(
            DaySealRow(
                client_id=live.row.client_id, operation_id=live.row.id, day=date(2026, 1, 2), figures={},
                digest=b"?" * 32, sealed_at=TODAY,
            )
        )  # fmt: skip


def test_the_doctor_of_a_sound_server_finds_nothing(shop: Run) -> None:
    answer = shop("doctor", "--json")
    assert answer.code == 0
    assert [check["name"] for check in answer.json["checks"]] == [
        "disk", "keys", "database", "clock", "secrets", "credentials", "outbox", "runs",
    ]  # fmt: skip


def test_the_doctor_says_what_is_missing_and_makes_nothing(run: Run, tmp_path: Path) -> None:
    answer = run("doctor")
    assert answer.code == 1
    assert answer.out.count("fault") == 3
    assert not (tmp_path / "data").exists()


def _another_key(shop: Run, data: Path) -> None:
    from walletpass_server.persistence.secrets import Keyring

    (data / "secret.keys").write_text(Keyring.new_key("1"))


def _open_key(shop: Run, data: Path) -> None:
    (data / "secret.keys").chmod(0o644)


def _failed_run(shop: Run, data: Path) -> None:
    shop("event", "coupon.used", "--operation", "spring-2027", *USED)
    on_platform(lambda on: _spoil(on, update(RunRow).where(RunRow.kind == "event").values(state="failed", error="why")))


def _dead_letter(shop: Run, data: Path) -> None:
    shop("event", "coupon.used", "--external-id", "ada", *USED)
    on_platform(lambda on: _spoil(on, update(OutboxRow).values(dead_at=TODAY)))


@pytest.mark.parametrize(
    ("harm", "name", "says"),
    [
        (_another_key, "secrets", "sealed with another key"),
        (_open_key, "keys", "chmod 600"),
        (_failed_run, "runs", "failed: why"),
        (_dead_letter, "outbox", "1 letters were given up"),
    ],
)
def test_the_doctor_names_what_is_wrong(
    shop: Run, tmp_path: Path, harm: Callable[[Run, Path], None], name: str, says: str
) -> None:
    _one_opened(shop, tmp_path)
    harm(shop, tmp_path / "data")
    answer = shop("doctor", "--json")
    faults = {check["name"]: check["says"] for check in answer.json["checks"] if not check["ok"]}
    assert (answer.code, list(faults)) == (1, [name])
    assert says in faults[name]


def test_a_backup_opens_as_a_server_of_a_new_epoch(shop: Run, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    assert shop("server", "backup", other / "walletpass.db").code == 0
    shutil.copy(tmp_path / "data" / "secret.keys", other)
    assert [row["operation"] for row in shop("operation", "list", "--data", other, "--json").json] == ["spring-2027"]
    epochs = [asyncio.run(_epochs(folder)) for folder in (tmp_path / "data", other)]
    assert epochs == [1, 2]
    assert shop("server", "new-epoch", "--data", other).code == 0
    assert asyncio.run(_epochs(other)) == 3


async def _epochs(folder: Path) -> int:
    from sqlalchemy import func, select

    from walletpass_server.persistence.tables import EpochRow

    database = await Database.open(f"sqlite:///{folder / 'walletpass.db'}")
    async with database.reading(ALL_CLIENTS) as unit:
        found = (await unit.connection.execute(select(func.count()).select_from(EpochRow))).scalar_one()
    await database.close()
    return found


def test_old_keys_can_be_taken_away_after_sealing_again(
    shop: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from walletpass_server.persistence.secrets import Keyring

    _one_opened(shop, tmp_path)
    old, new = (tmp_path / "data" / "secret.keys").read_text(), Keyring.new_key("2")
    monkeypatch.setenv("WALLETPASS_SECRET_KEYS", f"{new},{old}")
    assert shop("server", "seal-again").out == "sealed again: 2\n"
    monkeypatch.setenv("WALLETPASS_SECRET_KEYS", new)
    assert shop("doctor").code == 0


def test_a_worker_ends_gracefully_when_told(shop: Run, tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "walletpass", "worker"], env=dict(os.environ), stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        assert "working on" in process.stderr.readline()
        time.sleep(0.2)
        process.send_signal(signal.SIGTERM)
        _, told = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "stopping" in told
    assert "Traceback" not in told


def test_rows_at_fault_are_named_and_left_out(shop: Run, tmp_path: Path) -> None:
    rows = tmp_path / "people.jsonl"
    lines = [{"external_id": "ada", "values": {"teaser": "Hello"}}, {"external_id": 7}, {"values": {"colour": "red"}}]
    rows.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    answer = shop("token", "import", rows, "--operation", "spring-2027", "--errors", tmp_path / "errors.csv", "--json")
    assert (answer.code, answer.json) == (1, {"added": 1, "known": 0, "faulty": 2})
    assert [line.partition(": row ")[2][:2] for line in answer.err.splitlines()] == ["2:", "3:"]
    with (tmp_path / "errors.csv").open() as file:
        assert [(row["row"], row["column"]) for row in csv.DictReader(file)] == [("2", "external_id"), ("3", "colour")]


def test_a_setting_that_cannot_be_read_is_named(fresh: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WALLETPASS_FACTS_KEPT_DAYS", "a year")
    answer = fresh("report", "seal")
    assert answer.code == 2
    assert "WALLETPASS_FACTS_KEPT_DAYS=a year: is no number of days" in answer.line
    monkeypatch.setenv("WALLETPASS_FACTS_KEPT_DAYS", "400")
    assert fresh("report", "seal", "--json").json["dropped"] == 0


def test_a_run_is_seen_held_and_ended(shop: Run) -> None:
    answer = shop("event", "coupon.used", "--operation", "spring-2027", "--json", *USED)
    number = answer.json["run_id"]

    def state() -> str:
        found = shop("run", "list", "--operation", "spring-2027", "--json").json
        return next(each["state"] for each in found if each["run_id"] == number)

    assert state() == "waiting"
    for change, becomes in (("pause", "paused"), ("resume", "waiting"), ("cancel", "cancelled")):
        assert shop("run", change, number).code == 0
        assert state() == becomes
    assert "can no longer be resumed" in shop("run", "resume", number).line
    assert "there is no run 99999" in shop("run", "pause", 99999).line
    assert f"{number}  event" in shop("run", "list", "--operation", "spring-2027").out


def test_letters_that_were_given_up_are_seen_and_sent_again(shop: Run, tmp_path: Path) -> None:
    _one_opened(shop, tmp_path)
    _dead_letter(shop, tmp_path / "data")
    (letter,) = shop("outbox", "dead", "--json").json
    assert letter["channel"] == "apns"
    assert shop("outbox", "send-again", letter["id"]).out == "letters to send again: 1\n"
    assert shop("outbox", "dead").out == ""
    assert shop("outbox", "send-again").out == "letters to send again: 0\n"
    assert shop("doctor").code == 0
