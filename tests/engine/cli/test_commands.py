"""Each command: what it does, and how it says no."""

from __future__ import annotations

import csv
import json
from base64 import b64decode
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from walletpass.apple.certificates import AppleCredentials
from walletpass.starter import write_starter
from walletpass_server.bootstrap import Platform
from walletpass_server.engine.credentials import find_credential, open_credential
from walletpass_server.engine.operations import find_operation
from walletpass_server.persistence.tables import AuditRow, DailyCountRow, DaySealRow, OutboxRow
from walletpass_server.persistence.unit_of_work import ALL_CLIENTS

Run = Callable[..., Any]
Platforms = Callable[..., Any]
TODAY = datetime.now(UTC)
USED = ("--data", '{"amount": 12, "store": "Lyon"}')


async def _spoil(on: Platform, statement: Any) -> None:
    async with on.database.writing(ALL_CLIENTS) as unit:
        await unit.connection.execute(statement)


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
        (["token", "show"], 2, "name the token in one way"),
        (["token", "show", "--id", "77"], 1, "there is no such token"),
        (["token", "show", "--external-id", "K-1"], 2, "name it with --operation"),
        (["token", "revoke", "--token", "nonsense"], 1, "gives no pass"),
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


def test_the_link_of_an_operation_is_printed_and_drawn(
    shop: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WALLETPASS_PUBLIC_URL", "https://pass.example.com/")
    code = tmp_path / "poster.png"

    answer = shop("operation", "link", "spring-2027", "--qr", code)

    (opened,) = shop("operation", "list", "--json").json
    assert answer.out == f"https://pass.example.com/o/{opened['link']}\n"
    assert code.read_bytes().startswith(b"\x89PNG")
    wrong = shop("operation", "link", "spring-2027", "--qr", tmp_path / "poster.gif")
    assert (wrong.code, wrong.line.endswith("name the file so")) == (2, True)
    assert shop("operation", "link", "summer").code == 1


def test_credentials_are_kept_sealed_and_sign_for_an_operation(
    fresh: Run, coupon: Path, tmp_path: Path, on_platform: Platforms
) -> None:
    write_starter(tmp_path / "starter", "coupon")
    fresh("client", "add", "shop")
    kept = fresh("client", "credentials", tmp_path / "starter" / "credentials.yaml", "--json").json
    assert [(each["wallet"], each["source"], each["transferable"]) for each in kept] == [
        ("apple", "client", True), ("google", "client", True),
    ]  # fmt: skip
    assert fresh("operation", "open", coupon, "--credentials", "main").code == 0
    assert "no credentials other" in fresh("operation", "open", coupon, "--credentials", "other").line

    async def reopen(on: Platform) -> AppleCredentials:
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


def test_a_wrong_count_is_named_and_put_right(
    shop: Run, tmp_path: Path, one_opened: str, on_platform: Platforms
) -> None:
    on_platform(lambda on: _spoil(on, update(DailyCountRow).where(DailyCountRow.added > 0).values(added=3)))
    found = shop("report", "recount")
    assert found.code == 1
    assert "counted {'added': 1}, stored {'added': 3}" in found.out
    assert "differences: 1, broken seals: 0" in found.out
    assert shop("report", "recount", "--repair").code == 0
    assert "differences: 0" in shop("report", "recount").out


def test_a_report_prints_what_its_figures_mean(shop: Run, tmp_path: Path, one_opened: str) -> None:
    text = shop("report", "--by", "type").out
    assert "coupon             1          0      1        0       1        1" in text
    assert "generated: passes displayed so far and never yet added (stock at the end of the period" in text


def test_a_report_is_told_in_french_and_says_what_it_cannot_know(shop: Run, one_opened: str) -> None:
    text = shop("report", "--by", "source", "--language", "fr").out
    assert "generated: pass générés : montrés à ce jour et jamais encore ajoutés (stock" in text
    assert "Aucun rapport ne peut dire :\n- Apple : si un pass a été supprimé" in text
    assert shop("report", "--json").json["unknowable"][0].startswith("Apple: whether a pass was deleted")


def test_a_figure_is_listed_pass_by_pass(shop: Run, one_opened: str) -> None:
    (row,) = csv.DictReader(shop("report", "list", "added", "--operation", "spring-2027").out.splitlines())
    assert (row["serial"], row["wallet"], row["client"]) == (one_opened, "apple", "shop")
    told = json.loads(shop("report", "list", "active", "--json", "--wallet", "apple").out)
    assert told["serial"] == one_opened
    assert shop("report", "list", "added", "--wallet", "google").out.count("\n") == 1


def test_the_staff_see_all_clients_beside_each_other(shop: Run, one_opened: str) -> None:
    shop("client", "add", "bakery")
    found = shop("report", "--all-clients", "--by", "client", "--json").json
    assert [(line["client"], line["added"]) for line in found["lines"]] == [("shop", 1)]
    assert "drop one of them" in shop("report", "--all-clients", "--client", "shop").line


def test_days_are_sealed_by_a_command_and_a_changed_seal_is_told(
    shop: Run, tmp_path: Path, one_opened: str, on_platform: Platforms
) -> None:
    on_platform(lambda on: _spoil(on, update(DailyCountRow).values(day=date(2026, 1, 1))))
    answer = shop("report", "seal")
    assert (answer.code, "sealed days: 0" in answer.out) == (0, True)  # today is not over
    on_platform(_seal_long_ago)
    answer = shop("report", "recount")
    assert answer.code == 1
    assert "2026-01-02: the seal is broken" in answer.out


async def _seal_long_ago(on: Platform) -> None:
    async with on.database.writing(ALL_CLIENTS) as unit:
        live = await find_operation(unit, name="spring-2027")
        unit.session.add(
            DaySealRow(
                client_id=live.row.client_id, operation_id=live.row.id, day=date(2026, 1, 2), figures={},
                digest=b"?" * 32, sealed_at=TODAY,
            )
        )  # fmt: skip


def test_rows_at_fault_are_named_and_left_out(shop: Run, tmp_path: Path) -> None:
    rows = tmp_path / "people.jsonl"
    lines = [{"external_id": "ada", "values": {"teaser": "Hello"}}, {"external_id": 7}, {"values": {"colour": "red"}}]
    rows.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    answer = shop("token", "import", rows, "--operation", "spring-2027", "--errors", tmp_path / "errors.csv", "--json")
    assert (answer.code, answer.json) == (1, {"added": 1, "known": 0, "faulty": 2})
    assert [line.partition(": row ")[2][:2] for line in answer.err.splitlines()] == ["2:", "3:"]
    with (tmp_path / "errors.csv").open() as file:
        assert [(row["row"], row["column"]) for row in csv.DictReader(file)] == [("2", "external_id"), ("3", "colour")]


def test_an_import_again_says_what_was_there_and_names_the_rows_at_fault_again(shop: Run, tmp_path: Path) -> None:
    rows = tmp_path / "people.csv"
    rows.write_text("external_id,teaser\nada,Hello\n\tbob,Hi\n")
    first = shop("token", "import", rows, "--operation", "spring-2027", "--json")
    again = shop("token", "import", rows, "--operation", "spring-2027", "--json")
    assert (first.code, first.json) == (1, {"added": 1, "known": 0, "faulty": 1})
    assert (again.code, again.json) == (1, {"added": 0, "known": 1, "faulty": 1})
    assert again.line == first.line


@pytest.mark.parametrize(
    "call",
    [
        ("event", "coupon.used", "--pass", 2**70),
        ("event", "coupon.used", "--serial", "\udcff"),
        ("run", "pause", 2**70),
        ("erase", "--external-id", "\udcff"),
        ("client", "add", "other", "--name", "\udcff"),
    ],
)
def test_ids_and_texts_that_nothing_can_hold_are_one_line(shop: Run, call: tuple[object, ...]) -> None:
    answer = shop(*call)
    assert (answer.code, "check the ids and texts" in answer.line) == (2, True)


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


def test_letters_that_were_given_up_are_seen_and_sent_again(shop: Run, one_opened: str, on_platform: Platforms) -> None:
    shop("event", "coupon.used", "--serial", one_opened, *USED)
    on_platform(lambda on: _spoil(on, update(OutboxRow).values(dead_at=TODAY)))
    (letter,) = shop("outbox", "dead", "--json").json
    assert letter["channel"] == "apns"
    assert shop("outbox", "send-again", letter["id"]).out == "letters to send again: 1\n"
    assert shop("outbox", "dead").out == ""
    assert shop("outbox", "send-again").out == "letters to send again: 0\n"
    assert shop("doctor").code == 0


def test_a_token_is_shown_and_taken_back(
    shop: Run, tmp_path: Path, on_platform: Platforms, open_tokens: Callable[[list[str]], list[str]]
) -> None:
    rows = tmp_path / "people.csv"
    rows.write_text("external_id\nK-1\nK-2\n")
    assert shop("token", "import", rows, "--operation", "spring-2027").code == 0
    named = ("--external-id", "K-1", "--operation", "spring-2027")
    before = shop("token", "show", *named, "--json").json
    text = before["link"].rpartition("/")[2]
    assert (before["state"], before["pass_id"], before["external_id"]) == ("new", None, "K-1")
    open_tokens([text])
    revoked = shop("token", "revoke", "--token", text, "--reason", "sent to the wrong address")
    assert "is void" in revoked.out
    after = shop("token", "show", "--id", before["id"], "--json").json
    assert (after["state"], after["pass_id"] is None, after["link"]) == ("revoked", False, before["link"])
    assert "state: revoked" in shop("token", "show", *named).out
    assert shop("token", "revoke", "--id", before["id"]).code == 0

    async def recorded(on: Platform) -> Any:
        async with on.database.reading(ALL_CLIENTS) as unit:
            query = select(AuditRow.actor_kind, AuditRow.after).where(AuditRow.action == "token.revoked")
            return [tuple(row) for row in await unit.connection.execute(query)]

    assert on_platform(recorded) == [("staff", {"revoked": True})]
